// What shared_value, shared_queue and the like have in common: each is a handle for a segment of
// its own, whose first bytes say what is in it.
#pragma once

#include <bobbin/ipc/errors.hpp>
#include <bobbin/ipc/segment.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <typeinfo>
#include <utility>

namespace bobbin { inline namespace v0 { namespace ipc {

// Makes an object in a segment of that name, for processes that only share the name.
struct create_named {
    std::string name;
};
// The object that somebody has made so.
struct open_named {
    std::string name;
};

namespace detail {

// Equal for equal names, in every process that runs this program or another of the same compiler.
constexpr std::uint64_t hash_of(std::string_view name) noexcept {
    std::uint64_t hash = 0xcbf29ce484222325;  // FNV-1a
    for (const char each : name) hash = (hash ^ static_cast<unsigned char>(each)) * 0x100000001b3;
    return hash;
}

// What a segment holds: "shared_value", and which type.
struct contents {
    const char* kind;
    std::uint64_t type = 0;
    std::size_t element_size = 0;

    template <class T>
    static contents of(const char* kind) noexcept {
        return {kind, hash_of(typeid(T).name()), sizeof(T)};
    }
};

// Handles are copied as shared_ptrs are, and as cheaply. A moved-from one is good for destruction
// and assignment only.
class shared_object {
public:
    [[nodiscard]] const segment& memory() const noexcept { return segment_; }

protected:
    static constexpr std::size_t header_size = 128;  // the object begins a cache line

    // A new object: `construct` is given zeroed memory of `bytes`, and only if it returns can
    // others open the segment.
    template <class Construct>
    shared_object(const contents& what, std::size_t bytes, const create_named* name,
                  Construct construct)
        : segment_(create(bytes, name)) {
        construct(body());
        label(what);
    }
    // One that exists. Throws wrong_segment, also if its body has fewer bytes.
    shared_object(const contents& what, segment existing, std::size_t body_bytes = 1);

    [[nodiscard]] std::byte* body() const noexcept { return segment_.data() + header_size; }
    [[nodiscard]] std::size_t body_size() const noexcept { return segment_.size() - header_size; }

private:
    static segment create(std::size_t bytes, const create_named* name);
    void label(const contents& what) noexcept;

    segment segment_;
};

}  // namespace detail
}}}  // namespace bobbin::v0::ipc
