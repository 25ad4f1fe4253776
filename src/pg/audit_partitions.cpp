#include "audit_partitions.hpp"

#include "owner_query.hpp"

extern "C" {
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "partitioning/partbounds.h"
#include "partitioning/partdesc.h"
#include "storage/lmgr.h"
#include "utils/lsyscache.h"
#include "utils/partcache.h"
#include "utils/rel.h"
}

#include <cstring>

namespace mlregistry::pg {

namespace {

/// Columns of the partition that rows of the registry leave to erasure.
bool is_left_empty(const char *name) noexcept {
    return std::strcmp(name, "erased_at") == 0 || std::strcmp(name, "payload_hash") == 0;
}

bool fires_on_insert(const TriggerDesc *triggers) noexcept {
    return triggers != nullptr &&
           (triggers->trig_insert_before_row || triggers->trig_insert_after_row || triggers->trig_insert_instead_row ||
            triggers->trig_insert_before_statement || triggers->trig_insert_after_statement);
}

bool is_by_time(PartitionKey key) noexcept {
    return key != nullptr && key->strategy == PARTITION_STRATEGY_RANGE && key->partnatts == 1 &&
           key->partattrs[0] != InvalidAttrNumber && key->parttypid[0] == TIMESTAMPTZOID;
}

/// Says where the columns are in the partition; false when it has others besides.
bool map_columns(AuditPartitions &partitions, TupleDesc type) {
    int known = 0;
    for (int i = 0; i < type->natts; ++i) {
        const Form_pg_attribute attribute = TupleDescAttr(type, i);
        if (attribute->attisdropped || is_left_empty(NameStr(attribute->attname))) {
            continue;
        }
        int column = 0;
        while (column < partitions.row_type->natts &&
               std::strcmp(NameStr(TupleDescAttr(partitions.row_type, column)->attname), NameStr(attribute->attname)) !=
                   0) {
            ++column;
        }
        if (column == partitions.row_type->natts ||
            attribute->atttypid != TupleDescAttr(partitions.row_type, column)->atttypid ||
            attribute->attgenerated != '\0') {
            return false;
        }
        partitions.attributes[column] = i;
        ++known;
    }
    return known == partitions.row_type->natts;
}

void close_partition(AuditPartitions &partitions) {
    if (partitions.partition != nullptr) {
        ExecDropSingleTupleTableSlot(partitions.slot);
        ExecCloseIndices(partitions.target);
        table_close(partitions.partition, NoLock);
        partitions.partition = nullptr;
    }
}

/// Opens a partition by its number; false when the short way does not lead there.
bool open_partition(AuditPartitions &partitions, PartitionDesc all, int number) {
    close_partition(partitions);
    if (!all->is_leaf[number]) {
        return false;
    }
    Relation const relation = table_open(all->oids[number], RowExclusiveLock);
    if (relation->rd_rel->relkind != RELKIND_RELATION || fires_on_insert(relation->trigdesc) ||
        !map_columns(partitions, RelationGetDescr(relation))) {
        table_close(relation, NoLock);
        return false;
    }
    partitions.partition = relation;
    partitions.target = makeNode(ResultRelInfo);
    InitResultRelInfo(partitions.target, relation, 0, nullptr, 0);
    ExecOpenIndices(partitions.target, false);
    partitions.slot = table_slot_create(relation, nullptr);
    return true;
}

/// Number of the partition for a moment, as in get_partition_for_tuple() of PostgreSQL. -1 where there is none but the
/// default one.
int number_of_partition(Relation table, PartitionDesc all, TimestampTz created_at) {
    if (all->nparts == 0) {
        return -1;
    }
    PartitionKey const key = RelationGetPartitionKey(table);
    PartitionBoundInfo const bounds = all->boundinfo;
    Datum value = TimestampTzGetDatum(created_at);
    bool is_equal = false;
    const int bound = partition_range_datum_bsearch(key->partsupfunc, key->partcollation, bounds, 1, &value, &is_equal);
    return bounds->indexes[bound + 1];
}

void insert_into_partition(AuditPartitions &partitions, const Datum *values, const bool *nulls) {
    TupleTableSlot *const slot = partitions.slot;
    ExecClearTuple(slot);
    std::memset(slot->tts_isnull, true, static_cast<std::size_t>(slot->tts_tupleDescriptor->natts));
    for (int i = 0; i < partitions.row_type->natts; ++i) {
        slot->tts_values[partitions.attributes[i]] = values[i];
        slot->tts_isnull[partitions.attributes[i]] = nulls[i];
    }
    ExecStoreVirtualTuple(slot);
    slot->tts_tableOid = RelationGetRelid(partitions.partition); // checks may ask for it before the table has set it
    if (partitions.partition->rd_att->constr != nullptr) {
        ExecConstraints(partitions.target, slot, partitions.executor);
    }
    table_tuple_insert(partitions.partition, slot, GetCurrentCommandId(true), 0, nullptr);
    if (partitions.target->ri_NumIndices > 0) {
#if PG_VERSION_NUM >= 160000
        ExecInsertIndexTuples(partitions.target, slot, partitions.executor, false, false, nullptr, NIL, false);
#else
        ExecInsertIndexTuples(partitions.target, slot, partitions.executor, false, false, nullptr, NIL);
#endif
    }
    ResetPerTupleExprContext(partitions.executor);
}

} // namespace

void open_partitions(AuditPartitions &partitions, TupleDesc row_type) {
    partitions = {};
    partitions.row_type = row_type;
    Assert(row_type->natts <= most_audit_columns);
    partitions.owner = owner_of_registry("audit_logs"); // raises where there is none
    Relation const table =
        table_open(get_relname_relid("audit_logs", get_namespace_oid("mlregistry", false)), RowExclusiveLock);
    if (table->rd_rel->relkind != RELKIND_PARTITIONED_TABLE || !is_by_time(RelationGetPartitionKey(table)) ||
        fires_on_insert(table->trigdesc) || table->rd_rules != nullptr) {
        table_close(table, NoLock);
        return;
    }
    partitions.table = table;
    partitions.executor = CreateExecutorState();
}

bool insert_directly(AuditPartitions &partitions, TimestampTz created_at, const Datum *values, const bool *nulls) {
    if (partitions.table == nullptr) {
        return false;
    }
    PartitionDesc all = RelationGetPartitionDesc(partitions.table, true);
    int number = number_of_partition(partitions.table, all, created_at);
    if (number < 0 && all->nparts > 0 && all->boundinfo->default_index >= 0) {
        // Whoever makes the partition that is missing holds the default one. Behind him there is the new one, and the
        // INSERT of somebody who did not wait would be refused.
        LockRelationOid(all->oids[all->boundinfo->default_index], RowExclusiveLock);
        all = RelationGetPartitionDesc(partitions.table, true);
        number = number_of_partition(partitions.table, all, created_at);
    }
    if (number < 0) {
        return false;
    }
    const AsOwner as_owner{partitions.owner};
    MemoryContext const before = MemoryContextSwitchTo(partitions.executor->es_query_cxt);
    const bool is_open =
        (partitions.partition != nullptr && RelationGetRelid(partitions.partition) == all->oids[number]) ||
        open_partition(partitions, all, number);
    if (is_open) {
        MemoryContextSwitchTo(GetPerTupleMemoryContext(partitions.executor));
        insert_into_partition(partitions, values, nulls);
    }
    MemoryContextSwitchTo(before);
    as_owner.restore();
    return is_open;
}

void close_partitions(AuditPartitions &partitions) {
    if (partitions.table != nullptr) {
        close_partition(partitions);
        table_close(partitions.table, NoLock);
        FreeExecutorState(partitions.executor);
        partitions.table = nullptr;
    }
}

} // namespace mlregistry::pg
