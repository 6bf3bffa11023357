// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <string>
#include <vector>

namespace google::protobuf {

class FileDescriptorSet;

} // namespace google::protobuf

namespace caf_remote::tool {

/// Compiles `files` with the `protoc` in PATH (or what the environment variable
/// PROTOC names), imports included; each file comes after those that it
/// imports. Imports are looked up in `paths`, by default in the files' own
/// directories. Throws `usage_error` if something is wrong with the files,
/// `failure` if there is no compiler.
google::protobuf::FileDescriptorSet
compile_proto_files(const std::vector<std::string>& files,
                    const std::vector<std::string>& paths);

} // namespace caf_remote::tool
