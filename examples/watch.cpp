// SPDX-License-Identifier: BSD-3-Clause
//
// Watching remote actors: the three ways in which a watch ends.
//
//   watch                  both nodes in this process
//   watch ADDRESS ID       watches an actor of a running node

#include "caf_remote/all.hpp"

#include <caf/all.hpp>

#include <google/protobuf/empty.pb.h>

#include <cstdlib>
#include <iostream>
#include <string>

using google::protobuf::Empty;

CAF_BEGIN_TYPE_ID_BLOCK(watch, caf::first_custom_type_id)
  CAF_REMOTE_ADD_MESSAGE(watch, (google::protobuf::Empty))
CAF_END_TYPE_ID_BLOCK(watch)

namespace {

struct config : caf_remote::config {
  config() {
    load<caf_remote::remoting>();
    load<caf::id_block::watch>();
    // on a port that the kernel chooses; errors are told on stderr
    set("caf-remote.listen", true);
    // give up an unreachable node after two attempts, one second apart
    set("caf-remote.max-retry-count", 2);
    set("caf-remote.retry-wait", caf::timespan{std::chrono::seconds{1}});
  }
};

caf::behavior worker(caf::event_based_actor* self) {
  return {
    [self](const Empty&) { self->quit(); },
  };
}

// What the reason of a down message means for a remote actor.
std::string explain(const caf::error& reason) {
  if (!reason || reason == caf::exit_reason::normal)
    return "it has ended";
  if (reason == caf::exit_reason::unknown)
    return "there is no such actor";
  if (reason == caf::exit_reason::remote_link_unreachable)
    return "its node is gone";
  return caf_remote::render(reason);
}

// Watches an actor, calls `then`, waits for the actor's end and returns true.
template <class F>
bool watch(caf::actor_system& sys, const std::string& address,
           const std::string& id, F then) {
  auto hdl = caf_remote::get(sys).lookup(address, id);
  if (!hdl) {
    std::cerr << caf_remote::render(hdl.error()) << std::endl;
    return false;
  }
  caf::scoped_actor self{sys};
  self->monitor(*hdl);
  then(self, *hdl);
  self->receive([&](const caf::down_msg& x) {
    std::cout << address << "/" << id << ": " << explain(x.reason) << std::endl;
  });
  return true;
}

int run_client(const std::string& address, const std::string& id) {
  config cfg;
  caf::actor_system sys{cfg};
  auto ok = watch(sys, address, id, [](caf::scoped_actor&, const caf::actor&) {
    std::cout << "watching" << std::endl;
  });
  return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

int run_both() {
  config watcher_cfg;
  caf::actor_system watcher{watcher_cfg};
  config worker_cfg;
  caf::actor_system workers{worker_cfg};
  caf_remote::stop_guard guard{workers};
  auto& remoting = caf_remote::get(workers);
  auto there = remoting.address();
  for (auto name : {"one", "two"})
    if (auto err = remoting.publish(workers.spawn(worker), name)) {
      std::cerr << caf_remote::render(err) << std::endl;
      return EXIT_FAILURE;
    }
  auto end_it = [](caf::scoped_actor& self, const caf::actor& hdl) {
    self->send(hdl, Empty{});
  };
  auto do_nothing = [](caf::scoped_actor&, const caf::actor&) {};
  auto stop_its_node = [&](caf::scoped_actor&, const caf::actor&) {
    remoting.stop(); // tells its peers; a crash would be noticed as well
  };
  auto ok = watch(watcher, there, "one", end_it)
            && watch(watcher, there, "nobody", do_nothing)
            && watch(watcher, there, "two", stop_its_node);
  return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

} // namespace

int main(int argc, char** argv) {
  if (argc == 1)
    return run_both();
  if (argc == 3)
    return run_client(argv[1], argv[2]);
  std::cerr << "usage: watch [ADDRESS ID]" << std::endl;
  return EXIT_FAILURE;
}
