# quadrat bench: its forms, the columns that docs/performance.md names, what it refuses.
. "$SOURCE/tests/cli/common.bash"
tiny=(bench counts:N=6,T=5,H=9,B=4 --seconds 0.001 --threads 1)

expect 0 "$QUADRAT" "${tiny[@]}" --form csv
[ "$(head -1 out)" = "workload,pass,set,threads,N,T,I,H,layers,B,rounds,ms,least_ms,gflops,peak_share,memory,bits" ] ||
    fail "columns: $(head -1 out)"
[ "$(cut -d, -f1,2,4-10 out | tail -n +2)" = "counts,train,1,6,5,8,9,2,4
counts,forward,1,6,5,8,9,2,4
counts,latency,1,6,5,8,9,2,4" ] || fail "rows: $(cat out)"
cut -d, -f2,17 out > bits.1

# The same bits on any number of threads and any set; a file; one pass.
expect 0 "$QUADRAT" "${tiny[@]}" --threads 2 --form csv
cut -d, -f2,17 out > bits.2
same bits.1 bits.2
expect 0 env QUADRAT_ISA=reference "$QUADRAT" "${tiny[@]}" --form csv -o file.csv
[ ! -s out ] || fail "printed besides the file"
cut -d, -f2,17 file.csv > bits.3
same bits.1 bits.3
expect 0 "$QUADRAT" "${tiny[@]}" --passes step,forward --form csv --clock processor
[ "$(cut -d, -f2 out | tr '\n' ' ')" = "pass forward step " ] || fail "passes: $(cat out)"

# A workload of one step is only that.
expect 0 "$QUADRAT" bench step --seconds 0.001 --form csv
[ "$(cut -d, -f1,2 out | tail -n +2)" = step,step ] || fail "step: $(cat out)"

# The table and JSON have the same rows.
expect 0 "$QUADRAT" "${tiny[@]}"
grep -q '^peak of one thread: ' out || fail "no peak: $(cat out)"
[ "$(grep -c '^counts ' out)" -eq 3 ] || fail "table: $(cat out)"
expect 0 "$QUADRAT" "${tiny[@]}" --form json
if command -v python3 > /dev/null; then
    python3 -c 'import json, sys; d = json.load(sys.stdin); assert d["peak"] > 0 and [r["pass"] for r in d["rows"]] == ["train", "forward", "latency"] and d["rows"][0]["N"] == 6' < out
fi

expect 2 "$QUADRAT" bench conts
says counts
expect 2 "$QUADRAT" bench counts counts:Q=1
says "Q=1"
expect 2 "$QUADRAT" bench counts --passes train,walk
says "train,walk"
expect 2 "$QUADRAT" bench counts --passes ""
expect 2 "$QUADRAT" bench counts --form xml
expect 2 "$QUADRAT" bench counts --layers lstm:3
says "not an option of bench"
expect 1 env QUADRAT_ISA=abacus "$QUADRAT" bench step --seconds 0.001
says QUADRAT_ISA abacus
expect 1 "$QUADRAT" "${tiny[@]}" -o none/file.csv
[ ! -e /dev/full ] || expect 1 "$QUADRAT" "${tiny[@]}" -o /dev/full
