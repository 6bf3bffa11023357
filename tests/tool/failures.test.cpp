// SPDX-License-Identifier: BSD-3-Clause

#include "support/loopback_node.hpp"
#include "support/raw_peer.hpp"
#include "support/temporary_folder.hpp"
#include "tool/tool_fixture.hpp"

#include <caf/all.hpp>

#include <doctest/doctest.h>

#include <fcntl.h>
#include <sys/stat.h>

using namespace caf_remote;
using namespace caf_remote::test;
using namespace std::chrono_literals;

namespace {

/// Runs the tool with a time limit of one second. It must fail in that time.
std::string failure_in_time(words xs) {
  xs.push_back("--timeout=1s");
  auto result = tool(xs);
  CHECK_EQ(result.code, 1);
  CHECK_EQ(result.output, "");
  CHECK_LT(result.elapsed, 1s + slack);
  return result.errors;
}

/// All client commands with valid arguments for `address`, but watch.
std::vector<words> commands_for(const std::string& address) {
  return {
    {"ping", address},
    {"request", address, "echo", "google.protobuf.Empty", "{}"},
    {"send", address, "echo", "google.protobuf.Empty", "{}"},
    {"spawn", address, "echo"},
    {"stop", address, "echo"},
  };
}

/// Whether `run`, which starts the tool, comes to its end in `limit` and what
/// the process takes to start and end alone. A busy machine gets three tries.
template <class F>
bool ends_within(process::duration limit, F run) {
  using clock = std::chrono::steady_clock;
  for (int i = 0; i < 3; ++i) {
    auto alone = tool({"--version"}).elapsed;
    auto start = clock::now();
    run();
    if (clock::now() - start <= limit + alone)
      return true;
  }
  return false;
}

/// A file whose reader waits for somebody who writes, and one that imports it.
class endless_file {
public:
  endless_file() : path_(folder_.path_of("endless.proto")) {
    REQUIRE_EQ(::mkfifo(path_.c_str(), 0600), 0);
    folder_.write("importer.proto",
                  "syntax = \"proto3\"; import \"endless.proto\";");
  }

  /// Gives up, so that the reader comes to an end.
  ~endless_file() {
    ::close(::open(path_.c_str(), O_WRONLY | O_NONBLOCK));
  }

  const std::string& path() const noexcept {
    return path_;
  }

  std::string importer() const {
    return folder_.path_of("importer.proto");
  }

private:
  temporary_folder folder_;
  std::string path_;
};

/// Runs the tool with a file for its message types, which it must refuse.
/// Returns the end of the line that it prints.
std::string refused_file(const std::string& path) {
  auto result = tool({"send", "127.0.0.1:1", "x", "x.Y", "{}", "--timeout=20s",
                      "--proto-file=" + path});
  CHECK_EQ(result.code, 2);
  CHECK_EQ(result.output, "");
  auto& text = result.errors;
  std::string begin = "caf-remote: --proto-file: ";
  CHECK_EQ(text.compare(0, begin.size(), begin), 0);
  CHECK_EQ(text.find('\n'), text.size() - 1);
  CHECK_FALSE(contains(text, "libprotobuf"));
  auto end = text.rfind(" (see caf-remote --help)");
  REQUIRE_NE(end, std::string::npos);
  return text.substr(begin.size(), end - begin.size());
}

/// Never answers.
caf::behavior mute(caf::event_based_actor* self) {
  return {
    [self](const raw_message&) { return self->make_response_promise(); },
  };
}

} // namespace

TEST_SUITE_BEGIN("tool.failures");

TEST_CASE("what the tool does not know is refused before anything is sent") {
  silent_port port;
  auto refused = [&port](const std::string& type, const std::string& json,
                         const words& more = {}) {
    for (auto command : {"request", "send"}) {
      words xs{command, port.address(), "echo", type, json};
      xs.insert(xs.end(), more.begin(), more.end());
      INFO(type << ' ' << json);
      auto result = tool(xs);
      CHECK_NE(result.code, 0);
      CHECK_EQ(result.output, "");
      CHECK_NE(result.errors, "");
    }
  };
  refused("no.such.Type", "{}");
  refused("", "{}");
  refused("google.protobuf.Nothing", "{}");
  refused("actor.PID", "{}");
  // Go programs hardly ever have these, and would end
  for (auto type : {"Api", "Method", "Mixin", "Type", "Field", "Enum",
                    "EnumValue", "Option", "SourceContext", "DescriptorProto"})
    refused(std::string{"google.protobuf."} + type, "{}");
  refused("google.protobuf.Empty", "{\"x\":1}");
  refused("google.protobuf.Empty", "");
  refused("google.protobuf.Empty", "{} {}");
  refused("google.protobuf.StringValue", "5");
  refused("google.protobuf.StringValue", "\"open");
  refused("google.protobuf.StringValue", "\"\xff\xfe\"");
  refused("google.protobuf.Int32Value", "4294967296");
  refused("google.protobuf.Timestamp", "\"yesterday\"");
  refused("x.Y", "{}", {"--proto-file=/no/such/file.proto"});
  refused("x.Y", "{}", {"--proto-file=" + std::string{__FILE__}});
  CHECK_FALSE(port.has_visitor());
}

TEST_CASE("what cannot be sent is told for the reason that it has") {
  serve_process node;
  temporary_folder here;
  here.write("actor.proto", "syntax = \"proto3\"; package actor;\n"
                            "message Stop {}\n");
  for (auto command : {"request", "send"}) {
    CHECK(
      contains(tool_error({command, node.address(), "echo", "actor.Stop", "{}",
                           "--proto-file=" + here.path_of("actor.proto")}),
               "not_serializable: actor.Stop is one of Proto.Actor's own "
               "messages"));
    CHECK(
      contains(tool_error({command, node.address(), "echo",
                           "google.protobuf.Empty", "{}", "--header=k=\xff"}),
               "invalid_utf8: a header is not UTF-8"));
  }
}

TEST_CASE("settings that make no sense are told in one line") {
  silent_port port;
  const std::vector<std::pair<words, std::string>> table{
    {{"--host=0.0.0.0"},
     "caf-remote: invalid_config: --host is \"0.0.0.0\", which peers cannot "
     "dial: --advertised-host must be set, too (see caf-remote --help)\n"},
    {{"--advertised-host=::"},
     "caf-remote: invalid_config: --advertised-host is \"::\", which peers "
     "cannot dial (see caf-remote --help)\n"},
    // the module's own spelling is not the tool's
    {{"--caf-remote.max-batch-bytes=foo"},
     "caf-remote: unknown option --caf-remote.max-batch-bytes (see caf-remote "
     "--help)\n"},
    {{"--config-file=x.ini"},
     "caf-remote: unknown option --config-file (see caf-remote --help)\n"},
  };
  for (auto& [options, text] : table)
    for (auto xs : {words{"serve"}, words{"ping", port.address()}}) {
      xs.insert(xs.end(), options.begin(), options.end());
      auto result = tool(xs);
      CHECK_EQ(result.code, 2);
      CHECK_EQ(result.output, "");
      CHECK_EQ(result.errors, text);
    }
  CHECK_FALSE(port.has_visitor());
}

TEST_CASE("configuration files of CAF are not read") {
  temporary_folder here;
  here.write("caf-application.ini", "[caf-remote]\nbach-size=1\nport=x\n");
  serve_process node;
  words xs{"env", "-C", here.path()};
  for (auto& x : tool_words({"ping", node.address()}))
    xs.push_back(x);
  auto result = run(xs, tool_options());
  CHECK_EQ(result.code, 0);
  CHECK_EQ(result.errors, "");
}

TEST_CASE("a node that is not there: not reached") {
  closed_port port;
  for (auto& xs : commands_for(port.address())) {
    INFO(xs.front());
    auto result = tool(xs);
    CHECK_EQ(result.code, 1);
    CHECK_EQ(result.output, "");
    CHECK(contains(result.errors, "was not reached"));
    // two attempts, one second apart
    CHECK_LT(result.elapsed, 5s);
  }
}

TEST_CASE("the attempts and the wait between them can be set") {
  closed_port port;
  auto xs = words{"ping", port.address(), "--max-retry-count=3",
                  "--retry-wait=300ms"};
  auto result = tool(xs);
  CHECK_EQ(result.code, 1);
  CHECK_GE(result.elapsed, 600ms);
  xs = {"ping", port.address(), "--max-retry-count=1", "--retry-wait=1m"};
  CHECK_LT(tool(xs).elapsed, 5s);
}

TEST_CASE("the shortest limit is one like any other") {
  silent_port port;
  for (auto& xs : commands_for(port.address()))
    for (auto limit : {"1ms", "1.5ms", "10ms"}) {
      auto with_limit = xs;
      with_limit.push_back(std::string{"--timeout="} + limit);
      CHECK(contains(tool_error(with_limit), "time-out after 1"));
    }
}

TEST_CASE("a port where nobody answers: no handshake, within the limit") {
  silent_port port;
  for (auto& xs : commands_for(port.address())) {
    INFO(xs.front());
    CHECK(contains(failure_in_time(xs), "did not shake hands"));
  }
}

TEST_CASE("a node that does not answer the handshake") {
  raw_peer peer{manners::silent};
  for (auto& xs : commands_for(peer.address())) {
    INFO(xs.front());
    CHECK(contains(failure_in_time(xs), "did not shake hands"));
  }
}

TEST_CASE("a node that blocks us") {
  raw_peer peer{manners::blocked};
  for (auto& xs : commands_for(peer.address())) {
    INFO(xs.front());
    CHECK(contains(failure_in_time(xs), "blocked"));
  }
}

TEST_CASE("a node that cannot connect back") {
  serve_process node;
  closed_port closed;
  auto port = std::to_string(port_of(closed.address()));
  auto text = failure_in_time(
    {"ping", node.address(), "--advertised-port=" + port});
  CHECK(contains(text, "did not connect back to 127.0.0.1:" + port));
}

TEST_CASE("an actor that never answers") {
  loopback_node node;
  REQUIRE_FALSE(
    node.rm().publish(node.sys().spawn(mute), "mute", receive_mode::raw));
  auto text = failure_in_time(
    {"request", node.address(), "mute", "google.protobuf.Empty", "{}"});
  CHECK(contains(text, "time-out after 1s"));
  CHECK(contains(text, "no answer"));
}

TEST_CASE("a watch may have a limit") {
  serve_process node;
  auto text = failure_in_time({"watch", node.address(), "echo"});
  CHECK(contains(text, "time-out after 1s"));
}

TEST_CASE("a frozen node does not hold us") {
  serve_process node;
  REQUIRE(contains(tool_output({"ping", node.address()}), "pong"));
  node.child().send_signal(SIGSTOP);
  for (auto& xs : commands_for(node.address())) {
    INFO(xs.front());
    failure_in_time(xs);
  }
  node.child().send_signal(SIGCONT);
  CHECK(contains(tool_output({"ping", node.address()}), "pong"));
}

TEST_CASE("the process ends within the limit, the stop included") {
  silent_port port;
  raw_peer peer{manners::silent};
  for (auto& address : {port.address(), peer.address()})
    for (auto& xs : commands_for(address)) {
      INFO(xs.front());
      CHECK(ends_within(1s, [&] { failure_in_time(xs); }));
    }
}

TEST_CASE("a node that falls silent does not hold up the stop") {
  serve_process node;
  CHECK(ends_within(2s, [&node] {
    process watcher{tool_words(
      {"watch", node.address(), "echo", "--verbose", "--timeout=2s"})};
    watcher.expect_error("watching ");
    node.child().send_signal(SIGSTOP);
    CHECK_EQ(watcher.wait(), 1);
    CHECK(contains(watcher.errors(), "has not ended"));
    node.child().send_signal(SIGCONT);
  }));
}

TEST_CASE("what is no file with message types is refused in one short line") {
  temporary_folder here;
  endless_file pipe;
  CHECK_EQ(refused_file(pipe.path()), pipe.path() + " is not a regular file");
  CHECK_EQ(refused_file("/dev/zero"), "/dev/zero is not a regular file");
  CHECK_EQ(refused_file(here.path()), here.path() + " is not a regular file");
  auto missing = here.path_of("missing.proto");
  CHECK_EQ(refused_file(missing), "cannot find " + missing);
  std::string garbage;
  for (int i = 0; i < 20000; ++i)
    garbage += static_cast<char>(i % 251);
  here.write("garbage.proto", garbage);
  auto text = refused_file(here.path_of("garbage.proto"));
  CHECK(contains(text, "garbage.proto:1:1"));
  CHECK(contains(text, " more"));
  CHECK_LT(text.size(), 1100);
  for (auto& path : {missing, here.path_of("garbage.proto")})
    CHECK_EQ(tool({"send", "127.0.0.1:1", "x", "google.protobuf.Empty", "{}",
                   "--proto-file=" + here.path_of("empty.proto"),
                   "--proto-path=" + path})
               .errors,
             "caf-remote: --proto-path: there is no folder " + path
               + " (see caf-remote --help)\n");
  here.write("empty.proto", "");
  auto result = tool({"send", "127.0.0.1:1", "x", "x.Y", "{}",
                      "--proto-file=" + here.path_of("empty.proto")});
  CHECK_EQ(result.code, 2);
  CHECK(contains(result.errors, "unknown message type 'x.Y'"));
}

TEST_CASE("files with message types are read within the limit") {
  silent_port port;
  for (auto command : {"request", "send"}) {
    endless_file file;
    auto text = failure_in_time({command, port.address(), "echo", "x.Y", "{}",
                                 "--proto-file=" + file.importer()});
    CHECK_EQ(text, "caf-remote: time-out after 1s\n");
  }
  CHECK_FALSE(port.has_visitor());
}

TEST_CASE("output that cannot be written is an error, but for nobody to read") {
  serve_process node;
  auto to_full = [](const words& xs) {
    words line{"sh", "-c", R"(exec "$@" >/dev/full)", "sh"};
    for (auto& x : tool_words(xs))
      line.push_back(x);
    auto result = run(line, tool_options());
    CHECK_EQ(result.code, 1);
    CHECK_EQ(result.errors, "caf-remote: cannot write the output: No space "
                            "left on device\n");
  };
  to_full({"ping", node.address()});
  to_full({"request", node.address(), "echo", "google.protobuf.Empty", "{}"});
  to_full({"spawn", node.address(), "echo"});
  to_full({"watch", node.address(), "nobody"});
  to_full({"serve"});
  to_full({"--help"});
  to_full({"--version"});
  process unread{tool_words({"watch", node.address(), "echo", "--verbose"})};
  unread.close_output();
  unread.expect_error("watching ");
  tool_output({"stop", node.address(), "echo"});
  CHECK_EQ(unread.wait(), 0);
}

TEST_CASE("use of a closed stream fails, and gets into no connection") {
  serve_process node;
  auto with_closed = [&](const char* stream, const words& xs) {
    words all{"sh", "-c", std::string{"exec \"$@\" "} + stream, "sh"};
    for (auto& x : tool_words(xs))
      all.push_back(x);
    return run(all, tool_options());
  };
  auto result = with_closed(">&-", {"ping", node.address()});
  CHECK_EQ(result.code, 1);
  CHECK(contains(result.errors, "cannot write the output"));
  result = with_closed("2>&-", {"ping", node.address(), "--verbose"});
  CHECK_EQ(result.code, 0);
  result = with_closed("<&- >&-", {"ping", node.address()});
  CHECK_EQ(result.code, 1);
  CHECK(contains(result.errors, "cannot write the output"));
  for (auto command : {"request", "send"}) {
    result = with_closed("<&-", {command, node.address(), "echo",
                                 "google.protobuf.StringValue", "-"});
    CHECK_EQ(result.code, 1);
    CHECK_EQ(result.errors, "caf-remote: cannot read standard input: Bad file "
                            "descriptor\n");
  }
}

TEST_CASE("standard input is read within limits") {
  silent_port port;
  words xs{"send", port.address(), "x", "google.protobuf.Empty",
           "-",    "--timeout=20s"};
  words line{"sh", "-c", R"(exec "$@" </dev/zero)", "sh"};
  for (auto& x : tool_words(xs))
    line.push_back(x);
  auto result = run(line, tool_options());
  CHECK_EQ(result.code, 1);
  CHECK_EQ(result.errors, "caf-remote: standard input has more than 32MiB\n");
  xs.back() = "--timeout=500ms";
  process child{tool_words(xs), tool_options()};
  CHECK_EQ(child.wait(), 1);
  CHECK_EQ(child.errors(), "caf-remote: time-out after 500ms\n");
  CHECK_FALSE(port.has_visitor());
}

TEST_CASE("a name that cannot be resolved") {
  auto text = tool_error({"ping", "no-such-host.invalid:8080"});
  // a name server may also be silent
  auto named = contains(text, "cannot resolve 'no-such-host.invalid'");
  CHECK((named || contains(text, "time-out")));
}

TEST_CASE("a port of ours that is taken") {
  serve_process node;
  auto port = std::to_string(node.port());
  auto text = tool_error({"ping", node.address(), "--port=" + port});
  CHECK_EQ(text.compare(0, 27, "caf-remote: cannot listen o"), 0);
}

TEST_SUITE_END();
