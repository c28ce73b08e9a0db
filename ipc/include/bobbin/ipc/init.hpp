// What programs that have child processes do first.
#pragma once

#include <string>

namespace bobbin { inline namespace v0 { namespace ipc {

// The first line of main. Worker processes are this program, started again, in which this call does
// not return: so it has to come before anything that main does. In the program that a user starts
// it returns at once.
//
// Throws std::runtime_error if a module has no build-id, by which workers know callables; ends the
// program with a message if two callables can't be told apart.
void init(int argc, char** argv);

namespace detail {

void init_from(const void* address_in_module);
// Each module has its own.
[[gnu::visibility("hidden")]] inline constexpr char in_this_module = 0;

}  // namespace detail

// For programs and shared libraries whose main is somebody else's, as that of a framework for tests
// or of a program with plugins: called by a static object, before main.
//
//     static const bool has_processes = (bobbin::ipc::init(), true);
//
// In the program that a user starts it returns at once. In one that was started again it returns
// too, and main is never called: the process is a server or worker as soon as all static objects
// have been made, in whatever order. None of them may be a pool: the server would have it as well.
//
// A shared library that calls this may also be loaded by dlopen(), as plugins are: what is started
// again, which is the program that has loaded it, loads it before main (by LD_PRELOAD). Callables
// of libraries that are loaded later are not known there.
//
// Throws what the other one does.
[[gnu::visibility("hidden")]] inline void init() {
    detail::init_from(&detail::in_this_module);
}

struct init_options {
    // A program that calls init(argc, argv) and has the same callables, as it is linked with the
    // same shared library.
    std::string server;
};
// For hosts that have their workers from another program.
void init(const init_options& options);

}}}  // namespace bobbin::v0::ipc
