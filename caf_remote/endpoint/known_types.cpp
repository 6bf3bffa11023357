// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/known_types.hpp"

#include "caf_remote/pid.hpp"

namespace caf_remote {

void known_types::add(std::string_view type_name) {
  // longer names are refused when sent, so they need not be known
  if (type_name.size() > max_id_length)
    return;
  std::lock_guard<std::mutex> guard{mtx_};
  if (names_.size() < max_types)
    names_.emplace(type_name);
}

bool known_types::contains(std::string_view type_name) const {
  std::lock_guard<std::mutex> guard{mtx_};
  return names_.find(type_name) != names_.end();
}

std::shared_ptr<known_types>
known_types_table::of(const std::string& member_id) {
  std::lock_guard<std::mutex> guard{mtx_};
  auto i = entries_.find(member_id);
  if (i != entries_.end())
    if (auto result = i->second.lock())
      return result;
  if (purge_.due(entries_.size())) {
    for (auto j = entries_.begin(); j != entries_.end();)
      j = j->second.expired() ? entries_.erase(j) : std::next(j);
    purge_.looked(entries_.size());
  }
  auto result = std::make_shared<known_types>();
  entries_[member_id] = result;
  return result;
}

size_t known_types_table::size() const {
  std::lock_guard<std::mutex> guard{mtx_};
  return entries_.size();
}

} // namespace caf_remote
