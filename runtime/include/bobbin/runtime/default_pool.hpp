// The pool that all of a process may share.
#pragma once

#include <bobbin/runtime/thread_pool.hpp>

namespace bobbin { inline namespace v0 {

// For libraries, and for programs that need no pool of their own: several that each brought one
// would have several threads for each processor. It is made when it is first asked for, by
// whichever thread, with as many threads as the environment variable BOBBIN_THREADS says, or else
// available_parallelism(); they run where the process's main thread or whoever asked first may, and
// are called default/0, default/1, … Throws std::invalid_argument, and has made nothing, if
// BOBBIN_THREADS is no number from 1 to 32767; std::system_error and std::bad_alloc as a
// thread_pool's constructor does. From any thread, also at once.
//
// It lives until the end of the program: then, whether by a return from main or by std::exit, it is
// stopped (see thread_pool::stop) and its work waited for, in the order in which static objects are
// destroyed, as if it were one that was made when it was first asked for. So
//
// - a static object or variable that its work uses has to be there before the pool; ask for it
//   first, for instance in the object's constructor;
// - what has not begun by then is cancelled: whoever needs a result waits for it in main;
// - what never ends keeps the program from ending: a job that doesn't look whether it was asked to
//   stop, a chain of Asio's handlers that nobody cancels;
// - the destructors of older static objects find the pool stopped: work gets `pool_closed`;
// - a task that itself calls std::exit isn't waited for, and nor is anything else.
//
// std::quick_exit, std::_Exit and abort wait for nothing.
//
// In a child made by fork() it is another pool, made when the child asks for it; a reference that
// the child has from its parent is to the parent's pool, which throws `pool_closed` (see
// thread_pool). A plugin that has linked a static bobbin has a pool of its own, whose end is when
// it is unloaded.
thread_pool& default_pool();

}}  // namespace bobbin::v0
