// See skynet.hpp.
#include <bobbin/runtime/when_all.hpp>
#include <bobbin/workloads/skynet.hpp>

#include <array>
#include <cstddef>
#include <numeric>
#include <utility>

namespace bobbin { inline namespace v0 {

namespace {

// Nine of ten tasks are leaves: a coroutine of their own has a small frame.
task<long> leaf(long ordinal) {
    co_return ordinal;
}

template <std::size_t... Child>
std::array<task<long>, sizeof...(Child)> children(long first, long leaves_each,
                                                  std::index_sequence<Child...>) {
    return {skynet(first + static_cast<long>(Child) * leaves_each, leaves_each)...};
}

task<long> node(long first, long leaves) {
    const auto sums =
        co_await when_all(children(first, leaves / 10, std::make_index_sequence<10>()));
    co_return std::accumulate(sums.begin(), sums.end(), 0L);
}

}  // namespace

task<long> skynet(long first, long leaves) {
    return leaves == 1 ? leaf(first) : node(first, leaves);
}

}}  // namespace bobbin::v0
