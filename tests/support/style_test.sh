#!/usr/bin/env bash
# Goal: style.sh finds what it says it finds. Method: a tree that breaks no rule, then one broken
# rule at a time.
set -euo pipefail
style=$(CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)/style.sh
tree=$(mktemp -d)
trap 'rm -rf -- "$tree"' EXIT
cd -- "$tree"

failed=0
# expect RULE FILE TEXT: with TEXT in FILE, style.sh must fail and name RULE and FILE.
expect() {
    local output
    mkdir -p -- "$(dirname -- "$2")"
    printf '%b\n' "$3" >"$2"
    if output=$("$style" "$tree") || ! grep -qF -- "$1" <<<"$output" ||
        ! grep -qF -- "$2" <<<"$output"; then
        printf 'not found: %s, in %s; but:\n%s\n' "$1" "$2" "$output"
        failed=1
    fi
    rm -- "$2"
}

mkdir -p runtime/include/bobbin/runtime runtime/src
printf '%s\n' src/good.cpp src/bad.cpp include/bobbin/runtime/bad.hpp >runtime/CMakeLists.txt
cat >runtime/src/good.cpp <<'END'
// Breaks no rule.
int good = state.load(std::memory_order_relaxed);
END
"$style" "$tree" || { echo "a good tree fails" && exit 1; }

header=runtime/include/bobbin/runtime/bad.hpp
source=runtime/src/bad.cpp
expect "over 350 lines" "$source" "$(printf '\\n%.0s' {1..350})"
expect "over 400 lines" "$source" "$(printf '\\n%.0s' {1..400})"
expect "opens with what it does" "$source" 'int silent;'
expect "a class of more than" "$source" "class many {\n$(printf '    void one();\\n%.0s' {1..26})};"
expect "a class of more than" "$source" "struct full final : a,\n            b {\n$(printf '    std::function<int(int)> one;  // this\\n%.0s' {1..16})};"
expect "runtime includes" "$source" '#include <bobbin/workloads/mc_pi.hpp>'
expect "private files" "$source" '#include "../../ipc/src/ring.hpp"'
expect "public header includes a private one" "$header" '#include "scheduler/worker.hpp"'
expect "two slashes" "$header" '/''// Does this.'
expect "unfinished" "$source" "// TO""DO: later"
expect "fences" "$source" 'std::atomic_thread_fence(std::memory_order_seq_cst);'
expect "memory order" "$source" 'int bad = state.load();'
expect "experimental" "$header" 'boost::asio::experimental::channel<void()> c;'
expect "no CMakeLists.txt" runtime/src/forgotten.cpp 'int forgotten;'
expect "over 120 columns" runtime/README.md "$(printf '─%.0s' {1..121})"
# shellcheck disable=SC2016  # backquotes of Markdown
expect "README.md's example" README.md 'an example:\n```cpp\nint other;\n```'

# Two rooms, of which one may include the other.
mkdir -p ipc/include/bobbin/ipc
cat >ipc/README.md <<'END'
| room | what it holds | may include |
|---|---|---|
| `low` | this | — |
| `high` | that | `low` |

| room | public headers |
|---|---|
| `low` | `one`, `two` |
| `high` | `three` |
END
printf '%s\n' src/low/bad.cpp src/high/bad.cpp include/bobbin/ipc/two.hpp \
    include/bobbin/ipc/four.hpp include/bobbin/ipc/three.hpp >ipc/CMakeLists.txt
echo '#include <bobbin/ipc/two.hpp>' >ipc/include/bobbin/ipc/three.hpp
mkdir -p ipc/src/high
printf '%s\n' '// Breaks no rule.' '#include "low/file.hpp"' >ipc/src/high/bad.cpp
"$style" "$tree" || { echo "a good tree of two rooms fails" && exit 1; }
expect "from room to room" ipc/src/low/bad.cpp '#include "high/file.hpp"'
expect "from room to room" ipc/src/low/bad.cpp '#include <bobbin/ipc/three.hpp>'
expect "from room to room" ipc/src/low/bad.cpp '#include <bobbin/ipc/detail/high/file.hpp>'
expect "from room to room" ipc/include/bobbin/ipc/two.hpp '#include <bobbin/ipc/three.hpp>'
expect "of no room" ipc/include/bobbin/ipc/four.hpp '#include <bobbin/ipc/two.hpp>'
exit "$failed"
