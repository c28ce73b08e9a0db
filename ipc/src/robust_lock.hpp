// A lock in shared memory that the kernel gives back when its holder dies: a robust mutex of POSIX
// threads. Whoever gets it after a death is told so.
//
// The kernel finds the dead holder by its thread number, so all who use a lock have to be in one
// PID namespace; and the memory may not be unmapped by a thread that holds it.
#pragma once

#include "futex.hpp"

#include <pthread.h>

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

class robust_lock {
public:
    // For memory that nobody else uses yet. Throws std::system_error.
    explicit robust_lock(lock_kind kind);
    robust_lock(const robust_lock&) = delete;
    robust_lock& operator=(const robust_lock&) = delete;
    ~robust_lock() = default;  // it ends with its memory

    // Throw std::system_error if the thread has it already, or the system can't.
    acquired lock() { return result(::pthread_mutex_lock(&mutex_)); }
    acquired try_lock() { return result(::pthread_mutex_trylock(&mutex_)); }
    acquired lock_until(deadline until);

    // By the thread that has it; else throws std::system_error.
    void unlock() {
        if (const int error = ::pthread_mutex_unlock(&mutex_); error != 0) fail_to_unlock(error);
    }

private:
    acquired result(int error) { return error == 0 ? acquired::yes : uncommon_result(error); }
    acquired uncommon_result(int error);
    [[noreturn]] static void fail_to_unlock(int error);

    pthread_mutex_t mutex_;
};

}  // namespace bobbin::inline v0::ipc::detail
