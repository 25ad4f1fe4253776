// Queries whose plans are kept while tables grow from nothing to millions of rows.
#pragma once

#include "owner_query.hpp"

namespace mlregistry::pg {

/// Runs a query in the name of `owner`, with the latest snapshot, and returns the number of rows; `take` is called
/// while they are in SPI_tuptable. A scan of a table that was small when the plan was made is never right: other ways
/// than by indexes are taken from the planner.
std::uint64_t run_along_indexes(OwnerQuery &query, Oid owner, const Datum *values, const char *nulls,
                                void (*take)(void *state) = nullptr, void *state = nullptr);

} // namespace mlregistry::pg
