# shellcheck shell=bash
# What apps/run.sh, tests/run.sh and .ci/run share: installing Debian packages and building a preset.
# It is sourced by them. It lives here because it belongs to neither of the two folders, and the top
# level has no folder for scripts.

root=$(CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)

# Everything the libraries, apps and tests need on Debian 12. (OpenMP comes with g++.)
# shellcheck disable=SC2034  # read by those who source this
packages=(g++ cmake ninja-build libboost1.81-dev libfmt-dev libcli11-dev doctest-dev libgtest-dev
    libtbb-dev)

fail() {
    printf '%s\n' "$@" >&2
    exit 1
}

# misuse MESSAGE: for a command line that makes no sense.
misuse() {
    printf '%s: %s\n' "$0" "$1" >&2
    exit 2
}

# missing_packages NAME…: prints the packages that are not installed, one a line.
missing_packages() {
    local name installed
    installed=$(dpkg-query -W -f='${Package} ${db:Status-Status}\n' "$@" 2>/dev/null || true)
    for name; do
        grep -qxF "$name installed" <<<"$installed" || printf '%s\n' "$name"
    done
}

# fail_for_packages REASON NAME…: says what to run instead of us.
fail_for_packages() {
    local reason=$1 run="Run this as root" sudo=""
    shift
    if [ "$(id -u)" != 0 ] && command -v sudo >/dev/null; then
        run="Run this"
        sudo="sudo "
    fi
    fail "Missing packages: $*" "$reason $run, then try again:" \
        "  ${sudo}apt-get update && ${sudo}apt-get install -y --no-install-recommends $*"
}

# need_packages yes|no NAME…: installs (yes) or only asks for (no) the packages that are missing.
need_packages() {
    local install=$1 missing
    shift
    if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
        [ "$install" = no ] && return  # cmake will say what it can't find
        fail "This is no Debian: there is no apt-get to install packages with." \
            "Install what these packages hold, then run again with --no-install:" "  $*"
    fi
    mapfile -t missing < <(missing_packages "$@")
    [ ${#missing[@]} -gt 0 ] || return 0
    [ "$install" = yes ] ||
        fail_for_packages "Nothing is installed with --no-install." "${missing[@]}"

    local as_root=(env)
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null ||
            fail_for_packages "Installing them takes root or sudo." "${missing[@]}"
        # Asked before apt-get is, so that a refusal is one error and not one for each command.
        local ask=(sudo true)
        [ -t 0 ] || ask=(sudo -n true)
        "${ask[@]}" || fail_for_packages "sudo refused to install them." "${missing[@]}"
        as_root=(sudo env)
    fi
    as_root+=(DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300)
    echo "Installing ${missing[*]}"
    # A foreign repository that can't be reached need not stop us; the installation decides.
    "${as_root[@]}" update </dev/null || echo "apt-get update failed; trying with the old lists"
    "${as_root[@]}" install -y --no-install-recommends "${missing[@]}" </dev/null ||
        fail "apt-get could not install ${missing[*]}"
}

# build PRESET [TARGET…]: configures only where that was never done to the end or the presets
# changed; ninja itself notices every other change.
build() {
    local preset=$1 tree=$root/build/$1
    shift
    if [ ! -f "$tree/CMakeCache.txt" ] || [ ! -f "$tree/build.ninja" ] ||
        [ "$root/CMakePresets.json" -nt "$tree/build.ninja" ]; then
        (cd -- "$root" && cmake --preset "$preset")
        touch -- "$tree/build.ninja"
    fi
    # As many jobs as cores: ninja's own choice is more, and each may take a gigabyte.
    cmake --build "$tree" --parallel "$(nproc)" ${1:+--target "$@"}
}
