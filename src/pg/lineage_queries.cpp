// The SQL that writes edges of lineage.
//
// One row per edge and period; the open one ends at infinity. `open` begins edges of facts that have no open one,
// `close` ends open edges whose fact is no more. Both look at the facts as they are now, with the latest snapshot, so
// whatever happened to a row meanwhile, and however often its keys come, edges say afterwards what is so. The two kinds
// of an edge tell which table records it.
//
// A plan is kept while tables grow from nothing to millions of rows, so none may depend on their size: see
// history_queries.cpp.
#include "lineage_queries.hpp"

extern "C" {
#include "catalog/pg_type.h"
}

#include <cstring>

namespace mlregistry::pg {

namespace {

// clang-format off

// Operators by their schema, as the search_path is the caller's.
#define EQ " OPERATOR(pg_catalog.=) "
#define LT " OPERATOR(pg_catalog.<) "
#define IS(column, word) column EQ "'" word "'"
#define ONE_OF(column, words) column EQ "ANY ('{" words "}'::pg_catalog.text[])"

#define NOW "pg_catalog.clock_timestamp()"
#define INFINITE "'infinity'::pg_catalog.timestamptz"
// A clock that steps back must not turn a period round.
#define END_OF_PERIOD "GREATEST(" NOW ", h.valid_from OPERATOR(pg_catalog.+) '1 microsecond'::pg_catalog.interval)"

// ---------------------------------------------------------------------------------------------------------------------
// Facts. `HERE`: which rows record the edge from c.child_id to c.parent_id; `ROWS`: what the edge says then. `since` is
// the fact's own time, from which on imports tell of it.

#define RELATION_OF_ROLE \
    "CASE WHEN " IS("f.dataset_role", "train") " THEN 'trained-on'" \
    "     WHEN " IS("f.dataset_role", "validation") " THEN 'validated-on'" \
    "     WHEN " IS("f.dataset_role", "test") " THEN 'tested-on' ELSE 'held-out-on' END"
#define USE_HERE(c) "f.run_id" EQ c ".child_id AND f.dataset_id" EQ c ".parent_id"
#define USE_ROWS \
    "SELECT f.organization_id, f.project_id AS child_project_id, d.project_id AS parent_project_id," \
    "       " RELATION_OF_ROLE " AS relation, f.added_at AS since" \
    "  FROM mlregistry.run_datasets f JOIN mlregistry.datasets d ON d.dataset_id" EQ "f.dataset_id" \
    " WHERE " USE_HERE("c")

#define PRODUCTION_HERE(c) "f.run_id" EQ c ".parent_id AND f.version_id" EQ c ".child_id"
#define PRODUCTION_ROWS \
    "SELECT f.organization_id, v.project_id AS child_project_id, f.project_id AS parent_project_id," \
    "       'produced-by' AS relation, COALESCE(f.completed_at, f.created_at) AS since" \
    "  FROM mlregistry.training_runs f JOIN mlregistry.model_versions v ON v.version_id" EQ "f.version_id" \
    " WHERE " PRODUCTION_HERE("c")

#define DESCENT_HERE(c) "f.run_id" EQ c ".child_id AND f.parent_run_id" EQ c ".parent_id"
#define DESCENT_ROWS \
    "SELECT f.organization_id, f.project_id AS child_project_id, p.project_id AS parent_project_id," \
    "       'child-run-of' AS relation, f.queued_at AS since" \
    "  FROM mlregistry.training_runs f JOIN mlregistry.training_runs p ON p.run_id" EQ "f.parent_run_id" \
    " WHERE " DESCENT_HERE("c")

#define VERSION_PARENT_HERE(c) "f.version_id" EQ c ".child_id AND f.parent_version_id" EQ c ".parent_id"
#define VERSION_PARENT_ROWS \
    "SELECT f.organization_id, f.project_id AS child_project_id, p.project_id AS parent_project_id," \
    "       f.relation, f.created_at AS since" \
    "  FROM mlregistry.version_parents f JOIN mlregistry.model_versions p ON p.version_id" EQ "f.parent_version_id" \
    " WHERE " VERSION_PARENT_HERE("c")

#define DATASET_PARENT_HERE(c) "f.dataset_id" EQ c ".child_id AND f.parent_dataset_id" EQ c ".parent_id"
#define DATASET_PARENT_ROWS \
    "SELECT f.organization_id, f.project_id AS child_project_id, p.project_id AS parent_project_id," \
    "       'derived-from' AS relation, f.created_at AS since" \
    "  FROM mlregistry.dataset_parents f JOIN mlregistry.datasets p ON p.dataset_id" EQ "f.parent_dataset_id" \
    " WHERE " DATASET_PARENT_HERE("c")

#define SERVICE_HERE(c) \
    "f.deployment_id" EQ c ".child_id AND f.version_id" EQ c ".parent_id" \
    " AND " ONE_OF("f.status", "pending,deploying,active,degraded,terminating")
#define SERVICE_ROWS \
    "SELECT f.organization_id, f.project_id AS child_project_id, v.project_id AS parent_project_id," \
    "       'serves' AS relation, COALESCE(f.deployed_at, f.created_at) AS since" \
    "  FROM mlregistry.deployments f JOIN mlregistry.model_versions v ON v.version_id" EQ "f.version_id" \
    " WHERE " SERVICE_HERE("c")

// ---------------------------------------------------------------------------------------------------------------------
// Edges.

#define KINDS(h, child, parent) IS(h ".child_kind", child) " AND " IS(h ".parent_kind", parent)

// Begins when the fact did, but not before the last period of the same edge has ended. Distinct: what triggers of rows
// do to the same table comes into the same transition tables.
#define OPEN(child, parent, rows) \
    "INSERT INTO mlregistry.lineage_edges (organization_id, child_kind, child_id, parent_kind, parent_id, relation," \
    "            child_project_id, parent_project_id, valid_from) " \
    "SELECT e.organization_id, '" child "', c.child_id, '" parent "', c.parent_id, e.relation," \
    "       e.child_project_id, e.parent_project_id," \
    "       GREATEST(CASE WHEN $3 THEN LEAST(" NOW ", e.since) ELSE " NOW " END, last.valid_to)" \
    "  FROM (SELECT DISTINCT u.child_id, u.parent_id" \
    "          FROM ROWS FROM (pg_catalog.unnest($1), pg_catalog.unnest($2)) AS u (child_id, parent_id)) AS c" \
    " CROSS JOIN LATERAL (" rows " OFFSET 0) AS e" \
    "  LEFT JOIN LATERAL (SELECT h.valid_to FROM mlregistry.lineage_edges h" \
    "                      WHERE h.organization_id" EQ "e.organization_id AND " KINDS("h", child, parent) \
    "                        AND h.child_id" EQ "c.child_id AND h.parent_id" EQ "c.parent_id" \
    "                        AND h.relation" EQ "e.relation" \
    "                      ORDER BY h.valid_from DESC LIMIT 1) AS last ON true" \
    " WHERE last.valid_to IS NULL OR last.valid_to" LT INFINITE

#define CLOSED "SET valid_to = " END_OF_PERIOD ", changed_in = pg_catalog.pg_current_xact_id()"

// A fact that is as it was is found by a subquery, which the planner leaves where it is.
#define CLOSE(child, parent, table, here, same_relation) \
    "UPDATE mlregistry.lineage_edges h " CLOSED \
    "  FROM (SELECT DISTINCT u.organization_id, u.child_id, u.parent_id" \
    "          FROM ROWS FROM (pg_catalog.unnest($1), pg_catalog.unnest($2), pg_catalog.unnest($3))" \
    "            AS u (organization_id, child_id, parent_id)) AS c" \
    " CROSS JOIN LATERAL (SELECT o.ctid AS place FROM mlregistry.lineage_edges o" \
    "                      WHERE o.organization_id" EQ "c.organization_id AND " KINDS("o", child, parent) \
    "                        AND o.child_id" EQ "c.child_id AND o.parent_id" EQ "c.parent_id" \
    "                        AND o.valid_to" EQ INFINITE " OFFSET 0) AS o" \
    " WHERE h.ctid" EQ "o.place" \
    "   AND (SELECT true FROM mlregistry." table " f WHERE " here("h") same_relation ") IS NULL"

#define CLOSE_ALL(child, parent, table, here, same_relation) \
    "UPDATE mlregistry.lineage_edges h " CLOSED \
    " WHERE " KINDS("h", child, parent) " AND h.valid_to" EQ INFINITE \
    "   AND NOT EXISTS (SELECT FROM mlregistry." table " f WHERE " here("h") same_relation ")"

OwnerQuery of_facts(const char *sql) { return {sql, 3, {UUIDARRAYOID, UUIDARRAYOID, BOOLOID}}; }
OwnerQuery of_edges(const char *sql) { return {sql, 3, {UUIDARRAYOID, UUIDARRAYOID, UUIDARRAYOID}}; }
OwnerQuery of_all(const char *sql) { return {sql, 0, {}}; }

#define LINK(child_column, parent_column, qualifier, only_open, child, parent, table, rows, here, same_relation) { \
    child_column, parent_column, qualifier, only_open, of_facts(OPEN(child, parent, rows)), \
    of_edges(CLOSE(child, parent, table, here, same_relation)), \
    of_all(CLOSE_ALL(child, parent, table, here, same_relation))}

LineageSource sources[] = {
    {"run_datasets", 1, {
        LINK("run_id", "dataset_id", "dataset_role", false, "run", "dataset", "run_datasets", USE_ROWS, USE_HERE,
             " AND " RELATION_OF_ROLE EQ "h.relation")}},
    {"training_runs", 2, {
        LINK("version_id", "run_id", nullptr, false, "version", "run", "training_runs", PRODUCTION_ROWS,
             PRODUCTION_HERE, ""),
        LINK("run_id", "parent_run_id", nullptr, false, "run", "run", "training_runs", DESCENT_ROWS,
             DESCENT_HERE, "")}},
    {"version_parents", 1, {
        LINK("version_id", "parent_version_id", "relation", false, "version", "version", "version_parents",
             VERSION_PARENT_ROWS, VERSION_PARENT_HERE, " AND f.relation" EQ "h.relation")}},
    {"dataset_parents", 1, {
        LINK("dataset_id", "parent_dataset_id", nullptr, false, "dataset", "dataset", "dataset_parents",
             DATASET_PARENT_ROWS, DATASET_PARENT_HERE, "")}},
    {"deployments", 1, {
        LINK("deployment_id", "version_id", "status", true, "deployment", "version", "deployments",
             SERVICE_ROWS, SERVICE_HERE, "")}},
};

// clang-format on

} // namespace

LineageSource *lineage_of(const char *table) {
    for (LineageSource &source : sources) {
        if (std::strcmp(table, source.table) == 0) {
            return &source;
        }
    }
    return nullptr;
}

} // namespace mlregistry::pg
