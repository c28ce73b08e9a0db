// The first line of main in programs that have child processes.
#pragma once

#include <string>

namespace bobbin::inline v0::ipc {

// Worker processes are this program, started again, in which this call does not return: so it has
// to come before anything that main does. In the program that a user starts it returns at once.
//
// Throws std::runtime_error if a module has no build-id, by which workers know callables; ends the
// program with a message if two callables can't be told apart.
void init(int argc, char** argv);

struct init_options {
    // A program that calls init(argc, argv) and has the same callables, as it is linked with the
    // same shared library.
    std::string server;
};
// For hosts that don't own main, as plugins of another program.
void init(const init_options& options);

}  // namespace bobbin::inline v0::ipc
