#include "history_time.hpp"

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

} // namespace mlregistry::pg
