// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/announcements.hpp"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>
#include <vector>

using namespace caf_remote;

namespace {

struct events_of_one_address {
  announcements table{"a:1"};
  std::vector<std::string> told;
  announcements::teller tell = [this](const announcements::event& x) {
    told.push_back(text(x));
  };

  static std::string text(const announcements::event& x) {
    if (auto y = std::get_if<endpoint_connected>(&x))
      return '+' + y->member_id;
    if (auto y = std::get_if<endpoint_terminated>(&x))
      return '-' + y->member_id + ' ' + y->reason;
    return '!' + std::get<endpoint_unreachable>(x).reason;
  }

  void begin(uint64_t endpoint) {
    table.begin(endpoint);
  }

  void connected(uint64_t endpoint, const std::string& member) {
    table.connected(endpoint, member, "moved", tell);
  }

  void over(uint64_t endpoint, const std::string& why,
            bool unreachable = true) {
    table.over(endpoint, why, unreachable, tell);
  }

  /// What was told since the last look.
  std::vector<std::string> look() {
    return std::exchange(told, {});
  }
};

using strings = std::vector<std::string>;

TEST_SUITE_BEGIN("endpoint.announcements");

TEST_CASE_FIXTURE(events_of_one_address, "each incarnation is connected once "
                                         "and terminated once") {
  begin(1);
  connected(1, "m");
  connected(1, "m");
  CHECK_EQ(look(), strings{"+m"});
  connected(1, "n");
  CHECK_EQ(look(), strings{"-m moved", "+n"});
  CHECK_EQ(table.incarnation_over(1, "gone", tell), "n");
  CHECK_EQ(table.incarnation_over(1, "gone", tell), "");
  CHECK_EQ(look(), strings{"-n gone"});
  connected(1, "o");
  over(1, "end");
  over(1, "end");
  CHECK_EQ(look(), strings{"+o", "-o end"});
}

TEST_CASE_FIXTURE(events_of_one_address,
                  "who was never reached is unreachable if that matters") {
  begin(1);
  over(1, "end", false);
  begin(2);
  over(2, "end");
  CHECK_EQ(look(), strings{"!end"});
}

TEST_CASE_FIXTURE(events_of_one_address, "an endpoint that is over has nothing "
                                         "to say") {
  begin(1);
  over(1, "end", false);
  connected(1, "m");
  CHECK_EQ(table.incarnation_over(1, "gone", tell), "");
  over(1, "end");
  connected(7, "never begun");
  CHECK(look().empty());
}

TEST_CASE_FIXTURE(events_of_one_address, "what the next endpoint has to say "
                                         "waits for the end of the former") {
  begin(1);
  begin(2);
  begin(3);
  SUBCASE("that was connected") {
    connected(1, "m");
    connected(2, "m");
    over(2, "two");
    connected(3, "m");
    CHECK_EQ(look(), strings{"+m"});
    over(1, "one");
    CHECK_EQ(look(), strings{"-m one", "+m", "-m two", "+m"});
  }
  SUBCASE("that was not") {
    connected(2, "m");
    over(1, "one");
    CHECK_EQ(look(), strings{"!one", "+m"});
    connected(3, "m");
    CHECK(look().empty());
    over(2, "two");
    CHECK_EQ(look(), strings{"-m two", "+m"});
  }
}

TEST_CASE_FIXTURE(events_of_one_address, "what is added while somebody is told "
                                         "comes behind it") {
  begin(1);
  begin(2);
  auto plain = tell;
  tell = [&](const announcements::event& x) {
    if (text(x) == "+m") {
      over(1, "one");
      connected(2, "n");
      CHECK(told.empty());
    }
    plain(x);
  };
  connected(1, "m");
  CHECK_EQ(look(), strings{"+m", "-m one", "+n"});
}

TEST_CASE_FIXTURE(events_of_one_address,
                  "who cannot be told does not keep others from it") {
  begin(1);
  auto plain = tell;
  tell = [](const announcements::event&) { throw std::runtime_error{"no"}; };
  CHECK_THROWS(connected(1, "m"));
  tell = plain;
  over(1, "end");
  CHECK_EQ(look(), strings{"-m end"});
}

TEST_SUITE_END();

} // namespace
