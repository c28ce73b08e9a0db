#!/usr/bin/env bash
# Builds the release and runs the tests: see --help.
set -euo pipefail
# shellcheck source=.ci/setup.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../.ci/setup.sh"

usage() {
    cat <<END
usage: tests/run.sh [--no-install] [--long] [CTEST-ARGS…]

Installs the Debian packages that are missing, builds the release into build/release and runs
every test.

  --no-install  install nothing; if packages are missing, say which and stop
  --long        add the tests that take minutes
  --help        print this

example: tests/run.sh -R deque --verbose
END
}

install=yes
configuration=()
while [ $# -gt 0 ]; do
    case $1 in
    --no-install) install=no ;;
    --long) configuration=(-C long) ;;
    --help | -h) usage && exit ;;
    *) break ;;
    esac
    shift
done

{
    need_packages "$install" "${packages[@]}"
    build release
} >&2
cd -- "$root"
exec ctest --preset release --parallel "$(nproc)" "${configuration[@]}" "$@"
