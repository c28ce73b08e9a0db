// What a worker process does: the jobs of its lane, until that is closed.
#pragma once

#include "owned_descriptor.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

// The descriptors that a worker gets, in this order; the last two are taken by the server's child.
enum class worker_descriptor : std::uint8_t {
    lane,
    control,
    bell,
    waiter_bell,
    lifeline,
    output,
    error
};
inline constexpr std::size_t descriptors_of_a_worker = 5;

[[noreturn]] void run_worker(std::uint32_t seat, std::uint32_t depth,
                             std::vector<owned_descriptor> descriptors);

}}}  // namespace bobbin::v0::ipc::detail
