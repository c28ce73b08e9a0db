// Goal: a worker that can't become one says why, and what each attempt would meet is one error, at
// once, with that reason; large environments are no such thing.
#include "workers.hpp"

#include <bobbin/ipc/errors.hpp>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <system_error>

using namespace test;

namespace {

constexpr std::array both{ipc::start_method::fork_server, ipc::start_method::spawn};

std::size_t length_there(const std::string& name) {
    const char* const value = std::getenv(name.c_str());
    return value == nullptr ? 0 : std::string(value).size();
}
inline constexpr bobbin::fn<&length_there> length_of;

// What a pool with these options says of itself when it is given a job.
template <class Options>
std::string breaks_by(const Options& options) {
    try {
        ipc::process_pool pool(options);
        pool.submit(twice, 4).get();
    } catch (const ipc::pool_broken& error) {
        return error.what();
    }
    return {};
}

}  // namespace

TEST_CASE("a working directory that is none is an error of the constructor, which names it") {
    auto options = workers_by(ipc::start_method::fork_server, 2);
    for (const std::string& none : {std::string("/nowhere/at/all"), std::string("/etc/passwd")}) {
        options.working_directory = none;
        try {
            const ipc::process_pool pool(options);
            FAIL("there is a pool");
        } catch (const std::system_error& error) {
            CHECK(contains(error.what(), none));
            CHECK(error.code().value() == (none == "/etc/passwd" ? ENOTDIR : ENOENT));
        }
    }
}

TEST_CASE("one that is removed later breaks the pool with that reason as soon as it is needed") {
    for (const auto method : both) {
        std::string folder = "/tmp/bobbin-directory-XXXXXX";
        REQUIRE(::mkdtemp(folder.data()) != nullptr);
        auto options = workers_by(method, 1);
        options.working_directory = folder;
        ipc::process_pool pool(options);
        CHECK(pool.submit(twice, 4).get() == 8);
        std::filesystem::remove(folder);
        death_of(pool.submit([] { ::raise(SIGKILL); }));
        try {
            static_cast<void>(pool.submit(twice, 4).get());
            FAIL("it was done");
        } catch (const ipc::pool_broken& error) {
            CHECK(contains(error.what(), "a worker could not be started"));
            CHECK(contains(error.what(), folder));
            CHECK(contains(error.what(), "No such file or directory"));
        }
    }
}

TEST_CASE("an environment of hundreds of kilobytes comes to the workers") {
    for (const auto method : both) {
        auto options = workers_by(method, 2);
        for (int i = 0; i < 8; ++i)
            options.environment.push_back("BOBBIN_TEST_LARGE_" + std::to_string(i) + '=' +
                                          std::string(50'000, 'x'));
        ipc::process_pool pool(options);
        for (int i = 0; i < 8; ++i)
            CHECK(pool.submit(length_of, "BOBBIN_TEST_LARGE_" + std::to_string(i)).get() == 50'000);
    }
}

TEST_CASE("what the kernel does not take into an environment is one error, which says so") {
    auto options = workers_by(ipc::start_method::spawn, 2);
    options.environment.push_back("BOBBIN_TEST_LARGE=" + std::string(200'000, 'x'));
    CHECK(contains(breaks_by(options), "Argument list too long"));
    // Nothing is executed there.
    options.start_method = ipc::start_method::fork_server;
    ipc::process_pool pool(options);
    CHECK(pool.submit(length_of, std::string("BOBBIN_TEST_LARGE")).get() == 200'000);
}

TEST_CASE("an environment consists of names and values") {
    for (const std::string& wrong :
         {std::string("NAME"), std::string("=value"), std::string(), std::string("N=a\0b", 5)}) {
        auto options = workers_by(ipc::start_method::fork_server, 1);
        options.environment.push_back(wrong);
        CHECK_THROWS_AS(ipc::process_pool{options}, std::invalid_argument);
    }
}

TEST_CASE("a pool that is broken by deaths says what the last one died of") {
    auto options = workers_by(ipc::start_method::fork_server, 1);
    options.restart_intensity.most = 1;
    ipc::process_pool pool(options);
    death_of(pool.submit([] { ::raise(SIGKILL); }));
    const auto second = pool.submit([] { ::_exit(7); });
    CHECK(contains(death_of(second).what(), "exited with code 7"));
    try {
        static_cast<void>(pool.submit(twice, 4).get());
        FAIL("it was done");
    } catch (const ipc::pool_broken& error) {
        CHECK(contains(error.what(), "2 workers have died"));
        CHECK(contains(error.what(), "exited with code 7"));
    }
}
