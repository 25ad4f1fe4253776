// Rows of run_metrics, with the caller's rights and in the snapshot of the calling statement.
//
// A curve may have millions of points: the executor hands its rows over one by one, and where they have to be kept they
// are three numbers each. A query is planned for its arguments where that pays: of a run that holds a large share of
// the table all rows are better not read through the index.
#pragma once

#include "row_receiver.hpp"

#include "core/curve.hpp"

namespace mlregistry::pg {

/// The point of a row whose columns from `first` on are step, value and recorded_at; none of them is NULL.
CurvePoint point_in(TupleTableSlot *row, int first);

} // namespace mlregistry::pg
