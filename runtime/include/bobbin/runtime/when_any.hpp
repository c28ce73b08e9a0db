// Running tasks side by side until one ends.
#pragma once

#include <bobbin/runtime/detail/task/fork.hpp>
#include <bobbin/runtime/task.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <stdexcept>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

namespace bobbin { inline namespace v0 {

// Which task ended first, and its value: a std::variant for tasks of several types
// (`std::get<index>`), the plain value for a vector of tasks. `void` is std::monostate, a
// reference std::reference_wrapper.
template <class Value>
struct first_result {
    std::size_t index;
    Value value;
};

namespace detail {

template <class... Ts>
class any_of_tuple : public tuple_group<first_scope, Ts...> {
public:
    using tuple_group<first_scope, Ts...>::tuple_group;
    auto await_native() noexcept { return group_awaiter<any_of_tuple>(*this); }

    using value_type = std::variant<element<Ts>...>;
    first_result<value_type> results() {
        const auto all = this->promises();
        const auto* first = this->scope_.first_ended.load(std::memory_order_relaxed);
        const auto index =
            static_cast<std::size_t>(std::find(all.begin(), all.end(), first) - all.begin());
        return {index, take(index, std::index_sequence_for<Ts...>())};
    }

private:
    template <std::size_t... I>
    value_type take(std::size_t index, std::index_sequence<I...>) {
        std::optional<value_type> value;
        const auto take_one = [&]<std::size_t Own>() {
            value.emplace(std::in_place_index<Own>, take_value(std::get<Own>(this->children_)));
        };
        ((I == index ? take_one.template operator()<I>() : void()), ...);
        return std::move(*value);
    }
};

template <class T>
class any_of_range : public range_group<first_scope, std::vector<task<T>>> {
public:
    using range_group<first_scope, std::vector<task<T>>>::range_group;
    auto await_native() noexcept { return group_awaiter<any_of_range>(*this); }

    first_result<element<T>> results() {
        const auto* first = this->scope_.first_ended.load(std::memory_order_relaxed);
        std::size_t index = 0;
        while (&promise_of(this->children_[index]) != first) ++index;
        return {index, take_value(this->children_[index])};
    }
};

}  // namespace detail

// Runs all the tasks until the first of them ends, with a value or an error; the others are asked
// to stop and awaited (those that have not begun never do), and what they end with is dropped:
//
//     auto a = co_await bobbin::when_any(f(), g());          // a.index, std::get<0>(a.value)
//     auto b = co_await bobbin::when_any(std::move(tasks));  // b.index, b.value
//
// Throws what the first to end threw. std::invalid_argument for an empty vector; otherwise as
// `when_all`.
template <class... Ts>
[[nodiscard]] auto when_any(task<Ts>... tasks) {
    static_assert(sizeof...(Ts) > 0, "when_any needs at least one task");
    if constexpr (sizeof...(Ts) > 0) {
        (detail::check_awaitable(tasks), ...);
        return detail::any_of_tuple<Ts...>(std::move(tasks)...);
    } else {
        return detail::refused_awaiter();
    }
}

template <class T>
[[nodiscard]] auto when_any(std::vector<task<T>> tasks) {
    if (tasks.empty()) throw std::invalid_argument("bobbin::when_any of no tasks would never end");
    for (const auto& each : tasks) detail::check_awaitable(each);
    return detail::any_of_range<T>(std::move(tasks));
}

}}  // namespace bobbin::v0
