// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/compat/inbound_element.hpp"
#include "caf_remote/endpoint/prefetch.hpp"
#include "caf_remote/endpoint/recycled_storage.hpp"

#include <atomic>
#include <cstddef>

namespace caf_remote {

class protobuf_element;

/// Keeps the elements of one type whose messages were taken, with their
/// Protobuf objects, for the next messages of the same stream: a fresh element
/// costs several allocations, which another thread frees. The reader takes,
/// any thread gives back. Elements on their way must not outlive the shelf; the
/// ledger that they are charged to keeps it (`inbound_ledger::keep`).
class inbound_shelf {
public:
  /// What the object of an element that is kept may hold in memory, used or
  /// not: objects keep the memory of earlier messages.
  static constexpr size_t max_element_bytes = 4096;

  /// What is kept in all; twice, since the reader has a stock.
  static constexpr size_t max_bytes = recycled_storage::enabled ? 2u << 20 : 0;

  explicit inbound_shelf(const message_codec& codec);

  inbound_shelf(const inbound_shelf&) = delete;

  inbound_shelf& operator=(const inbound_shelf&) = delete;

  ~inbound_shelf();

  const message_codec& codec() const noexcept {
    return codec_;
  }

  /// An element, used or new; its object still holds the last message. Called
  /// by the reader.
  protobuf_element* take();

  /// Takes an element back that holds `bytes`. Returns false if it is not kept.
  /// Any thread.
  bool give(protobuf_element* x, size_t bytes) noexcept;

  /// Keeps nothing until the next `take`. Called by the reader.
  void close() noexcept;

private:
  static void destroy(protobuf_element* head) noexcept;

  const message_codec& codec_;
  // the reader's stock
  protobuf_element* stock_ = nullptr;
  // given back since the reader took its stock
  alignas(cache_line) std::atomic<protobuf_element*> returned_{nullptr};
  std::atomic<size_t> returned_bytes_{0};
  std::atomic<bool> closed_{false};
};

} // namespace caf_remote
