// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/wire/serializer_registry.hpp"

#include "caf_remote/error.hpp"
#include "caf_remote/printable.hpp"

#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <mutex>

namespace caf_remote {

serializer::~serializer() {
  // nop
}

} // namespace caf_remote

namespace caf_remote::wire {

namespace {

// How deep objects and lists are nested. Protobuf takes both kinds of quotes.
size_t json_depth(std::string_view bytes) noexcept {
  size_t depth = 0;
  size_t result = 0;
  char quote = 0;
  for (size_t i = 0; i < bytes.size(); ++i) {
    auto c = bytes[i];
    if (quote != 0) {
      if (c == '\\')
        ++i;
      else if (c == quote)
        quote = 0;
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == '{' || c == '[') {
      result = std::max(result, ++depth);
    } else if ((c == '}' || c == ']') && depth > 0) {
      --depth;
    }
  }
  return result;
}

// What reading may take, however low the bounds are.
constexpr size_t least_limit = 128 * 1024;

caf::error read_protobuf(std::string_view bytes,
                         const serializer_registry::entry& type, size_t limit,
                         google::protobuf::Message& x) {
  using verdict = message_reader::verdict;
  auto& name = type.codec->type_name();
  switch (type.reader.read(bytes, limit, x)) {
    case verdict::good:
      return caf::none;
    case verdict::invalid_utf8:
      return make_error(errc::invalid_utf8,
                        "a string in a " + name + " is not UTF-8");
    case verdict::too_large:
      return make_error(
        errc::message_too_large,
        std::to_string(bytes.size()) + " bytes of a " + name + " may take "
          + std::to_string(type.plan().peak(bytes).value_or(0))
          + " in memory, the limit is "
          + std::to_string(message_reader::limit_for(bytes, limit)));
    case verdict::incomplete:
      return make_error(errc::not_serializable,
                        "a required field is missing in a " + name);
    case verdict::garbage:
      break;
  }
  return make_error(errc::not_serializable, "the bytes are not a " + name);
}

// In an Any, Protobuf keeps all that comes before the "@type" in pieces, once
// more for each Any around it, so that every level of nesting counts.
caf::error check_json(std::string_view bytes,
                      const serializer_registry::entry& type, size_t limit) {
  auto& plan = type.plan();
  auto levels = plan.holds_any() ? std::max<size_t>(json_depth(bytes), 1) : 1;
  auto largest = message_reader::limit_for(bytes, limit)
                 / (plan.json_per_byte() * levels);
  if (bytes.size() <= largest)
    return caf::none;
  return make_error(
    errc::message_too_large,
    std::to_string(bytes.size()) + " bytes of JSON, the limit is "
      + std::to_string(largest)
      + (plan.holds_any() ? " for a type with google.protobuf.Any nested so "
                            "deep"
                          : ""));
}

class json : public serializer {
public:
  bool encode(const google::protobuf::Message& x,
              std::string& result) const override {
    return google::protobuf::util::MessageToJsonString(x, &result).ok();
  }

  bool decode(std::string_view bytes,
              google::protobuf::Message& x) const override {
    google::protobuf::util::JsonParseOptions opts;
    opts.ignore_unknown_fields = true; // as in protoactor-go
    google::protobuf::StringPiece str{bytes.data(), bytes.size()};
    return google::protobuf::util::JsonStringToMessage(str, &x, opts).ok();
  }
};

} // namespace

serializer_registry::serializer_registry(
  exception_listener on_exception,
  const std::vector<const message_codec*>& codecs)
  : on_exception_(std::move(on_exception)) {
  entries_.reserve(codecs.size()); // the maps point into it
  for (auto codec : codecs) {
    auto prototype = codec->make();
    entries_.push_back({codec, message_reader{*prototype}});
    auto ptr = &entries_.back();
    by_address_.emplace(&codec->type(), ptr);
    by_type_.emplace(codec->type(), ptr);
    by_name_.emplace(codec->type_name(), ptr);
  }
  serializers_.emplace(json_serializer, std::make_shared<json>());
}

const serializer_registry::entry*
serializer_registry::find(const std::type_info& type) const {
  // hashing an address is much cheaper than hashing the type's name, and almost
  // always enough: only plugins may bring a second type_info
  auto i = by_address_.find(&type);
  if (i != by_address_.end())
    return i->second;
  auto j = by_type_.find(type);
  return j != by_type_.end() ? j->second : nullptr;
}

const serializer_registry::entry*
serializer_registry::find(std::string_view type_name) const {
  auto i = by_name_.find(type_name);
  return i != by_name_.end() ? i->second : nullptr;
}

caf::error serializer_registry::add(int32_t id,
                                    std::shared_ptr<const serializer> impl) {
  if (impl == nullptr)
    return make_error(errc::not_found, "no serializer given");
  if (id < 0)
    return make_error(errc::invalid_name, "serializer ids are not negative");
  std::unique_lock<std::shared_mutex> guard{mtx_};
  // one that is refused is destroyed by the caller, without the lock
  if (id == protobuf_serializer || !serializers_.try_emplace(id, impl).second)
    return make_error(errc::name_taken,
                      "serializer id " + std::to_string(id) + " is taken");
  return caf::none;
}

void serializer_registry::drop_serializers() {
  decltype(serializers_) dropped; // destroyed after the lock
  std::unique_lock<std::shared_mutex> guard{mtx_};
  dropped.swap(serializers_);
}

bool serializer_registry::knows(int32_t serializer_id) const {
  return serializer_id == protobuf_serializer || get(serializer_id) != nullptr;
}

void serializer_registry::declare(std::string type_name) {
  std::unique_lock<std::shared_mutex> guard{mtx_};
  declared_.insert(std::move(type_name));
}

bool serializer_registry::declared(std::string_view type_name) const {
  std::shared_lock<std::shared_mutex> guard{mtx_};
  return declared_.find(type_name) != declared_.end();
}

std::shared_ptr<const serializer> serializer_registry::get(int32_t id) const {
  std::shared_lock<std::shared_mutex> guard{mtx_};
  auto i = serializers_.find(id);
  return i != serializers_.end() ? i->second : nullptr;
}

// Calls a serializer, which is the user's code, with no lock held.
template <class F>
caf::error serializer_registry::run(int32_t id, const std::string& complaint,
                                    F f) const {
  auto text = "serializer " + std::to_string(id) + complaint;
  try {
    if (f())
      return caf::none;
  } catch (...) {
    auto what = printable_exception();
    text += ": " + what;
    if (on_exception_)
      on_exception_(id, what);
  }
  return make_error(errc::not_serializable, std::move(text));
}

caf::error serializer_registry::encode(const google::protobuf::Message& x,
                                       const entry& type, int32_t serializer_id,
                                       std::string& result) const {
  if (type.plan().has_strings() && !type.plan().check(x.SerializeAsString()))
    return make_error(errc::invalid_utf8,
                      "a string in " + x.GetTypeName()
                        + " is not UTF-8; other bytes go into a field of type "
                          "bytes");
  auto impl = get(serializer_id);
  if (impl == nullptr)
    return make_error(errc::not_found, "no serializer has the id "
                                         + std::to_string(serializer_id)
                                         + "; add_serializer adds one");
  return run(serializer_id, " cannot encode " + x.GetTypeName(),
             [&] { return impl->encode(x, result); });
}

caf::error serializer_registry::decode(std::string_view bytes,
                                       int32_t serializer_id, const entry& type,
                                       size_t limit,
                                       google::protobuf::Message& x) const {
  limit = std::max(limit, least_limit);
  if (serializer_id == protobuf_serializer)
    return read_protobuf(bytes, type, limit, x);
  auto impl = get(serializer_id);
  if (impl == nullptr)
    return make_error(errc::not_found, "no serializer has the id "
                                         + std::to_string(serializer_id)
                                         + "; add_serializer adds one");
  if (serializer_id == json_serializer)
    if (auto err = check_json(bytes, type, limit))
      return err;
  return run(serializer_id, " cannot decode a " + x.GetTypeName(),
             [&] { return impl->decode(bytes, x); });
}

} // namespace caf_remote::wire
