#pragma once

#include <pthread.h>

/// glibc declares it in <pthread.h> for those who define _GNU_SOURCE, which Swift's module of the C library does not.
extern int pthread_setname_np(pthread_t thread, const char *name);
