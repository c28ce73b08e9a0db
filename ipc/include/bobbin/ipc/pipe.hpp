// A connection between two processes, in both directions.
#pragma once

#include <bobbin/ipc/encoding.hpp>
#include <bobbin/ipc/shared_queue.hpp>
#include <bobbin/runtime/time_span.hpp>

#include <cstddef>
#include <optional>
#include <utility>

namespace bobbin { inline namespace v0 { namespace ipc {

// One of two ends. What is put into it, the other end gets, in order. It is a pair of
// shared_queues, one for each direction, and promises what they do: about deaths, threads, limits
// and errors.
template <class T>
class pipe_end {
public:
    pipe_end(shared_queue<T> to_other, shared_queue<T> from_other)
        : out_(std::move(to_other)), in_(std::move(from_other)) {}

    void put(const T& item) { out_.put(item); }
    [[nodiscard]] bool try_put(const T& item) { return out_.try_put(item); }
    [[nodiscard]] bool put_for(const T& item, time_span wait) { return out_.put_for(item, wait); }
    T get() { return in_.get(); }
    [[nodiscard]] std::optional<T> try_get() { return in_.try_get(); }
    [[nodiscard]] std::optional<T> get_for(time_span wait) { return in_.get_for(wait); }
    task<void> push(T item) { return out_.push(std::move(item)); }
    task<T> pop() { return in_.pop(); }

    // Both directions: the other end still gets what was put, then queue_closed.
    void close() {
        out_.close();
        in_.close();
    }
    // The process that has the other end: once it has ended and all it put was got, get throws
    // producer_died.
    void expect(pid_t other) { in_.expect(other); }

    [[nodiscard]] const shared_queue<T>& out() const noexcept { return out_; }
    [[nodiscard]] const shared_queue<T>& in() const noexcept { return in_; }

private:
    shared_queue<T> out_;
    shared_queue<T> in_;
};

// Two ends that belong together:
//
//     ipc::pipe<int> ends;
//     auto child = ipc::process::forked([&] { ends.second.put(1); });
//     ends.first.get();
template <class T>
struct pipe {
    // Bytes of each direction.
    explicit pipe(std::size_t capacity = shared_queue<T>::default_capacity)
        : pipe(shared_queue<T>(capacity), shared_queue<T>(capacity)) {}

    pipe_end<T> first;
    pipe_end<T> second;

private:
    pipe(const shared_queue<T>& forth, const shared_queue<T>& back)
        : first(forth, back), second(back, forth) {}
};

namespace detail {

template <class T>
struct codec<pipe_end<T>> {
    using parts = types<shared_queue<T>>;
    static constexpr std::size_t least() { return 2 * least_bytes<shared_queue<T>>(); }

    static void put(encoder& to, const pipe_end<T>& end) { to(end.out(), end.in()); }
    // Braces are decoded from left to right.
    static pipe_end<T> get(decoder& from) {
        return pipe_end<T>{from.get<shared_queue<T>>(), from.get<shared_queue<T>>()};
    }
};

}  // namespace detail
}}}  // namespace bobbin::v0::ipc
