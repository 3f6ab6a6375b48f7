// Single machine instructions for which the compiler has words, and Swift has none.
#ifndef WHITTLE_CPROCESSOR_H
#define WHITTLE_CPROCESSOR_H

#define INSTRUCTION static inline __attribute__((always_inline))

// Swift's SIMD2<Double>.
typedef double double_pair __attribute__((ext_vector_type(2)));
// Swift's SIMD2<Float>.
typedef float float_pair __attribute__((ext_vector_type(2)));
// Swift's SIMD16<UInt8>.
typedef unsigned char byte_block __attribute__((ext_vector_type(16)));
// A bit for each byte.
typedef _Bool bit_block __attribute__((ext_vector_type(16)));

// Asks for the cache line at an address to be fetched, into the second cache: the first has too few lines under way at once.
// Never faults, whatever the address.
INSTRUCTION void prefetch(const void *address) {
  __builtin_prefetch(address, 1, 2);
}

// The roots of both; of what is negative, not a number.
INSTRUCTION double_pair roots(double_pair pair) {
  return __builtin_elementwise_sqrt(pair);
}

// Both rounded. The compiler's own conversion would be taken apart, and with it all that leads to it, where the two are
// stored in different places.
INSTRUCTION float_pair rounded_each(double_pair pair) {
#ifdef __SSE2__
  __typeof__(__builtin_ia32_cvtpd2ps(pair)) both = __builtin_ia32_cvtpd2ps(pair);
  return (float_pair){both[0], both[1]};
#else
  return __builtin_convertvector(pair, float_pair);
#endif
}

// Both without their signs.
INSTRUCTION double_pair magnitudes(double_pair pair) {
  return __builtin_elementwise_abs(pair);
}

// a where a > b, else b, each on its own.
INSTRUCTION double_pair greater_each(double_pair a, double_pair b) {
#ifdef __SSE2__
  return __builtin_ia32_maxpd(a, b);
#else
  return (double_pair){a.x > b.x ? a.x : b.x, a.y > b.y ? a.y : b.y};
#endif
}

// a where a < b, else b, each on its own.
INSTRUCTION double_pair lesser_each(double_pair a, double_pair b) {
#ifdef __SSE2__
  return __builtin_ia32_minpd(a, b);
#else
  return (double_pair){a.x < b.x ? a.x : b.x, a.y < b.y ? a.y : b.y};
#endif
}

// Which bytes equal another: a bit for each, the first in the lowest.
INSTRUCTION unsigned short equal_bytes(byte_block bytes, unsigned char other) {
  return __builtin_bit_cast(unsigned short, __builtin_convertvector(bytes == other, bit_block));
}

// a where a < b, else b, each on its own.
INSTRUCTION byte_block lesser_bytes(byte_block a, byte_block b) {
  return __builtin_elementwise_min(a, b);
}

#undef INSTRUCTION

#endif
