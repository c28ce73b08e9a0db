// See writer.hpp.
#include <bobbin/ipc/writer.hpp>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace bobbin { inline namespace v0 { namespace ipc {

std::span<std::byte> writer::grow(std::size_t size) {
    constexpr std::size_t first = 64;
    buffer_.resize(std::max({first, 2 * buffer_.size(), size}));
    return buffer_;
}

std::vector<std::byte> writer::take() && {
    buffer_.resize(size_);
    return std::move(buffer_);
}

std::uint64_t writer::attach(const segment& /*memory*/) {
    throw std::logic_error(
        "bobbin: a shared object can't be encoded as bytes alone: pass it to a job as an argument, "
        "or hand it over with send_handle (handle.hpp)");
}

}}}  // namespace bobbin::v0::ipc
