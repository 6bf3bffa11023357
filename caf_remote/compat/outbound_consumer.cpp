// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/compat/outbound_consumer.hpp"

#include "caf_remote/endpoint/endpoint.hpp"
#include "caf_remote/endpoint/supervision.hpp"

#include <tuple>
#include <typeinfo>

namespace caf_remote {

namespace {

// Messages between two looks at whether more have come.
constexpr size_t round_size = 128;

outbound_element* as_outbound(caf::mailbox_element& x) noexcept {
  return typeid(x) == typeid(outbound_element)
           ? static_cast<outbound_element*>(&x)
           : nullptr;
}

} // namespace

outbound_taker::~outbound_taker() {
  // nop
}

void outbound_consumer::keep(endpoint_ptr x) {
  endpoint_ = std::move(x);
}

// CAF empties the mailbox in here, and closes it.
bool outbound_consumer::cleanup(caf::error&& reason,
                                caf::execution_unit* host) {
  // not for longer: the endpoint has a reference to the actor
  auto kept = std::move(endpoint_);
  return caf::event_based_actor::cleanup(std::move(reason), host);
}

template <class F>
void outbound_consumer::run(F f) {
  try {
    f();
  } catch (...) {
    // it may be broken: what else is in this round becomes dead letters
    taker_ = nullptr;
    quit(exception_reason());
  }
}

// The loop of `scheduled_actor::resume` (CAF 0.17.6) without the parts for
// streams and receive timeouts. Messages for the taker do not count as the
// current message, and exceptions do not go to the actor's exception handler.
caf::resumable::resume_result
outbound_consumer::resume(caf::execution_unit* ctx, size_t max_throughput) {
  if (!activate(ctx))
    return resumable::done;
  if (taker_ == nullptr)
    return caf::event_based_actor::resume(ctx, max_throughput);
  size_t handled = 0;
  mailbox_visitor others{this, handled, max_throughput};
  auto visit = [&](auto id, auto& queue, auto&... xs) {
    // the message is last, after what CAF says about its stream, if any
    auto& x = std::get<sizeof...(xs) - 1>(std::tie(xs...));
    auto msg = taker_ != nullptr ? as_outbound(x) : nullptr;
    if (msg == nullptr)
      return others(id, queue, xs...);
    run([&] { taker_->take(msg->keep()); });
    return ++handled < max_throughput ? caf::intrusive::task_result::resume
                                      : caf::intrusive::task_result::stop_all;
  };
  while (handled < max_throughput) {
    auto empty = mailbox_.new_round(round_size, visit).consumed_items == 0;
    if (empty && taker_ != nullptr)
      run([&] { taker_->pause(); });
    if (finalize())
      return resumable::done;
    if (empty && mailbox().try_block())
      return resumable::awaiting_message;
  }
  // with more to come the next share goes on
  if (mailbox_.empty() && taker_ != nullptr)
    run([&] { taker_->pause(); });
  if (finalize())
    return resumable::done;
  return mailbox().try_block() ? resumable::awaiting_message
                               : resumable::resume_later;
}

} // namespace caf_remote
