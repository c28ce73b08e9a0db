// The way into a pool from outside: items that its threads take when they have a turn for them.
#pragma once

#include "scheduler/worker.hpp"

#include <bobbin/runtime/detail/task/work_item.hpp>
#include <bobbin/runtime/priority.hpp>

#include <atomic>
#include <cstddef>
#include <deque>
#include <mutex>

namespace bobbin { inline namespace v0 { namespace detail {

class injection_queue {
public:
    // Any thread. What has priority goes before all that has not. May throw std::bad_alloc.
    void push(work_item item, priority how);

    // Any thread. Takes `item` out of the queue again; false if a thread of the pool has it.
    bool take_back(work_item item) noexcept;

    // The thread of `self`, one of so many. The first item, or 0; some of the next, if they have no
    // priority, go to the deque. There is room for one item more in that if there was before.
    work_item take(worker& self, std::size_t threads) noexcept {
        // Relaxed: a hint; whoever must not miss anything asks `has_items`.
        return size_.load(std::memory_order_relaxed) == 0 ? 0 : take_some(self, threads);
    }

    // Any thread. Seq_cst, with the store in `push`, after `parking::leave`.
    bool has_items() const noexcept { return size_.load(std::memory_order_seq_cst) > 0; }

private:
    work_item take_some(worker& self, std::size_t threads) noexcept;

    std::mutex mutex_;
    std::deque<work_item> items_;
    std::size_t urgent_ = 0;            // those in front, of high priority
    std::atomic<std::size_t> size_{0};  // written under the mutex, read without
};

}}}  // namespace bobbin::v0::detail
