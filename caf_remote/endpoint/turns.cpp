// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/turns.hpp"

#include <utility>

namespace caf_remote {

void turns::take(const std::string& key, job x) {
  lines_[key].jobs.push_back(std::move(x));
  run(key);
}

void turns::take_soon(const std::string& key, job x) {
  lines_[key].soon.push_back(std::move(x));
  run(key);
}

// A loop, because jobs that end at once would otherwise pile up on the stack.
void turns::run(const std::string& key) {
  auto& x = lines_[key];
  if (x.starting || x.busy)
    return;
  x.starting = true;
  while (!x.busy && !(x.soon.empty() && x.jobs.empty())) {
    auto& from = x.soon.empty() ? x.jobs : x.soon;
    auto next = std::move(from.front());
    from.pop_front();
    x.busy = true;
    next([this, key] { finish(key); });
  }
  x.starting = false;
  if (!x.busy)
    lines_.erase(key);
}

void turns::finish(const std::string& key) {
  lines_[key].busy = false;
  run(key);
}

} // namespace caf_remote
