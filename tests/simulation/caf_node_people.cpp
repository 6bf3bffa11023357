// SPDX-License-Identifier: BSD-3-Clause

// What actors of a node of the module do with what they are sent.

#include "caf_remote/events.hpp"
#include "caf_remote/send.hpp"

#include "simulation/caf_node.hpp"

#include <caf/send.hpp>

#include <utility>

namespace caf_remote::test {

namespace {

using google::protobuf::UInt64Value;

} // namespace

uint32_t caf_node::spawn() {
  auto id = all_.next_person();
  auto& x = people_[id];
  x = std::make_unique<person>();
  x->hdl = system_.sys.spawn(
    [this, id](self_ptr self) { return behave(self, id); });
  return id;
}

caf::behavior caf_node::behave(self_ptr self, uint32_t id) {
  self->set_default_handler(caf::drop);
  // within a node, errors come as messages
  self->set_error_handler([](caf::error&) {});
  self->set_down_handler(
    [this, id](caf::down_msg& x) { on_told(id, x.reason); });
  self->set_exit_handler([this, id, self](caf::exit_msg& x) {
    if (x.reason == caf::exit_reason::kill)
      self->quit(x.reason);
    else if (!at(id).watches.empty())
      on_told(id, x.reason);
    else if (x.reason)
      self->quit(x.reason);
  });
  self->attach_functor([this, id](const caf::error&) { on_end(id); });
  return {
    [self](const task& x) { x.f(self); },
    [this, id, self](const Ping& x) {
      if (x.text() != answer_text)
        on_message(self, id, static_cast<uint32_t>(x.number()));
    },
    [this, id, self](const raw_message& x) {
      if (auto number = number_in(caf::make_message(x)))
        on_message(self, id, *number);
    },
    [this, id, self](const UInt64Value& x) {
      return on_request(self, id, x.value());
    },
    [this, id](const endpoint_room&) {
      auto waits = std::exchange(at(id).waits, {});
      for (auto x : waits)
        on_answer(id, x, caf::none);
    },
  };
}

void caf_node::tell(uint32_t id, std::function<void(self_ptr)> f) {
  caf::anon_send(at(id).hdl, task{[this, id, f = std::move(f)](self_ptr self) {
                   if (is_there(at(id)))
                     f(self);
                 }});
}

void caf_node::on_end(uint32_t id) {
  auto& me = at(id);
  if (is_there(me)) {
    all_.say("actor " + std::to_string(id) + " on " + name_of(here())
             + " ends");
    all_.judge.ends(id);
  }
  me.ended = true;
  me.held.clear();
}

void caf_node::on_message(self_ptr self, uint32_t id, uint32_t number) {
  if (!is_there(at(id)))
    return;
  all_.say("message " + std::to_string(number) + " comes to actor "
           + std::to_string(id) + " on " + name_of(here()));
  all_.judge.delivered(number, id_, id);
  auto header = header_of(self, header_key);
  if (!header && all_.with_header.count(number) != 0)
    all_.judge.complain("headers: " + std::to_string(number)
                        + " comes without its own");
  if (header && *header != std::to_string(number))
    all_.judge.complain("headers: " + std::to_string(number)
                        + " comes with the one of " + std::string{*header});
}

caf::result<Ping> caf_node::on_request(self_ptr self, uint32_t id,
                                       uint64_t content) {
  auto number = number_of(content);
  on_message(self, id, number);
  auto answer = make_ping(answer_text, number);
  switch (wish_of(content)) {
    case wish::answer:
      return answer;
    case wish::answer_with_header:
      return reply(self, answer, {{header_key, std::to_string(number)}});
    case wish::fail:
      return make_error(caf::sec::invalid_argument);
    case wish::hold:
      at(id).held.push_back(self->make_response_promise<Ping>());
      return at(id).held.back();
    case wish::pass_on:
      return pass_on(self, id, number, false);
    case wish::pass_on_in_time:
      return pass_on(self, id, number, true);
  }
  return answer;
}

// To a third actor, chosen by the number, who answers the requester.
caf::result<Ping> caf_node::pass_on(self_ptr self, uint32_t id, uint32_t number,
                                    bool in_time) {
  if (!is_there(at(id)))
    return make_error(caf::sec::invalid_argument);
  checker::place whom{number % all_.plot.nodes.size(),
                      number % scene::published_names};
  auto next = all_.judge.passes_on(number, id_, id, whom);
  all_.say("request " + std::to_string(number) + " is passed on to "
           + name_of(whom) + " as " + std::to_string(next));
  auto to = handle(whom);
  UInt64Value content;
  content.set_value(wish_content(next, wish::answer));
  if (in_time)
    caf_remote::delegate(self, to, content, {});
  else
    self->delegate(to, content);
  return caf::delegated<Ping>{};
}

void caf_node::on_told(uint32_t id, const caf::error& why) {
  if (!is_there(at(id)))
    return;
  for (auto watch : at(id).watches) {
    all_.say("watch " + std::to_string(watch)
             + " is told: " + (why ? render(why) : "normal"));
    all_.judge.told(watch, why);
  }
}

void caf_node::on_answer(uint32_t requester, uint32_t number,
                         const caf::error& why) {
  if (!is_there(at(requester)))
    return;
  all_.say("request " + std::to_string(number)
           + " is answered: " + (why ? render(why) : "yes"));
  all_.judge.answered(number, why);
}

} // namespace caf_remote::test
