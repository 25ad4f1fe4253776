// What is not deleted: models and versions under legal hold, whoever deletes and by whatever cascade, and what open
// deployments hang on.
#include "owner_query.hpp"
#include "rights.hpp"
#include "row_trigger.hpp"
#include "statement_trigger.hpp"

extern "C" {
#include "catalog/pg_type.h"
}

#include <cstring>
#include <string_view>

namespace mlregistry::pg {

namespace {

constexpr const char *rule = "legal_hold";
constexpr const char *way_out = "An admin of the organization releases it: release().";

OwnerQuery held_model{
    "SELECT model_name, coalesce(legal_hold_reason, '') FROM mlregistry.models"
    " WHERE model_id OPERATOR(pg_catalog.=) $1 AND legal_hold",
    1,
    {UUIDOID},
};

#define DEPLOYED_IN(column)                                                                                            \
    "SELECT d.deployment_name, e.environment_name, d.status, m.model_name FROM mlregistry.deployments d"               \
    "  JOIN mlregistry.environments e ON e.environment_id OPERATOR(pg_catalog.=) d.environment_id"                     \
    "  JOIN mlregistry.models m ON m.model_id OPERATOR(pg_catalog.=) d.model_id"                                       \
    " WHERE d." column " OPERATOR(pg_catalog.=) $1 AND d.deleted_at IS NULL"                                           \
    "   AND d.status OPERATOR(pg_catalog.=)"                                                                           \
    "       ANY ('{pending,deploying,active,degraded,terminating}'::pg_catalog.text[])"                                \
    " ORDER BY e.environment_name, d.deployment_name"
// Deployments lock the row of their model before they look.
#define MODELS_IN(column)                                                                                              \
    "SELECT FROM mlregistry.models WHERE " column " OPERATOR(pg_catalog.=) $1 ORDER BY model_id FOR NO KEY UPDATE"
#define HELD_IN(column)                                                                                                \
    "SELECT model_name FROM mlregistry.models WHERE " column " OPERATOR(pg_catalog.=) $1 AND legal_hold"               \
    " UNION ALL"                                                                                                       \
    " SELECT pg_catalog.format('%s@%s', m.model_name, v.semver) FROM mlregistry.model_versions v"                      \
    "   JOIN mlregistry.models m ON m.model_id OPERATOR(pg_catalog.=) v.model_id"                                      \
    "  WHERE v." column " OPERATOR(pg_catalog.=) $1 AND v.legal_hold"

/// What is soft-deleted, and what would be hidden with it.
struct Container {
    std::string_view noun;
    const char *key;
    const char *rule;
    const char *deployed_message;
    const char *held_message;
    OwnerQuery models; ///< empty: the row itself is what deployments lock
    OwnerQuery deployed;
    OwnerQuery held; ///< empty: trigger hold looks
};

#define CONTAINER(noun, article, key)                                                                                  \
    {                                                                                                                  \
        noun, key, noun "_in_use", article " " noun " whose versions are deployed cannot be deleted",                  \
            article " " noun " with what is under legal hold is not deleted", {MODELS_IN(key), 1, {UUIDOID}},          \
            {DEPLOYED_IN(key), 1, {UUIDOID}}, {                                                                        \
            HELD_IN(key), 1, { UUIDOID }                                                                               \
        }                                                                                                              \
    }

Container containers[] = {
    {"version",
     "version_id",
     "version_in_use",
     "a version that is deployed cannot be deleted",
     "",
     {nullptr, 0, {}},
     {DEPLOYED_IN("version_id"), 1, {UUIDOID}},
     {nullptr, 0, {}}},
    CONTAINER("model", "a", "model_id"),
    CONTAINER("project", "a", "project_id"),
    CONTAINER("organization", "an", "organization_id"),
};

#undef CONTAINER
#undef HELD_IN
#undef MODELS_IN
#undef DEPLOYED_IN

// As hold() does: whoever deletes a version at this moment has done it before the hold, or is refused.
OwnerQuery lock_versions_of{
    "SELECT FROM mlregistry.model_versions WHERE model_id OPERATOR(pg_catalog.=) $1 ORDER BY version_id"
    " FOR NO KEY UPDATE",
    1,
    {UUIDOID},
};

OwnerQuery any_held{
    "SELECT FROM mlregistry.models WHERE legal_hold UNION ALL"
    " SELECT FROM mlregistry.model_versions WHERE legal_hold LIMIT 1",
    0,
    {},
};

const char *text_at(int column) { return SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, column); }

Datum id_of(const RowTrigger &trigger, const char *column) {
    return column_value(trigger, trigger.row, column_number(trigger, column, UUIDOID)).value;
}

const char *text_of(const RowTrigger &trigger, const char *column) {
    const char *const text = SPI_getvalue(trigger.row, trigger.columns, column_number(trigger, column));
    return text == nullptr ? "" : text;
}

bool is_true(const RowTrigger &trigger, HeapTuple row, const char *column) {
    const ColumnValue v = column_value(trigger, row, column_number(trigger, column, BOOLOID));
    return !v.is_null && DatumGetBool(v.value);
}

bool is_version(const RowTrigger &trigger) {
    return std::strcmp(RelationGetRelationName(trigger.relation), "model_versions") == 0;
}

[[noreturn]] void refuse_deletion(const RowTrigger &trigger, const char *what, const char *held, const char *reason) {
    refuse(trigger, ERRCODE_INSUFFICIENT_PRIVILEGE, rule,
           psprintf("%s %s is under legal hold: it is not deleted", is_version(trigger) ? "version" : "model", what),
           *reason == '\0' ? psprintf("%s.", held) : psprintf("%s: %s", held, reason), way_out);
}

/// AFTER DELETE, and UPDATE of what is soft-deleted.
void refuse_held(const RowTrigger &trigger) {
    const bool version = is_version(trigger);
    const char *const name = text_of(trigger, version ? "semver" : "model_name");
    if (is_true(trigger, trigger.row, "legal_hold")) {
        refuse_deletion(trigger, name, "It is held", text_of(trigger, "legal_hold_reason"));
    }
    if (version) {
        // A model that is gone has been asked itself.
        const Datum model = id_of(trigger, "model_id");
        connect();
        if (run(held_model, table_owner(trigger), &model, nullptr, Sight::latest, 1) != 0) {
            refuse_deletion(trigger, name, psprintf("Its model %s is held", text_at(1)), text_at(2));
        }
        done();
    }
}

} // namespace

} // namespace mlregistry::pg

using namespace mlregistry::pg;

/// On models and model_versions, AFTER DELETE and UPDATE OF deleted_at for each row that goes, and BEFORE TRUNCATE.
MLR_FUNCTION(mlregistry_trg_guard_hold) {
    auto *const called = CALLED_AS_TRIGGER(fcinfo) ? reinterpret_cast<TriggerData *>(fcinfo->context) : nullptr;
    if (called != nullptr && TRIGGER_FIRED_FOR_STATEMENT(called->tg_event)) {
        const TriggerData *const data = before_statement_trigger(fcinfo);
        connect();
        if (run(any_held, data->tg_relation->rd_rel->relowner, nullptr, nullptr, Sight::latest, 1) != 0) {
            ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE), errmsg("what is under legal hold is not deleted"),
                            errdetail("Table \"%s\" would be emptied, and models or versions are held.",
                                      RelationGetRelationName(data->tg_relation)),
                            errhint("%s", way_out), errtableconstraint(data->tg_relation, rule)));
        }
        done();
        return PointerGetDatum(nullptr);
    }
    refuse_held(row_trigger(fcinfo));
    return PointerGetDatum(nullptr);
}

/// AFTER INSERT OR UPDATE on models and model_versions, where a hold is set, cleared, or given another reason. A hold
/// of a model waits for deletions of its versions that are under way.
MLR_FUNCTION(mlregistry_trg_guard_hold_change) {
    const RowTrigger trigger = row_trigger(fcinfo);
    if (!bypasses_access() &&
        organization_rank(current_rights(), *DatumGetUUIDP(id_of(trigger, "organization_id"))) < Rank::admin) {
        const bool version = is_version(trigger);
        const bool was_held = trigger.is_update && is_true(trigger, trigger.before, "legal_hold");
        refuse(trigger, ERRCODE_INSUFFICIENT_PRIVILEGE, rule, "only admins set and clear a legal hold",
               psprintf("%s %s would be %s.", version ? "Version" : "Model",
                        text_of(trigger, version ? "semver" : "model_name"),
                        !is_true(trigger, trigger.row, "legal_hold") ? "released"
                        : was_held                                   ? "held for another reason"
                                                                     : "held"),
               "Ask an admin of the organization.");
    }
    if (!is_version(trigger) && trigger.is_update && is_true(trigger, trigger.row, "legal_hold") &&
        !is_true(trigger, trigger.before, "legal_hold")) {
        const Datum model = id_of(trigger, "model_id");
        connect();
        run(lock_versions_of, table_owner(trigger), &model, nullptr, Sight::current, 0);
        done();
    }
    return PointerGetDatum(nullptr);
}

/// AFTER UPDATE of what is soft-deleted, on versions, models, projects and organizations. Argument: which.
MLR_FUNCTION(mlregistry_trg_guard_in_use) {
    const RowTrigger trigger = row_trigger(fcinfo);
    require_arguments(trigger, 1);
    const Oid owner = table_owner(trigger);
    for (Container &container : containers) {
        if (container.noun != trigger.argument(0)) {
            continue;
        }
        const Datum key = id_of(trigger, container.key);
        connect();
        if (container.models.sql != nullptr) {
            run(container.models, owner, &key, nullptr, Sight::current, 0);
        }
        if (run(container.deployed, owner, &key, nullptr, Sight::latest, 1) != 0) {
            refuse(trigger, ERRCODE_CHECK_VIOLATION, container.rule, container.deployed_message,
                   psprintf("Deployment %s of %s in %s is %s.", text_at(1), text_at(4), text_at(2), text_at(3)),
                   "End it first, or deploy another version in its place: terminate_deployment(), deploy().");
        }
        if (container.held.sql != nullptr && run(container.held, owner, &key, nullptr, Sight::latest, 1) != 0) {
            refuse(trigger, ERRCODE_INSUFFICIENT_PRIVILEGE, rule, container.held_message,
                   psprintf("Held: %s.", text_at(1)), way_out);
        }
        done();
    }
    return PointerGetDatum(nullptr);
}
