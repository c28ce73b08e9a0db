#include <bobbin/runtime/available_parallelism.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <sched.h>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace bobbin::inline v0 {

namespace {

constexpr unsigned no_limit = ~0U;

unsigned affinity() {
    // A machine may have more processors than a cpu_set_t: ask with a larger set until it is taken.
    for (std::size_t bytes = sizeof(cpu_set_t); bytes <= 1U << 20U; bytes *= 2) {
        std::vector<cpu_set_t> set(bytes / sizeof(cpu_set_t));
        if (sched_getaffinity(0, bytes, set.data()) == 0)
            return static_cast<unsigned>(std::max(1, CPU_COUNT_S(bytes, set.data())));
    }
    return std::max(1U, std::thread::hardware_concurrency());
}

// How many processors a quota of `quota` microseconds in each `period` amounts to.
unsigned processors(double quota, double period) {
    if (!(quota > 0) || !(period > 0)) return no_limit;
    return static_cast<unsigned>(std::clamp(std::ceil(quota / period), 1.0, 1e6));
}

unsigned quota_v2(const std::string& group) {
    std::ifstream file(group + "/cpu.max");
    std::string quota;
    double period = 0;
    if (!(file >> quota >> period) || quota == "max") return no_limit;
    return processors(std::strtod(quota.c_str(), nullptr), period);
}

unsigned quota_v1(const std::string& group) {
    double quota = 0;
    double period = 0;
    if (!(std::ifstream(group + "/cpu.cfs_quota_us") >> quota) ||
        !(std::ifstream(group + "/cpu.cfs_period_us") >> period))
        return no_limit;
    return processors(quota, period);
}

// The least limit of `group` and those around it, below the mount point.
template <class Quota>
unsigned least_upwards(const std::string& mount, std::string group, Quota quota) {
    unsigned least = quota(mount);
    for (; group.size() > 1; group.resize(group.rfind('/')))
        least = std::min(least, quota(mount + group));
    return least;
}

// Lines of /proc/self/cgroup: "0::/group" (v2), "4:cpu,cpuacct:/group" (v1).
unsigned control_groups() {
    unsigned least = no_limit;
    std::ifstream file("/proc/self/cgroup");
    for (std::string line; std::getline(file, line);) {
        const auto first = line.find(':');
        const auto second = line.find(':', first + 1);
        if (second == std::string::npos) continue;
        const auto controllers = ',' + line.substr(first + 1, second - first - 1) + ',';
        const auto group = line.substr(second + 1);
        if (controllers == ",,")
            least = std::min(least, least_upwards("/sys/fs/cgroup", group, quota_v2));
        else if (controllers.find(",cpu,") != std::string::npos)
            least = std::min(least, least_upwards("/sys/fs/cgroup/cpu", group, quota_v1));
    }
    return least;
}

unsigned environment() {
    const char* text = std::getenv("BOBBIN_MAX_PARALLELISM");
    if (text == nullptr) return no_limit;
    const std::string_view view(text);
    unsigned value = 0;
    const auto [end, error] = std::from_chars(view.data(), view.data() + view.size(), value);
    const bool whole = error == std::errc() && end == view.data() + view.size();
    return whole && value > 0 ? value : no_limit;
}

}  // namespace

unsigned available_parallelism() {
    return std::min({affinity(), control_groups(), environment()});
}

}  // namespace bobbin::inline v0
