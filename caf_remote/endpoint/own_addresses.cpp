// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/own_addresses.hpp"

#include "caf_remote/pid.hpp"

#include <algorithm>

namespace caf_remote {

namespace {

bool is_loopback(std::string_view host) {
  return host == "::1" || host.substr(0, 4) == "127.";
}

// Host names do not tell upper from lower case (RFC 4343).
bool same(std::string_view x, std::string_view y) noexcept {
  auto lower = [](char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  };
  return x.size() == y.size()
         && std::equal(x.begin(), x.end(), y.begin(), [lower](char a, char b) {
              return lower(a) == lower(b);
            });
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
}

bool own_addresses::contains(std::string_view address) const noexcept {
  return std::any_of(all_.begin(), all_.end(),
                     [=](const std::string& x) { return same(x, address); });
}

} // namespace caf_remote
