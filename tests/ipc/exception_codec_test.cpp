// Goal: an exception arrives in another process as what it was, as far as that can be, and no
// strange exception ends a process. Method: there and back, in this process.

#include "exceptions.hpp"

#include <bobbin/ipc/errors.hpp>
#include <bobbin/ipc/remote_error.hpp>
#include <bobbin/ipc/worker_died.hpp>

#include <any>
#include <cerrno>
#include <csignal>
#include <doctest/doctest.h>
#include <exception>
#include <filesystem>
#include <functional>
#include <future>
#include <memory>
#include <new>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <system_error>
#include <type_traits>
#include <unistd.h>
#include <variant>
#include <vector>

namespace ipc = bobbin::ipc;
namespace fs = std::filesystem;
using namespace exceptions;

// Types of the user's.
namespace user {

struct point {};
template <class T>
struct bad_value : std::logic_error {
    using std::logic_error::logic_error;
};

struct mute : std::exception {
    const char* what() const noexcept override { return nullptr; }
};
// Not known as a std::exception, as it is two.
struct twice : std::runtime_error, std::logic_error {
    twice() : std::runtime_error("one"), std::logic_error("two") {}
};

class category final : public std::error_category {
public:
    const char* name() const noexcept override { return "user"; }
    std::string message(int) const override { return "the user's own"; }
};

}  // namespace user

namespace {

template <class E>
E sent(const E& error) {
    E arrived = as<E>(there_and_back(std::make_exception_ptr(error)));
    CHECK(std::string(arrived.what()) == error.what());
    return arrived;
}

template <class E>
ipc::remote_error sent_as_remote(const E& error) {
    return as<ipc::remote_error>(there_and_back(std::make_exception_ptr(error)));
}

}  // namespace

TEST_CASE("the standard library's exceptions with a text arrive as what they were") {
    sent(std::logic_error("a"));
    sent(std::domain_error("b"));
    sent(std::invalid_argument("c"));
    sent(std::length_error("d"));
    sent(std::out_of_range("e"));
    sent(std::runtime_error("f"));
    sent(std::range_error("g"));
    sent(std::overflow_error("h"));
    sent(std::underflow_error(""));
}

TEST_CASE("the standard library's exceptions without a text arrive as what they were") {
    sent(std::exception());
    sent(std::bad_exception());
    sent(std::bad_alloc());
    sent(std::bad_array_new_length());
    sent(std::bad_cast());
    sent(std::bad_any_cast());
    sent(std::bad_typeid());
    sent(std::bad_function_call());
    sent(std::bad_optional_access());
    sent(std::bad_variant_access());
    sent(std::bad_weak_ptr());
}

TEST_CASE("exceptions that the standard library throws itself arrive as what they were") {
    const auto throw_at = [] { static_cast<void>(std::vector<int>().at(1)); };
    const auto throw_get = [] { static_cast<void>(std::get<1>(std::variant<int, bool>(2))); };
    const auto throw_read = [] {
        std::istringstream text("no number");
        text.exceptions(std::ios::failbit);
        int number = 0;
        text >> number;
    };
    as<std::out_of_range>(there_and_back(caught(throw_at)));
    as<std::bad_variant_access>(there_and_back(caught(throw_get)));
    const auto failure = as<std::ios_base::failure>(there_and_back(caught(throw_read)));
    CHECK(failure.what() == what(caught(throw_read)));
    CHECK(failure.code() == std::io_errc::stream);
}

TEST_CASE("an exception with an error code of std's keeps code and text") {
    CHECK(sent(std::system_error(not_there, "open")).code() ==
          std::errc::no_such_file_or_directory);
    CHECK(sent(std::system_error(EAGAIN, std::system_category())).code().category() ==
          std::system_category());
    sent(std::system_error(not_there, ""));
    sent(std::system_error(123456, std::generic_category(), "odd: text"));
    CHECK(sent(std::ios_base::failure("read")).code() == std::io_errc::stream);
    CHECK(sent(std::future_error(std::future_errc::no_state)).code() == std::future_errc::no_state);
}

TEST_CASE("a filesystem_error keeps its paths") {
    sent(fs::filesystem_error("look", not_there));
    CHECK(sent(fs::filesystem_error("open", "/a", not_there)).path1() == "/a");
    const auto error = sent(fs::filesystem_error("copy", "/a", "/b", not_there));
    CHECK(error.path1() == "/a");
    CHECK(error.path2() == "/b");
    CHECK(error.code() == not_there);
}

TEST_CASE("an error code of the user's category arrives as a remote_error with the text") {
    const user::category own;
    const auto error = sent_as_remote(std::system_error(7, own, "parse"));
    CHECK(error.type() == "std::system_error");
    CHECK(std::string(error.what()) == "parse: the user's own");
}

TEST_CASE("bobbin's exceptions arrive as what they were") {
    sent(bobbin::cancelled());
    sent(bobbin::timed_out("late"));
    sent(bobbin::would_deadlock("a"));
    sent(bobbin::pool_closed("b"));
    sent(bobbin::no_pool("c"));
    sent(ipc::protocol_error("d"));
    sent(ipc::wrong_segment("e"));
    sent(ipc::queue_closed());
    sent(ipc::producer_died());
    sent(ipc::owner_died());
    sent(ipc::broken_barrier());
    sent(ipc::pool_broken("f"));
    CHECK(sent(ipc::too_large(100, 64)).capacity() == 64);
}

TEST_CASE("worker_died says who died, how, and over which job, here and where it is sent") {
    const auto killed = sent(ipc::worker_died(1234, ipc::exit_status{.signal = SIGKILL}, 17, 1));
    CHECK(std::string(killed.what()) ==
          "bobbin: worker 1234 was killed by signal 9 (SIGKILL: Killed; possibly out of memory) "
          "while "
          "it did job 17, attempt 1");
    CHECK(killed.worker() == 1234);
    CHECK(killed.status() == ipc::exit_status{.signal = SIGKILL});
    CHECK(killed.job() == 17);
    CHECK(killed.attempt() == 1);
    const ipc::worker_died exited(5, ipc::exit_status{.code = 3}, 1, 2);
    CHECK(std::string(sent(exited).what()) ==
          "bobbin: worker 5 exited with code 3 while it did job 1, attempt 2");
    const auto named = sent(ipc::worker_died(5, ipc::exit_status{.code = 3}, 1, 2, "f(int)"));
    CHECK(named.callable() == "f(int)");
    CHECK(std::string(named.what()) ==
          "bobbin: worker 5 exited with code 3 while it did job 1, attempt 2: f(int)");
    const auto unknown = sent(ipc::worker_died(5, std::nullopt, 1ULL << 40, 2));
    CHECK(unknown.status() == std::nullopt);
    CHECK(unknown.job() == 1ULL << 40);
}

TEST_CASE("a worker_died and a remote_error are copied without a throw") {
    CHECK(std::is_nothrow_copy_constructible_v<ipc::worker_died>);
    CHECK(std::is_nothrow_copy_constructible_v<ipc::remote_error>);
}

TEST_CASE("a class of the user's arrives as a remote_error with its type, text and process") {
    const auto error = sent_as_remote(user::bad_line("line 3"));
    CHECK(error.type() == "user::bad_line");
    CHECK(std::string(error.what()) == "line 3");
    CHECK(error.worker() == ::getpid());
}

TEST_CASE("what is no std::exception arrives as a remote_error with its type") {
    CHECK(sent_as_remote(42).type() == "int");
    CHECK(std::string(sent_as_remote(42).what()) ==
          "bobbin: an exception of type int, which is none of std's");
    CHECK(sent_as_remote(user::point()).type() == "user::point");
    CHECK(sent_as_remote(user::twice()).type() == "user::twice");
}

TEST_CASE("a remote_error is passed on as it is") {
    const auto error = sent(ipc::remote_error("other::type", "text", 77));
    CHECK(error.type() == "other::type");
    CHECK(error.worker() == 77);
}

TEST_CASE("nested exceptions arrive nested, and the outer ones with their own types") {
    const auto inner = std::make_exception_ptr(std::system_error(not_there, "open"));
    const auto middle = around(inner, user::bad_value<user::point>("line 4"));
    const auto error = there_and_back(around(middle, std::runtime_error("config")));
    const auto check_outer = [](const std::exception_ptr& outer) {
        CHECK_THROWS_AS(std::rethrow_exception(outer), std::runtime_error);
        CHECK(what(outer) == "config");
    };
    check_outer(error);
    try {
        std::rethrow_exception(inside(error));
    } catch (const ipc::remote_error& arrived) {
        CHECK(arrived.type() == "user::bad_value<user::point>");
        CHECK(std::string(arrived.what()) == "line 4");
    }
    CHECK(as<std::system_error>(inside(inside(error))).code() == not_there);
    check_outer(there_and_back(error));  // passed on
    CHECK(what(inside(inside(there_and_back(error)))) == what(inner));
}

TEST_CASE("what is no std::exception may be around another and inside one") {
    const auto inner = around(std::make_exception_ptr(std::bad_cast()), user::point());
    const auto error = there_and_back(around(inner, std::logic_error("outer")));
    CHECK(what(inside(error)) ==
          "bobbin: an exception of type user::point, which is none of std's");
    as<std::bad_cast>(inside(inside(error)));
    const auto empty = caught([] { std::throw_with_nested(std::logic_error("around nothing")); });
    CHECK(what(there_and_back(empty)) == "around nothing");
}

TEST_CASE("a long chain is cut to its outer 16") {
    auto error = std::make_exception_ptr(std::runtime_error("0"));
    for (int i = 1; i <= 40; ++i) error = around(error, std::runtime_error(std::to_string(i)));
    error = there_and_back(error);
    std::vector<std::string> texts;
    for (; error; error = inside(error)) texts.push_back(what(error));
    REQUIRE(texts.size() == 16);
    CHECK(texts.front() == "40");
    CHECK(texts.back() == "25");
}

TEST_CASE("a text is cut to 4 KiB, between characters") {
    std::string text;
    while (text.size() < 1'000'000) text += "\u20ac";
    for (const auto* start : {"", "a", "ab"}) {
        const std::string arrived = sent_as_remote(user::bad_line(start + text)).what();
        CHECK(arrived.size() <= 4096);
        CHECK(arrived.size() > 4080);
        CHECK(arrived.ends_with("\u20ac [...]"));
        CHECK(what(there_and_back(std::make_exception_ptr(std::range_error(start + text)))) ==
              arrived);
    }
    const std::string most(4096, 'x');
    sent(std::runtime_error(most));
    CHECK(sent_as_remote(user::bad_line(most)).what() == most);
}

TEST_CASE("a text ends at its first NUL, and may be none at all") {
    const std::string with_nul("a\0b", 3);
    CHECK(std::string(sent_as_remote(user::bad_line(with_nul)).what()) == "a");
    sent(std::runtime_error(with_nul));
    CHECK(sent(ipc::remote_error(with_nul, with_nul, 1)).type() == "a");
    CHECK(std::string(sent_as_remote(user::mute()).what()) ==
          "bobbin: an exception whose what() is null");
}
