// SPDX-License-Identifier: BSD-3-Clause
//
// The story that scripts/demo tells: this process is node A, a second process
// of the same program is node B, and a protoactor-go process is node C if one
// is given. Every step prints what it did with its figures and says whether
// that was right; the exit code is 0 only if all were.
//
//   demo [GO_PEER_BINARY]     tells the story
//   demo node [PORT]          is node B

#include "caf_remote/all.hpp"

#include <caf/all.hpp>

#include <google/protobuf/wrappers.pb.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

using google::protobuf::StringValue;
using google::protobuf::UInt64Value;

CAF_BEGIN_TYPE_ID_BLOCK(demo, caf::first_custom_type_id)
  CAF_REMOTE_ADD_MESSAGE(demo, (google::protobuf::StringValue))
  CAF_REMOTE_ADD_MESSAGE(demo, (google::protobuf::UInt64Value))
CAF_END_TYPE_ID_BLOCK(demo)

namespace {

using namespace std::chrono_literals;
using clock_type = std::chrono::steady_clock;

constexpr auto limit = 10s; // for every single wait

StringValue text(std::string x) {
  StringValue result;
  result.set_value(std::move(x));
  return result;
}

UInt64Value number(uint64_t x) {
  UInt64Value result;
  result.set_value(x);
  return result;
}

double ms_since(clock_type::time_point start) {
  return std::chrono::duration<double, std::milli>(clock_type::now() - start)
    .count();
}

struct config : caf_remote::config {
  config() {
    load<caf_remote::remoting>();
    load<caf::id_block::demo>();
    caf::put(content, "scheduler.max-threads", size_t{4});
  }

  template <class T>
  void setting(const std::string& name, T value) {
    caf::put(content, "caf-remote." + name, std::move(value));
  }
};

// -- node B --------------------------------------------------------------------

caf::behavior echo() {
  return {[](const StringValue& x) { return x; }};
}

/// Answers how many texts it got when asked with a number.
caf::behavior counting(caf::event_based_actor* self) {
  auto count = std::make_shared<uint64_t>(0);
  self->set_default_handler(caf::drop);
  return {
    [count](const StringValue&) { ++*count; },
    [count](const UInt64Value&) { return number(*count); },
  };
}

/// The same, but every text costs it a fifth of a millisecond.
caf::behavior slow(caf::event_based_actor* self) {
  auto count = std::make_shared<uint64_t>(0);
  self->set_default_handler(caf::drop);
  return {
    [count](const StringValue&) {
      auto end = clock_type::now() + 200us;
      while (clock_type::now() < end)
        ; // works hard
      ++*count;
    },
    [count](const UInt64Value&) { return number(*count); },
  };
}

/// Answers how many dead letters its node has counted.
caf::behavior dead_letter_count(caf::event_based_actor* self) {
  return {[self](const UInt64Value&) {
    uint64_t sum = 0;
    for (auto& kvp : caf_remote::get(self->system()).snapshot().dead_letters)
      sum += kvp.second;
    return number(sum);
  }};
}

/// Ends the process, which has nothing to tell then.
void require(const caf::error& err) {
  if (!err)
    return;
  std::cerr << caf_remote::render(err) << std::endl;
  std::_Exit(1);
}

int run_node(uint16_t port) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr); // for all threads
  alarm(60);
  config cfg;
  // a small inbound bound, so that the story is short
  cfg.setting("inbound-messages", size_t{4000});
  caf::actor_system sys{cfg};
  auto& rm = caf_remote::get(sys);
  require(rm.set_log_sink(nullptr));
  auto address = rm.listen("127.0.0.1", port);
  if (!address) {
    std::cerr << "node B: " << caf_remote::render(address.error()) << std::endl;
    return 1;
  }
  require(rm.publish(sys.spawn([] { return echo(); }), "echo"));
  require(rm.publish(sys.spawn(counting), "counter"));
  require(rm.publish(sys.spawn(slow), "slow"));
  require(rm.publish(sys.spawn(dead_letter_count), "dead-letters"));
  require(rm.register_kind("greeter", [](caf::actor_system& s) {
    return s.spawn([]() -> caf::behavior {
      return {[](const StringValue& x) { return text("hello " + x.value()); }};
    });
  }));
  std::cout << "listening on " << *address << std::endl;
  int signal = 0;
  sigwait(&signals, &signal);
  rm.stop();
  return 0;
}

// -- other processes -----------------------------------------------------------

/// A child process whose first line of output says where it listens.
class child {
public:
  explicit child(std::vector<std::string> args) {
    int out[2];
    int in[2];
    if (pipe(out) != 0 || pipe(in) != 0)
      return;
    pid_ = fork();
    if (pid_ == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      dup2(out[1], STDOUT_FILENO);
      dup2(in[0], STDIN_FILENO);
      for (auto fd : {out[0], out[1], in[0], in[1]})
        close(fd);
      std::vector<char*> argv;
      for (auto& arg : args)
        argv.push_back(arg.data());
      argv.push_back(nullptr);
      execv(argv[0], argv.data());
      _exit(127);
    }
    close(out[1]);
    close(in[0]);
    out_ = out[0];
    in_ = in[1];
    address_ = read_address();
  }

  child(const child&) = delete;

  ~child() {
    end(SIGKILL);
    close(out_);
    close(in_);
  }

  /// Empty if the process did not start.
  const std::string& address() const {
    return address_;
  }

  void end(int signal) {
    if (pid_ <= 0)
      return;
    kill(pid_, signal);
    waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }

private:
  std::string read_address() {
    std::string line;
    pollfd fd{out_, POLLIN, 0};
    char c = 0;
    while (poll(&fd, 1, 10000) == 1 && read(out_, &c, 1) == 1 && c != '\n')
      line += c;
    constexpr std::string_view prefix = "listening on ";
    if (line.compare(0, prefix.size(), prefix) != 0)
      return {};
    return line.substr(prefix.size());
  }

  pid_t pid_ = 0;
  int out_ = -1;
  int in_ = -1;
  std::string address_;
};

// -- the story -----------------------------------------------------------------

class story {
public:
  story(caf::actor_system& sys, std::string self_binary, std::string go_binary)
    : sys_(sys), rm_(caf_remote::get(sys)), self_{sys},
      self_binary_(std::move(self_binary)), go_binary_(std::move(go_binary)) {
    // nop
  }

  int tell() {
    auto here = rm_.listen("127.0.0.1", 0);
    check(static_cast<bool>(here),
          "node A listens on " + (here ? *here : std::string{"?"}));
    child b{{self_binary_, "node", "0"}};
    check(!b.address().empty(),
          "node B, another process, listens on " + b.address());
    if (b.address().empty())
      return 1;
    request("node B", b.address(), "echo");
    spawn("node B", b.address(), "greeter", "joe");
    flood(b.address());
    lose_and_meet_again(b);
    if (go_binary_.empty())
      say("skipped: node C, because no protoactor-go node was built (Go >= "
          "1.21 is needed)");
    else
      meet_go();
    b.end(SIGTERM);
    auto start = clock_type::now();
    rm_.stop();
    check(ms_since(start) < 5000,
          "node A left gracefully in " + ms(ms_since(start)));
    return failures_ == 0 ? 0 : 1;
  }

private:
  void say(const std::string& line) {
    std::cout << line << std::endl;
  }

  void check(bool ok, const std::string& line) {
    say((ok ? "  ok   " : "  FAIL ") + line);
    if (!ok)
      ++failures_;
  }

  static std::string ms(double x) {
    char buf[32];
    std::snprintf(buf, sizeof(buf), "%.1f ms", x);
    return buf;
  }

  static std::string n(uint64_t x) {
    return std::to_string(x);
  }

  caf::actor remote(const std::string& address, const std::string& name) {
    auto res = rm_.lookup(address, name);
    return res ? *res : caf::actor{};
  }

  std::string ask(const caf::actor& hdl, const std::string& what) {
    std::string result;
    self_->request(hdl, limit, text(what))
      .receive([&](const StringValue& x) { result = x.value(); },
               [&](const caf::error& e) { result = caf_remote::render(e); });
    return result;
  }

  uint64_t ask_number(const caf::actor& hdl) {
    uint64_t result = 0;
    self_->request(hdl, limit, number(1))
      .receive([&](const UInt64Value& x) { result = x.value(); },
               [](const caf::error&) {});
    return result;
  }

  /// Waits for one down message; returns its reason as text.
  std::string await_down() {
    std::string result = "no down message";
    self_->receive(
      [&](const caf::down_msg& x) {
        if (x.reason == caf::exit_reason::normal)
          result = "stopped";
        else if (x.reason == caf::exit_reason::remote_link_unreachable)
          result = "unreachable";
        else
          result = to_string(x.reason);
      },
      caf::after(limit) >> [] {});
    return result;
  }

  /// Waits until `cond` holds, looking again whenever the endpoint says so.
  bool await(const std::function<bool()>& cond) {
    auto end = clock_type::now() + limit;
    while (!cond())
      if (clock_type::now() > end)
        return false;
      else
        self_->receive([](const caf_remote::endpoint_room&) {},
                       caf::after(10ms) >> [] {});
    return true;
  }

  void request(const std::string& who, const std::string& address,
               const std::string& name) {
    say("Look up and request: " + name + " on " + who);
    auto hdl = remote(address, name);
    check(hdl == remote(address, name),
          "the same PID gives the same handle: " + to_string(hdl));
    auto start = clock_type::now();
    auto first = ask(hdl, "are you there?");
    auto connect = ms_since(start);
    check(first == "are you there?",
          "first answer after " + ms(connect) + ", the connection included");
    start = clock_type::now();
    int good = 0;
    for (int i = 0; i < 100; ++i)
      good += ask(hdl, n(static_cast<uint64_t>(i)))
              == n(static_cast<uint64_t>(i));
    check(good == 100, n(static_cast<uint64_t>(good))
                         + " of 100 requests answered, "
                         + ms(ms_since(start) / 100) + " each");
  }

  void spawn(const std::string& who, const std::string& address,
             const std::string& kind, const std::string& name) {
    say("Spawn remotely and watch: " + kind + " named " + name + " on " + who);
    auto hdl = rm_.spawn(address, kind, name, limit);
    check(static_cast<bool>(hdl), hdl ? "spawned " + to_string(rm_.pid_of(*hdl))
                                      : caf_remote::render(hdl.error()));
    if (!hdl)
      return;
    auto again = rm_.spawn(address, kind, name, limit);
    check(!again,
          "the name is taken now: "
            + (again ? std::string{"no"} : caf_remote::render(again.error())));
    if (kind == "greeter")
      check(ask(*hdl, "world") == "hello world", "it answers");
    self_->monitor(*hdl);
    self_->send_exit(*hdl, caf::exit_reason::user_shutdown);
    auto reason = await_down();
    check(reason == "stopped",
          "stopped from afar, the down message says: " + reason);
  }

  void flood(const std::string& address) {
    constexpr uint64_t count = 30000;
    say("Flood: " + n(count) + " messages for a slow actor on node B, unpaced");
    auto hdl = remote(address, "slow");
    auto before = figures(address);
    auto there = remote(address, "dead-letters");
    auto dead_there = ask_number(there);
    auto start = clock_type::now();
    for (uint64_t i = 0; i < count; ++i)
      self_->send(hdl, text("message " + n(i)));
    check(rm_.flush(address, limit), "nothing waits at A any more");
    auto after = figures(address);
    auto dead_here = after.dead_lettered - before.dead_lettered;
    uint64_t taken = 0;
    dead_there = ask_number(there) - dead_there;
    await([&] {
      taken = ask_number(hdl);
      return taken + dead_here + dead_there >= count;
    });
    check(dead_here + dead_there > 0, "dead letters appear: " + n(dead_here)
                                        + " at A (queue full), " + n(dead_there)
                                        + " at B (actor too slow)");
    check(taken + dead_here + dead_there == count,
          n(taken) + " handled + " + n(dead_here) + " + " + n(dead_there)
            + " dead letters = " + n(count) + " sent, in "
            + ms(ms_since(start)));
    check(after.accepted == after.written + after.dead_lettered + after.queued,
          "the endpoint's accounts: " + n(after.accepted) + " accepted = "
            + n(after.written) + " written + " + n(after.dead_lettered)
            + " dead letters + " + n(after.queued) + " queued");
  }

  caf_remote::endpoint_counters figures(const std::string& address) {
    for (auto& x : rm_.snapshot().endpoints)
      if (x.address == address)
        return x;
    return {};
  }

  void lose_and_meet_again(child& b) {
    say("Loss: node B is killed (SIGKILL) and started again at its address");
    auto address = b.address();
    auto port = address.substr(address.rfind(':') + 1);
    auto hdl = remote(address, "counter");
    self_->monitor(hdl);
    ask_number(hdl);
    b.end(SIGKILL);
    auto start = clock_type::now();
    check(await([&] {
            return figures(address).state
                   == caf_remote::connection_state::reconnecting;
          }),
          "the loss was noticed after " + ms(ms_since(start)));
    for (int i = 0; i < 3; ++i)
      self_->send(hdl, text("sent while nobody was there"));
    auto queued = figures(address).queued;
    check(queued == 3, n(queued) + " messages wait in the queue");
    child again{{self_binary_, "node", port}};
    check(again.address() == address, "node B is back at " + again.address());
    start = clock_type::now();
    auto reason = await_down();
    check(reason == "unreachable",
          "the old incarnation's down message came once it was known: "
            + reason);
    auto got = ask_number(hdl);
    check(got == 3, "the old handle works again, and the counter got " + n(got)
                      + " of 3 queued messages, after " + ms(ms_since(start)));
    again.end(SIGTERM);
  }

  void meet_go() {
    say("Another language: node C is an unchanged protoactor-go process");
    child c{{go_binary_, "serve"}};
    check(!c.address().empty(), "node C listens on " + c.address());
    if (c.address().empty())
      return;
    request("node C", c.address(), "echo");
    spawn("node C", c.address(), "echo", "gopher");
    auto hdl = remote(c.address(), "echo");
    self_->monitor(hdl);
    ask(hdl, "still there?");
    auto start = clock_type::now();
    c.end(SIGKILL);
    auto reason = await_down();
    check(reason == "unreachable",
          "node C was killed; its watcher was told after " + ms(ms_since(start))
            + ": " + reason);
  }

  caf::actor_system& sys_;
  caf_remote::remoting& rm_;
  caf::scoped_actor self_;
  std::string self_binary_;
  std::string go_binary_;
  int failures_ = 0;
};

int tell_story(const std::string& self_binary, const std::string& go_binary) {
  signal(SIGPIPE, SIG_IGN);
  alarm(60); // ends by itself whatever happens
  config cfg;
  cfg.setting("retry-wait", caf::timespan{300ms});
  cfg.setting("queue-messages", size_t{10000});
  caf::actor_system sys{cfg};
  require(caf_remote::get(sys).set_log_sink(nullptr));
  int result = 1;
  {
    story x{sys, self_binary, go_binary};
    result = x.tell();
  }
  std::cout << (result == 0 ? "Every step did what it should."
                            : "Some steps failed, see above.")
            << std::endl;
  return result;
}

} // namespace

int main(int argc, char** argv) {
  std::vector<std::string> args{argv + 1, argv + argc};
  if (!args.empty() && args[0] == "node")
    return run_node(args.size() > 1 ? static_cast<uint16_t>(std::stoul(args[1]))
                                    : uint16_t{0});
  return tell_story("/proc/self/exe", args.empty() ? "" : args[0]);
}
