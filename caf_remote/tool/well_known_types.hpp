// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <vector>

namespace google::protobuf {

class FileDescriptor;

} // namespace google::protobuf

namespace caf_remote::tool {

/// The files with those of Google's well-known types that programs exchange.
/// Not those about APIs and types themselves: hardly any Go program links
/// them, and it ends when it gets a type that it does not have.
std::vector<const google::protobuf::FileDescriptor*> well_known_files();

} // namespace caf_remote::tool
