// The main function of every test executable.

#define DOCTEST_CONFIG_IMPLEMENT
#include "run_tests.hpp"

#include <doctest/doctest.h>

int main(int argc, char** argv) {
    return tests::run_tests(argc, argv);
}
