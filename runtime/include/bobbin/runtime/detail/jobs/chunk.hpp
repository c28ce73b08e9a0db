// The jobs of a range that a runner has at a time.
#pragma once

#include <bobbin/runtime/outcome.hpp>

#include <chrono>
#include <cstddef>
#include <vector>

namespace bobbin { inline namespace v0 { namespace detail {

template <class Input, class R>
struct chunk {
    // In a struct, as std::vector<bool> has no elements.
    struct slot {
        Input value;
    };

    bool complete() const noexcept { return abandoned || outcomes.size() == inputs.size(); }
    std::size_t next_index() const noexcept { return first + outcomes.size(); }
    std::size_t left() const noexcept { return inputs.size() - outcomes.size(); }

    std::size_t first = 0;
    std::vector<slot> inputs;
    std::vector<outcome<R>> outcomes;  // of the first of them
    bool abandoned = false;            // the others are not to be run,
    bool stopped = false;              // because of a stop
    bool expired = false;              // its only job's result was brought by its alarm
    bool gives_way = false;            // to the reader of the results before it
    std::chrono::steady_clock::time_point began;
};

}}}  // namespace bobbin::v0::detail
