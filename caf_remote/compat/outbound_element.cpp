// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/compat/outbound_element.hpp"

#include "caf_remote/endpoint/endpoint.hpp"
#include "caf_remote/endpoint/recycled_storage.hpp"
#include "caf_remote/pid.hpp"

#include <caf/make_message.hpp>
#include <caf/make_type_erased_value.hpp>
#include <caf/sec.hpp>

#include <algorithm>
#include <cassert>
#include <limits>
#include <new>

namespace caf_remote {

namespace {

// What the allocator adds to a block.
constexpr size_t allocator_overhead = 16;

// Whether an element is kept stands in its message id, which has no other use
// here: the mailbox has just looked at that part, while the rest of the element
// may still be in the cache of the sender's CPU.
const caf::message_id not_kept = caf::make_message_id();
const caf::message_id kept = caf::make_message_id(1);

// Target, sender and a type name, and the sender's address.
static_assert(3 * max_id_length + max_address_length
              <= std::numeric_limits<uint16_t>::max());

size_t names_size(const outbound_element::parts& xs) noexcept {
  return xs.who.target.size() + xs.who.sender.size()
         + xs.who.sender_address.size()
         + (xs.copy_type_name ? xs.type_name.size() : 0);
}

char* append(char* pos, std::string_view str) noexcept {
  std::copy(str.begin(), str.end(), pos);
  return pos + str.size();
}

} // namespace

void outbound_deleter::operator()(outbound_element* x) const noexcept {
  x->request_deletion(false);
}

outbound_ptr outbound_element::make(const parts& xs) {
  assert(xs.who.target.size() <= max_id_length);
  assert(xs.who.sender.size() <= max_id_length);
  assert(xs.who.sender_address.size() <= max_address_length);
  assert(!xs.copy_type_name || xs.type_name.size() <= max_id_length);
  auto bytes = sizeof(outbound_element) + names_size(xs) + xs.header.size()
               + xs.payload_size;
  auto storage = recycled_storage::allocate(bytes);
  return outbound_ptr{new (storage) outbound_element(xs, bytes)};
}

void outbound_element::destroy(outbound_element* x) noexcept {
  auto bytes = x->bytes_;
  x->~outbound_element();
  recycled_storage::release(x, bytes);
}

outbound_element::outbound_element(const parts& xs, size_t bytes) noexcept
  : type_name_(xs.type_name), bytes_(static_cast<uint32_t>(bytes)),
    payload_size_(static_cast<uint32_t>(xs.payload_size)),
    header_size_(static_cast<uint32_t>(xs.header.size())),
    names_size_(static_cast<uint16_t>(names_size(xs))),
    target_size_(static_cast<uint16_t>(xs.who.target.size())),
    sender_size_(static_cast<uint16_t>(xs.who.sender.size())),
    sender_address_size_(static_cast<uint16_t>(xs.who.sender_address.size())) {
  auto pos = append(const_cast<char*>(names()), xs.who.target);
  pos = append(pos, xs.who.sender);
  pos = append(pos, xs.who.sender_address);
  if (xs.copy_type_name) {
    type_name_ = {pos, xs.type_name.size()};
    pos = append(pos, xs.type_name);
  }
  append(pos, xs.header);
}

outbound_element::~outbound_element() {
  if (auto where = settle())
    where->lost(*this);
}

void outbound_element::leave_share() noexcept {
  in_common = false;
  counted_by_->leave_share(charge());
}

correspondents outbound_element::who() const noexcept {
  auto pos = names();
  std::string_view to{pos, target_size_};
  pos += target_size_;
  std::string_view from{pos, sender_size_};
  pos += sender_size_;
  return {to, from, {pos, sender_address_size_}};
}

size_t outbound_element::charge() const noexcept {
  return recycled_storage::capacity(bytes_) + allocator_overhead;
}

outbound_ptr outbound_element::keep() noexcept {
  mid = kept;
  return outbound_ptr{this};
}

caf::type_erased_tuple& outbound_element::content() {
  return *this;
}

const caf::type_erased_tuple& outbound_element::content() const {
  return *this;
}

caf::message outbound_element::move_content_to_message() {
  // only the writer sees these elements, and it never asks
  return caf::make_message();
}

caf::message outbound_element::copy_content_to_message() const {
  return caf::make_message();
}

void outbound_element::request_deletion(bool) const noexcept {
  // only on the writer's thread is an element ever kept
  auto self = const_cast<outbound_element*>(this);
  if (mid == kept)
    self->mid = not_kept;
  else
    destroy(self);
}

void* outbound_element::get_mutable(size_t) {
  return static_cast<outbound*>(this);
}

caf::error outbound_element::load(size_t, caf::deserializer&) {
  return caf::sec::invalid_argument;
}

size_t outbound_element::size() const noexcept {
  return 1;
}

uint32_t outbound_element::type_token() const noexcept {
  return caf::make_type_token<outbound>();
}

caf::rtti_pair outbound_element::type(size_t) const noexcept {
  return {0, &typeid(outbound)};
}

const void* outbound_element::get(size_t) const noexcept {
  return static_cast<const outbound*>(this);
}

std::string outbound_element::stringify(size_t) const {
  return "<outbound " + std::string{type_name()} + ">";
}

caf::type_erased_value_ptr outbound_element::copy(size_t) const {
  return nullptr;
}

caf::error outbound_element::save(size_t, caf::serializer&) const {
  return caf::sec::invalid_argument;
}

} // namespace caf_remote
