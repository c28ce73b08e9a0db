// says: cannot_be_encoded<std::span<
// says: send a std::vector
#include <bobbin/ipc/encoding.hpp>

#include <span>

void misuse(std::span<const double> numbers) {
    bobbin::ipc::encode(numbers);
}
