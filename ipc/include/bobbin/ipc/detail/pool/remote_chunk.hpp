// Chunks of a map, run by a supervisor.
#pragma once

#include <bobbin/ipc/detail/pool/remote_job.hpp>
#include <bobbin/ipc/detail/pool/supervisor.hpp>
#include <bobbin/runtime/detail/scheduler/loop_pace.hpp>
#include <bobbin/runtime/detail/task/current_scope.hpp>
#include <bobbin/runtime/detail/task/join_scope.hpp>
#include <bobbin/runtime/detail/task/lambda_coroutines.hpp>
#include <bobbin/runtime/detail/task/wait_point.hpp>
#include <bobbin/runtime/job_options.hpp>
#include <bobbin/runtime/outcome.hpp>
#include <bobbin/runtime/task.hpp>

#include <atomic>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

BOBBIN_BEGIN_COROUTINES_OF_LAMBDAS

namespace bobbin { inline namespace v0 { namespace ipc::detail {

// Who waits for the calls of one chunk. When that task is asked to stop, so are they.
class chunk_wait {
public:
    chunk_wait(supervisor& by, std::size_t most, unsigned retries);
    chunk_wait(const chunk_wait&) = delete;
    chunk_wait& operator=(const chunk_wait&) = delete;

    void add(remote_call& call) {
        call.is_awaited = true;
        calls_.push_back(&call);
    }

    class awaiter {
    public:
        explicit awaiter(chunk_wait& of) noexcept : of_(&of) {}
        bool await_ready() const noexcept { return false; }
        template <class P>
        bool await_suspend(std::coroutine_handle<P> waiting) {
            return of_->suspend(bobbin::detail::as_resumption(waiting), *waiting.promise().scope);
        }
        void await_resume() const { of_->watch_.disarm(); }

    private:
        chunk_wait* of_;
    };
    // Posts them and waits for all. Throws pool_broken.
    auto await_native() noexcept { return awaiter(*this); }

    // By each call, when it has ended. True: it is tried again.
    bool tries_again(remote_call& call) noexcept {
        return supervisor_->tries_again(call, retries_);
    }
    void one_ended() noexcept;

private:
    friend bobbin::detail::stop_watch<chunk_wait>;
    bool suspend(bobbin::detail::work_item waiting, bobbin::detail::join_scope& scope);
    void stop() noexcept;

    supervisor* const supervisor_;
    const unsigned retries_;
    std::vector<remote_call*> calls_;
    std::atomic<std::size_t> left_{0};  // and one for `suspend` itself
    std::atomic<bool> stopped_{false};
    bobbin::detail::suspended_task waiting_;
    bobbin::detail::stop_watch<chunk_wait> watch_;
};

template <class R>
class chunk_call final : public remote_call {
public:
    chunk_wait* chunk = nullptr;
    std::optional<bobbin::outcome<R>> came;  // nothing of one that has not run

private:
    void ended(const encoded& result) noexcept override {
        if (chunk->tries_again(*this)) return;
        if (ended_as == end::value || ended_as == end::error)
            came.emplace(outcome_of_call<R>(*this, result));
        chunk->one_ended();
    }
};

class supervisor_hold {
public:
    explicit supervisor_hold(std::shared_ptr<supervisor> held) : held_(std::move(held)) {
        held_->hold();
    }
    supervisor_hold(supervisor_hold&&) noexcept = default;
    supervisor_hold& operator=(supervisor_hold&&) = delete;
    ~supervisor_hold() {
        if (held_ != nullptr) held_->release();
    }

private:
    std::shared_ptr<supervisor> held_;
};

// F, as a pool runs chunks of it elsewhere.
template <class F>
class run_by_supervisor {
public:
    using runs_chunks = void;
    run_by_supervisor(std::shared_ptr<supervisor> by, F f, const map_options& options)
        : supervisor_(std::move(by)), f_(std::move(f)), options_(options) {}

    // By whoever will run chunks: so the supervisor is not idle between two of them.
    [[nodiscard]] supervisor_hold hold() const { return supervisor_hold(supervisor_); }

    // Outcomes of the first inputs, all of them unless an error before stops them.
    template <class Slots, class R>
    task<void> run_chunk(Slots& inputs, std::vector<bobbin::outcome<R>>& outcomes,
                         bool stops_at_error) const {
        // An error that is tried again stops nobody.
        const bool skips = stops_at_error && options_.retries == 0;
        const std::uint32_t group = skips ? supervisor_->new_group() : 0;
        const auto calls = std::make_unique_for_overwrite<chunk_call<R>[]>(inputs.size());
        chunk_wait all(*supervisor_, inputs.size(), options_.retries);
        const auto& scope = co_await bobbin::detail::current_scope();
        // To encode takes as long as the inputs are large.
        bobbin::detail::loop_pace pace;
        segment_store& store = supervisor_->store();
        for (std::size_t i = 0; i < inputs.size();) {
            co_await pace.turn();
            if (scope.stop_requested()) co_return;  // none was sent
            const std::size_t end = i + pace.block(inputs.size() - i);
            for (; i < end; ++i) {
                calls[i].chunk = &all;
                calls[i].group = group;
                calls[i].place = static_cast<std::uint32_t>(i);
                if (prepare(calls[i], store, inputs[i].value)) all.add(calls[i]);
            }
        }
        co_await all;
        for (std::size_t i = 0; i < inputs.size() && calls[i].came; ++i)
            outcomes.push_back(*std::move(calls[i].came));
    }

private:
    // False: it can't be encoded.
    template <class R, class Input>
    bool prepare(chunk_call<R>& call, segment_store& store, const Input& input) const {
        call.timeout = options_.timeout;
        call.is_urgent = options_.priority == priority::high;
        try {
            describe_call<F, Input>(call, store, f_, input);
            return true;
        } catch (...) {
            call.came.emplace(bobbin::outcome<R>::failure(std::current_exception()));
            return false;
        }
    }

    std::shared_ptr<supervisor> supervisor_;
    F f_;
    map_options options_;
};

}}}  // namespace bobbin::v0::ipc::detail

BOBBIN_END_COROUTINES_OF_LAMBDAS
