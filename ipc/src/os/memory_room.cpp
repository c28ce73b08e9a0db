// See memory_room.hpp.
#include "os/memory_room.hpp"

#include <bobbin/runtime/detail/os/control_groups.hpp>

#include <algorithm>
#include <fstream>
#include <limits>
#include <optional>
#include <string>
#include <unistd.h>

namespace bobbin { inline namespace v0 { namespace ipc::detail {
namespace {

using bobbin::detail::no_limit;

std::uint64_t room_of_group(const std::string& limit_file, const std::string& usage_file) {
    std::uint64_t limit = 0;
    std::uint64_t usage = 0;
    // "max" is no number, and means that there is no limit.
    if (!(std::ifstream(limit_file) >> limit) || !(std::ifstream(usage_file) >> usage))
        return no_limit;
    return limit > usage ? limit - usage : 0;
}

std::uint64_t room_v1(const std::string& group) {
    return room_of_group(group + "/memory.limit_in_bytes", group + "/memory.usage_in_bytes");
}

std::uint64_t room_v2(const std::string& group) {
    return room_of_group(group + "/memory.max", group + "/memory.current");
}

// What the machine could give. Without asking, the kernel would try, and kill processes at random
// when it can't.
std::uint64_t room_of_machine() {
    std::ifstream file("/proc/meminfo");
    std::optional<std::uint64_t> available;
    std::optional<std::uint64_t> swap;
    std::string name;
    std::uint64_t kibibytes = 0;
    while (!(available && swap) && file >> name >> kibibytes) {
        if (name == "MemAvailable:") available = kibibytes;
        if (name == "SwapFree:") swap = kibibytes;
        file.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
    }
    return available ? (*available + swap.value_or(0)) * 1024 : no_limit;
}

}  // namespace

std::uint64_t memory_room() {
    return std::min(room_of_machine(),
                    bobbin::detail::least_in_control_groups("memory", room_v1, room_v2));
}

std::uint64_t resident_memory() {
    std::uint64_t whole = 0;
    std::uint64_t resident = 0;
    std::ifstream("/proc/self/statm") >> whole >> resident;
    return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

}}}  // namespace bobbin::v0::ipc::detail
