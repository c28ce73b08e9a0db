// Who a callable is, in every process that runs this program.
//
// An address means nothing in another process, and a type's name is not enough: two source files
// with a static function of one name, a lambda in it or an anonymous functor have types of equal
// names. So each callable has one function, its thunk, and is known by the build-id of the module
// (the program or a shared library) that holds the thunk and the thunk's offset in it, hashed to 64
// bits. What runs a job looks its key up among its own callables, and never computes an address.
//
// Whatever asks for a callable's key, in code that is compiled (it need not run), registers it
// before `main`, or before dlopen() returns. The key is computed when it is first asked for.
//
// What `bind` makes has state, so it is no callable here. Who sends it to another process takes it
// apart: the key is that of the innermost function, called with the bound arguments and then those
// of the call, and the bound arguments travel in front of the others, like them.
#pragma once

#include <bobbin/runtime/detail/jobs/call.hpp>
#include <bobbin/runtime/detail/os/needs_rtti.hpp>
#include <bobbin/runtime/outcome.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <tuple>
#include <type_traits>
#include <typeinfo>
#include <utility>

namespace bobbin { inline namespace v0 { namespace detail {

// Calls the callable with the elements of a std::tuple of arguments, as rvalues, and constructs
// what comes of it as an `outcome` in the storage at `result`.
using thunk = void(void* arguments, void* result) noexcept;

struct callable_entry {
    thunk* call;
    const std::type_info* type;         // of the callable and its arguments, see `printed`
    std::atomic<std::uint64_t> key{0};  // 0: not yet known. Tests may give one.
    callable_entry* next = nullptr;     // the list's
};

// While it lives, `find_callable` knows the entry.
class callable_registration {
public:
    explicit callable_registration(callable_entry& entry) noexcept;
    ~callable_registration();  // at the program's end, or by dlclose()
    callable_registration(const callable_registration&) = delete;
    callable_registration& operator=(const callable_registration&) = delete;

private:
    callable_entry& entry_;
};

// What a callable and its arguments are printed as: F says so if it stands for another.
template <class Call>
struct printed {
    using type = Call;
};
template <class F, class... Args>
requires requires {
    typename F::printed_as;
}
struct printed<F(Args...)> {
    using type = typename F::printed_as;
};

// The callable F as it is called with such arguments.
template <class F, class... Args>
struct callable {
    static_assert(std::is_empty_v<F> && std::is_default_constructible_v<F>,
                  "bobbin: a callable is known by its type only if it has no state");
    using returned = typename detail::call<F, Args...>::returned;
    using result = std::conditional_t<std::is_void_v<returned>, void, std::decay_t<returned>>;

    // It holds the call itself, so that a linker that folds identical code folds the thunks of
    // such callables only that do the same.
    static void call(void* arguments, void* result_at) noexcept {
        auto& args = *static_cast<std::tuple<Args...>*>(arguments);
        std::construct_at(static_cast<outcome<result>*>(result_at),
                          outcome_of<result>([&args]() -> decltype(auto) {
                              return std::apply(
                                  [](Args&... each) -> decltype(auto) {
                                      F f{};
                                      return std::invoke(as_callee<Args...>(f), std::move(each)...);
                                  },
                                  args);
                          }));
    }

    // Not destroyed, so that keys can be asked for at any time.
    static inline constinit callable_entry entry{
        .call = &callable::call, .type = &typeid(typename printed<F(Args...)>::type)};
    static inline const callable_registration registration{entry};
};

// The entry's key. Throws std::runtime_error if its module has no build-id.
std::uint64_t key_of(callable_entry& entry);

template <class F, class... Args>
std::uint64_t callable_key() {
    // Its use brings the registration into the program.
    static_cast<void>(&callable<F, Args...>::registration);
    return key_of(callable<F, Args...>::entry);
}

// The callable of this process with that key, or null. It is good until its module is unloaded.
// Ends the program as `check_callables` does.
const callable_entry* find_callable(std::uint64_t key);

// Throws std::runtime_error if a callable's module has no build-id. Ends the program, with a
// message that names both, if two callables have one key. (Two at one address, where the linker has
// folded identical code, are one.)
void check_callables();

// Threads. All functions may be called from any thread, also while modules are loaded and unloaded.
// They take a lock, but for `key_of` once the key is known; a fork() waits until it is free.

}}}  // namespace bobbin::v0::detail
