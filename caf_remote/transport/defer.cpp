// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/transport/defer.hpp"

#include <grpc/support/time.h>
#include <grpcpp/alarm.h>

#include <memory>
#include <utility>

namespace caf_remote::transport {

namespace {

struct task {
  grpc::Alarm alarm;
  std::function<void()> run;
};

} // namespace

void defer(std::function<void()> f) {
  auto ptr = std::make_shared<task>();
  ptr->run = std::move(f);
  // The callback owns one reference, through a plain pointer because the alarm
  // keeps its callback as long as itself. Our own reference keeps the alarm
  // until `Set` has returned, even if the callback is faster.
  auto* owned = new std::shared_ptr<task>(ptr);
  ptr->alarm.Set(gpr_now(GPR_CLOCK_MONOTONIC), [owned](bool) {
    auto self = std::move(*owned);
    delete owned;
    self->run();
    self->run = nullptr;
  });
}

} // namespace caf_remote::transport
