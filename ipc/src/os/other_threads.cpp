// See other_threads.hpp.
#include "os/other_threads.hpp"

#include "os/owned_descriptor.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <map>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace bobbin { inline namespace v0 { namespace ipc::detail {
namespace {

namespace fs = std::filesystem;

constexpr const char* threads_folder = "/proc/self/task";

struct mapping {
    std::uintptr_t begin;
    std::uintptr_t end;
    bool is_code;
    std::string file;
};

std::vector<mapping> mappings() {
    std::vector<mapping> all;
    std::ifstream lines("/proc/self/maps");
    for (std::string line; std::getline(lines, line);) {
        mapping each{};
        char x = '-';
        int path = 0;
        if (std::sscanf(line.c_str(), "%lx-%lx %*c%*c%c%*c %*s %*s %*s %n", &each.begin, &each.end,
                        &x, &path) != 3)
            continue;
        each.is_code = x == 'x';
        each.file = line.substr(std::min(line.size(), static_cast<std::size_t>(path)));
        all.push_back(std::move(each));
    }
    return all;
}

const mapping* find(const std::vector<mapping>& all, std::uintptr_t where) {
    const auto at = std::ranges::find_if(
        all, [&](const mapping& each) { return each.begin <= where && where < each.end; });
    return at != all.end() ? &*at : nullptr;
}

// Whether that is a library whose functions are below those of every thread, whoever started it.
bool starts_all_threads(const std::string& file) {
    constexpr std::array names{"libc.so", "libc-", "libpthread", "libstdc++", "ld-linux"};
    const std::string name = fs::path(file).filename();
    return !file.starts_with('/') ||
           std::ranges::any_of(names, [&](const char* each) { return name.starts_with(each); });
}

// An address in glibc's own record of the thread, which lies at the upper end of its stack, where
// the stack begins; 0 if the thread has not come so far.
std::uintptr_t descriptor_of(pid_t thread) {
    void* list = nullptr;  // of robust locks
    std::size_t size = 0;
    if (::syscall(SYS_get_robust_list, thread, &list, &size) != 0) return 0;
    return reinterpret_cast<std::uintptr_t>(list);
}

// The module whose function is the outermost on the thread's stack.
std::string module_of(pid_t thread, const std::vector<mapping>& all, int memory) {
    constexpr std::uintptr_t most = 1U << 18U;
    const mapping* const stack = find(all, descriptor_of(thread));
    if (stack == nullptr) return {};
    std::vector<std::uintptr_t> words(std::min(most, stack->end - stack->begin) /
                                      sizeof(std::uintptr_t));
    const std::size_t bytes = words.size() * sizeof(std::uintptr_t);
    if (::pread(memory, words.data(), bytes, static_cast<off_t>(stack->end - bytes)) !=
        static_cast<ssize_t>(bytes))
        return {};
    std::ranges::reverse(words);
    for (const std::uintptr_t word : words) {
        const mapping* const code = find(all, word);
        if (code != nullptr && code->is_code && !starts_all_threads(code->file)) return code->file;
    }
    return {};
}

// The same, if it has just been started.
std::string module_of(pid_t thread) {
    constexpr int tries = 100;
    const owned_descriptor memory(::open("/proc/self/mem", O_RDONLY | O_CLOEXEC));
    if (!memory || thread == ::getpid()) return {};
    for (int i = 0; i < tries; ++i) {
        if (auto found = module_of(thread, mappings(), memory.get()); !found.empty()) return found;
        ::sched_yield();
    }
    return {};
}

}  // namespace

std::size_t threads_of_this_process() {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(threads_folder), fs::directory_iterator()));
}

std::string describe_other_threads() {
    std::map<std::pair<std::string, std::string>, int> counts;
    for (const auto& thread : fs::directory_iterator(threads_folder)) {
        const pid_t number = std::atoi(thread.path().filename().c_str());
        if (number == ::gettid()) continue;
        std::string name;
        std::getline(std::ifstream(thread.path() / "comm"), name);
        ++counts[{name, module_of(number)}];
    }
    std::string text;
    for (const auto& [which, count] : counts) {
        text += (text.empty() ? "" : ", ") + std::to_string(count) +
                (!text.empty() ? ""
                 : count == 1  ? " thread"
                               : " threads") +
                " named \"" + which.first + '"';
        if (!which.second.empty()) text += " from " + which.second;
    }
    return text;
}

}}}  // namespace bobbin::v0::ipc::detail
