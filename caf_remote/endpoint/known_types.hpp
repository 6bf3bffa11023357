// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/endpoint/purge_mark.hpp"
#include "caf_remote/wire/name_hash.hpp"

#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>

namespace caf_remote {

/// The names of the message types that one incarnation of a node has sent us,
/// so that it must know them. Any thread.
class known_types {
public:
  /// Names remembered per incarnation.
  static constexpr size_t max_types = 1024;

  void add(std::string_view type_name);
  bool contains(std::string_view type_name) const;

private:
  mutable std::mutex mtx_;
  std::set<std::string, std::less<>> names_;
};

/// The type names of all incarnations that somebody holds, by member id: a node
/// that is dialled under several addresses is one node. Any thread.
class known_types_table {
public:
  std::shared_ptr<known_types> of(const std::string& member_id);

  size_t size() const;

private:
  mutable std::mutex mtx_;
  wire::name_map<std::weak_ptr<known_types>> entries_;
  purge_mark purge_;
};

} // namespace caf_remote
