// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/compat/declared_option.hpp"

#include "caf_remote/byte_size.hpp"

#include <caf/config_value.hpp>
#include <caf/error.hpp>
#include <caf/expected.hpp>
#include <caf/make_config_option.hpp>
#include <caf/pec.hpp>
#include <caf/timespan.hpp>

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace caf_remote {

namespace {

caf::error accept(const caf::config_value&) {
  return {};
}

void store(void*, const caf::config_value&) {
  // the values stay in the config's content
}

using parse_result = caf::expected<caf::config_value>;

template <class T>
parse_result parse(void*, caf::string_view str) {
  return caf::make_config_option<T>("", "", "").parse(str);
}

parse_result parse_bytes(void*, caf::string_view str) {
  std::string text{str.begin(), str.end()};
  if (!parse_byte_size(text))
    return caf::make_error(caf::pec::unexpected_character);
  return caf::config_value{std::move(text)};
}

using meta_state = caf::config_option::meta_state;

// CAF keeps the pointer. The name "boolean" makes a flag.
const meta_state* meta_state_of(option_kind kind) {
  static const meta_state table[] = {
    {accept, store, nullptr, parse<bool>, "boolean"},
    {accept, store, nullptr, parse<uint16_t>, "uint16"},
    {accept, store, nullptr, parse<int64_t>, "integer"},
    {accept, store, nullptr, parse_bytes, "bytes"},
    {accept, store, nullptr, parse<caf::timespan>, "timespan"},
    {accept, store, nullptr, parse<std::string>, "string"},
    {accept, store, nullptr, parse<std::vector<std::string>>, "list of string"},
  };
  return &table[static_cast<size_t>(kind)];
}

} // namespace

caf::config_option declared_option(option_kind kind, caf::string_view category,
                                   caf::string_view name,
                                   caf::string_view doc) {
  return {category, name, doc, meta_state_of(kind)};
}

} // namespace caf_remote
