// What writes values: the archive that a user's `serialize` or `save` gets.
#pragma once

#include <bobbin/ipc/detail/encoding/nesting.hpp>
#include <bobbin/ipc/writer.hpp>

#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace bobbin { inline namespace v0 { namespace ipc {

// An archive as cereal's are: `archive(a, b)` or `archive & a & b` encodes the values one after the
// other. Include encoding.hpp, which defines what is declared here.
class encoder {
public:
    using is_saving = std::true_type;
    using is_loading = std::false_type;

    explicit encoder(writer& to) noexcept : to_(to) {}
    encoder(const encoder&) = delete;
    encoder& operator=(const encoder&) = delete;

    template <class... T>
    encoder& operator()(const T&... values) {
        (put(values), ...);
        return *this;
    }
    template <class T>
    encoder& operator&(const T& value) {
        return (*this)(value);
    }

    // One value. Throws std::length_error if it is nested too deeply, and whatever the user's
    // functions throw.
    template <class T>
    void put(const T& value);

    // For those who know the format.
    void put_bytes(const void* from, std::size_t size) { to_.write(from, size); }
    void put_count(std::size_t count) {
        const std::uint64_t wide = count;
        put_bytes(&wide, sizeof wide);
    }
    void put_flag(bool flag) {
        const auto byte = static_cast<std::byte>(flag ? 1 : 0);
        put_bytes(&byte, 1);
    }
    void put_segment(const segment& memory) {
        const std::uint64_t id = to_.attach(memory);
        put_bytes(&id, sizeof id);
    }
    detail::nesting deeper() {
        if (depth_ == detail::deepest_nesting) detail::nested_too_deeply();
        return detail::nesting(depth_);
    }

private:
    writer& to_;
    unsigned depth_ = 0;
};

}}}  // namespace bobbin::v0::ipc
