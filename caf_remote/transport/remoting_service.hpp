// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/transport/accepted_sockets.hpp"
#include "caf_remote/transport/server_stream.hpp"
#include "caf_remote/transport/stream.hpp"

#include "remote.grpc.pb.h"

#include <memory>
#include <string>

namespace caf_remote::transport {

using remoting_service_base = remote::Remoting::WithRawCallbackMethod_Receive<
  remote::Remoting::WithRawCallbackMethod_ListProcesses<
    remote::Remoting::WithRawCallbackMethod_GetProcessDiagnostics<
      remote::Remoting::Service>>>;

/// The service `remote.Remoting`: hands each stream to the options' callback
/// and answers the diagnostics. Runs on gRPC's threads. All requests come raw:
/// gRPC would have Protobuf read them first, which writes to stderr about
/// strings that are not UTF-8.
class remoting_service final : public remoting_service_base {
public:
  /// @param opts is read on gRPC's threads and must not change any more.
  /// @param sockets are told to cut connections that open too many streams.
  remoting_service(const listen_options& opts,
                   std::shared_ptr<stream_registry> registry,
                   accepted_sockets& sockets);

  server_reactor* Receive(grpc::CallbackServerContext* context) override;

  grpc::ServerUnaryReactor* ListProcesses(grpc::CallbackServerContext* context,
                                          const grpc::ByteBuffer* request,
                                          grpc::ByteBuffer* response) override;

  grpc::ServerUnaryReactor*
  GetProcessDiagnostics(grpc::CallbackServerContext* context,
                        const grpc::ByteBuffer* request,
                        grpc::ByteBuffer* response) override;

private:
  server_reactor* refuse(std::string peer, stream_places::answer given);

  const listen_options& opts_;
  const std::shared_ptr<stream_registry> registry_;
  accepted_sockets& sockets_;
};

} // namespace caf_remote::transport
