// The workers of a process_pool, as jobs see them: what is posted here is done by one of them.
//
//     post ──▶ waiting ──▶ sent to a worker's job ring ──▶ claimed by it ──▶ ended()
//                 ▲                │ its worker died        │ its worker died: worker_died
//                 └────────────────┘                        ▼
// Whoever holds the lock may send: so a job goes straight from the thread that submits it to a
// worker that sleeps. Results are read by the driver, a thread that the workers ring a doorbell
// for, or by a thread that waits for the only job.
//
// A forked child has a copy without a driver, whose lock may be held for ever, and job rings that
// are its parent's still. There nothing is done that the functions below say, but that `post`
// throws pool_closed.
#pragma once

#include <bobbin/ipc/detail/pool/remote_call.hpp>
#include <bobbin/runtime/detail/os/process_generation.hpp>
#include <bobbin/runtime/thread_pool.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>

namespace bobbin { inline namespace v0 { namespace ipc {

struct process_pool_options;

namespace detail {

class supervisor_core;

class supervisor {
public:
    // Starts the workers. Throws what process_pool's constructor does.
    explicit supervisor(const process_pool_options& options);
    supervisor(const supervisor&) = delete;
    supervisor& operator=(const supervisor&) = delete;
    ~supervisor() = default;

    bool is_left_to_parent() const noexcept { return !home_.is_this(); }
    void check_not_left() const {
        if (is_left_to_parent()) [[unlikely]]
            bobbin::detail::throw_left_to_parent("this process_pool");
    }

    // Any thread. Throws pool_broken if there are no workers and will be none.
    void post(std::span<remote_call* const> calls);
    // For one that has ended: posts it again if that is worth it and allowed. False: its end
    // stands.
    bool tries_again(remote_call& call, unsigned retries) noexcept {
        return call.ended_as == remote_call::end::error && call.attempt <= retries &&
               post_again(call);
    }
    // True: it will not run, and ends as `withdrawn`. Any thread.
    bool withdraw(remote_call& call) noexcept;
    // That, or asks it to stop if it runs and can be asked.
    void ask_to_stop(remote_call& call) noexcept;
    // Whether a worker has begun it.
    bool has_begun(const remote_call& call) const noexcept;

    // Somebody is to be told of its end. Any thread.
    void awaited(remote_call& call) noexcept;
    // By who will wait for it: may do what brings its end. Any thread but the driver's.
    void bring(const remote_call& call);
    // Its `close_on_driver` is called there. For a call that has ended.
    void close_later(remote_call& call) noexcept;

    // For what a call's arguments are too large.
    segment_store& store() noexcept;
    std::uint32_t new_group() noexcept {
        return groups_.fetch_add(1, std::memory_order_relaxed) + 1;
    }
    unsigned size() const noexcept;
    thread_pool& driver() noexcept;
    // The calling thread is that one's. Also when that has ended.
    bool on_driver() const noexcept;
    // It would wait for itself if it waited for a job.
    bool is_needed_here() const noexcept;
    // All that has not begun is withdrawn, what runs is asked to stop.
    void stop() noexcept;
    // Waits until nothing is posted and nobody holds it.
    void drain();
    // After that: ends the workers, and the driver. In a forked child, leaves all as it is.
    void end();
    // Whoever means to post more.
    void hold() noexcept;
    void release() noexcept;

private:
    bool post_again(remote_call& call) noexcept;

    std::shared_ptr<supervisor_core> core_;
    std::atomic<std::uint32_t> groups_{0};
    const bobbin::detail::home_process home_;
};

}  // namespace detail
}}}  // namespace bobbin::v0::ipc
