// A place where processes wait for each other.
#pragma once

#include <bobbin/ipc/detail/memory/shared_object.hpp>
#include <bobbin/runtime/deadline.hpp>
#include <bobbin/runtime/time_span.hpp>

#include <cstddef>

namespace bobbin { inline namespace v0 { namespace ipc {

// Lets a fixed number of threads go on when so many have come, again and again.
//
// When one of them runs out of time, or abort() is called, the barrier is broken: those who wait
// and those who come get broken_barrier, until reset().
//
// A process that dies while it waits has arrived, and is not waited for; one that dies before that
// never comes, so give a time to waits for processes that may die. Whether the last to come has
// come when it dies is decided by one step, which lets all go on.
//
// Copies mean the same barrier, and are as cheap as those of a std::shared_ptr.
//
// Threads. As a shared_ptr: one object by one thread at a time, or its operations by any; copies by
// any.
class barrier : public detail::shared_object {
public:
    // For so many, of at least 1 and below 2^31: else std::invalid_argument. Throw
    // std::system_error if there is no memory, or the name is taken.
    explicit barrier(std::size_t parties);
    barrier(const create_named& name, std::size_t parties);
    // One that exists. Throw wrong_segment, and std::system_error if there is none of that name.
    explicit barrier(const open_named& name);
    explicit barrier(segment existing);

    // Returns when all have come: how many had come before, so that one of them gets 0 and the last
    // parties() - 1. Throws broken_barrier, and protocol_error if its memory was written over.
    std::size_t arrive_and_wait();
    // The same, but after that time the barrier is broken. Only if another process is stopped or
    // descheduled in the few steps in which it has the barrier's lock, what is thrown is all that
    // happens.
    std::size_t arrive_and_wait_for(time_span wait) {
        return arrive_and_wait_until(deadline::after(wait));
    }
    std::size_t arrive_and_wait_until(deadline until);

    // Breaks it. May throw std::system_error, if the system's locks fail; so may reset().
    void abort();
    // As new. Those who wait get broken_barrier.
    void reset();

    [[nodiscard]] bool broken() const noexcept;
    [[nodiscard]] std::size_t parties() const noexcept;
    // How many have come and wait for others; may be out of date at once.
    [[nodiscard]] std::size_t waiting() const noexcept;

private:
    struct state;
    barrier(const create_named* name, std::size_t parties);
    [[nodiscard]] state& own() const noexcept;

    std::size_t parties_;
};

}}}  // namespace bobbin::v0::ipc
