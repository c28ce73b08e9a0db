// One blocking call, which lies in the frame of the task that awaits it: in line, then on a thread
// that makes it and takes the task back to its pool. See runtime/README.md, "Blocking calls".
#pragma once

#include <bobbin/runtime/detail/jobs/call.hpp>
#include <bobbin/runtime/detail/task/wait_point.hpp>
#include <bobbin/runtime/errors.hpp>
#include <bobbin/runtime/outcome.hpp>
#include <bobbin/runtime/task.hpp>

#include <boost/intrusive/list_hook.hpp>

#include <concepts>
#include <coroutine>
#include <exception>
#include <functional>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

namespace bobbin { inline namespace v0 { namespace detail {

class blocking_threads;

class blocking_call : public boost::intrusive::list_base_hook<> {
public:
    blocking_call(const blocking_call&) = delete;
    blocking_call& operator=(const blocking_call&) = delete;

    // `co_await call.end()`: until it was made, or was taken out of the line as the task was asked
    // to stop. May throw std::system_error or std::bad_alloc, and then it will not be made.
    class awaiter {
    public:
        explicit awaiter(blocking_call& of) noexcept : call_(&of) {}
        bool await_ready() const noexcept { return false; }
        template <class P>
        bool await_suspend(std::coroutine_handle<P> self) const {
            return call_->stand_in_line(as_resumption(self), *self.promise().scope);
        }
        void await_resume() const noexcept { call_->watch_.disarm(); }
        awaiter await_native() const noexcept { return *this; }

    private:
        blocking_call* call_;
    };
    awaiter end() noexcept { return awaiter(*this); }

protected:
    blocking_call() noexcept = default;
    virtual ~blocking_call() = default;

private:
    friend blocking_threads;
    friend stop_watch<blocking_call>;

    virtual void make() noexcept = 0;
    bool stand_in_line(work_item self, join_scope& scope);
    void stop() noexcept;

    blocking_threads* threads_ = nullptr;
    suspended_task waiting_;
    bool is_withdrawn_ = false;  // under the lock of `threads_`
    stop_watch<blocking_call> watch_;
};

// What `blocking` takes; for anything else one error that says what to do.
template <class F, class... Args>
struct accepted_blocking {
    using one = call<F, Args...>;
    static constexpr bool is_movable =
        std::is_void_v<typename one::result> || std::move_constructible<typename one::result>;
    static constexpr bool accepted = one::is_possible && !one::is_task && is_movable;
    using result = std::conditional_t<accepted, typename one::result, void>;

    static_assert(
        one::is_possible,
        "bobbin: blocking: the callable does not take these arguments, passed as rvalues");
    static_assert(
        !one::is_task,
        "bobbin: blocking: the callable returns a task, which blocks nobody: co_await it");
    static_assert(is_movable,
                  "bobbin: blocking: the result must be movable: return a std::unique_ptr to it");
};

// The call f(args…), each of which is its own to move from.
template <class R, class F, class... Args>
class blocking_call_of final : public blocking_call {
public:
    explicit blocking_call_of(F& f, Args&... args) noexcept : f_(&f), args_(args...) {}

    R take() {
        if (!result_) throw cancelled();
        return std::move(*result_).value();
    }

private:
    void make() noexcept override {
        try {
            result_.emplace(outcome_of<R>([this]() -> decltype(auto) {
                return std::apply(
                    [this](Args&... each) -> decltype(auto) {
                        return std::invoke(as_callee<Args...>(*f_), std::move(each)...);
                    },
                    args_);
            }));
        } catch (...) {  // its result can't be moved
            result_.emplace(outcome<R>::failure(std::current_exception()));
        }
    }

    F* f_;
    std::tuple<Args&...> args_;
    std::optional<outcome<R>> result_;
};

}}}  // namespace bobbin::v0::detail
