// Decimal numbers of a few characters, read without a branch on how many there are, which would be mispredicted.
#ifndef WHITTLE_SHORT_DECIMAL_H
#define WHITTLE_SHORT_DECIMAL_H

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace short_decimal {

// How many bytes are read from a number's beginning on, whatever they are.
constexpr size_t margin = 10;

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the first character is taken to be in the lowest byte");

constexpr uint64_t ones = 0x0101010101010101, high_bits = 0x8080808080808080;

// The values of the first characters, the last in the highest byte; the lowest are 0 where there are fewer than eight.
inline uint64_t values(uint64_t characters, size_t count) {
  return (characters ^ '0' * ones) << (64 - 8 * count);
}

// Reads a number of JSON that is a digit, a point and one to seven digits, or up to eight digits; both with a minus sign or
// without.
//
// Its digits make a whole number that a double holds exactly, as it does the power of ten that it is divided by: so the quotient
// alone is rounded, once (Clinger 1990).
//
// Returns false for anything else; then the number is as it was.
[[gnu::always_inline]] inline bool read(const char *text, size_t count, double &number) {
  constexpr double powers[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, -1, -1e1, -1e2, -1e3, -1e4, -1e5, -1e6, -1e7};
  const bool is_negative = *text == '-';
  text += is_negative;
  count -= is_negative;
  uint64_t characters;
  size_t places = 0;
  if (text[1] == '.') {
    // One digit behind the point at least: of shorter texts the difference wraps around.
    if (count - 3 > 6) return false;
    // The digits behind the point, and the one before it over the point.
    std::memcpy(&characters, text + 1, 8);
    characters = (characters & ~uint64_t{0xFF}) | uint8_t(*text);
    places = count - 2;
    --count;
  } else {
    // Of several digits the first is not 0; of none at all the difference wraps around.
    if (count - 1 > 7 || (*text == '0' && count > 1)) return false;
    std::memcpy(&characters, text, 8);
  }
  uint64_t digits = values(characters, count);
  if ((digits | (digits + (127 - 9) * ones)) & high_bits) return false;
  // Neighbours make numbers of two digits, those of four, and those of eight.
  digits = (digits * 10 + (digits >> 8)) & 0x00FF00FF00FF00FF;
  digits = (digits * 100 + (digits >> 16)) & 0x0000FFFF0000FFFF;
  digits = (digits * 10000 + (digits >> 32)) & 0xFFFFFFFF;
  number = double(int64_t(digits)) / powers[places + 8 * is_negative];
  return true;
}

} // namespace short_decimal

#endif
