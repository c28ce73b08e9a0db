// See control_groups.hpp.
#include <bobbin/runtime/detail/os/control_groups.hpp>

#include <algorithm>
#include <fstream>

namespace bobbin { inline namespace v0 { namespace detail {
namespace {

// Of `group` and those around it, below the mount point.
std::uint64_t least_upwards(const std::string& mount, std::string group, group_limit limit) {
    std::uint64_t least = limit(mount);
    for (; group.size() > 1; group.resize(group.rfind('/')))
        least = std::min(least, limit(mount + group));
    return least;
}

}  // namespace

// Lines of /proc/self/cgroup: "0::/group" (v2), "4:cpu,cpuacct:/group" (v1).
std::uint64_t least_in_control_groups(const std::string& controller, group_limit v1,
                                      group_limit v2) {
    std::uint64_t least = no_limit;
    std::ifstream file("/proc/self/cgroup");
    for (std::string line; std::getline(file, line);) {
        const auto first = line.find(':');
        const auto second = line.find(':', first + 1);
        if (second == std::string::npos) continue;
        const auto controllers = ',' + line.substr(first + 1, second - first - 1) + ',';
        const auto group = line.substr(second + 1);
        if (controllers == ",,")
            least = std::min(least, least_upwards("/sys/fs/cgroup", group, v2));
        else if (controllers.find(',' + controller + ',') != std::string::npos)
            least = std::min(least, least_upwards("/sys/fs/cgroup/" + controller, group, v1));
    }
    return least;
}

}}}  // namespace bobbin::v0::detail
