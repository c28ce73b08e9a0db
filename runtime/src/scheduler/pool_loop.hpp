// The loop that a pool's threads run between two sleeps in Asio, and what they share for it: where
// a thread finds its next item (in its deque, among what came in from outside, in the deques of
// others), when it parks, and when Asio has its turn. What a thread does with an item is its
// worker's. See runtime/README.md, "The worker loop" and "Parking".
#pragma once

#include "scheduler/idle_threads.hpp"
#include "scheduler/injection_queue.hpp"
#include "scheduler/worker.hpp"

#include <bobbin/runtime/priority.hpp>
#include <bobbin/runtime/thread_pool_options.hpp>

#include <boost/asio/thread_pool.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace bobbin { inline namespace v0 { namespace detail {

class pool_loop final : public idle_threads {
public:
    // `owner` is what its workers say they belong to. The threads come to `asio` later.
    pool_loop(pool_core& owner, boost::asio::thread_pool& asio, unsigned threads);

    // Any thread. Sends `item` to the pool. False if there is no memory to wake a thread for it,
    // and then it was not sent. May throw std::bad_alloc: likewise.
    [[nodiscard]] bool inject(work_item item, priority how);

    // A thread of ours, in a handler of Asio's: runs `item` there.
    void resume_from_asio(worker& self, work_item item) noexcept;

    worker& worker_at(unsigned index) noexcept { return *workers_[index]; }
    unsigned threads() const noexcept { return static_cast<unsigned>(workers_.size()); }
    thread_pool_stats stats() const noexcept;
    // No work is left, and nobody looks for some: so it is when all threads have ended.
    bool at_rest() const noexcept { return parking_.at_rest() && !sees_work(); }

private:
    struct counters {
        std::atomic<std::uint64_t> injected{0}, stolen{0}, parked{0}, woken{0}, yielded{0};
    };
    // Whether a loop is looking for work to steal. Loops that Asio's completions began never do:
    // other completions wait behind them.
    enum class search : std::uint8_t { no, yes, never };

    bool take_back_injected(work_item item) noexcept;
    bool post_loop() noexcept override;
    void loop(worker& self, work_item item, search searching) noexcept;
    bool yield_to_asio(worker& self, work_item item) noexcept;
    work_item after_yield(worker& self, work_item item) noexcept;
    work_item find_work(worker& self, search& searching) noexcept;
    work_item search_everywhere(worker& self) noexcept;
    work_item steal(worker& self) noexcept;
    work_item steal_more(worker& self, stealable_deque<>& victim, work_item item) noexcept;
    bool sees_work() const noexcept;
    bool sees_work_after(parking<>::duty duty) const noexcept;
    void found_work_searching() noexcept;
    bool park(search searching) noexcept;
    bool look_later() noexcept;

    boost::asio::thread_pool& asio_;
    std::vector<std::unique_ptr<worker>> workers_;
    std::vector<stealable_deque<>*> victims_;  // their deques, as all threads see them
    injection_queue injected_;
    counters counters_;
};

}}}  // namespace bobbin::v0::detail
