// See shared_object.hpp.
#include <bobbin/ipc/detail/memory/shared_object.hpp>

#include <atomic>
#include <cstring>
#include <new>

namespace bobbin { inline namespace v0 { namespace ipc::detail {
namespace {

// Changes with the layout of anything in shared memory, so that programs built with different
// versions of this library refuse each other's segments.
constexpr std::uint64_t layout_version = 1;
constexpr std::uint64_t magic = hash_of("bobbin shared memory") + layout_version;

struct header {
    std::atomic<std::uint64_t> magic{0};  // written last
    std::uint64_t kind = 0;
    std::uint64_t type = 0;
    std::uint64_t element_size = 0;
    char kind_text[32] = {};  // for errors, and hex dumps
};

header& header_of(const segment& memory) noexcept {
    return *std::launder(reinterpret_cast<header*>(memory.data()));
}

}  // namespace

segment shared_object::create(std::size_t bytes, const create_named* name) {
    const std::size_t whole = header_size + bytes;
    return name == nullptr ? segment::create(whole) : segment::create_named(name->name, whole);
}

void shared_object::label(const contents& what) noexcept {
    static_assert(sizeof(header) <= header_size);
    auto* const own = new (segment_.data()) header;
    own->kind = hash_of(what.kind);
    own->type = what.type;
    own->element_size = what.element_size;
    std::strncpy(own->kind_text, what.kind, sizeof own->kind_text - 1);
    // Release: with the acquire below, in another process.
    own->magic.store(magic, std::memory_order_release);
}

shared_object::shared_object(const contents& what, segment existing, std::size_t body_bytes)
    : segment_(std::move(existing)) {
    const std::string opened = std::string("bobbin: a segment was opened as ") + what.kind;
    if (segment_.size() <= header_size) throw wrong_segment(opened + " but is too small for one");
    const header& found = header_of(segment_);
    if (found.magic.load(std::memory_order_acquire) != magic)
        throw wrong_segment(opened + " but holds nothing of this version of bobbin, or not yet");
    if (found.kind != hash_of(what.kind)) {
        const std::string text(found.kind_text, ::strnlen(found.kind_text, sizeof found.kind_text));
        throw wrong_segment(opened + " but holds a " + text);
    }
    if (found.type != what.type || found.element_size != what.element_size)
        throw wrong_segment(opened + " of another type: its elements have " +
                            std::to_string(found.element_size) + " bytes, not " +
                            std::to_string(what.element_size) + ", or another name");
    if (body_size() < body_bytes)
        throw wrong_segment(opened + " but has " + std::to_string(segment_.size()) +
                            " bytes, which are too few");
}

}}}  // namespace bobbin::v0::ipc::detail
