// See futex.hpp.
#include "os/futex.hpp"

#include "os/system_time.hpp"

#include <climits>
#include <ctime>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace bobbin { inline namespace v0 { namespace ipc::detail {
namespace {

static_assert(sizeof(std::atomic<std::uint32_t>) == sizeof(std::uint32_t) &&
                  std::atomic<std::uint32_t>::is_always_lock_free,
              "the kernel looks at the word itself");

// `op` on the word, then a wake. The condition (an old value of 0) never holds for a word that has
// a sleeper's flag set; it would only ask for a second wake.
void operate_and_wake(std::atomic<std::uint32_t>& word, unsigned op, int operand) {
    const unsigned encoded = op << 28U | static_cast<unsigned>(FUTEX_OP_CMP_EQ) << 24U |
                             (static_cast<unsigned>(operand) & 0xfffU) << 12U;
    // What this thread wrote before, it hands on with the word: the kernel's step is a barrier, but
    // only the kernel knows.
    word.fetch_add(0, std::memory_order_acq_rel);
    // It can't fail: the word is mapped, and the kernel tries again by itself.
    ::syscall(SYS_futex, &word, FUTEX_WAKE_OP, INT_MAX, nullptr, &word, encoded);
}

}  // namespace

void futex_wait(const std::atomic<std::uint32_t>& word, std::uint32_t value, deadline until) {
    const std::timespec at = timespec_of(until);  // by the clock that this call counts by
    // Whatever it says: who waits looks again.
    ::syscall(SYS_futex, &word, FUTEX_WAIT_BITSET, value, until.is_never() ? nullptr : &at, nullptr,
              FUTEX_BITSET_MATCH_ANY);
}

void futex_add_and_wake(std::atomic<std::uint32_t>& word, int add) {
    operate_and_wake(word, FUTEX_OP_ADD, add);
}

void futex_or_and_wake(std::atomic<std::uint32_t>& word, int bits) {
    operate_and_wake(word, FUTEX_OP_OR, bits);
}

void futex_wake(const std::atomic<std::uint32_t>& word) {
    ::syscall(SYS_futex, &word, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
}

}}}  // namespace bobbin::v0::ipc::detail
