// Ranges of jobs: see thread_pool_contract_test.cpp.

#include "pool_places.hpp"

#define CONTRACT_PLACES test::threads
#include "pool_contract_ranges.hpp"
