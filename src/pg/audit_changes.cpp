// What a row says of a change: {"column": [old, new]}, and the verb.
#include "audit_statement.hpp"
#include "correction.hpp"
#include "deployment_setting.hpp"
#include "text_argument.hpp"
#include "uuid.hpp"

extern "C" {
#include "catalog/pg_type.h"
#include "common/sha2.h"
#include "utils/datum.h"
#include "utils/timestamp.h"
}

#include <cstring>

namespace mlregistry::pg {

namespace {

using audit::Event;

constexpr int max_ruled_columns = 8;

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

bool is_changed(const AuditedStatement &statement, const AuditedRow &row, int column) {
    const bool was_null = row.before->tts_isnull[column];
    const bool is_null_now = row.now->tts_isnull[column];
    return was_null != is_null_now ||
           (!was_null && !is_same(TupleDescAttr(statement.table->type, column), row.before->tts_values[column],
                                  row.now->tts_values[column]));
}

/// True when the value of a new row says what the record says of who and when.
bool says_who_and_when(const AuditedStatement &statement, const AuditedColumn &column, Datum value) {
    const AuditActor &one = statement.writer.actor;
    return (column.is_actor && text_view(value) == one.actor) ||
           (column.is_user && one.user.has_value() && same_uuid(*DatumGetUUIDP(value), *one.user)) ||
           (column.json.kind == JsonKind::moment && DatumGetTimestampTz(value) == statement.transaction_start);
}

/// The most that a value takes in a record. jsonb of some bytes can be a gigabyte of text (1e131000), of which a DELETE
/// would have to tell all columns at once.
constexpr int longest_value = 4 * 1024 * 1024;

/// A value that is too long is told by its hash.
void append_digest(StringInfo out, std::string_view text) {
    std::uint8_t hash[PG_SHA256_DIGEST_LENGTH];
    sha256(text, {}, hash);
    appendStringInfoString(out, "\"sha256:");
    for (const std::uint8_t byte : hash) {
        appendStringInfo(out, "%02x", byte);
    }
    appendStringInfo(out, " of %zu bytes\"", text.size());
}

void append_value(StringInfo out, const AuditedColumn &column, TupleTableSlot *row, int number) {
    if (row == nullptr || row->tts_isnull[number]) {
        appendStringInfoString(out, "null");
    } else if (column.is_redacted) {
        appendStringInfoString(out, "\"***\"");
    } else if (column.json.kind == JsonKind::json) {
        StringInfoData text;
        initStringInfo(&text);
        append_json(&text, column.json, row->tts_values[number]);
        if (text.len > longest_value) {
            append_digest(out, {text.data, static_cast<std::size_t>(text.len)});
        } else {
            appendBinaryStringInfo(out, text.data, text.len);
        }
        pfree(text.data);
    } else {
        append_json(out, column.json, row->tts_values[number]);
    }
}

/// `name` is a JSON string.
void begin_pair(StringInfo out, std::string_view name) {
    appendStringInfoChar(out, out->len == 0 ? '{' : ',');
    appendBinaryStringInfo(out, name.data(), static_cast<int>(name.size()));
    appendStringInfoString(out, ":[");
}

/// Text of a value for the rules of verbs; NULL is the empty text, and what they need not read is a mark.
std::string_view rule_text(const AuditedColumn &column, TupleTableSlot *row, int number) {
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
bool is_told(const AuditedStatement &statement, const AuditedColumn &column, TupleTableSlot *row, int number) {
    if (column.is_dropped || column.is_said || column.is_kept || row->tts_isnull[number]) {
        return false;
    }
    const Datum value = row->tts_values[number];
    return !is_empty(column.json, value) &&
           !(statement.event == Event::insert && says_who_and_when(statement, column, value));
}

/// Puts what a column held and holds into `changes`.
void append_change(AuditedStatement &statement, const AuditedColumn &column, const AuditedRow &row, int number) {
    begin_pair(&statement.changes, column.json_name);
    append_value(&statement.changes, column, row.before, number);
    appendStringInfoChar(&statement.changes, ',');
    append_value(&statement.changes, column, row.now, number);
    appendStringInfoChar(&statement.changes, ']');
}

/// A version of the model that the record is about is named by its number alone.
void append_name_or_null(StringInfo out, AuditedStatement &statement, NamedTable table, const pg_uuid_t *id,
                         bool with_model) {
    const NamedRow *const named = id == nullptr ? nullptr : &name_of(statement.names, table, *id);
    if (named == nullptr || !named->found) {
        appendStringInfoString(out, "null");
    } else if (with_model) {
        const char *const own = pnstrdup(named->name.data(), named->name.size());
        const pg_uuid_t model = named->parent;
        const std::string_view above = name_of(statement.names, NamedTable::models, model).name;
        append_json_text(out, psprintf("%.*s@%s", static_cast<int>(above.size()), above.data(), own));
    } else {
        append_json_text(out, named->name);
    }
}

/// What is said beside the columns.
struct ExtraName {
    AttrNumber column;
    NamedTable table;
    std::string_view json_name;
};

ExtraName extra_name(const AuditedStatement &statement) {
    switch (statement.table->entity->extra) {
    case audit::Extra::tag:
        return {statement.table->tag, NamedTable::tags, "\"tag\""};
    case audit::Extra::dataset:
        return {statement.table->dataset, NamedTable::datasets, "\"dataset\""};
    case audit::Extra::parent_dataset:
        return {statement.table->parent_dataset, NamedTable::datasets, "\"parent\""};
    case audit::Extra::parent_version:
        return {statement.table->parent_version, NamedTable::versions, "\"parent\""};
    case audit::Extra::none:
    case audit::Extra::version:
        break;
    }
    return {statement.table->version, NamedTable::versions, "\"version\""};
}

} // namespace

std::string_view tell_whole_row(AuditedStatement &statement, const AuditedRow &row) {
    for (int i = 0; i < statement.table->type->natts; ++i) {
        const AuditedColumn &column = statement.table->columns[i];
        if (is_told(statement, column, row.any(), i)) {
            append_change(statement, column, row, i);
        }
    }
    return statement.event == Event::insert ? statement.table->entity->created : statement.table->entity->removed;
}

std::string_view tell_difference(AuditedStatement &statement, const AuditedRow &row) {
    audit::ColumnChange ruled[max_ruled_columns];
    std::size_t ruled_count = 0;
    bool changed = false;
    for (int i = 0; i < statement.table->type->natts; ++i) {
        const AuditedColumn &column = statement.table->columns[i];
        if (column.is_dropped || column.is_kept || !is_changed(statement, row, i)) {
            continue;
        }
        changed = true;
        if (column.has_rule && ruled_count < max_ruled_columns) {
            ruled[ruled_count++] = {.column = column.name,
                                    .before = rule_text(column, row.before, i),
                                    .after = rule_text(column, row.now, i)};
        }
        // Also who and when: the record says the new ones, but not whose name somebody has put his own over.
        append_change(statement, column, row, i);
    }
    if (!changed) {
        return {};
    }
    const audit::Entity &entity = *statement.table->entity;
    if (is_correcting() && !entity.corrected.empty()) {
        return entity.corrected;
    }
    const std::string_view verb = audit::verb_of_update(entity, {ruled, ruled_count});
    return verb == "move" && entity.type == "deployment" && goes_back() ? "rollback" : verb;
}

void tell_extra(AuditedStatement &statement, const AuditedRow &row) {
    const ExtraName extra = extra_name(statement);
    const pg_uuid_t *const before = id_in(row.before, extra.column);
    const pg_uuid_t *const now = id_in(row.now, extra.column);
    if (before != nullptr && now != nullptr && same_uuid(*before, *now)) {
        return;
    }
    const bool with_model = statement.table->entity->extra == audit::Extra::parent_version;
    begin_pair(&statement.changes, extra.json_name);
    append_name_or_null(&statement.changes, statement, extra.table, before, with_model);
    appendStringInfoChar(&statement.changes, ',');
    append_name_or_null(&statement.changes, statement, extra.table, now, with_model);
    appendStringInfoChar(&statement.changes, ']');
}

} // namespace mlregistry::pg
