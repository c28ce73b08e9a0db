// Brackets around coroutine templates of ours whose frames may hold a user's lambda. g++ 12 takes a
// lambda that is written in a coroutine for one of an anonymous namespace, and would warn our users
// of every such frame.
#pragma once

#if defined(__GNUC__) && !defined(__clang__)
#define BOBBIN_BEGIN_COROUTINES_OF_LAMBDAS \
    _Pragma("GCC diagnostic push") _Pragma("GCC diagnostic ignored \"-Wsubobject-linkage\"")
#define BOBBIN_END_COROUTINES_OF_LAMBDAS _Pragma("GCC diagnostic pop")
#else
#define BOBBIN_BEGIN_COROUTINES_OF_LAMBDAS
#define BOBBIN_END_COROUTINES_OF_LAMBDAS
#endif
