// What says that something went wrong: error codes, exceptions, outcomes.
#pragma once

#include <bobbin/ipc/detail/encoding/codec.hpp>
#include <bobbin/runtime/outcome.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <system_error>
#include <type_traits>
#include <utility>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

// Which of std's four categories, and the value. A category of a library's or the user's is an
// object of one process: to encode a code of it throws std::invalid_argument.
template <>
struct codec<std::error_code> {
    using parts = types<>;
    static constexpr std::size_t least() { return sizeof(std::uint8_t) + sizeof(int); }

    static void put(encoder& to, const std::error_code& value);
    static std::error_code get(decoder& from);
};

template <>
struct codec<std::error_condition> {
    using parts = types<>;
    static constexpr std::size_t least() { return sizeof(std::uint8_t) + sizeof(int); }

    static void put(encoder& to, const std::error_condition& value);
    static std::error_condition get(decoder& from);
};

// It may be null. What comes of it is an exception of the same type if bobbin knows that, else a
// remote_error.
template <>
struct codec<std::exception_ptr> {
    using parts = types<>;
    static constexpr std::size_t least() { return flag_bytes; }

    static void put(encoder& to, const std::exception_ptr& value);
    static std::exception_ptr get(decoder& from);
};

template <class R>
struct codec<outcome<R>> {
    using parts = std::conditional_t<std::is_void_v<R>, types<>, types<R>>;
    static constexpr std::size_t least() { return flag_bytes; }

    static void put(encoder& to, const outcome<R>& value) {
        to.put_flag(value.has_value());
        if (!value.has_value())
            to.put(value.error());
        else if constexpr (!std::is_void_v<R>)
            to.put(value.value());
    }
    static outcome<R> get(decoder& from) {
        if (!from.get_flag()) return failure(from, from.get<std::exception_ptr>());
        if constexpr (std::is_void_v<R>)
            return outcome<R>();
        else
            return outcome<R>(from.get<R>());
    }

private:
    static outcome<R> failure(decoder& from, std::exception_ptr error) {
        if (error == nullptr) from.fail("a failure without an error");
        return outcome<R>::failure(std::move(error));
    }
};

}}}  // namespace bobbin::v0::ipc::detail
