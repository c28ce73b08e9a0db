#!/bin/sh
# mc_pi_symbols_test.sh OBJECT…
# Goal: the linker can't put AVX code where other code calls it. Method: of the C++ functions in the
# objects that are compiled for AVX, only the kernel's entry is visible outside.
failed=0
checked=0
for object; do
    case $object in
    *mc_pi_avx*) ;;
    *) continue ;;
    esac
    checked=$((checked + 1))
    visible=$(nm --defined-only --extern-only "$object" | awk '$NF ~ /^_Z/ { print $NF }' | c++filt)
    case $visible in
    *"
"*) failed=1 ;;
    "bobbin::v0::detail::mc_pi_hits_avx"*) continue ;;
    *) failed=1 ;;
    esac
    printf '%s shows:\n%s\n' "$object" "$visible"
done
[ "$checked" -eq 2 ] || { echo "not the objects of two kernels: $checked" && exit 1; }
exit "$failed"
