// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/module_actors.hpp"

#include <caf/abstract_actor.hpp>
#include <caf/actor_cast.hpp>
#include <caf/exit_reason.hpp>
#include <caf/send.hpp>

#include <algorithm>

namespace caf_remote {

void module_actors::add(const caf::actor& x) {
  std::unique_lock<std::mutex> guard{mtx_};
  if (ended_) {
    guard.unlock();
    caf::anon_send_exit(x, caf::exit_reason::kill);
    return;
  }
  if (xs_.size() >= next_look_) {
    forget_gone();
    next_look_ = 2 * xs_.size() + 64;
  }
  xs_.push_back(caf::actor_cast<caf::weak_actor_ptr>(x));
}

void module_actors::forget_gone() {
  // a strong reference made here might become the last one, with the lock held
  auto gone = [](const caf::weak_actor_ptr& x) {
    return x->strong_refs.load() == 0;
  };
  xs_.erase(std::remove_if(xs_.begin(), xs_.end(), gone), xs_.end());
}

std::vector<caf::actor> module_actors::end_all() {
  decltype(xs_) all;
  {
    std::lock_guard<std::mutex> guard{mtx_};
    ended_ = true;
    all.swap(xs_);
  }
  std::vector<caf::actor> result;
  for (auto& x : all) {
    auto hdl = caf::actor_cast<caf::actor>(x);
    if (hdl == nullptr || hdl->getf(caf::abstract_actor::is_terminated_flag))
      continue;
    caf::anon_send_exit(hdl, caf::exit_reason::kill);
    result.push_back(std::move(hdl));
  }
  return result;
}

size_t module_actors::size() const {
  std::lock_guard<std::mutex> guard{mtx_};
  return xs_.size();
}

} // namespace caf_remote
