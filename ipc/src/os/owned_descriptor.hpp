#pragma once

#include <unistd.h>
#include <utility>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

// Closes a file descriptor at its end.
class owned_descriptor {
public:
    owned_descriptor() noexcept = default;
    explicit owned_descriptor(int own) noexcept : own_(own) {}
    owned_descriptor(owned_descriptor&& other) noexcept : own_(std::exchange(other.own_, -1)) {}
    owned_descriptor& operator=(owned_descriptor&& other) noexcept {
        std::swap(own_, other.own_);
        return *this;
    }
    ~owned_descriptor() {
        if (own_ >= 0) ::close(own_);  // Linux has closed it, whatever it says
    }

    [[nodiscard]] int get() const noexcept { return own_; }
    [[nodiscard]] int release() noexcept { return std::exchange(own_, -1); }
    explicit operator bool() const noexcept { return own_ >= 0; }

private:
    int own_ = -1;
};

}}}  // namespace bobbin::v0::ipc::detail
