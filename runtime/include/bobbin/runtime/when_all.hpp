// Running tasks side by side and waiting for all of them.
#pragma once

#include <bobbin/runtime/detail/task/fork.hpp>
#include <bobbin/runtime/task.hpp>

#include <array>
#include <cstddef>
#include <span>
#include <tuple>
#include <utility>
#include <vector>

namespace bobbin { inline namespace v0 {

namespace detail {

template <class... Ts>
class all_of_tuple : public tuple_group<all_scope, Ts...> {
public:
    using tuple_group<all_scope, Ts...>::tuple_group;
    auto await_native() noexcept { return group_awaiter<all_of_tuple>(*this); }

    std::tuple<value_or_monostate<Ts>...> results() {
        // An error has stopped the scope.
        if (!this->scope_.stop.untouched()) [[unlikely]]
            throw_if_any_failed(this->promises());
        return std::apply(
            [](task<Ts>&... child) {
                return std::tuple<value_or_monostate<Ts>...>(take_value(child)...);
            },
            this->children_);
    }
};

template <class T, class Range>
class all_of_range : public range_group<all_scope, Range> {
public:
    using range_group<all_scope, Range>::range_group;
    auto await_native() noexcept { return group_awaiter<all_of_range>(*this); }

    auto results() {
        if (!this->scope_.stop.untouched()) [[unlikely]]
            throw_if_any_failed(this->children_);
        if constexpr (!std::is_void_v<T>) return take_all(this->children_);
    }

private:
    static std::vector<element<T>> take_all(std::vector<task<T>>& children) {
        std::vector<element<T>> values;
        values.reserve(children.size());
        for (task<T>& child : children) values.push_back(promise_of(child).take());
        return values;
    }
    template <std::size_t N>
    static std::array<element<T>, N> take_all(std::array<task<T>, N>& children) {
        return take_each(children, std::make_index_sequence<N>());
    }
    template <std::size_t N, std::size_t... I>
    static std::array<element<T>, N> take_each(std::array<task<T>, N>& children,
                                               std::index_sequence<I...>) {
        return {promise_of(children[I]).take()...};
    }
};

}  // namespace detail

// Runs all the tasks and waits for all of them:
//
//     auto [a, b] = co_await bobbin::when_all(f(), g());                     // std::tuple
//     std::vector<double> v = co_await bobbin::when_all(std::move(tasks));   // or a std::array
//
// The first begins at once, on this thread; the others begin when it ends or suspends, or on other
// threads of the pool. `void` results become std::monostate in a tuple, and nothing in a range;
// references are std::reference_wrapper in a range. An
// empty range is done at once.
//
// If tasks fail, those that have not begun never do, the others are asked to stop, and when all
// have ended the error of the first by position is thrown. The same happens if one is `cancelled`.
// Cancellation of the awaiting task reaches them all.
//
// The call throws std::logic_error if a task is empty (moved from). Awaiting may throw, before any
// of them has begun, std::bad_alloc, std::logic_error if the group was awaited before, and
// std::length_error for 2^32 tasks or more.
template <class... Ts>
[[nodiscard]] auto when_all(task<Ts>... tasks) {
    (detail::check_awaitable(tasks), ...);
    return detail::all_of_tuple<Ts...>(std::move(tasks)...);
}

template <class T>
[[nodiscard]] auto when_all(std::vector<task<T>> tasks) {
    for (const auto& each : tasks) detail::check_awaitable(each);
    return detail::all_of_range<T, std::vector<task<T>>>(std::move(tasks));
}

template <class T, std::size_t N>
[[nodiscard]] auto when_all(std::array<task<T>, N>&& tasks) {
    for (const auto& each : tasks) detail::check_awaitable(each);
    return detail::all_of_range<T, std::array<task<T>, N>>(std::move(tasks));
}

}}  // namespace bobbin::v0
