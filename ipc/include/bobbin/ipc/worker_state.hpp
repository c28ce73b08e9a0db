// What a worker has for all of its jobs: a model that is loaded once, a connection.
#pragma once

#include <concepts>
#include <functional>
#include <memory>
#include <type_traits>
#include <typeindex>
#include <typeinfo>

namespace bobbin { inline namespace v0 { namespace ipc {

namespace detail {

template <class T>
concept state =
    std::same_as<T, std::remove_cvref_t<T>> && std::is_object_v<T> && std::destructible<T>;
template <class F, class T>
concept makes = std::invocable<F&> &&
    (std::same_as<std::invoke_result_t<F&>, T> || std::convertible_to<std::invoke_result_t<F&>, T>);

// The one of that type in this process, or null.
void* find_state(std::type_index type);
// The same, made if there is none. Others wait while one is made.
void* find_or_make_state(std::type_index type, const std::function<std::shared_ptr<void>()>& make);
// Those of this process, the last first; of a child made by fork(), not its parent's.
void destroy_states() noexcept;

[[noreturn]] void refuse_without_state(const std::type_info& type);

}  // namespace detail

// The worker's T: what the pool's initializer has returned, or what the other function has made.
//
//     model load(std::string path);
//     int classify(image one) { return ipc::worker_state<model>().classify(one); }
//
//     ipc::process_pool_options options(4);
//     options.initializer = ipc::initializer(bobbin::fn<&load>(), path);
//
// There is one of each type in a process. It is destroyed when its worker leaves by itself (see
// process_pool_options), or the function of a `process` has returned: the last one made first, all
// after the finalizer. A worker that is killed destroys nothing; nor does any other process, which
// may have states too, and whose children don't inherit them.
//
// Throws std::logic_error if there is none. From any thread; what several do with it at once is
// between them and T.
template <detail::state T>
T& worker_state() {
    void* const found = detail::find_state(typeid(T));
    if (found == nullptr) detail::refuse_without_state(typeid(T));
    return *static_cast<T*>(found);
}

// The same, which is `make()` at first. Throws what that throws, and then there is none.
template <detail::state T, detail::makes<T> Make>
T& worker_state(Make make) {
    return *static_cast<T*>(detail::find_or_make_state(typeid(T), [&]() -> std::shared_ptr<void> {
        return std::shared_ptr<T>(new T(std::invoke(make)));
    }));
}

}}}  // namespace bobbin::v0::ipc
