// Tasks that wait for a queue, without a thread each.
//
// The tasks of a process that wait for one end of a queue stand in line, and only the first is
// resumed when the end may have moved. If it gets what it wanted, it passes the turn to the next;
// if not, it goes back to the head of the line. So a change costs one resumption, however many
// wait.
#pragma once

#include <bobbin/ipc/detail/queue/byte_queue.hpp>
#include <bobbin/runtime/detail/os/process_generation.hpp>
#include <bobbin/runtime/detail/task/wait_point.hpp>
#include <bobbin/runtime/errors.hpp>

#include <boost/intrusive/list_hook.hpp>

#include <coroutine>
#include <cstddef>
#include <stop_token>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

// A task in line. It lives in the task's frame.
class awaited_turn : public boost::intrusive::list_base_hook<> {
public:
    // `size`: of the message that needs room, for a producer.
    awaited_turn(const byte_queue& queue, queue_end end, std::size_t size)
        : queue_(queue), end_(end), size_(size) {}
    awaited_turn(const awaited_turn&) = delete;
    awaited_turn& operator=(const awaited_turn&) = delete;
    ~awaited_turn();

    class awaiter;
    // Suspends until it is this task's turn to try. Throws `cancelled` if that is asked for, and
    // std::system_error if there can be no thread that waits.
    awaiter wait(const std::stop_token& token) noexcept;

private:
    friend class waiting_threads;

    const byte_queue queue_;  // keeps the memory
    const queue_end end_;
    const std::size_t size_;
    const bobbin::detail::home_process home_;
    bool has_turn_ = false;  // the line waits for us to try, and to say so

    // Of the line; under its mutex.
    std::coroutine_handle<> waiting_;
    bool cancelled_ = false;
};

class awaited_turn::awaiter {
public:
    awaiter(awaited_turn& turn, const std::stop_token& token) noexcept
        : turn_(turn), token_(token) {}
    bool await_ready() const noexcept { return false; }
    // May already be resumed elsewhere when it returns true.
    bool await_suspend(std::coroutine_handle<> waiting);
    void await_resume();

private:
    friend bobbin::detail::stop_watch<awaiter>;
    void stop() noexcept;

    awaited_turn& turn_;
    const std::stop_token& token_;
    bobbin::detail::stop_watch<awaiter> watch_;
};

inline awaited_turn::awaiter awaited_turn::wait(const std::stop_token& token) noexcept {
    return {*this, token};
}

}}}  // namespace bobbin::v0::ipc::detail
