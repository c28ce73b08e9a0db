// See captured_output.hpp.
#include "captured_output.hpp"

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <sstream>
#include <sys/mman.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace tour {
namespace {

template <class Result>
Result checked(Result result) {
    if (result < 0) {
        throw std::system_error(errno, std::generic_category(), "capturing the standard output");
    }
    return result;
}

}  // namespace

captured_output::captured_output()
    : file_(checked(::memfd_create("output", MFD_CLOEXEC))),
      before_(checked(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0))) {
    std::fflush(stdout);
    checked(::dup2(file_, STDOUT_FILENO));
}

captured_output::~captured_output() {
    std::fflush(stdout);
    ::dup2(before_, STDOUT_FILENO);
    ::close(before_);
    ::close(file_);
}

std::vector<std::string> captured_output::lines() const {
    std::fflush(stdout);
    struct stat status {};
    checked(::fstat(file_, &status));
    std::string text(static_cast<std::size_t>(status.st_size), '\0');
    checked(::pread(file_, text.data(), text.size(), 0));  // leaves the writers' position alone
    std::istringstream in(text);
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);) {
        lines.push_back(line);
    }
    return lines;
}

}  // namespace tour
