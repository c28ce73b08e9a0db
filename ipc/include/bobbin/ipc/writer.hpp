// The bytes that a value is encoded to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

namespace bobbin { inline namespace v0 { namespace ipc {

class segment;

// A buffer that grows.
class writer {
public:
    writer() = default;
    writer(const writer&) = delete;
    writer& operator=(const writer&) = delete;
    virtual ~writer() = default;

    void write(const void* from, std::size_t size) {
        if (size > room_.size() - size_) room_ = grow(size_ + size);
        if (size != 0) std::memcpy(room_.data() + size_, from, size);
        size_ += size;
    }
    std::size_t size() const noexcept { return size_; }
    std::vector<std::byte> take() &&;

    // Sends a shared object's memory along; gives what stands for it among the bytes. Throws
    // std::logic_error if only bytes go where these go.
    virtual std::uint64_t attach(const segment& memory);

protected:
    // Begins in memory of the derived class's.
    explicit writer(std::span<std::byte> room) noexcept : room_(room) {}
    // Memory for at least that many bytes, beginning with what was written.
    virtual std::span<std::byte> grow(std::size_t size);

private:
    std::span<std::byte> room_;
    std::size_t size_ = 0;
    std::vector<std::byte> buffer_;
};

}}}  // namespace bobbin::v0::ipc
