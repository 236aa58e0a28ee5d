# inspect of tracks, as a user calls it: what is said, and what is refused.
. "$SOURCE/tests/cli/common.bash"
corpus=$SOURCE/tests/fuzz/corpus

# has TEXT...: the output has lines that are these.
has() {
    local text
    for text in "$@"; do
        grep -qxF -- "$text" out || fail "expected the line '$text' in: $(cat out)"
    done
}

expect 0 "$QUADRAT" inspect "$corpus/tracks/long.csv"
has "table, 6 rows, 8 columns" "long table: 4 tracks, 6 frames" "lengths: 1 to 3 frames, median 1; 3 tracks of one frame" \
    "times: 0 to 4, step 1" "gaps: 1 track lacks 1 frame within" \
    "lineage: 1 division, 2 founders, 2 generations" "classes: 2, one a frame" \
    "  G1                       4 frames (66.7%)" "  (without)                1 frame"

# A table of something else is a table.
expect 0 "$QUADRAT" inspect "$lynx"
grep -q tracks out && fail "lynx.csv was taken for tracks"

# Options say how a table is read; then it must be one of tracks.
expect 0 "$QUADRAT" inspect "$corpus/tracks/motion.csv" --position x,y --motion --where 'id=="a"' --phases A,start,B,stop,C
has "long table: 1 track, 3 frames" "positions: x, y" "classes: 3, one a frame"
expect 1 "$QUADRAT" inspect "$lynx" --id year --time lynx --where 'lynx<'
says "where: a column or value was expected at character 6 of lynx<"
expect 1 "$QUADRAT" inspect "$corpus/tracks/long.csv" --label stat
says "long.csv:1" "no column is called 'stat'; the nearest is 'state'"

# Series, gzip.
gzip -c "$corpus/tracks/ucr.tsv" > ucr.gz
expect 0 "$QUADRAT" inspect ucr.gz
has "series, one a line (UCR): 2 tracks, 5 frames" "lineage: none is told" "classes: 2, one a track"
printf '@problemName p\n@classLabel true a b\n@data\n1,2:a\n3,4:c\n' > bad.ts
expect 1 "$QUADRAT" inspect bad.ts
says "bad.ts:5: the class c is not one of those that @classLabel lists"

# Two files that belong together, in either order; and two that do not.
printf 'ID,TRACK_ID,FRAME,POSITION_X,POSITION_Y,RADIUS\n1,7,0,1,1,2\n2,7,1,1,1,2\n3,7,1,2,1,2\n' > spots.csv
printf 'SPOT_SOURCE_ID,SPOT_TARGET_ID\n1,2\n1,3\n' > edges.csv
expect 0 "$QUADRAT" inspect edges.csv spots.csv
has "TrackMate spots: 3 tracks, 3 frames" "lineage: 1 division, 1 founder, 2 generations"
expect 1 "$QUADRAT" inspect spots.csv
says "spots.csv:4: two objects of track 7 at time 1" "TrackMate's table of edges is needed too"
expect 2 "$QUADRAT" inspect spots.csv spots.csv edges.csv
says "edges.csv: edges: 1 of these files beside 2 of tracks; each needs its own, in order"
expect 0 "$QUADRAT" inspect spots.csv edges.csv spots.csv edges.csv
has "TrackMate spots: 6 tracks, 6 frames" "lineage: 2 divisions, 2 founders, 2 generations"

# Formats of libraries: read, or the package is named.
for file in xml/division.xml hdf5/tracks.h5; do
    code=0
    "$QUADRAT" inspect "$corpus/$file" > out 2> err || code=$?
    if [ $code -eq 0 ]; then
        grep -q "^lineage: " out || fail "$file: $(cat out)"
    else
        says "this quadrat was built without"
    fi
done
mkdir film
expect 1 "$QUADRAT" inspect film
says "film: a directory with neither man_track.txt nor res_track.txt in it"
printf '1 0 0 0\n' > film/man_track.txt
expect 1 "$QUADRAT" inspect film
says "man_track000.tif is missing"
cp "$corpus/ctc/zlib.tif" film/man_track000.tif
if "$QUADRAT" inspect film > out 2> err; then
    has "Cell Tracking Challenge: 1 track, 1 frame" "  area                     2 to 2"
    cp "$corpus/ctc/bytes.tif" film/man_track000.tif
    expect 1 "$QUADRAT" inspect film/man_track.txt
    says "film/man_track000.tif: 8 bits a pixel; label images have 16"
else
    says "libtiff-dev"
fi
if "$QUADRAT" inspect "$corpus/xml/bomb.xml" > out 2> err; then
    fail "the entities were read"
fi

# Series that come with numbers to predict have no classes to learn.
printf '@problemName p\n@targetlabel true\n@data\n1,2:0.5\n3,4:1.5\n' > target.ts
expect 0 "$QUADRAT" inspect target.ts
has "classes: none; a number a track to predict"
expect 1 "$QUADRAT" train cells target.ts -o m --dry-run
says "target.ts: its targets are numbers (@targetlabel true)" "train regress"

# A graph of divisions alone is no table; one class is none.
printf '{"1": [0]}\n' > graph.json
expect 1 "$QUADRAT" inspect graph.json
says "graph.json: divisions without the tracks that they belong to"
printf 'id,t,x,label\na,0,1,one\na,1,2,one\nb,0,1,one\n' > single.csv
expect 1 "$QUADRAT" train cells single.csv -o m --quiet
says "single.csv: all that have a class are one: there is nothing to tell apart"

# What is called .ts and has no header, an order of classes that are not there, folds of one training.
printf '1,2:a\n3,4:b\n' > bare.ts
for command in "inspect" "train cells"; do
    expect 1 "$QUADRAT" $command bare.ts $([ "$command" = inspect ] || echo -o m --quiet)
    says "bare.ts:1: a .ts file begins with a header (@problemName ... @data), and this one does not"
done
expect 1 "$QUADRAT" train cells "$corpus/tracks/long.csv" --order G1,G9 --valid "" --patience 0 -o m --quiet
says "order: there is no class 'G9'"
expect 2 "$QUADRAT" train cells "$corpus/tracks/long.csv" --folds 2 -o m
says "evaluate cells DATA --folds K"

# Four short tracks of few cells are enough to learn something; two lineages are not enough for four parts.
for track in 1 2 3 4; do
    printf "$track,%d,$((track * 3)),1,$((track % 2)),f$((track % 2))\n" 1 2
done | sed '1i track_id,frame,x,y,label,field' > few.csv
few="few.csv --position x,y --motion --neighbours --epochs 1 --ensemble 1 --patience 2 --threads 1 --quiet"
expect 0 "$QUADRAT" train cells $few -o few
expect 1 "$QUADRAT" train cells $few --group field -o few
says "few.csv: 4 folds of 2 groups of tracks; as many parts are kept back in turn (--valid 0.5: two)"
expect 0 "$QUADRAT" train cells $few --group field --valid 0.5 -o few
