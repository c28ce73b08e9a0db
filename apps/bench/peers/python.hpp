// Python, run by a child process.
#pragma once

#include "../harness/run.hpp"

#include <string>

namespace bench::peers {

// Whether there is a Python with executors and processes. Asked once; processes started later know
// the answer.
bool has_python();

// Runs a program without single quotes, which takes the time itself and prints the seconds and the
// value. Throws std::runtime_error if it does not.
run_result run_python(const std::string& program);

}  // namespace bench::peers
