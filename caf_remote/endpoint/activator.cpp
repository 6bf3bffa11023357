// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/activator.hpp"

#include "caf_remote/compat/time_left.hpp"
#include "caf_remote/endpoint/remote_proxy.hpp"
#include "caf_remote/endpoint/supervision.hpp"
#include "caf_remote/printable.hpp"
#include "caf_remote/send.hpp"

namespace caf_remote {

activator_state::activator_state(caf::event_based_actor* self) : self_(self) {
  // nop
}

caf::behavior activator_state::make_behavior(node_ptr home) {
  node_ = std::move(home);
  node_->look_after(self_, "the activator");
  self_->set_exception_handler(end_by_exception{});
  self_->set_default_handler(caf::drop);
  return {
    [this](const spawn_for_peer& x) { answer(x, spawn(x)); },
    [this](const pid_request& x) {
      auto [response, why] = spawn({x.kind, x.name, nullptr, 0});
      return pid_response{response.who.has_value(),
                          response.who.value_or(pid{}), response.status_code,
                          std::move(why)};
    },
  };
}

void activator_state::answer(const spawn_for_peer& x, const outcome& what) {
  auto proxy = as_remote_proxy(x.requester);
  if (proxy == nullptr)
    return;
  proxy->send_system(wire::actor_pid_response::type_name,
                     wire::encode(what.response), x.request_id,
                     node_->reason_for(proxy->target()->address, what.why));
}

// The details stay here: what a factory says in an exception is not meant for
// other nodes.
activator_state::outcome activator_state::failed(std::string why,
                                                 const std::string& details) {
  if (node_->log.allows(log_kind::bad_input))
    node_->log.write(log_kind::bad_input,
                     "an actor was asked for: " + why
                       + (details.empty() ? "" : ": " + printable(details)));
  return {{std::nullopt, static_cast<int32_t>(wire::spawn_status::error)},
          std::move(why)};
}

activator_state::outcome activator_state::spawn(const spawn_for_peer& x) {
  auto kind = node_->kinds.find(x.kind);
  auto kind_name = "'" + printable(x.kind) + "'";
  if (!kind)
    return failed("unknown kind " + kind_name + "; register_kind adds one");
  auto id = x.name.empty() ? next_name(x.kind) : x.name;
  if (auto err = check_id(id))
    return failed(render(err));
  auto answered = [&](wire::spawn_status code) {
    return outcome{{local_pid(id), static_cast<int32_t>(code)}, {}};
  };
  // saves the factory the call; `publish` decides
  if (node_->processes->is_taken(id))
    return answered(wire::spawn_status::name_exists);
  caf::actor hdl;
  try {
    hdl = kind->make(node_->sys);
  } catch (...) {
    auto what = printable_exception();
    node_->on_callback_exception("the factory of the kind " + kind_name, what);
    return failed(
      "the factory of the kind " + kind_name + " threw an exception", what);
  }
  if (hdl == nullptr)
    return failed("the factory of the kind " + kind_name
                  + " returned an invalid handle");
  auto ptr = caf::actor_cast<caf::strong_actor_ptr>(hdl);
  if (!runs_here(ptr))
    return failed("the factory of the kind " + kind_name
                    + " returned a handle of another node",
                  to_string(hdl) + " does not run in this process");
  auto err = node_->processes->publish(ptr, id, kind->mode,
                                       process_kind::published);
  if (!err)
    return answered(wire::spawn_status::ok);
  self_->send_exit(hdl, caf::exit_reason::user_shutdown);
  return code_of(err) == errc::name_taken
           ? answered(wire::spawn_status::name_exists)
           : failed(render(err));
}

std::string activator_state::next_name(const std::string& kind) {
  std::string result;
  do
    result = kind + "-" + std::to_string(++last_number_);
  while (node_->processes->is_taken(result));
  return result;
}

pid activator_state::local_pid(const std::string& id) const {
  return {node_->own().advertised(), id, 0};
}

caf::behavior activator(caf::stateful_actor<activator_state>* self,
                        node_ptr home) {
  return self->state.make_behavior(std::move(home));
}

namespace {

// For the peers that send nothing but a number.
std::string explain_status(int32_t x) {
  auto result = "the peer answered status " + std::to_string(x);
  switch (static_cast<wire::spawn_status>(x)) {
    case wire::spawn_status::error:
      return result
             + ": it has no such kind, or could not make the actor; its log "
               "says which";
    case wire::spawn_status::unavailable:
      return result + ": it is not available";
    case wire::spawn_status::timeout:
      return result + ": making the actor took too long, or failed";
    case wire::spawn_status::dead_letter:
      return result + ": it has no activator";
    default:
      return result;
  }
}

caf::expected<caf::actor> handle_of(node& home, const pid_response& x) {
  auto status = static_cast<wire::spawn_status>(x.status);
  if (x.has_pid && (check_address(x.who.address) || check_id(x.who.id)))
    return make_error(errc::protocol_violation,
                      "the remote activator answered an unusable PID");
  if (status == wire::spawn_status::ok && x.has_pid) {
    auto hdl = home.resolve(x.who.address, x.who.id);
    return hdl != nullptr ? caf::actor_cast<caf::actor>(std::move(hdl))
                          : caf::expected<caf::actor>{errc::not_running};
  }
  if (x.has_pid || status == wire::spawn_status::name_exists)
    return make_error(
      errc::name_taken,
      x.has_pid ? "the name is held by " + printable(to_string(x.who)) : "");
  return make_error(errc::spawn_failed,
                    x.why.empty() ? explain_status(x.status) : x.why);
}

} // namespace

caf::behavior spawner(caf::event_based_actor* self, const node_ptr& home) {
  home->look_after(self, "the spawner");
  self->set_exception_handler(end_by_exception{});
  return {
    [self, home](const remote_spawn& x) -> caf::result<caf::actor> {
      if (auto err = check_address(x.address))
        return err;
      // what is not UTF-8 would cost the connection
      if (auto err = check_id(x.kind))
        return err;
      if (!x.name.empty())
        if (auto err = check_id(x.name))
          return err;
      auto here = home->own().contains(x.address);
      auto activator = caf::actor_cast<caf::actor>(
        here ? home->processes->find(activator_id).hdl
             : home->proxies.get(*home, x.address, activator_id));
      if (activator == nullptr)
        return make_error(errc::not_running, "the module was stopped");
      auto promise = self->make_response_promise<caf::actor>();
      caf_remote::request(self, activator, time_left(self),
                          pid_request{x.kind, x.name})
        .then(
          [promise, home](const pid_response& res) mutable {
            auto hdl = handle_of(*home, res);
            if (hdl)
              promise.deliver(std::move(*hdl));
            else
              promise.deliver(std::move(hdl.error()));
          },
          [promise](caf::error& err) mutable {
            promise.deliver(std::move(err));
          });
      return promise;
    },
  };
}

} // namespace caf_remote
