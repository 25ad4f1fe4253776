// Trigger keys: a row's keys never change, and a row lies in its parent's project, and in its organization where the
// client neither named one nor works in one.
#include "owner_query.hpp"
#include "rights.hpp"
#include "row_trigger.hpp"
#include "uuid.hpp"

extern "C" {
#include "catalog/pg_type.h"
#include "utils/acl.h"
#include "utils/lsyscache.h"
}

#include <cstdint>
#include <cstring>

namespace mlregistry::pg {

namespace {

constexpr int max_keys = 12;
constexpr int max_references = 4;

/// A parent and the query for where it lies. The parent is sought within the row's organization, if that is known: one
/// of another organization is as missing as none, and the foreign key says so.
struct Parent {
    const char *table;
    OwnerQuery place;
};

#define PLACE_OF(table, key)                                                                                           \
    {                                                                                                                  \
        table, {                                                                                                       \
            "SELECT project_id, organization_id FROM mlregistry." table " WHERE " key                                  \
            " OPERATOR(pg_catalog.=) $2 AND ($1 IS NULL OR organization_id OPERATOR(pg_catalog.=) $1)",                \
                2, {                                                                                                   \
                UUIDOID, UUIDOID                                                                                       \
            }                                                                                                          \
        }                                                                                                              \
    }

Parent parents[] = {
    PLACE_OF("models", "model_id"),       PLACE_OF("model_versions", "version_id"),
    PLACE_OF("datasets", "dataset_id"),   PLACE_OF("experiments", "experiment_id"),
    PLACE_OF("training_runs", "run_id"),  PLACE_OF("deployments", "deployment_id"),
    PLACE_OF("approvals", "approval_id"),
};

#undef PLACE_OF

struct Place {
    pg_uuid_t project;
    pg_uuid_t organization;
};

struct KnownParent {
    Place place;
    pg_uuid_t parent;
    bool used;
};

/// Parents that the statement has found, each in the slot that its identifier says. A parent's project never changes,
/// so what was found stays true; what was not found is asked for again.
constexpr std::size_t parent_slots = 2048;

struct KeysState {
    bool ready;
    int key_count;
    AttrNumber keys[max_keys];
    AttrNumber organization;
    AttrNumber project;
    AttrNumber parent_key;
    Parent *parent;
    int reference_count;
    AttrNumber references[max_references]; ///< to rows that may lie in another project
    Parent *referred[max_references];
    KnownParent last;   ///< enough for rows of one parent
    KnownParent *known; ///< parent_slots of them, from the second parent on
};

AttrNumber optional_column(const RowTrigger &trigger, const char *name) {
    const int number = SPI_fnumber(trigger.columns, name);
    return number > 0 ? column_number(trigger, name, UUIDOID) : static_cast<AttrNumber>(InvalidAttrNumber);
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

Parent *parent_named(const char *table) {
    for (Parent &parent : parents) {
        if (std::strcmp(parent.table, table) == 0) {
            return &parent;
        }
    }
    return nullptr;
}

/// Arguments: parent table and parent key, then table and column of each other reference; or none. An empty parent is
/// none, for a row that has references only; a column of an empty table is one that never changes. A parent that says
/// nothing about the place, such as a user, is for triggers BEFORE UPDATE, which only keep the key.
void prepare(const RowTrigger &trigger, KeysState &state) {
    state.organization = column_number(trigger, "organization_id", UUIDOID);
    state.project = optional_column(trigger, "project_id");
    add_key(state, state.organization);
    add_key(state, state.project);
    for (int i = 0; i + 1 < trigger.argument_count() && i / 2 <= max_references; i += 2) {
        if (i == 0 && *trigger.argument(0) == '\0') {
            continue;
        }
        if (*trigger.argument(i) == '\0') {
            add_key(state, column_number(trigger, trigger.argument(i + 1)));
            continue;
        }
        const AttrNumber column = column_number(trigger, trigger.argument(i + 1), UUIDOID);
        Parent *const known = parent_named(trigger.argument(i));
        if (known == nullptr && !(i == 0 && trigger.is_update)) {
            ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                            errmsg("trigger keys does not know parent table \"%s\"", trigger.argument(i))));
        }
        if (i == 0) {
            state.parent_key = column;
            state.parent = known;
            add_key(state, column);
        } else {
            state.referred[state.reference_count] = known;
            state.references[state.reference_count++] = column;
        }
    }
    Bitmapset *const primary = RelationGetIndexAttrBitmap(trigger.relation, INDEX_ATTR_BITMAP_PRIMARY_KEY);
    for (int member = -1; (member = bms_next_member(primary, member)) >= 0;) {
        add_key(state, static_cast<AttrNumber>(member + FirstLowInvalidHeapAttributeNumber));
    }
    bms_free(primary);
    state.ready = true;
}

/// A value cut to a length that a message can bear.
const char *cut(char *text) {
    constexpr int max_shown = 200;
    const auto length = static_cast<int>(std::strlen(text));
    return length <= max_shown ? text : psprintf("%.*s...", pg_mbcliplen(text, length, max_shown), text);
}

void refuse_changed_key(const RowTrigger &trigger, AttrNumber column) {
    const Form_pg_attribute attribute = TupleDescAttr(trigger.columns, column - 1);
    Oid output = InvalidOid;
    bool is_varlena = false;
    getTypeOutputInfo(attribute->atttypid, &output, &is_varlena);
    const ColumnValue before = column_value(trigger, trigger.before, column);
    const ColumnValue now = column_value(trigger, trigger.row, column);
    const char *const old_text = before.is_null ? "NULL" : cut(OidOutputFunctionCall(output, before.value));
    const char *const new_text = now.is_null ? "NULL" : cut(OidOutputFunctionCall(output, now.value));
    refuse(trigger, ERRCODE_INSUFFICIENT_PRIVILEGE, "immutable_key",
           psprintf("column \"%s\" of table \"%s\" never changes", NameStr(attribute->attname),
                    RelationGetRelationName(trigger.relation)),
           psprintf("%s %s %s", old_text, arrow(), new_text), "Insert a new row instead.");
}

bool is_parent(const KnownParent &known, const pg_uuid_t *organization, const pg_uuid_t &parent) noexcept {
    return known.used && same_uuid(known.parent, parent) &&
           (organization == nullptr || same_uuid(known.place.organization, *organization));
}

/// Where a parent is kept. Identifiers are random as a rule; others share slots, which costs time only.
KnownParent &slot(FunctionCallInfo fcinfo, KeysState &state, const pg_uuid_t &parent) {
    if (!state.last.used) {
        return state.last;
    }
    if (state.known == nullptr) {
        state.known = static_cast<KnownParent *>(
            MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, parent_slots * sizeof(KnownParent)));
    }
    std::uint32_t bits = 0;
    std::memcpy(&bits, &parent.data[UUID_LEN - sizeof bits], sizeof bits);
    return state.known[bits % parent_slots];
}

/// True for who is not subject to row security, and for what the owner writes for somebody.
bool sees_all(const RowTrigger &trigger) {
    return has_bypassrls_privilege(GetUserId()) || has_privs_of_role(GetUserId(), table_owner(trigger));
}

/// Whether the one who writes may see what lies in a project.
bool may_see(const RowTrigger &trigger, const pg_uuid_t &project) {
    return sees_all(trigger) || project_rank(current_rights(), project) != Rank::none;
}

/// Where another row lies; false when it is not in the organization of the trigger's row, if that is known, or nowhere.
bool find_place(const RowTrigger &trigger, const KeysState &state, Parent &table, Datum id, Place &place) {
    const ColumnValue organization = column_value(trigger, trigger.row, state.organization);
    const Datum values[] = {organization.value, id};
    connect();
    const bool found =
        run(table.place, table_owner(trigger), values, organization.is_null ? "n " : nullptr, Sight::current, 1) == 1;
    if (found) {
        bool is_null = false;
        place.project = *DatumGetUUIDP(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &is_null));
        place.organization = *DatumGetUUIDP(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 2, &is_null));
    }
    done();
    return found;
}

/// The row's parent; null when there is no such parent. One that is not to be seen is no parent either, so that nobody
/// learns by an error that it is there.
const KnownParent *find_parent(FunctionCallInfo fcinfo, const RowTrigger &trigger, KeysState &state) {
    const ColumnValue organization = column_value(trigger, trigger.row, state.organization);
    const ColumnValue parent = column_value(trigger, trigger.row, state.parent_key);
    if (parent.is_null) {
        return nullptr;
    }
    const pg_uuid_t *const organization_id = organization.is_null ? nullptr : DatumGetUUIDP(organization.value);
    const pg_uuid_t &parent_id = *DatumGetUUIDP(parent.value);
    if (is_parent(state.last, organization_id, parent_id)) {
        return &state.last;
    }
    KnownParent &known = slot(fcinfo, state, parent_id);
    if (is_parent(known, organization_id, parent_id)) {
        return &known;
    }
    known.used =
        find_place(trigger, state, *state.parent, parent.value, known.place) && may_see(trigger, known.place.project);
    known.parent = parent_id;
    return known.used ? &known : nullptr;
}

/// True where nothing is hidden, so that a missing row can be left to the foreign key: a single team has its words.
bool hides_nothing(const RowTrigger &trigger) {
    return sees_all(trigger) || current_rights().source == Source::only_organization;
}

/// A foreign key does not ask who may see what it points to. What is not there and what is not to be seen are refused
/// in the same words.
[[noreturn]] void refuse_invisible(const RowTrigger &trigger, AttrNumber column, const Parent &referred) {
    refuse(trigger, ERRCODE_FOREIGN_KEY_VIOLATION, "reference_not_visible",
           psprintf("column \"%s\" of table \"%s\" refers to nothing that can be seen",
                    NameStr(TupleDescAttr(trigger.columns, column - 1)->attname),
                    RelationGetRelationName(trigger.relation)),
           psprintf("There is no such row in table \"%s\".", referred.table),
           "Name a row of a project that you may read.");
}

void require_visible(const RowTrigger &trigger, KeysState &state, int n) {
    const ColumnValue reference = column_value(trigger, trigger.row, state.references[n]);
    if (reference.is_null || (trigger.is_update && same_value(trigger, state.references[n])) ||
        hides_nothing(trigger)) {
        return;
    }
    Place place{};
    if (!find_place(trigger, state, *state.referred[n], reference.value, place) || !may_see(trigger, place.project)) {
        refuse_invisible(trigger, state.references[n], *state.referred[n]);
    }
}

/// Sets a column that holds another identifier, or none.
void set_uuid(const RowTrigger &trigger, RowChange &change, AttrNumber column, const pg_uuid_t &value) {
    const ColumnValue now = column_value(trigger, trigger.row, column);
    if (now.is_null || !same_uuid(*DatumGetUUIDP(now.value), value)) {
        change.set(column, UUIDPGetDatum(&value));
    }
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
        for (int i = 0; i < state.reference_count; ++i) {
            require_visible(trigger, state, i);
        }
        return PointerGetDatum(trigger.row);
    }
    RowChange change;
    const KnownParent *const found = state.parent != nullptr ? find_parent(fcinfo, trigger, state) : nullptr;
    if (found != nullptr) {
        set_uuid(trigger, change, state.project, found->place.project);
        set_uuid(trigger, change, state.organization, found->place.organization);
    } else if (state.parent != nullptr && !column_value(trigger, trigger.row, state.parent_key).is_null &&
               !hides_nothing(trigger)) {
        // The row would lie in the session's project, where row security lets it pass, and hang on a parent elsewhere.
        refuse_invisible(trigger, state.parent_key, *state.parent);
    }
    for (int i = 0; i < state.reference_count; ++i) {
        require_visible(trigger, state, i);
    }
    return changed_row(trigger, change);
}
