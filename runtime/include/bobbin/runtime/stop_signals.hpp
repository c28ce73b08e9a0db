// Ctrl-C, and SIGTERM, for programs that want to end in order.
#pragma once

#include <csignal>
#include <initializer_list>
#include <memory>
#include <stop_token>

namespace bobbin { inline namespace v0 {

// The first of these signals asks the program to stop, the second ends it at once:
//
//     int main() {
//         bobbin::stop_signals signals;
//         bobbin::thread_pool pool;
//         try {
//             bobbin::sync_wait(pool, bobbin::with_stop_token(signals.token(), program()));
//         } catch (const bobbin::cancelled&) {
//             std::cout << "stopped\n";
//         }
//     }
//
// A pool as a whole is stopped by `std::stop_callback stop(signals.token(), [&] { pool.stop();
// });`, of threads or of processes. Workers of a process_pool don't see the terminal's Ctrl-C, and
// go with the program, however it ends.
//
// Exit status. A program that got one of these signals ends by it in any case: after the first it
// runs to its end, main returns, static objects are destroyed, output is flushed, and then it kills
// itself with that signal, whatever main has returned. So a shell shows 130 for Ctrl-C and 143 for
// SIGTERM, and a loop in a script ends with it, as it would not after an exit(130). (Where a
// signal can't end it, as that of a container's first process, it exits with 128 + its number.)
// `dismiss` keeps the program's own exit status. The second one ends it by itself.
//
// What was ignored before stays ignored, as with nohup. The signals are handled as long as this
// lives; then they do what they did before. One such object at a time. It and another handler of
// the same signals (asio::signal_set) don't go together: the last that was made has them. Blocking
// calls of the system that a thread of yours is in go on after the first signal (SA_RESTART).
//
// fork(): a child has the signals' default actions, and its own exit status.
class stop_signals {
public:
    // Throws std::logic_error if there is one already, std::system_error if there is no such
    // signal, std::bad_alloc.
    stop_signals(std::initializer_list<int> signals = {SIGINT, SIGTERM});
    stop_signals(const stop_signals&) = delete;
    stop_signals& operator=(const stop_signals&) = delete;
    ~stop_signals();

    // Asked to stop by the first signal, also if that has come already, on a thread of this
    // object's own, which the first call of this starts (so a process_pool with start_method::fork
    // is made before it). Any thread. Throws std::system_error if there is no thread to be had,
    // std::bad_alloc.
    std::stop_token token() const;

    // The signal that came first, or 0. Any thread.
    int received() const noexcept;

    // The program's exit status is its own again. Any thread.
    void dismiss() noexcept;

private:
    class watcher;
    std::unique_ptr<watcher> watcher_;
};

}}  // namespace bobbin::v0
