// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/transport/server_stream.hpp"
#include "caf_remote/transport/stream.hpp"

#include "remote.grpc.pb.h"

#include <memory>

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
  remoting_service(const listen_options& opts,
                   std::shared_ptr<stream_registry> registry);

  server_reactor* Receive(grpc::CallbackServerContext* context) override;

  grpc::ServerUnaryReactor* ListProcesses(grpc::CallbackServerContext* context,
                                          const grpc::ByteBuffer* request,
                                          grpc::ByteBuffer* response) override;

  grpc::ServerUnaryReactor*
  GetProcessDiagnostics(grpc::CallbackServerContext* context,
                        const grpc::ByteBuffer* request,
                        grpc::ByteBuffer* response) override;

private:
  const listen_options& opts_;
  const std::shared_ptr<stream_registry> registry_;
};

} // namespace caf_remote::transport
