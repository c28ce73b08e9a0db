// says: its members may be neither references nor const
#include <bobbin/ipc/shared_value.hpp>

struct window {
    int& origin;
};

void misuse(bobbin::ipc::segment memory) {
    bobbin::ipc::shared_value<window> view{memory};
}
