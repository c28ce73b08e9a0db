// says: cannot_be_encoded<std::shared_ptr<int>
// says: send the value it points to
#include <bobbin/ipc/process_pool.hpp>

#include <memory>

std::shared_ptr<int> pass_on(std::shared_ptr<int> number) {
    return number;
}

void misuse(bobbin::ipc::process_pool& pool) {
    auto job = pool.submit(bobbin::fn<&pass_on>(), std::make_shared<int>(1));
    static_cast<void>(job.get());
}
