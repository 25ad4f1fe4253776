// The moment that histories give to what a statement of the client does.
#pragma once

#include "owner_query.hpp"

extern "C" {
#include "datatype/timestamp.h"
}

namespace mlregistry::pg {

/// The clock when the first history of the client's statement was written, for all that it writes: no moment lies
/// between the steps of one promote(). By then the statement has waited for the rows that it changes; what it waits for
/// later may have a period that begins later: see pass_history_time().
TimestampTz history_time();

/// What the rest of the statement does happens no earlier than `at`, to which a history had to put something off
/// because the period that it ended had begun at history_time() or after it.
void pass_history_time(TimestampTz at);

/// Runs a query that writes periods, along indexes, and returns how many. The query returns when they begin or end; the
/// rest of the statement happens no earlier.
std::uint64_t write_periods(OwnerQuery &query, Oid owner, const Datum *values, const char *nulls);

} // namespace mlregistry::pg
