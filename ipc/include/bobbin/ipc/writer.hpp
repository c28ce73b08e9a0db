// The bytes that a value is encoded to.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

namespace bobbin::inline v0::ipc {

// A buffer that grows.
class writer {
public:
    void write(const void* from, std::size_t size);
    std::size_t size() const noexcept { return buffer_.size(); }
    std::vector<std::byte> take() && { return std::move(buffer_); }

private:
    std::vector<std::byte> buffer_;
};

}  // namespace bobbin::inline v0::ipc
