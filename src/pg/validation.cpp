// The validation functions: one rule each, NULL in NULL out (they are STRICT), a boolean back.
#include "validation.hpp"

extern "C" {
#include "utils/numeric.h"
}

namespace mlregistry::pg {

namespace {

json::Event event_of(const JsonbValue &value) noexcept {
    switch (value.type) {
    case jbvString:
        return json::Event::string;
    case jbvNumeric:
        return json::Event::number;
    case jbvBool:
        return json::Event::boolean;
    default:
        return json::Event::null;
    }
}

json::Event event_of(JsonbIteratorToken token, const JsonbValue &value) noexcept {
    switch (token) {
    case WJB_BEGIN_OBJECT:
        return json::Event::object;
    case WJB_END_OBJECT:
        return json::Event::object_end;
    case WJB_BEGIN_ARRAY:
        return json::Event::array;
    case WJB_END_ARRAY:
        return json::Event::array_end;
    case WJB_KEY:
        return json::Event::key;
    default:
        return event_of(value);
    }
}

} // namespace

template <class Rule> bool keeps(Jsonb *document, Rule &rule) {
    JsonbIterator *iterator = JsonbIteratorInit(&document->root);
    JsonbValue value;
    for (;;) {
        const JsonbIteratorToken token = JsonbIteratorNext(&iterator, &value, false);
        if (token == WJB_DONE) {
            return true;
        }
        // A document that is one scalar comes in an array that is none.
        if (token == WJB_BEGIN_ARRAY && value.val.array.rawScalar) {
            continue;
        }
        const json::Event event = event_of(token, value);
        const bool has_text = event == json::Event::key || event == json::Event::string;
        const std::string_view text =
            has_text ? std::string_view{value.val.string.val, static_cast<std::size_t>(value.val.string.len)}
                     : std::string_view{};
        if (!rule.feed(event, text)) {
            return false;
        }
    }
}

template bool keeps(Jsonb *, json::Metrics &);
template bool keeps(Jsonb *, json::Scopes &);

explain::Score judge_score(Datum numeric) {
    if (numeric_is_nan(DatumGetNumeric(numeric))) {
        return explain::Score::nan;
    }
    if (!DatumGetBool(DirectFunctionCall2(numeric_ge, numeric, DirectFunctionCall1(int4_numeric, Int32GetDatum(0))))) {
        return explain::Score::below;
    }
    return DatumGetBool(DirectFunctionCall2(numeric_le, numeric, DirectFunctionCall1(int4_numeric, Int32GetDatum(1))))
               ? explain::Score::valid
               : explain::Score::above;
}

} // namespace mlregistry::pg

using namespace mlregistry;
using namespace mlregistry::pg;

MLR_FUNCTION(mlregistry_is_valid_name) { PG_RETURN_BOOL(validate::is_valid_name(text_argument(fcinfo, 0))); }

MLR_FUNCTION(mlregistry_is_valid_tag_name) { PG_RETURN_BOOL(validate::is_valid_tag_name(text_argument(fcinfo, 0))); }

MLR_FUNCTION(mlregistry_is_valid_alias) { PG_RETURN_BOOL(validate::is_valid_alias(text_argument(fcinfo, 0))); }

MLR_FUNCTION(mlregistry_is_valid_label) {
    PG_RETURN_BOOL(validate::is_valid_label(text_argument(fcinfo, 0), database_charset()));
}

MLR_FUNCTION(mlregistry_is_email) { PG_RETURN_BOOL(validate::is_email(text_argument(fcinfo, 0))); }

MLR_FUNCTION(mlregistry_is_sha256) { PG_RETURN_BOOL(validate::is_sha256(text_argument(fcinfo, 0))); }

MLR_FUNCTION(mlregistry_is_git_commit) { PG_RETURN_BOOL(validate::is_git_commit(text_argument(fcinfo, 0))); }

MLR_FUNCTION(mlregistry_is_artifact_uri) {
    PG_RETURN_BOOL(validate::is_artifact_uri(text_argument(fcinfo, 0), database_charset()));
}

MLR_FUNCTION(mlregistry_is_url) { PG_RETURN_BOOL(validate::is_url(text_argument(fcinfo, 0), database_charset())); }

MLR_FUNCTION(mlregistry_is_file_path) {
    PG_RETURN_BOOL(validate::is_file_path(text_argument(fcinfo, 0), database_charset()));
}

MLR_FUNCTION(mlregistry_is_valid_metric_name) {
    PG_RETURN_BOOL(validate::is_valid_metric_name(text_argument(fcinfo, 0)));
}

MLR_FUNCTION(mlregistry_is_secret_ref) { PG_RETURN_BOOL(validate::is_secret_ref(text_argument(fcinfo, 0))); }

MLR_FUNCTION(mlregistry_is_score) { PG_RETURN_BOOL(judge_score(PG_GETARG_DATUM(0)) == explain::Score::valid); }

MLR_FUNCTION(mlregistry_is_metrics) {
    json::Metrics rule;
    PG_RETURN_BOOL(keeps(PG_GETARG_JSONB_P(0), rule));
}

MLR_FUNCTION(mlregistry_is_scopes) {
    json::Scopes rule;
    PG_RETURN_BOOL(keeps(PG_GETARG_JSONB_P(0), rule));
}
