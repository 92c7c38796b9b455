#!/bin/sh
# The whole test suite, from nothing: installs what it needs (Debian 12, as root), builds the presets
# release, asan, tsan, clang and fuzz, runs fast and slow tests of the first three and each fuzz target
# for 20 seconds in one ctest. The last lines are ctest's summary, and its exit status is ours.
#
#   sh tests/run.sh [ARGUMENT OF CTEST...]      e.g. -R unit/, -L fast
set -eu
cd "$(dirname "$0")/.."
top=$(pwd)

sh server/packages.sh cmake ninja-build gcc libc6-dev pkg-config git \
    libmariadb-dev libevent-dev libldns-dev libsodium-dev libjansson-dev libsmartcols-dev \
    libidn2-dev libcap-ng-dev libssl-dev libcmocka-dev \
    clang clang-format libclang-rt-14-dev python3 python3-pytest python3-dnspython \
    mariadb-server mariadb-client galera-4 rsync iproute2 bind9-dnsutils knot-dnsutils nsd knot openssl procps groff-base prometheus \
    faketime locales

for preset in release asan tsan clang fuzz; do
    target=all
    [ "$preset" != fuzz ] || target=fuzzers
    echo "== build $preset"
    log=build/$preset.log
    mkdir -p build
    {
        cmake --preset "$preset" -DTEST_PREFIX="$preset/" &&
            cmake --build --preset "$preset" --target "$target"
    } >"$log" 2>&1 || {
        cat "$log"
        echo "tests/run.sh: preset $preset does not build" >&2
        exit 1
    }
done

# One ctest over the trees; their tests are told apart by TEST_PREFIX.
all=$top/build/all
mkdir -p "$all"
cat >"$all/CTestTestfile.cmake" <<END
subdirs("$top/build/release" "$top/build/asan" "$top/build/tsan"
        "$top/build/fuzz/fuzz")
END
echo "== test"
status=0
# More at a time than there are cores: most tests wait.
ctest --test-dir "$all" -j4 -L 'fast|slow' --no-tests=error --output-on-failure \
    --output-junit "$all/junit.xml" "$@" || status=$?
exit "$status"
