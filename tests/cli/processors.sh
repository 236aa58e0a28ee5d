# One binary for every x86-64: on an emulated processor without AVX it starts, trains the same model, and refuses the
# sets that it lacks; on one with AVX2 it has that.
. "$SOURCE/tests/cli/common.bash"
[ "$(uname -m)" = x86_64 ] && command -v qemu-x86_64 > /dev/null || exit 77
! grep -qE '__(a|t)san_init' "$QUADRAT" || exit 77 # sanitizers do not run in an emulator

train=(train regress "$lynx" --target lynx --layers lstm:9,rnn:5 --epochs 2 --batch 16 --threads 2 --quiet -o)
"$QUADRAT" "${train[@]}" here.safetensors

expect 0 qemu-x86_64 -cpu qemu64 "$QUADRAT" --version
expect 0 qemu-x86_64 -cpu qemu64 "$QUADRAT" "${train[@]}" baseline.safetensors
same here.safetensors baseline.safetensors
for set in avx2 avx512 neon; do
    expect 1 qemu-x86_64 -cpu qemu64 -E QUADRAT_ISA=$set "$QUADRAT" "${train[@]}" refused.safetensors
    says QUADRAT_ISA "\"$set\"" "of this processor: reference"
    [ ! -e refused.safetensors ] || fail "a model was written"
done

# An emulator of 2022 has AVX2; older ones say so.
code=0
qemu-x86_64 -cpu max -E QUADRAT_ISA=avx2 "$QUADRAT" "${train[@]}" avx2.safetensors 2> err || code=$?
if [ "$code" -eq 0 ]; then
    same here.safetensors avx2.safetensors
    expect 1 qemu-x86_64 -cpu max -E QUADRAT_ISA=avx512 "$QUADRAT" "${train[@]}" refused.safetensors
    says "reference, avx2"
else
    grep -q "of this processor: reference" err || fail "AVX2 emulated: $(cat err)"
    echo "SKIP: this emulator lacks AVX2"
fi
