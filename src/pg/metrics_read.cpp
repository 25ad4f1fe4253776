// Reading metrics of runs: series, summaries, lines of text. With the caller's rights, in the calling statement's
// snapshot.
//
// A curve may have millions of points: the executor hands its rows over one by one, to a receiver of our own, and where
// they have to be kept they are three numbers each.
#include "boundary.hpp"
#include "metrics_run.hpp"
#include "owner_query.hpp"
#include "text_argument.hpp"

extern "C" {
#include "catalog/pg_type.h"
#include "executor/tuptable.h"
#include "funcapi.h"
#include "nodes/params.h"
#include "tcop/dest.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"
}

#include "core/lttb.hpp"
#include "core/metric_summary.hpp"
#include "core/sparkline.hpp"

#include <algorithm>
#include <limits>

namespace mlregistry::pg {

namespace {

/// Takes one row; false when it has seen enough.
using TakeRow = bool (*)(TupleTableSlot *row, void *state);

struct Receiver {
    DestReceiver base;
    TakeRow take;
    void *state;
};

/// A query whose statement the session keeps; planned for its arguments where that pays: of a run that holds a large
/// share of the table all rows are better not read through the index.
struct MetricQuery {
    const char *sql;
    int n_arguments;
    Oid types[5];
    int cursor_options = 0;
    SPIPlanPtr plan = nullptr;
};

#define CURVE                                                                                                          \
    "SELECT step, value, recorded_at FROM mlregistry.run_metrics"                                                      \
    " WHERE run_id OPERATOR(pg_catalog.=) $1 AND metric_name OPERATOR(pg_catalog.=) $2"
#define PART " AND step OPERATOR(pg_catalog.>=) $3 AND step OPERATOR(pg_catalog.<=) $4"
#define FORWARDS " ORDER BY step, recorded_at"

/// A curve and a part of it: unordered and in order.
struct CurveQueries {
    MetricQuery whole;
    MetricQuery part;
};
CurveQueries any_order{{CURVE, 2, {UUIDOID, TEXTOID}}, {CURVE PART, 4, {UUIDOID, TEXTOID, INT8OID, INT8OID}}};
CurveQueries forwards{{CURVE FORWARDS, 2, {UUIDOID, TEXTOID}},
                      {CURVE PART FORWARDS, 4, {UUIDOID, TEXTOID, INT8OID, INT8OID}}};

/// From the end. How many rows are wanted has to be known to the planner, or it would sort the whole curve.
MetricQuery backwards{
    CURVE PART " ORDER BY step DESC, recorded_at DESC LIMIT $5",
    5,
    {UUIDOID, TEXTOID, INT8OID, INT8OID, INT8OID},
    CURSOR_OPT_CUSTOM_PLAN,
};

#undef CURVE
#undef PART
#undef FORWARDS

MetricQuery all_metrics{
    "SELECT metric_name, step, value, recorded_at FROM mlregistry.run_metrics"
    " WHERE run_id OPERATOR(pg_catalog.=) $1 ORDER BY metric_name, step, recorded_at",
    1,
    {UUIDOID},
};

bool receive(TupleTableSlot *row, DestReceiver *self) {
    const auto *const receiver = reinterpret_cast<Receiver *>(self);
    return receiver->take(row, receiver->state);
}

void begin_receiving(DestReceiver *, int, TupleDesc) {}
void end_receiving(DestReceiver *) {}

void for_each_row(MetricQuery &query, const Datum *values, TakeRow take, void *state) {
    Receiver receiver{};
    receiver.base.receiveSlot = receive;
    receiver.base.rStartup = begin_receiving;
    receiver.base.rShutdown = end_receiving;
    receiver.base.rDestroy = end_receiving;
    receiver.base.mydest = DestTuplestore; // any but the two that SPI knows
    receiver.take = take;
    receiver.state = state;

    connect();
    if (query.plan == nullptr) {
        SPIPlanPtr const plan = SPI_prepare_cursor(query.sql, query.n_arguments, query.types, query.cursor_options);
        if (plan == nullptr) {
            ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR),
                            errmsg("cannot prepare a query: %s", SPI_result_code_string(SPI_result))));
        }
        SPI_keepplan(plan);
        query.plan = plan;
    }
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
    done();
}

/// The point of a row whose columns from `first` on are step, value and recorded_at; none of them is NULL.
CurvePoint point_in(TupleTableSlot *row, int first) {
    slot_getsomeattrs(row, first + 3);
    return {DatumGetInt64(row->tts_values[first]), DatumGetFloat8(row->tts_values[first + 1]),
            DatumGetTimestampTz(row->tts_values[first + 2])};
}

/// What is asked for of a curve.
struct Asked {
    pg_uuid_t run;
    Datum metric;
    std::int64_t from_step = std::numeric_limits<std::int64_t>::min();
    std::int64_t to_step = std::numeric_limits<std::int64_t>::max();
    bool in_part = false;
};

void for_each_point(CurveQueries &queries, const Asked &asked, TakeRow take, void *state) {
    const Datum values[] = {UUIDPGetDatum(&asked.run), asked.metric, Int64GetDatum(asked.from_step),
                            Int64GetDatum(asked.to_step)};
    for_each_row(asked.in_part ? queries.part : queries.whole, values, take, state);
}

/// A curve in memory.
struct Curve {
    MemoryContext context;
    CurvePoint *points;
    std::size_t count;
    std::size_t capacity;
};

/// 240 MB.
constexpr std::size_t most_points = 10'000'000;

Curve new_curve() {
    constexpr std::size_t capacity = 1024;
    return {CurrentMemoryContext, static_cast<CurvePoint *>(palloc(capacity * sizeof(CurvePoint))), 0, capacity};
}

void append(Curve &curve, const CurvePoint &point) {
    if (curve.count == curve.capacity) {
        if (curve.count == most_points) {
            ereport(ERROR,
                    (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED), errmsg("the curve has more than %zu values", most_points),
                     errhint("Ask for a part of it: from_step, to_step, last_steps.")));
        }
        curve.capacity = std::min(curve.capacity * 2, most_points);
        curve.points = static_cast<CurvePoint *>(repalloc_huge(curve.points, curve.capacity * sizeof(CurvePoint)));
    }
    curve.points[curve.count++] = point;
}

/// The curve in its order, one point for each step.
Curve read_curve(const Asked &asked) {
    Curve curve = new_curve();
    for_each_point(
        any_order, asked,
        [](TupleTableSlot *row, void *state) {
            append(*static_cast<Curve *>(state), point_in(row, 0));
            return true;
        },
        &curve);
    curve.count = settle({curve.points, curve.count});
    return curve;
}

/// The last steps of a curve: as many rows of the end of the index as that takes.
Curve read_end(const Asked &asked, std::size_t steps) {
    struct State {
        Curve curve;
        std::size_t rows;
    };
    // Steps are seldom logged twice; where they are, more rows are asked for.
    for (std::size_t limit = steps + steps / 8 + 1;; limit *= 4) {
        State state{new_curve(), 0};
        const Datum values[] = {UUIDPGetDatum(&asked.run), asked.metric, Int64GetDatum(asked.from_step),
                                Int64GetDatum(asked.to_step), Int64GetDatum(static_cast<std::int64_t>(limit))};
        for_each_row(
            backwards, values,
            [](TupleTableSlot *row, void *argument) {
                auto &s = *static_cast<State *>(argument);
                ++s.rows;
                const CurvePoint point = point_in(row, 0);
                // The first row of a step is the one that was recorded last.
                if (s.curve.count == 0 || s.curve.points[s.curve.count - 1].step != point.step) {
                    append(s.curve, point);
                }
                return true;
            },
            &state);
        if (state.curve.count >= steps || state.rows < limit) {
            state.curve.count = std::min(state.curve.count, steps);
            std::reverse(state.curve.points, state.curve.points + state.curve.count);
            return state.curve;
        }
        pfree(state.curve.points);
    }
}

/// Indices of at most `wanted` points.
std::span<std::size_t> downsample(const Curve &curve, std::size_t wanted) {
    const std::size_t size = std::min(curve.count, wanted);
    const std::span<std::size_t> chosen{
        static_cast<std::size_t *>(MemoryContextAllocHuge(CurrentMemoryContext, (size + 1) * sizeof(std::size_t))),
        size};
    std::size_t count = 0;
    run_guarded([&] { count = lttb_with_extremes({curve.points, curve.count}, chosen, stop_requested); });
    return chosen.first(count);
}

/// Rows of the result of a function.
struct Rows {
    Tuplestorestate *store;
    TupleDesc type;
};

Rows result_rows(FunctionCallInfo fcinfo) {
    InitMaterializedSRF(fcinfo, 0);
    const auto *const result = reinterpret_cast<ReturnSetInfo *>(fcinfo->resultinfo);
    return {result->setResult, result->setDesc};
}

void put(const Rows &rows, const CurvePoint &point) {
    Datum values[] = {Int64GetDatum(point.step), Float8GetDatum(point.value), TimestampTzGetDatum(point.recorded_at)};
    bool nulls[3] = {};
    tuplestore_putvalues(rows.store, rows.type, values, nulls);
}

/// The whole curve, of any length, without keeping it.
void put_all(const Rows &rows, const Asked &asked) {
    struct State {
        Rows rows;
        CurvePoint pending;
        bool has_pending;
    } state{rows, {}, false};
    for_each_point(
        forwards, asked,
        [](TupleTableSlot *row, void *argument) {
            auto &s = *static_cast<State *>(argument);
            const CurvePoint point = point_in(row, 0);
            if (s.has_pending && s.pending.step != point.step) {
                put(s.rows, s.pending);
            }
            s.pending = point;
            s.has_pending = true;
            return true;
        },
        &state);
    if (state.has_pending) {
        put(rows, state.pending);
    }
}

Asked asked_arguments(FunctionCallInfo fcinfo) {
    Asked asked;
    asked.run = run_argument(fcinfo);
    if (PG_ARGISNULL(1)) {
        ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("the metric name must not be NULL")));
    }
    asked.metric = PG_GETARG_DATUM(1);
    return asked;
}

/// An integer argument of at least `least`.
std::size_t count_argument(FunctionCallInfo fcinfo, int n, const char *name, int least, int most) {
    const int count = PG_GETARG_INT32(n);
    if (count < least || count > most) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("invalid %s: %d", name, count),
                        most == PG_INT32_MAX ? errdetail("It must be at least %d.", least)
                                             : errdetail("It must be between %d and %d.", least, most)));
    }
    return static_cast<std::size_t>(count);
}

const char *name_of(MetricGoal goal) noexcept { return goal == MetricGoal::minimize ? "minimize" : "maximize"; }

/// Folds the rows of metric_summary(), which come metric by metric.
struct Summaries {
    Rows rows;
    MetricFold fold;
    StringInfoData name;
    bool has_goal;
    MetricGoal goal;
};

void put_summary(Summaries &s) {
    const std::string_view name{s.name.data, static_cast<std::size_t>(s.name.len)};
    const MetricSummary summary = s.fold.finish();
    const MetricGoal goal = s.has_goal ? s.goal : goal_of_metric(name);
    const StepValue &best = summary.best(goal);
    const bool no_number = summary.n == 0;
    Datum values[] = {
        text_datum(name),
        Int64GetDatum(summary.n),
        Float8GetDatum(summary.first.value),
        Float8GetDatum(summary.last.value),
        Float8GetDatum(summary.least.value),
        Float8GetDatum(summary.greatest.value),
        Float8GetDatum(best.value),
        Int64GetDatum(summary.first.step),
        Int64GetDatum(summary.last.step),
        Int64GetDatum(summary.least.step),
        Int64GetDatum(summary.greatest.step),
        Int64GetDatum(best.step),
        text_datum(name_of(goal)),
        Int64GetDatum(summary.nans),
    };
    bool nulls[] = {false, false, false,     false,     no_number, no_number, no_number,
                    false, false, no_number, no_number, no_number, false,     false};
    static_assert(std::size(values) == std::size(nulls));
    tuplestore_putvalues(s.rows.store, s.rows.type, values, nulls);
}

bool take_metric(TupleTableSlot *row, void *state) {
    auto &s = *static_cast<Summaries *>(state);
    const CurvePoint point = point_in(row, 1);
    const std::string_view name = text_view(row->tts_values[0]);
    if (s.fold.empty() || name != std::string_view{s.name.data, static_cast<std::size_t>(s.name.len)}) {
        if (!s.fold.empty()) {
            put_summary(s);
        }
        resetStringInfo(&s.name);
        appendBinaryStringInfo(&s.name, name.data(), static_cast<int>(name.size()));
    }
    s.fold.add(point);
    return true;
}

MetricGoal goal_argument(FunctionCallInfo fcinfo, int n) {
    const std::string_view word = text_argument(fcinfo, n);
    MetricGoal goal{};
    if (!metric_goal_named(word, goal)) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("unknown goal: \"%s\"", for_message(word)),
                        errhint("The goals are minimize and maximize.")));
    }
    return goal;
}

} // namespace

} // namespace mlregistry::pg

using namespace mlregistry;
using namespace mlregistry::pg;

/// metric_series(run, metric, points, from_step, to_step, last_steps) → (step, value, recorded_at)
MLR_FUNCTION(mlregistry_metric_series) {
    Asked asked = asked_arguments(fcinfo);
    const bool all_points = PG_ARGISNULL(2);
    const bool all_steps = PG_ARGISNULL(5);
    const std::size_t points = all_points ? 0 : count_argument(fcinfo, 2, "number of points", 2, PG_INT32_MAX);
    const std::size_t last_steps =
        all_steps ? 0 : count_argument(fcinfo, 5, "number of steps", 1, static_cast<int>(most_points));
    if (!PG_ARGISNULL(3)) {
        asked.from_step = PG_GETARG_INT64(3);
        asked.in_part = true;
    }
    if (!PG_ARGISNULL(4)) {
        asked.to_step = PG_GETARG_INT64(4);
        asked.in_part = true;
    }
    const Rows rows = result_rows(fcinfo);
    require_run(asked.run);
    if (all_points && all_steps) {
        put_all(rows, asked);
        return 0;
    }
    const Curve curve = all_steps ? read_curve(asked) : read_end(asked, last_steps);
    for (const std::size_t index : downsample(curve, all_points ? curve.count : points)) {
        put(rows, curve.points[index]);
    }
    return 0;
}

/// metric_summary(run, goal) → a row for each metric, by name
MLR_FUNCTION(mlregistry_metric_summary) {
    const pg_uuid_t &run = run_argument(fcinfo);
    Summaries s{};
    s.has_goal = !PG_ARGISNULL(1);
    if (s.has_goal) {
        s.goal = goal_argument(fcinfo, 1);
    }
    s.rows = result_rows(fcinfo);
    initStringInfo(&s.name);
    require_run(run);
    const Datum values[] = {UUIDPGetDatum(&run)};
    for_each_row(all_metrics, values, take_metric, &s);
    if (!s.fold.empty()) {
        put_summary(s);
    }
    return 0;
}

/// metric_sparkline(run, metric, width) → text; NULL where nothing was logged
MLR_FUNCTION(mlregistry_metric_sparkline) {
    constexpr int widest = 1000;
    const Asked asked = asked_arguments(fcinfo);
    constexpr int usual = 40;
    const std::size_t width = PG_ARGISNULL(2) ? usual : count_argument(fcinfo, 2, "width", 1, widest);
    require_run(asked.run);
    const Curve curve = read_curve(asked);
    if (curve.count == 0) {
        PG_RETURN_NULL();
    }
    double values[widest];
    const std::size_t columns = column_means({curve.points, curve.count}, {values, width});
    char line[widest * longest_mark];
    const SparklineMarks &marks = GetDatabaseEncoding() == PG_UTF8 ? utf8_marks() : ascii_marks();
    return text_datum({line, sparkline({values, columns}, marks, line)});
}

/// metric_goal(metric_name): strict
MLR_FUNCTION(mlregistry_metric_goal) { return text_datum(name_of(goal_of_metric(text_argument(fcinfo, 0)))); }
