// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>

#include <stdlib.h>

namespace caf_remote::test {

/// A folder of its own, removed with its files at the end. Throws
/// `std::system_error` if it cannot be made.
class temporary_folder {
public:
  temporary_folder() {
    auto pattern = std::filesystem::temp_directory_path() / "caf-remote-XXXXXX";
    path_ = pattern.string();
    if (::mkdtemp(path_.data()) == nullptr)
      throw std::system_error{errno, std::generic_category(), "mkdtemp"};
  }

  temporary_folder(const temporary_folder&) = delete;

  temporary_folder& operator=(const temporary_folder&) = delete;

  ~temporary_folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  const std::string& path() const noexcept {
    return path_;
  }

  /// The path of a file here, which need not exist.
  std::string path_of(const std::string& name) const {
    return path_ + '/' + name;
  }

  void write(const std::string& name, const std::string& content) const {
    std::ofstream{path_of(name)} << content;
  }

private:
  std::string path_;
};

} // namespace caf_remote::test
