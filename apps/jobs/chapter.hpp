// A chapter of what jobs shows: text, what happened, and whether that is what must happen.
#pragma once

#include "terminal.hpp"

#include <bobbin/ipc/event.hpp>
#include <bobbin/ipc/process_pool.hpp>
#include <bobbin/runtime/job.hpp>
#include <bobbin/runtime/sequential_pool.hpp>
#include <bobbin/runtime/thread_pool.hpp>

#include <concepts>
#include <fmt/format.h>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

namespace jobs {

class chapter {
public:
    chapter(std::string_view title, std::string_view text) {
        const apps::terminal terminal;
        text_ =
            fmt::format("\n{}\n{}\n", terminal.bold(title),
                        apps::wrapped(text, {.first = 2, .others = 2}, terminal.prose_columns()));
    }

    template <class... Args>
    void say(fmt::format_string<Args...> format, Args&&... args) {
        text_ += "    " + fmt::format(format, std::forward<Args>(args)...) + "\n";
    }
    // Says so if the library did not keep the promise.
    void check(bool kept, std::string_view promise) {
        if (!kept) {
            kept_ = false;
            say("WRONG: it is not so that {}", promise);
        }
    }

    [[nodiscard]] const std::string& text() const { return text_; }
    [[nodiscard]] bool kept() const { return kept_; }

private:
    std::string text_;
    bool kept_ = true;
};

// Where jobs run beside the program, so that it can look at them meanwhile.
template <class P>
inline constexpr bool concurrent = !std::same_as<P, bobbin::sequential_pool>;

constexpr std::string_view name_of(bobbin::job_status status) {
    switch (status) {
        case bobbin::job_status::pending:
            return "pending";
        case bobbin::job_status::running:
            return "running";
        case bobbin::job_status::done:
            return "done";
        case bobbin::job_status::failed:
            return "failed";
        case bobbin::job_status::cancelled:
            return "cancelled";
    }
    return "?";
}

inline std::string_view yes_or_no(bool answer) {
    return answer ? "yes" : "no";
}

// Until a worker executes it.
template <class R>
void wait_until_running(const bobbin::job<R>& job) {
    while (job.pending()) {
        std::this_thread::yield();
    }
}

// What jobs wait for until they have been looked at. Open from the beginning where that can't be
// done, as each has ended when submit() returns.
template <class P>
bobbin::ipc::event gate_for(const P& /*pool*/) {
    bobbin::ipc::event gate;
    if (!concurrent<P>) {
        gate.set();
    }
    return gate;
}

// Each is there for all three pools.
template <class P>
chapter status(P& pool);
template <class P>
chapter cancelling(P& pool);
template <class P>
chapter callbacks(P& pool);
template <class P>
chapter completion(P& pool);
template <class P>
chapter limits(P& pool);

}  // namespace jobs
