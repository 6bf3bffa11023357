// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include "caf_remote/message.hpp"

#include <caf/actor_cast.hpp>
#include <caf/actor_control_block.hpp>
#include <caf/blocking_actor.hpp>
#include <caf/check_typed_input.hpp>
#include <caf/delegated.hpp>
#include <caf/duration.hpp>
#include <caf/error.hpp>
#include <caf/fwd.hpp>
#include <caf/make_message.hpp>
#include <caf/message.hpp>
#include <caf/message_id.hpp>
#include <caf/response_promise.hpp>
#include <caf/response_type.hpp>
#include <caf/typed_response_promise.hpp>

#include <cstdint>
#include <tuple>
#include <type_traits>
#include <utility>

/// @file
/// The ways of CAF to send, with a header. The receiver gets `x` like any other
/// message, so that its handlers, also those of typed actors, need not know; it
/// reads the header with `header_of`. All of that is the same whether the
/// receiver lives on another node or on this one.
///
/// `self` is the actor that sends, and its thread the caller's; of a
/// `caf::scoped_actor` pass `ptr()`. `serializer_id` says what encodes `x` on
/// its way to another node (0: Protobuf binary, 1: JSON); raw messages have
/// their own.
///
/// A header that breaks the bounds of `message_header` is found on the way to
/// another node: the message becomes a dead letter, and a requester gets the
/// error. Actors of the same node get it as it is.
///
/// A header stays with its message: through stages, composed actors, and pools
/// that pick a worker. It is lost where CAF makes a new message of the content:
/// pools that broadcast, groups, `caf::io`, and `delegate` of CAF's own.

namespace caf_remote {

namespace detail {

/// What goes along with a message.
struct attachment {
  message_header header;
  int32_t serializer_id;
};

// What the templates below share; see there. `to` may be null.

void send(caf::local_actor* self, const caf::strong_actor_ptr& to,
          caf::message content, attachment extras);

void anon_send(const caf::strong_actor_ptr& to, caf::message content,
               attachment extras);

/// Returns the id of the answer.
caf::message_id request(caf::local_actor* self, const caf::strong_actor_ptr& to,
                        const caf::duration& time_limit, caf::message content,
                        attachment extras);

void delegate(caf::local_actor* self, const caf::strong_actor_ptr& to,
              caf::message content, attachment extras);

void deliver(caf::local_actor* self, caf::response_promise& promise,
             caf::message content, attachment extras);

template <class Dest, class T>
using response_to = caf::response_type<typename Dest::signatures,
                                       std::decay_t<T>>;

template <class Dest, class T>
constexpr void check_receiver() {
  static_assert(response_to<Dest, T>::valid,
                "receiver does not accept given message");
}

template <class T>
constexpr void check_answer() {
  static_assert(!std::is_convertible<T, caf::error>::value,
                "an error has no header: return it, or deliver it to the "
                "promise itself");
}

} // namespace detail

/// Sends `x` with a header, like `self->send(to, x)`.
template <class Self, class Dest, class T>
void send(Self* self, const Dest& to, T&& x, message_header header,
          int32_t serializer_id = 0) {
  static_assert(!caf::statically_typed<Self>() || caf::statically_typed<Dest>(),
                "statically typed actors are only allowed to send() to other "
                "statically typed actors; use anon_send() or request() when "
                "communicating with dynamically typed actors");
  detail::check_receiver<Dest, T>();
  detail::send(self, caf::actor_cast<caf::strong_actor_ptr>(to),
               caf::make_message(std::forward<T>(x)),
               {std::move(header), serializer_id});
}

/// Sends `x` with a header and without a sender, like `caf::anon_send(to, x)`.
/// Any thread.
template <class Dest, class T>
void anon_send(const Dest& to, T&& x, message_header header,
               int32_t serializer_id = 0) {
  detail::check_receiver<Dest, T>();
  detail::anon_send(caf::actor_cast<caf::strong_actor_ptr>(to),
                    caf::make_message(std::forward<T>(x)),
                    {std::move(header), serializer_id});
}

/// Sends `x` as a request with a header and returns the same as
/// `self->request(to, time_limit, x)`. Also of use without a header, for the
/// time limit, which CAF does not tell: a request to another node that is still
/// queued at its end (infinite: `queued-request-expiry`) is not sent any more.
template <class Self, class Dest, class TimeLimit, class T>
auto request(Self* self, const Dest& to, const TimeLimit& time_limit, T&& x,
             message_header header = {}, int32_t serializer_id = 0) {
  detail::check_receiver<Dest, T>();
  using handle = decltype(self->request(to, time_limit, std::forward<T>(x)));
  auto answer = detail::request(
    self, caf::actor_cast<caf::strong_actor_ptr>(to), caf::duration{time_limit},
    caf::make_message(std::forward<T>(x)), {std::move(header), serializer_id});
  return handle{answer, self};
}

/// Passes the message that `self` is handling on as `x` with a header, like
/// `self->delegate(to, x)`, and a request with its time limit: `to` answers the
/// sender. Return the result from the handler.
template <class Dest, class T>
typename detail::response_to<Dest, T>::delegated_type
delegate(caf::local_actor* self, const Dest& to, T&& x, message_header header,
         int32_t serializer_id = 0) {
  detail::check_receiver<Dest, T>();
  detail::delegate(self, caf::actor_cast<caf::strong_actor_ptr>(to),
                   caf::make_message(std::forward<T>(x)),
                   {std::move(header), serializer_id});
  return {};
}

/// Answers the message that `self` is handling with `x` and a header. Return
/// the result from the handler, where `x` itself would be returned without a
/// header. Does nothing if there is nobody to answer, like a handler's result.
template <class T>
caf::delegated<std::decay_t<T>> reply(caf::local_actor* self, T&& x,
                                      message_header header,
                                      int32_t serializer_id = 0);

/// Answers later, like `promise.deliver(x)`: `promise` was made by `self`, is
/// fulfilled afterwards, and if it already was, nothing happens.
template <class T>
void deliver(caf::local_actor* self, caf::response_promise& promise, T&& x,
             message_header header, int32_t serializer_id = 0) {
  detail::check_answer<T>();
  detail::deliver(self, promise, caf::make_message(std::forward<T>(x)),
                  {std::move(header), serializer_id});
}

template <class... Ts, class T>
void deliver(caf::local_actor* self,
             caf::typed_response_promise<Ts...>& promise, T&& x,
             message_header header, int32_t serializer_id = 0) {
  static_assert(
    std::is_same<std::tuple<Ts...>, std::tuple<std::decay_t<T>>>::value,
    "the promise is for another type");
  caf::response_promise& untyped = promise;
  deliver(self, untyped, std::forward<T>(x), std::move(header), serializer_id);
}

template <class T>
caf::delegated<std::decay_t<T>> reply(caf::local_actor* self, T&& x,
                                      message_header header,
                                      int32_t serializer_id) {
  auto promise = self->make_response_promise();
  deliver(self, promise, std::forward<T>(x), std::move(header), serializer_id);
  return {};
}

} // namespace caf_remote
