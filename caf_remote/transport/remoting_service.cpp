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

std::string refusal_text(stream_places::answer given, size_t max) {
  auto bound = "max-streams (" + std::to_string(max) + ")";
  if (given == stream_places::answer::full)
    return "refused, since " + bound + " are open";
  if (given == stream_places::answer::host_full)
    return "refused, since its host has nine tenths of " + bound + " open";
  return "refused and cut off, since its connection has opened more than "
         + std::to_string(stream_places::max_per_connection) + " streams";
}

grpc::Status disabled() {
  return {grpc::StatusCode::UNIMPLEMENTED, "diagnostics are disabled"};
}

} // namespace

remoting_service::remoting_service(const listen_options& opts,
                                   std::shared_ptr<stream_registry> registry,
                                   accepted_sockets& sockets)
  : opts_(opts), registry_(std::move(registry)), sockets_(sockets) {
  // nop
}

server_reactor*
remoting_service::Receive(grpc::CallbackServerContext* context) {
  auto peer = peer_text(context->peer(), context->peer());
  auto given = registry_->take_place(peer);
  if (given != stream_places::answer::taken)
    return refuse(std::move(peer), given);
  try {
    metadata initial;
    if (opts_.initial_metadata)
      initial = opts_.initial_metadata();
    auto [reactor, str] = accept_stream(context, peer, initial,
                                        opts_.max_receive_bytes,
                                        opts_.handshake_timeout, registry_);
    // Without a callback the stream is dropped here, which cancels it.
    if (str && opts_.on_stream)
      opts_.on_stream(
        {std::move(str), to_metadata(context->client_metadata())});
    return reactor;
  } catch (...) {
    // want of memory: gRPC ends the call, and no reactor hears of it
    registry_->leave_place(peer, given);
    throw;
  }
}

server_reactor* remoting_service::refuse(std::string peer,
                                         stream_places::answer given) {
  if (opts_.on_refused)
    opts_.on_refused(peer, refusal_text(given, opts_.max_streams));
  // gRPC keeps to the bound of one connection only once the peer has confirmed
  // it, which is up to the peer.
  if (given == stream_places::answer::connection_full)
    sockets_.cut(peer);
  return refuse_stream(std::move(peer), given,
                       {status_code::resource_exhausted, "too many streams"},
                       registry_);
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
