// Controls: what the machine itself does, taken before and after a suite. When they move, so may
// every figure between them.
#pragma once

#include <string>

namespace bench {

struct control {
    double fib_ns = 0;        // ns a call: one serial fib on each of two cores, at once
    double ping_pong_ns = 0;  // ns for a cache line to go from one core to the other
};

control measure_control();

// Lines for the table's footer: both controls, and a warning when one moved by more than 10 %.
std::string describe(const control& before, const control& after);

}  // namespace bench
