#!/usr/bin/env bash
# style.sh [ROOT]: checks of the sources that no compiler makes. Prints what it finds as file:line,
# rule by rule, and fails if there is anything.
set -euo pipefail
export LC_ALL=C
support=$(CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
cd -- "${1:-$support/../..}"

failed=0
# complain RULE LINES: reports the lines, if there are any, as breaking the rule.
complain() {
    [ -n "$2" ] || return 0
    printf '%s:\n%s\n\n' "$1" "$2"
    failed=1
}

# in_sources PATTERN FOLDER…: the lines of C++ that match; folders that don't exist yet hold none.
in_sources() {
    local pattern=$1
    shift
    grep -rnsE --include='*.hpp' --include='*.cpp' -e "$pattern" "$@" || true
}

mapfile -t sources < <(find runtime ipc workloads apps tests -name '*.[ch]pp' 2>/dev/null | sort)

mapfile -t our_sources < <(printf '%s\n' "${sources[@]}" | grep -E '^(runtime|ipc|workloads)/' || true)
complain "over 350 lines: split it" \
    "$(wc -l "${our_sources[@]}" | awk '$1 > 350 && $2 != "total" { print $2 ": " $1 " lines" }')"
complain "over 400 lines: split it" \
    "$(wc -l "${sources[@]}" | awk '$1 > 400 && $2 != "total" { print $2 ": " $1 " lines" }')"
complain "a source opens with what it does, or with the header that says so" \
    "$(for file in "${sources[@]}"; do
        [[ $file == *.hpp || $file == */readme_example.cpp ]] && continue
        [[ $(head -n 1 "$file") == //* ]] || echo "$file:1"
    done)"

# What a reader has to keep in mind at once. Those that hold more, and why:
large_classes="
worker_slot      a record: one worker's handles and counters
remote_call      a record: what a job is, and what came of it
worker           a process's loop, with what it needs for one job after another
shared_queue     an interface: each function in its waiting, timed and awaited form
"
complain "a class of more than 25 functions or 15 data members: split it, or say why not in style.sh" \
    "$(awk -f "$support/class_sizes.awk" "${our_sources[@]}" |
        while read -r functions members name place; do
            ((functions > 25 || members > 15)) || continue
            grep -q "^$name " <<<"$large_classes" ||
                echo "$place: $name has $functions functions, $members data members"
        done)"

# Includes point one way: runtime <- ipc <- workloads <- apps, tests.
complain "runtime includes what is built on it" \
    "$(in_sources '#include [<"]bobbin/(ipc|workloads|apps)/' runtime)"
complain "ipc includes what is built on it" \
    "$(in_sources '#include [<"]bobbin/(workloads|apps)/' ipc)"
complain "workloads include an app" "$(in_sources '#include [<"]bobbin/apps/' workloads)"
complain "a component reaches into another's private files" \
    "$(in_sources '#include ".*\.\./(runtime|ipc|workloads|apps|tests)/' runtime ipc workloads apps)"
complain "a public header includes a private one" \
    "$(in_sources '#include "' {runtime,ipc,workloads}/include)"

complain "a README's line of over 120 columns, outside of tables" \
    "$(LC_ALL=C.UTF-8 grep -nE '^[^|].{120}' README.md ./*/README.md 2>/dev/null || true)"
complain "comments begin with two slashes" \
    "$(in_sources '(^ *|[^:/])//[/!]' runtime ipc workloads apps tests)"
complain "unfinished: do it or file an issue" \
    "$(in_sources '\b(TODO|FIXME|XXX|HACK)\b' runtime ipc workloads apps tests)"
complain "ThreadSanitizer does not model fences: use a read-modify-write" \
    "$(in_sources 'atomic_(thread|signal)_fence *\(' runtime ipc workloads)"
complain "an atomic access names its memory order" \
    "$(in_sources '\.load\(\)' runtime ipc)"
complain "experimental Asio in a public interface" \
    "$(in_sources 'asio(::|/)experimental' {runtime,ipc,workloads}/include)"

# Rooms of a component include each other as a table in its README says; another names their public
# headers.
list_room_breaks() { # component
    [ -f "$1/README.md" ] || return 0
    # shellcheck disable=SC2016 # awk's $0
    awk -v component="$1" '
        function room_of(path, part) {
            if (sub("^.*/detail/", "", path) || sub("^.*/src/", "", path)) {
                split(path, part, "/")
                return part[1]
            }
            sub("^.*/", "", path)
            return path in room_of_header ? room_of_header[path] : path " (of no room)"
        }
        FILENAME ~ /README[.]md$/ {
            gsub("`", "")
            count = split($0, cell, / *[|] */)
            if (cell[2] == "room") kind = cell[count - 1]
            if ($0 !~ /^[|]/) kind = ""
            count = split(cell[count - 1], named, /, */)
            for (i = 1; i <= count; ++i) {
                if (kind == "public headers") room_of_header[named[i] ".hpp"] = cell[2]
                if (kind == "may include") allowed[cell[2], named[i]]
            }
            if (kind == "may include") has_rooms = 1
            next
        }
        has_rooms && /^#include "[a-z_]*\// { path = "/src/" substr($2, 2, length($2) - 2) }
        has_rooms && $0 ~ "^#include <bobbin/" component "/" { path = substr($2, 2, length($2) - 2) }
        path {
            from = room_of(FILENAME)
            to = room_of(path)
            if (from != to && !((from, to) in allowed))
                print FILENAME ":" FNR ": " from " includes " to
            path = ""
        }
    ' "$1/README.md" $(find "$1" -name '*.[ch]pp')
}
for component in runtime ipc; do
    complain "$component/README.md allows no such step from room to room" "$(list_room_breaks $component)"
done

# A file that no CMakeLists.txt names is neither built nor installed.
list_unbuilt() {
    local file folder named
    for file in "${sources[@]}"; do
        folder=$(dirname -- "$file")
        until [ -f "$folder/CMakeLists.txt" ] || [ "$folder" = . ]; do
            folder=$(dirname -- "$folder")
        done
        # A private header is used by whoever includes it.
        [[ $file == *.hpp && $file != */include/* ]] && continue
        named=${file#"$folder"/}
        # Lists of tests leave out ".cpp".
        grep -qswF -- "${named%.cpp}" "$folder/CMakeLists.txt" || echo "$file"
    done
}
complain "named in no CMakeLists.txt" "$(list_unbuilt)"

# The README and the guides show programs that the tests run: all of each, word for word.
print_example() { # page, which, from 1
    awk -v wanted="$2" '/^```$/ { shown = 0 } shown { print } /^```cpp$/ { shown = ++seen == wanted }' "$1"
}
check_example() { # page, which, source
    [ -f "$1" ] || return 0
    complain "$1's example $2 is not $3" "$(print_example "$1" "$2" | diff - "$3" 2>&1 || true)"
}
check_example README.md 1 tests/runtime/readme_example.cpp
check_example README.md 2 tests/ipc/readme_example.cpp
check_example runtime/guides/blocking.md 1 tests/runtime/guide_blocking.cpp
check_example runtime/guides/in_asio.md 1 tests/ipc/asio_server_example.cpp
check_example runtime/guides/in_asio.md 2 tests/runtime/guide_in_asio.cpp
check_example runtime/guides/stopping.md 2 tests/runtime/guide_stopping.cpp

exit "$failed"
