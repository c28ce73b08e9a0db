// Ranges of jobs: see process_pool_contract_test.cpp.

#include "../runtime/pool_places.hpp"
#include "process_places.hpp"

#define CONTRACT_PLACES test::processes
#include "../runtime/pool_contract_ranges.hpp"
