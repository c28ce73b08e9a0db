// Ranges of jobs: see sequential_pool_contract_test.cpp.

#include "pool_places.hpp"

#define CONTRACT_PLACES test::in_line
#include "pool_contract_ranges.hpp"
