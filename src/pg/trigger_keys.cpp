// Trigger keys: a row's keys never change, and a row lies in its parent's project.
#include "owner_query.hpp"
#include "row_trigger.hpp"

extern "C" {
#include "catalog/pg_type.h"
#include "utils/lsyscache.h"
#include "utils/uuid.h"
}

#include <cstring>

namespace mlregistry::pg {

namespace {

constexpr int max_keys = 8;

/// A parent and the query for its project. The parent is sought within the row's organization: one of another
/// organization is as missing as none, and the foreign key says so.
struct Parent {
    const char *table;
    OwnerQuery project;
};

#define PROJECT_OF(table, key)                                                                                         \
    {                                                                                                                  \
        table, {                                                                                                       \
            "SELECT project_id FROM mlregistry." table " WHERE organization_id OPERATOR(pg_catalog.=) $1 AND " key     \
            " OPERATOR(pg_catalog.=) $2",                                                                              \
                2, {                                                                                                   \
                UUIDOID, UUIDOID                                                                                       \
            }                                                                                                          \
        }                                                                                                              \
    }

Parent parents[] = {
    PROJECT_OF("models", "model_id"),
    PROJECT_OF("model_versions", "version_id"),
};

#undef PROJECT_OF

struct KeysState {
    bool ready;
    int key_count;
    AttrNumber keys[max_keys];
    AttrNumber organization;
    AttrNumber project;
    AttrNumber parent_key;
    Parent *parent;
    // The last parent that was found: rows of one INSERT mostly share it, and its project cannot change.
    bool found;
    pg_uuid_t found_organization;
    pg_uuid_t found_parent;
    pg_uuid_t found_project;
};

AttrNumber optional_column(const RowTrigger &trigger, const char *name) {
    const int number = SPI_fnumber(trigger.columns, name);
    return static_cast<AttrNumber>(number > 0 ? number : 0);
}

void add_key(KeysState &state, AttrNumber column) {
    for (int i = 0; i < state.key_count; ++i) {
        if (state.keys[i] == column) {
            return;
        }
    }
    if (column != InvalidAttrNumber && state.key_count < max_keys) {
        state.keys[state.key_count++] = column;
    }
}

/// Arguments: parent table and parent key, or none.
void prepare(const RowTrigger &trigger, KeysState &state) {
    state.organization = column_number(trigger, "organization_id");
    state.project = optional_column(trigger, "project_id");
    add_key(state, state.organization);
    add_key(state, state.project);
    if (trigger.argument_count() == 2) {
        state.parent_key = column_number(trigger, trigger.argument(1));
        add_key(state, state.parent_key);
        for (Parent &parent : parents) {
            if (std::strcmp(parent.table, trigger.argument(0)) == 0) {
                state.parent = &parent;
            }
        }
        if (state.parent == nullptr) {
            ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                            errmsg("trigger keys does not know parent table \"%s\"", trigger.argument(0))));
        }
    }
    Bitmapset *const primary = RelationGetIndexAttrBitmap(trigger.relation, INDEX_ATTR_BITMAP_PRIMARY_KEY);
    for (int member = -1; (member = bms_next_member(primary, member)) >= 0;) {
        add_key(state, static_cast<AttrNumber>(member + FirstLowInvalidHeapAttributeNumber));
    }
    bms_free(primary);
    state.ready = true;
}

void refuse_changed_key(const RowTrigger &trigger, AttrNumber column) {
    const Form_pg_attribute attribute = TupleDescAttr(trigger.columns, column - 1);
    Oid output = InvalidOid;
    bool is_varlena = false;
    getTypeOutputInfo(attribute->atttypid, &output, &is_varlena);
    const ColumnValue before = column_value(trigger, trigger.before, column);
    const ColumnValue now = column_value(trigger, trigger.row, column);
    const char *const old_text = before.is_null ? "NULL" : OidOutputFunctionCall(output, before.value);
    const char *const new_text = now.is_null ? "NULL" : OidOutputFunctionCall(output, now.value);
    refuse(trigger, ERRCODE_INSUFFICIENT_PRIVILEGE, "immutable_key",
           psprintf("column \"%s\" of table \"%s\" never changes", NameStr(attribute->attname),
                    RelationGetRelationName(trigger.relation)),
           psprintf("%s → %s", old_text, new_text), "Insert a new row instead.");
}

bool same_uuid(const pg_uuid_t &a, const pg_uuid_t &b) noexcept { return std::memcmp(&a, &b, sizeof a) == 0; }

/// Finds the project of the row's parent; false when there is no such parent, which the foreign key will refuse.
bool find_project(const RowTrigger &trigger, KeysState &state) {
    const ColumnValue organization = column_value(trigger, trigger.row, state.organization);
    const ColumnValue parent = column_value(trigger, trigger.row, state.parent_key);
    if (organization.is_null || parent.is_null) {
        return false;
    }
    const pg_uuid_t &organization_id = *DatumGetUUIDP(organization.value);
    const pg_uuid_t &parent_id = *DatumGetUUIDP(parent.value);
    if (state.found && same_uuid(state.found_organization, organization_id) &&
        same_uuid(state.found_parent, parent_id)) {
        return true;
    }
    const Datum values[] = {organization.value, parent.value};
    connect();
    state.found = run(state.parent->project, table_owner(trigger), values, nullptr, Sight::current, 1) == 1;
    if (state.found) {
        bool is_null = false;
        state.found_project = *DatumGetUUIDP(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &is_null));
        state.found_organization = organization_id;
        state.found_parent = parent_id;
    }
    done();
    return state.found;
}

} // namespace

} // namespace mlregistry::pg

using namespace mlregistry::pg;

MLR_FUNCTION(mlregistry_trg_keys) {
    const RowTrigger trigger = row_trigger(fcinfo);
    auto &state = statement_state<KeysState>(fcinfo);
    if (!state.ready) {
        prepare(trigger, state);
    }
    if (trigger.is_update) {
        for (int i = 0; i < state.key_count; ++i) {
            if (!same_value(trigger, state.keys[i])) {
                refuse_changed_key(trigger, state.keys[i]);
            }
        }
        return PointerGetDatum(trigger.row);
    }
    RowChange change;
    if (state.parent != nullptr && find_project(trigger, state)) {
        const ColumnValue project = column_value(trigger, trigger.row, state.project);
        if (project.is_null || !same_uuid(*DatumGetUUIDP(project.value), state.found_project)) {
            change.set(state.project, UUIDPGetDatum(&state.found_project));
        }
    }
    return changed_row(trigger, change);
}
