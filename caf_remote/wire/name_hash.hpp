// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

namespace caf_remote::wire {

/// A secret of 128 bits.
struct hash_key {
  uint64_t first;
  uint64_t second;
};

/// SipHash-1-3 (Aumasson, Bernstein), as Rust and Python use it for the same
/// purpose: who does not know the key cannot choose texts with equal hashes.
uint64_t sip_hash(const hash_key& key, std::string_view bytes) noexcept;

/// Hashes a name that may come from a peer. The key is drawn once per process,
/// so that nobody outside can tell which names would meet in a table. Not for
/// hashes that leave the process or are kept.
uint64_t hash_name(std::string_view name) noexcept;

/// For the tables whose keys a peer can choose; others need not pay for it. Not
/// `noexcept`, on purpose: libstdc++ then keeps the hash beside each entry
/// instead of computing it again whenever it walks along a bucket.
struct name_hash {
  size_t operator()(std::string_view name) const {
    return hash_name(name);
  }
};

template <class T>
using name_map = std::unordered_map<std::string, T, name_hash>;

} // namespace caf_remote::wire
