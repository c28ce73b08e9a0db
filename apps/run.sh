#!/usr/bin/env bash
# Builds the release and runs one of the apps: see --help.
set -euo pipefail
# shellcheck source=.ci/setup.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../.ci/setup.sh"

list_apps() {
    local file
    for file in "$root"/apps/*/main.cpp; do
        basename -- "$(dirname -- "$file")"
    done
}

usage() {
    cat <<END
usage: apps/run.sh [--no-install] [APP [ARGS…]]

Installs the Debian packages that are missing, builds the release into build/release and runs APP
(by default the tour) with ARGS. Only what APP prints goes to the standard output.

  --no-install  install nothing; if packages are missing, say which and stop
  --help        print this; APP --help prints the app's options

apps: $(list_apps | paste -sd ' ')
example: apps/run.sh pi --samples 100000000 --workers 2
END
}

install=yes
while [[ ${1:-} == -* ]]; do
    case $1 in
    --no-install) install=no ;;
    --help | -h) usage && exit ;;
    *) misuse "unknown option '$1' (an app's options stand after its name; see --help)" ;;
    esac
    shift
done

app=${1:-tour}
[ $# -eq 0 ] || shift
[[ $app != */* && -f $root/apps/$app/main.cpp ]] ||
    misuse "there is no app '$app'; there are: $(list_apps | paste -sd ' ') (see --help)"

{
    need_packages "$install" "${packages[@]}"
    build release "$app"
} >&2
exec "$root/build/release/bin/$app" "$@"
