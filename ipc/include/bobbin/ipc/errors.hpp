// The exceptions of shared memory and of what goes through it. As in the runtime, each means that
// an operation did not do what it was asked to; and nothing was done by halves.
#pragma once

#include <bobbin/runtime/errors.hpp>

#include <stdexcept>

namespace bobbin::inline v0::ipc {

// The bytes are no encoding of the type that was asked for: they are too short, too long or
// contradict themselves. Whoever wrote them is another program, or broken.
class protocol_error : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

}  // namespace bobbin::inline v0::ipc
