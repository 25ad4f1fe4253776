// Edges of lineage by their indexes, a thousand keys at a time.
//
// The look-ups that a walk is made of are always the same two, and one of them may run thousands of times in a
// statement, over a table that has grown from nothing since the session began. So they are no SQL, whose plans are made
// for what a table was when it was planned (seen on 15: with the statistics of a table that was never analyzed, the
// partial index looks so small that all of it is read for each batch): the keys go to the index as they are, as in
// `= ANY (…)` of an index-only scan, and rows come in the order of the index.
#pragma once

#include "compat.hpp"

extern "C" {
#include "access/genam.h"
#include "access/relscan.h"
#include "executor/tuptable.h"
#include "utils/array.h"
#include "utils/timestamp.h"
#include "utils/uuid.h"
}

#include <cstdint>
#include <string_view>

namespace mlregistry::pg {

/// An edge, from the end that was asked for. What it points to is gone with the next one.
struct Edge {
    const pg_uuid_t *near_id;
    std::string_view far_kind;
    const pg_uuid_t *far_id;
    std::string_view relation;
    const pg_uuid_t *near_project; ///< null: none
    const pg_uuid_t *far_project;
};

/// A way along lineage_edges. Plain data: what an error leaves open, the end of the transaction closes.
class EdgeScan {
  public:
    /// `upwards`: from children to parents. With `as_of` edges of that moment, else those that are open. What the
    /// snapshot of the calling statement sees. 55000 when the index is not there.
    void open(bool upwards, const TimestampTz *as_of);
    [[nodiscard]] bool is_open() const noexcept { return scan_ != nullptr; }
    void close();

    /// Begins with the edges of these nodes: identifiers of one kind, as an array of uuid.
    void ask(const pg_uuid_t &organization, Datum kind, ArrayType *ids);
    /// The next one of them; false when there is none.
    bool next(Edge &edge);

  private:
    static constexpr int column_count = 8;

    bool next_open(Edge &edge);
    bool next_past(Edge &edge);
    Edge edge_of(const Datum *values, const bool *is_null) const;
    void find_columns(bool upwards);
    void require_index(bool is_past) const;

    Relation table_;
    Relation index_;
    IndexScanDesc scan_;
    TupleTableSlot *row_;
    Buffer visible_; ///< page of the visibility map
    bool upwards_;
    bool is_past_;
    TimestampTz as_of_;
    AttrNumber columns_[column_count]; ///< of the table, in the order of the index
    AttrNumber valid_from_;
    AttrNumber valid_to_;
};

} // namespace mlregistry::pg
