// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/error.hpp"

#include "caf_remote/config.hpp"
#include "caf_remote/remoting.hpp"

#include "support/unprintable.hpp"

#include <caf/exit_reason.hpp>
#include <caf/message.hpp>
#include <caf/sec.hpp>

#include <doctest/doctest.h>

#include <set>

using namespace caf_remote;

namespace {

constexpr errc all_codes[] = {
  errc::invalid_address,    errc::invalid_name,      errc::invalid_config,
  errc::name_taken,         errc::not_found,         errc::not_serializable,
  errc::invalid_utf8,       errc::message_too_large, errc::header_too_large,
  errc::peer_cannot_take,   errc::stray_error,       errc::expired,
  errc::queue_full,         errc::too_many_requests, errc::endpoint_terminated,
  errc::unconfirmed,        errc::incarnation_over,  errc::blocked,
  errc::dead_letter,        errc::not_running,       errc::spawn_failed,
  errc::protocol_violation,
};

} // namespace

TEST_CASE("each code has a name of its own") {
  std::set<std::string> names;
  for (auto code : all_codes) {
    auto name = to_string(code);
    CHECK_EQ(name.find("error_"), std::string::npos);
    CHECK(names.insert(name).second);
  }
  CHECK_EQ(to_string(errc::none), "none");
  CHECK_EQ(to_string(errc::queue_full), "queue_full");
  CHECK_EQ(to_string(static_cast<errc>(250)), "error_250");
}

TEST_CASE("the groups start at pinned numbers") {
  CHECK_EQ(static_cast<int>(errc::invalid_address), 1);
  CHECK_EQ(static_cast<int>(errc::queue_full), 20);
  CHECK_EQ(static_cast<int>(errc::endpoint_terminated), 40);
  CHECK_EQ(static_cast<int>(errc::not_running), 60);
}

TEST_CASE("codes survive the way through caf::error") {
  for (auto code : all_codes) {
    CHECK_EQ(code_of(make_error(code)), code);
    CHECK_EQ(code_of(make_error(code, "text")), code);
  }
  caf::error implicit = errc::blocked;
  CHECK_EQ(code_of(implicit), errc::blocked);
  CHECK_EQ(implicit, errc::blocked);
  CHECK_NE(implicit, errc::queue_full);
}

TEST_CASE("none is no error") {
  CHECK_FALSE(make_error(errc::none));
  CHECK_FALSE(make_error(errc::none, "text"));
  CHECK_EQ(code_of(caf::error{}), errc::none);
  CHECK_EQ(render(caf::error{}), "none");
}

TEST_CASE("the code of a foreign error is none") {
  CHECK_EQ(code_of(caf::make_error(caf::sec::unexpected_message)), errc::none);
  CHECK_EQ(code_of(caf::exit_reason::kill), errc::none);
}

TEST_CASE("errors are rendered with their name and text") {
  auto general = "queue_full: " + std::string{explain(errc::queue_full)};
  CHECK_EQ(render(make_error(errc::queue_full)), general);
  CHECK_EQ(render(make_error(errc::queue_full, "")), general);
  CHECK_EQ(render(make_error(errc::queue_full, "1000 messages wait")),
           "queue_full: 1000 messages wait");
}

TEST_CASE("each code says what it means and what can be done") {
  for (auto code : all_codes) {
    INFO(to_string(code));
    CHECK_GT(explain(code).size(), 20);
    CHECK_LT(explain(code).size(), 200);
  }
  CHECK_NE(explain(errc::not_running).find("call listen()"),
           std::string_view::npos);
  CHECK(explain(errc::none).empty());
  CHECK(explain(static_cast<errc>(200)).empty());
}

TEST_CASE("CAF renders our errors as we do") {
  config cfg;
  cfg.load<remoting>();
  caf::actor_system sys{cfg};
  for (auto& x : {make_error(errc::not_running),
                  make_error(errc::name_taken, "joe holds it")})
    CHECK_EQ(sys.render(x), render(x));
}

TEST_CASE("contexts of others' making are rendered as well") {
  caf::error x{static_cast<uint8_t>(errc::dead_letter), error_category,
               caf::make_message(42)};
  CHECK_EQ(render(x), "dead_letter: (42)");
}

TEST_CASE("foreign errors are rendered by CAF") {
  auto text = render(caf::make_error(caf::sec::unexpected_message));
  CHECK_NE(text.find("unexpected_message"), std::string::npos);
  text = render(caf::make_error(caf::sec::unexpected_message, 42));
  CHECK_NE(text.find("unexpected_message"), std::string::npos);
}

TEST_CASE("of a foreign error that has a text, the text is what counts") {
  auto err = caf::make_error(caf::sec::cannot_open_port, "port 5 is taken");
  CHECK_EQ(render(err), "port 5 is taken");
}

TEST_CASE("an error whose context cannot be printed is rendered without it") {
  auto context = caf::make_message(test::unprintable{});
  auto text = render(caf::make_error(caf::sec::runtime_error, context));
  CHECK_NE(text.find("runtime_error"), std::string::npos);
  CHECK_NE(text.find("not to be printed"), std::string::npos);
  caf::error ours{static_cast<uint8_t>(errc::dead_letter), error_category,
                  context};
  text = render(ours);
  CHECK_EQ(text.find("dead_letter"), 0);
  CHECK_NE(text.find("not to be printed"), std::string::npos);
}

TEST_CASE("a time-out is put into words") {
  CHECK_EQ(render(caf::sec::request_timeout),
           "no answer within the time limit");
  auto err = caf::make_error(caf::sec::request_timeout, "nothing for 5s");
  CHECK_EQ(render(err), "nothing for 5s");
}

TEST_CASE("the category can be printed") {
  CHECK_EQ(to_string(error_category), "caf_remote");
}
