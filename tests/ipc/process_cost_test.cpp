// Goal: what it takes to start a process does not depend on what starts it.
#include <bobbin/ipc/process.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <doctest/doctest.h>
#include <sys/mman.h>
#include <vector>

namespace ipc = bobbin::ipc;

namespace {

template <class F>
std::chrono::nanoseconds median_of(int runs, F run) {
    std::vector<std::chrono::nanoseconds> times;
    for (int i = 0; i < runs; ++i) {
        const auto start = std::chrono::steady_clock::now();
        run();
        times.push_back(std::chrono::steady_clock::now() - start);
    }
    std::ranges::nth_element(times, times.begin() + runs / 2);
    return times[static_cast<std::size_t>(runs / 2)];
}

void start_and_join() {
    CHECK(ipc::process([] {}).join().ok());
}
void fork_and_join() {
    CHECK(ipc::process::forked([] {}).join().ok());
}

}  // namespace

TEST_CASE("a process costs a few forks, and in a large program much less than one") {
    start_and_join();  // the fork server is there
    CHECK(median_of(51, start_and_join) < 6 * median_of(51, fork_and_join));

    constexpr std::size_t size = std::size_t{512} << 20U;
    void* const memory =
        ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    REQUIRE(memory != MAP_FAILED);
    ::madvise(memory, size, MADV_NOHUGEPAGE);  // a fork copies an entry for each page
    std::fill_n(static_cast<std::byte*>(memory), size, std::byte{1});
    CHECK(3 * median_of(21, start_and_join) < median_of(5, fork_and_join));
    ::munmap(memory, size);
}
