// A program that knows nothing of bobbin.

#include <cstdio>
#include <dlfcn.h>

int main() {
    void* const plugin = dlopen(PLUGIN, RTLD_NOW);
    if (plugin == nullptr) {
        std::fprintf(stderr, "%s\n", dlerror());
        return 1;
    }
    int (*compute)() = reinterpret_cast<int (*)()>(dlsym(plugin, "compute"));
    return compute() == 42 ? 0 : 1;
}
