// A lock in shared memory that the kernel gives back when its holder dies: a robust mutex of POSIX
// threads. Whoever gets it after a death is told so, and may repair first what it protects.
//
// On its own it is for one sleeper at a time, as fair_lock.hpp says: use that.
//
// The kernel finds the dead holder by its thread number, so all who use a lock have to be in one
// PID namespace; and the memory may not be unmapped by a thread that holds it.
#pragma once

#include "futex.hpp"

#include <bobbin/runtime/detail/fault_point.hpp>

#include <cerrno>
#include <pthread.h>
#include <type_traits>

namespace bobbin::inline v0::ipc::detail {

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

    // Throw std::system_error if the thread has it already, or the system can't. `repair` is called
    // if the holder before died.
    template <repair_function Repair = nothing_to_repair>
    acquired lock(Repair repair = {}) {
        return result(::pthread_mutex_lock(&mutex_), repair);
    }
    template <repair_function Repair = nothing_to_repair>
    acquired lock_until(deadline until, Repair repair = {}) {
        return result(lock_in_time(until), repair);
    }
    // A plain lock that this thread has already is one that can't be had.
    template <repair_function Repair = nothing_to_repair>
    acquired try_lock(Repair repair = {}) {
        const int error = ::pthread_mutex_trylock(&mutex_);
        return result(error == EDEADLK ? EBUSY : error, repair);
    }

    // By the thread that has it; else throws std::system_error.
    void unlock() {
        if (const int error = ::pthread_mutex_unlock(&mutex_); error != 0) fail_to_unlock(error);
    }

private:
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

}  // namespace bobbin::inline v0::ipc::detail
