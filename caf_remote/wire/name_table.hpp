// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace caf_remote::wire {

/// Numbers distinct names from 0 in the order of their first use: one table of
/// a batch. A name may have a scope (an actor's id has its address). Holds
/// views only. `clear` keeps the memory, so that a table in steady state does
/// not allocate.
class name_table {
public:
  struct entry {
    std::string_view name;
    std::string_view scope;
    size_t hash;
  };

  /// Returns the number of the name, which is a new one if it was not there.
  /// Asking for the same name again and again is cheap.
  int32_t intern(std::string_view name, std::string_view scope = {}) {
    if (last_ < entries_.size() && matches(entries_[last_], name, scope))
      return static_cast<int32_t>(last_);
    last_ = find_or_add(name, scope);
    return static_cast<int32_t>(last_);
  }

  void clear() noexcept;

  const std::vector<entry>& entries() const noexcept {
    return entries_;
  }

  /// Sum of the sizes of all names and scopes.
  size_t bytes() const noexcept {
    return bytes_;
  }

private:
  static bool same(std::string_view x, std::string_view y) noexcept {
    return x.size() == y.size() && (x.data() == y.data() || x == y);
  }

  static bool matches(const entry& x, std::string_view name,
                      std::string_view scope) noexcept {
    return same(x.name, name) && same(x.scope, scope);
  }

  size_t find_or_add(std::string_view name, std::string_view scope);
  size_t first_slot(size_t hash) const noexcept;
  size_t next_slot(size_t slot) const noexcept;
  void occupy(size_t hash, size_t index) noexcept;
  void grow();

  std::vector<entry> entries_;
  // open addressing with linear probing: index into `entries_` plus one, 0 is
  // a free slot; the size is a power of two, at least twice the entries
  std::vector<uint32_t> slots_;
  size_t last_ = 0;
  size_t bytes_ = 0;
};

} // namespace caf_remote::wire
