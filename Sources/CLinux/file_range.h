#pragma once

#include <sys/types.h>

/// glibc declares it in <fcntl.h> for those who define _GNU_SOURCE, which Swift's module of the C library does not.
extern int sync_file_range(int file, __off64_t offset, __off64_t count, unsigned int flags);

/// Has Linux begin to write the changed pages of a part of a file, without waiting for them: SYNC_FILE_RANGE_WRITE.
static inline int start_writing(int file, __off64_t offset, __off64_t count) {
  return sync_file_range(file, offset, count, 2);
}
