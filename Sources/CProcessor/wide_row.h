// What the module that alone is compiled for AVX2 is handed. Swift's own structs would bring functions along, of which the linker
// keeps one copy for all processors.
#ifndef WHITTLE_WIDE_ROW_H
#define WHITTLE_WIDE_ROW_H

#include <stdbool.h>

#pragma clang assume_nonnull begin

// A sample, and the weights of its features.
typedef struct {
  // Indices of weights.
  const unsigned int *features;
  // As many.
  const float *values;
  // As many features, which are likely to be needed next.
  const unsigned int *ahead;
  // At least 1.
  long count;
  // The model's.
  void *weights;
  // What the passes over the row keep for each other.
  void *room;
} WideRow;

// A sample whose weights have rates of their own; what the fields mean is said where AdaptiveRow is.
typedef struct {
  WideRow row;
  // The model's, where there are scales and anything shrinks.
  double *_Nullable rates;
  bool hasScales;
  double gravity;
  double decay;
  double gravityPerDecay;
  double timePerGravity;
} WideAdaptiveRow;

#pragma clang assume_nonnull end

#endif
