// See pool_loop.hpp.
#include "scheduler/pool_loop.hpp"

#include "os/heavy_barrier.hpp"
#include "os/hooks.hpp"

#include <bobbin/runtime/detail/os/spin_pause.hpp>

#include <boost/asio/defer.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <new>
#include <thread>
#include <utility>

namespace bobbin { inline namespace v0 { namespace detail {

namespace {

// Sweeps over all deques before a searching thread gives up: a few microseconds.
constexpr int search_rounds = 100;
// Stolen at once, at most, besides the first.
constexpr std::int64_t largest_loot = 16;

void count(std::atomic<std::uint64_t>& counter) noexcept {
    counter.fetch_add(1, std::memory_order_relaxed);
}

worker& own_worker() noexcept {
    return *current_worker;
}

}  // namespace

pool_loop::pool_loop(pool_core& owner, boost::asio::thread_pool& asio, unsigned threads)
    : idle_threads(threads, heavy_barrier_available()), asio_(asio) {
    for (unsigned i = 0; i < threads; ++i)
        victims_.push_back(
            &workers_.emplace_back(std::make_unique<worker>(&owner, i, *this))->deque);
}

bool pool_loop::inject(work_item item, priority how) {
    injected_.push(item, how);
    count(counters_.injected);
    trace(event::work_injected);
    return wake_one() || !take_back_injected(item);
}

// After a wake-up that failed. False if a loop that was awake has taken `item` all the same.
bool pool_loop::take_back_injected(work_item item) noexcept {
    const bool found = injected_.take_back(item);
    if (found) counters_.injected.fetch_sub(1, std::memory_order_relaxed);
    // Others may have sent work and relied on the loop that did not come. Seq_cst, with their
    // `try_wake`, as after any `parking::leave`.
    while (injected_.has_items() && !wake_one()) std::this_thread::yield();
    return found;
}

// The loop that is posted searches first.
bool pool_loop::post_loop() noexcept {
    try {
        count(counters_.woken);
        boost::asio::post(asio_, [this] { loop(own_worker(), 0, search::yes); });
    } catch (const std::bad_alloc&) {
        counters_.woken.fetch_sub(1, std::memory_order_relaxed);
        static_cast<void>(parking_.leave(true));
        return false;
    }
    trace(event::worker_woken);
    return true;
}

// Nobody relies on a completion's item: it does not count as a loop, so others wake one for what
// they push, and it leaves nothing to look for. As a loop goes on only what it leaves behind.
void pool_loop::resume_from_asio(worker& self, work_item item) noexcept {
    self.begin_turn();
    const bool has_ended = self.drive(item, worker::extent::item_alone);
    item = self.take_next();
    if (has_ended && self.deque.looks_empty()) return;
    if (!parking_.enter()) {
        if (item != 0 && yield_to_asio(self, item)) return;
        return loop(self, item, search::never);
    }
    // There are loops enough. One more for each completion would keep Asio from the next.
    while (item != 0 && !self.try_reserve(1)) {
        self.begin_turn();
        self.drive(item, worker::extent::item_alone);
        item = self.take_next();
    }
    if (item != 0) self.push(item);
    if (!park(search::never)) loop(self, 0, search::yes);
}

// False if there is no memory to tell Asio of it: the loop has another turn.
bool pool_loop::yield_to_asio(worker& self, work_item item) noexcept {
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
work_item pool_loop::after_yield(worker& self, work_item item) noexcept {
    if (!self.try_reserve(1)) return item;
    work_item first = self.turn_of_the_oldest() ? self.deque.steal() : 0;
    if (first == 0) first = injected_.take(self, workers_.size());
    if (first == 0) return item;
    self.push(item);
    self.pushed();
    return first;
}

void pool_loop::loop(worker& self, work_item item, search searching) noexcept {
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

work_item pool_loop::find_work(worker& self, search& searching) noexcept {
    if (const work_item own = self.deque.pop()) return own;
    if (const work_item injected = injected_.take(self, workers_.size())) return injected;
    if (workers_.size() == 1 || searching == search::never) return 0;
    if (searching == search::no) {
        if (!parking_.begin_search()) return 0;
        searching = search::yes;
    }
    return search_everywhere(self);
}

work_item pool_loop::search_everywhere(worker& self) noexcept {
    for (int round = 0; round < search_rounds; ++round) {
        if (const work_item stolen = steal(self)) return stolen;
        if (const work_item injected = injected_.take(self, workers_.size())) return injected;
        spin_pause();
    }
    return 0;
}

work_item pool_loop::steal(worker& self) noexcept {
    // From the next thread on, around the circle: victims differ from thief to thief.
    for (std::size_t i = 1; i < victims_.size(); ++i) {
        stealable_deque<>& victim = *victims_[(self.index + i) % victims_.size()];
        if (work_item item = victim.steal()) return steal_more(self, victim, item);
    }
    return 0;
}

// Having come so far, takes up to half of what there is. The newest of it is what runs first: its
// next siblings then lie in the order in which it takes them back, and the oldest are there for
// others.
work_item pool_loop::steal_more(worker& self, stealable_deque<>& victim, work_item item) noexcept {
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

bool pool_loop::sees_work() const noexcept {
    return injected_.has_items() ||
           std::ranges::any_of(victims_, [](const auto* each) { return !each->looks_empty(); });
}

bool pool_loop::sees_work_after(parking<>::duty duty) const noexcept {
    if (duty == parking<>::duty::none) return false;
    if (duty == parking<>::duty::barrier_and_look) heavy_barrier();
    return sees_work();
}

// Work that was made while this thread searched relied on it: send another for it.
void pool_loop::found_work_searching() noexcept {
    if (sees_work_after(parking_.end_search())) wake_one();
}

// True if the loop may end; false if there is work again and it goes on, searching.
bool pool_loop::park(search searching) noexcept {
    const auto duty = parking_.leave(searching == search::yes);
    const bool is_looked_for =
        searching == search::never && duty == parking<>::duty::barrier_and_look && look_later();
    if (!is_looked_for && sees_work_after(duty) && parking_.try_wake()) return false;
    count(counters_.parked);
    trace(event::worker_parked);
    return true;
}

// For a completion's loop: all that wait behind it in Asio share one look, which comes after them.
// A barrier for each would take longer than they do.
// False if there is no memory to tell Asio of it: it looks itself.
bool pool_loop::look_later() noexcept {
    if (!parking_.ask_for_look()) return true;
    try {
        boost::asio::defer(asio_, [this] {
            parking_.begin_look();
            if (sees_work_after(parking<>::duty::barrier_and_look) && parking_.try_wake())
                loop(own_worker(), 0, search::yes);
        });
        return true;
    } catch (const std::bad_alloc&) {
        parking_.begin_look();
        return false;
    }
}

thread_pool_stats pool_loop::stats() const noexcept {
    const auto read = [](const std::atomic<std::uint64_t>& counter) {
        return counter.load(std::memory_order_relaxed);
    };
    thread_pool_stats result{
        .injected = read(counters_.injected),
        .stolen = read(counters_.stolen),
        .parked = read(counters_.parked),
        .woken = read(counters_.woken),
        .yielded = read(counters_.yielded),
    };
    for (const auto& each : workers_) result.resumed += each->resumed();
    return result;
}

}}}  // namespace bobbin::v0::detail
