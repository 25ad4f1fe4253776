#include "audit_table.hpp"

extern "C" {
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/memutils.h"
}

#include <algorithm>
#include <cstring>

namespace mlregistry::pg {

namespace {

using audit::Entity;

bool contains(std::span<const std::string_view> names, std::string_view name) noexcept {
    return std::ranges::find(names, name) != names.end();
}

bool has_ending(std::string_view name, std::string_view ending) noexcept {
    return name.size() > ending.size() && name.ends_with(ending);
}

/// `name` is a literal, or nothing.
AttrNumber column_named(TupleDesc type, std::string_view name) {
    const int number = name.empty() ? 0 : SPI_fnumber(type, name.data());
    return number > 0 ? static_cast<AttrNumber>(number) : static_cast<AttrNumber>(InvalidAttrNumber);
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

std::string_view json_text(std::string_view text) {
    StringInfoData json;
    initStringInfo(&json);
    append_json_text(&json, text);
    return {json.data, static_cast<std::size_t>(json.len)};
}

AuditedColumn column_of(const AuditedTable &table, int number) {
    const Form_pg_attribute attribute = TupleDescAttr(table.type, number);
    const std::string_view name = NameStr(attribute->attname);
    AuditedColumn column{};
    column.name = name;
    column.is_dropped = attribute->attisdropped;
    if (column.is_dropped) {
        return column;
    }
    column.json_name = json_text(name);
    column.json = json_column(attribute);
    const auto attnum = static_cast<AttrNumber>(number + 1);
    column.is_said =
        attnum == table.key || attnum == table.organization || attnum == table.project || attnum == table.subject;
    column.is_kept = name == "updated_at" || name == "updated_by" || contains(table.entity->ignored, name);
    column.is_redacted = contains(table.entity->redacted, name);
    column.has_rule = audit::has_rule(*table.entity, name);
    column.is_actor = has_ending(name, "_by") && column.json.kind == JsonKind::text;
    column.is_user = has_ending(name, "_by_user") && column.json.type == UUIDOID;
    return column;
}

const Entity &entity_of(Relation relation) {
    const Entity *const entity = audit::entity_of(RelationGetRelationName(relation));
    // A table of that name somewhere else could make the trail tell what has not happened.
    const bool is_ours = RelationGetNamespace(relation) == get_namespace_oid("mlregistry", true);
    if (entity == nullptr || !entity->not_audited.empty() || !is_ours) {
        ereport(ERROR, (errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
                        errmsg("the audit trail does not know table \"%s\"", RelationGetRelationName(relation))));
    }
    return *entity;
}

/// In a memory context of its own, which stays: somebody up the stack may be working with it.
AuditedTable *look_at(Relation relation, const Entity &entity) {
    MemoryContext const memory = AllocSetContextCreate(CurrentMemoryContext, "audited table", ALLOCSET_SMALL_SIZES);
    MemoryContext const before = MemoryContextSwitchTo(memory);
    auto *const table = static_cast<AuditedTable *>(palloc0(sizeof(AuditedTable)));
    table->entity = &entity;
    table->type = CreateTupleDescCopy(RelationGetDescr(relation));
    table->key = id_named(table->type, entity.key_column);
    table->organization = id_named(table->type, "organization_id");
    table->project = id_named(table->type, "project_id");
    table->subject = id_named(table->type, entity.subject_column);
    table->name = column_named(table->type, entity.name_column);
    table->model = id_named(table->type, "model_id");
    table->version = id_named(table->type, "version_id");
    table->dataset = id_named(table->type, "dataset_id");
    table->parent_version = id_named(table->type, "parent_version_id");
    table->parent_dataset = id_named(table->type, "parent_dataset_id");
    table->user = id_named(table->type, "user_id");
    table->tag = id_named(table->type, "tag_id");
    table->experiment = id_named(table->type, "experiment_id");
    table->run = id_named(table->type, "run_id");
    table->environment = id_named(table->type, "environment_id");
    table->deployment = id_named(table->type, "deployment_id");
    auto *const columns =
        static_cast<AuditedColumn *>(palloc(static_cast<Size>(table->type->natts) * sizeof(AuditedColumn)));
    for (int i = 0; i < table->type->natts; ++i) {
        columns[i] = column_of(*table, i);
    }
    table->columns = columns;
    MemoryContextSwitchTo(before);
    MemoryContextSetParent(memory, CacheMemoryContext); // only now: a table that is refused leaves nothing
    return table;
}

/// Whether the columns are what they were: names, types, order.
bool is_unchanged(TupleDesc a, TupleDesc b) noexcept {
    if (a->natts != b->natts) {
        return false;
    }
    for (int i = 0; i < a->natts; ++i) {
        const Form_pg_attribute x = TupleDescAttr(a, i);
        const Form_pg_attribute y = TupleDescAttr(b, i);
        if (x->atttypid != y->atttypid || x->attisdropped != y->attisdropped ||
            std::strcmp(NameStr(x->attname), NameStr(y->attname)) != 0) {
            return false;
        }
    }
    return true;
}

} // namespace

const AuditedTable &audited_table(Relation relation) {
    static AuditedTable **known = nullptr;
    if (known == nullptr) {
        known = static_cast<AuditedTable **>(
            MemoryContextAllocZero(TopMemoryContext, audit::entities().size() * sizeof(AuditedTable *)));
    }
    const Entity &entity = entity_of(relation);
    const auto number = static_cast<std::size_t>(&entity - audit::entities().data());
    if (known[number] == nullptr || !is_unchanged(known[number]->type, RelationGetDescr(relation))) {
        known[number] = look_at(relation, entity);
    }
    return *known[number];
}

} // namespace mlregistry::pg
