// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/transport/grpc_server.hpp"

#include "caf_remote/transport/accepted_sockets.hpp"
#include "caf_remote/transport/acceptor.hpp"
#include "caf_remote/transport/bind_address.hpp"
#include "caf_remote/transport/callback_pulse.hpp"
#include "caf_remote/transport/remoting_service.hpp"

#include <caf/error.hpp>
#include <caf/sec.hpp>

#include <grpc/grpc.h>
#include <grpc/support/time.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <algorithm>
#include <climits>
#include <mutex>
#include <utility>

namespace caf_remote::transport {

namespace {

// Connections that could not be cut for want of a descriptor are tried again.
constexpr auto cut_again_ms = 100;

int to_int(uint64_t x) {
  return static_cast<int>(std::min<uint64_t>(x, INT_MAX));
}

class grpc_server final : public server {
public:
  grpc_server(listen_options opts, std::string bound_host)
    : opts_(std::move(opts)), bound_host_(std::move(bound_host)),
      registry_(std::make_shared<stream_registry>(opts_.max_streams)),
      service_(opts_, registry_, sockets_) {
    // nop
  }

  ~grpc_server() override {
    shutdown(std::chrono::milliseconds{0});
  }

  caf::error start();

  uint16_t port() const override {
    return acceptor_.port();
  }

  std::string bound_host() const override {
    return bound_host_;
  }

  void stop_accepting() override;

  void shutdown(std::chrono::milliseconds limit) override;

private:
  void configure(grpc::ServerBuilder& builder);
  void stop_accepting_locked();

  const listen_options opts_;
  const std::string bound_host_;
  const std::shared_ptr<stream_registry> registry_;
  accepted_sockets sockets_;
  remoting_service service_;

  std::mutex mutex_;
  std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> taker_;
  std::unique_ptr<grpc::Server> impl_;
  acceptor acceptor_;
  std::shared_ptr<void> pulse_;
  // Receives the one event of `stop_accepting`.
  grpc_completion_queue* stop_queue_ = nullptr;
};

void grpc_server::configure(grpc::ServerBuilder& builder) {
  auto handshake_ms = to_int(static_cast<uint64_t>(
    std::max<int64_t>(opts_.handshake_timeout.count(), 1)));
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS,
                             handshake_ms);
  // A peer could collect connections without a stream. A node opens its stream
  // as soon as it is connected and closes the connection with it; who comes for
  // the diagnostics is reconnected by its gRPC.
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_IDLE_MS, handshake_ms);
  // Each stream costs gRPC some twenty KiB before the service hears of it.
  builder.AddChannelArgument(
    GRPC_ARG_MAX_CONCURRENT_STREAMS,
    static_cast<int>(stream_places::max_per_connection));
  // A message could become a thousand times as large, before anybody can
  // compare its size. No node compresses unless it is told to.
  builder.AddChannelArgument(GRPC_COMPRESSION_CHANNEL_ENABLED_ALGORITHMS_BITSET,
                             1 << GRPC_COMPRESS_NONE);
  builder.AddChannelArgument(GRPC_ARG_ENABLE_PER_MESSAGE_DECOMPRESSION, 0);
  // How often peers ping is their choice.
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PING_STRIKES, 0);
  // Streams see to the limit themselves; see `too_large`.
  builder.SetMaxReceiveMessageSize(-1);
  builder.SetMaxSendMessageSize(-1);
  builder.RegisterService(&service_);
}

caf::error grpc_server::start() {
  using external = grpc::ServerBuilder::experimental_type::
    ExternalConnectionType;
  auto problem = acceptor_.listen(bound_host_, opts_.port);
  if (problem.empty()) {
    grpc::ServerBuilder builder;
    configure(builder);
    taker_ = builder.experimental().AddExternalConnectionAcceptor(
      external::FROM_FD, grpc::InsecureServerCredentials());
    impl_ = builder.BuildAndStart();
    if (!impl_)
      problem = "gRPC cannot start";
  }
  auto failed = [this](const std::string& what) {
    return caf::make_error(caf::sec::cannot_open_port,
                           "cannot listen on "
                             + join_host_port(bound_host_, opts_.port) + ": "
                             + what);
  };
  if (!problem.empty())
    return failed(problem);
  if (opts_.on_bound)
    if (auto err = opts_.on_bound(bound_host_, acceptor_.port()))
      return err;
  pulse_ = hold_callback_pulse();
  auto take = [this](int fd) {
    grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters x;
    x.fd = fd;
    sockets_.add(fd);
    taker_->HandleNewConnection(&x);
  };
  auto on_shortage = [this](const std::string& what) {
    if (opts_.on_shortage)
      opts_.on_shortage(what);
  };
  problem = acceptor_.start(std::move(take), std::move(on_shortage));
  return problem.empty() ? caf::error{} : failed(problem);
}

void grpc_server::stop_accepting() {
  std::lock_guard<std::mutex> guard{mutex_};
  stop_accepting_locked();
}

// grpc::Server can only shut down as a whole, and waits. The call beneath it
// tells the peers to open no more streams and returns; doing it twice is
// allowed. It also frees what connections are handed to.
void grpc_server::stop_accepting_locked() {
  if (!impl_ || stop_queue_ != nullptr)
    return;
  acceptor_.stop();
  stop_queue_ = grpc_completion_queue_create_for_next(nullptr);
  grpc_server_shutdown_and_notify(impl_->c_server(), stop_queue_, nullptr);
}

void grpc_server::shutdown(std::chrono::milliseconds limit) {
  std::lock_guard<std::mutex> guard{mutex_};
  if (!impl_)
    return;
  auto deadline = gpr_time_add(
    gpr_now(GPR_CLOCK_MONOTONIC),
    gpr_time_from_millis(limit.count(), GPR_TIMESPAN));
  stop_accepting_locked();
  registry_->cancel_all();
  while (grpc_completion_queue_next(stop_queue_, deadline, nullptr).type
         == GRPC_QUEUE_TIMEOUT) {
    grpc_server_cancel_all_calls(impl_->c_server());
    sockets_.cut_all();
    deadline = gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                            gpr_time_from_millis(cut_again_ms, GPR_TIMESPAN));
  }
  grpc_completion_queue_shutdown(stop_queue_);
  grpc_completion_queue_next(stop_queue_, gpr_inf_future(GPR_CLOCK_MONOTONIC),
                             nullptr);
  grpc_completion_queue_destroy(stop_queue_);
  stop_queue_ = nullptr;
  // No connection is left. This waits for the callbacks.
  impl_->Shutdown();
  impl_.reset();
  pulse_.reset();
}

} // namespace

caf::expected<std::shared_ptr<server>> start_grpc_server(listen_options opts) {
  auto host = resolve_bind_host(opts.host);
  if (!host)
    return std::move(host.error());
  auto result = std::make_shared<grpc_server>(std::move(opts),
                                              std::move(*host));
  if (auto err = result->start())
    return err;
  return std::shared_ptr<server>{std::move(result)};
}

} // namespace caf_remote::transport
