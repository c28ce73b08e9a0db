// System calls that fail when a test wants them to: a program that is linked with failing_calls.cpp
// has its calls of these functions, and those of its libraries, go through there to the C library.
// What that calls by itself does not.
#pragma once

namespace test {

// From now on the n-th call of that name in this process fails with that error, once; or it and all
// after it. Null: no call fails. An option of a call (EPOLL_CTL_ADD, F_DUPFD_CLOEXEC, FUTEX_WAIT,
// a number of syscall()) stands after a dot: "epoll_ctl.1".
//
// The environment asks for the same of other processes: FAILING_CALL=role:name:errno:n:path in the
// first process of that role (application, server or child) that comes so far, which makes the
// file.
void fail_call(const char* name, int error, unsigned n = 1, bool also_later = false);

// Whether it has failed.
bool call_failed();

}  // namespace test
