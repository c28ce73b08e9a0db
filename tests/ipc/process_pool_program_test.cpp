// Goal: a program starts its workers whatever became of its file: they are what it is, not what
// lies where it came from.
#include "pool_programs.hpp"

#include <array>
#include <filesystem>

using namespace test;
namespace fs = std::filesystem;

namespace {

// A copy of the program, in a folder of its own.
class copied_program {
public:
    copied_program() {
        REQUIRE(::mkdtemp(folder_.data()) != nullptr);
        fs::copy_file(POOL_PROGRAM, path());
    }
    copied_program(const copied_program&) = delete;
    copied_program& operator=(const copied_program&) = delete;
    ~copied_program() {
        std::error_code none;
        fs::remove_all(folder_, none);
    }
    [[nodiscard]] std::string path() const { return folder_ + "/program"; }

private:
    std::string folder_ = "/tmp/bobbin-program-XXXXXX";
};

// Its sum, if that happens to its file before it makes a pool.
template <class F>
void check_sum(const std::string& method, F happens) {
    CAPTURE(method);
    const copied_program copy;
    std::array<int, 2> input{};
    REQUIRE(::pipe2(input.data(), O_CLOEXEC) == 0);
    const running_program running({copy.path(), method, "2", "late"}, input[0]);
    CHECK(running.read_line() == "ready");
    happens(copy.path());
    CHECK(::write(input[1], "\n", 1) == 1);
    CHECK(running.read_line() == "999000");
    CHECK(running.join() == 0);
    ::close(input[0]);
    ::close(input[1]);
}

const std::array<std::string, 3> methods{"fork_server", "spawn", "fork"};

}  // namespace

TEST_CASE("a program whose file was deleted has workers") {
    for (const auto& method : methods)
        check_sum(method, [](const std::string& path) { fs::remove(path); });
}

TEST_CASE("a program whose file was replaced has workers of its own kind") {
    for (const auto& method : methods)
        check_sum(method, [](const std::string& path) {
            fs::copy_file("/bin/false", path + ".new");
            fs::rename(path + ".new", path);
        });
}

TEST_CASE("a program that lies elsewhere now has workers") {
    for (const auto& method : methods)
        check_sum(method, [](const std::string& path) { fs::rename(path, path + ".moved"); });
}
