// How deep the stack of the current thread gets, by painting it.
#pragma once

#include <cstddef>
#include <cstdint>

namespace bench {

// Paints what is free of this thread's stack and later looks how much of the paint is gone. Both
// calls come from the same thread, at about the same depth. The painted pages count as resident
// from then on: memory is measured in another run.
class stack_gauge {
public:
    stack_gauge();
    // Bytes below the constructor's frame that have been written since.
    [[nodiscard]] std::size_t used() const;

private:
    std::uint64_t* lowest_;
    std::uint64_t* top_;
};

}  // namespace bench
