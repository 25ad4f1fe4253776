// Queries whose plans are kept while tables grow from nothing to millions of rows.
#pragma once

#include "owner_query.hpp"

extern "C" {
#include "datatype/timestamp.h"
}

namespace mlregistry::pg {

/// Runs a query in the name of `owner`, with the latest snapshot, and returns the number of rows. A scan of a table
/// that was small when the plan was made is never right: other ways than by indexes are taken from the planner.
/// `latest`, if given, is raised to the greatest of the times that the query returns as its first column.
std::uint64_t run_along_indexes(OwnerQuery &query, Oid owner, const Datum *values, const char *nulls,
                                TimestampTz *latest = nullptr);

} // namespace mlregistry::pg
