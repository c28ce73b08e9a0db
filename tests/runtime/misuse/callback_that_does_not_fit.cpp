// says: on_done: the callback must be callable with a const job<R>&
#include <bobbin/runtime/job.hpp>

void misuse(const bobbin::job<int>& job) {
    job.on_done([](int) {});
}
