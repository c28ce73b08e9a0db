// The functions by which a type says itself what is encoded of it, in the manner of cereal:
// `serialize`, or `save` and `load`, as members or next to the type.
#pragma once

#include <bobbin/ipc/access.hpp>

namespace bobbin { inline namespace v0 { namespace ipc {

class encoder;
class decoder;

namespace detail {

template <class T, class Archive>
concept member_serialize = requires(Archive& archive, T& value) {
    access::serialize(archive, value);
};

template <class T, class Archive>
concept free_serialize = requires(Archive& archive, T& value) {
    serialize(archive, value);
};

template <class T>
concept member_split = requires(encoder& to, decoder& from, T& value) {
    access::save(to, value);
    access::load(from, value);
};

template <class T>
concept free_split = requires(encoder& to, decoder& from, const T& saved, T& loaded) {
    save(to, saved);
    load(from, loaded);
};

template <class T>
concept serialized_whole = (member_serialize<T, encoder> && member_serialize<T, decoder>) ||
                           (free_serialize<T, encoder> && free_serialize<T, decoder>);

template <class T>
concept serialized_by_user = serialized_whole<T> || member_split<T> || free_split<T>;

template <class T>
void save_by_user(encoder& to, const T& value) {
    // A serialize that serves both directions cannot take a const value, and the user knows that an
    // archive that saves gets one.
    auto& open = const_cast<T&>(value);
    if constexpr (member_serialize<T, encoder>) {
        access::serialize(to, open);
    } else if constexpr (free_serialize<T, encoder>) {
        serialize(to, open);
    } else if constexpr (member_split<T>) {
        access::save(to, value);
    } else {
        save(to, value);
    }
}

template <class T>
void load_by_user(decoder& from, T& value) {
    if constexpr (member_serialize<T, decoder>) {
        access::serialize(from, value);
    } else if constexpr (free_serialize<T, decoder>) {
        serialize(from, value);
    } else if constexpr (member_split<T>) {
        access::load(from, value);
    } else {
        load(from, value);
    }
}

}  // namespace detail
}}}  // namespace bobbin::v0::ipc
