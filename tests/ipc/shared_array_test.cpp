// Arrays that processes share.
#include "children.hpp"

#include <bobbin/ipc/shared_array.hpp>
#include <bobbin/ipc/shared_value.hpp>

#include <algorithm>
#include <iterator>
#include <limits>
#include <mutex>
#include <numeric>
#include <stdexcept>

using bobbin::ipc::create_named;
using bobbin::ipc::open_named;
using bobbin::ipc::owner_died;
using bobbin::ipc::process;
using bobbin::ipc::shared_array;
using bobbin::ipc::wrong_segment;

namespace {

struct rectangle {
    int width;
    int height;
};

template <class F>
std::string message_of(F what) {
    try {
        what();
    } catch (const std::exception& error) {
        return error.what();
    }
    return {};
}

}  // namespace

static_assert(std::random_access_iterator<shared_array<long>::iterator>);
static_assert(std::random_access_iterator<shared_array<rectangle>::iterator>);

TEST_CASE("a hundred processes at once lose no increment of an element") {
    shared_array<int> array(4);
    test::run_at_once(100, [&](int i) {
        const auto own = static_cast<std::size_t>(i % 4);
        for (int k = 0; k < 1000; ++k) array[own] += 1;
    });
    for (const int each : array) CHECK(each == 25'000);
}

TEST_CASE("a hundred processes at once lose nothing of what they do to a slice under the lock") {
    shared_array<int> array(4);
    test::run_at_once(100, [&](int) {
        for (int k = 0; k < 100; ++k) {
            const std::lock_guard section(array.get_lock());
            for (int& each : array.slice(1, 2)) ++each;
        }
    });
    CHECK(array[0] == 0);
    CHECK(array[1] == 10'000);
    CHECK(array[2] == 10'000);
    CHECK(array[3] == 0);
}

TEST_CASE("an array is zero at first") {
    const shared_array<double> array(1000);
    CHECK(array.size() == 1000);
    CHECK(std::ranges::all_of(array.span(), [](double each) { return each == 0.0; }));
}

TEST_CASE("at() names the index and the size of what is out of range") {
    const shared_array<int> array(3);
    array.at(2) = 5;
    CHECK(array.at(2) == 5);
    CHECK_THROWS_AS(static_cast<void>(array.at(3)), std::out_of_range);
    const auto text = message_of([&] { static_cast<void>(array.at(17)); });
    CHECK(text.find("17") != std::string::npos);
    CHECK(text.find('3') != std::string::npos);
}

TEST_CASE("a slice lies within the array") {
    const shared_array<int> array(10);
    CHECK(array.slice(0, 10).size() == 10);
    CHECK(array.slice(10, 0).empty());
    CHECK_THROWS_AS(static_cast<void>(array.slice(5, 6)), std::out_of_range);
    CHECK_THROWS_AS(static_cast<void>(array.slice(11, 0)), std::out_of_range);
    CHECK_THROWS_AS(static_cast<void>(array.slice(1, std::numeric_limits<std::size_t>::max())),
                    std::out_of_range);
}

TEST_CASE("an array may be empty") {
    const shared_array<int> array(0);
    CHECK(array.empty());
    CHECK(array.begin() == array.end());
    CHECK(array.span().empty());
    CHECK_THROWS_AS(static_cast<void>(array.at(0)), std::out_of_range);
    CHECK(shared_array<int>(array.memory()).empty());
}

TEST_CASE("sizes that no memory has are an error that says so") {
    const auto negative = static_cast<std::size_t>(-1);
    CHECK_THROWS_AS(shared_array<double>{negative}, std::length_error);
    CHECK_THROWS_AS(shared_array<char>{negative}, std::length_error);
    CHECK_THROWS_AS(shared_array<double>{negative / 8 + 2}, std::length_error);
    CHECK(message_of([&] { shared_array<double>{negative}; }).find("negative") !=
          std::string::npos);
    // More than this machine has: refused before the kernel tries.
    CHECK_THROWS_AS(shared_array<char>{std::size_t{1} << 45U}, std::system_error);
}

TEST_CASE("iterators go through the elements as algorithms need it") {
    shared_array<int> array(10);
    int next = 0;
    for (auto each : array) each = next++;
    CHECK(std::accumulate(array.begin(), array.end(), 0) == 45);
    CHECK(array.end() - array.begin() == 10);
    CHECK(array.begin()[3] == 3);
    CHECK(*(array.end() - 1) == 9);
    CHECK(std::ranges::find(array, 4) == array.begin() + 4);
    CHECK(std::ranges::lower_bound(array, 7) - array.begin() == 7);
}

TEST_CASE("elements of any trivial type are reached under the lock") {
    shared_array<rectangle> array(3);
    CHECK(process::forked([&] {
              const std::lock_guard section(array.get_lock());
              array.at(1) = {.width = 2, .height = 3};
          })
              .join()
              .ok());
    const std::lock_guard section(array.get_lock());
    CHECK(array[1].width * array[1].height == 6);
    CHECK(array.begin()[1].height == 3);
}

TEST_CASE(
    "a process that dies while it has an array's lock is told of, and the elements are there") {
    shared_array<int> array(2);
    {
        test::staying_process holder([&] {
            array.get_lock().lock();
            array.span()[0] = 1;
        });
        holder.kill();
    }
    CHECK(array[0] == 1);
    array[1] += 1;
    CHECK_THROWS_AS(array.get_lock().lock(), owner_died);
    array.get_lock().recover();
    array.span()[0] = 0;
    array.get_lock().unlock();
    CHECK(array.get_lock().try_lock());
    array.get_lock().unlock();
}

TEST_CASE("copies mean the same array, and arrays opened by name or by segment too") {
    const test::unique_name name;
    const shared_array<long> array(create_named{name.text()}, 5);
    const shared_array<long> copy = array;
    const shared_array<long> attached(array.memory());
    const shared_array<long> opened(open_named{name.text()});
    copy[4] += 1;
    attached[4] += 1;
    opened[4] += 1;
    CHECK(array[4] == 3);
    CHECK(opened.size() == 5);
    CHECK_THROWS_AS(shared_array<int>(array.memory()), wrong_segment);
    CHECK_THROWS_AS(bobbin::ipc::shared_value<long>(array.memory()), wrong_segment);
}

TEST_CASE("an array may have hundreds of megabytes") {
    constexpr std::size_t size = std::size_t{256} << 20U;
    const shared_array<char> array(size);
    array[size - 1] = 'z';
    CHECK(test::true_in_child([&] { return array.at(size - 1) == 'z'; }));
}
