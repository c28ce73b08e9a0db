// Goal: a program whose main is somebody else's has processes, if init() is called before main.
// This one's main is doctest's, and it is such a program.
#include "../runtime/child_process.hpp"
#include "early_init/jobs.hpp"

#include <bobbin/ipc/init.hpp>

#include <cstdlib>
#include <doctest/doctest.h>
#include <filesystem>
#include <string>

namespace ipc = bobbin::ipc;

namespace {

const bool has_processes = (ipc::init(), true);

std::string output_of(const std::string& command) {
    return test::in_child([&] {
               ::dup2(STDERR_FILENO, STDOUT_FILENO);
               return ::execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
           })
        .err;
}

}  // namespace

TEST_CASE("a static object's init() is enough for a program whose main is not ours") {
    CHECK(has_processes);
    for (const auto how :
         {ipc::start_method::fork, ipc::start_method::fork_server, ipc::start_method::spawn})
        CHECK(sum_of_doubles(how) == 4032);
}

TEST_CASE("the same of a shared library that a program is linked with") {
    CHECK(output_of(LINKED_HOST) == "4032 4032 4032 \n");
}

TEST_CASE("the same of a shared library that a program has loaded, as plugins are") {
    CHECK(output_of(PLUGIN_HOST " " PLUGIN) == "4032 4032 4032 \n");
}

TEST_CASE("a library that is gone when a worker has to load it is an error that names it") {
    std::string folder = "/tmp/bobbin-library-" + std::string(6, 'X');
    REQUIRE(::mkdtemp(folder.data()) != nullptr);
    const std::string copy = folder + "/plugin.so";
    std::filesystem::copy_file(PLUGIN, copy);
    const auto output = output_of("BOBBIN_TEST_REMOVED=" + copy + " " PLUGIN_HOST " " + copy);
    std::filesystem::remove_all(folder);
    CAPTURE(output);
    CHECK(output.find("a worker could not be started: " + copy + " calls bobbin::ipc::init()") !=
          std::string::npos);
    CHECK(output.find("terminate called") == std::string::npos);
}

TEST_CASE("what a user has loaded before programs stays so") {
    const std::string users = "LD_PRELOAD=libm.so.6 ";
    CHECK(output_of(users + PLUGIN_HOST " " PLUGIN) == "4032 4032 4032 libm.so.6\n");
}
