// See nesting.hpp.
#include <bobbin/ipc/detail/encoding/nesting.hpp>

#include <stdexcept>
#include <string>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

void nested_too_deeply() {
    throw std::length_error("bobbin: a value nested more than " + std::to_string(deepest_nesting) +
                            " deep is not encoded");
}

}}}  // namespace bobbin::v0::ipc::detail
