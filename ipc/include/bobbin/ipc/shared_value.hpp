// One value that processes share.
#pragma once

#include <bobbin/ipc/detail/sync/atomic_value.hpp>
#include <bobbin/ipc/detail/sync/locked_value.hpp>

#include <type_traits>

namespace bobbin { inline namespace v0 { namespace ipc {

namespace detail {

template <class T>
struct value_of {
    using type = locked_value<typename checked_for_sharing<T>::type>;
};
template <lock_free_number T>
struct value_of<T> {
    using type = atomic_value<typename checked_for_sharing<T>::type>;
};

}  // namespace detail

// A value in shared memory, of any trivially copyable type without addresses.
//
// Of integers, floating-point numbers, enums and bool it is a std::atomic, by its functions and by
// its cost: `++value` by a hundred processes at once loses nothing, and a process may die at any
// point. See detail/sync/atomic_value.hpp for the list.
//
// Values of other types are read and written whole, one after the other: load, store, update; see
// detail/sync/locked_value.hpp. A death leaves the value as it was before or after a store.
//
// For what takes more than that, get_lock() gives a lock of the value, which is re-entrant:
//
//     const std::lock_guard section(value.get_lock());
//     if (value < limit) value += step;
//
// It keeps out those who take it, not the single operations of an atomic value. If a process dies
// within the section, it throws owner_died from then on, as do store and update of values that
// aren't atomic, until somebody calls get_lock().recover(); see lock_handle.hpp.
//
// Copies mean the same value, and are as cheap as those of a std::shared_ptr. So for two shared
// values `a = b` makes `a` mean what `b` means; `a.store(b)` copies the number.
//
// Threads. One object by one thread at a time, or its operations by any; copies by any.
template <class T>
class shared_value : public detail::value_of<T>::type {
    using base = typename detail::value_of<T>::type;

public:
    // Throw std::system_error if there is no memory, or the name is taken.
    explicit shared_value(T initial = T{}) : base(what(), initial, nullptr) {}
    explicit shared_value(const create_named& name, T initial = T{})
        : base(what(), initial, &name) {}
    // One that exists. Throw wrong_segment, and std::system_error if there is none of that name.
    explicit shared_value(const open_named& name) : shared_value(segment::open_named(name.name)) {}
    explicit shared_value(segment existing) : base(what(), std::move(existing)) {}

    // Stores it.
    // NOLINTNEXTLINE(misc-unconventional-assign-operator): as std::atomic has it
    T operator=(T value) {
        this->store(value);
        return value;
    }

private:
    static detail::contents what() noexcept { return detail::contents::of<T>("shared_value"); }
};

}}}  // namespace bobbin::v0::ipc
