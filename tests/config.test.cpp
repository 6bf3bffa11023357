// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/config.hpp"

#include "caf_remote/error.hpp"

#include <caf/settings.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <type_traits>
#include <vector>

using namespace caf_remote;
using namespace std::chrono_literals;

namespace {

using args = std::vector<std::string>;

// A config class of somebody else, which does not declare our options.
struct foreign_config : caf::actor_system_config {};

template <class Config>
caf::error parse(Config& cfg, const std::string& ini, args xs = {}) {
  std::istringstream in{ini};
  return cfg.parse(std::move(xs), in);
}

template <class Config = config>
caf::expected<options> read(const std::string& ini, args xs = {}) {
  Config cfg;
  if (auto err = parse(cfg, ini, std::move(xs)))
    FAIL("parse: " << caf::to_string(err));
  return read_options(cfg);
}

options read_valid(const std::string& line) {
  auto result = read("[caf-remote]\n" + line + "\n");
  if (!result)
    FAIL(line << ": " << render(result.error()));
  return *result;
}

// Both ways must lead to the same text: with our options declared, CAF must not
// drop the value.
std::string problem(const std::string& line) {
  auto ini = "[caf-remote]\n" + line + "\n";
  auto declared = read(ini);
  auto undeclared = read<foreign_config>(ini);
  if (declared || undeclared) {
    FAIL_CHECK("no error for " << line);
    return "";
  }
  CHECK_EQ(code_of(declared.error()), errc::invalid_config);
  CHECK_EQ(render(declared.error()), render(undeclared.error()));
  return render(declared.error());
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

// -- the options, written down once more --------------------------------------

enum class unit { count, bytes, duration };

template <auto Member>
int64_t number(const options& x) {
  if constexpr (std::is_same_v<decltype(Member), caf::timespan options::*>)
    return (x.*Member).count();
  else
    return static_cast<int64_t>(x.*Member);
}

struct number_option {
  const char* name;
  unit what;
  int64_t (*get)(const options&);
  int64_t initial;
  int64_t min;
  int64_t max;

  // As it stands in a file; durations in nanoseconds.
  std::string line(int64_t value) const {
    return std::string{name} + '=' + std::to_string(value)
           + (what == unit::duration ? "ns" : "");
  }

  std::string line_of_wrong_type() const {
    static const char* values[] = {"\"5\"", "true", "5"};
    return std::string{name} + '=' + values[static_cast<int>(what)];
  }
};

constexpr int64_t kib = 1024;
constexpr int64_t mib = 1024 * kib;
constexpr int64_t tib = 1024 * 1024 * mib;
constexpr int64_t ms = 1000000;
constexpr int64_t day = 86400000 * ms;
constexpr int64_t billion = 1000000000;

const number_option numbers[] = {
  {"port", unit::count, number<&options::port>, 0, 0, 65535},
  {"advertised-port", unit::count, number<&options::advertised_port>, 0, 0,
   65535},
  {"connect-timeout", unit::duration, number<&options::connect_timeout>,
   5000 * ms, ms, day},
  {"handshake-timeout", unit::duration, number<&options::handshake_timeout>,
   10000 * ms, ms, day},
  {"max-retry-count", unit::count, number<&options::max_retry_count>, 5, 1,
   1000000},
  {"retry-wait", unit::duration, number<&options::retry_wait>, 2000 * ms, 0,
   day},
  {"shutdown-timeout", unit::duration, number<&options::shutdown_timeout>,
   4000 * ms, ms, day},
  {"max-endpoints", unit::count, number<&options::max_endpoints>, 10000, 1,
   1000000},
  {"max-streams", unit::count, number<&options::max_streams>, 10000, 1,
   1000000},
  {"batch-size", unit::count, number<&options::batch_size>, 1000, 1, 100000},
  {"max-batch-bytes", unit::bytes, number<&options::max_batch_bytes>,
   4 * mib - 64 * kib, kib, 2048 * mib - 1},
  {"queue-messages", unit::count, number<&options::queue_messages>, 1000000, 1,
   billion},
  {"queue-bytes", unit::bytes, number<&options::queue_bytes>, 256 * mib, kib,
   tib},
  {"control-messages", unit::count, number<&options::control_messages>, 1000000,
   1, billion},
  {"control-bytes", unit::bytes, number<&options::control_bytes>, 64 * mib, kib,
   tib},
  {"pause-messages", unit::count, number<&options::pause_messages>, 100000, 1,
   billion},
  {"pause-bytes", unit::bytes, number<&options::pause_bytes>, 32 * mib, 1, tib},
  {"max-pending-requests", unit::count, number<&options::max_pending_requests>,
   1000000, 1, billion},
  {"request-expiry", unit::duration, number<&options::request_expiry>,
   3600000 * ms, ms, 365 * day},
  {"queued-request-expiry", unit::duration,
   number<&options::queued_request_expiry>, 60000 * ms, ms, day},
  {"max-receive-bytes", unit::bytes, number<&options::max_receive_bytes>,
   32 * mib, 4 * kib, 2048 * mib - 1},
  {"inbound-messages", unit::count, number<&options::inbound_messages>, 100000,
   2, 10000000},
  {"inbound-bytes", unit::bytes, number<&options::inbound_bytes>, 64 * mib, kib,
   tib / 2},
  {"inbound-stall-timeout", unit::duration,
   number<&options::inbound_stall_timeout>, 1000 * ms, ms, day},
  {"max-headers", unit::count, number<&options::max_headers>, 64, 0, 65536},
  {"max-header-bytes", unit::bytes, number<&options::max_header_bytes>,
   16 * kib, 0, 16 * mib},
};

// Flags and texts.
struct other_option {
  const char* name;
  std::string (*get)(const options&);
  const char* initial;
  const char* ini_value;
  const char* value;
  const char* wrong_type;
};

template <auto Member>
std::string flag(const options& x) {
  return x.*Member ? "true" : "false";
}

template <auto Member>
std::string text(const options& x) {
  return x.*Member;
}

std::string aliases(const options& x) {
  std::string result;
  for (auto& alias : x.aliases)
    result += alias + ';';
  return result;
}

const other_option others[] = {
  {"host", text<&options::host>, "127.0.0.1", "\"a.b\"", "a.b", "5"},
  {"listen", flag<&options::listen>, "false", "true", "true", "1"},
  {"advertised-host", text<&options::advertised_host>, "", "\"a.b\"", "a.b",
   "5"},
  {"aliases", aliases, "", "[\"a:1\"]", "a:1;", "\"a:1\""},
  {"diagnostics", flag<&options::diagnostics>, "false", "true", "true", "1"},
  {"scheduler-only", flag<&options::scheduler_only>, "false", "true", "true",
   "1"},
};

std::string line(const char* name, const char* value) {
  return std::string{name} + '=' + value;
}

// Sorted, one per line.
std::string listing(std::vector<std::string> names) {
  std::sort(names.begin(), names.end());
  std::string result;
  for (auto& x : names)
    result += x + '\n';
  return result;
}

std::string declared_options() {
  caf::config_option_set xs;
  add_options(xs);
  std::vector<std::string> result;
  for (auto& x : xs)
    result.emplace_back(x.long_name().begin(), x.long_name().end());
  return listing(std::move(result));
}

// -- docs/configuration.md ----------------------------------------------------

// A row of the tables of options.
struct documented {
  std::string name;
  std::string initial;
  std::string range;
};

std::string without(std::string str, std::string_view chars) {
  auto is_odd = [chars](char c) { return chars.find(c) != chars.npos; };
  str.erase(std::remove_if(str.begin(), str.end(), is_odd), str.end());
  return str;
}

std::vector<documented> documented_options() {
  std::ifstream in{CAF_REMOTE_TESTS_DIR "/../docs/configuration.md"};
  REQUIRE(in);
  std::vector<documented> result;
  bool here = false;
  for (std::string str; std::getline(in, str);) {
    if (str == "| option | default | range | meaning |")
      here = true;
    else if (str.empty())
      here = false;
    else if (here && str.compare(0, 3, "| `") == 0) {
      std::istringstream cells{str};
      documented x;
      std::getline(cells, x.name, '|'); // what is before the first one
      for (auto to : {&x.name, &x.initial, &x.range})
        std::getline(cells, *to, '|');
      x.name = without(x.name, "` ");
      result.push_back(std::move(x));
    }
  }
  return result;
}

// Reads "1,000,000", "10^9", "2 GiB - 1", "1 day" or "0: remark".
int64_t documented_number(const std::string& str) {
  static const std::map<std::string, int64_t> units{
    {"", 1},      {"^9", billion / 10}, {"KiB", kib},
    {"MiB", mib}, {"GiB", 1024 * mib},  {"TiB", tib},
    {"ms", ms},   {"s", 1000 * ms},     {"h", 3600000 * ms},
    {"day", day}, {"days", day},
  };
  auto bare = without(str.substr(0, str.find_first_of("(:")), "`, ");
  auto less = bare.size() > 2 && bare.compare(bare.size() - 2, 2, "-1") == 0;
  if (less)
    bare.resize(bare.size() - 2);
  size_t digits = 0;
  auto result = std::stoll(bare, &digits);
  auto i = units.find(bare.substr(digits));
  REQUIRE_MESSAGE(i != units.end(), str);
  return result * i->second - (less ? 1 : 0);
}

// The end of a range may be another option.
int64_t documented_end(const std::string& str) {
  for (auto& x : numbers)
    if (x.name == without(str, "` "))
      return x.max;
  return documented_number(str);
}

} // namespace

#define CHECK_PROBLEM(line, part) \
  do { \
    auto text = problem(line); \
    CHECK_MESSAGE(contains(text, part), text); \
  } while (false)

TEST_CASE("without a group all settings have their defaults") {
  auto x = read("");
  REQUIRE(x);
  CHECK_EQ(x->host, "127.0.0.1");
  CHECK_EQ(x->port, 0);
  CHECK_FALSE(x->listen);
  CHECK_EQ(x->batch_size, 1000u);
  CHECK_EQ(x->queue_messages, 1000000u);
  CHECK_EQ(x->max_retry_count, 5u);
  CHECK(x->retry_wait == 2s);
  CHECK_LT(x->max_batch_bytes, size_t{4} << 20);
}

TEST_CASE("the defaults are valid values") {
  config cfg;
  CHECK_FALSE(check(cfg));
}

TEST_CASE("every option has its default, its bounds and its type") {
  for (auto& x : numbers) {
    INFO(x.name);
    // a pause mark must not be above its bound
    std::string room;
    if (std::string_view{x.name}.substr(0, 6) == "pause-")
      room = "queue-messages=1000000000\nqueue-bytes=\"1024GiB\"\n";
    CHECK_EQ(x.get(options{}), x.initial);
    CHECK_EQ(x.get(*read("")), x.initial);
    for (auto value : {x.min, x.max})
      CHECK_EQ(x.get(read_valid(room + x.line(value))), value);
    for (auto value : {x.min - 1, x.max + 1})
      CHECK_PROBLEM(room + x.line(value), "but must be");
    CHECK_PROBLEM(x.line_of_wrong_type(), "but must be");
  }
  for (auto& x : others) {
    INFO(x.name);
    CHECK_EQ(x.get(*read("")), x.initial);
    CHECK_EQ(x.get(read_valid(line(x.name, x.ini_value))), x.value);
    CHECK_PROBLEM(line(x.name, x.wrong_type), "but must be");
  }
}

TEST_CASE("no option is forgotten in these tests") {
  std::vector<std::string> tested;
  for (auto& x : numbers)
    tested.push_back(x.name);
  for (auto& x : others)
    tested.push_back(x.name);
  CHECK_EQ(listing(tested), declared_options());
}

TEST_CASE("docs/configuration.md has every option with default and range") {
  std::vector<std::string> names;
  for (auto& doc : documented_options()) {
    INFO(doc.name);
    names.push_back(doc.name);
    for (auto& x : numbers)
      if (x.name == doc.name) {
        auto to = doc.range.find(" to ");
        REQUIRE_NE(to, std::string::npos);
        CHECK_EQ(documented_number(doc.initial), x.initial);
        CHECK_EQ(documented_number(doc.range.substr(0, to)), x.min);
        CHECK_EQ(documented_end(doc.range.substr(to + 4)), x.max);
      }
    for (auto& x : others)
      if (x.name == doc.name) {
        auto initial = without(doc.initial.substr(0, doc.initial.find(':')),
                               "` ");
        auto empty = initial == "none" || initial == "empty";
        CHECK_EQ(empty ? "" : initial, x.initial);
      }
  }
  CHECK_EQ(listing(names), declared_options());
}

TEST_CASE("each setting can be given in a file") {
  std::string ini = R"__([caf-remote]
host="0.0.0.0"
port=8080
listen=true
advertised-host="example.org"
advertised-port=9090
aliases=["a.example.org:1", "[::1]:2"]
connect-timeout=1s
handshake-timeout=1500ms
max-retry-count=7
retry-wait=0s
shutdown-timeout=3s
max-endpoints=8
max-streams=9
batch-size=10
max-batch-bytes="11KiB"
queue-messages=12
queue-bytes="13MiB"
control-messages=14
control-bytes="15MB"
pause-messages=5
pause-bytes=16384
max-pending-requests=17
request-expiry=18min
queued-request-expiry=24s
max-receive-bytes="19MiB"
inbound-messages=20
inbound-bytes="21 MiB"
max-headers=22
max-header-bytes=23
diagnostics=true
scheduler-only=true
)__";
  for (auto& result : {read(ini), read<foreign_config>(ini)}) {
    if (!result)
      FAIL(render(result.error()));
    auto& x = *result;
    CHECK_EQ(x.host, "0.0.0.0");
    CHECK_EQ(x.port, 8080);
    CHECK(x.listen);
    CHECK_EQ(x.advertised_host, "example.org");
    CHECK_EQ(x.advertised_port, 9090);
    CHECK(x.aliases == args{"a.example.org:1", "[::1]:2"});
    CHECK(x.connect_timeout == 1s);
    CHECK(x.handshake_timeout == 1500ms);
    CHECK_EQ(x.max_retry_count, 7u);
    CHECK(x.retry_wait == 0s);
    CHECK(x.shutdown_timeout == 3s);
    CHECK_EQ(x.max_endpoints, 8u);
    CHECK_EQ(x.max_streams, 9u);
    CHECK_EQ(x.batch_size, 10u);
    CHECK_EQ(x.max_batch_bytes, 11u << 10);
    CHECK_EQ(x.queue_messages, 12u);
    CHECK_EQ(x.queue_bytes, 13u << 20);
    CHECK_EQ(x.control_messages, 14u);
    CHECK_EQ(x.control_bytes, 15000000u);
    CHECK_EQ(x.pause_messages, 5u);
    CHECK_EQ(x.pause_bytes, 16384u);
    CHECK_EQ(x.max_pending_requests, 17u);
    CHECK(x.request_expiry == 18min);
    CHECK(x.queued_request_expiry == 24s);
    CHECK_EQ(x.max_receive_bytes, 19u << 20);
    CHECK_EQ(x.inbound_messages, 20u);
    CHECK_EQ(x.inbound_bytes, 21u << 20);
    CHECK_EQ(x.max_headers, 22u);
    CHECK_EQ(x.max_header_bytes, 23u);
    CHECK(x.diagnostics);
    CHECK(x.scheduler_only);
  }
}

TEST_CASE("settings can be given on the command line") {
  auto x = read("[caf-remote]\nport=1\nbatch-size=2\n",
                {"--caf-remote.port=8080", "--caf-remote.listen",
                 "--caf-remote.host=::1", "--caf-remote.retry-wait=5ms",
                 "--caf-remote.queue-bytes=33MiB",
                 "--caf-remote.pause-bytes=4096",
                 "--caf-remote.aliases=[\"a:1\", \"b:2\"]"});
  REQUIRE(x);
  CHECK_EQ(x->port, 8080);
  CHECK_EQ(x->batch_size, 2u);
  CHECK(x->listen);
  CHECK_EQ(x->host, "::1");
  CHECK(x->retry_wait == 5ms);
  CHECK_EQ(x->queue_bytes, 33u << 20);
  CHECK_EQ(x->pause_bytes, 4096u);
  CHECK(x->aliases == args{"a:1", "b:2"});
}

TEST_CASE("CAF's parser refuses what cannot be read on the command line") {
  for (std::string arg :
       {"--caf-remote.batch-size=abc", "--caf-remote.port=70000",
        "--caf-remote.port=", "--caf-remote.queue-bytes=lots",
        "--caf-remote.retry-wait=5", "--caf-remote.bach-size=1",
        "--caf-remote.listen=maybe"}) {
    config cfg;
    CHECK_MESSAGE(parse(cfg, "", {arg}), arg);
  }
}

TEST_CASE("values out of range on the command line are found afterwards") {
  auto x = read("", {"--caf-remote.batch-size=0"});
  REQUIRE_FALSE(x);
  CHECK(contains(render(x.error()), "'caf-remote.batch-size' is 0"));
}

TEST_CASE("unknown keys are errors that suggest a known one") {
  CHECK_EQ(problem("bach-size=1"),
           "invalid_config: unknown key 'caf-remote.bach-size', did you mean "
           "'caf-remote.batch-size'?");
  CHECK_PROBLEM("batch_size=1", "did you mean 'caf-remote.batch-size'?");
  CHECK_PROBLEM("tls={ca=\"x\"}", "unknown key 'caf-remote.tls'");
  CHECK_EQ(problem("colour=1"), "invalid_config: unknown key "
                                "'caf-remote.colour'");
}

TEST_CASE("sub-groups are unknown keys") {
  auto x = read("[caf-remote.queue]\nbytes=1\n");
  REQUIRE_FALSE(x);
  CHECK(contains(render(x.error()), "unknown key 'caf-remote.queue'"));
}

TEST_CASE("wrong types are errors that say what is wanted") {
  CHECK_EQ(problem("port=\"8080\""),
           "invalid_config: 'caf-remote.port' is \"8080\" (string), but must "
           "be an integer from 0 to 65535");
  CHECK_PROBLEM("batch-size=1.5", "(real)");
  CHECK_PROBLEM("batch-size=2s", "(timespan)");
  CHECK_PROBLEM("batch-size=[1]", "(list)");
  CHECK_PROBLEM("batch-size={x=1}", "(dictionary)");
  CHECK_PROBLEM("listen=1", "must be true or false");
  CHECK_PROBLEM("host=5", "host name");
  CHECK_PROBLEM("host='atom'", "(atom)");
  CHECK_PROBLEM("queue-bytes=\"lots\"", "a byte size");
  CHECK_PROBLEM("queue-bytes=true", "a byte size");
  CHECK_PROBLEM("aliases=\"a:1\"", "a list of addresses");
  CHECK_PROBLEM("aliases=[1]", "a list of addresses");
}

TEST_CASE("durations need a unit") {
  CHECK_PROBLEM("retry-wait=5", "'caf-remote.retry-wait' is 5 (integer)");
  CHECK_PROBLEM("retry-wait=5", "(write 5s)");
  CHECK_PROBLEM("retry-wait=\"5s\"", "a duration");
}

TEST_CASE("values out of range are errors") {
  for (std::string line : {"port=-1",
                           "port=65536",
                           "advertised-port=65536",
                           "max-retry-count=0",
                           "max-retry-count=1000001",
                           "batch-size=0",
                           "batch-size=100001",
                           "batch-size=-1",
                           "max-batch-bytes=1023",
                           "max-batch-bytes=\"2GiB\"",
                           "queue-messages=0",
                           "queue-bytes=0",
                           "queue-bytes=-1",
                           "queue-bytes=\"18446744073709551615\"",
                           "control-messages=0",
                           "pause-messages=0",
                           "pause-bytes=0",
                           "max-pending-requests=0",
                           "max-pending-requests=4294967296",
                           "max-receive-bytes=\"2GiB\"",
                           "max-receive-bytes=1",
                           "inbound-messages=1",
                           "inbound-bytes=0",
                           "max-headers=-1",
                           "max-header-bytes=\"1GiB\"",
                           "max-endpoints=0",
                           "max-streams=0",
                           "connect-timeout=0s",
                           "connect-timeout=-1s",
                           "connect-timeout=999us",
                           "handshake-timeout=0s",
                           "shutdown-timeout=0s",
                           "retry-wait=-1ms",
                           "request-expiry=0s",
                           "connect-timeout=1000h"})
    CHECK_PROBLEM(line, "but must be");
}

TEST_CASE("ends of ranges are valid") {
  CHECK_EQ(read_valid("port=65535").port, 65535);
  CHECK_EQ(read_valid("batch-size=100000").batch_size, 100000u);
  CHECK_EQ(read_valid("batch-size=1").batch_size, 1u);
  CHECK_EQ(read_valid("max-batch-bytes=2147483647").max_batch_bytes,
           2147483647u);
  CHECK(read_valid("connect-timeout=1ms").connect_timeout == 1ms);
  CHECK_EQ(read_valid("max-headers=0").max_headers, 0u);
}

TEST_CASE("hosts and aliases are checked") {
  CHECK_PROBLEM("host=\"\"", "host name");
  CHECK_PROBLEM("host=\"localhost:80\"", "without port");
  CHECK_PROBLEM("host=\"a b\"", "host name");
  CHECK_PROBLEM("advertised-host=\"a/b\"", "host name");
  CHECK_PROBLEM("aliases=[\"a:1\", \"b\"]", "a list of addresses");
  CHECK_EQ(read_valid("host=\"::1\"").host, "::1");
  CHECK_EQ(read_valid("host=\"[::1]\"").host, "[::1]");
  CHECK_EQ(read_valid("advertised-host=\"\"").advertised_host, "");
}

TEST_CASE("a wildcard host needs an advertised host") {
  CHECK_PROBLEM("host=\"0.0.0.0\"", "'caf-remote.advertised-host' must be set");
  CHECK_PROBLEM("host=\"::\"", "'caf-remote.advertised-host' must be set");
  CHECK_PROBLEM("advertised-host=\"0.0.0.0\"", "cannot dial");
  CHECK_EQ(read_valid("host=\"::\"\nadvertised-host=\"a\"").host, "::");
}

TEST_CASE("an advertised port needs no advertised host") {
  CHECK_EQ(read_valid("advertised-port=80").advertised_port, 80);
}

TEST_CASE("pause marks follow a smaller bound") {
  auto x = read_valid("queue-messages=100\nqueue-bytes=4096");
  CHECK_EQ(x.pause_messages, 50u);
  CHECK_EQ(x.pause_bytes, 2048u);
  CHECK_EQ(read_valid("queue-messages=1").pause_messages, 1u);
  CHECK_PROBLEM("queue-messages=100\npause-messages=101",
                "'caf-remote.pause-messages' must not be larger than "
                "'caf-remote.queue-messages'");
  CHECK_PROBLEM("pause-bytes=\"1GiB\"", "'caf-remote.queue-bytes'");
}

TEST_CASE("all problems are listed at once") {
  auto text = problem("port=-1\nbach-size=1");
  CHECK(contains(text, "'caf-remote.port'"));
  CHECK(contains(text, "'caf-remote.bach-size'"));
  CHECK(contains(text, "; "));
}

TEST_CASE("long values are cut in texts") {
  CHECK_LT(problem("host=\"" + std::string(10000, ' ') + "\"").size(), 400u);
}

TEST_CASE("a group that is no group is an error") {
  for (auto& x :
       {read("caf-remote=5\n"), read<foreign_config>("caf-remote=5\n"),
        read("caf-remote=[1]\n")}) {
    REQUIRE_FALSE(x);
    CHECK(contains(render(x.error()), "must be a group"));
  }
  CHECK_EQ(read("caf-remote={port=7}\n")->port, 7);
}

TEST_CASE("a group that is ours but for its spelling is an error") {
  for (auto name : {"caf_remote", "cafremote", "CAF-Remote", "Caf_Remote"}) {
    foreign_config cfg;
    caf::put(cfg.content, std::string{name} + ".port", 8080);
    auto result = read_options(cfg);
    REQUIRE_FALSE(result);
    CHECK(contains(render(result.error()), "the group is called 'caf-remote', "
                                           "not '"
                                             + std::string{name} + "'"));
  }
  foreign_config cfg;
  caf::put(cfg.content, "caf-remote-app.port", 8080);
  caf::put(cfg.content, "remote.port", 8080);
  CHECK(read_options(cfg));
}

TEST_CASE("settings made by a program are checked as well") {
  config cfg;
  cfg.set("caf-remote.port", 8080);
  cfg.set("caf-remote.queue-bytes", "1GiB");
  CHECK_EQ(read_options(cfg)->port, 8080);
  CHECK_EQ(read_options(cfg)->queue_bytes, 1u << 30);
  cfg.set("caf-remote.port", "abc");
  CHECK_EQ(code_of(check(cfg)), errc::invalid_config);
}

TEST_CASE("programs may write byte sizes as integers") {
  foreign_config cfg;
  caf::put(cfg.content, "caf-remote.queue-bytes", size_t{1} << 30);
  CHECK_EQ(read_options(cfg)->queue_bytes, 1u << 30);
}

TEST_CASE("the long help lists the options") {
  caf::config_option_set xs;
  add_options(xs);
  auto text = xs.help_text(false);
  CHECK(contains(text, "--caf-remote.batch-size=<integer>"));
  CHECK(contains(text, "--caf-remote.queue-bytes=<bytes>"));
  CHECK(contains(text, "--caf-remote.listen "));
  CHECK(contains(text, "--caf-remote.retry-wait=<timespan>"));
}
