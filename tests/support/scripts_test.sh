#!/usr/bin/env bash
# Goal: run.sh and .ci/run refuse what they can't do, and say what to do instead. Method: copies of
# the scripts in a tree of their own, with stand-ins for the commands they call; nothing is built.
# shellcheck disable=SC2016  # what stands in single quotes is for the stand-ins to expand
set -euo pipefail
project=$(CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
tree=$(mktemp -d)
trap 'rm -rf -- "$tree"' EXIT
cd -- "$tree"

# --- the tree, and the commands in it: the scripts find no others ---

mkdir -p apps/pi tests build/release/bin commands
cp -r -- "$project/.ci" .
cp -- "$project/apps/run.sh" apps
cp -- "$project/tests/run.sh" tests
touch apps/pi/main.cpp build/release/{CMakeCache.txt,build.ninja} source.cpp
# A tree that is configured already.
mkdir -p build/{clang,asan,tsan,faults,tidy}
printf '"file": "%s"\n' "$tree/source.cpp" >build/tidy/compile_commands.json
touch build/{clang,asan,tsan,faults}/{CMakeCache.txt,build.ninja}

# stand_in FILE COMMANDS: makes FILE a script. Never through a link: that would write to the system.
stand_in() {
    rm -f -- "$1"
    printf '#!%s\n%s\n' "$BASH" "$2" >"$1"
    chmod +x -- "$1"
}
for name in bash env dirname basename paste grep cat diff xargs awk wc; do
    ln -s -- "$(command -v "$name")" commands
done
stand_in commands/cmake ''
stand_in commands/nproc 'echo 2'
stand_in commands/ctest 'echo "ctest $*"'
{
    stand_in build/release/bin/pi 'echo "pi $*"'
    stand_in commands/id 'echo "${USER_ID:-0}"'
    stand_in commands/apt-get 'echo "apt-get $*"'
    # Every package is installed, but for those named "absent…" and, with ABSENT, any.
    stand_in commands/dpkg-query '
        for name; do
            [[ -n ${ABSENT:-} || $name == -* || $name == absent* ]] || echo "$name installed"
        done'
}

failed=0
# expect CODE TEXT COMMAND…: COMMAND must exit with CODE and print TEXT.
expect() {
    local code=0 expected=$1 text=$2 output
    shift 2
    output=$(PATH="$tree/commands" "$@" </dev/null 2>&1) || code=$?
    if [ "$code" != "$expected" ] || ! grep -qF -e "$text" <<<"$output"; then
        printf '%s: expected %s and "%s"; got %s and:\n%s\n\n' "$*" "$expected" "$text" "$code" "$output"
        failed=1
    fi
}

# --- command lines ---

expect 2 "unknown argument '--nosuch'" tests/run.sh --nosuch
expect 2 "see --help" tests/run.sh --nosuch
expect 2 "unknown argument 'deque'" tests/run.sh -R x deque
expect 2 "'-R' needs a value" tests/run.sh -R
expect 2 "'-R' needs a value" tests/run.sh -R --long
expect 0 "usage: " tests/run.sh -R x --help
expect 0 "ctest --preset release --parallel 2" tests/run.sh
expect 0 "2 -R x -C long -j4 --verbose" tests/run.sh --no-install -R x --long -j4 --verbose
expect 0 "2 -C long --schedule-random --long" tests/run.sh --long -- --schedule-random --long
expect 0 "ctest --preset faults --parallel 2 -C long -R x" tests/run.sh --long -R x

expect 2 "there is no app 'nosuch'; there are: pi (see --help)" apps/run.sh nosuch
expect 2 "there is no app '../pi'" apps/run.sh ../pi
expect 2 "unknown option '--nosuch'" apps/run.sh --nosuch
expect 0 "usage: " apps/run.sh --help
expect 0 "pi --help --nosuch" apps/run.sh --no-install pi --help --nosuch

# --- packages ---

# need_packages INSTALL NAME…: what the scripts do first.
need_packages=(bash -c '. .ci/setup.sh; need_packages "$@"' need_packages)
by_hand="apt-get update && apt-get install -y --no-install-recommends absent1 absent2"
by_sudo="  sudo apt-get update && sudo apt-get install -y --no-install-recommends absent1 absent2"

expect 1 "Missing packages: g++ cmake" env ABSENT=1 tests/run.sh --no-install
expect 0 "" "${need_packages[@]}" no present
expect 1 "  $by_hand" "${need_packages[@]}" no absent1 present absent2
expect 0 "install -y --no-install-recommends absent1 absent2" \
    "${need_packages[@]}" yes absent1 present absent2

export USER_ID=1000
expect 1 "takes root or sudo. Run this as root" "${need_packages[@]}" yes absent1 absent2
expect 1 "  $by_hand" "${need_packages[@]}" yes absent1 absent2
stand_in commands/sudo '[ "$1" != -n ] || shift; "$@"'
expect 0 "install -y --no-install-recommends absent1" "${need_packages[@]}" yes absent1
expect 1 "$by_sudo" "${need_packages[@]}" no absent1 absent2
stand_in commands/sudo 'echo "sudo refuses: $*"; exit 1'
expect 1 "$by_sudo" "${need_packages[@]}" yes absent1 absent2
expect 1 "sudo refused to install them. Run this, then" "${need_packages[@]}" yes absent1
expect 1 "sudo refuses: -n true" "${need_packages[@]}" yes absent1
unset USER_ID

# --- stages of .ci/run: clang-tidy, and format ---

stand_in commands/git '[ "$1" = show ] && echo 1000000000 || echo source.cpp'
stand_in commands/clang-format-14 'cat -- "$1"'
stand_in commands/clang-tidy-19 ''
expect 0 "all passed" .ci/run
expect 2 "unknown option '--nosuch'" .ci/tidy --nosuch
stand_in commands/clang-tidy-19 'echo "found in ${*: -1}"; exit 1'
expect 1 "FAILED: clang-tidy" .ci/run
expect 1 "found in source.cpp" .ci/tidy
expect 1 "found in source.cpp" .ci/tidy --all
expect 1 "files: 1" .ci/tidy
expect 0 "not checked, for time: source.cpp" env TIDY_SECONDS=0 .ci/tidy
expect 0 "nothing to check" .ci/tidy not_built.cpp
stand_in commands/clang-tidy-19 ''
echo 'int  i;' >source.cpp
stand_in commands/clang-format-14 'echo "int i;"'
expect 1 "FAILED: format" .ci/run
expect 1 "-int  i;" .ci/run
stand_in commands/git ''
expect 1 "FAILED: format" .ci/run
stand_in commands/git 'echo "fatal: dubious ownership"; exit 128'
expect 128 "FAILED: format" .ci/run

exit "$failed"
