// SPDX-License-Identifier: BSD-3-Clause
//
// Back-pressure: what waits for a node is bounded. A sender that paces itself
// loses nothing; one that does not gets dead letters. The bounds are small
// here, so that this shows.
//
//   backpressure                     both nodes in this process
//   backpressure ADDRESS [COUNT]     floods the actor `counter` of a running
//                                    node, such as `caf-remote serve`

#include "caf_remote/all.hpp"

#include <caf/all.hpp>

#include <google/protobuf/empty.pb.h>
#include <google/protobuf/wrappers.pb.h>

#include <cstdlib>
#include <iostream>
#include <optional>
#include <string>

using google::protobuf::Empty;
using google::protobuf::StringValue;
using google::protobuf::UInt64Value;

CAF_BEGIN_TYPE_ID_BLOCK(backpressure, caf::first_custom_type_id)
  CAF_REMOTE_ADD_MESSAGE(backpressure, (google::protobuf::Empty))
  CAF_REMOTE_ADD_MESSAGE(backpressure, (google::protobuf::StringValue))
  CAF_REMOTE_ADD_MESSAGE(backpressure, (google::protobuf::UInt64Value))
CAF_END_TYPE_ID_BLOCK(backpressure)

namespace {

using namespace std::chrono_literals;

struct config : caf_remote::config {
  config() {
    load<caf_remote::remoting>();
    load<caf::id_block::backpressure>();
    // on a port that the kernel chooses; errors are told on stderr
    set("caf-remote.listen", true);
    // messages that wait for one node; the default is a million
    set("caf-remote.queue-messages", 1000);
    // from here on senders are asked to pause
    set("caf-remote.pause-messages", 500);
  }
};

// -- the receiver -------------------------------------------------------------

struct counter_state {
  uint64_t count = 0;
};

caf::behavior counter(caf::stateful_actor<counter_state>* self) {
  return {
    [self](const StringValue&) { ++self->state.count; },
    [self](const Empty&) {
      UInt64Value result;
      result.set_value(self->state.count);
      return result;
    },
  };
}

// -- the senders --------------------------------------------------------------

StringValue payload() {
  StringValue result;
  result.set_value("some payload");
  return result;
}

struct paced_state {
  size_t left = 0;
  size_t pauses = 0;
};

// Sends as long as there is room; else it asks to be told when there is again.
caf::behavior paced_sender(caf::stateful_actor<paced_state>* self,
                           caf::actor to, size_t count) {
  self->state.left = count;
  auto& remoting = caf_remote::get(self->system());
  auto send_some = [=, &remoting] {
    auto& left = self->state.left;
    while (left > 0 && remoting.load_of(to).has_room) {
      self->send(to, payload());
      --left;
    }
    if (left > 0) {
      ++self->state.pauses;
      if (auto err = remoting.notify_when_room(to, self)) {
        std::cerr << caf_remote::render(err) << std::endl;
        self->quit();
      }
      return;
    }
    std::cout << "  it paused " << self->state.pauses << " times" << std::endl;
    self->quit();
  };
  self->send(self, caf_remote::endpoint_room{});
  return {
    [=](const caf_remote::endpoint_room&) { send_some(); },
  };
}

// -- what became of the messages ----------------------------------------------

// Returns nothing, and says why, if there is no answer.
std::optional<uint64_t> ask_count(caf::scoped_actor& self,
                                  const caf::actor& to) {
  std::optional<uint64_t> result;
  self->request(to, 30s, Empty{})
    .receive([&](const UInt64Value& x) { result = x.value(); },
             [](const caf::error& err) {
               std::cerr << caf_remote::render(err) << std::endl;
             });
  return result;
}

uint64_t dead_letters(const caf_remote::remoting& remoting) {
  uint64_t result = 0;
  for (auto& [reason, count] : remoting.snapshot().dead_letters)
    result += count;
  return result;
}

// Runs `send`, prints what became of the messages and returns whether all of
// them arrived or became dead letters.
template <class F>
bool measure(caf::scoped_actor& self, const caf::actor& to, size_t count,
             const char* title, F send) {
  auto& remoting = caf_remote::get(self->system());
  auto before = ask_count(self, to);
  if (!before)
    return false;
  auto lost = dead_letters(remoting);
  std::cout << title << ", " << count << " messages:" << std::endl;
  send();
  if (!remoting.flush(remoting.pid_of(to).address, 30s))
    std::cout << "  some still wait after 30 s" << std::endl;
  auto after = ask_count(self, to);
  if (!after)
    return false;
  auto arrived = *after - *before;
  lost = dead_letters(remoting) - lost;
  std::cout << "  " << arrived << " arrived, " << lost << " dead letters"
            << std::endl;
  return count == arrived + lost;
}

int run_client(const std::string& address, size_t count) {
  config cfg;
  caf::actor_system sys{cfg};
  auto& remoting = caf_remote::get(sys);
  // a line for each dead letter is too much
  if (auto err = remoting.set_log_sink(nullptr)) {
    std::cerr << caf_remote::render(err) << std::endl;
    return EXIT_FAILURE;
  }
  auto to = remoting.lookup(address, "counter");
  if (!to) {
    std::cerr << caf_remote::render(to.error()) << std::endl;
    return EXIT_FAILURE;
  }
  caf::scoped_actor self{sys};
  auto paced = [&] { self->wait_for(self->spawn(paced_sender, *to, count)); };
  auto not_paced = [&] {
    for (size_t i = 0; i < count; ++i)
      self->send(*to, payload());
  };
  auto ok = measure(self, *to, count, "paced", paced)
            && measure(self, *to, count, "not paced", not_paced);
  return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

int run_both() {
  config cfg;
  caf::actor_system sys{cfg};
  caf_remote::stop_guard guard{sys}; // ends the counter
  auto& remoting = caf_remote::get(sys);
  if (auto err = remoting.publish(sys.spawn(counter), "counter")) {
    std::cerr << caf_remote::render(err) << std::endl;
    return EXIT_FAILURE;
  }
  return run_client(remoting.address(), 50000);
}

} // namespace

int main(int argc, char** argv) {
  if (argc == 1)
    return run_both();
  return run_client(argv[1],
                    argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 50000);
}
