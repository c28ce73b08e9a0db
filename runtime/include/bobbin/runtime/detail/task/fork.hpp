// Starting a group of children: what when_all and when_any have in common.
#pragma once

#include <bobbin/runtime/detail/task/task_promise.hpp>

#include <array>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace bobbin { inline namespace v0 { namespace detail {

// How a result is held among others: void as a std::monostate.
template <class T>
using value_or_monostate = std::conditional_t<std::is_void_v<T>, std::monostate, T>;

// The same in a container or a variant, which can't hold references.
template <class T>
using element =
    std::conditional_t<std::is_reference_v<T>, std::reference_wrapper<std::remove_reference_t<T>>,
                       value_or_monostate<T>>;

template <class T>
value_or_monostate<T> take_value(const task<T>& ended) {
    if constexpr (std::is_void_v<T>) {
        promise_of(ended).take();
        return {};
    } else {
        return promise_of(ended).take();
    }
}

// Throws std::length_error if `count` children are too many for a scope.
std::uint32_t checked_count(std::size_t count);

inline promise_base& promise_in(promise_base* element) noexcept {
    return *element;
}
template <class T>
promise_base& promise_in(const task<T>& element) noexcept {
    return promise_of(element);
}

// Makes `children`, pointers to promises or tasks, a chain in `scope`; its
// first.
template <class Children>
promise_base& chain(join_scope& scope, const Children& children) noexcept {
    promise_base* next = nullptr;
    for (std::size_t i = children.size(); i-- > 0;) {
        promise_base& child = promise_in(children[i]);
        child.scope = &scope;
        child.next_sibling = next;
        next = &child;
    }
    return *next;
}

// The error to report for a group: that of the first child, by position, that
// failed by itself; if there is none, that of the first whose job was
// cancelled; if there is none, that of the first which was stopped.
class first_failure {
public:
    void look_at(const promise_base& child) noexcept;
    void throw_if_any() const;

private:
    enum class weight : std::uint8_t { none, stopped, cancelled_job, error };
    const promise_base* failed_ = nullptr;
    weight weight_ = weight::none;
};

// Not inlined: it would cost registers where nothing fails.
template <class Children>
[[gnu::noinline]] void throw_if_any_failed(const Children& children) {
    first_failure failure;
    for (const auto& child : children) failure.look_at(promise_in(child));
    failure.throw_if_any();
}

// Waits for a `Group`: `empty()`, `start(awaiter, enclosing scope)`,
// `results()`.
template <class Group>
class group_awaiter {
public:
    explicit group_awaiter(Group& group) noexcept : group_(&group) {}
    bool await_ready() const noexcept { return group_->empty(); }
    template <class P>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<P> awaiter) {
        return group_->start(awaiter, *awaiter.promise().scope);
    }
    auto await_resume() { return group_->results(); }

private:
    Group* group_;
};

// The children of a fork and the scope in which they meet. It stays where it is
// made: in the frame of the task that awaits it.
template <class Scope, class... Ts>
class tuple_group {
public:
    explicit tuple_group(task<Ts>&&... children) noexcept : children_(std::move(children)...) {}
    static constexpr bool empty() noexcept { return sizeof...(Ts) == 0; }

    std::coroutine_handle<> start(std::coroutine_handle<> awaiter, join_scope& enclosing) {
        const auto all = promises();
        return detail::start(scope_, enclosing, awaiter, sizeof...(Ts), chain(scope_, all));
    }

protected:
    std::array<promise_base*, sizeof...(Ts)> promises() noexcept {
        return std::apply(
            [](task<Ts>&... child) {
                return std::array<promise_base*, sizeof...(Ts)>{&promise_of(child)...};
            },
            children_);
    }

    std::tuple<task<Ts>...> children_;
    Scope scope_;
};

// The same for a std::vector or std::array of tasks.
template <class Scope, class Range>
class range_group {
public:
    explicit range_group(Range&& children) noexcept : children_(std::move(children)) {}
    bool empty() const noexcept { return children_.empty(); }

    std::coroutine_handle<> start(std::coroutine_handle<> awaiter, join_scope& enclosing) {
        const auto count = checked_count(children_.size());
        return detail::start(scope_, enclosing, awaiter, count, chain(scope_, children_));
    }

protected:
    Range children_;
    Scope scope_;
};

}}}  // namespace bobbin::v0::detail
