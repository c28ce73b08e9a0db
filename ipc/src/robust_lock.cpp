#include "robust_lock.hpp"

#include <algorithm>
#include <ctime>
#include <system_error>

namespace bobbin::inline v0::ipc::detail {
namespace {

void check(int error, const char* what) {
    if (error != 0) throw std::system_error(error, std::generic_category(), what);
}

class attributes {
public:
    attributes() { check(::pthread_mutexattr_init(&own_), "pthread_mutexattr_init"); }
    attributes(const attributes&) = delete;
    attributes& operator=(const attributes&) = delete;
    ~attributes() { ::pthread_mutexattr_destroy(&own_); }
    pthread_mutexattr_t* get() noexcept { return &own_; }

private:
    pthread_mutexattr_t own_{};
};

}  // namespace

robust_lock::robust_lock(lock_kind kind) : mutex_() {
    attributes wanted;
    check(::pthread_mutexattr_setpshared(wanted.get(), PTHREAD_PROCESS_SHARED), "process-shared");
    check(::pthread_mutexattr_setrobust(wanted.get(), PTHREAD_MUTEX_ROBUST), "robust mutex");
    check(::pthread_mutexattr_settype(wanted.get(), kind == lock_kind::recursive
                                                        ? PTHREAD_MUTEX_RECURSIVE
                                                        : PTHREAD_MUTEX_ERRORCHECK),
          "type of mutex");
    if (kind == lock_kind::in_order)
        check(::pthread_mutexattr_setprotocol(wanted.get(), PTHREAD_PRIO_INHERIT),
              "mutex that inherits priorities");
    check(::pthread_mutex_init(&mutex_, wanted.get()), "pthread_mutex_init");
}

acquired robust_lock::refusal(int error) {
    switch (error) {
        case EBUSY:
        case ETIMEDOUT:
            return acquired::no;
        case EDEADLK:
            throw std::system_error(error, std::generic_category(),
                                    "bobbin: this thread has the lock already");
        default:
            throw std::system_error(error, std::generic_category(),
                                    "bobbin: a lock in shared memory could not be taken");
    }
}

void robust_lock::make_consistent() {
    // Without this, the next to unlock it would make it unusable for ever.
    check(::pthread_mutex_consistent(&mutex_), "pthread_mutex_consistent");
}

int robust_lock::lock_in_time(deadline until) {
    if (until == never) return ::pthread_mutex_lock(&mutex_);
    const auto since_start = std::max(until.time_since_epoch(), deadline::duration::zero());
    const auto seconds = std::chrono::floor<std::chrono::seconds>(since_start);
    const std::timespec at{.tv_sec = seconds.count(),
                           .tv_nsec = std::chrono::nanoseconds(since_start - seconds).count()};
    return ::pthread_mutex_clocklock(&mutex_, CLOCK_MONOTONIC, &at);
}

void robust_lock::fail_to_unlock(int error) {
    check(error, "bobbin: a lock was given back by a thread that does not have it");
}

}  // namespace bobbin::inline v0::ipc::detail
