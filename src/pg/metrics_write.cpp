// Logging metrics of runs: one INSERT for whatever is logged together, in the place of its run.
#include "boundary.hpp"
#include "metrics_run.hpp"
#include "owner_query.hpp"
#include "text_argument.hpp"
#include "validation.hpp"

extern "C" {
#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/timestamp.h"
}

#include "core/explain.hpp"
#include "core/metric_batch.hpp"
#include "core/validate.hpp"

#include <algorithm>
#include <span>

namespace mlregistry::pg {

namespace {

#define INTO_RUN_METRICS                                                                                               \
    "INSERT INTO mlregistry.run_metrics (organization_id, project_id, run_id, recorded_at, metric_name, step, value)"
OwnerQuery insert_batch{
    // In the list of columns, not in FROM: there each would be put into a table of its own first.
    INTO_RUN_METRICS " SELECT $1, $2, $3, $4, pg_catalog.unnest($5), pg_catalog.unnest($6), pg_catalog.unnest($7)",
    7,
    {UUIDOID, UUIDOID, UUIDOID, TIMESTAMPTZOID, TEXTARRAYOID, INT8ARRAYOID, FLOAT8ARRAYOID},
};
OwnerQuery insert_one{
    INTO_RUN_METRICS " VALUES ($1, $2, $3, $4, $5, $6, $7)",
    7,
    {UUIDOID, UUIDOID, UUIDOID, TIMESTAMPTZOID, TEXTOID, INT8OID, FLOAT8OID},
};
#undef INTO_RUN_METRICS

/// Beside the arrays themselves, which are in memory already: some 40 bytes for each value.
constexpr std::size_t batch_memory = std::size_t{4} << 30;

/// Now, and later than what this session has logged before: of two values of a step the second counts.
TimestampTz next_instant() noexcept {
    static TimestampTz last = 0;
    last = Max(last + 1, GetCurrentTimestamp());
    return last;
}

TimestampTz instant_argument(FunctionCallInfo fcinfo, int n) {
    return PG_ARGISNULL(n) ? next_instant() : PG_GETARG_TIMESTAMPTZ(n);
}

/// What the constraint of the table would say, before there is a row, and in words.
[[noreturn]] void refuse_name(std::string_view name) {
    const explain::Message why = explain::text_problem(explain::Rule::metric_name, name, database_charset());
    ereport(ERROR, (errcode(ERRCODE_CHECK_VIOLATION), errmsg("invalid metric name: \"%s\"", for_message(name)),
                    errdetail("%s", sentence(pnstrdup(why.data, why.size))),
                    err_generic_string(PG_DIAG_SCHEMA_NAME, "mlregistry"),
                    err_generic_string(PG_DIAG_TABLE_NAME, "run_metrics"),
                    err_generic_string(PG_DIAG_CONSTRAINT_NAME, "valid_metric_name")));
    pg_unreachable();
}

std::int64_t insert(OwnerQuery &query, const RunPlace &place, const pg_uuid_t &run, TimestampTz instant, Datum names,
                    Datum steps, Datum values) {
    const Datum arguments[] = {UUIDPGetDatum(&place.organization),
                               UUIDPGetDatum(&place.project),
                               UUIDPGetDatum(&run),
                               TimestampTzGetDatum(instant),
                               names,
                               steps,
                               values};
    connect();
    const std::uint64_t written = change_as_caller(query, arguments, nullptr, 0);
    done();
    return static_cast<std::int64_t>(written);
}

/// An array argument without NULLs; `what` is one element of it.
struct Elements {
    ArrayType *array;
    std::size_t size;
};

[[noreturn]] void refuse_null(ArrayType *array, const char *what) {
    const int dimensions = ARR_NDIM(array);
    const int count = ArrayGetNItems(dimensions, ARR_DIMS(array));
    const bits8 *const bitmap = ARR_NULLBITMAP(array);
    int position = 0;
    while (position < count && (bitmap[position / 8] & (1 << (position % 8))) != 0) {
        ++position;
    }
    ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("%s must not be NULL", what),
                    errdetail("Element %d of %d is.", position + 1, count),
                    errhint("Nothing was logged. Leave out what was not measured.")));
    pg_unreachable();
}

Elements list_argument(FunctionCallInfo fcinfo, int n, const char *what) {
    if (PG_ARGISNULL(n)) {
        ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("the array of %ss must not be NULL", what)));
    }
    ArrayType *const array = PG_GETARG_ARRAYTYPE_P(n);
    if (ARR_NDIM(array) > 1) {
        ereport(ERROR,
                (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("the array of %ss must have one dimension", what),
                 errdetail("It has %d.", ARR_NDIM(array))));
    }
    if (array_contains_nulls(array)) {
        refuse_null(array, psprintf("a %s", what));
    }
    return {array, static_cast<std::size_t>(ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array)))};
}

template <class Element> Element *allocate(std::size_t count) {
    return static_cast<Element *>(MemoryContextAllocHuge(CurrentMemoryContext, (count + 1) * sizeof(Element)));
}

/// The names of an array, where they lie.
std::span<std::string_view> names_in(const Elements &list) {
    auto *const names = allocate<std::string_view>(list.size);
    const char *at = ARR_DATA_PTR(list.array);
    for (std::size_t i = 0; i < list.size; ++i) {
        // Elements of arrays are neither compressed nor stored elsewhere.
        names[i] = {VARDATA_ANY(at), static_cast<std::size_t>(VARSIZE_ANY_EXHDR(at))};
        at = att_addlength_pointer(at, -1, at);
        at = reinterpret_cast<const char *>(att_align_nominal(at, TYPALIGN_INT));
    }
    return {names, list.size};
}

/// The elements that are not marked, as an array of their own.
template <class Value, class Element>
Datum rest_of(std::span<const Element> elements, std::span<const bool> marked, Oid type, int length, bool by_value,
              char alignment, Value value) {
    auto *const kept = allocate<Datum>(elements.size());
    int count = 0;
    for (std::size_t i = 0; i < elements.size(); ++i) {
        if (!marked[i]) {
            kept[count++] = value(elements[i]);
        }
    }
    return PointerGetDatum(construct_array(kept, count, type, length, by_value, alignment));
}

} // namespace

} // namespace mlregistry::pg

using namespace mlregistry;
using namespace mlregistry::pg;

/// log_metrics(run, metric_names text[], metric_values float8[], steps bigint[], recorded_at) → how many
MLR_FUNCTION(mlregistry_log_metrics) {
    const pg_uuid_t &run = run_argument(fcinfo);
    const Elements names = list_argument(fcinfo, 1, "metric name");
    const Elements values = list_argument(fcinfo, 2, "metric value");
    const Elements steps = list_argument(fcinfo, 3, "step");
    if (names.size != values.size || names.size != steps.size) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("the arrays must be of one length"),
                        errdetail("There are %zu metric names, %zu metric values and %zu steps.", names.size,
                                  values.size, steps.size),
                        errhint("Nothing was logged. Element i of each array is of the same measurement.")));
    }
    const RunPlace place = writable_run(run);
    const std::span<std::string_view> name_list = names_in(names);
    const std::span<const std::int64_t> step_list{reinterpret_cast<const std::int64_t *>(ARR_DATA_PTR(steps.array)),
                                                  steps.size};
    const std::span<const double> value_list{reinterpret_cast<const double *>(ARR_DATA_PTR(values.array)), values.size};
    const std::span<bool> superseded{allocate<bool>(names.size), names.size};
    std::fill(superseded.begin(), superseded.end(), false);
    MetricBatch batch;
    run_guarded([&] {
        ContextMemory memory{CurrentMemoryContext, batch_memory};
        batch = judge_batch(name_list, step_list, superseded, &memory, stop_requested);
    });
    if (batch.has_invalid_name) {
        refuse_name(name_list[batch.invalid_name]);
    }
    const TimestampTz instant = instant_argument(fcinfo, 4);
    if (batch.superseded == 0) {
        PG_RETURN_INT64(insert(insert_batch, place, run, instant, PointerGetDatum(names.array),
                               PointerGetDatum(steps.array), PointerGetDatum(values.array)));
    }
    const Datum kept_names =
        rest_of(std::span<const std::string_view>{name_list}, superseded, TEXTOID, -1, false, TYPALIGN_INT, text_datum);
    const Datum kept_steps = rest_of(step_list, superseded, INT8OID, sizeof(std::int64_t), FLOAT8PASSBYVAL,
                                     TYPALIGN_DOUBLE, [](std::int64_t step) { return Int64GetDatum(step); });
    const Datum kept_values = rest_of(value_list, superseded, FLOAT8OID, sizeof(double), FLOAT8PASSBYVAL,
                                      TYPALIGN_DOUBLE, [](double value) { return Float8GetDatum(value); });
    PG_RETURN_INT64(insert(insert_batch, place, run, instant, kept_names, kept_steps, kept_values));
}

/// log_metric(run, metric_name, metric_value, step, recorded_at) → 1
MLR_FUNCTION(mlregistry_log_metric) {
    const pg_uuid_t &run = run_argument(fcinfo);
    if (PG_ARGISNULL(1) || PG_ARGISNULL(2) || PG_ARGISNULL(3)) {
        ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
                        errmsg("a metric of a run needs a name, a value and a step")));
    }
    const std::string_view name = text_argument(fcinfo, 1);
    const RunPlace place = writable_run(run);
    if (!validate::is_valid_metric_name(name)) {
        refuse_name(name);
    }
    PG_RETURN_INT64(insert(insert_one, place, run, instant_argument(fcinfo, 4), PG_GETARG_DATUM(1), PG_GETARG_DATUM(3),
                           PG_GETARG_DATUM(2)));
}
