// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/transport/stream.hpp"

#include "simulation/dice.hpp"
#include "support/fake_stream.hpp"

#include <caf/timespan.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace caf_remote::test {

/// Connects nodes that think they have gRPC. Nothing moves but in `tick`, and
/// what moves then is drawn: frames arrive late, writes end late, the two ends
/// of a connection hear of its loss at different times. What is in flight then
/// is lost from the end, as in TCP.
class network {
public:
  /// What a node shows of itself to the network.
  struct outlet {
    /// What it dials.
    std::shared_ptr<fake_connector> connector;
    /// What those are told who dial it.
    std::function<transport::metadata()> introduction;
    /// Takes a connection.
    std::function<void(transport::incoming)> accept;
  };

  /// A machine with a node, or without one at the moment.
  struct host {
    std::string ip;
    /// All that lead here.
    std::vector<std::string> addresses;
    /// Behind address translation: nobody can dial it, ever.
    bool hidden = false;
    /// None: nobody listens.
    std::optional<outlet> node = std::nullopt;
    /// How many of the node's dials were looked at.
    size_t seen = 0;
  };

  /// A frame on its way from one host to another, over one connection.
  struct passage {
    uint32_t link;
    size_t from;
    size_t to;
    const std::string& frame;
  };

  /// Told of each frame that a node hands to a stream, and of each that comes
  /// to the other end; of each connection that is lost; and of each stream that
  /// a node misuses.
  struct observer {
    std::function<void(const passage&)> on_written;
    std::function<void(const passage&)> on_arrived;
    std::function<void(uint32_t link)> on_lost;
    std::function<void(size_t host)> on_misused;
  };

  explicit network(observer x) : observer_(std::move(x)) {
    // nop
  }

  std::vector<host> hosts;

  // -- faults -----------------------------------------------------------------

  /// A connection is lost.
  void cut(dice& rng);

  /// A connection is lost, and neither end hears of it for long.
  void freeze(dice& rng);

  /// Dials from one host to another fail: are refused, or lead to nowhere.
  void forbid(size_t from, size_t to, bool refuse);
  void allow(size_t from, size_t to);

  /// The next stream that a host dials, or the next read of one, fails for want
  /// of memory.
  void run_short(size_t index, dice& rng);

  /// Frames take long, or not.
  void slow(bool x) noexcept {
    slow_ = x;
  }

  /// The node of a host is gone without a word. Its system may be destroyed
  /// afterwards.
  void lose(size_t index, dice& rng);

  /// Nothing is forbidden, slow, or unheard of any more.
  void heal();

  /// Whether something is forbidden, slow, lost, or unheard of.
  bool is_disturbed() const;

  // -- time -------------------------------------------------------------------

  /// Something moves, or nothing.
  void tick(dice& rng);

  void advance(caf::timespan x) {
    now_ += x;
  }

private:
  struct dial {
    size_t from;
    fake_connector::dialled what;
    caf::timespan due;
    /// It goes nowhere.
    bool lost = false;
  };

  /// One end of a connection. Null stream: its node is gone.
  struct end {
    fake_stream_ptr str;
    std::deque<std::string> in_flight; // to the other end
    /// Ticks until it hears that the connection is lost.
    uint32_t hears_in = 0;
  };

  struct connection {
    uint32_t id;
    size_t dialler;
    size_t listener;
    end out;
    end in;
    bool cut = false;
    /// What is in the way comes just before the ends hear of the loss.
    bool held_back = false;
    bool half_closed = false;
  };

  void look_for_dials();
  bool answer(dial& x, dice& rng);
  void connect(dial& x, size_t to);
  void lose(connection& x, dice& rng, uint32_t longest);
  void move(connection& x, dice& rng);
  void send(end& from, dice& rng) const;
  void deliver(connection& x, end& from, dice& rng);
  void arrive(connection& x, end& from);
  void retire(connection& x);
  void hear(connection& x, dice& rng);
  bool is_over(const connection& x) const;

  observer observer_;
  std::deque<dial> dials_;
  std::deque<connection> links_;
  std::set<std::pair<size_t, size_t>> refused_;
  std::set<std::pair<size_t, size_t>> swallowed_;
  uint32_t last_link_ = 0;
  caf::timespan now_{0};
  bool slow_ = false;
};

} // namespace caf_remote::test
