// SPDX-License-Identifier: BSD-3-Clause

// What senders do to an endpoint while its manager opens or ends it.

#include "interleavings/scene.hpp"

using namespace caf_remote;
using namespace caf_remote::test;

namespace {

options small() {
  options result;
  result.pause_messages = 2;
  // two small messages are more than half, one is not
  result.control_bytes = 800;
  return result;
}

struct endpoint_scene : scene {
  endpoint_scene() : scene(small()) {
    // the one that takes what comes too late for those of the cases
    errc why = errc::none;
    next = home->endpoints.acquire(peer_address, why);
    run();
  }

  endpoint_ptr make_open(const box& writer, const box& watcher) {
    auto result = make_endpoint();
    result->open(writer.hdl, watcher.hdl);
    return result;
  }

  endpoint_ptr next;
};

TEST_SUITE_BEGIN("interleavings.endpoint");

TEST_CASE_FIXTURE(endpoint_scene, "what is sent while an endpoint opens comes "
                                  "once and in order") {
  interleave([this](schedule& s) {
    auto writer = make_box();
    auto watcher = make_box();
    auto x = make_endpoint();
    auto first = make_message("1");
    auto second = make_message("2");
    s.run({{"sender",
            [&] {
              x->push(std::move(first));
              x->push(std::move(second));
            }},
           {"manager", [&] { x->open(writer.hdl, watcher.hdl); }}});
    expect(writer->take_payloads(*x) == strings{"1", "2"}, "both in order");
    expect(balanced(x->read()) && x->is_empty(), "it adds up");
  });
}

TEST_CASE_FIXTURE(endpoint_scene, "so does what is said to its watcher") {
  interleave([this](schedule& s) {
    auto writer = make_box();
    auto watcher = make_box();
    auto x = make_endpoint();
    s.run({{"sender",
            [&] {
              x->post_to_watcher(address_over{});
              x->post_to_watcher(address_over{});
            }},
           {"manager", [&] { x->open(writer.hdl, watcher.hdl); }}});
    expect(watcher->size() == 2, "both");
  });
}

TEST_CASE_FIXTURE(endpoint_scene,
                  "a message keeps an endpoint open, or goes to "
                  "the next one") {
  interleave([this](schedule& s) {
    auto writer = make_box();
    auto watcher = make_box();
    auto x = make_open(writer, watcher);
    auto msg = make_message("1");
    auto before = next->read().accepted;
    auto closed = false;
    s.run({{"sender", [&] { x->push(std::move(msg)); }},
           {"manager", [&] { closed = x->close_if_unused(); }}});
    auto passed_on = next->read().accepted - before;
    expect(passed_on == (closed ? 1 : 0), "to the next one if it is closed");
    expect(writer->take_payloads(*x).size() == 1 - passed_on, "nowhere else");
    expect(x->closed_unused() == closed, "it says so");
    expect(balanced(x->read()) && x->is_empty(), "it adds up");
  });
}

TEST_CASE_FIXTURE(endpoint_scene, "what an endpoint gets that is given up "
                                  "becomes a dead letter, once") {
  interleave([this](schedule& s) {
    auto x = make_endpoint();
    auto msg = make_message("1");
    s.run({{"sender", [&] { x->push(std::move(msg)); }},
           {"manager", [&] { x->abandon(); }}});
    auto end = x->read();
    expect(end.accepted == 1 && end.dead_lettered == 1, "one dead letter");
    expect(balanced(end) && x->is_empty(), "it adds up");
  });
}

TEST_CASE_FIXTURE(endpoint_scene, "who waits for room is told once") {
  interleave([this](schedule& s) {
    auto writer = make_box();
    auto watcher = make_box();
    auto waiter = make_box();
    auto x = make_open(writer, watcher);
    x->push(make_message("1"));
    x->push(make_message("2"));
    auto charges = writer->charges();
    s.run({{"waiter", [&] { x->notify_when_room(waiter.hdl); }},
           {"writer", [&] { x->written(1, charges[0], 0, 0); }}});
    expect(waiter->size() == 1, "told once");
    x->written(1, charges[1], 0, 0);
    expect(waiter->size() == 1, "and not again");
    writer->settle_all();
  });
}

TEST_CASE_FIXTURE(endpoint_scene,
                  "so is a watcher that waits for room for what "
                  "it has to say") {
  interleave([this](schedule& s) {
    auto writer = make_box();
    auto watcher = make_box();
    auto x = make_open(writer, watcher);
    x->ask("joe", 1);
    x->ask("joe", 2);
    auto charges = writer->charges();
    s.run({{"watcher", [&] { x->notify_when_control_room(watcher.hdl); }},
           {"writer", [&] { x->written(0, 0, 1, charges[0]); }}});
    expect(watcher->size() == 1, "told once");
    x->written(0, 0, 1, charges[1]);
    expect(watcher->size() == 1, "and not again");
    writer->settle_all();
  });
}

TEST_CASE_FIXTURE(endpoint_scene, "who waits for an empty queue is told when "
                                  "the last message has gone elsewhere") {
  interleave([this](schedule& s) {
    auto writer = make_box();
    auto watcher = make_box();
    auto waiter = make_box();
    auto x = make_open(writer, watcher);
    auto msg = make_message("1");
    auto closed = false;
    s.run({{"sender", [&] { x->push(std::move(msg)); }},
           {"manager", [&] {
              closed = x->close_if_unused();
              x->notify_when_empty(waiter.hdl);
            }}});
    expect(!closed || waiter->size() == 1, "told, since all is gone");
    writer->take_payloads(*x);
    expect(waiter->size() == 1, "told at last");
  });
}

TEST_CASE_FIXTURE(endpoint_scene, "or when it has become a dead letter") {
  interleave([this](schedule& s) {
    auto writer = make_box();
    auto watcher = make_box();
    auto waiter = make_box();
    auto x = make_open(writer, watcher);
    x->push(make_message("1"));
    auto msg = writer->take_last();
    s.run({{"writer", [&] { x->discard(std::move(msg), errc::blocked); }},
           {"manager", [&] { x->notify_when_empty(waiter.hdl); }}});
    expect(waiter->size() == 1, "told once");
  });
}

TEST_CASE_FIXTURE(endpoint_scene, "who waits for room is told of the end") {
  interleave([this](schedule& s) {
    auto writer = make_box();
    auto watcher = make_box();
    auto waiter = make_box();
    auto x = make_open(writer, watcher);
    x->push(make_message("1"));
    x->push(make_message("2"));
    s.run({{"waiter", [&] { x->notify_when_room(waiter.hdl); }},
           {"manager", [&] { x->close(); }}});
    expect(waiter->size() == 1, "told once");
    writer->take_payloads(*x);
  });
}

TEST_CASE_FIXTURE(endpoint_scene, "who finds why messages are lost finds the "
                                  "text as well") {
  interleave([this](schedule& s) {
    auto x = make_endpoint();
    auto msg = make_message("1");
    s.run({{"sender", [&] { x->discard(std::move(msg), errc::blocked); }},
           {"writer",
            [&] {
              x->loss_reason(errc::blocked, "a long text that "
                                            "is on the heap");
            }},
           {"other", [&] { x->loss_reason(errc::unconfirmed, "too late"); }}});
  });
}

TEST_SUITE_END();

} // namespace
