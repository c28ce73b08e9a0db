// Which CPUs the calling thread, and the threads it starts, may use.
#pragma once

#include <cstddef>
#include <sched.h>
#include <vector>

namespace bench {

// The CPUs this process may use, in ascending order.
std::vector<std::size_t> allowed_cpus();

// Confines the calling thread to some CPUs until the end of the scope. Threads that it starts
// meanwhile inherit that.
class confine {
public:
    explicit confine(const std::vector<std::size_t>& cpus);
    ~confine();
    confine(const confine&) = delete;
    confine(confine&&) = delete;
    confine& operator=(const confine&) = delete;
    confine& operator=(confine&&) = delete;

private:
    cpu_set_t before_{};
};

}  // namespace bench
