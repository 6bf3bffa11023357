// SPDX-License-Identifier: BSD-3-Clause

#include "simulation/numbers.hpp"

#include "caf_remote/endpoint/messages.hpp"
#include "caf_remote/message.hpp"
#include "caf_remote/wire/system_messages.hpp"

#include "support/test_messages.hpp"

#include <google/protobuf/util/json_util.h>

#include <stdexcept>

namespace caf_remote::test {

namespace {

using google::protobuf::UInt64Value;

// JSON is what some messages travel as.
template <class T>
std::optional<T> read(const envelope& x) {
  T result;
  auto ok = x.serializer_id == 1
              ? google::protobuf::util::JsonStringToMessage(x.payload, &result)
                  .ok()
              : result.ParseFromString(x.payload);
  if (!ok)
    return std::nullopt;
  return result;
}

} // namespace

bool is_of_user(const envelope& x) {
  switch (wire::classify(x.type_name)) {
    case wire::system_type::watch:
    case wire::system_type::unwatch:
    case wire::system_type::terminated:
      return false;
    case wire::system_type::touch:
      return x.sender.id.compare(0, watcher_prefix.size(), watcher_prefix) != 0;
    default:
      return true;
  }
}

std::optional<uint32_t> number_in(const envelope& x) {
  if (x.type_name == UInt64Value::descriptor()->full_name()) {
    if (auto y = read<UInt64Value>(x))
      return number_of(y->value());
  } else if (x.type_name == Ping::descriptor()->full_name()
             || x.type_name == unknown_type) {
    if (auto y = read<Ping>(x); y && y->text() != answer_text)
      return static_cast<uint32_t>(y->number());
  }
  return std::nullopt;
}

std::optional<uint32_t> number_in(const caf::message& x) {
  envelope y;
  if (x.match_elements<raw_message>()) {
    auto& raw = x.get_as<raw_message>(0);
    y.type_name = raw.type_name;
    y.serializer_id = raw.serializer_id;
    y.payload = raw.bytes;
  } else if (x.match_elements<Ping>()) {
    auto& ping = x.get_as<Ping>(0);
    if (ping.text() == answer_text)
      return std::nullopt;
    return static_cast<uint32_t>(ping.number());
  } else if (x.match_elements<UInt64Value>()) {
    return number_of(x.get_as<UInt64Value>(0).value());
  }
  return number_in(y);
}

std::optional<uint32_t> answered_in(const envelope& x) {
  if (x.type_name == Ping::descriptor()->full_name())
    if (auto y = read<Ping>(x); y && y->text() == answer_text)
      return static_cast<uint32_t>(y->number());
  return std::nullopt;
}

std::optional<uint32_t> answered_in(const caf::message& x) {
  if (!x.match_elements<Ping>() || x.get_as<Ping>(0).text() != answer_text)
    return std::nullopt;
  return static_cast<uint32_t>(x.get_as<Ping>(0).number());
}

std::vector<envelope> messages_in(const std::string& frame) {
  try {
    return read_batch(frame);
  } catch (const std::exception&) {
    return {}; // of the handshake
  }
}

std::vector<uint32_t> numbers_in(const std::string& frame) {
  std::vector<uint32_t> result;
  for (auto& x : messages_in(frame))
    if (auto number = number_in(x))
      result.push_back(*number);
  return result;
}

} // namespace caf_remote::test
