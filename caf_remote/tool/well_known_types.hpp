// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <vector>

namespace google::protobuf {

class FileDescriptor;

} // namespace google::protobuf

namespace caf_remote::tool {

/// The files with Google's well-known types, each after those that it imports.
/// They come with the Protobuf library.
std::vector<const google::protobuf::FileDescriptor*> well_known_files();

} // namespace caf_remote::tool
