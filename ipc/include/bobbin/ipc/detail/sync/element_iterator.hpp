#pragma once

#include <compare>
#include <cstddef>
#include <iterator>

namespace bobbin { inline namespace v0 { namespace ipc::detail {

// Through elements whose references are objects of their own, as std::atomic_refs are.
template <class T, class Reference>
class element_iterator {
public:
    using value_type = T;
    using reference = Reference;
    using difference_type = std::ptrdiff_t;
    using iterator_concept = std::random_access_iterator_tag;
    using iterator_category = std::input_iterator_tag;

    element_iterator() noexcept = default;
    explicit element_iterator(T* at) noexcept : at_(at) {}

    reference operator*() const noexcept { return Reference(*at_); }
    reference operator[](difference_type n) const noexcept { return Reference(at_[n]); }

    element_iterator& operator++() noexcept { return *this += 1; }
    element_iterator& operator--() noexcept { return *this -= 1; }
    element_iterator operator++(int) noexcept { return element_iterator(at_++); }
    element_iterator operator--(int) noexcept { return element_iterator(at_--); }
    element_iterator& operator+=(difference_type n) noexcept {
        at_ += n;
        return *this;
    }
    element_iterator& operator-=(difference_type n) noexcept { return *this += -n; }

    friend element_iterator operator+(element_iterator i, difference_type n) noexcept {
        return i += n;
    }
    friend element_iterator operator+(difference_type n, element_iterator i) noexcept {
        return i += n;
    }
    friend element_iterator operator-(element_iterator i, difference_type n) noexcept {
        return i -= n;
    }
    friend difference_type operator-(element_iterator a, element_iterator b) noexcept {
        return a.at_ - b.at_;
    }
    friend auto operator<=>(const element_iterator&, const element_iterator&) noexcept = default;

private:
    T* at_ = nullptr;
};

}}}  // namespace bobbin::v0::ipc::detail
