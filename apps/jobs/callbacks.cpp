// In21 of the notebook: being called at the end of a job.
#include "chapter.hpp"

#include <bobbin/ipc/event.hpp>
#include <bobbin/runtime/fn.hpp>
#include <bobbin/runtime/set_error_handler.hpp>

#include <exception>
#include <latch>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

namespace jobs {
namespace {

// What happened, in its order. Callbacks are called on the pool's threads.
class diary {
public:
    void note(const std::string& event) {
        const std::lock_guard lock(mutex_);
        events_.push_back(event);
    }
    std::vector<std::string> events() {
        const std::lock_guard lock(mutex_);
        return events_;
    }

private:
    std::mutex mutex_;
    std::vector<std::string> events_;
};

// The error handler is a plain function, and so finds it here.
diary* current_diary = nullptr;

void note_error(std::exception_ptr error) noexcept {
    try {
        std::rethrow_exception(error);
    } catch (const std::exception& what) {
        current_diary->note(std::string("error handler: ") + what.what());
    }
}

int answer(const bobbin::ipc::event& gate) {
    gate.wait();
    return 42;
}

}  // namespace

template <class P>
chapter callbacks(P& pool) {
    chapter out("Callbacks",
                "on_done() has a function called at the end, on the pool's threads, in the order "
                "in which they were given; at once if that is over. What one throws goes to the "
                "error handler and changes nothing.");
    diary diary;
    current_diary = &diary;
    const auto before = bobbin::set_error_handler(note_error);
    auto gate = gate_for(pool);
    std::latch called(3);
    std::latch called_late(1);
    const bobbin::job<int> job = pool.submit(bobbin::fn<&answer>(), gate);
    job.on_done([&](const bobbin::job<int>& ended) {
        diary.note(fmt::format("first: the job is {}: {}", name_of(ended.status()), ended.get()));
        called.count_down();
    });
    job.on_done([&](const bobbin::job<int>&) {
        diary.note("second: throws");
        called.count_down();
        throw std::runtime_error("thrown by the second");
    });
    job.on_done([&](const bobbin::job<int>&) {
        diary.note("third");
        called.count_down();
    });
    gate.set();
    called.wait();
    job.on_done([&](const bobbin::job<int>&) {
        diary.note("late: given when the job had ended");
        called_late.count_down();
    });
    called_late.wait();
    bobbin::set_error_handler(before);

    const std::vector<std::string> expected = {"first: the job is done: 42", "second: throws",
                                               "error handler: thrown by the second", "third",
                                               "late: given when the job had ended"};
    for (const std::string& event : diary.events()) {
        out.say("{}", event);
    }
    out.check(diary.events() == expected, "callbacks come in order, whatever one throws");
    return out;
}

template chapter callbacks(bobbin::sequential_pool&);
template chapter callbacks(bobbin::thread_pool&);
template chapter callbacks(bobbin::ipc::process_pool&);

}  // namespace jobs
