// The inside of a supervisor: its lock, what that protects, and the parts that share it. Each part
// keeps its own state, and says what it needs: the lock, or the driver's thread.
//
//     post ─▶ table ─▶ sending ─▶ a slot's job ring ─▶ its worker ─▶ results ─▶ outcomes: told
//                         ▲                               │ ▲
//                         └─── limits: of time ───────────┤ └─── starter
//                              restarts: when it ends ◀───┴───── server
//
// The table and the slots are the truth, but for one thing: whether a job has begun is decided in
// its job ring.
#pragma once

#include "memory/segment_store.hpp"
#include "pool/dispatcher.hpp"
#include "pool/driver_thread.hpp"
#include "pool/job_table.hpp"
#include "pool/outcomes.hpp"
#include "pool/pool_server.hpp"
#include "pool/result_reader.hpp"
#include "pool/supervisor_lock.hpp"
#include "pool/time_limits.hpp"
#include "pool/worker_restarts.hpp"
#include "pool/worker_slot.hpp"
#include "pool/worker_starter.hpp"

#include <bobbin/ipc/process_pool_options.hpp>
#include <bobbin/runtime/detail/os/process_generation.hpp>

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

class supervisor_core : public std::enable_shared_from_this<supervisor_core>,
                        public bobbin::detail::left_to_parent {
public:
    explicit supervisor_core(const process_pool_options& options);

    // --- what a supervisor does: see supervisor.hpp ---

    // After the constructor, as these need a shared_ptr of it.
    void start();
    void end();
    // In a forked child, in place of `end`.
    void leave_to_parent() noexcept;

    void post(std::span<remote_call* const> calls);
    // False: it was asked to stop, and its end stands.
    bool post_again(remote_call& call);
    bool withdraw(remote_call& call) noexcept;
    void ask_to_stop(remote_call& call) noexcept;
    bool has_begun(const remote_call& call) const noexcept;
    void awaited(remote_call& call) noexcept;
    void close_later(remote_call& call) noexcept;
    void hold() noexcept;
    void release() noexcept;
    void drain();
    void stop() noexcept;

    // --- for the parts ---

    [[nodiscard]] supervisor_lock lock() { return {mutex, driver.doorbell()}; }
    // Under the lock: whether `stop` or `end` has begun.
    [[nodiscard]] bool was_stopped() const noexcept { return life_ != life::open; }
    [[nodiscard]] bool is_ending() const noexcept { return life_ == life::ends; }
    // Under the lock. The driver tells it.
    void end_later(remote_call& call, remote_call::end how) noexcept;
    // Without the lock.
    void tell(outcomes& those) noexcept;

    // `step(outcomes, supervisor_lock)`, by the driver, which can't tell anybody that it could not
    // do it: again, until there is memory for it, and without the lock in between. What the step
    // has done before it throws is told, and must not matter when it is done again.
    template <class Step>
    void by_driver(Step step);
    // What others want that only the driver may do. On the driver.
    void do_chores();

    const process_pool_options options;
    pool_server server;  // before any thread of ours
    driver_thread driver;
    const std::shared_ptr<segment_store> store = std::make_shared<segment_store>();
    mutable std::mutex mutex;
    job_table table;
    std::vector<std::unique_ptr<worker_slot>> slots;
    dispatcher sending{*this};
    result_reader results{*this};
    time_limits limits{*this};
    worker_starter starter{*this};
    worker_restarts restarts{*this};

private:
    // Under the lock.
    void post(supervisor_lock& ours, std::span<remote_call* const> calls);
    bool withdraw_now(remote_call& call) noexcept;
    void stop_one(remote_call& call) noexcept;

    enum class life : std::uint8_t { open, stopped, ends };
    life life_ = life::open;
    std::condition_variable drained_;
    std::shared_ptr<supervisor_core> itself_;  // in a forked child, for ever
};

template <class Step>
void supervisor_core::by_driver(Step step) {
    until_there_is_memory([&] {
        outcomes to;
        try {
            supervisor_lock ours = lock();
            step(to, ours);
        } catch (...) {
            tell(to);
            throw;
        }
        tell(to);
    });
}

}}}  // namespace bobbin::v0::ipc::detail
