// What a suite is to the harness: a list of contenders, each one runtime doing one work on some
// number of workers.
#pragma once

#include "run.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace bench {

// What the command line says about sizes; each suite reads it once, while it is made.
struct suite_size {
    bool quick = false;    // small works, for the tests: the figures mean little
    unsigned workers = 2;  // the larger of the two worker counts; the smaller is 1
};

// A runtime doing a work on a number of workers. `run` may be called any number of times, each
// call is one complete run.
struct contender {
    std::string runtime;
    std::string work;
    unsigned workers = 1;
    std::uint64_t tasks = 1;  // how many tasks one run makes: what its time is divided by
    std::function<std::uint64_t()> expected;  // the right value
    std::function<run_result()> run;
    std::function<run_result()> run_for_stack = {};  // a run that also measures the stack
    bool fresh = false;  // each run in a process of its own, that has done nothing before
};

struct suite {
    std::string name;
    std::string title;
    std::string task_name;   // what one task is here, for "ns per …"
    std::string limit;       // the runtime that bobbin's speed-up is compared with
    std::string tuned = {};  // how bobbin's rows begin that are tuned by hand, if there are any
    std::vector<contender> contenders = {};
    std::vector<std::string> notes = {};  // printed under the table
};

suite dispatch_suite(const suite_size& size);
suite fork_join_suite(const suite_size& size);
suite ipc_suite(const suite_size& size);
suite pi_suite(const suite_size& size);
suite processes_suite(const suite_size& size);
suite stack_suite(const suite_size& size);

}  // namespace bench
