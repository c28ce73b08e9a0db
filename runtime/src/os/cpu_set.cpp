// See cpu_set.hpp and affinity.hpp.
#include "os/affinity.hpp"

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <sched.h>
#include <stdexcept>
#include <system_error>
#include <unistd.h>

namespace bobbin { inline namespace v0 {

cpu_set::cpu_set(std::initializer_list<int> cpus) {
    for (const int each : cpus) insert(each);
}

void cpu_set::insert(int cpu) {
    if (cpu < 0 || cpu >= limit)
        throw std::invalid_argument("bobbin: no processor has the number " + std::to_string(cpu) +
                                    "; they are from 0 to " + std::to_string(limit - 1));
    members_.set(static_cast<std::size_t>(cpu));
}

bool cpu_set::contains(int cpu) const noexcept {
    return cpu >= 0 && cpu < limit && members_[static_cast<std::size_t>(cpu)];
}

std::vector<int> cpu_set::numbers() const {
    std::vector<int> result;
    for (int i = 0; i < limit; ++i)
        if (contains(i)) result.push_back(i);
    return result;
}

cpu_set available_cpus() {
    return detail::affinity_of(0);
}

cpu_set available_cores() {
    const cpu_set available = available_cpus();
    cpu_set cores;
    for (const int each : available.numbers()) {
        // Like "0,64" or "0-1".
        std::ifstream file("/sys/devices/system/cpu/cpu" + std::to_string(each) +
                           "/topology/thread_siblings_list");
        bool shares_one_of_these = false;
        for (int first = 0; file >> first;) {
            int last = first;
            if (file.peek() == '-') file.ignore() >> last;
            for (int sibling = first; sibling <= last && sibling < each; ++sibling)
                shares_one_of_these |= cores.contains(sibling);
            file.ignore();
        }
        if (!shares_one_of_these) cores.insert(each);
    }
    return cores;
}

cpu_set detail::affinity_of(pid_t thread) {
    cpu_set result;
    // A machine may have more processors than a cpu_set_t: ask with a larger set until it is taken.
    for (std::size_t bytes = sizeof(cpu_set_t); bytes <= 1U << 20U; bytes *= 2) {
        std::vector<cpu_set_t> mask(bytes / sizeof(cpu_set_t));
        if (::sched_getaffinity(thread, bytes, mask.data()) != 0) continue;
        const auto count = std::min<std::size_t>(8 * bytes, cpu_set::limit);
        for (std::size_t i = 0; i < count; ++i)
            if (CPU_ISSET_S(i, bytes, mask.data())) result.insert(static_cast<int>(i));
        break;
    }
    return result;
}

cpu_set detail::usable_cpus() {
    cpu_set result = available_cpus();
    for (const int each : affinity_of(::getpid()).numbers()) result.insert(each);
    return result;
}

void detail::set_affinity(const cpu_set& cpus) {
    std::vector<cpu_set_t> mask(cpu_set::limit / 8 / sizeof(cpu_set_t));
    const std::size_t bytes = mask.size() * sizeof(cpu_set_t);
    for (const int each : cpus.numbers())
        CPU_SET_S(static_cast<std::size_t>(each), bytes, mask.data());
    if (::sched_setaffinity(0, bytes, mask.data()) != 0)
        throw std::system_error(errno, std::generic_category(),
                                "bobbin: a thread can't be bound to cpu " + to_text(cpus));
}

std::string detail::to_text(const cpu_set& cpus) {
    std::string text;
    for (int first = 0; first < cpu_set::limit; ++first) {
        if (!cpus.contains(first)) continue;
        int last = first;
        while (cpus.contains(last + 1)) ++last;
        // Step by step: g++ 12 warns of a sum of strings that does no harm.
        if (!text.empty()) text += ',';
        text += std::to_string(first);
        if (last > first) text.append(1, '-').append(std::to_string(last));
        first = last;
    }
    return text;
}

}}  // namespace bobbin::v0
