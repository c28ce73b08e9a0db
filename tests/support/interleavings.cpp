// See interleavings.hpp.
#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <deque>
#include <semaphore>
#include <stdexcept>
#include <support/interleavings.hpp>
#include <thread>
#include <utility>

namespace tests {

namespace {

constexpr std::size_t most_threads = 4;

// Who makes a step: a thread its next access, or a thread's store buffer its oldest write (at the
// thread's index plus the number of threads).
using actor = unsigned;
constexpr std::size_t most_actors = 2 * most_threads;
using actor_set = unsigned;
constexpr actor_set only(actor one) {
    return 1U << one;
}
actor first_of(actor_set some) {
    return static_cast<actor>(std::countr_zero(some));
}

struct access {
    enum kind { reads, writes } what = reads;
    const void* cell = nullptr;  // or the buffer that a store goes to
    int waits_for = -1;          // a thread whose buffer must be empty
};

// Whether two accesses come to the same in either order.
bool commute(const access& a, const access& b) {
    return a.cell != b.cell || a.cell == nullptr ||
           (a.what == access::reads && b.what == access::reads);
}

// How many of each actor's steps come before something in every order that is equivalent.
using clock = std::array<std::size_t, most_actors>;
void join(clock& into, const clock& other) {
    for (std::size_t i = 0; i < into.size(); ++i) into[i] = std::max(into[i], other[i]);
}

// A point at which somebody was chosen.
struct choice {
    std::array<access, most_actors> accesses;  // each actor's next
    actor_set possible = 0;
    actor_set wanted = 0;  // to be tried here
    actor_set done = 0;    // were tried here
    actor_set asleep = 0;  // what they would lead to has been seen elsewhere
    actor chosen = 0;
    clock before{};  // the chosen step's
};

struct buffered_store {
    detail::memory_cell* cell;
    detail::memory_cell value;
    clock before;
};

struct modelled_thread {
    std::function<void()> body;
    access next;
    std::deque<buffered_store> buffer;
    bool has_ended = true;
    std::binary_semaphore turn{0};
    std::thread runner;
};

thread_local int own_index = -1;

class explorer {
public:
    explorer(std::size_t threads, orders which, long limit)
        : threads_(threads), which_(which), limit_(limit) {
        for (std::size_t i = 0; i < threads; ++i)
            threads_[i].runner = std::thread([this, i] { run_thread(static_cast<int>(i)); });
    }
    explorer(const explorer&) = delete;
    explorer& operator=(const explorer&) = delete;
    ~explorer() {
        is_over_ = true;
        for (auto& each : threads_) {
            each.turn.release();
            each.runner.join();
        }
    }

    exploration run_all(const std::function<modelled_program()>& make) {
        exploration result;
        do {
            if (result.executions == limit_) {
                result.complete = false;
                break;
            }
            ++result.executions;
            auto program = make();
            run_once(program);
            if (!program.holds() && ++result.failures == 1) result.first_failure = history();
        } while (choose_differently());
        return result;
    }

    detail::memory_cell load(const detail::memory_cell& cell) {
        stop_before({access::reads, &cell});
        const auto& buffer = self().buffer;
        for (auto i = buffer.rbegin(); i != buffer.rend(); ++i)
            if (i->cell == &cell) return i->value;
        return cell;
    }
    void store(detail::memory_cell& cell, detail::memory_cell value) {
        stop_before({access::writes, &self().buffer});
        self().buffer.push_back({&cell, value, clocks_[static_cast<std::size_t>(own_index)]});
    }
    detail::memory_cell update(detail::memory_cell& cell,
                               const std::function<detail::memory_cell(detail::memory_cell)>& to) {
        stop_before({access::writes, &cell, own_index});
        return std::exchange(cell, to(cell));
    }
    void heavy_barrier() {
        wait_for_buffer(static_cast<actor>(own_index));
        for (actor i = 0; i < size(); ++i) wait_for_buffer(i);
    }

private:
    // --- running one execution ---

    void run_once(const modelled_program& program) {
        depth_ = 0;
        is_redundant_ = false;
        last_ = 0;
        clocks_.fill({});
        for (std::size_t i = 0; i < threads_.size(); ++i) {
            threads_[i].body = program.threads[i];
            threads_[i].next = {};
            threads_[i].has_ended = false;
        }
        go_on(-1);
        all_ended_.acquire();
    }

    void run_thread(int index) {
        own_index = index;
        for (;;) {
            self().turn.acquire();
            if (is_over_) return;
            self().body();
            self().has_ended = true;
            go_on(-1);
        }
    }

    modelled_thread& self() { return threads_[static_cast<std::size_t>(own_index)]; }

    void stop_before(access next) {
        self().next = next;
        go_on(own_index);
    }

    void wait_for_buffer(actor of) {
        stop_before({access::reads, &threads_[of].buffer, static_cast<int>(of)});
    }

    // Makes steps until it is `caller`'s turn; with -1, until it is another thread's.
    void go_on(int caller) {
        for (;;) {
            const auto possible = possible_actors();
            if (possible == 0) return all_ended_.release();
            const auto one = choose(possible);
            if (one >= size()) {
                write_oldest(threads_[one - size()]);
                continue;
            }
            if (static_cast<int>(one) == caller) return;
            threads_[one].turn.release();
            if (caller >= 0) self().turn.acquire();
            return;
        }
    }

    static void write_oldest(modelled_thread& thread) {
        *thread.buffer.front().cell = thread.buffer.front().value;
        thread.buffer.pop_front();
    }

    actor_set possible_actors() const {
        actor_set result = 0;
        for (actor i = 0; i < size(); ++i) {
            const auto& each = threads_[i];
            if (!each.has_ended && may_go_on(each.next)) result |= only(i);
            if (!each.buffer.empty()) result |= only(i + size());
        }
        return result;
    }

    bool may_go_on(const access& next) const {
        return next.waits_for < 0 ||
               threads_[static_cast<std::size_t>(next.waits_for)].buffer.empty();
    }

    // --- choosing ---

    actor choose(actor_set possible) {
        if (is_redundant_) return first_of(possible);
        const bool is_new = depth_ == choices_.size();
        if (is_new) choices_.emplace_back();
        auto& here = choices_[depth_];
        // Also when it was here before: the cells are made anew for each execution.
        here.accesses = next_accesses();
        if (is_new) {
            here.possible = possible;
            if (which_ == orders::all)
                here.wanted = possible;
            else if (depth_ > 0)
                here.asleep = still_asleep(choices_[depth_ - 1]);
            const auto fresh = possible & ~here.asleep;
            if (fresh == 0) {
                is_redundant_ = true;
                choices_.pop_back();
                return first_of(possible);
            }
            // The same thread again, if it may: switching is what takes time.
            here.chosen = (fresh & only(last_)) != 0 ? last_ : first_of(fresh);
            here.wanted |= only(here.chosen);
        }
        here.before = clock_of_chosen(here);
        // Steps that were made before have been looked at.
        if (depth_ + 1 == choices_.size()) want_other_orders(here);
        clocks_[here.chosen] = here.before;
        ++depth_;
        return last_ = here.chosen;
    }

    std::array<access, most_actors> next_accesses() const {
        std::array<access, most_actors> result;
        for (actor i = 0; i < size(); ++i) {
            if (!threads_[i].has_ended) result[i] = threads_[i].next;
            if (!threads_[i].buffer.empty())
                result[i + size()] = {access::writes, threads_[i].buffer.front().cell};
        }
        return result;
    }

    // What comes before an actor's next step in its own thread.
    clock clock_of_thread(actor one, const access& next) const {
        clock result = clocks_[one];
        if (one >= size()) join(result, threads_[one - size()].buffer.front().before);
        if (next.waits_for == static_cast<int>(one)) join(result, clocks_[one + size()]);
        return result;
    }

    clock clock_of_chosen(const choice& here) const {
        const auto& own = here.accesses[here.chosen];
        clock result = clock_of_thread(here.chosen, own);
        if (own.waits_for >= 0)
            join(result, clocks_[static_cast<std::size_t>(own.waits_for) + size()]);
        for (std::size_t i = 0; i < depth_; ++i)
            if (!commute(choices_[i].accesses[choices_[i].chosen], own))
                join(result, choices_[i].before);
        result[here.chosen] = depth_ + 1;
        return result;
    }

    // Finds the earlier steps that the chosen one might as well have come before.
    void want_other_orders(const choice& here) {
        const auto& next = here.accesses[here.chosen];
        auto before = clock_of_thread(here.chosen, next);
        for (std::size_t i = depth_; i-- > 0;) {
            const auto& earlier = choices_[i];
            if (commute(earlier.accesses[earlier.chosen], next)) continue;
            if (earlier.chosen != here.chosen && before[earlier.chosen] <= i) want_before(i, here);
            join(before, earlier.before);
        }
    }

    // Sees to it that the chosen step is tried before step `i`, with all that leads to it: one of
    // the actors that can begin that.
    void want_before(std::size_t i, const choice& here) {
        actor_set beginners = 0;
        std::vector<std::size_t> leading;
        const auto is_first = [&](const clock& before) {
            return std::none_of(leading.begin(), leading.end(),
                                [&](std::size_t k) { return before[choices_[k].chosen] > k; });
        };
        for (std::size_t j = i + 1; j < depth_; ++j) {
            if (choices_[j].before[choices_[i].chosen] > i) continue;
            if (is_first(choices_[j].before)) beginners |= only(choices_[j].chosen);
            leading.push_back(j);
        }
        if (is_first(here.before)) beginners |= only(here.chosen);
        auto& there = choices_[i];
        if ((beginners & (there.wanted | there.asleep)) != 0) return;
        const auto possible = beginners & there.possible;
        there.wanted |= possible != 0 ? only(first_of(possible)) : there.possible;
    }

    actor_set still_asleep(const choice& before) const {
        actor_set result = 0;
        for (actor i = 0; i < 2 * size(); ++i)
            if (((before.asleep | before.done) & only(i)) != 0 && i != before.chosen &&
                commute(before.accesses[i], before.accesses[before.chosen]))
                result |= only(i);
        return result;
    }

    bool choose_differently() {
        for (; !choices_.empty(); choices_.pop_back()) {
            auto& last = choices_.back();
            last.done |= only(last.chosen);
            const auto left = last.wanted & last.possible & ~last.done & ~last.asleep;
            if (left != 0) {
                last.chosen = first_of(left);
                return true;
            }
        }
        return false;
    }

    std::string history() const {
        std::string result;
        for (const auto& each : choices_) {
            result += std::to_string(each.chosen % size());
            if (each.chosen >= size()) result += '\'';
        }
        return result;
    }

    actor size() const { return static_cast<actor>(threads_.size()); }

    std::vector<modelled_thread> threads_;
    const orders which_;
    const long limit_;
    std::vector<choice> choices_;
    std::array<clock, most_actors> clocks_{};  // of each actor's last step
    std::size_t depth_ = 0;                    // steps of this execution so far
    actor last_ = 0;
    bool is_redundant_ = false;  // this execution can show nothing new any more
    bool is_over_ = false;
    std::binary_semaphore all_ended_{0};
};

explorer* current = nullptr;

}  // namespace

exploration explore(const std::function<modelled_program()>& make, orders which, long limit) {
    const auto threads = make().threads.size();
    if (threads > most_threads) throw std::invalid_argument("explore: too many threads");
    explorer all(threads, which, limit);
    current = &all;
    return all.run_all(make);
}

void modelled_heavy_barrier() {
    if (own_index >= 0) current->heavy_barrier();
}

detail::memory_cell detail::modelled_load(const memory_cell& cell) {
    return own_index >= 0 ? current->load(cell) : cell;
}

void detail::modelled_store(memory_cell& cell, memory_cell value) {
    if (own_index >= 0)
        current->store(cell, value);
    else
        cell = value;
}

detail::memory_cell detail::modelled_update(memory_cell& cell,
                                            const std::function<memory_cell(memory_cell)>& change) {
    if (own_index >= 0) return current->update(cell, change);
    return std::exchange(cell, change(cell));
}

}  // namespace tests
