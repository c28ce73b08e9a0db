// What a worker does with a job: `remote`, on the bytes that a job_context gives it.
#pragma once

#include <bobbin/ipc/detail/encoding/callable_codec.hpp>
#include <bobbin/ipc/detail/process/job_context.hpp>
#include <bobbin/ipc/encoding.hpp>
#include <bobbin/runtime/detail/jobs/call.hpp>
#include <bobbin/runtime/detail/jobs/callable.hpp>
#include <bobbin/runtime/detail/jobs/job_core.hpp>
#include <bobbin/runtime/job.hpp>
#include <bobbin/runtime/thread_pool.hpp>

#include <cstdint>
#include <functional>
#include <tuple>
#include <type_traits>
#include <utility>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

// As a callable without state, F is known in every process; this is what its key stands for: decode
// F's own state and the arguments, call, encode the result. An exception of any of these is the
// job's.
template <class F, class... Args>
struct remote {
    using printed_as = F(Args...);
    using call = bobbin::detail::call<F, Args...>;
    using result = typename call::result;

    void operator()(job_context* context) const {
        decoder from(reader(context->arguments), context->segments);
        F f = callable_codec<F>::get(from);
        std::tuple<Args...> args{from.get<Args>()...};  // in braces: one after the other
        from.expect_end();
        if constexpr (call::is_task) {
            finish(*context, std::apply(
                                 [&](Args&... each) {
                                     return context->runtime().submit(std::move(f),
                                                                      std::move(each)...);
                                 },
                                 args));
        } else if constexpr (std::is_void_v<result>) {
            invoke(f, args);
            context->send_result(has_destructors<F, Args...>);
        } else {
            const result value = invoke(f, args);
            encoder(context->result()).put(value);
            context->send_result(has_destructors<F, Args..., result>);
        }
    }

private:
    template <class... T>
    static constexpr bool has_destructors = !(std::is_trivially_destructible_v<T> && ...);

    static decltype(auto) invoke(F& f, std::tuple<Args...>& args) {
        return std::apply(
            [&f](Args&... each) -> decltype(auto) {
                return std::invoke(bobbin::detail::as_callee<Args...>(f), std::move(each)...);
            },
            args);
    }
    static void finish(job_context& context, job<result> running) {
        context.begins(bobbin::detail::job_access::state(running));
        running.wait();
        context.ended();
        if constexpr (std::is_void_v<result>)
            running.get();
        else
            encoder(context.result()).put(running.get());
        context.send_result(true);
    }
};

// The key by which workers find F.
template <class F, class... Args>
std::uint64_t remote_key() {
    return bobbin::detail::callable_key<remote<F, Args...>, job_context*>();
}

}}}  // namespace bobbin::v0::ipc::detail
