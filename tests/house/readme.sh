# The C code that the README shows is part of the example, line for line; every command of the README and the docs is one
# that the program understands, with options that it knows and values that it takes; every link leads to a file.
sed -n '/^```c$/,/^```$/p' "$SOURCE/README.md" | sed '1d;$d' > quoted.c
[ -s quoted.c ]
lines=$(wc -l < quoted.c)
first=$(head -n 1 quoted.c)
at=$(grep -nxF -- "$first" "$SOURCE/examples/article.c" | head -n 1 | cut -d: -f1)
sed -n "$at,$((at + lines - 1))p" "$SOURCE/examples/article.c" | diff quoted.c -

# commands FILE...: those of the blocks, a line each, without prompts and comments.
commands() {
    cat "$@" | sed -n '/\\$/{:a;N;s/\\\n *//;/\\$/ba};s/^    \(\$ \)\?\(quadrat .*\)$/\2/p' | sed 's/  *#.*//; s/ | .*//; s/ [>&].*//'
}
commands "$SOURCE"/README.md "$SOURCE"/docs/*.md > found
[ "$(wc -l < found)" -ge 30 ]
while read -r line; do
    eval "set -- ${line#quadrat }"
    "$QUADRAT" "$@" --help > help.out 2>&1 || { echo "the docs say: $line" && cat help.out && exit 1; }
done < found
if "$QUADRAT" train forecast x.csv --tme t --help > help.out 2>&1; then
    echo "an option that nobody knows was not told" && exit 1
fi

for file in "$SOURCE"/*.md "$SOURCE"/docs/*.md; do
    (grep -oE "\\]\\([A-Za-z0-9_./-]+" "$file" || true) | sed -n 's/^..//; /^http/!p' | while read -r link; do
        [ -e "$(dirname "$file")/$link" ] || { echo "$file: $link is not there" && exit 1; }
    done
done
