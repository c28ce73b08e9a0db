#!/bin/sh
# shared_value_code_test.sh SOURCE COMPILER…
# Goal: an operation of a shared value costs what it costs of a std::atomic. Method: compiled, the
# two have the same instructions, but for the one that reads where the value is. Registers may have
# other names.
set -eu
source=$1
shift
object=$(mktemp --suffix=.o)
trap 'rm -f "$object"' EXIT
"$@" -O2 -fcf-protection=none -c "$source" -o "$object"

# instructions FUNCTION: one a line, registers all called R, without the padding at its end.
instructions() {
    objdump -d --no-show-raw-insn --disassemble="$1" "$object" |
        sed -n 's/^ *[0-9a-f]*:\t//p' |
        sed -E 's/ *#.*//; s/%[a-z0-9]+/R/g; s/ +$//' |
        awk '{ print } /^ret/ { exit }'
}

failed=0
for operation in increment add load store exchange; do
    ours=$(instructions "shared_$operation")
    theirs=$(instructions "atomic_$operation")
    # Where the value is: one load, wherever the compiler puts it.
    without_address=$(printf '%s\n' "$ours" | awk '!done && /^mov +0x[0-9a-f]+\(R\),R$/ { done = 1; next } { print }')
    if [ -z "$theirs" ] || [ "$without_address" != "$theirs" ]; then
        printf '%s differs. Of a shared_value:\n%s\nof a std::atomic:\n%s\n' \
            "$operation" "$ours" "$theirs"
        failed=1
    fi
    case $ours in *call*) echo "$operation calls something" && failed=1 ;; esac
done
case $(instructions shared_increment) in
*lock*) ;;
*) echo "increment is not locked" && failed=1 ;;
esac
exit "$failed"
