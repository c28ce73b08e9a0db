// One asynchronous operation of Asio's that a task awaits. Its state lies in the awaiter, so in the
// task's frame:
//
//     the awaiter     begins the operation, listens for a stop, leaves
//     the operation   runs handlers, of which the last completes it; leaves
//     a stop          comes in unless all have left; posts an emission to the operation's executor
//     the emission    asks the operation to end, unless it is complete; leaves
//
// Who is the last to leave resumes the task, on its pool: so the state is there for all of them.
//
// What the operation runs (its beginning, its handlers, its completion) and the emission exclude
// each other by a lock, as Asio demands of a cancellation signal, and as a pool's executor, which
// has many threads, does not see to: handlers come by way of an `operation_executor`, which wraps
// the one that they would have come by. Who has the lock may take it again: handlers call each
// other.
#pragma once

#include <bobbin/runtime/detail/task/join_scope.hpp>
#include <bobbin/runtime/detail/task/wait_point.hpp>
#include <bobbin/runtime/detail/task/work_item.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/query.hpp>
#include <boost/asio/require.hpp>
#include <boost/asio/system_executor.hpp>

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <thread>
#include <type_traits>
#include <utility>

namespace bobbin { inline namespace v0 { namespace detail {

// Asio's executor of those that have none. To post to it would start threads of Asio's.
template <class Executor>
inline constexpr bool runs_anywhere = std::is_same_v<Executor, boost::asio::system_executor>;

class operation_state {
public:
    operation_state() = default;
    operation_state(const operation_state&) = delete;
    operation_state& operator=(const operation_state&) = delete;

    // --- the awaiter ---

    // False: it is complete, and the task goes on. Throws `cancelled` if the task is to stop
    // already, std::bad_alloc, and what `initiate` throws.
    template <class Initiate>
    bool begin(work_item self, join_scope& scope, Initiate initiate) {
        std::stop_token token = token_of(scope);
        waiting_ = {self, scope.pool};
        {
            const inside lock(*this);
            initiate();
        }
        watch_.arm(std::move(token), *this);
        return parties_.fetch_sub(1, std::memory_order_acq_rel) != 1;
    }
    // First, when the task goes on.
    void end_wait() noexcept { watch_.disarm(); }
    // Then: it was asked to end, as the task is to stop, before it was complete.
    [[nodiscard]] bool was_asked_to_end() const noexcept { return was_asked_to_end_; }

    // --- the operation ---

    // While one of these lives, nothing else is done for the operation.
    class inside {
    public:
        explicit inside(operation_state& of) : of_(&of) { of_->enter(); }
        inside(const inside&) = delete;
        inside& operator=(const inside&) = delete;
        ~inside() { of_->leave(); }

    private:
        operation_state* of_;
    };

    // Inside, once: with its result, or as its handler is destroyed without a call.
    void complete() noexcept { completion_ = completion::came; }
    // Inside: where its handlers run. What is said first holds: it is of the whole operation.
    template <class Executor>
    void runs_on(const Executor& executor) {
        if constexpr (!runs_anywhere<Executor> &&
                      std::is_convertible_v<const Executor&, boost::asio::any_io_executor>)
            if (!executor_) executor_.emplace(executor);
    }
    boost::asio::cancellation_slot slot() noexcept { return signal_.slot(); }

private:
    friend stop_watch<operation_state>;
    class emission;

    static std::stop_token token_of(join_scope& scope);
    void enter() {
        const auto self = std::this_thread::get_id();
        // Relaxed: only this thread can have written its own name.
        if (owner_.load(std::memory_order_relaxed) != self) {
            lock_.lock();
            owner_.store(self, std::memory_order_relaxed);
        }
        ++depth_;
    }
    void leave() noexcept {
        if (--depth_ > 0) return;
        const bool ends = completion_ == completion::came;
        if (ends) completion_ = completion::left;
        owner_.store(std::thread::id(), std::memory_order_relaxed);
        lock_.unlock();
        if (ends) party_leaves();
    }
    void party_leaves() noexcept {
        // Release, with the acquire of the last: the task sees what all have written.
        if (parties_.fetch_sub(1, std::memory_order_acq_rel) == 1) waiting_.resume();
    }
    bool party_comes() noexcept;
    void stop() noexcept;

    std::mutex lock_;
    std::atomic<std::thread::id> owner_;
    // Under the lock.
    int depth_ = 0;
    enum class completion : std::uint8_t { is_due, came, left };
    completion completion_ = completion::is_due;
    bool was_asked_to_end_ = false;
    std::optional<boost::asio::any_io_executor> executor_;
    boost::asio::cancellation_signal signal_;

    std::atomic<unsigned> parties_{2};  // the awaiter and the operation
    suspended_task waiting_;
    stop_watch<operation_state> watch_;
};

// `Inner`, where what runs does so inside the operation. Copies may outlive that, but run nothing
// then.
template <class Inner>
class operation_executor {
public:
    operation_executor(operation_state& of, const Inner& inner) noexcept
        : of_(&of), inner_(inner) {}

    template <class F>
    void execute(F&& f) const {
        inner_.execute([of = of_, f = std::forward<F>(f)]() mutable {
            const operation_state::inside lock(*of);
            std::move(f)();
        });
    }

    template <class Property>
    requires boost::asio::can_query_v<const Inner&, Property>
    decltype(auto) query(const Property& property) const {
        return boost::asio::query(inner_, property);
    }
    template <class Property>
    requires boost::asio::can_require_v<const Inner&, Property>
    auto require(const Property& property) const {
        return with(boost::asio::require(inner_, property));
    }
    template <class Property>
    requires boost::asio::can_prefer_v<const Inner&, Property>
    auto prefer(const Property& property) const {
        return with(boost::asio::prefer(inner_, property));
    }

    friend bool operator==(const operation_executor& a, const operation_executor& b) noexcept {
        return a.of_ == b.of_ && a.inner_ == b.inner_;
    }

private:
    template <class Other>
    operation_executor<Other> with(const Other& inner) const noexcept {
        return {*of_, inner};
    }

    operation_state* of_;
    Inner inner_;
};

template <class Inner>
inline constexpr bool runs_anywhere<operation_executor<Inner>> = runs_anywhere<Inner>;

}}}  // namespace bobbin::v0::detail
