// A program that does not call init(argc, argv) and is to be its own fork server. A byte is added
// to the file BOBBIN_TEST_STARTS each time that it is started; BOBBIN_TEST_SERVER is the path to be
// started, and BOBBIN_TEST_DEED says how:
//     pool      a pool made by main
//     spawn     the same, whose workers are started as programs
//     process   a process started by main
//     static    a pool that is a static object
#include <bobbin/ipc/init.hpp>
#include <bobbin/ipc/process.hpp>
#include <bobbin/ipc/process_pool.hpp>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <optional>
#include <string>

namespace ipc = bobbin::ipc;

namespace {

std::string variable(const char* name) {
    const char* const value = std::getenv(name);
    return value != nullptr ? value : "";
}

void note_start() {
    std::ofstream(variable("BOBBIN_TEST_STARTS"), std::ios::app) << '.' << std::flush;
}

struct static_pool {
    static_pool() {
        if (variable("BOBBIN_TEST_DEED") != "static") return;
        note_start();
        ipc::init(ipc::init_options{variable("BOBBIN_TEST_SERVER")});
        try {
            pool.emplace(1U);
        } catch (const std::exception& error) {
            std::fprintf(stderr, "%s\n", error.what());
        }
    }
    std::optional<ipc::process_pool> pool;
};
const static_pool made_before_main;

void start(const std::string& deed) {
    if (deed == "process") {
        ipc::process([] {}).join();
        return;
    }
    ipc::process_pool_options options(1);
    if (deed == "spawn") options.start_method = ipc::start_method::spawn;
    const ipc::process_pool pool(options);
}

}  // namespace

int main() {
    const std::string deed = variable("BOBBIN_TEST_DEED");
    if (deed == "static") return 0;
    note_start();
    ipc::init(ipc::init_options{variable("BOBBIN_TEST_SERVER")});
    try {
        start(deed);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
    }
}
