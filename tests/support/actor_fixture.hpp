// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/config.hpp"
#include "caf_remote/endpoint/endpoint_manager.hpp"
#include "caf_remote/endpoint/node.hpp"
#include "caf_remote/endpoint/remote_proxy.hpp"
#include "caf_remote/events.hpp"
#include "caf_remote/send.hpp"
#include "caf_remote/wire/handshake.hpp"
#include "caf_remote/wire/system_messages.hpp"

#include "support/fake_stream.hpp"
#include "support/peer_frames.hpp"
#include "support/test_messages.hpp"

#include <caf/all.hpp>
#include <caf/scheduler/test_coordinator.hpp>

#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace caf_remote::test {

/// An actor of ours that writes down whatever it is told: messages, down
/// messages, and exit messages, which it survives.
class witness {
public:
  witness() = default;

  explicit witness(caf::actor_system& sys);

  caf::actor hdl;

  /// Lets the actor do something, when it runs.
  void act(std::function<void(caf::event_based_actor*)> f);

  void monitor(const caf::actor& x);
  void demonitor(const caf::actor& x);
  void link_to(const caf::actor& x);
  void unlink_from(const caf::actor& x);
  void quit(caf::exit_reason reason = caf::exit_reason::normal);

  /// What arrived as a `T`, in order.
  template <class T>
  std::vector<T> all() const {
    std::vector<T> result;
    for (auto& x : *log_)
      if (x.match_elements<T>())
        result.push_back(x.get_as<T>(0));
    return result;
  }

  template <class T>
  size_t count() const {
    return all<T>().size();
  }

  /// Where the first `T` stands among all messages; `size()` if there is none.
  template <class T>
  size_t position_of() const {
    size_t result = 0;
    while (result < size() && !(*log_)[result].template match_elements<T>())
      ++result;
    return result;
  }

  size_t size() const {
    return log_->size();
  }

  const std::vector<caf::message>& everything() const {
    return *log_;
  }

  void clear() {
    log_->clear();
  }

  /// The reasons of the down messages, in order.
  std::vector<caf::error> downs() const;

  /// The reasons of the exit messages, in order.
  std::vector<caf::error> exits() const;

  /// The texts of the pings, in order.
  std::vector<std::string> texts() const;

private:
  std::shared_ptr<std::vector<caf::message>> log_;
};

/// Something for a witness to do.
struct task {
  std::function<void(caf::event_based_actor*)> f;
};

/// What became of one request.
struct outcome {
  size_t answers = 0;
  caf::message value;
  caf::error reason;

  bool failed_with(errc code) const {
    return answers == 1 && code_of(reason) == code;
  }

  template <class T>
  std::vector<T> as() const {
    if (answers == 1 && value.match_elements<T>())
      return {value.get_as<T>(0)};
    return {};
  }
};

using outcome_ptr = std::shared_ptr<outcome>;

/// Writes down what a tracing hook is told.
class recording_hook final : public tracing_hook {
public:
  std::vector<std::string> events;

  /// How many events begin with `prefix`.
  size_t events_of(std::string_view prefix) const {
    size_t result = 0;
    for (auto& x : events)
      result += x.compare(0, prefix.size(), prefix) == 0;
    return result;
  }

  void connected(const std::string& address,
                 const std::string& member_id) override;
  void disconnected(const std::string& address,
                    const std::string& reason) override;
  void reconnect_attempt(const std::string& address, size_t attempt,
                         size_t max_attempts) override;
  void dead_lettered(const pid& target, std::string_view type_name,
                     const caf::error& reason) override;
};

/// A node without a network: its actors run when the test says so, on a clock
/// that the test drives, and the test is the other end of each stream.
class actor_fixture {
public:
  static constexpr const char* own_address = "127.0.0.1:8090";
  static constexpr const char* peer_address = "127.0.0.1:9000";
  static constexpr const char* peer_member = "member-a";

  explicit actor_fixture(options opts = {});

  ~actor_fixture();

  actor_fixture(const actor_fixture&) = delete;
  actor_fixture& operator=(const actor_fixture&) = delete;

private:
  caf::actor_system_config cfg_;
  std::vector<fake_stream_ptr> inbound_;
  std::vector<fake_stream_ptr> probes_;

public:
  caf::actor_system sys;
  caf::scheduler::test_coordinator& sched;
  std::shared_ptr<fake_connector> connector;
  node_ptr home;
  /// Subscribed to the events.
  witness events;
  std::shared_ptr<std::vector<std::string>> log_lines;

  // -- time -------------------------------------------------------------------

  /// Runs all actors until none has anything to do.
  void run() {
    sched.run();
  }

  /// Lets time pass, with each timer at its own time.
  void advance(caf::timespan x);

  // -- our actors -------------------------------------------------------------

  witness spawn_witness() {
    return witness{sys};
  }

  /// Publishes an actor.
  void publish(const caf::actor& hdl, const std::string& name,
               delivery_mode mode = delivery_mode::decoded);

  /// An actor that answers pings with themselves, under a name.
  caf::actor publish_echo(const std::string& name);

  /// A witness under a name.
  witness publish_witness(const std::string& name);

  /// The handle for an actor of the peer.
  caf::actor remote(const std::string& id,
                    const std::string& address = peer_address);

  /// Sends without a sender.
  template <class T>
  void send(const caf::actor& to, T x) {
    caf::anon_send(to, std::move(x));
    run();
  }

  template <class T>
  void send(const caf::actor& to, T x, message_header header,
            int32_t serializer_id = 0) {
    caf_remote::anon_send(to, std::move(x), std::move(header), serializer_id);
    run();
  }

  void send_ping(const caf::actor& to, const std::string& text) {
    send(to, make_ping(text));
  }

  /// Sends a request from an actor of its own, that waits for a `Response`.
  template <class Response = Ping, class Request>
  outcome_ptr request(const caf::actor& to, Request x) {
    return outcome_of<Response>([&](caf::event_based_actor* self) {
      return self->request(to, caf::infinite, x);
    });
  }

  template <class Response = Ping, class Request>
  outcome_ptr request(const caf::actor& to, Request x, message_header header,
                      int32_t serializer_id = 0) {
    return outcome_of<Response>([&](caf::event_based_actor* self) {
      return caf_remote::request(self, to, caf::infinite, x, header,
                                 serializer_id);
    });
  }

  // -- streams that we dial ---------------------------------------------------

  size_t dials() const {
    return connector->dials.size();
  }

  fake_stream_ptr dialled(size_t index) const {
    return connector->dials.at(index).str;
  }

  /// The stream dialled last.
  fake_stream_ptr last_dialled() const {
    return connector->dials.back().str;
  }

  /// Answers the handshake on the stream dialled last, and ends each write on
  /// it at once from then on.
  fake_stream_ptr shake_hands(const std::string& member_id = peer_member,
                              const transport::metadata& intro = {});

  /// The same, but the test ends the writes that follow.
  fake_stream_ptr
  shake_hands_slowly(const std::string& member_id = peer_member);

  /// Connects to the peer by a message of no further interest.
  fake_stream_ptr connect(const std::string& member_id = peer_member,
                          const transport::metadata& intro = {});

  /// Fails the attempt to connect that is on its way.
  void refuse_connection();

  /// Fails attempt after attempt until the endpoint to the peer is given up.
  void refuse_all_connections();

  /// Cuts a stream.
  void cut(const fake_stream_ptr& x);

  /// The metadata of a peer that is caf_remote.
  static transport::metadata caf_remote_intro(size_t max_receive_bytes);

  // -- questions who lives at an address ---------------------------------------

  /// The stream by which an address is being asked, which is the last dialled;
  /// it does not count as dialled from then on.
  fake_stream_ptr take_probe();

  /// Answers the question; without a member id the address cannot be reached.
  void answer_probe(const std::string& member_id = "");

  // -- streams that peers dial ------------------------------------------------

  /// A peer has opened a stream and says nothing yet. `from` is where its
  /// connection comes from, if that matters.
  fake_stream_ptr open_inbound(const transport::metadata& intro = {},
                               const std::string& from = "");

  /// A peer has opened a stream and shaken hands.
  fake_stream_ptr accept(const std::string& member_id = peer_member,
                         const std::string& address = peer_address,
                         const transport::metadata& intro = {},
                         const std::string& from = "");

  /// What was written to the stream dialled last since the last look.
  std::vector<envelope> sent() const {
    return read_batches(last_dialled()->take_written());
  }

  /// Delivers a batch of the peer.
  void receive(const fake_stream_ptr& from, const std::vector<envelope>& xs);

  // -- figures ----------------------------------------------------------------

  /// The endpoint to the peer; null if there is none.
  endpoint_ptr peer_endpoint() const {
    return home->endpoints.find(peer_address);
  }

  /// How the peer knows our watcher of what lives at `address`.
  std::string watcher_id(const std::string& address = peer_address) const;

  /// What became of the messages to the peer, endpoints that are over included.
  endpoint_counters totals() const;

  size_t dead_letters(errc reason) const {
    return home->dead_letters(reason);
  }

private:
  /// Lets an actor of its own ask something, and runs until nothing is to do.
  template <class Response, class Ask>
  outcome_ptr outcome_of(Ask ask) {
    auto result = std::make_shared<outcome>();
    sys.spawn([&ask, result](caf::event_based_actor* self) {
      ask(self).then(
        [result](const Response& y) {
          ++result->answers;
          result->value = caf::make_message(y);
        },
        [result](caf::error& err) {
          ++result->answers;
          result->reason = std::move(err);
        });
    });
    run();
    return result;
  }
};

/// Whether the figures add up.
inline bool balanced(const endpoint_counters& x) {
  return x.accepted == x.written + x.dead_lettered + x.queued;
}

/// Two writes are in flight to `joe`, of one message each: "first", "second".
struct two_writes_fixture : actor_fixture {
  two_writes_fixture();

  fake_stream_ptr str;
};

} // namespace caf_remote::test

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(caf_remote::test::task)
