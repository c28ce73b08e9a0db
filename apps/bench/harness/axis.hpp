#pragma once

#include <cmath>
#include <vector>

namespace bench {

// Where a value lies on a horizontal axis, as a fraction of its length. Starts at 0; logarithmic,
// from the power of ten below the least value, if the values span more than two decades.
class axis {
public:
    axis(double least, double most);

    [[nodiscard]] double at(double value) const;
    [[nodiscard]] bool logarithmic() const { return logarithmic_; }
    [[nodiscard]] const std::vector<double>& ticks() const { return ticks_; }

private:
    bool logarithmic_;
    double low_ = 0;  // of the values, or of their logarithms
    double high_ = 1;
    std::vector<double> ticks_;
};

}  // namespace bench
