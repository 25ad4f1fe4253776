// Triggers history: which status and stage things had, and what deployments served, and when. One row per period; the
// open one ends at infinity.
//
// A statement's transition tables say which rows may have changed; what they have become is read from their tables with
// the latest snapshot. So a row that ends as it began writes nothing, whatever other triggers did to it meanwhile, and
// nothing is written twice. The transaction that changes a row holds it: writers of one history come one after the
// other.
#include "deployment_setting.hpp"
#include "owner_query.hpp"
#include "statement_trigger.hpp"
#include "text_argument.hpp"
#include "transition_rows.hpp"

extern "C" {
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/array.h"
#include "utils/datum.h"
#include "utils/guc.h"
#include "utils/uuid.h"
}

#include <cstdint>
#include <cstring>

namespace mlregistry::pg {

namespace {

#define IS(column, word) column " OPERATOR(pg_catalog.=) '" word "'"
#define ONE_OF(column, words) column " OPERATOR(pg_catalog.=) ANY ('{" words "}'::pg_catalog.text[])"
#define OPEN_PERIOD "h.valid_to OPERATOR(pg_catalog.=) 'infinity'::pg_catalog.timestamptz"
#define ENDED_PERIOD "h.valid_to OPERATOR(pg_catalog.<) 'infinity'::pg_catalog.timestamptz"
// A clock that steps back must not turn a period round.
#define NOW_OR_LATER                                                                                                   \
    "GREATEST(pg_catalog.clock_timestamp(), h.valid_from OPERATOR(pg_catalog.+) '1 microsecond'::pg_catalog.interval)"

// What has a state, under the same names: who is asked where the state began, and why it is what it is.
#define VERSION_STATUS                                                                                                 \
    "(SELECT v.organization_id, v.project_id, v.version_id AS id, v.status AS state,"                                  \
    "        v.registered_by AS made_by, v.registered_by_user AS made_by_user,"                                        \
    "        CASE WHEN " IS(                                                                                           \
        "v.status",                                                                                                    \
        "deprecated") " THEN v.deprecation_reason END AS own_reason,"                                                  \
                      "        COALESCE(CASE WHEN " IS(                                                                \
                          "v.status",                                                                                  \
                          "deprecated") " THEN v.deprecated_at"                                                        \
                                        "                      WHEN " IS(                                              \
                                            "v.status",                                                                \
                                            "archived") " THEN v.archived_at"                                          \
                                                        "                      WHEN " ONE_OF(                          \
                                                            "v.status",                                                \
                                                            "validated,deployed") " THEN v.validated_at END,"          \
                                                                                  "                 v.registered_at) " \
                                                                                  "AS since"                           \
                                                                                  "   FROM mlregistry.model_versions " \
                                                                                  "v)"
#define VERSION_STAGE                                                                                                  \
    "(SELECT v.organization_id, v.project_id, v.version_id AS id, v.stage AS state, v.model_id,"                       \
    "        v.semver::pg_catalog.text AS semver, v.registered_by AS made_by, v.registered_by_user AS made_by_user,"   \
    "        NULL::pg_catalog.text AS own_reason,"                                                                     \
    "        COALESCE(CASE WHEN " IS(                                                                                  \
        "v.stage", "production") " THEN v.promoted_to_production_at"                                                   \
                                 "                      WHEN " IS(                                                     \
                                     "v.stage", "archived") " THEN v.archived_at END, v.registered_at) AS since"       \
                                                            "   FROM mlregistry.model_versions v)"
#define RUN_STATUS                                                                                                     \
    "(SELECT r.organization_id, r.project_id, r.run_id AS id, r.status AS state,"                                      \
    "        r.started_by AS made_by, r.started_by_user AS made_by_user, NULL::pg_catalog.text AS own_reason,"         \
    "        COALESCE(r.completed_at, r.started_at, r.queued_at) AS since"                                             \
    "   FROM mlregistry.training_runs r)"
#define EXPERIMENT_STATUS                                                                                              \
    "(SELECT x.organization_id, x.project_id, x.experiment_id AS id, x.status AS state,"                               \
    "        x.created_by AS made_by, x.created_by_user AS made_by_user, NULL::pg_catalog.text AS own_reason,"         \
    "        COALESCE(x.completed_at, x.started_at) AS since"                                                          \
    "   FROM mlregistry.experiments x)"
// When one that is not live came to be so is not written down, unless it was deactivated or terminated.
#define SINCE_OF_DEPLOYMENT                                                                                            \
    "COALESCE(CASE WHEN " IS(                                                                                          \
        "d.status", "deactivated") " THEN d.deactivated_at"                                                            \
                                   "              WHEN " IS(                                                           \
                                       "d.status",                                                                     \
                                       "terminated") " THEN d.terminated_at"                                           \
                                                     "              WHEN " ONE_OF(                                     \
                                                         "d.status",                                                   \
                                                         "active,degraded") " THEN d.deployed_at END, d.created_at)"
#define DEPLOYMENT_STATUS                                                                                              \
    "(SELECT d.organization_id, d.project_id, d.deployment_id AS id, d.status AS state,"                               \
    "        d.deployed_by AS made_by, d.deployed_by_user AS made_by_user,"                                            \
    "        CASE WHEN " IS("d.status", "deactivated") " THEN d.deactivation_reason END AS own_reason,"                \
                                                       "        " SINCE_OF_DEPLOYMENT " AS since"                      \
                                                       "   FROM mlregistry.deployments d)"
#define APPROVAL_STATUS                                                                                                \
    "(SELECT a.organization_id, a.project_id, a.approval_id AS id, a.approval_status AS state,"                        \
    "        COALESCE(a.reviewed_by, a.requested_by) AS made_by,"                                                      \
    "        CASE WHEN a.reviewed_by IS NULL THEN a.requested_by_user ELSE a.reviewed_by_user END AS made_by_user,"    \
    "        NULL::pg_catalog.text AS own_reason,"                                                                     \
    "        COALESCE(CASE WHEN " IS("a.approval_status",                                                              \
                                     "expired") " THEN a.expires_at END,"                                              \
                                                "                 a.reviewed_at, a.requested_at) AS since"             \
                                                "   FROM mlregistry.approvals a)"

// $1: rows that may have changed, $2: why. `here`: which rows of the history are of row e.id. A row whose state is
// another one ends its period and begins the next; a row that has no open period begins one when its state began, but
// not before its last period has ended. Lateral with OFFSET 0, and an array of keys: such a plan looks up each row by
// index, whatever the sizes of the tables were when it was made, which may be long ago. Distinct: what triggers of rows
// do to the same table comes into the same transition tables.
#define CHANGED(rows, history, here, state)                                                                            \
    "WITH changed AS MATERIALIZED (SELECT e.*, o.* FROM (SELECT DISTINCT u.id FROM pg_catalog.unnest($1) AS u (id)) "  \
    "AS c"                                                                                                             \
    "  CROSS JOIN LATERAL (SELECT r.* FROM " rows " AS r WHERE r.id OPERATOR(pg_catalog.=) c.id OFFSET 0) AS e"        \
    "   LEFT JOIN LATERAL (SELECT h.history_id, h." state " AS was FROM mlregistry." history " h"                      \
    "                       WHERE " here " AND " OPEN_PERIOD " OFFSET 0) AS o ON true),"
#define MOVED(history, differs)                                                                                        \
    " moved AS (UPDATE mlregistry." history " h SET valid_to = " NOW_OR_LATER                                          \
    "  WHERE h.history_id OPERATOR(pg_catalog.=) ANY (ARRAY(SELECT c.history_id FROM changed c WHERE " differs "))"    \
    "  RETURNING h.history_id, h.valid_to)"
#define LAST_ENDED(history, here, columns)                                                                             \
    "(SELECT " columns " FROM mlregistry." history " h WHERE " here " AND " ENDED_PERIOD                               \
    "  ORDER BY h.valid_from DESC LIMIT 1)"
#define FOLLOW(rows, history, here, columns, values, state)                                                            \
    CHANGED(rows, history, here, state)                                                                                \
    MOVED(history, "c.was OPERATOR(pg_catalog.<>) c.state")                                                            \
    " INSERT INTO mlregistry." history " (organization_id, project_id, " columns ", " state ", previous_" state        \
    ", reason, changed_by, changed_by_user, valid_from)"                                                               \
    " SELECT e.organization_id, e.project_id, " values ", e.state, COALESCE(e.was, ended.state),"                      \
    "        COALESCE($2, e.own_reason),"                                                                              \
    "        CASE WHEN m.history_id IS NULL THEN e.made_by ELSE mlregistry.current_actor() END,"                       \
    "        CASE WHEN m.history_id IS NULL THEN e.made_by_user ELSE mlregistry.current_user_id() END,"                \
    "        COALESCE(m.valid_to, GREATEST(LEAST(pg_catalog.clock_timestamp(), e.since), ended.at))"                   \
    "  FROM changed e LEFT JOIN moved m ON m.history_id OPERATOR(pg_catalog.=) e.history_id"                           \
    "  LEFT JOIN LATERAL " LAST_ENDED(                                                                                 \
        history, here, "h." state " AS state, h.valid_to AS at") " AS ended"                                           \
                                                                 "         ON e.history_id IS NULL WHERE "             \
                                                                 "e.history_id IS NULL OR m.history_id IS NOT NULL"

#define CLOSE(history, here, key, table)                                                                               \
    "UPDATE mlregistry." history " h SET valid_to = " NOW_OR_LATER                                                     \
    " WHERE h.history_id OPERATOR(pg_catalog.=) ANY (ARRAY(SELECT o.history_id FROM pg_catalog.unnest($1) AS e (id)"   \
    "    CROSS JOIN LATERAL (SELECT h.history_id FROM mlregistry." history " h"                                        \
    "                         WHERE " here " AND " OPEN_PERIOD " OFFSET 0) AS o"                                       \
    "    WHERE (SELECT true FROM mlregistry." table " r WHERE r." key                                                  \
    " OPERATOR(pg_catalog.=) e.id LIMIT 1) IS NULL))"
#define CLOSE_ALL(history, of, history_key, key, table)                                                                \
    "UPDATE mlregistry." history " h SET valid_to = " NOW_OR_LATER " WHERE " of " AND " OPEN_PERIOD                    \
    "   AND NOT EXISTS (SELECT FROM mlregistry." table " r WHERE r." key " OPERATOR(pg_catalog.=) h." history_key ")"

/// The queries of one history of one table.
struct History {
    OwnerQuery follow; ///< rows that were inserted or updated
    OwnerQuery close;  ///< rows that were deleted
    OwnerQuery close_all;
};

#define STATUS_OF(kind, rows, key, table)                                                                              \
    History {                                                                                                          \
        {FOLLOW(rows, "status_history", IS("h.entity_kind", kind) " AND h.entity_id OPERATOR(pg_catalog.=) e.id",      \
                "entity_kind, entity_id", "'" kind "', e.id", "status"),                                               \
         2,                                                                                                            \
         {UUIDARRAYOID, TEXTOID}},                                                                                     \
            {CLOSE("status_history", IS("h.entity_kind", kind) " AND h.entity_id OPERATOR(pg_catalog.=) e.id", key,    \
                   table),                                                                                             \
             1,                                                                                                        \
             {UUIDARRAYOID}},                                                                                          \
        {                                                                                                              \
            CLOSE_ALL("status_history", IS("h.entity_kind", kind), "entity_id", key, table), 0, {}                     \
        }                                                                                                              \
    }

History status_of_version = STATUS_OF("version", VERSION_STATUS, "version_id", "model_versions");
History status_of_run = STATUS_OF("run", RUN_STATUS, "run_id", "training_runs");
History status_of_experiment = STATUS_OF("experiment", EXPERIMENT_STATUS, "experiment_id", "experiments");
History status_of_deployment = STATUS_OF("deployment", DEPLOYMENT_STATUS, "deployment_id", "deployments");
History status_of_approval = STATUS_OF("approval", APPROVAL_STATUS, "approval_id", "approvals");

History stages{
    {FOLLOW(VERSION_STAGE, "stage_history", "h.version_id OPERATOR(pg_catalog.=) e.id", "model_id, version_id, semver",
            "e.model_id, e.id, e.semver", "stage"),
     2,
     {UUIDARRAYOID, TEXTOID}},
    {CLOSE("stage_history", "h.version_id OPERATOR(pg_catalog.=) e.id", "version_id", "model_versions"),
     1,
     {UUIDARRAYOID}},
    {CLOSE_ALL("stage_history", "true", "version_id", "version_id", "model_versions"), 0, {}},
};

// Deployments, under the same names; more than one column of them is told.
#define SERVED                                                                                                         \
    "(SELECT d.*, d.deployment_id AS id, s.environment_name, v.semver::pg_catalog.text AS semver,"                     \
    "        " SINCE_OF_DEPLOYMENT " AS since,"                                                                        \
    "        CASE WHEN " IS(                                                                                           \
        "d.status",                                                                                                    \
        "pending") " THEN 'pending'"                                                                                   \
                   "             WHEN " ONE_OF(                                                                        \
                       "d.status",                                                                                     \
                       "deploying,terminating") " THEN 'in_progress'"                                                  \
                                                "             WHEN " IS(                                               \
                                                    "d.status",                                                        \
                                                    "failed") " THEN 'failed' ELSE 'completed' END AS outcome"         \
                                                              "   FROM mlregistry.deployments d"                       \
                                                              "   JOIN mlregistry.environments s ON s.environment_id " \
                                                              "OPERATOR(pg_catalog.=) d.environment_id"                \
                                                              "   JOIN mlregistry.model_versions v ON v.version_id "   \
                                                              "OPERATOR(pg_catalog.=) d.version_id)"
#define OF_DEPLOYMENT "h.deployment_id OPERATOR(pg_catalog.=) e.id"

// The first column that has changed says what was done. $3: the version goes back. Who moved the version stands in the
// row.
History served{
    {CHANGED(SERVED, "deployment_history", OF_DEPLOYMENT,
             "version_id AS version_was, h.traffic_percentage AS traffic_was, h.replicas AS replicas_were,"
             " h.deployment_status")
         MOVED(
             "deployment_history",
             "c.version_was OPERATOR(pg_catalog.<>) c.version_id"
             " OR c.was OPERATOR(pg_catalog.<>) c.status"
             " OR c.traffic_was OPERATOR(pg_catalog.<>) c.traffic_percentage"
             " OR c.replicas_were OPERATOR(pg_catalog.<>) c.replicas") " INSERT INTO mlregistry.deployment_history "
                                                                       "(organization_id, project_id, deployment_id, "
                                                                       "deployment_name,"
                                                                       "     environment_id, environment_name, "
                                                                       "model_id, version_id, semver, "
                                                                       "previous_version_id, action, status,"
                                                                       "     deployment_status, traffic_percentage, "
                                                                       "replicas, error_message, reason, performed_by, "
                                                                       "performed_by_user,"
                                                                       "     started_at, completed_at, valid_from)"
                                                                       " SELECT e.organization_id, e.project_id, "
                                                                       "e.deployment_id, e.deployment_name, "
                                                                       "e.environment_id, e.environment_name,"
                                                                       "        e.model_id, e.version_id, e.semver,"
                                                                       "        CASE WHEN e.version_was "
                                                                       "OPERATOR(pg_catalog.<>) e.version_id THEN "
                                                                       "e.version_was END,"
                                                                       "        CASE WHEN m.history_id IS NULL THEN "
                                                                       "'deploy'"
                                                                       "             WHEN e.version_was "
                                                                       "OPERATOR(pg_catalog.<>) e.version_id"
                                                                       "             THEN CASE WHEN $3 THEN 'rollback' "
                                                                       "ELSE 'update' END"
                                                                       "             WHEN e.was "
                                                                       "OPERATOR(pg_catalog.<>) e.status"
                                                                       "             THEN CASE WHEN " ONE_OF(
                                                                           "e.status",
                                                                           "terminating,terminated") " THEN "
                                                                                                     "'terminate' ELSE "
                                                                                                     "'status' END"
                                                                                                     "             "
                                                                                                     "WHEN "
                                                                                                     "e.traffic_was "
                                                                                                     "OPERATOR(pg_"
                                                                                                     "catalog.<>) "
                                                                                                     "e.traffic_"
                                                                                                     "percentage THEN "
                                                                                                     "'traffic' ELSE "
                                                                                                     "'scale' END,"
                                                                                                     "        "
                                                                                                     "e.outcome, "
                                                                                                     "e.status, "
                                                                                                     "e.traffic_"
                                                                                                     "percentage, "
                                                                                                     "e.replicas,"
                                                                                                     "        CASE "
                                                                                                     "WHEN " IS(
                                                                                                         "e.outcome",
                                                                                                         "failed") " TH"
                                                                                                                   "EN "
                                                                                                                   "$2 "
                                                                                                                   "END"
                                                                                                                   ","
                                                                                                                   "   "
                                                                                                                   "   "
                                                                                                                   "  "
                                                                                                                   "COA"
                                                                                                                   "LES"
                                                                                                                   "CE("
                                                                                                                   "$2,"
                                                                                                                   " CA"
                                                                                                                   "SE "
                                                                                                                   "WHE"
                                                                                                                   "N"
                                                                                                                   " " IS(
                                                                                                                       "e.status",
                                                                                                                       "deactivated") " THEN e.deactivation_reason END),"
                                                                                                                                      "        CASE WHEN e.version_was OPERATOR(pg_catalog.=) e.version_id THEN mlregistry.current_actor()"
                                                                                                                                      "             ELSE e.deployed_by END,"
                                                                                                                                      "        CASE WHEN e.version_was OPERATOR(pg_catalog.=) e.version_id THEN mlregistry.current_user_id()"
                                                                                                                                      "             ELSE e.deployed_by_user END,"
                                                                                                                                      "        period.begins, CASE WHEN " ONE_OF(
                                                                                                                                          "e.outcome",
                                                                                                                                          "completed,failed") " THEN period.begins END, period.begins"
                                                                                                                                                              "  FROM changed e LEFT JOIN moved m ON m.history_id OPERATOR(pg_catalog.=) e.history_id"
                                                                                                                                                              "  CROSS JOIN LATERAL (SELECT COALESCE(m.valid_to, GREATEST(LEAST(pg_catalog.clock_timestamp(), e.since),"
                                                                                                                                                              "                  " LAST_ENDED(
                                                                                                                                                                  "deployment_history",
                                                                                                                                                                  OF_DEPLOYMENT,
                                                                                                                                                                  "h.valid_to") ")) AS begins OFFSET 0)"
                                                                                                                                                                                "        AS period WHERE e.history_id IS NULL OR m.history_id IS NOT NULL",
     3,
     {UUIDARRAYOID, TEXTOID, BOOLOID}},
    {CLOSE("deployment_history", OF_DEPLOYMENT, "deployment_id", "deployments"), 1, {UUIDARRAYOID}},
    {CLOSE_ALL("deployment_history", "true", "deployment_id", "deployment_id", "deployments"), 0, {}},
};

#undef OF_DEPLOYMENT
#undef SERVED
#undef STATUS_OF
#undef CLOSE_ALL
#undef CLOSE
#undef FOLLOW
#undef LAST_ENDED
#undef MOVED
#undef CHANGED
#undef APPROVAL_STATUS
#undef DEPLOYMENT_STATUS
#undef SINCE_OF_DEPLOYMENT
#undef EXPERIMENT_STATUS
#undef RUN_STATUS
#undef VERSION_STAGE
#undef VERSION_STATUS
#undef NOW_OR_LATER
#undef ENDED_PERIOD
#undef OPEN_PERIOD
#undef ONE_OF
#undef IS

struct Entity {
    const char *kind;
    History *history;
};

const Entity entities[] = {
    {"version", &status_of_version},       {"run", &status_of_run},           {"experiment", &status_of_experiment},
    {"deployment", &status_of_deployment}, {"approval", &status_of_approval},
};

History &history_of(const TriggerData *data) {
    const Trigger &trigger = *data->tg_trigger;
    for (const Entity &entity : entities) {
        if (trigger.tgnargs > 0 && std::strcmp(trigger.tgargs[0], entity.kind) == 0) {
            return *entity.history;
        }
    }
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                    errmsg("trigger \"%s\" is for an entity that has a history", trigger.tgname)));
}

constexpr int max_watched = 4;
/// So many rows are looked at together.
constexpr int most_changed = 256;

/// Columns of the table, and the rows of the statement in which a watched one may have changed. Plain data.
struct Changes {
    TriggerData *data;
    AttrNumber key;
    int watched_count;
    AttrNumber watched[max_watched];
    int last_column; ///< greatest of them
    int count;
    pg_uuid_t *ids;
};

AttrNumber column_of(const TriggerData *data, const char *name, Oid type) {
    TupleDesc const columns = RelationGetDescr(data->tg_relation);
    const int number = SPI_fnumber(columns, name);
    if (number <= 0 || (OidIsValid(type) && TupleDescAttr(columns, number - 1)->atttypid != type)) {
        ereport(ERROR, (errcode(ERRCODE_UNDEFINED_COLUMN),
                        errmsg("trigger \"%s\" needs column \"%s\" of table \"%s\"", data->tg_trigger->tgname, name,
                               RelationGetRelationName(data->tg_relation))));
    }
    return static_cast<AttrNumber>(number);
}

Changes changes_of(TriggerData *data, const char *key, int watched_count, const char *const *watched) {
    Changes changes{};
    changes.data = data;
    changes.key = column_of(data, key, UUIDOID);
    changes.last_column = changes.key;
    for (int i = 0; i < watched_count && i < max_watched; ++i) {
        changes.watched[i] = column_of(data, watched[i], InvalidOid);
        changes.last_column = Max(changes.last_column, changes.watched[i]);
        changes.watched_count = i + 1;
    }
    changes.ids = static_cast<pg_uuid_t *>(palloc(most_changed * sizeof(pg_uuid_t)));
    return changes;
}

/// True unless all watched columns are the same bytes in both rows.
bool differ(const Changes &changes, TupleTableSlot *before, TupleTableSlot *now) {
    for (int i = 0; i < changes.watched_count; ++i) {
        const int column = changes.watched[i] - 1;
        const Form_pg_attribute attribute = TupleDescAttr(now->tts_tupleDescriptor, column);
        if (before->tts_isnull[column] != now->tts_isnull[column] ||
            (!now->tts_isnull[column] && !datum_image_eq(before->tts_values[column], now->tts_values[column],
                                                         attribute->attbyval, attribute->attlen))) {
            return true;
        }
    }
    return false;
}

/// Runs a query whose plan is kept while tables grow: a scan of a table that was small then is never right.
void run_along_indexes(OwnerQuery &query, Oid owner, const Datum *values, const char *nulls) {
    const int level = NewGUCNestLevel();
    set_config_option("enable_seqscan", "off", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
    connect();
    run(query, owner, values, nulls, Sight::latest, 0);
    done();
    AtEOXact_GUC(true, level);
}

void write(Changes &changes, History &history) {
    if (changes.count == 0) {
        return;
    }
    auto *const ids = static_cast<Datum *>(palloc(static_cast<Size>(changes.count) * sizeof(Datum)));
    for (int i = 0; i < changes.count; ++i) {
        ids[i] = UUIDPGetDatum(&changes.ids[i]);
    }
    const char *const reason = GetConfigOption("mlregistry.reason", true, false);
    const bool has_reason = reason != nullptr && *reason != '\0';
    const Datum values[] = {
        PointerGetDatum(construct_array(ids, changes.count, UUIDOID, UUID_LEN, false, TYPALIGN_CHAR)),
        has_reason ? CStringGetTextDatum(reason) : 0, BoolGetDatum(goes_back())};
    const bool closes = TRIGGER_FIRED_BY_DELETE(changes.data->tg_event);
    run_along_indexes(closes ? history.close : history.follow, changes.data->tg_relation->rd_rel->relowner, values,
                      has_reason || closes ? nullptr : " n ");
    changes.count = 0;
}

void add(Changes &changes, History &history, TupleTableSlot *row) {
    if (changes.count == most_changed) {
        write(changes, history);
    }
    changes.ids[changes.count++] = *DatumGetUUIDP(row->tts_values[changes.key - 1]);
}

/// Both transition tables of an UPDATE have the rows in the same order.
void follow_update(Changes &changes, History &history) {
    TransitionRows old_rows{changes.data, changes.data->tg_oldtable};
    TransitionRows new_rows{changes.data, changes.data->tg_newtable};
    TupleTableSlot *before = old_rows.next(changes.last_column);
    TupleTableSlot *now = new_rows.next(changes.last_column);
    while (before != nullptr && now != nullptr) {
        if (differ(changes, before, now)) {
            add(changes, history, now);
        }
        before = old_rows.next(changes.last_column);
        now = new_rows.next(changes.last_column);
    }
    old_rows.end();
    new_rows.end();
}

void follow(TriggerData *data, History &history, const char *key, int watched_count, const char *const *watched) {
    if (TRIGGER_FIRED_BY_TRUNCATE(data->tg_event)) {
        connect();
        run(history.close_all, data->tg_relation->rd_rel->relowner, nullptr, nullptr, Sight::latest, 0);
        done();
        return;
    }
    Changes changes = changes_of(data, key, watched_count, watched);
    if (TRIGGER_FIRED_BY_UPDATE(data->tg_event)) {
        follow_update(changes, history);
    } else {
        TransitionRows rows{data, TRIGGER_FIRED_BY_DELETE(data->tg_event) ? data->tg_oldtable : data->tg_newtable};
        while (TupleTableSlot *const row = rows.next(changes.last_column)) {
            add(changes, history, row);
        }
        rows.end();
    }
    write(changes, history);
    pfree(changes.ids);
}

} // namespace

} // namespace mlregistry::pg

using namespace mlregistry::pg;

/// AFTER INSERT, UPDATE, DELETE, TRUNCATE STATEMENT on what has a status, with transition tables old_rows and new_rows.
/// Arguments: the entity, its key, the column.
MLR_FUNCTION(mlregistry_trg_history_status) {
    TriggerData *const data = after_statement_trigger(fcinfo);
    History &history = history_of(data);
    if (data->tg_trigger->tgnargs != 3) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("trigger \"%s\" needs an entity, its key and a column", data->tg_trigger->tgname)));
    }
    const char *const watched[] = {data->tg_trigger->tgargs[2]};
    follow(data, history, data->tg_trigger->tgargs[1], 1, watched);
    return PointerGetDatum(nullptr);
}

/// The same on model_versions, of their stages.
MLR_FUNCTION(mlregistry_trg_history_stage) {
    TriggerData *const data = after_statement_trigger(fcinfo);
    const char *const watched[] = {"stage"};
    follow(data, stages, "version_id", 1, watched);
    return PointerGetDatum(nullptr);
}

/// The same on deployments, of what they serve.
MLR_FUNCTION(mlregistry_trg_history_deployment) {
    TriggerData *const data = after_statement_trigger(fcinfo);
    const char *const watched[] = {"version_id", "status", "traffic_percentage", "replicas"};
    follow(data, served, "deployment_id", 4, watched);
    return PointerGetDatum(nullptr);
}
