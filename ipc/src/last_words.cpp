#include "last_words.hpp"

#include "control_socket.hpp"
#include "lane_packet.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <exception>
#include <span>
#include <system_error>

namespace bobbin { inline namespace v0 { namespace ipc::detail {
namespace {

struct farewell {
    lane_packet head{.kind = packet_kind::last_words};
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
        // It ends all the same, and that is seen.
    }
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
