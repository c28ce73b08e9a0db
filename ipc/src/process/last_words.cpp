// See last_words.hpp.
#include "process/last_words.hpp"

#include "memory/worker_packet.hpp"
#include "os/control_socket.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <exception>
#include <new>
#include <span>
#include <system_error>

namespace bobbin { inline namespace v0 { namespace ipc::detail {
namespace {

struct farewell {
    worker_packet head{.kind = packet_kind::last_words};
    std::array<char, 1U << 10U> text{};
};

}  // namespace

bool last_words::are_final() const noexcept {
    constexpr std::array passing{EAGAIN, EBUSY,   EINTR,  EIO,    EMFILE,
                                 ENFILE, ENOBUFS, ENOMEM, ENOSPC, ETXTBSY};
    return std::ranges::count(passing, error) == 0;
}

void tell_last_words(int socket, int error, std::string_view what) noexcept {
    farewell last;
    last.head.number = static_cast<std::uint64_t>(error);
    const auto size = what.copy(last.text.data(), last.text.size());
    try {
        static_cast<void>(
            send_packet(socket, std::as_bytes(std::span(&last, 1)).first(sizeof last.head + size)));
    } catch (const std::exception&) {
        // The child ends all the same, and the application sees that.
    }
}

void tell_why_not(int control, const std::exception& error) noexcept try {
    if (dynamic_cast<const std::bad_alloc*>(&error) != nullptr)
        return tell_last_words(control, ENOMEM, "what it needs");
    const auto* const system = dynamic_cast<const std::system_error*>(&error);
    if (system == nullptr) return;
    // It ends with ": " and what the number means, which who reads it adds anyway.
    std::string_view what = system->what();
    what.remove_suffix(std::min(what.size(), 2 + system->code().message().size()));
    constexpr std::string_view ours = "bobbin: ";
    if (what.starts_with(ours)) what.remove_prefix(ours.size());
    tell_last_words(control, system->code().value(), what);
} catch (const std::bad_alloc&) {
    tell_last_words(control, ENOMEM, "what it needs");
}

std::optional<last_words> read_last_words(int socket) {
    for (;;) {
        farewell last;
        const auto got = receive_packet(socket, std::as_writable_bytes(std::span(&last, 1)));
        if (got.none || got.gone) return std::nullopt;
        if (got.size < sizeof last.head || last.head.kind != packet_kind::last_words) continue;
        const auto error = static_cast<int>(last.head.number);
        return last_words{.error = error,
                          .text = std::string(last.text.data(), got.size - sizeof last.head) +
                                  ": " + std::generic_category().message(error)};
    }
}

}}}  // namespace bobbin::v0::ipc::detail
