// See axis.hpp.
#include "axis.hpp"

namespace bench {
namespace {

// 1, 2 or 5 times a power of ten, so that at most six steps cover `most`.
double round_step(double most) {
    const double power = std::pow(10.0, std::floor(std::log10(most / 6)));
    for (const double factor : {1.0, 2.0, 5.0}) {
        if (most <= 6 * factor * power) {
            return factor * power;
        }
    }
    return 10 * power;
}

}  // namespace

axis::axis(double least, double most) : logarithmic_(most > 100 * least) {
    if (logarithmic_) {
        const int first = static_cast<int>(std::floor(std::log10(least)));
        const int last = static_cast<int>(std::ceil(std::log10(most)));
        low_ = first;
        high_ = last;
        for (int exponent = first; exponent <= last; ++exponent) {
            ticks_.push_back(std::pow(10.0, exponent));
        }
        return;
    }
    const double step = round_step(most);
    const int steps = static_cast<int>(std::ceil(most / step));
    high_ = step * steps;
    for (int i = 0; i <= steps; ++i) {
        ticks_.push_back(step * i);
    }
}

double axis::at(double value) const {
    return ((logarithmic_ ? std::log10(value) : value) - low_) / (high_ - low_);
}

}  // namespace bench
