#include "audit_json.hpp"

#include "text_argument.hpp"

extern "C" {
#include "catalog/pg_type.h"
#include "common/shortest_dec.h"
#include "utils/array.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/json.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"
}

#include <cmath>

namespace mlregistry::pg {

namespace {

JsonKind kind_of(Form_pg_attribute column) {
    switch (column->atttypid) {
    case BOOLOID:
        return JsonKind::boolean;
    case INT2OID:
    case INT4OID:
    case INT8OID:
    case NUMERICOID:
        return JsonKind::number;
    case FLOAT8OID:
        return JsonKind::floating;
    case TIMESTAMPTZOID:
        return JsonKind::moment;
    case JSONBOID:
        return JsonKind::json;
    case TEXTOID:
        return JsonKind::text;
    default:
        return OidIsValid(get_element_type(column->atttypid)) ? JsonKind::array : JsonKind::other;
    }
}

/// NaN and the infinities are no numbers in JSON.
void append_number(StringInfo out, const char *digits) {
    const char last = digits[0] == '\0' ? '\0' : digits[std::string_view{digits}.size() - 1];
    appendStringInfo(out, last >= '0' && last <= '9' ? "%s" : "\"%s\"", digits);
}

/// The shortest text that reads as the same number, whatever extra_float_digits says.
void append_floating(StringInfo out, double value) {
    if (!std::isfinite(value)) {
        appendStringInfoString(out, std::isnan(value) ? "\"NaN\"" : value > 0 ? "\"Infinity\"" : "\"-Infinity\"");
        return;
    }
    char digits[DOUBLE_SHORTEST_DECIMAL_LEN];
    double_to_shortest_decimal_buf(value, digits);
    appendStringInfoString(out, digits);
}

void append_moment(StringInfo out, Datum value) {
    if (TIMESTAMP_NOT_FINITE(DatumGetTimestampTz(value))) {
        appendStringInfoString(out,
                               TIMESTAMP_IS_NOBEGIN(DatumGetTimestampTz(value)) ? "\"-infinity\"" : "\"infinity\"");
        return;
    }
    char text[MAXDATELEN + 1];
    const int utc = 0;
    appendStringInfo(out, "\"%s\"", JsonEncodeDateTime(text, value, TIMESTAMPTZOID, &utc));
}

} // namespace

JsonColumn json_column(Form_pg_attribute column) {
    JsonColumn result{.kind = kind_of(column), .type = column->atttypid, .output = InvalidOid};
    if (result.kind == JsonKind::number || result.kind == JsonKind::other) {
        bool is_varlena = false;
        getTypeOutputInfo(column->atttypid, &result.output, &is_varlena);
    }
    return result;
}

void append_json_text(StringInfo out, std::string_view text) { escape_json(out, pnstrdup(text.data(), text.size())); }

void append_json(StringInfo out, const JsonColumn &column, Datum value) {
    switch (column.kind) {
    case JsonKind::boolean:
        appendStringInfoString(out, DatumGetBool(value) ? "true" : "false");
        break;
    case JsonKind::number:
        append_number(out, OidOutputFunctionCall(column.output, value));
        break;
    case JsonKind::floating:
        append_floating(out, DatumGetFloat8(value));
        break;
    case JsonKind::moment:
        append_moment(out, value);
        break;
    case JsonKind::json: {
        Jsonb *const document = DatumGetJsonbP(value);
        JsonbToCString(out, &document->root, VARSIZE(document));
        break;
    }
    case JsonKind::array: {
        const std::string_view text = text_view(DirectFunctionCall1(array_to_json, value));
        appendBinaryStringInfo(out, text.data(), static_cast<int>(text.size()));
        break;
    }
    case JsonKind::text:
        append_json_text(out, text_view(value));
        break;
    case JsonKind::other:
        escape_json(out, OidOutputFunctionCall(column.output, value));
        break;
    }
}

bool is_empty(const JsonColumn &column, Datum value) {
    if (column.kind == JsonKind::json) {
        Jsonb *const document = DatumGetJsonbP(value);
        return !JB_ROOT_IS_SCALAR(document) && JB_ROOT_COUNT(document) == 0;
    }
    return column.kind == JsonKind::array && ARR_NDIM(DatumGetArrayTypeP(value)) == 0;
}

} // namespace mlregistry::pg
