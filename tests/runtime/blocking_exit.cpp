// A program that ends while one of its blocking calls runs, a thread is idle and a static object's
// destructor makes another; its exit code is 0 if all is well.
#include <bobbin/runtime/blocking.hpp>
#include <bobbin/runtime/sync_wait.hpp>
#include <bobbin/runtime/thread_pool.hpp>

#include <cstdlib>
#include <latch>
#include <unistd.h>

namespace {

// Of a pool that nobody waits for, as main does not return.
bobbin::thread_pool* left_alone = nullptr;
std::latch has_begun(1);

// Destroyed last.
struct calls_at_the_end {
    bobbin::thread_pool pool{{.threads = 1}};
    ~calls_at_the_end() {
        if (bobbin::sync_wait(pool, bobbin::blocking([] { return 7; })) != 7) ::_exit(1);
    }
};
const calls_at_the_end last;

}  // namespace

int main() {
    bobbin::set_blocking_options({.max_threads = 2});
    left_alone = new bobbin::thread_pool({.threads = 1});
    bobbin::sync_wait(*left_alone, bobbin::blocking([] {}));
    left_alone->spawn(bobbin::blocking([] {
        has_begun.count_down();
        for (;;) ::pause();
    }));
    has_begun.wait();
    std::exit(EXIT_SUCCESS);
}
