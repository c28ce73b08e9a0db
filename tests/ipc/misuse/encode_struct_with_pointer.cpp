// says: cannot_be_encoded<int
// says: send the value it points to
// says: within<
// says: order>
#include <bobbin/ipc/encoding.hpp>

#include <string>
#include <vector>

struct order {
    std::string customer;
    int* count;
};

void misuse(const std::vector<order>& orders) {
    bobbin::ipc::encode(orders);
}
