// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <caf/deserializer.hpp>
#include <caf/detail/stringification_inspector.hpp>
#include <caf/error.hpp>
#include <caf/make_message.hpp>
#include <caf/make_type_erased_value.hpp>
#include <caf/message.hpp>
#include <caf/sec.hpp>
#include <caf/serializer.hpp>
#include <caf/type_id.hpp>

#include <google/protobuf/message.h>

#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <typeinfo>
#include <vector>

/// Makes a Protobuf message type an ordinary CAF message element and teaches it
/// to the wire, in one line of the program's own type-id block:
///
///     CAF_BEGIN_TYPE_ID_BLOCK(my_app, caf::first_custom_type_id)
///       CAF_REMOTE_ADD_MESSAGE(my_app, (my::Ping))
///     CAF_END_TYPE_ID_BLOCK(my_app)
///
/// The generated header must be included before. Write `(::actor::PID)` for a
/// name whose first part also means something in CAF's namespaces, such as
/// `actor` or `message`. Handlers then take
/// `const my::Ping&`. Registering a type also says that every peer which is
/// sent one knows it: a protoactor-go process ends when it meets a type name it
/// does not know, and nothing on the wire tells (see docs/guarantees.md).
#define CAF_REMOTE_ADD_MESSAGE(project_name, fully_qualified_name) \
  CAF_ADD_TYPE_ID(project_name, fully_qualified_name) \
  CAF_REMOTE_MESSAGE(fully_qualified_name)

/// Only the wire's half of `CAF_REMOTE_ADD_MESSAGE`, for a type that has its
/// CAF type id from elsewhere.
#define CAF_REMOTE_MESSAGE(fully_qualified_name) \
  namespace caf_remote { \
  template <> \
  struct is_registered<CAF_PP_EXPAND fully_qualified_name> : std::true_type { \
    static inline const bool \
      done = add_codec<CAF_PP_EXPAND fully_qualified_name>(); \
  }; \
  }

namespace caf_remote {

/// Whether `T` was registered with `CAF_REMOTE_ADD_MESSAGE`.
template <class T>
struct is_registered : std::false_type {};

/// What the module must know about one registered type. Instances live until
/// the program ends; all functions may be called on any thread.
class message_codec {
public:
  virtual ~message_codec();

  /// The Protobuf full name, which is the type name on the wire.
  const std::string& type_name() const noexcept {
    return type_name_;
  }

  virtual const std::type_info& type() const noexcept = 0;

  /// An empty message of the type.
  virtual std::unique_ptr<google::protobuf::Message> make() const = 0;

  /// Converts between the address of a `T` and its base class.
  virtual const google::protobuf::Message& base(const void* obj) const = 0;
  virtual void* object(google::protobuf::Message& x) const = 0;

  virtual caf::message to_message(google::protobuf::Message&& x) const = 0;
  virtual caf::message to_message(const google::protobuf::Message& x) const = 0;
  virtual caf::type_erased_value_ptr
  to_value(const google::protobuf::Message& x) const = 0;

protected:
  explicit message_codec(std::string name);

private:
  std::string type_name_;
};

/// Adds a codec to the program's catalogue. Called before `main` by the
/// registration macro; a codec is made on first use, because Protobuf's own
/// static data may not be there yet.
bool add_codec(const message_codec& (*get)());

/// The program's catalogue; of two codecs for one type name the first counts.
/// Must not be called before `main`.
const std::vector<const message_codec*>& registered_codecs();

template <class T>
class protobuf_codec final : public message_codec {
public:
  static_assert(std::is_base_of<google::protobuf::Message, T>::value,
                "only Protobuf messages (not lite ones) can be registered");

  protobuf_codec() : message_codec(T::descriptor()->full_name()) {
    // nop
  }

  const std::type_info& type() const noexcept override {
    return typeid(T);
  }

  std::unique_ptr<google::protobuf::Message> make() const override {
    return std::make_unique<T>();
  }

  const google::protobuf::Message& base(const void* obj) const override {
    return *static_cast<const T*>(obj);
  }

  void* object(google::protobuf::Message& x) const override {
    return static_cast<T*>(&x);
  }

  caf::message to_message(google::protobuf::Message&& x) const override {
    return caf::make_message(std::move(static_cast<T&>(x)));
  }

  caf::message to_message(const google::protobuf::Message& x) const override {
    return caf::make_message(static_cast<const T&>(x));
  }

  caf::type_erased_value_ptr
  to_value(const google::protobuf::Message& x) const override {
    return caf::make_type_erased_value<T>(static_cast<const T&>(x));
  }
};

/// The codec of a registered type. Never destroyed: handles and messages that
/// users keep in statics may need it until the very end of the program.
template <class T>
const message_codec& codec_of() {
  static const auto instance = new protobuf_codec<T>;
  return *instance;
}

template <class T>
bool add_codec() {
  return add_codec(&codec_of<T>);
}

namespace detail {

caf::error save(caf::serializer& sink, const google::protobuf::Message& x);

caf::error load(caf::deserializer& source, google::protobuf::Message& x);

std::string print(const google::protobuf::Message& x);

} // namespace detail

} // namespace caf_remote

// CAF finds `inspect` by the inspector's namespace, so nothing has to be added
// to the namespaces of the messages.

namespace caf {

template <class T>
std::enable_if_t<caf_remote::is_registered<T>::value, error>
inspect(serializer& f, T& x) {
  return caf_remote::detail::save(f, x);
}

template <class T>
std::enable_if_t<caf_remote::is_registered<T>::value, error>
inspect(deserializer& f, T& x) {
  return caf_remote::detail::load(f, x);
}

namespace detail {

template <class T>
std::enable_if_t<caf_remote::is_registered<T>::value>
inspect(stringification_inspector& f, T& x) {
  f(meta::type_name(T::descriptor()->full_name().c_str()),
    caf_remote::detail::print(x));
}

} // namespace detail

} // namespace caf
