// Reads what comes back from workers, and has it told: the driver's loop, and a thread that waits
// for the only job.
//
//     driver:  looks ──▶ nothing left: asks every worker to wake it ──▶ sleeps
//                ▲                                                         │
//                └─────────── the doorbell rings, or it has napped ────────┘
//
// Invariant: results are read by who has `reading_`, in their workers' order, and are told before
// that is given back; and before the driver sleeps, it has asked each worker to wake it, and has
// looked again.
#pragma once

#include "os/doorbell.hpp"
#include "os/owned_descriptor.hpp"
#include "pool/driver_sleep.hpp"
#include "pool/driver_thread.hpp"
#include "pool/outcomes.hpp"
#include "pool/supervisor_lock.hpp"
#include "pool/worker_slot.hpp"

#include <mutex>
#include <optional>
#include <span>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

class supervisor_core;

class result_reader {
public:
    // Throws std::system_error.
    explicit result_reader(supervisor_core& core);

    // --- the driver's loop ---

    // Before `listen`. Throws std::system_error.
    void open();
    void listen();
    void close() noexcept;
    [[nodiscard]] bool is_open() const noexcept { return doorbell_.has_value(); }
    // Reads what there is. True: it may be worth another look.
    bool look();
    // Whoever reads results holds it until they are told, also while the supervisor's lock is
    // taken and given back.
    [[nodiscard]] std::unique_lock<std::mutex> hold_reading() { return std::unique_lock(reading_); }

    // --- a thread that waits ---

    // Until the call has ended, or the driver reads it.
    void bring(const remote_call& call);
    // It tells jobs of their ends.
    [[nodiscard]] bool tells_on_this_thread() const noexcept;
    [[nodiscard]] int waiter_doorbell() const noexcept { return waiter_doorbell_.get(); }
    // It looks whether its call has ended.
    void wake_waiter() const noexcept { ring(waiter_doorbell_.get()); }

    // --- under the supervisor's lock ---

    // Of one worker. False: there was nothing. May throw std::bad_alloc, before it has read any.
    bool read(worker_slot& at, outcomes& to);
    // Somebody waits from now on.
    void hurry(supervisor_lock& ours) noexcept;
    [[nodiscard]] bool has_waiter() const noexcept { return has_waiter_; }

private:
    static std::optional<result_header> header_of(const worker_slot& at,
                                                  std::span<const std::byte> result) noexcept;
    bool read_all_rings(bool& any) noexcept;
    bool must_look_again(wake_up then);
    bool look_on(wake_up then);
    void look_a_second_time();
    void set_second_look();
    void later(void (result_reader::*what)());
    void tell();
    bool read_alone(const remote_call& call);
    [[nodiscard]] bool is_the_only_one(const remote_call& call) const noexcept;

    supervisor_core& core_;
    std::mutex reading_;  // before the supervisor's
    outcomes outcomes_;   // of who reads, so that its memory is used again
    driver_sleep sleep_;
    std::optional<pool_descriptor> doorbell_;
    std::optional<pool_timer> second_look_;
    const owned_descriptor waiter_doorbell_;
    bool has_waiter_ = false;
};

}}}  // namespace bobbin::v0::ipc::detail
