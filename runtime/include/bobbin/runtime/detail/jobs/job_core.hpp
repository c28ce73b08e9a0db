// What all jobs have in common, whatever they return and wherever they run: status, who waits, who
// holds them.
//
//     pending --claim()--> running --settle()--> done | failed
//        └----cancel()---------------------------------------> cancelled
//
// Each transition happens once. With a timeout two want to settle the job, its end and its alarm:
// `begin_settling` decides. The listeners are a list under a lock, but its head is one word, so
// that a job nobody listens to ends with one compare-exchange:
//
//     empty <--> first listener          under the lock
//     empty, or under the lock any --> closed     by the job's end; from then on `listen` declines
//
// In a forked child a job of its parent's stays as it was at the fork: nothing is asked of its pool
// there, and its list, which may be half changed, is not looked at.
#pragma once

#include <bobbin/runtime/deadline.hpp>
#include <bobbin/runtime/detail/os/process_generation.hpp>
#include <bobbin/runtime/detail/os/value_room.hpp>

#include <boost/smart_ptr/intrusive_ptr.hpp>

#include <atomic>
#include <cstdint>
#include <exception>
#include <memory>
#include <utility>

namespace bobbin { inline namespace v0 {

enum class job_status : std::uint8_t { pending, running, done, failed, cancelled };

namespace detail {

class pool_core;

// Told once that the job has ended. By then it is off the job's list, and whoever owns it may
// destroy it.
class job_listener {
public:
    job_listener(const job_listener&) = delete;
    job_listener& operator=(const job_listener&) = delete;

protected:
    // `waits`: if the job is cancelled, told at once, on any thread. At its end all are told on a
    // thread of the job's pool, in the order of registration, and callbacks only there.
    explicit job_listener(bool waits) noexcept : waits_(waits) {}
    virtual ~job_listener() = default;

private:
    friend class job_core;
    virtual void job_ended() noexcept = 0;

    job_listener* next_ = nullptr;  // a ring; null while on no list
    job_listener* previous_ = nullptr;
    bool withdrawn_ = false;  // by `forget`, maybe before `listen`
    const bool waits_;
};

class job_core {
public:
    // What depends on the kind of pool.
    struct operations {
        void (*request_stop)(job_core&) noexcept;     // of a job that runs
        bool (*runs_here)(const job_core&) noexcept;  // the calling thread is one of its pool's
        void (*destroy)(job_core&) noexcept;
        // Of jobs that a thread_pool does: that, which may be gone if the job has ended.
        const pool_core* (*home)(const job_core&) noexcept = nullptr;
        // Of jobs that somebody else begins, null of others. Whether that was prevented, for good;
        // whether it has happened.
        bool (*take_back)(job_core&) noexcept = nullptr;
        bool (*has_begun)(const job_core&) noexcept = nullptr;
        // Before a listener is added. The job may have ended.
        void (*awaited)(job_core&) noexcept = nullptr;
        // By a thread that is about to block until its end: to do what it can for that.
        void (*bring)(const job_core&) = nullptr;
    };

    // Made with two references: the pool's, and that of the object which stands for it.
    explicit job_core(const operations& kind) noexcept : kind_(&kind), home_(own_process()) {}
    job_core(const job_core&) = delete;
    job_core& operator=(const job_core&) = delete;

    job_status status() const noexcept;  // any thread
    bool ended() const noexcept { return status() > job_status::running; }

    // True if it will not run; otherwise, if it runs here, asks it to stop. Any thread.
    bool cancel() noexcept;

    // False if it will not be told: the job has ended (and for a callback, those before it have had
    // their turn), or the listener was forgotten before. Throws pool_closed in a forked child, if
    // the job had not ended. Any thread.
    bool listen(job_listener& added);
    // True if it was on the list and will not be told; otherwise it was, is just being told, or
    // will not get on the list. Any thread.
    bool forget(job_listener& removed) noexcept;

    // Blocks until it has ended, which is true, or the deadline. Throws `would_deadlock` on a
    // thread of the job's pool, and as `listen`.
    [[nodiscard]] bool wait(deadline until) const;

    // For whoever runs it. False if it was cancelled and must not run.
    bool claim() noexcept;
    // True for the one that may write the result, before `settle`. Not needed where there is but
    // one.
    bool begin_settling() noexcept;
    void settle(job_status final_status) noexcept;
    // In place of the three: it ends without having been claimed.
    void settle_unclaimed() noexcept;
    // Tells those who wait, but not the callbacks. Any thread, after the status was changed.
    void tell_waiting() noexcept;
    // Tells all, in order: the last thing that the pool does, on a thread of its own.
    void close() noexcept;
    // Does that if there is nobody to tell. Any thread.
    bool close_unheard() noexcept;

    void hold() noexcept { references_.fetch_add(1, std::memory_order_relaxed); }
    void drop() noexcept;

    // An error that somebody has been shown is not reported when the job is dropped.
    void seen() noexcept { seen_.store(true, std::memory_order_relaxed); }

    std::exception_ptr error;  // written between `begin_settling` and `settle`

protected:
    ~job_core() = default;

private:
    // Internal, and `running` to the outside: the result is being written.
    static constexpr auto settling = static_cast<job_status>(7);

    // The lower bits of the generation: there is room for no more.
    static std::uint16_t own_process() noexcept {
        return static_cast<std::uint16_t>(process_generation.load(std::memory_order_relaxed));
    }
    bool is_at_home() const noexcept { return home_ == own_process(); }
    void unlink(job_listener& removed) noexcept;

    const operations* kind_;
    std::atomic<std::uintptr_t> listeners_{0};
    std::atomic<std::uint32_t> references_{2};
    std::atomic<job_status> status_{job_status::pending};
    std::atomic<bool> seen_{false};
    const std::uint16_t home_;
};

// A job with room for its result.
template <class R>
class job_state : public job_core {
public:
    explicit job_state(const operations& kind) noexcept : job_core(kind) {}
    ~job_state() {
        if (has_value_) std::destroy_at(room_.get());
    }

    template <class U>
    void set_value(U&& value) {
        std::construct_at(room_.get(), std::forward<U>(value));
        has_value_ = true;
    }
    bool has_value() const noexcept { return has_value_; }
    R& value() noexcept { return *room_.get(); }

private:
    value_room<R> room_;
    bool has_value_ = false;
};

template <>
class job_state<void> : public job_core {
public:
    using job_core::job_core;
};

inline void intrusive_ptr_add_ref(job_core* job) noexcept {
    job->hold();
}
inline void intrusive_ptr_release(job_core* job) noexcept {
    job->drop();
}

// One reference to a job. Given a pointer and `adopt_reference`, it takes over one that is counted.
template <class Core>
using job_ref = boost::intrusive_ptr<Core>;
inline constexpr bool adopt_reference = false;

}  // namespace detail
}}  // namespace bobbin::v0
