# Bad input: one message that names the file and the place, exit code 1, nothing left behind and nothing overwritten; or
# what a sane reader takes.
. "$SOURCE/tests/cli/common.bash"
settings="--layers lstm:3 --epochs 2 --batch 4 --quiet"
echo old > old
cp old m
cp old p
touch out err found files

# refused COMMAND... -- TEXT...: it fails, tells one line with these texts, leaves the old outputs m and p as they were
# and no new file.
refused() {
    local command=()
    while [ "$1" != -- ]; do
        command+=("$1")
        shift
    done
    shift
    ls -A > files
    expect 1 "${command[@]}"
    says "$@"
    ls -A > found
    cmp -s found files || fail "files left behind: $(diff files found || true)"
    same m old
    same p old
}

# table TEXT...: training on bad.csv, which standard input fills, is refused.
table() {
    cat > bad.csv
    refused "$QUADRAT" train regress bad.csv --target v --window 2 $settings -o m -- "$@"
}

# ------------------------------------------------------------------------------------------------ tables
table bad.csv empty < /dev/null
printf '\n\n' | table bad.csv empty
printf '\xef\xbb\xbf' | table bad.csv empty
printf 't,v\n' | table bad.csv "only a header"
printf 't,v' | table bad.csv "only a header"
printf 't,v\n1,1\n2\n3,3\n4,4\n' | table bad.csv:3:2 "expected 2 fields" "found 1"
printf 't,v\n1,1\n2,2,2\n3,3\n4,4\n' | table bad.csv:3:3 "expected 2 fields" "found 3"
printf 't,v\n1,1\n\n3,3\n4,4\n' | table bad.csv:3:2 "expected 2 fields"
printf 't,v\n1,1,5\n2,2,5\n3,3,5\n' | table bad.csv:2:3 "decimal comma"
printf 't,v\n1,"1,5"\n2,2\n3,3\n4,4\n' | table bad.csv:2:2 "column 'v'" "'1,5'" "decimal comma"
printf 't,v\n1,1\n2,2\n3,many\n4,4\n' | table bad.csv:4:2 "column 'v'" "'many'" "finite number"
printf 't,v\n1,1\n2,\n3,3\n4,4\n' | table bad.csv:3:2 "missing"
printf 't,v\n1,1\n2,NA\n3,3\n4,4\n' | table bad.csv:3:2 "'NA'" "missing"
for number in 1e400 -1e400 1e39 inf -inf 0x10 1_000 1e 5e3000000000 "1 2" --1 ٣; do
    printf 't,v\n1,1\n2,2\n3,3\n4,%s\n' "$number" | table bad.csv:5:2 "column 'v'"
done
printf 't,v\n1,1\n2,2\0\n3,3\n' | table bad.csv:3:2 NUL
printf 't,v\n1,1\n2,"2\n3,3\n' | table bad.csv:3:2 "never closed"
printf 't,v\n1,"1"x\n2,2\n' | table bad.csv:2:2 "closing quote"
printf 'v,v\n1,1\n2,2\n' | table bad.csv:1:2 "both called 'v'"
printf 't,value\n1,1\n2,2\n3,3\n' | table bad.csv:1 "no column is called 'v'" value
printf 't,w\n1,1\n2,2\n3,3\n' | table bad.csv:1 "no column is called 'v'" "t, w"
printf 't,v\n1,1\n2,2\n' | table bad.csv "2 rows" "windows of 2" "at least 3"
printf 't,"v"\n"1\n1",1\r\n"""",x\r\n3,3\n4,4\n' | table bad.csv:4:2 "'x'"
printf '\xff\xfet\0,\0v\0\n\0' | table bad.csv NUL UTF-8
head -c 3000 "$QUADRAT" | table bad.csv
printf 't,v\n1,1\n2,2\n3,3\n4,4\n' > good.csv
refused "$QUADRAT" train regress good.csv --target v --window 4 $settings -o m -- good.csv "4 rows" "windows of 4"
refused "$QUADRAT" train regress good.csv --target v --window 1000000 $settings -o m -- good.csv "windows of 1000000"
refused "$QUADRAT" train regress good.csv --window 2 $settings -o m -- good.csv --target
refused "$QUADRAT" train regress good.csv --target vv --window 2 $settings -o m -- good.csv "'vv'" "'v'"
refused "$QUADRAT" train regress good.csv --target v --features t,u --window 2 $settings -o m -- good.csv "'u'"
refused "$QUADRAT" train regress good.csv --target v --weights w --window 2 $settings -o m -- good.csv "'w'"
refused "$QUADRAT" train regress good.csv good.csv --target v $settings -o m -- good.csv "one file"
touch empty.npy
refused "$QUADRAT" train regress empty.npy good.csv $settings -o m -- empty.npy: empty
refused "$QUADRAT" train regress good.csv --target v --input-format npy $settings -o m -- good.csv
refused "$QUADRAT" train regress missing.csv --target v $settings -o m -- missing.csv "No such file"
refused "$QUADRAT" train regress . --target v $settings -o m -- ".: " directory
refused "$QUADRAT" train regress good.csv/x --target v $settings -o m -- good.csv/x
refused "$QUADRAT" train regress "" --target v $settings -o m -- "'': cannot open: No such file"
printf 't,v\n1,-1\n2,2\n3,3\n4,4\n' > negative.csv
refused "$QUADRAT" train regress negative.csv --target v --window 2 --scale log1p $settings -o m -- negative.csv log1p

# What a sane reader takes: the same model whatever the form.
good() {
    cat > form.csv
    expect 0 "$QUADRAT" train regress form.csv --target v --window 2 $settings "$@" -o form
    [ -e model ] || cp form model
    same form model
    rm -f form
}
rm -f model
printf 't,v\n1,1.5\n2,2\n3,3\n4,4.25\n' | good
printf '\xef\xbb\xbft,v\n1,1.5\n2,2\n3,3\n4,4.25\n' | good
printf 't,v\r\n1,1.5\r\n2,2\r\n3,3\r\n4,4.25\r\n' | good
printf 't,v\r1,1.5\r2,2\r3,3\r4,4.25' | good
printf 't,v\n1,1.5\n2,2\n3,3\n4,4.25' | good
printf 't,v\n1,1.5\n2,2\n3,3\n4,4.25\n\n\n' | good
printf 't\tv\n1\t1.5\n2\t2\n3\t3\n4\t4.25\n' | good
printf 't;v\n1;1,5\n2;2\n3;3\n4;4,25\n' | good
printf 'v;t\n1,5;1\n2;2\n3;3\n4,25;4\n' | good --dialect excel
printf '"t", v \n"a, b",1.5\n"c\nd","2"\n"e ""f""",3e0\n4, +4.25 \n' | good
printf 'caf\xe9,v\n1,1.5\n2,2.0\n3,03\n4,4.25\n' | good
printf 't,v,w,x\nNA,1.5,,?\n,2,NA,?\n,3,,\n,4.25,,\n' | good

# ------------------------------------------------------------------------------------------------ arrays
waves 24 0 > x.text
waves 4 1 > y.text
array "(4, 3, 2)" < x.text > X.npy
array "(4, 1)" < y.text > y.npy

# arrays TEXT...: training on bad.npy as the inputs is refused.
arrays() {
    refused "$QUADRAT" train regress bad.npy y.npy $settings -o m -- bad.npy "$@"
}
npy "{'descr': '<i4', 'fortran_order': False, 'shape': (4, 3, 2), }" i4 < x.text > bad.npy && arrays byte "<i4" "<f4"
npy "{'descr': '>f4', 'fortran_order': False, 'shape': (4, 3, 2), }" f4 < x.text > bad.npy && arrays byte ">f4"
npy "{'descr': '|O', 'fortran_order': False, 'shape': (4, 3, 2), }" f4 < x.text > bad.npy && arrays byte "|O"
npy "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (24,), }" f4 < x.text > bad.npy && arrays byte
npy "{'descr': '<f4', 'fortran_order': True, 'shape': (4, 3, 2), }" f4 < x.text > bad.npy && arrays byte Fortran
npy "{'descr': '<f4', 'fortran_order': False, }" f4 < x.text > bad.npy && arrays byte shape
npy "import os" f4 < x.text > bad.npy && arrays byte
for shape in "(4, 3, 3)" "(4, 3)" "()" "(0, 3, 2)" "(4000000000, 4000000000, 4000000000)" "(99999999999, 99999999999)" \
    "(-4, 3, 2)" "(4, 3, 2, 1, 1, 1, 1, 1, 1)"; do
    array "$shape" < x.text > bad.npy && arrays byte
done
array "(24,)" < x.text > bad.npy && arrays "1 dimensions"
array "(4, 3, 2, 1)" < x.text > bad.npy && arrays "4 dimensions"
array "(0, 3, 2)" < /dev/null > bad.npy && arrays "0 sequences"
array "(4, 0, 2)" < /dev/null > bad.npy && arrays "0 steps"
{ head -n 20 x.text && echo nan nan nan nan; } | array "(4, 3, 2)" > bad.npy && arrays byte "(3, 1, 0)" nan
{ head -n 23 x.text && echo inf; } | array "(4, 3, 2)" > bad.npy && arrays byte "(3, 2, 1)" inf
{ head -n 23 x.text && echo 1e300; } |
    npy "{'descr': '<f8', 'fortran_order': False, 'shape': (4, 3, 2), }" f8 > bad.npy && arrays byte "(3, 2, 1)" 1e300
for size in 5 9 11 60 128 200; do
    head -c $size X.npy > bad.npy
    arrays
done
(cat X.npy && echo) > bad.npy && arrays byte
(printf '\x93NUMPY\x09\0' && tail -c +9 X.npy) > bad.npy && arrays "version 9.0"
(printf '\x93NUMPY\x01\0\xff\xff' && tail -c +11 X.npy) > bad.npy && arrays "header of 65535 bytes"
array "(3, 1)" < <(head -n 3 y.text) > three.npy
refused "$QUADRAT" train regress X.npy three.npy $settings -o m -- three.npy "3 rows" X.npy
refused "$QUADRAT" train regress X.npy X.npy $settings -o m -- X.npy "3 dimensions"
refused "$QUADRAT" train regress X.npy $settings -o m -- X.npy "X.npy y.npy"
refused "$QUADRAT" train regress X.npy y.npy y.npy $settings -o m -- X.npy "3 files"
refused "$QUADRAT" train regress X.npy good.csv $settings -o m -- good.csv
refused "$QUADRAT" train regress X.npy y.npy --weights three.npy $settings -o m -- three.npy "(4,)"
refused "$QUADRAT" train regress X.npy y.npy --valid X.npy,three.npy $settings -o m -- three.npy
refused "$QUADRAT" train regress X.npy y.npy --valid X.npy $settings -o m -- "X.npy: 1 file was given"
echo 1 1 1 -1 | array "(4,)" > negative.npy
refused "$QUADRAT" train regress X.npy y.npy --weights negative.npy $settings -o m -- negative.npy "weights[3]" -1

# ------------------------------------------------------------------------------------------------ gzip
gzip -c X.npy > X.gz
gzip -c good.csv > good.gz
for size in 2 10 30 $(($(stat -c %s X.gz) - 1)); do
    head -c "$size" X.gz > bad.gz
    refused "$QUADRAT" train regress bad.gz y.npy $settings -o m -- bad.gz byte gzip
done
(head -c 30 X.gz && printf '\xaa\xaa\xaa\xaa' && tail -c +35 X.gz) > bad.gz
refused "$QUADRAT" train regress bad.gz y.npy $settings -o m -- bad.gz byte gzip
refused "$QUADRAT" train regress X.gz y.npy --gzip-limit 200 $settings -o m -- X.gz "more than 200 bytes"
head -c 1000000 /dev/zero | gzip > bomb.gz
refused "$QUADRAT" train regress bomb.gz --target v --gzip-limit 9999 $settings -o m -- bomb.gz "9999 bytes"

# ----------------------------------------------------------------------------------------------- models
expect 0 "$QUADRAT" train regress X.npy y.npy $settings -o model
expect 0 "$QUADRAT" train regress good.csv --target v --window 2 $settings -o series
expect 0 "$QUADRAT" predict model X.npy -o right.npy
size=$(stat -c %s model)

# model TEXT...: bad.model is refused by predict, inspect and as a checkpoint.
model() {
    refused "$QUADRAT" predict bad.model X.npy -o p -- bad.model "$@"
    refused "$QUADRAT" train regress X.npy y.npy $settings --resume --checkpoint bad.model -o m -- bad.model
}
for at in 0 1 7 8 9 100 $((size / 2)) $((size - 1)); do
    head -c "$at" model > bad.model
    model
    [ "$at" -lt 9 ] || refused "$QUADRAT" inspect bad.model -- bad.model
done
for at in 0 3 8 9 20 200 500 $((size / 2)) $((size - 1)); do
    byte=$(od -An -j "$at" -N1 -t u1 model)
    (head -c "$at" model && printf "\\$(printf %o $((byte ^ 1)))" && tail -c +$((at + 2)) model) > bad.model
    model
    refused "$QUADRAT" inspect bad.model -- bad.model
done
(cat model && echo) > bad.model && model byte
: > bad.model && model
cp good.csv bad.model && model byte
cp X.npy bad.model && model byte
sed 's/"quadrat_format":"1"/"quadrat_format":"2"/' model > bad.model && model
# Weights of another program: good for --init alone.
header='{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'
(printf "\\$(printf %o ${#header})\\0\\0\\0\\0\\0\\0\\0%s\\0\\0\\0\\0" "$header") > bad.model
model checksum --init
refused "$QUADRAT" train regress X.npy y.npy $settings --init bad.model -o m -- bad.model lstm.weight_ih_l0
refused "$QUADRAT" train regress X.npy y.npy $settings --layers lstm:4 --init model -o m -- model lstm.weight_ih_l0
expect 0 "$QUADRAT" inspect bad.model
grep -q "another program" out || fail "inspect of a foreign file: $(cat out)"
rm -f bad.model
# A model and data that do not belong together.
array "(4, 6)" < x.text > six.npy
refused "$QUADRAT" predict model six.npy -o p -- six.npy "1 inputs" "trained on 2"
refused "$QUADRAT" predict model good.csv -o p -- good.csv "trained on arrays"
refused "$QUADRAT" predict model X.npy y.npy -o p -- X.npy "2 files"
refused "$QUADRAT" predict series missing.csv -o p -- missing.csv "No such file"
refused "$QUADRAT" predict . good.csv -o p -- ".: " directory
refused "$QUADRAT" predict series good.csv --time when -o p -- good.csv "'when'"
refused "$QUADRAT" predict series good.csv --time t --since 9 -o p -- since 9
printf 't,v\n1,1\n' > short.csv
refused "$QUADRAT" predict series short.csv -o p -- short.csv "1 row" "windows of 2"
printf 't,w\n1,1\n2,2\n3,3\n' > other.csv
refused "$QUADRAT" predict series other.csv -o p -- other.csv "'v'"
refused "$QUADRAT" inspect missing -- missing "No such file"
refused "$QUADRAT" inspect . -- ".: " directory

# ---------------------------------------------------------------------------------------------- outputs
# It is known before training that the model cannot be written: no epoch is told.
for path in no/folder/m . X.npy/m; do
    refused "$QUADRAT" train regress X.npy y.npy --layers lstm:3 -o "$path" -- "$path: cannot write"
    refused "$QUADRAT" predict model X.npy -o "$path" -- "$path: cannot write"
done
refused "$QUADRAT" train regress X.npy y.npy $settings --history no/h.csv -o m -- "no/h.csv: cannot write"
refused "$QUADRAT" train regress X.npy y.npy $settings --checkpoint no/c -o m -- "no/c: cannot write"
if [ -w /dev/full ]; then
    full="No space left on device"
    refused "$QUADRAT" train regress X.npy y.npy $settings -o /dev/full -- "/dev/full: cannot write: $full"
    refused "$QUADRAT" train regress X.npy y.npy $settings --history /dev/full -o m -- "/dev/full: cannot write: $full"
    refused "$QUADRAT" train regress X.npy y.npy $settings --checkpoint /dev/full -o m -- "/dev/full: cannot write: $full"
    refused "$QUADRAT" predict model X.npy -o /dev/full -- "/dev/full: cannot write: $full"
    refused "$QUADRAT" predict series good.csv -o /dev/full -- "/dev/full: cannot write: $full"
    for command in "inspect model" "inspect good.csv" "predict model X.npy" "predict series good.csv" "train --help" \
        --help --version manual; do
        code=0
        "$QUADRAT" $command > /dev/full 2> err || code=$?
        [ "$code" -eq 1 ] && [ "$(wc -l < err)" -eq 1 ] && grep -q "standard output" err ||
            fail "$command to a full disk: exit code $code, $(cat err)"
    done
fi
for command in "inspect model" "predict model X.npy"; do
    code=0
    "$QUADRAT" $command >&- 2> err || code=$?
    [ "$code" -eq 1 ] && [ "$(wc -l < err)" -eq 1 ] || fail "$command without standard output: exit code $code"
done
expect 0 "$QUADRAT" predict model X.npy -o /dev/null
if command -v script > /dev/null; then # a terminal
    code=0
    script -qec "'$QUADRAT' predict model X.npy" /dev/null > out 2>&1 < /dev/null || code=$?
    [ "$code" -eq 1 ] && grep -q -- "-o y.npy" out || fail "an array to a terminal: exit code $code, $(cat -v out)"
fi
if [ "$(id -u)" -ne 0 ]; then
    mkdir locked
    cp old locked/m
    chmod a-w locked
    refused "$QUADRAT" train regress X.npy y.npy $settings -o locked/m -- "locked/m: cannot write: Permission denied"
    refused "$QUADRAT" predict model X.npy -o locked/p -- "locked/p: cannot write: Permission denied"
    same locked/m old
    chmod u+w locked
    cp X.npy unreadable
    chmod a-r unreadable
    refused "$QUADRAT" predict model unreadable -o p -- "unreadable: cannot open: Permission denied"
fi

# ----------------------------------------------------------------------------- a locale with decimal commas
# in_locale FOLDER: everything that reads and writes numbers.
everything() {
    mkdir "$1"
    "$QUADRAT" train regress "$lynx" --target lynx --lr 0.002 --layers lstm:3 --epochs 2 --valid 0.25 --log json \
        --history "$1/h.csv" --checkpoint "$1/c" -o "$1/m" 2> "$1/log"
    "$QUADRAT" predict "$1/m" "$lynx" --time year --season 10 --draw -o "$1/p.csv" 2> "$1/words"
    "$QUADRAT" inspect "$1/m" > "$1/inspect"
    "$QUADRAT" train --help > "$1/help"
    if "$QUADRAT" train regress "$lynx" --target lynx --lr 0,1 -o "$1/m" 2> "$1/refused"; then
        fail "a decimal comma was taken for a number"
    fi
    cut -d, -f1-4,6 "$1/h.csv" > "$1/history"
    sed -i -E 's/"seconds":[0-9.e-]+//; s/'"$1"'//' "$1/log"
    rm "$1/h.csv" "$1/c" # seconds
}
LC_ALL=C everything plain
if [ "$(LC_ALL=de_DE.UTF-8 locale decimal_point 2> /dev/null)" = , ]; then
    LC_ALL=de_DE.UTF-8 everything german
    diff -r plain german || fail "the locale changes something"
    env -u LC_ALL LC_NUMERIC=de_DE.UTF-8 "$QUADRAT" predict plain/m "$lynx" --time year --quiet -o german.csv
    same german.csv plain/p.csv
else
    echo "no German locale: that part was left out"
fi
