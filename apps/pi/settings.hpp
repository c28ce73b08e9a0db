// What the command line of pi asks for.
#pragma once

#include "pool_choice.hpp"

#include <bobbin/runtime/job_options.hpp>
#include <bobbin/workloads/mc_pi.hpp>

#include <cstdint>
#include <string_view>
#include <variant>

namespace pi {

struct settings {
    apps::pool_choice pool;
    bobbin::mc_pi_kernel kernel = bobbin::mc_pi_kernel::fast;
    bobbin::mc_pi_isa isa = bobbin::mc_pi_isa::fastest;
    std::uint64_t jobs = 10;
    std::uint64_t samples = 10'000'000;       // of each job
    std::uint64_t chunk = bobbin::automatic;  // jobs that a worker takes at once
    std::uint64_t seed = 12;                  // see workloads/README.md, "Equal estimates"
    bool json = false;
};

// The settings, or the code with which the program is to end (help printed, misuse explained).
std::variant<settings, int> read_settings(int argc, char** argv);

// The words that the command line has for them.
std::string_view name_of(bobbin::mc_pi_kernel kernel);
std::string_view name_of(bobbin::mc_pi_isa isa);

}  // namespace pi
