// The rows of a statement, as its AFTER STATEMENT triggers see them.
#pragma once

#include "compat.hpp"

extern "C" {
#include "commands/trigger.h"
#include "executor/executor.h"
#include "executor/spi.h"
#include "executor/tuptable.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/rel.h"
#include "utils/tuplestore.h"
}

namespace mlregistry::pg {

/// Number of a column of the trigger's table; raises 42703 when there is none of that name and type (InvalidOid: any).
inline AttrNumber column_of(const TriggerData *data, const char *name, Oid type) {
    TupleDesc const columns = RelationGetDescr(data->tg_relation);
    const int number = SPI_fnumber(columns, name);
    if (number <= 0 || (OidIsValid(type) && TupleDescAttr(columns, number - 1)->atttypid != type)) {
        ereport(ERROR, (errcode(ERRCODE_UNDEFINED_COLUMN),
                        errmsg("trigger \"%s\" needs column \"%s\" of table \"%s\"%s%s", data->tg_trigger->tgname, name,
                               RelationGetRelationName(data->tg_relation), number > 0 ? " to be " : "",
                               number > 0 ? format_type_be(type) : "")));
    }
    return static_cast<AttrNumber>(number);
}

/// The transition table itself; raises 39P01 where the trigger has none.
inline Tuplestorestate *transition_table(const TriggerData *data, Tuplestorestate *rows) {
    if (rows == nullptr) {
        ereport(ERROR, (errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
                        errmsg("trigger \"%s\" needs its transition table", data->tg_trigger->tgname)));
    }
    return rows;
}

/// One pass over a transition table. Plain data; the pass ends with the statement.
class TransitionRows {
  public:
    TransitionRows(TriggerData *data, Tuplestorestate *rows) : rows_(transition_table(data, rows)) {
        pointer_ = tuplestore_alloc_read_pointer(rows, EXEC_FLAG_REWIND);
        tuplestore_select_read_pointer(rows, pointer_);
        tuplestore_rescan(rows);
        slot_ = MakeSingleTupleTableSlot(RelationGetDescr(data->tg_relation), &TTSOpsMinimalTuple);
    }

    /// The next row, its first `columns` columns taken apart; null at the end. Valid until the next call.
    TupleTableSlot *next(int columns) {
        CHECK_FOR_INTERRUPTS();
        tuplestore_select_read_pointer(rows_, pointer_);
        if (!tuplestore_gettupleslot(rows_, true, false, slot_)) {
            return nullptr;
        }
        slot_getsomeattrs(slot_, columns);
        return slot_;
    }

    void end() { ExecDropSingleTupleTableSlot(slot_); }

  private:
    Tuplestorestate *rows_;
    TupleTableSlot *slot_ = nullptr;
    int pointer_ = 0;
};

} // namespace mlregistry::pg
