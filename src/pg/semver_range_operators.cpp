// Operators and functions of type semver_range: membership, sets, order.
#include "semver_range_datum.hpp"

namespace mlregistry::pg {

namespace {

using semver_range::Bound;
using semver_range::Compiled;

/// A bound as a version, for SQL.
Datum bound_datum(const Compiled &range, const Bound &bound) {
    const semver::Bytes bytes = range.version(bound);
    semver::Stored stored;
    std::memcpy(stored.data, bytes.data(), bytes.size());
    stored.size = bytes.size();
    return semver_datum(stored);
}

int compare_ranges(FunctionCallInfo fcinfo) {
    return semver_range::compare(compiled_range(fcinfo, 0, false), compiled_range(fcinfo, 1, false));
}

/// The default of an optional last argument include_prerelease.
bool mode_argument(FunctionCallInfo fcinfo, int n) { return PG_NARGS() > n && PG_GETARG_BOOL(n); }

/// Keys that the planner compares a column with (semver_range_support.cpp). The least one is the lowest version there
/// is; the greatest no input can spell (docs/semver-format.md).
constexpr std::uint8_t greatest_key[] = {0xFE, 0xFF};

Datum least_key() { return semver_from_text("0.0.0-0", "0.0.0-0"); }

Datum greatest_key_datum() {
    semver::Stored stored;
    std::memcpy(stored.data, greatest_key, sizeof greatest_key);
    stored.size = sizeof greatest_key;
    return semver_datum(stored);
}

/// State (version or NULL), version, range[, include_prerelease]: the higher or lower one of state and a version that
/// satisfies the range, the first of equals.
Datum pick_satisfying(FunctionCallInfo fcinfo, int sign) {
    const bool keep_state =
        PG_ARGISNULL(1) || PG_ARGISNULL(2) || (PG_NARGS() > 3 && PG_ARGISNULL(3)) ||
        !semver_range::satisfies(compiled_range(fcinfo, 2, mode_argument(fcinfo, 3)), semver_argument(fcinfo, 1));
    if (keep_state) {
        if (PG_ARGISNULL(0)) {
            PG_RETURN_NULL();
        }
        PG_RETURN_DATUM(PG_GETARG_DATUM(0));
    }
    if (!PG_ARGISNULL(0) && sign * semver::compare(semver_argument(fcinfo, 1), semver_argument(fcinfo, 0)) <= 0) {
        PG_RETURN_DATUM(PG_GETARG_DATUM(0));
    }
    PG_RETURN_DATUM(PG_GETARG_DATUM(1));
}

} // namespace

} // namespace mlregistry::pg

using namespace mlregistry;
using namespace mlregistry::pg;

/// (semver, semver_range[, include_prerelease])
MLR_FUNCTION(mlregistry_satisfies) {
    PG_RETURN_BOOL(
        semver_range::satisfies(compiled_range(fcinfo, 1, mode_argument(fcinfo, 2)), semver_argument(fcinfo, 0)));
}

/// (semver_range, semver)
MLR_FUNCTION(mlregistry_semver_range_has) {
    PG_RETURN_BOOL(semver_range::satisfies(compiled_range(fcinfo, 0, false), semver_argument(fcinfo, 1)));
}

/// (semver_range, semver_range[, include_prerelease])
MLR_FUNCTION(mlregistry_semver_range_overlaps) {
    const bool mode = mode_argument(fcinfo, 2);
    PG_RETURN_BOOL(semver_range::intersects(compiled_range(fcinfo, 0, mode), compiled_range(fcinfo, 1, mode)));
}

MLR_FUNCTION(mlregistry_semver_range_contains) {
    const bool mode = mode_argument(fcinfo, 2);
    PG_RETURN_BOOL(semver_range::contains(compiled_range(fcinfo, 0, mode), compiled_range(fcinfo, 1, mode)));
}

MLR_FUNCTION(mlregistry_semver_range_contained) {
    const bool mode = mode_argument(fcinfo, 2);
    PG_RETURN_BOOL(semver_range::contains(compiled_range(fcinfo, 1, mode), compiled_range(fcinfo, 0, mode)));
}

MLR_FUNCTION(mlregistry_semver_range_is_empty) {
    PG_RETURN_BOOL(semver_range::is_empty(compiled_range(fcinfo, 0, mode_argument(fcinfo, 1))));
}

/// outside(semver, semver_range, include_prerelease)
MLR_FUNCTION(mlregistry_semver_range_outside) {
    PG_RETURN_INT32(semver_range::outside(compiled_range(fcinfo, 1, PG_GETARG_BOOL(2)), semver_argument(fcinfo, 0)));
}

/// range_lower(semver_range, include_prerelease): NULL where unbounded
MLR_FUNCTION(mlregistry_semver_range_lower) {
    const Compiled &range = compiled_range(fcinfo, 0, PG_GETARG_BOOL(1));
    const Bound bound = semver_range::lower(range);
    if (!bound.bounded) {
        PG_RETURN_NULL();
    }
    return bound_datum(range, bound);
}

MLR_FUNCTION(mlregistry_semver_range_upper) {
    const Compiled &range = compiled_range(fcinfo, 0, PG_GETARG_BOOL(1));
    const Bound bound = semver_range::upper(range);
    if (!bound.bounded) {
        PG_RETURN_NULL();
    }
    return bound_datum(range, bound);
}

/// Is an end of the range part of it? NULL where unbounded.
MLR_FUNCTION(mlregistry_semver_range_lower_inclusive) {
    const Bound bound = semver_range::lower(compiled_range(fcinfo, 0, PG_GETARG_BOOL(1)));
    if (!bound.bounded) {
        PG_RETURN_NULL();
    }
    PG_RETURN_BOOL(bound.inclusive);
}

MLR_FUNCTION(mlregistry_semver_range_upper_inclusive) {
    const Bound bound = semver_range::upper(compiled_range(fcinfo, 0, PG_GETARG_BOOL(1)));
    if (!bound.bounded) {
        PG_RETURN_NULL();
    }
    PG_RETURN_BOOL(bound.inclusive);
}

/// (semver_range, include_prerelease): no version that satisfies the range is below; above all of them for an empty
/// one.
MLR_FUNCTION(mlregistry_semver_range_lower_key) {
    const Compiled &range = compiled_range(fcinfo, 0, PG_GETARG_BOOL(1));
    if (range.interval_count == 0) {
        return greatest_key_datum();
    }
    const Bound bound = semver_range::lower(range);
    return bound.bounded ? bound_datum(range, bound) : least_key();
}

MLR_FUNCTION(mlregistry_semver_range_upper_key) {
    const Compiled &range = compiled_range(fcinfo, 0, PG_GETARG_BOOL(1));
    if (range.interval_count == 0) {
        return least_key();
    }
    const Bound bound = semver_range::upper(range);
    return bound.bounded ? bound_datum(range, bound) : greatest_key_datum();
}

MLR_FUNCTION(mlregistry_semver_range_lt) { PG_RETURN_BOOL(compare_ranges(fcinfo) < 0); }
MLR_FUNCTION(mlregistry_semver_range_le) { PG_RETURN_BOOL(compare_ranges(fcinfo) <= 0); }
MLR_FUNCTION(mlregistry_semver_range_eq) { PG_RETURN_BOOL(compare_ranges(fcinfo) == 0); }
MLR_FUNCTION(mlregistry_semver_range_ne) { PG_RETURN_BOOL(compare_ranges(fcinfo) != 0); }
MLR_FUNCTION(mlregistry_semver_range_ge) { PG_RETURN_BOOL(compare_ranges(fcinfo) >= 0); }
MLR_FUNCTION(mlregistry_semver_range_gt) { PG_RETURN_BOOL(compare_ranges(fcinfo) > 0); }
MLR_FUNCTION(mlregistry_semver_range_cmp) { PG_RETURN_INT32(compare_ranges(fcinfo)); }

MLR_FUNCTION(mlregistry_semver_range_hash) {
    PG_RETURN_INT32(static_cast<std::int32_t>(semver_range::hash(compiled_range(fcinfo, 0, false), 0)));
}

MLR_FUNCTION(mlregistry_semver_range_hash_extended) {
    // The low half with seed 0 must be that of the plain hash.
    PG_RETURN_INT64(static_cast<std::int64_t>(
        semver_range::hash(compiled_range(fcinfo, 0, false), static_cast<std::uint64_t>(PG_GETARG_INT64(1)))));
}

MLR_FUNCTION(mlregistry_max_satisfying) { return pick_satisfying(fcinfo, 1); }

MLR_FUNCTION(mlregistry_min_satisfying) { return pick_satisfying(fcinfo, -1); }
