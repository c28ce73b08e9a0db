// Strings, paths: a count, and the characters.
#pragma once

#include <bobbin/ipc/detail/encoding/codec.hpp>

#include <filesystem>
#include <string>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

template <class Char, class Traits, class Allocator>
struct codec<std::basic_string<Char, Traits, Allocator>> {
    using string = std::basic_string<Char, Traits, Allocator>;
    using parts = types<Char>;
    static constexpr std::size_t least() { return count_bytes; }

    static void put(encoder& to, const string& value) {
        to.put_count(value.size());
        to.put_bytes(value.data(), value.size() * sizeof(Char));
    }
    static string get(decoder& from) {
        string value(from.get_count(sizeof(Char)), Char());
        from.get_bytes(value.data(), value.size() * sizeof(Char));
        return value;
    }
};

template <>
struct codec<std::filesystem::path> {
    using parts = types<>;
    static constexpr std::size_t least() { return count_bytes; }

    static void put(encoder& to, const std::filesystem::path& value) {
        codec<std::string>::put(to, value.native());
    }
    static std::filesystem::path get(decoder& from) { return codec<std::string>::get(from); }
};

}}}  // namespace bobbin::v0::ipc::detail
