#include "edge_scan.hpp"

#include "owner_query.hpp"

extern "C" {
#include "access/itup.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/visibilitymap.h"
#include "catalog/namespace.h"
#include "catalog/pg_am.h"
#include "storage/bufmgr.h"
#include "storage/predicate.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
}

namespace mlregistry::pg {

namespace {

// As far as the scan key; the open ones go on with all that a walk wants to know.
constexpr const char *upward_columns[] = {"organization_id", "child_kind", "child_id",         "parent_kind",
                                          "parent_id",       "relation",   "child_project_id", "parent_project_id"};
constexpr const char *downward_columns[] = {"organization_id", "parent_kind", "parent_id",        "child_kind",
                                            "child_id",        "relation",    "child_project_id", "parent_project_id"};
constexpr const char *index_names[2][2] = {{"idx_lineage_up", "lineage_edges_pkey"},
                                           {"idx_lineage_down", "idx_lineage_down_asof"}};
constexpr int key_count = 3;

[[noreturn]] void refuse_index(const char *name) {
    ereport(ERROR,
            (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
             errmsg("index mlregistry.%s is not there, or is not what it was", name),
             errhint("Lineage is read by it. SELECT * FROM mlregistry.check_registry() says what else is missing.")));
}

/// The table is locked: no index of it goes meanwhile. But REINDEX CONCURRENTLY gives the name to another one, and the
/// one that had it is no longer valid.
Relation open_index(const char *name, Oid schema) {
    for (;;) {
        const Oid oid = get_relname_relid(name, schema);
        if (!OidIsValid(oid) || get_rel_relkind(oid) != RELKIND_INDEX) {
            refuse_index(name);
        }
        Relation const index = index_open(oid, AccessShareLock);
        if (get_relname_relid(name, schema) == oid) {
            return index;
        }
        index_close(index, AccessShareLock);
    }
}

std::string_view text_of(Datum value) noexcept {
    const auto *const text = reinterpret_cast<const struct varlena *>(DatumGetPointer(value));
    return {VARDATA_ANY(text), static_cast<std::size_t>(VARSIZE_ANY_EXHDR(text))};
}

} // namespace

void EdgeScan::find_columns(bool upwards) {
    const Oid table = RelationGetRelid(table_);
    for (int i = 0; i < column_count; ++i) {
        columns_[i] = get_attnum(table, upwards ? upward_columns[i] : downward_columns[i]);
    }
    valid_from_ = get_attnum(table, "valid_from");
    valid_to_ = get_attnum(table, "valid_to");
}

/// Somebody may have put another index in its place.
void EdgeScan::require_index(bool is_past) const {
    const Form_pg_index form = index_->rd_index;
    const int count = is_past ? key_count : column_count;
    bool is_right = form->indrelid == RelationGetRelid(table_) && form->indisvalid &&
                    index_->rd_rel->relam == BTREE_AM_OID && form->indnatts >= count &&
                    (RelationGetIndexPredicate(index_) == NIL) == is_past;
    for (int i = 0; i < count && is_right; ++i) {
        is_right = form->indkey.values[i] == columns_[i];
    }
    if (!is_right) {
        refuse_index(RelationGetRelationName(index_));
    }
}

void EdgeScan::open(bool upwards, const TimestampTz *as_of) {
    upwards_ = upwards;
    is_past_ = as_of != nullptr;
    as_of_ = is_past_ ? *as_of : 0;
    const Oid schema = get_namespace_oid("mlregistry", false);
    const char *const name = index_names[upwards ? 0 : 1][is_past_ ? 1 : 0];
    table_ = table_open(get_relname_relid("lineage_edges", schema), AccessShareLock);
    index_ = open_index(name, schema);
    find_columns(upwards);
    require_index(is_past_);
    row_ = table_slot_create(table_, nullptr);
    visible_ = InvalidBuffer;
    scan_ = MLR_INDEX_BEGINSCAN(table_, index_, GetActiveSnapshot(), key_count);
    scan_->xs_want_itup = !is_past_;
}

void EdgeScan::close() {
    if (!is_open()) {
        return;
    }
    index_endscan(scan_);
    scan_ = nullptr;
    if (BufferIsValid(visible_)) {
        ReleaseBuffer(visible_);
    }
    ExecDropSingleTupleTableSlot(row_);
    // The locks stay until the end of the transaction, as those of any query.
    index_close(index_, NoLock);
    table_close(table_, NoLock);
}

void EdgeScan::ask(const pg_uuid_t &organization, Datum kind, ArrayType *ids) {
    ScanKeyData keys[key_count];
    ScanKeyInit(&keys[0], 1, BTEqualStrategyNumber, F_UUID_EQ, UUIDPGetDatum(&organization));
    ScanKeyEntryInitialize(&keys[1], 0, 2, BTEqualStrategyNumber, InvalidOid, index_->rd_indcollation[1], F_TEXTEQ,
                           kind);
    ScanKeyEntryInitialize(&keys[2], SK_SEARCHARRAY, 3, BTEqualStrategyNumber, InvalidOid, InvalidOid, F_UUID_EQ,
                           PointerGetDatum(ids));
    index_rescan(scan_, keys, key_count, nullptr, 0);
}

bool EdgeScan::next(Edge &edge) { return is_past_ ? next_past(edge) : next_open(edge); }

/// Of the columns in the order of the index.
Edge EdgeScan::edge_of(const Datum *values, const bool *is_null) const {
    const pg_uuid_t *const child_project = is_null[6] ? nullptr : DatumGetUUIDP(values[6]);
    const pg_uuid_t *const parent_project = is_null[7] ? nullptr : DatumGetUUIDP(values[7]);
    return {DatumGetUUIDP(values[2]),
            text_of(values[3]),
            DatumGetUUIDP(values[4]),
            text_of(values[5]),
            upwards_ ? child_project : parent_project,
            upwards_ ? parent_project : child_project};
}

/// What an index-only scan of the executor does.
bool EdgeScan::next_open(Edge &edge) {
    for (;;) {
        CHECK_FOR_INTERRUPTS();
        ItemPointer const place = index_getnext_tid(scan_, ForwardScanDirection);
        if (place == nullptr) {
            return false;
        }
        if (VM_ALL_VISIBLE(table_, ItemPointerGetBlockNumber(place), &visible_)) {
            PredicateLockPage(table_, ItemPointerGetBlockNumber(place), scan_->xs_snapshot);
        } else if (index_fetch_heap(scan_, row_)) {
            ExecClearTuple(row_);
        } else {
            continue;
        }
        break;
    }
    Datum values[INDEX_MAX_KEYS];
    bool nulls[INDEX_MAX_KEYS];
    index_deform_tuple(scan_->xs_itup, scan_->xs_itupdesc, values, nulls);
    edge = edge_of(values, nulls);
    return true;
}

bool EdgeScan::next_past(Edge &edge) {
    Datum values[column_count];
    bool is_null[column_count];
    do {
        CHECK_FOR_INTERRUPTS();
        if (!index_getnext_slot(scan_, ForwardScanDirection, row_)) {
            return false;
        }
        slot_getallattrs(row_);
    } while (as_of_ < DatumGetTimestampTz(row_->tts_values[valid_from_ - 1]) ||
             as_of_ >= DatumGetTimestampTz(row_->tts_values[valid_to_ - 1]));
    for (int i = 0; i < column_count; ++i) {
        values[i] = row_->tts_values[columns_[i] - 1];
        is_null[i] = row_->tts_isnull[columns_[i] - 1];
    }
    edge = edge_of(values, is_null);
    return true;
}

} // namespace mlregistry::pg
