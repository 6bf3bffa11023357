// SPDX-License-Identifier: BSD-3-Clause
//
// Hello: one node publishes an actor, another one talks to it.
//
//   hello                  both nodes in this process
//   hello serve [PORT]     only the first one; ends with SIGTERM or Ctrl+C
//   hello ADDRESS          only the second one

#include "caf_remote/all.hpp"

#include <caf/all.hpp>

#include <google/protobuf/wrappers.pb.h>

#include <charconv>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>

using google::protobuf::StringValue;

// The message types of this program: CAF's type ids and the wire in one go.
CAF_BEGIN_TYPE_ID_BLOCK(hello, caf::first_custom_type_id)
  CAF_REMOTE_ADD_MESSAGE(hello, (google::protobuf::StringValue))
CAF_END_TYPE_ID_BLOCK(hello)

namespace {

using namespace std::chrono_literals;

struct config : caf_remote::config {
  config() {
    load<caf_remote::remoting>();
    load<caf::id_block::hello>();
  }
};

StringValue text(const std::string& str) {
  StringValue result;
  result.set_value(str);
  return result;
}

// An actor like any other: nothing in it knows about the network.
caf::behavior greeter(caf::event_based_actor*) {
  return {
    [](const StringValue& name) {
      return text("Hello, " + name.value() + "!");
    },
  };
}

// Makes the greeter reachable and returns our address; empty on errors.
std::string serve(caf::actor_system& sys, uint16_t port) {
  auto& remoting = caf_remote::get(sys);
  auto address = remoting.listen("127.0.0.1", port);
  if (!address) {
    std::cerr << caf_remote::render(address.error()) << std::endl;
    return "";
  }
  if (auto err = remoting.publish(sys.spawn(greeter), "greeter")) {
    std::cerr << caf_remote::render(err) << std::endl;
    return "";
  }
  return *address;
}

// Asks the greeter at `address` and prints the answer.
bool greet(caf::actor_system& sys, const std::string& address) {
  auto& remoting = caf_remote::get(sys);
  // who wants answers must be reachable, too
  if (auto here = remoting.listen("127.0.0.1", 0); !here) {
    std::cerr << caf_remote::render(here.error()) << std::endl;
    return false;
  }
  auto hdl = remoting.lookup(address, "greeter");
  if (!hdl) {
    std::cerr << caf_remote::render(hdl.error()) << std::endl;
    return false;
  }
  auto ok = false;
  caf::scoped_actor self{sys};
  self->request(*hdl, 5s, text("world"))
    .receive(
      [&](const StringValue& answer) {
        ok = true;
        std::cout << address << " says: " << answer.value() << std::endl;
      },
      [&](const caf::error& err) {
        std::cerr << caf_remote::render(err) << std::endl;
      });
  return ok;
}

std::optional<uint16_t> parse_port(std::string_view str) {
  uint16_t result = 0;
  auto end = str.data() + str.size();
  auto [pos, code] = std::from_chars(str.data(), end, result);
  if (code != std::errc{} || pos != end)
    return std::nullopt;
  return result;
}

int run_server(uint16_t port) {
  // before there are threads, so that none of them is ended by a signal
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, SIGINT);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);
  config cfg;
  caf::actor_system sys{cfg};
  caf_remote::stop_guard guard{sys}; // tells the peers, and ends the greeter
  auto address = serve(sys, port);
  if (address.empty())
    return EXIT_FAILURE;
  std::cout << "listening on " << address << std::endl;
  int signal = 0;
  sigwait(&ends, &signal);
  return EXIT_SUCCESS;
}

int run_client(const std::string& address) {
  config cfg;
  caf::actor_system sys{cfg};
  return greet(sys, address) ? EXIT_SUCCESS : EXIT_FAILURE;
}

int run_both() {
  config server_cfg;
  caf::actor_system server{server_cfg};
  caf_remote::stop_guard guard{server};
  auto address = serve(server, 0);
  return address.empty() ? EXIT_FAILURE : run_client(address);
}

} // namespace

int main(int argc, char** argv) {
  std::string what = argc > 1 ? argv[1] : "";
  if (what.empty())
    return run_both();
  if (what != "serve")
    return run_client(what);
  auto port = parse_port(argc > 2 ? argv[2] : "0");
  if (port)
    return run_server(*port);
  std::cerr << "PORT must be a number from 0 to 65535" << std::endl;
  return EXIT_FAILURE;
}
