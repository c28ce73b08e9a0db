// See robust_lock.hpp.
#include "sync/robust_lock.hpp"

#include "os/system_time.hpp"

#include <bobbin/ipc/errors.hpp>

#include <ctime>
#include <linux/futex.h>
#include <string>
#include <system_error>
#include <unistd.h>

namespace bobbin { inline namespace v0 { namespace ipc::detail {
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

// Whether that is a thread which can have a lock: threads of the kernel can't.
bool is_thread_of_a_program(pid_t thread) {
    const pid_t group = ::getpgid(thread);
    if (group != 0) return group > 0 || errno != ESRCH;
    // One of the kernel, or of a process that came into this PID namespace from outside.
    char none = 0;
    const std::string program = "/proc/" + std::to_string(thread) + "/exe";
    return ::readlink(program.c_str(), &none, 1) >= 0 || errno != ENOENT;
}

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
    if (until.is_never()) return ::pthread_mutex_lock(&mutex_);
    const std::timespec at = timespec_of(until);
    return ::pthread_mutex_clocklock(&mutex_, CLOCK_MONOTONIC, &at);
}

void robust_lock::expect_a_holder() const {
    const auto word = [this] { return __atomic_load_n(&mutex_.__data.__lock, __ATOMIC_RELAXED); };
    const int seen = word();
    const auto holder = static_cast<pid_t>(seen & FUTEX_TID_MASK);
    // The kernel changes the word before a thread's number is free.
    if (holder != 0 && !is_thread_of_a_program(holder) && word() == seen) refuse_damaged();
}

void robust_lock::refuse_damaged() {
    throw protocol_error(
        "bobbin: the memory of a lock was written over by somebody who has no business there");
}

void robust_lock::fail_to_unlock(int error) {
    check(error, "bobbin: a lock was given back by a thread that does not have it");
}

}}}  // namespace bobbin::v0::ipc::detail
