// See program.hpp.
#include "program.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

namespace tests {
namespace {

[[noreturn]] void throw_errno(const char* what) {
    throw std::system_error(errno, std::generic_category(), what);
}

// A file descriptor that is closed at the end.
class descriptor {
public:
    explicit descriptor(int fd) : fd_(fd) {
        if (fd < 0) {
            throw_errno("open");
        }
    }
    descriptor(const descriptor&) = delete;
    descriptor(descriptor&&) = delete;
    descriptor& operator=(const descriptor&) = delete;
    descriptor& operator=(descriptor&&) = delete;
    ~descriptor() { ::close(fd_); }

    [[nodiscard]] int get() const { return fd_; }

private:
    int fd_;
};

std::string read_all(int fd) {
    std::string text;
    std::array<char, 4096> block{};
    for (;;) {
        const ssize_t bytes = ::read(fd, block.data(), block.size());
        if (bytes <= 0) {
            return text;
        }
        text.append(block.data(), static_cast<std::size_t>(bytes));
    }
}

// Runs a command line, its stderr going to a file; gives the exit code and what it printed.
program_run run_with_stderr(const std::string& command, const std::string& stderr_path) {
    std::FILE* const pipe = ::popen((command + " 2>" + stderr_path).c_str(), "r");
    if (pipe == nullptr) {
        throw_errno("popen");
    }
    program_run run;
    run.out = read_all(::fileno(pipe));
    const int status = ::pclose(pipe);
    run.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return run;
}

}  // namespace

program_run run_program(const std::string& path, const std::string& arguments) {
    std::string stderr_path = "/tmp/bobbin-test-XXXXXX";
    const descriptor stderr_file(::mkstemp(stderr_path.data()));
    program_run run = run_with_stderr("'" + path + "' " + arguments, stderr_path);
    run.err = read_all(stderr_file.get());
    ::unlink(stderr_path.c_str());
    return run;
}

std::string terminal_output(const std::string& path, const std::string& arguments) {
    const descriptor master(::posix_openpt(O_RDWR | O_NOCTTY));
    std::array<char, 64> name{};
    if (::grantpt(master.get()) != 0 || ::unlockpt(master.get()) != 0 ||
        ::ptsname_r(master.get(), name.data(), name.size()) != 0) {
        throw_errno("pseudo-terminal");
    }
    // Held open, so that what the program wrote stays readable after it has ended.
    const descriptor slave(::open(name.data(), O_RDWR | O_NOCTTY));
    run_with_stderr("'" + path + "' " + arguments, name.data());
    if (::fcntl(master.get(), F_SETFL, O_NONBLOCK) != 0) {
        throw_errno("fcntl");
    }
    return read_all(master.get());
}

}  // namespace tests
