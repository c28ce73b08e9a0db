// See callables.hpp.
#include "callables.hpp"

#define NUMBER 10
#include "same_names.hpp"

std::vector<test::known_callable> test::own_callables_of_one() {
    return own_callables();
}

std::vector<test::known_callable> test::shared_callables_of_one() {
    return shared_callables();
}
