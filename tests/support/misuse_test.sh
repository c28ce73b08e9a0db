#!/bin/sh
# misuse_test.sh SOURCE COMPILER…: the source must not compile, and the first error must be what its
# first lines say, all of it, so that a user who reads one line of a page of errors reads the right
# one.
set -eu
source=$1
shift
expected=$(sed -n '/^\/\/ says: /!q; s|^// says: ||p' "$source")
[ -n "$expected" ] || exit 1

if output=$(LC_ALL=C "$@" -fsyntax-only "$source" 2>&1); then
    printf '%s compiles\n' "$source"
    exit 1
fi
first=$(printf '%s\n' "$output" | grep -m 1 'error:')
printf '%s\n' "$expected" | while IFS= read -r part; do
    case $first in
    *"$part"*) ;;
    *)
        printf 'expected: %s\nbut the first error is: %s\n\n%s\n' "$part" "$first" "$output"
        exit 1
        ;;
    esac
done
