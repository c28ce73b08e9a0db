// Goal: a program starts its workers whatever became of its file: they are what it is, not what
// lies where it came from.
#include "../runtime/child_process.hpp"
#include "pool_programs.hpp"

#include <array>
#include <filesystem>
#include <link.h>
#include <sched.h>
#include <span>
#include <string>
#include <sys/mount.h>

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

// The program gives its sum, also if `happens` is done to its file before it makes a pool.
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

TEST_CASE("a program that was started as an argument of its loader is told so, or is copied") {
    const std::string loader = [] {
        std::string found;
        ::dl_iterate_phdr(
            [](dl_phdr_info* module, std::size_t /*size*/, void* result) {
                for (const auto& part : std::span(module->dlpi_phdr, module->dlpi_phnum))
                    if (part.p_type == PT_INTERP)
                        *static_cast<std::string*>(result) =
                            reinterpret_cast<const char*>(module->dlpi_addr + part.p_vaddr);
                return 1;  // the first is this program
            },
            &found);
        return found;
    }();
    REQUIRE_FALSE(loader.empty());
    for (const auto* const method : {"fork_server", "spawn"}) {
        const auto end = in_child([&] {
            return ::execl(loader.c_str(), loader.c_str(), POOL_PROGRAM, method, "2", "sum",
                           nullptr);
        });
        CAPTURE(end.err);
        CHECK(end.exit_code == 1);
        CHECK(end.err.find("as an argument of its loader (ld.so)") != std::string::npos);
    }
    const running_program copied({loader, POOL_PROGRAM, "fork", "2", "sum"});
    CHECK(copied.read_line() == "999000");
    CHECK(copied.join() == 0);
}

TEST_CASE("a program that has no /proc is told so") {
    for (const auto& method : methods) {
        const auto end = in_child([&] {
            if (::unshare(CLONE_NEWNS) != 0 && ::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0)
                return 77;
            if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return 77;
            if (::mount("none", "/proc", "tmpfs", 0, nullptr) != 0) return 77;
            return ::execl(POOL_PROGRAM, POOL_PROGRAM, method.c_str(), "2", "sum", nullptr);
        });
        CAPTURE(end.err);
        if (end.exit_code == 77) {
            MESSAGE("not tried: this user can't mount anything");
            return;
        }
        CHECK(end.exit_code == 1);
        CHECK(end.err.find("child processes need /proc, which is not mounted here") !=
              std::string::npos);
    }
}
