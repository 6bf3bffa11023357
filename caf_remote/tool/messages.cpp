// SPDX-License-Identifier: BSD-3-Clause

// The commands that send messages: request, send.

#include "caf_remote/error.hpp"
#include "caf_remote/send.hpp"
#include "caf_remote/tool/client.hpp"
#include "caf_remote/tool/commands.hpp"
#include "caf_remote/tool/consent.hpp"
#include "caf_remote/tool/error.hpp"
#include "caf_remote/tool/input.hpp"
#include "caf_remote/tool/json_line.hpp"
#include "caf_remote/tool/message_types.hpp"
#include "caf_remote/tool/output.hpp"

#include <caf/others.hpp>

#include <algorithm>

namespace caf_remote::tool {

namespace {

/// The message that the command line describes.
raw_message content_of(const arguments& args, const message_types& types) {
  if (args.json != "-")
    return types.encode(args.type, args.json);
  // what is larger would not be accepted as an answer either
  return types.encode(args.type, read_input(options{}.max_receive_bytes));
}

/// Says that the other node knows the type, if the user has said so.
void declare_if_wanted(client& here) {
  if (here.args().yes)
    check(here.module().declare_type(here.args().type));
}

// -- answers ------------------------------------------------------------------

struct answer {
  caf::message content;
  message_header headers;
};

rendered_message render(const message_types& types, const caf::message& x) {
  if (x.match_elements<raw_message>())
    return types.render(x.get_as<raw_message>(0));
  if (x.empty())
    return {"google.protobuf.Empty", "{}", ""};
  throw failure{"an answer of an unexpected type: " + printable(to_string(x))};
}

void print_text(const rendered_message& x, const message_header& headers) {
  // standard output has the answer and nothing else
  for (auto& [key, value] : headers)
    print_error("header " + printable(key) + '=' + printable(value));
  print_line(printable(x.type) + ' ' + x.json);
}

/// Of a key that comes twice the last value counts, and JSON's readers see one.
bool is_last_of_its_key(const message_header& xs,
                        message_header::const_iterator i) {
  return std::none_of(i + 1, xs.end(),
                      [i](auto& x) { return x.first == i->first; });
}

void print_json(const rendered_message& x, const message_header& headers) {
  json_line all;
  for (auto i = headers.begin(); i != headers.end(); ++i)
    if (is_last_of_its_key(headers, i))
      all.text(i->first, i->second);
  print_line(json_line{}
               .text("type", x.type)
               .json("message", x.json)
               .json("headers", all.str())
               .str());
}

void print_answer(const arguments& args, const message_types& types,
                  const answer& x) {
  auto content = render(types, x.content);
  if (!content.problem.empty())
    print_error("the answer is not shown as JSON: " + content.problem);
  if (args.as_json)
    print_json(content, x.headers);
  else
    print_text(content, x.headers);
}

// -- requests -----------------------------------------------------------------

/// Sends `content` and waits for the answer.
caf::expected<answer> try_to_ask(client& here, const raw_message& content) {
  answer result;
  caf::error failed;
  auto& self = here.self();
  caf_remote::request(self.ptr(), here.target(), here.remaining(), content,
                      here.args().headers)
    .receive([&](caf::error& err) { failed = std::move(err); },
             caf::others >>
               [&](caf::message_view& x) -> caf::result<caf::message> {
               result.content = x.move_content_to_message();
               result.headers = header_of(self.ptr());
               return caf::message{};
             });
  if (failed)
    return failed;
  return result;
}

answer ask(client& here, const raw_message& content) {
  auto result = try_to_ask(here, content);
  if (!result && code_of(result.error()) == errc::peer_cannot_take) {
    // refused by our side, which has met the node now
    consent_to_type(here);
    result = try_to_ask(here, content);
  }
  if (!result)
    throw failure{here.explain(result.error())};
  return std::move(*result);
}

} // namespace

int request(const arguments& args) {
  command_time time{args};
  message_types types{args.proto_files, args.proto_paths};
  auto content = content_of(args, types);
  return run_client(args, time, [&](client& here) {
    declare_if_wanted(here);
    print_answer(args, types, ask(here, content));
  });
}

int send(const arguments& args) {
  command_time time{args};
  message_types types{args.proto_files, args.proto_paths};
  auto content = content_of(args, types);
  return run_client(args, time, [&](client& here) {
    declare_if_wanted(here);
    caf_remote::anon_send(here.target(), content, args.headers);
    if (code_of(here.flush()) == errc::peer_cannot_take) {
      consent_to_type(here);
      here.forget_losses();
      caf_remote::anon_send(here.target(), content, args.headers);
    }
    here.finish_sending();
    if (args.as_json)
      print_line(json_line{}
                   .text("written_to", args.address + '/' + args.id)
                   .text("type", args.type)
                   .str());
  });
}

} // namespace caf_remote::tool
