// What events of OpenLineage are made of, a thousand times a page: facets and times.
#include "text_argument.hpp"

extern "C" {
#include "datatype/timestamp.h"
#include "utils/datetime.h"
#include "utils/jsonb.h"
#include "utils/timestamp.h"
}

#include <cstring>

namespace mlregistry::pg {

namespace {

constexpr std::string_view producer = "https://pgxn.org/dist/mlregistry/" MLREGISTRY_VERSION "/";

/// The version in it is the one in which the file last changed.
constexpr std::string_view our_facets =
    "https://api.pgxn.org/src/mlregistry/mlregistry-0.9.0/docs/openlineage/mlregistry-facets.json#/$defs/";

JsonbValue string_value(std::string_view text) {
    JsonbValue value;
    value.type = jbvString;
    value.val.string.val = const_cast<char *>(text.data());
    value.val.string.len = static_cast<int>(text.size());
    return value;
}

void put(JsonbParseState *&state, std::string_view key, std::string_view text) {
    JsonbValue k = string_value(key);
    JsonbValue v = string_value(text);
    pushJsonbValue(&state, WJB_KEY, &k);
    pushJsonbValue(&state, WJB_VALUE, &v);
}

/// Members of an object; with or without those that are null.
void put_members(JsonbParseState *&state, Jsonb *object, bool with_nulls) {
    JsonbIterator *members = JsonbIteratorInit(&object->root);
    JsonbValue value;
    JsonbValue key;
    if (JsonbIteratorNext(&members, &value, false) != WJB_BEGIN_OBJECT) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("what a facet says must be a JSON object")));
    }
    while (JsonbIteratorNext(&members, &key, true) == WJB_KEY) {
        JsonbIteratorNext(&members, &value, true);
        if (with_nulls || value.type != jbvNull) {
            pushJsonbValue(&state, WJB_KEY, &key);
            pushJsonbValue(&state, WJB_VALUE, &value);
        }
    }
}

/// `1-0-1/DatasetVersionDatasetFacet`, `1-0-0/LineageFacet#LineageDatasetFacet`, or one of ours.
const char *schema_url(std::string_view schema) {
    StringInfoData url;
    initStringInfo(&url);
    const auto add = [&url](std::string_view text) {
        appendBinaryStringInfo(&url, text.data(), static_cast<int>(text.size()));
    };
    const std::size_t slash = schema.find('/');
    if (slash == std::string_view::npos) {
        add(our_facets);
        add(schema);
        return url.data;
    }
    const std::size_t hash = schema.find('#');
    add("https://openlineage.io/spec/facets/");
    add(schema.substr(0, hash));
    add(".json#/$defs/");
    add(hash == std::string_view::npos ? schema.substr(slash + 1) : schema.substr(hash + 1));
    return url.data;
}

} // namespace

} // namespace mlregistry::pg

using namespace mlregistry::pg;

/// openlineage_producer()
MLR_FUNCTION(mlregistry_openlineage_producer) {
    (void)fcinfo;
    return text_datum(producer);
}

/// openlineage_facet(key, schema, content, as_is)
MLR_FUNCTION(mlregistry_openlineage_facet) {
    JsonbParseState *state = nullptr;
    pushJsonbValue(&state, WJB_BEGIN_OBJECT, nullptr);
    if (!PG_ARGISNULL(2)) {
        require_not_null(fcinfo, 0, "the key of a facet");
        require_not_null(fcinfo, 1, "the schema of a facet");
        JsonbValue key = string_value(text_argument(fcinfo, 0));
        pushJsonbValue(&state, WJB_KEY, &key);
        pushJsonbValue(&state, WJB_BEGIN_OBJECT, nullptr);
        put(state, "_producer", producer);
        put(state, "_schemaURL", schema_url(text_argument(fcinfo, 1)));
        put_members(state, PG_GETARG_JSONB_P(2), false);
        if (!PG_ARGISNULL(3)) {
            put_members(state, PG_GETARG_JSONB_P(3), true);
        }
        pushJsonbValue(&state, WJB_END_OBJECT, nullptr);
    }
    PG_RETURN_JSONB_P(JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_OBJECT, nullptr)));
}

/// openlineage_time(timestamptz)
MLR_FUNCTION(mlregistry_openlineage_time) {
    struct pg_tm tm;
    fsec_t microseconds = 0;
    const TimestampTz at = PG_GETARG_TIMESTAMPTZ(0);
    if (TIMESTAMP_NOT_FINITE(at) || timestamp2tm(at, nullptr, &tm, &microseconds, nullptr, nullptr) != 0 ||
        tm.tm_year < 1 || tm.tm_year > 9999) {
        PG_RETURN_NULL();
    }
    char text[40];
    const int size = snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%06dZ", tm.tm_year, tm.tm_mon,
                              tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, static_cast<int>(microseconds));
    return text_datum({text, static_cast<std::size_t>(size)});
}
