// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <string>
#include <string_view>
#include <variant>

/// The messages of a stream other than batches, and the first look at a frame.

namespace caf_remote::wire {

/// A node that listens at `address` says who it is.
struct server_connection {
  std::string member_id;
  std::string address;
};

/// A node without a listener of its own says who it is (not supported: refused
/// with a clear status).
struct client_connection {
  std::string member_id;
};

struct connect_response {
  std::string member_id;
  bool blocked = false;
};

struct disconnect_request {};

/// The content of a MessageBatch, still encoded; points into the frame.
struct batch_bytes {
  std::string_view content;
};

/// A frame that makes no sense; says why.
struct bad_frame {
  std::string reason;
};

using frame_content = std::variant<bad_frame, batch_bytes, server_connection,
                                   client_connection, connect_response,
                                   disconnect_request>;

/// Reads one frame (a serialized RemoteMessage). Member ids and addresses are
/// bounded (512 bytes) and must be UTF-8 without control characters. An empty
/// RemoteMessage, a ConnectRequest without content and unknown content are
/// `bad_frame`.
frame_content decode_frame(std::string_view bytes);

std::string encode(const server_connection& x);
std::string encode(const connect_response& x);
std::string encode(const disconnect_request& x);

} // namespace caf_remote::wire
