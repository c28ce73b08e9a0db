// See start_member.hpp.
#include "scheduler/pool_core.hpp"

#include <bobbin/runtime/detail/scheduler/start_member.hpp>
#include <bobbin/runtime/detail/task/run_here.hpp>

namespace bobbin { inline namespace v0 { namespace detail {

void start_member(join_scope& scope, promise_base& work, priority how, keeps_pool keeps) {
    work.scope = &scope;
    const work_item item = as_unstarted(work);
    auto* const pool = scope.pool;
    if (pool == nullptr) return run_in_line(item);
    if (keeps == keeps_pool::yes) pool->task_begins();
    try {
        pool->send(item, how);
    } catch (...) {
        if (keeps == keeps_pool::yes) pool->task_ended();
        throw;
    }
}

}}}  // namespace bobbin::v0::detail
