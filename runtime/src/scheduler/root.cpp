// See root.hpp.
#include "scheduler/blocked_worker.hpp"
#include "scheduler/pool_core.hpp"

#include <bobbin/runtime/detail/task/root.hpp>
#include <bobbin/runtime/errors.hpp>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>

namespace bobbin { inline namespace v0 { namespace detail {

namespace {

// A scope with one task, whose end wakes the thread that waits.
class waited_scope : public custom_scope {
public:
    explicit waited_scope(pool_core* on) noexcept : custom_scope(ended) {
        if (on != nullptr) open(on->scope());
    }

    void wait() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return done_.load(std::memory_order_relaxed); });
    }
    static bool has_ended(const void* scope) noexcept {
        return static_cast<const waited_scope*>(scope)->done_.load(std::memory_order_relaxed);
    }

private:
    static std::coroutine_handle<> ended(join_scope& scope, promise_base&) noexcept {
        auto& self = static_cast<waited_scope&>(scope);
        auto* const pool = self.pool;
        {
            // Under the lock: the waiting thread can't destroy what is being notified.
            const std::lock_guard lock(self.mutex_);
            self.done_.store(true, std::memory_order_relaxed);
            self.changed_.notify_one();
        }
        if (pool != nullptr) pool->task_ended();
        return nullptr;
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    std::atomic<bool> done_{false};  // written under the mutex
};

}  // namespace

void run_and_wait(pool_core* pool, promise_base& work) {
    if (pool != nullptr) {
        pool->check_not_forked();
        if (pool->runs_on_this_thread())
            throw would_deadlock(
                "bobbin::sync_wait on a thread of the pool that should do the work; "
                "co_await the task instead");
        pool->check_open();
    } else if (const worker* self = current_worker; self != nullptr) {
        throw would_deadlock(
            "bobbin::sync_wait inside a task or on a pool's thread; co_await the task instead");
    }
    waited_scope scope(pool);
    work.scope = &scope;
    std::optional<blocked_worker> blocked;  // before the work may begin
    if (pool != nullptr) blocked.emplace(pool, waited_scope::has_ended, &scope);
    if (pool != nullptr)
        pool->send_root(as_unstarted(work));
    else
        run_here(as_unstarted(work), nullptr);
    scope.wait();
}

}}}  // namespace bobbin::v0::detail
