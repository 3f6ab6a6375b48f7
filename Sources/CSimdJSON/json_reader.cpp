// Reads a message of JSON, value by value, into plain arrays.
//
// simdjson's first stage finds the places of all tokens and checks UTF-8 and strings. Its second stage would write
// the document to a tape of its own; here it is the items that the decoder walks, so that nothing is copied twice.

#include "CSimdJSON.h"
#include "decimal.h"

#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <simdjson.h>
#include <string_view>

using namespace simdjson;

namespace {

// What simdjson's number reader writes to.
struct number_item {
  json_item *item;
  void append_s64(int64_t value) {
    item->kind = JSON_INTEGER;
    item->number = static_cast<double>(value);
  }
  void append_u64(uint64_t value) {
    item->kind = JSON_INTEGER;
    item->number = static_cast<double>(value);
  }
  void append_double(double value) {
    item->kind = JSON_NUMBER;
    item->number = value;
  }
  void skip_double() {}
};

inline bool is_blank(uint8_t byte) { return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r'; }

// The value of four hexadecimal digits; above 0xFFFF where they are none.
uint32_t code_unit(const uint8_t *digits) {
  uint32_t unit = 0;
  for (int i = 0; i < 4; ++i) {
    uint8_t digit = digits[i], letter = digit | 0x20;
    if (decimals::is_digit(digit)) {
      unit = unit << 4 | (digit - '0');
    } else if (letter >= 'a' && letter <= 'f') {
      unit = unit << 4 | (letter - 'a' + 10);
    } else {
      return 0x10000;
    }
  }
  return unit;
}

uint8_t *write_utf8(uint32_t scalar, uint8_t *to) {
  auto rest = [scalar](int shift) { return static_cast<uint8_t>(0x80 | (scalar >> shift & 0x3F)); };
  if (scalar < 0x80) {
    *to++ = static_cast<uint8_t>(scalar);
  } else if (scalar < 0x800) {
    *to++ = static_cast<uint8_t>(0xC0 | scalar >> 6);
    *to++ = rest(0);
  } else if (scalar < 0x10000) {
    *to++ = static_cast<uint8_t>(0xE0 | scalar >> 12);
    *to++ = rest(6);
    *to++ = rest(0);
  } else {
    *to++ = static_cast<uint8_t>(0xF0 | scalar >> 18);
    *to++ = rest(12);
    *to++ = rest(6);
    *to++ = rest(0);
  }
  return to;
}

// Storage that grows and keeps what it holds. What it holds is plain bytes.
template <typename Element> class buffer {
  Element *start = nullptr;
  size_t room = 0;

public:
  ~buffer() { std::free(start); }
  buffer() = default;
  buffer(const buffer &) = delete;
  buffer &operator=(const buffer &) = delete;

  Element *data() const { return start; }
  size_t capacity() const { return room; }

  bool reserve(size_t count) {
    if (count <= room) return true;
    auto larger = static_cast<Element *>(std::realloc(start, count * sizeof(Element)));
    if (!larger) return false;
    start = larger;
    room = count;
    return true;
  }
};

} // namespace

struct json_reader {
  explicit json_reader(size_t max_depth) : max_depth(max_depth) {}

  json_step begin(const uint8_t *message, size_t message_count);
  json_step next_value();

  buffer<json_item> items;
  size_t item_count = 0;

private:
  // A key or a string, unescaped.
  struct string {
    const uint8_t *text;
    uint32_t count;
  };

  bool read_value();
  bool read_string(const uint8_t *bytes, const uint32_t *&token, string &string);
  bool read_number(const uint8_t *bytes, const uint32_t *&token, json_item &item);
  bool read_any_number(const uint8_t *from, const uint8_t *until, json_item &item);
  bool read_literal(const uint8_t *from, const uint8_t *until, json_item &item);
  bool unescape(const uint8_t *from, const uint8_t *until, string &string);
  bool grow();
  json_step refusal() const { return has_memory ? JSON_REFUSED : JSON_NO_MEMORY; }

  std::unique_ptr<internal::dom_parser_implementation> scanner;
  const size_t max_depth;
  const uint8_t *bytes = nullptr, *bytes_end = nullptr;
  // The places of the tokens that are still to be read. The last one of all closes an object or an array: a message
  // where it does not is refused at once, so every token that is none of these has a successor.
  const uint32_t *next = nullptr, *end = nullptr;
  bool is_batch = false, has_begun = false, has_memory = true;
  // The first backslash that is not before the strings read so far.
  const uint8_t *next_escape = nullptr;
  // Strings that had to be written anew. Those of one value are never longer than the message.
  buffer<uint8_t> texts;
  size_t texts_count = 0;
  // The items that opened what is open.
  buffer<uint32_t> scopes;
};

json_step json_reader::begin(const uint8_t *message, size_t message_count) {
  // Items count tokens in 32 bits.
  if (message_count >= UINT32_MAX / 2 || !scopes.reserve(max_depth + 2)) return JSON_NO_MEMORY;
  if (!scanner || scanner->capacity() < message_count) {
    // Half as much again, so that messages that grow bit by bit do not allocate each time.
    size_t capacity = message_count < 65536 ? 65536 : message_count + message_count / 2;
    auto error = scanner ? scanner->allocate(capacity, 1)
                         : get_active_implementation()->create_dom_parser_implementation(capacity, 1, scanner);
    if (error) return JSON_NO_MEMORY;
  }
  if (scanner->stage1(message, message_count, stage1_mode::regular)) return JSON_REFUSED;
  bytes = message;
  bytes_end = message + message_count;
  next = scanner->structural_indexes.get();
  end = next + scanner->n_structural_indexes;
  has_begun = false;
  has_memory = true;
  next_escape = nullptr;
  uint8_t last = bytes[end[-1]];
  if (last != '}' && last != ']') return JSON_REFUSED;
  is_batch = bytes[*next] == '[';
  if (is_batch) ++next;
  return is_batch ? JSON_BATCH : JSON_LINES;
}

json_step json_reader::next_value() {
  if (is_batch) {
    if (has_begun || bytes[*next] == ']') {
      if (next == end) return JSON_REFUSED;
      uint8_t byte = bytes[*next++];
      if (byte == ']') return next == end ? JSON_END : JSON_REFUSED;
      if (byte != ',') return JSON_REFUSED;
    }
  } else {
    if (next == end) return JSON_END;
    if (bytes[*next] != '{' && bytes[*next] != '[') return JSON_REFUSED;
    if (has_begun && !std::memchr(bytes + next[-1], '\n', *next - next[-1])) return JSON_REFUSED;
  }
  has_begun = true;
  return read_value() ? JSON_VALUE : refusal();
}

bool json_reader::grow() {
  has_memory = items.reserve(items.capacity() == 0 ? 128 : 2 * items.capacity());
  return has_memory;
}

// One value, and all that it holds. A loop, since recursion would let the sender choose how deep our stack gets.
bool json_reader::read_value() {
  // What every item needs is kept here, so that it stays in registers.
  const uint8_t *const bytes = this->bytes;
  const uint32_t *token = next;
  uint32_t *const floor = scopes.data(), *scope = floor;
  const ptrdiff_t depth_left = static_cast<ptrdiff_t>(max_depth) - is_batch;
  json_item *first = items.data(), *item = first, *limit = first + items.capacity();
  string name{nullptr, 0};
  texts_count = 0;
  // Of what is open; the members of what is open around it wait in its item.
  bool is_object = false;
  uint64_t kinds = 0;

  auto make_room = [&] {
    size_t count = item - first;
    if (!grow()) return false;
    first = items.data();
    item = first + count;
    limit = first + items.capacity();
    return true;
  };

value:
  if (item == limit && !make_room()) return false;
  item->name = name.text;
  item->name_count = name.count;
  item->place = *token;
  {
    const uint8_t byte = bytes[*token];
    if ((byte == '-') | decimals::is_digit(byte)) {
      if (!read_number(bytes, token, *item)) return false;
    } else if (byte == '"') {
      string text;
      if (!read_string(bytes, token, text)) return false;
      item->kind = JSON_STRING;
      item->text = text.text;
      item->count = text.count;
    } else if (byte == '{' || byte == '[') {
      if (scope != floor) first[scope[-1]].kinds = kinds;
      kinds = 0;
      is_object = byte == '{';
      item->kind = is_object ? JSON_OBJECT : JSON_ARRAY;
      *scope++ = static_cast<uint32_t>(item - first);
      ++item;
      name = {nullptr, 0};
      if (bytes[*++token] == (is_object ? '}' : ']')) goto close;
      if (scope - floor > depth_left) return false;
      if (is_object) goto key;
      goto value;
    } else {
      if (!read_literal(bytes + token[0], bytes + token[1], *item)) return false;
      ++token;
    }
  }
  // A scalar alone is the element of a batch.
  if (scope == floor) goto done;

after_value:
  kinds |= uint64_t{1} << item->kind;
  ++item;
  if (bytes[*token] != ',') {
    if (bytes[*token] != (is_object ? '}' : ']')) return false;
    goto close;
  }
  ++token;
  if (!is_object) goto value;

key:
  if (bytes[*token] != '"' || !read_string(bytes, token, name) || bytes[*token] != ':') return false;
  ++token;
  goto value;

close:
  if (item == limit && !make_room()) return false;
  item->name = nullptr;
  item->name_count = 0;
  item->place = *token++;
  item->kind = JSON_CLOSE;
  name = {nullptr, 0};
  {
    uint32_t opener = *--scope;
    first[opener].count = static_cast<uint32_t>(item - first) + 1 - opener;
    first[opener].kinds = kinds;
  }
  if (scope != floor) {
    // Where something is open, the last token of all may have been read.
    if (token == end) return false;
    is_object = first[scope[-1]].kind == JSON_OBJECT;
    kinds = first[scope[-1]].kinds;
    goto after_value;
  }

done:
  item_count = item + 1 - first;
  next = token;
  return true;
}

[[gnu::always_inline]] inline bool json_reader::read_string(
    const uint8_t *bytes, const uint32_t *&token, string &string) {
  const uint8_t *from = bytes + token[0] + 1, *until = bytes + token[1];
  ++token;
  // Only blanks stand between the end of a string and the next token.
  do --until;
  while (*until != '"');
  string = {from, static_cast<uint32_t>(until - from)};
  return next_escape >= until || unescape(from, until, string);
}

// Writes a string anew if it has escapes.
bool json_reader::unescape(const uint8_t *from, const uint8_t *until, string &string) {
  if (next_escape < from) {
    auto found = static_cast<const uint8_t *>(std::memchr(from, '\\', bytes_end - from));
    next_escape = found ? found : bytes_end;
    if (next_escape >= until) return true;
  }
  // Takes room once a message at most, so that what was handed out stays where it is.
  has_memory = texts.reserve(bytes_end - bytes);
  if (!has_memory) return false;
  uint8_t *to = texts.data() + texts_count;
  string.text = to;
  while (from < until) {
    auto escape = static_cast<const uint8_t *>(std::memchr(from, '\\', until - from));
    auto plain_end = escape ? escape : until;
    std::memcpy(to, from, plain_end - from);
    to += plain_end - from;
    from = plain_end;
    if (!escape) break;
    // A quote that ends a string is never escaped, so a byte follows every backslash.
    from += 2;
    switch (from[-1]) {
    case '"':
    case '\\':
    case '/': *to++ = from[-1]; break;
    case 'b': *to++ = '\b'; break;
    case 'f': *to++ = '\f'; break;
    case 'n': *to++ = '\n'; break;
    case 'r': *to++ = '\r'; break;
    case 't': *to++ = '\t'; break;
    case 'u': {
      if (until - from < 4) return false;
      uint32_t unit = code_unit(from);
      from += 4;
      if (unit > 0xFFFF || (unit >= 0xDC00 && unit <= 0xDFFF)) return false;
      if (unit >= 0xD800 && unit <= 0xDBFF) {
        if (until - from < 6 || from[0] != '\\' || from[1] != 'u') return false;
        uint32_t second = code_unit(from + 2);
        from += 6;
        if (second < 0xDC00 || second > 0xDFFF) return false;
        unit = 0x10000 + ((unit - 0xD800) << 10) + (second - 0xDC00);
      }
      to = write_utf8(unit, to);
      break;
    }
    default: return false;
    }
  }
  string.count = static_cast<uint32_t>(to - string.text);
  texts_count += string.count;
  return true;
}

// True, false or null.
bool json_reader::read_literal(const uint8_t *from, const uint8_t *until, json_item &item) {
  while (until > from && is_blank(until[-1])) --until;
  std::string_view word(reinterpret_cast<const char *>(from), until - from);
  item.kind = word == "null" ? JSON_NULL : JSON_BOOLEAN;
  item.number = word == "true";
  return word == "true" || word == "false" || word == "null";
}

[[gnu::always_inline]] inline bool json_reader::read_number(
    const uint8_t *bytes, const uint32_t *&token, json_item &item) {
  const uint8_t *from = bytes + token[0], *until = bytes + token[1];
  ++token;
  // Nothing else up to a space can stand here.
  while (until[-1] <= ' ' && is_blank(until[-1])) --until;
  const uint64_t is_negative = *from == '-';
  decimal number;
  if (until - bytes < 8 || !read_decimal(from + is_negative, until, number))
    return read_any_number(from, until, item);
  // Both are exact, so the quotient is the nearest double (William Clinger); a whole number is divided by 1.
  double value = static_cast<double>(static_cast<int64_t>(number.digits)) / decimals::double_powers[-number.power];
  if (number.digits >> 53 != 0 && number.power != 0 &&
      !builtin::numberparsing::compute_float_64(number.power, number.digits, false, value))
    return read_any_number(from, until, item);
  // No branch, since signs are random.
  uint64_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  bits |= is_negative << 63;
  item.kind = number.power == 0 ? JSON_INTEGER : JSON_NUMBER;
  std::memcpy(&item.number, &bits, sizeof bits);
  return true;
}

// By simdjson, which tells what a number is.
bool json_reader::read_any_number(const uint8_t *from, const uint8_t *until, json_item &item) {
  number_item writer{&item};
  // It looks up to eight bytes past the number's end.
  if (bytes_end - until >= 8) return !builtin::numberparsing::parse_number(from, writer);
  char padded[64 + 8];
  if (until - from <= 64) {
    std::memset(padded, ' ', sizeof padded);
    std::memcpy(padded, from, until - from);
    return !builtin::numberparsing::parse_number(reinterpret_cast<const uint8_t *>(padded), writer);
  }
  // One at the very end of a message, and of a length that nobody writes.
  auto copy = static_cast<uint8_t *>(std::malloc(until - from + 8));
  has_memory = copy != nullptr;
  if (!has_memory) return false;
  std::memcpy(copy, from, until - from);
  std::memset(copy + (until - from), ' ', 8);
  bool is_read = !builtin::numberparsing::parse_number(copy, writer);
  std::free(copy);
  return is_read;
}

extern "C" {

json_reader *json_reader_create(size_t max_depth) { return new (std::nothrow) json_reader(max_depth); }

void json_reader_destroy(json_reader *reader) { delete reader; }

json_step json_reader_begin(json_reader *reader, const uint8_t *bytes, size_t count) {
  return reader->begin(bytes, count);
}

json_step json_reader_next(json_reader *reader, json_item **items, size_t *count) {
  auto step = reader->next_value();
  *items = reader->items.data();
  *count = reader->item_count;
  return step;
}
}
