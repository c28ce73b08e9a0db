#!/usr/bin/env bash
# Builds the release and runs the tests: see --help.
set -euo pipefail
# shellcheck source=.ci/setup.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../.ci/setup.sh"

usage() {
    cat <<END
usage: tests/run.sh [--no-install] [--long] [CTEST-OPTIONS…] [-- CTEST-ARGS…]

Installs the Debian packages that are missing, builds the release into build/release and runs
every test.

  --no-install  install nothing; if packages are missing, say which and stop
  --long        add the tests that take minutes, and build/faults for those that need it
  --help        print this

ctest's options for every day, in any order with ours (ctest --help explains them):
  -R -E -L -LE REGEX, -j N, --repeat MODE:N, -N, -V, -VV, --verbose, --output-on-failure,
  --stop-on-failure, --rerun-failed
Whatever stands after -- goes to ctest as it is, and ctest ignores options that it doesn't know.

example: tests/run.sh -R deque --verbose
END
}

install=yes
long=no
ctest_args=()
while [ $# -gt 0 ]; do
    case $1 in
    --no-install) install=no ;;
    --long)
        long=yes
        ctest_args+=(-C long)
        ;;
    --help | -h) usage && exit ;;
    -R | -E | -L | -LE | -j | --repeat)
        [[ $# -gt 1 && $2 != -* ]] || misuse "'$1' needs a value (see --help)"
        ctest_args+=("$1" "$2")
        shift
        ;;
    -j[0-9]* | -N | -V | -VV | --verbose | --output-on-failure | --stop-on-failure | --rerun-failed)
        ctest_args+=("$1")
        ;;
    --)
        shift
        ctest_args+=("$@")
        break
        ;;
    *) misuse "unknown argument '$1' (what only ctest knows stands after --; see --help)" ;;
    esac
    shift
done

[ "$long" = no ] || packages+=(strace)
{
    need_packages "$install" "${packages[@]}"
    build release
    [ "$long" = no ] || build faults faults_tests
} >&2
cd -- "$root"
failed=0
ctest --preset release --parallel "$(nproc)" "${ctest_args[@]}" || failed=$?
# Deaths at chosen places need a build of their own.
if [ "$long" = yes ]; then
    ctest --preset faults --parallel "$(nproc)" "${ctest_args[@]}" || failed=$?
fi
exit "$failed"
