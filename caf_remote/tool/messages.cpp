// SPDX-License-Identifier: BSD-3-Clause

// The commands that send messages: request, send.

#include "caf_remote/error.hpp"
#include "caf_remote/tool/client.hpp"
#include "caf_remote/tool/commands.hpp"
#include "caf_remote/tool/error.hpp"
#include "caf_remote/tool/input.hpp"
#include "caf_remote/tool/message_types.hpp"
#include "caf_remote/tool/output.hpp"

#include <caf/others.hpp>
#include <caf/send.hpp>

namespace caf_remote::tool {

namespace {

/// The message that the command line describes.
raw_message content_of(const arguments& args, const message_types& types) {
  if (args.json != "-")
    return types.encode(args.type, args.json);
  // what is larger would not be accepted as an answer either
  return types.encode(args.type, read_input(options{}.max_receive_bytes));
}

/// Says that the other node knows the type: the user says so by using it.
void declare(client& here, const std::string& type) {
  check(here.module().declare_type(type));
}

void print_answer(const rendered_message& x) {
  if (!x.problem.empty())
    print_error("the answer is not shown as JSON: " + x.problem);
  print_line(x.text);
}

void print_answer(const message_types& types, const caf::message& x) {
  if (x.match_elements<raw_message>())
    print_answer(types.render(x.get_as<raw_message>(0)));
  else if (x.empty())
    print_line("google.protobuf.Empty {}");
  else
    throw failure{"an answer of an unexpected type: "
                  + printable(to_string(x))};
}

/// Sends `content` and waits for the answer.
caf::message ask(client& here, raw_message content) {
  caf::message result;
  caf::error failed;
  here.self()
    ->request(here.target(), here.remaining(), std::move(content))
    .receive([&](caf::error& err) { failed = std::move(err); },
             caf::others >>
               [&](caf::message_view& x) -> caf::result<caf::message> {
               result = x.move_content_to_message();
               return caf::message{};
             });
  if (failed)
    throw failure{here.explain(failed)};
  return result;
}

} // namespace

int request(const arguments& args) {
  command_time time{args};
  message_types types{args.proto_files, args.proto_paths};
  auto content = content_of(args, types);
  return run_client(args, time, [&](client& here) {
    declare(here, args.type);
    print_answer(types, ask(here, content));
  });
}

int send(const arguments& args) {
  command_time time{args};
  message_types types{args.proto_files, args.proto_paths};
  auto content = content_of(args, types);
  return run_client(args, time, [&](client& here) {
    declare(here, args.type);
    caf::anon_send(here.target(), content);
    here.finish_sending();
  });
}

} // namespace caf_remote::tool
