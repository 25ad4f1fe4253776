// Locks of rules over several rows (docs/design/data-model.md, section 5): a row of mlregistry.guards is locked and
// really changed, so that the second writer waits in READ COMMITTED and gets 40001 above, never an outdated count.
#include "owner_query.hpp"
#include "rights.hpp"

extern "C" {
#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "utils/acl.h"
#include "utils/lsyscache.h"
#include "utils/uuid.h"
}

namespace mlregistry::pg {

namespace {

OwnerQuery lock_version_rule{
    "INSERT INTO mlregistry.guards AS g (organization_id, rule, subject_id)"
    " SELECT m.organization_id, 'version', m.model_id FROM mlregistry.models m"
    "  WHERE m.model_id OPERATOR(pg_catalog.=) $1"
    " ON CONFLICT (organization_id, rule, subject_id) DO UPDATE SET n = g.n OPERATOR(pg_catalog.+) 1",
    1,
    {UUIDOID},
};

// What deployments do to versions of a model begins with its row, too.
OwnerQuery lock_model{
    "SELECT FROM mlregistry.models WHERE model_id OPERATOR(pg_catalog.=) $1 FOR NO KEY UPDATE",
    1,
    {UUIDOID},
};

OwnerQuery project_of_model{
    "SELECT project_id FROM mlregistry.models WHERE model_id OPERATOR(pg_catalog.=) $1",
    1,
    {UUIDOID},
};

/// The rank of the acting one in the model's project; none where there is no such model.
Rank rank_at_model(Oid owner, const Datum *values) {
    Rank rank = Rank::none;
    connect();
    if (run(project_of_model, owner, values, nullptr, Sight::current, 1) == 1) {
        bool is_null = false;
        const Datum project = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &is_null);
        rank = project_rank(current_rights(), *DatumGetUUIDP(project));
    }
    done();
    return rank;
}

/// Locks block others, so only those may take one who may do what it is for.
void require_right_on(const char *table, AclMode right) {
    const Oid relation = get_relname_relid(table, get_namespace_oid("mlregistry", false));
    if (pg_class_aclcheck(relation, GetUserId(), right) != ACLCHECK_OK &&
        pg_attribute_aclcheck_all(relation, GetUserId(), right, ACLMASK_ANY) != ACLCHECK_OK) {
        aclcheck_error(ACLCHECK_NO_PRIV, OBJECT_TABLE, table);
    }
}

} // namespace

} // namespace mlregistry::pg

using namespace mlregistry::pg;

MLR_FUNCTION(mlregistry_lock_version_numbers) {
    const Oid owner = owner_of_registry("guards");
    require_right_on("model_versions", ACL_INSERT);
    const Datum values[] = {PG_GETARG_DATUM(0)};
    if (!bypasses_access() && rank_at_model(owner, values) < Rank::write) {
        // The insertion that the lock is for will be refused, in words that do not tell whether the model is there.
        PG_RETURN_VOID();
    }
    connect();
    run(lock_version_rule, owner, values, nullptr, Sight::current, 0);
    done();
    PG_RETURN_VOID();
}

MLR_FUNCTION(mlregistry_lock_versions) {
    const Oid owner = owner_of_registry("guards");
    require_right_on("model_versions", ACL_UPDATE);
    const Datum values[] = {PG_GETARG_DATUM(0)};
    if (!bypasses_access() && rank_at_model(owner, values) < Rank::write) {
        PG_RETURN_VOID(); // as above
    }
    connect();
    run(lock_version_rule, owner, values, nullptr, Sight::current, 0);
    run(lock_model, owner, values, nullptr, Sight::current, 1);
    done();
    PG_RETURN_VOID();
}
