// Exceptions that are encoded and decoded again, in one process.
#pragma once

#include "encoding/exception_codec.hpp"

#include <bobbin/ipc/reader.hpp>
#include <bobbin/ipc/writer.hpp>

#include <cstddef>
#include <doctest/doctest.h>
#include <exception>
#include <span>
#include <stdexcept>
#include <string>
#include <system_error>
#include <typeinfo>
#include <utility>
#include <vector>

// A type of the user's.
namespace user {
struct bad_line : std::runtime_error {
    using std::runtime_error::runtime_error;
};
}  // namespace user

namespace exceptions {

using bytes = std::vector<std::byte>;

inline bytes encode(const std::exception_ptr& error) {
    bobbin::ipc::writer to;
    bobbin::ipc::encoder encoder(to);
    bobbin::ipc::encode_exception(encoder, error);
    return std::move(to).take();
}

inline std::exception_ptr decode(std::span<const std::byte> encoded) {
    bobbin::ipc::decoder from{bobbin::ipc::reader(encoded)};
    auto error = bobbin::ipc::decode_exception(from);
    from.expect_end();
    return error;
}

template <class F>
std::exception_ptr caught(F function) {
    try {
        function();
    } catch (...) {
        return std::current_exception();
    }
    FAIL("nothing was thrown");
    return nullptr;
}

inline std::exception_ptr there_and_back(const std::exception_ptr& error) {
    return decode(encode(error));
}

// The exception, which must be of exactly this type.
template <class E>
E as(const std::exception_ptr& error) {
    try {
        std::rethrow_exception(error);
    } catch (const std::exception& arrived) {
        INFO(typeid(arrived).name(), ": ", arrived.what());
        REQUIRE(typeid(arrived) == typeid(E));
        return static_cast<const E&>(arrived);
    }
}

// What is nested in it.
inline std::exception_ptr inside(const std::exception_ptr& error) {
    try {
        std::rethrow_exception(error);
    } catch (const std::exception& outer) {
        try {
            std::rethrow_if_nested(outer);
        } catch (...) {
            return std::current_exception();
        }
    }
    return nullptr;
}

template <class E>
std::exception_ptr around(const std::exception_ptr& inner, E outer) {
    return caught([&] {
        try {
            std::rethrow_exception(inner);
        } catch (...) {
            std::throw_with_nested(std::move(outer));
        }
    });
}

inline std::string what(const std::exception_ptr& error) {
    try {
        std::rethrow_exception(error);
    } catch (const std::exception& e) {
        return e.what();
    }
}

inline const auto not_there = std::make_error_code(std::errc::no_such_file_or_directory);

}  // namespace exceptions
