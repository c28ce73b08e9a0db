// Ranges for tests of who reads them, and how far.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <iterator>
#include <ranges>
#include <stdexcept>
#include <string>

namespace test {

// How far a counting_range has been read. A reader of results may say how many it has asked for.
class read_count {
public:
    std::size_t taken() const noexcept { return taken_.load(); }
    // The most that was ever taken beyond what was asked for.
    std::size_t furthest_ahead() const noexcept { return furthest_.load(); }
    void asked() noexcept { ++asked_; }
    // By one thread at a time; not atomic, so that ThreadSanitizer sees it if that is not so.
    void took() noexcept {
        taken_.store(++own_);
        furthest_.store(std::max(furthest_.load(), own_ - std::min(own_, asked_.load())));
    }

private:
    std::size_t own_ = 0;
    std::atomic<std::size_t> taken_ = 0;
    std::atomic<std::size_t> asked_ = 0;
    std::atomic<std::size_t> furthest_ = 0;
};

// The numbers from 0 to before `end`, once; may throw in place of one of them.
class counting_range : public std::ranges::view_interface<counting_range> {
public:
    class iterator {
    public:
        using value_type = int;
        using difference_type = std::ptrdiff_t;
        using iterator_concept = std::input_iterator_tag;

        explicit iterator(const counting_range& of) noexcept : of_(&of) {}
        iterator(iterator&&) noexcept = default;
        iterator& operator=(iterator&&) noexcept = default;

        int operator*() const {
            if (at_ == of_->throws_at_) throw std::runtime_error("range " + std::to_string(at_));
            of_->count_->took();
            return at_;
        }
        iterator& operator++() noexcept {
            ++at_;
            return *this;
        }
        void operator++(int) noexcept { ++at_; }
        bool operator==(std::default_sentinel_t) const noexcept { return at_ == of_->end_; }

    private:
        const counting_range* of_;
        int at_ = 0;
    };

    counting_range(read_count& count, int end, int throws_at = -1) noexcept
        : count_(&count), end_(end), throws_at_(throws_at) {}

    iterator begin() const noexcept { return iterator(*this); }
    std::default_sentinel_t end() const noexcept { return {}; }

private:
    read_count* count_;
    int end_;
    int throws_at_;
};

}  // namespace test
