// Goal: words are what the header says, and each is counted once, however the file is cut and
// wherever the pieces are counted. Method: texts whose counts are known, and random ones that are
// counted by a second, simpler rule; pieces of every size from one byte up; files that can't be
// read.

#include "every_pool.hpp"
#include "temporary_folder.hpp"

#include <bobbin/runtime/sync_wait.hpp>
#include <bobbin/workloads/word_count.hpp>

#include <doctest/doctest.h>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <vector>

namespace {

using bobbin::word_counts;

word_counts words_of(const std::vector<bobbin::file_piece>& pieces) {
    bobbin::sequential_pool pool;
    return bobbin::sync_wait(bobbin::count_words(pool, pieces));
}

word_counts words_in(std::string_view text) {
    const tests::temporary_folder folder;
    return words_of(bobbin::cut(folder.write("text", text)));
}

// The rule of the header once more, for a whole text: what separates goes, then the apostrophes at
// the ends of what is left.
word_counts words_by_another_rule(std::string text) {
    constexpr std::string_view separators = " \n.-_";
    constexpr std::string_view capitals = "ABC";
    word_counts counts;
    text += '\n';
    for (std::size_t begin = 0, end = 0; begin < text.size(); begin = end + 1) {
        end = text.find_first_of(separators, begin);
        std::string word = text.substr(begin, end - begin);
        while (word.starts_with('\'')) {
            word.erase(0, 1);
        }
        while (word.ends_with('\'')) {
            word.pop_back();
        }
        for (char& letter : word) {
            const auto capital = capitals.find(letter);
            letter = capital == std::string_view::npos ? letter : "abc"[capital];
        }
        if (!word.empty()) {
            ++counts[word];
        }
    }
    return counts;
}

std::string random_text(unsigned seed, std::size_t bytes) {
    constexpr std::string_view alphabet = "aabcABC7'' \n.-_\xc3\xa9";
    std::minstd_rand random(seed);
    std::string text;
    while (text.size() < bytes) {
        text += alphabet[random() % alphabet.size()];
    }
    return text;
}

std::string reason_of_failure(const std::string& path) {
    try {
        bobbin::cut(path);
    } catch (const std::system_error& error) {
        return error.what();
    }
    return "no failure";
}

// Nobody special, as far as files are concerned, while it exists: root may read everything.
class without_privileges {
public:
    without_privileges() : own_(::geteuid()) {
        constexpr uid_t nobody = 65534;
        if (own_ == 0) {
            REQUIRE(::seteuid(nobody) == 0);
        }
    }
    without_privileges(const without_privileges&) = delete;
    without_privileges& operator=(const without_privileges&) = delete;
    ~without_privileges() {
        if (own_ == 0 && ::seteuid(own_) != 0) {
            std::abort();
        }
    }

private:
    uid_t own_;
};

}  // namespace

TEST_CASE("a file is cut into pieces of the same length and a last one") {
    const tests::temporary_folder folder;
    const std::string path = folder.write("ten", "0123456789");
    CHECK(bobbin::cut(path, 4) ==
          std::vector<bobbin::file_piece>({{path, 0, 4}, {path, 4, 4}, {path, 8, 2}}));
    CHECK(bobbin::cut(path, 5).size() == 2);
    CHECK(bobbin::cut(path, 10) == std::vector<bobbin::file_piece>({{path, 0, 10}}));
    CHECK(bobbin::cut(path) == bobbin::cut(path, 10));
    CHECK(bobbin::cut(path, 1).size() == 10);
    CHECK(bobbin::cut(folder.write("none", "")).empty());
    CHECK_THROWS_AS(bobbin::cut(path, 0), std::invalid_argument);
}

TEST_CASE("letters and digits make words, whatever their case, and everything else parts them") {
    CHECK(words_in("The cat, the hat; THE END. 1984 4x4") ==
          word_counts{{"the", 3}, {"cat", 1}, {"hat", 1}, {"end", 1}, {"1984", 1}, {"4x4", 1}});
    CHECK(words_in("well-known snake_case a@b.c") ==
          word_counts{
              {"well", 1}, {"known", 1}, {"snake", 1}, {"case", 1}, {"a", 1}, {"b", 1}, {"c", 1}});
    CHECK(words_in(std::string_view("a\0b\0a", 5)) == word_counts{{"a", 2}, {"b", 1}});
    CHECK(words_in("az AZ [`{@/:") == word_counts{{"az", 2}});
}

TEST_CASE("apostrophes belong to a word inside it, and not at its ends") {
    CHECK(words_in("don't Don't 'don't' ''don't'' ' '' '''") == word_counts{{"don't", 4}});
    CHECK(words_in("'tis the dogs' rock''n'roll") ==
          word_counts{{"tis", 1}, {"the", 1}, {"dogs", 1}, {"rock''n'roll", 1}});
}

TEST_CASE("bytes beyond ASCII are letters without case") {
    CHECK(words_in("Caf\xc3\xa9 CAF\xc3\xa9 caf\xc3\x89") ==
          word_counts{{"caf\xc3\xa9", 2}, {"caf\xc3\x89", 1}});
    CHECK(words_in("\x80 \xff\xfe \x80") == word_counts{{"\x80", 2}, {"\xff\xfe", 1}});
}

TEST_CASE("a file without words has none") {
    CHECK(words_in("").empty());
    CHECK(words_in(" \n...\n---' '").empty());
}

TEST_CASE("a word counts once, in whatever pieces the file is cut") {
    const tests::temporary_folder folder;
    for (const std::string text :
         {"one two one", "one", "a'b'", "'", " a", "a ", "a b c", "x 'quoted' y", "''a''b'' c"}) {
        CAPTURE(text);
        const std::string path = folder.write("text", text);
        const word_counts expected = words_of(bobbin::cut(path));
        for (std::uint64_t piece_bytes = 1; piece_bytes <= text.size() + 1; ++piece_bytes) {
            CAPTURE(piece_bytes);
            CHECK(words_of(bobbin::cut(path, piece_bytes)) == expected);
        }
    }
}

TEST_CASE("random texts have the words that another rule finds, in pieces of every size") {
    const tests::temporary_folder folder;
    constexpr std::size_t bytes = 400;
    for (const unsigned seed : {1U, 2U, 3U, 4U, 5U}) {
        CAPTURE(seed);
        const std::string text = random_text(seed, bytes);
        const word_counts expected = words_by_another_rule(text);
        const std::string path = folder.write("text", text);
        for (std::uint64_t piece_bytes = 1; piece_bytes <= bytes;
             piece_bytes += 1 + piece_bytes / 8) {
            CAPTURE(piece_bytes);
            CHECK(words_of(bobbin::cut(path, piece_bytes)) == expected);
        }
    }
}

TEST_CASE("every pool counts the same, in files longer than what is read at once") {
    const tests::temporary_folder folder;
    const std::string first = random_text(6, 200'000);
    const std::string second = random_text(7, 100'000);
    const word_counts expected = words_by_another_rule(first + " " + second);
    const std::string first_path = folder.write("first", first);
    const std::string second_path = folder.write("second", second);
    tests::on_every_pool([&](auto& pool) {
        for (const std::uint64_t piece_bytes : {1'000U, 16'384U, 65'537U, 1'000'000U}) {
            CAPTURE(piece_bytes);
            auto pieces = bobbin::cut(first_path, piece_bytes);
            for (auto& piece : bobbin::cut(second_path, piece_bytes)) {
                pieces.push_back(std::move(piece));
            }
            CHECK(bobbin::sync_wait(bobbin::count_words(pool, pieces)) == expected);
        }
    });
}

TEST_CASE("a word longer than many pieces is one word") {
    const tests::temporary_folder folder;
    const std::string longest(100'000, 'w');
    const std::string path = folder.write("text", "a " + longest + " z");
    for (const std::uint64_t piece_bytes : {100U, 16'384U, 99'999U}) {
        CHECK(words_of(bobbin::cut(path, piece_bytes)) ==
              word_counts{{"a", 1}, {longest, 1}, {"z", 1}});
    }
}

TEST_CASE("a piece behind the end of a file that has become shorter has no words") {
    const tests::temporary_folder folder;
    const std::string path = folder.write("text", "one two");
    CHECK(words_of({{path, 4, 100}}) == word_counts{{"two", 1}});
    CHECK(words_of({{path, 7, 100}}).empty());
    CHECK(words_of({{path, 100, 100}}).empty());
}

TEST_CASE("what can't be read is named, with the reason") {
    const tests::temporary_folder folder;
    const std::string absent = folder.path("absent");
    CHECK(reason_of_failure(absent) == absent + ": No such file or directory");
    const std::string itself = folder.path("");
    CHECK(reason_of_failure(itself) == itself + ": Is a directory");
    const std::string below_file = folder.write("file", "a") + "/b";
    CHECK(reason_of_failure(below_file) == below_file + ": Not a directory");
    const std::string fifo = folder.path("fifo");
    REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
    CHECK(reason_of_failure(fifo) == fifo + " is no regular file: Operation not supported");
    CHECK(reason_of_failure("/dev/null") ==
          "/dev/null is no regular file: Operation not supported");
}

TEST_CASE("a file that may not be read is named, with the reason") {
    const tests::temporary_folder folder;
    std::filesystem::permissions(folder.path(""), std::filesystem::perms(0755));
    const std::string secret = folder.write("secret", "a");
    std::filesystem::permissions(secret, std::filesystem::perms::none);
    const without_privileges here;
    CHECK(reason_of_failure(secret) == secret + ": Permission denied");
}

TEST_CASE("a file that is gone when its piece is counted fails the count, on every pool") {
    const tests::temporary_folder folder;
    const std::string path = folder.write("text", "one two");
    const std::string gone = folder.path("gone");
    tests::on_every_pool([&](auto& pool) {
        const std::vector<bobbin::file_piece> pieces = {
            {path, 0, 7}, {gone, 0, 7}, {path, 0, 7}, {gone + "too", 0, 7}};
        CHECK_THROWS_WITH_AS(bobbin::sync_wait(bobbin::count_words(pool, pieces)),
                             (gone + ": No such file or directory").c_str(), std::system_error);
    });
}
