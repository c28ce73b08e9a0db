// Runs a program of ours as a shell would, for tests of apps.
#pragma once

#include <string>

namespace tests {

struct program_run {
    int exit_code = -1;  // -1 if it did not exit by itself
    std::string out;
    std::string err;
};

// `arguments` are read by the shell. Throws std::system_error if there is no shell to run them.
program_run run_program(const std::string& path, const std::string& arguments);

// What the program writes to its stderr when that is a terminal.
std::string terminal_output(const std::string& path, const std::string& arguments);

}  // namespace tests
