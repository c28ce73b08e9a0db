// Where workers print.
#pragma once

#include <cstdint>

namespace bobbin { inline namespace v0 { namespace ipc {

enum class output : std::uint8_t {
    inherit,  // to the application's standard output and error, as they are when a worker starts
    prefix,   // to its standard output, each line after "[worker PID] "
    capture,  // to a function of the application
};

}}}  // namespace bobbin::v0::ipc
