// Reading metrics of runs: series, summaries, lines of text. With the caller's rights, in the calling statement's
// snapshot.
//
// A curve may have millions of points: the executor hands its rows over one by one, to a receiver of our own, and where
// they have to be kept they are three numbers each.
#include "boundary.hpp"
#include "metrics_rows.hpp"
#include "metrics_run.hpp"
#include "text_argument.hpp"

extern "C" {
#include "catalog/pg_type.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"
}

#include "core/lttb.hpp"
#include "core/sparkline.hpp"

#include <algorithm>
#include <limits>

namespace mlregistry::pg {

namespace {

#define CURVE                                                                                                          \
    "SELECT step, value, recorded_at FROM mlregistry.run_metrics"                                                      \
    " WHERE run_id OPERATOR(pg_catalog.=) $1 AND metric_name OPERATOR(pg_catalog.=) $2"
#define PART " AND step OPERATOR(pg_catalog.>=) $3 AND step OPERATOR(pg_catalog.<=) $4"
#define FORWARDS " ORDER BY step, recorded_at"

/// A curve and a part of it: unordered and in order.
struct CurveQueries {
    RowQuery whole;
    RowQuery part;
};
CurveQueries any_order{{CURVE, 2, {UUIDOID, TEXTOID}}, {CURVE PART, 4, {UUIDOID, TEXTOID, INT8OID, INT8OID}}};
CurveQueries forwards{{CURVE FORWARDS, 2, {UUIDOID, TEXTOID}},
                      {CURVE PART FORWARDS, 4, {UUIDOID, TEXTOID, INT8OID, INT8OID}}};

/// From the end. How many rows are wanted has to be known to the planner, or it would sort the whole curve.
RowQuery backwards{
    CURVE PART " ORDER BY step DESC, recorded_at DESC LIMIT $5",
    5,
    {UUIDOID, TEXTOID, INT8OID, INT8OID, INT8OID},
    CURSOR_OPT_CUSTOM_PLAN,
};

#undef CURVE
#undef PART
#undef FORWARDS

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
