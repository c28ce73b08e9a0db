// says: cannot_be_encoded<colour
// says: give the enum a fixed type
#include <bobbin/ipc/encoding.hpp>

enum colour { red, green, blue };

void misuse(colour favourite) {
    bobbin::ipc::encode(favourite);
}
