// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/wire/name_table.hpp"

#include "caf_remote/wire/name_hash.hpp"

#include <algorithm>

namespace caf_remote::wire {

void name_table::clear() noexcept {
  // few names are the rule, and then there is no need to touch all slots
  if (entries_.size() < slots_.size() / 16) {
    for (auto& x : entries_)
      for (auto i = first_slot(x.hash); slots_[i] != 0; i = next_slot(i))
        slots_[i] = 0;
  } else {
    std::fill(slots_.begin(), slots_.end(), 0u);
  }
  entries_.clear();
  last_ = 0;
  bytes_ = 0;
}

size_t name_table::find_or_add(std::string_view name, std::string_view scope) {
  if (2 * entries_.size() >= slots_.size())
    grow();
  auto hash = hash_name(name);
  if (!scope.empty())
    hash += hash_name(scope);
  for (auto i = first_slot(hash); slots_[i] != 0; i = next_slot(i)) {
    auto& x = entries_[slots_[i] - 1];
    if (x.hash == hash && matches(x, name, scope))
      return slots_[i] - 1;
  }
  entries_.push_back({name, scope, hash});
  bytes_ += name.size() + scope.size();
  occupy(hash, entries_.size() - 1);
  return entries_.size() - 1;
}

size_t name_table::first_slot(size_t hash) const noexcept {
  return hash & (slots_.size() - 1);
}

size_t name_table::next_slot(size_t slot) const noexcept {
  return (slot + 1) & (slots_.size() - 1);
}

void name_table::occupy(size_t hash, size_t index) noexcept {
  auto i = first_slot(hash);
  while (slots_[i] != 0)
    i = next_slot(i);
  slots_[i] = static_cast<uint32_t>(index + 1);
}

void name_table::grow() {
  slots_.assign(std::max<size_t>(16, 2 * slots_.size()), 0u);
  for (size_t i = 0; i < entries_.size(); ++i)
    occupy(entries_[i].hash, i);
}

} // namespace caf_remote::wire
