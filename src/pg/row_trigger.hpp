// What the row triggers share: reading and changing columns by name, and refusing in the registry's words.
//
// A trigger keeps its look-ups (attribute numbers, parents) in fn_extra, which lives for one statement.
#pragma once

#include "compat.hpp"

extern "C" {
#include "commands/trigger.h"
#include "utils/rel.h"
}

#include <string_view>

namespace mlregistry::pg {

/// One call of a row trigger. Plain data.
struct RowTrigger {
    TriggerData *data;
    Relation relation;
    TupleDesc columns;
    HeapTuple row;    ///< the new row, the old one of a DELETE
    HeapTuple before; ///< the old row of an UPDATE, otherwise null
    bool is_insert;
    bool is_update;

    [[nodiscard]] int argument_count() const noexcept { return data->tg_trigger->tgnargs; }
    [[nodiscard]] const char *argument(int n) const noexcept { return data->tg_trigger->tgargs[n]; }
};

/// Checks how the trigger function was called and unpacks the call; raises 39P01 for anything but a row trigger.
RowTrigger row_trigger(FunctionCallInfo fcinfo);

/// Raises 22023 unless CREATE TRIGGER gives this many arguments.
void require_arguments(const RowTrigger &trigger, int count);

/// Attribute number of a column; raises 42703 when the table has none of that name, 42804 when it is not of the type
/// that the trigger reads or writes (InvalidOid: any), which would take one thing for another in memory.
AttrNumber column_number(const RowTrigger &trigger, const char *name, Oid type = InvalidOid);

struct ColumnValue {
    Datum value;
    bool is_null;
};

ColumnValue column_value(const RowTrigger &trigger, HeapTuple row, AttrNumber column);

/// Text of a column that is not NULL; empty for NULL.
std::string_view column_text(const RowTrigger &trigger, HeapTuple row, AttrNumber column);

/// True when the column is the same in both rows.
bool same_value(const RowTrigger &trigger, AttrNumber column);

/// Columns to change in the new row, applied together. Plain data.
struct RowChange {
    static constexpr int max_columns = 16;
    int count = 0;
    int columns[max_columns];
    Datum values[max_columns];
    bool nulls[max_columns];

    void set(AttrNumber column, Datum value) noexcept;
    void clear(AttrNumber column) noexcept;
};

/// The row with the changes, as a BEFORE trigger returns it.
Datum changed_row(const RowTrigger &trigger, const RowChange &change);

/// Owner of the table that the trigger is on.
inline Oid table_owner(const RowTrigger &trigger) noexcept { return trigger.relation->rd_rel->relowner; }

/// Between the old and the new value in messages, as the database's encoding can write it.
const char *arrow() noexcept;

/// Raises a broken rule: SQLSTATE, message, the offending value as DETAIL, the way out as HINT, the rule's name as
/// CONSTRAINT NAME.
[[noreturn]] void refuse(const RowTrigger &trigger, int sqlstate, const char *rule, const char *message,
                         const char *detail, const char *hint);

/// Per-statement memory of a trigger, zeroed when the statement begins.
template <class State> State &statement_state(FunctionCallInfo fcinfo) {
    if (fcinfo->flinfo->fn_extra == nullptr) {
        fcinfo->flinfo->fn_extra = MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(State));
    }
    return *static_cast<State *>(fcinfo->flinfo->fn_extra);
}

} // namespace mlregistry::pg
