// An array that processes share.
#pragma once

#include <bobbin/ipc/detail/memory/shareable.hpp>
#include <bobbin/ipc/detail/sync/array_memory.hpp>
#include <bobbin/ipc/detail/sync/element_iterator.hpp>

#include <atomic>
#include <span>
#include <type_traits>

namespace bobbin { inline namespace v0 { namespace ipc {

namespace detail {

template <class T>
struct element_reference {
    using type = T&;
};
template <lock_free_number T>
struct element_reference<T> {
    using type = std::atomic_ref<T>;
};

}  // namespace detail

// A fixed number of elements in shared memory, of any trivially copyable type without addresses;
// all bytes are zero at first.
//
// Elements that are integers, floating-point numbers, enums or bool are reached by std::atomic_ref:
// `array[i] += 1` by a hundred processes at once loses nothing. Elements of other types are reached
// by plain references, for those who have the lock.
//
// get_lock() gives the array's one lock, which is re-entrant; it is for what takes several steps,
// and for the plain memory of span() and slice(). If a process dies while it has the lock, the
// elements are as it left them, and the lock throws owner_died until somebody calls recover(); see
// lock_handle.hpp.
//
// Copies mean the same array, and are as cheap as those of a std::shared_ptr.
//
// Threads. As a shared_ptr: one object by one thread at a time, copies by any; but the elements by
// any, as said above.
template <class T>
class shared_array : public detail::array_memory {
    using element = typename detail::checked_for_sharing<T>::type;
    static_assert(alignof(element) <= alignment, "bobbin: elements of that alignment can't be had");

public:
    using value_type = T;
    using reference = typename detail::element_reference<T>::type;
    using iterator = detail::element_iterator<T, reference>;

    // Throw std::length_error if that many have no place in any memory, std::system_error if there
    // is too little, or the name is taken.
    explicit shared_array(std::size_t size) : array_memory(what(), size, nullptr) {}
    shared_array(const create_named& name, std::size_t size) : array_memory(what(), size, &name) {}
    // One that exists. Throw wrong_segment, and std::system_error if there is none of that name.
    explicit shared_array(const open_named& name) : shared_array(segment::open_named(name.name)) {}
    explicit shared_array(segment existing) : array_memory(what(), std::move(existing)) {}

    // Not checked.
    [[nodiscard]] reference operator[](std::size_t index) const noexcept {
        return reference(data()[index]);
    }
    // Throws std::out_of_range, which names the index and the size.
    [[nodiscard]] reference at(std::size_t index) const {
        check_index(index);
        return (*this)[index];
    }

    [[nodiscard]] iterator begin() const noexcept { return iterator(data()); }
    [[nodiscard]] iterator end() const noexcept { return iterator(data() + size()); }

    // The plain memory, for who has the lock, and while nobody uses single elements.
    [[nodiscard]] std::span<T> span() const noexcept { return {data(), size()}; }
    // Throws std::out_of_range.
    [[nodiscard]] std::span<T> slice(std::size_t first, std::size_t count) const {
        check_slice(first, count);
        return span().subspan(first, count);
    }

private:
    static detail::contents what() noexcept { return detail::contents::of<T>("shared_array"); }
    [[nodiscard]] T* data() const noexcept { return reinterpret_cast<T*>(elements()); }
};

}}}  // namespace bobbin::v0::ipc
