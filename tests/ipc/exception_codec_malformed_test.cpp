// Goal: bytes that are no exception end in protocol_error, or in another exception: never in
// undefined behaviour (the sanitizers watch). Method: encodings cut off at each byte, with each
// byte changed.

#include "exceptions.hpp"

#include <bobbin/ipc/errors.hpp>
#include <bobbin/ipc/worker_died.hpp>

#include <csignal>
#include <cstddef>
#include <doctest/doctest.h>
#include <exception>
#include <filesystem>
#include <future>
#include <ios>
#include <new>
#include <span>
#include <stdexcept>
#include <system_error>
#include <utility>
#include <vector>

namespace ipc = bobbin::ipc;
namespace fs = std::filesystem;
using namespace exceptions;

namespace {

// An exception of each form in which they are encoded, and a chain of nested ones.
std::vector<std::exception_ptr> examples() {
    const auto of = [](auto error) { return std::make_exception_ptr(std::move(error)); };
    const auto inner = of(std::system_error(not_there, "open"));
    return {of(std::out_of_range("index 7 of 5")),
            of(std::bad_alloc()),
            inner,
            of(std::system_error(not_there)),
            of(fs::filesystem_error("copy", "/from", "/to", not_there)),
            of(std::ios_base::failure("read")),
            of(std::future_error(std::future_errc::broken_promise)),
            of(bobbin::cancelled()),
            of(ipc::too_large(100, 64)),
            of(ipc::worker_died(12, ipc::exit_status{.signal = SIGKILL}, 17, 1)),
            of(user::bad_line("line 3")),
            of(42),
            around(around(inner, user::bad_line("line 4")), std::runtime_error("config"))};
}

// Whether it is refused; anything else that happens fails the test.
void decode_strange(std::span<const std::byte> encoded) {
    std::exception_ptr error;
    try {
        error = decode(encoded);
    } catch (const ipc::protocol_error&) {
        return;
    }
    for (; error; error = inside(error)) CHECK(what(error).size() < 20'000);
}

}  // namespace

TEST_CASE("an encoding that is cut off is refused, wherever it is cut") {
    for (const auto& error : examples()) {
        const bytes encoded = encode(error);
        for (std::size_t size = 0; size < encoded.size(); ++size)
            CHECK_THROWS_AS(decode(std::span(encoded).first(size)), ipc::protocol_error);
    }
}

TEST_CASE("an encoding with any byte changed is refused, or another exception") {
    for (const auto& error : examples()) {
        bytes encoded = encode(error);
        for (auto& byte : encoded) {
            const auto right = byte;
            for (int value = 0; value < 256; ++value) {
                byte = static_cast<std::byte>(value);
                decode_strange(encoded);
            }
            byte = right;
        }
    }
}

TEST_CASE("an encoding that claims too many exceptions, or a long text, is refused") {
    bytes encoded = encode(std::make_exception_ptr(std::runtime_error("text")));
    for (const int count : {0, 2, 17, 255}) {
        bytes other = encoded;
        other.front() = static_cast<std::byte>(count);
        CHECK_THROWS_AS(decode(other), ipc::protocol_error);
    }
    constexpr std::size_t size_at = 2;
    encoded.resize(encoded.size() + 5000, std::byte{'x'});
    encoded[size_at + 1] = std::byte{5000 >> 8};
    CHECK_THROWS_AS(decode(encoded), ipc::protocol_error);
}
