#include "CSimdJSON.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <new>
#include <simdjson.h>
#include <string_view>
#include <type_traits>

using namespace simdjson;

// The C structs carry simdjson's own handles byte for byte.
template <typename To, typename From> static To carry(const From &from) {
  static_assert(sizeof(To) == sizeof(From) && alignof(To) == alignof(From), "the handle fits");
  static_assert(std::is_trivially_copyable<To>::value && std::is_trivially_copyable<From>::value,
                "the handle is plain bytes");
  To to;
  std::memcpy(static_cast<void *>(&to), &from, sizeof to);
  return to;
}

template <typename Iterator> struct span {
  Iterator next, end;
};

struct json_parser {
  dom::parser parser;
  size_t max_bytes, max_depth;
  // simdjson never works with less than its minimal capacity, and counts a depth as too deep when it is reached.
  json_parser(size_t max_bytes, size_t max_depth)
      : parser(std::max(max_bytes, dom::MINIMAL_DOCUMENT_CAPACITY)), max_bytes(max_bytes),
        max_depth(max_depth + 1) {}
};

extern "C" {

json_parser *json_parser_create(size_t max_bytes, size_t max_depth) {
  return new (std::nothrow) json_parser(max_bytes, max_depth);
}

void json_parser_destroy(json_parser *parser) { delete parser; }

int32_t json_parse(json_parser *parser, const uint8_t *bytes, size_t count, json_value *root) {
  if (count > parser->max_bytes) return CAPACITY;
  // The parser grows only on demand; the depth is set whenever it allocates.
  if (parser->parser.capacity() < count || parser->parser.max_depth() != parser->max_depth) {
    size_t capacity = count < 65536 ? 65536 : count;
    auto error = parser->parser.allocate(capacity < parser->max_bytes ? capacity : parser->max_bytes,
                                         parser->max_depth);
    if (error) return error;
  }
  dom::element element;
  auto error = parser->parser.parse(bytes, count, true).get(element);
  if (error) return error;
  *root = carry<json_value>(element);
  return SUCCESS;
}

const char *json_error_message(int32_t code) { return error_message(static_cast<error_code>(code)); }

json_kind json_kind_of(json_value value) {
  switch (carry<dom::element>(value).type()) {
  case dom::element_type::ARRAY: return JSON_ARRAY;
  case dom::element_type::OBJECT: return JSON_OBJECT;
  case dom::element_type::INT64:
  case dom::element_type::UINT64:
  case dom::element_type::DOUBLE: return JSON_NUMBER;
  case dom::element_type::STRING: return JSON_STRING;
  case dom::element_type::BOOL: return JSON_BOOLEAN;
  case dom::element_type::NULL_VALUE: break;
  }
  return JSON_NULL;
}

double json_number(json_value value) {
  double number;
  return carry<dom::element>(value).get_double().get(number) ? 0 : number;
}

bool json_boolean(json_value value) {
  bool boolean;
  return carry<dom::element>(value).get_bool().get(boolean) ? false : boolean;
}

const uint8_t *json_string(json_value value, size_t *count) {
  std::string_view text;
  if (carry<dom::element>(value).get_string().get(text)) text = std::string_view("", 0);
  *count = text.size();
  return reinterpret_cast<const uint8_t *>(text.data());
}

json_cursor json_children(json_value value) {
  auto element = carry<dom::element>(value);
  dom::array array;
  dom::object object;
  if (!element.get_array().get(array))
    return carry<json_cursor>(span<dom::array::iterator>{array.begin(), array.end()});
  if (!element.get_object().get(object))
    return carry<json_cursor>(span<dom::object::iterator>{object.begin(), object.end()});
  return json_cursor{};
}

bool json_next_element(json_cursor *cursor, json_value *element) {
  auto left = carry<span<dom::array::iterator>>(*cursor);
  if (!(left.next != left.end)) return false;
  *element = carry<json_value>(*left.next);
  ++left.next;
  *cursor = carry<json_cursor>(left);
  return true;
}

bool json_next_member(json_cursor *cursor, const uint8_t **key, size_t *key_count, json_value *value) {
  auto left = carry<span<dom::object::iterator>>(*cursor);
  if (!(left.next != left.end)) return false;
  auto name = left.next.key();
  *key = reinterpret_cast<const uint8_t *>(name.data());
  *key_count = name.size();
  *value = carry<json_value>(left.next.value());
  ++left.next;
  *cursor = carry<json_cursor>(left);
  return true;
}

bool json_is_utf8(const uint8_t *bytes, size_t count) {
  return validate_utf8(reinterpret_cast<const char *>(bytes), count);
}

// Whether a decimal number that is far from 1 is above it.
static bool is_above_one(const char *text, const char *end) {
  // Of how many digits before the point the number is, or less than 0 for zeros behind it.
  int64_t magnitude = 0;
  bool has_digit = false, has_point = false;
  for (; text != end && (*text | 0x20) != 'e'; ++text) {
    if (*text == '.') has_point = true;
    if (*text >= '1' && *text <= '9') has_digit = true;
    if (*text >= '0' && *text <= '9' && has_digit != has_point) magnitude += has_digit ? 1 : -1;
  }
  if (text == end) return magnitude > 0;
  const bool is_negative = *++text == '-';
  int64_t exponent = 0;
  for (; text != end; ++text) {
    // No text has so many digits that they make up for more.
    if (*text >= '0' && *text <= '9') exponent = std::min<int64_t>(exponent * 10 + (*text - '0'), INT64_MAX / 16);
  }
  return magnitude + (is_negative ? -exponent : exponent) > 0;
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
    // from_chars does not say whether the number was too large or too small.
    *number = std::copysign(is_above_one(text, end) ? HUGE_VAL : 0.0, *text == '-' ? -1.0 : 1.0);
  }
  return true;
}
}
