// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/tool/consent.hpp"

#include "caf_remote/tool/error.hpp"
#include "caf_remote/tool/input.hpp"
#include "caf_remote/tool/output.hpp"

#include <unistd.h>

namespace caf_remote::tool {

namespace {

/// Whether a person can be asked.
bool on_terminal() {
  return ::isatty(STDIN_FILENO) == 1 && ::isatty(STDERR_FILENO) == 1;
}

bool is_yes(const std::string& answer) {
  return answer == "y" || answer == "Y" || answer == "yes";
}

} // namespace

void consent_to_type(client& here) {
  auto& args = here.args();
  auto risk = args.address + " has not shown that it knows "
              + printable(args.type)
              + ", and a Go process ends when it gets a type that it does not "
                "know";
  if (!on_terminal()) {
    print_error("warning: " + risk + "; --yes sends without this warning");
  } else {
    here.time().pause();
    print_question(risk + ". Send it? [y/N] ");
    auto answer = read_input_line();
    here.time().go_on();
    if (!is_yes(answer))
      throw failure{"not sent"};
  }
  check(here.module().declare_type(args.type));
}

} // namespace caf_remote::tool
