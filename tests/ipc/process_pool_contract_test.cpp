// The contract suite over child processes, as BOBBIN_TEST_WORKERS and BOBBIN_TEST_START_METHOD say.

#include "../runtime/pool_places.hpp"
#include "process_places.hpp"

#define CONTRACT_PLACES test::processes
#include "../runtime/pool_contract.hpp"
