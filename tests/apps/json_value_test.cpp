// Goal: what the apps print as JSON is valid JSON and says what it was made of, whatever a text or
// a number holds. Method: exact texts; Boost reads the harder ones back.

#include "json_value.hpp"

#include <boost/property_tree/json_parser.hpp>
#include <boost/property_tree/ptree.hpp>

#include <cstdint>
#include <doctest/doctest.h>
#include <functional>
#include <limits>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

using apps::json_value;

namespace {

// The text that a reader finds.
std::string read_back(const json_value& text) {
    std::istringstream in(json_value::object({{"text", text}}).text());
    boost::property_tree::ptree json;
    boost::property_tree::read_json(in, json);
    return json.get<std::string>("text");
}

}  // namespace

TEST_CASE("texts are quoted, with quotes and backslashes escaped") {
    CHECK(json_value("").text() == R"("")");
    CHECK(json_value("plain").text() == R"("plain")");
    CHECK(json_value(std::string(R"(say "\n")")).text() == R"("say \"\\n\"")");
}

TEST_CASE("control characters are escaped, and nothing else below 0x80 is") {
    CHECK(json_value("two\nlines").text() == R"("two\nlines")");
    CHECK(json_value("\t\r\x1b").text() == R"("\u0009\u000d\u001b")");
    CHECK(json_value(std::string_view("\0", 1)).text() == R"("\u0000")");
    CHECK(json_value("/ \x7f").text() == "\"/ \x7f\"");
}

TEST_CASE("characters of UTF-8 stay as they are") {
    for (const std::string text : {"na\xc3\xafve", "\xe2\x82\xac", "\xf0\x9f\xa7\xb5"}) {
        CHECK(json_value(text).text() == "\"" + text + "\"");
        CHECK(read_back(text) == text);
    }
}

TEST_CASE("bytes that are not UTF-8 become U+FFFD, each of them") {
    CHECK(json_value("a\xff\xfe z").text() == "\"a\xef\xbf\xbd\xef\xbf\xbd z\"");
    CHECK(json_value("cut short \xe2\x82").text() == "\"cut short \xef\xbf\xbd\xef\xbf\xbd\"");
}

TEST_CASE("every character of ASCII but the null can be read back") {
    std::string all;
    for (int c = 1; c < 0x80; ++c) {
        all += static_cast<char>(c);
    }
    CHECK(read_back(all) == all);
}

TEST_CASE("whole numbers keep all their digits") {
    CHECK(json_value(0).text() == "0");
    CHECK(json_value(std::numeric_limits<std::int64_t>::min()).text() == "-9223372036854775808");
    CHECK(json_value(std::numeric_limits<std::uint64_t>::max()).text() == "18446744073709551615");
}

TEST_CASE("other numbers have the digits that give them back, or as many as were asked for") {
    CHECK(json_value(3.0).text() == "3");
    CHECK(json_value(0.1).text() == "0.1");
    CHECK(json_value(3.1415926535897931).text() == "3.141592653589793");
    CHECK(json_value(-1e-300).text() == "-1e-300");
    CHECK(json_value::fixed(0.0000004, 6).text() == "0.000000");
    CHECK(json_value::fixed(12.345678901, 4).text() == "12.3457");
}

TEST_CASE("numbers that are not finite are null") {
    for (const double number :
         {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity(),
          -std::numeric_limits<double>::infinity()}) {
        CHECK(json_value(number).text() == "null");
        CHECK(json_value::fixed(number, 6).text() == "null");
    }
}

TEST_CASE("nothing is null, and bools are words") {
    CHECK(json_value(nullptr).text() == "null");
    CHECK(json_value(std::optional<double>()).text() == "null");
    CHECK(json_value(std::optional<double>(1.5)).text() == "1.5");
    CHECK(json_value(true).text() == "true");
    CHECK(json_value(false).text() == "false");
}

TEST_CASE("objects keep the order of their members, whose names are texts") {
    CHECK(json_value::object({}).text() == "{}");
    CHECK(json_value::object({{"z", 1}, {"a\"", "b"}}).text() == R"({"z":1,"a\"":"b"})");
}

TEST_CASE("lists and objects stand in each other") {
    const std::vector<std::vector<int>> rows = {{1, 2}, {}, {3}};
    const auto row_to_json = [](const std::vector<int>& row) {
        return json_value::object({{"row", json_value::list(row)}});
    };
    CHECK(json_value::object({{"rows", json_value::list(rows, row_to_json)}}).text() ==
          R"({"rows":[{"row":[1,2]},{"row":[]},{"row":[3]}]})");
    CHECK(json_value::list({1, "a", json_value::list({nullptr}), json_value::object({})}).text() ==
          R"([1,"a",[null],{}])");
}

TEST_CASE("elements of a list stand on lines of their own where that is asked for") {
    const std::vector<int> numbers = {1, 2, 3};
    const std::identity as_it_is;
    CHECK(json_value::list(numbers, as_it_is, {.between = "\n"}).text() == "[1,\n2,\n3]");
    const apps::json_gaps each{.edges = "\n", .between = "\n"};
    CHECK(json_value::list(numbers, as_it_is, each).text() == "[\n1,\n2,\n3\n]");
    CHECK(json_value::list(std::vector<int>(), as_it_is, each).text() == "[\n]");
}
