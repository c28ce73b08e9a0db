// Goal: what the system refuses to a pool (threads, processes, descriptors), and what it does to
// its workers (stops them), is an error that says so, and nothing hangs or is left behind. Each
// application is a process of its own, which may be spoilt.
#include "../runtime/ledger.hpp"
#include "spoilt_application.hpp"
#include "workers.hpp"

#include <bobbin/ipc/barrier.hpp>
#include <bobbin/runtime/errors.hpp>
#include <bobbin/runtime/sync_wait.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <iterator>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <memory>
#include <sched.h>
#include <string>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

using namespace test;
using namespace std::chrono_literals;

namespace {

constexpr std::array every_method{ipc::start_method::fork_server, ipc::start_method::spawn,
                                  ipc::start_method::fork};

enum class clones : std::uint8_t { with, without };

// From now on, for this process and its children, clones with this flag fail, or those without it.
// A filter does not see the flags of clone3, so of that it says that there is none.
void refuse(clones which, std::uint32_t flag) {
    const std::uint8_t skipped_if_set = which == clones::with ? 0 : 1;
    const std::uint8_t skipped_if_not = which == clones::with ? 1 : 0;
    std::array<sock_filter, 8> code{{
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone3, 5, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args)),
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, flag, skipped_if_set, skipped_if_not),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EAGAIN),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
    }};
    const sock_fprog filter{.len = code.size(), .filter = code.data()};
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0)
        throw std::runtime_error("no seccomp here");
}

// Nor does this process get those again that it closes; another may, and poll those that it has.
void allow_no_more_descriptors(pid_t process) {
    limit(process, RLIMIT_NOFILE, process == ::getpid() ? 3 : descriptors(process));
}

// Until its server has nothing to do for so many workers, and so no descriptors but what it keeps.
bool await_rest(pid_t server, std::ptrdiff_t workers) {
    const auto pidfds = [&] {
        const std::filesystem::directory_iterator all("/proc/" + std::to_string(server) + "/fd");
        return std::ranges::count_if(begin(all), end(all), [](const auto& each) {
            std::error_code gone;
            return read_symlink(each, gone) == "anon_inode:[pidfd]";
        });
    };
    return await(
        [&] { return pidfds() == workers && system_call_of(server) == std::to_string(SYS_poll); });
}

bool has_children() {
    return ::waitid(P_ALL, 0, nullptr, WEXITED | WNOHANG | WNOWAIT) == 0 || errno != ECHILD;
}

int read_byte() {
    char byte = 0;
    return static_cast<int>(::read(STDIN_FILENO, &byte, 1));
}
inline constexpr bobbin::fn<&read_byte> reads;

}  // namespace

TEST_CASE("a worker finds nothing to read, whatever the application could") {
    for (const auto method : every_method) {
        CAPTURE(static_cast<int>(method));
        CHECK(run_application([=] {
                  std::array<int, 2> ends{};
                  if (::pipe(ends.data()) != 0) return 1;
                  ::dup2(ends[0], STDIN_FILENO);
                  if (::write(ends[1], "x", 1) != 1) return 2;
                  ipc::process_pool pool(workers_by(method, 1));
                  return pool.submit(reads).get() == 0 ? 0 : 3;
              }) == 0);
    }
}

TEST_CASE("without a thread for it there is no pool, and nothing of one") {
    for (const auto method : every_method) {
        CAPTURE(static_cast<int>(method));
        CHECK(run_application([=] {
                  refuse(clones::with, CLONE_THREAD);
                  // Twice: the server that they share stays.
                  std::array<std::size_t, 2> open{};
                  for (auto& each : open) {
                      try {
                          ipc::process_pool pool(workers_by(method, 2));
                          return 1;
                      } catch (const std::system_error& error) {
                          if (error.code().value() != EAGAIN) return 2;
                      }
                      each = descriptors();
                  }
                  return open[0] == open[1] ? 0 : 3;
              }) == 0);
    }
}

TEST_CASE("where no process may be made there is no pool") {
    for (const auto method : every_method) {
        CAPTURE(static_cast<int>(method));
        CHECK(run_application([=] {
                  const auto before = descriptors();
                  refuse(clones::without, CLONE_THREAD);
                  try {
                      ipc::process_pool pool(workers_by(method, 2));
                      return 1;
                  } catch (const std::system_error& error) {
                      if (error.code().value() != EAGAIN) return 2;
                  }
                  if (has_children()) return 3;
                  return descriptors() == before ? 0 : 4;
              }) == 0);
    }
}

TEST_CASE("a pool whose workers can't be started is broken and says why") {
    for (const auto method : {ipc::start_method::fork_server, ipc::start_method::spawn}) {
        CAPTURE(static_cast<int>(method));
        CHECK(run_application([=] {
                  refuse(clones::without, CLONE_VM);  // the server is there, but can't fork
                  try {
                      ipc::process_pool pool(workers_by(method, 2));
                      pool.submit(twice, 4).get();
                      return 1;
                  } catch (const ipc::pool_broken& error) {
                      return contains(error.what(), "could not be started") ? 0 : 2;
                  }
              }) == 0);
    }
}

TEST_CASE("without descriptors there is no pool, and nothing of one") {
    if (is_sanitized) return;
    for (const auto method : {ipc::start_method::fork_server, ipc::start_method::spawn}) {
        CAPTURE(static_cast<int>(method));
        CHECK(run_application([=] {
                  {
                      // Makes what stays after a pool: the fork server, and what threads need.
                      ipc::process_pool pool(workers_by(method, 2));
                      if (pool.submit(twice, 4).get() != 8) return 1;
                  }
                  const auto before = descriptors();
                  int refusals = 0;
                  for (rlim_t most = 3; most < 100; ++most) {
                      limit(0, RLIMIT_NOFILE, most);
                      bool refused = true;
                      try {
                          ipc::process_pool pool(workers_by(method, 2));
                          refused = false;
                      } catch (const std::system_error&) {
                      }
                      limit(0, RLIMIT_NOFILE, 1000);
                      if (!refused) break;
                      if (descriptors() != before) return 2;
                      ++refusals;
                  }
                  if (refusals < 3) return 3;
                  ipc::process_pool pool(workers_by(method, 2));
                  return pool.submit(twice, 4).get() == 8 ? 0 : 4;
              }) == 0);
    }
}

TEST_CASE("when a dead worker can't be replaced, the jobs that wait end with an error") {
    if (is_sanitized) return;
    for (const bool of_the_server : {true, false}) {
        CAPTURE(of_the_server);
        CHECK(run_application([=] {
                  ipc::process_pool pool(1);
                  const int server = pool.submit(server_of_worker).get();
                  if (!await_rest(server, 1)) return 2;
                  allow_no_more_descriptors(of_the_server ? server : ::getpid());
                  const auto kills_itself = pool.submit([] { ::raise(SIGKILL); });
                  std::vector<bobbin::job<int>> waiting;
                  try {
                      for (int i = 0; i < 10; ++i) waiting.push_back(pool.submit(twice, i));
                  } catch (const ipc::pool_broken&) {
                      // It knows already.
                  }
                  kills_itself.wait();
                  for (std::size_t i = 0; i < waiting.size(); ++i) {
                      try {
                          waiting[i].get();
                          return 1;
                      } catch (const ipc::pool_broken&) {
                      }
                  }
                  return 0;
              }) == 0);
    }
}

TEST_CASE("while a dead worker can't be replaced others do the jobs, and then it is replaced") {
    if (is_sanitized) return;
    for (const bool of_the_server : {true, false}) {
        CAPTURE(of_the_server);
        CHECK(run_application([=] {
                  ipc::process_pool pool(2);
                  const auto both_meet = [&] {
                      const ipc::barrier meeting(2);
                      const auto meets = [](ipc::barrier at) { at.arrive_and_wait(); };
                      const std::array both = {pool.submit(meets, meeting),
                                               pool.submit(meets, meeting)};
                      for (const auto& each : both) each.get();
                  };
                  both_meet();
                  const int server = pool.submit(server_of_worker).get();
                  if (!await_rest(server, 2)) return 2;
                  const pid_t whose = of_the_server ? server : ::getpid();
                  limit(whose, RLIMIT_NOFILE, descriptors(whose));
                  death_of(pool.submit([] { ::raise(SIGKILL); }));
                  const auto then = bobbin::sync_wait(pool.map(twice, std::vector<int>(1000, 3)));
                  if (then != std::vector<int>(1000, 6)) return 1;
                  limit(whose, RLIMIT_NOFILE, 1000);
                  both_meet();
                  return 0;
              }) == 0);
    }
}

TEST_CASE("a worker that is stopped is ended when its job's time has passed") {
    for (const auto method : {ipc::start_method::fork_server, ipc::start_method::spawn}) {
        ipc::process_pool pool(workers_by(method, 1));
        const int worker = pool.submit(pid_there).get();
        const auto job = pool.submit({.timeout = 100ms}, [] { ::raise(SIGSTOP); });
        CHECK_THROWS_AS(job.get(), bobbin::timed_out);
        CHECK(await_end(worker));
        CHECK(pool.submit(twice, 4).get() == 8);
    }
}

TEST_CASE("a pool that is stopped ends what does not follow, and workers that can't") {
    ipc::process_pool_options options(3);
    options.grace = 20ms;
    std::vector<bobbin::job<void>> jobs;
    {
        ipc::process_pool pool(options);
        jobs.push_back(pool.submit([] { ::raise(SIGSTOP); }));
        jobs.push_back(pool.submit([] {
            ::signal(SIGTERM, SIG_IGN);
            while (true) ::pause();
        }));
        jobs.push_back(pool.submit([]() -> bobbin::task<void> {
            while (true) ::pause();
            co_return;
        }));
        for (const auto& each : jobs) REQUIRE(await([&] { return each.running(); }));
        pool.stop();
        for (const auto& each : jobs) CHECK_THROWS_AS(each.get(), bobbin::cancelled);
    }
}

TEST_CASE("while one worker is stopped, others do the jobs") {
    ipc::process_pool pool(2);
    const ledger pids;
    const auto stopped = pool.submit(
        [](const std::string& path) {
            record(path, ::getpid());
            ::raise(SIGSTOP);
            return 1;
        },
        pids.path());
    REQUIRE(await([&] { return pids.size() == 1; }));
    const auto values = bobbin::sync_wait(pool.map(twice, std::vector<int>(1000, 3)));
    CHECK(values.size() == 1000);
    CHECK_FALSE(stopped.done());
    const int worker = pids.entries().front();
    REQUIRE(worker > 1);
    REQUIRE(await_state(worker, 'T'));
    ::kill(worker, SIGCONT);
    CHECK(stopped.get() == 1);
}

TEST_CASE("an application that ignores its children's ends, or waits for any, changes nothing") {
    for (const auto method : every_method) {
        CAPTURE(static_cast<int>(method));
        CHECK(run_application([=] {
                  ::signal(SIGCHLD, SIG_IGN);
                  ipc::process_pool pool(workers_by(method, 1));
                  const auto died = pool.submit([]() -> int { ::_exit(7); });
                  if (death_of(died).status()->code != 7) return 1;
                  if (::waitpid(-1, nullptr, WNOHANG) > 0) return 2;
                  return pool.submit(twice, 4).get() == 8 ? 0 : 3;
              }) == 0);
    }
}

TEST_CASE("a pool lives on when the thread that made it has ended") {
    for (const auto method : every_method) {
        CAPTURE(static_cast<int>(method));
        CHECK(run_application([=] {
                  std::unique_ptr<ipc::process_pool> pool;
                  // start_method::fork needs a process with one thread.
                  const auto make = [&] {
                      pool = std::make_unique<ipc::process_pool>(workers_by(method, 1));
                  };
                  if (method == ipc::start_method::fork)
                      make();
                  else
                      std::thread(make).join();
                  const int worker = pool->submit(pid_there).get();
                  if (pool->submit(twice, 4).get() != 8) return 1;
                  return pool->submit(pid_there).get() == worker ? 0 : 2;
              }) == 0);
    }
}
