// Whose an object is when the process has forked. A child has copies of all that its parent has in
// memory. But the threads behind them are not there, a lock may be held by one of those for ever,
// and what lies outside of memory (sockets, processes, Asio's epoll) is the parent's still. So each
// object of that kind remembers its process, and asks before it touches any of these: in a child it
// refuses what it is asked for, and leaves all as it is at its end.
#pragma once

#include <atomic>
#include <cstdint>

namespace bobbin { inline namespace v0 { namespace detail {

// Another one in a child made by fork() than in its parent, and never 0. It is a number of this
// process's memory, and only fork() changes it, when the child has one thread. (Children made by
// vfork() or a raw clone() are not noticed.)
extern std::atomic<std::uint64_t> process_generation;

// The process in which this was made.
class home_process {
public:
    // Relaxed, here and below: nobody changes it while another thread may look.
    home_process() noexcept : generation_(process_generation.load(std::memory_order_relaxed)) {}
    bool is_this() const noexcept {
        return generation_ == process_generation.load(std::memory_order_relaxed);
    }

private:
    std::uint64_t generation_;
};

// The base of what a child can't even destroy: it stays, reachable as a leak checker sees it.
class left_to_parent {
public:
    left_to_parent() noexcept = default;
    left_to_parent(const left_to_parent&) = delete;
    left_to_parent& operator=(const left_to_parent&) = delete;

    // In place of destroying it.
    void leave_to_parent() noexcept;

protected:
    ~left_to_parent() = default;

private:
    left_to_parent* next_left_ = nullptr;
};

// Throws pool_closed: `what` ("this job") is that of the process that forked this one.
[[noreturn]] void throw_left_to_parent(const char* what);

}}}  // namespace bobbin::v0::detail
