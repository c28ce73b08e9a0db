// Random trees of all that tasks can be made of, each with a value that is known beforehand:
// whoever wins a race in it, fails, or runs out of time.
#pragma once

#include <bobbin/runtime/errors.hpp>
#include <bobbin/runtime/parallel_for.hpp>
#include <bobbin/runtime/scope.hpp>
#include <bobbin/runtime/sleep_for.hpp>
#include <bobbin/runtime/task.hpp>
#include <bobbin/runtime/when_all.hpp>
#include <bobbin/runtime/when_any.hpp>
#include <bobbin/runtime/with_timeout.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <runtime/counted.hpp>
#include <runtime/gate.hpp>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

namespace test {

using number = std::uint64_t;

// splitmix64's.
inline number mixed(number key) {
    key += 0x9e3779b97f4a7c15;
    key = (key ^ (key >> 30)) * 0xbf58476d1ce4e5b9;
    key = (key ^ (key >> 27)) * 0x94d049bb133111eb;
    return key ^ (key >> 31);
}

// --- what a tree is ---

enum class kind { chain, pair, range, loop, race, nursery, sleep, failure, timeout, late, leaf };

struct node {
    number key;
    int depth;

    // The n-th random choice of this node.
    number choice(number n, number below) const { return mixed(key ^ (n << 56)) % below; }
    kind what() const {
        return depth == 0 ? kind::leaf : static_cast<kind>(choice(1, 10));  // all but leaf
    }
    number own_value() const { return mixed(key + 1); }
    number width() const {
        switch (what()) {
            case kind::leaf:
                return 0;
            case kind::sleep:
            case kind::timeout:
            case kind::late:
                return 1;
            case kind::pair:
                return 2;
            default:
                return 2 + choice(2, 3);
        }
    }
    node child(number i) const { return {mixed(key * 31 + i), depth - 1}; }
    std::chrono::microseconds pause() const { return std::chrono::microseconds(choice(3, 2001)); }
};

inline node root_of(number seed) {
    return {mixed(seed), 5};
}

inline number expected(node at) {
    number value = at.own_value();
    switch (at.what()) {
        case kind::race:
        case kind::failure:
        case kind::late:
        case kind::leaf:
            return value;
        default:
            for (number i = 0; i < at.width(); ++i) value += (i + 1) * expected(at.child(i));
            return value;
    }
}

// --- trees that run ---

class result {
public:
    explicit result(number of_tree) noexcept : value(of_tree) {}
    number value;

private:
    counted life_;
};

class failed {
public:
    explicit failed(number of_tree) noexcept : value(of_tree) {}
    number value;

private:
    counted life_;
};

// A thread that calls what it is given. Its end waits for that.
class caller {
public:
    caller() : thread_([this](const std::stop_token& token) { run(token); }) {}
    void post(std::function<void()> call) {
        const std::lock_guard lock(mutex_);
        calls_.push_back(std::move(call));
        changed_.notify_one();
    }

private:
    void run(const std::stop_token& token) {
        std::unique_lock lock(mutex_);
        while (changed_.wait(lock, token, [this] { return !calls_.empty(); })) {
            const auto call = std::move(calls_.front());
            calls_.pop_front();
            lock.unlock();
            call();
            lock.lock();
        }
    }

    std::mutex mutex_;
    std::condition_variable_any changed_;
    std::deque<std::function<void()>> calls_;
    std::jthread thread_;  // last: it uses the rest
};

// What a test runs its trees with, and what it has to say of them.
struct forest {
    std::array<caller, 2> callers;
    std::atomic<int> wrong = 0;
    std::atomic<int> completed = 0;
    std::atomic<int> cancelled = 0;

    bobbin::task<result> grow(node at);
    // A tree whose value nobody awaits.
    bobbin::task<void> grow_alone(number seed) {
        const counted in_frame;
        try {
            check(co_await grow(root_of(seed)), root_of(seed));
            ++completed;
        } catch (const bobbin::cancelled&) {
            ++cancelled;
        }
    }

private:
    void check(const result& got, node at) {
        if (got.value != expected(at)) ++wrong;
    }
    std::vector<bobbin::task<result>> children(node at) {
        std::vector<bobbin::task<result>> all;
        for (number i = 0; i < at.width(); ++i) all.push_back(grow(at.child(i)));
        return all;
    }

    bobbin::task<result> leaf(node at) {
        const counted in_frame;
        co_return result(at.own_value());
    }

    bobbin::task<result> chain(node at) {
        const counted in_frame;
        number value = at.own_value();
        for (number i = 0; i < at.width(); ++i) {
            const result each = co_await grow(at.child(i));
            value += (i + 1) * each.value;
        }
        co_return result(value);
    }

    bobbin::task<result> pair(node at) {
        const counted in_frame;
        const auto [a, b] = co_await bobbin::when_all(grow(at.child(0)), grow(at.child(1)));
        co_return result(at.own_value() + a.value + 2 * b.value);
    }

    bobbin::task<result> range(node at) {
        const counted in_frame;
        const std::vector<result> all = co_await bobbin::when_all(children(at));
        number value = at.own_value();
        for (number i = 0; i < all.size(); ++i) value += (i + 1) * all[i].value;
        co_return result(value);
    }

    bobbin::task<result> loop(node at) {
        const counted in_frame;
        std::atomic<number> value = at.own_value();
        auto body = [&](number i) -> bobbin::task<void> {
            const result each = co_await grow(at.child(i));
            value += (i + 1) * each.value;
        };
        co_await bobbin::parallel_for(number{0}, at.width(), body);
        co_return result(value);
    }

    bobbin::task<result> race(node at) {
        const counted in_frame;
        const auto first = co_await bobbin::when_any(children(at));
        check(first.value, at.child(first.index));
        co_return result(at.own_value());
    }

    bobbin::task<void> add(std::atomic<number>& to, node parent, number i) {
        const counted in_frame;
        const result each = co_await grow(parent.child(i));
        to += (i + 1) * each.value;
    }
    // Each child spawns the next.
    bobbin::task<void> add_all_from(bobbin::nursery& siblings, std::atomic<number>& to, node parent,
                                    number i) {
        const counted in_frame;
        if (i + 1 < parent.width()) siblings.spawn(add_all_from(siblings, to, parent, i + 1));
        co_await add(to, parent, i);
    }
    // The first is spawned by a foreign thread.
    bobbin::task<result> spawn(node at) {
        const counted in_frame;
        std::atomic<number> value = at.own_value();
        auto body = [&](bobbin::nursery& siblings) -> bobbin::task<void> {
            test::gate spawned;
            callers[at.choice(4, callers.size())].post([&] {
                siblings.spawn(add(value, at, 0));
                spawned.open();
            });
            siblings.spawn(add_all_from(siblings, value, at, 1));
            co_await spawned;
        };
        co_await bobbin::scope(body);
        co_return result(value);
    }

    bobbin::task<result> sleep(node at) {
        const counted in_frame;
        co_await bobbin::sleep_for(at.pause());
        const result after = co_await grow(at.child(0));
        co_return result(at.own_value() + after.value);
    }

    bobbin::task<result> fail(node at) {
        const counted in_frame;
        if (at.choice(5, 2) == 0) co_await bobbin::sleep_for(at.pause());
        throw failed(at.own_value());
    }
    bobbin::task<void> fail_unseen(node at) { co_await fail(at); }
    bobbin::task<void> fail_in_group(node at) {
        auto all = children(at);
        all[at.choice(6, all.size())] = fail(at);
        co_await bobbin::when_all(std::move(all));
    }
    bobbin::task<void> fail_in_scope(node at) {
        std::atomic<number> dropped = 0;
        auto body = [&](bobbin::nursery& siblings) -> bobbin::task<void> {
            siblings.spawn(add(dropped, at, 0));
            siblings.spawn(fail_unseen(at));
            co_await add(dropped, at, 1);
        };
        co_await bobbin::scope(body);
    }
    bobbin::task<result> failure(node at) {
        const counted in_frame;
        try {
            if (at.choice(7, 2) == 0)
                co_await fail_in_group(at);
            else
                co_await fail_in_scope(at);
            ++wrong;
        } catch (const failed& error) {
            if (error.value != at.own_value()) ++wrong;
        }
        co_return result(at.own_value());
    }

    bobbin::task<result> timeout(node at) {
        const counted in_frame;
        const result inner =
            co_await bobbin::with_timeout(std::chrono::hours(1), grow(at.child(0)));
        co_return result(at.own_value() + inner.value);
    }

    bobbin::task<result> late(node at) {
        const counted in_frame;
        try {
            check(co_await bobbin::with_timeout(at.pause(), grow(at.child(0))), at.child(0));
        } catch (const bobbin::timed_out&) {
        }
        co_return result(at.own_value());
    }
};

inline bobbin::task<result> forest::grow(node at) {
    switch (at.what()) {
        case kind::chain:
            return chain(at);
        case kind::pair:
            return pair(at);
        case kind::range:
            return range(at);
        case kind::loop:
            return loop(at);
        case kind::race:
            return race(at);
        case kind::nursery:
            return spawn(at);
        case kind::sleep:
            return sleep(at);
        case kind::failure:
            return failure(at);
        case kind::timeout:
            return timeout(at);
        case kind::late:
            return late(at);
        case kind::leaf:
            return leaf(at);
    }
    return {};
}

}  // namespace test
