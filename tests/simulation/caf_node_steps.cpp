// SPDX-License-Identifier: BSD-3-Clause

// What programs do on a node of the module.

#include "caf_remote/endpoint/messages.hpp"
#include "caf_remote/send.hpp"

#include "simulation/caf_node.hpp"

#include <caf/send.hpp>

#include <algorithm>
#include <utility>

namespace caf_remote::test {

namespace {

using google::protobuf::UInt64Value;

} // namespace

bool caf_node::perform(const step& x) {
  switch (x.what) {
    case deed::send:
      send(x, 1);
      return true;
    case deed::flood:
      send(x, 40);
      return true;
    case deed::request:
      request(x);
      return true;
    case deed::spawn:
      spawn_there(x);
      return true;
    case deed::wait_for_room:
      wait_for_room(x);
      return true;
    case deed::monitor:
      watch(all_.place_of(here(), x), uses_alias(x), false);
      return true;
    case deed::link:
      watch(all_.place_of(here(), x), uses_alias(x), true);
      return true;
    case deed::demonitor:
      take_back(x, false);
      return true;
    case deed::unlink:
      take_back(x, true);
      return true;
    case deed::stop_actor:
      tell(senders_[0], [this, x](self_ptr self) {
        auto whom = all_.place_of(here(), x);
        auto to = handle(whom, uses_alias(x));
        all_.judge.may_end(whom);
        if (whom.node == here() || x.who / 16 % 2 == 0)
          self->send_exit(to, caf::exit_reason::user_shutdown);
        else
          self->send(to, poison_pill{});
      });
      return true;
    default:
      return perform_on_own(x);
  }
}

// What happens to our own actors.
bool caf_node::perform_on_own(const step& x) {
  auto name = x.how % scene::published_names;
  auto holder = holders_[name];
  switch (x.what) {
    case deed::end_actor:
      end_actor(x);
      return true;
    case deed::end_sender:
      end_sender(x);
      return true;
    case deed::end_observer:
      end_observer(x);
      return true;
    case deed::publish:
      if (holder == 0 || at(holder).ended) {
        holders_[name] = 0;
        publish(name);
      }
      return true;
    case deed::unpublish:
      unpublish(name);
      return true;
    case deed::rename:
      unpublish(name);
      publish(name);
      return true;
    case deed::block_actor:
      if (holder != 0 && !at(holder).ended)
        blocked_.insert(dynamic_cast<caf::resumable*>(
          caf::actor_cast<caf::abstract_actor*>(at(holder).hdl)));
      return true;
    case deed::unblock_actor:
      blocked_.clear();
      return true;
    case deed::forget_handles:
      handles_.clear();
      return true;
    case deed::run_short: {
      all_.judge.fault();
      dice rng{x.salt ^ 3};
      all_.net.run_short(here(), rng);
      ran_short_ = true;
      return true;
    }
    default:
      return false;
  }
}

// In one of the forms in which a number can travel.
void caf_node::send(const step& x, size_t count) {
  auto sender = sender_of(x);
  auto whom = all_.place_of(here(), x);
  auto to = handle(whom, uses_alias(x));
  tell(sender, [=](self_ptr self) {
    all_.say(name_of(here()) + " sends " + std::to_string(count)
             + " messages to " + name_of(whom) + ", the first is "
             + std::to_string(all_.judge.next_message()));
    for (size_t i = 0; i < count; ++i) {
      auto number = all_.judge.sends(id_, sender, whom, checker::kind::message);
      auto content = make_ping("message", number);
      message_header header{{header_key, std::to_string(number)}};
      switch (x.who / 8 % 8) {
        default:
          self->send(to, content);
          break;
        case 1: // longer than some stories' frames
          content.set_text(std::string(x.whom % 8192, 'x'));
          self->send(to, content);
          break;
        case 2:
          all_.with_header.insert(number);
          caf_remote::send(self, to, content, header);
          break;
        case 3:
          all_.with_header.insert(number);
          caf_remote::send(self, to, content, header, 1);
          break;
        case 4:
          self->send(to, raw_message{Ping::descriptor()->full_name(), 0,
                                     content.SerializeAsString()});
          break;
        case 5:
          self->send(to,
                     raw_message{unknown_type, 0, content.SerializeAsString()});
          break;
        case 6:
          if (x.whom % 4 == 0)
            content.set_text("\xff");
          self->send(to, content);
          break;
      }
    }
  });
}

void caf_node::request(const step& x) {
  auto sender = sender_of(x);
  auto whom = all_.place_of(here(), x);
  auto to = handle(whom, uses_alias(x));
  terms how;
  how.is_known = x.who / 4 % 2 == 0;
  if (x.who / 4 % 3 != 0)
    how.limit = std::chrono::milliseconds(10 + x.whom % 20000);
  if (x.how / 32 % 3 == 0)
    how.what = static_cast<wish>(x.how / 96 % wishes);
  // within a node, CAF answers no request whose promise is dropped
  if (whom.node == here() && how.what == wish::hold)
    how.what = wish::answer;
  tell(sender, [=](self_ptr self) {
    for (auto n = x.who / 16 % 16 == 0 ? 20 : 1; n > 0; --n)
      ask(self, sender, whom, to, how);
  });
}

uint32_t caf_node::ask(self_ptr self, uint32_t sender, checker::place whom,
                       const caf::actor& to, terms how) {
  auto& judge = all_.judge;
  auto number = judge.sends(id_, sender, whom, checker::kind::request);
  if (auto proxy = as_remote_proxy(caf::actor_cast<caf::strong_actor_ptr>(to)))
    judge.goes_to(number, proxy->who().address);
  auto has_limit = how.limit > caf::timespan{0};
  judge.expires(number, has_limit && how.is_known
                          ? how.limit
                          : all_.plot.opts.queued_request_expiry);
  if (has_limit || how.what >= wish::fail || !all_.is_open(here(), whom.node))
    judge.may_stay_open(number);
  all_.say(name_of(here()) + " sends request " + std::to_string(number) + " to "
           + name_of(whom));
  UInt64Value content;
  content.set_value(wish_content(number, how.what));
  auto limit = has_limit ? caf::duration{how.limit}
                         : caf::duration{caf::infinite};
  auto answer = how.is_known ? caf_remote::request(self, to, limit, content)
                             : self->request(to, limit, content);
  answer.then(
    [this, number, sender](const Ping& y) {
      auto carried = static_cast<uint32_t>(y.number());
      if (!all_.judge.knows(carried) || all_.judge.origin_of(carried) != number)
        all_.judge.complain("requests: " + std::to_string(number)
                            + " has the answer to " + std::to_string(carried));
      on_answer(sender, number, caf::none);
    },
    [this, number, sender](const caf::error& why) {
      on_answer(sender, number, why);
    });
  return number;
}

void caf_node::spawn_there(const step& x) {
  auto sender = sender_of(x);
  checker::place whom{all_.target_of(here(), x),
                      scene::published_names + x.how % 2};
  auto kind = x.who / 4 % 8 == 0 ? "nobody" : kind_of_people;
  auto name = "n" + std::to_string(whom.name);
  auto limit = std::chrono::milliseconds(100 + x.how / 2 % 20000);
  auto address = all_.address_of(whom.node);
  tell(sender, [=](self_ptr self) {
    auto number = all_.judge.sends(id_, sender, whom, checker::kind::question);
    all_.say(name_of(here()) + " asks " + name_of(whom.node) + " to spawn "
             + name + ", request " + std::to_string(number));
    auto answer = caf_remote::request(self, spawner_, limit,
                                      remote_spawn{address, kind, name});
    answer.then(
      [=](const caf::actor& hdl) {
        if (whom.node != here() && all_.address_of(whom.node) == address
            && hdl != handle(whom))
          all_.judge.complain("identity: what was spawned as " + name
                              + " has another handle");
        on_answer(sender, number, caf::none);
      },
      [=](const caf::error& why) { on_answer(sender, number, why); });
  });
}

void caf_node::wait_for_room(const step& x) {
  auto sender = sender_of(x);
  auto whom = all_.place_of(here(), x);
  auto to = handle(whom, uses_alias(x));
  tell(sender, [=](self_ptr self) {
    auto proxy = as_remote_proxy(caf::actor_cast<caf::strong_actor_ptr>(to));
    errc why = errc::none;
    auto where = proxy != nullptr ? proxy->acquire_endpoint(why) : nullptr;
    if (where == nullptr)
      return; // ours, or nothing can be sent now
    auto number = all_.judge.sends(id_, sender, whom, checker::kind::question);
    all_.say(name_of(here()) + " waits for room, " + std::to_string(number));
    at(sender).waits.push_back(number);
    where->notify_when_room(caf::actor_cast<caf::actor>(self));
  });
}

void caf_node::watch(checker::place whom, bool alias, bool link) {
  auto to = handle(whom, alias);
  auto id = spawn();
  tell(id, [=](self_ptr self) {
    auto watch = all_.judge.watches(id_, whom);
    at(id).watches.push_back(watch);
    observers_.push_back({id, watch, whom, alias, link});
    all_.say(name_of(here()) + " begins watch " + std::to_string(watch) + " of "
             + name_of(whom) + (link ? ", by a link" : ""));
    if (link)
      self->link_to(to);
    else
      self->monitor(to);
    auto proxy = as_remote_proxy(caf::actor_cast<caf::strong_actor_ptr>(to));
    if (whom.node != here())
      all_.judge.is_known_as(watch,
                             std::string{watcher_prefix} + system_.home->run
                               + '@' + proxy->who().address + ' '
                               + all_.id_of(whom),
                             proxy->last_watch());
    if (all_.plot.careless)
      to->attach_functor([this](const caf::error&) { throw_now_and_then(); });
  });
}

void caf_node::end_actor(const step& x) {
  // whoever has the name, or somebody who was spawned for a peer
  auto name = x.how % scene::published_names;
  auto i = people_.find(x.whom % 4 == 0 ? x.how % people_.rbegin()->first
                                        : holders_[name]);
  if (i == people_.end() || i->second->ended
      || std::find(senders_.begin(), senders_.end(), i->first)
           != senders_.end())
    return;
  tell(i->first, [this, id = i->first](self_ptr self) {
    if (!at(id).watches.empty())
      return; // it is to be told of something
    all_.judge.may_end(id);
    self->quit();
  });
}

// Somebody else takes its place.
void caf_node::end_sender(const step& x) {
  auto id = std::exchange(senders_[x.how / 16 % senders], spawn());
  tell(id, [this, id](self_ptr self) {
    all_.judge.sender_ends(id);
    self->quit();
  });
}

void caf_node::end_observer(const step& x) {
  std::vector<observer*> mine;
  for (auto& y : observers_)
    if (is_there(at(y.person)))
      mine.push_back(&y);
  if (mine.empty())
    return;
  auto y = *mine[x.how % mine.size()];
  auto fails = x.whom % 2 == 0;
  tell(y.person, [=](self_ptr self) {
    all_.judge.observer_ends(y.watch, fails && y.link);
    all_.say("the observer of watch " + std::to_string(y.watch)
             + (fails ? " fails" : " ends"));
    self->quit(fails ? caf::error{caf::exit_reason::user_shutdown}
                     : caf::error{});
  });
}

void caf_node::take_back(const step& x, bool link) {
  std::vector<observer*> mine;
  for (auto& y : observers_)
    if (is_there(at(y.person)) && y.link == link)
      mine.push_back(&y);
  if (mine.empty())
    return;
  auto y = *mine[x.how % mine.size()];
  all_.judge.takes_back(y.watch);
  all_.say("watch " + std::to_string(y.watch) + " is taken back");
  auto to = handle(y.whom, y.alias);
  tell(y.person, [=](self_ptr self) {
    if (link)
      self->unlink_from(to);
    else
      self->demonitor(to);
  });
}

} // namespace caf_remote::test
