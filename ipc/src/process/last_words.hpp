// Why a worker could not be started, from the child that was to be one to its application: a packet
// over the worker's socket, which is read when the child has ended.
#pragma once

#include <exception>
#include <optional>
#include <string>
#include <string_view>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

struct last_words {
    int error = 0;  // errno
    std::string text;

    // Whether each further attempt would fail in the same way.
    [[nodiscard]] bool are_final() const noexcept;
};

// By the child: what it could not do, and errno. It is cut to a kilobyte.
void tell_last_words(int socket, int error, std::string_view what) noexcept;
// The same of an error, if it is for want of memory
// or a std::system_error, as all else is a death like any other.
void tell_why_not(int control, const std::exception& error) noexcept;
// By the application. Whatever else is in the socket is dropped.
std::optional<last_words> read_last_words(int socket);

}}}  // namespace bobbin::v0::ipc::detail
