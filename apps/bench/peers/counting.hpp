// One count that processes add to: what all ways of counting are made to do.
#pragma once

#include "ipc.hpp"
#include "process_group.hpp"

#include <vector>

namespace bench::peers {

// `make_increment()` is called in each process, and what it returns is called `increments` times;
// `read()` is asked for the count at the end. Each process has a core for itself, as long as there
// are enough.
template <class MakeIncrement, class Read>
run_result count_up(const count_work& work, MakeIncrement make_increment, Read read) {
    std::vector<process_part> parts;
    for (unsigned i = 0; i < work.processes; ++i) {
        parts.push_back({i, [&](const gate& gate) -> run_result {
                             auto increment = make_increment();
                             gate.start();
                             for (std::uint64_t n = 0; n < work.increments; ++n) {
                                 increment();
                             }
                             gate.end();
                             return {};
                         }});
    }
    run_result result = run_processes(parts);
    result.value = static_cast<std::uint64_t>(read());
    return result;
}

}  // namespace bench::peers
