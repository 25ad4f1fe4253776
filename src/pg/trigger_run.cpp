// Triggers derive of the area training: numbers, times, scores and what a run takes from its experiment, its model and
// its datasets.
#include "owner_query.hpp"
#include "row_trigger.hpp"
#include "text_argument.hpp"
#include "uuid.hpp"

#include "core/run_state.hpp"

extern "C" {
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "utils/fmgrprotos.h"
#include "utils/hsearch.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"
}

#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>

namespace mlregistry::pg {

namespace {

using lifecycle::Microseconds;
using lifecycle::RunTimes;

constexpr std::int32_t most_runs = std::numeric_limits<std::int32_t>::max();

// The row that runs are numbered by, really updated: the second writer waits, and sees the number of the first.
OwnerQuery numbered_experiment{
    "UPDATE mlregistry.experiments"
    " SET last_run_number = GREATEST(CASE WHEN last_run_number OPERATOR(pg_catalog.<) 2147483647"
    "                                     THEN last_run_number OPERATOR(pg_catalog.+) $3 ELSE last_run_number END, $4)"
    " WHERE organization_id OPERATOR(pg_catalog.=) $1 AND experiment_id OPERATOR(pg_catalog.=) $2"
    " RETURNING last_run_number, model_id, allow_repeat_runs",
    4,
    {UUIDOID, UUIDOID, INT4OID, INT4OID},
};

OwnerQuery save_number{
    "UPDATE mlregistry.experiments SET last_run_number = $3"
    " WHERE organization_id OPERATOR(pg_catalog.=) $1 AND experiment_id OPERATOR(pg_catalog.=) $2"
    " AND last_run_number OPERATOR(pg_catalog.<) $3",
    3,
    {UUIDOID, UUIDOID, INT4OID},
};

OwnerQuery framework_of_model{
    "SELECT framework FROM mlregistry.models"
    " WHERE organization_id OPERATOR(pg_catalog.=) $1 AND model_id OPERATOR(pg_catalog.=) $2",
    2,
    {UUIDOID, UUIDOID},
};

OwnerQuery data_version_of_dataset{
    "SELECT data_version FROM mlregistry.datasets"
    " WHERE organization_id OPERATOR(pg_catalog.=) $1 AND dataset_id OPERATOR(pg_catalog.=) $2",
    2,
    {UUIDOID, UUIDOID},
};

/// A key without padding.
struct ExperimentKey {
    pg_uuid_t organization;
    pg_uuid_t experiment;
};

/// An experiment of the statement's rows. The first row takes the lock of its row, the others count on here, whatever
/// the order of the rows; trigger effect writes what it has come to. (A row that is updated for each run is found
/// slower with each of its versions.)
struct NumberedExperiment {
    ExperimentKey key;
    std::int32_t number;
    bool is_saved;
    bool has_model;
    pg_uuid_t model;
    bool allows_repeats;
};

/// Framework of the last row's model.
struct KnownFramework {
    bool known;
    pg_uuid_t organization;
    pg_uuid_t model;
    text *framework; ///< null: the model has none, or there is no such model
};

/// A number that the client gave, or none.
struct GivenNumber {
    bool is_given;
    std::int32_t value;
};

struct RunColumns {
    bool ready;
    AttrNumber organization, experiment, model, framework, number, status, once_per_day;
    AttrNumber queued_at, started_at, completed_at, duration, created_at;
    AttrNumber precision, recall, f1;
    std::int32_t unknown;     ///< how many rows are of experiments that do not exist
    HTAB *experiments;        ///< of ExperimentKey; those that exist
    NumberedExperiment *last; ///< that of the row; null: there is none
    KnownFramework framework_of;
};

/// So many experiments of one statement are remembered, 100 bytes each.
constexpr long most_experiments = 10'000;

struct ExperimentColumns {
    AttrNumber status, started_at, completed_at, last_run_number;
};

RunColumns &run_columns(FunctionCallInfo fcinfo, const RowTrigger &trigger) {
    auto &c = statement_state<RunColumns>(fcinfo);
    if (!c.ready) {
        c.organization = column_number(trigger, "organization_id", UUIDOID);
        c.experiment = column_number(trigger, "experiment_id", UUIDOID);
        c.model = column_number(trigger, "model_id", UUIDOID);
        c.framework = column_number(trigger, "framework", TEXTOID);
        c.number = column_number(trigger, "run_number", INT4OID);
        c.status = column_number(trigger, "status", TEXTOID);
        c.once_per_day = column_number(trigger, "once_per_day", BOOLOID);
        c.queued_at = column_number(trigger, "queued_at", TIMESTAMPTZOID);
        c.started_at = column_number(trigger, "started_at", TIMESTAMPTZOID);
        c.completed_at = column_number(trigger, "completed_at", TIMESTAMPTZOID);
        c.duration = column_number(trigger, "duration_seconds", NUMERICOID);
        c.created_at = column_number(trigger, "created_at", TIMESTAMPTZOID);
        c.precision = column_number(trigger, "precision_score", NUMERICOID);
        c.recall = column_number(trigger, "recall_score", NUMERICOID);
        c.f1 = column_number(trigger, "f1_score", NUMERICOID);
        c.ready = true;
    }
    return c;
}

[[noreturn]] void refuse_another_run() {
    ereport(ERROR,
            (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE), errmsg("the experiment has no number left for another run"),
             errdetail("Its highest number is %d, or one less.", most_runs),
             errhint("Say a run_number that is free, or make another experiment.")));
    pg_unreachable();
}

void save(const RowTrigger &trigger, const NumberedExperiment &counted) {
    const Datum values[] = {UUIDPGetDatum(&counted.key.organization), UUIDPGetDatum(&counted.key.experiment),
                            Int32GetDatum(counted.number)};
    connect();
    run(save_number, table_owner(trigger), values, nullptr, Sight::current, 0);
    done();
}

/// Writes down all that is not saved, and forgets it.
void forget_experiments(const RowTrigger &trigger, RunColumns &c) {
    HASH_SEQ_STATUS scan;
    hash_seq_init(&scan, c.experiments);
    while (const auto *const counted = static_cast<NumberedExperiment *>(hash_seq_search(&scan))) {
        if (!counted->is_saved) {
            save(trigger, *counted);
        }
    }
    hash_destroy(c.experiments);
    c.experiments = nullptr;
    c.last = nullptr;
}

NumberedExperiment &add_experiment(FunctionCallInfo fcinfo, const RowTrigger &trigger, RunColumns &c,
                                   const ExperimentKey &key) {
    if (c.experiments != nullptr && hash_get_num_entries(c.experiments) >= most_experiments) {
        forget_experiments(trigger, c);
    }
    if (c.experiments == nullptr) {
        HASHCTL control{};
        control.keysize = sizeof(ExperimentKey);
        control.entrysize = sizeof(NumberedExperiment);
        control.hcxt = fcinfo->flinfo->fn_mcxt;
        c.experiments = hash_create("experiments of runs", 16, &control, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
    }
    return *static_cast<NumberedExperiment *>(hash_search(c.experiments, &key, HASH_ENTER, nullptr));
}

NumberedExperiment *known_experiment(const RunColumns &c, const ExperimentKey &key) {
    if (c.last != nullptr && std::memcmp(&c.last->key, &key, sizeof key) == 0) {
        return c.last;
    }
    return c.experiments == nullptr
               ? nullptr
               : static_cast<NumberedExperiment *>(hash_search(c.experiments, &key, HASH_FIND, nullptr));
}

/// Asks for the experiment and takes its next number, or lifts it to the one that was given. Null where there is no
/// such experiment: the foreign key says so.
NumberedExperiment *find_experiment(FunctionCallInfo fcinfo, const RowTrigger &trigger, RunColumns &c,
                                    const ExperimentKey &key, GivenNumber given) {
    const Datum values[] = {UUIDPGetDatum(&key.organization), UUIDPGetDatum(&key.experiment),
                            Int32GetDatum(given.is_given ? 0 : 1), Int32GetDatum(given.value)};
    connect();
    // NULL is left out by GREATEST.
    run(numbered_experiment, table_owner(trigger), values, given.is_given ? nullptr : "   n", Sight::current, 0);
    bool is_null = false;
    NumberedExperiment found{};
    found.number = DatumGetInt32(found_value(1, is_null));
    const bool exists = !is_null;
    if (exists) {
        found.key = key;
        found.is_saved = true;
        const Datum model = found_value(2, is_null);
        found.has_model = !is_null;
        if (found.has_model) {
            found.model = *DatumGetUUIDP(model);
        }
        found.allows_repeats = DatumGetBool(found_value(3, is_null));
    }
    done();
    if (!exists) {
        return nullptr;
    }
    // The last number of all is given by people only: whether it was there already is not seen.
    if (!given.is_given && found.number == most_runs) {
        refuse_another_run();
    }
    NumberedExperiment &added = add_experiment(fcinfo, trigger, c, key);
    added = found;
    return &added;
}

void count_on(NumberedExperiment &counted, GivenNumber given) {
    if (!given.is_given) {
        if (counted.number >= most_runs - 1) {
            refuse_another_run();
        }
        ++counted.number;
    } else if (given.value <= counted.number) {
        return;
    } else {
        counted.number = given.value;
    }
    counted.is_saved = false;
}

/// Number, model and the rule of one run a day, as the experiment has them.
void derive_from_experiment(FunctionCallInfo fcinfo, const RowTrigger &trigger, RunColumns &c, RowChange &change) {
    const ColumnValue organization = column_value(trigger, trigger.row, c.organization);
    const ColumnValue experiment = column_value(trigger, trigger.row, c.experiment);
    const ColumnValue number = column_value(trigger, trigger.row, c.number);
    const GivenNumber given{.is_given = !number.is_null, .value = number.is_null ? 0 : DatumGetInt32(number.value)};
    if (organization.is_null || experiment.is_null) {
        c.last = nullptr;
        return; // the table refuses it
    }
    const ExperimentKey key{*DatumGetUUIDP(organization.value), *DatumGetUUIDP(experiment.value)};
    c.last = known_experiment(c, key);
    if (c.last != nullptr) {
        count_on(*c.last, given);
    } else {
        c.last = find_experiment(fcinfo, trigger, c, key, given);
    }
    if (!given.is_given) {
        // A number that no run has, so that a missing experiment is refused for what it is.
        change.set(c.number, Int32GetDatum(c.last != nullptr ? c.last->number : most_runs - c.unknown++));
    }
    if (c.last == nullptr) {
        return;
    }
    if (!c.last->allows_repeats && !DatumGetBool(column_value(trigger, trigger.row, c.once_per_day).value)) {
        change.set(c.once_per_day, BoolGetDatum(true));
    }
    if (c.last->has_model && column_value(trigger, trigger.row, c.model).is_null) {
        change.set(c.model, UUIDPGetDatum(&c.last->model));
    }
}

/// The model's framework into `change`, where the row has none.
void derive_framework(FunctionCallInfo fcinfo, const RowTrigger &trigger, RunColumns &c, RowChange &change) {
    const ColumnValue organization = column_value(trigger, trigger.row, c.organization);
    const ColumnValue given = column_value(trigger, trigger.row, c.model);
    if (organization.is_null || !column_value(trigger, trigger.row, c.framework).is_null) {
        return;
    }
    const pg_uuid_t *const model = !given.is_null ? DatumGetUUIDP(given.value)
                                                  : (c.last != nullptr && c.last->has_model ? &c.last->model : nullptr);
    if (model == nullptr) {
        return;
    }
    KnownFramework &last = c.framework_of;
    const pg_uuid_t &organization_id = *DatumGetUUIDP(organization.value);
    if (!last.known || !same_uuid(last.model, *model) || !same_uuid(last.organization, organization_id)) {
        if (last.framework != nullptr) {
            pfree(last.framework);
            last.framework = nullptr;
        }
        const Datum values[] = {organization.value, UUIDPGetDatum(model)};
        connect();
        run(framework_of_model, table_owner(trigger), values, nullptr, Sight::current, 1);
        bool is_null = false;
        const Datum framework = found_value(1, is_null);
        if (!is_null) {
            const MemoryContext spi_context = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);
            last.framework = DatumGetTextPP(text_datum(text_view(framework)));
            MemoryContextSwitchTo(spi_context);
        }
        done();
        last.known = true;
        last.model = *model;
        last.organization = organization_id;
    }
    if (last.framework != nullptr) {
        change.set(c.framework, PointerGetDatum(last.framework));
    }
}

/// A number of at most 12 digits in units of 1/factor; nothing for NULL and NaN.
std::optional<std::int64_t> in_units(ColumnValue value, std::int64_t factor) {
    if (value.is_null || numeric_is_nan(DatumGetNumeric(value.value))) {
        return std::nullopt;
    }
    const Datum product = DirectFunctionCall2(numeric_mul, value.value, NumericGetDatum(int64_to_numeric(factor)));
    return DatumGetInt64(DirectFunctionCall1(numeric_int8, product));
}

constexpr std::int64_t per_second = 1'000'000;
constexpr std::int64_t per_score = 10'000;

Datum seconds(Microseconds duration) {
    constexpr std::int64_t per_millisecond = 1000;
    return NumericGetDatum(int64_div_fast_to_numeric((duration + per_millisecond / 2) / per_millisecond, 3));
}

bool equals(ColumnValue value, Datum number) {
    return !value.is_null && DatumGetBool(DirectFunctionCall2(numeric_eq, value.value, number));
}

std::optional<Microseconds> time_in(const RowTrigger &trigger, HeapTuple row, AttrNumber column) {
    const ColumnValue value = column_value(trigger, row, column);
    return value.is_null ? std::nullopt : std::optional<Microseconds>{DatumGetTimestampTz(value.value)};
}

RunTimes times_in(const RowTrigger &trigger, HeapTuple row, const RunColumns &c) {
    RunTimes times{.queued = time_in(trigger, row, c.queued_at),
                   .started = time_in(trigger, row, c.started_at),
                   .completed = time_in(trigger, row, c.completed_at)};
    times.duration = in_units(column_value(trigger, row, c.duration), per_second);
    if (times.duration.has_value() && *times.duration < 0) {
        times.duration = std::nullopt; // the table refuses it
    }
    return times;
}

/// True when the UPDATE changes the times and leaves a duration that followed from them.
bool follows_times(const RowTrigger &trigger, const RunColumns &c) {
    if (!trigger.is_update || !same_value(trigger, c.duration) ||
        (same_value(trigger, c.started_at) && same_value(trigger, c.completed_at))) {
        return false;
    }
    const std::optional<Microseconds> duration = lifecycle::duration_between(times_in(trigger, trigger.before, c));
    return duration.has_value() && equals(column_value(trigger, trigger.before, c.duration), seconds(*duration));
}

void set_time(const RowTrigger &trigger, RowChange &change, AttrNumber column, std::optional<Microseconds> time) {
    if (time.has_value() && column_value(trigger, trigger.row, column).is_null) {
        change.set(column, TimestampTzGetDatum(*time));
    }
}

void derive_times(const RowTrigger &trigger, const RunColumns &c, RowChange &change) {
    const std::string_view status = column_text(trigger, trigger.row, c.status);
    const Microseconds now = GetCurrentTransactionStartTimestamp();
    RunTimes given = times_in(trigger, trigger.row, c);
    const bool follows = follows_times(trigger, c);
    if (follows) {
        given.duration = std::nullopt;
    }
    const RunTimes times =
        trigger.is_insert
            ? lifecycle::complete_insert(status, given, now, time_in(trigger, trigger.row, c.created_at).value_or(now))
            : lifecycle::complete_update(status, given, now);
    if (trigger.is_insert) {
        set_time(trigger, change, c.queued_at, times.queued);
    }
    set_time(trigger, change, c.started_at, times.started);
    set_time(trigger, change, c.completed_at, times.completed);
    if (times.duration.has_value() && (follows || column_value(trigger, trigger.row, c.duration).is_null)) {
        change.set(c.duration, seconds(*times.duration));
    }
}

std::optional<std::int64_t> f1_in(const RowTrigger &trigger, HeapTuple row, const RunColumns &c) {
    const std::optional<std::int64_t> precision = in_units(column_value(trigger, row, c.precision), per_score);
    const std::optional<std::int64_t> recall = in_units(column_value(trigger, row, c.recall), per_score);
    return precision.has_value() && recall.has_value() ? lifecycle::f1_score(*precision, *recall) : std::nullopt;
}

Datum score(std::int64_t units) { return NumericGetDatum(int64_div_fast_to_numeric(units, 4)); }

/// F1 of precision and recall where there is none, or where the one that is there was that of the old ones.
void derive_f1(const RowTrigger &trigger, const RunColumns &c, RowChange &change) {
    const ColumnValue f1 = column_value(trigger, trigger.row, c.f1);
    if (!f1.is_null) {
        if (!trigger.is_update || !same_value(trigger, c.f1) ||
            (same_value(trigger, c.precision) && same_value(trigger, c.recall))) {
            return;
        }
        const std::optional<std::int64_t> before = f1_in(trigger, trigger.before, c);
        if (!before.has_value() || !equals(f1, score(*before))) {
            return;
        }
    }
    if (const std::optional<std::int64_t> derived = f1_in(trigger, trigger.row, c); derived.has_value()) {
        change.set(c.f1, score(*derived));
    }
}

} // namespace

} // namespace mlregistry::pg

using namespace mlregistry;
using namespace mlregistry::pg;

/// BEFORE INSERT OR UPDATE on training_runs.
MLR_FUNCTION(mlregistry_trg_derive_run) {
    const RowTrigger trigger = row_trigger(fcinfo);
    RunColumns &c = run_columns(fcinfo, trigger);
    RowChange change;
    if (trigger.is_insert) {
        derive_from_experiment(fcinfo, trigger, c, change);
        derive_framework(fcinfo, trigger, c, change);
    }
    derive_times(trigger, c, change);
    derive_f1(trigger, c, change);
    return changed_row(trigger, change);
}

/// BEFORE INSERT OR UPDATE on experiments: the end comes with a final status and goes with it; no number of a run comes
/// twice.
MLR_FUNCTION(mlregistry_trg_derive_experiment) {
    const RowTrigger trigger = row_trigger(fcinfo);
    auto &c = statement_state<ExperimentColumns>(fcinfo);
    if (c.status == InvalidAttrNumber) {
        c = {
            .status = column_number(trigger, "status", TEXTOID),
            .started_at = column_number(trigger, "started_at", TIMESTAMPTZOID),
            .completed_at = column_number(trigger, "completed_at", TIMESTAMPTZOID),
            .last_run_number = column_number(trigger, "last_run_number", INT4OID),
        };
    }
    RowChange change;
    if (trigger.is_update) {
        // Who writes a whole row back has read an older number.
        const ColumnValue number = column_value(trigger, trigger.row, c.last_run_number);
        const ColumnValue before = column_value(trigger, trigger.before, c.last_run_number);
        if (!number.is_null && DatumGetInt32(number.value) < DatumGetInt32(before.value)) {
            change.set(c.last_run_number, before.value);
        }
    }
    const TimestampTz now = GetCurrentTransactionStartTimestamp();
    const std::string_view status = column_text(trigger, trigger.row, c.status);
    const ColumnValue started = column_value(trigger, trigger.row, c.started_at);
    const ColumnValue completed = column_value(trigger, trigger.row, c.completed_at);
    if (status != "running" && completed.is_null) {
        const bool is_later = !started.is_null && DatumGetTimestampTz(started.value) > now;
        change.set(c.completed_at, is_later ? started.value : TimestampTzGetDatum(now));
    } else if (trigger.is_insert && !completed.is_null && !started.is_null &&
               DatumGetTimestampTz(started.value) == now && DatumGetTimestampTz(completed.value) < now) {
        // An import that says the end only: the start is what the default has put there.
        change.set(c.started_at, completed.value);
    } else if (trigger.is_update && status == "running" && !same_value(trigger, c.status) &&
               same_value(trigger, c.completed_at)) {
        change.clear(c.completed_at);
    }
    return changed_row(trigger, change);
}

/// BEFORE INSERT on run_datasets: the version of the data is the dataset's where none was given.
MLR_FUNCTION(mlregistry_trg_derive_run_dataset) {
    const RowTrigger trigger = row_trigger(fcinfo);
    const AttrNumber column = column_number(trigger, "dataset_version", TEXTOID);
    const ColumnValue organization =
        column_value(trigger, trigger.row, column_number(trigger, "organization_id", UUIDOID));
    const ColumnValue dataset = column_value(trigger, trigger.row, column_number(trigger, "dataset_id", UUIDOID));
    RowChange change;
    if (column_value(trigger, trigger.row, column).is_null && !organization.is_null && !dataset.is_null) {
        const MemoryContext outside = CurrentMemoryContext;
        const Datum values[] = {organization.value, dataset.value};
        connect();
        run(data_version_of_dataset, table_owner(trigger), values, nullptr, Sight::current, 1);
        bool is_null = false;
        const Datum version = found_value(1, is_null);
        if (!is_null) {
            const MemoryContext spi_context = MemoryContextSwitchTo(outside);
            change.set(column, text_datum(text_view(version)));
            MemoryContextSwitchTo(spi_context);
        }
        done();
    }
    return changed_row(trigger, change);
}
