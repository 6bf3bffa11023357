// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/endpoint/endpoint.hpp"
#include "caf_remote/endpoint/outbound_builder.hpp"

#include "interleavings/schedule.hpp"
#include "support/actor_fixture.hpp"

#include <caf/event_based_actor.hpp>

#include <mutex>
#include <string>
#include <vector>

namespace caf_remote::test {

/// An actor that never runs and keeps what it is sent, in order.
class letter_box : public caf::event_based_actor {
public:
  using caf::event_based_actor::event_based_actor;

  void enqueue(caf::mailbox_element_ptr x, caf::execution_unit*) override {
    std::lock_guard<std::mutex> guard{mtx_};
    letters_.push_back(std::move(x));
  }

  size_t size() const {
    return letters_.size();
  }

  /// The payloads of outbound messages, which count as written from now on.
  std::vector<std::string> take_payloads(endpoint& from) {
    std::vector<std::string> result;
    for (auto& x : letters_) {
      auto msg = dynamic_cast<outbound_element*>(x.get());
      if (msg == nullptr)
        continue;
      result.emplace_back(msg->payload());
      msg->settle();
      from.written(1, msg->charge(), 0, 0);
    }
    letters_.clear();
    return result;
  }

  /// Takes the last letter, an outbound message.
  outbound_ptr take_last() {
    auto result = dynamic_cast<outbound_element*>(letters_.back().release());
    letters_.pop_back();
    return outbound_ptr{result};
  }

  /// What the outbound messages are charged with.
  std::vector<size_t> charges() const {
    std::vector<size_t> result;
    for (auto& x : letters_)
      if (auto msg = dynamic_cast<const outbound_element*>(x.get()))
        result.push_back(msg->charge());
    return result;
  }

  /// Forgets what was counted elsewhere.
  void settle_all() {
    for (auto& x : letters_)
      if (auto msg = dynamic_cast<outbound_element*>(x.get()))
        msg->settle();
    letters_.clear();
  }

private:
  std::mutex mtx_;
  std::vector<caf::mailbox_element_ptr> letters_;
};

/// A node whose own actors do not run while the threads of a case do. They are
/// not in the game: each run makes the objects that are.
struct scene : actor_fixture {
  explicit scene(options opts = {}) : actor_fixture(std::move(opts)) {
    // what they were told before is no business of a schedule
    home->log.sink(nullptr);
    home->events->unsubscribe(events.hdl);
  }

  struct box {
    caf::actor hdl;

    letter_box* operator->() const {
      return static_cast<letter_box*>(
        caf::actor_cast<caf::abstract_actor*>(hdl));
    }
  };

  box make_box() {
    return {sys.spawn<letter_box, caf::lazy_init>()};
  }

  endpoint_ptr make_endpoint() {
    return caf::make_counted<endpoint>(
      home, home->endpoints.peer_of(peer_address), 1000);
  }

  static outbound_ptr make_message(std::string_view payload) {
    return make_outbound({"joe", {}, {}}, "some.Type", false, payload);
  }
};

using strings = std::vector<std::string>;

} // namespace caf_remote::test
