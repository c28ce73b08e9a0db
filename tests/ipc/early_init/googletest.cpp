// Tests of a user's who has GoogleTest's main.
#include "jobs.hpp"

#include <bobbin/ipc/init.hpp>

#include <gtest/gtest.h>

namespace {

const bool has_processes = (bobbin::ipc::init(), true);

TEST(ProcessPool, HasWorkersThatAreThisProgram) {
    EXPECT_TRUE(has_processes);
    EXPECT_EQ(sum_of_doubles(bobbin::ipc::start_method::fork_server), 4032);
    EXPECT_EQ(sum_of_doubles(bobbin::ipc::start_method::spawn), 4032);
}

}  // namespace
