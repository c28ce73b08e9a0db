// Mutual exclusion between processes.
#pragma once

#include <bobbin/ipc/detail/memory/shared_object.hpp>
#include <bobbin/ipc/lock_handle.hpp>

namespace bobbin { inline namespace v0 { namespace ipc {

// A lock that one thread of one process has at a time.
//
// Copies mean the same lock, and are as cheap as those of a std::shared_ptr. Which functions there
// are, what they throw and what becomes of a lock whose holder dies: see lock_handle.hpp.
//
// Threads. As a shared_ptr: one object by one thread at a time, copies by any; but all of
// lock_handle's by any.
class mutex : public detail::shared_object, public lock_handle {
public:
    // Free. Throw std::system_error if there is no memory, or the name is taken.
    mutex();
    explicit mutex(const create_named& name);
    // One that exists. Throw wrong_segment, and std::system_error if there is none of that name.
    explicit mutex(const open_named& name);
    explicit mutex(segment existing);

private:
    explicit mutex(const create_named* name);
};

}}}  // namespace bobbin::v0::ipc
