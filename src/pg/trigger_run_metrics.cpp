// Metrics belong to runs that are there: a foreign key that looks once for each statement and run.
//
// A statement's rows would be in a transition table. With one, COPY into a partitioned table inserts row by row, and
// every row is written once more (measured: four fifths of the rate of a table without it, 0.94 without). So the
// condition of a row trigger, which is looked at for each row and never true, collects what rows say, and the
// statement's trigger looks whether that is so. Who calls the condition by hand only adds to what is looked at.
#include "owner_query.hpp"
#include "statement_trigger.hpp"
#include "uuid.hpp"

extern "C" {
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"
#include "utils/rel.h"
}

#include <cstring>

namespace mlregistry::pg {

namespace {

// What a foreign key would do for each row. In the order of their keys, so that two writers do not wait for each other.
OwnerQuery lock_runs{
    "SELECT run_id, organization_id, project_id FROM mlregistry.training_runs"
    " WHERE run_id OPERATOR(pg_catalog.=) ANY ($1) AND deleted_at IS NULL ORDER BY run_id FOR KEY SHARE",
    1,
    {UUIDARRAYOID},
};

/// Where a row of run_metrics says that it belongs.
struct Place {
    pg_uuid_t run;
    pg_uuid_t organization;
    pg_uuid_t project;
};

/// A key without padding. The subtransaction, because a statement that is called by another one must neither take its
/// places away when it is rolled back, nor leave it its own.
struct SaidPlace {
    Place place;
    SubTransactionId subtransaction;
};

HTAB *said_places = nullptr;
SaidPlace last_said;
bool has_last_said = false; // rows of one run mostly follow each other

void forget_transaction(XactEvent event, void *) {
    if (said_places != nullptr && event != XACT_EVENT_PRE_COMMIT && event != XACT_EVENT_PRE_PREPARE) {
        hash_destroy(said_places);
        said_places = nullptr;
        has_last_said = false;
    }
}

/// What is left when a subtransaction ends has been said by statements that failed.
void forget_subtransaction(SubXactEvent event, SubTransactionId ended, SubTransactionId, void *) {
    if (said_places == nullptr || (event != SUBXACT_EVENT_ABORT_SUB && event != SUBXACT_EVENT_COMMIT_SUB)) {
        return;
    }
    HASH_SEQ_STATUS scan;
    hash_seq_init(&scan, said_places);
    while (auto *const said = static_cast<SaidPlace *>(hash_seq_search(&scan))) {
        if (said->subtransaction >= ended) {
            hash_search(said_places, said, HASH_REMOVE, nullptr);
        }
    }
    has_last_said = false;
}

void remember(const SaidPlace &said) {
    if (said_places == nullptr) {
        static bool is_watching = false;
        if (!is_watching) {
            RegisterXactCallback(forget_transaction, nullptr);
            RegisterSubXactCallback(forget_subtransaction, nullptr);
            is_watching = true;
        }
        HASHCTL control{};
        control.keysize = sizeof(SaidPlace);
        control.entrysize = sizeof(SaidPlace);
        control.hcxt = TopMemoryContext;
        said_places = hash_create("runs of metrics", 16, &control, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
    }
    hash_search(said_places, &said, HASH_ENTER, nullptr);
    last_said = said;
    has_last_said = true;
}

struct Places {
    SaidPlace *said;
    bool *exist;
    int count;
};

/// Those that statements of this subtransaction have said, each once.
Places places_of_statement() {
    const long most = said_places == nullptr ? 0 : hash_get_num_entries(said_places);
    Places places{static_cast<SaidPlace *>(palloc(static_cast<Size>(most + 1) * sizeof(SaidPlace))),
                  static_cast<bool *>(palloc0(static_cast<Size>(most + 1))), 0};
    if (most == 0) {
        return places;
    }
    HASH_SEQ_STATUS scan;
    hash_seq_init(&scan, said_places);
    while (const auto *const said = static_cast<SaidPlace *>(hash_seq_search(&scan))) {
        if (said->subtransaction == GetCurrentSubTransactionId()) {
            places.said[places.count++] = *said;
        }
    }
    return places;
}

Datum runs_of(const Places &places) {
    auto *const runs = static_cast<Datum *>(palloc(static_cast<Size>(places.count) * sizeof(Datum)));
    for (int i = 0; i < places.count; ++i) {
        runs[i] = UUIDPGetDatum(&places.said[i].place.run);
    }
    return PointerGetDatum(construct_array(runs, places.count, UUIDOID, UUID_LEN, false, TYPALIGN_CHAR));
}

int compare_places(const void *a, const void *b) { return std::memcmp(a, b, sizeof(Place)); }

/// The rows of lock_runs, of which there is at most one for each place.
void mark_found(const Places &places) {
    qsort(places.said, static_cast<Size>(places.count), sizeof(SaidPlace), compare_places);
    for (std::uint64_t i = 0; i < SPI_processed; ++i) {
        bool is_null = false;
        const auto id = [&](int column) {
            return *DatumGetUUIDP(SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, column, &is_null));
        };
        const SaidPlace found{{id(1), id(2), id(3)}, 0};
        const void *const at =
            bsearch(&found, places.said, static_cast<Size>(places.count), sizeof(SaidPlace), compare_places);
        if (at != nullptr) {
            places.exist[static_cast<const SaidPlace *>(at) - places.said] = true;
        }
    }
}

[[noreturn]] void refuse(const Place &place, Relation table) {
    const Datum id = UUIDPGetDatum(&place.run);
    ereport(ERROR,
            (errcode(ERRCODE_FOREIGN_KEY_VIOLATION), errmsg("metrics of a run that is not there"),
             errdetail("Run %s does not exist, is deleted, or is of another organization or project than the row says.",
                       DatumGetCString(DirectFunctionCall1(uuid_out, id))),
             errhint("log_metrics() takes organization and project from the run."),
             errtableconstraint(table, "run_metrics_run")));
    pg_unreachable();
}

} // namespace

} // namespace mlregistry::pg

using namespace mlregistry::pg;

/// said_run_place(run, organization, project): false; strict
MLR_FUNCTION(mlregistry_said_run_place) {
    SaidPlace said;
    said.place = {*PG_GETARG_UUID_P(0), *PG_GETARG_UUID_P(1), *PG_GETARG_UUID_P(2)};
    said.subtransaction = GetCurrentSubTransactionId();
    if (!has_last_said || std::memcmp(&said, &last_said, sizeof said) != 0) {
        remember(said);
    }
    PG_RETURN_BOOL(false);
}

/// AFTER INSERT on run_metrics, whose condition is said_run_place(). Not that of the statement: partitions are made by
/// the owner of the tables, who must be allowed to call what their row triggers call, and so everybody is.
MLR_FUNCTION(mlregistry_trg_said_run_metrics) {
    ereport(ERROR, (errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
                    errmsg("trg_said_run_metrics() is for a trigger that never fires")));
    PG_RETURN_NULL();
}

/// AFTER INSERT STATEMENT on run_metrics.
MLR_FUNCTION(mlregistry_trg_guard_run_metrics) {
    const TriggerData *const data = after_statement_trigger(fcinfo);
    const Places places = places_of_statement();
    if (places.count == 0) {
        return PointerGetDatum(nullptr);
    }
    const Datum runs = runs_of(places);
    connect();
    run(lock_runs, data->tg_relation->rd_rel->relowner, &runs, nullptr, Sight::latest, 0);
    mark_found(places);
    done();
    for (int i = 0; i < places.count; ++i) {
        if (!places.exist[i]) {
            refuse(places.said[i].place, data->tg_relation);
        }
    }
    for (int i = 0; i < places.count; ++i) {
        hash_search(said_places, &places.said[i], HASH_REMOVE, nullptr);
    }
    has_last_said = false;
    return PointerGetDatum(nullptr);
}
