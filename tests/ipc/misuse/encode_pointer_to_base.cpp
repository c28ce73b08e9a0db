// says: cannot_be_encoded<std::unique_ptr<shape
// says: send a std::variant of classes
#include <bobbin/ipc/encoding.hpp>

#include <memory>

struct shape {
    virtual ~shape() = default;
    virtual double area() const = 0;
};

void misuse(const std::unique_ptr<shape>& any) {
    bobbin::ipc::encode(any);
}
