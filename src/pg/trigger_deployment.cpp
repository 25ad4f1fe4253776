// Triggers of deployments that fill in what follows from the rest: the model, times of states, who deployed the
// version.
#include "owner_query.hpp"
#include "row_actor.hpp"
#include "row_trigger.hpp"
#include "uuid.hpp"

#include "core/deployment_state.hpp"

extern "C" {
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "utils/timestamp.h"
}

namespace mlregistry::pg {

namespace {

struct DeploymentColumns {
    AttrNumber version, status, deployed_by, deployed_by_user, deployed_at, deactivated_at, deactivation_reason,
        terminated_at;
};

DeploymentColumns &deployment_columns(FunctionCallInfo fcinfo, const RowTrigger &trigger) {
    auto &c = statement_state<DeploymentColumns>(fcinfo);
    if (c.version == InvalidAttrNumber) {
        c = {
            .version = column_number(trigger, "version_id", UUIDOID),
            .status = column_number(trigger, "status", TEXTOID),
            .deployed_by = column_number(trigger, "deployed_by", TEXTOID),
            .deployed_by_user = column_number(trigger, "deployed_by_user", UUIDOID),
            .deployed_at = column_number(trigger, "deployed_at", TIMESTAMPTZOID),
            .deactivated_at = column_number(trigger, "deactivated_at", TIMESTAMPTZOID),
            .deactivation_reason = column_number(trigger, "deactivation_reason", TEXTOID),
            .terminated_at = column_number(trigger, "terminated_at", TIMESTAMPTZOID),
        };
    }
    return c;
}

struct ModelOfVersion {
    AttrNumber version, model;
    bool found; ///< what was looked up last
    pg_uuid_t last_version;
    pg_uuid_t last_model;
};

OwnerQuery model_of_version{
    "SELECT model_id FROM mlregistry.model_versions WHERE version_id OPERATOR(pg_catalog.=) $1",
    1,
    {UUIDOID},
};

void fill_time(const RowTrigger &trigger, AttrNumber column, RowChange &change) {
    if (column_value(trigger, trigger.row, column).is_null) {
        change.set(column, TimestampTzGetDatum(GetCurrentTransactionStartTimestamp()));
    }
}

/// What an UPDATE leaves as it was, the client has not said.
void clear_unsaid(const RowTrigger &trigger, AttrNumber column, RowChange &change) {
    if (same_value(trigger, column)) {
        change.clear(column);
    }
}

/// A version that comes in the place of another was deployed now and by the acting one, unless the client says
/// otherwise.
void derive_move(const RowTrigger &trigger, const DeploymentColumns &c, std::string_view status, RowChange &change) {
    if (!lifecycle::is_open_deployment(status)) {
        refuse(trigger, ERRCODE_CHECK_VIOLATION, "ended_deployment",
               psprintf("a deployment that is %s does not change its version", pnstrdup(status.data(), status.size())),
               psprintf("status %s", pnstrdup(status.data(), status.size())),
               "Set status to deploying or active in the same statement, or insert a new deployment.");
    }
    if (same_value(trigger, c.deployed_by)) {
        set_actor(change, c.deployed_by, c.deployed_by_user);
    }
    if (!same_value(trigger, c.deployed_at)) {
        return;
    }
    if (lifecycle::is_live_deployment(status)) {
        change.set(c.deployed_at, TimestampTzGetDatum(GetCurrentTransactionStartTimestamp()));
    } else {
        change.clear(c.deployed_at);
    }
}

} // namespace

} // namespace mlregistry::pg

using namespace mlregistry;
using namespace mlregistry::pg;

/// BEFORE INSERT on deployments, before trigger keys. A version that may not be seen tells nothing: keys refuses what
/// lies in its model then, in the words for what is not there.
MLR_FUNCTION(mlregistry_trg_model_of_version) {
    const RowTrigger trigger = row_trigger(fcinfo);
    auto &state = statement_state<ModelOfVersion>(fcinfo);
    if (state.version == InvalidAttrNumber) {
        state.version = column_number(trigger, "version_id", UUIDOID);
        state.model = column_number(trigger, "model_id", UUIDOID);
    }
    RowChange change;
    const ColumnValue version = column_value(trigger, trigger.row, state.version);
    if (column_value(trigger, trigger.row, state.model).is_null && !version.is_null) {
        const pg_uuid_t &version_id = *DatumGetUUIDP(version.value);
        if (!state.found || !same_uuid(state.last_version, version_id)) {
            const Datum values[] = {version.value};
            connect();
            run(model_of_version, table_owner(trigger), values, nullptr, Sight::current, 1);
            bool is_null = false;
            const Datum model = found_value(1, is_null);
            state.found = !is_null;
            if (state.found) {
                state.last_version = version_id;
                state.last_model = *DatumGetUUIDP(model);
            }
            done();
        }
        if (state.found) {
            change.set(state.model, UUIDPGetDatum(&state.last_model));
        }
    }
    return changed_row(trigger, change);
}

/// BEFORE INSERT OR UPDATE on deployments.
MLR_FUNCTION(mlregistry_trg_derive_deployment) {
    const RowTrigger trigger = row_trigger(fcinfo);
    const DeploymentColumns &c = deployment_columns(fcinfo, trigger);
    RowChange change;
    const std::string_view status = column_text(trigger, trigger.row, c.status);
    const std::string_view before = trigger.is_update ? column_text(trigger, trigger.before, c.status) : status;
    const bool moves = trigger.is_update && !same_value(trigger, c.version);
    if (moves) {
        derive_move(trigger, c, status, change);
    } else if (lifecycle::is_live_deployment(status)) {
        fill_time(trigger, c.deployed_at, change);
    }
    if (status == "deactivated") {
        fill_time(trigger, c.deactivated_at, change);
    } else if (status == "terminated") {
        fill_time(trigger, c.terminated_at, change);
    } else if (before == "deactivated" && lifecycle::is_open_deployment(status)) {
        clear_unsaid(trigger, c.deactivated_at, change);
        clear_unsaid(trigger, c.deactivation_reason, change);
    }
    return changed_row(trigger, change);
}
