// says: transform_reduce: transform must be callable with an index
#include <bobbin/runtime/transform_reduce.hpp>

#include <functional>
#include <string>

auto misuse() {
    return bobbin::transform_reduce(0, 10, 0.0, std::plus<>(), [](std::string) { return 1.0; });
}
