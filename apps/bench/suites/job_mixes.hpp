// Lists of jobs as suites hand them out: of one length, or mixed.
#pragma once

#include "../harness/suite.hpp"
#include "../peers/job_list.hpp"

#include <string>
#include <vector>

namespace bench {

// The jobs of a work, for a number of them.
struct job_mix {
    std::string name;
    std::uint64_t full = 0;
    std::uint64_t quick = 0;
    peers::job_list::kind what = peers::job_list::kind::no_op;
    double usual_us = 0;
    double long_us = 0;                    // of one in a hundred, shuffled; 0: all are alike
    std::vector<std::size_t> chunks = {};  // the fixed ones that are tried
};

const std::vector<job_mix>& all_job_mixes();
peers::job_list make_jobs(const job_mix& mix, std::uint64_t count, double steps_per_us);

struct job_peer {
    std::string name;
    std::function<run_result(unsigned workers, const peers::job_list& jobs)> run;
    std::uint64_t most_jobs = 0;  // slow ones do only that many, of a list of their own; 0: all
    bool fresh = false;           // see contender
    bool counts_jobs = false;     // its value is how many jobs were done well
};

// Adds these peers for that many jobs of the mix, which may be called by another name.
void add_job_peers(suite& suite, const job_mix& mix, std::uint64_t count, double steps_per_us,
                   unsigned workers, const std::vector<job_peer>& peers,
                   const std::string& name = "");

}  // namespace bench
