// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "support/go_peer.hpp"
#include "support/inbox.hpp"

#include <caf/all.hpp>

#include <atomic>
#include <memory>
#include <string>
#include <utility>

namespace caf_remote::test {

using google::protobuf::BytesValue;
using google::protobuf::StringValue;
using google::protobuf::UInt64Value;

// -- messages that a Go peer knows --------------------------------------------

inline StringValue text(std::string x) {
  StringValue result;
  result.set_value(std::move(x));
  return result;
}

inline BytesValue bytes(size_t size) {
  BytesValue result;
  result.set_value(std::string(size, 'x'));
  return result;
}

inline raw_message empty_message() {
  return {"google.protobuf.Empty", 0, ""};
}

// -- actors -------------------------------------------------------------------

/// Answers with the same message.
inline caf::behavior echo(caf::event_based_actor*) {
  return {
    [](const StringValue& x) { return x; },
    [](const BytesValue& x) { return x; },
    [](raw_message& x) { return std::move(x); },
  };
}

/// What a sink has seen; the counterpart of the Go peer's sink.
struct sink_figures {
  std::atomic<uint64_t> count{0};
  std::atomic<uint64_t> last{0};
  std::atomic<uint64_t> bytes{0};
  /// Numbers that are not their predecessor plus one.
  std::atomic<uint64_t> disorder{0};
};

using sink_ptr = std::shared_ptr<sink_figures>;

inline caf::behavior sink(caf::event_based_actor*, sink_ptr seen) {
  return {
    [seen](const StringValue& x) {
      auto number = std::stoull(x.value());
      if (seen->count > 0 && number != seen->last + 1)
        ++seen->disorder;
      seen->last = number;
      seen->bytes += x.value().size();
      ++seen->count;
    },
    [seen](const BytesValue& x) {
      seen->bytes += x.value().size();
      ++seen->count;
    },
  };
}

/// Ends on any message.
inline caf::behavior stopper(caf::event_based_actor* self) {
  return {
    [self](const StringValue&) { self->quit(); },
  };
}

/// Takes nothing and lives until it is told to end.
inline caf::behavior idle(caf::event_based_actor*) {
  return {
    [](const UInt64Value&) {},
  };
}

// -- one system and one Go node -----------------------------------------------

/// Retries that do not keep the tests waiting.
inline loopback_node::settings brisk(loopback_node::settings more = {}) {
  loopback_node::settings result{
    {"max-retry-count", caf::config_value{int64_t{1}}},
    {"retry-wait", caf::config_value{caf::timespan{100000000}}},
  };
  for (auto& x : more)
    result.push_back(std::move(x));
  return result;
}

/// The same, but a peer that is away is waited for.
inline loopback_node::settings patient(loopback_node::settings more = {}) {
  more.emplace_back("max-retry-count", caf::config_value{int64_t{200}});
  return brisk(std::move(more));
}

inline std::pair<std::string, caf::config_value> setting(const char* key,
                                                         int64_t value) {
  return {key, caf::config_value{value}};
}

/// A CAF system and a Go node that can reach each other. `me` is an inbox in
/// the former.
class scene {
public:
  explicit scene(const loopback_node::settings& xs = brisk(),
                 go_peer::options opts = {})
    : node(xs), me(node), go(std::move(opts)) {
    REQUIRE_FALSE(node.rm().declare_type("google.protobuf.Empty"));
  }

  /// A handle for an actor of the Go node.
  caf::actor there(const std::string& name) {
    return node.remote(go.address(), name);
  }

  /// Publishes an actor on our side.
  caf::actor publish(const std::string& name, caf::actor hdl) {
    auto err = node.rm().publish(hdl, name);
    REQUIRE_MESSAGE(!err, render(err));
    return hdl;
  }

  template <class F, class... Ts>
  caf::actor publish_new(const std::string& name, F f, Ts... xs) {
    return publish(name, node.sys().spawn(f, std::move(xs)...));
  }

  /// The arguments of Go's commands that name an actor of ours.
  std::string here(const std::string& name) {
    return node.address() + " " + name;
  }

  /// Whether both sides still understand each other, in both directions.
  void check_both_alive() {
    REQUIRE(go.alive());
    auto pong = node.rm().ping(go.address(), "activator", long_time);
    CHECK_MESSAGE(pong, render(pong ? caf::error{} : pong.error()));
    CHECK_EQ(go.command("touch " + here("activator") + " 30000"),
             "who=" + node.address() + "/activator");
  }

  /// Asks a sink of the Go node what it has seen.
  std::string sink_summary(const std::string& name) {
    return go.command("count " + name);
  }

  loopback_node node;
  inbox me;
  go_peer go;
};

} // namespace caf_remote::test
