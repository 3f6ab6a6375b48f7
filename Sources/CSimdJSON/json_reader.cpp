// Walks through a message of JSON with simdjson's On-Demand interface, value by value, and writes down what is there.
// simdjson checks what is read; all of the message is.

#include "CSimdJSON.h"

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string_view>
#include <type_traits>

// Its own checks in debug builds allow less depth than we do.
#define SIMDJSON_DEVELOPMENT_CHECKS 0
#include <simdjson.h>

using namespace simdjson;

namespace {

// Memory that grows and is kept.
template <typename Element> struct buffer {
  static_assert(std::is_trivially_copyable_v<Element>, "elements are moved as bytes");
  Element *start = nullptr;
  size_t room = 0;

  buffer() = default;
  buffer(const buffer &) = delete;
  ~buffer() { std::free(start); }

  bool reserve(size_t count) {
    if (count <= room) return true;
    // Half as much again, so that messages that grow bit by bit do not take new memory each time.
    size_t larger = count + count / 2 + 128;
    auto memory = static_cast<Element *>(std::realloc(start, larger * sizeof(Element)));
    if (!memory) return false;
    start = memory;
    room = larger;
    return true;
  }
};

constexpr auto blanks = " \t\r\n";

const uint8_t *bytes(const char *text) { return reinterpret_cast<const uint8_t *>(text); }

} // namespace

struct json_reader {
  explicit json_reader(size_t max_depth) : max_depth(max_depth) {}

  error_code begin(std::string_view message);
  // Reads the next value into the items; leaves none at the end.
  error_code next();

  // A value, an array of values, or values with line feeds between them.
  enum { one, batch, lines } form = one;
  // The message, and behind it what simdjson wants to be there.
  buffer<char> text;
  buffer<json_item> items;
  size_t item_count = 0;

private:
  error_code find_next(ondemand::value &value, bool &is_end);
  error_code read(ondemand::value &value, std::string_view token, std::string_view name);
  error_code read_long_number(ondemand::value &value, std::string_view token, double &number);
  error_code read_other(
      ondemand::value &value, std::string_view token, ondemand::json_type type, json_item &item);
  error_code read_members(ondemand::object object);
  error_code read_elements(ondemand::array array);
  error_code close(size_t opener, uint64_t kinds);
  bool is_plain(std::string_view string);

  const size_t max_depth;
  size_t depth = 0;
  const char *text_end = nullptr;
  // The first backslash that is not before the strings that were read.
  const char *next_escape = nullptr;
  bool has_begun = false;
  ondemand::parser parser;
  // Of one value, or a batch.
  ondemand::document document;
  ondemand::array_iterator element;
  // Of lines.
  ondemand::document_stream documents;
  ondemand::document_stream::iterator line;
};

error_code json_reader::begin(std::string_view message) {
  // Items count in 32 bits.
  if (message.size() > UINT32_MAX / 2 || !text.reserve(message.size() + SIMDJSON_PADDING)) return MEMALLOC;
  if (parser.capacity() < message.size()) {
    if (auto error = parser.allocate(text.room)) return error;
  }
  std::memcpy(text.start, message.data(), message.size());
  std::memset(text.start + message.size(), ' ', SIMDJSON_PADDING);
  text_end = text.start + message.size();
  next_escape = nullptr;
  has_begun = false;

  auto first = message.find_first_not_of(blanks);
  if (first == message.npos) return EMPTY;
  form = message[first] == '[' ? batch : message.find('\n', first) == message.npos ? one : lines;
  if (form == lines) {
    // A window as large as the parser's memory, so that it takes no other.
    auto error = parser.iterate_many(text.start, message.size(), parser.capacity()).get(documents);
    if (!error) line = documents.begin();
    return error;
  }
  if (auto error = parser.iterate(text.start, message.size(), text.room).get(document)) return error;
  if (form == one) return SUCCESS;
  ondemand::array array;
  if (auto error = document.get_array().get(array)) return error;
  return array.begin().get(element);
}

error_code json_reader::next() {
  item_count = 0;
  depth = form == batch ? 1 : 0;
  ondemand::value value;
  bool is_end = false;
  if (auto error = find_next(value, is_end)) return error;
  return is_end ? SUCCESS : read(value, value.raw_json_token(), {});
}

error_code json_reader::find_next(ondemand::value &value, bool &is_end) {
  const bool is_first = !has_begun;
  has_begun = true;
  if (form == lines) {
    if (!is_first) ++line;
    is_end = !(line != documents.end());
    if (is_end) return documents.truncated_bytes() == 0 ? SUCCESS : TAPE_ERROR;
    ondemand::document_reference next;
    if (auto error = (*line).get(next)) return error;
    auto before = std::string_view(text.start, line.current_index()).find_last_not_of(" \t\r");
    if (!is_first && text.start[before] != '\n') return TAPE_ERROR;
    return next.get_value().get(value);
  }
  if (form == batch) {
    if (!is_first) ++element;
    is_end = !(element != ondemand::array_iterator());
    if (!is_end) return (*element).get(value);
  } else {
    is_end = !is_first;
    if (!is_end) return document.get_value().get(value);
  }
  // Nothing may stand behind it.
  return document.current_location().error() == OUT_OF_BOUNDS ? SUCCESS : TAPE_ERROR;
}

// Reads a value and all that it holds.
[[gnu::always_inline]] inline error_code json_reader::read(
    ondemand::value &value, std::string_view token, std::string_view name) {
  if (!items.reserve(item_count + 1)) return MEMALLOC;
  json_item &item = items.start[item_count++];
  item.name = bytes(name.data());
  item.name_count = static_cast<uint32_t>(name.size());
  item.place = static_cast<uint32_t>(token.data() - text.start);
  ondemand::json_type type;
  if (auto error = value.type().get(type)) return error;
  if (type != ondemand::json_type::number) return read_other(value, token, type, item);
  item.kind = JSON_NUMBER;
  auto error = value.get_double().get(item.number);
  if (!error && token.size() <= 21 && std::abs(item.number) < 0x1p63) return SUCCESS;
  return read_long_number(value, token, item.number);
}

// Reads a number where get_double may be wrong: simdjson 3.0.1 misreads some of 20 digits behind "0.", refuses exponents
// of 20 digits, and takes whole numbers of more than 64 bits for others.
error_code json_reader::read_long_number(ondemand::value &value, std::string_view token, double &number) {
  // This tells what is a number; what it reads from more than 19 digits is lost.
  if (auto error = value.get_number().error()) return error;
  token = token.substr(0, token.find_last_not_of(blanks) + 1);
  return text_number(bytes(token.data()), token.size(), &number) && std::isfinite(number) ? SUCCESS : NUMBER_ERROR;
}

// Reads what is no number. Calls itself for what the value holds, so the depth is limited.
error_code json_reader::read_other(
    ondemand::value &value, std::string_view token, ondemand::json_type type, json_item &item) {
  switch (type) {
  case ondemand::json_type::boolean: {
    bool is_true = false;
    auto error = value.get_bool().get(is_true);
    item.kind = JSON_BOOLEAN;
    item.number = is_true;
    return error;
  }
  case ondemand::json_type::string: {
    std::string_view string = token.substr(1, token.rfind('"') - 1);
    ondemand::raw_json_string raw;
    auto error = is_plain(string) ? value.get_raw_json_string().get(raw) : value.get_string().get(string);
    item.kind = JSON_STRING;
    item.text = bytes(string.data());
    item.count = static_cast<uint32_t>(string.size());
    return error;
  }
  case ondemand::json_type::object: {
    item.kind = JSON_OBJECT;
    if (depth == max_depth) return DEPTH_ERROR;
    ondemand::object object;
    auto error = value.get_object().get(object);
    return error ? error : read_members(object);
  }
  case ondemand::json_type::array: {
    item.kind = JSON_ARRAY;
    if (depth == max_depth) return DEPTH_ERROR;
    ondemand::array array;
    auto error = value.get_array().get(array);
    return error ? error : read_elements(array);
  }
  default: {
    item.kind = JSON_NULL;
    bool is_null = false;
    auto error = value.is_null().get(is_null);
    return error || is_null ? error : N_ATOM_ERROR;
  }
  }
}

error_code json_reader::read_members(ondemand::object object) {
  const size_t opener = item_count - 1;
  uint64_t kinds = 0;
  ++depth;
  for (auto result : object) {
    ondemand::field field;
    if (auto error = std::move(result).get(field)) return error;
    auto token = field.value().raw_json_token();
    // Nothing but blanks and a colon stands between the key's second quote and the value.
    std::string_view name(field.key().raw(), token.data() - field.key().raw());
    name = name.substr(0, name.rfind('"'));
    if (!is_plain(name)) {
      if (auto error = field.unescaped_key().get(name)) return error;
    }
    const size_t place = item_count;
    if (auto error = read(field.value(), token, name)) return error;
    kinds |= uint64_t{1} << items.start[place].kind;
  }
  return close(opener, kinds);
}

error_code json_reader::read_elements(ondemand::array array) {
  const size_t opener = item_count - 1;
  uint64_t kinds = 0;
  ++depth;
  for (auto result : array) {
    ondemand::value value;
    if (auto error = std::move(result).get(value)) return error;
    const size_t place = item_count;
    if (auto error = read(value, value.raw_json_token(), {})) return error;
    kinds |= uint64_t{1} << items.start[place].kind;
  }
  return close(opener, kinds);
}

error_code json_reader::close(size_t opener, uint64_t kinds) {
  --depth;
  if (!items.reserve(item_count + 1)) return MEMALLOC;
  json_item &item = items.start[item_count++];
  item.name = nullptr;
  item.kind = JSON_CLOSE;
  items.start[opener].kinds = kinds;
  items.start[opener].count = static_cast<uint32_t>(item_count - opener);
  return SUCCESS;
}

// Whether a string has no escapes: then it is what stands in the text.
inline bool json_reader::is_plain(std::string_view string) {
  if (next_escape < string.data()) {
    auto found = static_cast<const char *>(std::memchr(string.data(), '\\', text_end - string.data()));
    next_escape = found ? found : text_end;
  }
  return next_escape >= string.data() + string.size();
}

extern "C" {

json_reader *json_reader_create(size_t max_depth) {
  return new (std::nothrow) json_reader(max_depth < JSON_MAX_DEPTH ? max_depth : JSON_MAX_DEPTH);
}

void json_reader_destroy(json_reader *reader) { delete reader; }

json_step json_reader_begin(json_reader *reader, const uint8_t *bytes, size_t count, const uint8_t **text) {
  auto error = reader->begin({reinterpret_cast<const char *>(bytes), count});
  *text = ::bytes(reader->text.start);
  if (error) return error == MEMALLOC ? JSON_NO_MEMORY : JSON_REFUSED;
  return reader->form == json_reader::batch ? JSON_BATCH : JSON_LINES;
}

json_step json_reader_next(json_reader *reader, json_item **items, size_t *count) {
  auto error = reader->next();
  *items = reader->items.start;
  *count = reader->item_count;
  if (error) return error == MEMALLOC ? JSON_NO_MEMORY : JSON_REFUSED;
  return *count > 0 ? JSON_VALUE : JSON_END;
}
}
