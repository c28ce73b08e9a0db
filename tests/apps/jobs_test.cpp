// Goal: jobs shows what a job can do, and what it shows is exact on any number of workers.
// Method: the program as it is built, run by a shell. It checks itself: a broken promise ends it
// with 1. JOBS_PROGRAM is its path.

#include "program.hpp"

#include <doctest/doctest.h>
#include <sstream>
#include <string>

namespace {

tests::program_run run_jobs(const std::string& arguments) {
    return tests::run_program(JOBS_PROGRAM, arguments);
}

bool has(const std::string& text, const std::string& words) {
    return text.find(words) != std::string::npos;
}

}  // namespace

TEST_CASE("everything is as promised on 1, 2, 3 and 8 workers of any kind, and in line") {
    for (const std::string arguments :
         {"--workers 1", "", "--workers 3", "--workers 8", "--place sequential",
          "--place processes --workers 1", "--place processes", "--place processes --workers 8"}) {
        CAPTURE(arguments);
        const auto run = run_jobs(arguments);
        CHECK(run.exit_code == 0);
        CHECK(run.err.empty());
        CHECK_FALSE(has(run.out, "WRONG"));
        for (const char* title :
             {"\nStatus\n", "\nCancelling\n", "\nCallbacks\n", "\nAs completed\n", "\nTimeout"}) {
            CAPTURE(title);
            CHECK(has(run.out, title));
        }
    }
}

TEST_CASE("in a file it is plain text of lines that fit 80 columns") {
    std::istringstream lines(run_jobs("").out);
    for (std::string line; std::getline(lines, line);) {
        CHECK_MESSAGE(line.size() <= 80, line);
        CHECK_FALSE(has(line, "\x1b"));
    }
}

TEST_CASE("as many jobs run as there are workers, the others are pending") {
    for (const std::string place : {"--place threads", "--place processes"}) {
        const auto out = [&](const std::string& workers) {
            return run_jobs(place + " --workers " + workers).out;
        };
        CHECK(has(out("1"), "job 1 of 3 is running\n    job 2 of 3 is pending\n"));
        CHECK(has(out("2"), "job 2 of 3 is running\n    job 3 of 3 is pending\n"));
        CHECK(has(out("3"), "job 2 of 3 is running\n    job 3 of 3 is running\n"));
    }
    CHECK(has(run_jobs("--place sequential").out, "job 1 of 3 is done\n"));
}

TEST_CASE("the jobs that were cancelled have not run, and all others have") {
    for (const std::string place : {"threads", "processes"}) {
        CHECK(has(run_jobs("--place " + place).out,
                  "8 of 24 cancelled, 16 have run, never more than "));
    }
    CHECK(has(run_jobs("--place sequential").out, "0 of 24 cancelled, 24 have run, "));
}

TEST_CASE("the callback that throws is reported, and the next is called") {
    for (const std::string place : {"threads", "sequential", "processes"}) {
        CHECK(has(run_jobs("--place " + place).out,
                  "    second: throws\n    error handler: thrown by the second\n    third\n"));
    }
}

TEST_CASE("a misuse is explained on stderr and ends with 2") {
    for (const std::string arguments :
         {"--workers 0", "--workers 65", "--workers two", "--place moon", "--frobnicate", "moon"}) {
        CAPTURE(arguments);
        const auto run = run_jobs(arguments);
        CHECK(run.exit_code == 2);
        CHECK(run.out.empty());
        CHECK(has(run.err, "See jobs --help."));
    }
}

TEST_CASE("a text that can't be written is an error") {
    CHECK(run_jobs(">/dev/full").exit_code == 1);
}
