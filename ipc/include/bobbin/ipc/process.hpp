// One child process.
#pragma once

#include <bobbin/ipc/detail/process/process_call.hpp>
#include <bobbin/ipc/exit_status.hpp>
#include <bobbin/runtime/deadline.hpp>
#include <bobbin/runtime/task.hpp>
#include <bobbin/runtime/time_span.hpp>

#include <concepts>
#include <functional>
#include <memory>
#include <optional>
#include <sys/types.h>
#include <type_traits>
#include <utility>

namespace bobbin { inline namespace v0 { namespace ipc {

namespace detail {
template <class F, class T>
concept other_than = !std::same_as<F, T>;
}  // namespace detail

// A function that runs in a child process:
//
//     int main(int argc, char** argv) {
//         bobbin::ipc::init(argc, argv);  // the first line
//         bobbin::ipc::process child(bobbin::fn<&serve>{}, 8080);
//         bobbin::ipc::exit_status how = child.join();
//
// It starts in the constructor, so it can't be started twice. The child has what the program has
// when it starts: what main and its threads did since is not there, what is passed as an argument
// is (see encoding.hpp). So it costs the same however large this process is, and this one may have
// threads. What must see this process's memory uses `forked`.
//
// The function is a `fn`, a lambda without captures, an empty functor, or what `bind` makes of
// these; it may be a coroutine, which has a pool of one thread there. What it returns, an int or
// nothing, is the exit code (of which the system keeps the lowest 8 bits). An exception that leaves
// it is printed on stderr, and the exit code is 1. Its standard output and error are those of this
// process now, and what it wrote to std::cout and stdout is not lost; its input is empty. Signals
// have their default effects, and Ctrl-C does not reach it; but it is killed when this process
// ends, however that does. Environment and working directory are as they were when the fork server
// was started: with the first process or process_pool, or after the server before it had died.
//
// fork(): the started process is no child of this one's other children. There join, join_for,
// running and ended throw std::logic_error, unless the end was known before; kill, terminate and
// the destructor do nothing.
//
// Threads. One object by one thread (or task) at a time; kill() and terminate() by any.
class process {
public:
    // Returns when it has started. Throws std::logic_error if the program did not call init(), or
    // its fork server refuses to be one, and says why; std::system_error if there is no process,
    // memory or descriptor to be had (four for each); std::runtime_error if there is no fork server
    // to be had, or it ends meanwhile; std::length_error for more than 60 shared objects; what
    // encoding the arguments does.
    template <detail::other_than<process> F, class... Args>
    explicit process(F f, Args... args);

    // A copy of this process (fork), which runs any callable: it sees all that there was here
    // before, and what it changes stays its own, but for shared memory. All the above holds but
    // this: ignored signals stay so; input, environment, directory and process group are ours;
    // it is killed already when the thread that made it ends, if this process goes on then. No
    // destructor of an object of this process runs there. It needs no init().
    //
    // Fork copies one thread: use it in programs that have no other yet, as others may hold locks
    // that nobody will ever give back in the child.
    //
    // Throws std::system_error if there is no process to be had.
    template <std::invocable F>
    [[nodiscard]] static process forked(F function);

    // What was moved from is nobody's: destroy it, or assign to it.
    process(process&& other) noexcept;
    process& operator=(process&& other) noexcept;  // joins the one it was
    // Joins.
    ~process();

    // Nobody else's while the object lives (a copy's: until it was joined).
    [[nodiscard]] pid_t pid() const noexcept;
    // Not ended yet.
    [[nodiscard]] bool running();
    // Waits for its end; afterwards, gives the same again.
    exit_status join();
    // The same, at most that long; nothing if it still runs.
    std::optional<exit_status> join_for(time_span wait) {
        return join_until(deadline::after(wait));
    }
    // As join(), without holding a thread: `co_await child.ended()`. Throws `cancelled` as soon as
    // the awaiting task is asked to stop, and the process runs on; `no_pool` in a task without a
    // pool. The object may be moved meanwhile, but not destroyed.
    [[nodiscard]] task<exit_status> ended();

    // Ask it to end (SIGTERM), or end it (SIGKILL). Nothing happens if it has ended.
    void terminate() const noexcept;
    void kill() const noexcept;

private:
    struct child;

    explicit process(std::unique_ptr<child> made) noexcept;
    static process start(const detail::process_call& call);
    static process fork(const std::function<int()>& function);
    [[nodiscard]] child& own() const;
    std::optional<exit_status> join_until(deadline until);
    void send(int signal) const noexcept;

    std::unique_ptr<child> child_;
};

template <detail::other_than<process> F, class... Args>
process::process(F f, Args... args) : process(start(detail::process_call(f, args...))) {}

template <std::invocable F>
process process::forked(F function) {
    return fork([call = std::move(function)]() mutable {
        if constexpr (std::is_void_v<std::invoke_result_t<F>>) {
            std::invoke(call);
            return 0;
        } else {
            return static_cast<int>(std::invoke(call));
        }
    });
}

}}}  // namespace bobbin::v0::ipc
