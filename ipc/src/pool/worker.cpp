// See worker.hpp.
#include "pool/worker.hpp"

#include "encoding/exception_codec.hpp"
#include "memory/segment_store.hpp"
#include "os/doorbell.hpp"
#include "os/lifeline.hpp"
#include "os/memory_room.hpp"
#include "os/thread_caps.hpp"
#include "pool/job_time.hpp"
#include "pool/result_writer.hpp"
#include "pool/worker_socket.hpp"
#include "process/last_call.hpp"
#include "process/last_words.hpp"
#include "process/make_call.hpp"
#include "process/run_and_exit.hpp"
#include "process/server_packet.hpp"
#include "process/worker_states.hpp"

#include <bobbin/ipc/detail/process/job_context.hpp>
#include <bobbin/ipc/segment.hpp>
#include <bobbin/ipc/worker_state.hpp>
#include <bobbin/runtime/detail/os/fault_point.hpp>
#include <bobbin/runtime/detail/os/process_generation.hpp>
#include <bobbin/runtime/detail/os/spin_pause.hpp>
#include <bobbin/runtime/errors.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <optional>
#include <typeinfo>
#include <unistd.h>

namespace bobbin { inline namespace v0 { namespace ipc::detail {
namespace {

using bobbin::detail::fault_point;

class worker final : job_context {
public:
    worker(segment memory, int control, int doorbell, int waiter_doorbell)
        : memory_(std::move(memory)),
          ring_(*reinterpret_cast<job_ring*>(memory_.data())),
          socket_(control, ring_.lost()),
          results_(ring_, socket_, doorbell, waiter_doorbell) {
        cap_library_threads(ring_.terms().threads);
        tell_of_states(ring_.has_state());
        ring_.begin_to_work(::getpid());
    }

    void run() {
        for (std::uint64_t number = 0; await_job(number); ++number) {
            const job_description& job = ring_.job(number);
            fault_point("worker.before_claim");
            time_.begin(number);  // first, or nobody would know when the job that it claims began
            if (!ring_.claim(number)) {
                results_.write(number, answer::retracted, {});
            } else if (job.group != 0 && job.group == failed_group_ && job.place > failed_place_) {
                results_.write(number, answer::skipped, {});
            } else if (is_finalizer(number)) {
                keep_finalizer(number, job);
            } else {
                fault_point("worker.claimed");
                results_.job_begins();
                const bool done = do_job(number, job);
                ++jobs_done_;
                if (must_leave(number, done)) return leave();
            }
        }
    }

    // What it does when it leaves by itself. Not if its initializer failed: it was told no more.
    void finish() {
        payload_writer to(result_, *store_);
        writer_ = &to;
        is_finishing_ = true;
        last_.run(*this);
        destroy_states();
    }

private:
    using clock = std::chrono::steady_clock;

    [[nodiscard]] bool is_finalizer(std::uint64_t number) const noexcept {
        const worker_terms& terms = ring_.terms();
        return terms.has_finalizer != 0 && number == terms.has_initializer;
    }

    void keep_finalizer(std::uint64_t number, const job_description& job) {
        try {
            take_arguments(number, job);
            last_.keep(find(job.callable), arguments);
            results_.write(number, answer::value, {});
        } catch (...) {
            answer_with_error(number, job, std::current_exception());
        }
        arguments_.reset();
    }

    bool must_leave(std::uint64_t number, bool done) {
        const worker_terms& terms = ring_.terms();
        const bool is_initializer = number == 0 && terms.has_initializer != 0;
        if (is_initializer && !done) return true;
        if (terms.most_jobs != 0 && jobs_done_ >= terms.most_jobs) return true;
        if (terms.most_memory == 0 || is_initializer) return false;
        const auto now = clock::now();
        if (now - memory_read_ < std::chrono::milliseconds(1)) return false;
        memory_read_ = now;
        return resident_memory() > terms.most_memory;
    }

    // Whatever else was sent here is done by others.
    void leave() {
        ring_.leave();
        results_.ring();
    }

    // False: there will be no more.
    bool await_job(std::uint64_t number) {
        if (is_there(number)) return true;
        results_.ring_if_due(wake_up_moment::out_of_jobs);
        const bool any = sleep_until_job(number);
        results_.has_slept();
        return any;
    }

    bool is_there(std::uint64_t number) {
        if (submitted_ <= number) submitted_ = ring_.submitted();
        return submitted_ > number;
    }

    bool sleep_until_job(std::uint64_t number) {
        for (;;) {
            constexpr int looks = 100;
            for (int i = 0; i < looks; ++i) {
                submitted_ = ring_.submitted();
                if (submitted_ > number) return true;
                bobbin::detail::spin_pause();
            }
            const auto key = ring_.before_sleep();
            if (ring_.submitted() > number) continue;
            if (ring_.is_closed()) return false;
            flush_output();  // who looks at it does not wait for the next job
            ring_.sleep(key);
        }
    }

    bool do_job(std::uint64_t number, const job_description& job) {
        number_ = number;
        is_answered_ = false;
        results_.free_those_read();
        payload_writer to(result_, *store_);
        writer_ = &to;
        bobbin::outcome<void> ended;
        try {
            const auto* const called = find(job.callable);  // first: an error names it
            take_arguments(number, job);
            ended = make_call(called, *this);
        } catch (...) {
            ended = bobbin::outcome<void>(std::current_exception());
        }
        end_if_copy();
        arguments_.reset();
        if (!is_answered_) {
            answer_with_error(number, job,
                              time_.is_over() ? time_.error(callable_type()) : ended.error());
        }
        result_.clear();
        return is_answered_;
    }

    // A job that forks may return in the copy, too. That answers nothing, and writes into nothing
    // that both have.
    void end_if_copy() const noexcept {
        if (!home_.is_this()) ::_exit(0);
    }

    writer& result() override {
        end_if_copy();
        return *writer_;
    }

    // Throws if there is no memory, or no descriptor, for its result, or it comes too late.
    void send_result(bool has_destructors) override {
        end_if_copy();
        if (is_finishing_) return;
        fault_point("worker.has_run");
        if (time_.is_over()) std::rethrow_exception(time_.error(callable_type()));
        writer_->finish();
        results_.write(number_, answer::value, result_);
        is_answered_ = true;
        if (has_destructors) results_.ring_if_due(wake_up_moment::after_result);
    }

    void answer_with_error(std::uint64_t number, const job_description& job,
                           const std::exception_ptr& error) {
        if (job.group != 0) {
            failed_group_ = job.group;
            failed_place_ = job.place;
        }
        payload text;
        payload_writer to(text, *store_);
        encoder bytes(to);
        ipc::encode_exception(bytes, error);
        to.finish();
        results_.write(number, answer::error, text);
    }

    void take_arguments(std::uint64_t number, const job_description& job) {
        segments = &socket_;
        if (ring_.is_in_segment(number)) {
            arguments_ = socket_.find(job.begin);
            if (job.size > arguments_->size()) throw protocol_error("bobbin: a job ring");
            arguments = {arguments_->data(), job.size};
            return;
        }
        copy_.resize(job.size);
        ring_.read_arguments(job.begin, copy_);
        arguments = copy_;
    }

    const bobbin::detail::callable_entry* find(std::uint64_t key) {
        // The table has a lock; mostly it is the same callable again.
        if (key != callable_key_) callable_ = bobbin::detail::find_callable(key);
        callable_key_ = key;
        return callable_;
    }

    [[nodiscard]] const std::type_info* callable_type() const noexcept {
        return callable_ == nullptr ? nullptr : callable_->type;
    }

    thread_pool& runtime() override {
        socket_.end_if_closed();  // or the pool's would be, too
        if (!runtime_) runtime_.emplace(thread_pool_options{.threads = 1, .name = "bobbin-job"});
        return *runtime_;
    }
    void begins(bobbin::detail::job_core& coroutine) override { socket_.begin(number_, coroutine); }
    void ended() noexcept override { socket_.end(); }

    const segment memory_;
    worker_end ring_;
    worker_socket socket_;
    result_writer results_;
    const std::shared_ptr<segment_store> store_ = std::make_shared<segment_store>();
    std::optional<thread_pool> runtime_;
    const bobbin::detail::callable_entry* callable_ = nullptr;
    std::uint64_t callable_key_ = 0;
    std::optional<segment> arguments_;
    std::vector<std::byte> copy_;
    payload result_;
    payload_writer* writer_ = nullptr;  // of the job that runs
    const bobbin::detail::home_process home_;
    std::uint64_t submitted_ = 0;  // as far as it was seen
    std::uint64_t number_ = 0;
    std::uint64_t jobs_done_ = 0;
    bool is_answered_ = false;
    bool is_finishing_ = false;
    last_call last_;
    std::uint32_t failed_group_ = 0;
    std::uint32_t failed_place_ = 0;
    job_time time_{ring_.timed()};
    clock::time_point memory_read_;
};

int at(const std::vector<owned_descriptor>& descriptors, worker_descriptor which) {
    return descriptors.at(static_cast<std::size_t>(which)).get();
}

}  // namespace

void run_worker(std::uint32_t /*worker_slot*/, std::uint32_t /*depth*/,
                std::vector<owned_descriptor> descriptors) {
    try {
        hold_lifeline(at(descriptors, worker_descriptor::lifeline));
        worker own(segment::adopt_unsealed(descriptors.at(0).release()),
                   at(descriptors, worker_descriptor::control),
                   at(descriptors, worker_descriptor::doorbell),
                   at(descriptors, worker_descriptor::waiter_doorbell));
        own.run();
        own.finish();
        flush_output();
        ::_exit(0);  // no static object is destroyed, and no thread waited for
    } catch (const std::exception& error) {
        // If it has begun no job, this is read.
        tell_why_not(at(descriptors, worker_descriptor::control), error);
        end_worker(error.what());
    }
}

}}}  // namespace bobbin::v0::ipc::detail
