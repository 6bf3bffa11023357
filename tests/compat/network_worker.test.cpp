// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/compat/network_worker.hpp"

#include "caf_remote/compat/post.hpp"

#include "support/actor_fixture.hpp"
#include "support/eventually.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <future>
#include <set>
#include <thread>

using namespace caf_remote;
using namespace caf_remote::test;
using namespace std::chrono_literals;

namespace {

using std::this_thread::get_id;

/// A system with the usual scheduler and two workers. The clock does not tick.
struct threads_fixture {
  explicit threads_fixture(network_worker::duration tick = 1h) {
    cfg.set("scheduler.max-threads", size_t{2});
    sys = std::make_unique<caf::actor_system>(cfg);
    worker = network_worker::make(*sys, tick);
    REQUIRE(worker != nullptr);
  }

  ~threads_fixture() {
    worker->stop(30s);
    sys->await_all_actors_done();
  }

  /// Runs `f` in an actor of its own.
  template <class F>
  caf::actor actor_that(F f) {
    return sys->spawn<caf::lazy_init>([f](caf::event_based_actor* self) {
      return caf::behavior{[f, self](int x) { f(self, x); }};
    });
  }

  void report(int x) {
    std::lock_guard<std::mutex> guard{mtx};
    seen.emplace_back(get_id(), x);
    came.notify_all();
  }

  /// An actor that says where it runs, and what it was told.
  caf::actor reporter() {
    return actor_that([this](caf::event_based_actor*, int x) { report(x); });
  }

  void wait_for(size_t n) {
    std::unique_lock<std::mutex> guard{mtx};
    auto enough = [&] { return seen.size() >= n; };
    REQUIRE(came.wait_for(guard, 30s, enough));
  }

  std::set<std::thread::id> places() {
    std::set<std::thread::id> result;
    std::lock_guard<std::mutex> guard{mtx};
    for (auto& x : seen)
      result.insert(x.first);
    return result;
  }

  caf::actor_system_config cfg;
  std::unique_ptr<caf::actor_system> sys;
  // goes first, like the module
  std::unique_ptr<network_worker> worker;
  std::mutex mtx;
  std::condition_variable came;
  std::vector<std::pair<std::thread::id, int>> seen;
};

struct ticking_fixture : threads_fixture {
  ticking_fixture() : threads_fixture(network_worker::default_tick) {
    // nop
  }
};

/// The threads that are running.
class thread_list : public caf::thread_hook {
public:
  struct data {
    std::mutex mtx;
    std::set<std::thread::id> running;
  };

  explicit thread_list(std::shared_ptr<data> xs) : xs_(std::move(xs)) {
    // nop
  }

  void init(caf::actor_system&) override {
    // nop
  }

  void thread_started() override {
    std::lock_guard<std::mutex> guard{xs_->mtx};
    xs_->running.insert(get_id());
  }

  void thread_terminates() override {
    std::lock_guard<std::mutex> guard{xs_->mtx};
    xs_->running.erase(get_id());
  }

private:
  std::shared_ptr<data> xs_;
};

TEST_SUITE_BEGIN("compat.network_worker");

TEST_CASE_FIXTURE(actor_fixture, "a scheduler that tests drive by hand runs "
                                 "all actors") {
  CHECK_EQ(network_worker::make(sys), nullptr);
}

TEST_CASE("with one worker no two actors run at the same time") {
  caf::actor_system_config cfg;
  cfg.set("scheduler.max-threads", size_t{1});
  caf::actor_system sys{cfg};
  CHECK_EQ(network_worker::make(sys), nullptr);
}

TEST_CASE_FIXTURE(threads_fixture, "actors are woken on one thread") {
  auto hdl = reporter();
  for (int i = 0; i < 50; ++i) {
    post(hdl, i, worker->entrance());
    wait_for(static_cast<size_t>(i) + 1);
    CHECK_EQ(seen.back().second, i);
  }
  CHECK_EQ(places().size(), 1u);
}

TEST_CASE_FIXTURE(threads_fixture, "they run while all workers of CAF's "
                                   "scheduler are busy") {
  std::promise<void> go_on;
  auto wait = go_on.get_future().share();
  std::atomic<int> waiting{0};
  auto hdl = reporter();
  for (int i = 0; i < 2; ++i) {
    auto blocked = actor_that([&waiting, wait](caf::event_based_actor*, int) {
      ++waiting;
      wait.wait();
    });
    caf::anon_send(blocked, i);
  }
  CHECK(eventually([&] { return waiting == 2; }));
  post(hdl, 1, worker->entrance());
  wait_for(1);
  go_on.set_value();
}

TEST_CASE_FIXTURE(ticking_fixture, "nobody waits for a job that blocks") {
  std::promise<void> go_on;
  std::promise<std::thread::id> started;
  auto wait = go_on.get_future().share();
  auto other = reporter();
  // wakes another one and then blocks
  auto blocked = actor_that([&, wait](caf::event_based_actor* self, int) {
    started.set_value(get_id());
    self->send(other, 1);
    wait.wait();
  });
  post(blocked, 1, worker->entrance());
  auto place = started.get_future().get();
  wait_for(1);
  // and what comes from outside
  auto third = reporter();
  post(third, 2, worker->entrance());
  wait_for(2);
  CHECK_EQ(places().count(place), 0u);
  go_on.set_value();
}

TEST_CASE_FIXTURE(threads_fixture, "an actor with much to do takes turns, and "
                                   "loses nothing") {
  constexpr int n = 10000;
  std::promise<void> go_on;
  auto wait = go_on.get_future().share();
  auto hdl = actor_that([this, wait](caf::event_based_actor*, int x) {
    wait.wait();
    report(x);
  });
  for (int i = 0; i < n; ++i)
    post(hdl, i, worker->entrance());
  auto other = reporter();
  post(other, -1, worker->entrance());
  go_on.set_value();
  wait_for(n + 1);
  std::vector<int> values;
  for (auto& x : seen)
    values.push_back(x.second);
  auto pos = std::find(values.begin(), values.end(), -1);
  CHECK_LT(pos - values.begin(), n / 2);
  values.erase(pos);
  for (int i = 0; i < n; ++i)
    REQUIRE_EQ(values[static_cast<size_t>(i)], i);
}

TEST_CASE_FIXTURE(ticking_fixture, "actors that are woken by many threads run "
                                   "in one place at a time") {
  constexpr size_t num_actors = 100;
  constexpr int rounds = 25;
  std::array<std::atomic<bool>, num_actors> busy{};
  std::atomic<int> overlaps{0};
  std::vector<caf::actor> actors;
  for (auto& flag : busy)
    actors.push_back(actor_that([&](caf::event_based_actor*, int x) {
      if (flag.exchange(true))
        ++overlaps;
      report(x);
      flag = false;
    }));
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&, i] {
      for (int j = 0; j < rounds; ++j)
        for (auto& x : actors)
          post(x, i, worker->entrance());
    });
  for (auto& x : threads)
    x.join();
  wait_for(num_actors * 4 * rounds);
  CHECK_EQ(seen.size(), num_actors * 4 * rounds);
  CHECK_EQ(overlaps, 0);
}

TEST_CASE_FIXTURE(threads_fixture, "once it was stopped the scheduler runs "
                                   "everything") {
  auto hdl = reporter();
  post(hdl, 1, worker->entrance());
  wait_for(1);
  CHECK(worker->stop(30s));
  CHECK(worker->stop(30s));
  post(hdl, 2, worker->entrance());
  wait_for(2);
  CHECK_EQ(places().size(), 2u);
}

TEST_CASE_FIXTURE(threads_fixture,
                  "stopping waits for a job up to a limit, and "
                  "what waits for the job is not lost") {
  std::promise<void> go_on;
  std::promise<void> started;
  auto wait = go_on.get_future().share();
  auto blocked = actor_that([&, wait](caf::event_based_actor*, int) {
    started.set_value();
    wait.wait();
  });
  post(blocked, 1, worker->entrance());
  started.get_future().wait();
  auto hdl = reporter();
  post(hdl, 1, worker->entrance());
  CHECK_FALSE(worker->stop(0s));
  wait_for(1);
  go_on.set_value();
  CHECK(worker->stop(30s));
}

TEST_CASE_FIXTURE(threads_fixture, "a job that stops the worker does not wait "
                                   "for itself") {
  std::promise<bool> stopped;
  auto hdl = actor_that(
    [&](caf::event_based_actor*, int) { stopped.set_value(worker->stop(1h)); });
  post(hdl, 1, worker->entrance());
  CHECK(stopped.get_future().get());
}

TEST_CASE_FIXTURE(threads_fixture, "an actor that ends there is gone") {
  auto hdl = actor_that(
    [](caf::event_based_actor* self, int) { self->quit(); });
  auto ptr = caf::actor_cast<caf::weak_actor_ptr>(hdl);
  post(hdl, 1, worker->entrance());
  hdl = nullptr;
  CHECK(eventually(
    [&] { return caf::actor_cast<caf::strong_actor_ptr>(ptr) == nullptr; }));
}

TEST_CASE("the hooks for threads hear of it") {
  auto list = std::make_shared<thread_list::data>();
  caf::actor_system_config cfg;
  cfg.set("scheduler.max-threads", size_t{2});
  cfg.add_thread_hook<thread_list>(list);
  caf::actor_system sys{cfg};
  auto worker = network_worker::make(sys, 1h);
  auto runs = [list](std::thread::id x) {
    std::lock_guard<std::mutex> guard{list->mtx};
    return list->running.count(x) != 0;
  };
  std::promise<std::pair<std::thread::id, bool>> place;
  auto hdl = sys.spawn<caf::lazy_init>([&](caf::event_based_actor*) {
    return caf::behavior{[&](int) {
      place.set_value({get_id(), runs(get_id())});
    }};
  });
  post(hdl, 1, worker->entrance());
  auto seen = place.get_future().get();
  CHECK(seen.second);
  worker.reset();
  CHECK_FALSE(runs(seen.first));
}

TEST_SUITE_END();

} // namespace
