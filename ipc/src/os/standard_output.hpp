// The standard output and error of children.
#pragma once

#include "os/owned_descriptor.hpp"

namespace bobbin { inline namespace v0 { namespace ipc::detail {

// The descriptors of this process, as they are now; in place of a closed one, /dev/null.
class standard_output {
public:
    // Throws std::system_error.
    standard_output();
    [[nodiscard]] int out() const noexcept { return out_; }
    [[nodiscard]] int error() const noexcept { return error_; }

private:
    owned_descriptor nothing_;
    int out_;
    int error_;
};

// In the child. Throws std::system_error.
void take_standard_output(const owned_descriptor& out, const owned_descriptor& error);

}}}  // namespace bobbin::v0::ipc::detail
