#pragma once

#include <atomic>
#include <cstdint>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

// From now on that becomes 1 when this process makes a state (see worker_state.hpp).
void tell_of_states(std::atomic<std::uint32_t>& made) noexcept;

}}}  // namespace bobbin::v0::ipc::detail
