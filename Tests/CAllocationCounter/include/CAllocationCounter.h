// Counts how often memory is allocated, by standing before the C library's allocator in the program that this is linked
// into.
#ifndef WHITTLE_ALLOCATION_COUNTER_H
#define WHITTLE_ALLOCATION_COUNTER_H

#include <stdbool.h>
#include <stdint.h>

// Whether it counts: under a sanitizer, which stands there itself, it does not.
bool allocations_are_counted(void);

// How many allocations and reallocations the calling thread has made so far.
uint64_t allocations_of_this_thread(void);

#endif
