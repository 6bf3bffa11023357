// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/compat/inbound_element.hpp"

#include <caf/deep_to_string.hpp>
#include <caf/deserializer.hpp>
#include <caf/make_message.hpp>
#include <caf/rtti_pair.hpp>
#include <caf/serializer.hpp>
#include <caf/type_erased_tuple.hpp>
#include <caf/type_erased_value.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace caf_remote {

/// A message whose content, a `T`, is made when somebody reads it. Until then
/// it holds a `Source`, which shares what it can with other messages: many may
/// wait that came in one small frame. `Source` has `T make()`, which is called
/// once, `std::string_view type_name() const`, also afterwards, and `void
/// move_to(lost_message&)`, which stands for `make` in a dead letter.
template <class T, class Source>
class lazy_element final : public inbound_element,
                           public caf::type_erased_tuple {
public:
  lazy_element(caf::strong_actor_ptr from, caf::message_id id, Source source)
    : inbound_element(std::move(from), id), source_(std::move(source)) {
    // nop
  }

  ~lazy_element() override {
    finish();
  }

  std::string_view type_name() const noexcept override {
    return source_.type_name();
  }

  void release(lost_message& to) override {
    if (value_ == nullptr)
      source_.move_to(to);
    else
      to.content = caf::make_message(std::move(*value_));
    to.content_bytes = bytes();
  }

  caf::type_erased_tuple& content() override {
    return *this;
  }

  const caf::type_erased_tuple& content() const override {
    return *this;
  }

  caf::message move_content_to_message() override {
    mark_taken();
    return caf::make_message(std::move(value()));
  }

  caf::message copy_content_to_message() const override {
    mark_taken();
    return caf::make_message(value());
  }

  void* get_mutable(size_t) override {
    mark_taken();
    return &value();
  }

  caf::error load(size_t, caf::deserializer& source) override {
    return source(value());
  }

  size_t size() const noexcept override {
    return 1;
  }

  uint32_t type_token() const noexcept override {
    return caf::make_type_token<T>();
  }

  caf::rtti_pair type(size_t) const noexcept override {
    return caf::make_rtti_pair<T>();
  }

  const void* get(size_t) const noexcept override {
    mark_taken();
    return &value();
  }

  std::string stringify(size_t) const override {
    return caf::deep_to_string(value());
  }

  caf::type_erased_value_ptr copy(size_t) const override {
    mark_taken();
    return caf::make_type_erased_value<T>(value());
  }

  caf::error save(size_t, caf::serializer& sink) const override {
    return sink(value());
  }

private:
  T& value() const {
    if (value_ == nullptr)
      value_ = std::make_unique<T>(source_.make());
    return *value_;
  }

  mutable Source source_;
  mutable std::unique_ptr<T> value_;
};

} // namespace caf_remote
