// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/wire/batch_codec.hpp"
#include "caf_remote/wire/coding.hpp"
#include "caf_remote/wire/utf8.hpp"

#include <algorithm>

namespace caf_remote::wire {

namespace {

// -- PIDs ---------------------------------------------------------------------

// Of a text that is too long nobody will see more than its length.
bool read_string(cursor& in, std::string_view& result, size_t limit) noexcept {
  return in.read_bytes(result) && (result.size() > limit || valid_utf8(result));
}

// Returns false for what is not an actor.PID.
bool read_pid(std::string_view bytes, sender_view& result) noexcept {
  cursor in{bytes};
  while (!in.at_end()) {
    uint32_t tag;
    if (!in.read_tag(tag))
      return false;
    auto ok = true;
    switch (tag) {
      case bytes_tag(1):
        ok = read_string(in, result.address, max_address_length);
        break;
      case bytes_tag(2):
        ok = read_string(in, result.id, max_id_length);
        break;
      case varint_tag(3):
        ok = in.read_uint32(result.request_id);
        break;
      default:
        ok = in.skip(tag);
    }
    if (!ok)
      return false;
  }
  return true;
}

bool too_long(std::string_view type_name) noexcept {
  return type_name.size() > max_type_name_length;
}

// Of a target or sender.
template <class View>
bool too_long(const View& x) noexcept {
  return x.id.size() > max_id_length || x.address.size() > max_address_length;
}

sender_view decode_sender(std::string_view bytes) noexcept {
  sender_view result;
  if (!read_pid(bytes, result))
    return {};
  result.valid = !result.id.empty() && !too_long(result);
  return result;
}

bool looks_like_pid(std::string_view bytes) noexcept {
  switch (bytes.front()) {
    case bytes_tag(1):
    case bytes_tag(2):
    case varint_tag(3):
      return true;
    default:
      return false;
  }
}

// -- headers ------------------------------------------------------------------

struct header_entry {
  std::string_view key;
  std::string_view value;
};

bool read_header_entry(std::string_view bytes, header_entry& x) noexcept {
  cursor in{bytes};
  while (!in.at_end()) {
    uint32_t tag;
    if (!in.read_tag(tag))
      return false;
    auto ok = tag == bytes_tag(1)   ? in.read_bytes(x.key)
              : tag == bytes_tag(2) ? in.read_bytes(x.value)
                                    : in.skip(tag);
    if (!ok)
      return false;
  }
  return true;
}

// Calls `on_entry` for each header; false for what is no MessageHeader.
template <class F>
bool for_each_header(std::string_view bytes, F on_entry) {
  cursor in{bytes};
  while (!in.at_end()) {
    uint32_t tag;
    if (!in.read_tag(tag))
      return false;
    if (tag != bytes_tag(1)) {
      if (!in.skip(tag))
        return false;
      continue;
    }
    std::string_view content;
    header_entry x;
    if (!in.read_bytes(content) || !read_header_entry(content, x))
      return false;
    on_entry(x);
  }
  return true;
}

// Returns `none`, `malformed` or `bad_header`.
envelope_fault check_header(envelope& x) noexcept {
  auto valid = true;
  auto well_formed = for_each_header(x.header, [&](const header_entry& y) {
    ++x.header_count;
    x.header_bytes += y.key.size() + y.value.size();
    valid = valid && valid_utf8(y.key) && valid_utf8(y.value);
  });
  if (!well_formed)
    return envelope_fault::malformed;
  return valid ? envelope_fault::none : envelope_fault::bad_header;
}

// -- envelopes ----------------------------------------------------------------

// Leaves the indexes as they are on the wire.
bool read_envelope_fields(std::string_view bytes, envelope& x) noexcept {
  cursor in{bytes};
  x.sender_index = 0;
  while (!in.at_end()) {
    uint32_t tag;
    if (!in.read_tag(tag))
      return false;
    auto ok = true;
    switch (tag) {
      case varint_tag(1):
        ok = in.read_int32(x.type_index);
        break;
      case bytes_tag(2):
        ok = in.read_bytes(x.payload);
        break;
      case varint_tag(3):
        ok = in.read_int32(x.target_index);
        break;
      case varint_tag(4):
        ok = in.read_int32(x.sender_index);
        break;
      case varint_tag(5):
        ok = in.read_int32(x.serializer_id);
        break;
      case bytes_tag(6):
        ok = in.read_bytes(x.header);
        break;
      case varint_tag(7):
        ok = in.read_uint32(x.target_request_id);
        break;
      case varint_tag(8):
        ok = in.read_uint32(x.sender_request_id);
        break;
      default:
        ok = in.skip(tag);
    }
    if (!ok)
      return false;
  }
  return true;
}

void make_malformed(envelope& x) noexcept {
  x = envelope{};
  x.fault = envelope_fault::malformed;
  x.type_index = -1;
  x.target_index = -1;
}

void decode_envelope(std::string_view bytes, envelope& x) noexcept {
  if (!read_envelope_fields(bytes, x)) {
    make_malformed(x);
    return;
  }
  if (!x.header.empty())
    x.fault = check_header(x);
  if (x.fault == envelope_fault::malformed)
    make_malformed(x);
}

// -- indexes ------------------------------------------------------------------

bool usable(std::string_view type_name) noexcept {
  return !type_name.empty() && !too_long(type_name);
}

bool usable(const target_view& x) noexcept {
  return x.valid;
}

bool usable(const sender_view& x) noexcept {
  return x.valid;
}

template <class T>
envelope_fault resolve(int32_t& index, const std::vector<T>& table,
                       envelope_fault outside, envelope_fault bad,
                       envelope_fault too_big) noexcept {
  // negative indexes become large numbers
  auto i = static_cast<size_t>(static_cast<uint32_t>(index));
  if (i < table.size() && usable(table[i]))
    return envelope_fault::none;
  index = -1;
  if (i >= table.size())
    return outside;
  return too_long(table[i]) ? too_big : bad;
}

envelope_fault resolve_sender(int32_t& index,
                              const std::vector<sender_view>& senders) {
  if (index == 0) {
    index = -1;
    return envelope_fault::none;
  }
  // without overflow at the smallest number: 0 is not left
  index = index > 0 ? index - 1 : -1;
  return resolve(index, senders, envelope_fault::bad_sender_index,
                 envelope_fault::bad_sender, envelope_fault::long_sender);
}

// Tables may follow the envelopes, so this comes last. The first fault counts.
void resolve_indexes(envelope& x, const batch_view& in) noexcept {
  using fault = envelope_fault;
  if (x.fault == fault::malformed)
    return;
  auto note = [&x](fault what) {
    if (x.fault == fault::none)
      x.fault = what;
  };
  note(resolve(x.type_index, in.type_names, fault::bad_type_index,
               fault::bad_type_name, fault::long_type_name));
  note(resolve(x.target_index, in.targets, fault::bad_target_index,
               fault::bad_target, fault::long_target));
  note(resolve_sender(x.sender_index, in.senders));
}

// -- batches ------------------------------------------------------------------

void clear(batch_view& x) noexcept {
  x.type_names.clear();
  x.targets.clear();
  x.senders.clear();
  x.envelopes.clear();
  x.too_long = false;
}

// Reads one entry of a table or one envelope; `make` gets its bytes.
template <class T, class F>
bool read_entry(cursor& in, std::vector<T>& to, size_t max_entries,
                bool& too_long, F make) {
  std::string_view bytes;
  if (!in.read_bytes(bytes))
    return false;
  if (to.size() >= max_entries) {
    too_long = true;
    return false;
  }
  make(bytes, to);
  return true;
}

size_t count_envelopes(std::string_view bytes) noexcept {
  size_t result = 0;
  cursor in{bytes};
  uint32_t tag;
  while (!in.at_end() && in.read_tag(tag) && in.skip(tag))
    if (tag == bytes_tag(3))
      ++result;
  return result;
}

/// How many entries a table may have. Each envelope uses at most one of each,
/// so that a table much longer than the batch is there only to take memory.
class table_limit {
public:
  table_limit(std::string_view batch, size_t max_entries)
    : batch_(batch), limit_(std::min(max_entries, spare)), most_(max_entries) {
    // nop
  }

  /// For one more than `size`.
  size_t operator()(size_t size) {
    if (size >= limit_ && !counted_) {
      counted_ = true;
      limit_ = std::min(most_, count_envelopes(batch_) + spare);
    }
    return limit_;
  }

private:
  static constexpr size_t spare = 256;

  const std::string_view batch_;
  size_t limit_;
  const size_t most_;
  bool counted_ = false;
};

bool read_batch(std::string_view bytes, batch_view& result,
                size_t max_entries) {
  table_limit limit{bytes, max_entries};
  cursor in{bytes};
  while (!in.at_end()) {
    uint32_t tag;
    if (!in.read_tag(tag))
      return false;
    auto ok = true;
    switch (tag) {
      case bytes_tag(1):
        ok = read_entry(in, result.type_names, limit(result.type_names.size()),
                        result.too_long, [](std::string_view x, auto& to) {
                          auto good = too_long(x) || valid_utf8(x);
                          to.push_back(good ? x : std::string_view{});
                        });
        break;
      case bytes_tag(2):
        ok = read_entry(
          in, result.targets, limit(result.targets.size()), result.too_long,
          [](std::string_view x, auto& to) { to.push_back(decode_target(x)); });
        break;
      case bytes_tag(3):
        ok = read_entry(in, result.envelopes, max_entries, result.too_long,
                        [](std::string_view x, auto& to) {
                          decode_envelope(x, to.emplace_back());
                        });
        break;
      case bytes_tag(4):
        ok = read_entry(
          in, result.senders, limit(result.senders.size()), result.too_long,
          [](std::string_view x, auto& to) { to.push_back(decode_sender(x)); });
        break;
      default:
        ok = in.skip(tag);
    }
    if (!ok)
      return false;
  }
  return true;
}

} // namespace

std::string to_string(envelope_fault x) {
  switch (x) {
    case envelope_fault::none:
      return "none";
    case envelope_fault::malformed:
      return "malformed";
    case envelope_fault::bad_type_index:
      return "bad_type_index";
    case envelope_fault::bad_target_index:
      return "bad_target_index";
    case envelope_fault::bad_sender_index:
      return "bad_sender_index";
    case envelope_fault::bad_type_name:
      return "bad_type_name";
    case envelope_fault::bad_target:
      return "bad_target";
    case envelope_fault::bad_sender:
      return "bad_sender";
    case envelope_fault::long_type_name:
      return "long_type_name";
    case envelope_fault::long_target:
      return "long_target";
    case envelope_fault::long_sender:
      return "long_sender";
    case envelope_fault::bad_header:
      return "bad_header";
  }
  return "invalid";
}

target_view decode_target(std::string_view bytes) {
  if (bytes.empty())
    return {};
  sender_view as_pid;
  if (looks_like_pid(bytes) && read_pid(bytes, as_pid)) {
    auto valid = !as_pid.id.empty() && !too_long(as_pid);
    return {as_pid.address, as_pid.id, valid, false};
  }
  if (bytes.size() > max_id_length)
    return {{}, bytes, false, true};
  if (static_cast<unsigned char>(bytes.front()) < 0x20 || !valid_utf8(bytes))
    return {};
  return {{}, bytes, true, true};
}

void decode_header(std::string_view bytes, header_view& result) {
  result.clear();
  for_each_header(bytes, [&result](const header_entry& x) {
    result.emplace_back(x.key, x.value);
  });
}

bool decode_batch(std::string_view bytes, batch_view& result,
                  size_t max_entries) {
  clear(result);
  if (!read_batch(bytes, result, max_entries)) {
    auto too_long = result.too_long;
    clear(result);
    result.too_long = too_long;
    return false;
  }
  for (auto& x : result.envelopes)
    resolve_indexes(x, result);
  return true;
}

} // namespace caf_remote::wire
