// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/config.hpp"

#include "caf_remote/byte_size.hpp"
#include "caf_remote/compat/declared_option.hpp"
#include "caf_remote/endpoint/tally.hpp"
#include "caf_remote/error.hpp"
#include "caf_remote/pid.hpp"
#include "caf_remote/spelling.hpp"

#include <caf/config_option_set.hpp>
#include <caf/config_value.hpp>
#include <caf/deep_to_string.hpp>
#include <caf/settings.hpp>

#include <algorithm>
#include <cstring>
#include <iterator>
#include <limits>
#include <set>
#include <string_view>
#include <utility>
#include <variant>

namespace caf_remote {

namespace {

constexpr const char* group_name = "caf-remote";

caf::string_view to_view(const char* str) {
  return {str, std::strlen(str)};
}

// -- the table ----------------------------------------------------------------

using texts = std::vector<std::string>;

// Distinguishes sizes from counts.
struct byte_size {
  size_t options::*member;
};

struct host_name {
  std::string options::*member;
};

using target = std::variant<
  bool options::*, uint16_t options::*, size_t options::*, byte_size,
  caf::timespan options::*, host_name, texts options::*>;

struct setting {
  const char* name;
  target where;
  int64_t min;
  int64_t max;
  const char* doc;
};

// The alternatives of `target` are in the order of the kinds.
static_assert(
  std::variant_size_v<target> == static_cast<size_t>(option_kind::texts) + 1);

option_kind kind_of(const setting& x) {
  return static_cast<option_kind>(x.where.index());
}

constexpr int64_t kib = 1 << 10;
constexpr int64_t mib = 1 << 20;
constexpr int64_t gib = 1 << 30;
constexpr int64_t tib = gib << 10;

// Protobuf and gRPC count the bytes of a message with an int.
constexpr int64_t max_message = 2 * gib - 1;

// Counters are kept in 32 bits here and there, request ids on the wire as well.
constexpr int64_t many = 1000000000;

// What the ledger of a stream can count; it may go above the bound by a message
// for each idle target, of which there are not millions.
constexpr int64_t max_inbound_messages = 10000000;
constexpr int64_t max_inbound_bytes = tib / 2;
static_assert(max_inbound_messages < int64_t{tally::max_messages} / 3 * 2);
static_assert(max_inbound_bytes < int64_t{tally::max_bytes});

// Timers count in milliseconds.
constexpr int64_t ms = 1000000;
constexpr int64_t day = 24 * 60 * 60 * 1000 * ms;

const setting settings_table[] = {
  {"host", host_name{&options::host}, 0, 0, "host to listen on"},
  {"port", &options::port, 0, 65535,
   "port to listen on, 0: the kernel chooses"},
  {"listen", &options::listen, 0, 0, "listen at start"},
  {"advertised-host", host_name{&options::advertised_host}, 0, 0,
   "host that peers dial, if it is not the bound one"},
  {"advertised-port", &options::advertised_port, 0, 65535,
   "port that peers dial, 0: the bound one"},
  {"aliases", &options::aliases, 0, 0,
   "further addresses under which peers may name this node"},
  {"connect-timeout", &options::connect_timeout, ms, day,
   "time for the name look-up and the connection's set-up"},
  {"handshake-timeout", &options::handshake_timeout, ms, day,
   "time for the handshake on an open stream"},
  {"max-retry-count", &options::max_retry_count, 1, 1000000,
   "attempts to connect, the first included"},
  {"retry-wait", &options::retry_wait, 0, day,
   "time from a failed attempt to the next"},
  {"shutdown-timeout", &options::shutdown_timeout, ms, day,
   "limit for a graceful stop"},
  {"max-endpoints", &options::max_endpoints, 1, 1000000,
   "endpoints at the same time"},
  {"max-streams", &options::max_streams, 1, 1000000,
   "incoming streams at the same time"},
  {"batch-size", &options::batch_size, 1, 100000, "messages per batch"},
  {"max-batch-bytes", byte_size{&options::max_batch_bytes}, kib, max_message,
   "bytes per batch; protoactor-go refuses more than 4 MiB by default"},
  {"queue-messages", &options::queue_messages, 1, many,
   "messages that wait for one endpoint"},
  {"queue-bytes", byte_size{&options::queue_bytes}, kib, tib,
   "memory of the messages that wait for one endpoint"},
  {"control-messages", &options::control_messages, 1, many,
   "watch messages that wait for one endpoint"},
  {"control-bytes", byte_size{&options::control_bytes}, kib, tib,
   "memory of the watch messages that wait for one endpoint"},
  {"pause-messages", &options::pause_messages, 1, many,
   "waiting messages above which senders are told to pause"},
  {"pause-bytes", byte_size{&options::pause_bytes}, 1, tib,
   "waiting bytes above which senders are told to pause"},
  {"max-pending-requests", &options::max_pending_requests, 1, many,
   "requests without an answer, all endpoints together"},
  {"request-expiry", &options::request_expiry, ms, 365 * day,
   "time after which a request without an answer ends"},
  {"queued-request-expiry", &options::queued_request_expiry, ms, day,
   "time after which a request that was not written yet is not sent"},
  {"max-receive-bytes", byte_size{&options::max_receive_bytes}, 4 * kib,
   max_message, "largest accepted batch of a peer"},
  {"inbound-messages", &options::inbound_messages, 2, max_inbound_messages,
   "delivered messages of one stream that were not yet taken"},
  {"inbound-bytes", byte_size{&options::inbound_bytes}, kib, max_inbound_bytes,
   "memory of one stream's delivered messages that were not yet taken"},
  {"inbound-stall-timeout", &options::inbound_stall_timeout, ms, day,
   "time after which an actor that takes nothing is not waited for"},
  {"max-headers", &options::max_headers, 0, 65536, "headers of one message"},
  {"max-header-bytes", byte_size{&options::max_header_bytes}, 0, 16 * mib,
   "bytes of the headers of one message"},
  {"diagnostics", &options::diagnostics, 0, 0,
   "serve ListProcesses and GetProcessDiagnostics"},
  {"scheduler-only", &options::scheduler_only, 0, 0,
   "leave all actors to CAF's scheduler, also those that the network wakes"},
};

// -- texts --------------------------------------------------------------------

std::string render_duration(int64_t ns) {
  return caf::deep_to_string(caf::timespan{ns});
}

std::string render_size(int64_t bytes) {
  return render_byte_size(static_cast<uint64_t>(bytes));
}

std::string render_integer(int64_t number) {
  return std::to_string(number);
}

// What values a setting takes.
std::string describe(const setting& x) {
  auto range = [&x](const std::string& what, auto render) {
    return what + " from " + render(x.min) + " to " + render(x.max);
  };
  switch (kind_of(x)) {
    case option_kind::flag:
      return "true or false";
    case option_kind::port:
    case option_kind::count:
      return range("an integer", render_integer);
    case option_kind::size:
      return range("a byte size such as \"32MiB\"", render_size);
    case option_kind::duration:
      return range("a duration such as 5s", render_duration);
    case option_kind::text:
      return "a string with a host name or an IP address, without port";
    case option_kind::texts:
      return "a list of addresses such as [\"example.org:8080\"]";
  }
  return "";
}

std::string quoted_key(std::string_view name) {
  auto result = std::string{"'"} + group_name + ".";
  result += name;
  return result + "'";
}

std::string render_value(const caf::config_value& x) {
  constexpr size_t limit = 100;
  auto result = to_string(x);
  if (result.size() > limit)
    result = result.substr(0, limit) + "...";
  return result + " (" + x.type_name() + ")";
}

std::string unknown_key(const std::string& name) {
  std::vector<std::string_view> known;
  for (auto& x : settings_table)
    known.push_back(x.name);
  auto result = "unknown key " + quoted_key(name);
  if (auto near = nearest_name(name, known); !near.empty())
    result += ", did you mean " + quoted_key(near) + "?";
  return result;
}

// -- reading ------------------------------------------------------------------

// A name without what people mix up in names: case, dashes and underscores.
std::string bare_name(std::string_view str) {
  std::string result;
  for (auto c : str)
    if (c != '-' && c != '_')
      result += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return result;
}

bool is_host(const std::string& str) {
  return !check_address(join_address(str, 1));
}

// Stores a value and returns true if its type is right and it is in range.
struct assign {
  options& to;
  const setting& x;
  const caf::config_value& value;

  bool in_range(int64_t y) const {
    return y >= x.min && y <= x.max;
  }

  template <class Integer>
  bool integer(Integer& result) const {
    auto y = caf::get_if<caf::config_value::integer>(&value);
    if (y == nullptr || !in_range(*y))
      return false;
    result = static_cast<Integer>(*y);
    return true;
  }

  bool operator()(bool options::*member) const {
    auto y = caf::get_if<bool>(&value);
    if (y != nullptr)
      to.*member = *y;
    return y != nullptr;
  }

  bool operator()(uint16_t options::*member) const {
    return integer(to.*member);
  }

  bool operator()(size_t options::*member) const {
    return integer(to.*member);
  }

  bool operator()(byte_size y) const {
    auto str = caf::get_if<std::string>(&value);
    if (str == nullptr)
      return integer(to.*y.member);
    auto bytes = parse_byte_size(*str);
    constexpr uint64_t limit = std::numeric_limits<int64_t>::max();
    if (!bytes || *bytes > limit || !in_range(static_cast<int64_t>(*bytes)))
      return false;
    to.*y.member = static_cast<size_t>(*bytes);
    return true;
  }

  bool operator()(caf::timespan options::*member) const {
    auto y = caf::get_if<caf::timespan>(&value);
    if (y == nullptr || !in_range(y->count()))
      return false;
    to.*member = *y;
    return true;
  }

  bool operator()(host_name y) const {
    auto str = caf::get_if<std::string>(&value);
    if (str == nullptr)
      return false;
    auto may_be_empty = (options{}.*y.member).empty();
    if (!is_host(*str) && !(str->empty() && may_be_empty))
      return false;
    to.*y.member = *str;
    return true;
  }

  bool operator()(texts options::*member) const {
    auto list = caf::get_if<caf::config_value::list>(&value);
    if (list == nullptr)
      return false;
    texts result;
    for (auto& y : *list) {
      auto str = caf::get_if<std::string>(&y);
      if (str == nullptr || check_address(*str))
        return false;
      result.push_back(*str);
    }
    to.*member = std::move(result);
    return true;
  }
};

std::string wrong_value(const setting& x, const caf::config_value& value) {
  auto result = quoted_key(x.name) + " is " + render_value(value)
                + ", but must be " + describe(x);
  auto number = caf::get_if<caf::config_value::integer>(&value);
  if (number != nullptr && kind_of(x) == option_kind::duration)
    result += " (write " + std::to_string(*number) + "s)";
  return result;
}

// Reads the group and collects all problems.
class reader {
public:
  void read(const caf::settings& group) {
    for (auto& [name, value] : group)
      read(name, value);
    check_hosts();
    fit_pause("pause-messages", result_.pause_messages, "queue-messages",
              result_.queue_messages);
    fit_pause("pause-bytes", result_.pause_bytes, "queue-bytes",
              result_.queue_bytes);
  }

  /// A group that is meant to be ours would go unnoticed: groups of other
  /// names belong to others.
  void check_group_name(std::string_view name) {
    if (name != group_name && bare_name(name) == bare_name(group_name))
      add_problem("the group is called '" + std::string{group_name} + "', not '"
                  + std::string{name} + "'");
  }

  void add_problem(const std::string& text) {
    problems_ += problems_.empty() ? "" : "; ";
    problems_ += text;
  }

  caf::expected<options> finish() && {
    if (!problems_.empty())
      return make_error(errc::invalid_config, std::move(problems_));
    return std::move(result_);
  }

private:
  void read(const std::string& name, const caf::config_value& value) {
    auto has_name = [&name](auto& x) { return x.name == name; };
    auto i = std::find_if(std::begin(settings_table), std::end(settings_table),
                          has_name);
    if (i == std::end(settings_table))
      add_problem(unknown_key(name));
    else if (std::visit(assign{result_, *i, value}, i->where))
      given_.insert(i->name);
    else
      add_problem(wrong_value(*i, value));
  }

  void check_hosts() {
    auto& advertised = result_.advertised_host;
    if (is_wildcard_host(advertised))
      add_problem(quoted_key("advertised-host") + " is \"" + advertised
                  + "\", which peers cannot dial");
    else if (advertised.empty() && is_wildcard_host(result_.host))
      add_problem(quoted_key("host") + " is \"" + result_.host
                  + "\", which peers cannot dial: "
                  + quoted_key("advertised-host") + " must be set, too");
  }

  // A mark above the bound would never be reached. Follows a smaller bound
  // unless the user set both.
  void fit_pause(const char* mark_name, size_t& mark, const char* bound_name,
                 size_t bound) {
    if (mark <= bound)
      return;
    if (given_.count(mark_name) != 0)
      add_problem(quoted_key(mark_name) + " must not be larger than "
                  + quoted_key(bound_name));
    mark = std::max<size_t>(1, bound / 2);
  }

  options result_;
  std::set<std::string_view> given_;
  std::string problems_;
};

} // namespace

caf::expected<options> read_options(const caf::actor_system_config& cfg) {
  reader in;
  auto& all = content(cfg);
  for (auto& kvp : all)
    in.check_group_name(kvp.first);
  if (auto i = all.find(to_view(group_name)); i != all.end()) {
    if (auto group = caf::get_if<caf::settings>(&i->second))
      in.read(*group);
    else
      in.add_problem(std::string{"'"} + group_name + "' is "
                     + render_value(i->second) + ", but must be a group");
  }
  return std::move(in).finish();
}

caf::error check(const caf::actor_system_config& cfg) {
  auto result = read_options(cfg);
  return result ? caf::error{} : std::move(result.error());
}

void add_options(caf::config_option_set& xs) {
  for (auto& x : settings_table)
    xs.add(declared_option(kind_of(x), to_view(group_name), to_view(x.name),
                           to_view(x.doc)));
}

config::config() {
  add_options(custom_options_);
}

} // namespace caf_remote
