// The main function of tests that start worker processes, which are the same program.

#include <bobbin/ipc/init.hpp>

#define DOCTEST_CONFIG_IMPLEMENT
#include "run_tests.hpp"

#include <doctest/doctest.h>

int main(int argc, char** argv) {
    bobbin::ipc::init(argc, argv);
    return tests::run_tests(argc, argv);
}
