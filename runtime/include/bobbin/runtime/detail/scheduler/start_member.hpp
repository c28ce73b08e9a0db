// Starting tasks that nobody awaits, in a scope that knows what to do at their end.
#pragma once

#include <bobbin/runtime/priority.hpp>

namespace bobbin { inline namespace v0 { namespace detail {

class join_scope;
struct promise_base;

// Whether the pool's destructor must wait for the task. It does so anyway for one that never
// suspends. If yes, the scope calls `task_ended` at its end.
enum class keeps_pool : bool { no, yes };

// Starts `work` as a member of `scope`, on its pool: on this thread's deque if it runs a task of
// that pool's, otherwise, and if it has priority, through the injection queue. Without a pool: here
// and now, until it ends or first suspends, also inside a task. May throw std::bad_alloc; then it
// has not begun.
void start_member(join_scope& scope, promise_base& work, priority how, keeps_pool keeps);

}}}  // namespace bobbin::v0::detail
