// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/compat/cpp_type_name.hpp"

#include "support/test_messages.hpp"

#include <caf/all.hpp>

#include <doctest/doctest.h>

using namespace caf_remote;
using namespace caf_remote::test;

namespace {

struct local_type {};

} // namespace

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(local_type)

namespace {

template <class T>
std::string name_of(T x) {
  return cpp_type_name(caf::make_message(std::move(x)).content(), 0);
}

TEST_SUITE_BEGIN("compat.cpp_type_name");

TEST_CASE("CAF's own types are called as in C++") {
  CHECK_EQ(name_of(int32_t{1}), "int");
  CHECK_EQ(name_of(true), "bool");
  CHECK_EQ(name_of(std::string{"x"}), "std::string");
  CHECK_EQ(name_of(caf::make_error(caf::sec::none)), "caf::error");
  CHECK_EQ(name_of(caf::exit_msg{}), "caf::exit_msg");
  CHECK_EQ(name_of(caf::ok_atom::value), "caf::atom_value");
  CHECK_EQ(name_of(std::vector<std::string>{}),
           "std::vector<std::string, std::allocator<std::string > >");
}

TEST_CASE("so are those of users, with a type id or without") {
  CHECK_EQ(name_of(Ping{}), "caf_remote::test::Ping");
  CHECK_EQ(name_of(local_type{}), "(anonymous namespace)::local_type");
}

TEST_CASE("each element has its own type") {
  auto msg = caf::make_message(1.5, local_type{});
  CHECK_EQ(cpp_type_name(msg.content(), 0), "double");
  CHECK_EQ(cpp_type_name(msg.content(), 1),
           "(anonymous namespace)::local_type");
}

TEST_SUITE_END();

} // namespace
