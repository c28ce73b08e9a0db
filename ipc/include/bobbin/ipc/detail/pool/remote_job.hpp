// A job of a process_pool: its state here, its call in a worker.
#pragma once

#include <bobbin/ipc/detail/encoding/callable_codec.hpp>
#include <bobbin/ipc/detail/pool/supervisor.hpp>
#include <bobbin/ipc/detail/process/remote.hpp>
#include <bobbin/ipc/encoding.hpp>
#include <bobbin/runtime/detail/jobs/check_options.hpp>
#include <bobbin/runtime/detail/jobs/job_task.hpp>
#include <bobbin/runtime/job.hpp>

#include <exception>
#include <memory>
#include <stdexcept>
#include <utility>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

// A call of F as bytes. Throws what encoding does.
template <class F, class... Args>
void describe_call(remote_call& call, segment_store& store, const F& f, const Args&... args) {
    payload_writer bytes(call.arguments, store);
    encoder to(bytes);
    callable_codec<F>::put(to, f);
    (to.put(args), ...);
    bytes.finish();
    call.callable = remote_key<F, Args...>();
    call.is_coroutine = bobbin::detail::call<F, Args...>::is_task;
}

template <class R>
bobbin::outcome<R> outcome_of_call(const remote_call& call, const remote_call::encoded& result) {
    if (call.ended_as == remote_call::end::error) return bobbin::outcome<R>::failure(call.error);
    return bobbin::detail::outcome_of<R>([&]() -> R {
        if constexpr (!std::is_void_v<R>) {
            decoder from(reader(result.bytes), result.segments);
            auto value = from.get<R>();
            from.expect_end();
            return value;
        }
    });
}

template <class R>
class remote_job final : public bobbin::detail::job_state<R>, public remote_call {
public:
    remote_job(std::shared_ptr<supervisor> by, unsigned retries)
        : bobbin::detail::job_state<R>(kind()), supervisor_(std::move(by)), retries_(retries) {}

private:
    using core = bobbin::detail::job_core;
    static remote_job& of(core& job) noexcept { return static_cast<remote_job&>(job); }
    static const remote_job& of(const core& job) noexcept {
        return static_cast<const remote_job&>(job);
    }
    static const core::operations& kind() noexcept {
        static constexpr core::operations own = {
            .request_stop = [](core& job) noexcept { of(job).supervisor_->ask_to_stop(of(job)); },
            .runs_here =
                [](const core& job) noexcept { return of(job).supervisor_->is_needed_here(); },
            .destroy = [](core& job) noexcept { delete &of(job); },
            .take_back = [](core& job) noexcept { return of(job).supervisor_->withdraw(of(job)); },
            .has_begun =
                [](const core& job) noexcept { return of(job).supervisor_->has_begun(of(job)); },
            .awaited = [](core& job) noexcept { of(job).supervisor_->awaited(of(job)); },
            .bring = [](const core& job) { of(job).supervisor_->bring(of(job)); },
        };
        return own;
    }

    void ended(const encoded& result) noexcept override {
        if (supervisor_->tries_again(*this, retries_)) return;
        arguments.clear();
        if (ended_as == end::withdrawn) {
            // Also if whoever cancels it has not come to say so yet, or took it for running.
            this->settle(job_status::cancelled);
        } else {
            static_cast<void>(this->claim());
            take(result);
        }
        if (supervisor_->on_driver())
            this->close();
        else if (!this->close_unheard())
            return supervisor_->close_later(*this);  // callbacks are the driver's
        this->drop();
    }
    void close_on_driver() noexcept override {
        this->close();
        this->drop();
    }
    void take(const encoded& result) noexcept {
        bobbin::outcome<R> came = outcome_of_call<R>(*this, result);
        if (came) {
            if constexpr (!std::is_void_v<R>) this->set_value(std::move(came).value());
            this->settle(job_status::done);
        } else {
            core::error = came.error();
            this->settle(job_status::failed);
        }
    }

    const std::shared_ptr<supervisor> supervisor_;
    const unsigned retries_;
};

// Throws what encoding the arguments does, std::invalid_argument, pool_broken.
template <class R, class F, class... Args>
job<R> start_remote_job(const std::shared_ptr<supervisor>& by, const job_options& options,
                        const F& f, const Args&... args) {
    bobbin::detail::check(options);
    if (options.retries > 0 && !(std::copy_constructible<Args> && ...))
        throw std::invalid_argument("bobbin: retries need arguments that can be copied");
    auto made = std::make_unique<remote_job<R>>(by, options.retries);
    describe_call(*made, by->store(), f, args...);
    made->timeout = options.timeout;
    made->is_urgent = options.priority == priority::high;
    remote_call* const call = made.get();
    by->post(std::span(&call, 1));
    bobbin::detail::job_ref<bobbin::detail::job_state<R>> ours(made.release(),
                                                               bobbin::detail::adopt_reference);
    return bobbin::detail::job_access::make<R>(std::move(ours));
}

}}}  // namespace bobbin::v0::ipc::detail
