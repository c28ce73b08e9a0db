// A queue between processes.
#pragma once

#include <bobbin/ipc/detail/queue/awaited_turn.hpp>
#include <bobbin/ipc/detail/queue/byte_queue.hpp>
#include <bobbin/ipc/encoding.hpp>
#include <bobbin/runtime/deadline.hpp>
#include <bobbin/runtime/task.hpp>
#include <bobbin/runtime/this_task.hpp>
#include <bobbin/runtime/time_span.hpp>

#include <array>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace bobbin { inline namespace v0 { namespace ipc {

// A bounded queue of values, for any number of producers and consumers in any processes: what
// multiprocessing.Queue is to Python. Items are encoded (encoding.hpp) into a ring of bytes in
// shared memory; each takes its encoded size, rounded up to 8 bytes, and 8 more. Items come out in
// the order in which they went in.
//
// Any process may be killed at any moment: the queue stays usable, what was pushed stays, and who
// waits is woken. An item is pushed at one instant and popped at one instant; what a process had
// popped and not used when it died is lost.
//
// put and get, in all their forms, block the thread. push and pop suspend the task and block
// nothing; a thread of this process waits for them, one for 127 ends of queues, and is there only
// while there are any, and for 0.1 s after that.
//
// A producer that stands in line behind n others is passed by at most (n + 1) x 512 puts of those
// that come later; so are consumers.
//
// Handles are copied as shared_ptrs are. Children made by fork() have the queues of their parent,
// but not its tasks that wait for them; others get them as arguments (of a process, or a job of a
// process_pool), by send_handle, or by a name. Threads: all functions may be called from any
// thread, but for assignment to the handle.
//
// What may throw: too_large if an item takes more than the capacity, queue_closed, std::bad_alloc,
// std::system_error if the system fails, and what encoding throws. Then nothing was put, or nothing
// was taken; but for protocol_error and what a user's function throws while decoding: the item is
// gone, as it would only be in the way. If somebody has written over the queue's own memory, the
// calls that need what was there throw protocol_error from then on.
template <class T>
class shared_queue {
public:
    static constexpr std::size_t default_capacity = 1U << 20U;

    // At least that many bytes: it is rounded up to a power of two.
    explicit shared_queue(std::size_t capacity = default_capacity)
        : bytes_(contents(), capacity, nullptr) {}
    explicit shared_queue(const create_named& name, std::size_t capacity = default_capacity)
        : bytes_(contents(), capacity, &name) {}
    // Throw wrong_segment if that is no queue of T.
    explicit shared_queue(const open_named& name)
        : bytes_(contents(), segment::open_named(name.name)) {}
    explicit shared_queue(segment existing) : bytes_(contents(), std::move(existing)) {}

    // --- blocking ---

    void put(const T& item) { static_cast<void>(put_until(item, deadline::never)); }
    // False if there was no room, now or for that long.
    [[nodiscard]] bool try_put(const T& item) { return put_until(item, deadline::now); }
    [[nodiscard]] bool put_for(const T& item, time_span wait) {
        return put_until(item, deadline::after(wait));
    }
    [[nodiscard]] bool put_until(const T& item, deadline until);
    // As many at once as have room, then the next: cheaper than one by one. If it throws, the items
    // before the one it throws for were put.
    void put_all(std::span<const T> items);

    T get() { return *get_until(deadline::never); }
    // Nothing if the queue is empty, now or for that long. try_get may also find nothing while
    // others are getting.
    [[nodiscard]] std::optional<T> try_get() { return get_until(deadline::now); }
    [[nodiscard]] std::optional<T> get_for(time_span wait) {
        return get_until(deadline::after(wait));
    }
    [[nodiscard]] std::optional<T> get_until(deadline until);
    // Waits for one item and takes up to `most` that are there, at one instant.
    [[nodiscard]] std::vector<T> get_some(std::size_t most);

    // --- for tasks ---

    // Throw `cancelled` when the task is asked to stop; then nothing was pushed or popped.
    task<void> push(T item);
    task<T> pop();

    // --- the queue ---

    // Nothing can be put any more: put throws queue_closed, and so does get once the queue is
    // empty. From any process; closing twice is the same as once.
    void close() { bytes_.close(); }
    [[nodiscard]] bool closed() const noexcept { return bytes_.closed(); }

    // From now on get throws producer_died when the queue is empty and all processes that were
    // expected have ended: instead of waiting for ever. Whoever starts a producer should say so, at
    // once: `queue.expect(child.pid())`. Throws std::length_error for more than 128 that
    // live, std::system_error if there is no such process.
    void expect(pid_t producer) { bytes_.expect(producer); }

    [[nodiscard]] std::size_t capacity() const noexcept { return bytes_.capacity(); }
    // What the items in it take: bytes of its capacity, at some instant.
    [[nodiscard]] std::size_t bytes_used() const noexcept { return bytes_.bytes_used(); }
    [[nodiscard]] bool empty() const noexcept { return bytes_used() == 0; }

    [[nodiscard]] const segment& memory() const noexcept { return bytes_.memory(); }

private:
    static detail::contents contents() noexcept { return detail::contents::of<T>("shared_queue"); }
    static void write(detail::byte_queue::pushing& end, const pieces& item) noexcept {
        const std::array parts = {item.prefix(), item.body()};
        end.write(parts);
    }
    [[nodiscard]] bool put_until(const pieces& item, deadline until);

    detail::byte_queue bytes_;
};

template <class T>
bool shared_queue<T>::put_until(const T& item, deadline until) {
    return put_until(encode_in_place(item), until);
}

template <class T>
bool shared_queue<T>::put_until(const pieces& item, deadline until) {
    detail::byte_queue::pushing end(bytes_, item.size(), until);
    if (!end) return false;
    write(end, item);
    end.commit();
    return true;
}

template <class T>
void shared_queue<T>::put_all(std::span<const T> items) {
    for (auto item = items.begin(); item != items.end();) {
        pieces encoded = encode_in_place(*item);
        detail::byte_queue::pushing end(bytes_, encoded.size(), deadline::never);
        for (;;) {
            write(end, encoded);
            if (++item == items.end()) break;
            if constexpr (!decodes_in_place<T>) break;  // users' code runs without the lock
            encoded = encode_in_place(*item);
            if (!end.has_room_for(encoded.size())) break;
        }
        end.commit();
    }
}

template <class T>
std::optional<T> shared_queue<T>::get_until(deadline until) {
    std::vector<std::byte> copy;
    {
        detail::byte_queue::popping end(bytes_, until);
        if (!end) return std::nullopt;
        const auto [first, second] = end.message();
        if constexpr (decodes_in_place<T>) {
            try {
                std::optional<T> item(decode<T>(first, second));
                end.commit();
                return item;
            } catch (const protocol_error&) {
                end.commit();
                throw;
            }
        } else {
            copy.reserve(first.size() + second.size());
            copy.insert(copy.end(), first.begin(), first.end());
            copy.insert(copy.end(), second.begin(), second.end());
            end.commit();
        }
    }
    // Users' code runs without the lock.
    return decode<T>(copy);
}

template <class T>
std::vector<T> shared_queue<T>::get_some(std::size_t most) {
    std::vector<T> items;
    if (most == 0) return items;
    if constexpr (decodes_in_place<T>) {
        detail::byte_queue::popping end(bytes_, deadline::never);
        try {
            do {
                const auto [first, second] = end.message();
                items.push_back(decode<T>(first, second));
            } while (items.size() < most && end.next());
        } catch (const protocol_error&) {
            end.commit();
            throw;
        }
        end.commit();
    } else {
        for (std::optional<T> item = get(); item; item = try_get()) {
            items.push_back(std::move(*item));
            if (items.size() == most) break;
        }
    }
    return items;
}

template <class T>
task<void> shared_queue<T>::push(T item) {
    const std::stop_token token = co_await this_stop_token();
    const pieces encoded = encode_in_place(item);
    detail::awaited_turn turn(bytes_, detail::queue_end::producers, encoded.size());
    while (!put_until(encoded, deadline::now)) co_await turn.wait(token);
}

template <class T>
task<T> shared_queue<T>::pop() {
    const std::stop_token token = co_await this_stop_token();
    detail::awaited_turn turn(bytes_, detail::queue_end::consumers, 0);
    for (;;) {
        std::optional<T> item = try_get();
        if (item) co_return std::move(*item);
        co_await turn.wait(token);
    }
}

}}}  // namespace bobbin::v0::ipc
