// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/transport/stream_places.hpp"

namespace caf_remote::transport {

namespace {

std::string host_of(const std::string& peer) {
  return peer.substr(0, peer.rfind(':'));
}

void decrease(std::map<std::string, size_t>& counts, const std::string& key) {
  if (auto i = counts.find(key); i != counts.end() && --i->second == 0)
    counts.erase(i);
}

} // namespace

stream_places::stream_places(size_t max) : max_(max) {
  // nop
}

stream_places::answer stream_places::take(const std::string& peer) {
  // Twice as many, since ends of streams are heard of late, and the bound takes
  // a moment to reach the peer.
  if (++by_connection_[peer] > 2 * max_per_connection)
    return answer::connection_full;
  if (taken_ >= max_)
    return answer::full;
  auto& of_host = by_host_[host_of(peer)];
  if (of_host >= max_ - max_ / 10)
    return answer::host_full;
  ++of_host;
  ++taken_;
  return answer::taken;
}

void stream_places::leave(const std::string& peer, answer given) {
  decrease(by_connection_, peer);
  if (given != answer::taken)
    return;
  decrease(by_host_, host_of(peer));
  --taken_;
}

} // namespace caf_remote::transport
