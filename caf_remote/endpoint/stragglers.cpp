// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/stragglers.hpp"

#include "caf_remote/endpoint/log.hpp"

#include <caf/abstract_actor.hpp>
#include <caf/actor_cast.hpp>
#include <caf/exit_reason.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <unordered_set>

namespace caf_remote {

namespace {

constexpr size_t max_named = 10;

/// Whether CAF waits for the actor before the system ends.
bool counts(const caf::abstract_actor& x) {
  return x.getf(caf::abstract_actor::is_registered_flag);
}

} // namespace

stragglers::stragglers(const caf::actor_system& sys,
                       const std::vector<process_registry::holding>& xs) {
  std::unordered_set<const caf::actor_control_block*> known;
  for (auto& x : xs)
    if (x.hdl->home_system == &sys && counts(*x.hdl->get())
        && known.insert(x.hdl.get()).second)
      xs_.push_back(
        {x.name->id, x.kind, caf::actor_cast<caf::weak_actor_ptr>(x.hdl)});
}

std::vector<caf::actor> stragglers::end_published() const {
  std::vector<caf::actor> result;
  for (auto& x : xs_) {
    if (x.kind != process_kind::published)
      continue;
    if (auto hdl = caf::actor_cast<caf::actor>(x.ref)) {
      caf::anon_send_exit(hdl, caf::exit_reason::user_shutdown);
      result.push_back(std::move(hdl));
    }
  }
  return result;
}

std::string stragglers::report(size_t running) const {
  if (running == 0)
    return {};
  std::string names;
  size_t known = 0;
  for (auto& x : xs_) {
    auto hdl = caf::actor_cast<caf::strong_actor_ptr>(x.ref);
    if (hdl == nullptr || !counts(*hdl->get()) || ++known > max_named)
      continue;
    names += (names.empty() ? "'" : ", '") + printable(x.name) + "'";
  }
  auto others = std::max(running, known) - std::min(known, max_named);
  if (others > 0)
    names += (names.empty() ? "" : " and ") + std::to_string(others)
             + (names.empty() ? " that no peer knew" : " more");
  return "the actor system cannot end before its actors: " + names;
}

} // namespace caf_remote
