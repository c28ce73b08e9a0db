// The part of the contract suite (pool_contract.hpp) about ranges of jobs and pools' ends.
#pragma once

#ifndef CONTRACT_PLACES
#error "define CONTRACT_PLACES: the types that make the pools"
#endif

#include "pool_contract_ends.hpp"
#include "pool_contract_map_errors.hpp"
#include "pool_contract_maps.hpp"
#include "pool_contract_streams.hpp"
