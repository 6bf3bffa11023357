// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/message_type.hpp"
#include "caf_remote/serializer.hpp"
#include "caf_remote/wire/message_reader.hpp"

#include <caf/error.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <typeindex>
#include <unordered_map>
#include <vector>

namespace caf_remote::wire {

/// The serializer ids that every peer takes (protocol fact).
constexpr int32_t protobuf_serializer = 0;
constexpr int32_t json_serializer = 1;

/// What one actor system knows about message types and serializers. The types
/// are fixed at construction; serializers and declared types may come later, on
/// any thread.
class serializer_registry {
public:
  /// A registered type with what its encoding needs.
  struct entry {
    const message_codec* codec;
    message_reader reader;

    const payload_plan& plan() const noexcept {
      return reader.plan();
    }

    /// About what `x` holds, which has been read from `bytes`, and at least
    /// their size. Costs no look at the object if what Protobuf can have made
    /// of them, besides `bytes`, is at most `paid`, which is counted anyway;
    /// other serializers may make anything of a few bytes.
    size_t held_bytes(std::string_view bytes, int32_t serializer_id,
                      const google::protobuf::Message& x, size_t paid) const {
      return plan().held_bytes(bytes, x,
                               serializer_id == protobuf_serializer ? paid : 0);
    }
  };

  /// Hears of a serializer that threw: its id, and the exception's text.
  using exception_listener = std::function<void(int32_t, const std::string&)>;

  /// `on_exception` may be null.
  explicit serializer_registry(
    exception_listener on_exception = nullptr,
    const std::vector<const message_codec*>& codecs = registered_codecs());

  /// Null: not registered.
  const entry* find(const std::type_info& type) const;
  const entry* find(std::string_view type_name) const;

  /// Errors: `errc::name_taken` for an id in use.
  caf::error add(int32_t id, std::shared_ptr<const serializer> impl);

  /// Lets go of all serializers.
  void drop_serializers();

  bool knows(int32_t serializer_id) const;

  /// Says that peers know the type although it is not registered here.
  void declare(std::string type_name);

  bool declared(std::string_view type_name) const;

  /// Encodes with another serializer than Protobuf's own, which may throw: that
  /// is an error, too, and goes to `on_exception`. Errors:
  /// `errc::not_found`, `errc::not_serializable`, `errc::invalid_utf8`.
  caf::error encode(const google::protobuf::Message& x, const entry& type,
                    int32_t serializer_id, std::string& result) const;

  /// Decodes with any serializer, which may throw as above. What would take
  /// more than `limit` bytes of memory meanwhile is refused unread; 4 times
  /// `bytes` are always allowed, and 128 KiB. Serializers other than Protobuf's
  /// own see to that themselves. Errors: `errc::not_found`,
  /// `errc::not_serializable`, `errc::invalid_utf8`,
  /// `errc::message_too_large`.
  caf::error decode(std::string_view bytes, int32_t serializer_id,
                    const entry& type, size_t limit,
                    google::protobuf::Message& x) const;

private:
  std::shared_ptr<const serializer> get(int32_t id) const;

  template <class F>
  caf::error run(int32_t id, const std::string& complaint, F f) const;

  const exception_listener on_exception_;
  std::vector<entry> entries_;
  std::unordered_map<const std::type_info*, const entry*> by_address_;
  std::unordered_map<std::type_index, const entry*> by_type_;
  std::unordered_map<std::string_view, const entry*> by_name_;
  mutable std::shared_mutex mtx_;
  std::unordered_map<int32_t, std::shared_ptr<const serializer>> serializers_;
  std::set<std::string, std::less<>> declared_;
};

} // namespace caf_remote::wire
