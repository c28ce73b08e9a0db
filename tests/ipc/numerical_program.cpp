// A program that is linked with a library that starts threads.
//
// usage: numerical_program START_METHOD
//     prints what a worker's OPENBLAS_NUM_THREADS is, and how many threads the library there has
//     been told to use
#include <bobbin/ipc/init.hpp>
#include <bobbin/ipc/process_pool.hpp>
#include <bobbin/runtime/fn.hpp>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <map>
#include <string>

extern "C" int openblas_get_num_threads();

namespace ipc = bobbin::ipc;

namespace {

std::string threads_of_worker() {
    return std::string(std::getenv("OPENBLAS_NUM_THREADS")) + ' ' +
           std::to_string(openblas_get_num_threads());
}
constexpr bobbin::fn<&threads_of_worker> threads_there;

}  // namespace

int main(int argc, char** argv) {
    ipc::init(argc, argv);
    try {
        const std::map<std::string, ipc::start_method> methods = {
            {"fork_server", ipc::start_method::fork_server},
            {"spawn", ipc::start_method::spawn},
            {"fork", ipc::start_method::fork}};
        ipc::process_pool_options options(1);
        options.start_method = methods.at(argc > 1 ? argv[1] : "");
        ipc::process_pool pool(options);
        std::puts(pool.submit(threads_there).get().c_str());
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
}
