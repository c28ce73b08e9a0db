#!/usr/bin/env bash
# usage: case_by_case.sh PROGRAM
# Runs each test case of a doctest program in a process of its own.
set -euo pipefail

count=$("$1" --count | grep -o '[0-9]*$' | tail -n 1)
[ "$count" -gt 0 ]
failed=0
for ((i = 1; i <= count; ++i)); do
    output=$("$1" --first="$i" --last="$i") || {
        failed=1
        printf '%s\n' "$output"
    }
done
exit "$failed"
