// SPDX-License-Identifier: BSD-3-Clause
//
// Talks to a protoactor-go node: looks up, asks, spawns and watches. The node
// needs actors `echo` and `counter` and a kind `echo`, like the one that comes
// with the tests:
//
//   tests/interop/go_peer: go build -o go_peer . && ./go_peer serve --life 10m
//   talk_to_go ADDRESS

#include "caf_remote/all.hpp"

#include <caf/all.hpp>

#include <google/protobuf/empty.pb.h>
#include <google/protobuf/wrappers.pb.h>

#include <cstdlib>
#include <iostream>
#include <string>

using google::protobuf::Empty;
using google::protobuf::StringValue;
using google::protobuf::UInt64Value;

// Registering a type also says that the Go side has it: a protoactor-go process
// ends when it meets a type that it does not know.
CAF_BEGIN_TYPE_ID_BLOCK(talk_to_go, caf::first_custom_type_id)
  CAF_REMOTE_ADD_MESSAGE(talk_to_go, (google::protobuf::Empty))
  CAF_REMOTE_ADD_MESSAGE(talk_to_go, (google::protobuf::StringValue))
  CAF_REMOTE_ADD_MESSAGE(talk_to_go, (google::protobuf::UInt64Value))
CAF_END_TYPE_ID_BLOCK(talk_to_go)

namespace {

using namespace std::chrono_literals;

struct config : caf_remote::config {
  config() {
    load<caf_remote::remoting>();
    load<caf::id_block::talk_to_go>();
  }
};

StringValue text(const std::string& str) {
  StringValue result;
  result.set_value(str);
  return result;
}

class conversation {
public:
  conversation(caf::actor_system& sys, std::string address)
    : remoting_(caf_remote::get(sys)), self_(sys),
      address_(std::move(address)) {
    // nop
  }

  bool run() {
    return ping() && echo(find("echo")) && count() && spawn_and_watch();
  }

private:
  bool ping() {
    auto answer = remoting_.ping(address_);
    if (!answer)
      return complain("no sign of life", answer.error());
    std::cout << "the node calls itself " << answer->who.address << std::endl;
    return true;
  }

  bool echo(const caf::actor& hdl) {
    auto ok = false;
    caf_remote::request(self_.ptr(), hdl, 5s, text("hello, Go"),
                        {{"trace", "42"}})
      .receive(
        [&](const StringValue& x) {
          ok = true;
          std::cout << to_string(remoting_.pid_of(hdl))
                    << " answers: " << x.value();
          // this echo sends headers back, too
          if (auto trace = caf_remote::header_of(self_.ptr(), "trace"))
            std::cout << " (trace " << *trace << ")";
          std::cout << std::endl;
        },
        [&](const caf::error& err) { complain("no echo", err); });
    return ok;
  }

  bool count() {
    auto hdl = find("counter");
    for (auto x : {"one", "two", "three"})
      self_->send(hdl, text(x));
    auto ok = false;
    self_->request(hdl, 5s, Empty{})
      .receive(
        [&](const UInt64Value& x) {
          ok = true;
          std::cout << "counter has seen " << x.value() << " messages"
                    << std::endl;
        },
        [&](const caf::error& err) { complain("no count", err); });
    return ok;
  }

  bool spawn_and_watch() {
    auto hdl = remoting_.spawn(address_, "echo");
    if (!hdl)
      return complain("cannot spawn", hdl.error());
    self_->monitor(*hdl);
    if (!echo(*hdl))
      return false;
    self_->send_exit(*hdl, caf::exit_reason::user_shutdown);
    auto ok = false;
    self_->receive(
      [&](const caf::down_msg&) {
        ok = true;
        std::cout << "it has stopped" << std::endl;
      },
      caf::after(5s) >> [&] { complain("it did not stop", {}); });
    return ok;
  }

  caf::actor find(const std::string& id) {
    return *remoting_.lookup(address_, id);
  }

  static bool complain(const char* what, const caf::error& err) {
    std::cerr << what << ": " << caf_remote::render(err) << std::endl;
    return false;
  }

  caf_remote::remoting& remoting_;
  caf::scoped_actor self_;
  std::string address_;
};

} // namespace

int main(int argc, char** argv) {
  if (argc != 2 || caf_remote::check_address(argv[1])) {
    std::cout << "usage: talk_to_go ADDRESS, the HOST:PORT of a protoactor-go "
                 "node on this machine"
              << std::endl;
    return argc == 1 ? EXIT_SUCCESS : EXIT_FAILURE;
  }
  config cfg;
  caf::actor_system sys{cfg};
  // answers come over a connection that Go opens to us
  if (auto here = caf_remote::get(sys).listen("127.0.0.1", 0); !here) {
    std::cerr << caf_remote::render(here.error()) << std::endl;
    return EXIT_FAILURE;
  }
  return conversation{sys, argv[1]}.run() ? EXIT_SUCCESS : EXIT_FAILURE;
}
