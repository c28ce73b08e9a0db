// Messages between processes: what all channels are made to do. A peer brings a class for its
// channel, and this does the rest:
//
//     struct channel {
//         static constexpr bool for_all;               // one for all pairs, or one for each
//         explicit channel(const message_work& work);  // in the parent; children inherit it
//         struct sender {                              // both are made in a child
//             sender(channel& to, const message_work& work);
//             void send(std::uint64_t number);
//         };
//         struct receiver {
//             receiver(channel& from, const message_work& work);
//             std::uint64_t receive();
//         };
//     };
#pragma once

#include "ipc.hpp"
#include "pause.hpp"
#include "process_group.hpp"

#include <algorithm>
#include <chrono>
#include <deque>
#include <thread>
#include <vector>

namespace bench::peers {

// What a channel may hold at most, for all alike: a mebibyte, or eight messages.
constexpr std::size_t channel_bytes(const message_work& work) {
    return std::max<std::size_t>(1U << 20U, 8 * work.bytes);
}

// A message is words; its number stands in the first and the last.
template <class Words>
void stamp(Words& message, std::uint64_t number) {
    message.front() = number;
    message.back() = number;
}
// Wrong in the sum if the two don't agree.
template <class Words>
std::uint64_t stamp_of(const Words& message) {
    return message.front() == message.back() ? message.front() : ~message.front();
}

// For peers that send whatever bytes there are.
inline std::vector<std::uint64_t> make_message(const message_work& work) {
    return std::vector<std::uint64_t>(work.bytes / sizeof(std::uint64_t));
}

// Each pair's producer sends as fast as its consumer, or any, receives; both are awake. A single
// pair has two cores for itself.
template <class Channel>
run_result stream(const message_work& work) {
    std::deque<Channel> channels;
    std::vector<process_part> parts;
    for (unsigned pair = 0; pair < work.pairs; ++pair) {
        if (pair == 0 || !Channel::for_all) {
            channels.emplace_back(work);
        }
        Channel& channel = channels.back();
        const auto core = [&](std::size_t number) {
            return work.pairs == 1 ? number : process_part::anywhere;
        };
        parts.push_back({core(0), [&channel, &work](const gate& gate) -> run_result {
                             typename Channel::sender out(channel, work);
                             gate.start();
                             for (std::uint64_t i = 0; i < work.count; ++i) {
                                 out.send(i);
                             }
                             gate.end();
                             return {};
                         }});
        parts.push_back({core(1), [&channel, &work](const gate& gate) -> run_result {
                             typename Channel::receiver in(channel, work);
                             std::uint64_t sum = 0;
                             gate.start();
                             for (std::uint64_t i = 0; i < work.count; ++i) {
                                 sum += in.receive();
                             }
                             gate.end();
                             return {.value = sum};
                         }});
    }
    return run_processes(parts);
}

// Forth and back, each time after a pause.
template <class Channel>
run_result round_trip(const message_work& work) {
    Channel forth(work);
    Channel back(work);
    const auto ask = [&](const gate& gate) -> run_result {
        typename Channel::sender out(forth, work);
        typename Channel::receiver in(back, work);
        run_result result;
        gate.start();
        for (std::uint64_t i = 0; i < work.count; ++i) {
            std::this_thread::sleep_for(pause_before_trip);
            const run_result trip = timed([&] {
                out.send(i);
                return in.receive();
            });
            result.seconds += trip.seconds;
            result.value += trip.value;
        }
        gate.end();
        return result;
    };
    const auto answer = [&](const gate& gate) -> run_result {
        typename Channel::receiver in(forth, work);
        typename Channel::sender out(back, work);
        gate.start();
        for (std::uint64_t i = 0; i < work.count; ++i) {
            out.send(in.receive());
        }
        gate.end();
        return {};
    };
    if (work.anywhere) {
        return run_processes({{.run = ask}, {.run = answer}});
    }
    return run_processes({{0, ask}, {1, answer}});
}

}  // namespace bench::peers
