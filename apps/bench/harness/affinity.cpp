// See affinity.hpp.
#include "affinity.hpp"

namespace bench {

std::vector<std::size_t> allowed_cpus() {
    cpu_set_t set{};
    ::sched_getaffinity(0, sizeof set, &set);
    std::vector<std::size_t> cpus;
    for (std::size_t cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
        if (CPU_ISSET(cpu, &set)) {
            cpus.push_back(cpu);
        }
    }
    return cpus;
}

confine::confine(const std::vector<std::size_t>& cpus) {
    ::sched_getaffinity(0, sizeof before_, &before_);
    cpu_set_t set{};
    for (const std::size_t cpu : cpus) {
        CPU_SET(cpu, &set);
    }
    ::sched_setaffinity(0, sizeof set, &set);
}

confine::~confine() {
    ::sched_setaffinity(0, sizeof before_, &before_);
}

}  // namespace bench
