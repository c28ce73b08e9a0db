// says: use a struct of numbers, enums and std::arrays, or send it through a shared_queue
#include <bobbin/ipc/shared_value.hpp>

#include <string>

bobbin::ipc::shared_value<std::string> misuse;
