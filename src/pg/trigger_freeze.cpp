// Trigger freeze: what a frozen version promises does not change, neither its columns nor its files.
//
// Freezing is a real UPDATE of the version's row (trigger derive of versions, trigger effect of aliases), so a change
// of the artifact that waits for it fails: by the rule in READ COMMITTED, with 40001 above. Under legal hold nothing of
// this changes either, frozen or not, and correct_version() does not go round that.
#include "correction.hpp"
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
constexpr const char *way_out =
    "Register a new version for another artifact. An admin can put a mistake right: correct_version().";
constexpr const char *hold_rule = "legal_hold";
constexpr const char *way_out_of_hold = "An admin of the organization releases it: release().";
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
    {"frozen_at", true, nullptr},
};

const FrozenColumn file_columns[] = {
    {"path", false, nullptr},  {"uri", false, nullptr},        {"size_bytes", true, nullptr},
    {"sha256", true, nullptr}, {"media_type", false, nullptr}, {"variant", false, nullptr},
};

// FOR NO KEY UPDATE waits for a freeze that is under way, and makes one wait that comes.
OwnerQuery state_of_version{
    "SELECT v.frozen_at IS NOT NULL, v.legal_hold OR m.legal_hold, v.semver::pg_catalog.text"
    "  FROM mlregistry.model_versions v"
    "  JOIN mlregistry.models m ON m.model_id OPERATOR(pg_catalog.=) v.model_id"
    " WHERE v.organization_id OPERATOR(pg_catalog.=) $1 AND v.version_id OPERATOR(pg_catalog.=) $2"
    "   FOR NO KEY UPDATE OF v",
    2,
    {UUIDOID, UUIDOID},
};

OwnerQuery held_model{
    "SELECT FROM mlregistry.models WHERE model_id OPERATOR(pg_catalog.=) $1 AND legal_hold",
    1,
    {UUIDOID},
};

OwnerQuery version_is_there{
    "SELECT FROM mlregistry.model_versions WHERE version_id OPERATOR(pg_catalog.=) $1",
    1,
    {UUIDOID},
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

/// What keeps a version as it is.
struct Keeping {
    bool is_frozen;
    bool is_held;
    const char *semver;
};

const char *refusal(const Keeping &keeping, const char *what) {
    return psprintf(keeping.is_held ? "version %s is under legal hold: its %s not change"
                                    : "version %s is frozen: its %s not change",
                    keeping.semver, what);
}

[[noreturn]] void refuse_kept(const RowTrigger &trigger, const Keeping &keeping, const char *what, const char *detail) {
    refuse(trigger, ERRCODE_INSUFFICIENT_PRIVILEGE, keeping.is_held ? hold_rule : rule, refusal(keeping, what), detail,
           keeping.is_held ? way_out_of_hold : way_out);
}

/// The same JSON, however it is written: 1.0 and 1.00 are one number, and a client may write back what it has read.
bool same_json(const RowTrigger &trigger, AttrNumber column) {
    const ColumnValue before = column_value(trigger, trigger.before, column);
    const ColumnValue now = column_value(trigger, trigger.row, column);
    return TupleDescAttr(trigger.columns, column - 1)->atttypid == JSONBOID && !before.is_null && !now.is_null &&
           DatumGetBool(DirectFunctionCall2(jsonb_eq, before.value, now.value));
}

/// The first of the columns that the UPDATE changes although it may not; InvalidAttrNumber for none.
template <std::size_t count>
AttrNumber changed_column(const RowTrigger &trigger, const FrozenColumn (&columns)[count]) {
    for (const FrozenColumn &frozen : columns) {
        const AttrNumber column =
            column_number(trigger, frozen.name, frozen.vocabulary != nullptr ? TEXTOID : InvalidOid);
        if (!same_value(trigger, column) && !same_json(trigger, column) &&
            !(frozen.may_be_filled && column_value(trigger, trigger.before, column).is_null) &&
            !is_rename(trigger, frozen, column)) {
            return column;
        }
    }
    return InvalidAttrNumber;
}

const char *shown_change(const RowTrigger &trigger, AttrNumber column) {
    return psprintf("Column \"%s\": %s %s %s.", NameStr(TupleDescAttr(trigger.columns, column - 1)->attname),
                    shown(trigger, trigger.before, column), arrow(), shown(trigger, trigger.row, column));
}

bool is_true(ColumnValue v) noexcept { return !v.is_null && DatumGetBool(v.value); }

/// Of the version that is updated. Its model is asked only here, where its artifact changes.
Keeping keeping_of_row(const RowTrigger &trigger) {
    Keeping keeping{
        .is_frozen = !column_value(trigger, trigger.before, column_number(trigger, "frozen_at")).is_null,
        .is_held = is_true(column_value(trigger, trigger.before, column_number(trigger, "legal_hold", BOOLOID))),
        .semver = shown(trigger, trigger.before, column_number(trigger, "semver")),
    };
    if (!keeping.is_held) {
        const Datum model = column_value(trigger, trigger.row, column_number(trigger, "model_id", UUIDOID)).value;
        connect();
        keeping.is_held = run(held_model, table_owner(trigger), &model, nullptr, Sight::latest, 1) != 0;
        done();
    }
    return keeping;
}

/// Of a file's version; nothing where that is gone, as in a cascade.
Keeping keeping_of_version(const RowTrigger &trigger) {
    const Datum values[] = {
        column_value(trigger, trigger.row, column_number(trigger, "organization_id", UUIDOID)).value,
        column_value(trigger, trigger.row, column_number(trigger, "version_id", UUIDOID)).value,
    };
    const MemoryContext caller = CurrentMemoryContext;
    Keeping keeping{.is_frozen = false, .is_held = false, .semver = ""};
    connect();
    if (run(state_of_version, table_owner(trigger), values, nullptr, Sight::current, 1) == 1) {
        HeapTuple const found = SPI_tuptable->vals[0];
        bool is_null = false;
        keeping.is_frozen = DatumGetBool(SPI_getbinval(found, SPI_tuptable->tupdesc, 1, &is_null));
        keeping.is_held = DatumGetBool(SPI_getbinval(found, SPI_tuptable->tupdesc, 2, &is_null));
        keeping.semver = MemoryContextStrdup(caller, SPI_getvalue(found, SPI_tuptable->tupdesc, 3));
    }
    done();
    return keeping;
}

bool is_being_corrected(const RowTrigger &trigger) {
    const ColumnValue version = column_value(trigger, trigger.row, column_number(trigger, "version_id", UUIDOID));
    return !version.is_null && is_corrected(*DatumGetUUIDP(version.value));
}

/// Whether it is as it is for good, correct_version() apart.
bool is_kept(const RowTrigger &trigger, const Keeping &keeping) {
    return keeping.is_held || (keeping.is_frozen && !is_being_corrected(trigger));
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
    const AttrNumber changed = changed_column(trigger, version_columns);
    if (changed != InvalidAttrNumber) {
        if (const Keeping keeping = keeping_of_row(trigger); is_kept(trigger, keeping)) {
            refuse_kept(trigger, keeping, "artifact does", shown_change(trigger, changed));
        }
    }
    return PointerGetDatum(trigger.row);
}

/// BEFORE UPDATE and AFTER INSERT OR DELETE on version_files. After, so that what ON CONFLICT DO NOTHING leaves out
/// passes, and what a cascade deletes has lost its version already.
MLR_FUNCTION(mlregistry_trg_freeze_file) {
    const RowTrigger trigger = row_trigger(fcinfo);
    const Datum result = PointerGetDatum(trigger.is_update ? trigger.row : nullptr);
    // A row without its keys is refused by the table itself.
    if (has_null_key(trigger)) {
        return result;
    }
    const Keeping keeping = keeping_of_version(trigger);
    if (!is_kept(trigger, keeping)) {
        return result;
    }
    if (trigger.is_update) {
        if (const AttrNumber changed = changed_column(trigger, file_columns); changed != InvalidAttrNumber) {
            refuse_kept(trigger, keeping, "files do", shown_change(trigger, changed));
        }
        return result;
    }
    refuse_kept(trigger, keeping, "files do",
                psprintf("File \"%s\" cannot be %s.", shown(trigger, trigger.row, column_number(trigger, "path")),
                         trigger.is_insert ? "added" : "deleted"));
}

/// AFTER UPDATE OR DELETE on version_signatures. A signature goes with its version only; what became of looking
/// at it may change.
MLR_FUNCTION(mlregistry_trg_guard_signature) {
    const RowTrigger trigger = row_trigger(fcinfo);
    if (trigger.is_update) {
        for (int i = 1; i <= trigger.columns->natts; ++i) {
            const auto column = static_cast<AttrNumber>(i);
            const std::string_view name = NameStr(TupleDescAttr(trigger.columns, i - 1)->attname);
            if (TupleDescAttr(trigger.columns, i - 1)->attisdropped || same_value(trigger, column) ||
                same_json(trigger, column) || name == "verification" || name == "verifier" || name == "verified_at" ||
                (name == "created_by_user" && column_value(trigger, trigger.row, column).is_null)) {
                continue;
            }
            refuse(trigger, ERRCODE_INSUFFICIENT_PRIVILEGE, "signature_immutable", "a signature does not change",
                   shown_change(trigger, column), "Add another signature.");
        }
        return PointerGetDatum(nullptr);
    }
    const Datum version = column_value(trigger, trigger.row, column_number(trigger, "version_id", UUIDOID)).value;
    connect();
    if (run(version_is_there, table_owner(trigger), &version, nullptr, Sight::latest, 1) != 0) {
        refuse(trigger, ERRCODE_INSUFFICIENT_PRIVILEGE, "signature_immutable", "a signature is kept with its version",
               psprintf("Signature of \"%s\" would be deleted.",
                        shown(trigger, trigger.row, column_number(trigger, "signer"))),
               "Say what became of it in verification, verifier and verified_at.");
    }
    done();
    return PointerGetDatum(nullptr);
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
