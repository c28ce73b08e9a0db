// See file_reader.hpp.
#include "file_reader.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace bobbin { inline namespace v0 { namespace detail {
namespace {

[[noreturn]] void fail(const std::string& what, int error = errno) {
    throw std::system_error(error, std::generic_category(), what);
}

using file_status = struct stat;

file_status status_of(int descriptor, const std::string& path) {
    file_status status{};
    if (::fstat(descriptor, &status) != 0) {
        fail(path);
    }
    return status;
}

}  // namespace

// O_NONBLOCK: a FIFO that nobody writes to is to be refused, not waited for.
file_reader::file_reader(std::string path, std::uint64_t position)
    : path_(std::move(path)),
      file_(::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)),
      block_begin_(position) {
    if (file_.number < 0) {
        fail(path_);
    }
    const auto mode = status_of(file_.number, path_).st_mode;
    if (S_ISDIR(mode)) {
        fail(path_, EISDIR);
    }
    if (!S_ISREG(mode)) {
        fail(path_ + " is no regular file", ENOTSUP);
    }
}

file_reader::descriptor::~descriptor() {
    if (number >= 0) {
        ::close(number);
    }
}

std::uint64_t file_reader::size() const {
    return static_cast<std::uint64_t>(status_of(file_.number, path_).st_size);
}

bool file_reader::read_block() {
    block_begin_ += length_;
    at_ = length_ = 0;
    ssize_t bytes = 0;
    do {
        bytes =
            ::pread(file_.number, block_.data(), block_.size(), static_cast<off_t>(block_begin_));
    } while (bytes < 0 && errno == EINTR);
    if (bytes < 0) {
        fail(path_);
    }
    length_ = static_cast<std::size_t>(bytes);
    return length_ > 0;
}

}}}  // namespace bobbin::v0::detail
