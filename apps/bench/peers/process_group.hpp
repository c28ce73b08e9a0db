// Processes that begin a work together: how everything between processes is timed.
#pragma once

#include "../harness/run.hpp"

#include <cstddef>
#include <functional>
#include <vector>

namespace bench::peers {

// What a process passes at the beginning and at the end of what counts. Neither what it makes
// before nor what it takes down afterwards is timed.
class gate {
public:
    struct times;
    gate(times& all, std::size_t number) : all_(&all), number_(number) {}

    // Returns when all processes have come here.
    void start() const;
    void end() const;

private:
    times* all_;
    std::size_t number_;
};

struct process_part {
    static constexpr std::size_t anywhere = static_cast<std::size_t>(-1);

    // The core it is kept on: a number that is taken modulo the cores there are. The kernel may
    // leave two fresh processes on one core for many milliseconds.
    std::size_t core = anywhere;
    // Run in a process of its own, from where it passes the gate. Its values are summed up;
    // `seconds` is 0, unless it knows better than the gate what counts.
    std::function<run_result(const gate&)> run;
};

// Timed from the moment when all have come to the gate until the last is through. Throws
// std::runtime_error if one fails; then none is left.
run_result run_processes(const std::vector<process_part>& parts);

}  // namespace bench::peers
