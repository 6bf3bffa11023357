// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/error.hpp"

#include <caf/actor_system_config.hpp>
#include <caf/message.hpp>
#include <caf/sec.hpp>

#include <utility>

namespace caf_remote {

namespace {

std::string render_foreign(const caf::error& x) {
  if (x == caf::sec::request_timeout)
    return "no answer within the time limit";
  if (x && x.context().match_elements<std::string>())
    return x.context().get_as<std::string>(0);
  return caf::actor_system_config::render(x);
}

} // namespace

std::string to_string(errc code) {
  switch (code) {
    case errc::none:
      return "none";
    case errc::invalid_address:
      return "invalid_address";
    case errc::invalid_name:
      return "invalid_name";
    case errc::invalid_config:
      return "invalid_config";
    case errc::name_taken:
      return "name_taken";
    case errc::not_found:
      return "not_found";
    case errc::not_serializable:
      return "not_serializable";
    case errc::invalid_utf8:
      return "invalid_utf8";
    case errc::message_too_large:
      return "message_too_large";
    case errc::header_too_large:
      return "header_too_large";
    case errc::peer_cannot_take:
      return "peer_cannot_take";
    case errc::stray_error:
      return "stray_error";
    case errc::queue_full:
      return "queue_full";
    case errc::too_many_requests:
      return "too_many_requests";
    case errc::endpoint_terminated:
      return "endpoint_terminated";
    case errc::unconfirmed:
      return "unconfirmed";
    case errc::incarnation_over:
      return "incarnation_over";
    case errc::blocked:
      return "blocked";
    case errc::dead_letter:
      return "dead_letter";
    case errc::expired:
      return "expired";
    case errc::not_running:
      return "not_running";
    case errc::spawn_failed:
      return "spawn_failed";
    case errc::protocol_violation:
      return "protocol_violation";
  }
  // errors may come from a node with a later version
  return "error_" + std::to_string(static_cast<int>(code));
}

caf::error make_error(errc code) {
  return {static_cast<uint8_t>(code), error_category};
}

caf::error make_error(errc code, std::string text) {
  if (text.empty())
    return make_error(code);
  return {static_cast<uint8_t>(code), error_category,
          caf::make_message(std::move(text))};
}

errc code_of(const caf::error& x) noexcept {
  if (!x || x.category() != error_category)
    return errc::none;
  return static_cast<errc>(x.code());
}

std::string render(const caf::error& x) {
  if (!x || x.category() != error_category)
    return render_foreign(x);
  auto result = to_string(code_of(x));
  auto& context = x.context();
  if (context.match_elements<std::string>()) {
    result += ": ";
    result += context.get_as<std::string>(0);
  } else if (!context.empty()) {
    result += ": ";
    result += to_string(context);
  }
  return result;
}

} // namespace caf_remote
