// Brackets around coroutine templates of ours whose frames may hold a user's lambda. g++ 12 takes a
// lambda that is written in a coroutine for one of an anonymous namespace, and would warn our users
// of every such frame; of those that hold any type of theirs from an anonymous namespace, too, if
// they have precompiled our headers.
//
// What a precompiled header says of warnings is forgotten, but not that it is a system's header, of
// which there are none. That is for users: we want the others.
#pragma once

#if defined(__clang__) || !defined(__GNUC__)
#define BOBBIN_BEGIN_COROUTINES_OF_LAMBDAS
#define BOBBIN_END_COROUTINES_OF_LAMBDAS
#elif defined(BOBBIN_DEV)
#define BOBBIN_BEGIN_COROUTINES_OF_LAMBDAS \
    _Pragma("GCC diagnostic push") _Pragma("GCC diagnostic ignored \"-Wsubobject-linkage\"")
#define BOBBIN_END_COROUTINES_OF_LAMBDAS _Pragma("GCC diagnostic pop")
#else
#define BOBBIN_BEGIN_COROUTINES_OF_LAMBDAS _Pragma("GCC system_header")
#define BOBBIN_END_COROUTINES_OF_LAMBDAS
#endif
