// See errors.hpp.
#include <bobbin/ipc/errors.hpp>

#include <string>

namespace bobbin { inline namespace v0 { namespace ipc {

queue_closed::queue_closed() : std::runtime_error("bobbin: the queue is closed") {}

producer_died::producer_died()
    : std::runtime_error(
          "bobbin: the queue is empty, and all processes that were expected to put "
          "something into it have ended") {}

too_large::too_large(std::size_t message, std::size_t capacity)
    : std::runtime_error("bobbin: a message of " + std::to_string(message) +
                         " bytes is larger than the queue, which has a capacity of " +
                         std::to_string(capacity) + " bytes: make it with a larger one"),
      message_(message),
      capacity_(capacity) {}

owner_died::owner_died()
    : std::runtime_error(
          "bobbin: the process that had this lock died with it; take it with "
          "recover(), and repair what it protects") {}

broken_barrier::broken_barrier() : std::runtime_error("bobbin: the barrier is broken") {}

}}}  // namespace bobbin::v0::ipc
