// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/activator.hpp"

#include "caf_remote/compat/time_left.hpp"
#include "caf_remote/endpoint/remote_proxy.hpp"
#include "caf_remote/send.hpp"

namespace caf_remote {

activator_state::activator_state(caf::event_based_actor* self) : self_(self) {
  // nop
}

caf::behavior activator_state::make_behavior(node_ptr home) {
  node_ = std::move(home);
  self_->set_default_handler(caf::drop);
  return {
    [this](const spawn_for_peer& x) {
      auto answer = spawn(x);
      if (auto proxy = as_remote_proxy(x.requester))
        proxy->send_system(wire::actor_pid_response::type_name,
                           wire::encode(answer), x.request_id);
    },
    [this](const pid_request& x) {
      auto answer = spawn({x.kind, x.name, nullptr, 0});
      return pid_response{answer.who.has_value(), answer.who.value_or(pid{}),
                          answer.status_code};
    },
  };
}

wire::actor_pid_response activator_state::failed(const std::string& why) {
  if (node_->log.allows(log_kind::bad_input))
    node_->log.write(log_kind::bad_input, "spawn for a peer: " + why);
  return {std::nullopt, static_cast<int32_t>(wire::spawn_status::error)};
}

wire::actor_pid_response activator_state::spawn(const spawn_for_peer& x) {
  auto kind = node_->kinds.find(x.kind);
  if (!kind)
    return failed("unknown kind " + printable(x.kind));
  auto id = x.name.empty() ? next_name(x.kind) : x.name;
  if (auto err = check_id(id))
    return failed(render(err));
  auto taken = wire::actor_pid_response{
    local_pid(id), static_cast<int32_t>(wire::spawn_status::name_exists)};
  if (node_->processes->find(id).hdl != nullptr)
    return taken;
  caf::actor hdl;
  try {
    hdl = kind->make(node_->sys);
  } catch (const std::exception& e) {
    return failed("kind " + x.kind + " threw: " + e.what());
  } catch (...) {
    return failed("kind " + x.kind + " threw");
  }
  if (hdl == nullptr)
    return failed("kind " + x.kind + " made no actor");
  auto ptr = caf::actor_cast<caf::strong_actor_ptr>(hdl);
  if (!runs_here(ptr))
    return failed("kind " + x.kind + " made no actor but has found "
                  + to_string(hdl) + ", which does not run in this process");
  auto err = node_->processes->publish(ptr, id, kind->mode,
                                       process_kind::published);
  if (!err)
    return {local_pid(id), static_cast<int32_t>(wire::spawn_status::ok)};
  self_->send_exit(hdl, caf::exit_reason::user_shutdown);
  return code_of(err) == errc::name_taken ? taken : failed(render(err));
}

std::string activator_state::next_name(const std::string& kind) {
  std::string result;
  do
    result = kind + "-" + std::to_string(++last_number_);
  while (node_->processes->find(result).hdl != nullptr);
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
    return make_error(errc::name_taken,
                      x.has_pid ? "held by " + to_string(x.who) : "");
  return make_error(errc::spawn_failed, "the remote activator answered status "
                                          + std::to_string(x.status));
}

} // namespace

caf::behavior spawner(caf::event_based_actor* self, const node_ptr& home) {
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
        return make_error(errc::not_running);
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
