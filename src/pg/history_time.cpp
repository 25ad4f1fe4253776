#include "history_time.hpp"

#include "along_indexes.hpp"

extern "C" {
#include "access/transam.h"
#include "access/xact.h"
#include "utils/timestamp.h"
}

namespace mlregistry::pg {

namespace {

struct {
    TimestampTz statement;     ///< when the client's statement began
    FullTransactionId changes; ///< a procedure may be in several transactions
    TimestampTz at;
} known{};

/// Raises `state` to the greatest of the times in the first column.
void raise_to_greatest(void *state) {
    auto &latest = *static_cast<TimestampTz *>(state);
    for (std::uint64_t i = 0; i < SPI_processed; ++i) {
        bool is_null = true;
        const Datum at = SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1, &is_null);
        if (!is_null) {
            latest = Max(latest, DatumGetTimestampTz(at));
        }
    }
}

} // namespace

TimestampTz history_time() {
    const TimestampTz statement = GetCurrentStatementStartTimestamp();
    const FullTransactionId changes = GetTopFullTransactionIdIfAny();
    if (known.statement != statement || !FullTransactionIdEquals(known.changes, changes)) {
        known = {statement, changes, GetCurrentTimestamp()};
    }
    return known.at;
}

void pass_history_time(TimestampTz at) {
    if (at > history_time()) {
        known.at = at;
    }
}

std::uint64_t write_periods(OwnerQuery &query, Oid owner, const Datum *values, const char *nulls) {
    TimestampTz latest = history_time();
    const std::uint64_t periods = run_along_indexes(query, owner, values, nulls, raise_to_greatest, &latest);
    pass_history_time(latest);
    return periods;
}

} // namespace mlregistry::pg
