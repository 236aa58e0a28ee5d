# Mutation sites, as a user calls for them: train, predict in every form, evaluate, resume, and what is refused.
set -u
. "$SOURCE/tests/cli/common.bash"
LC_ALL=C awk -f "$SOURCE/examples/virus.awk" > virus.fa
LC_ALL=C awk 'NR == 1 { print ">wt"; next } /^>/ { exit } { print }' virus.fa > wt.fa
dated="--header-date [|]([0-9]{4})\$"
fast="--layers apart:12 --epochs 30 --quiet"

# Without htslib there is nothing to test but its message.
code=0
"$QUADRAT" train sites virus.fa $dated $fast -o m1 > out 2> err || code=$?
if grep -q "built without htslib" err; then
    [ "$code" -eq 1 ] || fail "exit code $code without htslib"
    exit 0
fi
[ "$code" -eq 0 ] || fail "train: $(cat err)"

# The same training gives the same file, whatever the threads; the network knows more than the columns.
expect 0 "$QUADRAT" train sites virus.fa $dated $fast --threads 3 -o m3
same m1 m3
expect 0 "$QUADRAT" train sites virus.fa $dated --layers apart:12 --epochs 60 --history h.csv -o m
grep -q "alphabet protein" err || fail "what was understood: $(cat err)"
sed -n 's/.*(the latest): network \([0-9.]*\), column frequencies \([0-9.]*\)$/\1 \2/p' err > perplexity
awk '{ found = $1 > 1 && $1 < $2 } END { exit !found }' perplexity || fail "perplexity: $(cat err)"
head -n 1 h.csv | grep -qx "epoch,loss,valid_loss,lr,seconds,gradient_norm" || fail "history: $(head -n 1 h.csv)"
[ "$(wc -l < h.csv)" -eq 61 ] || fail "history: $(wc -l < h.csv) lines"
expect 0 "$QUADRAT" inspect m
grep -q "task sites: alphabet protein" out || fail "inspect: $(cat out)"

# Every single mutant, the same for any number of threads; every site.
expect 0 "$QUADRAT" predict m wt.fa --threads 1 -o mutants.csv
head -n 1 mutants.csv | grep -qx "sequence,gene,position,position_numbered,wt,mutant,log_prob,semantic_change,rank_score,score,alignment_entropy,one_nucleotide" ||
    fail "columns: $(head -n 1 mutants.csv)"
[ "$(wc -l < mutants.csv)" -eq 1521 ] || fail "mutants: $(wc -l < mutants.csv)"
expect 0 "$QUADRAT" predict m wt.fa --threads 3 -o mutants3.csv
same mutants.csv mutants3.csv
expect 0 "$QUADRAT" predict m wt.fa --sites --structure s.defattr -o sites.csv
head -n 1 sites.csv | grep -qx "sequence,gene,position,position_numbered,wt,entropy,alignment_entropy,smoothed_entropy,max_mutant,max_score" ||
    fail "columns: $(head -n 1 sites.csv)"
[ "$(wc -l < sites.csv)" -eq 81 ] || fail "sites: $(wc -l < sites.csv)"
grep -q "^attribute: " s.defattr || fail "structure: $(head -n 3 s.defattr)"
for format in nextclade mave-hgvs proteingym; do
    expect 0 "$QUADRAT" predict m wt.fa --gene HA --format $format -o "f.$format"
    [ "$(wc -l < "f.$format")" -eq 1521 ] || fail "$format: $(wc -l < "f.$format")"
done

# What is near is followed no longer; the error is bounded, and said.
expect 0 "$QUADRAT" predict m wt.fa --tolerance 0.01 -o near.csv
grep -q "tolerance 0.01: mutants were followed for" err || fail "bound: $(cat err)"
paste -d, mutants.csv near.csv | awk -F, 'NR > 1 { d = $8 - $20; if (d < 0) d = -d; if (d > 0.24 || $7 != $19) exit 1 }' || fail "beyond the bound"

# A list: the same numbers as in the scan; another wild type is told.
printf 'K2A\nI5W\nK2A:I5W\n' > list
expect 0 "$QUADRAT" predict m wt.fa --mutants list -o list.csv
[ "$(wc -l < list.csv)" -eq 4 ] || fail "list: $(cat list.csv)"
for mutant in 2,2,K,A 5,5,I,W; do
    [ "$(grep ",$mutant," list.csv | cut -d, -f7,8)" = "$(grep ",$mutant," mutants.csv | cut -d, -f7,8)" ] ||
        fail "$mutant: $(grep ",$mutant," list.csv mutants.csv)"
done
echo M2A > wrong
expect 1 "$QUADRAT" predict m wt.fa --mutants wrong
says wrong:1 M K
echo K200A > wrong
expect 1 "$QUADRAT" predict m wt.fa --mutants wrong
says wrong:1 200

# Scores against a truth, and against what came: the loop that drifts is found.
awk -F, 'NR == 1 { print "position,mutant,escapes" } NR > 1 { print $3 "," $6 "," ($3 >= 30 && $3 <= 45 ? "True" : "False") }' mutants.csv > truth.csv
expect 0 "$QUADRAT" evaluate m --wildtype wt.fa --truth truth.csv --label escapes -o e.csv
head -n 1 e.csv | grep -q "^score,n,positives,auc,auroc,average_precision,low,high" || fail "columns: $(head -n 1 e.csv)"
for score in log_prob semantic_change rank_score entropy score emergence alignment_entropy; do
    grep -q "^$score,1520,304," e.csv || fail "$score: $(cat e.csv)"
done
awk -F, '$1 == "score" { found = $4 > 0.8 } END { exit !found }' e.csv || fail "the loop: $(cat e.csv)"
expect 0 "$QUADRAT" train sites virus.fa $dated $fast --until 2006 -o past
expect 0 "$QUADRAT" evaluate past --wildtype wt.fa --future virus.fa --until 2006 $dated -o ahead.csv
awk -F, '$1 == "emergence" { found = $5 > 0.6 } END { exit !found }' ahead.csv || fail "ahead: $(cat ahead.csv)"

expect 1 "$QUADRAT" evaluate m --wildtype wt.fa --future virus.fa --until 2006 $dated --quiet
says "the model learned from sequences up to" "after 2006-12-31"

# The past knows nothing of the future.
awk '/^>/ { late = substr($0, length($0) - 3) > 2006 } late && !/^>/ { gsub(/[A-Z]/, "W") } { print }' virus.fa > poisoned.fa
expect 0 "$QUADRAT" train sites poisoned.fa $dated $fast --until 2006 -o other
same past other

# Stopped and resumed: the same bytes.
expect 0 "$QUADRAT" train sites virus.fa $dated $fast --checkpoint c --checkpoint-every 7 -o whole
same whole m1
expect 0 "$QUADRAT" train sites virus.fa $dated $fast --checkpoint c --resume -o again
same again m1
expect 1 "$QUADRAT" train sites virus.fa $dated $fast --lr 0.02 --checkpoint c --resume -o again
says "lr '0.01', not '0.02'"
expect 0 "$QUADRAT" inspect c
grep -q checkpoint out || fail "inspect: $(cat out)"

# What is unlike is said; what cannot be is refused.
{ echo ">strange"; printf 'WCWCHPWCWCHPWCWCHPWCWCHPWCWCHPWCWCHPWCWCHP\n'; } > strange.fa
expect 0 "$QUADRAT" predict m strange.fa --sites -o sites.csv
grep -q "strange is unlike what the model was trained on" err || fail "unlike: $(cat err)"
expect 2 "$QUADRAT" train sites virus.fa --scale standard --quiet -o x
says "--scale: residues are letters"
expect 2 "$QUADRAT" predict m wt.fa --format nextclade --quiet -o x
says "--gene"
expect 2 "$QUADRAT" train sites virus.fa --layers lstm:8 --quiet -o x
says "see what it predicts"
expect 2 "$QUADRAT" train sites virus.fa
says "-o MODEL"
expect 2 "$QUADRAT" train sites -o x
says "no sequences"
expect 2 "$QUADRAT" predict m wt.fa --format hubverse
says "for forecasts"
expect 2 "$QUADRAT" evaluate m
says "--wildtype"
expect 1 "$QUADRAT" train sites "$lynx" -o x
[ ! -e x ] || fail "a model of a table"
printf '>a\nACGTACGTACGTACGTACGTACGT\n>b\nACGTACGTACGTACGAACGTACGT\n' > dna.fa
expect 0 "$QUADRAT" train sites dna.fa --layers apart:4 --epochs 2 --valid 0 --quiet -o dna
expect 1 "$QUADRAT" predict dna wt.fa
says wt.fa
expect 0 "$QUADRAT" predict dna dna.fa --format vcf -o f.vcf
grep -q "^##fileformat=VCFv4" f.vcf || fail "vcf: $(head -n 2 f.vcf)"
