// says: parallel_for: body must be callable with an index as often as there are indices
#include <bobbin/runtime/parallel_for.hpp>

struct once {
    void operator()(int) && {}
};

auto misuse() {
    return bobbin::parallel_for(0, 10, once());
}
