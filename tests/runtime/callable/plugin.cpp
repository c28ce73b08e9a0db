// A module with a callable whose name others have too.
#include "callables.hpp"

static int multiply(int number) {
    return number * 30;
}

extern "C" std::uint64_t key_in_plugin() {
    return bobbin::detail::callable_key<bobbin::fn<&multiply>, int>();
}
