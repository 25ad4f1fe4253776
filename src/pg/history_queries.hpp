// What the histories of statuses, stages and deployments run: see history_queries.cpp.
#pragma once

#include "owner_query.hpp"

namespace mlregistry::pg {

/// The queries of one history of one table.
struct History {
    OwnerQuery move;      ///< rows that are told otherwise than they are: $1 to $6, returns when of each
    OwnerQuery begin;     ///< rows that nothing is told of now: $1 to $6, returns since when of each
    OwnerQuery close;     ///< rows that were deleted: $1 and $2, returns when of each
    OwnerQuery close_all; ///< the same after TRUNCATE: $1 is when, returns nothing
};

/// The history of the statuses of entities of that kind; null where they have none.
History *history_of_status(const char *kind);

History &history_of_stages();
History &history_of_deployments();

} // namespace mlregistry::pg
