// The exceptions of shared memory and of what goes through it. As in the runtime, each means that
// an operation did not do what it was asked to; and nothing was done by halves. Where the system
// refuses something (memory, descriptors), that is a std::system_error.
#pragma once

#include <bobbin/runtime/errors.hpp>

#include <cstddef>
#include <stdexcept>

namespace bobbin { inline namespace v0 { namespace ipc {

// The bytes are no encoding of the type that was asked for: they are too short, too long or
// contradict themselves. Or the memory of a shared object can't be what its users left there.
// Whoever wrote that is another program, or broken.
class protocol_error : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

// The segment holds something else than what it was opened as.
class wrong_segment : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

// The queue was closed: nothing can be pushed any more, and all that was has been popped.
class queue_closed : public std::runtime_error {
public:
    queue_closed();
};

// The queue is empty, and the last of the processes that were expected to push has ended.
class producer_died : public std::runtime_error {
public:
    producer_died();
};

// The message, with 8 bytes for its size, is larger than the queue.
class too_large : public std::runtime_error {
public:
    too_large(std::size_t message, std::size_t capacity);

    [[nodiscard]] std::size_t message() const noexcept { return message_; }    // bytes
    [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }  // bytes

private:
    std::size_t message_;
    std::size_t capacity_;
};

// The process that had the lock died with it, so what the lock protects may be half changed. The
// lock is free, and throws this until somebody takes it by `recover`.
class owner_died : public std::runtime_error {
public:
    owner_died();
};

// Not all came to the barrier: one ran out of time, or broke it.
class broken_barrier : public std::runtime_error {
public:
    broken_barrier();
};

// The pool of processes has given up: its workers or its fork server died too often or could not be
// started, or what workers do first has failed. The text says which.
class pool_broken : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

}}}  // namespace bobbin::v0::ipc
