// A lock in shared memory that the kernel gives back when its holder dies: a robust mutex of POSIX
// threads. Whoever gets it after a death is told so, and may repair first what it protects.
//
// On its own it is for one sleeper at a time, as fair_lock.hpp says: use that.
//
// The kernel finds the dead holder by its thread number, so all who use a lock have to be in one
// PID namespace; and the memory may not be unmapped by a thread that holds it.
//
// glibc ends the process, or follows wild addresses, where a lock's own words make no sense. So
// what kind of lock it is is looked at before each use, and that somebody has it before a sleep. A
// lock that is written over while a thread has it can't be helped: its words are links in that
// thread's list of locks.
#pragma once

#include "os/futex.hpp"

#include <bobbin/runtime/detail/os/fault_point.hpp>

#include <cerrno>
#include <pthread.h>
#include <type_traits>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

enum class [[nodiscard]] acquired{
    yes,
    from_the_dead,  // yes, but the holder before died with it
    no,             // in time
};

enum class lock_kind {
    plain,      // locking twice is an error
    recursive,  // its holder may lock it again
    in_order,   // handed on by the kernel to who has waited longest; slower where it is contended
};

// Puts right what a dead holder left behind. Whoever is killed in it leaves that to the next one,
// so it may begin at any point of itself.
template <class F>
concept repair_function = std::is_nothrow_invocable_v<F&>;

struct nothing_to_repair {
    void operator()() const noexcept {}
};

class robust_lock {
public:
    // For memory that nobody else uses yet. Throws std::system_error.
    explicit robust_lock(lock_kind kind);
    robust_lock(const robust_lock&) = delete;
    robust_lock& operator=(const robust_lock&) = delete;
    ~robust_lock() = default;  // it ends with its memory

    // Throw std::system_error if the thread has it already, or the system can't; protocol_error if
    // it was written over. `repair` is called if the holder before died.
    template <repair_function Repair = nothing_to_repair>
    acquired lock(Repair repair = {}) {
        expect_a_lock();
        return result(::pthread_mutex_lock(&mutex_), repair);
    }
    template <repair_function Repair = nothing_to_repair>
    acquired lock_until(deadline until, Repair repair = {}) {
        expect_a_lock();
        return result(lock_in_time(until), repair);
    }
    // A plain lock that this thread has already is one that can't be had.
    template <repair_function Repair = nothing_to_repair>
    acquired try_lock(Repair repair = {}) {
        expect_a_lock();
        const int error = ::pthread_mutex_trylock(&mutex_);
        return result(error == EDEADLK ? EBUSY : error, repair);
    }

    // By the thread that has it; else throws std::system_error.
    void unlock() {
        expect_a_lock();
        if (const int error = ::pthread_mutex_unlock(&mutex_); error != 0) fail_to_unlock(error);
    }
    // The same for those who can't fail: only if it was written over meanwhile it stays as it is,
    // and whoever comes next learns of it.
    void let_go() noexcept {
        if (is_a_lock()) ::pthread_mutex_unlock(&mutex_);
    }

    // Before a sleep: throws protocol_error if it seems to be held, but by no thread there is.
    void expect_a_holder() const;

private:
    // As the constructor left it.
    [[nodiscard]] bool is_a_lock() const noexcept {
        const int kind = __atomic_load_n(&mutex_.__data.__kind, __ATOMIC_RELAXED);
        return kind == plain_kind || kind == recursive_kind || kind == in_order_kind;
    }
    void expect_a_lock() const {
        if (!is_a_lock()) [[unlikely]]
            refuse_damaged();
    }
    [[noreturn]] static void refuse_damaged();

    // What glibc notes for a robust, process-shared mutex of each type; its ABI.
    static constexpr int plain_kind = 128 + 16 + PTHREAD_MUTEX_ERRORCHECK;
    static constexpr int recursive_kind = 128 + 16 + PTHREAD_MUTEX_RECURSIVE;
    static constexpr int in_order_kind = 128 + 32 + 16 + PTHREAD_MUTEX_ERRORCHECK;

    template <repair_function Repair>
    acquired result(int error, Repair& repair) {
        if (error == 0) [[likely]]
            return acquired::yes;
        if (error != EOWNERDEAD) return refusal(error);
        // Who dies before the lock is declared consistent leaves things as they were: the next one
        // comes here too.
        bobbin::detail::fault_point("lock.from_the_dead");
        repair();
        bobbin::detail::fault_point("lock.repaired");
        make_consistent();
        return acquired::from_the_dead;
    }

    int lock_in_time(deadline until);
    static acquired refusal(int error);
    void make_consistent();
    static void fail_to_unlock(int error);

    pthread_mutex_t mutex_;
};

}}}  // namespace bobbin::v0::ipc::detail
