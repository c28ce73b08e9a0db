// What an application and its fork server say to each other.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

// A worker to be made. Encoded, with the worker's descriptors.
struct worker_request {
    std::uint32_t slot = 0;
    std::uint32_t depth = 0;  // pools around it: 1 for a worker of the application itself
    bool executes = false;    // the program is to be started again
    std::vector<std::string> environment;
    std::string working_directory;
};

// The descriptors that a worker gets, in this order; the last two are taken by the server's child.
enum class worker_descriptor : std::uint8_t {
    job_ring,
    control,
    doorbell,
    waiter_doorbell,
    lifeline,
    output,
    error
};
inline constexpr std::size_t descriptors_of_a_worker = 5;

// A process to be made, for one call. Encoded, with the child's descriptors.
struct process_request {
    std::uint64_t callable = 0;  // its key
    std::uint32_t depth = 0;
    std::vector<std::byte> arguments;
    std::uint64_t size_in_segment = 0;   // of the arguments, if that is where they are
    std::vector<std::uint64_t> objects;  // the ids of shared objects among them
};

using child_request = std::variant<worker_request, process_request>;

inline std::uint32_t slot_of(const child_request& wanted) noexcept {
    const auto* const worker = std::get_if<worker_request>(&wanted);
    return worker != nullptr ? worker->slot : 0;
}

// Sent in place of a request of more bytes, which comes as a file before the other descriptors.
inline constexpr std::size_t most_in_packet = 1U << 15U;
struct large_request {  // no other request is so short as this
    std::uint64_t size = 0;
    std::uint64_t slot = 0;  // of the one that it stands for, if that can't be received
};

enum class server_news : std::uint32_t {
    ready,    // the server, to begin with
    refuses,  // to be a server, for a reason: a server_refusal
    started,  // a child, with its pidfd
    failed,   // to start one: errno is `number`
    ended,    // a child
};

struct server_packet {
    server_news what = server_news::ready;
    std::uint32_t slot = 0;
    std::int32_t pid = 0;
    std::int32_t number = 0;
    std::int32_t code = 0;
    std::int32_t signal = 0;
};

struct server_refusal {
    server_packet head{.what = server_news::refuses};
    std::uint32_t text_size = 0;
    std::array<char, 1U << 12U> text{};
};

}}}  // namespace bobbin::v0::ipc::detail
