// Rows of run_metrics, with the caller's rights and in the snapshot of the calling statement.
//
// A curve may have millions of points: the executor hands its rows over one by one, to a receiver of our own, and where
// they have to be kept they are three numbers each.
#pragma once

#include "owner_query.hpp"

extern "C" {
#include "executor/tuptable.h"
#include "funcapi.h"
}

#include "core/curve.hpp"

namespace mlregistry::pg {

/// Takes one row; false when it has seen enough.
using TakeRow = bool (*)(TupleTableSlot *row, void *state);

/// A query whose statement the session keeps; planned for its arguments where that pays: of a run that holds a large
/// share of the table all rows are better not read through the index.
struct MetricQuery {
    const char *sql;
    int n_arguments;
    Oid types[5];
    int cursor_options = 0;
    SPIPlanPtr plan = nullptr;
};

/// Runs the query and calls `take` for each row.
void for_each_row(MetricQuery &query, const Datum *values, TakeRow take, void *state);

/// The point of a row whose columns from `first` on are step, value and recorded_at; none of them is NULL.
CurvePoint point_in(TupleTableSlot *row, int first);

/// Rows of the result of a function.
struct Rows {
    Tuplestorestate *store;
    TupleDesc type;
};

Rows result_rows(FunctionCallInfo fcinfo);

} // namespace mlregistry::pg
