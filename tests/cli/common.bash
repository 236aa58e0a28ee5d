# What the scripts of this folder share; sourced by them.
lynx=$SOURCE/data/lynx.csv

fail() {
    echo "$*" >&2
    exit 1
}

# expect CODE COMMAND...: runs it, its output in ./out and ./err, and fails unless it ends with this exit code.
expect() {
    local expected=$1 code=0
    shift
    "$@" > out 2> err || code=$?
    [ "$code" -eq "$expected" ] || fail "exit code $code, expected $expected: $*"$'\n'"$(cat err)"
}

# says TEXT...: the last expected command told exactly one line, with all of these in it, and printed nothing.
says() {
    local text
    [ "$(wc -l < err)" -eq 1 ] || fail "expected one line of words, got: $(cat err)"
    for text in "$@"; do
        grep -qF -- "$text" err || fail "expected '$text' in: $(cat err)"
    done
    [ ! -s out ] || fail "printed besides its message: $(head -c 300 out)"
}

same() {
    cmp "$1" "$2" || fail "$1 and $2 differ"
}

differ() {
    if cmp -s "$1" "$2"; then
        fail "$1 and $2 are the same"
    fi
}

# npy DICTIONARY TYPE < numbers > FILE: an array file with any header.
"$CC" -o npy "$SOURCE/tests/cli/npy.c"
npy() {
    ./npy "$@"
}

# array SHAPE < numbers > FILE: a float32 array as NumPy writes it.
array() {
    npy "{'descr': '<f4', 'fortran_order': False, 'shape': $1, }" f4
}

# waves N SHIFT: N numbers.
waves() {
    LC_ALL=C awk -v n="$1" -v shift="$2" 'BEGIN { for (i = 0; i < n; i++) printf "%.6f\n", sin(0.7 * i + shift) }'
}

# values FILE: the numbers of a float32 .npy file as quadrat writes it, one a line.
values() {
    tail -c +$((11 + $(od -An -j8 -N2 -t u2 "$1"))) "$1" | od -An -v -w4 -t f4
}
