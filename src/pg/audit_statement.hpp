// What an audited statement has done: its table as the trail sees it, its rows, and the record that is being made of
// one.
#pragma once

#include "audit_names.hpp"
#include "audit_table.hpp"
#include "audit_writer.hpp"

#include "core/audit_entities.hpp"

extern "C" {
#include "commands/trigger.h"
#include "executor/tuptable.h"
}

#include <string_view>

namespace mlregistry::pg {

/// One statement on one table.
struct AuditedStatement {
    const AuditedTable *table;
    audit::Event event;
    TimestampTz transaction_start;
    AuditNames *names;
    AuditWriter writer;
    StringInfoData changes;
    StringInfoData row_name;
    MemoryContext row_memory;
};

/// A row as it was and as it is; null where there is none.
struct AuditedRow {
    TupleTableSlot *before;
    TupleTableSlot *now;

    [[nodiscard]] TupleTableSlot *any() const noexcept { return now != nullptr ? now : before; }
};

/// The identifier in a column; null where there is none.
const pg_uuid_t *id_in(TupleTableSlot *row, AttrNumber column);

/// Puts what an INSERT or a DELETE says into `changes`, without its end, and returns the verb.
std::string_view tell_whole_row(AuditedStatement &statement, const AuditedRow &row);

/// The same for what an UPDATE has changed; no verb where nothing has changed.
std::string_view tell_difference(AuditedStatement &statement, const AuditedRow &row);

/// Adds a name to `changes` where the row has, had or has now another identifier that says nothing to people.
void tell_extra(AuditedStatement &statement, const AuditedRow &row);

/// The name of a row, in `row_name`; without data where it has none.
std::string_view name_row(AuditedStatement &statement, TupleTableSlot *row);

/// Under what the row is found; null for nothing. In the current memory context.
const pg_uuid_t *subject_of(AuditedStatement &statement, TupleTableSlot *row);

} // namespace mlregistry::pg
