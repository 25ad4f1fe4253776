// Grams of names as arrays, for GIN indexes that find substrings.
#include "text_argument.hpp"

extern "C" {
#include "catalog/pg_type.h"
#include "utils/array.h"
}

#include "core/name_grams.hpp"

namespace mlregistry::pg {

namespace {

Datum int_array(const Datum *values, int count) {
    return PointerGetDatum(
        construct_array(const_cast<Datum *>(values), count, INT4OID, sizeof(int32), true, TYPALIGN_INT));
}

Datum *room_for(std::size_t count) { return static_cast<Datum *>(palloc((count + 1) * sizeof(Datum))); }

} // namespace

} // namespace mlregistry::pg

using namespace mlregistry;
using namespace mlregistry::pg;

/// name_grams(text, text): the grams of two names.
MLR_FUNCTION(mlregistry_name_grams) {
    const std::string_view a = text_argument(fcinfo, 0);
    const std::string_view b = text_argument(fcinfo, 1);
    Datum *const grams = room_for(name_grams::count_of_name(a.size()) + name_grams::count_of_name(b.size()));
    int count = 0;
    const auto write = [&](std::int32_t gram) { grams[count++] = Int32GetDatum(gram); };
    name_grams::of_name(a, write);
    if (a != b) {
        name_grams::of_name(b, write);
    }
    return int_array(grams, count);
}

/// name_query_grams(text): NULL where the text is too short for a gram.
MLR_FUNCTION(mlregistry_name_query_grams) {
    const std::string_view text = text_argument(fcinfo, 0);
    if (text.size() < 2) {
        PG_RETURN_NULL();
    }
    Datum *const grams = room_for(name_grams::count_of_query(text.size()));
    int count = 0;
    name_grams::of_query(text, [&](std::int32_t gram) { grams[count++] = Int32GetDatum(gram); });
    return int_array(grams, count);
}
