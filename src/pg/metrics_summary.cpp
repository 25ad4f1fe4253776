// Summaries of the metrics of runs.
#include "metrics_rows.hpp"
#include "metrics_run.hpp"
#include "text_argument.hpp"

extern "C" {
#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "utils/hsearch.h"
#include "utils/tuplestore.h"
#include "utils/varlena.h"
}

#include "core/metric_summary.hpp"

#include <algorithm>

namespace mlregistry::pg {

namespace {

#define ALL_METRICS                                                                                                    \
    "SELECT metric_name, step, value, recorded_at FROM mlregistry.run_metrics"                                         \
    " WHERE run_id OPERATOR(pg_catalog.=) $1"
RowQuery all_metrics{ALL_METRICS, 1, {UUIDOID}};
RowQuery all_metrics_in_order{ALL_METRICS " ORDER BY metric_name, step, recorded_at", 1, {UUIDOID}};
#undef ALL_METRICS

const char *name_of(MetricGoal goal) noexcept { return goal == MetricGoal::minimize ? "minimize" : "maximize"; }

/// Where the rows of metric_summary() go, and by which goal.
struct Summaries {
    Rows rows;
    bool has_goal;
    MetricGoal goal;
};

void put_summary(const Summaries &s, std::string_view name, const MetricSummary &summary) {
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

/// All metrics of a run as they come. The index has them in order, but reads the table page by page as often as there
/// are metrics; and a sort of rows with names takes much longer than one of numbers.
struct MetricsInMemory {
    NumberedPoint *points;
    std::size_t count;
    std::size_t capacity;
    text **names; ///< by the number of the metric
    std::uint32_t n_names;
    std::uint32_t names_capacity;
    std::uint32_t last; ///< metric of the last row
    HTAB *numbers;
    MemoryContext context;
    bool too_many;
};

/// 64 MB. A longer run is read in order, which takes longer and no memory.
constexpr std::size_t most_metrics_in_memory = 2'000'000;

/// Key of MetricsInMemory::numbers: a name, padded with zeros, which no name contains.
struct MetricName {
    char name[256];
    std::uint32_t number;
};

bool is_named(const MetricsInMemory &all, std::uint32_t number, std::string_view name) {
    return text_view(PointerGetDatum(all.names[number])) == name;
}

std::uint32_t add_name(MetricsInMemory &all, std::string_view name) {
    MemoryContext const before = MemoryContextSwitchTo(all.context);
    if (all.n_names == all.names_capacity) {
        all.names_capacity *= 2;
        all.names = static_cast<text **>(repalloc_huge(all.names, all.names_capacity * sizeof(text *)));
    }
    all.names[all.n_names] = cstring_to_text_with_len(name.data(), static_cast<int>(name.size()));
    MemoryContextSwitchTo(before);
    return all.n_names++;
}

std::uint32_t number_of(MetricsInMemory &all, std::string_view name) {
    // Metrics are mostly logged in turn, or one after the other.
    const std::uint32_t next = all.last + 1 < all.n_names ? all.last + 1 : 0;
    if (all.n_names > 0 && is_named(all, next, name)) {
        return next;
    }
    if (all.n_names > 0 && is_named(all, all.last, name)) {
        return all.last;
    }
    MetricName key{};
    if (name.size() >= sizeof key.name) {
        ereport(ERROR, (errcode(ERRCODE_CHECK_VIOLATION), errmsg("a metric name of %zu bytes", name.size())));
    }
    std::copy(name.begin(), name.end(), key.name);
    bool found = false;
    auto *const entry = static_cast<MetricName *>(hash_search(all.numbers, key.name, HASH_ENTER, &found));
    if (!found) {
        entry->number = add_name(all, name);
    }
    return entry->number;
}

bool take_any_metric(TupleTableSlot *row, void *state) {
    auto &all = *static_cast<MetricsInMemory *>(state);
    if (all.count == all.capacity) {
        if (all.capacity == most_metrics_in_memory) {
            all.too_many = true;
            return false;
        }
        all.capacity = std::min(all.capacity * 2, most_metrics_in_memory);
        all.points = static_cast<NumberedPoint *>(repalloc_huge(all.points, all.capacity * sizeof(NumberedPoint)));
    }
    const CurvePoint point = point_in(row, 1);
    all.last = number_of(all, text_view(row->tts_values[0]));
    all.points[all.count++] = {point, all.last};
    return true;
}

/// Where the metrics of each number begin.
struct MetricRange {
    text *name;
    std::size_t begin;
    std::size_t end;
};

int compare_names(const void *a, const void *b) {
    const std::string_view x = text_view(PointerGetDatum(static_cast<const MetricRange *>(a)->name));
    const std::string_view y = text_view(PointerGetDatum(static_cast<const MetricRange *>(b)->name));
    return varstr_cmp(x.data(), static_cast<int>(x.size()), y.data(), static_cast<int>(y.size()),
                      DEFAULT_COLLATION_OID);
}

/// False where the run has too many values for that.
bool summarize_in_memory(const Summaries &s, const Datum *run) {
    constexpr std::size_t first_capacity = 1024;
    constexpr std::uint32_t first_names = 16;
    MetricsInMemory all{};
    all.context = CurrentMemoryContext;
    all.capacity = first_capacity;
    all.points = static_cast<NumberedPoint *>(palloc(first_capacity * sizeof(NumberedPoint)));
    all.names_capacity = first_names;
    all.names = static_cast<text **>(palloc(first_names * sizeof(text *)));
    HASHCTL control{};
    control.keysize = sizeof(MetricName::name);
    control.entrysize = sizeof(MetricName);
    control.hcxt = CurrentMemoryContext;
    all.numbers = hash_create("metrics of a run", first_names, &control, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
    for_each_row(all_metrics, run, take_any_metric, &all);
    if (all.too_many) {
        pfree(all.points);
        return false;
    }
    order_by_curve({all.points, all.count});
    auto *const ranges = static_cast<MetricRange *>(palloc((all.n_names + 1) * sizeof(MetricRange)));
    std::size_t at = 0;
    for (std::uint32_t i = 0; i < all.n_names; ++i) {
        const std::size_t begin = at;
        while (at < all.count && all.points[at].curve == i) {
            ++at;
        }
        ranges[i] = {all.names[i], begin, at};
    }
    qsort(ranges, all.n_names, sizeof(MetricRange), compare_names);
    for (std::uint32_t i = 0; i < all.n_names; ++i) {
        MetricFold fold;
        for (std::size_t k = ranges[i].begin; k < ranges[i].end; ++k) {
            fold.add(all.points[k].point);
        }
        put_summary(s, text_view(PointerGetDatum(ranges[i].name)), fold.finish());
    }
    return true;
}

/// Rows that come metric by metric.
struct OrderedMetrics {
    const Summaries &summaries;
    MetricFold fold;
    StringInfoData name;

    void put() { put_summary(summaries, {name.data, static_cast<std::size_t>(name.len)}, fold.finish()); }
};

bool take_next_metric(TupleTableSlot *row, void *state) {
    auto &all = *static_cast<OrderedMetrics *>(state);
    const CurvePoint point = point_in(row, 1);
    const std::string_view name = text_view(row->tts_values[0]);
    if (all.fold.empty() || name != std::string_view{all.name.data, static_cast<std::size_t>(all.name.len)}) {
        if (!all.fold.empty()) {
            all.put();
        }
        resetStringInfo(&all.name);
        appendBinaryStringInfo(&all.name, name.data(), static_cast<int>(name.size()));
    }
    all.fold.add(point);
    return true;
}

void summarize_in_order(const Summaries &s, const Datum *run) {
    OrderedMetrics all{s, {}, {}};
    initStringInfo(&all.name);
    for_each_row(all_metrics_in_order, run, take_next_metric, &all);
    if (!all.fold.empty()) {
        all.put();
    }
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

/// metric_summary(run, goal) → a row for each metric, by name
MLR_FUNCTION(mlregistry_metric_summary) {
    const pg_uuid_t &run = run_argument(fcinfo);
    Summaries s{};
    s.has_goal = !PG_ARGISNULL(1);
    if (s.has_goal) {
        s.goal = goal_argument(fcinfo, 1);
    }
    s.rows = result_rows(fcinfo);
    require_run(run);
    const Datum values[] = {UUIDPGetDatum(&run)};
    if (!summarize_in_memory(s, values)) {
        summarize_in_order(s, values);
    }
    return 0;
}

/// metric_goal(metric_name): strict
MLR_FUNCTION(mlregistry_metric_goal) { return text_datum(name_of(goal_of_metric(text_argument(fcinfo, 0)))); }
