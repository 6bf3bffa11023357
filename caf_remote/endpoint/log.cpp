// SPDX-License-Identifier: BSD-3-Clause

#include "caf_remote/endpoint/log.hpp"

#include "caf_remote/endpoint/callback.hpp"
#include "caf_remote/printable.hpp"

#include <cstdio>
#include <utility>

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
    case log_kind::failure:
      return "failure";
  }
  return "?";
}

uint64_t this_second() {
  using namespace std::chrono;
  auto now = duration_cast<seconds>(steady_clock::now().time_since_epoch());
  return static_cast<uint64_t>(now.count());
}

// A second above the number of its lines.
constexpr unsigned lines_bits = 8;
constexpr uint64_t lines_mask = (uint64_t{1} << lines_bits) - 1;

static_assert(log::lines_per_second <= lines_mask);

void write_to_stderr(std::string_view line) {
  std::string buf{line};
  buf += '\n';
  std::fwrite(buf.data(), 1, buf.size(), stderr);
}

} // namespace

log::log() : sink_(std::make_shared<installed>()) {
  sink_->f = write_to_stderr;
}

void log::sink(log_sink f) {
  // destroyed without the lock
  std::shared_ptr<installed> x;
  if (f != nullptr) {
    x = std::make_shared<installed>();
    x->f = std::move(f);
  }
  std::unique_lock<std::mutex> guard{mtx_};
  on_.store(x != nullptr);
  x.swap(sink_);
  if (!callback_scope::active(this))
    returned_.wait(guard, [&] { return x == nullptr || running_ != x.get(); });
  guard.unlock();
}

bool log::allows(log_kind kind) noexcept {
  if (!on_.load(std::memory_order_relaxed))
    return false;
  if (callback_scope::active(this)) {
    leave_out(kind);
    return false;
  }
  auto& last = of(kind).last;
  auto now = this_second();
  auto then = last.load(std::memory_order_relaxed);
  for (;;) {
    // who is late counts in the second that others are in
    auto next = then >> lines_bits < now ? now << lines_bits : then;
    if ((next & lines_mask) == lines_per_second) {
      leave_out(kind);
      return false;
    }
    if (last.compare_exchange_weak(then, next + 1, std::memory_order_relaxed))
      return true;
  }
}

void log::leave_out(log_kind kind) noexcept {
  of(kind).suppressed.fetch_add(1, std::memory_order_relaxed);
  suppressed_total_.fetch_add(1, std::memory_order_relaxed);
}

void log::write(log_kind kind, std::string_view line) {
  std::string text = "[caf_remote] ";
  text += prefix(kind);
  text += ": ";
  text += printable(line, max_line);
  auto left_out = of(kind).suppressed.exchange(0);
  if (left_out != 0)
    text += " (" + std::to_string(left_out) + " more lines like this left out)";
  {
    std::lock_guard<std::mutex> guard{mtx_};
    if (waiting_.size() == max_waiting) {
      of(kind).suppressed.fetch_add(left_out, std::memory_order_relaxed);
      leave_out(kind);
      return;
    }
    waiting_.push_back(std::move(text));
    if (std::exchange(writing_, true))
      return;
  }
  write_waiting();
}

void log::write_waiting() {
  std::unique_lock<std::mutex> guard{mtx_};
  while (!waiting_.empty()) {
    auto line = std::move(waiting_.front());
    waiting_.pop_front();
    if (sink_ == nullptr)
      continue;
    auto sink = sink_;
    running_ = sink.get();
    guard.unlock();
    call(*sink, line);
    // if it was replaced meanwhile, whoever did that destroys it
    sink.reset();
    guard.lock();
    running_ = nullptr;
    returned_.notify_all();
  }
  writing_ = false;
}

void log::call(installed& sink, const std::string& line) noexcept {
  auto complain = [&](const std::string& what) {
    exceptions_.fetch_add(1, std::memory_order_relaxed);
    if (!std::exchange(sink.complained_of, true))
      write_to_stderr("[caf_remote] failure: the log sink threw: " + what
                      + "; the line was: " + line);
  };
  try {
    run_callback_of(
      this, [&] { sink.f(line); }, complain);
  } catch (...) {
    // not even the complaint: there is no memory, and the next line may do
  }
}

} // namespace caf_remote
