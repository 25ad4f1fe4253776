// Trigger freeze: what a frozen version promises does not change, neither its columns nor its files.
//
// Freezing is a real UPDATE of the version's row (trigger derive of versions, trigger effect of aliases), so a change
// of the artifact that waits for it fails: by the rule in READ COMMITTED, with 40001 above.
#include "owner_query.hpp"
#include "row_trigger.hpp"
#include "text_argument.hpp"

extern "C" {
#include "catalog/pg_type.h"
#include "utils/lsyscache.h"
}

#include <cstring>

namespace mlregistry::pg {

namespace {

constexpr const char *rule = "version_frozen";
constexpr const char *way_out = "Register a new version for another artifact.";
constexpr int max_shown = 200;

struct FrozenColumn {
    const char *name;
    bool may_be_filled; ///< NULL may become a value, once
    OwnerQuery *vocabulary;
};

#define IS_WORD_OF(table)                                                                                              \
    {                                                                                                                  \
        "SELECT FROM mlregistry." table " WHERE name OPERATOR(pg_catalog.=) $1", 1, { TEXTOID }                        \
    }
OwnerQuery is_framework IS_WORD_OF("frameworks");
OwnerQuery is_model_format IS_WORD_OF("model_formats");
#undef IS_WORD_OF

const FrozenColumn version_columns[] = {
    {"semver", false, nullptr},
    {"artifact_uri", false, nullptr},
    {"artifact_size_bytes", true, nullptr},
    {"checksum_sha256", true, nullptr},
    {"model_format", false, &is_model_format},
    {"framework", false, &is_framework},
    {"framework_version", false, nullptr},
    {"git_commit", false, nullptr},
    {"input_schema", false, nullptr},
    {"output_schema", false, nullptr},
    {"signature", false, nullptr},
    {"frozen_at", false, nullptr},
};

const FrozenColumn file_columns[] = {
    {"path", false, nullptr},  {"uri", false, nullptr},        {"size_bytes", true, nullptr},
    {"sha256", true, nullptr}, {"media_type", false, nullptr}, {"variant", false, nullptr},
};

// FOR NO KEY UPDATE waits for a freeze that is under way, and makes one wait that comes.
OwnerQuery freeze_time_of_version{
    "SELECT frozen_at, semver::pg_catalog.text FROM mlregistry.model_versions"
    " WHERE organization_id OPERATOR(pg_catalog.=) $1 AND version_id OPERATOR(pg_catalog.=) $2 FOR NO KEY UPDATE",
    2,
    {UUIDOID, UUIDOID},
};

OwnerQuery freeze_version{
    "UPDATE mlregistry.model_versions SET frozen_at = pg_catalog.now()"
    " WHERE version_id OPERATOR(pg_catalog.=) $1 AND frozen_at IS NULL",
    1,
    {UUIDOID},
};

/// A value as text, cut to a length that a message can bear.
const char *shown(const RowTrigger &trigger, HeapTuple row, AttrNumber column) {
    const ColumnValue v = column_value(trigger, row, column);
    if (v.is_null) {
        return "NULL";
    }
    Oid output = InvalidOid;
    bool is_varlena = false;
    getTypeOutputInfo(TupleDescAttr(trigger.columns, column - 1)->atttypid, &output, &is_varlena);
    char *const text = OidOutputFunctionCall(output, v.value);
    const auto length = static_cast<int>(std::strlen(text));
    if (length <= max_shown) {
        return text;
    }
    return psprintf("%.*s...", pg_mbcliplen(text, length, max_shown), text);
}

/// A word of a vocabulary that was renamed reaches its versions as an UPDATE by the foreign key: the old word is gone
/// then, which it cannot be while a version has it.
bool is_rename(const RowTrigger &trigger, const FrozenColumn &frozen, AttrNumber column) {
    const ColumnValue before = column_value(trigger, trigger.before, column);
    if (frozen.vocabulary == nullptr || before.is_null) {
        return false;
    }
    const Datum values[] = {before.value};
    connect();
    const bool is_gone = run(*frozen.vocabulary, table_owner(trigger), values, nullptr, Sight::latest, 1) == 0;
    done();
    return is_gone;
}

const char *refusal(const char *semver, const char *what) {
    return psprintf("version %s is frozen: its %s not change", semver, what);
}

/// The same JSON, however it is written: 1.0 and 1.00 are one number, and a client may write back what it has read.
bool same_json(const RowTrigger &trigger, AttrNumber column) {
    const ColumnValue before = column_value(trigger, trigger.before, column);
    const ColumnValue now = column_value(trigger, trigger.row, column);
    return TupleDescAttr(trigger.columns, column - 1)->atttypid == JSONBOID && !before.is_null && !now.is_null &&
           DatumGetBool(DirectFunctionCall2(jsonb_eq, before.value, now.value));
}

/// Refuses the UPDATE of a row of a frozen version when it changes one of the columns.
template <std::size_t count>
void check_columns(const RowTrigger &trigger, const FrozenColumn (&columns)[count], const char *semver,
                   const char *what) {
    for (const FrozenColumn &frozen : columns) {
        const AttrNumber column =
            column_number(trigger, frozen.name, frozen.vocabulary != nullptr ? TEXTOID : InvalidOid);
        if (same_value(trigger, column) || same_json(trigger, column) ||
            (frozen.may_be_filled && column_value(trigger, trigger.before, column).is_null) ||
            is_rename(trigger, frozen, column)) {
            continue;
        }
        refuse(trigger, ERRCODE_INSUFFICIENT_PRIVILEGE, rule, refusal(semver, what),
               psprintf("Column \"%s\": %s %s %s.", frozen.name, shown(trigger, trigger.before, column), arrow(),
                        shown(trigger, trigger.row, column)),
               way_out);
    }
}

/// Whether a file's version is frozen; false also where the version is gone, as in a cascade.
bool version_is_frozen(const RowTrigger &trigger, const char **semver) {
    const Datum values[] = {
        column_value(trigger, trigger.row, column_number(trigger, "organization_id", UUIDOID)).value,
        column_value(trigger, trigger.row, column_number(trigger, "version_id", UUIDOID)).value,
    };
    const MemoryContext caller = CurrentMemoryContext;
    bool is_frozen = false;
    connect();
    if (run(freeze_time_of_version, table_owner(trigger), values, nullptr, Sight::current, 1) == 1) {
        bool is_null = true;
        (void)SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &is_null);
        is_frozen = !is_null;
        if (is_frozen) {
            *semver = MemoryContextStrdup(caller, SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 2));
        }
    }
    done();
    return is_frozen;
}

bool has_null_key(const RowTrigger &trigger) {
    return column_value(trigger, trigger.row, column_number(trigger, "organization_id", UUIDOID)).is_null ||
           column_value(trigger, trigger.row, column_number(trigger, "version_id", UUIDOID)).is_null;
}

} // namespace

} // namespace mlregistry::pg

using namespace mlregistry::pg;

/// BEFORE UPDATE on model_versions.
MLR_FUNCTION(mlregistry_trg_freeze_version) {
    const RowTrigger trigger = row_trigger(fcinfo);
    if (!column_value(trigger, trigger.before, column_number(trigger, "frozen_at")).is_null) {
        check_columns(trigger, version_columns, shown(trigger, trigger.before, column_number(trigger, "semver")),
                      "artifact does");
    }
    return PointerGetDatum(trigger.row);
}

/// BEFORE UPDATE and AFTER INSERT OR DELETE on version_files. After, so that what ON CONFLICT DO NOTHING leaves out
/// passes, and what a cascade deletes has lost its version already.
MLR_FUNCTION(mlregistry_trg_freeze_file) {
    const RowTrigger trigger = row_trigger(fcinfo);
    const char *semver = "";
    const Datum result = PointerGetDatum(trigger.is_update ? trigger.row : nullptr);
    // A row without its keys is refused by the table itself.
    if (has_null_key(trigger) || !version_is_frozen(trigger, &semver)) {
        return result;
    }
    if (trigger.is_update) {
        check_columns(trigger, file_columns, semver, "files do");
        return result;
    }
    refuse(trigger, ERRCODE_INSUFFICIENT_PRIVILEGE, rule, refusal(semver, "files do"),
           psprintf("File \"%s\" cannot be %s.", shown(trigger, trigger.row, column_number(trigger, "path")),
                    trigger.is_insert ? "added" : "deleted"),
           way_out);
}

/// AFTER INSERT OR UPDATE on model_aliases: an alias freezes the version that it names.
MLR_FUNCTION(mlregistry_trg_effect_alias) {
    const RowTrigger trigger = row_trigger(fcinfo);
    const AttrNumber version = column_number(trigger, "version_id", UUIDOID);
    if (trigger.is_update && same_value(trigger, version)) {
        return PointerGetDatum(nullptr);
    }
    const Datum values[] = {column_value(trigger, trigger.row, version).value};
    connect();
    run(freeze_version, table_owner(trigger), values, nullptr, Sight::current, 0);
    done();
    return PointerGetDatum(nullptr);
}
