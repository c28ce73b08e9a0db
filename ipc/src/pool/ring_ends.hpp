// The two ends of a job ring, as types: what only the other end may do does not compile. Views of
// the same memory, which outlives them.
#pragma once

#include "memory/wrapped_bytes.hpp"
#include "pool/job_ring.hpp"

#include <bobbin/runtime/deadline.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <sys/types.h>
#include <utility>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

// The application's.
class supervisor_end {
public:
    supervisor_end() noexcept = default;  // of none
    explicit supervisor_end(job_ring& ring) noexcept : ring_(&ring) {}
    explicit operator bool() const noexcept { return ring_ != nullptr; }

    // --- jobs, under the supervisor's lock ---

    void write_arguments(std::uint64_t at, std::span<const std::byte> bytes) noexcept {
        write_wrapped(std::span(ring_->arguments), at, bytes);
    }
    // When the job before in its place was answered.
    void put(std::uint64_t number, const job_description& what, bool in_segment) noexcept {
        ring_job& job = ring_->job(number);
        job.what = what;
        job.in_segment = in_segment ? 1 : 0;
        job.owner.queue(number);
    }
    // False: it is begun.
    [[nodiscard]] bool retract(std::uint64_t number) noexcept {
        return ring_->job(number).owner.retract(number);
    }
    [[nodiscard]] bool is_claimed(std::uint64_t number) const noexcept {
        return ring_->job(number).owner.is_claimed(number);
    }
    // The worker sees so many. True: it sleeps, and is to be woken.
    [[nodiscard]] bool publish(std::uint64_t jobs) noexcept {
        return ring_->submitted.publish_silently(jobs);
    }
    void wake() noexcept { ring_->submitted.wake(); }
    // The worker ends when it has done what it sees.
    void close() noexcept { ring_->submitted.close(); }

    // --- results ---

    // How many bytes there have been.
    [[nodiscard]] std::uint64_t finished() const noexcept { return ring_->finished.read(); }
    // Before the reader sleeps. True: there is more than it has read.
    [[nodiscard]] bool ask(wake_up how, std::uint64_t has_read) noexcept {
        return ring_->finished.ask(how, has_read);
    }
    void read_results(std::uint64_t at, std::span<std::byte> to) const noexcept {
        read_wrapped(std::span(std::as_const(ring_->results)), at, to);
    }
    // Those before are the worker's room again.
    void free_results(std::uint64_t read) noexcept {
        if (ring_->read.own() != read) ring_->read.publish(read);
    }

    // --- the worker ---

    void limit(std::uint64_t job, std::uint64_t nanoseconds) noexcept {
        ring_->timed.number = job;
        ring_->timed.limit_ns = nanoseconds;
        ring_->timed.begun_ns.store(0, std::memory_order_relaxed);
    }
    // When it began that job; 0: not yet.
    [[nodiscard]] std::uint64_t begun_ns() const noexcept {
        return ring_->timed.begun_ns.load(std::memory_order_relaxed);
    }
    // -1: it has not begun to work.
    [[nodiscard]] pid_t pid() const noexcept { return ring_->pid.load(std::memory_order_relaxed); }
    // As it has reached a limit.
    [[nodiscard]] bool has_left() const noexcept {
        return ring_->terms.has_left.load(std::memory_order_acquire) != 0;  // with `leave`
    }
    // It has something to destroy at its end.
    [[nodiscard]] bool has_state() const noexcept {
        return ring_->terms.has_state.load(std::memory_order_acquire) != 0;  // with its release
    }

private:
    job_ring* ring_ = nullptr;
};

// The worker's.
class worker_end {
public:
    explicit worker_end(job_ring& ring) noexcept : ring_(&ring) {}

    [[nodiscard]] const worker_terms& terms() const noexcept { return ring_->terms; }
    [[nodiscard]] std::atomic<std::uint32_t>& has_state() noexcept {
        return ring_->terms.has_state;
    }
    [[nodiscard]] lost_segments& lost() noexcept { return ring_->lost; }
    void begin_to_work(pid_t self) noexcept { ring_->pid.store(self, std::memory_order_relaxed); }
    // What it has not begun is others'.
    void leave() noexcept {
        // Release, with the acquire in `has_left`, for what the application has read by then.
        ring_->terms.has_left.store(1, std::memory_order_release);
    }

    // --- jobs ---

    [[nodiscard]] std::uint64_t submitted() const noexcept { return ring_->submitted.read(); }
    using key = event_count<>::key;
    [[nodiscard]] key before_sleep() const noexcept { return ring_->submitted.current(); }
    void sleep(key seen) { ring_->submitted.wait(seen, deadline::never); }
    [[nodiscard]] bool is_closed() const noexcept { return ring_->submitted.closed(); }
    // False: it was taken back.
    [[nodiscard]] bool claim(std::uint64_t number) noexcept {
        return ring_->job(number).owner.claim(number);
    }
    [[nodiscard]] const job_description& job(std::uint64_t number) const noexcept {
        return ring_->job(number).what;
    }
    [[nodiscard]] bool is_in_segment(std::uint64_t number) const noexcept {
        return ring_->job(number).in_segment != 0;
    }
    void read_arguments(std::uint64_t at, std::span<std::byte> to) const noexcept {
        read_wrapped(std::span(std::as_const(ring_->arguments)), at, to);
    }
    [[nodiscard]] timed_job& timed() noexcept { return ring_->timed; }

    // --- results ---

    void write_result(std::uint64_t at, std::span<const std::byte> bytes) noexcept {
        write_wrapped(std::span(ring_->results), at, bytes);
    }
    [[nodiscard]] result_signal<>& finished() noexcept { return ring_->finished; }
    // Bytes that the application is done with.
    [[nodiscard]] std::uint64_t freed() const noexcept { return ring_->read.read(); }
    [[nodiscard]] key before_sleep_for_room() const noexcept { return ring_->read.current(); }
    void sleep_for_room(key seen) { ring_->read.wait(seen, deadline::never); }

private:
    job_ring* ring_;
};

}}}  // namespace bobbin::v0::ipc::detail
