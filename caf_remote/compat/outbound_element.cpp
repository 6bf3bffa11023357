// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/compat/outbound_element.hpp"

#include "caf_remote/compat/recycled_storage.hpp"
#include "caf_remote/endpoint/endpoint.hpp"

#include <caf/make_message.hpp>
#include <caf/make_type_erased_value.hpp>
#include <caf/sec.hpp>

namespace caf_remote {

namespace {

// What the allocator adds to a block.
constexpr size_t allocator_overhead = 16;

} // namespace

void outbound_deleter::operator()(outbound_element* x) const noexcept {
  x->request_deletion(false);
}

outbound_ptr outbound_element::make(size_t tail) {
  auto bytes = sizeof(outbound_element) + tail;
  auto storage = recycled_storage::allocate(bytes);
  return outbound_ptr{new (storage) outbound_element(bytes)};
}

void outbound_element::destroy(const outbound_element* x) noexcept {
  auto bytes = x->bytes_;
  x->~outbound_element();
  recycled_storage::release(const_cast<outbound_element*>(x), bytes);
}

outbound_element::outbound_element(size_t bytes) noexcept
  : bytes_(bytes),
    charge_(recycled_storage::capacity(bytes) + allocator_overhead) {
  data.element = this;
}

outbound_element::~outbound_element() {
  if (auto where = settle())
    where->lost(*this);
}

void outbound_element::admitted(endpoint_ptr where) noexcept {
  counted_by_ = std::move(where);
}

endpoint_ptr outbound_element::settle() noexcept {
  endpoint_ptr result;
  result.swap(counted_by_);
  return result;
}

outbound_ptr outbound_element::keep() noexcept {
  kept_ = true;
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
  if (kept_)
    kept_ = false;
  else
    destroy(this);
}

void* outbound_element::get_mutable(size_t) {
  return &data;
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
  return &data;
}

std::string outbound_element::stringify(size_t) const {
  return "<outbound " + std::string{data.type_name} + ">";
}

caf::type_erased_value_ptr outbound_element::copy(size_t) const {
  return nullptr;
}

caf::error outbound_element::save(size_t, caf::serializer&) const {
  return caf::sec::invalid_argument;
}

} // namespace caf_remote
