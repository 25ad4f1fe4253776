// What the audit trail tells of itself and takes from outside: audit_rules(), readable_entities(), audit_log_time(),
// audit_note().
#include "audit_writer.hpp"
#include "owner_query.hpp"
#include "rights.hpp"
#include "text_argument.hpp"

#include "core/audit_entities.hpp"
#include "core/uuid7.hpp"

extern "C" {
#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/jsonb.h"
#include "utils/timestamp.h"
}

#include <algorithm>

namespace mlregistry::pg {

namespace {

using audit::Entity;

constexpr std::size_t longest_details = 1024 * 1024;

Datum text_array(std::span<const std::string_view> texts) {
    auto *const values = static_cast<Datum *>(palloc((texts.size() + 1) * sizeof(Datum)));
    std::ranges::transform(texts, values, text_datum);
    return PointerGetDatum(construct_array(values, static_cast<int>(texts.size()), TEXTOID, -1, false, TYPALIGN_INT));
}

/// What an API key may read. Who acts without one reads as the projects and organizations say.
bool is_readable(const Rights &rights, std::string_view key_scope) {
    Scope scope{};
    return !key_scope.empty() && scope_named(key_scope, scope) && is_in_scope(rights, Rank::read, scope);
}

/// What notes can be about, and how the caller finds it: row security says whether it is there.
struct NoteKind {
    std::string_view name;
    OwnerQuery place; ///< organization, project, subject, name
};

NoteKind note_kinds[] = {
    {"model",
     {"SELECT organization_id, project_id, model_id, model_name FROM mlregistry.models"
      " WHERE model_id OPERATOR(pg_catalog.=) $1",
      1,
      {UUIDOID}}},
    {"version",
     {"SELECT v.organization_id, v.project_id, v.model_id,"
      "       pg_catalog.concat(m.model_name, '@', v.semver::pg_catalog.text)"
      "  FROM mlregistry.model_versions v"
      "  JOIN mlregistry.models m ON m.model_id OPERATOR(pg_catalog.=) v.model_id"
      " WHERE v.version_id OPERATOR(pg_catalog.=) $1",
      1,
      {UUIDOID}}},
    {"dataset",
     {"SELECT organization_id, project_id, dataset_id, dataset_name FROM mlregistry.datasets"
      " WHERE dataset_id OPERATOR(pg_catalog.=) $1",
      1,
      {UUIDOID}}},
    {"run",
     {"SELECT r.organization_id, r.project_id, r.experiment_id,"
      "       pg_catalog.concat(e.experiment_name, '#', r.run_number)"
      "  FROM mlregistry.training_runs r"
      "  JOIN mlregistry.experiments e ON e.experiment_id OPERATOR(pg_catalog.=) r.experiment_id"
      " WHERE r.run_id OPERATOR(pg_catalog.=) $1",
      1,
      {UUIDOID}}},
    {"deployment",
     {"SELECT d.organization_id, d.project_id, d.model_id,"
      "       pg_catalog.concat(e.environment_name, '/', d.deployment_name)"
      "  FROM mlregistry.deployments d"
      "  JOIN mlregistry.environments e ON e.environment_id OPERATOR(pg_catalog.=) d.environment_id"
      " WHERE d.deployment_id OPERATOR(pg_catalog.=) $1",
      1,
      {UUIDOID}}},
};

NoteKind &note_kind(std::string_view name) {
    NoteKind *const found = std::ranges::find(note_kinds, name, &NoteKind::name);
    if (found == std::end(note_kinds)) {
        ereport(ERROR,
                (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("unknown kind of object: \"%s\"", for_message(name)),
                 errhint("Notes are about a model, a version, a dataset, a run or a deployment.")));
    }
    return *found;
}

/// The verb of an action, which may be written with its entity.
std::string_view note_verb(const NoteKind &kind, std::string_view action) {
    const std::size_t dot = action.find('.');
    const std::string_view verb = dot == std::string_view::npos ? action : action.substr(dot + 1);
    if ((dot != std::string_view::npos && action.substr(0, dot) != kind.name) || !audit::is_verb(verb)) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("invalid action of a note about a %s: \"%s\"", kind.name.data(), for_message(action)),
                        errhint("Name what was done in lower-case letters, digits and underscores, such as download or "
                                "%s.download.",
                                kind.name.data())));
    }
    if (audit::is_own_verb(kind.name, verb)) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("action \"%s.%s\" is the registry's own", kind.name.data(), for_message(verb)),
                        errdetail("A note could be taken for a change that has not happened."),
                        errhint("Name what happened outside, such as download.")));
    }
    return verb;
}

/// Details as JSON text; nothing for NULL and {}.
std::string_view details_argument(FunctionCallInfo fcinfo, int n) {
    if (PG_ARGISNULL(n)) {
        return {};
    }
    Jsonb *const details = PG_GETARG_JSONB_P(n);
    if (!JB_ROOT_IS_OBJECT(details)) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("details must be a JSON object"),
                        errhint("Such as {\"host\": \"serving-7\"}.")));
    }
    if (JB_ROOT_COUNT(details) == 0) {
        return {};
    }
    // What is written is the text: 1e100000 takes some bytes in jsonb and 100001 in the trail.
    const std::string_view text{JsonbToCString(nullptr, &details->root, VARSIZE(details))};
    if (text.size() > longest_details) {
        ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED), errmsg("details of a note are longer than 1 MiB")));
    }
    return text;
}

std::string_view reason_argument(FunctionCallInfo fcinfo, int n) {
    const std::string_view reason = PG_ARGISNULL(n) ? std::string_view{} : text_argument(fcinfo, n);
    if (reason.size() > longest_reason) {
        ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED), errmsg("the reason is longer than 64 KiB")));
    }
    return reason;
}

/// What a note is about; raises P0002 when the caller sees no such thing.
struct Place {
    pg_uuid_t organization;
    pg_uuid_t project;
    pg_uuid_t subject;
    std::string_view name;
};

Place find_place(NoteKind &kind, Datum id) {
    MemoryContext const outside = CurrentMemoryContext;
    Place place{};
    connect();
    const Datum values[] = {id};
    if (run_as_caller(kind.place, values, nullptr, 1) != 1) {
        ereport(ERROR, (errcode(ERRCODE_NO_DATA_FOUND), errmsg("there is no such %s", kind.name.data()),
                        errdetail("%s_id %s", kind.name.data(), DatumGetCString(DirectFunctionCall1(uuid_out, id)))));
    }
    const auto value = [](int column) {
        bool is_null = false;
        return SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, column, &is_null);
    };
    place.organization = *DatumGetUUIDP(value(1));
    place.project = *DatumGetUUIDP(value(2));
    place.subject = *DatumGetUUIDP(value(3));
    const std::string_view name = text_view(value(4));
    MemoryContext const inside = MemoryContextSwitchTo(outside);
    place.name = {pnstrdup(name.data(), name.size()), name.size()};
    MemoryContextSwitchTo(inside);
    done();
    return place;
}

} // namespace

} // namespace mlregistry::pg

using namespace mlregistry;
using namespace mlregistry::pg;

/// audit_rules() → (table_name, entity_type, key_scope, redacted, not_audited)
MLR_FUNCTION(mlregistry_audit_rules) {
    InitMaterializedSRF(fcinfo, 0);
    auto *const result = reinterpret_cast<ReturnSetInfo *>(fcinfo->resultinfo);
    for (const audit::Entity &entity : audit::entities()) {
        Datum values[] = {text_datum(entity.table), text_datum(entity.type), text_datum(entity.key_scope),
                          text_array(entity.redacted), text_datum(entity.not_audited)};
        bool nulls[] = {false, entity.type.empty(), entity.key_scope.empty(), entity.type.empty(),
                        entity.not_audited.empty()};
        tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
    }
    PG_RETURN_NULL();
}

/// readable_entities() → text[]
MLR_FUNCTION(mlregistry_readable_entities) {
    (void)fcinfo;
    const Rights &rights = current_rights();
    auto *const types = static_cast<Datum *>(palloc(audit::entities().size() * sizeof(Datum)));
    int count = 0;
    for (const audit::Entity &entity : audit::entities()) {
        if (is_readable(rights, entity.key_scope)) {
            types[count++] = text_datum(entity.type);
        }
    }
    return PointerGetDatum(construct_array(types, count, TEXTOID, -1, false, TYPALIGN_INT));
}

/// audit_log_time(uuid) → timestamptz; NULL for an identifier that the trail has not made.
MLR_FUNCTION(mlregistry_audit_log_time) {
    Uuid id{};
    std::copy_n(PG_GETARG_UUID_P(0)->data, id.size(), id.begin());
    std::int64_t microseconds = 0;
    if (!moment_of(id, microseconds)) {
        PG_RETURN_NULL();
    }
    PG_RETURN_TIMESTAMPTZ(microseconds - unix_microseconds(0));
}

/// audit_note(kind text, id uuid, action text, details jsonb, reason text) → uuid
MLR_FUNCTION(mlregistry_audit_note) {
    require_not_null(fcinfo, 0, "the kind of object");
    require_not_null(fcinfo, 1, "the identifier");
    require_not_null(fcinfo, 2, "the action");
    NoteKind &kind = note_kind(text_argument(fcinfo, 0));
    const std::string_view verb = note_verb(kind, text_argument(fcinfo, 2));
    const std::string_view details = details_argument(fcinfo, 3);
    const std::string_view reason = reason_argument(fcinfo, 4);
    PreventCommandIfReadOnly("audit_note()");
    const Place place = find_place(kind, PG_GETARG_DATUM(1));
    AuditWriter writer;
    begin(writer);
    if (!reason.empty()) {
        give_reason(writer, reason);
    }
    AuditEvent event{};
    event.organization = place.organization;
    event.project = &place.project;
    event.entity = PG_GETARG_UUID_P(1);
    event.subject = &place.subject;
    event.type = kind.name;
    event.verb = verb;
    event.name = place.name;
    event.details = details;
    auto *const id = static_cast<pg_uuid_t *>(palloc(sizeof(pg_uuid_t)));
    *id = add(writer, event);
    finish(writer);
    PG_RETURN_UUID_P(id);
}
