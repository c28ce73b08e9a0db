// The place of one worker, whichever process that is at the time: what it has been sent, and what
// becomes of it. Under the supervisor's lock.
#pragma once

#include "os/lifeline.hpp"
#include "os/owned_descriptor.hpp"
#include "pool/dispatch_policy.hpp"
#include "pool/output_lines.hpp"
#include "pool/ring_ends.hpp"
#include "pool/supervisor_socket.hpp"
#include "process/last_words.hpp"

#include <bobbin/ipc/segment.hpp>
#include <bobbin/runtime/detail/os/asio_objects.hpp>

#include <array>
#include <cassert>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <sys/types.h>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

using bobbin::detail::pool_timer;

class remote_call;

// What becomes of a slot's worker.
//
//     vacant ── start ──▶ works ──▶ leaves_idle, leaves or damaged ── it has ended ──▶ vacant,
//      │ ▲ ▲                 └── it has ended ──▶ vacant                    or dismissed if idle
//      │ │ └── the time has come ── awaits_start ◀── a start has failed
//      │ └──── there are jobs ───── dismissed
//      └────── nothing is left after stop(), or at the pool's end ──────▶ dismissed
enum class slot_state : std::uint8_t {
    // without a worker
    vacant,        // it is to have one
    awaits_start,  // when `timer` has come
    dismissed,     // when there are jobs
    // with one
    works,
    leaves_idle,  // it was asked to, as there was nothing to do
    leaves,       // it is sent nothing more
    damaged,      // nor is anything read from it, as what stands in its job ring can't be
};

constexpr bool may_become(slot_state from, slot_state to) noexcept {
    using enum slot_state;
    switch (from) {
        case vacant:  // also again
            return to != leaves_idle && to != leaves && to != damaged;
        case awaits_start:
            return to == vacant;
        case dismissed:
            return to == vacant || to == dismissed;
        case works:
            return to == vacant || to > works;
        case leaves_idle:
            return to == dismissed || to > works;
        case leaves:
            return to == vacant || to > leaves_idle;
        case damaged:
            return to == vacant;
    }
    return false;
}

struct worker_slot {
    struct sent {
        remote_call* call = nullptr;  // null: retracted, or expired
        std::uint64_t arguments_end = 0;
        bool is_retracted = false;
    };

    using clock = std::chrono::steady_clock;

    [[nodiscard]] bool has_worker() const noexcept { return state >= slot_state::works; }
    [[nodiscard]] bool is_leaving() const noexcept { return state > slot_state::works; }
    [[nodiscard]] bool may_be_sent_more() const noexcept {
        return state == slot_state::works && in_ring() < job_ring::jobs_at_once && !has_timed_job &&
               !is_held_up && !refuses;
    }
    [[nodiscard]] std::uint64_t in_ring() const noexcept { return submitted - answered; }
    // Without those that were retracted.
    [[nodiscard]] std::uint64_t to_do() const noexcept { return in_ring() - retracted; }
    [[nodiscard]] worker_load load() const noexcept {
        return {.to_do = to_do(), .takes_more = may_be_sent_more(), .busy_since = busy_since};
    }
    void become(slot_state next) noexcept {
        assert(may_become(state, next));
        state = next;
    }
    // Of another worker, which works.
    void begin_anew();

    // False: it is begun.
    bool retract(std::uint64_t number) noexcept;
    bool has_begun(std::uint64_t number) noexcept {
        return number < answered || ring.is_claimed(number);
    }
    // The first that is not, if any.
    std::uint64_t first_unbegun() noexcept;
    sent& job(std::uint64_t number) noexcept { return jobs[number % job_ring::jobs_at_once]; }
    [[nodiscard]] bool may_be_read() const noexcept {
        return has_worker() && state != slot_state::damaged;
    }
    // Not read yet.
    [[nodiscard]] bool has_results() const noexcept {
        return may_be_read() && ring.finished() != results_read;
    }
    // Of who is about to sleep, or does. True: there is something to be read already.
    [[nodiscard]] bool ask(wake_up how) noexcept {
        return has_worker() && ring.ask(how, results_read) && may_be_read();
    }
    // SIGKILL reaches it in any case.
    void send_signal(int signal) noexcept;
    // Its worker sees what it was sent. True: it sleeps, and is to be woken.
    [[nodiscard]] bool publish() noexcept;

    std::uint32_t index = 0;
    std::uint64_t generation = 0;  // which of the slot's workers that is
    unsigned failed_starts = 0;    // since its last that became one
    slot_state state = slot_state::vacant;
    // Of the job with a timeout that it has; or when its worker is ended, or started.
    std::unique_ptr<pool_timer> timer;

    // The worker.
    std::optional<segment> memory;
    supervisor_end ring;  // of none if there is no worker
    std::unique_ptr<supervisor_socket> socket;
    lifeline holds;                        // its worker alive
    std::shared_ptr<output_lines> output;  // none if it is inherited
    owned_descriptor pidfd;                // none until it has started
    pid_t pid = -1;
    std::optional<last_words> words;  // of a child that did not become a worker
    bool lost_its_start = false;      // as the server went before it had told of it

    // What it was sent, by number, and what it has answered.
    std::uint64_t submitted = 0;
    std::uint64_t answered = 0;
    std::uint64_t published = 0;
    std::uint64_t retracted = 0;
    std::uint64_t arguments_begin = 0;
    std::uint64_t arguments_end = 0;
    std::uint64_t results_read = 0;
    std::array<sent, job_ring::jobs_at_once> jobs;
    clock::time_point busy_since;
    bool has_timed_job = false;
    bool is_held_up = false;  // it has answered nothing for long
    bool ran_dry = false;     // it had nothing left when it was read, although jobs waited
    bool refuses = false;     // it has no room for what is to be sent now
};

}}}  // namespace bobbin::v0::ipc::detail
