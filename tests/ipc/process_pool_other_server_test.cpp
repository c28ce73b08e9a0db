// Goal: a program that has its workers from another program (`init_options::server`) is told when
// that can't be.
#include "../runtime/child_process.hpp"
#include "workers.hpp"

#include <bobbin/ipc/init.hpp>

#include <cstdio>
#include <exception>
#include <string>

using namespace test;

namespace {

// The error of a job in a pool whose workers are the program `server`. Each time in a new process,
// as a process keeps its fork server.
std::string error_with(const std::string& server) {
    return in_child([&] {
               try {
                   bobbin::ipc::init(bobbin::ipc::init_options{server});
                   bobbin::ipc::process_pool pool(1);
                   pool.submit(twice, 4).get();
               } catch (const std::exception& error) {
                   std::fputs(error.what(), stderr);
                   return 1;
               }
               return 0;
           })
        .err;
}

}  // namespace

TEST_CASE("a callable that the workers' program does not have is an error of the job") {
    CHECK(contains(error_with(POOL_PROGRAM), "does not know this callable"));
}

TEST_CASE("a server that is no program of ours is an error of the pool") {
    CHECK(contains(error_with("/bin/true"),
                   "bobbin::ipc::init(argc, argv) has to be the first line of main"));
    CHECK(contains(error_with("/nowhere"), "No such file or directory"));
}
