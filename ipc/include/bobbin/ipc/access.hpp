// The way into a type's own functions for encoding.
#pragma once

#include <utility>

namespace bobbin { inline namespace v0 { namespace ipc {

// Who keeps its `serialize`, its `save` and `load`, or the default constructor that decoding needs,
// to itself, says `friend struct bobbin::ipc::access;`.
struct access {
    template <class Archive, class T>
    static auto serialize(Archive& archive, T& value) -> decltype(value.serialize(archive)) {
        return value.serialize(archive);
    }

    template <class Archive, class T>
    static auto save(Archive& archive, const T& value) -> decltype(value.save(archive)) {
        return value.save(archive);
    }

    template <class Archive, class T>
    static auto load(Archive& archive, T& value) -> decltype(value.load(archive)) {
        return value.load(archive);
    }

    template <class T>
    static auto construct() -> decltype(T()) {
        return T();
    }
};

}}}  // namespace bobbin::v0::ipc
