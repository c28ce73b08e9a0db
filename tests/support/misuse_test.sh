#!/bin/sh
# misuse_test.sh SOURCE COMPILER…: the source must not compile, and the first error must be what its
# first lines say, all of it; what they note, the compiler tells somewhere. No other error may be in
# a header: what a user reads is what is wrong.
set -eu
source=$1
shift
expected=$(sed -n '/^\/\/ says: /!q; s|^// says: ||p' "$source")
noted=$(sed -n 's|^// notes: ||p' "$source")
[ -n "$expected" ] || exit 1

if output=$(LC_ALL=C "$@" -fsyntax-only "$source" 2>&1); then
    printf '%s compiles\n' "$source"
    exit 1
fi
errors=$(printf '%s\n' "$output" | grep 'error:' | grep -vc "^$source:" || true)
if [ "$errors" -gt 1 ]; then
    printf '%s errors in place of one:\n\n%s\n' "$errors" "$output"
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
case $output in
*"$noted"*) ;;
*)
    printf 'expected a note of: %s\n\n%s\n' "$noted" "$output"
    exit 1
    ;;
esac
