// Goal: however the fork server dies, and whatever state it leaves its children in, that is seen at
// once: jobs that had not begun are done by the children of the next one, all that waits ends, and
// nothing is left behind. Method: children stop themselves right after the fork, when they have all
// that the server has and no signal would tell them of its death; servers kill themselves as they
// start.
#include "../runtime/child_process.hpp"
#include "../runtime/ledger.hpp"
#include "workers.hpp"

#include <bobbin/ipc/process.hpp>
#include <bobbin/runtime/detail/os/fault_point.hpp>
#include <bobbin/runtime/sync_wait.hpp>
#include <bobbin/runtime/thread_pool.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <sys/prctl.h>
#include <thread>
#include <vector>

using namespace test;

namespace {

// FAULT for the servers that are started while it is on. It is switched where it stands, as threads
// may read the environment meanwhile.
class fault_of_servers {
public:
    explicit fault_of_servers(const std::string& fault) : text_("FAULT=" + fault) {
        ::putenv(text_.data());
        // Of a server that is a copy of this process.
        bobbin::detail::arm_fault(text_.c_str() + text_.find('=') + 1);
    }
    fault_of_servers(const fault_of_servers&) = delete;
    fault_of_servers& operator=(const fault_of_servers&) = delete;
    ~fault_of_servers() {
        end();
        ::unsetenv(text_.substr(0, text_.find('=')).c_str());
    }
    void begin() { text_.front() = 'F'; }
    void end() {
        text_.front() = 'X';
        bobbin::detail::arm_fault(nullptr);
    }

private:
    std::string text_;
};

// The processes that this one has a pidfd of: a server and its children.
std::set<pid_t> watched() {
    std::set<pid_t> all;
    for (const auto& each : std::filesystem::directory_iterator("/proc/self/fdinfo")) {
        std::ifstream file(each.path());
        std::string name;
        for (pid_t pid = 0; file >> name;)
            if (name == "Pid:" && file >> pid && pid > 0) all.insert(pid);
    }
    return all;
}

// The fork server among them; 0 if there is none yet.
pid_t server_watched() {
    for (const pid_t each : watched())
        if (::getpgid(each) == each) return each;
    return 0;
}

// The server's children, once there are `count` and all are stopped.
std::vector<pid_t> await_stopped_children(pid_t server, std::size_t count) {
    std::vector<pid_t> children;
    REQUIRE(await([&] {
        children.clear();
        for (const pid_t each : watched())
            if (each != server && ::getpgid(each) == server) children.push_back(each);
        return children.size() == count;
    }));
    for (const pid_t each : children) REQUIRE(await_state(each, 'T'));
    return children;
}

// Gone, or zombies: their parent by then, init, may take its time to reap them.
bool all_end(const std::vector<pid_t>& processes) {
    return await([&] {
        return std::ranges::all_of(processes, [](pid_t each) {
            std::string text;
            return !std::getline(std::ifstream("/proc/" + std::to_string(each) + "/stat"), text) ||
                   text.at(text.rfind(')') + 2) == 'Z';
        });
    });
}

// The next server that has stopped itself.
pid_t await_stopped_server(pid_t before) {
    pid_t server = 0;
    REQUIRE(await([&] {
        server = server_watched();
        return server != 0 && server != before;
    }));
    REQUIRE(await_state(server, 'T'));
    return server;
}

// Kills so many of them, one after the other, and lets the one after these live.
void kill_starting_servers(int count, pid_t before, fault_of_servers& fault) {
    pid_t last = before;
    for (int i = 0; i < count; ++i) {
        last = await_stopped_server(last);
        if (i + 1 == count) fault.end();
        kill_now(last);
    }
}

// A process of its own, as the server stays. Its exit code says at which step it failed; it has 30
// s.
template <class F>
int run_application(F application) {
    const auto end = in_child([&] {
        // Where orphans have another parent, of the same session, the kernel does not end those
        // that are stopped.
        ::prctl(PR_SET_CHILD_SUBREAPER, 1);
        try {
            return application();
        } catch (const std::exception& error) {
            std::fputs(error.what(), stderr);
            return 99;
        }
    });
    if (end.exit_code != 0) MESSAGE(end.err);
    return end.exit_code;
}

}  // namespace

TEST_CASE("a server that dies with stopped children holds up no job and no pool's end") {
    for (const auto method :
         {ipc::start_method::fork_server, ipc::start_method::spawn, ipc::start_method::fork}) {
        CAPTURE(static_cast<int>(method));
        CHECK(run_application([=] {
                  fault_of_servers fault("child.forked:stop");
                  std::vector<pid_t> children;
                  {
                      ipc::process_pool pool(workers_by(method, 2));
                      fault.end();
                      const auto job = pool.submit(twice, 4);
                      const pid_t server = server_watched();
                      children = await_stopped_children(server, 2);
                      kill_now(server);
                      try {
                          if (job.get() != 8) return 1;
                      } catch (const ipc::pool_broken&) {
                          // There can't be another copy of a process that has threads by now.
                          if (method != ipc::start_method::fork) return 2;
                      }
                  }
                  return all_end(children) ? 0 : 3;
              }) == 0);
    }
}

TEST_CASE("a worker that dies with its server is named, though the server never did so") {
    CHECK(run_application([] {
              const ledger seen;
              fault_of_servers fault("server.forked:stop");
              ipc::process_pool pool(workers_by(ipc::start_method::fork_server, 1));
              fault.end();
              const auto job = pool.submit(
                  [](const std::string& path) {
                      record(path, ::getpid());
                      ::pause();
                  },
                  seen.path());
              if (!await([&] { return seen.size() == 1; })) return 1;
              const pid_t server = server_watched();
              if (!await_state(server, 'T')) return 2;
              kill_now(server);
              try {
                  job.get();
                  return 3;
              } catch (const ipc::worker_died& death) {
                  std::fputs(death.what(), stderr);
                  return death.worker() == seen.entries().front() ? 0 : 4;
              }
          }) == 0);
}

TEST_CASE("nor does it hold up who waits for a process") {
    for (const bool as_task : {false, true}) {
        CAPTURE(as_task);
        CHECK(run_application([=] {
                  fault_of_servers fault("child.forked:stop");
                  ipc::process child([] {});
                  fault.end();
                  const auto children = await_stopped_children(server_watched(), 1);
                  if (children.front() != child.pid()) return 1;
                  kill_now(server_watched());
                  bobbin::thread_pool threads({.threads = 1});
                  const auto how =
                      as_task ? bobbin::sync_wait(threads, child.ended()) : child.join();
                  if (how.ok()) return 2;  // unknown, unless its next parent is this process
                  return all_end(children) ? 0 : 3;
              }) == 0);
    }
}

TEST_CASE("when the next servers are killed as they start, too, jobs that had not begun are done") {
    CHECK(run_application([] {
              fault_of_servers fault("server.start:stop");
              fault.end();
              ipc::process_pool pool(2);
              const pid_t server = pool.submit(server_of_worker).get();
              std::vector<bobbin::job<int>> jobs;
              for (int i = 0; i < 500; ++i) jobs.push_back(pool.submit(twice, i));
              fault.begin();
              kill_now(server);
              kill_starting_servers(3, server, fault);
              int died = 0;
              for (std::size_t i = 0; i < jobs.size(); ++i) {
                  try {
                      if (jobs[i].get() != 2 * static_cast<int>(i)) return 2;
                  } catch (const ipc::worker_died&) {
                      ++died;
                  }
              }
              if (died > 2) return 1;
              return pool.submit(twice, 4).get() == 8 ? 0 : 3;
          }) == 0);
}

TEST_CASE("servers that die as they start are counted like workers, and break the pool") {
    CHECK(run_application([] {
              fault_of_servers fault("server.start:stop");
              fault.end();
              ipc::process_pool_options options(2);
              options.restart_intensity = {.most = 2, .period = std::chrono::seconds(1000)};
              ipc::process_pool pool(options);
              const pid_t server = pool.submit(server_of_worker).get();
              fault.begin();
              kill_now(server);
              kill_starting_servers(2, server, fault);
              try {
                  static_cast<void>(pool.submit(twice, 4).get());
                  return 1;
              } catch (const ipc::pool_broken& error) {
                  const std::string text = error.what();
                  return contains(text, "3 workers have died within 1000 s") &&
                                 contains(text, "the fork server was killed by signal 9") &&
                                 contains(text, "before it was ready")
                             ? 0
                             : 2;
              }
          }) == 0);
}

TEST_CASE("servers that died before others lived are no part of a row of them") {
    CHECK(run_application([] {
              fault_of_servers fault("server.start:stop");
              fault.end();
              ipc::process_pool_options options(1);
              options.restart_intensity.most = 1'000;
              ipc::process_pool pool(options);
              for (int round = 0; round < 8; ++round) {  // 30 in a row break the pool
                  const pid_t server = pool.submit(server_of_worker).get();
                  fault.begin();
                  kill_now(server);
                  kill_starting_servers(4, server, fault);
                  if (pool.submit(twice, 4).get() != 8) return 1;
              }
              return 0;
          }) == 0);
}

TEST_CASE("a pool and a process are made although the server is killed as it starts, at first") {
    for (const bool of_a_pool : {true, false}) {
        CAPTURE(of_a_pool);
        CHECK(run_application([=] {
                  fault_of_servers fault("server.start:stop");
                  const std::jthread kills([&] { kill_starting_servers(3, 0, fault); });
                  if (of_a_pool) return ipc::process_pool(2).submit(twice, 4).get() == 8 ? 0 : 1;
                  return ipc::process([] { return 7; }).join().code == 7 ? 0 : 2;
              }) == 0);
    }
}

TEST_CASE("if it always is, there is no pool and no process, and the error says why") {
    for (const bool of_a_pool : {true, false}) {
        CAPTURE(of_a_pool);
        CHECK(run_application([=] {
                  const fault_of_servers fault("server.start:kill9");
                  try {
                      if (of_a_pool)
                          const ipc::process_pool pool(2);
                      else
                          const ipc::process child([] {});
                      return 1;
                  } catch (const std::runtime_error& error) {
                      return contains(error.what(), "the fork server was killed by signal 9") ? 0
                                                                                              : 2;
                  }
              }) == 0);
    }
}

TEST_CASE("a process that its server may have forked before it died is not started once more") {
    CHECK(run_application([] {
              const fault_of_servers fault("server.forked:kill9");
              try {
                  const ipc::process child([] {});
                  return 1;
              } catch (const std::runtime_error& error) {
                  return contains(error.what(), "ended while it started a process") ? 0 : 2;
              }
          }) == 0);
}

TEST_CASE("while a server is being started, nobody waits for it who need not") {
    CHECK(run_application([] {
              fault_of_servers fault("server.start:stop");
              fault.end();
              ipc::process_pool pool(2);
              const pid_t server = pool.submit(server_of_worker).get();
              fault.begin();
              kill_now(server);
              const pid_t next = await_stopped_server(server);
              const auto job = pool.submit(twice, 4);
              const auto taken_back = pool.submit(twice, 5);
              if (!taken_back.cancel()) return 1;
              taken_back.wait();
              if (job.done()) return 2;
              ::kill(next, SIGCONT);
              return job.get() == 8 ? 0 : 3;
          }) == 0);
}
