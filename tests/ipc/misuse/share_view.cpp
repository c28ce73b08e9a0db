// says: an address means nothing in another process
#include <bobbin/ipc/shared_value.hpp>

#include <string_view>

bobbin::ipc::shared_value<std::string_view> misuse;
