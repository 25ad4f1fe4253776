// Stored ranges as PostgreSQL values, and their derived forms, kept from one call to the next.
//
// A stored range is one byte that names its format (1), then the normalized source (docs/semver-range-format.md).
#pragma once

#include "semver_datum.hpp"

#include "core/semver_range.hpp"

#include <cstring>

namespace mlregistry::pg {

inline constexpr char range_format = 1;

/// Normalized source of a stored range; raises data_corrupted for a format that this library does not know.
std::string_view range_text(Datum value);

inline std::string_view range_argument(FunctionCallInfo fcinfo, int n) { return range_text(PG_GETARG_DATUM(n)); }

/// A value of type semver_range with this normalized source.
Datum range_datum(std::string_view normalized);

/// Reads text that must be a range; raises what is wrong with it otherwise.
Datum range_from_text(std::string_view text);

/// Derived form of a stored range; raises data_corrupted when the bytes are no range. The session keeps the last few:
/// compiled anew only when the range or the mode is none of them. Stays what it is until two other ranges were asked
/// for: a function may hold two at a time.
const semver_range::Compiled &compiled_range(Datum value, bool include_prerelease);

inline const semver_range::Compiled &compiled_range(FunctionCallInfo fcinfo, int n, bool include_prerelease) {
    return compiled_range(PG_GETARG_DATUM(n), include_prerelease);
}

} // namespace mlregistry::pg
