// Goal: a segment is private to its user, can't be damaged through its descriptor, and is either
// there whole or an exception. Method: what needs limits, another user or a mount of its own runs
// in a forked child, which may set them for itself.
#include <bobbin/ipc/errors.hpp>
#include <bobbin/ipc/process.hpp>
#include <bobbin/ipc/segment.hpp>
#include <bobbin/ipc/shared_queue.hpp>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <set>
#include <stdexcept>
#include <string>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <vector>

namespace ipc = bobbin::ipc;
using ipc::segment;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t mebibyte = std::size_t{1} << 20U;

std::set<std::string> names_in(const std::string& folder) {
    std::set<std::string> names;
    for (const auto& each : std::filesystem::directory_iterator(folder))
        names.insert(each.path().filename());
    return names;
}

// The text of the system_error that creating a segment gives, checked for its code; else empty.
template <class Create>
std::string refusal(int code, Create create) {
    try {
        create();
    } catch (const std::system_error& error) {
        if (error.code().value() == code) return error.what();
        std::fprintf(stderr, "code %d: %s\n", error.code().value(), error.what());
    }
    return {};
}

bool has(const std::string& text, const std::string& words) {
    return text.find(words) != std::string::npos;
}

std::size_t shared_kibibytes() {
    std::ifstream file("/proc/meminfo");
    std::string word;
    std::size_t amount = 0;
    while (file >> word)
        if (word == "Shmem:") file >> amount;
    return amount;
}

std::string own_name() {
    return "bobbin-test-" + std::to_string(::getpid());
}

}  // namespace

TEST_CASE("a segment is zeroed, writable, and as large as was asked for at least") {
    const segment memory = segment::create(10'000);
    CHECK(memory.size() >= 10'000);
    CHECK(std::all_of(memory.data(), memory.data() + memory.size(),
                      [](std::byte each) { return each == std::byte{0}; }));
    memory.data()[9'999] = std::byte{1};
}

TEST_CASE("a child sees what its parent writes, and the other way round") {
    const segment memory = segment::create(1);
    memory.data()[0] = std::byte{7};
    auto child = ipc::process::forked([&] {
        if (memory.data()[0] != std::byte{7}) return 1;
        memory.data()[0] = std::byte{8};
        return 0;
    });
    CHECK(child.join().ok());
    CHECK(memory.data()[0] == std::byte{8});
}

TEST_CASE("a sealed segment can be neither truncated nor grown") {
    const segment memory = segment::create(mebibyte);
    CHECK(::ftruncate(memory.descriptor(), 0) == -1);
    CHECK(errno == EPERM);
    CHECK(::ftruncate(memory.descriptor(), 2 * mebibyte) == -1);
    CHECK(errno == EPERM);
}

TEST_CASE("nothing is left of a segment: no name, no descriptor") {
    const auto names = names_in("/dev/shm");
    const auto descriptors = names_in("/proc/self/fd").size();
    {
        const segment memory = segment::create(mebibyte);
        const segment same = memory;
        CHECK(names_in("/dev/shm") == names);
        CHECK(names_in("/proc/self/fd").size() == descriptors + 1);
        CHECK((::fcntl(memory.descriptor(), F_GETFD) & FD_CLOEXEC) != 0);
    }
    CHECK(names_in("/proc/self/fd").size() == descriptors);
}

TEST_CASE("nothing is left when all who used a segment were killed") {
    constexpr std::size_t size = 64 * mebibyte;
    const std::size_t before = shared_kibibytes();
    ipc::shared_queue<int> made;
    auto owner = ipc::process::forked([&] {
        const segment memory = segment::create(size);
        auto other = ipc::process::forked([&] { ::pause(); });
        made.put(1);
        ::pause();
    });
    made.get();
    CHECK(shared_kibibytes() >= before + size / 2048);
    owner.kill();
    owner.join();
    const auto deadline = std::chrono::steady_clock::now() + 10s;
    while (shared_kibibytes() > before + size / 2048 && std::chrono::steady_clock::now() < deadline)
        std::this_thread::yield();
    CHECK(shared_kibibytes() < before + size / 2048);
}

TEST_CASE("a named segment is this user's only, and stays until it is removed") {
    const std::string name = own_name();
    {
        const segment memory = segment::create_named(name, 100);
        memory.data()[0] = std::byte{3};
        struct stat status {};
        REQUIRE(::stat(("/dev/shm/" + name).c_str(), &status) == 0);
        CHECK((status.st_mode & 0777) == 0600);
        CHECK(has(refusal(EEXIST, [&] { segment::create_named(name, 100); }), name));
    }
    CHECK(segment::open_named(name).data()[0] == std::byte{3});
    CHECK(segment::remove_named(name));
    CHECK_FALSE(segment::remove_named(name));
    CHECK(has(refusal(ENOENT, [&] { segment::open_named(name); }), name));
}

TEST_CASE("what is no name is refused by all who take one, and means no other object") {
    const std::string name = own_name();
    const segment memory = segment::create_named(name, 100);
    for (const std::string& wrong :
         {std::string(), std::string("a/b"), "/" + name, std::string("."), std::string(".."),
          std::string(251, 'a'), std::string(1, '\0'), name + std::string("\0other", 6),
          name + std::string(1, '\0')}) {
        CHECK_THROWS_AS(segment::create_named(wrong, 1), std::invalid_argument);
        CHECK_THROWS_AS(segment::open_named(wrong), std::invalid_argument);
        CHECK_THROWS_AS(segment::remove_named(wrong), std::invalid_argument);
        CHECK_THROWS_AS(ipc::shared_queue<int>(ipc::create_named{wrong}), std::invalid_argument);
        CHECK_THROWS_AS(ipc::shared_queue<int>(ipc::open_named{wrong}), std::invalid_argument);
    }
    CHECK(segment::remove_named(name));
    const std::string longest(250, 'a');
    segment::create_named(longest, 1);
    CHECK(segment::remove_named(longest));
}

TEST_CASE("objects in named segments are opened as what they are") {
    const std::string name = own_name();
    ipc::shared_queue<int> queue(ipc::create_named{name});
    queue.put(5);
    CHECK(ipc::shared_queue<int>(ipc::open_named{name}).get() == 5);
    CHECK_THROWS_AS(ipc::shared_queue<double>(ipc::open_named{name}), ipc::wrong_segment);
    CHECK(segment::remove_named(name));
    CHECK_THROWS_AS(ipc::shared_queue<int>(segment::create(4096)), ipc::wrong_segment);
}

TEST_CASE("another user is refused, by name and by descriptor") {
    if (::geteuid() != 0) {
        MESSAGE("not root: there is nobody to become");
        return;
    }
    const std::string name = own_name();
    const segment named = segment::create_named(name, 100);
    const segment memory = segment::create(100);
    const std::string path =
        "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(memory.descriptor());
    auto nobody = ipc::process::forked([&] {
        constexpr uid_t uid = 65534;
        if (::setgid(uid) != 0 || ::setuid(uid) != 0) return 1;
        if (::open(path.c_str(), O_RDWR) >= 0) return 2;
        return refusal(EACCES, [&] { segment::open_named(name); }).empty() ? 3 : 0;
    });
    CHECK(nobody.join().code == 0);
    segment::remove_named(name);
}

TEST_CASE("a full /dev/shm is an exception that names the size, and leaves no file") {
    auto child = ipc::process::forked([] {
        const bool root = ::geteuid() == 0;
        if (::unshare(CLONE_NEWNS | (root ? 0 : CLONE_NEWUSER)) != 0 ||
            ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
            ::mount("tmpfs", "/dev/shm", "tmpfs", 0, "size=256k") != 0)
            return errno == EPERM ? 77 : 1;
        const auto text = refusal(ENOSPC, [] { segment::create_named("large", mebibyte); });
        if (!has(text, "1048576 bytes")) return 2;
        return names_in("/dev/shm").empty() ? 0 : 3;
    });
    const auto end = child.join();
    if (end.code == 77)
        MESSAGE("no mounts of its own are allowed here");
    else
        CHECK(end == ipc::exit_status{});
}

TEST_CASE("a limit of addresses is an exception that names the size, and leaves no descriptor") {
    std::size_t pages = 0;
    std::ifstream("/proc/self/statm") >> pages;
    const rlim_t enough = pages * static_cast<std::size_t>(::getpagesize()) + 64 * mebibyte;
    if (enough > rlim_t{1} << 40U) {
        MESSAGE("a sanitizer has taken terabytes of addresses");
        return;
    }
    auto child = ipc::process::forked([&] {
        const rlimit little{.rlim_cur = enough, .rlim_max = enough};
        if (::setrlimit(RLIMIT_AS, &little) != 0) return 1;
        const auto before = names_in("/proc/self/fd").size();
        const auto text = refusal(ENOMEM, [] { segment::create(256 * mebibyte); });
        if (!has(text, "268435456 bytes")) return 2;
        return names_in("/proc/self/fd").size() == before ? 0 : 3;
    });
    CHECK(child.join() == ipc::exit_status{});
}

TEST_CASE("no descriptor to be had is an exception, and a later try succeeds") {
    auto child = ipc::process::forked([] {
        rlimit limit{};
        ::getrlimit(RLIMIT_NOFILE, &limit);
        const rlimit before = limit;
        limit.rlim_cur = static_cast<rlim_t>(::dup(0));  // as many as there are
        if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) return 1;
        const auto text = refusal(EMFILE, [] { segment::create(4096); });
        if (!has(text, "4096 bytes")) return 2;
        if (::setrlimit(RLIMIT_NOFILE, &before) != 0) return 3;
        segment::create(4096);
        return 0;
    });
    CHECK(child.join() == ipc::exit_status{});
}

TEST_CASE("a control group's limit is an exception before the kernel kills") {
    const std::string folder = "/sys/fs/cgroup/memory/bobbin-test-" + std::to_string(::getpid());
    std::error_code none;
    std::filesystem::create_directory(folder, none);
    if (none || !(std::ofstream(folder + "/memory.limit_in_bytes") << 64 * mebibyte).flush()) {
        MESSAGE("no control groups of its own are allowed here");
        return;
    }
    {
        auto child = ipc::process::forked([&] {
            if (!(std::ofstream(folder + "/cgroup.procs") << ::getpid()).flush()) return 77;
            const auto text = refusal(ENOMEM, [] { segment::create(256 * mebibyte); });
            return has(text, "268435456 bytes") && has(text, "control group") ? 0 : 1;
        });
        const auto end = child.join();
        if (end.code == 77)
            MESSAGE("no process may move to a control group here");
        else
            CHECK(end == ipc::exit_status{});
    }
    std::filesystem::remove(folder, none);
}

TEST_CASE("where memfd_create is refused there is memory all the same, and no name") {
    auto child = ipc::process::forked([] {
        // A filter as containers have them: EPERM for this one call.
        sock_filter program[] = {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
                                 BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_memfd_create, 0, 1),
                                 BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
                                 BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
        const sock_fprog filter{.len = 4, .filter = program};
        if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
            ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0)
            return 77;
        const auto names = names_in("/dev/shm");
        ipc::shared_queue<int> queue;
        queue.put(1);
        // The queue's segment can't be sealed here, and is adopted all the same.
        ipc::shared_queue<int> same(segment::adopt(::dup(queue.memory().descriptor())));
        return same.get() == 1 && names_in("/dev/shm") == names ? 0 : 1;
    });
    const auto end = child.join();
    if (end.code == 77)
        MESSAGE("no filters are allowed here");
    else
        CHECK(end == ipc::exit_status{});
}

TEST_CASE("a size that no memory has is an exception") {
    CHECK_FALSE(refusal(EFBIG, [] { segment::create(std::size_t{1} << 63U); }).empty());
}

TEST_CASE("a descriptor that is no segment is refused") {
    CHECK(has(refusal(EINVAL, [] { segment::adopt(::open("/dev/null", O_RDWR)); }), "no segment"));
}

TEST_CASE("memory that others can shrink is refused, unless they are trusted") {
    const auto unsealed = [] {
        const int file = ::memfd_create("unsealed", MFD_CLOEXEC | MFD_ALLOW_SEALING);
        REQUIRE(::ftruncate(file, 4096) == 0);
        return file;
    };
    CHECK_THROWS_AS(segment::adopt(unsealed()), ipc::wrong_segment);
    CHECK(segment::adopt_unsealed(unsealed()).size() == 4096);
    const std::string name = own_name();
    const segment named = segment::create_named(name, 100);
    CHECK(segment::remove_named(name));
    CHECK_THROWS_AS(segment::adopt(::dup(named.descriptor())), ipc::wrong_segment);
    // What is sealed against shrinking may do without other seals.
    const int file = unsealed();
    REQUIRE(::fcntl(file, F_ADD_SEALS, F_SEAL_SHRINK) == 0);
    CHECK(segment::adopt(file).size() == 4096);
    CHECK(segment::adopt(::dup(segment::create(100).descriptor())).size() >= 100);
}
