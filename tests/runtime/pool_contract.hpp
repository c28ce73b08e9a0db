// Goal: what pool.hpp promises holds on every pool.
// Method: this suite, over the places (see pool_places.hpp) that `CONTRACT_PLACES` lists, which is
// defined before this is included. It looks at jobs only through their results and through what
// they write into a ledger, and gives them only callables that can cross to another process.
//
// Here: single jobs. Ranges of jobs are in pool_contract_ranges.hpp, because of how long all that
// takes to compile.
#pragma once

#ifndef CONTRACT_PLACES
#error "define CONTRACT_PLACES: the types that make the pools"
#endif

#include "pool_contract_callbacks.hpp"
#include "pool_contract_cancel.hpp"
#include "pool_contract_groups.hpp"
#include "pool_contract_jobs.hpp"
#include "pool_contract_options.hpp"
