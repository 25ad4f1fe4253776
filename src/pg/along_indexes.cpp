#include "along_indexes.hpp"

extern "C" {
#include "utils/guc.h"
#include "utils/timestamp.h"
}

namespace mlregistry::pg {

namespace {

void take_from_planner(const char *way) {
    set_config_option(way, "off", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
}

void pass(TimestampTz &latest) {
    for (std::uint64_t i = 0; i < SPI_processed; ++i) {
        bool is_null = true;
        const Datum at = SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1, &is_null);
        if (!is_null) {
            latest = Max(latest, DatumGetTimestampTz(at));
        }
    }
}

} // namespace

std::uint64_t run_along_indexes(OwnerQuery &query, Oid owner, const Datum *values, const char *nulls,
                                TimestampTz *latest) {
    const int level = NewGUCNestLevel();
    take_from_planner("enable_seqscan");
    take_from_planner("enable_hashjoin");
    take_from_planner("enable_mergejoin");
    take_from_planner("enable_memoize");
    connect();
    const std::uint64_t rows = run(query, owner, values, nulls, Sight::latest, 0);
    if (latest != nullptr) {
        pass(*latest);
    }
    done();
    AtEOXact_GUC(true, level);
    return rows;
}

} // namespace mlregistry::pg
