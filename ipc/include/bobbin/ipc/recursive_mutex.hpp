// Mutual exclusion between processes, for functions that call each other.
#pragma once

#include <bobbin/ipc/detail/memory/shared_object.hpp>
#include <bobbin/ipc/lock_handle.hpp>

namespace bobbin { inline namespace v0 { namespace ipc {

// A mutex that the thread which has it may lock again; it is free when it was unlocked as often.
//
// Copies mean the same lock, and are as cheap as those of a std::shared_ptr. Which functions there
// are, what they throw and what becomes of a lock whose holder dies: see lock_handle.hpp.
//
// Threads. As a shared_ptr: one object by one thread at a time, copies by any; but all of
// lock_handle's by any.
class recursive_mutex : public detail::shared_object, public lock_handle {
public:
    // Free. Throw std::system_error if there is no memory, or the name is taken.
    recursive_mutex();
    explicit recursive_mutex(const create_named& name);
    // One that exists. Throw wrong_segment, and std::system_error if there is none of that name.
    explicit recursive_mutex(const open_named& name);
    explicit recursive_mutex(segment existing);

private:
    explicit recursive_mutex(const create_named* name);
};

}}}  // namespace bobbin::v0::ipc
