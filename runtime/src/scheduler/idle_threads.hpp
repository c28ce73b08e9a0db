// The threads of a pool that sleep in Asio, as those see them who make work: whether one is to be
// woken, and how. It knows neither what a worker is nor what a loop does.
#pragma once

#include "scheduler/parking.hpp"

#include <cstdint>

namespace bobbin { inline namespace v0 { namespace detail {

class idle_threads {
public:
    idle_threads(const idle_threads&) = delete;
    idle_threads& operator=(const idle_threads&) = delete;

    // After making work visible: should `wake_one` be called? Any thread; one relaxed load.
    bool wanted() const noexcept { return parking_.wanted(); }

    // Any thread. Wakes a thread to look for work, unless one looks already or all are awake. False
    // if there is no memory to send for one. A loop may ignore that, as it comes to its own work in
    // the end.
    bool wake_one() noexcept { return !parking_.try_wake() || post_loop(); }

protected:
    constexpr idle_threads(std::uint32_t threads, bool cheap_push) noexcept
        : parking_(threads, cheap_push) {}
    ~idle_threads() = default;

    parking<> parking_;

private:
    // Posts the loop that `parking_` counts, searching; or takes it off again, and that is false.
    virtual bool post_loop() noexcept = 0;
};

}}}  // namespace bobbin::v0::detail
