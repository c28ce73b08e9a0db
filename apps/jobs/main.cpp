// What can be done with a job: In18-In21 of the course notebook "Multi-Core Parallelism", exact
// where the notebook depends on luck. See --help.

#include "chapter.hpp"
#include "output.hpp"
#include "settings.hpp"

#include <bobbin/ipc/init.hpp>

#include <cstdio>
#include <exception>
#include <fmt/format.h>
#include <stdexcept>
#include <string>

namespace {

template <class P>
bool show_all(P& pool) {
    bool kept = true;
    for (const auto show : {jobs::status<P>, jobs::cancelling<P>, jobs::callbacks<P>,
                            jobs::completion<P>, jobs::limits<P>}) {
        const jobs::chapter chapter = show(pool);
        apps::print(chapter.text());
        kept = kept && chapter.kept();
    }
    return kept;
}

bool run(const jobs::settings& settings) {
    const auto workers = static_cast<unsigned>(settings.workers);
    switch (settings.place) {
        case jobs::place::sequential: {
            apps::print("Jobs on a pool in line: each has ended when submit() returns.\n");
            bobbin::sequential_pool pool;
            return show_all(pool);
        }
        case jobs::place::threads: {
            apps::print(
                fmt::format("Jobs on a pool of {} thread{}.\n", workers, workers == 1 ? "" : "s"));
            bobbin::thread_pool pool({.threads = workers, .name = "jobs"});
            return show_all(pool);
        }
        case jobs::place::processes: {
            apps::print(fmt::format("Jobs on a pool of {} process{}.\n", workers,
                                    workers == 1 ? "" : "es"));
            bobbin::ipc::process_pool pool(workers);
            return show_all(pool);
        }
    }
    throw std::logic_error("no such place");
}

}  // namespace

int main(int argc, char** argv) try {
    bobbin::ipc::init(argc, argv);
    const auto settings_or_exit_code = jobs::read_settings(argc, argv);
    if (const int* exit_code = std::get_if<int>(&settings_or_exit_code)) {
        return *exit_code;
    }
    return run(std::get<jobs::settings>(settings_or_exit_code)) ? 0 : 1;
} catch (const std::exception& error) {
    fmt::print(stderr, "jobs: {}\n", error.what());
    return 1;
}
