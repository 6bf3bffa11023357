// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/error.hpp"

#include "caf_remote/printable.hpp"

#include <caf/actor_system_config.hpp>
#include <caf/message.hpp>
#include <caf/sec.hpp>

#include <utility>

namespace caf_remote {

namespace {

std::string render_foreign(const caf::error& x) {
  if (x && x.context().match_elements<std::string>())
    return x.context().get_as<std::string>(0);
  if (x == caf::sec::request_timeout)
    return "no answer within the time limit";
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

std::string_view explain(errc code) noexcept {
  switch (code) {
    case errc::none:
      break;
    case errc::invalid_address:
      return "an address is HOST:PORT, such as \"127.0.0.1:8080\"";
    case errc::invalid_name:
      return "a name is UTF-8 without control characters, of 1 to 1024 bytes";
    case errc::invalid_config:
      return "docs/configuration.md has all settings with their ranges";
    case errc::name_taken:
      return "choose another name, or end its holder first";
    case errc::not_found:
      return "nothing is known under that name";
    case errc::not_serializable:
      return "send one Protobuf message that CAF_REMOTE_ADD_MESSAGE has "
             "registered, or a raw_message";
    case errc::invalid_utf8:
      return "strings in Protobuf messages and headers must be UTF-8; other "
             "bytes go into a field of type bytes";
    case errc::message_too_large:
      return "it is larger than the peer accepts: send less at once, or raise "
             "max-receive-bytes at a caf_remote peer";
    case errc::header_too_large:
      return "more headers than max-headers and max-header-bytes allow";
    case errc::peer_cannot_take:
      return "the peer has not shown that it knows the type or serializer, and "
             "what it does not know may end it; if it does know the type, "
             "register it or call declare_type";
    case errc::stray_error:
      return "an error that answers no request cannot be told to the sender of "
             "the message: use a request where its outcome matters";
    case errc::queue_full:
      return "more is sent than the peer takes: pace the sender with load_of "
             "and notify_when_room, or raise queue-messages and queue-bytes";
    case errc::too_many_requests:
      return "max-pending-requests wait for an answer: give requests a time "
             "limit and fewer at once, or raise it";
    case errc::endpoint_terminated:
      return "the peer cannot be reached or has left; the next message tries "
             "anew";
    case errc::expired:
      return "the request's time was over before it could be sent; it was not "
             "sent";
    case errc::unconfirmed:
      return "the connection ended while the request was written; it may have "
             "arrived or not";
    case errc::incarnation_over:
      return "the peer has restarted since the request was written; it may "
             "have been handled or not";
    case errc::blocked:
      return "the peer refuses us: take this node off its block list";
    case errc::dead_letter:
      return "there is no such actor, or it ended, failed or has no handler "
             "for the message";
    case errc::not_running:
      return "the module does not listen: call listen() first, also to send, "
             "because answers come that way";
    case errc::spawn_failed:
      return "the peer could not make the actor; its log says why";
    case errc::protocol_violation:
      return "the peer answered something that makes no sense";
  }
  return {};
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

namespace {

std::string render_all(const caf::error& x) {
  constexpr auto all = std::string::npos;
  if (!x || x.category() != error_category)
    return printable(render_foreign(x), all);
  auto result = to_string(code_of(x));
  auto& context = x.context();
  std::string text;
  if (context.match_elements<std::string>())
    text = context.get_as<std::string>(0);
  else if (!context.empty())
    text = to_string(context);
  else
    text = explain(code_of(x));
  return printable(text.empty() ? result : result + ": " + text, all);
}

std::string render_code(const caf::error& x) {
  try {
    return render_all(caf::error{x.code(), x.category()});
  } catch (...) {
    return "error " + std::to_string(x.code());
  }
}

} // namespace

std::string render(const caf::error& x) {
  try {
    return render_all(x);
  } catch (...) {
    // the context may hold anything, and prints itself
    return render_code(x)
           + " (the rest cannot be printed: " + printable_exception() + ")";
  }
}

} // namespace caf_remote
