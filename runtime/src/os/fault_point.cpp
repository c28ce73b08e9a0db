// See fault_point.hpp.
#include <bobbin/runtime/detail/os/fault_point.hpp>

#ifdef BOBBIN_FAULTS

#include <atomic>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <string_view>
#include <sys/types.h>
#include <unistd.h>

namespace bobbin { inline namespace v0 { namespace detail {
namespace {

enum class action { none, kill9, stop, delay };

struct fault {
    std::string_view place;  // into the environment, or what arm_fault was given
    action what = action::none;
    unsigned long at = 1;
};

[[noreturn]] void misuse() {
    constexpr std::string_view text =
        "bobbin: FAULT is not name:kill9|stop|delay[:n=K] (see detail/fault_point.hpp)\n";
    static_cast<void>(!::write(STDERR_FILENO, text.data(), text.size()));
    std::abort();
}

std::string_view take_word(std::string_view& text) {
    const auto end = text.find(':');
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    return word;
}

fault parse(const char* text) {
    if (text == nullptr) return {};
    std::string_view rest = text;
    fault result{.place = take_word(rest)};
    const std::string_view what = take_word(rest);
    result.what = what == "kill9"   ? action::kill9
                  : what == "stop"  ? action::stop
                  : what == "delay" ? action::delay
                                    : action::none;
    if (result.what == action::none) misuse();
    if (!rest.empty()) {
        if (!rest.starts_with("n=")) misuse();
        const auto [end, error] =
            std::from_chars(rest.data() + 2, rest.data() + rest.size(), result.at);
        if (error != std::errc{} || end != rest.data() + rest.size()) misuse();
    }
    return result;
}

fault& armed() {
    static fault from_environment = parse(std::getenv("FAULT"));
    return from_environment;
}

std::atomic<unsigned long> passages{0};

void carry_out(action what) noexcept {
    switch (what) {
        case action::none:
            break;
        case action::kill9:
            ::kill(::getpid(), SIGKILL);
            break;
        case action::stop:
            ::kill(::getpid(), SIGSTOP);
            break;
        case action::delay: {
            const std::timespec pause{.tv_sec = 0, .tv_nsec = 10'000'000};
            ::nanosleep(&pause, nullptr);
        }
    }
}

}  // namespace

void fault_point(const char* name) noexcept {
    const fault& wanted = armed();
    if (wanted.what == action::none || (wanted.place != "*" && wanted.place != name)) return;
    // A count, which orders nothing.
    if (passages.fetch_add(1, std::memory_order_relaxed) + 1 == wanted.at) carry_out(wanted.what);
}

unsigned long arm_fault(const char* fault) {
    armed() = parse(fault);
    return passages.exchange(0, std::memory_order_relaxed);
}

}}}  // namespace bobbin::v0::detail

#endif
