// Comparison, sorting and hashing of type semver.
#include "semver_datum.hpp"

extern "C" {
#include "common/hashfn.h"
#include "utils/sortsupport.h"
}

namespace mlregistry::pg {

namespace {

using Order = int (*)(semver::Bytes, semver::Bytes) noexcept;

int compare_arguments(FunctionCallInfo fcinfo, Order order) {
    const semver::Bytes a = semver_argument(fcinfo, 0);
    const semver::Bytes b = semver_argument(fcinfo, 1);
    const int result = order(a, b);
    // A btree calls us millions of times in one memory context: give back what detoasting took.
    if (unlikely(VARATT_IS_EXTENDED(PG_GETARG_POINTER(0)) && !VARATT_IS_SHORT(PG_GETARG_POINTER(0)))) {
        pfree(const_cast<std::uint8_t *>(a.data()) - VARHDRSZ);
    }
    if (unlikely(VARATT_IS_EXTENDED(PG_GETARG_POINTER(1)) && !VARATT_IS_SHORT(PG_GETARG_POINTER(1)))) {
        pfree(const_cast<std::uint8_t *>(b.data()) - VARHDRSZ);
    }
    return result;
}

int by_precedence(FunctionCallInfo fcinfo) { return compare_arguments(fcinfo, semver::compare); }
int with_build(FunctionCallInfo fcinfo) { return compare_arguments(fcinfo, semver::compare_with_build); }

int compare_sorted(Datum x, Datum y, SortSupport /*ssup*/) { return semver::compare(semver_bytes(x), semver_bytes(y)); }

int compare_sorted_with_build(Datum x, Datum y, SortSupport /*ssup*/) {
    return semver::compare_with_build(semver_bytes(x), semver_bytes(y));
}

#if SIZEOF_DATUM == 8
Datum abbreviate(Datum original, SortSupport /*ssup*/) {
    return UInt64GetDatum(semver::abbreviate(semver_bytes(original)));
}

/// Eight bytes hold the whole key of most versions and making them costs next to nothing: never worth giving up.
bool keep_abbreviating(int /*memtupcount*/, SortSupport /*ssup*/) { return false; }
#endif

Datum prepare_sort(FunctionCallInfo fcinfo, int (*comparator)(Datum, Datum, SortSupport)) {
    auto *const ssup = reinterpret_cast<SortSupport>(PG_GETARG_POINTER(0));
    ssup->comparator = comparator;
#if SIZEOF_DATUM == 8
    if (ssup->abbreviate) {
        ssup->comparator = ssup_datum_unsigned_cmp;
        ssup->abbrev_converter = abbreviate;
        ssup->abbrev_abort = keep_abbreviating;
        ssup->abbrev_full_comparator = comparator;
    }
#endif
    PG_RETURN_VOID();
}

} // namespace

} // namespace mlregistry::pg

using namespace mlregistry;
using namespace mlregistry::pg;

MLR_FUNCTION(mlregistry_semver_lt) { PG_RETURN_BOOL(by_precedence(fcinfo) < 0); }
MLR_FUNCTION(mlregistry_semver_le) { PG_RETURN_BOOL(by_precedence(fcinfo) <= 0); }
MLR_FUNCTION(mlregistry_semver_eq) { PG_RETURN_BOOL(by_precedence(fcinfo) == 0); }
MLR_FUNCTION(mlregistry_semver_ne) { PG_RETURN_BOOL(by_precedence(fcinfo) != 0); }
MLR_FUNCTION(mlregistry_semver_ge) { PG_RETURN_BOOL(by_precedence(fcinfo) >= 0); }
MLR_FUNCTION(mlregistry_semver_gt) { PG_RETURN_BOOL(by_precedence(fcinfo) > 0); }
MLR_FUNCTION(mlregistry_semver_cmp) { PG_RETURN_INT32(by_precedence(fcinfo)); }
MLR_FUNCTION(mlregistry_semver_sortsupport) { return prepare_sort(fcinfo, compare_sorted); }

MLR_FUNCTION(mlregistry_semver_build_lt) { PG_RETURN_BOOL(with_build(fcinfo) < 0); }
MLR_FUNCTION(mlregistry_semver_build_le) { PG_RETURN_BOOL(with_build(fcinfo) <= 0); }
MLR_FUNCTION(mlregistry_semver_identical) { PG_RETURN_BOOL(with_build(fcinfo) == 0); }
MLR_FUNCTION(mlregistry_semver_not_identical) { PG_RETURN_BOOL(with_build(fcinfo) != 0); }
MLR_FUNCTION(mlregistry_semver_build_ge) { PG_RETURN_BOOL(with_build(fcinfo) >= 0); }
MLR_FUNCTION(mlregistry_semver_build_gt) { PG_RETURN_BOOL(with_build(fcinfo) > 0); }
MLR_FUNCTION(mlregistry_semver_build_cmp) { PG_RETURN_INT32(with_build(fcinfo)); }
MLR_FUNCTION(mlregistry_semver_build_sortsupport) { return prepare_sort(fcinfo, compare_sorted_with_build); }

MLR_FUNCTION(mlregistry_semver_hash) {
    const semver::Bytes v = semver_argument(fcinfo, 0);
    return hash_any(v.data(), static_cast<int>(semver::key_size(v)));
}

MLR_FUNCTION(mlregistry_semver_hash_extended) {
    const semver::Bytes v = semver_argument(fcinfo, 0);
    return hash_any_extended(v.data(), static_cast<int>(semver::key_size(v)), DatumGetUInt64(PG_GETARG_DATUM(1)));
}

// min() and max() keep the first of equal versions: the new value must be strictly beyond the old one.
MLR_FUNCTION(mlregistry_semver_smaller) { return PG_GETARG_DATUM(by_precedence(fcinfo) <= 0 ? 0 : 1); }
MLR_FUNCTION(mlregistry_semver_larger) { return PG_GETARG_DATUM(by_precedence(fcinfo) >= 0 ? 0 : 1); }
