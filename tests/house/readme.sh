# The C code that the README shows is part of the example, line for line, and its commands are known to the program.
sed -n '/^```c$/,/^```$/p' "$SOURCE/README.md" | sed '1d;$d' > quoted.c
[ -s quoted.c ]
lines=$(wc -l < quoted.c)
first=$(head -n 1 quoted.c)
at=$(grep -nxF -- "$first" "$SOURCE/examples/article.c" | head -n 1 | cut -d: -f1)
sed -n "$at,$((at + lines - 1))p" "$SOURCE/examples/article.c" | diff quoted.c -
grep -oE '^    quadrat [a-z]+' "$SOURCE/README.md" | awk '{print $2}' | sort -u | while read -r command; do
    "$QUADRAT" "$command" --help > /dev/null
done
