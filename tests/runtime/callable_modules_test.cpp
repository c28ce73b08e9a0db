// Callables in modules that are loaded later.
#include "callable/callables.hpp"
#include "child_process.hpp"

#include <csignal>
#include <dlfcn.h>
#include <doctest/doctest.h>
#include <string>

namespace {

using bobbin::detail::check_callables;
using bobbin::detail::find_callable;

struct plugin {
    explicit plugin(const char* path) : module(dlopen(path, RTLD_NOW | RTLD_LOCAL)) {
        REQUIRE_MESSAGE(module != nullptr, dlerror());
    }
    std::uint64_t key() const {
        return reinterpret_cast<std::uint64_t (*)()>(dlsym(module, "key_in_plugin"))();
    }
    void* module;
};

}  // namespace

TEST_CASE("a callable of a loaded module is known until the module is unloaded") {
    const plugin loaded(PLUGIN);
    const auto key = loaded.key();
    const auto* entry = find_callable(key);
    REQUIRE(entry != nullptr);
    for (const auto& each : test::own_callables_of_one()) CHECK(each.key != key);

    dlclose(loaded.module);
    // Some compilers make modules that stay.
    const bool stays = dlopen(PLUGIN, RTLD_NOW | RTLD_NOLOAD) != nullptr;
    CHECK((find_callable(key) != nullptr) == stays);
    CHECK(plugin(PLUGIN).key() == key);
    CHECK(find_callable(key) != nullptr);
}

TEST_CASE("a module that is loaded from two places clashes with itself") {
    const auto end = test::in_child([] {
        const plugin loaded(PLUGIN);
        check_callables();
        const plugin again(COPY_OF_PLUGIN);
        check_callables();
        return 0;
    });
    CHECK(end.signal == SIGABRT);
    INFO(end.err);
    CHECK(end.err.find(PLUGIN "+0x") != std::string::npos);
    CHECK(end.err.find(COPY_OF_PLUGIN "+0x") != std::string::npos);
}
