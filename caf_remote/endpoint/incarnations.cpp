// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/incarnations.hpp"

#include <algorithm>

namespace caf_remote {

namespace {

void erase(std::unordered_multimap<std::string, uint64_t>& from,
           const std::string& key, uint64_t stream) {
  auto range = from.equal_range(key);
  auto i = std::find_if(range.first, range.second, [stream](const auto& kvp) {
    return kvp.second == stream;
  });
  if (i != range.second)
    from.erase(i);
}

} // namespace

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
  erase(by_address_, result.address, stream);
  erase(by_member_, result.member_id, stream);
  return result;
}

size_t incarnations::streams_of(const std::string& member_id,
                                const std::string& address) const {
  size_t result = 0;
  auto range = by_member_.equal_range(member_id);
  for (auto i = range.first; i != range.second; ++i)
    if (address.empty() || claims_.at(i->second).address == address)
      ++result;
  return result;
}

std::vector<uint64_t> incarnations::others(const std::string& address,
                                           const std::string& member_id) const {
  std::vector<uint64_t> result;
  auto range = by_address_.equal_range(address);
  for (auto i = range.first; i != range.second; ++i)
    if (claims_.at(i->second).member_id != member_id)
      result.push_back(i->second);
  return result;
}

std::vector<std::string>
incarnations::addresses_of(const std::string& member_id) const {
  std::vector<std::string> result;
  auto range = by_member_.equal_range(member_id);
  for (auto i = range.first; i != range.second; ++i)
    result.push_back(claims_.at(i->second).address);
  std::sort(result.begin(), result.end());
  result.erase(std::unique(result.begin(), result.end()), result.end());
  return result;
}

} // namespace caf_remote
