// Calls that block: files, a database's client, getaddrinfo. They have threads of their own, so
// that those of pools never stall.
#pragma once

#include <bobbin/runtime/detail/pool/blocking_call.hpp>
#include <bobbin/runtime/detail/task/lambda_coroutines.hpp>
#include <bobbin/runtime/task.hpp>
#include <bobbin/runtime/time_span.hpp>

#include <chrono>
#include <type_traits>

BOBBIN_BEGIN_COROUTINES_OF_LAMBDAS

namespace bobbin { inline namespace v0 {

// `std::string text = co_await bobbin::blocking(read_file, path);`
//
// Calls f(args…) on a thread that is there for such calls, while the awaiting task holds none, and
// returns what it returns (by value) or throws what it throws; the task goes on on its pool. F and
// the arguments may be any that can be moved, and are passed as rvalues. (On g++ 12 name a lambda
// whose captures have destructors, and `std::move` it.)
//
// All tasks of the process share these threads, whatever their pool. One is started when a call
// comes and none is free, up to a limit; then calls wait in line, first come, first served. So
// don't let a call wait for another one that may stand behind it, or for what takes for ever. The
// threads block all signals but those of a thread's own faults.
//
// Cancellation: a task that is asked to stop while its call is in line takes it out: it is not
// made, and `cancelled` is thrown. A call that has begun can't be interrupted: the task waits for
// its end, and its result stands.
//
// Throws std::system_error or std::bad_alloc if there is no thread and none can be had; then the
// call was not made. A task without a pool goes on on the thread that made the call.
//
// At the end of the program (exit, or the return of main) calls that run are left where they are:
// as with any thread, let them end first if they use static objects. The destructor of a pool waits
// for its tasks and so for their calls. In a forked child the threads are started anew; a child
// that was forked in such a call must not return from it.
template <class F, class... Args>
auto blocking(F f, Args... args) -> task<typename detail::accepted_blocking<F, Args...>::result> {
    using accepted = detail::accepted_blocking<F, Args...>;
    if constexpr (accepted::accepted) {
        detail::blocking_call_of<typename accepted::result, F, Args...> call(f, args...);
        co_await call.end();
        co_return call.take();
    } else {
        co_return;
    }
}

struct blocking_options {
    // So many calls run at once, at most; at least 1.
    unsigned max_threads = 64;
    // A thread that had nothing to do for so long ends.
    time_span keep_alive = std::chrono::seconds(10);
};
static_assert(std::is_trivially_destructible_v<blocking_options>,
              "or designated initialisers in a co_await break on g++ 12");

// For all of the process, from any thread, at any time: threads that are too many end when they
// have made the call that they are at, and those that are idle for too long end now. Throws
// std::invalid_argument if no thread is allowed.
void set_blocking_options(blocking_options options);

}}  // namespace bobbin::v0

BOBBIN_END_COROUTINES_OF_LAMBDAS
