// The exceptions that bobbin itself throws. Each means that an operation did not do what it was
// asked to. Mistakes of a caller's are std::logic_error and std::invalid_argument; where nobody
// would catch them, a message and the end of the program.
#pragma once

#include <bobbin/runtime/detail/os/needs_rtti.hpp>

#include <stdexcept>

namespace bobbin { inline namespace v0 {

namespace detail {
struct cancelled_access;
}  // namespace detail

// The work was asked to stop and did. Thrown by the awaits that listen to a stop token, and the
// outcome of a task that was stopped before it began. Final, so that it is known by its exact type.
class cancelled final : public std::runtime_error {
public:
    cancelled();

private:
    friend struct detail::cancelled_access;
    bool of_a_job_ = false;  // of an awaited one, and not because the awaiting task was to stop
};

// The time given to `with_timeout`, or a job's timeout, ran out. Its text names the limit, and the
// job's callable.
class timed_out : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

// A blocking call on a worker thread of the pool whose work it would wait for, or of one whose
// threads and that pool's would all wait for each other (see job::get); or `sync_wait` of a task
// without a pool, inside a task.
class would_deadlock : public std::logic_error {
public:
    using std::logic_error::logic_error;
};

// The pool takes no more work: it was closed or stopped, or it belongs to the process that forked
// this one, as does the job, map or stream that was to be waited for.
class pool_closed : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

// The operation needs a pool (a timer, for instance) and the task that asked runs on none.
class no_pool : public std::logic_error {
public:
    using std::logic_error::logic_error;
};

}}  // namespace bobbin::v0
