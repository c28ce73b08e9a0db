// What reads values: the archive that a user's `serialize` or `load` gets.
#pragma once

#include <bobbin/ipc/detail/encoding/nesting.hpp>
#include <bobbin/ipc/reader.hpp>

#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace bobbin { inline namespace v0 { namespace ipc {

class segment;

// Where the memory of shared objects is that were sent along with the bytes.
class segment_source {
public:
    // Throws protocol_error if there is no such segment, and what mapping it does.
    virtual segment find(std::uint64_t id) = 0;

protected:
    segment_source() = default;
    segment_source(const segment_source&) = default;
    segment_source& operator=(const segment_source&) = default;
    ~segment_source() = default;
};

// An archive as cereal's are: `archive(a, b)` or `archive & a & b` decodes the values one after the
// other. Include encoding.hpp, which defines what is declared here.
//
// It believes no byte. Whatever is wrong is a protocol_error, and nothing is allocated for an
// element before its bytes are known to be there.
class decoder {
public:
    using is_saving = std::false_type;
    using is_loading = std::true_type;

    explicit decoder(const reader& from, segment_source* segments = nullptr) noexcept
        : from_(from), segments_(segments) {}
    decoder(const decoder&) = delete;
    decoder& operator=(const decoder&) = delete;

    template <class... T>
    decoder& operator()(T&... values) {
        (get_to(values), ...);
        return *this;
    }
    template <class T>
    decoder& operator&(T& value) {
        return (*this)(value);
    }

    // One value. Throws protocol_error, and whatever the user's functions throw.
    template <class T>
    T get();
    // The same for what exists, which may be a C array.
    template <class T>
    void get_to(T& value);

    // For those who know the format.
    void get_bytes(void* to, std::size_t size) { from_.read(to, size); }
    template <class T>
    std::span<const T> get_in_place(std::size_t most) {
        return from_.read_in_place<T>(most);
    }
    bool get_flag();
    segment get_segment();
    // A count of elements, each of which takes at least so many bytes of what is left.
    std::size_t get_count(std::size_t least_bytes_each);
    detail::nesting deeper() {
        if (depth_ == detail::deepest_nesting) fail("it is nested too deeply");
        return detail::nesting(depth_);
    }
    std::size_t bytes_left() const noexcept { return from_.bytes_left(); }
    std::size_t position() const noexcept { return from_.position(); }
    // Throws protocol_error if anything is left.
    void expect_end();
    [[noreturn]] void fail(const char* what) const { from_.fail(what); }

private:
    reader from_;
    segment_source* const segments_;
    unsigned depth_ = 0;
};

}}}  // namespace bobbin::v0::ipc
