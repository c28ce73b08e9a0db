// says: an address means nothing in another process
#include <bobbin/ipc/shared_array.hpp>

bobbin::ipc::shared_array<const char*> misuse(4);
