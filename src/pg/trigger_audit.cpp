// Trigger audit: what a statement has changed goes into the audit trail, once for the whole statement.
#include "audit_statement.hpp"
#include "identity.hpp"
#include "owner_query.hpp"
#include "session_identity.hpp"
#include "statement_trigger.hpp"

#include "core/audit_entities.hpp"

extern "C" {
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/executor.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
}

namespace mlregistry::pg {

namespace {

using audit::Event;

OwnerQuery organizations_of_user{
    "SELECT organization_id FROM mlregistry.organization_memberships WHERE user_id OPERATOR(pg_catalog.=) $1"
    " ORDER BY organization_id",
    1,
    {UUIDOID},
};

OwnerQuery is_seeded{
    "SELECT FROM mlregistry.registry_meta WHERE key OPERATOR(pg_catalog.=) 'schema_version'",
    0,
    {},
};

Event event_of(const TriggerData *data) {
    return TRIGGER_FIRED_BY_INSERT(data->tg_event)   ? Event::insert
           : TRIGGER_FIRED_BY_UPDATE(data->tg_event) ? Event::update
           : TRIGGER_FIRED_BY_DELETE(data->tg_event) ? Event::remove
                                                     : Event::truncate;
}

/// The transition tables that the event needs; raises when the trigger was made without them.
Tuplestorestate *rows_of(const TriggerData *data, Tuplestorestate *rows) {
    if (rows == nullptr) {
        ereport(ERROR, (errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
                        errmsg("trigger \"%s\" needs its transition tables", data->tg_trigger->tgname)));
    }
    return rows;
}

/// Organizations that a row about a user concerns.
struct Organizations {
    pg_uuid_t *ids;
    int count;
};

/// Where a user is a member; where that is nowhere, the organization that the session works in, if there is one. When a
/// user is deleted, the memberships are gone already: only the statement's own snapshot still shows them.
Organizations organizations_of(const pg_uuid_t &user, Event event) {
    const Datum values[] = {UUIDPGetDatum(&user)};
    const Oid owner = owner_of_registry("organization_memberships");
    MemoryContext const outside = CurrentMemoryContext;
    connect();
    Organizations found{};
    const Sight sight = event == Event::remove ? Sight::snapshot : Sight::latest;
    found.count = static_cast<int>(run(organizations_of_user, owner, values, nullptr, sight, 0));
    found.ids =
        static_cast<pg_uuid_t *>(MemoryContextAlloc(outside, (static_cast<Size>(found.count) + 1) * sizeof(pg_uuid_t)));
    for (int i = 0; i < found.count; ++i) {
        bool null = false;
        found.ids[i] = *DatumGetUUIDP(SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1, &null));
    }
    done();
    if (found.count == 0) {
        found.ids[found.count++] = current_workplace().organization.value_or(pg_uuid_t{});
    }
    return found;
}

void write_event(AuditedStatement &statement, const AuditedRow &row, std::string_view verb) {
    TupleTableSlot *const whole = row.any();
    AuditEvent event{};
    event.project = id_in(whole, statement.table->project);
    event.entity = id_in(whole, statement.table->key);
    event.subject = subject_of(statement, whole);
    event.type = statement.table->entity->type;
    event.verb = verb;
    event.name = name_row(statement, whole);
    if (statement.changes.len > 0) {
        appendStringInfoChar(&statement.changes, '}');
        event.changes = {statement.changes.data, static_cast<std::size_t>(statement.changes.len)};
    }
    const pg_uuid_t *const organization = id_in(whole, statement.table->organization);
    // A table about users, that is; one of another kind may have a column of that name from its owner.
    const pg_uuid_t *const user =
        statement.table->subject == statement.table->user ? id_in(whole, statement.table->user) : nullptr;
    if (organization == nullptr && user != nullptr) {
        const Organizations concerned = organizations_of(*user, statement.event);
        for (int i = 0; i < concerned.count; ++i) {
            event.organization = concerned.ids[i];
            add(statement.writer, event);
        }
        return;
    }
    event.organization = organization == nullptr ? pg_uuid_t{} : *organization;
    add(statement.writer, event);
}

void record(AuditedStatement &statement, const AuditedRow &row) {
    resetStringInfo(&statement.changes);
    const std::string_view verb =
        statement.event == Event::update ? tell_difference(statement, row) : tell_whole_row(statement, row);
    if (verb.empty()) {
        return;
    }
    if (statement.table->entity->extra != audit::Extra::none) {
        tell_extra(statement, row);
    }
    write_event(statement, row, verb);
}

/// Reads a transition table from its beginning, beside whoever else reads it.
struct Reader {
    Tuplestorestate *rows;
    int pointer;
    TupleTableSlot *slot;
};

Reader begin_reading(Tuplestorestate *rows, TupleDesc type) {
    Reader reader{};
    reader.rows = rows;
    reader.pointer = tuplestore_alloc_read_pointer(rows, EXEC_FLAG_REWIND);
    tuplestore_select_read_pointer(rows, reader.pointer);
    tuplestore_rescan(rows);
    reader.slot = MakeSingleTupleTableSlot(type, &TTSOpsMinimalTuple);
    return reader;
}

TupleTableSlot *next_row(Reader &reader) {
    if (reader.rows == nullptr) {
        return nullptr;
    }
    tuplestore_select_read_pointer(reader.rows, reader.pointer);
    if (!tuplestore_gettupleslot(reader.rows, true, false, reader.slot)) {
        return nullptr;
    }
    slot_getallattrs(reader.slot);
    return reader.slot;
}

void end_reading(Reader &reader) {
    if (reader.slot != nullptr) {
        ExecDropSingleTupleTableSlot(reader.slot);
    }
}

/// The record would name another one than who did it, or nobody: `UPDATE ... RETURNING sign_out()`.
void require_one_identity() {
    if (identity_changed_since(GetActiveSnapshot()->curcid)) {
        ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                        errmsg("the identity changed within a statement that changes data"),
                        errdetail("The audit trail could not say who made the change."),
                        errhint("Call authenticate() and sign_out() in statements of their own.")));
    }
}

/// While install() writes the first rows there is nobody yet to tell of.
bool is_installing() {
    const Oid owner = owner_of_registry("registry_meta");
    connect();
    const bool seeded = run(is_seeded, owner, nullptr, nullptr, Sight::latest, 1) == 1;
    done();
    return !seeded;
}

void record_truncation(AuditedStatement &statement) {
    StringInfoData details;
    initStringInfo(&details);
    appendStringInfoString(&details, "{\"table\":");
    append_json_text(&details, statement.table->entity->table);
    appendStringInfoChar(&details, '}');
    begin(statement.writer);
    AuditEvent event{};
    event.type = statement.table->entity->type;
    event.verb = "truncate";
    event.details = {details.data, static_cast<std::size_t>(details.len)};
    add(statement.writer, event);
    finish(statement.writer);
}

void prepare(AuditedStatement &statement) {
    statement.transaction_start = GetCurrentTransactionStartTimestamp();
    statement.names = begin_names();
    initStringInfo(&statement.changes);
    initStringInfo(&statement.row_name);
    statement.row_memory = AllocSetContextCreate(CurrentMemoryContext, "audited row", ALLOCSET_DEFAULT_SIZES);
    begin(statement.writer);
}

/// `type` is that of the table now: what was known of it earlier may have had another default for rows that are older
/// than a column.
void record_rows(AuditedStatement &statement, TupleDesc type, Tuplestorestate *old_rows, Tuplestorestate *new_rows) {
    Reader before{};
    Reader now{};
    if (old_rows != nullptr) {
        before = begin_reading(old_rows, type);
    }
    if (new_rows != nullptr) {
        now = begin_reading(new_rows, type);
    }
    prepare(statement);
    for (;;) {
        CHECK_FOR_INTERRUPTS();
        // PostgreSQL puts the old and the new state of a row at the same place of both tables.
        const AuditedRow row{.before = next_row(before), .now = next_row(now)};
        if (row.any() == nullptr) {
            break;
        }
        MemoryContext const outside = MemoryContextSwitchTo(statement.row_memory);
        record(statement, row);
        MemoryContextSwitchTo(outside);
        MemoryContextReset(statement.row_memory);
    }
    end_reading(before);
    end_reading(now);
    finish(statement.writer);
}

} // namespace

} // namespace mlregistry::pg

using namespace mlregistry::pg;

/// AFTER INSERT, UPDATE, DELETE, TRUNCATE STATEMENT on each audited table, with transition tables old_rows and
/// new_rows.
MLR_FUNCTION(mlregistry_trg_audit) {
    TriggerData *const data = after_statement_trigger(fcinfo);
    AuditedStatement statement{};
    statement.event = event_of(data);
    Tuplestorestate *const old_rows = statement.event == Event::update || statement.event == Event::remove
                                          ? rows_of(data, data->tg_oldtable)
                                          : nullptr;
    Tuplestorestate *const new_rows = statement.event == Event::update || statement.event == Event::insert
                                          ? rows_of(data, data->tg_newtable)
                                          : nullptr;
    Tuplestorestate *const rows = new_rows != nullptr ? new_rows : old_rows;
    if (rows != nullptr && tuplestore_tuple_count(rows) == 0) {
        return PointerGetDatum(nullptr); // as the cascades of most foreign keys
    }
    statement.table = &audited_table(data->tg_relation);
    if (statement.table->entity->is_seeded && is_installing()) {
        return PointerGetDatum(nullptr);
    }
    require_one_identity();
    if (rows == nullptr) {
        record_truncation(statement);
    } else {
        record_rows(statement, RelationGetDescr(data->tg_relation), old_rows, new_rows);
    }
    return PointerGetDatum(nullptr);
}
