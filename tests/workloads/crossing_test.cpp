// Goal: what the jobs of map_reduce and its users are, take and return can cross to another
// process. Method: each value as bytes and back; the jobs are known by their types.

#include <bobbin/ipc/encoding.hpp>
#include <bobbin/runtime/fn.hpp>
#include <bobbin/workloads/count.hpp>
#include <bobbin/workloads/word_count.hpp>

#include <cstdint>
#include <doctest/doctest.h>
#include <functional>
#include <string>
#include <unordered_map>

namespace {

namespace detail = bobbin::detail;

template <class T>
T there_and_back(const T& value) {
    return bobbin::ipc::decode<T>(bobbin::ipc::encode(value));
}

}  // namespace

TEST_CASE("the jobs are known by their types") {
    CHECK(bobbin::crosses<detail::map_job<std::string, std::uint64_t,
                                          bobbin::fn<&bobbin::emit_words>, std::plus<>>>);
    CHECK(bobbin::crosses<detail::map_job<std::uint64_t, detail::counted_part, detail::count_alone,
                                          detail::add_parts>>);
}

TEST_CASE("pieces of files and counts of words cross") {
    const bobbin::file_piece piece{.path = "a/b", .offset = 1ULL << 40U, .length = 7};
    CHECK(there_and_back(piece) == piece);
    const bobbin::word_counts counts = {{"one", 1}, {"caf\xc3\xa9", 1ULL << 40U}, {"\xff", 3}};
    CHECK(there_and_back(counts) == counts);
}

TEST_CASE("counters and their parts cross") {
    const auto job = there_and_back(detail::counter_job{.number = 4, .increments = 5});
    CHECK(job.number == 4);
    CHECK(job.increments == 5);
    using parts = std::unordered_map<std::uint64_t, detail::counted_part>;
    const auto part = there_and_back(parts{{9, {.counted = -1, .numbers = 45}}}).at(9);
    CHECK(part.counted == -1);
    CHECK(part.numbers == 45);
}
