// says: cannot_be_encoded<shape
// says: give it a serialize function
#include <bobbin/ipc/encoding.hpp>

struct shape {
    virtual ~shape() = default;
    virtual double area() const = 0;
};

void misuse(const shape& any) {
    bobbin::ipc::encode(any);
}
