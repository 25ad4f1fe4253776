// What an audited statement has done: its table as the trail sees it, its rows, and the record that is being made of
// one.
#pragma once

#include "audit_json.hpp"
#include "audit_names.hpp"
#include "audit_writer.hpp"

#include "core/audit_entities.hpp"

extern "C" {
#include "commands/trigger.h"
#include "executor/tuptable.h"
}

#include <string_view>

namespace mlregistry::pg {

/// What the trail makes of a column.
struct AuditedColumn {
    JsonColumn json;
    std::string_view name;
    bool is_dropped;
    bool is_said;     ///< the record itself says it: identifiers, organization, project
    bool is_kept;     ///< by the database, so that its change is none: updated_at and the like
    bool is_redacted; ///< its values never leave the table
    bool has_rule;    ///< its change may have a verb of its own
    bool is_actor;    ///< x_by: left out where it says the actor
    bool is_user;     ///< x_by_user: likewise
    bool is_moment;   ///< x_at beside x_by, or any time of an INSERT: left out where it says the transaction's time
};

/// One statement on one table.
struct AuditedStatement {
    const audit::Entity *entity;
    audit::Event event;
    TupleDesc type;
    AuditedColumn *columns;
    AttrNumber key;
    AttrNumber organization;
    AttrNumber project;
    AttrNumber subject;
    AttrNumber name;
    AttrNumber model;
    AttrNumber version;
    AttrNumber dataset;
    AttrNumber user;
    AttrNumber tag;
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

/// Looks at the table of the statement, of which entity, event and type are known, and begins to write `rows` records.
void prepare(AuditedStatement &statement, std::int64_t rows);

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
