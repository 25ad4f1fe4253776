// What the rows of audited tables are called, and under what they are found.
#include "audit_statement.hpp"

#include "text_argument.hpp"

namespace mlregistry::pg {

namespace {

bool is_null_in(TupleTableSlot *row, AttrNumber column) noexcept {
    return row == nullptr || column == InvalidAttrNumber || row->tts_isnull[column - 1];
}

void append_view(StringInfo out, std::string_view text) {
    appendBinaryStringInfo(out, text.data(), static_cast<int>(text.size()));
}

void append_column(StringInfo out, const AuditedStatement &statement, TupleTableSlot *row) {
    if (is_null_in(row, statement.table->name)) {
        return;
    }
    const Datum value = row->tts_values[statement.table->name - 1];
    const JsonColumn &json = statement.table->columns[statement.table->name - 1].json;
    if (json.kind == JsonKind::text) {
        append_view(out, text_view(value));
    } else {
        appendStringInfoString(out, OidOutputFunctionCall(json.output, value));
    }
}

/// Appends the name of a row of another table, if there is one.
void append_name(StringInfo out, AuditedStatement &statement, NamedTable table, const pg_uuid_t *id) {
    if (id != nullptr) {
        append_view(out, name_of(statement.names, table, *id).name);
    }
}

} // namespace

const pg_uuid_t *id_in(TupleTableSlot *row, AttrNumber column) {
    return is_null_in(row, column) ? nullptr : DatumGetUUIDP(row->tts_values[column - 1]);
}

std::string_view name_row(AuditedStatement &statement, TupleTableSlot *row) {
    StringInfo const out = &statement.row_name;
    resetStringInfo(out);
    switch (statement.table->entity->naming) {
    case audit::Naming::own:
        append_column(out, statement, row);
        break;
    case audit::Naming::under_model:
        append_name(out, statement, NamedTable::models, id_in(row, statement.table->model));
        appendStringInfoChar(out, '@');
        append_column(out, statement, row);
        break;
    case audit::Naming::of_version: {
        const pg_uuid_t *const version = id_in(row, statement.table->version);
        if (version == nullptr) {
            break;
        }
        const NamedRow &named = name_of(statement.names, NamedTable::versions, *version);
        const char *const semver = pnstrdup(named.name.data(), named.name.size());
        const pg_uuid_t model = named.parent;
        append_name(out, statement, NamedTable::models, &model);
        appendStringInfo(out, "@%s", semver);
        if (statement.table->name != InvalidAttrNumber) {
            appendStringInfoChar(out, '/');
            append_column(out, statement, row);
        }
        break;
    }
    case audit::Naming::of_model:
        append_name(out, statement, NamedTable::models, id_in(row, statement.table->model));
        break;
    case audit::Naming::of_dataset:
        append_name(out, statement, NamedTable::datasets, id_in(row, statement.table->dataset));
        break;
    case audit::Naming::of_user:
        append_name(out, statement, NamedTable::users, id_in(row, statement.table->user));
        break;
    }
    return {out->len == 0 ? nullptr : out->data, static_cast<std::size_t>(out->len)};
}

const pg_uuid_t *subject_of(AuditedStatement &statement, TupleTableSlot *row) {
    if (statement.table->entity->subject != audit::Subject::model_of_version) {
        return id_in(row, statement.table->subject);
    }
    const pg_uuid_t *const version = id_in(row, statement.table->version);
    const NamedRow *const named =
        version == nullptr ? nullptr : &name_of(statement.names, NamedTable::versions, *version);
    if (named == nullptr || !named->found) {
        return nullptr;
    }
    auto *const subject = static_cast<pg_uuid_t *>(palloc(sizeof(pg_uuid_t)));
    *subject = named->parent;
    return subject;
}

} // namespace mlregistry::pg
