// What a worker prints, line by line, if its application wants to have it.
#pragma once

#include "os/owned_descriptor.hpp"

#include <bobbin/runtime/detail/os/asio_objects.hpp>
#include <bobbin/runtime/thread_pool.hpp>

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <sys/types.h>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

// Of the driver's thread.
class output_lines : public std::enable_shared_from_this<output_lines> {
public:
    using receiver = std::function<void(pid_t worker, std::string_view line)>;

    // Makes the pipe. Throws std::system_error.
    output_lines(thread_pool& driver, receiver deliver);

    // For the worker, until that has it.
    owned_descriptor take_worker_end() noexcept { return std::move(theirs_); }
    // From when it is known whose they are. May throw std::bad_alloc, and is to be called again.
    void listen_to(pid_t worker);
    // The worker has ended: what is left, and a last line without an end.
    void finish();

private:
    void listen();
    enum class printed { some, nothing_now, end };
    printed read_some();
    void deliver(std::string_view line) noexcept;

    const receiver deliver_;
    owned_descriptor theirs_;
    bobbin::detail::pool_descriptor ours_;
    std::string rest_;  // of what was read, without an end of line
    std::array<char, 4096> room_;
    pid_t worker_ = -1;
};

}}}  // namespace bobbin::v0::ipc::detail
