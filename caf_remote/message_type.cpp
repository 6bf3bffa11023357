// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/message_type.hpp"

#include <google/protobuf/text_format.h>

#include <algorithm>

namespace caf_remote {

namespace {

using codec_getter = const message_codec& (*)();

std::vector<codec_getter>& getters() {
  static std::vector<codec_getter> instance;
  return instance;
}

std::vector<const message_codec*> make_catalogue() {
  std::vector<const message_codec*> result;
  for (auto get : getters()) {
    auto& x = get();
    auto same_name = [&x](const message_codec* y) {
      return y->type_name() == x.type_name();
    };
    if (std::none_of(result.begin(), result.end(), same_name))
      result.push_back(&x);
  }
  return result;
}

} // namespace

message_codec::message_codec(std::string name) : type_name_(std::move(name)) {
  // nop
}

message_codec::~message_codec() {
  // nop
}

bool add_codec(codec_getter get) {
  getters().push_back(get);
  return true;
}

const std::vector<const message_codec*>& registered_codecs() {
  static const auto instance = make_catalogue();
  return instance;
}

namespace detail {

caf::error save(caf::serializer& sink, const google::protobuf::Message& x) {
  std::string bytes;
  if (!x.SerializeToString(&bytes))
    return caf::sec::invalid_argument;
  return sink(bytes);
}

caf::error load(caf::deserializer& source, google::protobuf::Message& x) {
  std::string bytes;
  if (auto err = source(bytes))
    return err;
  if (!x.ParseFromString(bytes))
    return caf::sec::invalid_argument;
  return caf::none;
}

std::string print(const google::protobuf::Message& x) {
  // To show what is in a google.protobuf.Any or an unknown field, Protobuf
  // decodes it first, and two bytes can stand for an object of any size.
  constexpr size_t small = 4096;
  auto is_small = x.ByteSizeLong() <= small;
  google::protobuf::TextFormat::Printer printer;
  printer.SetSingleLineMode(true);
  printer.SetExpandAny(is_small);
  printer.SetHideUnknownFields(!is_small);
  std::string result;
  printer.PrintToString(x, &result);
  if (!result.empty() && result.back() == ' ')
    result.pop_back();
  return result;
}

} // namespace detail

} // namespace caf_remote
