// The SQL that writes edges of lineage.
//
// One row per edge and period; the open one ends at infinity. `open` begins edges of facts that have no open one,
// `close` ends open edges whose fact is no more. Both look at the facts as they are now, with the latest snapshot, so
// whatever happened to a row meanwhile, and however often its keys come, edges say afterwards what is so. The two kinds
// of an edge tell which table records it.
//
// A plan is kept while tables grow from nothing to millions of rows, and one of what is looked up here may have
// millions of rows itself: the edges of one dataset, the runs of one version. So every query leaves the planner one
// index to go along. Where the key is one column, nothing but that is asked in the subquery that looks it up. Where it
// has several, the subquery takes, of the first ones, the last row that does not come after the others, in the order of
// the primary key, which only its index gives; whether that is the one is asked afterwards. (Seen on 15: asked for what
// equals each column, the plan of a new table went along idx_lineage_down_asof and read all edges of a dataset for each
// of them. Asked for what lies between a row and itself, a scan goes on to the end: of a row only the first column
// stops it.) LATERAL with OFFSET 0 keeps the loop over keys a loop.
#include "lineage_queries.hpp"

#include "owner_sql.hpp"

extern "C" {
#include "catalog/pg_type.h"
}

#include <cstring>

namespace mlregistry::pg {

namespace {

// clang-format off

// ---------------------------------------------------------------------------------------------------------------------
// Facts: what records the edge c (child_id, parent_id, qualifier), and what the edge says then; none or one row. `since`
// is the fact's own time, from which on imports tell of it. `c` may be any row that has these columns.

#define LE " OPERATOR(pg_catalog.<=) "

#define USE \
    "SELECT f.organization_id, f.project_id AS child_project_id, d.project_id AS parent_project_id, f.added_at AS since" \
    "  FROM (SELECT x.dataset_id, x.dataset_role, x.organization_id, x.project_id, x.added_at" \
    "          FROM mlregistry.run_datasets x" \
    "         WHERE x.run_id" EQ "c.child_id AND ROW(x.dataset_id, x.dataset_role)" LE "ROW(c.parent_id, c.qualifier)" \
    "         ORDER BY x.dataset_id DESC, x.dataset_role DESC LIMIT 1) AS f" \
    "  JOIN mlregistry.datasets d ON d.dataset_id" EQ "f.dataset_id" \
    " WHERE f.dataset_id" EQ "c.parent_id AND f.dataset_role" EQ "c.qualifier"

#define PRODUCTION \
    "SELECT f.organization_id, v.project_id AS child_project_id, f.project_id AS parent_project_id," \
    "       COALESCE(f.completed_at, f.created_at) AS since" \
    "  FROM (SELECT x.version_id, x.organization_id, x.project_id, x.completed_at, x.created_at" \
    "          FROM mlregistry.training_runs x WHERE x.run_id" EQ "c.parent_id OFFSET 0) AS f" \
    "  JOIN mlregistry.model_versions v ON v.version_id" EQ "f.version_id" \
    " WHERE f.version_id" EQ "c.child_id"

#define DESCENT \
    "SELECT f.organization_id, f.project_id AS child_project_id, p.project_id AS parent_project_id, f.queued_at AS since" \
    "  FROM (SELECT x.parent_run_id, x.organization_id, x.project_id, x.queued_at" \
    "          FROM mlregistry.training_runs x WHERE x.run_id" EQ "c.child_id OFFSET 0) AS f" \
    "  JOIN mlregistry.training_runs p ON p.run_id" EQ "f.parent_run_id" \
    " WHERE f.parent_run_id" EQ "c.parent_id"

#define VERSION_PARENT \
    "SELECT f.organization_id, f.project_id AS child_project_id, p.project_id AS parent_project_id, f.created_at AS since" \
    "  FROM (SELECT x.parent_version_id, x.relation, x.organization_id, x.project_id, x.created_at" \
    "          FROM mlregistry.version_parents x" \
    "         WHERE x.version_id" EQ "c.child_id" \
    "           AND ROW(x.parent_version_id, x.relation)" LE "ROW(c.parent_id, c.qualifier)" \
    "         ORDER BY x.parent_version_id DESC, x.relation DESC LIMIT 1) AS f" \
    "  JOIN mlregistry.model_versions p ON p.version_id" EQ "f.parent_version_id" \
    " WHERE f.parent_version_id" EQ "c.parent_id AND f.relation" EQ "c.qualifier"

#define DATASET_PARENT \
    "SELECT f.organization_id, f.project_id AS child_project_id, p.project_id AS parent_project_id, f.created_at AS since" \
    "  FROM (SELECT x.parent_dataset_id, x.organization_id, x.project_id, x.created_at" \
    "          FROM mlregistry.dataset_parents x" \
    "         WHERE x.dataset_id" EQ "c.child_id AND x.parent_dataset_id" LE "c.parent_id" \
    "         ORDER BY x.parent_dataset_id DESC LIMIT 1) AS f" \
    "  JOIN mlregistry.datasets p ON p.dataset_id" EQ "f.parent_dataset_id" \
    " WHERE f.parent_dataset_id" EQ "c.parent_id"

#define IS_OPEN(status) ONE_OF(status, "pending,deploying,active,degraded,terminating")
#define SERVICE \
    "SELECT f.organization_id, f.project_id AS child_project_id, v.project_id AS parent_project_id," \
    "       COALESCE(f.deployed_at, f.created_at) AS since" \
    "  FROM (SELECT x.version_id, x.status, x.organization_id, x.project_id, x.deployed_at, x.created_at" \
    "          FROM mlregistry.deployments x WHERE x.deployment_id" EQ "c.child_id OFFSET 0) AS f" \
    "  JOIN mlregistry.model_versions v ON v.version_id" EQ "f.version_id" \
    " WHERE f.version_id" EQ "c.parent_id AND " IS_OPEN("f.status")

#define RELATION_OF_ROLE(role) \
    "CASE WHEN " IS(role, "train") " THEN 'trained-on' WHEN " IS(role, "validation") " THEN 'validated-on'" \
    "     WHEN " IS(role, "test") " THEN 'tested-on' ELSE 'held-out-on' END"

// ---------------------------------------------------------------------------------------------------------------------
// Edges.

// The last period of the edge c, whose kinds and organization are given; none or one row.
#define LAST_PERIOD(organization, child, parent) \
    "SELECT l.place, l.valid_from, l.valid_to" \
    "  FROM (SELECT x.ctid AS place, x.parent_kind, x.parent_id, x.relation, x.valid_from, x.valid_to" \
    "          FROM mlregistry.lineage_edges x" \
    "         WHERE x.organization_id" EQ organization " AND " IS("x.child_kind", child) \
    "           AND x.child_id" EQ "c.child_id" \
    "           AND ROW(x.parent_kind, x.parent_id, x.relation)" LE "ROW('" parent "', c.parent_id, c.relation)" \
    "         ORDER BY x.parent_kind DESC, x.parent_id DESC, x.relation DESC, x.valid_from DESC LIMIT 1) AS l" \
    " WHERE " IS("l.parent_kind", parent) " AND l.parent_id" EQ "c.parent_id AND l.relation" EQ "c.relation"

// Keys of edges. Distinct: what triggers of rows do to the same table comes into the same transition tables.
#define KEYS(arrays, columns, relation) \
    "(SELECT DISTINCT " columns ", " relation " AS relation FROM ROWS FROM (" arrays ") AS u (" columns ")) AS c"

// Begins when the fact did, but not before the last period of the same edge has ended.
#define OPEN(child, parent, relation, fact) \
    "INSERT INTO mlregistry.lineage_edges (organization_id, child_kind, child_id, parent_kind, parent_id, relation," \
    "            child_project_id, parent_project_id, valid_from) " \
    "SELECT e.organization_id, '" child "', c.child_id, '" parent "', c.parent_id, c.relation," \
    "       e.child_project_id, e.parent_project_id," \
    "       GREATEST(CASE WHEN $4 THEN LEAST($5, e.since) ELSE $5 END, last.valid_to)" \
    "  FROM " KEYS("pg_catalog.unnest($1), pg_catalog.unnest($2), pg_catalog.unnest($3)", \
                   "child_id, parent_id, qualifier", relation) \
    " CROSS JOIN LATERAL (" fact " OFFSET 0) AS e" \
    "  LEFT JOIN LATERAL (" LAST_PERIOD("e.organization_id", child, parent) " OFFSET 0) AS last ON true" \
    " WHERE last.valid_to IS NULL OR last.valid_to" LT INFINITE \
    " RETURNING valid_from"

#define CLOSED_AT(at) "SET valid_to = " at ", changed_in = pg_catalog.pg_current_xact_id()"

// What ends together does so at one moment. A fact that is as it was is found by a subquery, which the planner leaves
// where it is.
#define CLOSE(child, parent, relation, fact) \
    "UPDATE mlregistry.lineage_edges h " CLOSED_AT("e.at") \
    "  FROM (SELECT o.place, pg_catalog.max(" END_OF_PERIOD("o", "$5") ") OVER () AS at" \
    "          FROM " KEYS("pg_catalog.unnest($1), pg_catalog.unnest($2), pg_catalog.unnest($3), pg_catalog.unnest($4)", \
                           "organization_id, child_id, parent_id, qualifier", relation) \
    "         CROSS JOIN LATERAL (" LAST_PERIOD("c.organization_id", child, parent) " OFFSET 0) AS o" \
    "         WHERE o.valid_to" EQ INFINITE " AND (SELECT true FROM (" fact ") AS f) IS NULL) AS e" \
    " WHERE h.ctid" EQ "e.place" \
    " RETURNING e.at"

#define CLOSE_ALL(child, parent, table, here) \
    "UPDATE mlregistry.lineage_edges h " CLOSED_AT(END_OF_PERIOD("h", "$1")) \
    " WHERE " IS("h.child_kind", child) " AND " IS("h.parent_kind", parent) " AND h.valid_to" EQ INFINITE \
    "   AND NOT EXISTS (SELECT FROM mlregistry." table " f WHERE " here ")"

OwnerQuery of_facts(const char *sql) {
    return {sql, 5, {UUIDARRAYOID, UUIDARRAYOID, TEXTARRAYOID, BOOLOID, TIMESTAMPTZOID}};
}
OwnerQuery of_edges(const char *sql) {
    return {sql, 5, {UUIDARRAYOID, UUIDARRAYOID, UUIDARRAYOID, TEXTARRAYOID, TIMESTAMPTZOID}};
}
OwnerQuery of_all(const char *sql) { return {sql, 1, {TIMESTAMPTZOID}}; }

#define QUERIES(child, parent, relation, fact, table, here) \
    of_facts(OPEN(child, parent, relation, fact)), of_edges(CLOSE(child, parent, relation, fact)), \
    of_all(CLOSE_ALL(child, parent, table, here))

LineageSource sources[] = {
    {"run_datasets", 1, {
        {"run_id", "dataset_id", "dataset_role", false,
         QUERIES("run", "dataset", RELATION_OF_ROLE("qualifier"), USE, "run_datasets",
                 "f.run_id" EQ "h.child_id AND f.dataset_id" EQ "h.parent_id AND "
                 RELATION_OF_ROLE("f.dataset_role") EQ "h.relation")}}},
    {"training_runs", 2, {
        {"version_id", "run_id", nullptr, false,
         QUERIES("version", "run", "'produced-by'", PRODUCTION, "training_runs",
                 "f.run_id" EQ "h.parent_id AND f.version_id" EQ "h.child_id")},
        {"run_id", "parent_run_id", nullptr, false,
         QUERIES("run", "run", "'child-run-of'", DESCENT, "training_runs",
                 "f.run_id" EQ "h.child_id AND f.parent_run_id" EQ "h.parent_id")}}},
    {"version_parents", 1, {
        {"version_id", "parent_version_id", "relation", false,
         QUERIES("version", "version", "qualifier", VERSION_PARENT, "version_parents",
                 "f.version_id" EQ "h.child_id AND f.parent_version_id" EQ "h.parent_id"
                 " AND f.relation" EQ "h.relation")}}},
    {"dataset_parents", 1, {
        {"dataset_id", "parent_dataset_id", nullptr, false,
         QUERIES("dataset", "dataset", "'derived-from'", DATASET_PARENT, "dataset_parents",
                 "f.dataset_id" EQ "h.child_id AND f.parent_dataset_id" EQ "h.parent_id")}}},
    {"deployments", 1, {
        {"deployment_id", "version_id", "status", true,
         QUERIES("deployment", "version", "'serves'", SERVICE, "deployments",
                 "f.deployment_id" EQ "h.child_id AND f.version_id" EQ "h.parent_id AND " IS_OPEN("f.status"))}}},
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
