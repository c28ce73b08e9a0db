// See estimates.hpp.
#include "estimates.hpp"

#include "numbers.hpp"

#include <cmath>
#include <cstddef>
#include <fmt/format.h>
#include <map>
#include <numbers>
#include <numeric>
#include <string>
#include <tuple>

namespace tour {
namespace {

struct work {
    std::uint64_t jobs;
    std::uint64_t samples;
    bobbin::mc_pi_kernel kernel = bobbin::mc_pi_kernel::fast;
    auto operator<=>(const work&) const = default;
};
constexpr work ten{10, 10'000'000};
constexpr work many{10'000, 10'000};
constexpr work vanilla{10, 100'000, bobbin::mc_pi_kernel::scalar};

// What a plain loop computes.
const std::vector<double>& reference(const work& work) {
    static std::map<tour::work, std::vector<double>> known;
    std::vector<double>& estimates = known[work];
    for (std::uint64_t job = estimates.size(); job < work.jobs; ++job) {
        estimates.push_back(bobbin::mc_pi(work.samples, seed, job, work.kernel));
    }
    return estimates;
}

// How far the estimate that is worst is from pi, in standard errors.
double farthest(const std::vector<double>& estimates, std::uint64_t samples) {
    const double standard_error =
        std::sqrt(std::numbers::pi * (4 - std::numbers::pi) / static_cast<double>(samples));
    double most = 0;
    for (const double estimate : estimates) {
        most = std::max(most, std::abs(estimate - std::numbers::pi) / standard_error);
    }
    return most;
}

bool is_right(const std::vector<double>& estimates, const work& work) {
    return estimates == reference(work) && farthest(estimates, work.samples) < 5;
}

verdict in_words(const std::vector<double>& estimates, const work& work) {
    const double mean = std::accumulate(estimates.begin(), estimates.end(), 0.0) /
                        static_cast<double>(estimates.size());
    return {.ok = is_right(estimates, work),
            .result = fmt::format("{} estimates in the order of their jobs, mean {:.6f}",
                                  apps::grouped(estimates.size()), mean)};
}

verdict as_array(const std::vector<double>& estimates, const work& work) {
    return {.ok = is_right(estimates, work), .result = apps::array_text(estimates)};
}

}  // namespace

verdict ten_estimates(const notebook& notebook) {
    return in_words(notebook.res, ten);
}
verdict ten_estimates_shown(const notebook& notebook) {
    return as_array(notebook.res, ten);
}
verdict many_estimates(const notebook& notebook) {
    return in_words(notebook.res, many);
}
verdict many_estimates_shown(const notebook& notebook) {
    return as_array(notebook.res, many);
}
verdict vanilla_estimates(const notebook& notebook) {
    return in_words(notebook.res, vanilla);
}

void show(notebook& notebook) {
    notebook.printed.push_back(apps::array_text(notebook.res));
}

}  // namespace tour
