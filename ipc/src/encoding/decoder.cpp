// See decoder.hpp.
#include <bobbin/ipc/decoder.hpp>
#include <bobbin/ipc/segment.hpp>

namespace bobbin { inline namespace v0 { namespace ipc {

bool decoder::get_flag() {
    std::uint8_t flag = 0;
    get_bytes(&flag, sizeof flag);
    if (flag > 1) fail("a flag that is neither 0 nor 1");
    return flag == 1;
}

segment decoder::get_segment() {
    std::uint64_t id = 0;
    get_bytes(&id, sizeof id);
    if (segments_ == nullptr) fail("a shared object, which bytes alone don't bring");
    return segments_->find(id);
}

std::size_t decoder::get_count(std::size_t least_bytes_each) {
    std::uint64_t count = 0;
    get_bytes(&count, sizeof count);
    if (count > bytes_left() / least_bytes_each) fail("a count of more than follows");
    return static_cast<std::size_t>(count);
}

void decoder::expect_end() {
    if (bytes_left() == 0) return;
    get_bytes(nullptr, 0);  // the error names this place
    fail("more follows its end");
}

}}}  // namespace bobbin::v0::ipc
