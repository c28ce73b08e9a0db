// See reader.hpp.
#include <bobbin/ipc/errors.hpp>
#include <bobbin/ipc/reader.hpp>

#include <string>

namespace bobbin { inline namespace v0 { namespace ipc {

void reader::read_both(void* to, std::size_t size) {
    if (size > bytes_left()) fail("it ends too early");
    const std::size_t of_first = first_.size();
    if (of_first != 0) std::memcpy(to, first_.data(), of_first);
    std::memcpy(static_cast<std::byte*>(to) + of_first, second_.data(), size - of_first);
    first_ = second_.subspan(size - of_first);
    second_ = {};
    asm volatile("" : : "r"(to) : "memory");  // as in read()
}

void reader::fail(const char* what) const {
    throw protocol_error(std::string("bobbin: no valid encoding: ") + what + ", at byte " +
                         std::to_string(item_at_) + " of " + std::to_string(size_));
}

}}}  // namespace bobbin::v0::ipc
