// What a statement on runs does elsewhere: new runs count their experiment on and name their dataset among
// run_datasets, deleted ones take their metrics with them.
#include "owner_query.hpp"
#include "row_trigger.hpp"
#include "statement_trigger.hpp"
#include "transition_rows.hpp"
#include "uuid.hpp"

extern "C" {
#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/memutils.h"
}

#include <cstdint>

namespace mlregistry::pg {

namespace {

OwnerQuery delete_metrics{
    "DELETE FROM mlregistry.run_metrics WHERE run_id OPERATOR(pg_catalog.=) ANY ($1)",
    1,
    {UUIDARRAYOID},
};

OwnerQuery any_metrics{"SELECT FROM mlregistry.run_metrics LIMIT 1", 0, {}};
OwnerQuery truncate_metrics{"TRUNCATE mlregistry.run_metrics", 0, {}};

OwnerQuery count_on{
    "UPDATE mlregistry.experiments e SET last_run_number = n.number"
    " FROM (SELECT experiment_id, pg_catalog.max(run_number) AS number FROM new_rows GROUP BY experiment_id) AS n"
    " WHERE e.experiment_id OPERATOR(pg_catalog.=) n.experiment_id"
    " AND e.last_run_number OPERATOR(pg_catalog.<) n.number",
    0,
    {},
};

#define ADD_DATASETS(rows)                                                                                             \
    "INSERT INTO mlregistry.run_datasets (organization_id, project_id, run_id, dataset_id, added_at)"                  \
    " SELECT n.organization_id, n.project_id, n.run_id, n.dataset_id, LEAST(pg_catalog.now(), n.since) FROM " rows     \
    " AS n WHERE n.dataset_id IS NOT NULL"                                                                             \
    "    AND NOT EXISTS (SELECT FROM mlregistry.run_datasets d WHERE d.run_id OPERATOR(pg_catalog.=) n.run_id"         \
    "                       AND d.dataset_id OPERATOR(pg_catalog.=) n.dataset_id)"                                     \
    " ON CONFLICT (run_id, dataset_id, dataset_role) DO NOTHING"

// A new run has read its dataset since it was queued, whenever that was; one that names another dataset does so now.
OwnerQuery add_datasets{ADD_DATASETS("(SELECT r.*, r.queued_at AS since FROM new_rows r)"), 0, {}};
OwnerQuery add_dataset{
    ADD_DATASETS("(SELECT r.organization_id, r.project_id, r.run_id, r.dataset_id, pg_catalog.now() AS since"
                 "   FROM mlregistry.training_runs r WHERE r.run_id OPERATOR(pg_catalog.=) $1)"),
    1,
    {UUIDOID},
};

#undef ADD_DATASETS

/// The rows of the statement, whichever of the two tables has them.
Tuplestorestate *rows_of(const TriggerData *data) {
    return transition_table(data, TRIGGER_FIRED_BY_DELETE(data->tg_event) ? data->tg_oldtable : data->tg_newtable);
}

/// Array of the runs of the statement.
Datum deleted_runs(TriggerData *data) {
    const AttrNumber column = column_of(data, "run_id", UUIDOID);
    TransitionRows rows{data, rows_of(data)};
    const std::int64_t count = tuplestore_tuple_count(rows_of(data));
    auto *const ids = static_cast<pg_uuid_t *>(
        MemoryContextAllocHuge(CurrentMemoryContext, static_cast<Size>(count) * sizeof(pg_uuid_t)));
    auto *const runs =
        static_cast<Datum *>(MemoryContextAllocHuge(CurrentMemoryContext, static_cast<Size>(count) * sizeof(Datum)));
    int n = 0;
    while (TupleTableSlot *const row = rows.next(column)) {
        ids[n] = *DatumGetUUIDP(row->tts_values[column - 1]);
        runs[n] = UUIDPGetDatum(&ids[n]);
        ++n;
    }
    rows.end();
    return PointerGetDatum(construct_array(runs, n, UUIDOID, UUID_LEN, false, TYPALIGN_CHAR));
}

void run_on_rows(TriggerData *data, OwnerQuery &query) {
    if (SPI_register_trigger_data(data) < 0) {
        ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR), errmsg("cannot read the rows of the statement")));
    }
    run(query, data->tg_relation->rd_rel->relowner, nullptr, nullptr, Sight::latest, 0);
}

} // namespace

} // namespace mlregistry::pg

using namespace mlregistry::pg;

/// On training_runs: AFTER INSERT STATEMENT with transition table new_rows, AFTER DELETE STATEMENT with old_rows, AFTER
/// TRUNCATE STATEMENT, and AFTER UPDATE OF dataset_id for each row.
MLR_FUNCTION(mlregistry_trg_effect_run) {
    auto *const called = CALLED_AS_TRIGGER(fcinfo) ? reinterpret_cast<TriggerData *>(fcinfo->context) : nullptr;
    if (called != nullptr && TRIGGER_FIRED_FOR_ROW(called->tg_event)) {
        const RowTrigger trigger = row_trigger(fcinfo);
        const AttrNumber dataset = column_number(trigger, "dataset_id", UUIDOID);
        if (trigger.is_update && !column_value(trigger, trigger.row, dataset).is_null &&
            !same_value(trigger, dataset)) {
            const Datum run_id = column_value(trigger, trigger.row, column_number(trigger, "run_id", UUIDOID)).value;
            connect();
            run(add_dataset, table_owner(trigger), &run_id, nullptr, Sight::latest, 0);
            done();
        }
        return PointerGetDatum(nullptr);
    }
    TriggerData *const data = after_statement_trigger(fcinfo);
    const Oid owner = data->tg_relation->rd_rel->relowner;
    if (TRIGGER_FIRED_BY_TRUNCATE(data->tg_event)) {
        connect();
        // Empty where the same statement has truncated it as well, which may not be done twice.
        if (run(any_metrics, owner, nullptr, nullptr, Sight::latest, 1) != 0) {
            run(truncate_metrics, owner, nullptr, nullptr, Sight::current, 0);
        }
        done();
    } else if (tuplestore_tuple_count(rows_of(data)) == 0) {
        return PointerGetDatum(nullptr);
    } else if (TRIGGER_FIRED_BY_DELETE(data->tg_event)) {
        const Datum runs = deleted_runs(data);
        connect();
        run(delete_metrics, owner, &runs, nullptr, Sight::latest, 0);
        done();
    } else {
        connect();
        run_on_rows(data, count_on);
        done();
        connect();
        run_on_rows(data, add_datasets);
        done();
    }
    return PointerGetDatum(nullptr);
}
