// Chunks of a map, run by a crew.
#pragma once

#include <bobbin/ipc/detail/crew.hpp>
#include <bobbin/ipc/detail/remote_job.hpp>
#include <bobbin/runtime/detail/join_scope.hpp>
#include <bobbin/runtime/detail/lambda_coroutines.hpp>
#include <bobbin/runtime/detail/wait_point.hpp>
#include <bobbin/runtime/job_options.hpp>
#include <bobbin/runtime/outcome.hpp>
#include <bobbin/runtime/task.hpp>

#include <atomic>
#include <coroutine>
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

BOBBIN_BEGIN_COROUTINES_OF_LAMBDAS

namespace bobbin::inline v0::ipc::detail {

class calls_of_chunk;

class chunk_call final : public remote_call {
public:
    std::exception_ptr not_sent;  // as its arguments could not be encoded

private:
    friend calls_of_chunk;
    void ended() noexcept override;
    calls_of_chunk* chunk_ = nullptr;
};

// The calls of one chunk, and who waits for all of them. When that task is asked to stop, so are
// they.
class calls_of_chunk {
public:
    calls_of_chunk(crew& by, std::size_t count, unsigned retries);
    calls_of_chunk(const calls_of_chunk&) = delete;
    calls_of_chunk& operator=(const calls_of_chunk&) = delete;

    [[nodiscard]] chunk_call& call(std::size_t i) noexcept { return calls_[i]; }

    class awaiter {
    public:
        explicit awaiter(calls_of_chunk& of) noexcept : of_(&of) {}
        bool await_ready() const noexcept { return false; }
        template <class P>
        bool await_suspend(std::coroutine_handle<P> waiting) {
            return of_->suspend(bobbin::detail::as_resumption(waiting), *waiting.promise().scope);
        }
        void await_resume() const { of_->watch_.disarm(); }

    private:
        calls_of_chunk* of_;
    };
    // Sends those that could be encoded and waits for them. Throws pool_broken.
    auto await_native() noexcept { return awaiter(*this); }

private:
    friend chunk_call;
    friend bobbin::detail::stop_watch<calls_of_chunk>;
    bool suspend(bobbin::detail::work_item waiting, bobbin::detail::join_scope& scope);
    void one_ended() noexcept;
    void stop() noexcept;

    crew* const crew_;
    const unsigned retries_;
    const std::unique_ptr<chunk_call[]> calls_;
    const std::size_t count_;
    std::atomic<std::size_t> left_{0};  // and one for `suspend` itself
    std::atomic<bool> stopped_{false};
    bobbin::detail::suspended_task waiting_;
    bobbin::detail::stop_watch<calls_of_chunk> watch_;
};

class crew_hold {
public:
    explicit crew_hold(std::shared_ptr<crew> held) : held_(std::move(held)) { held_->hold(); }
    crew_hold(crew_hold&&) noexcept = default;
    crew_hold& operator=(crew_hold&&) = delete;
    ~crew_hold() {
        if (held_ != nullptr) held_->release();
    }

private:
    std::shared_ptr<crew> held_;
};

// F, as a pool runs chunks of it elsewhere.
template <class F>
class run_by_crew {
public:
    using runs_chunks = void;
    run_by_crew(std::shared_ptr<crew> by, F f, const map_options& options)
        : crew_(std::move(by)), f_(std::move(f)), options_(options) {}

    // By whoever will run chunks: so the crew is not idle between two of them.
    [[nodiscard]] crew_hold hold() const { return crew_hold(crew_); }

    // Outcomes of the first inputs, all of them unless an error before stops them.
    template <class Slots, class R>
    task<void> run_chunk(Slots& inputs, std::vector<bobbin::outcome<R>>& outcomes,
                         bool stops_at_error) const {
        calls_of_chunk calls(*crew_, inputs.size(), options_.retries);
        // An error that is tried again stops nobody.
        const bool skips = stops_at_error && options_.retries == 0;
        const std::uint32_t group = skips ? crew_->new_group() : 0;
        for (std::size_t i = 0; i < inputs.size(); ++i)
            prepare(calls.call(i), inputs[i].value, group, static_cast<std::uint32_t>(i));
        co_await calls;
        for (std::size_t i = 0; i < inputs.size(); ++i) {
            chunk_call& each = calls.call(i);
            if (each.not_sent != nullptr)
                outcomes.emplace_back(each.not_sent);
            else if (each.ended_as == remote_call::end::skipped ||
                     each.ended_as == remote_call::end::withdrawn)
                break;
            else
                outcomes.push_back(outcome_of_call<R>(each));
        }
    }

private:
    template <class Input>
    void prepare(chunk_call& call, const Input& input, std::uint32_t group,
                 std::uint32_t place) const {
        try {
            describe_call<F, Input>(call, f_, input);
        } catch (...) {
            call.not_sent = std::current_exception();
        }
        call.group = group;
        call.place = place;
        call.timeout = options_.timeout;
        call.is_urgent = options_.priority == priority::high;
    }

    std::shared_ptr<crew> crew_;
    F f_;
    map_options options_;
};

}  // namespace bobbin::inline v0::ipc::detail

BOBBIN_END_COROUTINES_OF_LAMBDAS
