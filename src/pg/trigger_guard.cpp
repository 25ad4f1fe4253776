// Triggers that refuse what no constraint can say: aliases of deleted versions, built-in vocabulary.
#include "owner_query.hpp"
#include "row_trigger.hpp"
#include "text_argument.hpp"

extern "C" {
#include "catalog/pg_type.h"
}

namespace mlregistry::pg {

namespace {

// The row lock makes the two rules below exact: an alias and the deletion of its version wait for each other.
OwnerQuery locked_version{
    "SELECT semver::pg_catalog.text, deleted_at IS NOT NULL FROM mlregistry.model_versions"
    " WHERE version_id OPERATOR(pg_catalog.=) $1 FOR NO KEY UPDATE",
    1,
    {UUIDOID},
};

OwnerQuery alias_of_version{
    "SELECT alias FROM mlregistry.model_aliases WHERE version_id OPERATOR(pg_catalog.=) $1 ORDER BY alias",
    1,
    {UUIDOID},
};

bool is_true(ColumnValue v) noexcept { return !v.is_null && DatumGetBool(v.value); }

} // namespace

} // namespace mlregistry::pg

using namespace mlregistry::pg;

/// AFTER INSERT OR UPDATE on model_aliases.
MLR_FUNCTION(mlregistry_trg_guard_alias) {
    const RowTrigger trigger = row_trigger(fcinfo);
    const AttrNumber version = column_number(trigger, "version_id", UUIDOID);
    if (trigger.is_update && same_value(trigger, version)) {
        return PointerGetDatum(nullptr);
    }
    const Datum values[] = {column_value(trigger, trigger.row, version).value};
    connect();
    if (run(locked_version, table_owner(trigger), values, nullptr, Sight::current, 1) == 1) {
        bool is_null = false;
        if (DatumGetBool(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 2, &is_null))) {
            refuse(trigger, ERRCODE_CHECK_VIOLATION, "alias_of_deleted_version",
                   "an alias cannot name a deleted version",
                   psprintf("Version %s is deleted.", SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1)),
                   "Name another version, or restore this one by clearing deleted_at.");
        }
    }
    done();
    return PointerGetDatum(nullptr);
}

/// AFTER UPDATE on model_versions.
MLR_FUNCTION(mlregistry_trg_guard_version) {
    const RowTrigger trigger = row_trigger(fcinfo);
    const AttrNumber deleted_at = column_number(trigger, "deleted_at");
    if (column_value(trigger, trigger.row, deleted_at).is_null ||
        !column_value(trigger, trigger.before, deleted_at).is_null) {
        return PointerGetDatum(nullptr);
    }
    const Datum values[] = {column_value(trigger, trigger.row, column_number(trigger, "version_id", UUIDOID)).value};
    connect();
    // The UPDATE holds the row's lock already; an alias that was committed meanwhile must be seen.
    if (run(alias_of_version, table_owner(trigger), values, nullptr, Sight::latest, 1) != 0) {
        refuse(trigger, ERRCODE_CHECK_VIOLATION, "version_has_alias", "a version with an alias cannot be deleted",
               psprintf("Alias \"%s\" names it.", SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1)),
               "Move or drop the alias first: set_alias(), drop_alias().");
    }
    done();
    return PointerGetDatum(nullptr);
}

/// BEFORE UPDATE and AFTER DELETE on the lookup tables. Arguments: none.
MLR_FUNCTION(mlregistry_trg_builtin) {
    const RowTrigger trigger = row_trigger(fcinfo);
    const AttrNumber builtin = column_number(trigger, "builtin", BOOLOID);
    const AttrNumber name = column_number(trigger, "name", TEXTOID);
    const bool was_builtin = is_true(column_value(trigger, trigger.is_update ? trigger.before : trigger.row, builtin));
    if (was_builtin && (!trigger.is_update || !same_value(trigger, name) || !same_value(trigger, builtin))) {
        const std::string_view value = column_text(trigger, trigger.is_update ? trigger.before : trigger.row, name);
        refuse(trigger, ERRCODE_INSUFFICIENT_PRIVILEGE, "builtin_row", "a built-in row cannot be deleted or renamed",
               psprintf("Table \"%s\", name \"%.*s\".", RelationGetRelationName(trigger.relation),
                        static_cast<int>(value.size()), value.data()),
               "Add a row of your own beside it.");
    }
    return PointerGetDatum(trigger.is_update ? trigger.row : nullptr);
}
