# A lower floor never includes a higher one (docs/design.md).
floor() {
    case $1 in
    base) echo 0 ;;
    kernels | data) echo 1 ;;
    nn | heads) echo 2 ;;
    train | store) echo 3 ;;
    tasks | eval | explain) echo 4 ;;
    report | tune) echo 5 ;;
    cli) echo 6 ;;
    *) echo "floors.sh: no floor is known for the folder '$1'" >&2 && exit 1 ;;
    esac
}
# Prints what looks up in the tree $1.
look_up() {
    local file folder included here there
    find "$1/src" "$1/cli" -name '*.[ch]' | while read -r file; do
        folder=${file#"$1"/}
        folder=${folder#src/}
        here=$(floor "${folder%%/*}")
        grep -oE '^ *# *include *"[a-z0-9_]+/' "$file" | sed -E 's|.*"(.*)/|\1|' | while read -r included; do
            there=$(floor "$included")
            [ "$there" -le "$here" ] || echo "$file includes a file of $included"
        done
    done
}
found=$(look_up "$SOURCE")
[ -z "$found" ] || { echo "$found" && exit 1; }

# And the check bites: a tree in which base includes nn.
mkdir -p tree/src/base tree/src/nn tree/cli
echo '#include "nn/layer.h"' > tree/src/base/wrong.c
[ -n "$(look_up tree)" ]
