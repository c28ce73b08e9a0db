// For libFuzzer: whatever the bytes are, decoding them ends in a value or in protocol_error, and a
// value that was decoded is encoded and decoded again to the same.
//
// The first byte picks the type, the second where the rest is cut in two.

#include "../encoding_examples.hpp"

#include <bobbin/ipc/encoding.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <variant>
#include <vector>

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t most);

namespace {

using bytes = std::vector<std::byte>;

template <class T>
bool equal(const T& one, const T& other) {
    if constexpr (std::equality_comparable<T>) return one == other;
    return false;
}

template <class T>
void try_to_decode(std::span<const std::byte> first, std::span<const std::byte> second) {
    std::optional<T> value;
    try {
        value.emplace(bobbin::ipc::decode<T>(first, second));
    } catch (const bobbin::ipc::protocol_error&) {
        return;
    }
    const bytes encoded = bobbin::ipc::encode(*value);
    const T again = bobbin::ipc::decode<T>(encoded);
    // A hashed container's elements may come in another order, and a NaN is not equal to itself.
    if (bobbin::ipc::encode(again) != encoded && !equal(again, *value)) std::abort();
}

struct kind {
    void (*run)(std::span<const std::byte>, std::span<const std::byte>);
    bytes (*seed)();
};

template <class T>
kind of() {
    return {&try_to_decode<T>, [] { return bobbin::ipc::encode(T()); }};
}

kind of_trees() {
    return {&try_to_decode<examples::tree>, [] { return bobbin::ipc::encode(examples::a_tree()); }};
}

kind of_orders() {
    return {&try_to_decode<examples::order>, [] {
                const examples::order order{
                    "me", {{"nails", 100}, {"screws", 2}}, examples::point{3, 4}, {}, true};
                return bobbin::ipc::encode(order);
            }};
}

kind of_maps() {
    using map = std::map<std::string, std::vector<std::optional<int>>>;
    return {&try_to_decode<map>, [] {
                return bobbin::ipc::encode(map{{"a", {1, {}}}, {"b", {}}, {"c", {2}}});
            }};
}

template <std::size_t n>
struct large {
    std::array<std::uint64_t, n> values{};
    bool operator==(const large&) const = default;
};

const std::array kinds{
    of_trees(),
    of_orders(),
    of_maps(),
    of<bool>(),
    of<examples::switches>(),
    of<std::string>(),
    of<std::filesystem::path>(),
    of<std::vector<double>>(),
    of<std::vector<examples::switches>>(),
    of<std::vector<bool>>(),
    of<std::bitset<13>>(),
    of<std::vector<std::tuple<>>>(),
    of<std::vector<std::optional<large<100>>>>(),
    of<std::variant<std::monostate, int, std::string, std::unique_ptr<std::string>>>(),
    of<std::tuple<char, std::u16string, std::complex<long double>>>(),
    of<std::list<std::deque<std::forward_list<std::uint8_t>>>>(),
    of<std::multimap<std::string, std::set<int>>>(),
    of<std::unordered_set<std::uint8_t>>(),
    of<std::unordered_multimap<std::string, int>>(),
    of<std::optional<std::unique_ptr<std::array<std::string, 3>>>>(),
    of<std::vector<std::vector<std::vector<examples::nothing>>>>(),
};

}  // namespace

// Now and then an encoding takes the place of what libFuzzer found, so that it starts with some.
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t most, unsigned seed) {
    if (seed % 512 != 0) return LLVMFuzzerMutate(data, size, most);
    const auto which = seed / 512 % kinds.size();
    const bytes encoded = kinds[which].seed();
    if (encoded.size() + 2 > most) return LLVMFuzzerMutate(data, size, most);
    data[0] = static_cast<std::uint8_t>(which);
    data[1] = static_cast<std::uint8_t>(seed / 512 / kinds.size());
    std::memcpy(data + 2, encoded.data(), encoded.size());
    return encoded.size() + 2;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    const auto all = std::as_bytes(std::span(data, size));
    const auto rest = all.subspan(2);
    const std::size_t cut = data[1] % (rest.size() + 1);
    kinds[data[0] % kinds.size()].run(rest.first(cut), rest.subspan(cut));
    return 0;
}
