// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/compat/inbound_element.hpp"

#include "caf_remote/compat/inbound_shelf.hpp"
#include "caf_remote/compat/lazy_element.hpp"
#include "caf_remote/endpoint/prefetch.hpp"

#include <caf/atom.hpp>
#include <caf/blocking_actor.hpp>
#include <caf/detail/tuple_vals.hpp>
#include <caf/make_message.hpp>
#include <caf/scheduled_actor.hpp>

#include <google/protobuf/message.h>

namespace caf_remote {

inbound_element::inbound_element(caf::strong_actor_ptr source,
                                 caf::message_id id)
  : annotated_element(std::move(source), id, {}) {
  // nop
}

inbound_element::~inbound_element() {
  // nop
}

void inbound_element::charge(inbound_ledger::account_ptr where,
                             size_t bytes) noexcept {
  account_ = std::move(where);
  bytes_ = bytes;
}

inbound_ledger::account_ptr inbound_element::finish() noexcept {
  if (account_ == nullptr)
    return nullptr;
  if (!taken_)
    account_->sink().undelivered(*this);
  account_->leave(bytes_);
  return std::move(account_);
}

void inbound_element::reset(caf::strong_actor_ptr source,
                            caf::message_id id) noexcept {
  sender = std::move(source);
  mid = id;
  taken_ = false;
  bytes_ = 0;
}

/// A registered Protobuf message as content.
class protobuf_element final : public inbound_element,
                               public caf::type_erased_tuple {
public:
  explicit protobuf_element(inbound_shelf& shelf)
    : inbound_element(nullptr, caf::make_message_id()), shelf_(shelf),
      codec_(shelf.codec()), content_(codec_.make()) {
    // nop
  }

  ~protobuf_element() override {
    finish();
  }

  using inbound_element::reset;

  google::protobuf::Message& object() noexcept {
    return *content_;
  }

  protobuf_element* next_kept = nullptr;

  /// To be called for the next element on the shelf.
  void prefetch_for_reuse() const noexcept {
    prefetch(content_.get(), cache_line);
    if (next_kept != nullptr)
      prefetch(next_kept, sizeof(*this));
  }

  // Called by the mailbox's smart pointer instead of `delete`.
  void request_deletion(bool) const noexcept override {
    auto self = const_cast<protobuf_element*>(this);
    // keeps the shelf
    auto account = self->finish();
    if (account == nullptr || !self->shelve())
      delete self;
  }

  std::string_view type_name() const noexcept override {
    return codec_.type_name();
  }

  void release(lost_message& to) override {
    to.content = release();
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
    return release();
  }

  caf::message copy_content_to_message() const override {
    mark_taken();
    return codec_.to_message(std::as_const(*content_));
  }

  void* get_mutable(size_t) override {
    mark_taken();
    return codec_.object(*content_);
  }

  caf::error load(size_t, caf::deserializer& source) override {
    return detail::load(source, *content_);
  }

  size_t size() const noexcept override {
    return 1;
  }

  uint32_t type_token() const noexcept override {
    // equal for all types that CAF itself does not know
    return caf::make_type_token<raw_message>();
  }

  caf::rtti_pair type(size_t) const noexcept override {
    return {0, &codec_.type()};
  }

  const void* get(size_t) const noexcept override {
    mark_taken();
    return codec_.object(*content_);
  }

  std::string stringify(size_t) const override {
    return std::string{type_name()} + "(" + detail::print(*content_) + ")";
  }

  caf::type_erased_value_ptr copy(size_t) const override {
    mark_taken();
    return codec_.to_value(*content_);
  }

  caf::error save(size_t, caf::serializer& sink) const override {
    return detail::save(sink, *content_);
  }

private:
  caf::message release() {
    return codec_.to_message(std::move(*content_));
  }

  // An object keeps the memory of the messages before, and handlers may change
  // it, so what it was charged with says nothing.
  bool shelve() noexcept {
    auto space = content_->SpaceUsedLong();
    if (space > inbound_shelf::max_element_bytes)
      return false;
    sender = nullptr;
    stages.clear();
    drop_header();
    return shelf_.give(this, sizeof(*this) + space);
  }

  inbound_shelf& shelf_;
  const message_codec& codec_;
  std::unique_ptr<google::protobuf::Message> content_;
};

// -- the shelf -----------------------------------------------------------------

inbound_shelf::inbound_shelf(const message_codec& codec) : codec_(codec) {
  // nop
}

inbound_shelf::~inbound_shelf() {
  close();
}

protobuf_element* inbound_shelf::take() {
  if (stock_ == nullptr) {
    closed_.store(false, std::memory_order_relaxed);
    returned_bytes_.store(0, std::memory_order_relaxed);
    stock_ = returned_.exchange(nullptr, std::memory_order_acquire);
  }
  if (stock_ == nullptr)
    return new protobuf_element(*this);
  auto result = stock_;
  stock_ = std::exchange(result->next_kept, nullptr);
  if (stock_ != nullptr)
    stock_->prefetch_for_reuse();
  return result;
}

bool inbound_shelf::give(protobuf_element* x, size_t bytes) noexcept {
  if (closed_.load(std::memory_order_relaxed)
      || returned_bytes_.fetch_add(bytes, std::memory_order_relaxed)
           >= max_bytes)
    return false;
  // only the whole chain is ever taken, so the head cannot be mistaken
  x->next_kept = returned_.load(std::memory_order_relaxed);
  while (!returned_.compare_exchange_weak(
    x->next_kept, x, std::memory_order_release, std::memory_order_relaxed))
    ; // nop
  return true;
}

void inbound_shelf::close() noexcept {
  closed_.store(true, std::memory_order_relaxed);
  destroy(std::exchange(stock_, nullptr));
  destroy(returned_.exchange(nullptr, std::memory_order_acquire));
}

void inbound_shelf::destroy(protobuf_element* head) noexcept {
  while (head != nullptr) {
    auto next = head->next_kept;
    delete head;
    head = next;
  }
}

namespace {

// In the ids of questions that a Touch stands for, above the wire's 32 bits.
constexpr uint64_t touch_mark = uint64_t{1} << 32;

/// Plain CAF values as content.
template <class... Ts>
class values_element final
  : public inbound_element,
    public caf::detail::tuple_vals_impl<caf::type_erased_tuple, Ts...> {
public:
  using values = caf::detail::tuple_vals_impl<caf::type_erased_tuple, Ts...>;

  values_element(caf::strong_actor_ptr source, caf::message_id id, Ts... xs)
    : inbound_element(std::move(source), id), values(std::move(xs)...) {
    // nop
  }

  ~values_element() override {
    finish();
  }

  using inbound_element::mark_unimportant;

  std::string_view type_name() const noexcept override {
    if constexpr (sizeof...(Ts) == 3)
      return "actor.Touch";
    else
      return "";
  }

  void release(lost_message& to) override {
    to.content = caf::make_message_from_tuple(std::move(this->data()));
  }

  caf::type_erased_tuple& content() override {
    return *this;
  }

  const caf::type_erased_tuple& content() const override {
    return *this;
  }

  caf::message move_content_to_message() override {
    mark_taken();
    return caf::make_message_from_tuple(std::move(this->data()));
  }

  caf::message copy_content_to_message() const override {
    mark_taken();
    return caf::make_message_from_tuple(this->data());
  }

  void* get_mutable(size_t pos) override {
    mark_taken();
    return values::get_mutable(pos);
  }

  const void* get(size_t pos) const noexcept override {
    mark_taken();
    return values::get(pos);
  }
};

/// No content; what has nothing to be read counts as taken.
class empty_element final : public inbound_element {
public:
  empty_element() : inbound_element(nullptr, caf::make_message_id()) {
    mark_unimportant();
  }

  ~empty_element() override {
    finish();
  }

  std::string_view type_name() const noexcept override {
    return "";
  }

  void release(lost_message&) override {
    // nop
  }

  caf::type_erased_tuple& content() override {
    return content_;
  }

  const caf::type_erased_tuple& content() const override {
    return content_;
  }

  caf::message move_content_to_message() override {
    return {};
  }

  caf::message copy_content_to_message() const override {
    return {};
  }

private:
  caf::empty_type_erased_tuple content_;
};

using raw_element = lazy_element<raw_message, encoded_message>;

/// An event, which its subscribers share until they read it.
struct shared_event {
  lost_message_ptr what;

  std::string_view type_name() const noexcept {
    return "";
  }

  dead_letter make() const {
    return what->event();
  }

  void move_to(lost_message&) const noexcept {
    // an event about an event would be one too many
  }
};

/// An element with one value, without sender.
template <class T>
inbound_ptr make_value(T content) {
  return inbound_ptr{
    new values_element<T>(nullptr, caf::make_message_id(), std::move(content))};
}

template <class Element>
inbound_ptr unimportant(std::unique_ptr<Element> x) {
  x->mark_unimportant();
  return inbound_ptr{x.release()};
}

/// The same for one of the module's own actors.
template <class T>
inbound_ptr make_internal(T content) {
  return unimportant(std::make_unique<values_element<T>>(
    nullptr, caf::make_message_id(), std::move(content)));
}

} // namespace

inbound_message make_inbound(caf::strong_actor_ptr sender, caf::message_id mid,
                             inbound_shelf& shelf) {
  auto element = shelf.take();
  element->reset(std::move(sender), mid);
  element->object().Clear();
  return {inbound_ptr{element}, element->object()};
}

inbound_ptr make_inbound(caf::strong_actor_ptr sender, caf::message_id mid,
                         encoded_message content) {
  return inbound_ptr{
    new raw_element(std::move(sender), mid, std::move(content))};
}

bool is_user_message(const std::type_info& element) noexcept {
  return &element == &typeid(protobuf_element)
         || &element == &typeid(raw_element);
}

inbound_ptr make_inbound_answer(touched content) {
  return make_value(std::move(content));
}

inbound_ptr make_inbound_answer(pid_response content) {
  return make_value(std::move(content));
}

inbound_ptr make_inbound_empty_result() {
  return inbound_ptr{new empty_element};
}

inbound_ptr make_inbound_touch(caf::strong_actor_ptr sender,
                               uint32_t request_id) {
  using element = values_element<caf::atom_value, caf::atom_value, std::string>;
  return inbound_ptr{new element(
    std::move(sender), caf::make_message_id(touch_mark | request_id),
    caf::sys_atom::value, caf::get_atom::value, std::string{"info"})};
}

bool is_touch_answer(caf::message_id response) noexcept {
  return response.is_response() && (response.integer_value() & touch_mark) != 0;
}

bool answers_touch(const caf::strong_actor_ptr& x) {
  return dynamic_cast<caf::scheduled_actor*>(x->get()) != nullptr;
}

bool leaves_late_answers(const caf::strong_actor_ptr& x) {
  return dynamic_cast<caf::blocking_actor*>(x->get()) != nullptr;
}

inbound_ptr make_inbound_exit(bool at_once) {
  using element = values_element<caf::exit_msg>;
  auto mid = at_once ? caf::make_message_id(caf::message_priority::high)
                     : caf::make_message_id();
  caf::exit_msg msg{caf::actor_addr{}, caf::exit_reason::user_shutdown};
  return unimportant(std::make_unique<element>(nullptr, mid, std::move(msg)));
}

inbound_ptr make_inbound_spawn(spawn_for_peer content) {
  return make_internal(std::move(content));
}

inbound_ptr make_inbound_news(remote_watch content) {
  return make_internal(std::move(content));
}

inbound_ptr make_inbound_news(remote_unwatch content) {
  return make_internal(std::move(content));
}

inbound_ptr make_inbound_news(remote_terminated content) {
  return make_internal(std::move(content));
}

inbound_ptr make_inbound_news(peer_touched content) {
  return make_internal(content);
}

inbound_ptr make_inbound_event(endpoint_connected content) {
  return make_internal(std::move(content));
}

inbound_ptr make_inbound_event(endpoint_unreachable content) {
  return make_internal(std::move(content));
}

inbound_ptr make_inbound_event(lost_message_ptr content) {
  using element = lazy_element<dead_letter, shared_event>;
  return inbound_ptr{new element(nullptr, caf::make_message_id(),
                                 shared_event{std::move(content)})};
}

} // namespace caf_remote
