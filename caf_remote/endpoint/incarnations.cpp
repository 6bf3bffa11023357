// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/incarnations.hpp"

#include <algorithm>
#include <limits>

namespace caf_remote {

// Until `f` returns false.
template <class F>
void incarnations::for_each_other(const std::string& address,
                                  const std::string& member_id, F f) const {
  auto i = by_address_.lower_bound({address, {}, 0});
  while (i != by_address_.end() && std::get<0>(*i) == address) {
    if (std::get<1>(*i) == member_id) {
      constexpr auto last = std::numeric_limits<uint64_t>::max();
      i = by_address_.upper_bound({address, member_id, last});
    } else if (f(std::get<2>(*i))) {
      ++i;
    } else {
      return;
    }
  }
}

incarnations::verdict incarnations::judge(const claim& x) const {
  auto met = met_at(x.address);
  if (met == x.member_id)
    return verdict::accept;
  return met.empty() && !has_others(x.address, x.member_id) ? verdict::accept
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
  by_address_.emplace(x.address, x.member_id, stream);
  ++by_member_[{x.member_id, x.address}];
  ++by_member_[{x.member_id, {}}];
  not_taken_.emplace(x.address, stream);
  claims_.emplace(stream, std::move(x));
}

std::optional<incarnations::claim> incarnations::leave(uint64_t stream) {
  auto i = claims_.find(stream);
  if (i == claims_.end())
    return std::nullopt;
  auto result = std::move(i->second);
  claims_.erase(i);
  by_address_.erase({result.address, result.member_id, stream});
  not_taken_.erase({result.address, stream});
  auto one_less = [&](const std::string& address) {
    auto j = by_member_.find({result.member_id, address});
    if (--j->second == 0)
      by_member_.erase(j);
  };
  one_less(result.address);
  one_less({});
  return result;
}

std::vector<uint64_t> incarnations::others(const std::string& address,
                                           const std::string& member_id) const {
  std::vector<uint64_t> result;
  for_each_other(address, member_id, [&](uint64_t stream) {
    result.push_back(stream);
    return true;
  });
  return result;
}

bool incarnations::has_others(const std::string& address,
                              const std::string& member_id) const {
  auto result = false;
  for_each_other(address, member_id, [&](uint64_t) {
    result = true;
    return false;
  });
  return result;
}

bool incarnations::has_streams(const std::string& address) const {
  auto i = by_address_.lower_bound({address, {}, 0});
  return i != by_address_.end() && std::get<0>(*i) == address;
}

std::vector<uint64_t> incarnations::take_streams(const std::string& address,
                                                 uint64_t last_stream) {
  std::vector<uint64_t> result;
  auto first = not_taken_.lower_bound({address, 0});
  auto last = first;
  for (; last != not_taken_.end() && last->first == address
         && last->second <= last_stream;
       ++last)
    result.push_back(last->second);
  not_taken_.erase(first, last);
  return result;
}

size_t incarnations::streams_of(const std::string& member_id,
                                const std::string& address) const {
  auto i = by_member_.find({member_id, address});
  return i != by_member_.end() ? i->second : 0;
}

std::vector<std::string>
incarnations::addresses_of(const std::string& member_id) const {
  std::vector<std::string> result;
  // behind the entry for all of them
  for (auto i = by_member_.upper_bound({member_id, {}});
       i != by_member_.end() && i->first.first == member_id; ++i)
    result.push_back(i->first.second);
  return result;
}

} // namespace caf_remote
