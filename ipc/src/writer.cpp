#include <bobbin/ipc/writer.hpp>

namespace bobbin::inline v0::ipc {

void writer::write(const void* from, std::size_t size) {
    const auto* const bytes = static_cast<const std::byte*>(from);
    buffer_.insert(buffer_.end(), bytes, bytes + size);
}

}  // namespace bobbin::inline v0::ipc
