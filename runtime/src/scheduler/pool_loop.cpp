// What a pool's threads do between two sleeps in Asio. See runtime/README.md, "The worker loop" and
// "Parking".
#include "os/heavy_barrier.hpp"
#include "os/hooks.hpp"
#include "scheduler/pool_core.hpp"

#include <bobbin/runtime/detail/os/spin_pause.hpp>

#include <boost/asio/defer.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <new>
#include <utility>

namespace bobbin { inline namespace v0 { namespace detail {

namespace {

// Sweeps over all deques before a searching thread gives up: a few microseconds.
constexpr int search_rounds = 100;
// Stolen at once, at most, besides the first.
constexpr std::int64_t largest_loot = 16;
// Taken from the injection queue at once, at most.
constexpr std::size_t largest_batch = 32;

void count(std::atomic<std::uint64_t>& counter) noexcept {
    counter.fetch_add(1, std::memory_order_relaxed);
}

worker& own_worker() noexcept {
    return *current_worker;
}

}  // namespace

bool pool_core::wake_one() noexcept {
    if (!idle_.try_wake()) return true;
    try {
        count(counters_.woken);
        boost::asio::post(asio_, [this] { loop(own_worker(), 0, search::yes); });
    } catch (const std::bad_alloc&) {
        counters_.woken.fetch_sub(1, std::memory_order_relaxed);
        static_cast<void>(idle_.leave(true));
        return false;
    }
    trace(event::worker_woken);
    return true;
}

void pool_core::resume_from_asio(worker& self, work_item item) noexcept {
    if (!idle_.enter()) return loop(self, item, search::never);
    // There are loops enough. One more for each completion would keep Asio from the next.
    self.begin_turn();
    while (!self.drive(item, worker::extent::item_alone)) {
        item = self.take_next();
        if (self.try_reserve(1)) {
            self.push(item);
            break;
        }
        self.begin_turn();
    }
    if (!park(search::never)) loop(self, 0, search::yes);
}

// False if there is no memory to tell Asio of it: the loop has another turn.
bool pool_core::yield_to_asio(worker& self, work_item item) noexcept {
    try {
        boost::asio::defer(asio_, [this, item, &left = self] {
            worker& own = own_worker();
            // Any thread may have come to run this; what the other left in its deque needs a loop
            // too.
            if (&own != &left && !left.deque.looks_empty()) wake_one();
            loop(own, after_yield(own, item), search::no);
        });
    } catch (const std::bad_alloc&) {
        self.begin_turn();
        return false;
    }
    count(counters_.yielded);
    trace(event::worker_yielded);
    return true;
}

// Fairness: what a loop goes on with instead of `item`, which stays next in line. Work from outside
// does not wait until all that the threads made themselves is done, nor do the oldest items of a
// deque wait for ever behind tasks that are always ready: now and then they have a turn of their
// own, as one of them at a time would keep hundreds waiting for seconds.
work_item pool_core::after_yield(worker& self, work_item item) noexcept {
    if (!self.try_reserve(1)) return item;
    work_item first = self.turn_of_the_oldest() ? self.deque.steal() : 0;
    if (first == 0) first = take_injected(self);
    if (first == 0) return item;
    self.push(item);
    self.pushed();
    return first;
}

void pool_core::loop(worker& self, work_item item, search searching) noexcept {
    self.begin_turn();
    for (;;) {
        if (item == 0) {
            item = find_work(self, searching);
            if (item == 0) {
                if (park(searching)) return;
                searching = search::yes;
                continue;
            }
            if (searching == search::yes) {
                searching = search::no;
                found_work_searching();
            }
            if (self.turn_is_over() && yield_to_asio(self, item)) return;
        }
        const bool ran_dry = self.drive(item, worker::extent::deque_too);
        item = self.take_next();
        if (!ran_dry && yield_to_asio(self, item)) return;
    }
}

work_item pool_core::find_work(worker& self, search& searching) noexcept {
    if (const work_item own = self.deque.pop()) return own;
    if (const work_item injected = take_injected(self)) return injected;
    if (workers_.size() == 1 || searching == search::never) return 0;
    if (searching == search::no) {
        if (!idle_.begin_search()) return 0;
        searching = search::yes;
    }
    return search_everywhere(self);
}

work_item pool_core::search_everywhere(worker& self) noexcept {
    for (int round = 0; round < search_rounds; ++round) {
        if (const work_item stolen = steal(self)) return stolen;
        if (const work_item injected = take_injected(self)) return injected;
        spin_pause();
    }
    return 0;
}

work_item pool_core::steal(worker& self) noexcept {
    // From the next thread on, around the circle: victims differ from thief to thief.
    for (std::size_t i = 1; i < workers_.size(); ++i) {
        auto& victim = workers_[(self.index + i) % workers_.size()]->deque;
        if (work_item item = victim.steal()) return steal_more(self, victim, item);
    }
    return 0;
}

// Having come so far, takes up to half of what there is. The newest of it is what runs first: its
// next siblings then lie in the order in which it takes them back, and the oldest are there for
// others.
work_item pool_core::steal_more(worker& self, work_deque<>& victim, work_item item) noexcept {
    count(counters_.stolen);
    trace(event::task_stolen);
    auto more = std::min(victim.size() / 2, largest_loot);
    for (; more > 0 && self.try_reserve(1); --more) {
        const work_item next = victim.steal();
        if (next == 0) break;
        self.push(std::exchange(item, next));
        count(counters_.stolen);
        trace(event::task_stolen);
    }
    return item;
}

// Leaves room for one item more in the deque if there was before.
work_item pool_core::take_injected(worker& self) noexcept {
    // Relaxed: a hint; whoever must not miss anything reads it in `sees_work`.
    if (injection_size_.load(std::memory_order_relaxed) == 0) return 0;
    const std::lock_guard lock(injection_mutex_);
    if (injection_.empty()) return 0;
    const work_item first = injection_.front();
    injection_.pop_front();
    if (urgent_ > 0) --urgent_;
    // Its share of the rest goes to the deque, where this thread takes it without the lock.
    // What has priority is taken one by one, so that no thread keeps it from another.
    auto batch = urgent_ > 0 ? 0 : std::min(injection_.size() / workers_.size(), largest_batch);
    if (batch > 0 && !self.try_reserve(batch + 1)) batch = 0;
    for (std::size_t i = batch; i-- > 0;) self.push(injection_[i]);
    self.pushed();
    injection_.erase(injection_.begin(), injection_.begin() + static_cast<std::ptrdiff_t>(batch));
    injection_size_.store(injection_.size(), std::memory_order_seq_cst);
    return first;
}

bool pool_core::sees_work() const noexcept {
    return injection_size_.load(std::memory_order_seq_cst) > 0 ||
           std::any_of(workers_.begin(), workers_.end(),
                       [](const auto& each) { return !each->deque.looks_empty(); });
}

bool pool_core::sees_work_after(parking<>::duty duty) const noexcept {
    if (duty == parking<>::duty::none) return false;
    if (duty == parking<>::duty::barrier_and_look) heavy_barrier();
    return sees_work();
}

// Work that was made while this thread searched relied on it: send another for it.
void pool_core::found_work_searching() noexcept {
    if (sees_work_after(idle_.end_search())) wake_one();
}

// True if the loop may end; false if there is work again and it goes on, searching.
bool pool_core::park(search searching) noexcept {
    const auto duty = idle_.leave(searching == search::yes);
    const bool is_looked_for =
        searching == search::never && duty == parking<>::duty::barrier_and_look && look_later();
    if (!is_looked_for && sees_work_after(duty) && idle_.try_wake()) return false;
    count(counters_.parked);
    trace(event::worker_parked);
    return true;
}

// For a completion's loop: all that wait behind it in Asio share one look, which comes after them.
// A barrier for each would take longer than they do.
// False if there is no memory to tell Asio of it: it looks itself.
bool pool_core::look_later() noexcept {
    if (!idle_.ask_for_look()) return true;
    try {
        boost::asio::defer(asio_, [this] {
            idle_.begin_look();
            if (sees_work_after(parking<>::duty::barrier_and_look) && idle_.try_wake())
                loop(own_worker(), 0, search::yes);
        });
        return true;
    } catch (const std::bad_alloc&) {
        idle_.begin_look();
        return false;
    }
}

}}}  // namespace bobbin::v0::detail
