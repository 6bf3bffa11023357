// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/link_orders.hpp"

#include <caf/abstract_actor.hpp>
#include <caf/actor_cast.hpp>
#include <caf/exit_reason.hpp>

#include <utility>

namespace caf_remote {

bool link_orders::add(caf::weak_actor_ptr host, caf::attachable_ptr link) {
  std::lock_guard<std::mutex> guard{mtx_};
  if (!closed_)
    orders_.push_back({std::move(host), std::move(link), nullptr});
  return !closed_;
}

void link_orders::remove(const caf::weak_actor_ptr& host,
                         own_link::over_flag link) {
  std::lock_guard<std::mutex> guard{mtx_};
  if (!closed_)
    orders_.push_back({host, nullptr, std::move(link)});
}

void link_orders::perform() {
  std::vector<order> xs;
  {
    std::lock_guard<std::mutex> guard{mtx_};
    xs.swap(orders_);
  }
  for (auto& x : xs) {
    auto host = caf::actor_cast<caf::strong_actor_ptr>(x.host);
    if (x.link == nullptr) {
      if (host != nullptr)
        host->get()->detach(own_link::token{x.former_link});
    } else if (host != nullptr) {
      host->get()->attach(std::move(x.link));
    } else { // why it has ended is not known any more
      x.link->actor_exited(caf::exit_reason::unknown, nullptr);
    }
  }
}

void link_orders::close() {
  {
    std::lock_guard<std::mutex> guard{mtx_};
    closed_ = true;
  }
  perform();
}

} // namespace caf_remote
