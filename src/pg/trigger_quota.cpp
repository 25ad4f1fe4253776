// Trigger of quotas: what a quota is for has no foreign key, because it is one of three tables. It exists, and its
// quotas go with it.
#include "owner_query.hpp"
#include "row_trigger.hpp"

extern "C" {
#include "catalog/pg_type.h"
}

#include <string_view>

namespace mlregistry::pg {

namespace {

// What a quota may be for. The lock is that of a foreign key: the object and its deletion wait for each other.
struct Subject {
    std::string_view scope;
    OwnerQuery lock;
};

#define SUBJECT_IN(scope, table, key)                                                                                  \
    {                                                                                                                  \
        scope, {                                                                                                       \
            "SELECT FROM mlregistry." table " WHERE organization_id OPERATOR(pg_catalog.=) $1 AND " key                \
            " OPERATOR(pg_catalog.=) $2 FOR KEY SHARE",                                                                \
                2, {                                                                                                   \
                UUIDOID, UUIDOID                                                                                       \
            }                                                                                                          \
        }                                                                                                              \
    }

Subject subjects[] = {
    SUBJECT_IN("project", "projects", "project_id"),
    SUBJECT_IN("team", "teams", "team_id"),
    SUBJECT_IN("user", "organization_memberships", "user_id"),
};

#undef SUBJECT_IN

OwnerQuery quotas_of_subject{
    "DELETE FROM mlregistry.resource_quotas WHERE organization_id OPERATOR(pg_catalog.=) $1"
    " AND scope OPERATOR(pg_catalog.=) $2 AND scope_id OPERATOR(pg_catalog.=) $3",
    3,
    {UUIDOID, TEXTOID, UUIDOID},
};

/// AFTER INSERT OR UPDATE on resource_quotas.
void check_subject(const RowTrigger &trigger) {
    const std::string_view scope = column_text(trigger, trigger.row, column_number(trigger, "scope", TEXTOID));
    const Datum values[] = {
        column_value(trigger, trigger.row, column_number(trigger, "organization_id", UUIDOID)).value,
        column_value(trigger, trigger.row, column_number(trigger, "scope_id", UUIDOID)).value,
    };
    for (Subject &subject : subjects) {
        if (subject.scope != scope) {
            continue;
        }
        connect();
        const bool exists = run(subject.lock, table_owner(trigger), values, nullptr, Sight::latest, 1) == 1;
        done();
        if (!exists) {
            refuse(trigger, ERRCODE_FOREIGN_KEY_VIOLATION, "quota_scope",
                   psprintf("there is no such %s in the organization", subject.scope.data()),
                   psprintf("Column \"scope_id\": %s.",
                            SPI_getvalue(trigger.row, trigger.columns, column_number(trigger, "scope_id"))),
                   scope == "user" ? "Name the user_id of a member of the organization."
                                   : "Name a row of the same organization.");
        }
    }
}

/// AFTER DELETE on what a quota may be for. Arguments: scope and key.
void delete_quotas(const RowTrigger &trigger) {
    const Datum values[] = {
        column_value(trigger, trigger.row, column_number(trigger, "organization_id", UUIDOID)).value,
        CStringGetTextDatum(trigger.argument(0)),
        column_value(trigger, trigger.row, column_number(trigger, trigger.argument(1), UUIDOID)).value,
    };
    connect();
    run(quotas_of_subject, table_owner(trigger), values, nullptr, Sight::latest, 0);
    done();
}

} // namespace

} // namespace mlregistry::pg

using namespace mlregistry::pg;

MLR_FUNCTION(mlregistry_trg_guard_quota) {
    const RowTrigger trigger = row_trigger(fcinfo);
    if (trigger.argument_count() == 0) {
        check_subject(trigger);
    } else {
        require_arguments(trigger, 2);
        delete_quotas(trigger);
    }
    return PointerGetDatum(nullptr);
}
