// Goal: g++ and clang read each other's bytes, and tomorrow's bobbin today's. Method: both must
// encode the examples to what encoding_corpus.txt holds, and decode that. After a change of the
// format, BOBBIN_CORPUS=FILE encoding_corpus_test writes it anew.

#include "encoding_examples.hpp"

#include <bobbin/ipc/encoding.hpp>

#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <doctest/doctest.h>
#include <fstream>
#include <iterator>
#include <map>
#include <span>
#include <string>
#include <vector>

using bobbin::ipc::decode;
using bobbin::ipc::encode;

namespace {

using bytes = std::vector<std::byte>;

std::string to_hex(std::span<const std::byte> encoded) {
    static constexpr const char* digits = "0123456789abcdef";
    std::string hex;
    for (const auto byte : encoded) {
        hex += digits[std::to_integer<unsigned>(byte) / 16];
        hex += digits[std::to_integer<unsigned>(byte) % 16];
    }
    return hex;
}

bytes from_hex(const std::string& hex) {
    bytes encoded;
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
        unsigned value = 0;
        std::from_chars(&hex[i], &hex[i] + 2, value, 16);
        encoded.push_back(static_cast<std::byte>(value));
    }
    return encoded;
}

// Lines of "name: bytes in hexadecimal".
std::map<std::string, std::string> corpus() {
    std::ifstream file(BOBBIN_CORPUS_FILE);
    std::map<std::string, std::string> all;
    for (std::string line; std::getline(file, line);) {
        const auto colon = line.find(": ");
        if (colon != std::string::npos) all[line.substr(0, colon)] = line.substr(colon + 2);
    }
    return all;
}

}  // namespace

TEST_CASE("the examples are encoded to what is on record, and decoded from it") {
    auto recorded = corpus();
    examples::for_each_example([&]<class T>(const char* name, const T& value) {
        INFO(std::string(name));
        const auto found = recorded.find(name);
        REQUIRE(found != recorded.end());
        CHECK(to_hex(encode(value)) == found->second);
        CHECK(to_hex(encode(decode<T>(from_hex(found->second)))) == found->second);
        recorded.erase(found);
    });
    CHECK(recorded.empty());
}

TEST_CASE("the record is written where it is asked for") {
    const char* const path = std::getenv("BOBBIN_CORPUS");
    if (path == nullptr) return;
    std::ofstream file(path);
    examples::for_each_example([&](const char* name, const auto& value) {
        file << name << ": " << to_hex(encode(value)) << '\n';
    });
    CHECK(file.flush());
}
