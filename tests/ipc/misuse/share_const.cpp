// says: write the type without const, volatile or &
#include <bobbin/ipc/shared_value.hpp>

bobbin::ipc::shared_value<const int> misuse;
