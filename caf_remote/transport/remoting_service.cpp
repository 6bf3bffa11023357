// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/transport/remoting_service.hpp"

#include "caf_remote/transport/conversions.hpp"

#include <string>
#include <utility>
#include <vector>

namespace caf_remote::transport {

namespace {

grpc::Status list_processes(const diagnostics& diag,
                            const remote::ListProcessesRequest& request,
                            remote::ListProcessesResponse& response) {
  if (!remote::ListProcessesMatchType_IsValid(request.type()))
    return {grpc::StatusCode::INVALID_ARGUMENT, "unknown match type"};
  std::vector<std::string> ids;
  std::string error;
  auto how = static_cast<diagnostics::match>(request.type());
  if (!diag.list(request.pattern(), how, ids, error))
    return {grpc::StatusCode::INVALID_ARGUMENT, error};
  for (auto& id : ids) {
    auto* pid = response.add_pids();
    pid->set_address(diag.address());
    pid->set_id(std::move(id));
  }
  return grpc::Status::OK;
}

grpc::Status
describe_process(const diagnostics& diag,
                 const remote::GetProcessDiagnosticsRequest& request,
                 remote::GetProcessDiagnosticsResponse& response) {
  auto text = diag.describe(request.pid().id());
  if (text.empty())
    return {grpc::StatusCode::NOT_FOUND, "no such process"};
  response.set_diagnostics_string(std::move(text));
  return grpc::Status::OK;
}

grpc::ServerUnaryReactor* answer(grpc::CallbackServerContext* context,
                                 grpc::Status result) {
  auto* reactor = context->DefaultReactor();
  reactor->Finish(std::move(result));
  return reactor;
}

grpc::Status check_size(const google::protobuf::Message& request,
                        size_t limit) {
  if (request.ByteSizeLong() <= limit)
    return grpc::Status::OK;
  return {grpc::StatusCode::RESOURCE_EXHAUSTED, "the request is too large"};
}

grpc::Status disabled() {
  return {grpc::StatusCode::UNIMPLEMENTED, "diagnostics are disabled"};
}

} // namespace

remoting_service::remoting_service(const listen_options& opts,
                                   std::shared_ptr<stream_registry> registry)
  : opts_(opts), registry_(std::move(registry)) {
  // nop
}

server_reactor*
remoting_service::Receive(grpc::CallbackServerContext* context) {
  metadata initial;
  if (opts_.initial_metadata)
    initial = opts_.initial_metadata();
  auto [reactor, str] = accept_stream(context, initial, opts_.max_receive_bytes,
                                      registry_);
  // Without a callback the stream is dropped here, which cancels it.
  if (str && opts_.on_stream)
    opts_.on_stream({std::move(str), to_metadata(context->client_metadata())});
  return reactor;
}

grpc::ServerUnaryReactor*
remoting_service::ListProcesses(grpc::CallbackServerContext* context,
                                const remote::ListProcessesRequest* request,
                                remote::ListProcessesResponse* response) {
  if (!opts_.diag || !opts_.diag->list)
    return answer(context, disabled());
  if (auto bad = check_size(*request, opts_.max_receive_bytes); !bad.ok())
    return answer(context, bad);
  return answer(context, list_processes(*opts_.diag, *request, *response));
}

grpc::ServerUnaryReactor* remoting_service::GetProcessDiagnostics(
  grpc::CallbackServerContext* context,
  const remote::GetProcessDiagnosticsRequest* request,
  remote::GetProcessDiagnosticsResponse* response) {
  if (!opts_.diag || !opts_.diag->describe)
    return answer(context, disabled());
  if (auto bad = check_size(*request, opts_.max_receive_bytes); !bad.ok())
    return answer(context, bad);
  return answer(context, describe_process(*opts_.diag, *request, *response));
}

} // namespace caf_remote::transport
