#!/bin/sh
# misuse_test.sh SOURCE COMPILER…: the source must not compile, and the first error must be what its
# first line says, so that a user who reads one line of a page of errors reads the right one.
set -eu
source=$1
shift
expected=$(sed -n '1s|^// says: ||p' "$source")

if output=$(LC_ALL=C "$@" -fsyntax-only "$source" 2>&1); then
    printf '%s compiles\n' "$source"
    exit 1
fi
first=$(printf '%s\n' "$output" | grep -m 1 'error:')
case $first in
*"$expected"*) ;;
*)
    printf 'expected: %s\nbut the first error is: %s\n\n%s\n' "$expected" "$first" "$output"
    exit 1
    ;;
esac
