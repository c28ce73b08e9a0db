// The threads of this process beside the calling one, for errors that name them.
#pragma once

#include <string>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

std::size_t threads_of_this_process();

// As `2 threads named "crunch" from /usr/lib/libcrunch.so, 1 named …`: the names that they have,
// and the modules whose functions they began in, as far as /proc tells.
std::string describe_other_threads();

}}}  // namespace bobbin::v0::ipc::detail
