// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/wire/name_hash.hpp"

#include <deque>
#include <functional>
#include <string>

namespace caf_remote {

/// Lets jobs that take several steps run one at a time per key, so that what a
/// job has found out still holds when it acts on it. Not thread-safe: an actor
/// has one.
class turns {
public:
  /// To be called once, at the end of the job; it may call it before it
  /// returns.
  using done = std::function<void()>;

  using job = std::function<void(const done&)>;

  /// Runs `x` when all earlier jobs for `key` are done.
  void take(const std::string& key, job x);

  /// The same ahead of those that `take` has put into the line, in order among
  /// themselves.
  void take_soon(const std::string& key, job x);

  size_t size() const noexcept {
    return lines_.size();
  }

private:
  struct line {
    std::deque<job> soon;
    std::deque<job> jobs;
    bool starting = false;
    bool busy = false;
  };

  void run(const std::string& key);
  void finish(const std::string& key);

  wire::name_map<line> lines_;
};

} // namespace caf_remote
