// See available_parallelism.hpp.
#include <bobbin/runtime/available_parallelism.hpp>
#include <bobbin/runtime/cpu_set.hpp>
#include <bobbin/runtime/detail/os/control_groups.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>
#include <thread>

namespace bobbin { inline namespace v0 {

namespace {

using detail::no_limit;

unsigned affinity() {
    const unsigned processors = available_cpus().size();
    return processors > 0 ? processors : std::max(1U, std::thread::hardware_concurrency());
}

// How many processors a quota of `quota` microseconds in each `period` amounts to.
std::uint64_t processors(double quota, double period) {
    if (!(quota > 0) || !(period > 0)) return no_limit;
    return static_cast<std::uint64_t>(std::clamp(std::ceil(quota / period), 1.0, 1e6));
}

std::uint64_t quota_v2(const std::string& group) {
    std::ifstream file(group + "/cpu.max");
    std::string quota;
    double period = 0;
    if (!(file >> quota >> period) || quota == "max") return no_limit;
    return processors(std::strtod(quota.c_str(), nullptr), period);
}

std::uint64_t quota_v1(const std::string& group) {
    double quota = 0;
    double period = 0;
    if (!(std::ifstream(group + "/cpu.cfs_quota_us") >> quota) ||
        !(std::ifstream(group + "/cpu.cfs_period_us") >> period))
        return no_limit;
    return processors(quota, period);
}

std::uint64_t environment() {
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
    const auto quota = detail::least_in_control_groups("cpu", quota_v1, quota_v2);
    return static_cast<unsigned>(std::min({std::uint64_t{affinity()}, quota, environment()}));
}

}}  // namespace bobbin::v0
