// SPDX-License-Identifier: BSD-3-Clause

#include "simulation/frame_node.hpp"

#include <algorithm>
#include <utility>

namespace caf_remote::test {

// -- streams ------------------------------------------------------------------

// The node outlives its streams: the network ends them before.
class frame_node::ear final : public transport::stream_listener {
public:
  ear(frame_node* owner, line_ptr which)
    : owner_(owner), which_(std::move(which)) {
    // nop
  }

  void on_metadata(transport::metadata) override {
    // nop
  }

  void on_message(transport::frame bytes) override {
    owner_->later([me = owner_, x = which_, bytes = std::move(bytes)] {
      me->on_frame(x, bytes);
      if (!x->over)
        x->str->read();
    });
  }

  void on_half_closed() override {
    owner_->later([me = owner_, x = which_] { me->on_half_closed(x); });
  }

  void on_written() override {
    owner_->later([x = which_] { x->written(); });
  }

  void on_closed(transport::status why) override {
    owner_->later([me = owner_, x = which_, why = std::move(why)] {
      x->over = true;
      me->on_over(x, why);
    });
  }

private:
  frame_node* owner_;
  line_ptr which_;
};

// One frame at a time.
void frame_node::line::write(std::string frame) {
  if (over)
    return;
  if (std::exchange(writing_, true))
    waiting_.push_back(std::move(frame));
  else
    str->write(std::move(frame));
}

void frame_node::line::written() {
  if (over)
    return;
  writing_ = !waiting_.empty();
  if (!writing_)
    return;
  str->write(std::move(waiting_.front()));
  waiting_.pop_front();
}

// -- the node -----------------------------------------------------------------

frame_node::frame_node(scene& all, checker::run_id id)
  : machine(all, id), connector_(std::make_shared<fake_connector>()) {
  // nop
}

network::outlet frame_node::outlet() {
  return {connector_, [] { return transport::metadata{}; },
          [this](transport::incoming x) {
            auto result = std::make_shared<line>();
            result->str = std::move(x.str);
            lines_.push_back(result);
            result->str->attach(std::make_shared<ear>(this, result));
            result->str->read();
          }};
}

frame_node::line_ptr frame_node::dial(const std::string& address) {
  auto result = std::make_shared<line>();
  result->dialled = address;
  result->str = connector_->dial(address, {},
                                 std::make_shared<ear>(this, result));
  result->str->read();
  lines_.push_back(result);
  return result;
}

const std::vector<frame_node::line_ptr>& frame_node::lines() {
  auto is_over = [](const line_ptr& x) { return x->over; };
  lines_.erase(std::remove_if(lines_.begin(), lines_.end(), is_over),
               lines_.end());
  return lines_;
}

// -- time ---------------------------------------------------------------------

bool frame_node::run_one(dice&) {
  if (jobs_.empty())
    return false;
  auto job = std::move(jobs_.front());
  jobs_.pop_front();
  job();
  return true;
}

void frame_node::after(caf::timespan x, std::function<void()> f) {
  timers_.push_back({now_ + x, std::move(f)});
}

caf::timespan frame_node::next_timer() const {
  auto result = caf::timespan::max();
  for (auto& x : timers_)
    result = std::min(result, x.due - now_);
  return result;
}

void frame_node::advance(caf::timespan x) {
  now_ += x;
  auto is_due = [this](const timer& y) { return y.due <= now_; };
  for (auto& y : timers_)
    if (is_due(y))
      later(std::move(y.f));
  timers_.erase(std::remove_if(timers_.begin(), timers_.end(), is_due),
                timers_.end());
}

} // namespace caf_remote::test
