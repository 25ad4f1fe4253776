// Trigger history: what every alias named, and when. One row per period; the open one ends at infinity.
//
// The transaction that changes an alias holds its row, so writers of one alias come one after the other. What others
// have closed meanwhile is looked at with the latest snapshot, so that periods do not overlap at any isolation level.
#include "history_time.hpp"
#include "owner_query.hpp"
#include "statement_trigger.hpp"

extern "C" {
#include "catalog/pg_type.h"
#include "utils/timestamp.h"
}

namespace mlregistry::pg {

namespace {

// Judged by what is there at the end of the statement, which may insert, update and delete in any order: an open period
// ends when no alias of its name names its version any more, and an alias that has no open period begins one. So a row
// that ends as it began writes nothing. $1 is the moment of all that; what ends a period says when the last one ended.
#define CLOSE(names)                                                                                                   \
    "WITH closed AS ("                                                                                                 \
    "UPDATE mlregistry.alias_history h"                                                                                \
    " SET valid_to = GREATEST($1, h.valid_from OPERATOR(pg_catalog.+) '1 microsecond'::pg_catalog.interval)"           \
    " FROM " names " WHERE h.model_id OPERATOR(pg_catalog.=) o.model_id AND h.alias OPERATOR(pg_catalog.=) o.alias"    \
    " AND h.valid_to OPERATOR(pg_catalog.=) 'infinity'::pg_catalog.timestamptz"                                        \
    " AND NOT EXISTS (SELECT FROM mlregistry.model_aliases a WHERE a.model_id OPERATOR(pg_catalog.=) h.model_id"       \
    "                    AND a.alias OPERATOR(pg_catalog.=) h.alias"                                                   \
    "                    AND a.version_id OPERATOR(pg_catalog.=) h.version_id)"                                        \
    " RETURNING h.valid_to) SELECT pg_catalog.max(valid_to) FROM closed"

#define OPEN(rows, since)                                                                                              \
    "INSERT INTO mlregistry.alias_history"                                                                             \
    " (organization_id, project_id, model_id, alias, version_id, semver, set_by, set_by_user, valid_from)"             \
    " SELECT n.organization_id, n.project_id, n.model_id, n.alias, n.version_id, v.semver::pg_catalog.text,"           \
    "        n.set_by, n.set_by_user, " since "   FROM " rows                                                          \
    " JOIN mlregistry.model_versions v ON v.version_id OPERATOR(pg_catalog.=) n.version_id"                            \
    "  CROSS JOIN LATERAL (SELECT pg_catalog.max(h.valid_to) AS at FROM mlregistry.alias_history h"                    \
    "                       WHERE h.model_id OPERATOR(pg_catalog.=) n.model_id"                                        \
    "                         AND h.alias OPERATOR(pg_catalog.=) n.alias"                                              \
    "                         AND h.valid_to OPERATOR(pg_catalog.<) 'infinity'::pg_catalog.timestamptz) AS ended"      \
    "  WHERE NOT EXISTS (SELECT FROM mlregistry.alias_history h WHERE h.model_id OPERATOR(pg_catalog.=) n.model_id"    \
    "                       AND h.alias OPERATOR(pg_catalog.=) n.alias"                                                \
    "                       AND h.valid_to OPERATOR(pg_catalog.=) 'infinity'::pg_catalog.timestamptz)"

OwnerQuery close_dropped{CLOSE("old_rows o"), 1, {TIMESTAMPTZOID}};
OwnerQuery close_moved{CLOSE("(SELECT model_id, alias FROM old_rows UNION SELECT model_id, alias FROM new_rows) AS o"),
                       1,
                       {TIMESTAMPTZOID}};
OwnerQuery close_replaced{CLOSE("new_rows o"), 1, {TIMESTAMPTZOID}};
OwnerQuery close_truncated{CLOSE("(SELECT model_id, alias FROM mlregistry.alias_history"
                                 "  WHERE valid_to OPERATOR(pg_catalog.=) 'infinity'::pg_catalog.timestamptz) AS o"),
                           1,
                           {TIMESTAMPTZOID}};
OwnerQuery open_set{OPEN("new_rows n", "GREATEST(LEAST($1, n.set_at), ended.at)"), 1, {TIMESTAMPTZOID}};
// A name that moves names the new version from the very moment on at which it no longer names the old one, also where
// another alias of the statement has it now.
OwnerQuery open_moved{OPEN("new_rows n",
                           "CASE WHEN ended.at IS NOT NULL AND EXISTS ("
                           "     SELECT FROM old_rows b WHERE b.model_id OPERATOR(pg_catalog.=) n.model_id"
                           "        AND b.alias OPERATOR(pg_catalog.=) n.alias) THEN ended.at"
                           " ELSE GREATEST($1, ended.at) END"),
                      1,
                      {TIMESTAMPTZOID}};

#undef CLOSE
#undef OPEN

void end_periods(OwnerQuery &query, Oid owner) {
    const Datum at = TimestampTzGetDatum(history_time());
    run(query, owner, &at, nullptr, Sight::latest, 0);
    bool is_null = true;
    const Datum ended = found_value(1, is_null);
    if (!is_null) {
        pass_history_time(DatumGetTimestampTz(ended));
    }
}

void begin_periods(OwnerQuery &query, Oid owner) {
    const Datum at = TimestampTzGetDatum(history_time());
    run(query, owner, &at, nullptr, Sight::latest, 0);
}

} // namespace

} // namespace mlregistry::pg

using namespace mlregistry::pg;

/// AFTER INSERT, UPDATE, DELETE, TRUNCATE STATEMENT on model_aliases, with transition tables old_rows and new_rows.
MLR_FUNCTION(mlregistry_trg_history_alias) {
    TriggerData *const data = after_statement_trigger(fcinfo);
    const Oid owner = data->tg_relation->rd_rel->relowner;
    connect();
    if (SPI_register_trigger_data(data) < 0) {
        ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR), errmsg("cannot read the rows of the statement")));
    }
    if (TRIGGER_FIRED_BY_UPDATE(data->tg_event)) {
        end_periods(close_moved, owner);
        begin_periods(open_moved, owner);
    } else if (TRIGGER_FIRED_BY_INSERT(data->tg_event)) {
        end_periods(close_replaced, owner);
        begin_periods(open_set, owner);
    } else if (TRIGGER_FIRED_BY_TRUNCATE(data->tg_event)) {
        end_periods(close_truncated, owner);
    } else {
        end_periods(close_dropped, owner);
    }
    done();
    return PointerGetDatum(nullptr);
}
