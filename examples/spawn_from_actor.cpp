// SPDX-License-Identifier: BSD-3-Clause
//
// Spawning on another node from inside an actor: it asks the module's spawner
// and never blocks.
//
//   spawn_from_actor                  both nodes in this process
//   spawn_from_actor ADDRESS KIND     spawns on a running node; the actor must
//                                     answer google.protobuf.StringValue

#include "caf_remote/all.hpp"

#include <caf/all.hpp>

#include <google/protobuf/wrappers.pb.h>

#include <cctype>
#include <cstdlib>
#include <iostream>
#include <string>

using google::protobuf::StringValue;

CAF_BEGIN_TYPE_ID_BLOCK(spawn_from_actor, caf::first_custom_type_id)
  CAF_REMOTE_ADD_MESSAGE(spawn_from_actor, (google::protobuf::StringValue))
CAF_END_TYPE_ID_BLOCK(spawn_from_actor)

namespace {

using namespace std::chrono_literals;

struct config : caf_remote::config {
  config() {
    load<caf_remote::remoting>();
    load<caf::id_block::spawn_from_actor>();
    // on a port that the kernel chooses; errors are told on stderr
    set("caf-remote.listen", true);
  }
};

StringValue text(const std::string& str) {
  StringValue result;
  result.set_value(str);
  return result;
}

// -- the node that others spawn on --------------------------------------------

caf::behavior shouter(caf::event_based_actor*) {
  return {
    [](const StringValue& x) {
      auto result = x.value();
      for (auto& c : result)
        c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
      return text(result);
    },
  };
}

// -- the actor that spawns ----------------------------------------------------

struct outcome {
  bool ok = false;
};

caf::behavior boss(caf::event_based_actor* self, std::string address,
                   std::string kind, std::shared_ptr<outcome> result) {
  auto& remoting = caf_remote::get(self->system());
  self->set_error_handler([=](caf::scheduled_actor*, caf::error& err) {
    std::cerr << caf_remote::render(err) << std::endl;
    self->quit();
  });
  // an empty name lets the other node choose
  self
    ->request(remoting.spawner(), 5s,
              caf_remote::remote_spawn{address, kind, ""})
    .then([=, &remoting](const caf::actor& worker) {
      std::cout << "spawned " << to_string(remoting.pid_of(worker))
                << std::endl;
      self->request(worker, 5s, text("hello"))
        .then([=](const StringValue& answer) {
          std::cout << "it says: " << answer.value() << std::endl;
          result->ok = true;
          // nobody else knows it
          self->send_exit(worker, caf::exit_reason::user_shutdown);
          self->quit();
        });
    });
  return {
    [](caf::ok_atom) { /* has no messages of its own */ },
  };
}

int run_client(const std::string& address, const std::string& kind) {
  config cfg;
  caf::actor_system sys{cfg};
  auto result = std::make_shared<outcome>();
  caf::scoped_actor self{sys};
  self->wait_for(self->spawn(boss, address, kind, result));
  return result->ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

int run_both() {
  config cfg;
  caf::actor_system sys{cfg};
  caf_remote::stop_guard guard{sys}; // ends what was spawned here
  auto& remoting = caf_remote::get(sys);
  auto make = [](caf::actor_system& here) { return here.spawn(shouter); };
  if (auto err = remoting.register_kind("shouter", make)) {
    std::cerr << caf_remote::render(err) << std::endl;
    return EXIT_FAILURE;
  }
  return run_client(remoting.address(), "shouter");
}

} // namespace

int main(int argc, char** argv) {
  if (argc == 1)
    return run_both();
  if (argc == 3)
    return run_client(argv[1], argv[2]);
  std::cerr << "usage: spawn_from_actor [ADDRESS KIND]" << std::endl;
  return EXIT_FAILURE;
}
