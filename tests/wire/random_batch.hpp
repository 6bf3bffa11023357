// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "remote.pb.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/message.h>

#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace test {

/// Makes random input for the property tests, the same in each run.
class generator {
public:
  explicit generator(uint32_t seed) : engine_(seed) {
    // nop
  }

  size_t below(size_t n) {
    return std::uniform_int_distribution<size_t>{0, n - 1}(engine_);
  }

  bool chance(size_t one_in) {
    return below(one_in) == 0;
  }

  char byte() {
    return static_cast<char>(below(256));
  }

  std::string bytes(size_t max_size) {
    std::string result(below(max_size + 1), '\0');
    for (auto& ch : result)
      ch = byte();
    return result;
  }

  /// Valid UTF-8 with at least one character, none of them a control character.
  std::string text(size_t max_size) {
    constexpr std::string_view samples[] = {
      "a", "Z", "$", "/", "\xC3\xA4", "\xE2\x82\xAC", "\xF0\x9F\x98\x80"};
    std::string result;
    for (auto n = 1 + below(max_size); n > 0; --n)
      result += samples[below(std::size(samples))];
    return result;
  }

  /// Mostly small, sometimes an extreme.
  uint32_t number() {
    switch (below(4)) {
      case 0:
        return 0;
      case 1:
        return static_cast<uint32_t>(engine_());
      default:
        return static_cast<uint32_t>(below(300));
    }
  }

  template <class T>
  const T& pick(const std::vector<T>& xs) {
    return xs[below(xs.size())];
  }

private:
  std::mt19937 engine_;
};

inline actor::PID random_pid(generator& rnd) {
  actor::PID result;
  if (!rnd.chance(4))
    result.set_address(rnd.text(20));
  if (!rnd.chance(8))
    result.set_id(rnd.text(rnd.chance(8) ? 200 : 20));
  if (rnd.chance(8))
    result.set_request_id(rnd.number());
  return result;
}

/// An index that is in range most of the time.
inline int32_t random_index(generator& rnd, int size) {
  if (size == 0 || rnd.chance(16))
    return static_cast<int32_t>(rnd.number());
  return static_cast<int32_t>(rnd.below(static_cast<size_t>(size)));
}

inline void random_envelope(generator& rnd, const remote::MessageBatch& batch,
                            remote::MessageEnvelope& x) {
  x.set_type_id(random_index(rnd, batch.type_names_size()));
  x.set_target(random_index(rnd, batch.targets_size()));
  x.set_sender(random_index(rnd, batch.senders_size() + 1));
  x.set_message_data(rnd.bytes(rnd.chance(8) ? 300 : 30));
  if (rnd.chance(2))
    x.set_serializer_id(static_cast<int32_t>(rnd.number()));
  if (rnd.chance(2))
    x.set_target_request_id(rnd.number());
  if (rnd.chance(2))
    x.set_sender_request_id(rnd.number());
  if (rnd.chance(3))
    for (auto n = rnd.below(4); n > 0; --n)
      (*x.mutable_message_header()
          ->mutable_header_data())[rnd.text(10)] = rnd.text(10);
}

/// A batch that Protobuf's parser accepts.
inline remote::MessageBatch random_batch(generator& rnd) {
  remote::MessageBatch result;
  for (auto n = rnd.below(4); n > 0; --n)
    result.add_type_names(rnd.chance(10) ? "" : rnd.text(20));
  for (auto n = rnd.below(4); n > 0; --n)
    result.add_targets(rnd.chance(2)   ? random_pid(rnd).SerializeAsString()
                       : rnd.chance(4) ? rnd.bytes(10)
                                       : rnd.text(20));
  for (auto n = rnd.below(3); n > 0; --n)
    *result.add_senders() = random_pid(rnd);
  for (auto n = rnd.below(10); n > 0; --n)
    random_envelope(rnd, result, *result.add_envelopes());
  return result;
}

/// Like `SerializeAsString`, but with the same order of maps in each run.
inline std::string serialize(const google::protobuf::Message& x) {
  std::string result;
  google::protobuf::io::StringOutputStream sink{&result};
  google::protobuf::io::CodedOutputStream out{&sink};
  out.SetSerializationDeterministic(true);
  x.SerializeToCodedStream(&out);
  out.Trim();
  return result;
}

/// Changes, removes, repeats or inserts a few bytes.
inline std::string mutate(generator& rnd, std::string bytes) {
  for (auto n = 1 + rnd.below(4); n > 0; --n) {
    if (bytes.empty())
      return rnd.bytes(8);
    auto pos = rnd.below(bytes.size());
    switch (rnd.below(5)) {
      case 0:
        bytes.resize(pos);
        break;
      case 1:
        bytes.erase(pos, 1 + rnd.below(8));
        break;
      case 2:
        bytes.insert(pos, rnd.bytes(8));
        break;
      case 3:
        bytes.insert(pos, bytes.substr(rnd.below(bytes.size()), 16));
        break;
      default:
        bytes[pos] = rnd.byte();
    }
  }
  return bytes;
}

/// A copy whose end is the end of its memory, so that a sanitizer sees every
/// read past it.
class tight_copy {
public:
  explicit tight_copy(const std::string& bytes)
    : data_(std::make_unique<char[]>(bytes.size())), size_(bytes.size()) {
    bytes.copy(data_.get(), size_);
  }

  std::string_view view() const {
    return {data_.get(), size_};
  }

private:
  std::unique_ptr<char[]> data_;
  size_t size_;
};

} // namespace test
