// That our pools are pools. Here, as to ask takes the compiler longer than most users' files.
#include <bobbin/runtime/pool.hpp>
#include <bobbin/runtime/sequential_pool.hpp>
#include <bobbin/runtime/thread_pool.hpp>

namespace bobbin { inline namespace v0 {

static_assert(pool<sequential_pool>);
static_assert(pool<thread_pool>);

}}  // namespace bobbin::v0
