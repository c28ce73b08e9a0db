// Goal: a program that is started as a fork server and does not become one starts nothing itself,
// whatever way it was started.
#include "../runtime/child_process.hpp"

#include <array>
#include <cstdlib>
#include <doctest/doctest.h>
#include <filesystem>
#include <fstream>
#include <string>
#include <unistd.h>

namespace fs = std::filesystem;

namespace {

class temporary_folder {
public:
    temporary_folder() { REQUIRE(::mkdtemp(path_.data()) != nullptr); }
    temporary_folder(const temporary_folder&) = delete;
    temporary_folder& operator=(const temporary_folder&) = delete;
    ~temporary_folder() {
        std::error_code none;
        fs::remove_all(path_, none);
    }
    [[nodiscard]] std::string operator/(const std::string& name) const {
        return path_ + "/" + name;
    }

private:
    std::string path_ = "/tmp/bobbin-starts-XXXXXX";
};

struct run {
    std::uintmax_t starts;
    std::string says;
};

run run_program(const std::string& deed, const std::string& server) {
    const temporary_folder folder;
    const auto end = test::in_child([&] {
        ::setenv("BOBBIN_TEST_DEED", deed.c_str(), 1);
        ::setenv("BOBBIN_TEST_SERVER", server.c_str(), 1);
        ::setenv("BOBBIN_TEST_STARTS", (folder / "starts").c_str(), 1);
        ::execl(SELF_STARTING_PROGRAM, SELF_STARTING_PROGRAM, nullptr);
        return 127;
    });
    CHECK(end.exit_code == 0);
    return {fs::file_size(folder / "starts"), end.err};
}

void check_that_first_refuses(const std::string& deed, const std::string& server) {
    CAPTURE(deed);
    CAPTURE(server);
    const run ended = run_program(deed, server);
    CHECK(ended.starts == 2);
    CHECK(ended.says.find(server + ", started as one, says that it makes a process pool, or a "
                                   "process, before bobbin::ipc::init(argc, argv)") !=
          std::string::npos);
}

void write_script(const std::string& path, const std::string& text) {
    std::ofstream(path) << "#!/bin/sh\n" << text << '\n';
    fs::permissions(path, fs::perms::owner_all);
}

}  // namespace

TEST_CASE("a server that never calls init(argc, argv) is refused what it would start") {
    for (const auto* const deed : {"pool", "spawn", "process", "static"})
        check_that_first_refuses(deed, "/proc/self/exe");
}

TEST_CASE("that is so whatever path it is started by") {
    const temporary_folder folder;
    const std::string symbolic = folder / "symbolic";
    const std::string hard = folder / "hard";
    const std::string copy = folder / "copy";
    const std::string script = folder / "script";
    const std::string child_of_script = folder / "child_of_script";
    fs::create_symlink(SELF_STARTING_PROGRAM, symbolic);
    fs::copy_file(SELF_STARTING_PROGRAM, copy);
    fs::create_hard_link(copy, hard);
    write_script(script, "exec " SELF_STARTING_PROGRAM " \"$@\"");
    write_script(child_of_script, SELF_STARTING_PROGRAM " \"$@\"\nexit 1");
    for (const auto& server :
         {std::string(SELF_STARTING_PROGRAM), fs::relative(SELF_STARTING_PROGRAM).string(),
          symbolic, hard, copy, script, child_of_script})
        check_that_first_refuses("pool", server);
}

TEST_CASE("a script that hides what a program is started for makes it start few others") {
    const temporary_folder folder;
    const std::string script = folder / "script";
    write_script(script, "exec " SELF_STARTING_PROGRAM);
    const run ended = run_program("pool", script);
    CHECK(ended.starts == 4);
    CHECK(ended.says.find("does a script leave out \"$@\"?") != std::string::npos);
}
