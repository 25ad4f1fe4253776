// The validation functions: one rule each, NULL in NULL out (they are STRICT), a boolean back.
#include "text_argument.hpp"

extern "C" {
#include "utils/numeric.h"
}

#include "core/validate.hpp"

namespace mlregistry::pg {

namespace {

/// Other multi-byte encodings than UTF-8 are taken byte by byte: none of them uses ASCII bytes in server encodings.
validate::Charset database_charset() noexcept {
    return GetDatabaseEncoding() == PG_UTF8 ? validate::Charset::utf8 : validate::Charset::bytes;
}

} // namespace

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

MLR_FUNCTION(mlregistry_is_score) {
    const Datum value = PG_GETARG_DATUM(0);
    if (numeric_is_nan(DatumGetNumeric(value))) {
        PG_RETURN_BOOL(false);
    }
    const Datum zero = DirectFunctionCall1(int4_numeric, Int32GetDatum(0));
    const Datum one = DirectFunctionCall1(int4_numeric, Int32GetDatum(1));
    PG_RETURN_BOOL(DatumGetBool(DirectFunctionCall2(numeric_ge, value, zero)) &&
                   DatumGetBool(DirectFunctionCall2(numeric_le, value, one)));
}
