// Where a task keeps what it returned.
#pragma once

#include <bobbin/runtime/detail/os/value_room.hpp>
#include <bobbin/runtime/detail/task/promise_base.hpp>

#include <concepts>
#include <memory>
#include <type_traits>
#include <utility>

namespace bobbin { inline namespace v0 { namespace detail {

template <class T>
class result_slot : public promise_base {
public:
    result_slot() noexcept {}
    result_slot(const result_slot&) = delete;
    result_slot& operator=(const result_slot&) = delete;
    ~result_slot() { drop(); }

    template <std::convertible_to<T> U = T>
    void return_value(U&& value) {
        drop();  // what an earlier co_return left, if a destructor threw after it
        std::construct_at(room_.get(), std::forward<U>(value));
        state = task_state::value;
    }

    // The result, or the task's exception. Once.
    T take() {
        rethrow_if_failed();
        return std::move(*room_.get());
    }

    // A destructor may throw after co_return.
    void unhandled_exception() noexcept {
        drop();
        promise_base::unhandled_exception();
    }

private:
    void drop() noexcept {
        if constexpr (!std::is_trivially_destructible_v<T>) {
            if (state != task_state::value) return;
            std::destroy_at(room_.get());
            state = task_state::unfinished;
        }
    }

    value_room<std::remove_reference_t<T>> room_;  // of T&&, which `task` refuses
};

template <class T>
class result_slot<T&> : public promise_base {
public:
    void return_value(T& value) noexcept {
        value_ = std::addressof(value);
        state = task_state::value;
    }
    T& take() const {
        rethrow_if_failed();
        return *value_;
    }

private:
    T* value_ = nullptr;
};

template <>
class result_slot<void> : public promise_base {
public:
    void return_void() noexcept { state = task_state::value; }
    void take() const { rethrow_if_failed(); }
};

}}}  // namespace bobbin::v0::detail
