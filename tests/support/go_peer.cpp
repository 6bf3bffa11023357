// SPDX-License-Identifier: BSD-3-Clause

#include "support/go_peer.hpp"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <utility>

namespace caf_remote::test {

namespace {

using clock = std::chrono::steady_clock;

bool starts_with(std::string_view str, std::string_view prefix) {
  return str.substr(0, prefix.size()) == prefix;
}

std::vector<std::string> command_line(const go_peer::options& opts) {
  auto program = std::getenv("CAF_REMOTE_GO_PEER");
  if (program == nullptr)
    throw std::runtime_error{"CAF_REMOTE_GO_PEER names no program"};
  std::vector<std::string> result{
    program,  "serve",
    "--port", std::to_string(opts.port),
    "--life", std::to_string(opts.life.count()) + "s"};
  result.insert(result.end(), opts.arguments.begin(), opts.arguments.end());
  return result;
}

go_peer::duration left_of(clock::time_point until) {
  auto x = std::chrono::duration_cast<go_peer::duration>(until - clock::now());
  return std::max(x, go_peer::duration{0});
}

} // namespace

go_peer::go_peer() : go_peer(options{}) {
  // nop
}

go_peer::go_peer(options opts) {
  process::options process_opts;
  process_opts.life = opts.life;
  child_ = std::make_unique<process>(command_line(opts), process_opts);
  address_ = child_->expect("listening on ").substr(13);
}

go_peer::~go_peer() {
  // the process does not outlive its object
}

uint16_t go_peer::port() const {
  auto text = address_.substr(address_.rfind(':') + 1);
  return static_cast<uint16_t>(std::stoi(text));
}

std::string go_peer::system_id() {
  auto text = command("info");
  return text.substr(text.find("system=") + 7);
}

// -- commands -----------------------------------------------------------------

std::string go_peer::command(const std::string& line, duration limit) {
  auto result = answer(line, limit);
  if (result == "ok")
    return "";
  if (!starts_with(result, "ok "))
    throw std::runtime_error{"the Go peer answered '" + line + "' with '"
                             + result + "'"};
  return result.substr(3);
}

std::string go_peer::answer(const std::string& line, duration limit) {
  return finish(start(line), limit);
}

std::string go_peer::start(const std::string& line) {
  auto tag = "@" + std::to_string(++last_tag_) + " ";
  child_->write_line(tag + line);
  return tag;
}

std::string go_peer::finish(const std::string& tag, duration limit) {
  return take_answer(tag, limit).substr(tag.size());
}

bool go_peer::alive() {
  return child_->running() && command("ping") == "pong";
}

std::string go_peer::take_answer(const std::string& prefix, duration limit) {
  auto until = clock::now() + limit;
  for (;;) {
    auto i = std::find_if(answers_.begin(), answers_.end(),
                          [&](auto& x) { return starts_with(x, prefix); });
    if (i != answers_.end()) {
      auto result = std::move(*i);
      answers_.erase(i);
      return result;
    }
    take_line(left_of(until));
  }
}

// -- events -------------------------------------------------------------------

std::string go_peer::event(std::string_view prefix, duration limit) {
  auto until = clock::now() + limit;
  for (;;) {
    auto i = std::find_if(events_.begin(), events_.end(),
                          [&](auto& x) { return starts_with(x, prefix); });
    if (i != events_.end()) {
      auto result = std::move(*i);
      events_.erase(i);
      return result;
    }
    take_line(left_of(until));
  }
}

size_t go_peer::count_events(std::string_view prefix) {
  command("ping");
  return static_cast<size_t>(
    std::count_if(events_.begin(), events_.end(),
                  [&](auto& x) { return starts_with(x, prefix); }));
}

void go_peer::take_line(duration limit) {
  auto line = child_->read_line(limit);
  if (!line)
    throw std::runtime_error{"the Go peer has ended with code "
                             + std::to_string(child_->wait()) + ", errors:\n"
                             + child_->errors()};
  if (starts_with(*line, "event "))
    events_.push_back(line->substr(6));
  else
    answers_.push_back(std::move(*line));
}

// -- the end ------------------------------------------------------------------

void go_peer::kill() {
  child_->send_signal(SIGKILL);
  child_->wait();
}

go_peer::duration go_peer::shut_down(duration limit) {
  auto start = clock::now();
  // its answer has no tag, because it is the last one
  child_->write_line("shutdown");
  take_answer("ok", limit);
  child_->wait(limit);
  return std::chrono::duration_cast<duration>(clock::now() - start);
}

} // namespace caf_remote::test
