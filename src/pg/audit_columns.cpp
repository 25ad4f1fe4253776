// How the audit trail sees the columns of a table.
#include "audit_statement.hpp"

#include "core/audit_entities.hpp"

extern "C" {
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"
}

#include <algorithm>

namespace mlregistry::pg {

namespace {

using audit::Entity;
using audit::Event;

bool contains(std::span<const std::string_view> names, std::string_view name) noexcept {
    return std::ranges::find(names, name) != names.end();
}

bool has_ending(std::string_view name, std::string_view ending) noexcept {
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
    if (!has_ending(name, "_at")) {
        return false;
    }
    const auto stem = static_cast<int>(name.size() - 3);
    return name == "created_at" || column_named(type, psprintf("%.*s_by", stem, name.data())) != InvalidAttrNumber;
}

AuditedColumn column_of(const AuditedStatement &statement, int number) {
    const Form_pg_attribute attribute = TupleDescAttr(statement.type, number);
    const std::string_view name = NameStr(attribute->attname);
    const Entity &entity = *statement.entity;
    AuditedColumn column{};
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
    column.is_actor = has_ending(name, "_by") && column.json.kind == JsonKind::text;
    column.is_user = has_ending(name, "_by_user") && column.json.type == UUIDOID;
    column.is_moment = column.json.kind == JsonKind::moment &&
                       (statement.event == Event::insert || is_moment_of_actor(statement.type, name));
    return column;
}

} // namespace

void prepare(AuditedStatement &statement, std::int64_t rows) {
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
    statement.columns = static_cast<AuditedColumn *>(palloc(static_cast<Size>(type->natts) * sizeof(AuditedColumn)));
    for (int i = 0; i < type->natts; ++i) {
        statement.columns[i] = column_of(statement, i);
    }
    statement.names = begin_names();
    initStringInfo(&statement.changes);
    initStringInfo(&statement.row_name);
    statement.row_memory = AllocSetContextCreate(CurrentMemoryContext, "audited row", ALLOCSET_DEFAULT_SIZES);
    begin(statement.writer, rows);
}

} // namespace mlregistry::pg
