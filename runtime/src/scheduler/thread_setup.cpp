// See thread_setup.hpp.
#include "scheduler/thread_setup.hpp"

#include "os/affinity.hpp"
#include "task/unseen_error.hpp"

#include <stdexcept>
#include <string>
#include <utility>

namespace bobbin { inline namespace v0 { namespace detail {

namespace {

std::vector<int> allowed(const cpu_set& cpus) {
    if (cpus.empty()) return {};
    const cpu_set usable = usable_cpus();
    for (const int each : cpus.numbers())
        if (!usable.contains(each))
            throw std::invalid_argument("bobbin::thread_pool: cpu " + std::to_string(each) +
                                        " is not one that this process may use (" +
                                        to_text(usable) + ")");
    return cpus.numbers();
}

}  // namespace

thread_setup::thread_setup(const thread_pool_options& options)
    : cpus_(allowed(options.cpus)),
      on_start_(options.on_thread_start),
      on_stop_(options.on_thread_stop) {}

bool thread_setup::begin(unsigned index) noexcept {
    if (begins_at_once()) return true;
    std::exception_ptr error;
    try {
        if (!cpus_.empty()) set_affinity({cpus_[index % cpus_.size()]});
        if (on_start_) on_start_(index);
    } catch (...) {
        error = std::current_exception();
    }
    const bool well = error == nullptr;
    const std::lock_guard lock(mutex_);
    ++begun_;
    if (error_ == nullptr) error_ = std::move(error);
    changed_.notify_one();
    return well;
}

void thread_setup::end(unsigned index) noexcept {
    try {
        if (on_stop_) on_stop_(index);
    } catch (...) {
        report_unseen(std::current_exception());
    }
}

void thread_setup::wait_until_begun(unsigned threads) {
    if (begins_at_once()) return;
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return begun_ == threads; });
    if (error_ != nullptr) std::rethrow_exception(std::exchange(error_, nullptr));
}

}}}  // namespace bobbin::v0::detail
