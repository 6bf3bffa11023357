// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/link_orders.hpp"

#include <caf/abstract_actor.hpp>
#include <caf/actor_cast.hpp>

#include <utility>

namespace caf_remote {

bool link_orders::add(caf::strong_actor_ptr host, caf::attachable_ptr link) {
  std::lock_guard<std::mutex> guard{mtx_};
  if (!closed_)
    orders_.push_back({std::move(host), std::move(link), nullptr, nullptr});
  return !closed_;
}

void link_orders::remove(const caf::weak_actor_ptr& host,
                         own_link::over_flag link) {
  std::lock_guard<std::mutex> guard{mtx_};
  if (!closed_)
    orders_.push_back({nullptr, nullptr, host, std::move(link)});
}

void link_orders::perform() {
  std::vector<order> xs;
  {
    std::lock_guard<std::mutex> guard{mtx_};
    xs.swap(orders_);
  }
  for (auto& x : xs) {
    if (x.host != nullptr)
      x.host->get()->attach(std::move(x.link));
    else if (auto host = caf::actor_cast<caf::strong_actor_ptr>(x.former_host))
      host->get()->detach(own_link::token{x.former_link});
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
