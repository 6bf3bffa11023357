// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/transport/grpc_connector.hpp"
#include "caf_remote/transport/grpc_server.hpp"

#include "support/recording_listener.hpp"

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>

namespace caf_remote::test {

/// One side of a stream together with what it heard.
struct recorded_stream {
  transport::stream_ptr str;
  std::shared_ptr<recording_listener> log;
  transport::metadata call_metadata;

  void write(transport::frame bytes) {
    auto n = log->snapshot().written;
    str->write(std::move(bytes));
    if (!log->wait_written(n + 1))
      throw std::runtime_error{"a write did not end"};
  }
};

/// Opens a recorded stream to `address`.
inline recorded_stream dial(const std::string& address,
                            transport::dial_options opts = {}) {
  recorded_stream result;
  result.log = std::make_shared<recording_listener>();
  result.str = transport::make_grpc_connector()->dial(address, std::move(opts),
                                                      result.log);
  return result;
}

/// A server on a port of the loopback interface that the kernel picks. Records
/// every stream that arrives.
class loopback {
public:
  explicit loopback(transport::listen_options opts = {})
    : waiting_(std::make_shared<queue>()) {
    opts.on_stream = [q = waiting_](transport::incoming in) {
      auto log = std::make_shared<recording_listener>();
      in.str->attach(log);
      q->push({std::move(in.str), log, std::move(in.call_metadata)});
    };
    auto res = transport::start_grpc_server(std::move(opts));
    if (!res)
      throw std::runtime_error{caf::to_string(res.error())};
    srv = std::move(*res);
  }

  ~loopback() {
    srv->shutdown(std::chrono::seconds{5});
  }

  std::string address() const {
    return "127.0.0.1:" + std::to_string(srv->port());
  }

  /// Takes the next stream that arrived, waiting for it.
  recorded_stream accept() {
    return waiting_->pop();
  }

  /// Opens a stream to this server and returns both of its sides.
  std::pair<recorded_stream, recorded_stream>
  open(transport::dial_options opts = {}) {
    auto near = dial(address(), std::move(opts));
    return {std::move(near), accept()};
  }

  std::shared_ptr<transport::server> srv;

private:
  class queue {
  public:
    void push(recorded_stream x) {
      std::lock_guard<std::mutex> guard{mutex_};
      xs_.push_back(std::move(x));
      changed_.notify_all();
    }

    recorded_stream pop() {
      std::unique_lock<std::mutex> guard{mutex_};
      if (!changed_.wait_for(guard, patience, [&] { return !xs_.empty(); }))
        throw std::runtime_error{"no stream arrived"};
      auto result = std::move(xs_.front());
      xs_.pop_front();
      return result;
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<recorded_stream> xs_;
  };

  std::shared_ptr<queue> waiting_;
};

} // namespace caf_remote::test
