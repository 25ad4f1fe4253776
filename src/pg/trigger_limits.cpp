// Limits of an organization: models and members, and that it keeps an admin. Exact under concurrency by a row of guards
// (docs/design/data-model.md, section 5), which is locked only where there is a limit.
#include "owner_query.hpp"
#include "row_trigger.hpp"
#include "uuid.hpp"

extern "C" {
#include "catalog/pg_type.h"
}

namespace mlregistry::pg {

namespace {

#define LOCK(rule)                                                                                                     \
    "INSERT INTO mlregistry.guards AS g (organization_id, rule, subject_id) VALUES ($1, '" rule "', $1)"               \
    " ON CONFLICT (organization_id, rule, subject_id) DO UPDATE SET n = g.n OPERATOR(pg_catalog.+) 1"
#define LIMIT(column)                                                                                                  \
    "SELECT " column " FROM mlregistry.organizations WHERE organization_id OPERATOR(pg_catalog.=) $1"                  \
    " AND " column " IS NOT NULL"
#define COUNT(table, condition)                                                                                        \
    "SELECT pg_catalog.count(*)::pg_catalog.int8 FROM mlregistry." table                                               \
    " WHERE organization_id OPERATOR(pg_catalog.=) $1" condition

/// A limit: where it stands, what is locked and what is counted.
struct Limit {
    const char *rule;
    const char *things;
    OwnerQuery limit;
    OwnerQuery lock;
    OwnerQuery count;
};

Limit models{"max_models",
             "models",
             {LIMIT("max_models"), 1, {UUIDOID}},
             {LOCK("max_models"), 1, {UUIDOID}},
             {COUNT("models", " AND deleted_at IS NULL"), 1, {UUIDOID}}};
Limit members{"max_users",
              "members",
              {LIMIT("max_users"), 1, {UUIDOID}},
              {LOCK("max_users"), 1, {UUIDOID}},
              {COUNT("organization_memberships", ""), 1, {UUIDOID}}};

OwnerQuery lock_admins{LOCK("last_admin"), 1, {UUIDOID}};
// Nothing where the organization is gone: its members go with it.
OwnerQuery admins_left{
    "SELECT (SELECT pg_catalog.count(*) FROM mlregistry.organization_memberships m"
    "         WHERE m.organization_id OPERATOR(pg_catalog.=) o.organization_id AND m.role OPERATOR(pg_catalog.=) "
    "'admin')"
    "  FROM mlregistry.organizations o WHERE o.organization_id OPERATOR(pg_catalog.=) $1",
    1,
    {UUIDOID},
};

#undef LOCK
#undef LIMIT
#undef COUNT

/// Rows of a statement are all there when the first of these triggers fires: one look for each organization in turn.
struct CheckedState {
    bool any;
    pg_uuid_t organization;
};

std::int64_t number() {
    bool is_null = false;
    const Datum value = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &is_null);
    return SPI_gettypeid(SPI_tuptable->tupdesc, 1) == INT4OID ? DatumGetInt32(value) : DatumGetInt64(value);
}

const pg_uuid_t &organization_of(const RowTrigger &trigger) {
    return *DatumGetUUIDP(column_value(trigger, trigger.row, column_number(trigger, "organization_id", UUIDOID)).value);
}

void keep_limit(FunctionCallInfo fcinfo, const RowTrigger &trigger, Limit &limit) {
    auto &checked = statement_state<CheckedState>(fcinfo);
    const pg_uuid_t &organization = organization_of(trigger);
    if (checked.any && same_uuid(checked.organization, organization)) {
        return;
    }
    const Oid owner = table_owner(trigger);
    const Datum values[] = {UUIDPGetDatum(&organization)};
    connect();
    if (run(limit.limit, owner, values, nullptr, Sight::latest, 1) == 1) {
        const std::int64_t most = number();
        run(limit.lock, owner, values, nullptr, Sight::current, 0);
        run(limit.count, owner, values, nullptr, Sight::latest, 1);
        if (const std::int64_t count = number(); count > most) {
            refuse(trigger, ERRCODE_CONFIGURATION_LIMIT_EXCEEDED, limit.rule,
                   psprintf("the organization may have " INT64_FORMAT " %s", most, limit.things),
                   psprintf("It would have " INT64_FORMAT ".", count),
                   "Delete what is not needed, or let the limit be raised: it is a column of organizations.");
        }
    }
    done();
    checked.any = true;
    checked.organization = organization;
}

} // namespace

} // namespace mlregistry::pg

using namespace mlregistry::pg;

/// AFTER INSERT OR UPDATE OF deleted_at on models.
MLR_FUNCTION(mlregistry_trg_guard_models) {
    const RowTrigger trigger = row_trigger(fcinfo);
    const AttrNumber deleted_at = column_number(trigger, "deleted_at", TIMESTAMPTZOID);
    const bool is_there = column_value(trigger, trigger.row, deleted_at).is_null;
    const bool was_there = trigger.is_update && column_value(trigger, trigger.before, deleted_at).is_null;
    if (is_there && !was_there) {
        keep_limit(fcinfo, trigger, models);
    }
    return PointerGetDatum(nullptr);
}

/// AFTER INSERT OR DELETE OR UPDATE OF role on organization_memberships.
MLR_FUNCTION(mlregistry_trg_guard_members) {
    const RowTrigger trigger = row_trigger(fcinfo);
    if (trigger.is_insert) {
        keep_limit(fcinfo, trigger, members);
        return PointerGetDatum(nullptr);
    }
    const AttrNumber role = column_number(trigger, "role", TEXTOID);
    const bool was_admin = column_text(trigger, trigger.is_update ? trigger.before : trigger.row, role) == "admin";
    if (!was_admin || (trigger.is_update && column_text(trigger, trigger.row, role) == "admin")) {
        return PointerGetDatum(nullptr);
    }
    const Datum values[] = {UUIDPGetDatum(&organization_of(trigger))};
    const Oid owner = table_owner(trigger);
    connect();
    run(lock_admins, owner, values, nullptr, Sight::current, 0);
    if (run(admins_left, owner, values, nullptr, Sight::latest, 1) == 1 && number() == 0) {
        refuse(trigger, ERRCODE_CHECK_VIOLATION, "last_admin", "the last admin of an organization cannot leave it",
               "Nobody could give roles any more.", "Make another member an admin first.");
    }
    done();
    return PointerGetDatum(nullptr);
}
