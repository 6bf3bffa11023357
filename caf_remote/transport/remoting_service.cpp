// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/transport/remoting_service.hpp"

#include "caf_remote/transport/conversions.hpp"
#include "caf_remote/wire/message_reader.hpp"

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

/// Reads a request and writes down what `f` answers to it.
template <class Request, class Response, class F>
grpc::Status handle(const grpc::ByteBuffer& request, grpc::ByteBuffer& response,
                    size_t limit, F f) {
  if (request.Length() > limit)
    return {grpc::StatusCode::RESOURCE_EXHAUSTED, "the request is too large"};
  static const auto reader = new wire::message_reader{
    Request::default_instance()}; // for all threads, always
  Request in;
  frame bytes;
  auto copy = request; // shares the slices
  if (!take_frame(copy, bytes) || !reader->read(bytes, in))
    return {grpc::StatusCode::INVALID_ARGUMENT, "the request is garbage"};
  Response out;
  auto result = f(in, out);
  if (result.ok())
    response = to_byte_buffer(out.SerializeAsString());
  return result;
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
                                      opts_.handshake_timeout, registry_);
  // Without a callback the stream is dropped here, which cancels it.
  if (str && opts_.on_stream)
    opts_.on_stream({std::move(str), to_metadata(context->client_metadata())});
  return reactor;
}

grpc::ServerUnaryReactor*
remoting_service::ListProcesses(grpc::CallbackServerContext* context,
                                const grpc::ByteBuffer* request,
                                grpc::ByteBuffer* response) {
  if (!opts_.diag || !opts_.diag->list)
    return answer(context, disabled());
  using input = remote::ListProcessesRequest;
  using output = remote::ListProcessesResponse;
  return answer(context, handle<input, output>(
                           *request, *response, opts_.max_receive_bytes,
                           [this](const input& in, output& out) {
                             return list_processes(*opts_.diag, in, out);
                           }));
}

grpc::ServerUnaryReactor*
remoting_service::GetProcessDiagnostics(grpc::CallbackServerContext* context,
                                        const grpc::ByteBuffer* request,
                                        grpc::ByteBuffer* response) {
  if (!opts_.diag || !opts_.diag->describe)
    return answer(context, disabled());
  using input = remote::GetProcessDiagnosticsRequest;
  using output = remote::GetProcessDiagnosticsResponse;
  return answer(context, handle<input, output>(
                           *request, *response, opts_.max_receive_bytes,
                           [this](const input& in, output& out) {
                             return describe_process(*opts_.diag, in, out);
                           }));
}

} // namespace caf_remote::transport
