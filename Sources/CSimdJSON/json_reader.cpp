// Walks through a message of JSON with simdjson's On-Demand interface, value by value, and writes down what it finds.
// simdjson checks what it reads, `short_decimal` the numbers that are left to it, and the walk leaves nothing out.

#include "CSimdJSON.h"
#include "short_decimal.h"

#include <cmath>
#include <cstring>
#include <new>
#include <simdjson.h>
#include <string>
#include <vector>

using namespace simdjson;
using std::string_view;

namespace {

constexpr auto blanks = " \t\r\n";

static_assert(short_decimal::margin <= SIMDJSON_PADDING, "numbers may be read from beyond the end of the text");

const uint8_t *bytes(string_view text) { return reinterpret_cast<const uint8_t *>(text.data()); }

} // namespace

struct json_reader {
  const size_t max_depth;
  // What the value holds that was read last.
  std::vector<json_item> items;

private:
  // The message, and behind it what simdjson wants to be there.
  std::string text;
  // Where the message ends.
  const char *text_end = nullptr;
  // The first backslash that is not before the strings that were read.
  const char *next_escape = nullptr;
  size_t depth = 0;
  enum { one, batch, lines } form = one;
  bool has_begun = false;
  ondemand::parser parser;
  // Of one value, and of a batch.
  ondemand::document document;
  ondemand::array_iterator element;
  // Of lines.
  ondemand::document_stream documents;
  ondemand::document_stream::iterator line;

public:
  explicit json_reader(size_t max_depth) : max_depth(max_depth < JSON_MAX_DEPTH ? max_depth : JSON_MAX_DEPTH) {}

  const uint8_t *copy() const { return bytes(text); }

  json_step begin(string_view message) {
    // Items count in 32 bits.
    if (message.size() > UINT32_MAX / 2) return JSON_NO_MEMORY;
    // Half as much again, so that messages that grow bit by bit do not take new memory each time.
    if (parser.capacity() < message.size() && parser.allocate(message.size() + message.size() / 2))
      return JSON_NO_MEMORY;
    text.assign(message).append(SIMDJSON_PADDING, ' ');
    text_end = text.data() + message.size();
    next_escape = nullptr;
    has_begun = false;
    const auto first = message.find_first_not_of(blanks);
    if (first == message.npos) return JSON_REFUSED;
    form = message[first] == '[' ? batch : message.find('\n', first) == message.npos ? one : lines;
    if (form == lines) {
      // A window of the parser's size, for which it has its memory already.
      if (parser.iterate_many(text.data(), message.size(), parser.capacity()).get(documents)) return JSON_REFUSED;
      line = documents.begin();
      return JSON_LINES;
    }
    if (parser.iterate(text.data(), message.size(), text.size()).get(document)) return JSON_REFUSED;
    if (form == one) return JSON_LINES;
    ondemand::array array;
    return document.get_array().get(array) || array.begin().get(element) ? JSON_REFUSED : JSON_BATCH;
  }

  json_step next() {
    items.clear();
    depth = form == batch;
    ondemand::value value;
    bool is_end = false;
    if (find_next(value, is_end)) return JSON_REFUSED;
    if (is_end) return JSON_END;
    const string_view token = value.raw_json_token();
    uint64_t kinds = 0;
    // What no other holds is an object or an array, and may not be asked for a number.
    auto error = form == batch ? read(value, token, {}, kinds) : read_other(value, token, add(token, {}), kinds);
    return error ? JSON_REFUSED : JSON_VALUE;
  }

private:
  // Finds the message's next value, or its end, behind which nothing may stand.
  error_code find_next(ondemand::value &value, bool &is_end) {
    const bool is_first = !has_begun;
    has_begun = true;
    if (form == lines) {
      if (!is_first) ++line;
      is_end = !(line != documents.end());
      if (is_end) return documents.truncated_bytes() == 0 ? SUCCESS : TAPE_ERROR;
      ondemand::document_reference next;
      if (auto error = (*line).get(next)) return error;
      const auto before = string_view(text.data(), line.current_index()).find_last_not_of(" \t\r");
      return is_first || text[before] == '\n' ? next.get_value().get(value) : TAPE_ERROR;
    }
    if (form == batch && !is_first) ++element;
    is_end = form == batch ? !(element != ondemand::array_iterator()) : !is_first;
    if (is_end) return document.current_location().error() == OUT_OF_BOUNDS ? SUCCESS : TAPE_ERROR;
    return form == batch ? (*element).get(value) : document.get_value().get(value);
  }

  json_item &add(string_view token, string_view name) {
    json_item &item = items.emplace_back();
    item.name = bytes(name);
    item.name_count = static_cast<uint32_t>(name.size());
    item.place = static_cast<uint32_t>(token.data() - text.data());
    return item;
  }

  // Reads a value and all that it holds. Adds its kind to `kinds`.
  [[gnu::always_inline]] error_code read(
      ondemand::value &value, string_view token, string_view name, uint64_t &kinds) {
    json_item &item = add(token, name);
    if (short_decimal::read(token.data(), token.size(), item.number)) {
      // The walk goes on behind what has not been asked for.
      item.kind = JSON_NUMBER;
      kinds |= uint64_t{1} << JSON_NUMBER;
      return SUCCESS;
    }
    // This refuses all that are no numbers.
    auto error = value.get_double().get(item.number);
    if (!error && token.size() <= 21 && std::abs(item.number) < 0x1p63) {
      item.kind = JSON_NUMBER;
      kinds |= uint64_t{1} << JSON_NUMBER;
      return SUCCESS;
    }
    return read_other(value, token, item, kinds);
  }

  // Reads what is no number, or a long one. Calls itself for what the value holds, so depth is limited.
  error_code read_other(ondemand::value value, string_view token, json_item &item, uint64_t &kinds) {
    ondemand::json_type type;
    if (auto error = value.type().get(type)) return error;
    error_code error;
    switch (type) {
    case ondemand::json_type::number:
      item.kind = JSON_NUMBER;
      error = read_long_number(value, token, item.number);
      break;
    case ondemand::json_type::string: {
      item.kind = JSON_STRING;
      string_view string = token.substr(1, token.rfind('"') - 1);
      ondemand::raw_json_string raw;
      error = is_plain(string) ? value.get_raw_json_string().get(raw) : value.get_string().get(string);
      item.text = bytes(string);
      item.count = static_cast<uint32_t>(string.size());
      break;
    }
    case ondemand::json_type::boolean: {
      item.kind = JSON_BOOLEAN;
      bool is_true = false;
      error = value.get_bool().get(is_true);
      item.number = is_true;
      break;
    }
    case ondemand::json_type::null: {
      item.kind = JSON_NULL;
      bool is_null = false;
      error = value.is_null().get(is_null);
      if (!is_null) error = N_ATOM_ERROR;
      break;
    }
    default:
      item.kind = type == ondemand::json_type::object ? JSON_OBJECT : JSON_ARRAY;
      kinds |= uint64_t{1} << item.kind;
      return depth == max_depth ? DEPTH_ERROR : read_inside(value, item.kind);
    }
    kinds |= uint64_t{1} << item.kind;
    return error;
  }

  // Reads a number where get_double may be wrong: simdjson 3.0.1 misreads twenty digits behind "0.", refuses exponents
  // of twenty digits, and does not refuse whole numbers of more than 64 bits.
  error_code read_long_number(ondemand::value value, string_view token, double &number) {
    // Tells numbers from others; but what it reads from more than 19 digits is lost.
    if (auto error = value.get_number().error()) return error;
    token = token.substr(0, token.find_last_not_of(blanks) + 1);
    return text_number(bytes(token), token.size(), &number) && std::isfinite(number) ? SUCCESS : NUMBER_ERROR;
  }

  // Reads what stands in an object or array.
  error_code read_inside(ondemand::value value, json_kind kind) {
    const size_t opener = items.size() - 1;
    uint64_t kinds = 0;
    ++depth;
    if (kind == JSON_OBJECT) {
      ondemand::object object;
      if (auto error = value.get_object().get(object)) return error;
      for (auto result : object) {
        ondemand::field field;
        if (auto error = std::move(result).get(field)) return error;
        const string_view token = field.value().raw_json_token();
        // Between the quote that ends the key and the value stand a colon and blanks, mostly the colon alone.
        string_view name(field.key().raw(), token.data() - field.key().raw());
        name = name.substr(0, name.size() > 2 && name[name.size() - 2] == '"' ? name.size() - 2 : name.rfind('"'));
        if (!is_plain(name)) {
          if (auto error = field.unescaped_key().get(name)) return error;
        }
        if (auto error = read(field.value(), token, name, kinds)) return error;
      }
    } else {
      ondemand::array array;
      if (auto error = value.get_array().get(array)) return error;
      for (auto result : array) {
        ondemand::value element;
        if (auto error = std::move(result).get(element)) return error;
        if (auto error = read(element, element.raw_json_token(), {}, kinds)) return error;
      }
    }
    --depth;
    items.emplace_back().kind = JSON_CLOSE;
    items[opener].kinds = kinds;
    items[opener].count = static_cast<uint32_t>(items.size() - opener);
    return SUCCESS;
  }

  // Whether a string has no escapes, so that it is what stands in the text.
  bool is_plain(string_view string) {
    if (next_escape < string.data()) {
      auto found = static_cast<const char *>(std::memchr(string.data(), '\\', text_end - string.data()));
      next_escape = found ? found : text_end;
    }
    return next_escape >= string.data() + string.size();
  }
};

extern "C" {

json_reader *json_reader_create(size_t max_depth) { return new (std::nothrow) json_reader(max_depth); }

void json_reader_destroy(json_reader *reader) { delete reader; }

json_step json_reader_begin(json_reader *reader, const uint8_t *bytes, size_t count, const uint8_t **copy) {
  try {
    auto step = reader->begin({reinterpret_cast<const char *>(bytes), count});
    *copy = reader->copy();
    return step;
  } catch (const std::bad_alloc &) {
    return JSON_NO_MEMORY;
  }
}

json_step json_reader_next(json_reader *reader, json_item **items, size_t *count) {
  try {
    auto step = reader->next();
    *items = reader->items.data();
    *count = reader->items.size();
    return step;
  } catch (const std::bad_alloc &) {
    return JSON_NO_MEMORY;
  }
}
}
