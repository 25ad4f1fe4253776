// Column values as JSON text, always the same for the same value: what the audit trail hashes.
#pragma once

#include "compat.hpp"

extern "C" {
#include "access/tupdesc.h"
#include "lib/stringinfo.h"
}

#include <cstdint>
#include <string_view>

namespace mlregistry::pg {

enum class JsonKind : std::uint8_t { boolean, number, floating, moment, json, array, text, other };

/// How values of a column become JSON. Plain data.
struct JsonColumn {
    JsonKind kind;
    Oid type;
    Oid output; ///< of numbers and others
};

JsonColumn json_column(Form_pg_attribute column);

/// Appends the value, times as ISO 8601 in UTC whatever the session's settings say.
void append_json(StringInfo out, const JsonColumn &column, Datum value);

/// Appends a text as a JSON string.
void append_json_text(StringInfo out, std::string_view text);

/// True for what holds nothing: {} and [] in jsonb, an empty array.
bool is_empty(const JsonColumn &column, Datum value);

} // namespace mlregistry::pg
