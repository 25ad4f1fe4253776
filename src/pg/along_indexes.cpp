#include "along_indexes.hpp"

extern "C" {
#include "utils/guc.h"
}

namespace mlregistry::pg {

namespace {

void take_from_planner(const char *way) {
    set_config_option(way, "off", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
}

} // namespace

std::uint64_t run_along_indexes(OwnerQuery &query, Oid owner, const Datum *values, const char *nulls,
                                void (*take)(void *state), void *state) {
    const int level = NewGUCNestLevel();
    take_from_planner("enable_seqscan");
    take_from_planner("enable_hashjoin");
    take_from_planner("enable_mergejoin");
    take_from_planner("enable_memoize");
    take_from_planner("enable_sort");
    take_from_planner("enable_incremental_sort");
    connect();
    const std::uint64_t rows = run(query, owner, values, nulls, Sight::latest, 0);
    if (take != nullptr) {
        take(state);
    }
    done();
    AtEOXact_GUC(true, level);
    return rows;
}

} // namespace mlregistry::pg
