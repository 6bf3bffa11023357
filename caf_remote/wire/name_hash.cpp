// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/wire/name_hash.hpp"

#include "caf_remote/wire/entropy.hpp"

#include <cstring>

namespace caf_remote::wire {

namespace {

constexpr uint64_t rotate(uint64_t x, unsigned n) noexcept {
  return (x << n) | (x >> (64 - n));
}

struct sip_state {
  explicit sip_state(const hash_key& key) noexcept
    : v0(key.first ^ 0x736f6d6570736575u), v1(key.second ^ 0x646f72616e646f6du),
      v2(key.first ^ 0x6c7967656e657261u),
      v3(key.second ^ 0x7465646279746573u) {
    // nop
  }

  void round() noexcept {
    v0 += v1;
    v1 = rotate(v1, 13) ^ v0;
    v0 = rotate(v0, 32);
    v2 += v3;
    v3 = rotate(v3, 16) ^ v2;
    v0 += v3;
    v3 = rotate(v3, 21) ^ v0;
    v2 += v1;
    v1 = rotate(v1, 17) ^ v2;
    v2 = rotate(v2, 32);
  }

  void add(uint64_t word) noexcept {
    v3 ^= word;
    round();
    v0 ^= word;
  }

  uint64_t finish() noexcept {
    v2 ^= 0xff;
    round();
    round();
    round();
    return v0 ^ v1 ^ v2 ^ v3;
  }

  uint64_t v0;
  uint64_t v1;
  uint64_t v2;
  uint64_t v3;
};

hash_key random_key() {
  entropy rng;
  auto word = [&rng] { return (uint64_t{rng()} << 32) | rng(); };
  return {word(), word()};
}

} // namespace

uint64_t sip_hash(const hash_key& key, std::string_view bytes) noexcept {
  sip_state state{key};
  auto pos = bytes.data();
  auto left = bytes.size();
  for (; left >= 8; left -= 8, pos += 8) {
    uint64_t word;
    std::memcpy(&word, pos, sizeof(word));
    state.add(word);
  }
  auto last = uint64_t{bytes.size()} << 56;
  for (size_t i = 0; i < left; ++i)
    last |= uint64_t{static_cast<unsigned char>(pos[i])} << (8 * i);
  state.add(last);
  return state.finish();
}

uint64_t hash_name(std::string_view name) noexcept {
  static const auto key = random_key();
  return sip_hash(key, name);
}

} // namespace caf_remote::wire
