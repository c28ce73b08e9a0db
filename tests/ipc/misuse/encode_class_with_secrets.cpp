// says: cannot_be_encoded<account
// says: give it a serialize function
#include <bobbin/ipc/encoding.hpp>

class account {
public:
    explicit account(int balance) : balance_(balance) {}
    int balance() const { return balance_; }

private:
    int balance_;
};

void misuse(const account& mine) {
    bobbin::ipc::encode(mine);
}
