// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/tool/message_types.hpp"

#include "caf_remote/tool/command_line.hpp"
#include "caf_remote/tool/error.hpp"
#include "caf_remote/tool/json_line.hpp"
#include "caf_remote/tool/output.hpp"
#include "caf_remote/tool/proto_files.hpp"
#include "caf_remote/tool/well_known_types.hpp"

#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <utility>

namespace caf_remote::tool {

namespace {

namespace pb = google::protobuf;

constexpr int32_t protobuf_serializer = 0;
constexpr int32_t json_serializer = 1;

/// Puts what is wrong with a file into one text.
class error_collector : public pb::DescriptorPool::ErrorCollector {
public:
  void AddError(const std::string& file, const std::string& element,
                const pb::Message*, ErrorLocation,
                const std::string& what) override {
    text += (text.empty() ? "" : "; ") + file + ": " + element + ": " + what;
  }

  std::string text;
};

std::string base64(const std::string& bytes) {
  static constexpr char alphabet
    [] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string result;
  uint32_t bits = 0;
  int count = 0;
  for (unsigned char c : bytes) {
    bits = (bits << 8) | c;
    for (count += 8; count >= 6; count -= 6)
      result += alphabet[(bits >> (count - 6)) & 0x3f];
  }
  if (count > 0)
    result += alphabet[(bits << (6 - count)) & 0x3f];
  while (result.size() % 4 != 0)
    result += '=';
  return result;
}

std::string render_unknown(const raw_message& x) {
  auto result = R"({"@raw":")" + base64(x.bytes) + '"';
  if (x.serializer_id != protobuf_serializer)
    result += R"(,"@serializer":)" + std::to_string(x.serializer_id);
  return result + "}";
}

/// What follows shows the place with a picture.
std::string first_line(const std::string& text) {
  return printable(text.substr(0, text.find('\n')));
}

bool decode(const raw_message& x, pb::Message& to) {
  if (x.serializer_id == protobuf_serializer)
    return to.ParseFromString(x.bytes);
  if (x.serializer_id != json_serializer)
    return false;
  pb::util::JsonParseOptions opts;
  opts.ignore_unknown_fields = true;
  return pb::util::JsonStringToMessage(x.bytes, &to, opts).ok();
}

} // namespace

message_types::message_types(const std::vector<std::string>& proto_files,
                             const std::vector<std::string>& proto_paths)
  : factory_(&pool_) {
  for (auto file : well_known_files()) {
    pb::FileDescriptorProto x;
    file->CopyTo(&x);
    add(x);
  }
  auto compiled = compile_proto_files(proto_files, proto_paths);
  for (auto& x : compiled.file())
    add(x);
}

void message_types::add(const pb::FileDescriptorProto& file) {
  if (pool_.FindFileByName(file.name()) != nullptr)
    return;
  error_collector errors;
  auto added = pool_.BuildFileCollectingErrors(file, &errors);
  if (added == nullptr)
    throw usage_error{"--proto-file: " + printable(errors.text)};
  for (int i = 0; i < added->message_type_count(); ++i)
    names_.push_back(added->message_type(i)->full_name());
}

std::string message_types::suggest(const std::string& type) const {
  auto full = std::find_if(names_.begin(), names_.end(), [&](auto& x) {
    return x.substr(x.rfind('.') + 1) == type;
  });
  if (full != names_.end())
    return ", did you mean " + *full + "?";
  auto near = suggestion(type, {names_.begin(), names_.end()});
  return near.empty() ? "; --proto-file adds types" : near;
}

message_types::message_ptr message_types::make(const std::string& type) const {
  auto descriptor = pool_.FindMessageTypeByName(type);
  if (descriptor == nullptr || descriptor->options().map_entry())
    return nullptr;
  return message_ptr{factory_.GetPrototype(descriptor)->New()};
}

raw_message message_types::encode(const std::string& type,
                                  const std::string& json) const {
  auto msg = make(type);
  if (msg == nullptr)
    throw usage_error{"unknown message type '" + printable(type) + "'"
                      + suggest(type)};
  auto status = pb::util::JsonStringToMessage(json, msg.get());
  if (!status.ok())
    throw usage_error{"the JSON does not fit " + type + ": "
                      + first_line(status.message().ToString())};
  raw_message result{type, protobuf_serializer, {}};
  msg->SerializeToString(&result.bytes);
  return result;
}

std::string message_types::to_json(const raw_message& x,
                                   std::string& result) const {
  auto msg = make(x.type_name);
  if (msg == nullptr)
    return "unknown type; --proto-file adds types";
  if (!decode(x, *msg))
    return "its content does not fit the type";
  auto status = pb::util::MessageToJsonString(*msg, &result);
  if (!status.ok())
    return first_line(status.message().ToString());
  result = printable_json(result);
  return "";
}

rendered_message message_types::render(const raw_message& x) const {
  std::string json;
  auto problem = to_json(x, json);
  if (!problem.empty())
    json = render_unknown(x);
  return {x.type_name, std::move(json), std::move(problem)};
}

} // namespace caf_remote::tool
