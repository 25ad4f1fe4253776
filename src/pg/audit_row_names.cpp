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

/// Appends the name of the row above another one, the mark and that one's own name; false when there is no identifier.
bool append_both_names(StringInfo out, AuditedStatement &statement, NamedTable above, const char *mark,
                       NamedTable table, const pg_uuid_t *id) {
    if (id == nullptr) {
        return false;
    }
    const NamedRow &named = name_of(statement.names, table, *id);
    const char *const own = pnstrdup(named.name.data(), named.name.size());
    const pg_uuid_t parent = named.parent;
    append_name(out, statement, above, &parent);
    appendStringInfo(out, "%s%s", mark, own);
    return true;
}

/// The row above a row of another table; null when there is none.
const pg_uuid_t *parent_of(AuditedStatement &statement, NamedTable table, const pg_uuid_t *id) {
    const NamedRow *const named = id == nullptr ? nullptr : &name_of(statement.names, table, *id);
    if (named == nullptr || !named->found) {
        return nullptr;
    }
    auto *const parent = static_cast<pg_uuid_t *>(palloc(sizeof(pg_uuid_t)));
    *parent = named->parent;
    return parent;
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
    case audit::Naming::numbered:
        append_name(out, statement, NamedTable::experiments, id_in(row, statement.table->experiment));
        appendStringInfoChar(out, '#');
        append_column(out, statement, row);
        break;
    case audit::Naming::of_run:
        append_both_names(out, statement, NamedTable::experiments, "#", NamedTable::runs,
                          id_in(row, statement.table->run));
        break;
    case audit::Naming::in_environment:
        append_name(out, statement, NamedTable::environments, id_in(row, statement.table->environment));
        appendStringInfoChar(out, '/');
        append_column(out, statement, row);
        break;
    case audit::Naming::of_deployment:
        append_both_names(out, statement, NamedTable::environments, "/", NamedTable::deployments,
                          id_in(row, statement.table->deployment));
        break;
    case audit::Naming::of_version:
        if (!append_both_names(out, statement, NamedTable::models, "@", NamedTable::versions,
                               id_in(row, statement.table->version))) {
            break;
        }
        if (statement.table->name != InvalidAttrNumber) {
            appendStringInfoChar(out, '/');
            append_column(out, statement, row);
        }
        break;
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
    switch (statement.table->entity->subject) {
    case audit::Subject::model_of_version:
        return parent_of(statement, NamedTable::versions, id_in(row, statement.table->version));
    case audit::Subject::experiment_of_run:
        return parent_of(statement, NamedTable::runs, id_in(row, statement.table->run));
    case audit::Subject::model_of_deployment:
        return parent_of(statement, NamedTable::served_deployments, id_in(row, statement.table->deployment));
    case audit::Subject::none:
    case audit::Subject::column:
        break;
    }
    return id_in(row, statement.table->subject);
}

} // namespace mlregistry::pg
