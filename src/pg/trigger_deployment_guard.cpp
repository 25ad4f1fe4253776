// What a deployment asks of its version, its model and its environment, and what it does to them: a version that is
// served is frozen, and deployed as long as a deployment of it is live.
//
// Locks: the model's row, then the version's. Everything that deployments do to versions of a model goes one after the
// other, so that two swaps of the same two versions wait for each other instead of meeting in a deadlock; the version's
// row is what its deletion and its archiving hold.
#include "deployment_rules.hpp"
#include "deployment_setting.hpp"
#include "owner_query.hpp"
#include "row_trigger.hpp"
#include "text_argument.hpp"
#include "uuid.hpp"

extern "C" {
#include "catalog/pg_type.h"
}

#include <cstring>

namespace mlregistry::pg {

namespace {

OwnerQuery lock_model{
    "SELECT FROM mlregistry.models WHERE model_id OPERATOR(pg_catalog.=) $1 FOR NO KEY UPDATE",
    1,
    {UUIDOID},
};

OwnerQuery lock_version{
    "SELECT FROM mlregistry.model_versions WHERE version_id OPERATOR(pg_catalog.=) $1 FOR NO KEY UPDATE",
    1,
    {UUIDOID},
};

// What stands in the way, the worst first.
OwnerQuery obstacle{
    "SELECT CASE WHEN v.deleted_at IS NOT NULL THEN 'deleted'"
    "            WHEN m.deleted_at IS NOT NULL OR p.deleted_at IS NOT NULL OR o.deleted_at IS NOT NULL THEN 'hidden'"
    "            WHEN v.status OPERATOR(pg_catalog.=) 'archived' THEN 'archived'"
    "            WHEN v.status OPERATOR(pg_catalog.=) 'deprecated' THEN 'deprecated'"
    "            WHEN NOT e.is_active THEN 'inactive' ELSE '' END,"
    "       pg_catalog.format('%s@%s', m.model_name, v.semver), e.environment_name,"
    "       coalesce(v.deprecation_reason, '')"
    "  FROM mlregistry.model_versions v"
    "  JOIN mlregistry.models m ON m.model_id OPERATOR(pg_catalog.=) v.model_id"
    "  JOIN mlregistry.projects p ON p.project_id OPERATOR(pg_catalog.=) v.project_id"
    "  JOIN mlregistry.organizations o ON o.organization_id OPERATOR(pg_catalog.=) v.organization_id"
    "  JOIN mlregistry.environments e ON e.environment_id OPERATOR(pg_catalog.=) $2"
    " WHERE v.version_id OPERATOR(pg_catalog.=) $1",
    2,
    {UUIDOID, UUIDOID},
};

// An imported deployed version without a deployment stays so: only the end of a deployment takes deployed back.
OwnerQuery settle_version{
    "UPDATE mlregistry.model_versions v SET frozen_at = coalesce(v.frozen_at, pg_catalog.now()),"
    "       status = CASE WHEN live.is_live AND v.status OPERATOR(pg_catalog.=) ANY "
    "('{registered,validated}'::pg_catalog.text[]) THEN 'deployed'"
    "                     WHEN $2 AND NOT live.is_live AND v.status OPERATOR(pg_catalog.=) 'deployed'"
    "                     THEN CASE WHEN v.validated_at IS NULL THEN 'registered' ELSE 'validated' END"
    "                     ELSE v.status END"
    "  FROM (SELECT EXISTS (SELECT FROM mlregistry.deployments d WHERE d.version_id OPERATOR(pg_catalog.=) $1"
    "                          AND d.status OPERATOR(pg_catalog.=) ANY ('{active,degraded}'::pg_catalog.text[])"
    "                          AND d.deleted_at IS NULL)) AS live (is_live)"
    " WHERE v.version_id OPERATOR(pg_catalog.=) $1"
    "   AND (v.frozen_at IS NULL"
    "        OR live.is_live AND v.status OPERATOR(pg_catalog.=) ANY ('{registered,validated}'::pg_catalog.text[])"
    "        OR $2 AND NOT live.is_live AND v.status OPERATOR(pg_catalog.=) 'deployed')",
    2,
    {UUIDOID, BOOLOID},
};

OwnerQuery live_deployment{
    "SELECT FROM mlregistry.deployments d WHERE d.version_id OPERATOR(pg_catalog.=) $1"
    "   AND d.status OPERATOR(pg_catalog.=) ANY ('{active,degraded}'::pg_catalog.text[]) AND d.deleted_at IS NULL",
    1,
    {UUIDOID},
};

OwnerQuery project_is_there{
    "SELECT FROM mlregistry.projects WHERE project_id OPERATOR(pg_catalog.=) $1",
    1,
    {UUIDOID},
};

Datum id_of(const RowTrigger &trigger, HeapTuple row, const char *column) {
    return column_value(trigger, row, column_number(trigger, column, UUIDOID)).value;
}

const char *text_of(const RowTrigger &trigger, const char *column) {
    return SPI_getvalue(trigger.row, trigger.columns, column_number(trigger, column));
}

bool is_live(const RowTrigger &trigger, HeapTuple row) {
    const std::string_view status = column_text(trigger, row, column_number(trigger, "status", TEXTOID));
    return (status == "active" || status == "degraded") &&
           column_value(trigger, row, column_number(trigger, "deleted_at", TIMESTAMPTZOID)).is_null;
}

const char *text_at(int column) { return SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, column); }

[[noreturn]] void refuse_deployment(const RowTrigger &trigger, const char *message, const char *detail,
                                    const char *hint) {
    refuse(trigger, ERRCODE_CHECK_VIOLATION, "deployable", message, detail, hint);
}

/// Version, model and environment are there, and not on their way out.
void check_deployable(const RowTrigger &trigger) {
    const Oid owner = table_owner(trigger);
    const Datum model = id_of(trigger, trigger.row, "model_id");
    const Datum place[] = {id_of(trigger, trigger.row, "version_id"), id_of(trigger, trigger.row, "environment_id")};
    // Back to what it had before is nothing new.
    const bool means_it = is_forced() || goes_back();
    connect();
    run(lock_model, owner, &model, nullptr, Sight::current, 1);
    run(lock_version, owner, place, nullptr, Sight::current, 1);
    // What is not there at all is left to the foreign keys.
    if (run(obstacle, owner, place, nullptr, Sight::latest, 1) == 1) {
        const char *const found = text_at(1);
        const char *const version = text_at(2);
        if (std::strcmp(found, "deleted") == 0) {
            refuse_deployment(trigger, "a deleted version cannot be deployed",
                              psprintf("Version %s is deleted.", version),
                              "Deploy another version, or restore this one by clearing deleted_at.");
        }
        if (std::strcmp(found, "hidden") == 0) {
            refuse_deployment(trigger, "a version of what is deleted cannot be deployed",
                              psprintf("The model of version %s, its project or its organization is deleted.", version),
                              "Restore it by clearing deleted_at.");
        }
        if (std::strcmp(found, "archived") == 0) {
            refuse_deployment(
                trigger, "an archived version cannot be deployed", psprintf("Version %s is archived.", version),
                "Deploy another version, or take this one out of the archive: set its stage to development.");
        }
        if (std::strcmp(found, "deprecated") == 0 && !means_it) {
            const char *const reason = text_at(4);
            refuse_deployment(trigger, "a deprecated version is not deployed unless you mean it",
                              *reason == '\0' ? psprintf("Version %s is deprecated.", version)
                                              : psprintf("Version %s is deprecated: %s", version, reason),
                              "Deploy another version, or say so: deploy(..., force => true), or SET LOCAL "
                              "mlregistry.force = on.");
        }
        if (std::strcmp(found, "inactive") == 0 && !means_it) {
            refuse_deployment(
                trigger, "nothing is deployed into an inactive environment",
                psprintf("Environment %s is inactive.", text_at(3)),
                "Deploy into another one, set its is_active, or say that you mean it: deploy(..., force => "
                "true), or SET LOCAL mlregistry.force = on.");
        }
    }
    done();
}

/// In a cascade the deployment goes with its project, which is gone by now.
[[noreturn]] void refuse_loss_of_live(const RowTrigger &trigger) {
    const Datum project = id_of(trigger, trigger.row, "project_id");
    connect();
    const bool goes_alone = run(project_is_there, table_owner(trigger), &project, nullptr, Sight::latest, 1) != 0;
    const char *const detail =
        psprintf("Deployment %s is %s.", text_of(trigger, "deployment_name"), text_of(trigger, "status"));
    constexpr const char *way_out = "End it first: terminate_deployment(), or set its status to terminated.";
    if (goes_alone) {
        refuse(trigger, ERRCODE_CHECK_VIOLATION, "deployment_is_live", "a deployment that serves cannot be deleted",
               detail, way_out);
    }
    refuse(trigger, ERRCODE_CHECK_VIOLATION, "project_in_use", "a project whose versions are served cannot be deleted",
           detail, way_out);
}

void settle(Oid owner, Datum version, bool has_ended) {
    const Datum values[] = {version, BoolGetDatum(has_ended)};
    run(lock_version, owner, values, nullptr, Sight::current, 1);
    run(settle_version, owner, values, nullptr, Sight::latest, 0);
}

} // namespace

} // namespace mlregistry::pg

using namespace mlregistry::pg;

/// AFTER INSERT, UPDATE of what is deployed anew, and DELETE of what is live, on deployments.
MLR_FUNCTION(mlregistry_trg_guard_deployment) {
    const RowTrigger trigger = row_trigger(fcinfo);
    if (!trigger.is_insert && !trigger.is_update) {
        refuse_loss_of_live(trigger);
    }
    check_deployable(trigger);
    return PointerGetDatum(nullptr);
}

/// Constraint trigger on deployments, deferred.
MLR_FUNCTION(mlregistry_trg_traffic_sum) {
    const RowTrigger trigger = row_trigger(fcinfo);
    check_traffic(table_owner(trigger), id_of(trigger, trigger.row, "deployment_id"));
    return PointerGetDatum(nullptr);
}

/// Constraint trigger on deployments, deferred.
MLR_FUNCTION(mlregistry_trg_approval_gate) {
    const RowTrigger trigger = row_trigger(fcinfo);
    check_gate(table_owner(trigger), id_of(trigger, trigger.row, "deployment_id"));
    return PointerGetDatum(nullptr);
}

/// AFTER INSERT, UPDATE OF version_id, status, deleted_at, and DELETE of what is live, on deployments.
MLR_FUNCTION(mlregistry_trg_effect_deployment) {
    const RowTrigger trigger = row_trigger(fcinfo);
    const Oid owner = table_owner(trigger);
    const Datum model = id_of(trigger, trigger.row, "model_id");
    const Datum version = id_of(trigger, trigger.row, "version_id");
    const bool was_live = trigger.is_update && is_live(trigger, trigger.before);
    connect();
    run(lock_model, owner, &model, nullptr, Sight::current, 1);
    if (trigger.is_update && !same_value(trigger, column_number(trigger, "version_id", UUIDOID))) {
        settle(owner, version, false);
        settle(owner, id_of(trigger, trigger.before, "version_id"), was_live);
    } else {
        const bool has_ended = trigger.is_update ? was_live && !is_live(trigger, trigger.row) : !trigger.is_insert;
        settle(owner, version, has_ended);
    }
    done();
    return PointerGetDatum(nullptr);
}

/// BEFORE UPDATE OF status on model_versions, after trigger state: one that is deprecated no more, while it serves, is
/// deployed. Its row is locked: who ends a deployment of it waits, or has made this wait.
MLR_FUNCTION(mlregistry_trg_effect_version) {
    const RowTrigger trigger = row_trigger(fcinfo);
    const Datum version = id_of(trigger, trigger.row, "version_id");
    RowChange change;
    connect();
    if (run(live_deployment, table_owner(trigger), &version, nullptr, Sight::latest, 1) != 0) {
        change.set(column_number(trigger, "status", TEXTOID), text_datum("deployed"));
    }
    done();
    return changed_row(trigger, change);
}
