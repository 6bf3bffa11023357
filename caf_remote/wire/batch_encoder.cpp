// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/wire/batch_codec.hpp"
#include "caf_remote/wire/coding.hpp"

#include <algorithm>
#include <utility>

namespace caf_remote::wire {

namespace {

// Field numbers of the package `remote`, and of actor.PID.
constexpr uint32_t message_batch = 1;

namespace batch {

constexpr uint32_t type_names = 1;
constexpr uint32_t targets = 2;
constexpr uint32_t envelopes = 3;
constexpr uint32_t senders = 4;

} // namespace batch

namespace envelope_field {

constexpr uint32_t type_id = 1;
constexpr uint32_t message_data = 2;
constexpr uint32_t target = 3;
constexpr uint32_t sender = 4;
constexpr uint32_t serializer_id = 5;
constexpr uint32_t message_header = 6;
constexpr uint32_t target_request_id = 7;
constexpr uint32_t sender_request_id = 8;

} // namespace envelope_field

namespace pid_field {

constexpr uint32_t address = 1;
constexpr uint32_t id = 2;

} // namespace pid_field

// The frame starts with the tag of `message_batch` and its length, which is
// filled in at the end: four bytes that say "more follows" and a last one.
constexpr size_t length_bytes = 5;
constexpr size_t frame_head = 1 + length_bytes;

// Largest tag and length of a field that holds less than 4 GiB.
constexpr size_t bytes_head = 1 + 5;

// Largest index with its tag.
constexpr size_t index_size = 1 + 5;

void patch_length(std::string& frame) noexcept {
  uint64_t length = frame.size() - frame_head;
  for (size_t i = 1; i < length_bytes; ++i) {
    frame[i] = static_cast<char>(length | 0x80);
    length >>= 7;
  }
  frame[length_bytes] = static_cast<char>(length);
}

size_t optional_field_size(std::string_view bytes) noexcept {
  return bytes.empty() ? 0 : bytes_field_size(bytes.size());
}

size_t number_field_size(uint64_t value) noexcept {
  return value == 0 ? 0 : 1 + varint_size(value);
}

void append_optional_field(std::string& out, uint32_t number,
                           std::string_view bytes) {
  if (!bytes.empty())
    append_bytes_field(out, number, bytes);
}

void append_pid(std::string& out, uint32_t number, std::string_view address,
                std::string_view id) {
  auto size = optional_field_size(address) + optional_field_size(id);
  append_bytes_head(out, number, size);
  append_optional_field(out, pid_field::address, address);
  append_optional_field(out, pid_field::id, id);
}

constexpr size_t pid_size(size_t names) noexcept {
  return 3 * bytes_head + names;
}

} // namespace

std::string
encode_header(const std::vector<std::pair<std::string, std::string>>& xs) {
  std::string result;
  for (auto& [key, value] : xs) {
    auto size = bytes_field_size(key.size()) + bytes_field_size(value.size());
    append_bytes_head(result, 1, size);
    append_bytes_field(result, 1, key);
    append_bytes_field(result, 2, value);
  }
  return result;
}

size_t batch_encoder::worst_case_size(const envelope_view& x,
                                      size_t target_address_size) noexcept {
  auto result = bytes_head + 3 * index_size
                + number_field_size(sign_extended(x.serializer_id))
                + number_field_size(x.target_request_id)
                + number_field_size(x.sender_request_id)
                + optional_field_size(x.header)
                + optional_field_size(x.payload);
  result += bytes_head + x.type_name.size();
  result += pid_size(x.target_id.size() + target_address_size);
  if (!x.sender_id.empty())
    result += pid_size(x.sender_id.size() + x.sender_address.size());
  return result;
}

void batch_encoder::begin() {
  // a frame of about the last one's size, slowly forgetting large ones
  frame_.reserve(expected_size_);
  frame_.assign(frame_head, '\0');
  frame_[0] = static_cast<char>(bytes_tag(message_batch));
}

void batch_encoder::add(const envelope_view& x) {
  if (frame_.empty())
    begin();
  auto type = types_.intern(x.type_name);
  auto target = targets_.intern(x.target_id);
  auto sender = 0; // 1-based, 0 is no sender
  if (!x.sender_id.empty())
    sender = senders_.intern(x.sender_id, x.sender_address) + 1;
  append_envelope(x, type, target, sender);
  ++count_;
}

// The numbers go through a small buffer, so that an envelope usually costs two
// appends. Payload and header are last, since the order of fields is free.
void batch_encoder::append_envelope(const envelope_view& x, int32_t type,
                                    int32_t target, int32_t sender) {
  namespace field = envelope_field;
  constexpr size_t max_numbers = 6 * (1 + max_varint_size);
  constexpr size_t max_head = 1 + max_varint_size;
  char buf[max_head + max_numbers + max_head];
  auto body = buf + max_head;
  auto pos = body;
  pos = put_field(pos, field::type_id, sign_extended(type));
  pos = put_field(pos, field::target, sign_extended(target));
  pos = put_field(pos, field::sender, sign_extended(sender));
  pos = put_field(pos, field::serializer_id, sign_extended(x.serializer_id));
  pos = put_field(pos, field::target_request_id, x.target_request_id);
  pos = put_field(pos, field::sender_request_id, x.sender_request_id);
  auto size = static_cast<size_t>(pos - body) + optional_field_size(x.header)
              + optional_field_size(x.payload);
  // the envelope's own tag and length, right before the numbers
  auto first = body - 1 - varint_size(size);
  *first = static_cast<char>(bytes_tag(batch::envelopes));
  put_varint(first + 1, size);
  if (!x.payload.empty()) {
    *pos++ = static_cast<char>(bytes_tag(field::message_data));
    pos = put_varint(pos, x.payload.size());
  }
  frame_.append(first, static_cast<size_t>(pos - first));
  frame_.append(x.payload);
  append_optional_field(frame_, field::message_header, x.header);
}

size_t batch_encoder::count() const noexcept {
  return count_;
}

size_t batch_encoder::size(size_t target_address_size) const noexcept {
  auto targets = targets_.entries().size();
  return std::max(frame_.size(), frame_head)
         + types_.entries().size() * bytes_head + types_.bytes()
         + targets * pid_size(target_address_size) + targets_.bytes()
         + senders_.entries().size() * pid_size(0) + senders_.bytes();
}

void batch_encoder::append_tables(std::string_view target_address,
                                  dialect form) {
  for (auto& x : types_.entries())
    append_bytes_field(frame_, batch::type_names, x.name);
  for (auto& x : targets_.entries()) {
    if (form == dialect::gen2_pid)
      append_pid(frame_, batch::targets, target_address, x.name);
    else
      append_bytes_field(frame_, batch::targets, x.name);
  }
  for (auto& x : senders_.entries())
    append_pid(frame_, batch::senders, x.scope, x.name);
}

std::string batch_encoder::finish(std::string_view target_address,
                                  dialect form) {
  if (frame_.empty())
    begin();
  append_tables(target_address, form);
  patch_length(frame_);
  expected_size_ = std::max(frame_.size(), expected_size_ / 2);
  types_.clear();
  targets_.clear();
  senders_.clear();
  count_ = 0;
  return std::exchange(frame_, std::string{});
}

} // namespace caf_remote::wire
