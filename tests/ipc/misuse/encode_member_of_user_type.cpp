// says: cannot_be_encoded<std::shared_ptr<int>
// says: send the value it points to
#include <bobbin/ipc/encoding.hpp>

#include <memory>

struct holder {
    template <class Archive>
    void serialize(Archive& archive) {
        archive(held);
    }
    std::shared_ptr<int> held;
};

void misuse(const holder& mine) {
    bobbin::ipc::encode(mine);
}
