// See time_span.hpp.
#include <bobbin/runtime/time_span.hpp>

#include <stdexcept>

namespace bobbin { inline namespace v0 {

void detail::refuse_not_a_number() {
    throw std::invalid_argument("bobbin: a time is not a number (NaN)");
}

std::string to_string(time_span time) {
    if (time.is_endless()) return "endless";
    std::int64_t count = time.nanoseconds().count();
    const char* unit = " ns";
    for (const char* larger : {" us", " ms", " s"}) {
        if (count % 1000 != 0) break;
        count /= 1000;
        unit = larger;
    }
    return std::to_string(count) + unit;
}

}}  // namespace bobbin::v0
