// SPDX-License-Identifier: BSD-3-Clause

// Stands before the locks of the C library: what threads of a case wait for is
// known to the explorer, also where CAF waits.

#include "interleavings/explorer.hpp"

#include <cerrno>

#include <dlfcn.h>
#include <pthread.h>

using namespace caf_remote::test;

namespace {

#define CALLER __builtin_return_address(0)

template <class F>
F real(const char* name, const char* version = nullptr) {
  auto result = version != nullptr ? dlvsym(RTLD_NEXT, name, version) : nullptr;
  return reinterpret_cast<F>(result != nullptr ? result
                                               : dlsym(RTLD_NEXT, name));
}

using mutex_function = int (*)(pthread_mutex_t*);
using rwlock_function = int (*)(pthread_rwlock_t*);
using wait_function = int (*)(pthread_cond_t*, pthread_mutex_t*);
using notify_function = int (*)(pthread_cond_t*);

// What these do to the real lock cannot block: the explorer has let nobody else
// have it.
#define REAL(type, name) \
  type real_##name() { \
    static const auto f = real<type>(#name); \
    return f; \
  }

REAL(mutex_function, pthread_mutex_lock)
REAL(mutex_function, pthread_mutex_trylock)
REAL(mutex_function, pthread_mutex_unlock)
REAL(rwlock_function, pthread_rwlock_rdlock)
REAL(rwlock_function, pthread_rwlock_wrlock)
REAL(rwlock_function, pthread_rwlock_unlock)

constexpr const char* condition_version = "GLIBC_2.3.2";

} // namespace

extern "C" {

int pthread_mutex_lock(pthread_mutex_t* x) {
  unexplored here;
  if (here && !here->lock(x, false, CALLER))
    return EDEADLK;
  return real_pthread_mutex_lock()(x);
}

int pthread_mutex_trylock(pthread_mutex_t* x) {
  unexplored here;
  if (here && !here->try_lock(x, false, CALLER))
    return EBUSY;
  return real_pthread_mutex_trylock()(x);
}

int pthread_mutex_unlock(pthread_mutex_t* x) {
  unexplored here;
  if (here)
    here->unlock(x);
  return real_pthread_mutex_unlock()(x);
}

int pthread_rwlock_rdlock(pthread_rwlock_t* x) {
  unexplored here;
  if (here && !here->lock(x, true, CALLER))
    return EDEADLK;
  return real_pthread_rwlock_rdlock()(x);
}

int pthread_rwlock_wrlock(pthread_rwlock_t* x) {
  unexplored here;
  if (here && !here->lock(x, false, CALLER))
    return EDEADLK;
  return real_pthread_rwlock_wrlock()(x);
}

int pthread_rwlock_unlock(pthread_rwlock_t* x) {
  unexplored here;
  if (here)
    here->unlock(x);
  return real_pthread_rwlock_unlock()(x);
}

int pthread_cond_wait(pthread_cond_t* x, pthread_mutex_t* mutex) {
  unexplored here;
  if (!here) {
    static const auto f = real<wait_function>("pthread_cond_wait",
                                              condition_version);
    return f(x, mutex);
  }
  here->wait(x, mutex, CALLER);
  real_pthread_mutex_unlock()(mutex);
  if (!here->lock(mutex, false, CALLER))
    return EDEADLK;
  return real_pthread_mutex_lock()(mutex);
}

int pthread_cond_signal(pthread_cond_t* x) {
  unexplored here;
  if (here)
    here->notify(x, false, CALLER);
  static const auto f = real<notify_function>("pthread_cond_signal",
                                              condition_version);
  return f(x);
}

int pthread_cond_broadcast(pthread_cond_t* x) {
  unexplored here;
  if (here)
    here->notify(x, true, CALLER);
  static const auto f = real<notify_function>("pthread_cond_broadcast",
                                              condition_version);
  return f(x);
}

} // extern "C"
