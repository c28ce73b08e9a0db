// Values that know whether they lie where their alignment says.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace test {

inline std::atomic<int> misplaced{0};

// Apart from where it is called, as a compiler believes in the alignment of what it sees.
[[gnu::noinline]] inline void look_at_place(const void* place, std::size_t alignment) noexcept {
    if (reinterpret_cast<std::uintptr_t>(place) % alignment != 0) ++misplaced;
}

template <std::size_t alignment>
class alignas(alignment) aligned {
public:
    aligned() noexcept : aligned(0) {}
    explicit aligned(int number) noexcept : value(number) { look(); }
    aligned(const aligned& other) noexcept : value(other.value) { look(); }
    aligned(aligned&& other) noexcept : value(other.value) { look(); }
    aligned& operator=(const aligned& other) noexcept {
        value = other.value;
        look();
        return *this;
    }
    ~aligned() { look(); }

    int value;

private:
    void look() const noexcept { look_at_place(this, alignment); }
};

}  // namespace test
