// See module.hpp.
#include "os/module.hpp"

#include <bobbin/runtime/detail/os/own_program.hpp>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <link.h>
#include <string_view>

namespace bobbin { inline namespace v0 { namespace detail {

namespace {

// The build-id in a segment of notes: each a header, a name and a description, padded.
std::span<const std::byte> build_id_in(std::span<const std::byte> notes, std::size_t alignment) {
    const auto padded = [alignment](std::size_t size) {
        return (size + alignment - 1) / alignment * alignment;
    };
    using namespace std::string_view_literals;
    constexpr auto gnu = "GNU\0"sv;
    ElfW(Nhdr) note;
    while (notes.size() >= sizeof note) {
        std::memcpy(&note, notes.data(), sizeof note);
        const auto name = sizeof note;
        const auto description = padded(name + note.n_namesz);
        const auto end = description + note.n_descsz;
        if (end > notes.size()) break;
        if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == gnu.size() &&
            std::memcmp(notes.data() + name, gnu.data(), gnu.size()) == 0)
            return notes.subspan(description, note.n_descsz);
        notes = notes.subspan(std::min(padded(end), notes.size()));
    }
    return {};
}

struct search {
    std::uintptr_t address;
    module_place found;
};

int look_into(dl_phdr_info* module, std::size_t /*size*/, void* data) {
    auto& wanted = *static_cast<search*>(data);
    const std::span headers(module->dlpi_phdr, module->dlpi_phnum);
    // Unsigned: what lies before it is far behind it, too.
    const auto offset = wanted.address - module->dlpi_addr;
    const auto holds = [offset](const ElfW(Phdr) & segment) {
        return segment.p_type == PT_LOAD && offset - segment.p_vaddr < segment.p_memsz;
    };
    if (std::ranges::none_of(headers, holds)) return 0;

    wanted.found.offset = offset;
    if (module->dlpi_name != nullptr) wanted.found.module = module->dlpi_name;
    if (wanted.found.module.empty()) wanted.found.module = path_of_own_program();
    if (wanted.found.module.empty()) wanted.found.module = "the program";
    for (const auto& segment : headers) {
        if (segment.p_type != PT_NOTE || !wanted.found.build_id.empty()) continue;
        // NOLINTNEXTLINE: the loader tells where it is
        const auto* notes = reinterpret_cast<const std::byte*>(module->dlpi_addr + segment.p_vaddr);
        wanted.found.build_id = build_id_in({notes, segment.p_memsz}, segment.p_align == 8 ? 8 : 4);
    }
    return 1;
}

}  // namespace

module_place find_module(const void* address) {
    search wanted{.address = reinterpret_cast<std::uintptr_t>(address), .found = {}};
    dl_iterate_phdr(look_into, &wanted);
    return std::move(wanted.found);
}

}}}  // namespace bobbin::v0::detail
