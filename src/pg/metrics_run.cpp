#include "metrics_run.hpp"

#include "owner_query.hpp"

extern "C" {
#include "catalog/pg_type.h"
}

namespace mlregistry::pg {

namespace {

#define OF_RUN                                                                                                         \
    " FROM mlregistry.training_runs r"                                                                                 \
    " JOIN mlregistry.experiments e ON e.experiment_id OPERATOR(pg_catalog.=) r.experiment_id"                         \
    " JOIN mlregistry.projects p ON p.project_id OPERATOR(pg_catalog.=) r.project_id"                                  \
    " JOIN mlregistry.organizations o ON o.organization_id OPERATOR(pg_catalog.=) r.organization_id"                   \
    " WHERE r.run_id OPERATOR(pg_catalog.=) $1 AND r.deleted_at IS NULL AND e.deleted_at IS NULL"                      \
    " AND p.deleted_at IS NULL AND o.deleted_at IS NULL"

OwnerQuery visible_run{"SELECT" OF_RUN, 1, {UUIDOID}};
OwnerQuery place_of_run{
    "SELECT r.organization_id, r.project_id, mlregistry.require_access('write', 'runs', r.project_id)" OF_RUN,
    1,
    {UUIDOID},
};

#undef OF_RUN

[[noreturn]] void refuse_run(const pg_uuid_t &run) {
    ereport(ERROR,
            (errcode(ERRCODE_NO_DATA_FOUND),
             errmsg("run %s does not exist", DatumGetCString(DirectFunctionCall1(uuid_out, UUIDPGetDatum(&run)))),
             errhint("list_runs() shows what is there.")));
    pg_unreachable();
}

} // namespace

void require_run(const pg_uuid_t &run) {
    const Datum argument = UUIDPGetDatum(&run);
    connect();
    const bool found = run_as_caller(visible_run, &argument, nullptr, 1) == 1;
    done();
    if (!found) {
        refuse_run(run);
    }
}

RunPlace writable_run(const pg_uuid_t &run) {
    const Datum argument = UUIDPGetDatum(&run);
    RunPlace place{};
    connect();
    const bool found = change_as_caller(place_of_run, &argument, nullptr, 1) == 1;
    if (found) {
        const auto id = [](int column) {
            bool is_null = false;
            return *DatumGetUUIDP(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, column, &is_null));
        };
        place = {id(1), id(2)};
    }
    done();
    if (!found) {
        refuse_run(run);
    }
    return place;
}

const pg_uuid_t &run_argument(FunctionCallInfo fcinfo) {
    if (PG_ARGISNULL(0)) {
        ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("the run must not be NULL")));
    }
    return *PG_GETARG_UUID_P(0);
}

} // namespace mlregistry::pg
