// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/incarnations.hpp"

#include <algorithm>

namespace caf_remote {

template <class F>
void incarnations::for_each(const index& from, const std::string& key, F f) {
  for (auto i = from.lower_bound({key, 0}); i != from.end() && i->first == key;
       ++i)
    f(i->second);
}

incarnations::verdict incarnations::judge(const claim& x) const {
  auto met = met_at(x.address);
  if (met == x.member_id)
    return verdict::accept;
  return met.empty() && others(x.address, x.member_id).empty() ? verdict::accept
                                                               : verdict::ask;
}

incarnations::verdict incarnations::judge(const claim& x,
                                          const std::string& answer) const {
  if (!answer.empty())
    return answer == x.member_id ? verdict::accept : verdict::refuse;
  if (!met_at(x.address).empty())
    return verdict::refuse;
  auto rivals = others(x.address, x.member_id);
  auto near = std::all_of(rivals.begin(), rivals.end(), [&](uint64_t stream) {
    return claims_.at(stream).host == x.host;
  });
  return near ? verdict::accept : verdict::refuse;
}

void incarnations::met(const std::string& address, std::string member_id) {
  met_[address] = std::move(member_id);
}

void incarnations::forget(const std::string& address) {
  met_.erase(address);
}

std::string incarnations::met_at(const std::string& address) const {
  auto i = met_.find(address);
  return i != met_.end() ? i->second : std::string{};
}

void incarnations::enter(uint64_t stream, claim x) {
  by_address_.emplace(x.address, stream);
  by_member_.emplace(x.member_id, stream);
  claims_.emplace(stream, std::move(x));
}

std::optional<incarnations::claim> incarnations::leave(uint64_t stream) {
  auto i = claims_.find(stream);
  if (i == claims_.end())
    return std::nullopt;
  auto result = std::move(i->second);
  claims_.erase(i);
  by_address_.erase({result.address, stream});
  by_member_.erase({result.member_id, stream});
  return result;
}

size_t incarnations::streams_of(const std::string& member_id,
                                const std::string& address) const {
  size_t result = 0;
  for_each(by_member_, member_id, [&](uint64_t stream) {
    if (address.empty() || claims_.at(stream).address == address)
      ++result;
  });
  return result;
}

std::vector<uint64_t> incarnations::others(const std::string& address,
                                           const std::string& member_id) const {
  std::vector<uint64_t> result;
  for_each(by_address_, address, [&](uint64_t stream) {
    if (claims_.at(stream).member_id != member_id)
      result.push_back(stream);
  });
  return result;
}

std::vector<std::string>
incarnations::addresses_of(const std::string& member_id) const {
  std::vector<std::string> result;
  for_each(by_member_, member_id, [&](uint64_t stream) {
    result.push_back(claims_.at(stream).address);
  });
  std::sort(result.begin(), result.end());
  result.erase(std::unique(result.begin(), result.end()), result.end());
  return result;
}

} // namespace caf_remote
