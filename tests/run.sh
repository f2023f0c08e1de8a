#!/bin/sh
# Installs what the tests need, builds, and runs all tests. `tests/run.sh --help` lists the options.
# Needs only the base system of Debian 12; everything else it installs itself.
set -eu
LC_ALL=C
export LC_ALL
cd "$(dirname "$0")/.."
source_folder=$(pwd)
# shellcheck source=packaging/packages.sh
. packaging/packages.sh

usage() {
    cat <<'USAGE'
usage: tests/run.sh [options]

Without options: the release build and all tests. These take longer, and can be combined:

  --asan            all tests again, built with AddressSanitizer and UndefinedBehaviorSanitizer
  --tsan            all tests again, built with ThreadSanitizer
  --mariadb         the system tests again, with their directories in a MariaDB server
  --tidy            clang-tidy and clang-format over the source; no test
  --fuzz MINUTES    every fuzz target for so long, with libFuzzer
  --bench           the benchmarks
  --soak            the tests labelled soak, which take hours
  --corpus DIR      also runs the tests over a folder of foreign messages (or: POSTHOUSE_CORPUS=DIR)

  --only REGEX      only tests whose name matches
  --no-install      install no packages
  --jobs N          tests at one time (default: processors + 1; many of them wait most of the time)
  --help            this text

Tests work below TMPDIR; without one in /dev/shm where that has room, else in /tmp: what a disk makes of an fsync is not what they
judge (they trace, kill and replay writes), and they take half the time.
USAGE
}

presets=release
mariadb=no
tidy=no
fuzz_minutes=0
bench=no
soak=no
only=
install=yes
processors=$(nproc 2>/dev/null || echo 2)
jobs=$((processors + 1))
while [ $# -gt 0 ]; do
    case $1 in
        --fuzz | --corpus | --only | --jobs)
            [ $# -ge 2 ] || { echo "error: $1 needs a value (see --help)" >&2 && exit 2; }
            ;;
    esac
    case $1 in
        --asan) presets="$presets asan" ;;
        --tsan) presets="$presets tsan" ;;
        --mariadb) mariadb=yes ;;
        --tidy) tidy=yes ;;
        --fuzz) fuzz_minutes=$2 && shift ;;
        --bench) bench=yes ;;
        --soak) soak=yes ;;
        --corpus) POSTHOUSE_CORPUS=$2 && export POSTHOUSE_CORPUS && shift ;;
        --only) only=$2 && shift ;;
        --no-install) install=no ;;
        --jobs) jobs=$2 && shift ;;
        --help | -h) usage && exit 0 ;;
        *) echo "error: unknown option $1 (see --help)" >&2 && exit 2 ;;
    esac
    shift
done
case $fuzz_minutes in *[!0-9]*) echo "error: --fuzz takes a number of minutes" >&2 && exit 2 ;; esac
if [ -n "${POSTHOUSE_CORPUS:-}" ]; then
    [ -d "$POSTHOUSE_CORPUS" ] || { echo "error: no folder $POSTHOUSE_CORPUS" >&2 && exit 2; }
    POSTHOUSE_CORPUS=$(cd "$POSTHOUSE_CORPUS" && pwd)
fi

timings=
phase_started=$(date +%s)
phase_ends() { # NAME: notes how long it took
    now=$(date +%s)
    timings="$timings$(printf '  %-32s %5d s' "$1" $((now - phase_started)))
"
    phase_started=$now
}

failed=
mkdir -p build

echo "== packages"
needed="$build_packages $instance_packages $test_packages"
case "$presets $fuzz_minutes" in *san* | *" "[1-9]*) needed="$needed $sanitizer_packages" ;; esac
[ "$tidy" = no ] || needed="$needed $tidy_packages"
if [ "$install" = yes ]; then
    # shellcheck disable=SC2086
    install_packages build/install.log $needed
    # shellcheck disable=SC2086
    unpack_packages build/unpacked $unpacked_packages || failed="$failed unpack"
fi
phase_ends install

# memory_folder: a file system in memory with room for all tests at once, if there is one.
memory_folder() {
    room=$(df -P /dev/shm 2>/dev/null | awk 'NR == 2 && $1 == "tmpfs" { print $4 }')
    [ "${room:-0}" -ge 4194304 ] && [ -w /dev/shm ] && echo /dev/shm
}
# Leftovers of a test that was killed must not look like an instance of ours: tests work below a folder of their own.
test_folder=$(mktemp -d "${TMPDIR:-$(memory_folder || echo /tmp)}/posthouse-tests.XXXXXX")
# Where root runs them, some act as another user below it.
chmod 711 "$test_folder"
bench_folder=
[ "$bench" = no ] || bench_folder=$(mktemp -d "${TMPDIR:-/var/tmp}/posthouse-bench.XXXXXX") # a disk's
terminals=
clean_up() {
    rm -rf "$test_folder" ${bench_folder:+"$bench_folder"}
    [ -z "$terminals" ] || umount "$terminals"
}
trap clean_up EXIT
trap 'exit 1' INT TERM
# Mail programs for people need a terminal, and a bare root has none to give.
if [ ! -e /dev/pts/ptmx ] && [ "$(id -u)" = 0 ] && [ -d /dev/pts ]; then
    mount -t devpts -o ptmxmode=0666 devpts /dev/pts && terminals=/dev/pts
fi

# build_and_test PRESET: builds and runs its tests.
build_and_test() {
    echo "== build ($1)"
    sh packaging/build.sh "$1" "build/$1" "" "-DPOSTHOUSE_TESTS=ON" || exit 1
    phase_ends "build ($1)"
    run_tests "$1" "$1" ctest -LE '^(soak|bench)$'
}

# run_tests NAME PRESET COMMAND...: runs CTest, with the build of the preset. Its own closing lines say how many ran.
run_tests() {
    name=$1
    preset=$2
    shift 2
    echo "== test ($name)"
    log=build/$preset/test.log
    [ "$name" = "$preset" ] || log=build/$preset/test-$name.log
    results=0
    TMPDIR=$test_folder "$@" --test-dir "build/$preset" -j "$jobs" --no-tests=error --output-on-failure \
        ${only:+-R "$only"} >"$log" 2>&1 || results=1
    # What passed in a line each stays in the log; shown are failures, with their output, and the summary.
    awk '/^ *[0-9]+\/[0-9]+ Test .* Passed / { next }
         /^ *Start +[0-9]+:/ { next }
         /^Label Time Summary/ { exit }
         /tests passed, / { summary = 1 }
         summary == 0 || /./ { print }' "$log"
    [ "$results" = 0 ] || failed="$failed test($name)"
    slowest=$slowest$(sed -n 's/^ *[0-9]*\/[0-9]* Test *#[0-9]*: \([^ ]*\) .* \([0-9.]*\) sec.*/\2 \1/p' "$log" |
        sort -rn | head -n 10 | while read -r seconds test; do printf '    %7s s  %s (%s)\n' "$seconds" "$test" "$name"; done)"
"
    closing=$(grep 'tests passed, ' "$log" | tail -n 1 || true)
    phase_ends "test ($name)"
}

# Sanitizers find their symbolizer under this name only when told so.
if command -v llvm-symbolizer-19 >/dev/null 2>&1; then
    ASAN_SYMBOLIZER_PATH=$(command -v llvm-symbolizer-19)
    export ASAN_SYMBOLIZER_PATH
fi

slowest=
closing=
for preset in $presets; do build_and_test "$preset"; done
[ "$mariadb" = no ] || run_tests mariadb release python3 -B tests/system/mariadb_server.py ctest -L '^(system|interop)$'

if [ "$tidy" = yes ]; then
    echo "== tidy"
    git_free_list=$(find auth storage queued cli posthoused guardd historyd smtpd lmtpd imapd pop3d webmail-bridge lib \
        -name '*.cpp' -o -name '*.h' | sort)
    # shellcheck disable=SC2086
    clang-format-19 --dry-run -Werror $git_free_list || failed="$failed format"
    # shellcheck disable=SC2086
    printf '%s\n' $git_free_list | grep '\.cpp$' | xargs -P "$processors" -n 4 clang-tidy-19 --quiet -p build/release ||
        failed="$failed tidy"
    phase_ends tidy
fi

if [ "$fuzz_minutes" -gt 0 ]; then
    echo "== fuzz, $fuzz_minutes min per target"
    sh packaging/build.sh fuzz build/fuzz "" "-DPOSTHOUSE_TESTS=ON"
    for target in build/fuzz/fuzz/fuzz_*; do
        name=${target##*/fuzz_}
        corpus=build/fuzz/corpus/$name
        mkdir -p "$corpus"
        echo "   $name"
        "$target" -max_total_time=$((fuzz_minutes * 60)) -rss_limit_mb=2048 -timeout=10 -print_final_stats=0 -verbosity=0 \
            -artifact_prefix="build/fuzz/$name-" "$corpus" "tests/fuzz/corpus/$name" || failed="$failed fuzz($name)"
    done
    phase_ends fuzz
fi

for label in bench soak; do
    eval "wanted=\$$label"
    [ "$wanted" = yes ] || continue
    echo "== $label"
    work_folder=$test_folder
    if [ "$label" = bench ]; then
        sh packaging/build.sh release build/release bench "-DPOSTHOUSE_TESTS=ON"
        work_folder=$bench_folder
    fi
    TMPDIR=$work_folder ctest --test-dir build/release -L "^$label\$" --no-tests=error --verbose || failed="$failed $label"
    phase_ends "$label"
done

echo
echo "Where the time went:"
printf '%s' "$timings"
echo "  slowest tests:"
printf '%s' "$slowest"
[ -z "$failed" ] || echo "FAILED:$failed (logs: build/*/test*.log)"
echo "$closing"
[ -z "$failed" ]
