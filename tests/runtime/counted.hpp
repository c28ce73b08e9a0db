// A value whose lives are counted, so that a test can prove that each began and ended once.
#pragma once

#include <atomic>
#include <doctest/doctest.h>

namespace test {

class counted {
public:
    explicit counted(int number = 0) noexcept : value(number) { born(); }
    counted(const counted& other) noexcept : value(other.value) {
        copies_.fetch_add(1, std::memory_order_relaxed);
        born();
    }
    counted(counted&& other) noexcept : value(other.value) {
        other.value = moved_from;
        born();
    }
    counted& operator=(const counted& other) noexcept {
        if (this != &other) {
            copies_.fetch_add(1, std::memory_order_relaxed);
            value = other.value;
        }
        return *this;
    }
    counted& operator=(counted&& other) noexcept {
        if (this != &other) {
            value = other.value;
            other.value = moved_from;
        }
        return *this;
    }
    ~counted() {
        if (self_ != this) destroyed_wrongly_.fetch_add(1, std::memory_order_relaxed);
        self_ = nullptr;
        alive_.fetch_sub(1, std::memory_order_relaxed);
    }

    static int alive() noexcept { return alive_.load(std::memory_order_relaxed); }
    static int copies() noexcept { return copies_.load(std::memory_order_relaxed); }
    // Of memory that held no such value: never made, moved as bytes, or destroyed before.
    static int destroyed_wrongly() noexcept {
        return destroyed_wrongly_.load(std::memory_order_relaxed);
    }
    static void forget_copies() noexcept { copies_.store(0, std::memory_order_relaxed); }

    static constexpr int moved_from = -1;
    int value;

private:
    void born() noexcept {
        self_ = this;
        alive_.fetch_add(1, std::memory_order_relaxed);
    }

    static inline std::atomic<int> alive_{0};
    static inline std::atomic<int> copies_{0};
    static inline std::atomic<int> destroyed_wrongly_{0};
    const counted* volatile self_ = nullptr;
};

// The fixture of a test that must leave no counted value behind.
class balanced {
public:
    balanced() noexcept { counted::forget_copies(); }
    balanced(const balanced&) = delete;
    balanced& operator=(const balanced&) = delete;
    ~balanced() {
        CHECK(counted::alive() == 0);
        CHECK(counted::destroyed_wrongly() == 0);
    }
};

}  // namespace test
