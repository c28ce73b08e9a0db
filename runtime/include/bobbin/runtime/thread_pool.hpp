// The pool of threads on which tasks run, which is Boost.Asio's at the same time.
#pragma once

#include <bobbin/runtime/pool_interface.hpp>
#include <bobbin/runtime/task.hpp>
#include <bobbin/runtime/thread_pool_options.hpp>

#include <boost/asio/execution_context.hpp>
#include <boost/asio/thread_pool.hpp>

#include <memory>

namespace bobbin { inline namespace v0 {

class thread_pool;

namespace detail {
class join_scope;
class pool_core;
pool_core& core_of(thread_pool& pool) noexcept;
join_scope& root_of(thread_pool& pool) noexcept;
}  // namespace detail

// A work-stealing scheduler for tasks on threads that also run Asio's handlers, timers and sockets:
//
//     bobbin::thread_pool pool({.threads = 4, .name = "crunch"});
//     long result = bobbin::sync_wait(pool, f());
//     boost::asio::steady_timer timer(pool);
//
// All member functions may be called from any thread. The threads block all signals but those of a
// thread's own faults (SIGSEGV, SIGABRT, …), so that a handler for crashes runs there too. An idle
// pool sleeps: it polls nothing.
//
// fork(): in the child, giving the pool work or asking for its executor throws `pool_closed`, and
// destroying it does nothing (see pool.hpp). Timers and sockets that were made with it are Asio's,
// which shares its epoll with the parent: they must be left alone, and a handler of Asio's that
// forks must not return in the child.
//
// It models `pool` (see pool.hpp): submit, map and their like. Beyond what that asks for, it takes
// any callable, with captures.
class thread_pool : public pool_interface<thread_pool> {
public:
    static constexpr bool takes_captures = true;

    using executor_type = boost::asio::thread_pool::executor_type;

    // Throws std::invalid_argument for 0 or more than 32767 threads, or a processor that can't be
    // used; std::system_error if a thread can't be had; what an on_thread_start throws. Then the
    // threads that there were are gone again.
    explicit thread_pool(thread_pool_options options = {});
    thread_pool(const thread_pool&) = delete;
    thread_pool& operator=(const thread_pool&) = delete;

    // Drains: waits until all tasks and handlers have ended, which may be long; call `stop()` first
    // to cut it short. Ends the program with a message when called on one of the pool's own
    // threads.
    ~thread_pool();

    // Starts `work` and returns; the pool's destructor waits for it. An exception that leaves it is
    // reported to the error handler (see `set_error_handler`). Throws `pool_closed` after `close()`
    // or `stop()`, std::logic_error for an empty task, std::bad_alloc.
    void spawn(task<void> work);

    // No new work from outside is taken any more; what was taken runs. Idempotent.
    void close() noexcept;

    // `close`, and: tasks that have not begun end as `cancelled` (inside
    // running fork-join trees some microseconds' worth still begin), and those that run are asked
    // to stop. Returns at once. Handlers of Asio's still run. Idempotent.
    void stop() noexcept;

    unsigned size() const noexcept;
    thread_pool_stats stats() const noexcept;

    // Asio's: handlers posted here run between the tasks, on the same threads. An exception that
    // leaves a handler ends the program.
    executor_type get_executor();

    // So that timers and sockets can be made from the pool itself, as from any of Asio's contexts.
    // NOLINTNEXTLINE(google-explicit-constructor): Asio asks for an implicit conversion
    operator boost::asio::execution_context&();

private:
    friend detail::pool_core& detail::core_of(thread_pool& pool) noexcept;
    friend detail::join_scope& detail::root_of(thread_pool& pool) noexcept;
    friend pool_interface<thread_pool>;
    detail::join_scope& root() noexcept;
    void check_open() const;

    std::unique_ptr<detail::pool_core> core_;
};

}}  // namespace bobbin::v0
