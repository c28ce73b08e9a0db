// A number of permits that processes share.
#pragma once

#include <bobbin/ipc/detail/memory/shared_object.hpp>
#include <bobbin/runtime/deadline.hpp>
#include <bobbin/runtime/time_span.hpp>

#include <cstddef>

namespace bobbin { inline namespace v0 { namespace ipc {

// A counting semaphore. Those who wait stand in line; those who come may pass them a limited number
// of times.
//
// A permit belongs to nobody: one that a process had when it died is given back by whoever knows
// that. A process that dies while it acquires or releases has done so or not. One that dies while
// it waits leaves nothing behind.
//
// Copies mean the same semaphore, and are as cheap as those of a std::shared_ptr.
//
// Threads. As a shared_ptr: one object by one thread at a time, or its operations by any; copies by
// any.
class semaphore : public detail::shared_object {
public:
    // Throw std::system_error if there is no memory, or the name is taken, std::overflow_error for
    // 2^63 permits or more.
    explicit semaphore(std::size_t initial);
    semaphore(const create_named& name, std::size_t initial);
    // One that exists. Throw wrong_segment, and std::system_error if there is none of that name.
    explicit semaphore(const open_named& name);
    explicit semaphore(segment existing);

    // Waits for a permit and takes it. May throw std::system_error, if the system's locks fail.
    void acquire();
    // Without waiting. May fail although there is one, while another process takes one.
    [[nodiscard]] bool try_acquire();
    // False if there was none for us in that time.
    [[nodiscard]] bool try_acquire_for(time_span wait) {
        return try_acquire_until(deadline::after(wait));
    }
    [[nodiscard]] bool try_acquire_until(deadline until);

    // So many more permits, all at once. Throws std::overflow_error if they would be 2^63 or
    // more in all its life.
    void release(std::size_t permits = 1);

    // How many permits there are; may be out of date at once.
    [[nodiscard]] std::size_t value() const noexcept;

private:
    struct state;
    semaphore(const create_named* name, std::size_t initial);
    [[nodiscard]] state& own() const noexcept;
};

}}}  // namespace bobbin::v0::ipc
