#!/usr/bin/env bash
# Fuzzes the C runtime with libFuzzer, the loader and the texts side by side: fuzz.sh [SECONDS], 60 unless given.
# Needs clang with libFuzzer (Debian: clang libclang-rt-14-dev), and embdistill installed, for the seeds. Inputs that
# crash are kept in the folder named at the end.
set -euo pipefail
cd "$(dirname "$0")/../../../.."
here=tests/kernels/runtime/hostile
seconds=${1:-60}
work=$(mktemp -d)
PYTHONPATH=tests python $here/seed_images.py "$work/seeds" >/dev/null
printf '\001The film isn’t good: 10:30, U.S. o'\''clock flim lmap unheard 電影 ไปที่นี่ cafe\xcc\x81\xcc\xa3 l'\''a\xc2\xadmi می\xe2\x80\x8cخواهم <e1>lamp</e1> of <e2>it</e2> \xff\x00\xf0\x9f\x8e\xac' >"$work/text"
mkdir "$work/open" "$work/texts"
cp "$work"/seeds/*.edm "$work/open"
mv "$work/text" "$work/texts/first"
flags="-std=c99 -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -Ikernels/runtime -I$here"
for target in open text; do
    clang $flags -D_POSIX_C_SOURCE=200809L "$here/fuzz_$target.c" $here/use.c $here/runtime.c -o "$work/fuzz_$target"
done
fuzz() { # target, corpus, longest input
    SEEDS=$work/seeds "$work/fuzz_$1" -seed=1 -max_total_time="$seconds" -max_len="$3" -rss_limit_mb=1024 -timeout=10 \
        -print_final_stats=1 -artifact_prefix="$work/" "$work/$2" >"$work/$1.log" 2>&1
}
fuzz open open 4096 & opening=$!
fuzz text texts 600 & reading=$!
failed=0
wait "$opening" || failed=1
wait "$reading" || failed=1
for target in open text; do
    grep -E "number_of_executed|new_units_added|SUMMARY|ERROR" "$work/$target.log" | sed "s/^/$target: /"
done
if ((failed)); then
    tail -40 "$work"/*.log
    echo "failed; the inputs are in $work"
    exit 1
fi
rm -rf "$work"
