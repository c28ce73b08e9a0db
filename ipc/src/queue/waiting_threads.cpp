// See waiting_threads.hpp.
#include "queue/waiting_threads.hpp"

#include "os/futex.hpp"
#include "os/quiet_thread.hpp"
#include "os/system_time.hpp"

#include <bobbin/runtime/detail/task/run_here.hpp>

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <chrono>
#include <ctime>
#include <linux/futex.h>
#include <memory>
#include <sys/syscall.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace bobbin { inline namespace v0 { namespace ipc::detail {
namespace {

// What the thread sleeps for: its lines, and one word more. No memory is needed for it.
struct words {
    static constexpr std::size_t most = FUTEX_WAITV_MAX;
    std::array<struct ::futex_waitv, most> all;
    unsigned count = 0;
    void add(const struct ::futex_waitv& one) noexcept { all.at(count++) = one; }
};

::futex_waitv place(const std::atomic<std::uint32_t>& word, std::uint32_t value) {
    ::futex_waitv result{};
    result.val = value;
    result.uaddr = reinterpret_cast<std::uintptr_t>(&word);
    result.flags = FUTEX_32;
    return result;
}

// Returns when a word changes or is woken, after `patience` if that is not 0, or for nothing.
void wait_for_any(words& those, std::chrono::nanoseconds patience) {
    const std::timespec until = timespec_of(deadline::after(patience));
    ::syscall(SYS_futex_waitv, those.all.data(), those.count, 0U,
              patience.count() == 0 ? nullptr : &until, CLOCK_MONOTONIC);
}

// Whether the kernel has the call at all: asked once, with nothing to wait for.
bool kernel_waits_for_many() {
    static const bool known =
        ::syscall(SYS_futex_waitv, nullptr, 0U, 0U, nullptr, CLOCK_MONOTONIC) < 0 &&
        errno != ENOSYS && errno != EPERM;
    return known;
}

// Never destroyed, as its threads may outlive static objects.
constinit std::atomic<waiting_threads*> process_wide{nullptr};

}  // namespace

waiting_threads& waiting_threads::own() {
    // Acquire, with the release of who made it.
    auto* found = process_wide.load(std::memory_order_acquire);
    while (found == nullptr || !found->home_.is_this()) {
        auto made = std::make_unique<waiting_threads>(found);
        if (process_wide.compare_exchange_strong(found, made.get(), std::memory_order_acq_rel,
                                                 std::memory_order_acquire))
            return *made.release();
    }
    return *found;
}

bool waiting_threads::task_line::may_try() const {
    try {
        if (broken) return true;
        return end == queue_end::consumers ? queue.can_pop() : queue.can_push(tasks.front().size_);
    } catch (...) {
        return true;  // and the task learns what is wrong
    }
}

// From now on the end of an expected producer wakes who sleeps.
void waiting_threads::task_line::watch() noexcept {
    broken = false;
    try {
        if (end == queue_end::consumers) queue.watch_producers(watching);
    } catch (...) {
        broken = true;
    }
}

awaited_turn* waiting_threads::task_line::take_first() noexcept {
    assert(!tasks.empty() && !somebody_tries);  // one at a time
    awaited_turn& turn = tasks.front();
    tasks.pop_front();
    turn.has_turn_ = true;
    somebody_tries = true;
    return &turn;
}

waiting_threads::task_line* waiting_threads::find(const awaited_turn& turn) noexcept {
    for (line_group& group : groups_)
        for (task_line& line : group.lines)
            if (line.end == turn.end_ && line.queue.identity() == turn.queue_.identity())
                return &line;
    return nullptr;
}

waiting_threads::line_group& waiting_threads::group_with_room() {
    const auto has_room = [](const line_group& each) { return each.lines.size() < most_lines; };
    const auto found = std::ranges::find_if(groups_, has_room);
    line_group& group = found == groups_.end() ? groups_.emplace_back() : *found;
    if (!group.running) {
        start_quiet_thread("bobbin-wait", [this, &group] { run(group); });
        group.running = true;
    }
    return group;
}

void waiting_threads::look_again(line_group& group) noexcept {
    group.changed.fetch_add(1, std::memory_order_release);  // the mutex orders the rest
    futex_wake(group.changed);
}

bool waiting_threads::stand_in_line(awaited_turn& turn) {
    if (!kernel_waits_for_many())
        throw std::system_error(ENOSYS, std::generic_category(),
                                "bobbin: tasks can't wait for a queue here, as the kernel has no "
                                "futex_waitv (Linux 5.16); use get() and put(), on threads");
    const std::lock_guard lock(mutex_);
    if (turn.cancelled_) return false;
    task_line* place = find(turn);
    if (place == nullptr)
        place = &group_with_room().lines.emplace_back(task_line{turn.queue_, turn.end_});
    if (std::exchange(turn.has_turn_, false)) {
        place->somebody_tries = false;
        place->refused = true;
        place->tasks.push_front(turn);
    } else
        place->tasks.push_back(turn);
    if (&place->tasks.front() == &turn)
        for (line_group& group : groups_) look_again(group);
    return true;
}

bool waiting_threads::leave(awaited_turn& turn) noexcept {
    const std::lock_guard lock(mutex_);
    turn.cancelled_ = true;
    if (!turn.is_linked()) return false;
    task_line& line = *find(turn);
    const bool was_first = &line.tasks.front() == &turn;
    line.tasks.erase(line.tasks.iterator_to(turn));
    // The next in line may find room for what it has; if there is none, nobody waits any more.
    if (was_first)
        for (line_group& group : groups_) look_again(group);
    return true;
}

void waiting_threads::pass(awaited_turn& turn) noexcept {
    std::coroutine_handle<> next;
    {
        const std::lock_guard lock(mutex_);
        task_line& line = *find(turn);
        assert(line.somebody_tries);
        line.somebody_tries = false;
        // The next one can begin from here, if there is something left for it.
        if (!line.tasks.empty() && line.may_try())
            next = line.take_first()->waiting_;
        else
            for (line_group& group : groups_) look_again(group);
    }
    if (next) next.resume();
}

// A thread's life: resume those whose turn it is, sleep until there may be others.
void waiting_threads::run(line_group& group) {
    std::unique_lock lock(mutex_);
    do {
        while (awaited_turn* const turn = next_turn(group)) {
            const std::coroutine_handle<> waiting = turn->waiting_;
            lock.unlock();
            waiting.resume();
            if (!home_.is_this()) bobbin::detail::end_stray_child();
            lock.lock();
        }
    } while (sleep(group, lock));
    group.running = false;
}

awaited_turn* waiting_threads::next_turn(line_group& group) {
    for (task_line& line : group.lines)
        if (!line.tasks.empty() && !line.somebody_tries && !line.refused && line.may_try())
            return line.take_first();
    return nullptr;
}

// False if it is no use to go on.
bool waiting_threads::sleep(line_group& group, std::unique_lock<std::mutex>& lock) {
    const std::uint32_t seen = group.changed.load(std::memory_order_relaxed);  // under the mutex
    std::erase_if(group.lines,
                  [](const task_line& each) { return each.tasks.empty() && !each.somebody_tries; });
    words all;
    all.add(place(group.changed, seen));
    std::chrono::nanoseconds patience{0};
    for (task_line& line : group.lines) {
        if (line.tasks.empty() || line.somebody_tries) continue;
        line.watch();
        const auto [word, value] = line.queue.announce_sleeper(line.end);
        all.add(place(*word, value));
        // An item that came before the announcement is seen now; one that comes later changes the
        // word.
        const bool may_try = line.may_try();
        const bool was_refused = std::exchange(line.refused, false);
        if (may_try && !was_refused) return true;
        // It was refused although it may try: somebody holds the lock of that end, and may be
        // stopped. So look again soon.
        if (may_try) patience = std::chrono::milliseconds(1);
    }
    const bool nobody_waits = group.lines.empty();
    // It takes too long to make a thread for each await: this one stays for a while.
    if (nobody_waits) patience = std::chrono::milliseconds(100);
    lock.unlock();
    wait_for_any(all, patience);
    lock.lock();
    return !nobody_waits || !group.lines.empty() ||
           group.changed.load(std::memory_order_relaxed) != seen;
}

// --- what a task sees of it ---

awaited_turn::~awaited_turn() {
    if (has_turn_ && home_.is_this()) waiting_threads::own().pass(*this);
}

bool awaited_turn::awaiter::await_suspend(std::coroutine_handle<> waiting) {
    turn_.waiting_ = waiting;
    watch_.arm(token_, *this);
    return waiting_threads::own().stand_in_line(turn_);
}

void awaited_turn::awaiter::await_resume() {
    watch_.disarm();
    if (turn_.cancelled_) throw cancelled();
}

void awaited_turn::awaiter::stop() noexcept {
    if (!turn_.home_.is_this()) return;
    const std::coroutine_handle<> waiting = turn_.waiting_;
    if (waiting_threads::own().leave(turn_)) waiting.resume();
}

}}}  // namespace bobbin::v0::ipc::detail
