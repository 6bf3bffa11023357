// SPDX-License-Identifier: BSD-3-Clause

// How messages get into CAF's mailbox and out of it, and who wakes whom.

#include "caf_remote/compat/outbound_consumer.hpp"

#include "interleavings/scene.hpp"

using namespace caf_remote;
using namespace caf_remote::test;

namespace {

/// Keeps what is to run.
class run_queue : public caf::execution_unit {
public:
  explicit run_queue(caf::actor_system& sys) : caf::execution_unit(&sys) {
    // nop
  }

  void exec_later(caf::resumable* x) override {
    std::lock_guard<std::mutex> guard{mtx_};
    jobs_.push_back(x);
  }

  /// Runs the next job; returns false if there is none.
  bool run(size_t throughput) {
    caf::resumable* job = nullptr;
    {
      std::lock_guard<std::mutex> guard{mtx_};
      if (jobs_.empty())
        return false;
      job = jobs_.back();
      jobs_.pop_back();
      expect(jobs_.empty(), "an actor is woken once");
    }
    if (job->resume(this, throughput) == caf::resumable::resume_later)
      exec_later(job);
    else
      done_.push_back(job);
    return true;
  }

  ~run_queue() override {
    // not on a thread of the case, which would end the actor there
    for (auto x : done_)
      caf::intrusive_ptr_release(x);
  }

private:
  std::mutex mtx_;
  std::vector<caf::resumable*> jobs_;
  std::vector<caf::resumable*> done_;
};

/// Does with its mailbox what `caf::scheduled_actor` (0.17.6) does, in code
/// that the explorer sees into.
class seen_consumer : public outbound_consumer {
public:
  using outbound_consumer::outbound_consumer;

  void enqueue(caf::mailbox_element_ptr x, caf::execution_unit* ctx) override {
    if (mailbox().push_back(std::move(x))
        != caf::intrusive::inbox_result::unblocked_reader)
      return;
    caf::intrusive_ptr_add_ref(ctrl());
    ctx->exec_later(this);
  }

  bool cleanup(caf::error&& reason, caf::execution_unit* host) override {
    if (!mailbox().closed()) {
      mailbox().close();
      get_normal_queue().flush_cache();
      auto drop = [](auto&&...) { return caf::intrusive::task_result::resume; };
      while (mailbox().queue().new_round(1000, drop).consumed_items != 0) {
        // more
      }
    }
    return outbound_consumer::cleanup(std::move(reason), host);
  }
};

/// What a writer does with its messages.
class writing : public outbound_taker {
public:
  writing(endpoint& where, seen_consumer* self) : where_(where), self_(self) {
    // nop
  }

  void take(outbound_ptr x) override {
    texts.emplace_back(x->payload());
    ++since_pause;
    if (x->payload() == "end") {
      self_->quit();
      return;
    }
    x->settle();
    where_.written(1, x->charge(), 0, 0);
  }

  void pause() override {
    since_pause = 0;
  }

  strings texts;
  size_t since_pause = 0;

private:
  endpoint& where_;
  seen_consumer* self_;
};

struct consumer_scene : scene {
  struct writer {
    writer() = default;

    writer(writer&&) = default;

    // endpoint and actor keep each other until the actor ends
    ~writer() {
      if (self != nullptr)
        self->cleanup(caf::exit_reason::user_shutdown, nullptr);
    }

    caf::actor hdl;
    seen_consumer* self = nullptr;
    endpoint_ptr where;
    std::unique_ptr<writing> what;
    std::unique_ptr<run_queue> queue;

    void push(std::string_view payload) {
      where->push(make_message(payload), queue.get());
    }

    void run_all(size_t throughput) {
      while (queue->run(throughput)) {
        // one more
      }
    }
  };

  writer make_writer() {
    writer result;
    result.hdl = sys.spawn<seen_consumer, caf::hidden + caf::lazy_init>();
    auto self = result.self = static_cast<seen_consumer*>(
      caf::actor_cast<caf::abstract_actor*>(result.hdl));
    result.where = make_endpoint();
    result.queue = std::make_unique<run_queue>(sys);
    result.what = std::make_unique<writing>(*result.where, self);
    self->become([](int) {});
    self->taker(result.what.get());
    self->keep(result.where);
    result.where->open(result.hdl, make_box().hdl);
    return result;
  }
};

TEST_SUITE_BEGIN("interleavings.mailbox");

TEST_CASE_FIXTURE(consumer_scene, "a writer takes each message once, in order, "
                                  "and none waits for a wake-up") {
  auto throughput = size_t{100};
  SUBCASE("all that is there at once") {}
  SUBCASE("one at a time") {
    throughput = 1;
  }
  interleave([=](schedule& s) {
    auto x = make_writer();
    s.run({{"sender",
            [&] {
              x.push("1");
              x.push("2");
            }},
           {"worker", [&] {
              x.queue->run(throughput);
              x.queue->run(throughput);
            }}});
    x.run_all(throughput);
    expect(x.what->texts == strings{"1", "2"}, "both in order");
    expect(x.what->since_pause == 0, "then a pause");
    expect(x.where->is_empty() && balanced(x.where->read()), "it adds up");
  });
}

TEST_CASE_FIXTURE(consumer_scene, "so it does with what two senders send") {
  interleave([this](schedule& s) {
    auto x = make_writer();
    s.run({{"sender", [&] { x.push("1"); }},
           {"other sender", [&] { x.push("2"); }},
           {"worker", [&] { x.queue->run(100); }}});
    x.run_all(100);
    expect(x.what->texts.size() == 2, "both");
    expect(x.what->since_pause == 0, "then a pause");
    expect(x.where->is_empty(), "nothing is left");
  });
}

TEST_CASE_FIXTURE(consumer_scene,
                  "what a writer gets while it ends is taken or "
                  "becomes a dead letter") {
  interleave([this](schedule& s) {
    auto x = make_writer();
    x.push("end");
    s.run({{"sender",
            [&] {
              x.push("1");
              x.push("2");
            }},
           {"worker", [&] { x.queue->run(100); }}});
    x.run_all(100);
    auto end = x.where->read();
    expect(end.accepted == 3 && end.queued == 0, "all of them");
    expect(end.written + 1 == x.what->texts.size(), "what it took");
    expect(balanced(end) && x.where->is_empty(), "it adds up");
  });
}

TEST_SUITE_END();

} // namespace
