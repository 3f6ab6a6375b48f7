// Tells the thread sanitizer of order that Swift's runtime makes, and that the sanitizer does not see, because the runtime's
// libraries are not instrumented: without it, it finds races in whatever a Mutex guards and a continuation brings.
//
// Loaded before those libraries, this stands in front of four functions of theirs. Written for Swift 6.3; contention.swift shows
// that it does what it should.
#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

// Absent from processes that are not instrumented.
void __tsan_acquire(void *) __attribute__((weak));
void __tsan_release(void *) __attribute__((weak));

#define SWIFT __attribute__((swiftcall))
#define ASYNC __attribute__((swiftasynccall))
#define SELF __attribute__((swift_context)) void *mutex

#define LOCK "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define TRY_LOCK "$s15Synchronization12_MutexHandleV12_tryLockSlowSbyF"
#define UNLOCK "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"
#define AWAIT "swift_continuation_await"

SWIFT void lock(uint32_t thread, SELF) __asm__(LOCK);
SWIFT bool try_lock(SELF) __asm__(TRY_LOCK);
SWIFT void unlock(SELF) __asm__(UNLOCK);
ASYNC void await(void *context) __asm__(AWAIT);

SWIFT void *swift_task_getCurrent(void) __attribute__((weak));

static void *next(const char *name) {
  void *function = dlsym(RTLD_NEXT, name);
  if (function) return function;
  fprintf(stderr, "this Swift has no %s: deploy/sanitizer/swift_order.c was written for another one\n", name);
  abort();
}

// A Mutex (stdlib/public/Synchronization/Mutex/LinuxImpl.swift): what it does while it is free is compiled into whoever uses it,
// and the sanitizer sees it; what it does when threads contend for it is not.

SWIFT void lock(uint32_t thread, SELF) {
  SWIFT void (*function)(uint32_t, SELF) = (SWIFT void (*)(uint32_t, SELF))next(LOCK);
  function(thread, mutex);
  if (__tsan_acquire) __tsan_acquire(mutex);
}

SWIFT bool try_lock(SELF) {
  SWIFT bool (*function)(SELF) = (SWIFT bool (*)(SELF))next(TRY_LOCK);
  if (!function(mutex)) return false;
  if (__tsan_acquire) __tsan_acquire(mutex);
  return true;
}

SWIFT void unlock(SELF) {
  SWIFT void (*function)(SELF) = (SWIFT void (*)(SELF))next(UNLOCK);
  if (__tsan_release) __tsan_release(mutex);
  function(mutex);
}

// A continuation (stdlib/public/Concurrency/Task.cpp): the runtime tells the sanitizer when one is resumed, and when its task
// then goes on; but not where it was resumed before it was awaited, and the task need not stop.

ASYNC void await(void *context) {
  if (__tsan_acquire && swift_task_getCurrent) __tsan_acquire(swift_task_getCurrent());
  ASYNC void (*function)(void *) = (ASYNC void (*)(void *))next(AWAIT);
  __attribute__((musttail)) return function(context);
}
