// The contract suite over the pool without threads, the reference.

#include "pool_places.hpp"

#define CONTRACT_PLACES test::in_line
#include "pool_contract.hpp"
