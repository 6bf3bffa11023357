// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/endpoint/endpoint.hpp"
#include "caf_remote/endpoint/inbound_ledger.hpp"

namespace caf_remote {

/// Makes dead letters of messages from peers that no handler took.
class undelivered_messages : public undelivered_sink {
public:
  explicit undelivered_messages(node_ptr home);

  void undelivered(inbound_element& x) override;

private:
  const node_ptr node_;
};

} // namespace caf_remote
