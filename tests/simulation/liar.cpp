// SPDX-License-Identifier: BSD-3-Clause

#include "simulation/liar.hpp"

#include "caf_remote/wire/handshake.hpp"
#include "caf_remote/wire/system_messages.hpp"

#include "support/test_messages.hpp"

#include <chrono>
#include <utility>

namespace caf_remote::test {

namespace {

using namespace std::chrono_literals;
using google::protobuf::UInt64Value;

template <class T>
envelope system_envelope(const pid& to, const T& x) {
  auto result = make_system_envelope(to.id, T::type_name, wire::encode(x));
  result.target = to;
  return result;
}

} // namespace

liar::liar(scene& all, checker::run_id id)
  : frame_node(all, id), dice_(all.plot.seed ^ id.run),
    sender_(all.next_person()) {
  // nop
}

// -- what it does -------------------------------------------------------------

bool liar::perform(const step& x) {
  // what happens to the network and to nodes is not its doing
  if (x.what >= deed::cut)
    return false;
  if (dice_.one_in(3) || lines().empty())
    claim(some_node());
  for (auto n = 1 + dice_.below(4); n > 0; --n)
    say_something();
  return true;
}

size_t liar::some_node() {
  return dice_.below(all_.plot.nodes.size());
}

pid liar::some_actor() {
  // whoever asked this node may be told anything by it, as an answer
  if (!questions_.empty() && dice_.one_in(3)) {
    auto result = dice_.pick(questions_).requester;
    result.request_id += 1 + dice_.below(3);
    return result;
  }
  checker::place whom{some_node(), dice_.below(scene::names)};
  return {all_.address_of(whom.node, dice_.one_in(8)), all_.id_of(whom),
          dice_.one_in(2) ? dice_.below(100) : 0};
}

// Whoever has watched an actor of this node, or would watch that one.
pid liar::some_watcher(const pid& whom) {
  if (watchers_.empty())
    return some_actor();
  auto result = dice_.pick(watchers_);
  if (dice_.one_in(2))
    result.id = result.id.substr(0, result.id.find('@') + 1) + whom.address;
  if (dice_.one_in(4))
    result.request_id += dice_.below(3);
  return result;
}

// Opens a stream to a node in somebody's name.
void liar::claim(size_t whose) {
  auto to = some_node();
  if (to == here())
    return;
  wire::server_connection x;
  if (whose == here() && !members_.empty() && dice_.one_in(2)) {
    x.member_id = dice_.pick(members_);
    x.address = all_.address_of(here());
  } else {
    x.member_id = "liar-" + std::to_string(dice_.below(4));
    x.address = dice_.one_in(8)
                  ? "10.9.9." + std::to_string(dice_.below(9)) + ":9000"
                  : all_.address_of(whose);
  }
  all_.say(name_of(here()) + " says to " + name_of(to) + " that it is "
           + x.member_id + " at " + x.address);
  dial(all_.address_of(to))->write(wire::encode(x));
}

frame_node::line_ptr liar::some_line() {
  auto& xs = lines();
  return xs.empty() ? nullptr : xs[dice_.below(xs.size())];
}

void liar::say_something() {
  auto to = some_line();
  if (to == nullptr)
    return;
  switch (dice_.below(12)) {
    case 0:
      to->str->cancel();
      break;
    case 1:
      to->write(wire::encode(wire::disconnect_request{}));
      break;
    case 2:
      to->write(std::string(dice_.below(40), static_cast<char>(dice_.next())));
      break;
    case 3: {
      auto frame = batch_frame({invent()});
      frame[dice_.below(frame.size())] ^= static_cast<char>(1
                                                            << dice_.below(7));
      // numbers in it mean nothing
      if (numbers_in(frame).empty())
        to->write(std::move(frame));
      break;
    }
    default: {
      std::vector<envelope> xs;
      for (auto n = 1 + dice_.below(3); n > 0; --n)
        xs.push_back(invent());
      to->write(batch_frame(xs));
    }
  }
}

envelope liar::invent() {
  auto to = some_actor();
  auto from = some_actor();
  envelope result;
  switch (dice_.below(10)) {
    case 0:
      return system_envelope(to, wire::watch{from});
    case 1:
      return system_envelope(to, wire::unwatch{from});
    case 2:
    case 3:
      to = some_watcher(from);
      return system_envelope(
        to, wire::terminated{
              from, static_cast<wire::terminated_reason>(dice_.below(3))});
    case 4:
      result = system_envelope(to, wire::dead_letter_response{from});
      break;
    case 5:
      result = make_system_envelope(to.id, wire::touch::type_name);
      break;
    case 6:
      result = system_envelope(
        {to.address, "activator", 0},
        wire::actor_pid_request{dice_.one_in(2) ? "n3" : "", "person"});
      break;
    case 7: // an answer, to whatever
      result = make_envelope_for("", make_ping(answer_text, 0));
      break;
    default:
      return invent_message(from);
  }
  result.target = result.target.id.empty() ? to : result.target;
  if (dice_.one_in(2))
    result.sender = from;
  if (dice_.one_in(12))
    result.serializer_id = static_cast<int32_t>(dice_.below(4)) - 1;
  return result;
}

// A message, or a request in the name of another.
envelope liar::invent_message(const pid& from) {
  checker::place whom{some_node(), dice_.below(scene::names)};
  auto sender = from;
  uint32_t number;
  if (!questions_.empty() && dice_.one_in(3)) {
    // may be answered to whoever has asked
    auto& asked = dice_.pick(questions_);
    sender = asked.requester;
    number = all_.judge.passes_on(asked.number, id_, sender_, whom);
  } else {
    number = all_.judge.sends(id_, sender_, whom, checker::kind::message);
  }
  all_.judge.may_be_untraced(number);
  UInt64Value content;
  content.set_value(wish_content(number, wish::answer));
  auto result = dice_.one_in(2)
                  ? make_envelope_for("", make_ping("message", number))
                  : make_envelope_for("", content);
  result.target = {all_.address_of(whom.node), all_.id_of(whom), 0};
  result.sender = sender;
  return result;
}

// -- what it is told ----------------------------------------------------------

void liar::on_frame(const line_ptr& from, const std::string& frame) {
  auto content = wire::decode_frame(frame);
  if (auto x = std::get_if<wire::server_connection>(&content)) {
    members_.push_back(x->member_id);
    if (!dice_.one_in(6))
      from->write(wire::encode(wire::connect_response{
        "liar-" + std::to_string(dice_.below(4)), dice_.one_in(12)}));
  } else if (auto y = std::get_if<wire::connect_response>(&content)) {
    members_.push_back(y->member_id);
  } else if (std::holds_alternative<wire::batch_bytes>(content)) {
    for (auto& z : read_batch(frame))
      read(z);
  }
}

void liar::on_half_closed(const line_ptr& from) {
  if (dice_.one_in(2))
    from->str->finish({transport::status_code::ok, ""});
}

void liar::read(const envelope& x) {
  auto number = number_in(x);
  if (number && all_.judge.knows(*number))
    all_.judge.may_be_untraced(*number);
  wire::watch watch;
  if (x.type_name == wire::watch::type_name && wire::decode(x.payload, watch))
    watchers_.push_back(watch.watcher);
  if (x.sender.id.empty())
    return;
  if (!number)
    return;
  questions_.push_back({x.sender, *number});
  answer(x, *number);
}

// Once, twice, late, or not at all; by whatever connection there is.
void liar::answer(const envelope& x, uint32_t number) {
  auto y = make_envelope_for("", make_ping(answer_text, number));
  y.target = x.sender;
  auto say = [this, y = std::move(y)] {
    if (auto to = some_line())
      to->write(batch_frame({y}));
  };
  for (auto n = dice_.below(4); n > 0; --n)
    if (dice_.one_in(2))
      say();
    else
      after(std::chrono::milliseconds{dice_.below(20000)}, say);
}

} // namespace caf_remote::test
