// The threads that wait for queues in place of tasks: see awaited_turn.hpp.
#pragma once

#include <bobbin/ipc/detail/queue/awaited_turn.hpp>
#include <bobbin/runtime/detail/os/process_generation.hpp>

#include <boost/intrusive/list.hpp>

#include <atomic>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <vector>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

// All tasks of this process that wait for queues. A thread sleeps for up to 127 lines, as many as
// the kernel takes, and one word by which it is told to look again. It ends when nobody has waited
// for a while. All functions may be called from any thread.
class waiting_threads {
public:
    // This process's: made by the first who asks, also in a forked child, which has none of its
    // parent's tasks. May throw std::bad_alloc then.
    static waiting_threads& own();
    explicit waiting_threads(waiting_threads* of_parent) noexcept : of_parent_(of_parent) {}

    // Puts the turn, with its handle, into its line: at the head if it has its turn. False: it is
    // cancelled already.
    bool stand_in_line(awaited_turn& turn);
    // Takes it out of its line as cancelled; false if it is in none.
    bool leave(awaited_turn& turn) noexcept;
    // The task has tried, and passes the turn to the next.
    void pass(awaited_turn& turn) noexcept;

private:
    struct task_line {
        byte_queue queue;  // keeps the memory
        queue_end end;
        boost::intrusive::list<awaited_turn, boost::intrusive::constant_time_size<false>> tasks{};
        bool somebody_tries = false;
        bool refused = false;  // the last to try came back
        bool broken = false;   // no watch could be set: the next to try learns why
        std::shared_ptr<const void> watching{};  // of expected producers

        bool may_try() const;
        void watch() noexcept;
        awaited_turn* take_first() noexcept;
    };
    // A thread and its lines.
    struct line_group {
        std::list<task_line> lines;
        std::atomic<std::uint32_t> changed{0};
        bool running = false;
    };
    static constexpr std::size_t most_lines = 127;

    task_line* find(const awaited_turn& turn) noexcept;
    line_group& group_with_room();
    void look_again(line_group& group) noexcept;
    void run(line_group& group);
    awaited_turn* next_turn(line_group& group);
    bool sleep(line_group& group, std::unique_lock<std::mutex>& lock);

    const bobbin::detail::home_process home_;
    // The parent's object stays as it is: a thread that the child lacks may have its lock.
    // Reachable, so that it counts as no leak.
    [[maybe_unused]] waiting_threads* const of_parent_;
    std::mutex mutex_;
    std::list<line_group> groups_;
};

}}}  // namespace bobbin::v0::ipc::detail
