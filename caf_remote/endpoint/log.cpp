// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/log.hpp"

#include <cstdio>

namespace caf_remote {

namespace {

const char* prefix(log_kind kind) {
  switch (kind) {
    case log_kind::connected:
      return "connected";
    case log_kind::disconnected:
      return "disconnected";
    case log_kind::reconnect:
      return "reconnect";
    case log_kind::dead_letter:
      return "dead letter";
    case log_kind::bad_input:
      return "bad input";
    case log_kind::shortage:
      return "shortage";
    case log_kind::stopped:
      return "stopped";
    case log_kind::no_way_back:
      return "no way back";
  }
  return "?";
}

int64_t this_second() {
  using namespace std::chrono;
  return duration_cast<seconds>(steady_clock::now().time_since_epoch()).count();
}

void write_to_stderr(std::string_view line) {
  std::string buf{line};
  buf += '\n';
  std::fwrite(buf.data(), 1, buf.size(), stderr);
}

} // namespace

log::log() : sink_(write_to_stderr) {
  // nop
}

void log::sink(log_sink f) {
  std::lock_guard<std::mutex> guard{mtx_};
  on_.store(f != nullptr);
  sink_.swap(f); // the old one goes after the lock
}

bool log::allows(log_kind kind) noexcept {
  if (!on_.load(std::memory_order_relaxed))
    return false;
  auto& lim = of(kind);
  auto now = this_second();
  auto then = lim.second.load(std::memory_order_relaxed);
  if (now != then && lim.second.compare_exchange_strong(then, now))
    lim.lines.store(0);
  if (lim.lines.fetch_add(1, std::memory_order_relaxed) < lines_per_second)
    return true;
  lim.suppressed.fetch_add(1, std::memory_order_relaxed);
  suppressed_total_.fetch_add(1, std::memory_order_relaxed);
  return false;
}

void log::write(log_kind kind, std::string_view line) {
  std::string text = "[caf_remote] ";
  text += prefix(kind);
  text += ": ";
  text += line;
  if (auto n = of(kind).suppressed.exchange(0))
    text += " (" + std::to_string(n) + " more lines like this left out)";
  std::lock_guard<std::mutex> guard{mtx_};
  if (sink_)
    sink_(text);
}

std::string printable(std::string_view str, size_t max_length) {
  std::string result;
  for (auto c : str.substr(0, max_length))
    result += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
  if (str.size() > max_length)
    result += "...";
  return result;
}

} // namespace caf_remote
