// What each worker of a process_pool does before its jobs.
#pragma once

#include <bobbin/ipc/detail/remote_job.hpp>
#include <bobbin/runtime/detail/call.hpp>

#include <functional>
#include <utility>

namespace bobbin::inline v0::ipc {

// A call, as for submit: `options.initializer = ipc::initializer(bobbin::fn<&open_log>(), path);`.
// What it returns is dropped. If it throws, the pool is broken.
class initializer {
public:
    initializer() = default;
    template <class F, class... Args>
    explicit initializer(F f, Args... args)
        : describe_([f = std::move(f), ... args = std::move(args)](detail::remote_call& call,
                                                                   detail::segment_store& store) {
              detail::describe_call(call, store, f, args...);
          }) {
        static_cast<void>(
            sizeof(bobbin::detail::job_result<place, F, Args...>*));  // or says why not
    }

    explicit operator bool() const noexcept { return static_cast<bool>(describe_); }

private:
    friend class detail::crew_core;
    struct place {
        static constexpr bool takes_captures = false;
    };

    std::function<void(detail::remote_call&, detail::segment_store&)> describe_;
};

}  // namespace bobbin::inline v0::ipc
