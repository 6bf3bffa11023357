// SPDX-License-Identifier: BSD-3-Clause

#include "support/actors.hpp"

#include "caf_remote/events.hpp"

#include "support/messages.hpp"

#include <algorithm>
#include <utility>

namespace caf_remote::bench {

namespace {

using google::protobuf::BytesValue;
using google::protobuf::Empty;
using google::protobuf::UInt64Value;

UInt64Value make_count(uint64_t count) {
  UInt64Value result;
  result.set_value(count);
  return result;
}

void send_burst(caf::stateful_actor<sender_state>* self,
                const sender_task& task) {
  auto& st = self->state;
  auto& target = task.targets[st.turn];
  auto end = std::min(task.count, st.sent + task.burst);
  while (st.sent < end)
    self->send(target, numbered(++st.sent, task.size));
  st.turn = (st.turn + 1) % task.targets.size();
}

void run(caf::stateful_actor<sender_state>* self, const sender_task& task) {
  auto& st = self->state;
  auto& target = task.targets[st.turn];
  if (task.pace.has_room && !task.pace.has_room(target)) {
    ++st.pauses;
    task.pace.notify(target, caf::actor{self});
    return;
  }
  send_burst(self, task);
  if (st.sent < task.count) {
    self->send(self, caf::tick_atom::value);
    return;
  }
  self->send(task.boss, caf::ok_atom::value, st.pauses);
  self->quit();
}

void request_next(caf::stateful_actor<requester_state>* self,
                  const requester_task& task) {
  auto& st = self->state;
  if (st.sent == task.count)
    return;
  ++st.sent;
  if (task.times != nullptr)
    st.sent_at = std::chrono::steady_clock::now();
  self->send(task.target, numbered(st.sent, task.size));
}

void take_reply(caf::stateful_actor<requester_state>* self,
                const requester_task& task) {
  auto& st = self->state;
  if (task.times != nullptr)
    task.times->add(std::chrono::steady_clock::now() - st.sent_at);
  if (++st.replies < task.count) {
    request_next(self, task);
    return;
  }
  self->send(task.boss, caf::ok_atom::value, uint64_t{0});
  self->quit();
}

} // namespace

caf::behavior counter(caf::stateful_actor<counter_state>* self) {
  return {
    [self](const BytesValue&) { ++self->state.count; },
    [self](const Empty&) { return make_count(self->state.count); },
  };
}

caf::behavior echo(caf::event_based_actor*) {
  return {
    [](BytesValue& x) { return std::move(x); },
  };
}

caf::behavior sender(caf::stateful_actor<sender_state>* self,
                     sender_task task) {
  auto ptr = std::make_shared<sender_task>(std::move(task));
  return {
    [self, ptr](caf::tick_atom) { run(self, *ptr); },
    [self, ptr](const endpoint_room&) { run(self, *ptr); },
  };
}

caf::behavior requester(caf::stateful_actor<requester_state>* self,
                        requester_task task) {
  auto ptr = std::make_shared<requester_task>(std::move(task));
  return {
    [self, ptr](caf::tick_atom) {
      for (uint64_t i = 0; i < ptr->window; ++i)
        request_next(self, *ptr);
    },
    [self, ptr](const BytesValue&) { take_reply(self, *ptr); },
  };
}

caf::behavior listener(caf::stateful_actor<listener_state>* self,
                       listener_task task) {
  auto ptr = std::make_shared<listener_task>(std::move(task));
  return {
    [self, ptr](const BytesValue& x) {
      ptr->times->add(schedule::clock::now() - ptr->plan.due(number_of(x)));
      if (++self->state.replies < ptr->count)
        return;
      self->send(ptr->boss, caf::ok_atom::value, uint64_t{0});
      self->quit();
    },
  };
}

} // namespace caf_remote::bench
