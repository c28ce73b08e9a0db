// What each thread of a pool does before its first work and after its last, as the pool's options
// say: it binds itself to a processor, and calls the user's hooks.
#pragma once

#include <bobbin/runtime/thread_pool_options.hpp>

#include <condition_variable>
#include <exception>
#include <mutex>
#include <vector>

namespace bobbin { inline namespace v0 { namespace detail {

class thread_setup {
public:
    // Throws std::invalid_argument for a processor that the process may not use.
    explicit thread_setup(const thread_pool_options& options);

    // The thread with that number in the pool. False if it failed: it is to end, without `end`.
    bool begin(unsigned index) noexcept;
    void end(unsigned index) noexcept;

    // Whoever makes the pool, once, when it has `threads`: waits until all of them have begun, if
    // they have something to do then, and throws what the first that failed has thrown.
    void wait_until_begun(unsigned threads);

private:
    bool begins_at_once() const noexcept { return cpus_.empty() && !on_start_; }

    const std::vector<int> cpus_;
    const thread_hook on_start_;
    const thread_hook on_stop_;
    std::mutex mutex_;
    std::condition_variable changed_;
    unsigned begun_ = 0;
    std::exception_ptr error_;
};

}}}  // namespace bobbin::v0::detail
