// SPDX-License-Identifier: BSD-3-Clause

#include "simulation/network.hpp"

#include <algorithm>
#include <utility>

namespace caf_remote::test {

namespace {

using transport::status_code;

// What the buffers of a connection hold before writes wait.
constexpr size_t window = 4;

// Ticks until an end hears of a loss: soon, or when TCP gives up.
constexpr uint32_t soon = 20;
constexpr uint32_t late = 400;

} // namespace

// -- faults -------------------------------------------------------------------

void network::cut(dice& rng) {
  if (!links_.empty())
    lose(links_[rng.below(links_.size())], rng, soon);
}

void network::freeze(dice& rng) {
  if (!links_.empty())
    lose(links_[rng.below(links_.size())], rng, late);
}

void network::lose(connection& x, dice& rng, uint32_t longest) {
  if (x.cut)
    return;
  x.cut = true;
  x.held_back = rng.one_in(3);
  observer_.on_lost(x.id);
  for (auto y : {&x.out, &x.in}) {
    // what was handed to it is in the way, or not
    send(*y, rng);
    y->in_flight.resize(rng.below(y->in_flight.size() + 1));
    y->hears_in = rng.one_in(2) ? 1 : 1 + rng.below(longest);
  }
}

void network::forbid(size_t from, size_t to, bool refuse) {
  (refuse ? refused_ : swallowed_).emplace(from, to);
}

void network::allow(size_t from, size_t to) {
  refused_.erase({from, to});
  swallowed_.erase({from, to});
}

void network::run_short(size_t index, dice& rng) {
  auto& x = hosts[index];
  if (!x.node)
    return;
  x.node->connector->fail_next = true;
  for (auto& y : links_)
    for (auto [who, mine] :
         {std::pair{y.dialler, &y.out}, std::pair{y.listener, &y.in}})
      if (who == index && mine->str != nullptr && rng.one_in(4))
        mine->str->fail_next_read();
}

void network::lose(size_t index, dice& rng) {
  auto& gone = hosts[index];
  look_for_dials();
  for (auto& x : dials_)
    if (x.from == index)
      x.what.str = nullptr;
  for (auto& x : links_) {
    if (x.dialler != index && x.listener != index)
      continue;
    lose(x, rng, rng.one_in(3) ? late : soon);
    for (auto [who, mine] :
         {std::pair{x.dialler, &x.out}, std::pair{x.listener, &x.in}}) {
      if (who != index)
        continue;
      if (mine->str != nullptr)
        mine->str->close(status_code::cancelled);
      mine->str = nullptr;
    }
  }
  gone.node.reset();
  gone.seen = 0;
}

void network::heal() {
  refused_.clear();
  swallowed_.clear();
  slow_ = false;
  for (auto& x : dials_)
    x.lost = false;
  for (auto& x : links_)
    for (auto y : {&x.out, &x.in}) {
      y->hears_in = std::min(y->hears_in, 1u);
      if (y->str != nullptr)
        y->str->fail_next_read(false);
    }
  for (auto& x : hosts)
    if (x.node)
      x.node->connector->fail_next = false;
}

bool network::is_disturbed() const {
  auto lost = [](const dial& x) { return x.lost; };
  auto unheard = [](const connection& x) { return x.cut; };
  return slow_ || !refused_.empty() || !swallowed_.empty()
         || std::any_of(dials_.begin(), dials_.end(), lost)
         || std::any_of(links_.begin(), links_.end(), unheard);
}

// -- time ---------------------------------------------------------------------

void network::tick(dice& rng) {
  look_for_dials();
  for (size_t n = dials_.size(); n > 0; --n) {
    auto x = std::move(dials_.front());
    dials_.pop_front();
    if (!answer(x, rng))
      dials_.push_back(std::move(x));
  }
  for (auto& x : links_)
    move(x, rng);
  for (auto i = links_.begin(); i != links_.end();)
    if (is_over(*i)) {
      retire(*i);
      i = links_.erase(i);
    } else {
      ++i;
    }
}

void network::retire(connection& x) {
  for (auto [who, mine] :
       {std::pair{x.dialler, &x.out}, std::pair{x.listener, &x.in}})
    if (mine->str != nullptr && mine->str->misused())
      observer_.on_misused(who);
}

// -- dials --------------------------------------------------------------------

void network::look_for_dials() {
  for (size_t i = 0; i < hosts.size(); ++i) {
    auto& x = hosts[i];
    if (!x.node)
      continue;
    auto& made = x.node->connector->dials;
    for (; x.seen < made.size(); ++x.seen)
      dials_.push_back(
        {i, made[x.seen], now_ + made[x.seen].opts.connect_timeout, false});
  }
}

// Returns false if it stays open.
bool network::answer(dial& x, dice& rng) {
  auto& str = x.what.str;
  if (str == nullptr || str->over())
    return true;
  if (x.due <= now_) {
    str->close(status_code::deadline_exceeded, "no connection in time");
    return true;
  }
  if (x.lost || (slow_ && !rng.one_in(4)))
    return false;
  auto leads_here = [&](const host& y) {
    auto& xs = y.addresses;
    return std::find(xs.begin(), xs.end(), x.what.address) != xs.end();
  };
  auto i = std::find_if(hosts.begin(), hosts.end(), leads_here);
  auto to = static_cast<size_t>(i - hosts.begin());
  if (i != hosts.end() && i->hidden && to != x.from) {
    str->close(status_code::unavailable, "no route to host");
    return true;
  }
  if (swallowed_.count({x.from, to}) != 0) {
    x.lost = true;
    return false;
  }
  if (i == hosts.end() || !i->node || refused_.count({x.from, to}) != 0) {
    str->close(status_code::unavailable, "connection refused");
    return true;
  }
  connect(x, to);
  return true;
}

void network::connect(dial& x, size_t to) {
  auto& listener = hosts[to];
  auto in = std::make_shared<fake_stream>();
  in->from = hosts[x.from].ip + ":50000";
  auto id = ++last_link_;
  x.what.str->on_write = [this, id, from = x.from, to](auto& frame) {
    observer_.on_written({id, from, to, frame});
  };
  in->on_write = [this, id, from = to, to = x.from](auto& frame) {
    observer_.on_written({id, from, to, frame});
  };
  connection result;
  result.id = id;
  result.dialler = x.from;
  result.listener = to;
  result.out.str = x.what.str;
  result.in.str = in;
  links_.push_back(std::move(result));
  x.what.str->introduce(listener.node->introduction());
  listener.node->accept({in, x.what.opts.call_metadata});
}

// -- connections --------------------------------------------------------------

void network::move(connection& x, dice& rng) {
  if (x.cut) {
    hear(x, rng);
    return;
  }
  send(x.out, rng);
  send(x.in, rng);
  deliver(x, x.out, rng);
  deliver(x, x.in, rng);
  auto& out = *x.out.str;
  auto& in = *x.in.str;
  if (out.half_closed_by_us() && !x.half_closed && x.out.in_flight.empty()
      && !in.over()) {
    x.half_closed = true;
    in.receive_half_close();
  }
  if (in.over() && !out.over()) {
    observer_.on_lost(x.id); // what had not come
    // its last words come before the end
    while (!x.in.in_flight.empty() && out.credit() > 0)
      arrive(x, x.in);
    if (in.finished())
      out.close(*in.finished());
    else
      out.close(status_code::unavailable, "the stream was cancelled");
  } else if (out.over() && !in.over()) {
    lose(x, rng, soon);
  }
}

// A lost connection still brings what is in the way, and each end hears of the
// loss at a time of its own.
void network::hear(connection& x, dice& rng) {
  auto last = [](const end& y) { return y.hears_in <= 1; };
  if (!x.held_back || last(x.in))
    deliver(x, x.out, rng);
  if (!x.held_back || last(x.out))
    deliver(x, x.in, rng);
  for (auto y : {&x.out, &x.in}) {
    if (y->str == nullptr || y->str->over())
      continue;
    auto arrived = y == &x.out ? x.in.in_flight.empty()
                               : x.out.in_flight.empty();
    if (y->hears_in > 0)
      --y->hears_in;
    if (y->hears_in == 0 && (arrived || rng.one_in(8)))
      y->str->close(y == &x.out ? status_code::unavailable
                                : status_code::cancelled,
                    "connection reset");
  }
}

void network::send(end& from, dice& rng) const {
  if (from.str == nullptr)
    return;
  for (auto& frame : from.str->take_written())
    from.in_flight.push_back(std::move(frame));
  while (from.str->writing() && from.in_flight.size() < window
         && (slow_ ? rng.one_in(4) : !rng.one_in(4)))
    from.str->complete_write();
}

void network::deliver(connection& x, end& from, dice& rng) {
  auto& to = &from == &x.out ? x.in : x.out;
  if (to.str == nullptr)
    return;
  auto n = slow_ ? rng.below(2) : rng.below(2 * window);
  for (; n > 0 && !from.in_flight.empty(); --n) {
    if (to.str->over() || to.str->credit() == 0)
      return; // back-pressure
    arrive(x, from);
  }
}

void network::arrive(connection& x, end& from) {
  auto outwards = &from == &x.out;
  auto frame = std::move(from.in_flight.front());
  from.in_flight.pop_front();
  observer_.on_arrived({x.id, outwards ? x.dialler : x.listener,
                        outwards ? x.listener : x.dialler, frame});
  (outwards ? x.in : x.out).str->receive(std::move(frame));
}

bool network::is_over(const connection& x) const {
  auto over = [](const end& y) { return y.str == nullptr || y.str->over(); };
  return over(x.out) && over(x.in);
}

} // namespace caf_remote::test
