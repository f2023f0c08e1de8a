#!/bin/sh
# build.sh PRESET FOLDER [TARGETS [CMAKE-OPTIONS]]: configures and builds, shows progress, and on failure the
# compiler's words. TARGETS is a list in one argument; empty: everything. Without tests unless an option says otherwise.
set -eu
preset=$1
folder=$2
targets=${3:-}
options=${4:-}
source_folder=$(cd "$(dirname "$0")/.." && pwd)
if [ -z "${HOME:-}" ] || [ ! -w "${HOME:-/nonexistent}" ]; then
    CCACHE_DIR=${CCACHE_DIR:-$source_folder/build/ccache}
    export CCACHE_DIR
fi

mkdir -p "$folder"
log=$folder/build.log
# A folder that was configured with tests stays so; a new one for trying the server out needs none.
if [ ! -e "$folder/CMakeCache.txt" ] && [ -z "$options" ]; then options="-DPOSTHOUSE_TESTS=OFF"; fi
# Once configured, ninja itself notices changed and new files.
if [ ! -e "$folder/build.ninja" ] || [ -n "$options" ]; then
    # shellcheck disable=SC2086
    cmake -S "$source_folder" -B "$folder" --preset "$preset" $options >"$log" 2>&1 || {
        echo "error: cmake failed; its last lines ($log):" >&2
        tail -n 20 "$log" >&2
        exit 1
    }
fi

# A compiler touches hundreds of megabytes: huge pages, where Linux gives them, took a fifth of its time away.
GLIBC_TUNABLES=${GLIBC_TUNABLES:-glibc.malloc.hugetlb=1}
export GLIBC_TUNABLES
jobs=$(nproc 2>/dev/null || echo 2)
status=$folder/build.status
rm -f "$status"
# A loop of the shell's own shows progress: ninja (hence stdbuf) and some awks hold lines back when they write to a pipe.
shown=0
# shellcheck disable=SC2086
{
    if stdbuf -oL ninja -C "$folder" -j "$jobs" $targets 2>&1; then echo built >"$status"; fi
} | tee "$log" | while IFS= read -r line; do
    case $line in '['[0-9]*/[0-9]*']'*) ;; *) continue ;; esac
    counts=${line%%]*}
    counts=${counts#[}
    finished=${counts%/*}
    total=${counts#*/}
    case $finished$total in *[!0-9]*) continue ;; esac
    [ "$total" -gt 20 ] && [ $((10 * finished / total)) -gt "$shown" ] || continue
    shown=$((10 * finished / total))
    echo "      $finished of $total files"
done
if [ ! -e "$status" ]; then
    echo "error: the build failed ($log):" >&2
    awk '/^FAILED:/ { wanted = 1 } wanted' "$log" | head -n 40 >&2
    exit 1
fi
