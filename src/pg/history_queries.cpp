// The SQL of the histories of statuses, stages and deployments.
//
// One row per period; the open one ends at infinity. `move` ends the open periods of rows that have become something
// else and begins the next ones; `begin` begins periods of rows that have no open one. Together they make a history say
// what is so, whatever it said before; in either order, as none has anything left to do for a row of the other.
//
// Arguments: $1 keys of rows that may have changed, $2 the moment at which they have, $3 the reason that was given, $4
// and $5 who acts, $6 whether versions of deployments go back. What they return is when they have ended or begun
// periods.
//
// A plan is kept while tables grow from nothing to millions of rows, so none may depend on their size. LATERAL with
// OFFSET 0 is a loop over the keys, of which each is looked up by index; what it has found is changed where it lies, by
// its ctid. The one who runs these queries takes the other ways to join and to scan from the planner.
#include "history_queries.hpp"

#include "owner_sql.hpp"

extern "C" {
#include "catalog/pg_type.h"
}

#include <cstring>

namespace mlregistry::pg {

namespace {

// clang-format off

// ---------------------------------------------------------------------------------------------------------------------
// What has a state: the row of key c.id as it is now, under names that are the same for all. made_by and since tell of
// its first period, own_reason of any.

#define VERSION_OF_KEY "FROM mlregistry.model_versions v WHERE v.version_id" EQ "c.id"

#define VERSION_STATUS \
    "SELECT v.organization_id, v.project_id, v.version_id AS id, v.status AS state," \
    "       v.registered_by AS made_by, v.registered_by_user AS made_by_user," \
    "       CASE WHEN " IS("v.status", "deprecated") " THEN v.deprecation_reason END AS own_reason," \
    "       COALESCE(CASE WHEN " IS("v.status", "deprecated") " THEN v.deprecated_at" \
    "                     WHEN " IS("v.status", "archived") " THEN v.archived_at" \
    "                     WHEN " ONE_OF("v.status", "validated,deployed") " THEN v.validated_at END," \
    "                v.registered_at) AS since " VERSION_OF_KEY

#define VERSION_STAGE \
    "SELECT v.organization_id, v.project_id, v.version_id AS id, v.stage AS state," \
    "       v.model_id, v.semver::pg_catalog.text AS semver," \
    "       v.registered_by AS made_by, v.registered_by_user AS made_by_user, NULL::pg_catalog.text AS own_reason," \
    "       COALESCE(CASE WHEN " IS("v.stage", "production") " THEN v.promoted_to_production_at" \
    "                     WHEN " IS("v.stage", "archived") " THEN v.archived_at END," \
    "                v.registered_at) AS since " VERSION_OF_KEY

#define RUN_STATUS \
    "SELECT r.organization_id, r.project_id, r.run_id AS id, r.status AS state," \
    "       r.started_by AS made_by, r.started_by_user AS made_by_user, NULL::pg_catalog.text AS own_reason," \
    "       COALESCE(r.completed_at, r.started_at, r.queued_at) AS since" \
    "  FROM mlregistry.training_runs r WHERE r.run_id" EQ "c.id"

#define EXPERIMENT_STATUS \
    "SELECT x.organization_id, x.project_id, x.experiment_id AS id, x.status AS state," \
    "       x.created_by AS made_by, x.created_by_user AS made_by_user, NULL::pg_catalog.text AS own_reason," \
    "       COALESCE(x.completed_at, x.started_at) AS since" \
    "  FROM mlregistry.experiments x WHERE x.experiment_id" EQ "c.id"

#define APPROVAL_STATUS \
    "SELECT a.organization_id, a.project_id, a.approval_id AS id, a.approval_status AS state," \
    "       COALESCE(a.reviewed_by, a.requested_by) AS made_by," \
    "       CASE WHEN a.reviewed_by IS NULL THEN a.requested_by_user ELSE a.reviewed_by_user END AS made_by_user," \
    "       NULL::pg_catalog.text AS own_reason," \
    "       COALESCE(CASE WHEN " IS("a.approval_status", "expired") " THEN a.expires_at END," \
    "                a.reviewed_at, a.requested_at) AS since" \
    "  FROM mlregistry.approvals a WHERE a.approval_id" EQ "c.id"

// When a deployment that is not live came to be so is not written down, unless it was deactivated or terminated.
#define REASON_OF_DEPLOYMENT "CASE WHEN " IS("d.status", "deactivated") " THEN d.deactivation_reason END"
#define SINCE_OF_DEPLOYMENT \
    "COALESCE(CASE WHEN " IS("d.status", "deactivated") " THEN d.deactivated_at" \
    "              WHEN " IS("d.status", "terminated") " THEN d.terminated_at" \
    "              WHEN " ONE_OF("d.status", "active,degraded") " THEN d.deployed_at END," \
    "         d.created_at)"

#define DEPLOYMENT_STATUS \
    "SELECT d.organization_id, d.project_id, d.deployment_id AS id, d.status AS state," \
    "       d.deployed_by AS made_by, d.deployed_by_user AS made_by_user," \
    "       " REASON_OF_DEPLOYMENT " AS own_reason, " SINCE_OF_DEPLOYMENT " AS since" \
    "  FROM mlregistry.deployments d WHERE d.deployment_id" EQ "c.id"

// ---------------------------------------------------------------------------------------------------------------------
// Periods. `here`: which rows of the history are of key c.id.

#define OPEN_PERIOD(history, here, what) \
    "SELECT " what " FROM mlregistry." history " h WHERE " here " AND h.valid_to" EQ INFINITE

// A row whose open period says something else than it does ends it, once, also where its key comes twice. What moves
// together does so at one moment: production versions swap, shares of traffic add up.
#define MOVED(history, here, row, differs, told) \
    "WITH moved AS (" \
    "    UPDATE mlregistry." history " h SET valid_to = e.at" \
    "      FROM (SELECT e.*, " told ", o.place, pg_catalog.max(" END_OF_PERIOD("o", "$2") ") OVER () AS at" \
    "              FROM pg_catalog.unnest($1) AS c (id)" \
    "             CROSS JOIN LATERAL (" row " OFFSET 0) AS e" \
    "             CROSS JOIN LATERAL (" OPEN_PERIOD(history, here, "h.*, h.ctid AS place") " OFFSET 0) AS o" \
    "             WHERE " differs ") AS e" \
    "     WHERE h.ctid" EQ "e.place" \
    "    RETURNING e.*) "

// A row that has no open period begins one when its state began, but not before the last one has ended. Distinct: what
// triggers of rows do to the same table comes into the same transition tables.
#define UNTOLD(history, here, row, told, newest_first) \
    " FROM (SELECT DISTINCT u.id FROM pg_catalog.unnest($1) AS u (id)) AS c" \
    " CROSS JOIN LATERAL (" row " OFFSET 0) AS e" \
    "  LEFT JOIN LATERAL (SELECT " told ", h.valid_to FROM mlregistry." history " h WHERE " here \
    "                      ORDER BY " newest_first " LIMIT 1) AS last ON true" \
    " CROSS JOIN LATERAL (SELECT GREATEST(LEAST($2, e.since), last.valid_to) AS at OFFSET 0) AS first" \
    " WHERE last.valid_to IS NULL OR last.valid_to" LT INFINITE

// A row that is gone has no period from now on. By a subquery, which the planner leaves where it is.
#define CLOSE(history, here, table, key) \
    "UPDATE mlregistry." history " h SET valid_to = " END_OF_PERIOD("h", "$2") \
    "  FROM pg_catalog.unnest($1) AS c (id)" \
    " CROSS JOIN LATERAL (" OPEN_PERIOD(history, here, "h.ctid AS place") " OFFSET 0) AS o" \
    " WHERE h.ctid" EQ "o.place" \
    "   AND (SELECT true FROM mlregistry." table " r WHERE r." key EQ "c.id) IS NULL" \
    " RETURNING h.valid_to"

#define CLOSE_ALL(history, told_of, history_key, table, key) \
    "UPDATE mlregistry." history " h SET valid_to = " END_OF_PERIOD("h", "$1") \
    " WHERE " told_of " AND h.valid_to" EQ INFINITE \
    "   AND NOT EXISTS (SELECT FROM mlregistry." table " r WHERE r." key EQ "h." history_key ")"

// ---------------------------------------------------------------------------------------------------------------------
// Statuses and stages. `name` and `values`: columns of the history that name the row, and what is in them.

#define TELL_STATE(history, state, name) \
    "INSERT INTO mlregistry." history " (organization_id, project_id, " name ", " state ", previous_" state "," \
    "            reason, changed_by, changed_by_user, valid_from) "

#define MOVE_STATE(history, here, row, state, name, values) \
    MOVED(history, here, row, "o." state NE "e.state", "o." state " AS was") \
    TELL_STATE(history, state, name) \
    "SELECT e.organization_id, e.project_id, " values ", e.state, e.was, COALESCE($3, e.own_reason), $4, $5, e.at" \
    "  FROM moved e RETURNING valid_from"

#define BEGIN_STATE(history, here, row, state, name, values) \
    TELL_STATE(history, state, name) \
    "SELECT e.organization_id, e.project_id, " values ", e.state, last.was, COALESCE($3, e.own_reason)," \
    "       e.made_by, e.made_by_user, first.at" \
    UNTOLD(history, here, row, "h." state " AS was", "h.valid_to DESC") " RETURNING valid_from"

OwnerQuery of_changes(const char *sql) {
    return {sql, 6, {UUIDARRAYOID, TIMESTAMPTZOID, TEXTOID, TEXTOID, UUIDOID, BOOLOID}};
}
OwnerQuery of_keys(const char *sql) { return {sql, 2, {UUIDARRAYOID, TIMESTAMPTZOID}}; }
OwnerQuery of_all(const char *sql) { return {sql, 1, {TIMESTAMPTZOID}}; }

#define STATUS_HERE(kind) IS("h.entity_kind", kind) " AND h.entity_id" EQ "c.id"
#define STATUS_IN(tell, kind, row) \
    tell("status_history", STATUS_HERE(kind), row, "status", "entity_kind, entity_id", "'" kind "', e.id")
#define STATUS_OF(kind, row, table, key) { \
    of_changes(STATUS_IN(MOVE_STATE, kind, row)), \
    of_changes(STATUS_IN(BEGIN_STATE, kind, row)), \
    of_keys(CLOSE("status_history", STATUS_HERE(kind), table, key)), \
    of_all(CLOSE_ALL("status_history", IS("h.entity_kind", kind), "entity_id", table, key))}

History status_of_version = STATUS_OF("version", VERSION_STATUS, "model_versions", "version_id");
History status_of_run = STATUS_OF("run", RUN_STATUS, "training_runs", "run_id");
History status_of_experiment = STATUS_OF("experiment", EXPERIMENT_STATUS, "experiments", "experiment_id");
History status_of_deployment = STATUS_OF("deployment", DEPLOYMENT_STATUS, "deployments", "deployment_id");
History status_of_approval = STATUS_OF("approval", APPROVAL_STATUS, "approvals", "approval_id");

#define STAGE_HERE "h.version_id" EQ "c.id"
#define STAGE_IN(tell) \
    tell("stage_history", STAGE_HERE, VERSION_STAGE, "stage", \
         "model_id, version_id, semver", "e.model_id, e.id, e.semver")

History stages{
    of_changes(STAGE_IN(MOVE_STATE)),
    of_changes(STAGE_IN(BEGIN_STATE)),
    of_keys(CLOSE("stage_history", STAGE_HERE, "model_versions", "version_id")),
    of_all(CLOSE_ALL("stage_history", "true", "version_id", "model_versions", "version_id")),
};

// ---------------------------------------------------------------------------------------------------------------------
// What deployments serve: more than one column of them is told, and where they lie.

#define SERVED \
    "SELECT d.*, s.environment_name, v.semver::pg_catalog.text AS semver," \
    "       CASE WHEN " IS("d.status", "pending") " THEN 'pending'" \
    "            WHEN " ONE_OF("d.status", "deploying,terminating") " THEN 'in_progress'" \
    "            WHEN " IS("d.status", "failed") " THEN 'failed' ELSE 'completed' END AS outcome," \
    "       " REASON_OF_DEPLOYMENT " AS own_reason, " SINCE_OF_DEPLOYMENT " AS since" \
    "  FROM mlregistry.deployments d" \
    "  JOIN mlregistry.environments s ON s.environment_id" EQ "d.environment_id" \
    "  JOIN mlregistry.model_versions v ON v.version_id" EQ "d.version_id" \
    " WHERE d.deployment_id" EQ "c.id"

#define SERVED_HERE "h.deployment_id" EQ "c.id"

// The reason of what has failed is its error, too. What came of it is known at once, unless it is under way.
#define TELL_SERVED(previous_version, action, performed_by, performed_by_user, at) \
    "INSERT INTO mlregistry.deployment_history (organization_id, project_id, deployment_id, deployment_name," \
    "            environment_id, environment_name, model_id, version_id, semver, previous_version_id, action," \
    "            status, deployment_status, traffic_percentage, replicas, error_message, reason," \
    "            performed_by, performed_by_user, started_at, completed_at, valid_from) " \
    "SELECT e.organization_id, e.project_id, e.deployment_id, e.deployment_name," \
    "       e.environment_id, e.environment_name, e.model_id, e.version_id, e.semver, " previous_version "," \
    "       " action ", e.outcome, e.status, e.traffic_percentage, e.replicas," \
    "       CASE WHEN " IS("e.outcome", "failed") " THEN $3 END, COALESCE($3, e.own_reason)," \
    "       " performed_by ", " performed_by_user ", " at "," \
    "       CASE WHEN " ONE_OF("e.outcome", "completed,failed") " THEN " at " END, " at

// The first column that has changed says what was done. Who moved the version stands in the row.
#define OTHER_VERSION "e.version_was" NE "e.version_id"
#define MOVE_SERVED \
    MOVED("deployment_history", SERVED_HERE, SERVED, \
          "(o.version_id" NE "e.version_id OR o.deployment_status" NE "e.status" \
          " OR o.traffic_percentage" NE "e.traffic_percentage OR o.replicas" NE "e.replicas)", \
          "o.version_id AS version_was, o.deployment_status AS was, o.traffic_percentage AS traffic_was") \
    TELL_SERVED("CASE WHEN " OTHER_VERSION " THEN e.version_was END", \
                "CASE WHEN " OTHER_VERSION " THEN CASE WHEN $6 THEN 'rollback' ELSE 'update' END" \
                "     WHEN e.was" NE "e.status" \
                "     THEN CASE WHEN " ONE_OF("e.status", "terminating,terminated") " THEN 'terminate'" \
                "               ELSE 'status' END" \
                "     WHEN e.traffic_was" NE "e.traffic_percentage THEN 'traffic' ELSE 'scale' END", \
                "CASE WHEN " OTHER_VERSION " THEN e.deployed_by ELSE $4 END", \
                "CASE WHEN " OTHER_VERSION " THEN e.deployed_by_user ELSE $5 END", "e.at") \
    " FROM moved e RETURNING valid_from"

#define BEGIN_SERVED \
    TELL_SERVED("NULL::pg_catalog.uuid", "'deploy'", "e.deployed_by", "e.deployed_by_user", "first.at") \
    UNTOLD("deployment_history", SERVED_HERE, SERVED, "h.version_id", "h.valid_from DESC") \
    " RETURNING valid_from"

History served{
    of_changes(MOVE_SERVED),
    of_changes(BEGIN_SERVED),
    of_keys(CLOSE("deployment_history", SERVED_HERE, "deployments", "deployment_id")),
    of_all(CLOSE_ALL("deployment_history", "true", "deployment_id", "deployments", "deployment_id")),
};

// clang-format on

struct Entity {
    const char *kind;
    History *history;
};

const Entity entities[] = {
    {"version", &status_of_version},       {"run", &status_of_run},           {"experiment", &status_of_experiment},
    {"deployment", &status_of_deployment}, {"approval", &status_of_approval},
};

} // namespace

History *history_of_status(const char *kind) {
    for (const Entity &entity : entities) {
        if (std::strcmp(kind, entity.kind) == 0) {
            return entity.history;
        }
    }
    return nullptr;
}

History &history_of_stages() { return stages; }

History &history_of_deployments() { return served; }

} // namespace mlregistry::pg
