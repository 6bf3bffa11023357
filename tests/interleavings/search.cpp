// SPDX-License-Identifier: BSD-3-Clause

#include "interleavings/search.hpp"

#include <algorithm>

namespace caf_remote::test {

namespace {

constexpr search::mask bit(size_t thread) {
  return search::mask{1} << thread;
}

size_t lowest(search::mask xs) {
  size_t result = 0;
  while ((xs & bit(result)) == 0)
    ++result;
  return result;
}

template <class Order>
void join(Order& x, const Order& y) {
  for (size_t i = 0; i < x.size(); ++i)
    x[i] = std::max(x[i], y[i]);
}

} // namespace

void search::begin() {
  position_ = 0;
  idle_ = false;
  redundant_ = false;
  astray_ = false;
  sleep_ = 0;
  preemptions_ = 0;
  steps_.clear();
  orders_ = {};
  places_.clear();
  decisions_.clear();
}

// The node that an earlier run has made here, null if this run is new.
search::node* search::old_node(bool of_threads) {
  if (position_ == nodes_.size())
    return nullptr;
  auto& result = nodes_[position_];
  if (result.of_threads != of_threads) {
    astray_ = true;
    give_up();
  }
  return &result;
}

size_t search::usual(mask enabled, size_t current) {
  return (enabled & bit(current)) != 0 ? current : lowest(enabled);
}

size_t search::first_choice(mask enabled, size_t current) {
  if (written_down_) {
    auto n = decisions_.size();
    if (n < written_down_->size() && (enabled & bit((*written_down_)[n])) != 0)
      return (*written_down_)[n];
    return usual(enabled, current);
  }
  auto awake = enabled & ~sleep_;
  if (awake != 0)
    return usual(awake, current);
  redundant_ = true;
  give_up();
  return usual(enabled, current);
}

size_t search::choose_thread(mask enabled, const operations& pending,
                             size_t current) {
  auto old = idle_ ? nullptr : old_node(true);
  if (idle_) {
    decisions_.push_back(static_cast<uint8_t>(usual(enabled, current)));
    return decisions_.back();
  }
  if (old == nullptr) {
    auto first = first_choice(enabled, current);
    if (idle_) {
      decisions_.push_back(static_cast<uint8_t>(first));
      return first;
    }
    nodes_.push_back(
      {true, first, current, enabled, bit(first), 0, sleep_, preemptions_, 0});
    old = &nodes_.back();
  } else if ((enabled & bit(old->chosen)) == 0) {
    astray_ = true;
    give_up();
    return usual(enabled, current);
  }
  auto result = old->chosen;
  decisions_.push_back(static_cast<uint8_t>(result));
  if (result != current && (enabled & bit(current)) != 0)
    ++preemptions_;
  auto& op = pending[result];
  sleep_ = (old->sleep | old->done) & ~bit(result);
  for (size_t i = 0; i < max_threads; ++i)
    if ((sleep_ & bit(i)) != 0 && depend(pending[i], op))
      sleep_ &= ~bit(i);
  look_back(result, op);
  record(result, op, position_++);
  return result;
}

// What others have done that this operation depends on might as well have come
// later, unless something else says that it came first.
void search::look_back(size_t thread, const operation& op) {
  mask looked_at = bit(thread);
  for (auto i = steps_.size(); i > 0; --i) {
    auto& x = steps_[i - 1];
    if ((looked_at & bit(x.thread)) != 0 || !depend(x.what, op))
      continue;
    looked_at |= bit(x.thread);
    if (i <= orders_[thread][x.thread])
      continue;
    auto& where = nodes_[x.node];
    where.backtrack |= (where.enabled & bit(thread)) != 0 ? bit(thread)
                                                          : where.enabled;
  }
}

void search::record(size_t thread, const operation& op, size_t at) {
  steps_.push_back({thread, op, at});
  auto& mine = orders_[thread];
  auto& there = places_[op.where];
  join(mine, there.written);
  if (op.writes)
    join(mine, there.seen);
  mine[thread] = steps_.size();
  join(op.writes ? there.written : there.seen, mine);
}

void search::fence(size_t thread, const void* where) {
  auto& there = places_[where];
  join(orders_[thread], there.written);
  join(there.written, orders_[thread]);
}

size_t search::choose(size_t n) {
  if (idle_ || n < 2) {
    if (n > 1)
      decisions_.push_back(0);
    return 0;
  }
  auto old = old_node(false);
  if (idle_)
    return 0;
  if (old == nullptr) {
    size_t first = 0;
    if (written_down_ && decisions_.size() < written_down_->size())
      first = std::min<size_t>((*written_down_)[decisions_.size()], n - 1);
    nodes_.push_back({false, first, 0, 0, 0, 0, 0, 0, n});
    old = &nodes_.back();
  } else if (old->count != n) {
    astray_ = true;
    give_up();
    return 0;
  }
  ++position_;
  decisions_.push_back(static_cast<uint8_t>(old->chosen));
  return old->chosen;
}

bool search::advance(node& x) {
  if (!x.of_threads)
    return ++x.chosen < x.count;
  x.done |= bit(x.chosen);
  for (size_t i = 0; i < max_threads; ++i) {
    if ((x.backtrack & ~x.done & ~x.sleep & bit(i)) == 0)
      continue;
    auto preempts = i != x.last && (x.enabled & bit(x.last)) != 0;
    if (preempts && x.preemptions >= limits_.preemptions) {
      x.done |= bit(i);
      ++left_out_;
      continue;
    }
    x.chosen = i;
    return true;
  }
  return false;
}

bool search::next() {
  if (written_down_)
    return false;
  while (!nodes_.empty()) {
    if (advance(nodes_.back()))
      return true;
    nodes_.pop_back();
  }
  return false;
}

} // namespace caf_remote::test
