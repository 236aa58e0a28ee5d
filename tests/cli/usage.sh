# Wrong use of the program, its help and its manual.
. "$SOURCE/tests/cli/common.bash"
array "(4, 3, 2)" < <(waves 24 0) > X.npy
array "(4, 1)" < <(waves 4 4) > y.npy
train=("$QUADRAT" train regress X.npy y.npy)

# refused TEXT... -- ARGUMENT...: exit code 2 and one line with these texts.
refused() {
    local texts=()
    while [ "$1" != -- ]; do
        texts+=("$1")
        shift
    done
    shift
    expect 2 "$@"
    says "${texts[@]}"
}

# ------------------------------------------------------------------------------------------------ help
expect 2 "$QUADRAT"
grep -q "quadrat train" out || fail "no help without arguments"
for option in --help -h help; do
    expect 0 "$QUADRAT" $option
    for command in train predict evaluate inspect bench manual; do
        grep -q "quadrat $command " out || fail "help does not name $command"
    done
done
for command in train "train forecast" evaluate; do
    expect 0 "$QUADRAT" $command --help
    mv out said
    expect 0 "$QUADRAT" help $command
    same said out
done
refused "'trian'" "mean train" -- "$QUADRAT" help trian
expect 0 "$QUADRAT" --version
grep -qxE 'quadrat [0-9]+\.[0-9]+\.[0-9]+' out || fail "version: $(cat out)"

# Every option of the table is in the help of its commands, with its help text, and in the manual.
# settings: a line an option, its name and the commands that the table gives it, its macros taken apart.
settings() {
    awk '/^#define [A-Z]+ +\.commands =/ { macro[$2] = substr($0, index($0, "=") + 1); sub(/, \.(models|later).*/, "", macro[$2]) }
        /^    \{"/ { row = "" }
        /^    / { row = row " " $0 }
        /\},$/ && row ~ /^ +\{"/ {
            split(row, part, "\"")
            text = row
            gsub(/"[^"]*"/, "", text)
            commands = ""
            if (match(text, /\.commands = [A-Z_| ]+/)) {
                commands = substr(text, RSTART, RLENGTH)
            }
            for (name in macro) {
                if (text ~ "[, ]" name "[,}]") {
                    commands = commands macro[name]
                }
            }
            gsub(/QD_CMD_TRAIN/, "QD_CMD_REGRESS QD_CMD_FORECAST QD_CMD_SITES QD_CMD_CELLS", commands)
            gsub(/\.commands =|QD_CMD_|\|/, " ", commands)
            print part[2], tolower(commands)
            row = ""
        }' "$SOURCE/src/base/settings_table.c"
}
[ "$(settings | wc -l)" -ge 45 ] || fail "the table of settings was not understood"
tasks="regress forecast sites cells"
for command in train predict evaluate bench; do
    "$QUADRAT" $command --help > $command.help
done
for task in $tasks; do # where this quadrat has it
    "$QUADRAT" train $task --help > $task.help || true
    if ("$QUADRAT" train $task 2>&1 || true) | grep -q 'unknown task'; then
        rm $task.help
    fi
done
"$QUADRAT" manual > manual.1
sed 's/\\-/-/g' manual.1 > manual.text
while read -r name known; do
    for task in $tasks; do
        case " $known " in *" $task "*) known="$known train" ;; esac
    done
    for command in train predict evaluate bench $tasks; do
        [ -s $command.help ] || continue
        listed=0
        grep -qE "^  (-[a-z], )?--(no-)?$name( |$)" "$command.help" && listed=1
        case " $known " in
            *" $command "*) [ $listed -eq 1 ] || fail "$command --help lacks --$name" ;;
            *) [ $listed -eq 0 ] || fail "$command --help lists --$name" ;;
        esac
    done
    grep -qE -- "--(no-)?$name( |$)" manual.text || fail "the manual lacks --$name"
done < <(settings)
for command in train predict inspect bench manual; do
    expect 0 "$QUADRAT" "$command" --help
    [ -s out ] && [ ! -s err ] || fail "$command --help"
    awk 'length > 100' out | grep . > long && fail "$command --help has lines of more than 100 characters"
done
if command -v groff > /dev/null; then
    groff -man -Tutf8 -z -ww manual.1 > groff.out 2>&1 || fail "groff refuses the manual"
    [ ! -s groff.out ] || fail "groff warns of the manual: $(cat groff.out)"
fi

# ------------------------------------------------------------------------------------------- wrong use
refused "'trian'" "mean train" -- "$QUADRAT" trian
refused "'xyzzyxyzzy'" -- "$QUADRAT" xyzzyxyzzy
refused "regress" -- "$QUADRAT" train
refused "'regres'" "regress" -- "$QUADRAT" train regres X.npy y.npy -o m
refused "-o" -- "${train[@]}"
refused "no data" -- "$QUADRAT" train regress -o m
refused "a model and data" -- "$QUADRAT" predict m
refused "one file" -- "$QUADRAT" inspect
refused "one file" -- "$QUADRAT" inspect X.npy y.npy
refused --epoch --epochs -- "${train[@]}" -o m --epoch 3
refused --epoch --epochs -- "${train[@]}" -o m --epoch=3
refused --no-shufle --no-shuffle -- "${train[@]}" -o m --no-shufle
refused --no-epochs -- "${train[@]}" -o m --no-epochs
refused --xyzzyxyzzy "train --help" -- "${train[@]}" -o m --xyzzyxyzzy
refused -z -- "${train[@]}" -z
refused --since "not an option of train" -- "${train[@]}" -o m --since 3
refused --horizon "not an option of train" -- "${train[@]}" -o m --horizon 3
refused --horizon "not an option of train" -- "$QUADRAT" train --horizon 3 -q regress X.npy y.npy -o m
refused --layers "not an option of predict" -- "$QUADRAT" predict m X.npy --layers lstm:3
refused --epochs "not an option of inspect" -- "$QUADRAT" inspect m --epochs 3
refused --seed "from 0 to 9007199254740992" -- "${train[@]}" -o m --seed -1
refused --epochs "wants a value" -- "${train[@]}" -o m --epochs
refused -o "wants a value" -- "${train[@]}" -o
for value in 0 -1 1.5 1e3 x "" 99999999999999999999; do
    refused --epochs "'$value'" "from 1 to 1000000" -- "${train[@]}" -o m --epochs "$value"
done
for value in 0 -1 nan inf 0x1p-3 1,5 "1 2" ""; do
    refused --lr "'$value'" "number" -- "${train[@]}" -o m --lr "$value"
done
refused --optimizer "'adamm'" "adam|adamw" -- "${train[@]}" -o m --optimizer adamm
refused --resume "neither true nor false" -- "${train[@]}" -o m --resume=perhaps
refused --output --checkpoint "same file" -- "${train[@]}" -o m --checkpoint m
refused --checkpoint --history "same file" -- "${train[@]}" -o m --checkpoint c --history c
refused --history "overwrite y.npy" -- "${train[@]}" -o m --history y.npy
refused --output "overwrite X.npy" -- "$QUADRAT" predict m X.npy -o X.npy
refused --output "overwrite m" -- "$QUADRAT" predict m X.npy -o m
# ... by whatever way it is named, and whatever reads it.
ln -s y.npy link
printf 't,v\n1,1\n2,2\n3,3\n' > v.csv
refused --output "overwrite X.npy" -- "$QUADRAT" predict m X.npy -o ./X.npy
refused --history "overwrite y.npy" -- "${train[@]}" -o m --history link
refused --history "overwrite v.csv" -- "$QUADRAT" train regress X.npy y.npy --valid v.csv -o m --history v.csv
cp X.npy X2.npy && cp y.npy y2.npy && ln -s y2.npy link2
refused --output "overwrite X2.npy,link2" -- "${train[@]}" --valid X2.npy,link2 -o y2.npy
touch h.csv
refused --checkpoint --history "same file" -- "${train[@]}" -o m --checkpoint ./h.csv --history h.csv
rm h.csv
refused '{"event":"error"' '--epoch;' -- "${train[@]}" --log json -o m --epoch 3
[ ! -e m ] || fail "a model was written"
[ "$(head -c 6 X.npy | tail -c 5)" = NUMPY ] || fail "the data were overwritten"

refused --patience --valid -- "${train[@]}" -o m --patience 3
refused 1.5 "between 0 and 1" -- "${train[@]}" -o m --valid 1.5
refused -0.5 "between 0 and 1" -- "${train[@]}" -o m --valid -0.5
refused plateau -- "${train[@]}" -o m --schedule plateau --step-factor 1
refused lstn lstm -- "${train[@]}" -o m --layers lstn:4
refused "element 2, character 11" '"0" units' -- "${train[@]}" -o m --layers rnn:3,rnn:0
refused layers -- "${train[@]}" -o m --layers ""
refused layers -- "${train[@]}" -o m --layers lstm:4,
refused dropout -- "${train[@]}" -o m --layers lstm:4+dropout=1

# Settings that do not fit the data are found before training.
unfit() {
    expect 1 "${train[@]}" -o m --quiet "${@:2}"
    says "$1"
    [ ! -e m ] || fail "a model was written"
}
unfit none.csv --valid none.csv
unfit none.safetensors --init none.safetensors
unfit "X.npy: sequence 0: the loss logistic expects targets from 0 to 1" --loss logistic
unfit "recurrent layer" --layers dense:3
unfit "too few" --valid 0.999

# What is right: values after = or apart, letters with and without a blank, options after the data, -- before a path
# that begins with a dash, the last of two values.
cp X.npy -- -X.npy
right=(--layers lstm:3 --epochs 2 --quiet)
expect 0 "$QUADRAT" train regress X.npy y.npy "${right[@]}" -o a
expect 0 "$QUADRAT" train -q --layers=lstm:3 --epochs=9 -ob regress --epochs 2 X.npy y.npy
same a b
expect 0 "$QUADRAT" train "${right[@]}" -o b -- regress -X.npy y.npy
same a b
expect 0 "${train[@]}" "${right[@]}" --no-quiet --no-resume --shuffle --quiet=true -o b
same a b
expect 0 env QUADRAT_ISA=reference "${train[@]}" "${right[@]}" -o b
same a b
expect 1 env QUADRAT_ISA=abacus "${train[@]}" "${right[@]}" -o b
says QUADRAT_ISA abacus reference

# A model says which task it is of: options of other tasks are wrong use, and it is read once, from a pipe too.
refused --gene "task sites" regress -- "$QUADRAT" predict a X.npy -o p.npy --gene S
refused --divisions "task cells" -- "$QUADRAT" predict a X.npy -o p.npy --divisions
refused --format "task forecast or sites" -- "$QUADRAT" predict a X.npy -o p.npy --format csv
refused --by "task forecast, and this is cells" -- "$QUADRAT" evaluate cells cells.csv --by series
refused --wide "task forecast, and this is sites" -- "$QUADRAT" evaluate --scores s.tsv --wide
refused "train regress" "quadrat predict a DATA" -- "$QUADRAT" evaluate a X.npy
expect 1 "$QUADRAT" evaluate none.safetensors --wildtype wt.fa
says "none.safetensors: cannot open"
expect 1 "$QUADRAT" predict none.safetensors X.npy
says "none.safetensors: cannot open"
expect 0 "$QUADRAT" predict a X.npy -o p.npy
expect 0 "$QUADRAT" predict - X.npy -o q.npy < a
same p.npy q.npy
