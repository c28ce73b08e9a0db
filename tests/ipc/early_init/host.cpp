// A program that knows nothing of bobbin and has a function of a shared library called: of the one
// at the path it is given, or of one that it is linked with.
#include <cstdio>
#include <dlfcn.h>

int main(int count, char** arguments) {
    if (count > 2 || (count == 2 && arguments[1][0] == '-')) {
        std::fprintf(stderr, "host: I don't know %s\n", arguments[1]);
        return 2;
    }
    void* const library = count == 2 ? ::dlopen(arguments[1], RTLD_NOW | RTLD_LOCAL) : RTLD_DEFAULT;
    if (count == 2 && library == nullptr) {
        std::fprintf(stderr, "host: %s\n", ::dlerror());
        return 3;
    }
    auto* const run = reinterpret_cast<int (*)()>(::dlsym(library, "run"));
    return run != nullptr ? run() : 4;
}
