// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/compat/cpp_type_name.hpp"

#include <caf/all.hpp>
#include <caf/type_erased_tuple.hpp>
#include <caf/type_nr.hpp>

#include <cstdlib>
#include <memory>
#include <string_view>
#include <typeinfo>

#include <cxxabi.h>

namespace caf_remote {

namespace {

template <class... Ts>
const std::type_info* builtin_type(caf::detail::type_list<Ts...>, size_t pos) {
  static const std::type_info* const table[] = {&typeid(Ts)...};
  return pos < sizeof...(Ts) ? table[pos] : nullptr;
}

// Null if CAF tells nothing. Its numbers begin with 1.
const std::type_info* type_of(const caf::type_erased_tuple& xs, size_t pos) {
  auto [number, type] = xs.type(pos);
  if (type != nullptr || number == 0)
    return type;
  return builtin_type(caf::sorted_builtin_types{}, number - size_t{1});
}

void replace_all(std::string& str, std::string_view what,
                 std::string_view with) {
  for (auto pos = str.find(what); pos != std::string::npos;
       pos = str.find(what, pos + with.size()))
    str.replace(pos, what.size(), with);
}

std::string demangled(const char* name) {
  auto code = 0;
  std::unique_ptr<char, decltype(&std::free)> ptr{
    abi::__cxa_demangle(name, nullptr, nullptr, &code), &std::free};
  return code == 0 ? ptr.get() : name;
}

} // namespace

std::string cpp_type_name(const caf::type_erased_tuple& xs, size_t pos) {
  auto type = type_of(xs, pos);
  if (type == nullptr)
    return "an unknown type";
  auto result = demangled(type->name());
  replace_all(result,
              "std::__cxx11::basic_string<char, std::char_traits<char>, "
              "std::allocator<char> >",
              "std::string");
  return result;
}

} // namespace caf_remote
