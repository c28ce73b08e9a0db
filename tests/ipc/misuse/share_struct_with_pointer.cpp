// says: an address means nothing in another process
#include <bobbin/ipc/shared_value.hpp>

struct node {
    int value;
    node* next;
};

bobbin::ipc::shared_value<node> misuse;
