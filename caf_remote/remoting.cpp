// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/remoting.hpp"

#include "caf_remote/compat/network_worker.hpp"
#include "caf_remote/compat/scheduling.hpp"
#include "caf_remote/endpoint/activator.hpp"
#include "caf_remote/endpoint/delayed_call.hpp"
#include "caf_remote/endpoint/endpoint_manager.hpp"
#include "caf_remote/endpoint/listener.hpp"
#include "caf_remote/endpoint/node.hpp"
#include "caf_remote/endpoint/remote_proxy.hpp"
#include "caf_remote/endpoint/stragglers.hpp"
#include "caf_remote/send.hpp"
#include "caf_remote/transport/grpc_connector.hpp"

#include <caf/actor_registry.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <iostream>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <system_error>

namespace caf_remote {

struct remoting::impl {
  /// Null: CAF's scheduler runs all actors. The last to go: actors remember
  /// where they ran.
  std::unique_ptr<network_worker> network;
  /// None while the module runs.
  caf::error status = make_error(errc::not_running, "not started yet");
  node_ptr home;
  caf::actor activator;
  caf::actor spawner;
  std::shared_ptr<transport::server> server;
  mutable std::mutex mtx;
  // held while stopping: whoever stops too waits for the end of it
  std::mutex stop_mtx;
  // set by the stop
  std::optional<stragglers> left_over;
  std::optional<delayed_call> straggler_report;
};

namespace {

// Tells our module from another one in the same slot of the actor system.
constexpr uint64_t magic = 0x6361665f72656d6f;

struct tagged {
  uint64_t tag;
  remoting* self;
};

delivery_mode to_delivery_mode(receive_mode x) {
  return x == receive_mode::raw ? delivery_mode::raw : delivery_mode::decoded;
}

// A time limit that does not overflow a clock.
caf::timespan clamped(caf::timespan x) {
  return std::min<caf::timespan>(x, std::chrono::hours(24 * 365));
}

// For what should take no time at all.
constexpr std::chrono::milliseconds clean_up_limit{250};

} // namespace

// -- CAF's side --------------------------------------------------------------------------------

remoting::remoting(caf::actor_system& sys)
  : sys_(sys), impl_(std::make_unique<impl>()) {
  // nop
}

remoting::~remoting() {
  impl_->straggler_report.reset();
  // no actor runs any more, neither there nor on the scheduler
  impl_->network.reset();
  if (impl_->home != nullptr)
    impl_->home->detach();
}

caf::actor_system::module* remoting::make(caf::actor_system& sys,
                                          caf::detail::type_list<>) {
  return new remoting(sys);
}

void remoting::init(caf::actor_system_config& cfg) {
  cfg.add_message_types<caf::id_block::caf_remote>();
  cfg.add_error_category(
    error_category,
    [](uint8_t code, caf::atom_value category, const caf::message& context) {
      return render({code, category, context});
    });
}

void remoting::start() {
  auto opts = read_options(sys_.config());
  if (!opts) {
    impl_->status = std::move(opts.error());
    std::cerr << "[caf_remote] not started: " << render(impl_->status)
              << std::endl;
    return;
  }
  auto listen_now = opts->listen;
  auto home = std::make_shared<node>(sys_, std::move(*opts),
                                     transport::make_grpc_connector());
  if (!home->opts.scheduler_only)
    impl_->network = network_worker::make(sys_);
  if (impl_->network != nullptr)
    home->wake_on = impl_->network->entrance();
  home->manager(sys_.spawn<caf::hidden>(endpoint_manager, home));
  home->endpoints.start(home, [mgr = home->manager()](endpoint_ptr x) {
    caf::anon_send(mgr, open_endpoint{std::move(x)});
  });
  impl_->activator = sys_.spawn<caf::hidden>(caf_remote::activator, home);
  impl_->spawner = sys_.spawn<caf::hidden>(caf_remote::spawner, home);
  for (auto& x : {home->manager(), impl_->activator, impl_->spawner})
    home->actors.add(x);
  auto hdl = caf::actor_cast<caf::strong_actor_ptr>(impl_->activator);
  for (auto name : {activator_id, new_activator_id})
    home->processes->publish(hdl, name, delivery_mode::decoded,
                             process_kind::activator);
  home->processes->conceal(
    caf::actor_cast<caf::strong_actor_ptr>(impl_->spawner));
  impl_->home = std::move(home);
  impl_->status = caf::none;
  if (!listen_now)
    return;
  auto res = listen();
  if (!res) {
    std::cerr << "[caf_remote] not started: " << render(res.error())
              << std::endl;
    stop();
    impl_->status = std::move(res.error());
  }
}

void remoting::stop() {
  stop(published_actors::let_go);
}

void remoting::stop(published_actors what) {
  stop_node(what);
  // Also when a handler on that worker has stopped the node. No mutex is held,
  // since that handler may be about to stop it.
  if (impl_->network != nullptr)
    impl_->network->stop(impl_->home->opts.shutdown_timeout);
}

void remoting::stop_node(published_actors what) {
  std::lock_guard<std::mutex> stop_guard{impl_->stop_mtx};
  if (leave_network() && sys_.registry().running() > 0)
    watch_stragglers();
  if (what == published_actors::let_go || !impl_->left_over)
    return;
  auto ending = impl_->left_over->end_published();
  // nobody else might run them before the actor system waits for them
  if (runs_by_hand(sys_))
    await_ends(ending, clean_up_limit);
}

// Returns false if that was done before, or the module did not start.
bool remoting::leave_network() {
  std::unique_lock<std::mutex> guard{impl_->mtx};
  if (impl_->home == nullptr || impl_->status)
    return false;
  impl_->status = make_error(errc::not_running, "the module was stopped, which "
                                                "is for good: make a new actor "
                                                "system to go on");
  auto home = impl_->home;
  auto server = std::move(impl_->server);
  guard.unlock();
  // the transport's threads must not add to the jobs that this thread runs
  if (runs_by_hand(sys_))
    home->streams->silence();
  {
    auto limit = home->opts.shutdown_timeout;
    caf::scoped_actor self{sys_, true};
    auto answer = self->request(home->manager(), limit, leave{});
    run_until_mail(*self, limit);
    answer.receive([](left) {}, [](caf::error&) { /* the limit counts */ });
  }
  if (server != nullptr)
    server->shutdown(clean_up_limit);
  // nothing may speak to our actors afterwards
  home->streams->cancel_all();
  home->streams->await_none(clean_up_limit);
  home->streams->silence();
  // these two could still make others
  std::vector<caf::actor> makers{home->manager(), impl_->activator};
  for (auto& x : makers)
    caf::anon_send_exit(x, caf::exit_reason::kill);
  await_ends(makers, clean_up_limit);
  impl_->left_over.emplace(sys_, home->shut_down());
  // handles that users keep may keep some of the others, but not alive
  await_ends(home->actors.end_all(), clean_up_limit);
  return true;
}

void remoting::await_ends(const std::vector<caf::actor>& xs,
                          caf::timespan limit) {
  using clock = std::chrono::steady_clock;
  caf::scoped_actor self{sys_, true};
  for (auto& x : xs)
    self->monitor(x);
  // an activator may be held up by a user's factory: that must not hold us up
  auto until = clock::now() + limit;
  for (size_t i = 0; i < xs.size() && clock::now() < until; ++i) {
    run_until_mail(*self, limit);
    self->receive([](const caf::down_msg&) {},
                  caf::after(std::max(until - clock::now(), caf::timespan{0}))
                    >> [] { /* the limit counts */ });
  }
}

void remoting::watch_stragglers() {
  auto say = [this] {
    auto text = impl_->left_over->report(sys_.registry().running());
    auto& log = impl_->home->log;
    if (!text.empty() && log.allows(log_kind::stopped))
      log.write(log_kind::stopped, text);
  };
  try {
    impl_->straggler_report.emplace(impl_->home->opts.shutdown_timeout, say);
  } catch (const std::system_error&) {
    // no more threads: the line is missing, nothing else
  }
}

caf::actor_system::module::id_t remoting::id() const {
  return network_manager;
}

void* remoting::subtype_ptr() {
  thread_local tagged result;
  result = {magic, this};
  return &result;
}

caf::error remoting::status() const {
  return check_running();
}

caf::error remoting::check_running() const {
  std::lock_guard<std::mutex> guard{impl_->mtx};
  if (impl_->status || impl_->home == nullptr)
    return impl_->status;
  return impl_->home->failure();
}

// -- where we are ------------------------------------------------------------------------------

caf::expected<std::string> remoting::listen() {
  if (auto err = check_running())
    return err;
  auto& opts = impl_->home->opts;
  return listen(opts.host, opts.port);
}

caf::expected<std::string> remoting::listen(const std::string& host,
                                            uint16_t port) {
  if (auto err = check_running())
    return err;
  std::lock_guard<std::mutex> guard{impl_->mtx};
  if (impl_->status) // stopped meanwhile
    return impl_->status;
  if (impl_->server != nullptr)
    return make_error(errc::invalid_config, "listening already on " + address()
                                              + ", and a node listens once");
  auto server = start_listening(impl_->home, host, port);
  if (!server)
    return std::move(server.error());
  impl_->server = std::move(*server);
  return address();
}

std::string remoting::address() const {
  return impl_->home != nullptr ? impl_->home->own().advertised() : "";
}

std::string remoting::member_id() const {
  return impl_->home != nullptr ? impl_->home->member_id : "";
}

// -- local actors ------------------------------------------------------------------------------

caf::error remoting::publish(const caf::actor& hdl, const std::string& name,
                             receive_mode mode) {
  if (auto err = check_running())
    return err;
  return impl_->home->processes->publish(
    caf::actor_cast<caf::strong_actor_ptr>(hdl), name, to_delivery_mode(mode),
    process_kind::published);
}

caf::error remoting::unpublish(const std::string& name) {
  if (auto err = check_running())
    return err;
  return impl_->home->processes->unpublish(name);
}

caf::error remoting::register_kind(const std::string& kind, kind_factory make,
                                   receive_mode mode) {
  if (auto err = check_running())
    return err;
  if (auto err = check_id(kind))
    return err;
  if (make == nullptr)
    return make_error(errc::not_found,
                      "no factory given for the kind '" + kind + "'");
  if (!impl_->home->kinds.add(kind, {std::move(make), to_delivery_mode(mode)}))
    return make_error(errc::name_taken,
                      "the kind '" + kind + "' is registered already");
  return caf::none;
}

// -- remote actors -----------------------------------------------------------------------------

caf::expected<caf::actor> remoting::lookup(const std::string& address,
                                           const std::string& name) {
  if (auto err = check_running())
    return err;
  if (auto err = check_address(address))
    return err;
  if (auto err = check_id(name))
    return err;
  auto result = impl_->home->resolve(address, name);
  if (result == nullptr) // stopped meanwhile
    return check_running();
  return caf::actor_cast<caf::actor>(std::move(result));
}

caf::expected<caf::actor> remoting::lookup(const std::string& pid_text) {
  auto x = parse_pid(pid_text);
  if (!x)
    return std::move(x.error());
  return lookup(x->address, x->id);
}

namespace {

// What is known of a node that did not answer in time.
std::string explain_silence(node& home, const std::string& address) {
  auto where = home.endpoints.find(address);
  if (where == nullptr)
    return "there is no connection to it";
  auto figures = where->read();
  if (figures.state != connection_state::connected)
    return figures.last_error.empty()
             ? "it was not reached in that time"
             : "it was not reached: " + figures.last_error;
  return where->has_way_back() ? "it is connected, but sent no answer"
                               : home.explain_no_way_back();
}

// Time-outs say nothing by themselves.
caf::error in_words(caf::error err, node& home, const std::string& address) {
  if (err != caf::sec::request_timeout)
    return err;
  return caf::make_error(caf::sec::request_timeout,
                         "no answer from " + address
                           + " within the time limit: "
                           + explain_silence(home, address));
}

} // namespace

caf::expected<caf::actor> remoting::spawn(const std::string& address,
                                          const std::string& kind,
                                          const std::string& name,
                                          caf::timespan timeout) {
  if (auto err = check_running())
    return err;
  caf::expected<caf::actor> result{caf::sec::request_timeout};
  auto limit = clamped(timeout);
  caf::scoped_actor self{sys_, true};
  // an actor that nobody waits for any more need not be made
  auto answer = request(self.ptr(), impl_->spawner, limit,
                        remote_spawn{address, kind, name});
  run_until_mail(*self, limit);
  answer.receive([&](caf::actor& x) { result = std::move(x); },
                 [&](caf::error& err) {
                   result = in_words(std::move(err), *impl_->home, address);
                 });
  return result;
}

caf::actor remoting::spawner() const {
  return check_running() ? caf::actor{} : impl_->spawner;
}

caf::expected<touched> remoting::ping(const std::string& address,
                                      const std::string& name,
                                      caf::timespan timeout) {
  auto hdl = lookup(address, name);
  if (!hdl)
    return std::move(hdl.error());
  auto& home = *impl_->home;
  if (home.own().contains(address)) {
    if (home.processes->find(name).hdl == nullptr)
      return make_error(errc::dead_letter, "no actor is published as '" + name
                                             + "' on this node, whose address "
                                             + address + " is");
    return touched{{home.own().advertised(), name, 0}};
  }
  caf::expected<touched> result{caf::sec::request_timeout};
  auto limit = clamped(timeout);
  caf::scoped_actor self{sys_, true};
  home.processes->conceal(caf::actor_cast<caf::strong_actor_ptr>(self));
  auto answer = self->request(*hdl, limit, touch{});
  run_until_mail(*self, limit);
  answer.receive(
    [&](touched& x) { result = std::move(x); },
    [&](caf::error& err) { result = in_words(std::move(err), home, address); });
  return result;
}

pid remoting::pid_of(const caf::actor& hdl) const {
  if (impl_->home == nullptr || hdl == nullptr)
    return {};
  auto ptr = caf::actor_cast<caf::strong_actor_ptr>(hdl);
  if (auto proxy = as_remote_proxy(ptr))
    return proxy->who();
  pid result{address(), impl_->home->processes->known_name(ptr), 0};
  return result.address.empty() || result.id.empty() ? pid{} : result;
}

// -- pacing ------------------------------------------------------------------------------------

namespace {

endpoint_ptr endpoint_behind(const caf::actor& hdl) {
  if (hdl == nullptr)
    return nullptr;
  auto proxy = as_remote_proxy(caf::actor_cast<caf::strong_actor_ptr>(hdl));
  errc why = errc::none;
  return proxy != nullptr ? proxy->acquire_endpoint(why) : nullptr;
}

} // namespace

endpoint_load remoting::load_of(const caf::actor& remote) const {
  auto where = endpoint_behind(remote);
  if (where == nullptr)
    return {};
  return {where->queued(), where->queued_bytes(), where->has_room()};
}

caf::error remoting::notify_when_room(const caf::actor& remote,
                                      const caf::actor& who) {
  if (auto err = check_running())
    return err;
  if (who == nullptr || !runs_here(caf::actor_cast<caf::strong_actor_ptr>(who)))
    return make_error(errc::not_found,
                      "only actors of this process can be told, and the "
                      "handle of the one to tell is invalid or of another "
                      "node");
  auto where = endpoint_behind(remote);
  if (where == nullptr)
    return make_error(errc::not_found,
                      "the handle is not that of a remote actor, or nothing "
                      "can be sent to it now (not listening, stopping, or "
                      "max-endpoints reached)");
  where->notify_when_room(who);
  return caf::none;
}

bool remoting::flush(const std::string& address, caf::timespan timeout) {
  if (check_running())
    return false;
  auto busy = impl_->home->endpoints.busy(address);
  caf::scoped_actor self{sys_, true};
  auto hdl = caf::actor_cast<caf::actor>(self);
  auto limit = clamped(timeout);
  auto result = true;
  for (auto& where : busy) {
    where->notify_when_empty(hdl);
    run_until_mail(*self, limit);
    self->receive([](const endpoint_room&) {},
                  caf::after(limit) >> [&] { result = false; });
    where->forget_waiting_for_empty(hdl);
    if (!result)
      break;
  }
  return result;
}

// -- types -------------------------------------------------------------------------------------

caf::error remoting::add_serializer(int32_t id,
                                    std::shared_ptr<const serializer> ptr) {
  if (auto err = check_running())
    return err;
  return impl_->home->types.add(id, std::move(ptr));
}

caf::error remoting::declare_type(const std::string& type_name) {
  if (auto err = check_running())
    return err;
  impl_->home->types.declare(type_name);
  return caf::none;
}

// -- observation -------------------------------------------------------------------------------

caf::error remoting::subscribe(const caf::actor& who) {
  if (auto err = check_running())
    return err;
  if (who == nullptr || !runs_here(caf::actor_cast<caf::strong_actor_ptr>(who)))
    return make_error(errc::not_found,
                      "only actors of this process can subscribe, and the "
                      "handle is invalid or of another node");
  impl_->home->events->subscribe(who);
  return caf::none;
}

caf::error remoting::unsubscribe(const caf::actor& who) {
  if (auto err = check_running())
    return err;
  if (who == nullptr)
    return make_error(errc::not_found, "the handle is invalid");
  impl_->home->events->unsubscribe(who);
  return caf::none;
}

caf::error remoting::set_hook(std::shared_ptr<tracing_hook> hook) {
  if (auto err = check_running())
    return err;
  impl_->home->hook(std::move(hook));
  return caf::none;
}

caf::error remoting::set_log_sink(log_sink sink) {
  if (auto err = check_running())
    return err;
  impl_->home->log.sink(std::move(sink));
  return caf::none;
}

counters remoting::snapshot() const {
  return impl_->home != nullptr ? impl_->home->snapshot() : counters{};
}

// -- end ---------------------------------------------------------------------------------------

stop_guard::stop_guard(caf::actor_system& sys, published_actors what)
  : remoting_(find(sys)), what_(what) {
  // nop
}

stop_guard::~stop_guard() {
  if (remoting_ != nullptr)
    remoting_->stop(what_);
}

// -- access ------------------------------------------------------------------------------------

remoting* find(caf::actor_system& sys) {
  if (!sys.has_network_manager())
    return nullptr;
  // the slot has the type of a module that CAF 0.17 does not have itself
  auto ptr = reinterpret_cast<tagged*>(&sys.network_manager());
  return ptr->tag == magic ? ptr->self : nullptr;
}

remoting& get(caf::actor_system& sys) {
  if (auto ptr = find(sys))
    return *ptr;
  throw std::logic_error("caf_remote: the module was not loaded; call "
                         "cfg.load<caf_remote::remoting>() before the actor "
                         "system is made");
}

} // namespace caf_remote
