// Trigger guard of runs: quotas, no circle of parents, and that what a version came from is kept. Exact under
// concurrency by rows of guards (docs/design/data-model.md, section 5).
#include "guard_row.hpp"
#include "row_trigger.hpp"
#include "uuid.hpp"

extern "C" {
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "utils/fmgrprotos.h"
#include "utils/hsearch.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"
}

namespace mlregistry::pg {

namespace {

// One guard for all runs of the organization: two edges that share no run can close one circle.
OwnerQuery parents_guard{
    "SELECT g.xmin FROM mlregistry.guards g WHERE g.organization_id OPERATOR(pg_catalog.=) $1"
    " AND g.rule OPERATOR(pg_catalog.=) 'no_cycle_run' AND g.subject_id OPERATOR(pg_catalog.=) $1",
    1,
    {UUIDOID},
};

OwnerQuery lock_parents{
    "INSERT INTO mlregistry.guards AS g (organization_id, rule, subject_id) VALUES ($1, 'no_cycle_run', $1)"
    " ON CONFLICT (organization_id, rule, subject_id) DO UPDATE SET n = g.n OPERATOR(pg_catalog.+) 1",
    1,
    {UUIDOID},
};

OwnerQuery has_children{
    "SELECT FROM mlregistry.training_runs WHERE parent_run_id OPERATOR(pg_catalog.=) $1 LIMIT 1",
    1,
    {UUIDOID},
};

OwnerQuery is_its_own_ancestor{
    "WITH RECURSIVE above (run_id) AS ("
    "   SELECT $1 UNION"
    "   SELECT r.parent_run_id FROM above a"
    "     JOIN mlregistry.training_runs r ON r.run_id OPERATOR(pg_catalog.=) a.run_id"
    "    WHERE r.parent_run_id IS NOT NULL)"
    " SELECT FROM above a WHERE a.run_id OPERATOR(pg_catalog.=) $2",
    2,
    {UUIDOID, UUIDOID},
};

// Most organizations have none, and their runs need no closer look.
OwnerQuery has_quotas{
    "SELECT FROM mlregistry.resource_quotas"
    " WHERE organization_id OPERATOR(pg_catalog.=) $1 AND is_active"
    "   AND enforcement OPERATOR(pg_catalog.=) 'refuse' LIMIT 1",
    1,
    {UUIDOID},
};

OwnerQuery lock_quotas{
    "INSERT INTO mlregistry.guards AS g (organization_id, rule, subject_id)"
    " SELECT $1, 'quota', q.quota_id FROM mlregistry.quotas_of_run($2) AS q (quota_id)"
    " ON CONFLICT (organization_id, rule, subject_id) DO UPDATE SET n = g.n OPERATOR(pg_catalog.+) 1",
    2,
    {UUIDOID, UUIDOID},
};

OwnerQuery quota_refusal{
    "SELECT q.message, q.detail FROM mlregistry.quota_refusal($1) AS q",
    1,
    {UUIDOID},
};

OwnerQuery produced_version{
    "SELECT v.semver::pg_catalog.text, m.model_name FROM mlregistry.model_versions v"
    " JOIN mlregistry.models m ON m.model_id OPERATOR(pg_catalog.=) v.model_id"
    " WHERE v.version_id OPERATOR(pg_catalog.=) $1 AND v.deleted_at IS NULL",
    1,
    {UUIDOID},
};

const char *found_text(int column) { return SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, column); }

Datum id_of(const RowTrigger &trigger, const char *column) {
    return column_value(trigger, trigger.row, column_number(trigger, column, UUIDOID)).value;
}

const char *text_of(const RowTrigger &trigger, const char *column) {
    return SPI_getvalue(trigger.row, trigger.columns, column_number(trigger, column));
}

void refuse_circle(const RowTrigger &trigger) {
    const AttrNumber parent = column_number(trigger, "parent_run_id", UUIDOID);
    const ColumnValue above = column_value(trigger, trigger.row, parent);
    if (above.is_null || (trigger.is_update && same_value(trigger, parent))) {
        return;
    }
    const Oid owner = table_owner(trigger);
    const Datum run_id = id_of(trigger, "run_id");
    connect();
    // A new run has children only where the same statement brought them: others cannot have seen it.
    if (trigger.is_update || run(has_children, owner, &run_id, nullptr, Sight::latest, 1) != 0) {
        const Datum organization = id_of(trigger, "organization_id");
        const Datum values[] = {above.value, run_id};
        lock_once(parents_guard, lock_parents, owner, &organization);
        if (run(is_its_own_ancestor, owner, values, nullptr, Sight::latest, 1) != 0) {
            refuse(
                trigger, ERRCODE_CHECK_VIOLATION, "no_cycle", "a run cannot be among its own ancestors",
                psprintf("Run %s descends from run %s.", text_of(trigger, "parent_run_id"), text_of(trigger, "run_id")),
                "A parent is a run that was there before: the one that is repeated or gone on from.");
        }
    }
    done();
}

/// Whether the row asks for resources: queued or running, and not deleted.
bool is_active(const RowTrigger &trigger, HeapTuple row, bool &is_queued) {
    const std::string_view status = column_text(trigger, row, column_number(trigger, "status", TEXTOID));
    is_queued = status == "queued";
    return (is_queued || status == "running") &&
           column_value(trigger, row, column_number(trigger, "deleted_at", TIMESTAMPTZOID)).is_null;
}

/// Whose quotas a run counts against. A key without padding.
struct Payer {
    pg_uuid_t organization;
    pg_uuid_t project;
    pg_uuid_t model; ///< nil: none
    pg_uuid_t user;  ///< nil: none
};

/// Payers of the statement's rows for whom there was enough.
struct CheckedPayers {
    HTAB *payers;
};

constexpr long most_payers = 10'000;

pg_uuid_t id_or_nil(const RowTrigger &trigger, const char *column) {
    const ColumnValue value = column_value(trigger, trigger.row, column_number(trigger, column, UUIDOID));
    return value.is_null ? pg_uuid_t{} : *DatumGetUUIDP(value.value);
}

/// True for a run that says that it has used something itself: it is asked for less strictly.
bool has_used(const RowTrigger &trigger) {
    const ColumnValue hours = column_value(trigger, trigger.row, column_number(trigger, "gpu_hours", NUMERICOID));
    const ColumnValue cost =
        column_value(trigger, trigger.row, column_number(trigger, "estimated_cost_usd", NUMERICOID));
    return !cost.is_null || hours.is_null ||
           !DatumGetBool(DirectFunctionCall2(numeric_eq, hours.value, NumericGetDatum(int64_to_numeric(0))));
}

/// Whether another row of the statement has been looked at for the same payer, with all rows in place: what the period
/// of now has used is the same for both.
bool is_checked(FunctionCallInfo fcinfo, const RowTrigger &trigger, bool &can_be_remembered, const Payer &payer) {
    auto &checked = statement_state<CheckedPayers>(fcinfo);
    const ColumnValue queued_at =
        column_value(trigger, trigger.row, column_number(trigger, "queued_at", TIMESTAMPTZOID));
    can_be_remembered =
        !has_used(trigger) && DatumGetTimestampTz(queued_at.value) <= GetCurrentTransactionStartTimestamp();
    return can_be_remembered && checked.payers != nullptr &&
           hash_search(checked.payers, &payer, HASH_FIND, nullptr) != nullptr;
}

void remember(FunctionCallInfo fcinfo, const Payer &payer) {
    auto &checked = statement_state<CheckedPayers>(fcinfo);
    if (checked.payers == nullptr) {
        HASHCTL control{};
        control.keysize = sizeof(Payer);
        control.entrysize = sizeof(Payer);
        control.hcxt = fcinfo->flinfo->fn_mcxt;
        checked.payers = hash_create("payers of runs", 16, &control, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
    }
    if (hash_get_num_entries(checked.payers) < most_payers) {
        hash_search(checked.payers, &payer, HASH_ENTER, nullptr);
    }
}

/// Checked when a run is queued or started, and when an active one is restored; never when it tells what it has used.
void keep_quotas(FunctionCallInfo fcinfo, const RowTrigger &trigger) {
    bool is_queued = false;
    bool was_queued = false;
    if (!is_active(trigger, trigger.row, is_queued) ||
        (trigger.is_update && is_active(trigger, trigger.before, was_queued) && was_queued == is_queued)) {
        return;
    }
    const Payer payer{id_or_nil(trigger, "organization_id"), id_or_nil(trigger, "project_id"),
                      id_or_nil(trigger, "model_id"), id_or_nil(trigger, "started_by_user")};
    bool can_be_remembered = false;
    if (is_checked(fcinfo, trigger, can_be_remembered, payer)) {
        return;
    }
    const Oid owner = table_owner(trigger);
    const Datum values[] = {id_of(trigger, "organization_id"), id_of(trigger, "run_id")};
    connect();
    if (run(has_quotas, owner, values, nullptr, Sight::latest, 1) != 0 &&
        run(lock_quotas, owner, values, nullptr, Sight::current, 0) != 0 &&
        run(quota_refusal, owner, values + 1, nullptr, Sight::latest, 1) != 0) {
        refuse(trigger, ERRCODE_CONFIGURATION_LIMIT_EXCEEDED, "quota_exceeded", found_text(1), found_text(2),
               "Wait for the next period, or let the quota be raised: set_quota(). quota_usage() says what is used.");
    }
    done();
    if (can_be_remembered) {
        remember(fcinfo, payer);
    }
}

/// A version that is there keeps the run that it came from. In a cascade from their project both are gone by now.
void refuse_loss_of_origin(const RowTrigger &trigger) {
    const ColumnValue version = column_value(trigger, trigger.row, column_number(trigger, "version_id", UUIDOID));
    if (version.is_null) {
        return;
    }
    connect();
    if (run(produced_version, table_owner(trigger), &version.value, nullptr, Sight::latest, 1) != 0) {
        refuse(trigger, ERRCODE_CHECK_VIOLATION, "run_produced_version",
               "a run that a version came from cannot be deleted",
               psprintf("Version %s@%s came from run %s.", found_text(2), found_text(1), text_of(trigger, "run_id")),
               "Set deleted_at instead: a run that is deleted softly stays in the lineage.");
    }
    done();
}

} // namespace

} // namespace mlregistry::pg

using namespace mlregistry::pg;

/// AFTER INSERT OR DELETE OR UPDATE OF parent_run_id, status, deleted_at on training_runs.
MLR_FUNCTION(mlregistry_trg_guard_run) {
    const RowTrigger trigger = row_trigger(fcinfo);
    if (!trigger.is_insert && !trigger.is_update) {
        refuse_loss_of_origin(trigger);
        return PointerGetDatum(nullptr);
    }
    // In the order of the rules, which is that of their locks.
    refuse_circle(trigger);
    keep_quotas(fcinfo, trigger);
    return PointerGetDatum(nullptr);
}
