// See output_lines.hpp.
#include "pool/output_lines.hpp"

#include "os/uninterrupted.hpp"

#include <bobbin/runtime/detail/os/memory_shortage.hpp>
#include <bobbin/runtime/detail/task/run_here.hpp>

#include <boost/asio/error.hpp>

#include <cerrno>
#include <fcntl.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

using bobbin::detail::until_there_is_memory;

output_lines::output_lines(thread_pool& driver, receiver deliver)
    : deliver_(std::move(deliver)), ours_(driver) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
        throw std::system_error(errno, std::generic_category(), "bobbin: pipe");
    owned_descriptor reading(ends[0]);
    theirs_ = owned_descriptor(ends[1]);
    ours_.assign(reading.get());
    static_cast<void>(reading.release());  // it has it now
    ours_.non_blocking(true);
}

void output_lines::listen_to(pid_t worker) {
    worker_ = worker;
    listen();
}

void output_lines::listen() {
    const auto look = [self = shared_from_this()](const boost::system::error_code& error) {
        // Another error is no end: it may be readable all the same.
        if (error == boost::asio::error::operation_aborted || !self->ours_.is_open()) return;
        if (self->read_some() != printed::end) until_there_is_memory([&self] { self->listen(); });
    };
    ours_.async_wait(boost::asio::posix::descriptor_base::wait_read, look);
}

output_lines::printed output_lines::read_some() {
    // First, so that nothing that was read is lost.
    until_there_is_memory([this] { rest_.reserve(rest_.size() + room_.size()); });
    const auto size =
        uninterrupted([this] { return ::read(ours_.native_handle(), room_.data(), room_.size()); });
    if (size < 0) return errno == EAGAIN ? printed::nothing_now : printed::end;
    if (size == 0) return printed::end;
    rest_.append(room_.data(), static_cast<std::size_t>(size));
    std::size_t begin = 0;
    for (auto end = rest_.find('\n'); end != std::string::npos; end = rest_.find('\n', begin)) {
        deliver(std::string_view(rest_).substr(begin, end - begin));
        begin = end + 1;
    }
    rest_.erase(0, begin);
    return printed::some;
}

void output_lines::finish() {
    if (!ours_.is_open()) return;
    while (read_some() == printed::some) {
    }
    if (!rest_.empty()) deliver(std::exchange(rest_, {}));
    boost::system::error_code ignored;  // the program may have closed it
    ours_.close(ignored);
}

void output_lines::deliver(std::string_view line) noexcept {
    try {
        deliver_(worker_, line);
    } catch (...) {
        // The next line may do.
    }
    bobbin::detail::check_not_stray();
}

}}}  // namespace bobbin::v0::ipc::detail
