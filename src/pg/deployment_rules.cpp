#include "deployment_rules.hpp"

#include "owner_query.hpp"
#include "rights.hpp"

extern "C" {
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "utils/acl.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
}

namespace mlregistry::pg {

namespace {

bool force_setting = false;

#define LOCK(rule)                                                                                                     \
    "INSERT INTO mlregistry.guards AS g (organization_id, rule, subject_id) VALUES ($1, '" rule "', $2)"               \
    " ON CONFLICT (organization_id, rule, subject_id) DO UPDATE SET n = g.n OPERATOR(pg_catalog.+) 1"
#define IS_LIVE(d) d ".status OPERATOR(pg_catalog.=) ANY ('{active,degraded}'::pg_catalog.text[])"

// Nothing where it has none of the traffic any more: what came later in the transaction counts.
OwnerQuery share_of_traffic{
    "SELECT d.organization_id, d.model_id, d.environment_id FROM mlregistry.deployments d"
    " WHERE d.deployment_id OPERATOR(pg_catalog.=) $1 AND " IS_LIVE(
        "d") " AND d.deployment_type OPERATOR(pg_catalog.<>) 'shadow'"
             " AND d.traffic_percentage OPERATOR(pg_catalog.>) 0 AND d.deleted_at IS NULL",
    1,
    {UUIDOID},
};

OwnerQuery lock_traffic{LOCK("traffic"), 2, {UUIDOID, UUIDOID}};

OwnerQuery too_much_traffic{
    "SELECT (SELECT m.model_name FROM mlregistry.models m WHERE m.model_id OPERATOR(pg_catalog.=) $1),"
    "       (SELECT e.environment_name FROM mlregistry.environments e WHERE e.environment_id OPERATOR(pg_catalog.=) "
    "$2),"
    "       pg_catalog.sum(d.traffic_percentage)::pg_catalog.text,"
    "       pg_catalog.string_agg(pg_catalog.format('%s %s %%', d.deployment_name, d.traffic_percentage), ', '"
    "                             ORDER BY d.traffic_percentage DESC, d.deployment_name)"
    "  FROM mlregistry.deployments d"
    " WHERE d.model_id OPERATOR(pg_catalog.=) $1 AND d.environment_id OPERATOR(pg_catalog.=) $2 AND " IS_LIVE(
        "d") "   AND d.deployment_type OPERATOR(pg_catalog.<>) 'shadow' AND d.deleted_at IS NULL"
             " HAVING pg_catalog.sum(d.traffic_percentage) OPERATOR(pg_catalog.>) 100",
    2,
    {UUIDOID, UUIDOID},
};

// Nothing where it neither serves nor is about to.
OwnerQuery gated_deployment{
    "SELECT d.organization_id, d.version_id, d.environment_id, m.compliance_required AND e.requires_approval,"
    "       EXISTS (SELECT FROM mlregistry.metric_gates g WHERE g.project_id OPERATOR(pg_catalog.=) d.project_id"
    "                  AND g.is_active AND g.target_stage OPERATOR(pg_catalog.=) e.environment_type)"
    "  FROM mlregistry.deployments d"
    "  JOIN mlregistry.models m ON m.model_id OPERATOR(pg_catalog.=) d.model_id"
    "  JOIN mlregistry.environments e ON e.environment_id OPERATOR(pg_catalog.=) d.environment_id"
    " WHERE d.deployment_id OPERATOR(pg_catalog.=) $1"
    "   AND d.status OPERATOR(pg_catalog.=) ANY ('{deploying,active,degraded}'::pg_catalog.text[])"
    "   AND d.deleted_at IS NULL",
    1,
    {UUIDOID},
};

OwnerQuery lock_approvals{LOCK("approval"), 2, {UUIDOID, UUIDOID}};

OwnerQuery unmet_requirements{
    "SELECT pg_catalog.min(r.rule),"
    "       pg_catalog.format('%s in %s', pg_catalog.min(r.version), pg_catalog.min(r.environment)),"
    "       pg_catalog.string_agg(pg_catalog.concat(r.requirement, ': ', r.detail), ' ' ORDER BY r.n),"
    "       pg_catalog.min(r.hint)"
    "  FROM mlregistry.gate_requirements($1, $2, $3) AS r"
    " WHERE NOT r.satisfied AND r.kind OPERATOR(pg_catalog.=) ANY ('{approval,metric}'::pg_catalog.text[])"
    " HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 0",
    3,
    {UUIDOID, UUIDOID, UUIDOID},
};

OwnerQuery project_of_deployment{
    "SELECT project_id FROM mlregistry.deployments WHERE deployment_id OPERATOR(pg_catalog.=) $1",
    1,
    {UUIDOID},
};

#undef IS_LIVE
#undef LOCK

const char *text_at(int column) { return SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, column); }

/// A value of the first row, which outlives the query.
Datum uuid_at(int column) {
    bool is_null = false;
    const Datum value = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, column, &is_null);
    auto *const copy = static_cast<pg_uuid_t *>(palloc(sizeof(pg_uuid_t)));
    *copy = *DatumGetUUIDP(value);
    return UUIDPGetDatum(copy);
}

/// Whether the caller may change a deployment: guards make others wait, and errors tell of what one may not see.
bool may_change(Oid owner, Datum deployment) {
    const Oid relation = get_relname_relid("deployments", get_namespace_oid("mlregistry", false));
    if (pg_class_aclcheck(relation, GetUserId(), ACL_UPDATE) != ACLCHECK_OK &&
        pg_attribute_aclcheck_all(relation, GetUserId(), ACL_UPDATE, ACLMASK_ANY) != ACLCHECK_OK) {
        aclcheck_error(ACLCHECK_NO_PRIV, OBJECT_TABLE, "deployments");
    }
    if (bypasses_access()) {
        return true;
    }
    Rank rank = Rank::none;
    connect();
    if (run(project_of_deployment, owner, &deployment, nullptr, Sight::latest, 1) == 1) {
        const Datum project = uuid_at(1);
        const Rights &rights = current_rights();
        rank = project_rank(rights, *DatumGetUUIDP(project));
    }
    done();
    return rank >= Rank::write;
}

} // namespace

void define_force_setting() {
    DefineCustomBoolVariable("mlregistry.force", "Deploys a deprecated version, or into an inactive environment.",
                             nullptr, &force_setting, false, PGC_USERSET, GUC_NO_SHOW_ALL, nullptr, nullptr, nullptr);
}

bool is_forced() noexcept { return force_setting; }

void refuse_rule(const char *table, int sqlstate, const char *rule, const char *message, const char *detail,
                 const char *hint) {
    ereport(ERROR, (errcode(sqlstate), errmsg_internal("%s", message), errdetail_internal("%s", detail),
                    errhint("%s", hint), err_generic_string(PG_DIAG_SCHEMA_NAME, "mlregistry"),
                    err_generic_string(PG_DIAG_TABLE_NAME, table), err_generic_string(PG_DIAG_CONSTRAINT_NAME, rule)));
    pg_unreachable();
}

void check_traffic(Oid owner, Datum deployment) {
    connect();
    if (run(share_of_traffic, owner, &deployment, nullptr, Sight::latest, 1) == 1) {
        const Datum guard[] = {uuid_at(1), uuid_at(2)};
        const Datum place[] = {guard[1], uuid_at(3)};
        run(lock_traffic, owner, guard, nullptr, Sight::current, 0);
        if (run(too_much_traffic, owner, place, nullptr, Sight::latest, 1) == 1) {
            refuse_rule("deployments", ERRCODE_CHECK_VIOLATION, "traffic_sum",
                        psprintf("the deployments of %s in %s would have %s %% of the traffic", text_at(1), text_at(2),
                                 text_at(3)),
                        psprintf("%s.", text_at(4)),
                        "All shares of a model in an environment are 100 at most: change several at once with "
                        "set_traffic(), or in one transaction; deploy() takes a share from another one with "
                        "traffic_from, and its place with deployment_name.");
        }
    }
    done();
}

void check_gate(Oid owner, Datum deployment) {
    connect();
    if (run(gated_deployment, owner, &deployment, nullptr, Sight::latest, 1) == 1) {
        const Datum guard[] = {uuid_at(1), uuid_at(2)};
        const Datum asked[] = {guard[1], uuid_at(3), deployment};
        bool is_null = false;
        const bool needs_approval =
            DatumGetBool(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 4, &is_null));
        const bool has_gates = DatumGetBool(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 5, &is_null));
        if (needs_approval) {
            run(lock_approvals, owner, guard, nullptr, Sight::current, 0);
        }
        // Most deployments need neither, and no closer look.
        if ((needs_approval || has_gates) && run(unmet_requirements, owner, asked, nullptr, Sight::latest, 1) == 1) {
            refuse_rule("deployments", ERRCODE_CHECK_VIOLATION, text_at(1),
                        psprintf("%s lacks what it needs to serve", text_at(2)), text_at(3), text_at(4));
        }
    }
    done();
}

} // namespace mlregistry::pg

using namespace mlregistry::pg;

/// check_deployment(uuid): the rules that triggers keep when the transaction commits, at once.
MLR_FUNCTION(mlregistry_check_deployment) {
    const Oid owner = owner_of_registry("deployments");
    const Datum deployment = PG_GETARG_DATUM(0);
    if (!may_change(owner, deployment)) {
        ereport(ERROR,
                (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
                 errmsg("%s may not change this deployment", name_of_actor(current_rights())),
                 errhint("Ask an administrator of the organization for a role: add_member(), add_project_member()."),
                 err_generic_string(PG_DIAG_CONSTRAINT_NAME, "access_denied")));
    }
    check_gate(owner, deployment);
    check_traffic(owner, deployment);
    PG_RETURN_VOID();
}
