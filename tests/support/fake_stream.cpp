// SPDX-License-Identifier: BSD-3-Clause

#include "support/fake_stream.hpp"

#include <iterator>
#include <new>
#include <utility>

namespace caf_remote::test {

void fake_stream::read() {
  if (std::exchange(fail_read_, false))
    throw std::bad_alloc{};
  ++credit_;
  deliver();
}

void fake_stream::write(transport::frame bytes) {
  misused_ |= writing_ == max_writes_ || half_closed_ || finished_;
  if (on_write)
    on_write(bytes);
  written.push_back(std::move(bytes));
  if (over_)
    return;
  ++writing_;
  if (auto_complete_)
    complete_write();
}

void fake_stream::close_writes() {
  misused_ |= half_closed_;
  half_closed_ = true;
}

void fake_stream::finish(transport::status why) {
  misused_ |= finished_.has_value();
  finished_ = std::move(why);
  finish_if_idle();
}

void fake_stream::cancel() {
  cancelled_ = true;
  close(transport::status_code::cancelled);
}

void fake_stream::attach(transport::listener_ptr listener) {
  misused_ |= listener_ != nullptr;
  listener_ = std::move(listener);
}

std::vector<transport::frame> fake_stream::take_written() {
  std::vector<transport::frame> result{
    std::next(written.begin(), static_cast<std::ptrdiff_t>(taken_)),
    written.end()};
  taken_ = written.size();
  return result;
}

void fake_stream::complete_writes() {
  auto_complete_ = true;
  while (writing_ > 0)
    complete_write();
}

void fake_stream::complete_write() {
  misused_ |= writing_ == 0;
  if (writing_ > 0)
    --writing_;
  if (over_)
    return;
  listener_->on_written();
  finish_if_idle();
}

void fake_stream::introduce(transport::metadata xs) {
  if (!over_)
    listener_->on_metadata(std::move(xs));
}

void fake_stream::receive(transport::frame bytes) {
  inbox_.push_back(std::move(bytes));
  deliver();
}

void fake_stream::receive_half_close() {
  if (!over_)
    listener_->on_half_closed();
}

void fake_stream::close(transport::status why) {
  if (over_)
    return;
  over_ = true;
  // the stream keeps its listener until its end
  if (auto listener = std::exchange(listener_, nullptr))
    listener->on_closed(std::move(why));
}

void fake_stream::close(transport::status_code code, std::string text) {
  close({code, std::move(text)});
}

void fake_stream::deliver() {
  while (!over_ && credit_ > 0 && !inbox_.empty()) {
    --credit_;
    auto bytes = std::move(inbox_.front());
    inbox_.pop_front();
    listener_->on_message(std::move(bytes));
  }
}

void fake_stream::finish_if_idle() {
  if (finished_ && writing_ == 0)
    close(*finished_);
}

transport::stream_ptr fake_connector::dial(const std::string& address,
                                           transport::dial_options opts,
                                           transport::listener_ptr listener) {
  if (std::exchange(fail_next, false))
    throw std::bad_alloc{};
  auto result = std::make_shared<fake_stream>(std::move(listener));
  dials.push_back({address, std::move(opts), result});
  return result;
}

} // namespace caf_remote::test
