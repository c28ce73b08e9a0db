// See worker.hpp; in runtime/README.md, "The worker loop", this is what `drive` does.
#include "scheduler/worker.hpp"

#include <bobbin/runtime/detail/os/memory_shortage.hpp>
#include <bobbin/runtime/detail/task/finish.hpp>

#include <cassert>
#include <new>
#include <pthread.h>
#include <utility>

namespace bobbin { inline namespace v0 { namespace detail {

constinit thread_local worker* current_worker = nullptr;

namespace {

[[maybe_unused]] const int worker_at_fork = pthread_atfork(nullptr, nullptr, [] {
    if (current_worker != nullptr) current_worker->begin_child();
});

}  // namespace

std::coroutine_handle<> worker::unwind(std::coroutine_handle<> to) noexcept {
    // One transfer at a time can be on its way to the loop, as it leaves the stack at once.
    assert(next_ == 0);
    next_ = as_resumption(to);
    return std::noop_coroutine();
}

bool worker::try_reserve(std::size_t count) noexcept {
    try {
        reserve(count);
        return true;
    } catch (const std::bad_alloc&) {
        return false;
    }
}

void worker::wake_thief() noexcept {
    idle_.wake_one();
}

bool worker::drive(work_item item, extent much) noexcept {
    assert(!running_ && next_ == 0);
    running_ = true;
    do {
        step(item);
        item = next_ != 0 || much == extent::item_alone ? take_next() : take_from_deque();
        if (item != 0 && turn_is_over()) {
            next_ = item;
            item = 0;
        }
    } while (item != 0);
    running_ = false;
    return next_ == 0;
}

work_item worker::take_from_deque() noexcept {
    if (!oldest_first_) return deque.pop();
    const work_item oldest = deque.steal();
    oldest_first_ = oldest != 0;
    return oldest;
}

void worker::step(work_item item) noexcept {
    budget_ = clock_.slice();
    resumed_.store(resumed() + 1, std::memory_order_relaxed);
    const auto task = handle_of(item);
    if ((item & unstarted_bit) == 0 || !task.promise().scope->stop_requested()) {
        task.resume();
    } else {
        // Its scope was stopped: it ends without having begun.
        task.promise().state = task_state::cancelled;
        finish(task.promise()).resume();
    }
    check_not_stray();
    if (ended_ != nullptr) {
        promise_base& child = *std::exchange(ended_, nullptr);
        assert(child.state != task_state::unfinished);
        auto& scope = static_cast<custom_scope&>(*child.scope);
        if (const auto then = scope.on_end(scope, child)) next_ = as_resumption(then);
    }
}

}}}  // namespace bobbin::v0::detail
