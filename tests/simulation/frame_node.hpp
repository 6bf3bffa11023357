// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/transport/stream.hpp"

#include "simulation/machine.hpp"
#include "support/peer_frames.hpp"

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace caf_remote::test {

/// A node that is not this module: it reads and writes frames. What its streams
/// tell is not done at once but waits for its turn.
class frame_node : public machine {
public:
  frame_node(scene& all, checker::run_id id);

  network::outlet outlet() override;
  bool run_one(dice& rng) override;
  caf::timespan next_timer() const override;
  void advance(caf::timespan x) override;

protected:
  /// One stream, from its beginning to its end.
  struct line {
    transport::stream_ptr str;
    /// Empty: the other end has dialled.
    std::string dialled;
    bool over = false;

    void write(std::string frame);
    void written();

    /// The frames whose write has not begun, and never will.
    std::deque<std::string> take_waiting() {
      return std::exchange(waiting_, {});
    }

  private:
    bool writing_ = false;
    std::deque<std::string> waiting_;
  };

  using line_ptr = std::shared_ptr<line>;

  line_ptr dial(const std::string& address);

  virtual void on_frame(const line_ptr& from, const std::string& frame) = 0;

  virtual void on_half_closed(const line_ptr& from) = 0;

  /// Nothing is written to it any more, and nothing comes.
  virtual void on_over(const line_ptr& which, const transport::status& why) = 0;

  /// Does something when it is its turn, after all that waits.
  void later(std::function<void()> f) {
    jobs_.push_back(std::move(f));
  }

  /// The same, when some time has passed.
  void after(caf::timespan x, std::function<void()> f);

  /// All that are not over.
  const std::vector<line_ptr>& lines();

private:
  class ear;

  struct timer {
    caf::timespan due;
    std::function<void()> f;
  };

  std::shared_ptr<fake_connector> connector_;
  std::vector<line_ptr> lines_;
  std::deque<std::function<void()>> jobs_;
  std::vector<timer> timers_;
  caf::timespan now_{0};
};

} // namespace caf_remote::test
