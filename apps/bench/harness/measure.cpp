// See measure.hpp.
#include "measure.hpp"

#include "progress_bar.hpp"

#include <algorithm>
#include <chrono>
#include <fmt/format.h>
#include <stdexcept>
#include <thread>

namespace bench {
namespace {

// Workers that a runtime left spinning at the end of its run are given this long to fall asleep,
// or they would be paid for by whoever comes next.
constexpr std::chrono::milliseconds settle{2};

run_result run_once(const contender& contender, std::uint64_t expected) {
    const run_result result = contender.run();
    if (result.value != expected) {
        throw std::runtime_error(fmt::format("{} on {} with {} worker(s) gave {} instead of {}",
                                             contender.runtime, contender.work, contender.workers,
                                             result.value, expected));
    }
    std::this_thread::sleep_for(settle);
    return result;
}

}  // namespace

double median(std::vector<double> values) {
    if (values.empty()) {
        return 0;
    }
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    if (values.size() % 2 == 1) {
        return *middle;
    }
    return (*middle + *std::max_element(values.begin(), middle)) / 2;
}

double median_ratio(const row& a, const row& b) {
    std::vector<double> ratios;
    const std::size_t pairs = std::min(a.rounds_ns.size(), b.rounds_ns.size());
    for (std::size_t i = 0; i < pairs; ++i) {
        ratios.push_back(a.rounds_ns[i] / b.rounds_ns[i]);
    }
    return median(std::move(ratios));
}

std::vector<row> measure(const suite& suite, std::uint64_t rounds) {
    const std::size_t count = suite.contenders.size();
    std::vector<std::vector<double>> seconds(count);
    std::vector<std::size_t> resident_bytes(count);
    std::vector<std::uint64_t> expected;
    for (const contender& contender : suite.contenders) {
        expected.push_back(contender.expected());
    }
    const std::uint64_t all_rounds = 1 + rounds;  // round 0 warms up
    apps::progress_bar bar(all_rounds, true, apps::progress_bar::drawn::in_advance);
    for (std::uint64_t round = 0; round < all_rounds; ++round) {
        for (std::size_t i = 0; i < count; ++i) {
            // Every other round runs backwards: nobody always follows the same neighbour.
            const std::size_t turn = round % 2 == 0 ? i : count - 1 - i;
            const run_result result = run_once(suite.contenders[turn], expected[turn]);
            if (round > 0) {
                seconds[turn].push_back(result.seconds);
            }
            resident_bytes[turn] = result.resident_bytes;
        }
        bar.advance();
    }
    std::vector<row> rows;
    for (std::size_t i = 0; i < count; ++i) {
        const contender& from = suite.contenders[i];
        row to{.runtime = from.runtime, .work = from.work, .workers = from.workers};
        to.seconds = median(seconds[i]);
        for (const double elapsed : seconds[i]) {
            to.rounds_ns.push_back(elapsed * 1e9 / static_cast<double>(from.tasks));
        }
        to.ns_per_task = median(to.rounds_ns);
        to.resident_bytes = resident_bytes[i] / from.tasks;
        rows.push_back(std::move(to));
    }
    return rows;
}

}  // namespace bench
