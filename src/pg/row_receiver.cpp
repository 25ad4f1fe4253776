#include "row_receiver.hpp"

extern "C" {
#include "nodes/execnodes.h"
#include "nodes/params.h"
#include "tcop/dest.h"
#include "utils/guc.h"
}

namespace mlregistry::pg {

namespace {

struct Receiver {
    DestReceiver base;
    TakeRow take;
    void *state;
};

bool receive(TupleTableSlot *row, DestReceiver *self) {
    const auto *const receiver = reinterpret_cast<Receiver *>(self);
    return receiver->take(row, receiver->state);
}

void begin_receiving(DestReceiver *, int, TupleDesc) {}
void end_receiving(DestReceiver *) {}

void prepare(RowQuery &query) {
    if (query.plan != nullptr) {
        return;
    }
    SPIPlanPtr const plan = SPI_prepare_cursor(query.sql, query.n_arguments, query.types, query.cursor_options);
    if (plan == nullptr) {
        ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR),
                        errmsg("cannot prepare a query: %s", SPI_result_code_string(SPI_result))));
    }
    SPI_keepplan(plan);
    query.plan = plan;
}

/// Within connect() and done(), as whoever is the current user.
void execute(RowQuery &query, const Datum *values, TakeRow take, void *state) {
    Receiver receiver{};
    receiver.base.receiveSlot = receive;
    receiver.base.rStartup = begin_receiving;
    receiver.base.rShutdown = end_receiving;
    receiver.base.rDestroy = end_receiving;
    receiver.base.mydest = DestTuplestore; // any but the two that SPI knows
    receiver.take = take;
    receiver.state = state;

    prepare(query);
    ParamListInfo const parameters = makeParamList(query.n_arguments);
    for (int i = 0; i < query.n_arguments; ++i) {
        parameters->params[i].value = values[i];
        parameters->params[i].isnull = false;
        parameters->params[i].pflags = PARAM_FLAG_CONST;
        parameters->params[i].ptype = query.types[i];
    }
    SPIExecuteOptions options{};
    options.params = parameters;
    options.read_only = true;
    options.dest = &receiver.base;
    const int result = SPI_execute_plan_extended(query.plan, &options);
    if (result < 0) {
        ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR), errmsg("a query failed: %s", SPI_result_code_string(result))));
    }
}

void take_from_planner(const char *way) {
    set_config_option(way, "off", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
}

} // namespace

void for_each_row(RowQuery &query, const Datum *values, TakeRow take, void *state) {
    connect();
    execute(query, values, take, state);
    done();
}

void for_each_row_as(Oid owner, RowQuery &query, const Datum *values, TakeRow take, void *state) {
    connect();
    const AsOwner as_owner{owner};
    execute(query, values, take, state);
    as_owner.restore();
    done();
}

int begin_index_plans() {
    const int level = NewGUCNestLevel();
    take_from_planner("enable_seqscan");
    take_from_planner("enable_bitmapscan");
    take_from_planner("enable_hashjoin");
    take_from_planner("enable_mergejoin");
    take_from_planner("enable_memoize");
    return level;
}

void end_index_plans(int level) { AtEOXact_GUC(true, level); }

Rows result_rows(FunctionCallInfo fcinfo) {
    InitMaterializedSRF(fcinfo, 0);
    const auto *const result = reinterpret_cast<ReturnSetInfo *>(fcinfo->resultinfo);
    return {result->setResult, result->setDesc};
}

} // namespace mlregistry::pg
