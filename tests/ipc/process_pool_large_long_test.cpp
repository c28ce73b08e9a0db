// Values that no 32-bit size holds, between processes.
#include "workers.hpp"

#include <cstdint>
#include <numeric>
#include <vector>

namespace {

using numbers = std::vector<std::uint64_t>;
constexpr std::uint64_t bytes = 5ULL << 29U;  // 2.5 GiB
constexpr std::uint64_t count = bytes / sizeof(std::uint64_t);

numbers count_up(std::uint64_t to) {
    numbers all(to);
    std::iota(all.begin(), all.end(), std::uint64_t{0});
    return all;
}
bool counts_up(const numbers& all) {
    std::uint64_t next = 0;
    for (const auto each : all)
        if (each != next++) return false;
    return next == count;
}

}  // namespace

TEST_CASE("an argument of 2.5 GiB arrives whole, and so does such a result") {
    test::ipc::process_pool pool(1);
    CHECK(pool.submit(bobbin::fn<&counts_up>(), count_up(count)).get());
    CHECK(counts_up(pool.submit(bobbin::fn<&count_up>(), count).get()));
}
