// Which processors there are, to say on which of them a pool's threads run.
#pragma once

#include <bitset>
#include <cstddef>
#include <initializer_list>
#include <type_traits>
#include <vector>

namespace bobbin { inline namespace v0 {

// A set of processors, by the system's numbers for them, as `taskset -c` and `lscpu -e` have them.
// What takes a number throws std::invalid_argument, which names it, if it isn't from 0 to 4095.
class cpu_set {
public:
    static constexpr int limit = 4096;  // all numbers are below it

    cpu_set() = default;
    cpu_set(std::initializer_list<int> cpus);

    void insert(int cpu);
    bool contains(int cpu) const noexcept;
    bool empty() const noexcept { return members_.none(); }
    unsigned size() const noexcept { return static_cast<unsigned>(members_.count()); }
    // In ascending order.
    std::vector<int> numbers() const;

    friend bool operator==(const cpu_set&, const cpu_set&) = default;

private:
    std::bitset<limit> members_;
};
static_assert(std::is_trivially_destructible_v<cpu_set>, "so that options are");

// The processors in the calling thread's affinity mask: what `taskset`, a container's cpuset or the
// program itself has left it. From any thread.
cpu_set available_cpus();

// Of these, one for each core: the first of those that share it as hyperthreads. Where the system
// doesn't tell, each is taken for a core. Reads files: call it once, not in a loop.
cpu_set available_cores();

}}  // namespace bobbin::v0
