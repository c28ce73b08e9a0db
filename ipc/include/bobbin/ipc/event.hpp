// A flag that processes wait for.
#pragma once

#include <bobbin/ipc/detail/memory/shared_object.hpp>
#include <bobbin/runtime/deadline.hpp>
#include <bobbin/runtime/time_span.hpp>

namespace bobbin { inline namespace v0 { namespace ipc {

// A flag that is set and cleared, and that any number of threads wait for. Who was waiting when it
// was set goes on, even if it is cleared right after.
//
// A process that dies while it sets or clears it has done so, and woken all, or not. One that dies
// while it waits leaves nothing behind.
//
// Copies mean the same event, and are as cheap as those of a std::shared_ptr.
//
// Threads. As a shared_ptr: one object by one thread at a time, or its operations by any; copies by
// any.
class event : public detail::shared_object {
public:
    // Not set. Throw std::system_error if there is no memory, or the name is taken.
    event();
    explicit event(const create_named& name);
    // One that exists. Throw wrong_segment, and std::system_error if there is none of that name.
    explicit event(const open_named& name);
    explicit event(segment existing);

    // Nothing if it is so already. May throw std::system_error, if the system's locks fail.
    void set();
    void clear();
    [[nodiscard]] bool is_set() const noexcept;

    // Returns when it is set, or was since the call.
    void wait() const;
    // False if it was not set in that time.
    [[nodiscard]] bool wait_for(time_span wait) const { return wait_until(deadline::after(wait)); }
    [[nodiscard]] bool wait_until(deadline until) const;

private:
    struct state;
    explicit event(const create_named* name);
    [[nodiscard]] state& own() const noexcept;
    void change(bool set);
};

}}}  // namespace bobbin::v0::ipc
