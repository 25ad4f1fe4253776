// Trigger audit: what a statement has changed goes into the audit trail, once for the whole statement.
#include "audit_json.hpp"
#include "audit_names.hpp"
#include "audit_writer.hpp"
#include "identity.hpp"
#include "owner_query.hpp"
#include "text_argument.hpp"
#include "uuid.hpp"

#include "core/audit_entities.hpp"

extern "C" {
#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/executor.h"
#include "utils/datum.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/timestamp.h"
}

#include <algorithm>
#include <cstring>

namespace mlregistry::pg {

namespace {

using audit::Entity;
using audit::Event;

constexpr int max_ruled_columns = 8;
constexpr int max_organizations = 64;

/// What the trail makes of a column.
struct Column {
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
struct Statement {
    TriggerData *data;
    const Entity *entity;
    Event event;
    TupleDesc type;
    Column *columns;
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
struct Row {
    TupleTableSlot *before;
    TupleTableSlot *now;

    [[nodiscard]] TupleTableSlot *any() const noexcept { return now != nullptr ? now : before; }
};

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

TriggerData *audit_trigger(FunctionCallInfo fcinfo) {
    auto *const data = CALLED_AS_TRIGGER(fcinfo) ? reinterpret_cast<TriggerData *>(fcinfo->context) : nullptr;
    if (data == nullptr || !TRIGGER_FIRED_FOR_STATEMENT(data->tg_event) || !TRIGGER_FIRED_AFTER(data->tg_event)) {
        ereport(ERROR,
                (errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
                 errmsg("this function is an AFTER STATEMENT trigger of the registry and cannot be called otherwise")));
    }
    return data;
}

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

const Entity &entity_of_table(const TriggerData *data) {
    const Entity *const entity = audit::entity_of(RelationGetRelationName(data->tg_relation));
    // A table of that name somewhere else could make the trail tell what has not happened.
    const bool is_ours = RelationGetNamespace(data->tg_relation) == get_namespace_oid("mlregistry", true);
    if (entity == nullptr || !entity->not_audited.empty() || !is_ours) {
        ereport(ERROR,
                (errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
                 errmsg("the audit trail does not know table \"%s\"", RelationGetRelationName(data->tg_relation))));
    }
    return *entity;
}

bool contains(std::span<const std::string_view> names, std::string_view name) noexcept {
    return std::ranges::find(names, name) != names.end();
}

bool ends_with_any(std::string_view name, std::string_view ending) noexcept {
    return name.size() > ending.size() && name.ends_with(ending);
}

std::string_view name_of(TupleDesc type, int column) noexcept { return NameStr(TupleDescAttr(type, column)->attname); }

AttrNumber column_named(TupleDesc type, std::string_view name) noexcept {
    for (int i = 0; i < type->natts && !name.empty(); ++i) {
        if (!TupleDescAttr(type, i)->attisdropped && name_of(type, i) == name) {
            return static_cast<AttrNumber>(i + 1);
        }
    }
    return InvalidAttrNumber;
}

/// The same for an identifier: other types would be taken for one in memory.
AttrNumber id_named(TupleDesc type, std::string_view name) {
    const AttrNumber column = column_named(type, name);
    if (column != InvalidAttrNumber && TupleDescAttr(type, column - 1)->atttypid != UUIDOID) {
        ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH), errmsg("the audit trail needs column \"%s\" to be uuid",
                                                                   NameStr(TupleDescAttr(type, column - 1)->attname))));
    }
    return column;
}

/// set_at beside set_by, created_at anywhere.
bool is_moment_of_actor(TupleDesc type, std::string_view name) {
    if (!ends_with_any(name, "_at")) {
        return false;
    }
    const auto stem = static_cast<int>(name.size() - 3);
    return name == "created_at" || column_named(type, psprintf("%.*s_by", stem, name.data())) != InvalidAttrNumber;
}

Column column_of(const Statement &statement, int number) {
    const Form_pg_attribute attribute = TupleDescAttr(statement.type, number);
    const std::string_view name = NameStr(attribute->attname);
    const Entity &entity = *statement.entity;
    Column column{};
    column.name = name;
    column.is_dropped = attribute->attisdropped;
    if (column.is_dropped) {
        return column;
    }
    column.json = json_column(attribute);
    const auto attnum = static_cast<AttrNumber>(number + 1);
    column.is_said = attnum == statement.key || attnum == statement.organization || attnum == statement.project ||
                     attnum == statement.subject;
    column.is_kept = name == "updated_at" || name == "updated_by" || contains(entity.ignored, name);
    column.is_redacted = contains(entity.redacted, name);
    column.has_rule = audit::has_rule(entity, name);
    column.is_actor = ends_with_any(name, "_by") && column.json.kind == JsonKind::text;
    column.is_user = ends_with_any(name, "_by_user") && column.json.type == UUIDOID;
    column.is_moment = column.json.kind == JsonKind::moment &&
                       (statement.event == Event::insert || is_moment_of_actor(statement.type, name));
    return column;
}

void prepare(Statement &statement, std::int64_t rows) {
    TupleDesc const type = statement.type;
    const Entity &entity = *statement.entity;
    statement.key = id_named(type, entity.key_column);
    statement.organization = id_named(type, "organization_id");
    statement.project = id_named(type, "project_id");
    statement.subject = id_named(type, entity.subject_column);
    statement.name = column_named(type, entity.name_column);
    statement.model = id_named(type, "model_id");
    statement.version = id_named(type, "version_id");
    statement.dataset = id_named(type, "dataset_id");
    statement.user = id_named(type, "user_id");
    statement.tag = id_named(type, "tag_id");
    statement.transaction_start = GetCurrentTransactionStartTimestamp();
    statement.columns = static_cast<Column *>(palloc(static_cast<Size>(type->natts) * sizeof(Column)));
    for (int i = 0; i < type->natts; ++i) {
        statement.columns[i] = column_of(statement, i);
    }
    statement.names = begin_names();
    initStringInfo(&statement.changes);
    initStringInfo(&statement.row_name);
    statement.row_memory = AllocSetContextCreate(CurrentMemoryContext, "audited row", ALLOCSET_DEFAULT_SIZES);
    begin(statement.writer, rows);
}

bool is_null(TupleTableSlot *row, AttrNumber column) noexcept {
    return row == nullptr || column == InvalidAttrNumber || row->tts_isnull[column - 1];
}

const pg_uuid_t *id_in(TupleTableSlot *row, AttrNumber column) {
    return is_null(row, column) ? nullptr : DatumGetUUIDP(row->tts_values[column - 1]);
}

/// Large values that were not touched are the same pointer in both rows, and need not be fetched.
bool is_same(Form_pg_attribute type, Datum a, Datum b) {
    if (!type->attbyval && type->attlen == -1) {
        const Size size = VARSIZE_ANY(DatumGetPointer(a));
        if (size == VARSIZE_ANY(DatumGetPointer(b)) && std::memcmp(DatumGetPointer(a), DatumGetPointer(b), size) == 0) {
            return true;
        }
    }
    return datum_image_eq(a, b, type->attbyval, type->attlen);
}

bool is_changed(const Statement &statement, const Row &row, int column) {
    const bool was_null = row.before->tts_isnull[column];
    const bool is_null_now = row.now->tts_isnull[column];
    return was_null != is_null_now ||
           (!was_null && !is_same(TupleDescAttr(statement.type, column), row.before->tts_values[column],
                                  row.now->tts_values[column]));
}

/// True when the new value says what the record says of who and when.
bool says_who_and_when(const Statement &statement, const Column &column, Datum value) {
    const AuditActor &one = statement.writer.actor;
    return (column.is_actor && text_view(value) == one.actor) ||
           (column.is_user && one.user.has_value() && same_uuid(*DatumGetUUIDP(value), *one.user)) ||
           (column.is_moment && DatumGetTimestampTz(value) == statement.transaction_start);
}

void append_value(StringInfo out, const Column &column, TupleTableSlot *row, int number) {
    if (row == nullptr || row->tts_isnull[number]) {
        appendStringInfoString(out, "null");
    } else if (column.is_redacted) {
        appendStringInfoString(out, "\"***\"");
    } else {
        append_json(out, column.json, row->tts_values[number]);
    }
}

void append_pair_begin(StringInfo out, std::string_view name) {
    appendStringInfoString(out, out->len == 0 ? "{" : ",");
    append_json_text(out, name);
    appendStringInfoString(out, ":[");
}

/// Text of a value for the rules of verbs; NULL is the empty text, and what they need not read is a mark.
std::string_view rule_text(const Column &column, TupleTableSlot *row, int number) {
    if (row->tts_isnull[number]) {
        return {};
    }
    switch (column.json.kind) {
    case JsonKind::boolean:
        return DatumGetBool(row->tts_values[number]) ? "true" : "false";
    case JsonKind::text:
        return column.is_redacted ? "***" : text_view(row->tts_values[number]);
    default:
        return "set";
    }
}

/// Whether an INSERT or a DELETE says the column: it holds something that the record does not say otherwise.
bool is_told(const Statement &statement, const Column &column, TupleTableSlot *row, int number) {
    if (column.is_dropped || column.is_said || column.is_kept || row->tts_isnull[number]) {
        return false;
    }
    const Datum value = row->tts_values[number];
    return !is_empty(column.json, value) &&
           !(statement.event == Event::insert && says_who_and_when(statement, column, value));
}

/// Puts the columns of a new or deleted row into `changes`.
void tell_whole_row(Statement &statement, const Row &row) {
    for (int i = 0; i < statement.type->natts; ++i) {
        const Column &column = statement.columns[i];
        if (is_told(statement, column, row.any(), i)) {
            append_pair_begin(&statement.changes, column.name);
            append_value(&statement.changes, column, row.before, i);
            appendStringInfoChar(&statement.changes, ',');
            append_value(&statement.changes, column, row.now, i);
            appendStringInfoChar(&statement.changes, ']');
        }
    }
}

/// Puts what differs into `changes`; the verb of the change, or nothing where nothing has changed.
std::string_view tell_difference(Statement &statement, const Row &row) {
    audit::ColumnChange ruled[max_ruled_columns];
    std::size_t ruled_count = 0;
    bool changed = false;
    for (int i = 0; i < statement.type->natts; ++i) {
        const Column &column = statement.columns[i];
        if (column.is_dropped || column.is_kept || !is_changed(statement, row, i)) {
            continue;
        }
        changed = true;
        if (column.has_rule && ruled_count < max_ruled_columns) {
            ruled[ruled_count++] = {.column = column.name,
                                    .before = rule_text(column, row.before, i),
                                    .after = rule_text(column, row.now, i)};
        }
        if (!row.now->tts_isnull[i] && says_who_and_when(statement, column, row.now->tts_values[i])) {
            continue;
        }
        append_pair_begin(&statement.changes, column.name);
        append_value(&statement.changes, column, row.before, i);
        appendStringInfoChar(&statement.changes, ',');
        append_value(&statement.changes, column, row.now, i);
        appendStringInfoChar(&statement.changes, ']');
    }
    return changed ? audit::verb_of_update(*statement.entity, {ruled, ruled_count}) : std::string_view{};
}

void append_name_or_null(StringInfo out, Statement &statement, NamedTable table, const pg_uuid_t *id) {
    const NamedRow *const named = id == nullptr ? nullptr : &name_of(statement.names, table, *id);
    if (named != nullptr && named->found) {
        append_json_text(out, named->name);
    } else {
        appendStringInfoString(out, "null");
    }
}

/// Says a name beside an identifier that the row has or had.
void tell_extra(Statement &statement, const Row &row) {
    const bool is_tag = statement.entity->extra == audit::Extra::tag;
    const AttrNumber column = is_tag ? statement.tag : statement.version;
    const pg_uuid_t *const before = id_in(row.before, column);
    const pg_uuid_t *const now = id_in(row.now, column);
    if (before != nullptr && now != nullptr && same_uuid(*before, *now)) {
        return;
    }
    const NamedTable table = is_tag ? NamedTable::tags : NamedTable::versions;
    append_pair_begin(&statement.changes, is_tag ? "tag" : "version");
    append_name_or_null(&statement.changes, statement, table, before);
    appendStringInfoChar(&statement.changes, ',');
    append_name_or_null(&statement.changes, statement, table, now);
    appendStringInfoChar(&statement.changes, ']');
}

void append_view(StringInfo out, std::string_view text) {
    appendBinaryStringInfo(out, text.data(), static_cast<int>(text.size()));
}

void append_column(StringInfo out, const Statement &statement, TupleTableSlot *row) {
    if (is_null(row, statement.name)) {
        return;
    }
    const Datum value = row->tts_values[statement.name - 1];
    const JsonColumn &json = statement.columns[statement.name - 1].json;
    if (json.kind == JsonKind::text) {
        append_view(out, text_view(value));
    } else {
        appendStringInfoString(out, OidOutputFunctionCall(json.output, value));
    }
}

/// Appends the name of a row of another table; false when there is none.
bool append_name(StringInfo out, Statement &statement, NamedTable table, const pg_uuid_t *id) {
    if (id == nullptr) {
        return false;
    }
    const NamedRow &named = name_of(statement.names, table, *id);
    append_view(out, named.name);
    return named.found;
}

/// The name of a row, in `row_name`; nothing where it has none.
std::string_view name_row(Statement &statement, TupleTableSlot *row) {
    StringInfo const out = &statement.row_name;
    resetStringInfo(out);
    switch (statement.entity->naming) {
    case audit::Naming::own:
        append_column(out, statement, row);
        break;
    case audit::Naming::under_model:
        append_name(out, statement, NamedTable::models, id_in(row, statement.model));
        appendStringInfoChar(out, '@');
        append_column(out, statement, row);
        break;
    case audit::Naming::of_version: {
        const pg_uuid_t *const version = id_in(row, statement.version);
        if (version == nullptr) {
            break;
        }
        const NamedRow &named = name_of(statement.names, NamedTable::versions, *version);
        const char *const semver = pnstrdup(named.name.data(), named.name.size());
        const pg_uuid_t model = named.parent;
        append_name(out, statement, NamedTable::models, &model);
        appendStringInfo(out, "@%s", semver);
        if (statement.name != InvalidAttrNumber) {
            appendStringInfoChar(out, '/');
            append_column(out, statement, row);
        }
        break;
    }
    case audit::Naming::of_model:
        append_name(out, statement, NamedTable::models, id_in(row, statement.model));
        break;
    case audit::Naming::of_dataset:
        append_name(out, statement, NamedTable::datasets, id_in(row, statement.dataset));
        break;
    case audit::Naming::of_user:
        append_name(out, statement, NamedTable::users, id_in(row, statement.user));
        break;
    }
    return {out->len == 0 ? nullptr : out->data, static_cast<std::size_t>(out->len)};
}

/// Under what the row is found.
const pg_uuid_t *subject_of(Statement &statement, TupleTableSlot *row) {
    if (statement.entity->subject != audit::Subject::model_of_version) {
        return id_in(row, statement.subject);
    }
    const pg_uuid_t *const version = id_in(row, statement.version);
    const NamedRow *const named =
        version == nullptr ? nullptr : &name_of(statement.names, NamedTable::versions, *version);
    if (named == nullptr || !named->found) {
        return nullptr;
    }
    auto *const subject = static_cast<pg_uuid_t *>(palloc(sizeof(pg_uuid_t)));
    *subject = named->parent;
    return subject;
}

/// Where a user is a member; where that is nowhere, the organization that the session works in, if there is one.
int organizations_of(const pg_uuid_t &user, pg_uuid_t *organizations) {
    const Datum values[] = {UUIDPGetDatum(&user)};
    const Oid owner = owner_of_registry("organization_memberships");
    connect();
    const auto found = static_cast<int>(
        run(organizations_of_user, owner, values, nullptr, Sight::latest, static_cast<long>(max_organizations)));
    for (int i = 0; i < found; ++i) {
        bool null = false;
        organizations[i] = *DatumGetUUIDP(SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1, &null));
    }
    done();
    if (found > 0) {
        return found;
    }
    organizations[0] = current_workplace().organization.value_or(pg_uuid_t{});
    return 1;
}

void write_event(Statement &statement, const Row &row, std::string_view verb) {
    TupleTableSlot *const whole = row.any();
    AuditEvent event{};
    event.project = id_in(whole, statement.project);
    event.entity = id_in(whole, statement.key);
    event.subject = subject_of(statement, whole);
    event.type = statement.entity->type;
    event.verb = verb;
    event.name = name_row(statement, whole);
    if (statement.changes.len > 0) {
        appendStringInfoChar(&statement.changes, '}');
        event.changes = {statement.changes.data, static_cast<std::size_t>(statement.changes.len)};
    }
    const pg_uuid_t *const organization = id_in(whole, statement.organization);
    if (organization == nullptr && statement.user != InvalidAttrNumber) {
        pg_uuid_t organizations[max_organizations];
        const int count = organizations_of(*id_in(whole, statement.user), organizations);
        for (int i = 0; i < count; ++i) {
            event.organization = organizations[i];
            add(statement.writer, event);
        }
        return;
    }
    event.organization = organization == nullptr ? pg_uuid_t{} : *organization;
    add(statement.writer, event);
}

void record(Statement &statement, const Row &row) {
    resetStringInfo(&statement.changes);
    std::string_view verb{};
    if (statement.event == Event::update) {
        verb = tell_difference(statement, row);
        if (verb.empty()) {
            return;
        }
    } else {
        tell_whole_row(statement, row);
        verb = statement.event == Event::insert ? statement.entity->created : statement.entity->removed;
    }
    if (statement.entity->extra != audit::Extra::none) {
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

/// While install() writes the first rows there is nobody yet to tell of.
bool is_installing() {
    const Oid owner = owner_of_registry("registry_meta");
    connect();
    const bool seeded = run(is_seeded, owner, nullptr, nullptr, Sight::latest, 1) == 1;
    done();
    return !seeded;
}

void record_truncation(Statement &statement) {
    StringInfoData details;
    initStringInfo(&details);
    appendStringInfoString(&details, "{\"table\":");
    append_json_text(&details, statement.entity->table);
    appendStringInfoChar(&details, '}');
    begin(statement.writer, 1);
    AuditEvent event{};
    event.type = statement.entity->type;
    event.verb = "truncate";
    event.details = {details.data, static_cast<std::size_t>(details.len)};
    add(statement.writer, event);
    finish(statement.writer);
}

void record_rows(Statement &statement, Tuplestorestate *old_rows, Tuplestorestate *new_rows) {
    Reader before{};
    Reader now{};
    if (old_rows != nullptr) {
        before = begin_reading(old_rows, statement.type);
    }
    if (new_rows != nullptr) {
        now = begin_reading(new_rows, statement.type);
    }
    prepare(statement, tuplestore_tuple_count(new_rows != nullptr ? new_rows : old_rows));
    for (;;) {
        CHECK_FOR_INTERRUPTS();
        // PostgreSQL puts the old and the new state of a row at the same place of both tables.
        const Row row{.before = next_row(before), .now = next_row(now)};
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
    TriggerData *const data = audit_trigger(fcinfo);
    Statement statement{};
    statement.data = data;
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
    statement.entity = &entity_of_table(data);
    statement.type = RelationGetDescr(data->tg_relation);
    if (statement.entity->is_seeded && is_installing()) {
        return PointerGetDatum(nullptr);
    }
    if (rows == nullptr) {
        record_truncation(statement);
    } else {
        record_rows(statement, old_rows, new_rows);
    }
    return PointerGetDatum(nullptr);
}
