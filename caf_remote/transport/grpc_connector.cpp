// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/transport/grpc_connector.hpp"

#include "caf_remote/transport/client_stream.hpp"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>

#include <algorithm>
#include <climits>
#include <utility>

namespace caf_remote::transport {

namespace {

// The port is not optional: gRPC would take 443 for a missing one.
bool is_valid_address(const std::string& address) {
  auto colon = address.rfind(':');
  if (colon == std::string::npos || colon == 0)
    return false;
  auto port = address.substr(colon + 1);
  if (port.empty() || port.size() > 5
      || port.find_first_not_of("0123456789") != std::string::npos)
    return false;
  auto number = std::stoi(port);
  // Whatever else means something in a URI is no host name.
  return number > 0 && number <= 65535
         && address.find_first_of("/?#@% \t\r\n") == std::string::npos;
}

grpc::ChannelArguments channel_arguments(const dial_options& opts) {
  auto timeout = static_cast<int>(
    std::clamp<int64_t>(opts.connect_timeout.count(), 1, INT_MAX / 2));
  grpc::ChannelArguments args;
  // One channel, one connection, one attempt: without the first, channels to
  // the same address share a connection and its back-off.
  args.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  args.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  args.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, timeout);
  args.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, timeout);
  args.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, timeout);
  // Peers are reached directly, and found by their address records alone.
  args.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  args.SetInt(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1);
  args.SetInt(GRPC_ARG_DNS_ARES_QUERY_TIMEOUT_MS, timeout);
  // What a listener compresses could become a thousand times as large. gRPC
  // refuses it, but may unpack it first unless it is told to leave it alone.
  args.SetInt(GRPC_COMPRESSION_CHANNEL_ENABLED_ALGORITHMS_BITSET,
              1 << GRPC_COMPRESS_NONE);
  args.SetInt(GRPC_ARG_ENABLE_PER_MESSAGE_DECOMPRESSION, 0);
  // Streams see to the limit themselves; see `too_large`.
  args.SetMaxReceiveMessageSize(-1);
  args.SetMaxSendMessageSize(-1);
  args.SetUserAgentPrefix("caf-remote");
  return args;
}

class grpc_connector final : public connector {
public:
  stream_ptr dial(const std::string& address, dial_options opts,
                  listener_ptr listener) override {
    if (!is_valid_address(address))
      return make_failed_stream(
        address,
        {status_code::invalid_argument, "not a host and a port: " + address},
        std::move(listener));
    // With the scheme spelt out an address that a peer sent us cannot name
    // another one, such as "unix:".
    auto channel = grpc::CreateCustomChannel("dns:///" + address,
                                             grpc::InsecureChannelCredentials(),
                                             channel_arguments(opts));
    return open_client_stream(std::move(channel), address, opts,
                              std::move(listener));
  }
};

} // namespace

std::shared_ptr<connector> make_grpc_connector() {
  return std::make_shared<grpc_connector>();
}

} // namespace caf_remote::transport
