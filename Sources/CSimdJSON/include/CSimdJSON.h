// A small C face on simdjson's document parser (parse once, then walk the validated document) and on the C++
// library's number reader.
#ifndef WHITTLE_CSIMDJSON_H
#define WHITTLE_CSIMDJSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "TextFeatures.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct json_parser json_parser;

typedef enum {
  JSON_NULL,
  JSON_BOOLEAN,
  JSON_NUMBER,
  JSON_STRING,
  JSON_ARRAY,
  JSON_OBJECT
} json_kind;

// A place in the parser's current document. Valid until the parser's next json_parse or its end.
typedef struct {
  uint64_t words[2];
} json_value;

// What is left to visit of an array or an object. Valid as long as the value it came from.
typedef struct {
  uint64_t next[2];
  uint64_t end[2];
} json_cursor;

// NULL when memory is short. Documents longer than max_bytes or nested deeper than max_depth are refused.
json_parser *json_parser_create(size_t max_bytes, size_t max_depth);
void json_parser_destroy(json_parser *parser);

// Copies the bytes, checks all of them (grammar, UTF-8, number ranges) and stores the root in *root.
// Returns 0, or a code for json_error_message.
int32_t json_parse(json_parser *parser, const uint8_t *bytes, size_t count, json_value *root);
const char *json_error_message(int32_t code);

json_kind json_kind_of(json_value value);
// The value of a number or of a boolean; 0 for every other kind.
double json_number(json_value value);
bool json_boolean(json_value value);
// The unescaped UTF-8 of a string; empty for every other kind. Valid as long as the value.
const uint8_t *json_string(json_value value, size_t *count);

// The cursor of an array's elements or of an object's members; of every other kind, an empty one.
json_cursor json_children(json_value value);
bool json_next_element(json_cursor *cursor, json_value *element);
bool json_next_member(json_cursor *cursor, const uint8_t **key, size_t *key_count, json_value *value);

bool json_is_utf8(const uint8_t *bytes, size_t count);

// Reads all of the text as one decimal number (std::from_chars, with a leading + allowed). A number too large or too
// small for a double is read as infinity or 0. Returns false for any other text.
bool text_number(const uint8_t *bytes, size_t count, double *number);

#ifdef __cplusplus
}
#endif

#endif
