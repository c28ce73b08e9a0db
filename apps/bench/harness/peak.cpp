#include "peak.hpp"

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

struct child_report {
    std::size_t rss_kib = 0;
    std::size_t stack_bytes = 0;
};

pid_t spawn_self(const std::vector<std::string>& arguments, int output) {
    std::vector<char*> argv;
    argv.reserve(arguments.size() + 1);
    for (const std::string& argument : arguments) {
        argv.push_back(const_cast<char*>(argument.data()));
    }
    argv.push_back(nullptr);
    // Resolving functions at their first call takes 2 KiB of stack, which would be found under a
    // task.
    std::string bind_now = "LD_BIND_NOW=1";
    std::vector<char*> environment = {bind_now.data()};
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
        throw std::runtime_error("cannot start a child process to measure memory");
    }
    return child;
}

child_report run_child(const std::vector<std::string>& arguments) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
        throw std::runtime_error("cannot open a pipe");
    }
    const pid_t child = spawn_self(arguments, ends[1]);
    ::close(ends[1]);
    child_report report;
    {
        const std::unique_ptr<std::FILE, int (*)(std::FILE*)> in(::fdopen(ends[0], "r"),
                                                                 &std::fclose);
        if (std::fscanf(in.get(), "%zu %zu", &report.rss_kib, &report.stack_bytes) != 2) {
            report = {};
        }
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    if (status != 0 || report.rss_kib == 0) {
        throw std::runtime_error(
            fmt::format("the child process that measures memory failed (wait status {})", status));
    }
    return report;
}

}  // namespace

void measure_peaks(const suite& suite, const std::vector<std::string>& arguments,
                   std::vector<row>& rows) {
    for (std::size_t i = 0; i < rows.size(); ++i) {
        std::vector<std::string> child = arguments;
        child.insert(child.end(), {"--child", fmt::format("{}", i)});
        rows[i].peak_rss_mib = static_cast<double>(run_child(child).rss_kib) / 1024;
        if (suite.contenders[i].run_for_stack) {
            child.emplace_back("--child-stack");
            rows[i].stack_bytes = run_child(child).stack_bytes;
        }
    }
}

int run_as_child(const suite& suite, std::size_t index, bool for_stack) {
    const contender& contender = suite.contenders.at(index);
    const run_result result = for_stack ? contender.run_for_stack() : contender.run();
    fmt::print("{} {}\n", peak_rss_kib(), result.stack_bytes);
    return result.value == contender.expected() ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace bench
