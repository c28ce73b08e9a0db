// Shared objects as arguments of child processes, which find the memory through /proc. (Jobs of a
// pool are given the objects themselves.)
#pragma once

#include <bobbin/ipc/handle.hpp>
#include <bobbin/ipc/segment.hpp>

#include <sys/types.h>
#include <unistd.h>

namespace tour {

/// A segment of the process `lender`. Throws std::system_error if that does not have it any more.
bobbin::ipc::segment open_segment_of(pid_t lender, int descriptor);

/// Says where a shared object is, in plain values, which cross to any process of this user.
template <bobbin::ipc::handle H>
struct lent {
    pid_t lender;
    int descriptor;

    /// The object, mapped anew. Throws as open_segment_of.
    [[nodiscard]] H borrow() const { return H(open_segment_of(lender, descriptor)); }
};

/// The object has to stay until the last borrower has it.
template <bobbin::ipc::handle H>
lent<H> lend(const H& object) {
    return {.lender = ::getpid(), .descriptor = object.memory().descriptor()};
}

}  // namespace tour
