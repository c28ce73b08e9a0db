// Asio finds the services of a context by their typeid, in a user's code as in ours, and callables
// are named by it: half a program without it would go wrong.
#pragma once

#if !defined(__GXX_RTTI)
// No #error, after which others would follow.
#include <bobbin needs RTTI. Compile without -fno-rtti>
#endif
