// The steps of segment::create, for those who make many at once.
#pragma once

#include "os/owned_descriptor.hpp"

#include <cstddef>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

// Throws std::system_error if the machine or the control group has less memory than that. To read
// how much they have takes longer than to make a small segment.
void refuse_what_does_not_fit(std::size_t bytes);

// A file of zeroed memory, all of it reserved, sealed, without a name. Throws std::system_error.
owned_descriptor create_anonymous_file(std::size_t bytes);

}}}  // namespace bobbin::v0::ipc::detail
