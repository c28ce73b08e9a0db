// What shared_value_code_test.sh compares: the same operations of a shared value and of an atomic.
#include <bobbin/ipc/shared_value.hpp>

extern "C" {

int shared_increment(bobbin::ipc::shared_value<int>& value) {
    return ++value;
}
int atomic_increment(std::atomic<int>& value) {
    return ++value;
}

void shared_add(bobbin::ipc::shared_value<long>& value, long add) {
    value += add;
}
void atomic_add(std::atomic<long>& value, long add) {
    value += add;
}

long shared_load(const bobbin::ipc::shared_value<long>& value) {
    return value.load(std::memory_order_acquire);
}
long atomic_load(const std::atomic<long>& value) {
    return value.load(std::memory_order_acquire);
}

void shared_store(bobbin::ipc::shared_value<bool>& value, bool to) {
    value = to;
}
void atomic_store(std::atomic<bool>& value, bool to) {
    value = to;
}

bool shared_exchange(bobbin::ipc::shared_value<int>& value, int from, int to) {
    return value.compare_exchange_strong(from, to);
}
bool atomic_exchange(std::atomic<int>& value, int from, int to) {
    return value.compare_exchange_strong(from, to);
}
}
