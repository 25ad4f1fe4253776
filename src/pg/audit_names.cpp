#include "audit_names.hpp"

#include "uuid.hpp"

extern "C" {
#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "executor/spi.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/relcache.h"
#include "utils/snapmgr.h"
}

namespace mlregistry::pg {

namespace {

struct TableOfNames {
    const char *table;
    const char *key;
    const char *name;
    const char *parent; ///< null: there is none
};

/// In the order of NamedTable.
constexpr TableOfNames tables[] = {
    {"models", "model_id", "model_name", nullptr},
    {"model_versions", "version_id", "semver", "model_id"},
    {"datasets", "dataset_id", "dataset_name", nullptr},
    {"tags", "tag_id", "tag_name", nullptr},
    {"users", "user_id", "email", nullptr},
    {"experiments", "experiment_id", "experiment_name", nullptr},
    {"training_runs", "run_id", "run_number", "experiment_id"},
    {"environments", "environment_id", "environment_name", nullptr},
    {"deployments", "deployment_id", "deployment_name", "environment_id"},
    {"deployments", "deployment_id", "deployment_name", "model_id"},
};

struct KnownName {
    bool used;
    NamedTable table;
    pg_uuid_t id;
    NamedRow row;
    char *name;
};

/// Each name in the slot that its identifier says: others share slots, which costs time only.
constexpr std::size_t name_slots = 256;

Oid primary_key_of(Relation table) {
#if PG_VERSION_NUM >= 180000
    return RelationGetPrimaryKeyIndex(table, false);
#else
    return RelationGetPrimaryKeyIndex(table);
#endif
}

int column_of(Relation table, const char *name) {
    const int number = SPI_fnumber(RelationGetDescr(table), name);
    if (number <= 0) {
        ereport(ERROR, (errcode(ERRCODE_UNDEFINED_COLUMN), errmsg("the audit trail needs column \"%s\" of table \"%s\"",
                                                                  name, RelationGetRelationName(table))));
    }
    return number;
}

/// The last state of a row that this transaction has deleted.
bool is_deleted_by_us(HeapTuple row) {
    return !(row->t_data->t_infomask & HEAP_XMAX_INVALID) && !HEAP_XMAX_IS_LOCKED_ONLY(row->t_data->t_infomask) &&
           TransactionIdIsCurrentTransactionId(HeapTupleHeaderGetUpdateXid(row->t_data)) &&
           ItemPointerEquals(&row->t_self, &row->t_data->t_ctid);
}

/// What matters is what the row is called now, whatever the statement sees. With SnapshotAny, what it was called when
/// this transaction deleted it.
bool read_row(Relation table, const TableOfNames &columns, const pg_uuid_t &id, Snapshot snapshot, KnownName &known,
              MemoryContext memory) {
    ScanKeyData key;
    ScanKeyInit(&key, static_cast<AttrNumber>(column_of(table, columns.key)), BTEqualStrategyNumber, F_UUID_EQ,
                UUIDPGetDatum(&id));
    SysScanDesc const scan = systable_beginscan(table, primary_key_of(table), true, snapshot, 1, &key);
    TupleDesc const type = RelationGetDescr(table);
    HeapTuple row = systable_getnext(scan);
    while (HeapTupleIsValid(row) && snapshot == SnapshotAny && !is_deleted_by_us(row)) {
        row = systable_getnext(scan);
    }
    if (HeapTupleIsValid(row)) {
        const int name = column_of(table, columns.name);
        Oid output = InvalidOid;
        bool is_varlena = false;
        bool is_null = false;
        getTypeOutputInfo(TupleDescAttr(type, name - 1)->atttypid, &output, &is_varlena);
        const Datum value = heap_getattr(row, name, type, &is_null);
        known.row.found = !is_null;
        if (!is_null) {
            known.name = MemoryContextStrdup(memory, OidOutputFunctionCall(output, value));
            known.row.name = known.name;
        }
        if (columns.parent != nullptr) {
            const Datum parent = heap_getattr(row, column_of(table, columns.parent), type, &is_null);
            if (!is_null) {
                known.row.parent = *DatumGetUUIDP(parent);
            }
        }
    }
    systable_endscan(scan);
    return known.row.found;
}

void look_up(KnownName &known, MemoryContext memory) {
    const TableOfNames &columns = tables[static_cast<std::size_t>(known.table)];
    const Oid oid = get_relname_relid(columns.table, get_namespace_oid("mlregistry", false));
    if (!OidIsValid(oid)) {
        return;
    }
    Relation const table = table_open(oid, AccessShareLock);
    // The third look is for a row that somebody moved while the first one went along the index.
    if (!read_row(table, columns, known.id, SnapshotSelf, known, memory) &&
        !read_row(table, columns, known.id, SnapshotAny, known, memory)) {
        read_row(table, columns, known.id, GetLatestSnapshot(), known, memory);
    }
    table_close(table, AccessShareLock);
}

} // namespace

struct AuditNames {
    MemoryContext memory;
    KnownName *known; ///< name_slots of them, once there is one
};

AuditNames *begin_names() {
    auto *const names = static_cast<AuditNames *>(palloc0(sizeof(AuditNames)));
    names->memory = CurrentMemoryContext;
    return names;
}

const NamedRow &name_of(AuditNames *names, NamedTable table, const pg_uuid_t &id) {
    const std::size_t slot = (static_cast<std::size_t>(id.data[UUID_LEN - 1]) +
                              static_cast<std::size_t>(table) * (name_slots / std::size(tables))) %
                             name_slots;
    if (names->known == nullptr) {
        names->known = static_cast<KnownName *>(MemoryContextAllocZero(names->memory, name_slots * sizeof(KnownName)));
    }
    KnownName &known = names->known[slot];
    if (!known.used || known.table != table || !same_uuid(known.id, id)) {
        if (known.name != nullptr) {
            pfree(known.name);
        }
        known = {.used = true, .table = table, .id = id, .row = {}, .name = nullptr};
        look_up(known, names->memory);
    }
    return known.row;
}

} // namespace mlregistry::pg
