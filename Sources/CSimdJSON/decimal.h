// Reads decimal numbers whose length is known, most of them without a branch on their digits: lengths and signs are
// random, and branches on them would be mispredicted.
#ifndef WHITTLE_DECIMAL_H
#define WHITTLE_DECIMAL_H

#include <cstdint>
#include <cstring>

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "a word's lowest byte is the first in memory");

// A number as it was written: 12.5 is 125 · 10⁻¹.
struct decimal {
  uint64_t digits;
  // 0 and below; 0 if there is no point.
  int power;
};

namespace decimals {

// 10 to the power of the index, exact as integers and as doubles.
constexpr uint64_t integer_powers[] = {
    1,           10,           100,           1000,           10000,           100000,           1000000,
    10000000,    100000000,    1000000000,    10000000000,    100000000000,    1000000000000,    10000000000000,
};
constexpr double double_powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10,
                                    1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20};

constexpr uint64_t zeros = 0x3030303030303030, points = 0x2E2E2E2E2E2E2E2E, ones = 0x0101010101010101;

inline bool is_digit(uint8_t byte) { return static_cast<uint8_t>(byte - '0') <= 9; }

inline uint64_t load(const uint8_t *place) {
  uint64_t word;
  std::memcpy(&word, place, sizeof word);
  return word;
}

// The last `size` bytes before `end`, with zeros before them. `size` is 1 to 8.
inline uint64_t last(const uint8_t *end, size_t size) {
  uint64_t kept = ~uint64_t{0} << (64 - 8 * size);
  return (load(end - 8) & kept) | (zeros & ~kept);
}

// The same, for a size of 0 too.
inline uint64_t last_if_any(const uint8_t *end, size_t size) {
  // Two shifts, since one by all 64 bits is none.
  uint64_t kept = ~uint64_t{0} << (32 - 4 * size) << (32 - 4 * size);
  return (load(end - 8) & kept) | (zeros & ~kept);
}

// The value of eight digits. Clears `are_digits` where they are not.
inline uint64_t value(uint64_t word, bool &are_digits) {
  word -= zeros;
  // A byte below '0' borrows, which leaves its highest bit set; above '9', adding sets it.
  are_digits &= ((word | (word + 0x7676767676767676)) & (ones << 7)) == 0;
  // Pairs of digits, then all four pairs at once (Johnny Lee).
  word = word * 10 + (word >> 8);
  return ((word & 0x000000FF000000FF) * 0x000F424000000064 + (word >> 16 & 0x000000FF000000FF) * 0x0000271000000001) >>
         32;
}

// A bit of the first byte that is a point, and perhaps of later ones; 0 where there is none.
inline uint64_t find_point(uint64_t word) {
  uint64_t difference = word ^ points;
  return (difference - ones) & ~difference & (ones << 7);
}

} // namespace decimals

// Reads what stands between start and end, which is all of a number without its sign: digits, or digits, a point and
// digits, with no zero in front that could be left out. The 8 bytes before end must be readable.
//
// Returns false for everything else, and for some that are longer than usual; then another reader must tell.
[[gnu::always_inline]] inline bool read_decimal(const uint8_t *start, const uint8_t *end, decimal &number) {
  using namespace decimals;
  const size_t size = end - start;
  if (size == 0) return false;
  // The second byte is readable: what ends the number, if not a digit.
  if (!is_digit(*start) | ((*start == '0') & (size > 1) & (start[1] != '.'))) return false;
  bool are_digits = true;
  if (size <= 8) {
    uint64_t word = last(end, size), point = find_point(word);
    number.power = 0;
    if (point != 0) {
      // The digits before the point move up by one, over it.
      int place = __builtin_ctzll(point) & ~7;
      uint64_t before = (uint64_t{1} << place) - 1, after = ~(before << 8 | 0xFF);
      word = (word & after) | (word & before) << 8 | '0';
      number.power = place / 8 - 7;
      are_digits = place < 56;
    }
    number.digits = value(word, are_digits);
    return are_digits;
  }
  if (size > 20) return false;
  // The first eight digits, over the point if it is among them.
  uint64_t first = load(start), point = find_point(first);
  auto rest = static_cast<unsigned>(size) - 8;
  number.power = 0;
  if (point != 0) {
    int place = __builtin_ctzll(point) & ~7;
    uint64_t before = (uint64_t{1} << place) - 1;
    first = (first & before) | (load(start + 1) & ~before);
    number.power = place / 8 - static_cast<int>(--rest + 8);
  }
  number.digits = value(first, are_digits);
  if (size <= 16) {
    number.digits = number.digits * integer_powers[rest] + value(last_if_any(end, rest), are_digits);
    return are_digits;
  }
  uint64_t second = value(load(start + 9), are_digits), third = value(last_if_any(end, rest - 8), are_digits);
  number.digits = (number.digits * 100000000 + second) * integer_powers[rest - 8] + third;
  return point != 0 && are_digits;
}

#endif
