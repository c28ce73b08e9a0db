// says: cannot_be_encoded<account
// says: give it a default constructor
#include <bobbin/ipc/encoding.hpp>

#include <cstddef>
#include <span>

class account {
public:
    explicit account(int balance) : balance_(balance) {}
    template <class Archive>
    void serialize(Archive& archive) {
        archive(balance_);
    }

private:
    int balance_;
};

void misuse(std::span<const std::byte> bytes) {
    bobbin::ipc::decode<account>(bytes);
}
