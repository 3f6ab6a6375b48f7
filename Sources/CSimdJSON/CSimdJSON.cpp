#include "CSimdJSON.h"

#include <charconv>
#include <cstdlib>
#include <simdjson.h>
#include <string>

using namespace simdjson;

extern "C" {

bool json_is_utf8(const uint8_t *bytes, size_t count) {
  return validate_utf8(reinterpret_cast<const char *>(bytes), count);
}

bool text_number(const uint8_t *bytes, size_t count, double *number) {
  auto text = reinterpret_cast<const char *>(bytes), end = text + count;
  if (text != end && *text == '+') {
    ++text;
    if (text != end && *text == '-') return false;
  }
  auto read = std::from_chars(text, end, *number);
  if (read.ptr != end || read.ec == std::errc::invalid_argument) return false;
  if (read.ec == std::errc::result_out_of_range) {
    // from_chars does not say whether the number was too large or too small; strtod does, of a text that ends in 0. The
    // copy's storage is kept.
    thread_local std::string copy;
    copy.assign(text, end);
    *number = std::strtod(copy.c_str(), nullptr);
  }
  return true;
}
}
