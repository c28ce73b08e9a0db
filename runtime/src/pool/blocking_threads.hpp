// The threads that make blocking calls, and the line in which calls wait for them.
//
// Where a call is in line, a thread is *ready* (idle, or on its way), or all that there may be are
// at a call: whoever puts a call in line, and whoever takes one out and leaves others there, sees
// to it. So a task starts one thread at most, which starts the next.
#pragma once

#include <bobbin/runtime/deadline.hpp>
#include <bobbin/runtime/detail/os/process_generation.hpp>
#include <bobbin/runtime/detail/pool/blocking_call.hpp>

#include <boost/intrusive/list.hpp>

#include <condition_variable>
#include <mutex>

namespace bobbin { inline namespace v0 { namespace detail {

class blocking_threads : public left_to_parent {
public:
    // Those of this process, made on first use. They are there until it ends.
    static blocking_threads& of_this_process();
    // The same, or none.
    static blocking_threads* if_used() noexcept;

    blocking_threads() noexcept = default;

    // Puts it in line; false if it was withdrawn before. Throws std::system_error or std::bad_alloc
    // if nobody would make it, and then it is not in line.
    bool enter(blocking_call& call);
    // True if it was in line, and is no more.
    bool withdraw(blocking_call& call) noexcept;
    // The options are others now.
    void options_changed() noexcept;

private:
    using lock_type = std::unique_lock<std::mutex>;
    void start_thread();
    void start_next(lock_type& lock) noexcept;
    void run() noexcept;
    bool await_call(lock_type& lock) noexcept;
    void make(blocking_call& call) const noexcept;

    const home_process home_;
    std::mutex mutex_;
    std::condition_variable changed_;
    // Under the lock.
    boost::intrusive::list<blocking_call> line_;
    unsigned threads_ = 0;
    unsigned ready_ = 0;  // of these, not at a call
};

}}}  // namespace bobbin::v0::detail
