// A user's source whose own types, in an anonymous namespace, are in the frames of bobbin's
// coroutines.

namespace {

struct point {
    int x = 0;
    int y = 0;
};

struct mirror {
    point operator()(point p) const { return {p.y, p.x}; }
};
struct length {
    int operator()(point p) const { return p.x + p.y; }
};
struct column {
    point operator()(int i) const { return {i, 0}; }
};
struct sum {
    point operator()(point a, point b) const { return {a.x + b.x, a.y + b.y}; }
};
struct ignore {
    void operator()(int) const {}
};

bobbin::task<point> later(point p) {
    co_return p;
}

template <bobbin::pool Pool>
bobbin::task<int> jobs(Pool& pool) {
    const std::vector<point> points(10);
    const mirror mirrors;
    const std::vector<point> mapped = co_await pool.map(mirrors, points);
    const length lengths;
    int sum = co_await pool.map_reduce(lengths, mapped, std::plus<>(), 0);
    const point p;
    const auto job = pool.submit(mirrors, p);
    const point answer = co_await job;
    sum += answer.x;
    auto each = pool.map_each(mirrors, points);
    std::vector<bobbin::outcome<point>> outcomes = co_await std::move(each);
    co_return sum + static_cast<int>(outcomes.size());
}

bobbin::task<int> threads(bobbin::thread_pool& pool) {
    const point p;
    auto [a, b] = co_await bobbin::when_all(later(p), later(p));
    const auto limit = std::chrono::seconds(1);
    const point c = co_await bobbin::with_timeout(limit, later(p));
    const auto first = co_await bobbin::when_any(later(p), later(p));
    const ignore ignores;
    co_await bobbin::parallel_for(0, 10, ignores);
    const column columns;
    const sum sums;
    const point all = co_await bobbin::transform_reduce(0, 10, p, sums, columns);
    bobbin::ipc::shared_queue<point> queue(10);
    co_await queue.push(p);
    const point popped = co_await queue.pop();
    const int of_jobs = co_await jobs(pool);
    co_return a.x + b.x + c.x + all.x + popped.x + of_jobs + static_cast<int>(first.index);
}

}  // namespace

int main() {
    bobbin::thread_pool pool({.threads = 2});
    bobbin::ipc::process_pool processes(1);
    return bobbin::sync_wait(pool, threads(pool)) + bobbin::sync_wait(jobs(processes));
}
