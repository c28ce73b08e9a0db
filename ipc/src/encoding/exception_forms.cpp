// See exception_forms.hpp.
#include "encoding/exception_forms.hpp"

#include <bobbin/ipc/encoding.hpp>

#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

namespace bobbin { inline namespace v0 { namespace ipc {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view cut_mark = " [...]";

// The text that the exception was made of: its what() is "<text>: <the code's message>". Empty if
// it was made of the code alone.
std::optional<std::string> text_before_message(const std::system_error& error) {
    // The class's own what(): filesystem_error adds to it what its constructor will add again.
    std::string text = bounded(error.std::system_error::what());
    const std::string message = error.code().message();
    if (text == message) return std::nullopt;
    if (text.ends_with(": " + message)) text.resize(text.size() - message.size() - 2);
    return text;
}

void put_code_and_text(encoder& to, const std::system_error& error) {
    const auto text = text_before_message(error);
    to.put(error.code());
    to.put_flag(text.has_value());
    put_text(to, text.value_or(""));
}

struct code_and_text {
    explicit code_and_text(decoder& from)
        : code(from.get<std::error_code>()), has_text(from.get_flag()), text(get_text(from)) {}

    std::error_code code;
    bool has_text;
    std::string text;
};

}  // namespace

std::string bounded(const char* text) {
    std::size_t size = ::strnlen(text, longest_exception_text + 1);
    if (size <= longest_exception_text) return {text, size};
    size = longest_exception_text - cut_mark.size();
    // Not within a character of UTF-8.
    for (int i = 0; i < 3 && (text[size] & 0xc0) == 0x80; ++i) --size;
    return std::string(text, size).append(cut_mark);
}

std::string text_of(const std::exception& error) {
    const char* const text = error.what();
    return bounded(text != nullptr ? text : "bobbin: an exception whose what() is null");
}

void put_text(encoder& to, const std::string& text) {
    to.put(bounded(text.c_str()));
}
std::string get_text(decoder& from) {
    const std::size_t size = from.get_count(1);
    if (size > longest_exception_text) from.fail("a text of more than an exception has");
    std::string text(size, '\0');
    from.get_bytes(text.data(), text.size());
    return text;
}

void exception_form<remote_error>::put(encoder& to, const remote_error& error) {
    put_text(to, error.type());
    put_text(to, text_of(error));
    to(error.worker());
}
remote_error exception_form<remote_error>::get(decoder& from) {
    const std::string type = get_text(from);
    const std::string text = get_text(from);
    return {type, text, from.get<pid_t>()};
}

void exception_form<worker_died>::put(encoder& to, const worker_died& error) {
    to(error.worker(), error.status(), error.job(), error.attempt());
    put_text(to, error.callable());
}
worker_died exception_form<worker_died>::get(decoder& from) {
    const auto worker = from.get<pid_t>();
    const auto status = from.get<std::optional<exit_status>>();
    const auto job = from.get<std::uint64_t>();
    const auto attempt = from.get<unsigned>();
    return {worker, status, job, attempt, get_text(from)};
}

void exception_form<too_large>::put(encoder& to, const too_large& error) {
    to(error.message(), error.capacity());
}
too_large exception_form<too_large>::get(decoder& from) {
    const auto message = from.get<std::size_t>();
    return {message, from.get<std::size_t>()};
}

void exception_form<std::system_error>::put(encoder& to, const std::system_error& error) {
    put_code_and_text(to, error);
}
std::system_error exception_form<std::system_error>::get(decoder& from) {
    const code_and_text its(from);
    return its.has_text ? std::system_error(its.code, its.text) : std::system_error(its.code);
}

void exception_form<std::ios_base::failure>::put(encoder& to, const std::ios_base::failure& error) {
    put_code_and_text(to, error);
}
std::ios_base::failure exception_form<std::ios_base::failure>::get(decoder& from) {
    const code_and_text its(from);
    return std::ios_base::failure(its.text, its.code);
}

void exception_form<fs::filesystem_error>::put(encoder& to, const fs::filesystem_error& error) {
    put_code_and_text(to, error);
    put_text(to, error.path1().native());
    put_text(to, error.path2().native());
}
fs::filesystem_error exception_form<fs::filesystem_error>::get(decoder& from) {
    const code_and_text its(from);
    const std::string one = get_text(from);
    const std::string two = get_text(from);
    if (!two.empty()) return {its.text, one, two, its.code};
    return one.empty() ? fs::filesystem_error(its.text, its.code)
                       : fs::filesystem_error(its.text, one, its.code);
}

void exception_form<std::future_error>::put(encoder& to, const std::future_error& error) {
    to(error.code().value());
}
std::future_error exception_form<std::future_error>::get(decoder& from) {
    return std::future_error(static_cast<std::future_errc>(from.get<int>()));
}

}}}  // namespace bobbin::v0::ipc
