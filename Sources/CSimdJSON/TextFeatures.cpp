#include "TextFeatures.h"

#if defined(__x86_64__)

#include <immintrin.h>

// AVX2 and what comes with it.
#define TARGET __attribute__((target("arch=x86-64-v3")))
#define INLINE TARGET __attribute__((always_inline)) static inline

namespace {
constexpr size_t longest_name = 15, longest_number = 15;

// The byte that makes a shuffle write 0.
constexpr uint8_t none = 128;

struct constants {
  // For a number of so many characters with its point at such a place, or without one where that is their count: what moves
  // its digits together, up to the eighth byte, or to the last where there are more than eight characters.
  alignas(64) uint8_t digits[16][16][16];
  // The power of ten to divide it by.
  double powers[16][16];
  // So many ones, and then zeros.
  alignas(64) uint8_t ones[16][16];
  // What moves bytes up by so many places.
  alignas(64) uint8_t moves[16][16];
  // The number itself in the last byte.
  alignas(64) uint8_t counts[16][16];

  constexpr constants() : digits(), powers(), ones(), moves(), counts() {
    for (size_t count = 0; count < 16; ++count) {
      for (size_t point = 0; point < 16; ++point) {
        powers[count][point] = 1;
        for (size_t place = point + 1; place < count; ++place) powers[count][point] *= 10;
        for (size_t byte = 0; byte < 16; ++byte) digits[count][point][byte] = none;
        size_t byte = count <= 8 ? 8 : 16;
        for (size_t place = count; place-- > 0;)
          if (place != point) digits[count][point][--byte] = static_cast<uint8_t>(place);
      }
      for (size_t byte = 0; byte < 16; ++byte) {
        ones[count][byte] = byte < count ? 255 : 0;
        moves[count][byte] = byte < count ? none : static_cast<uint8_t>(byte - count);
      }
      counts[count][15] = static_cast<uint8_t>(count);
    }
    // A point alone is no number: it stays, and is found to be no digit.
    digits[1][0][0] = 0;
  }
};
constexpr constants table;

INLINE __m128i load(const uint8_t *bytes) { return _mm_loadu_si128(reinterpret_cast<const __m128i *>(bytes)); }

// Whether something exceeds 9, as anything but a digit does from which '0' has been taken.
INLINE bool exceeds_nine(__m128i bytes) {
  const __m128i excess = _mm_subs_epu8(bytes, _mm_set1_epi8(9));
  return !_mm_testz_si128(excess, excess);
}

// Reads a decimal number and multiplies it by the first of two scales, or by the second where it has a minus sign.
//
// Its digits make a whole number below 10^15, which a double holds exactly, as it does the power of ten that it is divided
// by: so only the quotient is rounded, once (Clinger 1990).
INLINE bool read_number(const uint8_t *text, size_t count, const double *scales, float *number) {
  const size_t is_negative = *text == '-';
  text += is_negative;
  count -= is_negative;
  // Also where there is nothing, and less: that is more than any count.
  if (count - 1 >= longest_number) return false;
  const __m128i characters = load(text);
  const uint32_t points = static_cast<uint32_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(characters, _mm_set1_epi8('.'))));
  const size_t form = count * 16 + _tzcnt_u32(points | 1u << count);
  const __m128i digits =
      _mm_shuffle_epi8(_mm_sub_epi8(characters, _mm_set1_epi8('0')), load(&table.digits[0][0][0] + form * 16));
  if (exceeds_nine(digits)) return false;
  // Neighbours make numbers of two digits, these of four, and these of eight.
  const __m128i twos = _mm_maddubs_epi16(digits, _mm_set1_epi16(10 | 1 << 8));
  const __m128i fours = _mm_madd_epi16(twos, _mm_set1_epi32(100 | 1 << 16));
  const __m128i eights = _mm_madd_epi16(_mm_packus_epi32(fours, fours), _mm_set1_epi32(10000 | 1 << 16));
  double whole;
  if (count <= 8) {
    whole = _mm_cvtsd_f64(_mm_cvtepi32_pd(eights));
  } else {
    const uint64_t halves = static_cast<uint64_t>(_mm_cvtsi128_si64(eights));
    whole = static_cast<double>(static_cast<int64_t>((halves & UINT32_MAX) * 100000000 + (halves >> 32)));
  }
  *number = static_cast<float>(whole / (&table.powers[0][0])[form] * scales[is_negative]);
  return true;
}

// Whether a name is a whole number as it is usually written.
INLINE bool is_index(const uint8_t *name, size_t count) {
  const __m128i digits = _mm_sub_epi8(load(name), _mm_set1_epi8('0'));
  return !exceeds_nine(_mm_and_si128(digits, load(table.ones[count]))) && (*name != '0' || count == 1);
}

// The places of bytes that are all ones.
INLINE uint64_t places(__m256i low, __m256i high) {
  const uint64_t upper = static_cast<uint32_t>(_mm256_movemask_epi8(high));
  return upper << 32 | static_cast<uint32_t>(_mm256_movemask_epi8(low));
}

// All reads are of up to 16 bytes from a name's or a number's beginning, or of the 64 from a word's beginning. A word begins
// at most one byte behind `stop`, and a number at most 64 behind its word: so the margin holds all of it.
template <bool is_indexed>
TARGET size_t read_features(const uint8_t *line, size_t *place, size_t stop, const text_style &style,
                            const double *scales, size_t limit, text_name *names, float *values) {
  // The blanks differ in the lower halves of their bytes: by these each byte looks up the one that it may be. A byte beyond
  // ASCII looks up 0.
  const __m256i blanks = _mm256_broadcastsi128_si256(
      _mm_setr_epi8(' ', 0, 0, 0, 0, 0, 0, 0, 0, '\t', 0, 0, 0, '\r', 0, 0));
  const __m256i colon_bytes = _mm256_set1_epi8(':');
  const size_t prefixed = style.prefix.high >> 56, room = longest_name - prefixed;
  const __m128i prefix = _mm_set_epi64x(static_cast<int64_t>(style.prefix.high & UINT64_MAX >> 8),
                                        static_cast<int64_t>(style.prefix.low));
  const __m128i move = load(table.moves[prefixed]);
  const uint8_t *word = line + *place + 1;
  const uint8_t *const behind = line + stop + 1;
  const text_name *const first = names, *const last = names + limit;
  while (word < behind) {
    const uint8_t *const window = word;
    const size_t left = static_cast<size_t>(behind - window) - 1;
    const __m256i low = _mm256_loadu_si256(reinterpret_cast<const __m256i *>(window));
    const __m256i high = _mm256_loadu_si256(reinterpret_cast<const __m256i *>(window + 32));
    uint64_t ends = places(_mm256_cmpeq_epi8(_mm256_shuffle_epi8(blanks, low), low),
                           _mm256_cmpeq_epi8(_mm256_shuffle_epi8(blanks, high), high));
    uint64_t colons = places(_mm256_cmpeq_epi8(low, colon_bytes), _mm256_cmpeq_epi8(high, colon_bytes));
    if (left < 64) ends = _bzhi_u64(ends, static_cast<uint32_t>(left)) | uint64_t{1} << left;
    // Fewer words than 64 bytes mostly hold: a fixed number of them needs no guess.
    for (int step = 0; step < 4 && ends; ++step, ends = _blsr_u64(ends)) {
      const uint8_t *const end = window + _tzcnt_u64(ends);
      const uint8_t *const colon = window + _tzcnt_u64(colons);
      size_t count = static_cast<size_t>(end - word);
      if (colon < end) {
        count = static_cast<size_t>(colon - word);
        if (names == last || count - 1 >= room || (is_indexed && !is_index(word, count)) ||
            !read_number(colon + 1, static_cast<size_t>(end - colon) - 1, scales, values))
          goto stopped;
        colons = _blsr_u64(colons);
      } else if (count == 0) {
        ++word;
        continue;
      } else {
        if (names == last || count > room || is_indexed) goto stopped;
        *values = static_cast<float>(*scales);
      }
      const __m128i own = _mm_and_si128(load(word), load(table.ones[count]));
      const __m128i name = _mm_or_si128(_mm_shuffle_epi8(own, move), prefix);
      _mm_storeu_si128(reinterpret_cast<__m128i *>(names), _mm_or_si128(name, load(table.counts[prefixed + count])));
      ++names;
      ++values;
      word = end + 1;
    }
    // A word that does not end within 64 bytes.
    if (word == window) break;
  }
stopped:
  *place = static_cast<size_t>(word - line) - 1;
  return static_cast<size_t>(names - first);
}
} // namespace

size_t text_features(const uint8_t *line, size_t *place, size_t stop, const text_style *style, size_t limit,
                     text_name *names, float *values) {
  static const bool is_able = __builtin_cpu_supports("x86-64-v3");
  if (!is_able || *place >= stop) return 0;
  const double scales[] = {style->scale, -style->scale};
  const auto read = style->is_indexed ? read_features<true> : read_features<false>;
  return read(line, place, stop, *style, scales, limit, names, values);
}

#else

size_t text_features(const uint8_t *, size_t *, size_t, const text_style *, size_t, text_name *, float *) { return 0; }

#endif
