// Tasks that no task awaits.
#pragma once

namespace bobbin { inline namespace v0 { namespace detail {

class pool_core;
struct promise_base;

// Starts `work` on `pool` (on this thread, if none) and blocks until it has ended. See `sync_wait`.
void run_and_wait(pool_core* pool, promise_base& work);

}}}  // namespace bobbin::v0::detail
