// See static_objects.hpp.
#include "entry/static_objects.hpp"

#include <cstddef>
#include <cstdint>
#include <link.h>
#include <span>
#include <sys/mman.h>
#include <unistd.h>

namespace bobbin { inline namespace v0 { namespace ipc::detail {
namespace {

using init_function = void(int, char**, char**);

// By the linker, in programs only: those that are linked statically have no other way to find them.
extern "C" {
[[gnu::weak, gnu::visibility("hidden")]] extern init_function* __init_array_start[];  // NOLINT
[[gnu::weak, gnu::visibility("hidden")]] extern init_function* __init_array_end[];    // NOLINT
}

init_function* replaced = nullptr;
void (*called_then)() = nullptr;

void last_initializer(int count, char** arguments, char** variables) {
    replaced(count, arguments, variables);
    called_then();
}

struct program_image {
    std::span<init_function*> initializers;
    std::uintptr_t constant_begin = 0;  // what the loader made read-only when it had filled it in
    std::uintptr_t constant_end = 0;
};

std::span<init_function*> find_initializers(std::uintptr_t base, const ElfW(Dyn) * entry) noexcept {
    std::uintptr_t begin = 0;
    std::size_t size = 0;
    for (; entry->d_tag != DT_NULL; ++entry) {
        if (entry->d_tag == DT_INIT_ARRAY) begin = base + entry->d_un.d_ptr;
        if (entry->d_tag == DT_INIT_ARRAYSZ) size = entry->d_un.d_val / sizeof(init_function*);
    }
    // NOLINTNEXTLINE: the loader tells where they are
    return {reinterpret_cast<init_function**>(begin), size};
}

// Of the first module, which is the program.
int look_at_program(dl_phdr_info* module, std::size_t /*size*/, void* result) {
    auto& found = *static_cast<program_image*>(result);
    for (const auto& part : std::span(module->dlpi_phdr, module->dlpi_phnum)) {
        const std::uintptr_t begin = module->dlpi_addr + part.p_vaddr;
        if (part.p_type == PT_DYNAMIC)
            found.initializers = find_initializers(
                module->dlpi_addr, reinterpret_cast<const ElfW(Dyn)*>(begin));  // NOLINT: as above
        if (part.p_type == PT_GNU_RELRO) {
            found.constant_begin = begin;
            found.constant_end = begin + part.p_memsz;
        }
    }
    return 1;
}

}  // namespace

bool call_after_static_objects(void (*function)()) noexcept {
    program_image program;
    ::dl_iterate_phdr(look_at_program, &program);
    if (program.initializers.empty() && __init_array_end != nullptr)
        program.initializers = {__init_array_start, __init_array_end};
    if (program.initializers.empty()) return false;
    init_function*& last = program.initializers.back();
    const auto at = reinterpret_cast<std::uintptr_t>(&last);  // NOLINT: pages are numbers
    const auto page_size = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
    auto* const page = reinterpret_cast<void*>(at & ~(page_size - 1));  // NOLINT: as above
    if (::mprotect(page, page_size, PROT_READ | PROT_WRITE) != 0) return false;
    replaced = last;
    called_then = function;
    last = &last_initializer;
    if (program.constant_begin <= at && at < program.constant_end)
        ::mprotect(page, page_size, PROT_READ);
    return true;
}

}}}  // namespace bobbin::v0::ipc::detail
