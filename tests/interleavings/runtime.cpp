// SPDX-License-Identifier: BSD-3-Clause

// The compiler calls these for each access to memory in code that is compiled
// with -fsanitize=thread. They are those of ThreadSanitizer, in whose place
// this file is linked.

#include "interleavings/explorer.hpp"

#include <atomic>
#include <cstdint>

using namespace caf_remote::test;

namespace {

using access = memory_model::access;

#define CALLER __builtin_return_address(0)

void touch(const void* where, size_t bytes, access how, const void* pc) {
  unexplored here;
  if (here)
    here->touch(where, bytes, how, pc);
}

std::memory_order order_of(int x) {
  return static_cast<std::memory_order>(x);
}

// Larger objects have the last value only.
template <class T>
constexpr bool has_history = sizeof(T) <= sizeof(uint64_t);

template <class T>
memory_model::object& object_at(explorer& here, const volatile T* where) {
  return here.memory().at(const_cast<const T*>(where),
                          static_cast<uint64_t>(*where));
}

template <class T>
void begin(explorer& here, const volatile T* where, const char* what,
           bool writes, const void* pc) {
  auto ptr = const_cast<const T*>(where);
  here.step({what, ptr, writes, pc});
  here.touch(ptr, sizeof(T),
             writes ? access::atomic_write : access::atomic_read, pc);
}

template <class T>
T load(const volatile T* where, int how, const void* pc) {
  unexplored here;
  if (!here)
    return *where;
  auto& self = *here.operator->();
  begin(self, where, "load", false, pc);
  auto& x = object_at(self, where);
  auto n = self.memory().visible(self.current(), x, order_of(how));
  auto age = self.choose(n, "an earlier value");
  return static_cast<T>(
    self.memory().load(self.current(), x, age, order_of(how)));
}

template <class T>
void store(volatile T* where, T value, int how, const void* pc) {
  unexplored here;
  if (here) {
    auto& self = *here.operator->();
    begin(self, where, "store", true, pc);
    self.memory().add(self.current(), object_at(self, where),
                      static_cast<uint64_t>(value), order_of(how), false);
  }
  *where = value;
}

template <class T, class F>
T change(volatile T* where, int how, const char* what, F f, const void* pc) {
  unexplored here;
  if (!here) {
    auto ptr = const_cast<T*>(where);
    auto old = __atomic_load_n(ptr, __ATOMIC_SEQ_CST);
    while (!__atomic_compare_exchange_n(ptr, &old, f(old), false,
                                        __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
      // again
    }
    return old;
  }
  auto& self = *here.operator->();
  begin(self, where, what, true, pc);
  auto& x = object_at(self, where);
  auto old = static_cast<T>(
    self.memory().load(self.current(), x, 0, order_of(how)));
  auto value = f(old);
  self.memory().add(self.current(), x, static_cast<uint64_t>(value),
                    order_of(how), true);
  *where = value;
  return old;
}

template <class T>
int compare_exchange(volatile T* where, T* expected, T value, int how,
                     int failure, bool weak, const void* pc) {
  unexplored here;
  if (!here)
    return __atomic_compare_exchange_n(const_cast<T*>(where), expected, value,
                                       false, __ATOMIC_SEQ_CST,
                                       __ATOMIC_SEQ_CST);
  auto& self = *here.operator->();
  begin(self, where, "compare and exchange", true, pc);
  auto& x = object_at(self, where);
  auto old = static_cast<T>(x.stores.back().value);
  if (old != *expected || (weak && self.fails_spuriously())) {
    self.memory().load(self.current(), x, 0, order_of(failure));
    *expected = old;
    return 0;
  }
  self.memory().load(self.current(), x, 0, order_of(how));
  self.memory().add(self.current(), x, static_cast<uint64_t>(value),
                    order_of(how), true);
  *where = value;
  return 1;
}

} // namespace

// NOLINTBEGIN(bugprone-reserved-identifier,bugprone-macro-parentheses)

extern "C" {

void __tsan_init();
void __tsan_init() {
  // nop
}

void __tsan_vptr_update(void** where, void* value);
void __tsan_vptr_update(void** where, void* value) {
  // a destructor sets the same again
  touch(where, sizeof(void*), *where == value ? access::read : access::write,
        CALLER);
}

void __tsan_vptr_read(void** where);
void __tsan_vptr_read(void** where) {
  touch(where, sizeof(void*), access::read, CALLER);
}

void __tsan_read_range(void* where, unsigned long bytes);
void __tsan_read_range(void* where, unsigned long bytes) {
  touch(where, bytes, access::read, CALLER);
}

void __tsan_write_range(void* where, unsigned long bytes);
void __tsan_write_range(void* where, unsigned long bytes) {
  touch(where, bytes, access::write, CALLER);
}

#define PLAIN(name, bytes, how) \
  void name(void* where); \
  void name(void* where) { \
    touch(where, bytes, how, CALLER); \
  }

PLAIN(__tsan_read1, 1, access::read)
PLAIN(__tsan_read2, 2, access::read)
PLAIN(__tsan_read4, 4, access::read)
PLAIN(__tsan_read8, 8, access::read)
PLAIN(__tsan_read16, 16, access::read)
PLAIN(__tsan_write1, 1, access::write)
PLAIN(__tsan_write2, 2, access::write)
PLAIN(__tsan_write4, 4, access::write)
PLAIN(__tsan_write8, 8, access::write)
PLAIN(__tsan_write16, 16, access::write)
PLAIN(__tsan_unaligned_read2, 2, access::read)
PLAIN(__tsan_unaligned_read4, 4, access::read)
PLAIN(__tsan_unaligned_read8, 8, access::read)
PLAIN(__tsan_unaligned_read16, 16, access::read)
PLAIN(__tsan_unaligned_write2, 2, access::write)
PLAIN(__tsan_unaligned_write4, 4, access::write)
PLAIN(__tsan_unaligned_write8, 8, access::write)
PLAIN(__tsan_unaligned_write16, 16, access::write)

#define FETCH(type, bits, name, words, expression) \
  type __tsan_atomic##bits##_##name(volatile type* where, type y, int how); \
  type __tsan_atomic##bits##_##name(volatile type* where, type y, int how) { \
    return change( \
      where, how, words, \
      [y](type x) { \
        static_cast<void>(x); \
        return static_cast<type>(expression); \
      }, \
      CALLER); \
  }

#define EXCHANGE_IF(type, bits, name, weak) \
  int __tsan_atomic##bits##_compare_exchange_##name( \
    volatile type* where, type* expected, type value, int how, int failure); \
  int __tsan_atomic##bits##_compare_exchange_##name( \
    volatile type* where, type* expected, type value, int how, int failure) { \
    return compare_exchange(where, expected, value, how, failure, weak, \
                            CALLER); \
  }

#define ATOMIC(type, bits) \
  type __tsan_atomic##bits##_load(const volatile type* where, int how); \
  type __tsan_atomic##bits##_load(const volatile type* where, int how) { \
    return load(where, how, CALLER); \
  } \
  void __tsan_atomic##bits##_store(volatile type* where, type x, int how); \
  void __tsan_atomic##bits##_store(volatile type* where, type x, int how) { \
    store(where, x, how, CALLER); \
  } \
  FETCH(type, bits, exchange, "exchange", y) \
  FETCH(type, bits, fetch_add, "add", x + y) \
  FETCH(type, bits, fetch_sub, "subtract", x - y) \
  FETCH(type, bits, fetch_and, "and", x& y) \
  FETCH(type, bits, fetch_or, "or", x | y) \
  FETCH(type, bits, fetch_xor, "xor", x ^ y) \
  EXCHANGE_IF(type, bits, strong, false) \
  EXCHANGE_IF(type, bits, weak, true)

ATOMIC(uint8_t, 8)
ATOMIC(uint16_t, 16)
ATOMIC(uint32_t, 32)
ATOMIC(uint64_t, 64)

void __tsan_atomic_thread_fence(int how);
void __tsan_atomic_thread_fence(int how) {
  unexplored here;
  if (here)
    here->memory().fence(here->current(), order_of(how));
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

void __tsan_atomic_signal_fence(int how);
void __tsan_atomic_signal_fence(int) {
  // nop
}

} // extern "C"

// NOLINTEND(bugprone-reserved-identifier,bugprone-macro-parentheses)
