// What becomes of an approval elsewhere: one that holds no more makes those wait who deploy by it, and one that is
// given takes the place of what was decided on the same before.
#include "owner_query.hpp"
#include "row_trigger.hpp"

extern "C" {
#include "catalog/pg_type.h"
}

namespace mlregistry::pg {

namespace {

// Of a version that is gone nobody asks.
OwnerQuery lock_approvals{
    "INSERT INTO mlregistry.guards AS g (organization_id, rule, subject_id)"
    " SELECT v.organization_id, 'approval', v.version_id FROM mlregistry.model_versions v"
    "  WHERE v.version_id OPERATOR(pg_catalog.=) $1"
    " ON CONFLICT (organization_id, rule, subject_id) DO UPDATE SET n = g.n OPERATOR(pg_catalog.+) 1",
    1,
    {UUIDOID},
};

// What was decided later stays: an import may bring the past after the present.
OwnerQuery supersede{
    "UPDATE mlregistry.approvals o SET approval_status = 'superseded', superseded_by = n.approval_id"
    "  FROM mlregistry.approvals n"
    " WHERE n.approval_id OPERATOR(pg_catalog.=) $1 AND o.version_id OPERATOR(pg_catalog.=) n.version_id"
    "   AND o.approval_type OPERATOR(pg_catalog.=) n.approval_type"
    "   AND (o.environment_id OPERATOR(pg_catalog.=) n.environment_id"
    "        OR o.environment_id IS NULL AND n.environment_id IS NULL)"
    "   AND (o.deployment_id OPERATOR(pg_catalog.=) n.deployment_id"
    "        OR o.deployment_id IS NULL AND n.deployment_id IS NULL)"
    "   AND o.approval_id OPERATOR(pg_catalog.<>) n.approval_id"
    "   AND o.approval_status OPERATOR(pg_catalog.=) ANY ('{approved,rejected}'::pg_catalog.text[])"
    "   AND o.reviewed_at OPERATOR(pg_catalog.<=) n.reviewed_at",
    1,
    {UUIDOID},
};

Datum id_of(const RowTrigger &trigger, const char *column) {
    return column_value(trigger, trigger.row, column_number(trigger, column, UUIDOID)).value;
}

} // namespace

} // namespace mlregistry::pg

using namespace mlregistry::pg;

/// AFTER UPDATE and DELETE of approvals that are approved no more. A deployment that looks at them at this moment
/// waits, or makes this wait.
MLR_FUNCTION(mlregistry_trg_guard_approval) {
    const RowTrigger trigger = row_trigger(fcinfo);
    const Datum version = id_of(trigger, "version_id");
    connect();
    run(lock_approvals, table_owner(trigger), &version, nullptr, Sight::current, 0);
    done();
    return PointerGetDatum(nullptr);
}

/// AFTER INSERT and UPDATE of approvals that are approved now.
MLR_FUNCTION(mlregistry_trg_effect_approval) {
    const RowTrigger trigger = row_trigger(fcinfo);
    const Datum approval = id_of(trigger, "approval_id");
    connect();
    run(supersede, table_owner(trigger), &approval, nullptr, Sight::latest, 0);
    done();
    return PointerGetDatum(nullptr);
}
