# Sequences as people have them, and what is refused of them, each with its record and position; scores of a table.
fast="--layers apart:2 --epochs 1 --valid 0"
. "$SOURCE/tests/cli/common.bash"

printf '>s1|2010|n=3 x\nMKTIIALSYIFCLV\n>s2|2012\nMKTIIALSYILCLV*\n>s3|2013\nMKTI-ALSYIXCLVF\n' > few.fa
code=0
"$QUADRAT" train sites few.fa $fast -o m > out 2> err || code=$?
if grep -q "libhts-dev" err; then
    [ "$code" -eq 1 ] || fail "exit code $code without htslib"
    exit 0
fi
[ "$code" -eq 0 ] || fail "train: $(cat err)"

# ---------------------------------------------------------------------------------------------- what is said
for text in "proteins; 3 records, 3 different sequences, 0 copies merged" "taken for unknown: 1" \
    "stops at the end of a sequence, taken off: 1" "gaps, taken out: 1"; do
    grep -qF "$text" err || fail "not said: $text: $(cat err)"
done
# Plain, gzip, CRLF, wrapped: the same model.
train() {
    expect 0 "$QUADRAT" train sites "$@" $fast --quiet
}
gzip -c few.fa > few.fa.gz
awk '{ printf "%s\r\n", $0 }' few.fa > crlf.fa
awk '/^>/ { print; next } { print substr($0, 1, 5); print tolower(substr($0, 6)) }' few.fa > wrapped.fa
for file in few.fa.gz crlf.fa wrapped.fa; do
    train $file -o other
    same m other
done
"$QUADRAT" train sites - $fast --quiet -o other < few.fa || fail "standard input"
same m other

sed 's/^>/>other /' few.fa > more.fa
expect 0 "$QUADRAT" train sites few.fa more.fa $fast -o none
grep -q "few.fa and 1 more: proteins; 6 records, 3 different sequences, 3 copies merged" err || fail "two files: $(cat err)"
rm -f none

# Coding sequences, of which one has a frame error; dates up to a day; copies and weights.
printf '>a 2010/01/02 HA\nATGAAGACTATTATTGCT\n>b 2011// HA\natgaaracnattattgcttaa\n>c 2012/05/ HA\nATGAAGACTATTATTGC\n' > coding.fa
expect 0 "$QUADRAT" train sites coding.fa --translate $fast -o coded
grep -q "translated from coding sequences; 3 records, 1 different sequences, 1 copies" err || fail "coding: $(cat err)"
grep -q "coding.fa:5: record 3 'c 2012/05/ HA' is left out, a frame error: 17 letters" err || fail "frame: $(cat err)"
expect 0 "$QUADRAT" train sites few.fa --header-date '[|]([0-9]+)' --until 2012 $fast -o past
grep -q "records after the last day, left out: 1" err || fail "until: $(cat err)"
printf 'strain\tday\tw\ns1\t2010\t2\ns2\t2012\t1\n' > meta.tsv
expect 0 "$QUADRAT" train sites few.fa --metadata meta.tsv --metadata-id strain --date day --weight w $fast \
    -o weighed
grep -q "records without a row in the metadata: 1" err || fail "metadata: $(cat err)"

# An HIV alignment of Los Alamos: sugars, stops, broken codons, years of two digits; another table's unknown dates.
printf '>B.FR.83.HXB2.K03455\nMOTIIALSYIFCL#VZ\n>C.ZA.04.X\nMNTI-ALSYIFCLVV\n>A.-.-.Y\nMNTIIALSYIFCLV?$\n' > hiv.fa
expect 0 "$QUADRAT" train sites hiv.fa --lanl --header-date '^[^.]*[.][^.]*[.]([^.]*)[.]' --until 2004 $fast -o hiv
for text in "taken for unknown: 2" "stops at the end of a sequence, taken off: 2" "records without a date, left out: 1"; do
    grep -qF "$text" err || fail "Los Alamos: not said: $text: $(cat err)"
done
printf '>g|2020-00-00\nMKTI\n>h|XXXX-XX-XX\nMKTV\n' > dates.fa
expect 0 "$QUADRAT" train sites dates.fa --header-date '[|](.*)' $fast -o none
grep -q "records of which no date is known: 1" err || fail "dates: $(cat err)"
rm -f none
expect 0 "$QUADRAT" inspect dates.fa
grep -q "proteins; 2 records" out && grep -q "lengths 4 to 4; the first is called 'g|2020-00-00'" out || fail "inspect: $(cat out)"

# A nucleotide model: VCF, and a protein that is given to it.
awk 'BEGIN { for (i = 0; i < 5; i++) { print ">g" i; for (j = 0; j < 40; j++) printf "%s", substr("ACGT", (7 * i * (j % 9 == 3) + j * j) % 4 + 1, 1); print "" } }' > genes.fa
expect 0 "$QUADRAT" train sites genes.fa $fast -o genes
grep -q "nucleotides; 5 records" err || fail "nucleotides: $(cat err)"
head -n 2 genes.fa > gene.fa
expect 0 "$QUADRAT" predict genes gene.fa --format vcf -o genes.vcf
[ "$(grep -cv '^#' genes.vcf)" -eq 40 ] || fail "vcf: $(head genes.vcf)"
if command -v bcftools > /dev/null; then
    bcftools norm -c e -f gene.fa genes.vcf > norm.out 2> norm.err || fail "bcftools: $(cat norm.err)"
fi
expect 0 "$QUADRAT" predict genes gene.fa --format mave-hgvs -o genes.csv
grep -q '^g.1A>C,NA,NA,' genes.csv || fail "g.: $(head -n 3 genes.csv)"
expect 1 "$QUADRAT" predict genes few.fa -o none.csv
says few.fa:1 "record 1 's1|2010|n=3 x', position 4: 'I' is no nucleotide"

# Gaps of a wild type are told, for they move its positions.
printf '>w\nMK-T.I?\n' > gaps.fa
expect 0 "$QUADRAT" predict m gaps.fa --sites -o gaps.csv
grep -q "gaps.fa: gaps, taken out: 2; positions count residues alone" err && grep -q "taken for unknown: 1" err ||
    fail "gaps: $(cat err)"

# A coding wild type: which mutants are one nucleotide away.
expect 1 "$QUADRAT" predict coded coding.fa --quiet -o none.csv
says coding.fa:5 "record 3 'c 2012/05/ HA': a frame error, 17 letters"
head -n 2 coding.fa > one.fa
expect 0 "$QUADRAT" predict coded one.fa -o one.csv
grep -q "a coding sequence, translated with code 1" err || fail "coding wild type: $(cat err)"
grep -q '^a,,1,1,M,L,.*,true$' one.csv && grep -q '^a,,1,1,M,A,.*,false$' one.csv || fail "steps: $(head -n 3 one.csv)"
printf 'original,new\n1,-1\n2,(HA2)1\n' > numbers.csv
expect 0 "$QUADRAT" predict coded one.fa --gene HA --numbering numbers.csv -o one.csv
grep -q '^a,HA,2,(HA2)1,K,A,' one.csv || fail "numbers: $(head -n 22 one.csv | tail -n 2)"

for format in nextclade mave-hgvs proteingym; do
    expect 0 "$QUADRAT" predict coded one.fa --gene HA --numbering numbers.csv --format $format -o one.out
    head -n 1 one.out | grep -q 'gene[,	]position_numbered$' && sed -n 2p one.out | grep -q 'HA[,	]-1$' ||
        fail "$format: $(head -n 2 one.out)"
done

# -------------------------------------------------------------------------------------------- what is refused
# refused PLACE TEXT...: bad.fa, which standard input fills.
refused() {
    cat > bad.fa
    expect 1 "$QUADRAT" train sites bad.fa $fast --quiet -o none $options
    says "$@"
    [ ! -e none ] || fail "a model was written"
}
options=
refused bad.fa "the file is empty" < /dev/null
printf 'name,date\n' | refused bad.fa:1:1 "not FASTA"
printf '\x89PNG\r\n' | refused bad.fa:1:1 "not FASTA"
printf '>a\nMK\n>b\n>c\nML\n' | refused bad.fa:3 "record 2 'b': it has no letters"
printf '>a\nMK\n>\nML\n' | refused bad.fa:3 "record 2: it has no name"
printf '>a\nMK\n>b\n---\n' | refused bad.fa:3 "record 2 'b': it has no residues"
printf '>a\nMK\n>a\nML\n' | refused bad.fa:3 "record 2 'a': record 1 has the same name"
printf '>a\nMKTV\n>s2|2012\nMKTI\n' > other.fa
expect 1 "$QUADRAT" train sites few.fa other.fa $fast --quiet -o none
says other.fa:3 "record 2 's2|2012': record 2 of few.fa has the same name"
printf '>a\nMK#I\n' | refused bad.fa:1 "record 1 'a', position 3: '#' is no amino acid"
printf '>a\nMKTIE\nAL5Y\n' | refused bad.fa:3:3 "record 1 'a': position 8: '5'"
printf '@a\nACGT\n+\nIII\n' | refused bad.fa:4 "fewer qualities"
head -c 60 few.fa.gz | refused bad.fa "cut off or damaged"
awk 'BEGIN { print ">small\nMKTI\n>large"; for (i = 0; i < 20000; i++) print "MKTIIALSYIMKTIIALSYIMKTIIALSYIMKTIIALSYIMKTIIALSYIMKTIIALSYI" }' |
    refused bad.fa "record 2 'large': more than 1000000 letters"
options="--alphabet dna"
printf '>a\nACGT\n>b\nMKTI\n' | refused bad.fa:3 "record 2 'b', position 4: 'I' is no nucleotide"
options="--alphabet protein"
printf '>a\nMKTI\n>b\nACGTACGTACGTACGTACGTACGTACGTACGT\n' | refused bad.fa:3 "record 2 'b': nucleotides where proteins"
options="--translate"
printf '>a\nATGA\n' | refused bad.fa "no sequence is left of 1: 1 with a frame error"
options="--longest 3"
printf '>a\nMKTI\n' | refused bad.fa:2:4 "more than 3 letters"
options="--header-date [|](.*)"
printf '>a|soon\nMKTI\n' | refused bad.fa:1 "its date 'soon' is none"
wrong() {
    expect 2 "$QUADRAT" train sites few.fa $fast -o none "${@:2}"
    says "$1"
}
wrong "--metadata-id: which column" --metadata meta.tsv
wrong "--metadata FILE" --date day
wrong "--until: '2012-13' is no date" --until 2012-13 --header-date '[|](.*)'
wrong "--header-date" --until 2012
options="--metadata meta.tsv --metadata-id name"
printf '>a\nMKTI\n' | refused meta.tsv:1 "no column is called 'name'"
options=

# A record of 30,000 letters is no trouble.
awk 'BEGIN { for (s = 0; s < 3; s++) { print ">g" s; for (i = 0; i < 500; i++) { for (j = 0; j < 60; j++) printf "%s", substr("ACGT", (i * j + s * (i % 7 == 0)) % 4 + 1, 1); print "" } } }' > long.fa
expect 0 "$QUADRAT" train sites long.fa $fast -o none
grep -q "nucleotides; 3 records" err || fail "long: $(cat err)"
rm -f none

# ------------------------------------------------------------------------------------------ scores of a table
# Ten sites of two mutants; a score that finds the three positives of the first two sites, and one that does not.
awk 'BEGIN { print "pos\twt\tmut\tgood\tbad\tescapes"
    for (i = 0; i < 10; i++) for (k = 0; k < 2; k++)
        printf "%d\t%s\t%s\t%d\t%d\t%s\n", i, substr("MKTIIALSYI", i + 1, 1), substr("WC", k + 1, 1), 20 - 2 * i - k, 2 * i + k,
            (2 * i + k < 3 ? "True" : "False") }' > scores.tsv
printf '>wt\nMKTIIALSYI\n' > wt.fa
evaluate=("$QUADRAT" evaluate --scores scores.tsv --zero-based --label escapes)
expect 0 "${evaluate[@]}" --score-columns good,bad,good+bad
head -n 1 out | grep -qx "score,n,positives,auc,auroc,average_precision,low,high,versus,difference,difference_low,difference_high" ||
    fail "columns: $(head -n 1 out)"
# In front of everything: 1 - 3/2/20; behind everything 3/2/20; level: a half.
grep -q '^good,20,3,0.9250,1.0000,1.0000,' out || fail "good: $(cat out)"
grep -q '^bad,20,3,0.0750,0.0000,' out || fail "bad: $(cat out)"
grep -q '^good+bad,20,3,0.5000,0.5000,0.1500,' out || fail "ranks: $(cat out)"
expect 0 "${evaluate[@]}" --wildtype wt.fa few.fa --quiet
grep -q '^alignment_entropy,20,3,' out && grep -qE '^good,.*,entropy_[a-z_]+,' out || fail "beside: $(cat out)"
printf '>a\nMKTI-IALSYI\n>b\nMKTIWIALSFI\n' > aligned.fa
expect 0 "${evaluate[@]}" --alignment aligned.fa --wildtype wt.fa -o scores.csv
grep -q "an alignment of 2 sequences" err || fail "aligned: $(cat err)"
cut -f1,3,6 scores.tsv > truth.tsv
cut -f1,3,4 scores.tsv | sed '1s/.*/i\tmutant\tgood/' > mine.tsv
expect 0 "$QUADRAT" evaluate --scores mine.tsv --truth truth.tsv --zero-based --label escapes --quiet
grep -q '^good,20,3,0.9250' out || fail "joined: $(cat out)"

# More draws or none: the scores are the same, the interval is not there.
expect 0 "${evaluate[@]}" --score-columns good --bootstrap 0
grep -q '^good,20,3,0.9250,1.0000,1.0000,,,,,,$' out || fail "no draws: $(cat out)"
expect 0 "${evaluate[@]}" --score-columns good --bootstrap 7
grep -qE '^good,20,3,0.9250,1.0000,1.0000,[0-9.]+,[0-9.]+,,,,$' out || fail "seven draws: $(cat out)"

bad_scores() {
    expect 1 "$QUADRAT" evaluate --scores bad.tsv --zero-based --label escapes --wildtype wt.fa --quiet -o none
    says "$@"
}
sed '3s/M/K/' scores.tsv > bad.tsv && bad_scores bad.tsv:3:2 "position 0 (counted from 0)" "which has M"
sed '3s/^0/10/' scores.tsv > bad.tsv && bad_scores bad.tsv:3:1 "position 10 is none of 0 to 9"
sed '3s/True/perhaps/' scores.tsv > bad.tsv && bad_scores bad.tsv:3:6 "expected true or false"
sed 's/True/False/' scores.tsv > bad.tsv && bad_scores "nothing to tell apart"
sed '3s/C/W/' scores.tsv > bad.tsv && bad_scores bad.tsv:3 "the same mutant as in line 2"
expect 1 "${evaluate[@]}" --score-columns best
says scores.tsv:1 "no column is called 'best'"
expect 2 "$QUADRAT" evaluate --scores scores.tsv
says "--label"
expect 2 "${evaluate[@]}" few.fa
says "--wildtype"
expect 2 "${evaluate[@]}" --wildtype wt.fa -o wt.fa
says "would overwrite wt.fa"
