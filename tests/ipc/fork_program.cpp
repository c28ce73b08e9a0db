// A program with a pool that forks, for tests of how the child may end.
//
// usage: fork_program POOL PLACE END
//     POOL    threads or processes
//     PLACE   static or local: where the pool is
//     END     of the child: _exit, exit, return (from main) or exec
// The child finds the pool closed; the parent uses it until then, and afterwards. Prints "right".
#include <bobbin/ipc/init.hpp>
#include <bobbin/ipc/process_pool.hpp>
#include <bobbin/runtime/errors.hpp>
#include <bobbin/runtime/fn.hpp>
#include <bobbin/runtime/thread_pool.hpp>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <optional>
#include <stdexcept>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

namespace ipc = bobbin::ipc;

namespace {
bool is_child = false;
}  // namespace

// LeakSanitizer looks for pointers on the stacks of all threads, and in a child those of the pool's
// threads are not: what std::thread, Asio and jobs that end keep there seems lost.
extern "C" int __lsan_is_turned_off();   // NOLINT(bugprone-reserved-identifier)
extern "C" int __lsan_is_turned_off() {  // NOLINT(bugprone-reserved-identifier)
    return is_child ? 1 : 0;
}

namespace {

long tripled(long number) {
    return 3 * number;
}
inline constexpr bobbin::fn<&tripled> triple;

void stay() {
    for (;;) ::pause();
}
inline constexpr bobbin::fn<&stay> stays;

constexpr unsigned patience = 60;  // seconds

// In the child.
template <class Pool>
bool is_closed(Pool& pool, const bobbin::job<long>& ended, const bobbin::job<void>* running) {
    bool closed = true;
    const auto must_throw = [&closed](auto use) {
        try {
            use();
            closed = false;
        } catch (const bobbin::pool_closed&) {
        }
    };
    must_throw([&] { pool.submit(triple, 1L).get(); });
    if (running != nullptr) must_throw([&] { running->get(); });
    return closed && ended.get() == 6;
}

void use(auto& pool) {
    for (long i = 0; i < 200; ++i)
        if (pool.submit(triple, i).get() != 3 * i) throw std::runtime_error("another's result");
}

int run(auto& pool, const std::string& end) {
    const auto ended = pool.submit(triple, 2L);
    ended.wait();
    std::optional<bobbin::job<void>> running;
    if constexpr (!std::decay_t<decltype(pool)>::takes_captures) running = pool.submit(stays);
    const pid_t child = ::fork();
    if (child == 0) {
        is_child = true;
        ::alarm(patience);
        if (!is_closed(pool, ended, running ? &*running : nullptr)) ::_exit(2);
        if (end == "_exit") ::_exit(0);
        if (end == "exit") std::exit(0);
        if (end == "exec") ::execl("/bin/true", "true", nullptr);
        return 0;
    }
    ::alarm(patience);
    use(pool);
    int status = 0;
    if (::waitpid(child, &status, 0) != child || status != 0) {
        std::fprintf(stderr, "fork_program: the child's status is %x\n",
                     static_cast<unsigned>(status));
        return 1;
    }
    use(pool);
    if (running) pool.stop();
    std::puts("right");
    return 0;
}

template <class Pool>
int run_at(const std::string& place, const std::string& end) {
    if (place == "static") {
        static Pool pool(2);
        return run(pool, end);
    }
    Pool pool(2);
    return run(pool, end);
}

struct threads : bobbin::thread_pool {
    explicit threads(unsigned count) : thread_pool({.threads = count}) {}
};

}  // namespace

int main(int argc, char** argv) {
    ipc::init(argc, argv);
    try {
        if (argc != 4) throw std::invalid_argument("usage: fork_program POOL PLACE END");
        const std::string pool = argv[1];
        if (pool == "threads") return run_at<threads>(argv[2], argv[3]);
        return run_at<ipc::process_pool>(argv[2], argv[3]);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "fork_program: %s\n", error.what());
        return 1;
    }
}
