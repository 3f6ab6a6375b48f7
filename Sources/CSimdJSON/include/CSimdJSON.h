// A small C face on simdjson, with which a message of JSON is read value by value, and on the C++ library's number
// reader.
#ifndef WHITTLE_CSIMDJSON_H
#define WHITTLE_CSIMDJSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct json_reader json_reader;

typedef enum {
  JSON_NULL,
  JSON_BOOLEAN,
  // If of digits alone, of 64 bits at most.
  JSON_NUMBER,
  JSON_STRING,
  JSON_ARRAY,
  JSON_OBJECT,
  // Ends the innermost array or object that is open.
  JSON_CLOSE
} json_kind;

// A part of a value: a scalar, or the beginning or end of what holds others, in the order of the text.
//
//     {"y": 1, "x": {"a": 2}}      OBJECT  NUMBER y  OBJECT x  NUMBER a  CLOSE  CLOSE
typedef struct {
  // The unescaped UTF-8 of the key in front of it; NULL where there is none.
  const uint8_t *name;
  uint32_t name_count;
  // Where its value begins in the message. JSON_CLOSE has none.
  uint32_t place;
  union {
    // Of JSON_NUMBER: finite, the nearest double. Of JSON_BOOLEAN: 0 or 1.
    double number;
    // Of JSON_STRING: unescaped UTF-8.
    const uint8_t *text;
    // Of JSON_ARRAY and JSON_OBJECT: a bit (1 << kind) for each kind among what it holds directly.
    uint64_t kinds;
  };
  // Of JSON_STRING: the bytes. Of JSON_ARRAY and JSON_OBJECT: the items up to the one after its end.
  uint32_t count;
  json_kind kind;
} json_item;

typedef enum {
  // An array of values. The whole message is that array.
  JSON_BATCH,
  // Values with line feeds between them; mostly just one.
  JSON_LINES,
  // The next value was read.
  JSON_VALUE,
  JSON_END,
  // The message is not JSON, or nests too deep, or is one scalar.
  JSON_REFUSED,
  JSON_NO_MEMORY
} json_step;

// How deep a message may nest at most: the walk calls itself for what a value holds.
#define JSON_MAX_DEPTH 1024

// NULL when memory is short.
json_reader *json_reader_create(size_t max_depth);
void json_reader_destroy(json_reader *reader);

// Copies a message, scans it, and checks its UTF-8. The copy has 64 readable bytes behind it.
// Returns JSON_BATCH, JSON_LINES, JSON_REFUSED or JSON_NO_MEMORY.
json_step json_reader_begin(json_reader *reader, const uint8_t *bytes, size_t count, const uint8_t **copy);

// Reads the message's next value. Its items are valid until the next call.
// Returns JSON_VALUE, JSON_END, JSON_REFUSED or JSON_NO_MEMORY; after the last three, call it no more.
json_step json_reader_next(json_reader *reader, json_item **items, size_t *count);

bool json_is_utf8(const uint8_t *bytes, size_t count);

// Reads all of the text as one decimal number (std::from_chars, with a leading + allowed). A number too large or too
// small for a double is read as infinity or 0. Returns false for any other text.
bool text_number(const uint8_t *bytes, size_t count, double *number);

#ifdef __cplusplus
}
#endif

#endif
