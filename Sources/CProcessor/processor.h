// Single machine instructions for which the compiler has words, and Swift has none.
#ifndef WHITTLE_CPROCESSOR_H
#define WHITTLE_CPROCESSOR_H

#define INSTRUCTION static inline __attribute__((always_inline))

// Swift's SIMD2<Double>.
typedef double double_pair __attribute__((ext_vector_type(2)));
// Swift's SIMD4<Double>.
typedef double double_quad __attribute__((ext_vector_type(4)));
// Swift's SIMD4<Int64>.
typedef long long long_quad __attribute__((ext_vector_type(4)));
// Swift's SIMD4<UInt32>.
typedef unsigned int word_quad __attribute__((ext_vector_type(4)));
// Swift's SIMD8<UInt32>.
typedef unsigned int word_octet __attribute__((ext_vector_type(8)));
// Swift's SIMD2<Float>.
typedef float float_pair __attribute__((ext_vector_type(2)));
// Swift's SIMD4<Float>.
typedef float float_block __attribute__((ext_vector_type(4)));
// Swift's SIMD16<UInt8>.
typedef unsigned char byte_block __attribute__((ext_vector_type(16)));
// Swift's SIMD8<Int16>.
typedef short short_block __attribute__((ext_vector_type(8)));
// Swift's SIMD4<Int32>.
typedef int int_block __attribute__((ext_vector_type(4)));
// Swift's SIMD2<Int32>.
typedef int int_pair __attribute__((ext_vector_type(2)));
// A bit for each byte.
typedef _Bool bit_block __attribute__((ext_vector_type(16)));

// Asks for the cache line at an address to be fetched, into the second cache: the first has too few lines under way at once.
// Never faults, whatever the address.
INSTRUCTION void prefetch(const void *address) {
  __builtin_prefetch(address, 1, 2);
}

// The same, into the first cache: for what is needed within a few hundred instructions.
INSTRUCTION void prefetch_near(const void *address) {
  __builtin_prefetch(address, 0, 3);
}

// The same, to be written, for which no other processor may keep it; on processors that cannot, nothing.
INSTRUCTION void prefetch_to_write(const void *address) {
#ifdef __x86_64__
  __asm__ volatile("prefetchw %0" : : "m"(*(const char *)address));
#else
  __builtin_prefetch(address, 1, 3);
#endif
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

// The same, as one: for pairs that are stored in different places, which the compiler would take apart, and with them all
// that leads to them, divisions too.
INSTRUCTION double_pair together(double_pair pair) {
#ifdef __SSE2__
  __asm__("" : "+x"(pair));
#endif
  return pair;
}

// Both of one between both of another: a, b, a, b. As one, like `together`.
INSTRUCTION float_block zipped(float_pair a, float_pair b) {
  float_block both = {a[0], b[0], a[1], b[1]};
#ifdef __SSE2__
  __asm__("" : "+x"(both));
#endif
  return both;
}

// Whether a > b for any of the two.
INSTRUCTION _Bool any_greater(double_pair a, double_pair b) {
#ifdef __SSE2__
  return __builtin_ia32_movmskpd((double_pair)(a > b)) != 0;
#else
  return a.x > b.x || a.y > b.y;
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

// Whether the processor has AVX2, and the system keeps its registers.
INSTRUCTION _Bool has_avx2(void) {
#ifdef __x86_64__
  return __builtin_cpu_supports("avx2") != 0;
#else
  return 0;
#endif
}

// Four at once, as the pairs of the same names: single instructions only in what is compiled for AVX.
INSTRUCTION double_quad greater_of_four(double_quad a, double_quad b) {
#ifdef __AVX__
  return __builtin_ia32_maxpd256(a, b);
#else
  double_quad greater;
  greater.lo = greater_each(a.lo, b.lo);
  greater.hi = greater_each(a.hi, b.hi);
  return greater;
#endif
}

INSTRUCTION double_quad lesser_of_four(double_quad a, double_quad b) {
#ifdef __AVX__
  return __builtin_ia32_minpd256(a, b);
#else
  double_quad lesser;
  lesser.lo = lesser_each(a.lo, b.lo);
  lesser.hi = lesser_each(a.hi, b.hi);
  return lesser;
#endif
}

INSTRUCTION double_quad roots_of_four(double_quad quad) {
  return __builtin_elementwise_sqrt(quad);
}

INSTRUCTION double_quad magnitudes_of_four(double_quad quad) {
  return __builtin_elementwise_abs(quad);
}

// All bits of each where a > b, else none.
INSTRUCTION long_quad greater_mask(double_quad a, double_quad b) {
  return __builtin_convertvector(a > b, long_quad);
}

INSTRUCTION _Bool any_of_four(long_quad mask) {
#ifdef __AVX__
  return __builtin_ia32_movmskpd256((double_quad)mask) != 0;
#else
  return (mask.x | mask.y | mask.z | mask.w) != 0;
#endif
}

INSTRUCTION double_quad widened_four(float_block floats) {
  return __builtin_convertvector(floats, double_quad);
}

INSTRUCTION float_block rounded_four(double_quad quad) {
#ifdef __AVX__
  return __builtin_ia32_cvtpd2ps256(quad);
#else
  float_block rounded;
  rounded.lo = rounded_each(quad.lo);
  rounded.hi = rounded_each(quad.hi);
  return rounded;
#endif
}

// As one, like `together`: what is loaded from two places is loaded whole, each. Parts of what was just stored whole come late.
INSTRUCTION word_octet together_eight(word_octet words) {
#ifdef __AVX__
  __asm__("" : "+x"(words));
#endif
  return words;
}

INSTRUCTION word_quad together_four(word_quad words) {
#ifdef __SSE2__
  __asm__("" : "+x"(words));
#endif
  return words;
}

// Four numbers that are stored in different places are computed as one.
INSTRUCTION double_quad together_quad(double_quad quad) {
#ifdef __AVX__
  __asm__("" : "+x"(quad));
#endif
  return quad;
}

// Which bytes equal another: a bit for each, the first in the lowest.
INSTRUCTION unsigned short equal_bytes(byte_block bytes, unsigned char other) {
  return __builtin_bit_cast(unsigned short, __builtin_convertvector(bytes == other, bit_block));
}

// a where a < b, else b, each on its own.
INSTRUCTION byte_block lesser_bytes(byte_block a, byte_block b) {
  return __builtin_elementwise_min(a, b);
}

// The products of each with each, those of neighbours added.
INSTRUCTION int_block added_products(short_block a, short_block b) {
#ifdef __SSE2__
  return (int_block)__builtin_ia32_pmaddwd128(a, b);
#else
  return __builtin_convertvector(a.even, int_block) * __builtin_convertvector(b.even, int_block)
         + __builtin_convertvector(a.odd, int_block) * __builtin_convertvector(b.odd, int_block);
#endif
}

// Those of a, and then those of b, in half the room. For what has room there.
INSTRUCTION short_block narrowed(int_block a, int_block b) {
#ifdef __SSE2__
  return (short_block)__builtin_ia32_packssdw128(a, b);
#else
  return __builtin_convertvector(__builtin_shufflevector(a, b, 0, 1, 2, 3, 4, 5, 6, 7), short_block);
#endif
}

// Both as Doubles.
INSTRUCTION double_pair doubles(int_pair pair) {
  return __builtin_convertvector(pair, double_pair);
}

// Whether the processor has the instruction below.
INSTRUCTION _Bool has_crc32c(void) {
#ifdef __x86_64__
  return __builtin_cpu_supports("sse4.2") != 0;
#else
  return 0;
#endif
}

// The register of the Castagnoli cyclic redundancy check after eight more bytes, the first in the lowest. Only where has_crc32c.
// Then after four times as many: what is compiled without the instruction has to call these, and calls take longer.
#ifdef __x86_64__
__attribute__((target("sse4.2"))) static inline unsigned int crc32c_of_word(unsigned int check, unsigned long long word) {
  return (unsigned int)__builtin_ia32_crc32di(check, word);
}

__attribute__((target("sse4.2"))) static inline unsigned int crc32c_of_words(
    unsigned int check, unsigned long long a, unsigned long long b, unsigned long long c, unsigned long long d) {
  return crc32c_of_word(crc32c_of_word(crc32c_of_word(crc32c_of_word(check, a), b), c), d);
}
#else
INSTRUCTION unsigned int crc32c_of_word(unsigned int check, unsigned long long word) {
  (void)word;
  return check;
}

INSTRUCTION unsigned int crc32c_of_words(
    unsigned int check, unsigned long long a, unsigned long long b, unsigned long long c, unsigned long long d) {
  (void)a, (void)b, (void)c, (void)d;
  return check;
}
#endif

#undef INSTRUCTION

#endif
