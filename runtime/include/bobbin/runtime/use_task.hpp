// Asio's operations, awaited in tasks.
#pragma once

#include <bobbin/runtime/detail/asio/completion.hpp>
#include <bobbin/runtime/detail/task/lambda_coroutines.hpp>
#include <bobbin/runtime/task.hpp>

#include <boost/asio/async_result.hpp>
#include <boost/asio/deferred.hpp>

#include <concepts>
#include <coroutine>
#include <tuple>
#include <type_traits>
#include <utility>

namespace bobbin { inline namespace v0 {

namespace detail {
template <class From, class Own, class Inner>
concept is_another_for = !std::same_as<From, Own> && std::convertible_to<const From&, Inner>;
}  // namespace detail

// A completion token: the operation is begun when a task awaits it, and the task goes on when it is
// complete.
//
//     std::size_t n = co_await socket.async_read_some(buffer, bobbin::use_task);
//
// Any operation of Asio's and of libraries made for it, simple or composed, on an I/O object of any
// executor: a bobbin pool's, an io_context's, a strand's. Whatever that is, the task goes on on its
// own pool; where the operation completes on a thread of that, without another hop. `bind_executor`
// says where the operation's own handlers run.
//
// `co_await` gives what the completion handler would get: nothing, a value, or a tuple of several.
// An error_code or an exception_ptr in front is not among them: it is thrown, as
// boost::system::system_error or as what it is. `boost::asio::as_tuple(use_task)` gives all of them
// as values, whatever has happened.
//
// Stopping. When the task is asked to stop, the operation is asked to end, by its cancellation
// slot; on its executor, and never while a handler of it runs. The `co_await` waits for that: it
// throws `cancelled` if the operation fails after that, and gives its result if that comes all the
// same, so that nothing is lost. What a composed operation had transferred when it was aborted is
// told by `as_tuple` alone. An operation that can't be cancelled is waited for. A task that is to
// stop already throws `cancelled`, and nothing is begun.
//
// A context that is destroyed with the operation inside ends it as aborted.
//
// The awaitable is awaited once, in a task; buffers and what else the operation refers to must be
// there until then. Operations with the token `boost::asio::deferred` can be awaited as they are.
struct use_task_t {
    // For `T::rebind_executor`, as of a socket: operations have this token if none is given.
    template <class Inner>
    struct executor_with_default : Inner {
        using default_completion_token_type = use_task_t;

        // I/O objects are made of the inner executor.
        template <detail::is_another_for<executor_with_default, Inner> From>
        explicit(false) executor_with_default(const From& from) noexcept : Inner(from) {}
    };

    // bobbin::use_task_t::as_default_on_t<boost::asio::ip::tcp::socket> socket(pool);
    // std::size_t n = co_await socket.async_read_some(buffer);
    template <class T>
    using as_default_on_t = typename T::template rebind_executor<
        executor_with_default<typename T::executor_type>>::other;

    // The same of an object that is there already.
    template <class T>
    static auto as_default_on(T&& object) {
        return as_default_on_t<std::decay_t<T>>(std::forward<T>(object));
    }
};

inline constexpr use_task_t use_task{};

namespace detail {

// What an initiating function returns with this token. `Args` are the completion's.
template <class Initiation, class InitArgs, class... Args>
class asio_awaitable;

template <class Initiation, class... InitArgs, class... Args>
class asio_awaitable<Initiation, std::tuple<InitArgs...>, Args...> {
public:
    template <class I, class... A>
    explicit asio_awaitable(std::in_place_t, I&& initiation, A&&... args)
        : initiation_(std::forward<I>(initiation)), args_(std::forward<A>(args)...) {}
    asio_awaitable(asio_awaitable&&) = default;
    asio_awaitable& operator=(asio_awaitable&&) = delete;

    class awaiter {
    public:
        explicit awaiter(asio_awaitable&& of)
            : initiation_(std::move(of.initiation_)), args_(std::move(of.args_)) {}
        bool await_ready() const noexcept { return false; }
        template <class P>
        bool await_suspend(std::coroutine_handle<P> waiting) {
            return operation_.begin(as_resumption(waiting), *waiting.promise().scope, [this] {
                std::apply(
                    [this](InitArgs&... args) {
                        std::move(initiation_)(completion<Args...>(operation_), std::move(args)...);
                    },
                    args_);
            });
        }
        auto await_resume() { return operation_.take(); }

    private:
        Initiation initiation_;
        std::tuple<InitArgs...> args_;
        operation_of<Args...> operation_;
    };
    awaiter await_native() && { return awaiter(std::move(*this)); }
    void await_native() & {
        static_assert(sizeof(Initiation) == 0,
                      "an operation is awaited once: write co_await std::move(operation)");
    }

private:
    Initiation initiation_;
    std::tuple<InitArgs...> args_;
};

template <class A>
concept deferred_operation = boost::asio::is_deferred<A>::value;

template <deferred_operation A>
struct adapter<A> {
    template <class Deferred>
    static auto adapt(Deferred&& deferred) {
        return std::forward<Deferred>(deferred)(use_task);
    }
};

}  // namespace detail
}}  // namespace bobbin::v0

template <class R, class... Args>
class boost::asio::async_result<bobbin::use_task_t, R(Args...)> {
public:
    template <class Initiation, class... InitArgs>
    static auto initiate(Initiation&& initiation, bobbin::use_task_t /*token*/,
                         InitArgs&&... args) {
        return bobbin::detail::asio_awaitable<
            std::decay_t<Initiation>, std::tuple<std::decay_t<InitArgs>...>, std::decay_t<Args>...>(
            std::in_place, std::forward<Initiation>(initiation), std::forward<InitArgs>(args)...);
    }
};
