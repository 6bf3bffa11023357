// SPDX-License-Identifier: BSD-3-Clause

#include "interleavings/explorer.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>

namespace caf_remote::test {

namespace {

// A run that is longer does not come to an end.
constexpr size_t max_steps = 20000;

thread_local explorer* here = nullptr;

} // namespace

explorer* explored() noexcept {
  return here;
}

unexplored::unexplored() noexcept : here_(std::exchange(here, nullptr)) {
  // nop
}

unexplored::~unexplored() {
  here = here_;
}

explorer::explorer(search how) : search_(std::move(how)) {
  sem_init(&over_, 0, 0);
}

explorer::~explorer() {
  begin();
  sem_destroy(&over_);
}

void explorer::begin() {
  for (auto x : buried_)
    std::free(x);
  buried_.clear();
  threads_.clear();
  locks_.clear();
  trace_.clear();
  deadlock_ = false;
  memory_.begin();
  search_.begin();
  // number 0 is the test
  threads_.push_back(std::make_unique<thread_state>());
  threads_.back()->ended = true;
  current_ = 0;
}

void explorer::run(std::vector<job> jobs) {
  for (auto& x : jobs) {
    if (threads_.size() == max_threads)
      std::abort();
    auto state = std::make_unique<thread_state>();
    state->name = std::move(x.name);
    state->body = std::move(x.run);
    sem_init(&state->turn, 0, 0);
    current_ = threads_.size();
    threads_.push_back(std::move(state));
    auto& self = *threads_.back();
    self.thread = std::thread{[this, &self] { live(self); }};
    // up to its first step
    sem_wait(&over_);
  }
  running_ = true;
  current_ = 0;
  pass_on();
  sem_wait(&over_);
  running_ = false;
  for (auto& x : threads_)
    if (x->thread.joinable()) {
      x->thread.join();
      sem_destroy(&x->turn);
    }
  if (search_.astray())
    fail("the case does not do the same twice in the same schedule");
}

void explorer::live(thread_state& self) {
  // Made first, destroyed last: the objects that the code under test has per
  // thread end before, and their ends belong to the case.
  struct last_of_thread {
    explorer* home = nullptr;
    thread_state* self = nullptr;

    ~last_of_thread() {
      here = nullptr;
      home->end(*self);
    }
  };
  thread_local last_of_thread last;
  last.home = this;
  last.self = &self;
  here = this;
  try {
    self.body();
  } catch (const std::exception& e) {
    unexplored guard;
    fail("an exception leaves the thread: " + std::string{e.what()});
  }
}

void explorer::end(thread_state& self) {
  self.ended = true;
  if (running_)
    pass_on();
  else
    sem_post(&over_);
}

// Lets the next thread go on. Called by the one that runs; returns whether it
// has to wait for its next turn.
bool explorer::pass_on() {
  search::mask enabled = 0;
  search::operations pending;
  auto left = false;
  for (size_t i = 1; i < threads_.size(); ++i) {
    auto& x = *threads_[i];
    left = left || !x.ended;
    pending[i] = x.pending;
    if (ready(x))
      enabled |= search::mask{1} << i;
  }
  if (!left) {
    current_ = 0;
    sem_post(&over_);
    return false;
  }
  if (enabled == 0) {
    fail("a deadlock: nobody can go on");
    // whoever is asked next is told
    deadlock_ = true;
    for (size_t i = 1; i < threads_.size(); ++i)
      if (!threads_[i]->ended)
        enabled |= search::mask{1} << i;
  }
  auto last = current_;
  current_ = search_.choose_thread(enabled, pending, last);
  trace_.push_back({current_, pending[current_], {}});
  if (trace_.size() == max_steps) {
    fail("the case does not come to an end");
    std::fputs(failure_.c_str(), stderr);
    std::_Exit(1);
  }
  if (current_ == last)
    return false;
  sem_post(&threads_[current_]->turn);
  return true;
}

bool explorer::ready(const thread_state& x) {
  if (x.ended || x.waits_for != nullptr)
    return false;
  if (x.wants == wish::nothing)
    return true;
  auto& held = locks_[x.pending.where];
  return !held.exclusive && (x.wants == wish::shared || held.shared == 0);
}

void explorer::step(const operation& op) {
  auto& self = *threads_[current_];
  self.pending = op;
  auto wait = true;
  if (running_)
    wait = pass_on();
  else
    sem_post(&over_);
  if (wait)
    sem_wait(&self.turn);
}

// -- what threads do -----------------------------------------------------------

void explorer::touch(const void* where, size_t bytes, memory_model::access how,
                     const void* pc) {
  auto wrong = memory_.touch(current_, where, bytes, how);
  if (wrong == nullptr)
    return;
  operation op{"touch", where, false, pc};
  trace_.push_back({current_, op, {}});
  fail(wrong);
}

void explorer::bury(void* block, size_t bytes, const void* pc) {
  auto wrong = memory_.free(current_, block, bytes);
  // if it is there already, once is enough
  if (std::find(buried_.begin(), buried_.end(), block) == buried_.end())
    buried_.push_back(block);
  if (wrong == nullptr)
    return;
  operation op{"free", block, true, pc};
  trace_.push_back({current_, op, {}});
  fail(wrong);
}

size_t explorer::choose(size_t n, const char* what) {
  auto result = search_.choose(n);
  if (result != 0)
    trace_.back().note = what;
  return result;
}

bool explorer::fails_spuriously() {
  auto& self = *threads_[current_];
  // once is enough to see what the code does about it
  if (self.failed_spuriously)
    return false;
  return self.failed_spuriously = choose(2, "fails for no reason") == 1;
}

bool explorer::acquire(const void* mutex, wish what, const char* words,
                       const void* pc) {
  auto me = current_;
  threads_[me]->wants = what;
  step({words, mutex, what == wish::exclusive, pc});
  threads_[me]->wants = wish::nothing;
  threads_[me]->waits_for = nullptr;
  if (deadlock_)
    return false;
  auto& held = locks_[mutex];
  if (what == wish::shared)
    ++held.shared;
  else
    held.exclusive = true;
  memory_.acquire(me, mutex);
  return true;
}

bool explorer::lock(const void* mutex, bool shared, const void* pc) {
  return acquire(mutex, shared ? wish::shared : wish::exclusive,
                 shared ? "lock shared" : "lock", pc);
}

bool explorer::try_lock(const void* mutex, bool shared, const void* pc) {
  step({"try lock", mutex, !shared, pc});
  auto& held = locks_[mutex];
  if (held.exclusive || (!shared && held.shared != 0))
    return false;
  if (shared)
    ++held.shared;
  else
    held.exclusive = true;
  memory_.acquire(current_, mutex);
  return true;
}

void explorer::unlock(const void* mutex) {
  auto& held = locks_[mutex];
  if (held.exclusive)
    held.exclusive = false;
  else if (held.shared > 0)
    --held.shared;
  memory_.release(current_, mutex);
  search_.fence(current_, mutex);
}

void explorer::wait(const void* condition, const void* mutex, const void* pc) {
  step({"wait", condition, true, pc});
  unlock(mutex);
  threads_[current_]->waits_for = condition;
}

void explorer::notify(const void* condition, bool all, const void* pc) {
  step({"notify", condition, true, pc});
  std::vector<thread_state*> waiting;
  for (auto& x : threads_)
    if (x->waits_for == condition)
      waiting.push_back(x.get());
  if (!all && waiting.size() > 1)
    waiting = {waiting[choose(waiting.size(), "another one")]};
  for (auto x : waiting)
    x->waits_for = nullptr;
}

// -- failures ------------------------------------------------------------------

void explorer::fail(std::string_view what) {
  if (!failure_.empty())
    return;
  failure_ = std::string{what} + '\n' + tell();
  search_.give_up();
}

std::string explorer::tell() const {
  std::vector<const void*> pcs;
  for (auto& x : trace_)
    pcs.push_back(x.what.pc);
  auto places = source_lines(pcs);
  std::string result;
  for (size_t i = 0; i < trace_.size(); ++i) {
    auto& x = trace_[i];
    auto text = "  " + threads_[x.thread]->name + ": " + x.what.what;
    if (!x.note.empty())
      text += " (" + x.note + ")";
    text.resize(std::max<size_t>(text.size() + 1, 40), ' ');
    result += text + places[i] + '\n';
  }
  result += "  again: CAF_REMOTE_SCHEDULE=";
  for (auto x : search_.decisions())
    result += static_cast<char>('0' + x);
  return result + '\n';
}

} // namespace caf_remote::test
