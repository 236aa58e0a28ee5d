/* The table of settings: one row declares a setting for the command line, YAML files, --help, the man page and the
   model's metadata.  Rows stand in the order of --help. */
#include "base/settings.h"

#define MOST                      1000000000.0
#define FLAG                      .type = QD_SETTING_FLAG, .initial = "false"
#define TEXT                      .type = QD_SETTING_TEXT, .initial = ""
#define INTEGER(low, high, value) .type = QD_SETTING_INTEGER, .min = low, .max = high, .initial = value, .argument = "N"
#define REAL(low, high, value)    .type = QD_SETTING_REAL, .min = low, .max = high, .initial = value, .argument = "X"
#define CHOICE(names, value)      .type = QD_SETTING_CHOICE, .choices = names, .initial = value, .argument = names
/* Who knows a setting: train regress, train forecast, both and evaluate, ... */
#define REGRESS  .commands = QD_CMD_REGRESS
#define SITES    .commands = QD_CMD_SITES
#define WATCH    .commands = QD_CMD_TRAIN | QD_CMD_EVALUATE, .later = QD_CMD_FORECAST
#define TRAIN    .commands = QD_CMD_TRAIN
#define PREDICT  .commands = QD_CMD_PREDICT
#define EVALUATE .commands = QD_CMD_EVALUATE
#define PANEL    .commands = QD_CMD_FORECAST | QD_CMD_EVALUATE, .models = QD_CMD_FORECAST
#define OUTLOOK  .commands = QD_CMD_FORECAST | QD_CMD_EVALUATE | QD_CMD_PREDICT
#define VIRUS    .commands = QD_CMD_SITES | QD_CMD_PREDICT | QD_CMD_EVALUATE, .models = QD_CMD_SITES
#define ORIGIN   .commands = QD_CMD_SITES | QD_CMD_EVALUATE
#define DATED    .commands = QD_CMD_FORECAST | QD_CMD_SITES | QD_CMD_EVALUATE
#define LEVELS   .commands = QD_CMD_PREDICT | QD_CMD_EVALUATE
#define ARRAYS   .commands = QD_CMD_REGRESS | QD_CMD_PREDICT
#define LEARN    .commands = QD_CMD_TRAIN | QD_CMD_EVALUATE
#define TRACKS   .commands = QD_CMD_CELLS | QD_CMD_EVALUATE | QD_CMD_PREDICT | QD_CMD_INSPECT, .models = QD_CMD_CELLS
#define INPUTS   .commands = QD_CMD_REGRESS | QD_CMD_CELLS | QD_CMD_EVALUATE | QD_CMD_INSPECT
#define TIMES    .commands = QD_CMD_FORECAST | QD_CMD_CELLS | QD_CMD_EVALUATE | QD_CMD_PREDICT | QD_CMD_INSPECT
#define PARTS    .commands = QD_CMD_CELLS | QD_CMD_EVALUATE, .models = QD_CMD_CELLS
#define ALL      .commands = QD_CMD_TRAIN | QD_CMD_PREDICT | QD_CMD_EVALUATE
#define SCALED   .commands = QD_CMD_TRAIN | QD_CMD_EVALUATE | QD_CMD_BENCH
#define BENCH    .commands = QD_CMD_BENCH
#define EVERY    .commands = QD_CMD_TRAIN | QD_CMD_PREDICT | QD_CMD_EVALUATE | QD_CMD_BENCH
#define RECORDED .recorded = true
/* Whose models: of predict and evaluate. */
#define OF_REGRESS   .models = QD_CMD_REGRESS
#define OF_FORECASTS .models = QD_CMD_FORECAST
#define OF_SITES     .models = QD_CMD_SITES
#define OF_CELLS     .models = QD_CMD_CELLS
#define OF_COUNTS    .models = QD_CMD_REGRESS | QD_CMD_FORECAST

const qd_setting qd_settings_table[] = {
    {"output", 'o', TEXT, EVERY, .argument = "FILE", .help = "the model, or the results (- or none: standard output)"},

    /* The data. */
    {"target", 0, TEXT, LEARN, RECORDED, .argument = "COLUMN", .help = "CSV: the column to predict"},
    {"features", 0, TEXT, INPUTS, RECORDED, .argument = "COLUMNS",
     .help = "the columns to predict from, separated by commas (default: the target itself; of cells, every number)"},
    {"window", 0, INTEGER(1, 1000000, "10"), REGRESS, RECORDED,
     .help = "CSV: rows of a window; the target is the row after it"},
    {"weights", 0, TEXT, REGRESS, .argument = "FILE|COLUMN",
     .help = "sample weights: an .npy file [N], or a CSV column"},
    {"input-format", 0, CHOICE("auto|csv|npy", "auto"), ARRAYS, OF_REGRESS,
     .help = "kind of the input files (auto: by their content)"},
    {"dialect", 0, CHOICE("auto|excel", "auto"), ALL, .help = "CSV: excel reads semicolons and decimal commas"},
    {"gzip-limit", 0, INTEGER(1, 1e15, "4294967296"), ALL, .help = "most bytes that an input file may unpack to"},
    {"scale", 0, CHOICE("auto|none|standard|log1p", "auto"), WATCH, RECORDED,
     .help = "scaling of inputs and targets (auto: none for .npy, standard for CSV and cells, log1p for forecasts of "
             "counts)"},

    /* Virus sequences. */
    {"alphabet", 0, CHOICE("auto|protein|dna", "auto"), ORIGIN, OF_SITES, RECORDED,
     .help = "letters of the sequences (auto: by those of the first record)"},
    {"translate", 0, FLAG, ORIGIN, OF_SITES, RECORDED, .help = "the sequences are coding: translate them"},
    {"genetic-code", 0, CHOICE("1|11", "1"), VIRUS, RECORDED, .help = "translate: by which code of NCBI"},
    {"lanl", 0, FLAG, VIRUS, RECORDED,
     .help = "HIV alignments of Los Alamos: O is a glycosylated N, Z and $ are stops, # is a broken codon"},
    {"longest", 0, INTEGER(1, 1000000000, "1000000"), VIRUS, .help = "letters of the longest record that is read"},
    {"metadata", 0, TEXT, ORIGIN, OF_SITES, .argument = "FILE",
     .help = "a table of dates and weights of the sequences"},
    {"metadata-id", 0, TEXT, ORIGIN, OF_SITES, .argument = "COLUMN",
     .help = "metadata: the names (a whole header, its first word, or a part between |)"},
    {"weight", 0, TEXT, ORIGIN, OF_SITES, .argument = "COLUMN", .help = "metadata: how much a sequence counts"},
    {"header-date", 0, TEXT, ORIGIN, OF_SITES, .argument = "REGEX",
     .help = "the date is this part of a header (its first group)"},
    {"header-weight", 0, TEXT, ORIGIN, OF_SITES, .argument = "REGEX", .help = "the weight is this part of a header"},

    /* The network. */
    {"layers", 0, .type = QD_SETTING_TEXT, .initial = "lstm:50,lstm:50", LEARN, RECORDED, .argument = "LIST",
     .help = "KIND:UNITS with +residual or +dropout=RATE, separated by commas; a dense layer to the targets is added"},
    {"dropout", 0, REAL(0, 0.99, "0"), LEARN, RECORDED,
     .help = "dropout rate after every recurrent layer that names none"},
    {"loss", 0, CHOICE("mse|mae|huber|logistic|softmax", "mse"), REGRESS, RECORDED,
     .help = "what training makes small"},
    {"huber-delta", 0, REAL(1e-30, 1e30, "1"), REGRESS, RECORDED, .help = "error from which the Huber loss is linear"},
    {"init", 0, TEXT, TRAIN, .argument = "FILE",
     .help = "start from the weights of this safetensors file (of an ensemble, each network from its own)"},

    /* Forecasts: which columns are what. */
    {"series", 0, TEXT, PANEL, RECORDED, .argument = "COLUMNS", .help = "the columns that name a series"},
    {"wide", 0, FLAG, PANEL, RECORDED, .help = "each column is a series"},
    {"series-columns", 0, TEXT, PANEL, RECORDED, .argument = "COLUMNS",
     .help = "wide: the columns of counts (default: every whole-number column that is not named otherwise)"},
    {"date", 0, TEXT, DATED, .models = QD_CMD_FORECAST | QD_CMD_SITES, RECORDED, .argument = "COLUMN",
     .help = "the true date, where the time column is an index; of sequences, a column of --metadata"},
    {"tally", 0, .type = QD_SETTING_CHOICE, .choices = "|day|week|month", .initial = "", PANEL, RECORDED,
     .argument = "day|week|month", .help = "a row is one case: count them"},
    {"covariates", 0, TEXT, PANEL, RECORDED, .argument = "COLUMNS", .help = "columns known up to the origin"},
    {"known", 0, TEXT, PANEL, RECORDED, .argument = "COLUMNS", .help = "columns known in the future too"},
    {"static", 0, TEXT, PANEL, RECORDED, .argument = "COLUMNS", .help = "columns with one value a series"},
    {"effort", 0, TEXT, PANEL, RECORDED, .argument = "COLUMN",
     .help = "exposure of an observation (traps, nights, people)"},
    {"join", 0, TEXT, OUTLOOK, OF_FORECASTS, RECORDED, .argument = "FILE:KEY",
     .help = "more columns, from a table with the same key column (the model keeps the file's name and the key)"},
    {"as-of", 0, TEXT, PANEL, RECORDED, .argument = "COLUMN",
     .help = "the day on which a row was published, where later rows correct earlier ones"},
    {"lag", 0, .type = QD_SETTING_INTEGER, .min = 0, .max = 100000, .initial = "0", PANEL, RECORDED, .argument = "DAYS",
     .help = "as-of: days from the last publication that is known to the date of a forecast"},
    {"dry-run", 0, FLAG, .commands = QD_CMD_FORECAST | QD_CMD_CELLS | QD_CMD_EVALUATE,
     .help = "say how the data were understood, and stop"},

    /* Forecasts: the model. */
    {"season", 0, REAL(0, 1000000, "0"), OUTLOOK, OF_COUNTS, RECORDED,
     .help = "rows of a season, may be 12.37 (0: by the dates); predictions of regress are compared with so many rows "
             "earlier"},
    {"context", 0, INTEGER(0, 1000000, "0"), PANEL, RECORDED,
     .help = "steps of the past that the network sees (0: by the season)"},
    {"likelihood", 0, CHOICE("negbin|poisson|zip|zinb|hurdle|normal|lognormal|studentt|quantile", "negbin"), PANEL,
     RECORDED, .help = "distribution of a count"},
    {"multistep", 0, CHOICE("direct|ancestral", "direct"), PANEL, RECORDED,
     .help = "all horizons at once, or one after the other with drawn counts fed back"},
    {"ensemble", 0, INTEGER(1, 1000, "5"), .commands = QD_CMD_FORECAST | QD_CMD_CELLS | QD_CMD_EVALUATE,
     .models = QD_CMD_FORECAST | QD_CMD_CELLS, RECORDED, .help = "networks, each from a seed of its own"},

    /* Cells: which columns are what, and what is made of them. */
    {"id", 0, TEXT, TRACKS, RECORDED, .argument = "COLUMN", .help = "the column that names a track"},
    {"label", 0, TEXT, .commands = QD_CMD_CELLS | QD_CMD_EVALUATE | QD_CMD_PREDICT | QD_CMD_INSPECT,
     .models = QD_CMD_CELLS | QD_CMD_SITES, RECORDED, .argument = "COLUMN",
     .help = "the column of classes; of mutants, of true and false"},
    {"per", 0, .type = QD_SETTING_CHOICE, .choices = "|frame|track", .initial = "", TRACKS, RECORDED,
     .argument = "frame|track", .help = "a class for each frame, or one for each track (default: as the data have it)"},
    {"parent", 0, TEXT, TRACKS, RECORDED, .argument = "COLUMN", .help = "the column of the mother's name"},
    {"object", 0, TEXT, TRACKS, RECORDED, .argument = "COLUMN",
     .help = "the column of numbers by which results are told apart (default: the row)"},
    {"position", 0, TEXT, TRACKS, RECORDED, .argument = "x,y[,z]",
     .help = "columns of positions: no features themselves, see --motion and --neighbours"},
    {"categorical", 0, TEXT, TRACKS, RECORDED, .argument = "COLUMNS", .help = "columns with a feature for each value"},
    {"where", 0, TEXT, TRACKS, RECORDED, .argument = "EXPR",
     .help = "rows that count: 'initiation_time!=\"\" and fov<9'"},
    {"phases", 0, TEXT, TRACKS, RECORDED, .argument = "A,t1,B,t2,C",
     .help = "label a frame A before the time in column t1, B from it on, C from t2 on"},
    {"trim", 0, FLAG, TRACKS, RECORDED, .help = "leave out the frames at a track's ends that hold no value"},
    {"motion", 0, FLAG, TRACKS, RECORDED, .help = "features from positions: speeds, turns, displacements"},
    {"neighbours", 0, FLAG, TRACKS, RECORDED,
     .help = "features from positions: distances to the other cells of the frame, and their number"},
    {"kin", 0, FLAG, TRACKS, RECORDED,
     .help = "features from positions: how near other tracks begin and end to its ends, and to each of its frames"},
    {"group", 0, TEXT, PARTS, RECORDED, .argument = "COLUMN",
     .help = "tracks with one value of it (root: a lineage) stay on one side of a split"},
    {"split", 0, TEXT, PARTS, RECORDED, .argument = "SPLIT",
     .help = "hash:COLUMN[:LENGTH], or file:TABLE:ID:SET: which tracks train, validate and test"},
    {"folds", 0, TEXT, PARTS, RECORDED, .argument = "K|hash:COLUMN:K", .help = "cross-validation over so many parts"},
    {"patch", 0, INTEGER(0, 100000, "0"), PARTS, RECORDED,
     .help = "frames that make one step of the network, of a class for each track (0: by the length)"},
    {"differences", 0, INTEGER(0, 12, "0"), PARTS, RECORDED,
     .help = "more inputs: by how much each feature has changed over 1, 2, 4, ... frames, so many of them"},
    {"causal", 0, FLAG, PARTS, RECORDED, .help = "no label depends on later frames, for cells under the microscope"},
    {"order", 0, TEXT, .commands = QD_CMD_CELLS | QD_CMD_EVALUATE | QD_CMD_PREDICT, OF_CELLS, RECORDED,
     .argument = "A,B,C", .help = "classes that follow one another and never go back: the best path of them"},
    {"balance", 0, CHOICE("auto|none|root|full", "auto"), PARTS, RECORDED,
     .help = "weights of rare classes: none, by 1 / root of the share, by 1 / share (auto: by the validation part)"},
    {"focal", 0, REAL(0, 10, "0"), PARTS, RECORDED,
     .help = "focal loss: exponent of what is left to learn of a frame (0: cross-entropy)"},
    {"jitter", 0, REAL(0, 10, "0"), PARTS, RECORDED, .help = "noise on inputs in training, in standard deviations"},
    {"rescale", 0, REAL(0, 10, "0"), PARTS, RECORDED, .help = "spread of a factor on a track's inputs in training"},
    {"shorten", 0, REAL(0, 0.9, "0"), PARTS, RECORDED,
     .help = "part of a track's frames that training leaves out at most"},
    {"rotate", 0, .type = QD_SETTING_FLAG, .initial = "true", PARTS, RECORDED,
     .help = "each network of the ensemble is validated on another part of the tracks"},
    {"divisions", 0, FLAG, .commands = QD_CMD_CELLS | QD_CMD_EVALUATE | QD_CMD_PREDICT, OF_CELLS, RECORDED,
     .help = "learn which tracks end in a division, and into which daughters"},

    /* Mutation sites. */
    {"mask", 0, REAL(0, 0.9, "0"), SITES, RECORDED,
     .help = "part of the residues that training shows as unknown, so that no single one is relied on"},
    {"crop", 0, INTEGER(16, 1000000, "2000"), SITES, RECORDED,
     .help = "longer sequences are learned in pieces of at most so many residues"},
    {"beta", 0, REAL(0, 1e6, "1"), LEVELS, OF_SITES,
     .help = "weight of the rank of the probability beside that of the semantic change in rank_score"},
    {"distance", 0, CHOICE("l1|l2", "l1"), PREDICT, OF_SITES, .help = "of embeddings: the norm of semantic_change"},
    {"tolerance", 0, REAL(0, 1, "0"), LEVELS, OF_SITES,
     .help = "follow a mutant only until its states are so near the wild type's again (0: to the end, exact)"},

    /* Training. */
    {"epochs", 0, INTEGER(1, 1000000, "100"), LEARN, RECORDED, .help = "passes over the data"},
    {"batch", 0, INTEGER(1, 1000000, "32"), LEARN, RECORDED, .help = "sequences of an update"},
    {"shuffle", 0, .type = QD_SETTING_FLAG, .initial = "true", LEARN, RECORDED,
     .help = "a new order of the sequences each epoch"},
    {"optimizer", 0, CHOICE("adam|adamw|rmsprop|sgd", "adam"), LEARN, RECORDED, .help = "rule of the update"},
    {"lr", 0, REAL(1e-30, 1e6, "0.001"), LEARN, RECORDED, .help = "learning rate"},
    {"momentum", 0, REAL(0, 0.999999, "0"), LEARN, RECORDED, .help = "sgd and rmsprop: momentum"},
    {"beta1", 0, REAL(0, 0.999999, "0.9"), LEARN, RECORDED, .help = "adam: decay of the first moment"},
    {"beta2", 0, REAL(0, 0.99999999, "0.999"), LEARN, RECORDED, .help = "adam: decay of the second moment"},
    {"rho", 0, REAL(0, 0.999999, "0.9"), LEARN, RECORDED, .help = "rmsprop: decay of the mean square"},
    {"epsilon", 0, REAL(1e-30, 1, "1e-7"), LEARN, RECORDED, .help = "adam and rmsprop: added to the root"},
    {"weight-decay", 0, REAL(0, 1, "auto"), LEARN, RECORDED,
     .help = "part of each weight taken off an update, times the learning rate (auto: 0.004 for adamw, else 0)"},
    {"schedule", 0, CHOICE("constant|cosine|step|plateau", "constant"), LEARN, RECORDED,
     .help = "course of the learning rate"},
    {"warmup", 0, INTEGER(0, MOST, "0"), LEARN, RECORDED,
     .help = "updates over which the learning rate rises to its value"},
    {"step-every", 0, INTEGER(1, 1000000, "30"), LEARN, RECORDED, .help = "schedule step: epochs between reductions"},
    {"step-factor", 0, REAL(1e-30, 1, "0.1"), LEARN, RECORDED,
     .help = "schedules step and plateau: factor of a reduction"},
    {"plateau-patience", 0, INTEGER(1, 1000000, "10"), LEARN, RECORDED,
     .help = "schedule plateau: epochs without a better loss before a reduction"},
    {"clip-norm", 0, REAL(0, 1e30, "0"), LEARN, RECORDED, .help = "greatest norm of the whole gradient (0: any)"},
    {"clip-value", 0, REAL(0, 1e30, "0"), LEARN, RECORDED,
     .help = "greatest size of an element of the gradient (0: any)"},
    {"valid", 0, TEXT, WATCH, RECORDED, .argument = "FRACTION|FILE",
     .help = "validation: a part of the sequences (of regress the last ones, of forecasts the last times), or, of "
             "regress and sites, a file (X.npy,y.npy, CSV or FASTA)"},
    {"valid-by", 0, CHOICE("auto|time|cluster", "auto"), SITES, RECORDED,
     .help = "which part: the latest sequences, or whole clusters of like ones (auto: by time where dates are known)"},
    {"patience", 0, INTEGER(0, 1000000, "0"), WATCH, RECORDED,
     .help = "stop after so many epochs without a better validation loss, keep the best weights (0: off)"},
    {"min-delta", 0, REAL(0, 1e30, "0"), WATCH, RECORDED, .help = "by how much a loss must be better to count"},
    {"seed", 0, INTEGER(0, 9007199254740992.0, "1"), LEARN, RECORDED, .help = "seed of all random numbers"},
    {"threads", 0, INTEGER(0, 1024, "0"), EVERY,
     .help = "threads (0: one a processor); the result is the same for any number"},
    {"segment", 0, INTEGER(0, MOST, "0"), SCALED,
     .help =
         "steps of a sequence that are in memory at a time, those before are computed again; the result is the same "
         "(0: all, or few where that takes over a gigabyte)"},
    {"truncate", 0, INTEGER(0, MOST, "0"), SCALED, RECORDED,
     .help = "gradients do not reach back beyond segments of so many steps (0: they do)"},
    {"checkpoint", 0, TEXT, TRAIN, .argument = "FILE", .help = "where to save the state of training"},
    {"checkpoint-every", 0, INTEGER(1, 1000000, "1"), TRAIN, .help = "epochs from one checkpoint to the next"},
    {"resume", 0, FLAG, TRAIN, .help = "go on from the checkpoint; without one, start afresh"},
    {"history", 0, TEXT, TRAIN, .argument = "FILE",
     .help = "CSV of epoch, losses, learning rate, seconds, gradient norm"},

    /* Prediction. */
    {"horizon", 0, .type = QD_SETTING_TEXT, .initial = "1", OUTLOOK, OF_COUNTS, RECORDED, .argument = "N|A:B",
     .help = "times to forecast beyond the last one, 1 to N or A to B"},
    {"time", 0, TEXT, TIMES, RECORDED, .argument = "COLUMN",
     .help = "the column of times; of forecasts, one or a pair such as year,week"},
    {"since", 0, TEXT, PREDICT, OF_REGRESS, .argument = "T",
     .help = "regress: result and scores from this value of the time column on"},
    {"draw", 0, FLAG, PREDICT, OF_COUNTS, .help = "draw observations and predictions in the terminal"},
    {"origin", 0, TEXT, PREDICT, OF_FORECASTS, .argument = "T", .help = "forecast as if this were the last time known"},
    {"samples", 0, INTEGER(1, 1000000, "100"), PREDICT, OF_FORECASTS, .help = "joint sample paths a series"},
    {"quantiles", 0, .type = QD_SETTING_TEXT, .initial = "0.025,0.1,0.25,0.5,0.75,0.9,0.975", LEVELS, OF_FORECASTS,
     .argument = "LIST|hub", .help = "levels of the quantiles; hub: the 23 of the forecast hubs"},
    {"format", 0, CHOICE("csv|hubverse|efi|samples|scoringutils|nextclade|phenotype|mave-hgvs|proteingym|vcf", "csv"),
     PREDICT, .models = QD_CMD_FORECAST | QD_CMD_SITES,
     .help = "form of the forecasts (the first five) or of the mutants (csv and the last five)"},
    {"sites", 0, FLAG, PREDICT, OF_SITES, .help = "a row a site instead of a row a mutant"},
    {"mutants", 0, TEXT, PREDICT, OF_SITES, .argument = "FILE",
     .help = "score these mutants alone (N501Y, S:N501Y, A1P:D2N, HGVS; a list or a table)"},
    {"structure", 0, TEXT, PREDICT, OF_SITES, .argument = "FILE.defattr",
     .help = "write the best score of each residue too, for structure viewers"},
    {"gene", 0, TEXT, PREDICT, OF_SITES, .argument = "NAME", .help = "name of the gene, as in S:N501Y"},
    {"numbering", 0, TEXT, PREDICT, OF_SITES, .argument = "FILE",
     .help = "a table of positions and what they are called"},
    {"alignment", 0, TEXT, LEVELS, OF_SITES, .argument = "FILE",
     .help = "aligned FASTA or A2M for the alignment's own scores (default: the sequences learned from)"},
    {"plot", 0, TEXT, PREDICT, OF_FORECASTS, .argument = "FILE.svg", .help = "draw history, median and bands"},
    {"hub", 0, TEXT, PREDICT, OF_FORECASTS, .argument = "tasks.json", .help = "hubverse: the hub's rules"},
    {"hub-target", 0, TEXT, LEVELS, OF_FORECASTS, .argument = "TEXT",
     .help = "hubverse: the target (\"wk inc flu hosp\")"},
    {"reference-date", 0, TEXT, PREDICT, OF_FORECASTS, .argument = "DATE",
     .help = "hubverse: the date from which horizons count"},
    {"model-id", 0, TEXT, PREDICT, OF_FORECASTS, .argument = "TEAM-MODEL", .help = "hubverse, efi: who forecasts"},
    {"project", 0, TEXT, PREDICT, OF_FORECASTS, .argument = "TEXT", .help = "efi: project_id"},
    {"site", 0, TEXT, PREDICT, OF_FORECASTS, .argument = "COLUMN", .help = "efi: the key column that is the site"},
    {"variable", 0, TEXT, PREDICT, OF_FORECASTS, .argument = "COLUMN",
     .help = "efi: the key column that is the variable"},
    {"duration", 0, TEXT, PREDICT, OF_FORECASTS, .argument = "P1W",
     .help = "efi: ISO 8601 duration of a time step (default: by the data)"},

    /* Evaluation. */
    {"from", 0, TEXT, EVALUATE, OF_FORECASTS, .argument = "T",
     .help = "first origin, the last time known; with --as-of the date of the forecast (default: three quarters in, "
             "or where a saved model has not seen what it forecasts)"},
    {"until", 0, TEXT, ORIGIN, .models = QD_CMD_FORECAST | QD_CMD_SITES, RECORDED, .argument = "T",
     .help = "last origin (default: the last whose whole horizon is in the data); of sequences, the last day known"},
    {"origins", 0, INTEGER(0, 1000000, "0"), EVALUATE, OF_FORECASTS, .help = "the last N origins (0: all)"},
    {"every", 0, INTEGER(1, 1000000, "1"), EVALUATE, OF_FORECASTS, .help = "times from one origin to the next"},
    {"refit", 0, INTEGER(0, 1000000, "0"), EVALUATE, OF_FORECASTS,
     .help = "origins from one training to the next (0: trained once)"},
    {"bootstrap", 0, INTEGER(0, 1000000, "0"), EVALUATE,
     .help = "so many draws of series, tracks or sites for intervals of the scores (0: none, but of sites 1000)"},
    {"details", 0, TEXT, EVALUATE, OF_CELLS, .argument = "FILE.json",
     .help = "cells: confusion matrix, precision and recall of each class, transitions, reliability"},
    {"seeds", 0, INTEGER(1, 1000, "1"), EVALUATE, OF_FORECASTS,
     .help = "train everything with N seeds: the mean of their scores, and a row each"},
    {"baselines", 0, FLAG, EVALUATE, OF_FORECASTS, .help = "the naive forecasts alone, no network"},
    {"save-forecasts", 0, TEXT, EVALUATE, OF_FORECASTS, .argument = "FILE",
     .help = "write all forecasts that are scored, as predict does after a column model"},
    {"save-labels", 0, TEXT, EVALUATE, OF_CELLS, .argument = "FILE",
     .help = "cells: what was answered for each scored frame or track, as predict writes it"},
    {"by", 0, TEXT, EVALUATE, OF_FORECASTS, .argument = "LIST",
     .help = "a row of scores for each of: series, horizon, origin (default: one row a model)"},
    {"forecasts", 0, TEXT, EVALUATE, OF_FORECASTS, .argument = "FILE",
     .help = "score this hubverse file instead of a model"},
    {"truth", 0, TEXT, EVALUATE, .models = QD_CMD_FORECAST | QD_CMD_SITES, .argument = "FILE",
     .help = "score against this table of observations"},
    {"zero-based", 0, FLAG, EVALUATE, OF_SITES, .help = "truth and scores: positions count from 0"},
    {"columns", 0, TEXT, EVALUATE, OF_SITES, .argument = "position=i,...",
     .help = "truth and scores: the columns of position, wt and mutant, where they have other names"},
    {"scores", 0, TEXT, EVALUATE, OF_SITES, .argument = "FILE",
     .help = "score the columns of this table of mutants instead of a model"},
    {"score-columns", 0, TEXT, EVALUATE, OF_SITES, .argument = "COLUMNS",
     .help = "scores: these alone; a+b is the sum of the ranks of two (default: all numbers)"},
    {"wildtype", 0, TEXT, EVALUATE, OF_SITES, .argument = "FILE", .help = "the sequence that was mutated"},
    {"future", 0, TEXT, EVALUATE, OF_SITES, .argument = "FILE",
     .help = "look ahead: dated sequences up to --until, from which sites are told, and after it, which are the truth"},
    {"match", 0, TEXT, EVALUATE, OF_FORECASTS, .argument = "FILE",
     .help = "score only what this hubverse file forecasts too"},
    {"baseline", 0, TEXT, EVALUATE, OF_FORECASTS, .argument = "FILE",
     .help = "rel_wis is relative to this hubverse file"},

    /* Benchmarks. */
    {"passes", 0, .type = QD_SETTING_TEXT, .initial = "train,forward,latency", BENCH, .argument = "LIST",
     .help = "what is timed: train (epochs), forward (all sequences), latency (one alone), step (one step of it)"},
    {"seconds", 0, REAL(0.001, 3600, "1"), BENCH, .help = "seconds a workload and pass, at least three rounds"},
    {"clock", 0, CHOICE("wall|processor", "wall"), BENCH,
     .help = "processor: the time that its threads computed, for one thread on a busy machine"},
    {"form", 0, CHOICE("table|csv|json", "table"), BENCH, .help = "form of the results"},

    /* All commands. */
    {"config", 0, TEXT, EVERY, .argument = "FILE", .help = "read settings from a YAML file; flags outrank it"},
    {"quiet", 'q', FLAG, EVERY, .help = "no progress and no words but errors"},
    {"log", 0, CHOICE("text|json", "text"), EVERY, .help = "form of progress and words on standard error"},
};

const size_t qd_settings_count = sizeof qd_settings_table / sizeof qd_settings_table[0];
