// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/outbox.hpp"

#include "caf_remote/endpoint/outbound_builder.hpp"

#include "support/peer_frames.hpp"

#include <doctest/doctest.h>

using namespace caf_remote;
using namespace caf_remote::test;

namespace {

struct outbox_fixture {
  void push(const std::string& payload, const std::string& target = "joe") {
    box.push(make_outbound({target, {}, {}}, "some.Type", true, payload));
  }

  outbox::batch next() {
    return box.next(
      limits, "peer:1", "own:1",
      [this](const outbound_element& x) { return may(x); },
      [this](outbound_ptr x, errc why) {
        rejected.emplace_back(std::string{x->payload()}, why);
      });
  }

  std::vector<std::string> next_payloads() {
    std::vector<std::string> result;
    auto batch = next();
    if (batch.messages.empty())
      return result;
    for (auto& x : read_batch(batch.frame))
      result.push_back(x.payload);
    return result;
  }

  using strings = std::vector<std::string>;

  outbox box;
  outbox::limits limits{10, 10000, 10000};
  outbox::filter may = [](const outbound_element&) { return errc::none; };
  std::vector<std::pair<std::string, errc>> rejected;
};

TEST_SUITE_BEGIN("endpoint.outbox");

TEST_CASE_FIXTURE(outbox_fixture, "batches are cut by count, in order") {
  limits.count = 2;
  for (auto x : {"a", "b", "c"})
    push(x);
  CHECK_EQ(next_payloads(), strings{"a", "b"});
  CHECK_EQ(next_payloads(), strings{"c"});
  CHECK(box.empty());
  CHECK(next().messages.empty());
}

TEST_CASE_FIXTURE(outbox_fixture, "batches are cut by bytes") {
  limits.batch_bytes = 500;
  for (int i = 0; i < 4; ++i)
    push(std::string(200, 'x'));
  auto batch = next();
  CHECK_LE(batch.frame.size(), 500);
  CHECK_EQ(batch.messages.size() + box.size(), 4);
  CHECK_GE(batch.messages.size(), 1);
}

TEST_CASE_FIXTURE(outbox_fixture,
                  "one message may exceed the batch but not the "
                  "frame") {
  limits.batch_bytes = 100;
  limits.frame_bytes = 1000;
  push(std::string(500, 'a'));
  push(std::string(2000, 'b'));
  push("c");
  CHECK_EQ(next_payloads(), strings{std::string(500, 'a')});
  CHECK_EQ(next_payloads(), strings{"c"});
  REQUIRE_EQ(rejected.size(), 1);
  CHECK_EQ(rejected[0].second, errc::message_too_large);
}

TEST_CASE_FIXTURE(outbox_fixture,
                  "what must not be sent is handed back and does "
                  "not cost its neighbours") {
  may = [](const outbound_element& x) {
    return x.payload() == "b" ? errc::peer_cannot_take : errc::none;
  };
  for (auto x : {"a", "b", "c"}) {
    auto msg = make_outbound({"joe", {}, {}}, "some.Type", true, x);
    msg->need = peer_need::knows_type;
    box.push(std::move(msg));
  }
  CHECK_EQ(next_payloads(), strings{"a", "c"});
  REQUIRE_EQ(rejected.size(), 1);
  CHECK_EQ(rejected[0],
           std::make_pair(std::string{"b"}, errc::peer_cannot_take));
}

TEST_CASE_FIXTURE(outbox_fixture,
                  "targets get the peer's address, senders ours "
                  "or their own") {
  auto with_sender = [&](const std::string& address) {
    box.push(make_outbound({"joe", "me", address}, "some.Type", true, ""));
  };
  with_sender("");
  with_sender("third:1");
  auto xs = read_batch(next().frame);
  REQUIRE_EQ(xs.size(), 2);
  CHECK_EQ(xs[0].target, pid{"peer:1", "joe"});
  CHECK_EQ(xs[0].sender, pid{"own:1", "me"});
  CHECK_EQ(xs[1].sender, pid{"third:1", "me"});
}

TEST_CASE_FIXTURE(outbox_fixture, "a batch says what is in it") {
  push("a");
  auto request = make_outbound({"joe", "me", {}}, "some.Type", true, "b");
  request->request = 7;
  box.push(std::move(request));
  auto watch = make_outbound({"joe", {}, {}}, "actor.Watch", true, "c");
  watch->which = lane::control;
  watch->control_seq = 5;
  auto watch_bytes = watch->charge();
  box.push(std::move(watch));
  auto batch = next();
  CHECK_EQ(batch.user_messages, 2);
  CHECK_EQ(batch.user_bytes,
           batch.messages[0]->charge() + batch.messages[1]->charge());
  CHECK_EQ(batch.control_messages, 1);
  CHECK_EQ(batch.control_bytes, watch_bytes);
  CHECK_EQ(batch.control_seq, 5);
  CHECK_EQ(batch.requests, std::vector<uint32_t>{7});
}

TEST_CASE_FIXTURE(outbox_fixture, "a place that is refused is passed, too") {
  auto watch = make_outbound({"joe", {}, {}}, "actor.Watch", true, "c");
  watch->control_seq = 5;
  watch->need = peer_need::caf_remote;
  box.push(std::move(watch));
  may = [](const outbound_element&) { return errc::peer_cannot_take; };
  auto batch = next();
  CHECK(batch.messages.empty());
  CHECK_EQ(batch.control_seq, 5);
}

TEST_CASE_FIXTURE(outbox_fixture, "the memory that is provided serves") {
  std::string memory;
  memory.reserve(1u << 16);
  auto place = memory.data();
  box.provide(std::move(memory));
  push("a");
  CHECK_EQ(next().frame.data(), place);
}

TEST_CASE_FIXTURE(outbox_fixture, "drain takes out what is left, in order") {
  push("a");
  push("b");
  auto xs = box.drain();
  REQUIRE_EQ(xs.size(), 2);
  CHECK_EQ(xs[0]->payload(), "a");
  CHECK(box.empty());
}

TEST_SUITE_END();

} // namespace
