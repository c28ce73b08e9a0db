// What queues hold: the address of a coroutine to resume, zero for none. The low bit says that it
// is a task which has not begun, so that it can be ended without running if its scope was stopped
// meanwhile.
#pragma once

#include <coroutine>
#include <cstdint>

namespace bobbin { inline namespace v0 { namespace detail {

using work_item = std::uintptr_t;

inline constexpr work_item unstarted_bit = 1;

inline work_item as_resumption(std::coroutine_handle<> handle) noexcept {
    return reinterpret_cast<work_item>(handle.address());
}

}}}  // namespace bobbin::v0::detail
