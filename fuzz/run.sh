#!/bin/sh
# Fuzzing for as long as you like (clang, Debian: libclang-rt-14-dev).
#
#   sh fuzz/run.sh HOURS [TARGET...]     build the preset fuzz, run the targets in turn, each for its share
#                                        of HOURS (a number like 0.5). What is found to be new replaces
#                                        corpus/<target> by the fewest files that reach as much code; an
#                                        input that breaks a target is left in repro/<target>, exit 1.
#   sh fuzz/run.sh --seconds N DIR TARGET     one target built in DIR, the source tree untouched (ctest)
#
# All that a long run collected stays in build/fuzz/fuzz/found/<target>, for the next one to start from.

set -eu
fuzz=$(cd "$(dirname "$0")" && pwd)

# run_target PROGRAM TARGET SECONDS FOUND ARTIFACTS [OPTION]
run_target() {
    seeds=
    for folder in "$fuzz/corpus/$2" "$fuzz/repro/$2"; do
        [ ! -d "$folder" ] || seeds="$seeds $folder"
    done
    mkdir -p "$4" "$5"
    # Not one leak or slow input passes: 4 KB are answered in far less than 10 s under any sanitizer.
    "$1" -max_total_time="$3" -max_len=4096 -timeout=10 -rss_limit_mb=2048 -verbosity=0 \
        -print_final_stats=1 -dict="$fuzz/fuzz_$2.dict" -artifact_prefix="$5/" ${6:-} "$4" $seeds
}

# minimise PROGRAM TARGET FOUND: edges count here, not how often they are taken, or it were thousands.
minimise() {
    rm -rf "$3.new"
    mkdir -p "$3.new"
    "$1" -set_cover_merge=1 -use_counters=0 -verbosity=0 -timeout=10 -max_len=4096 "$3.new" \
        "$fuzz/corpus/$2" "$3"
    rm -rf "$fuzz/corpus/$2"
    mv "$3.new" "$fuzz/corpus/$2"
}

if [ $# -eq 0 ]; then
    sed -n '2,/^$/s/^#//p' "$0" >&2
    exit 2
fi
if [ "$1" = --seconds ]; then
    found=$(mktemp -d "$3/found-$4.XXXXXX")
    trap 'rm -rf "$found"' EXIT
    run_target "$3/fuzz_$4" "$4" "$2" "$found" "$3/broken/$4" -seed=1
    exit 0
fi

hours=$1
shift
cd "$fuzz/.."
cmake --preset fuzz >/dev/null
cmake --build --preset fuzz --target fuzzers
built=build/fuzz/fuzz
if [ $# -eq 0 ]; then
    set -- $(sed -n 's/^fuzz_target(\([a-z]*\).*/\1/p' "$fuzz/CMakeLists.txt")
fi
seconds=$(echo "$hours $#" | awk '{ printf "%d", $1 * 3600 / $2 }')
status=0
for target; do
    echo "== $target, $seconds s"
    if run_target "$built/fuzz_$target" "$target" "$seconds" "$built/found/$target" \
        "$fuzz/repro/$target"; then
        minimise "$built/fuzz_$target" "$target" "$built/found/$target"
    else
        echo "$target is broken: see fuzz/repro/$target" >&2
        status=1
    fi
    rmdir "$fuzz/repro/$target" 2>/dev/null || true
done
exit "$status"
