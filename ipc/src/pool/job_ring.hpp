// The way to one worker and back (ring_ends.hpp says what each end may do with it): a ring of jobs
// and a ring of results, each with one writer and one reader. It is that worker's alone, so that
// whatever a worker leaves behind when it dies damages nobody else; the memory is thrown away with
// it.
//
//     application                                   worker
//       arguments, slot := queued, submitted ──────▶ sleeps on `submitted`
//                                                     queued → claimed, or sees retracted
//       queued → retracted takes a job back           runs it
//       reads results    ◀── doorbell, if it sleeps ───── result, finished
//
// A job is in one slot, and its state says who has it: it can be taken back by a compare-and-swap
// as long as the worker has not claimed it by another. The number of the job is part of the word,
// so that neither takes a slot for what it was before. Each slot has one result, in order: of a
// job that was taken back, that it was.
//
// Orders: what lies before `submitted` is published by its release, what lies before `finished`
// likewise (result_signal.hpp says how its reader is woken). The state itself needs none: all it
// decides is who may go on. Nor does the time at which a job began.
#pragma once

#include "pool/result_signal.hpp"
#include "sync/event_count.hpp"

#include <bobbin/ipc/detail/encoding/payload.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <sys/types.h>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

enum class owner_state : std::uint32_t { queued, claimed, retracted };

template <class Atomics = shared_atomics>
class job_owner {
public:
    // By the application, when the slot's job before was answered.
    void queue(std::uint64_t job) noexcept {
        state_.store(word(job, owner_state::queued), std::memory_order_relaxed);
    }
    // By the worker; false: it was taken back.
    bool claim(std::uint64_t job) noexcept { return move_on(job, owner_state::claimed); }
    // By the application; false: it is claimed, or was.
    bool retract(std::uint64_t job) noexcept { return move_on(job, owner_state::retracted); }
    [[nodiscard]] bool is_claimed(std::uint64_t job) const noexcept {
        return state_.load(std::memory_order_relaxed) == word(job, owner_state::claimed);
    }

private:
    static constexpr std::uint32_t word(std::uint64_t job, owner_state state) noexcept {
        return static_cast<std::uint32_t>(job << 2U) | static_cast<std::uint32_t>(state);
    }
    bool move_on(std::uint64_t job, owner_state to) noexcept {
        std::uint32_t queued = word(job, owner_state::queued);
        return state_.compare_exchange_strong(queued, word(job, to), std::memory_order_relaxed);
    }

    typename Atomics::template atomic<std::uint32_t> state_{0};
};

struct job_description {
    std::uint32_t group = 0;     // after an error in a group, jobs with a later place in it are not
                                 // begun; 0: none
    std::uint32_t place = 0;     // in its group
    std::uint64_t callable = 0;  // its key
    std::uint64_t begin = 0;     // of the arguments in the ring, or the id of their segment
    std::uint64_t size = 0;
};

struct ring_job {
    job_owner<> owner;
    std::uint32_t in_segment = 0;  // 1 or 0
    job_description what;
};

enum class answer : std::uint32_t { value, error, skipped, retracted };

// Stands before a result in the ring.
struct result_header {
    std::uint64_t job = 0;
    std::uint64_t size = 0;     // of what follows, or of what the segment holds
    std::uint64_t segment = 0;  // 0: it follows
    answer what = answer::value;
    std::uint32_t unused = 0;
};

// What a worker is told when it starts, and what it tells when it ends.
struct worker_terms {
    std::uint64_t most_jobs = 0;  // 0: no limit
    std::uint64_t most_memory = 0;
    std::uint32_t threads = 0;
    // 1: the first job is one, without which no other is done; 1: the next one is kept for the end.
    std::uint16_t has_initializer = 0;
    std::uint16_t has_finalizer = 0;
    std::atomic<std::uint32_t> has_left{0};   // 1: as one of these was reached
    std::atomic<std::uint32_t> has_state{0};  // 1: it has something to destroy at its end
};

// Of the job with a timeout, which is alone in its job ring.
struct timed_job {
    std::uint64_t number = ~std::uint64_t{0};
    std::uint64_t limit_ns = 0;
    std::atomic<std::uint64_t> begun_ns{0};  // by the worker, as its steady clock says; 0: not yet
};

// How many segments could not be received, for want of a descriptor or memory: a job that names one
// has failed, and whoever sent them sends each anew from then on. Relaxed: the result that tells of
// the failure is published later.
struct lost_segments {
    std::atomic<std::uint32_t> by_worker{0};
    std::atomic<std::uint32_t> by_application{0};
};

struct job_ring {
    static constexpr std::size_t jobs_at_once = 512;
    static constexpr std::size_t ring_bytes = 8 * payload::most_outside;

    ring_job& job(std::uint64_t number) noexcept { return jobs[number % jobs_at_once]; }

    alignas(128) event_count<> submitted;   // jobs so far; closed: the worker is to end
    alignas(128) event_count<> read;        // bytes of results that the application is done with
    alignas(128) result_signal<> finished;  // bytes of results
    alignas(128) worker_terms terms;
    timed_job timed;
    lost_segments lost;
    // The worker's, by itself: the server may die before it has told the application.
    std::atomic<pid_t> pid{-1};
    alignas(128) std::array<ring_job, jobs_at_once> jobs;
    // Rings of bytes: see wrapped_bytes.hpp.
    std::array<std::byte, ring_bytes> arguments;
    std::array<std::byte, ring_bytes> results;
};

// README.md draws them.
static_assert(offsetof(job_ring, lost) == 440);
static_assert(sizeof(ring_job) == 40 && sizeof(result_header) == 32);
static_assert(offsetof(job_ring, jobs) == 512 && offsetof(job_ring, arguments) == 20'992);

}}}  // namespace bobbin::v0::ipc::detail
