// Features in lines of text, read many bytes at a time.
#ifndef WHITTLE_TEXT_FEATURES_H
#define WHITTLE_TEXT_FEATURES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// How many bytes there are to be read from the end of a line on, whatever they are.
enum { TEXT_MARGIN = 96 };

// A name of up to 15 bytes: the first in the lowest bits of low, the ninth in those of high, and in the highest eight bits
// of high their count. Bytes that it does not have are 0.
typedef struct {
  uint64_t low, high;
} text_name;

// What the features of a line have in common.
typedef struct {
  // What their names begin with.
  text_name prefix;
  // What their values are multiplied by; at most 1e20, either way.
  double scale;
  // Whether their names are whole numbers, and all have values.
  bool is_indexed;
} text_style;

// Reads features as they mostly are: a blank, a name, a colon and a decimal number; or no colon, and then the number is 1.
// Stops at the first that is anything else: that has a name of more than 15 bytes with its prefix, a number of more than 15
// digits or with an exponent, more than 63 bytes in all, or a mistake. Reads none at all on processors that lack what it
// takes.
//
// place   a blank, or stop: where to begin; then where it stopped
// stop    where the features end
// limit   how many to read at most; there is room for as many names and values
//
// Returns how many it has read.
size_t text_features(const uint8_t *line, size_t *place, size_t stop, const text_style *style, size_t limit,
                     text_name *names, float *values);

#ifdef __cplusplus
}
#endif

#endif
