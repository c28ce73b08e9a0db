// says: a thread's hook is copied as bytes: capture a reference or a pointer
#include <bobbin/runtime/thread_pool.hpp>

#include <string>

void misuse(std::string name) {
    const bobbin::thread_pool pool({.on_thread_start = [name] {}});
}
