// See remote_error.hpp.
#include <bobbin/ipc/remote_error.hpp>

namespace bobbin { inline namespace v0 { namespace ipc {

remote_error::remote_error(const std::string& type, const std::string& what, pid_t worker)
    : std::runtime_error(what), type_(std::make_shared<const std::string>(type)), worker_(worker) {}

}}}  // namespace bobbin::v0::ipc
