// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/tool/node_config.hpp"

#include "caf_remote/error.hpp"
#include "caf_remote/tool/error.hpp"

namespace caf_remote::tool {

namespace {

/// Names settings the way the tool does: 'caf-remote.host' is --host.
std::string with_option_names(std::string text) {
  const std::string begin = "'caf-remote.";
  for (size_t pos = 0; (pos = text.find(begin, pos)) != std::string::npos;) {
    auto end = text.find('\'', pos + begin.size());
    if (end == std::string::npos)
      break;
    text.erase(end, 1);
    text.replace(pos, begin.size(), "--");
  }
  return text;
}

} // namespace

node_config::node_config(const arguments& args, const std::string& host,
                         caf::timespan shutdown_timeout) {
  load<remoting>();
  set("caf-remote.host", host);
  set("caf-remote.port", args.port);
  if (!args.advertised_host.empty())
    set("caf-remote.advertised-host", args.advertised_host);
  set("caf-remote.advertised-port", args.advertised_port);
  set("caf-remote.max-retry-count", args.max_retry_count);
  set("caf-remote.retry-wait", args.retry_wait);
  set("caf-remote.shutdown-timeout", shutdown_timeout);
  if (auto err = caf_remote::check(*this))
    // CAF's class has a function of that name, too
    throw usage_error{with_option_names(caf_remote::render(err))};
}

void check(const caf::error& x) {
  if (x)
    throw failure{caf_remote::render(x)};
}

std::string listen(remoting& module) {
  auto address = module.listen();
  if (address)
    return *address;
  auto& err = address.error();
  // the texts of foreign errors begin with these words
  auto ours = code_of(err) != errc::none;
  throw failure{(ours ? "cannot listen: " : "") + render(err)};
}

} // namespace caf_remote::tool
