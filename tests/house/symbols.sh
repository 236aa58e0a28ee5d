# The shared library exports what include/quadrat.symbols lists, and nothing else; the header declares each of them.
nm -D --defined-only "$LIBRARY" | awk '$2 ~ /^[TDBRVW]$/ {sub(/@.*/, "", $3); print $3}' | sort > exported
sort "$SOURCE/include/quadrat.symbols" > listed
diff listed exported
while read -r symbol; do
    grep -q "QD_API.*\b$symbol(" "$SOURCE/include/quadrat.h" || { echo "$symbol is not in quadrat.h" && exit 1; }
done < listed
