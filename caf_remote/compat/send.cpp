// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/send.hpp"

#include "caf_remote/compat/annotated_element.hpp"

#include <caf/actor_profiler.hpp>
#include <caf/local_actor.hpp>
#include <caf/mailbox_element.hpp>
#include <caf/sec.hpp>

#include <memory>

namespace caf_remote::detail {

namespace {

using forwarding_stack = caf::mailbox_element::forwarding_stack;

sent_ptr make_element(caf::strong_actor_ptr sender, caf::message_id id,
                      forwarding_stack stages, caf::message content,
                      attachment extras) {
  sent_ptr result{new sent_element(std::move(sender), id, std::move(stages),
                                   std::move(content))};
  result->header(std::move(extras.header));
  result->serializer_id = extras.serializer_id;
  return result;
}

void enqueue(caf::local_actor* self, const caf::strong_actor_ptr& to,
             sent_ptr x) {
  if (to == nullptr)
    return;
  CAF_BEFORE_SENDING(self, *x);
  to->enqueue(std::move(x), self->context());
}

} // namespace

void send(caf::local_actor* self, const caf::strong_actor_ptr& to,
          caf::message content, attachment extras) {
  enqueue(self, to,
          make_element(self->ctrl(), caf::make_message_id(), {},
                       std::move(content), std::move(extras)));
}

void anon_send(const caf::strong_actor_ptr& to, caf::message content,
               attachment extras) {
  if (to != nullptr)
    to->enqueue(make_element(nullptr, caf::make_message_id(), {},
                             std::move(content), std::move(extras)),
                nullptr);
}

caf::message_id request(caf::local_actor* self, const caf::strong_actor_ptr& to,
                        const caf::duration& time_limit, caf::message content,
                        attachment extras) {
  auto id = self->new_request_id(caf::message_priority::normal);
  if (to == nullptr) {
    self->eq_impl(id.response_id(), self->ctrl(), self->context(),
                  caf::make_error(caf::sec::invalid_argument));
    return id.response_id();
  }
  auto x = make_element(self->ctrl(), id, {}, std::move(content),
                        std::move(extras));
  if (time_limit.valid()) {
    x->deadline = self->clock().now();
    x->deadline += time_limit;
  }
  enqueue(self, to, std::move(x));
  self->request_response_timeout(time_limit, id);
  return id.response_id();
}

void delegate(caf::local_actor* self, const caf::strong_actor_ptr& to,
              caf::message content, attachment extras) {
  auto at_hand = self->current_mailbox_element();
  if (to == nullptr || at_hand == nullptr || at_hand->mid.is_answered()
      || at_hand->mid.is_response())
    return;
  // from here on the handler's own result is of no interest
  auto promise = self->make_response_promise();
  auto x = make_element(promise.source(), promise.id(), promise.stages(),
                        std::move(content), std::move(extras));
  // the requester waits no longer because somebody else answers it
  x->deadline = extras_of(*at_hand).deadline;
  enqueue(self, to, std::move(x));
}

void deliver(caf::local_actor* self, caf::response_promise& promise,
             caf::message content, attachment extras) {
  if (!promise.pending())
    return;
  auto fulfilled = std::exchange(promise, caf::response_promise{});
  auto stages = fulfilled.stages();
  if (stages.empty()) {
    enqueue(self, fulfilled.source(),
            make_element(self->ctrl(), fulfilled.id().response_id(), {},
                         std::move(content), std::move(extras)));
    return;
  }
  auto next = std::move(stages.back());
  stages.pop_back();
  enqueue(self, next,
          make_element(fulfilled.source(), fulfilled.id(), std::move(stages),
                       std::move(content), std::move(extras)));
}

} // namespace caf_remote::detail
