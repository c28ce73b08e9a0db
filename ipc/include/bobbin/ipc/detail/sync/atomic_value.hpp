// A shared_value that the processor changes in one step.
#pragma once

#include <bobbin/ipc/detail/memory/shareable.hpp>
#include <bobbin/ipc/detail/memory/shared_object.hpp>
#include <bobbin/ipc/lock_handle.hpp>

#include <atomic>
#include <new>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

// Functions, orders and costs are those of std::atomic<T>, in whose place the handle's pointer
// leads.
template <lock_free_number T>
class atomic_value : public shared_object {
public:
    using value_type = T;

    atomic_value(const contents& what, T initial, const create_named* name)
        : shared_object(what, value_offset + sizeof(std::atomic<T>), name,
                        [&](std::byte* memory) {
                            make_lock(memory, re_entrance::allowed);
                            new (memory + value_offset) std::atomic<T>(initial);
                        }),
          value_(place()),
          lock_(existing_lock(body())) {}
    atomic_value(const contents& what, segment existing)
        : shared_object(what, std::move(existing), value_offset + sizeof(std::atomic<T>)),
          value_(place()),
          lock_(existing_lock(body())) {}

    [[nodiscard]] T load(std::memory_order order = std::memory_order_seq_cst) const noexcept {
        return value_->load(order);
    }
    void store(T value, std::memory_order order = std::memory_order_seq_cst) noexcept {
        value_->store(value, order);
    }
    T exchange(T value, std::memory_order order = std::memory_order_seq_cst) noexcept {
        return value_->exchange(value, order);
    }
    bool compare_exchange_weak(T& expected, T desired,
                               std::memory_order order = std::memory_order_seq_cst) noexcept {
        return value_->compare_exchange_weak(expected, desired, order);
    }
    bool compare_exchange_weak(T& expected, T desired, std::memory_order success,
                               std::memory_order failure) noexcept {
        return value_->compare_exchange_weak(expected, desired, success, failure);
    }
    bool compare_exchange_strong(T& expected, T desired,
                                 std::memory_order order = std::memory_order_seq_cst) noexcept {
        return value_->compare_exchange_strong(expected, desired, order);
    }
    bool compare_exchange_strong(T& expected, T desired, std::memory_order success,
                                 std::memory_order failure) noexcept {
        return value_->compare_exchange_strong(expected, desired, success, failure);
    }

    operator T() const noexcept {  // NOLINT(google-explicit-constructor): as std::atomic
        return load();
    }

    // Numbers only. Integers wrap.
    template <addable_number N = T>
    T fetch_add(N add, std::memory_order order = std::memory_order_seq_cst) noexcept {
        return value_->fetch_add(add, order);
    }
    template <addable_number N = T>
    T fetch_sub(N subtract, std::memory_order order = std::memory_order_seq_cst) noexcept {
        return value_->fetch_sub(subtract, order);
    }
    template <addable_number N = T>
    T operator+=(N add) noexcept {
        return *value_ += add;
    }
    template <addable_number N = T>
    T operator-=(N subtract) noexcept {
        return *value_ -= subtract;
    }

    // Integers only.
    template <addable_number N = T>
    N operator++() noexcept {
        return ++*value_;
    }
    template <addable_number N = T>
    N operator++(int) noexcept {
        return (*value_)++;
    }
    template <addable_number N = T>
    N operator--() noexcept {
        return --*value_;
    }
    template <addable_number N = T>
    N operator--(int) noexcept {
        return (*value_)--;
    }

    [[nodiscard]] lock_handle& get_lock() noexcept { return lock_; }

private:
    // The lock before it has a cache line of its own, as it is used for itself.
    static constexpr std::size_t value_offset = lock_bytes;

    [[nodiscard]] std::atomic<T>* place() const noexcept {
        return std::launder(reinterpret_cast<std::atomic<T>*>(body() + value_offset));
    }

    std::atomic<T>* value_;
    lock_handle lock_;
};

}}}  // namespace bobbin::v0::ipc::detail
