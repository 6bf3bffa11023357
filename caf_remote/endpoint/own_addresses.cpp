// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/own_addresses.hpp"

#include "caf_remote/pid.hpp"

#include <algorithm>

namespace caf_remote {

namespace {

bool is_loopback(std::string_view host) {
  return host == "::1" || host.substr(0, 4) == "127.";
}

} // namespace

own_addresses::own_addresses() : all_{"", std::string{nonhost}} {
  // nop
}

own_addresses::own_addresses(std::string advertised,
                             const std::string& bound_host, uint16_t bound_port,
                             const std::vector<std::string>& aliases)
  : own_addresses() {
  advertised_ = std::move(advertised);
  all_.push_back(advertised_);
  all_.push_back(join_address(bound_host, bound_port));
  if (is_wildcard_host(bound_host) || is_loopback(bound_host))
    for (auto host : {"127.0.0.1", "localhost", "::1"})
      all_.push_back(join_address(host, bound_port));
  if (is_wildcard_host(bound_host))
    for (auto host : {"0.0.0.0", "::"})
      all_.push_back(join_address(host, bound_port));
  all_.insert(all_.end(), aliases.begin(), aliases.end());
  // beside the spellings that peers got from us, which are met most
  for (size_t i = 0, n = all_.size(); i < n; ++i)
    if (auto x = canonical_address(all_[i]); x != all_[i])
      all_.push_back(std::move(x));
}

bool own_addresses::contains(std::string_view address) const {
  return has(address)
         || (!is_canonical_address(address) && has(canonical_address(address)));
}

bool own_addresses::has(std::string_view address) const noexcept {
  return std::find(all_.begin(), all_.end(), address) != all_.end();
}

} // namespace caf_remote
