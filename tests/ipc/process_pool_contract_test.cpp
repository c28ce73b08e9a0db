// The contract suite over child processes. Run with BOBBIN_TEST_WORKERS from the environment.

#include "../runtime/pool_places.hpp"
#include "process_places.hpp"

#define CONTRACT_PLACES test::processes
#include "../runtime/pool_contract.hpp"
