// Goal: wordcount prints the right words in the right order wherever it runs, takes directories as
// it says, and names what it can't read. Method: the program as it is built, run by a shell, on
// files that are written here. WORDCOUNT_PROGRAM is its path.

#include "program.hpp"
#include "workloads/temporary_folder.hpp"

#include <boost/property_tree/json_parser.hpp>
#include <boost/property_tree/ptree.hpp>

#include <doctest/doctest.h>
#include <filesystem>
#include <sstream>
#include <string>

namespace {

using boost::property_tree::ptree;

tests::program_run run_wordcount(const std::string& arguments) {
    return tests::run_program(WORDCOUNT_PROGRAM, arguments);
}

bool has(const std::string& text, const std::string& words) {
    return text.find(words) != std::string::npos;
}

ptree result_of(const std::string& arguments) {
    const auto run = run_wordcount("--json " + arguments);
    CAPTURE(run.err);
    REQUIRE(run.exit_code == 0);
    std::istringstream in(run.out);
    ptree json;
    boost::property_tree::read_json(in, json);  // throws on anything else in the output
    return json;
}

// "the 3, a 2"
std::string top_of(const ptree& result) {
    std::string top;
    for (const auto& [name, each] : result.get_child("top")) {
        top += (top.empty() ? "" : ", ") + each.get<std::string>("word") + " " +
               each.get<std::string>("count");
    }
    return top;
}

// What must not depend on the place.
std::string all_but_place(ptree result) {
    for (const char* name : {"place", "workers", "seconds"}) {
        CHECK(result.erase(name) == 1);
    }
    std::ostringstream out;
    boost::property_tree::write_json(out, result);
    return out.str();
}

// A tree of files: the words b and c as often as a name says, and a in each.
class tree {
public:
    tree() {
        std::filesystem::create_directories(path("deep/deeper"));
        write("b2", "a b b");
        write("c1", "a c");
        write("deep/.hidden", "a");
        write("deep/deeper/b1", "A B");
        write("deep/empty", "");
        std::filesystem::create_symlink(path("b2"), path("deep/link_to_file"));
        std::filesystem::create_directory_symlink(path("deep"), path("deep/deeper/link_up"));
    }

    [[nodiscard]] std::string path(const std::string& name) const { return folder_.path(name); }

private:
    void write(const std::string& name, const std::string& text) const {
        CHECK(folder_.write(name, text) == path(name));
    }

    tests::temporary_folder folder_;
};

}  // namespace

TEST_CASE("the JSON is one object with the totals and the most frequent words") {
    const tests::temporary_folder folder;
    const std::string path = folder.write("text", "The cat and the hat and the bat. Don't!");
    const ptree result = result_of(path + " --top 3");
    CHECK(result.size() == 8);
    CHECK(result.get<int>("files") == 1);
    CHECK(result.get<int>("bytes") == 39);
    CHECK(result.get<int>("words") == 9);
    CHECK(result.get<int>("distinct") == 6);
    CHECK(result.get<double>("seconds") > 0);
    CHECK(top_of(result) == "the 3, and 2, bat 1");
}

TEST_CASE(
    "words that are as frequent are in the order of their bytes, up to the number asked for") {
    const tests::temporary_folder folder;
    const std::string path = folder.write("text", "b a 9 d c d");
    CHECK(top_of(result_of(path)) == "d 2, 9 1, a 1, b 1, c 1");
    CHECK(top_of(result_of(path + " --top 2")) == "d 2, 9 1");
    CHECK(top_of(result_of(path + " --top 0")).empty());
}

TEST_CASE("every place and number of workers gives the same") {
    const tests::temporary_folder folder;
    std::string text;
    for (int i = 0; i < 1'000'000; ++i) {  // more than one piece
        text += std::to_string(1'000 + i % 1'000) + ' ';
    }
    const std::string path = folder.write("text", text);
    const ptree reference = result_of(path + " --place sequential");
    CHECK(reference.get<std::string>("place") == "sequential");
    CHECK(reference.get<int>("workers") == 1);
    CHECK(reference.get<int>("words") == 1'000'000);
    CHECK(reference.get<int>("distinct") == 1'000);
    for (const std::string place : {"threads", "processes"}) {
        for (const std::string workers : {"1", "2", "7"}) {
            const ptree result = result_of(path + " --place " + place + " --workers " + workers);
            CHECK(result.get<std::string>("place") == place);
            CHECK(result.get<std::string>("workers") == workers);
            CHECK(all_but_place(result) == all_but_place(reference));
        }
    }
}

TEST_CASE("a directory is all regular files in and below it, symbolic links not followed") {
    const tree tree;
    const ptree result = result_of(tree.path(""));
    CHECK(result.get<int>("files") == 5);
    CHECK(result.get<int>("bytes") == 12);
    CHECK(top_of(result) == "a 4, b 3, c 1");
}

TEST_CASE("several paths are counted together, each as often as it is given") {
    const tree tree;
    const std::string paths = tree.path("c1") + " " + tree.path("deep") + " " + tree.path("c1");
    CHECK(top_of(result_of(paths)) == "a 4, c 2, b 1");
}

TEST_CASE("a symbolic link that is given is followed") {
    const tree tree;
    CHECK(top_of(result_of(tree.path("deep/link_to_file"))) == "b 2, a 1");
    CHECK(top_of(result_of(tree.path("deep/deeper/link_up"))) == "a 2, b 1");
}

TEST_CASE("bytes that are no UTF-8 do not spoil the output") {
    const tests::temporary_folder folder;
    const std::string path = folder.write("text", "caf\xc3\xa9 x\xff \xc3");
    for (const std::string format : {"", "--json "}) {
        const std::string out = run_wordcount(format + path).out;
        CHECK(has(out, "caf\xc3\xa9"));
        CHECK(has(out, "x\xef\xbf\xbd"));
        CHECK_FALSE(has(out, "\xff"));
    }
}

TEST_CASE("a person is told the words, the totals and the time") {
    const tests::temporary_folder folder;
    const std::string path = folder.write("text", "one two two");
    const auto run = run_wordcount(path + " --workers 2");
    CHECK(run.exit_code == 0);
    CHECK(run.err.empty());
    CHECK(has(run.out, "  2  two\n"));
    CHECK(has(run.out, "  1  one\n\n3 words, 2 of them distinct, in 11 bytes of 1 file\n"));
    CHECK(has(run.out, " s, as tasks on 2 threads\n"));
    const std::string in_processes = run_wordcount(path + " --workers 2 --place processes").out;
    CHECK(has(in_processes, "  2  two\n"));
    CHECK(has(in_processes, " s, in 2 processes\n"));
}

TEST_CASE("nothing to count is no error") {
    const tests::temporary_folder folder;
    CHECK(result_of(folder.path("")).get<int>("files") == 0);
    CHECK(result_of(folder.write("empty", "")).get<int>("words") == 0);
}

TEST_CASE("what can't be read is named with the reason, and ends with 1") {
    const tree tree;
    const auto is_refused = [](const std::string& path, const std::string& reason) {
        const auto run = run_wordcount(path);
        CHECK(run.exit_code == 1);
        CHECK(run.out.empty());
        CHECK(run.err == "wordcount: " + path + reason + "\n");
    };
    is_refused(tree.path("absent"), ": No such file or directory");
    is_refused(tree.path("b2/below"), ": Not a directory");
    is_refused("/dev/null", " is no regular file: Operation not supported");
}

TEST_CASE("a misuse is explained on stderr and ends with 2") {
    for (const std::string arguments :
         {"", "-", "/dev/null -", "/tmp --top -1", "/tmp --top ten", "/tmp --workers 0",
          "/tmp --place moon", "/tmp --frobnicate"}) {
        CAPTURE(arguments);
        const auto run = run_wordcount(arguments);
        CHECK(run.exit_code == 2);
        CHECK(run.out.empty());
        CHECK(has(run.err, "See wordcount --help."));
    }
    CHECK(has(run_wordcount("-").err, "the standard input"));
}

TEST_CASE("a result that can't be written is an error") {
    const tests::temporary_folder folder;
    CHECK(run_wordcount(folder.path("") + " >/dev/full").exit_code == 1);
}
