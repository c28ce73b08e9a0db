#!/usr/bin/env bash
# Goal: as that of failing_calls_test, with strace in place of the linker: the n-th system call of
# each process and thread fails, by whomever it is made. n = 1, 2, … until none is met.
# usage: failing_calls_strace.sh PROGRAM; 77: there is no strace here, or it may not trace
set -euo pipefail

program=$1
log=$(mktemp)
trap 'rm -f "$log"' EXIT

if ! strace -f -qq -o /dev/null -e trace=none true 2>/dev/null; then
    echo "skipped: strace is not installed, or may not trace here"
    exit 77
fi

# What the loader or Asio ask for without being able to fail is not among them: mmap, epoll_ctl.
# Nor is futex: a wake can't fail, strace does not tell it from a wait, and the C library aborts.
calls="recvmsg:ENOMEM recvmsg:EINTR sendmsg:ENOMEM sendmsg:EINTR sendmsg:ETOOMANYREFS
       socketpair:EMFILE memfd_create:EMFILE memfd_create:ENOSYS fallocate:ENOSPC fallocate:EINTR
       eventfd2:EMFILE pipe2:EMFILE poll:EINTR poll:ENOMEM epoll_create1:EMFILE
       timerfd_create:EMFILE clone3:EAGAIN clone:EAGAIN waitid:EINTR pidfd_open:EMFILE
       pidfd_send_signal:EPERM dup2:EMFILE close_range:ENOSYS futex_waitv:EINTR prctl:EINVAL"
failures=0
for each in $calls; do
    n=1
    while :; do
        code=0
        timeout -s KILL 120 strace -f -qq -o "$log" -e trace="${each%:*}" \
            -e inject="${each%:*}:error=${each#*:}:when=$n" "$program" </dev/null || code=$?
        grep -q INJECTED "$log" || break
        if [ "$code" != 0 ]; then
            echo "$each, call $n: exit code $code"
            failures=$((failures + 1))
        fi
        n=$((n < 8 ? n + 1 : n + n / 2))
    done
    echo "$each: up to call $n"
done
exit $((failures > 0))
