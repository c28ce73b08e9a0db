// The handler that completes an operation of Asio's for a task, and what the task gets from it.
#pragma once

#include <bobbin/runtime/detail/asio/operation.hpp>
#include <bobbin/runtime/errors.hpp>

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include <concepts>
#include <exception>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

namespace bobbin { inline namespace v0 { namespace detail {

// With what a completion signature says that the operation has failed.
template <class T>
concept failure = std::same_as<T, boost::system::error_code> || std::same_as<T, std::exception_ptr>;

inline bool has_failed(const boost::system::error_code& error) noexcept {
    return static_cast<bool>(error);
}
inline bool has_failed(const std::exception_ptr& error) noexcept {
    return error != nullptr;
}
// `cancelled` if that is what became of being asked to end. An error code may be any: libraries
// have their own for it. An exception says so.
[[noreturn]] void throw_failure(const boost::system::error_code& error, bool was_asked_to_end);
[[noreturn]] void throw_failure(const std::exception_ptr& error, bool was_asked_to_end);

// What `co_await` gives for the arguments of a completion: nothing, one value, or a tuple.
template <class... Args>
auto awaited_value(Args&&... args) {
    if constexpr (sizeof...(Args) == 1)
        return std::tuple_element_t<0, std::tuple<std::decay_t<Args>...>>(
            std::forward<Args>(args)...);
    else if constexpr (sizeof...(Args) > 1)
        return std::tuple<std::decay_t<Args>...>(std::forward<Args>(args)...);
}

// An operation whose completion has these arguments, decayed.
template <class... Args>
class operation_of : public operation_state {
public:
    // Inside.
    template <class... Given>
    void complete_with(Given&&... given) noexcept {
        try {
            came_.emplace(std::forward<Given>(given)...);
        } catch (...) {
            lost_ = std::current_exception();
        }
        complete();
    }

    auto take() {
        end_wait();
        if (lost_ != nullptr) std::rethrow_exception(lost_);
        // Its context has ended before it.
        if (!came_) throw_failure(boost::asio::error::operation_aborted, was_asked_to_end());
        return std::apply([this](Args&... args) { return value_of(args...); }, *came_);
    }

private:
    template <failure Failure, class... Rest>
    auto value_of(Failure& error, Rest&... rest) {
        if (has_failed(error)) throw_failure(error, was_asked_to_end());
        return awaited_value(std::move(rest)...);
    }
    template <class... All>
    auto value_of(All&... all) {
        return awaited_value(std::move(all)...);
    }

    // Under the lock until it is complete.
    std::optional<std::tuple<Args...>> came_;
    std::exception_ptr lost_;
};

template <class... Args>
class completion {
public:
    explicit completion(operation_of<Args...>& of) noexcept : of_(&of) {}
    completion(completion&& other) noexcept : of_(std::exchange(other.of_, nullptr)) {}
    completion& operator=(completion&&) = delete;
    // Whoever owns handlers may destroy them: contexts at their end do.
    ~completion() {
        if (of_ == nullptr) return;
        const operation_state::inside lock(*of_);
        of_->complete();
    }

    template <class... Given>
    void operator()(Given&&... given) {
        auto* const of = std::exchange(of_, nullptr);
        const operation_state::inside lock(*of);
        of->complete_with(std::forward<Given>(given)...);
    }

    using cancellation_slot_type = boost::asio::cancellation_slot;
    cancellation_slot_type get_cancellation_slot() const noexcept { return of_->slot(); }

    // Where it and the handlers before it run, if that would be `executor`.
    template <class Executor>
    operation_executor<Executor> executor_in_place_of(const Executor& executor) const {
        of_->runs_on(executor);
        return {*of_, executor};
    }

private:
    operation_of<Args...>* of_;
};

}}}  // namespace bobbin::v0::detail

template <class... Args, class Executor>
struct boost::asio::associated_executor<bobbin::detail::completion<Args...>, Executor> {
    using type = bobbin::detail::operation_executor<Executor>;
    static type get(const bobbin::detail::completion<Args...>& handler,
                    const Executor& executor = Executor()) noexcept {
        return handler.executor_in_place_of(executor);
    }
};

// `bind_executor(executor, use_task)`.
template <class... Args, class Bound, class Executor>
struct boost::asio::associated_executor<
    boost::asio::executor_binder<bobbin::detail::completion<Args...>, Bound>, Executor> {
    using type = bobbin::detail::operation_executor<Bound>;
    static type get(
        const boost::asio::executor_binder<bobbin::detail::completion<Args...>, Bound>& handler,
        const Executor& = Executor()) noexcept {
        return handler.get().executor_in_place_of(handler.get_executor());
    }
};
