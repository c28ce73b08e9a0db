// Peak memory is VmHWM of /proc/self/status and not wait4's ru_maxrss: Linux hands the latter down
// through fork and exec, so a child never reports less than its parent once used.
#include "fresh.hpp"

#include <array>
#include <cstdlib>
#include <fcntl.h>
#include <fmt/format.h>
#include <fstream>
#include <memory>
#include <spawn.h>
#include <stdexcept>
#include <sys/wait.h>
#include <unistd.h>

namespace bench {
namespace {

std::size_t peak_rss_kib() {
    std::ifstream status("/proc/self/status");
    std::string word;
    while (status >> word) {
        std::size_t kib = 0;
        if (word == "VmHWM:" && status >> kib) {
            return kib;
        }
    }
    return 0;
}

pid_t spawn_self(const std::vector<std::string>& arguments, int output, bool for_stack) {
    std::vector<char*> argv;
    argv.reserve(arguments.size() + 1);
    for (const std::string& argument : arguments) {
        argv.push_back(const_cast<char*>(argument.data()));
    }
    argv.push_back(nullptr);
    std::vector<char*> environment;
    // Resolving functions at their first call takes 2 KiB of stack, which would be found under a
    // task.
    std::string bind_now = "LD_BIND_NOW=1";
    if (for_stack) {
        environment.push_back(bind_now.data());
    }
    for (char** variable = environ; *variable != nullptr; ++variable) {
        environment.push_back(*variable);
    }
    environment.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    pid_t child = -1;
    const int error =
        ::posix_spawn(&child, "/proc/self/exe", &actions, nullptr, argv.data(), environment.data());
    ::posix_spawn_file_actions_destroy(&actions);
    if (error != 0) {
        throw std::runtime_error("cannot start a fresh process of this program");
    }
    return child;
}

}  // namespace

fresh_run run_freshly(std::vector<std::string> arguments, std::size_t index, bool for_stack) {
    arguments.insert(arguments.end(), {"--child", fmt::format("{}", index)});
    if (for_stack) {
        arguments.emplace_back("--child-stack");
    }
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
        throw std::runtime_error("cannot open a pipe");
    }
    const pid_t child = spawn_self(arguments, ends[1], for_stack);
    ::close(ends[1]);
    fresh_run run;
    auto& [seconds, value, stack_bytes, resident_bytes] = run.result;
    bool complete = false;
    {
        const std::unique_ptr<std::FILE, int (*)(std::FILE*)> in(::fdopen(ends[0], "r"),
                                                                 &std::fclose);
        complete = std::fscanf(in.get(), "%lf %lu %zu %zu %zu", &seconds, &value, &stack_bytes,
                               &resident_bytes, &run.peak_rss_kib) == 5;
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    if (status != 0 || !complete) {
        throw std::runtime_error(
            fmt::format("a fresh process of this program failed (wait status {})", status));
    }
    return run;
}

void make_fresh(suite& suite, const std::vector<std::string>& arguments) {
    for (std::size_t i = 0; i < suite.contenders.size(); ++i) {
        if (suite.contenders[i].fresh) {
            suite.contenders[i].run = [arguments, i] { return run_freshly(arguments, i).result; };
        }
    }
}

int run_as_child(const suite& suite, std::size_t index, bool for_stack) {
    const contender& contender = suite.contenders.at(index);
    const run_result result = for_stack ? contender.run_for_stack() : contender.run();
    fmt::print("{:.9f} {} {} {} {}\n", result.seconds, result.value, result.stack_bytes,
               result.resident_bytes, peak_rss_kib());
    return result.value == contender.expected() ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace bench
