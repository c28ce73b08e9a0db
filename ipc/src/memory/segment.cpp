// See segment.hpp.
#include "os/anonymous_file.hpp"
#include "os/fail.hpp"
#include "os/memory_room.hpp"

#include <bobbin/ipc/errors.hpp>
#include <bobbin/ipc/segment.hpp>
#include <bobbin/runtime/detail/os/held_signals.hpp>

#include <boost/interprocess/mapped_region.hpp>
#include <boost/interprocess/shared_memory_object.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <fcntl.h>
#include <limits>
#include <random>
#include <stdexcept>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace bobbin { inline namespace v0 { namespace ipc {

namespace interprocess = boost::interprocess;
using detail::fail;
using detail::owned_descriptor;

struct segment::mapping {
    owned_descriptor file;
    interprocess::mapped_region region;
    std::uint64_t id;
};

namespace {

std::string bytes_text(std::uint64_t bytes) {
    return std::to_string(bytes) + " bytes of shared memory";
}

// Boost.Interprocess maps what can give it a handle.
class mappable {
public:
    explicit mappable(int file) noexcept : file_(file) {}
    [[nodiscard]] interprocess::mapping_handle_t get_mapping_handle() const noexcept {
        return interprocess::ipcdetail::mapping_handle_from_file_handle(file_);
    }

private:
    int file_;
};

struct stat status_of(int file) {
    struct stat status {};
    if (::fstat(file, &status) != 0) fail(errno, "fstat of a segment");
    return status;
}

// Beyond it the kernel would not only refuse, but send SIGXFSZ.
void refuse_beyond_file_limit(std::size_t bytes) {
    rlimit limit{};
    if (::getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur < bytes)
        fail(EFBIG, bytes_text(bytes) +
                        " are more than this process's limit for a file (ulimit "
                        "-f, RLIMIT_FSIZE), " +
                        std::to_string(limit.rlim_cur) + " bytes");
}

// All pages, now. A signal would undo the whole call, and with a timer's signals it would never
// end: so they come between the parts.
void reserve(int file, std::size_t bytes) {
    refuse_beyond_file_limit(bytes);
    constexpr std::size_t part = std::size_t{64} << 20U;
    for (std::size_t begin = 0; begin < bytes; begin += part) {
        const bobbin::detail::held_signals held;
        const auto size = static_cast<off_t>(std::min(part, bytes - begin));
        const int error = ::posix_fallocate(file, static_cast<off_t>(begin), size);
        if (error != 0) fail(error, bytes_text(bytes) + " could not be reserved");
    }
}

interprocess::mapped_region map(int file, std::size_t bytes) {
    try {
        return {mappable(file), interprocess::read_write, 0, bytes};
    } catch (const interprocess::interprocess_exception& error) {
        fail(error.get_native_error(), bytes_text(bytes) + " could not be mapped");
    }
}

// Where the kernel or a filter refuses memfd_create: a file that has its name for a moment only. It
// can't be sealed.
owned_descriptor create_unnamed_file() {
    std::random_device random;
    std::string name = "/bobbin-";
    for (int i = 0; i < 4; ++i) name += std::to_string(random());
    owned_descriptor file(::shm_open(
        name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR));
    if (!file) fail(errno, "shm_open, as there is no memfd_create,");
    if (::shm_unlink(name.c_str()) != 0) fail(errno, "shm_unlink of a segment");
    return file;
}

const char* checked_name(const std::string& name) {
    constexpr std::size_t longest = 250;
    const bool is_file = name != "." && name != "..";
    const bool has_no_other_end = name.find('\0') == std::string::npos;
    if (name.empty() || name.size() > longest || name.find('/') != std::string::npos || !is_file ||
        !has_no_other_end)
        throw std::invalid_argument(
            "bobbin: the name of a segment has 1 to 250 bytes, no slash and no NUL among them, and "
            "is neither '.' nor '..'; not '" +
            name.substr(0, name.find('\0')) + (has_no_other_end ? "'" : "' and a NUL"));
    return name.c_str();
}

// Whoever else has it can take its pages away, and then whoever looks there gets SIGBUS.
bool can_be_shrunk(int file) {
    const int seals = ::fcntl(file, F_GET_SEALS);
    return seals < 0 || (seals & F_SEAL_SHRINK) == 0;
}

bool memfd_is_refused() {
    const owned_descriptor tried(::memfd_create("bobbin", MFD_CLOEXEC));
    return !tried && (errno == ENOSYS || errno == EPERM);
}

// The object closes its own descriptor.
owned_descriptor descriptor_of(const interprocess::shared_memory_object& object) {
    owned_descriptor file(::fcntl(object.get_mapping_handle().handle, F_DUPFD_CLOEXEC, 0));
    if (!file) fail(errno, "duplicating a segment's descriptor");
    return file;
}

}  // namespace

namespace detail {

void refuse_what_does_not_fit(std::size_t bytes) {
    if (bytes > std::numeric_limits<off_t>::max())
        fail(EFBIG, bytes_text(bytes) + " are more than any file can have");
    if (const std::uint64_t room = memory_room(); bytes > room)
        fail(ENOMEM, bytes_text(bytes) + " are more than the " + std::to_string(room) +
                         " bytes that the machine or the control group still has");
}

owned_descriptor create_anonymous_file(std::size_t bytes) {
    owned_descriptor file(::memfd_create("bobbin", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    const bool refused = !file && (errno == ENOSYS || errno == EPERM);
    if (!file && !refused) fail(errno, bytes_text(bytes) + ": memfd_create");
    if (refused) file = create_unnamed_file();
    // Others of this user could open it in /proc; nobody else.
    if (::fchmod(file.get(), S_IRUSR | S_IWUSR) != 0) fail(errno, "fchmod of a segment");
    reserve(file.get(), bytes);
    if (!refused &&
        ::fcntl(file.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0)
        fail(errno, "sealing a segment");
    return file;
}

}  // namespace detail

segment segment::create(std::size_t bytes) {
    detail::refuse_what_does_not_fit(bytes);
    return adopt_unsealed(detail::create_anonymous_file(bytes).release());
}

segment segment::create_named(const std::string& name, std::size_t bytes) {
    detail::refuse_what_does_not_fit(bytes);
    // Boost's default would let others read it.
    const interprocess::permissions own_only(S_IRUSR | S_IWUSR);
    owned_descriptor file;
    try {
        file = descriptor_of(
            {interprocess::create_only, checked_name(name), interprocess::read_write, own_only});
    } catch (const interprocess::interprocess_exception& error) {
        fail(error.get_native_error(), "the segment '" + name + "' could not be made");
    }
    try {
        reserve(file.get(), bytes);
        return adopt_unsealed(file.release());
    } catch (...) {
        remove_named(name);
        throw;
    }
}

segment segment::open_named(const std::string& name) {
    owned_descriptor file;
    try {
        file =
            descriptor_of({interprocess::open_only, checked_name(name), interprocess::read_write});
    } catch (const interprocess::interprocess_exception& error) {
        fail(error.get_native_error(), "the segment '" + name + "' could not be opened");
    }
    const struct stat status = status_of(file.get());
    if (status.st_uid != ::geteuid() || (status.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        fail(EACCES, "the segment '" + name + "' belongs to another user, or others may use it");
    return adopt_unsealed(file.release());
}

segment segment::adopt(int file) {
    owned_descriptor own(file);
    // Where there are no memfds, all have to trust each other.
    if (S_ISREG(status_of(file).st_mode) && can_be_shrunk(file) && !memfd_is_refused())
        throw wrong_segment(
            "bobbin: memory that came as a descriptor can be shrunk by others, and this process "
            "would die of it: it has no seals. Named segments have none: open them by their name, "
            "or trust whoever sent it and use segment::adopt_unsealed");
    return adopt_unsealed(own.release());
}

segment segment::adopt_unsealed(int file) {
    owned_descriptor own(file);
    const struct stat status = status_of(file);
    if (!S_ISREG(status.st_mode) || status.st_size <= 0)
        fail(EINVAL, "a descriptor that is no segment");
    auto region = map(file, static_cast<std::size_t>(status.st_size));
    static std::atomic<std::uint64_t> ids{0};
    const auto id = ids.fetch_add(1, std::memory_order_relaxed) + 1;
    return segment(std::make_shared<const mapping>(std::move(own), std::move(region), id));
}

bool segment::remove_named(const std::string& name) {
    return interprocess::shared_memory_object::remove(checked_name(name));
}

std::byte* segment::data() const noexcept {
    return static_cast<std::byte*>(mapping_->region.get_address());
}
std::size_t segment::size() const noexcept {
    return mapping_->region.get_size();
}
int segment::descriptor() const noexcept {
    return mapping_->file.get();
}
std::uint64_t segment::id() const noexcept {
    return mapping_->id;
}
std::weak_ptr<const void> segment::lifetime() const noexcept {
    return mapping_;
}

}}}  // namespace bobbin::v0::ipc
