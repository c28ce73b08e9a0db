// The contract suite over threads. Run with BOBBIN_TEST_THREADS from the environment: fewer than,
// as many as, and more than there are processors.

#include "pool_places.hpp"

#define CONTRACT_PLACES test::threads
#include "pool_contract.hpp"
