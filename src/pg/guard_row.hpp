// A row of guards that a transaction takes once (docs/design/data-model.md, section 5).
#pragma once

#include "owner_query.hpp"

extern "C" {
#include "access/transam.h"
#include "access/xact.h"
}

namespace mlregistry::pg {

/// Changes the row of guards, so that nobody else does before this transaction has ended. One that this transaction has
/// written is not written again: a thousand versions of one row would all be looked at by the next thousand statements.
/// What a savepoint has taken back was not written. `writer` gives its xmin, `lock` changes it; SPI is connected.
inline void lock_once(OwnerQuery &writer, OwnerQuery &lock, Oid owner, const Datum *values) {
    bool is_null = true;
    run(writer, owner, values, nullptr, Sight::latest, 1);
    const Datum transaction = found_value(1, is_null);
    if (is_null || !TransactionIdIsCurrentTransactionId(DatumGetTransactionId(transaction))) {
        run(lock, owner, values, nullptr, Sight::current, 0);
    }
}

} // namespace mlregistry::pg
