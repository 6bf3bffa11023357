// SPDX-License-Identifier: BSD-3-Clause

#include "interleavings/explorer.hpp"

#include <array>
#include <cstdint>
#include <cstdio>
#include <sstream>

#include <link.h>
#include <unistd.h>

namespace caf_remote::test {

namespace {

// Where the program is in memory, relative to where its file says.
uintptr_t program_base() {
  uintptr_t result = 0;
  // the first one is the program
  dl_iterate_phdr(
    [](dl_phdr_info* info, size_t, void* to) {
      *static_cast<uintptr_t*>(to) = info->dlpi_addr;
      return 1;
    },
    &result);
  return result;
}

bool is_ours(const std::string& file) {
  return file.compare(0, 11, "caf_remote/") == 0
         || file.compare(0, 6, "tests/") == 0;
}

// "/some/folder/caf_remote/endpoint/x.hpp:12 (discriminator 1)"
std::string shorten(const std::string& file) {
  auto from = file.rfind("/caf_remote/");
  if (from == std::string::npos)
    from = file.rfind("/tests/");
  return file.substr(from == std::string::npos ? 0 : from + 1,
                     file.find(' ')
                       - (from == std::string::npos ? 0 : from + 1));
}

} // namespace

std::vector<std::string> source_lines(const std::vector<const void*>& pcs) {
  std::vector<std::string> result(pcs.size());
  std::array<char, 1024> self{};
  if (readlink("/proc/self/exe", self.data(), self.size() - 1) <= 0)
    return result;
  std::ostringstream command;
  command << "addr2line -Cfia -e '" << self.data() << "'" << std::hex;
  auto base = program_base();
  // an address is that of the instruction after the call
  for (auto x : pcs)
    command << " 0x" << reinterpret_cast<uintptr_t>(x) - base - 1;
  command << " 2>/dev/null";
  auto pipe = popen(command.str().c_str(), "r"); // NOLINT(cert-env33-c)
  if (pipe == nullptr)
    return result;
  std::string output;
  std::array<char, 4096> buf{};
  while (auto n = std::fread(buf.data(), 1, buf.size(), pipe))
    output.append(buf.data(), n);
  pclose(pipe);
  // Per address: itself, then function and line for each level of inlining.
  std::istringstream lines{output};
  std::string line;
  std::string function;
  size_t count = 0;
  while (std::getline(lines, line)) {
    if (line.compare(0, 2, "0x") == 0) {
      ++count;
      continue;
    }
    function = line;
    if (!std::getline(lines, line) || count == 0 || count > result.size())
      break;
    auto& entry = result[count - 1];
    if (is_ours(entry))
      continue;
    // the outermost, if none is ours
    entry = shorten(line) + "  " + function.substr(0, function.find('('));
  }
  return result;
}

} // namespace caf_remote::test
