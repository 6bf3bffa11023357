// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/announcements.hpp"

#include <utility>

namespace caf_remote {

void announcements::begin(uint64_t endpoint) {
  guard held{mtx_};
  stories_.try_emplace(endpoint);
}

void announcements::connected(uint64_t endpoint, const std::string& member_id,
                              const std::string& why, const teller& tell) {
  guard held{mtx_};
  auto x = find(endpoint);
  if (x == nullptr || x->member_id == member_id)
    return;
  end(*x, why);
  x->untold.emplace_back(endpoint_connected{address_, member_id});
  x->member_id = member_id;
  tell_all(held, tell);
}

std::string announcements::incarnation_over(uint64_t endpoint,
                                            const std::string& why,
                                            const teller& tell) {
  guard held{mtx_};
  auto x = find(endpoint);
  if (x == nullptr)
    return {};
  auto result = end(*x, why);
  tell_all(held, tell);
  return result;
}

void announcements::over(uint64_t endpoint, const std::string& why,
                         bool unreachable, const teller& tell) {
  guard held{mtx_};
  auto x = find(endpoint);
  if (x == nullptr)
    return;
  if (end(*x, why).empty() && unreachable)
    x->untold.emplace_back(endpoint_unreachable{address_, why});
  x->is_over = true;
  tell_all(held, tell);
}

// The rest is called with the lock held. Null: it is over.
announcements::story* announcements::find(uint64_t endpoint) {
  auto i = stories_.find(endpoint);
  return i != stories_.end() && !i->second.is_over ? &i->second : nullptr;
}

std::string announcements::end(story& x, const std::string& why) {
  if (!x.member_id.empty())
    x.untold.emplace_back(endpoint_terminated{address_, x.member_id, why});
  return std::exchange(x.member_id, {});
}

// What is to be told next. Nothing if the first endpoint that is not over has
// nothing to tell: later ones wait for it.
std::optional<announcements::event> announcements::next() {
  while (!stories_.empty()) {
    auto& first = stories_.begin()->second;
    if (!first.untold.empty()) {
      auto result = std::move(first.untold.front());
      first.untold.pop_front();
      return result;
    }
    if (!first.is_over)
      return std::nullopt;
    stories_.erase(stories_.begin());
  }
  return std::nullopt;
}

void announcements::tell_all(guard& held, const teller& tell) {
  if (std::exchange(telling_, true))
    return;
  try {
    while (auto x = next()) {
      held.unlock();
      tell(*x);
      held.lock();
    }
  } catch (...) {
    if (!held.owns_lock())
      held.lock();
    telling_ = false;
    throw;
  }
  telling_ = false;
}

} // namespace caf_remote
