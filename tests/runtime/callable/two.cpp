// See callables.hpp.
#include "callables.hpp"

#define NUMBER 20
#include "same_names.hpp"

std::vector<test::known_callable> test::own_callables_of_two() {
    return own_callables();
}

std::vector<test::known_callable> test::shared_callables_of_two() {
    return shared_callables();
}
