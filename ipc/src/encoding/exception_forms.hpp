// What of an exception travels: all that it takes to make the same again.
#pragma once

#include <bobbin/ipc/decoder.hpp>
#include <bobbin/ipc/encoder.hpp>
#include <bobbin/ipc/errors.hpp>
#include <bobbin/ipc/remote_error.hpp>
#include <bobbin/ipc/worker_died.hpp>

#include <concepts>
#include <cstddef>
#include <exception>
#include <filesystem>
#include <future>
#include <ios>
#include <string>
#include <system_error>

namespace bobbin { inline namespace v0 { namespace ipc {

inline constexpr std::size_t longest_exception_text = 4096;

// The beginning of the text, with a mark if that is not all.
std::string bounded(const char* text);
// What it says of itself. (It cannot throw instead: what() is noexcept in every derived class.)
std::string text_of(const std::exception& error);
// Texts are bounded, and end at their first NUL as what() does.
void put_text(encoder& to, const std::string& text);
std::string get_text(decoder& from);

// An error code of another category, a library's or the user's, has no meaning in another process.
bool is_of_std(const std::error_category& category) noexcept;

// An exception with a default constructor says the same each time; the others are made of a text.
template <class E>
struct exception_form {
    static void put(encoder& to, const E& error) {
        if constexpr (!std::default_initializable<E>) put_text(to, text_of(error));
    }
    static E get(decoder& from) {
        if constexpr (std::default_initializable<E>)
            return E();
        else
            return E(get_text(from));
    }
};

// Those that are made of something else.
template <>
struct exception_form<remote_error> {
    static void put(encoder& to, const remote_error& error);
    static remote_error get(decoder& from);
};
template <>
struct exception_form<worker_died> {
    static void put(encoder& to, const worker_died& error);
    static worker_died get(decoder& from);
};
template <>
struct exception_form<too_large> {
    static void put(encoder& to, const too_large& error);
    static too_large get(decoder& from);
};
template <>
struct exception_form<std::system_error> {
    static void put(encoder& to, const std::system_error& error);
    static std::system_error get(decoder& from);
};
template <>
struct exception_form<std::ios_base::failure> {
    static void put(encoder& to, const std::ios_base::failure& error);
    static std::ios_base::failure get(decoder& from);
};
template <>
struct exception_form<std::filesystem::filesystem_error> {
    static void put(encoder& to, const std::filesystem::filesystem_error& error);
    static std::filesystem::filesystem_error get(decoder& from);
};
template <>
struct exception_form<std::future_error> {
    static void put(encoder& to, const std::future_error& error);
    static std::future_error get(decoder& from);
};

}}}  // namespace bobbin::v0::ipc
