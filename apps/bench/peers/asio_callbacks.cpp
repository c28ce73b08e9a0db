// A bare boost::asio::thread_pool in continuation-passing style: one post a task, a heap node with
// an atomic count for each join. What one writes on Asio without coroutines.
#include "job_list.hpp"
#include "peers.hpp"
#include "pi_job.hpp"
#include "serial.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>

#include <array>
#include <atomic>
#include <future>
#include <latch>
#include <memory>
#include <numeric>
#include <optional>
#include <vector>

namespace bench::peers {
namespace {

namespace asio = boost::asio;

// Waits for `Children` values and hands their sum on to the parent, or to `done` at the root.
template <unsigned Children>
struct join_node {
    join_node* parent = nullptr;
    unsigned place = 0;  // which of the parent's children this is
    std::promise<std::uint64_t>* done = nullptr;
    std::atomic<unsigned> missing{Children};
    std::array<std::uint64_t, Children> values{};
};

template <unsigned Children>
void deliver(join_node<Children>* node, unsigned place, std::uint64_t value) {
    for (;;) {
        node->values[place] = value;
        // release: the value above; acquire: the siblings' values, for whoever comes last.
        if (node->missing.fetch_sub(1, std::memory_order_acq_rel) != 1) {
            return;
        }
        value = std::accumulate(node->values.begin(), node->values.end(), std::uint64_t{0});
        const std::unique_ptr<join_node<Children>> ended(node);
        if (ended->parent == nullptr) {
            return ended->done->set_value(value);
        }
        place = ended->place;
        node = ended->parent;
    }
}

struct fib {
    using node = join_node<2>;
    asio::thread_pool& pool;

    void post(int n, node* parent, unsigned place) const {
        asio::post(pool, [*this, n, parent, place] { run(n, parent, place); });
    }
    void run(int n, node* parent, unsigned place) const {
        if (n < 2) {
            return deliver(parent, place, static_cast<std::uint64_t>(n));
        }
        auto* const join = new node{.parent = parent, .place = place, .done = nullptr};
        post(n - 1, join, 0);
        post(n - 2, join, 1);
    }
};

struct skynet {
    using node = join_node<skynet_children>;
    asio::thread_pool& pool;

    void post(std::uint64_t first, int depth, node* parent, unsigned place) const {
        asio::post(pool,
                   [*this, first, depth, parent, place] { run(first, depth, parent, place); });
    }
    void run(std::uint64_t first, int depth, node* parent, unsigned place) const {
        if (depth == 0) {
            return deliver(parent, place, first);
        }
        auto* const join = new node{.parent = parent, .place = place, .done = nullptr};
        const std::uint64_t stride = skynet_leaves(depth - 1);
        for (unsigned i = 0; i < skynet_children; ++i) {
            post(first + i * stride, depth - 1, join, i);
        }
    }
};

// `start(pool, root)` posts the work so that it delivers its value as child 0 of `root`.
template <class Node, class Start>
run_result on_pool(unsigned workers, Start start) {
    std::promise<std::uint64_t> done;  // outlives the pool, whose thread may still be in set_value
    asio::thread_pool pool(workers);
    return timed([&] {
        auto* const root = new Node{.parent = nullptr, .place = 0, .done = &done, .missing = {1}};
        start(pool, root);
        return done.get_future().get();
    });
}

}  // namespace

run_result asio_callbacks_fib(unsigned workers, int n) {
    return on_pool<fib::node>(
        workers, [n](asio::thread_pool& pool, fib::node* root) { fib{pool}.post(n, root, 0); });
}

run_result asio_callbacks_skynet(unsigned workers, int depth) {
    return on_pool<skynet::node>(workers, [depth](asio::thread_pool& pool, skynet::node* root) {
        skynet{pool}.post(0, depth, root, 0);
    });
}

run_result asio_callbacks_pi(unsigned workers, const pi_work& work) {
    std::vector<std::uint64_t> hits(work.jobs);
    std::latch done(static_cast<std::ptrdiff_t>(work.jobs));
    std::optional<asio::thread_pool> pool;  // made in the time, ended after it, before the latch
    return timed([&] {
        pool.emplace(workers);
        for (std::uint64_t i = 0; i < work.jobs; ++i) {
            asio::post(*pool, [&, i] {
                hits[i] = pi_job(work, i);
                done.count_down();
            });
        }
        done.wait();
        return std::accumulate(hits.begin(), hits.end(), std::uint64_t{0});
    });
}

// Posted by a thread of the pool, which is the fast way: into a queue of its own at first.
run_result asio_callbacks_jobs(unsigned workers, const job_list& jobs) {
    return with_job(jobs, [&](auto job) {
        std::vector<std::uint64_t> values(jobs.count);
        std::latch done(static_cast<std::ptrdiff_t>(jobs.count));
        asio::thread_pool pool(workers);
        return timed([&] {
            asio::post(pool, [&] {
                for (std::uint64_t i = 0; i < jobs.count; ++i) {
                    asio::post(pool, [&values, &done, job, i] {
                        values[i] = job(i);
                        done.count_down();
                    });
                }
            });
            done.wait();
            return std::accumulate(values.begin(), values.end(), std::uint64_t{0});
        });
    });
}

}  // namespace bench::peers
