// See array_memory.hpp.
#include "sync/lock_state.hpp"

#include <bobbin/ipc/detail/sync/array_memory.hpp>

#include <limits>
#include <new>
#include <stdexcept>
#include <string>

namespace bobbin { inline namespace v0 { namespace ipc::detail {
namespace {

// The elements follow it.
struct alignas(128) array_head {
    explicit array_head(std::size_t elements) : size(elements) {}

    lock_state lock{lock_kind::recursive};
    const std::size_t size;
};

array_head& head_in(std::byte* memory) noexcept {
    return *std::launder(reinterpret_cast<array_head*>(memory));
}

std::size_t bytes_of(std::size_t size, std::size_t element_size) {
    constexpr std::size_t most_bytes = std::size_t{1} << 46U;  // more than any machine has
    if (size > most_bytes / element_size)
        throw std::length_error("bobbin: an array of " + std::to_string(size) + " elements of " +
                                std::to_string(element_size) +
                                " bytes is larger than any memory; is its size a negative number?");
    return sizeof(array_head) + size * element_size;
}

}  // namespace

array_memory::array_memory(const contents& what, std::size_t size, const create_named* name)
    : shared_object(what, bytes_of(size, what.element_size), name,
                    [&](std::byte* memory) { new (memory) array_head(size); }),
      elements_(body() + sizeof(array_head)),
      size_(size),
      lock_(head_in(body()).lock) {
    static_assert(sizeof(array_head) % alignment == 0 && header_size % alignment == 0);
}

array_memory::array_memory(const contents& what, segment existing)
    : shared_object(what, std::move(existing), sizeof(array_head)),
      elements_(body() + sizeof(array_head)),
      size_(head_in(body()).size),
      lock_(head_in(body()).lock) {
    if (size_ > (body_size() - sizeof(array_head)) / what.element_size)
        throw wrong_segment("bobbin: an array's segment is smaller than what it should hold");
}

void array_memory::check_slice(std::size_t first, std::size_t count) const {
    if (first <= size_ && count <= size_ - first) return;
    throw std::out_of_range("bobbin: " + std::to_string(count) + " elements from index " +
                            std::to_string(first) + " on, of an array of " + std::to_string(size_));
}

void array_memory::throw_out_of_range(std::size_t index) const {
    throw std::out_of_range("bobbin: index " + std::to_string(index) + " of an array of " +
                            std::to_string(size_));
}

}}}  // namespace bobbin::v0::ipc::detail
