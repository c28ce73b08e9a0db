// says: cannot_be_encoded<int
// says: send a value, not a reference
// says: within<std::tuple<int
#include <bobbin/ipc/encoding.hpp>

#include <tuple>

void misuse(int number) {
    bobbin::ipc::encode(std::tie(number));
}
