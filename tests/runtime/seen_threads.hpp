// What a pool's threads were like when they called a hook, and why a pool could not be made.
#pragma once

#include <bobbin/runtime/cpu_set.hpp>
#include <bobbin/runtime/thread_pool.hpp>

#include <algorithm>
#include <cstddef>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace test {

template <class Error>
std::string message_of(const bobbin::thread_pool_options& options) {
    try {
        const bobbin::thread_pool pool(options);
    } catch (const Error& e) {
        return e.what();
    }
    return "";
}

// What each thread was like when it called a hook.
class seen_threads {
public:
    void note(unsigned index) {
        const std::lock_guard lock(mutex_);
        indices_.push_back(index);
        threads_.push_back(std::this_thread::get_id());
        cpus_.resize(std::max<std::size_t>(cpus_.size(), index + 1));
        cpus_[index] = bobbin::available_cpus();
    }
    [[nodiscard]] std::vector<unsigned> indices() const {
        auto sorted = indices_;
        std::ranges::sort(sorted);
        return sorted;
    }
    [[nodiscard]] std::vector<std::thread::id> threads() const {
        auto sorted = threads_;
        std::ranges::sort(sorted);
        return sorted;
    }
    [[nodiscard]] const std::vector<bobbin::cpu_set>& cpus() const { return cpus_; }

private:
    std::mutex mutex_;
    std::vector<unsigned> indices_;
    std::vector<std::thread::id> threads_;
    std::vector<bobbin::cpu_set> cpus_;
};

}  // namespace test
