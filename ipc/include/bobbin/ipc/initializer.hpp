// What each worker of a process_pool does before its jobs, and after them.
#pragma once

#include <bobbin/ipc/detail/pool/remote_job.hpp>
#include <bobbin/ipc/detail/process/keeping.hpp>
#include <bobbin/runtime/detail/jobs/call.hpp>

#include <functional>
#include <type_traits>
#include <utility>

namespace bobbin { inline namespace v0 { namespace ipc {

namespace detail {
class worker_starter;
}

// A call, as for submit: `options.initializer = ipc::initializer(bobbin::fn<&open_log>(), path);`.
// What an initializer returns is the worker's state of that type (see worker_state.hpp), and need
// not be encodable; of a coroutine it is dropped. If it throws, the pool is broken.
//
// What a finalizer returns is dropped, and what it throws is printed.
class initializer {
public:
    initializer() = default;
    template <class F, class... Args>
    explicit initializer(F f, Args... args);

    explicit operator bool() const noexcept { return static_cast<bool>(describe_); }

private:
    friend class detail::worker_starter;
    struct place {
        static constexpr bool takes_captures = false;
    };

    std::function<void(detail::remote_call&, detail::segment_store&)> describe_;
};
using finalizer = initializer;

template <class F, class... Args>
initializer::initializer(F f, Args... args) {
    using result = bobbin::detail::job_result<place, F, Args...>;  // or says why not
    constexpr bool is_kept = !std::is_void_v<result> && !bobbin::detail::call<F, Args...>::is_task;
    describe_ = [f = std::move(f), ... args = std::move(args)](detail::remote_call& call,
                                                               detail::segment_store& store) {
        if constexpr (is_kept)
            detail::describe_call(call, store, detail::keeping<F>{f}, args...);
        else
            detail::describe_call(call, store, f, args...);
    };
}

}}}  // namespace bobbin::v0::ipc
