// Rows of a query, handed over one by one as the executor makes them, instead of all of them in a table first.
#pragma once

#include "owner_query.hpp"

extern "C" {
#include "executor/tuptable.h"
#include "funcapi.h"
}

namespace mlregistry::pg {

/// Takes one row; false when it has seen enough. What it is handed is gone with the next row.
using TakeRow = bool (*)(TupleTableSlot *row, void *state);

/// A query whose statement the session keeps. Without options it is planned for its arguments where that pays.
struct RowQuery {
    const char *sql;
    int n_arguments;
    Oid types[5];
    int cursor_options = 0;
    SPIPlanPtr plan = nullptr;
};

/// Runs the query with the rights and the snapshot of the caller, and calls `take` for each row. No argument is NULL.
void for_each_row(RowQuery &query, const Datum *values, TakeRow take, void *state);

/// The same as `owner`, with row security off: for functions that ask themselves what the caller may see.
void for_each_row_as(Oid owner, RowQuery &query, const Datum *values, TakeRow take, void *state);

/// For plans that are kept while tables grow: a scan or a join that was right for a small table is wrong for good.
/// Takes those ways from the planner until end_index_plans(), or the end of the (sub)transaction.
int begin_index_plans();
void end_index_plans(int level);

/// Rows of the result of a function.
struct Rows {
    Tuplestorestate *store;
    TupleDesc type;
};

Rows result_rows(FunctionCallInfo fcinfo);

} // namespace mlregistry::pg
