#include "memory_room.hpp"

#include <bobbin/runtime/detail/control_groups.hpp>

#include <fstream>

namespace bobbin::inline v0::ipc::detail {
namespace {

using bobbin::detail::no_limit;

std::uint64_t room(const std::string& limit_file, const std::string& usage_file) {
    std::uint64_t limit = 0;
    std::uint64_t usage = 0;
    // A limit of "max" is no number, and none either.
    if (!(std::ifstream(limit_file) >> limit) || !(std::ifstream(usage_file) >> usage))
        return no_limit;
    return limit > usage ? limit - usage : 0;
}

std::uint64_t room_v1(const std::string& group) {
    return room(group + "/memory.limit_in_bytes", group + "/memory.usage_in_bytes");
}

std::uint64_t room_v2(const std::string& group) {
    return room(group + "/memory.max", group + "/memory.current");
}

}  // namespace

std::uint64_t memory_room() {
    return bobbin::detail::least_in_control_groups("memory", room_v1, room_v2);
}

}  // namespace bobbin::inline v0::ipc::detail
