// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <caf/all.hpp>

namespace caf_remote::test {

/// Another actor system in this process, whose actors have the ids of ours.
/// CAF takes two such actors for equal.
class twin_system {
public:
  /// An actor with the id `id`, which must be higher than those of the twins
  /// made before. Takes nothing and ends with the system.
  caf::actor twin_of(caf::actor_id id) {
    caf::actor result;
    do {
      if (result)
        caf::anon_send_exit(result, caf::exit_reason::kill);
      result = sys_.spawn(
        [](caf::event_based_actor*) -> caf::behavior { return {[](int) {}}; });
    } while (result.id() < id);
    twins_.push_back(result);
    return result;
  }

  ~twin_system() {
    for (auto& x : twins_)
      caf::anon_send_exit(x, caf::exit_reason::kill);
  }

private:
  caf::actor_system_config cfg_;
  caf::actor_system sys_{cfg_};
  std::vector<caf::actor> twins_;
};

} // namespace caf_remote::test
