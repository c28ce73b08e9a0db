// Bits, eight to a byte, the first being the lowest; those that fill the last byte are 0. And the
// long double, whose value is some of its bytes.
#pragma once

#include <bobbin/ipc/detail/encoding/codec.hpp>

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

constexpr std::size_t bytes_for(std::size_t bits) {
    return bits / 8 + (bits % 8 != 0 ? 1 : 0);
}

template <class Bits>
void put_bits(encoder& to, const Bits& bits) {
    for (std::size_t begin = 0; begin < bits.size(); begin += 8) {
        unsigned byte = 0;
        for (std::size_t i = 0; i < 8 && begin + i < bits.size(); ++i) {
            if (bits[begin + i]) byte |= 1U << i;
        }
        to.put(static_cast<std::uint8_t>(byte));
    }
}

template <class Bits>
void get_bits(decoder& from, Bits& bits) {
    for (std::size_t begin = 0; begin < bits.size(); begin += 8) {
        const unsigned byte = from.get<std::uint8_t>();
        for (std::size_t i = 0; i < 8; ++i) {
            const bool bit = (byte >> i & 1U) != 0;
            if (begin + i < bits.size()) {
                bits[begin + i] = bit;
            } else if (bit) {
                from.fail("a bit after the last one");
            }
        }
    }
}

template <std::size_t size>
struct codec<std::bitset<size>> {
    using parts = types<>;
    static constexpr std::size_t least() { return bytes_for(size); }

    static void put(encoder& to, const std::bitset<size>& bits) { put_bits(to, bits); }
    static std::bitset<size> get(decoder& from) {
        std::bitset<size> bits;
        get_bits(from, bits);
        return bits;
    }
};

template <class Allocator>
struct codec<std::vector<bool, Allocator>> {
    using parts = types<>;
    static constexpr std::size_t least() { return count_bytes; }

    static void put(encoder& to, const std::vector<bool, Allocator>& bits) {
        to.put_count(bits.size());
        put_bits(to, bits);
    }
    static std::vector<bool, Allocator> get(decoder& from) {
        const auto count = from.get<std::uint64_t>();
        if (bytes_for(count) > from.bytes_left()) from.fail("a count of more than follows");
        std::vector<bool, Allocator> bits(count);
        get_bits(from, bits);
        return bits;
    }
};

template <>
struct codec<long double> {
    using parts = types<>;
    // x87's has a mantissa of 64 bits in 10 bytes, and padding.
    static constexpr std::size_t bytes =
        std::numeric_limits<long double>::digits == 64 ? 10 : sizeof(long double);
    static constexpr std::size_t least() { return bytes; }

    static void put(encoder& to, const long double& value) { to.put_bytes(&value, bytes); }
    static long double get(decoder& from) {
        long double value = 0;
        from.get_bytes(&value, bytes);
        return value;
    }
};

}}}  // namespace bobbin::v0::ipc::detail
