// Goal: a library that starts threads before main, as numerical ones do, is no hindrance to pools
// if it lets itself be told how many; if it doesn't, the error says who has started what.
#include "../runtime/child_process.hpp"

#include <bobbin/runtime/available_parallelism.hpp>

#include <array>
#include <doctest/doctest.h>
#include <string>
#include <unistd.h>

namespace {

// What the program prints, to its standard output or error.
std::string output_of(const char* program, const char* method, const char* variable = nullptr) {
    return test::in_child([&] {
               ::unsetenv("OPENBLAS_NUM_THREADS");
               if (variable != nullptr) ::setenv("OPENBLAS_NUM_THREADS", variable, 1);
               ::dup2(STDERR_FILENO, STDOUT_FILENO);
               ::execl(program, program, method, nullptr);
               return 127;
           })
        .err;
}

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a library with threads in the application has none in the fork server") {
    const std::string all = std::to_string(bobbin::available_parallelism());
    for (const auto* const method : {"fork_server", "spawn"}) {
        CAPTURE(method);
        CHECK(output_of(NUMERICAL_PROGRAM, method) == all + ' ' + all + '\n');
    }
}

TEST_CASE("a worker has as many threads as the environment says, if a server can be had so") {
    for (const auto* const method : {"fork_server", "spawn", "fork"}) {
        CAPTURE(method);
        CHECK(output_of(NUMERICAL_PROGRAM, method, "1") == "1 1\n");
    }
}

TEST_CASE("a server that has threads as the environment says so names it, them and the library") {
    for (const auto* const method : {"fork_server", "spawn"}) {
        const std::string error = output_of(NUMERICAL_PROGRAM, method, "3");
        CAPTURE(error);
        CHECK(contains(error, "2 threads named \"multiplier\" from " NUMERICAL_LIBRARY));
        CHECK(contains(error, "Unset OPENBLAS_NUM_THREADS=3 in the environment, or set it to 1"));
    }
}

TEST_CASE("a server that has a thread whatever the environment says names it and the library") {
    for (const auto* const method : {"fork_server", "spawn"}) {
        const std::string error = output_of(STUBBORN_PROGRAM, method);
        CAPTURE(error);
        CHECK(contains(error, "1 thread named \"stubborn\" from " STUBBORN_LIBRARY "."));
        CHECK(contains(error, "has to be told not to, or loaded later"));
    }
}

TEST_CASE("a process with threads that is to be copied is told who has started them") {
    const std::string error = output_of(STUBBORN_PROGRAM, "fork");
    CAPTURE(error);
    CHECK(contains(error, "3 threads named \"multiplier\" from " STUBBORN_LIBRARY
                          ", 1 named \"stubborn\" from " STUBBORN_LIBRARY));
}
