-- Lineage: what is reached from something, upstream, downstream and both; what one may not see, and what is not there any more.
SET search_path = public, mlregistry;
SET timezone = 'UTC';
SET client_min_messages = warning;
\set SHOW_CONTEXT never
\set VERBOSITY terse

-- Two projects: Vera sees the default one, the lab is none of hers.
DROP ROLE IF EXISTS l9_vera, l9_stranger;
CREATE ROLE l9_vera; CREATE ROLE l9_stranger;
SELECT count(*) FROM create_user('vera@example.com', db_role => 'l9_vera') AS u, add_member('vera@example.com', 'viewer') AS m, grant_access('l9_vera', 'reader', sql_only => true) AS g;
SELECT count(*) FROM create_project('lab');
CREATE FUNCTION id(n integer) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$ SELECT ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid $$;
CREATE FUNCTION lab() RETURNS uuid LANGUAGE sql STABLE AS $$ SELECT project_id FROM mlregistry.projects WHERE slug = 'lab' $$;

-- raw <- clean <- features <- runs 11, 12 <- fraud 1.0.0 <- 1.1.0 <- 2.0.0, with a branch through the lab.
INSERT INTO datasets (dataset_id, dataset_name, display_name, storage_location, storage_format)
SELECT id(n), name, name, 's3://data/' || name, 'parquet' FROM (VALUES (1, 'raw'), (2, 'clean'), (3, 'features')) AS d (n, name);
INSERT INTO datasets (dataset_id, dataset_name, display_name, storage_location, storage_format, project_id) VALUES (id(4), 'secret', 'secret', 's3://data/secret', 'parquet', lab());
INSERT INTO dataset_parents (dataset_id, parent_dataset_id) VALUES (id(2), id(1)), (id(3), id(2)), (id(3), id(4));
INSERT INTO dataset_parents (dataset_id, parent_dataset_id, project_id) VALUES (id(4), id(1), lab());
INSERT INTO models (model_id, model_name, display_name, framework) VALUES (id(100), 'fraud', 'Fraud', 'xgboost');
INSERT INTO models (model_id, model_name, display_name, framework, project_id) VALUES (id(101), 'spy', 'Spy', 'xgboost', lab());
INSERT INTO experiments (experiment_id, experiment_name, model_id) VALUES (id(200), 'tuning', id(100));
INSERT INTO experiments (experiment_id, experiment_name, model_id, project_id) VALUES (id(201), 'hidden tuning', id(101), lab());
INSERT INTO training_runs (run_id, experiment_id, run_name) VALUES (id(11), id(200), 'first'), (id(12), id(200), NULL);
INSERT INTO training_runs (run_id, experiment_id, project_id) VALUES (id(13), id(201), lab());
UPDATE training_runs SET parent_run_id = id(11) WHERE run_id = id(12);
INSERT INTO run_datasets (run_id, dataset_id, dataset_role) VALUES (id(11), id(3), 'train'), (id(11), id(3), 'test'), (id(11), id(2), 'validation'), (id(12), id(3), 'train');
INSERT INTO run_datasets (run_id, dataset_id, dataset_role, project_id) VALUES (id(13), id(4), 'train', lab());
INSERT INTO model_versions (version_id, model_id, semver, artifact_uri)
SELECT id(n), id(100), semver::semver, 's3://models/fraud/' || semver FROM (VALUES (21, '1.0.0'), (22, '1.1.0'), (23, '2.0.0')) AS v (n, semver);
INSERT INTO model_versions (version_id, model_id, semver, artifact_uri, project_id) VALUES (id(24), id(101), '1.0.0', 's3://models/spy/1.0.0', lab());
UPDATE training_runs SET version_id = id(21) WHERE run_id = id(11);
UPDATE training_runs SET version_id = id(22) WHERE run_id = id(12);
UPDATE training_runs SET version_id = id(24) WHERE run_id = id(13);
INSERT INTO version_parents (version_id, parent_version_id, relation) VALUES (id(22), id(21), 'fine-tuned-from'), (id(23), id(22), 'merged-from'), (id(23), id(24), 'merged-from');
SELECT count(*) FROM create_environment('prod-us', 'production');
SELECT count(*) FROM deploy('fraud@2.0.0', 'prod-us', 'fraud-api');
SELECT deployment_id AS api FROM deployments \gset

-- The deployment's identifier is another one each time.
CREATE FUNCTION shown(id uuid) RETURNS text LANGUAGE sql STABLE AS $$ SELECT CASE WHEN id::text LIKE '00000000-0000-4000-8000-%' THEN '#' || right(id::text, 12)::int WHEN id IS NOT NULL THEN 'api' END $$;
CREATE FUNCTION told(name text) RETURNS text LANGUAGE sql STABLE AS $$ SELECT regexp_replace(name, '00000000-0000-4000-8000-0*', '#') $$;
CREATE FUNCTION line(l lineage_info) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT format('%s %s %s %s <- %s %s%s%s', (l).depth, rpad((l).kind, 10), coalesce(told((l).name), 'NULL'), (l).relation, coalesce(told((l).from_name), (l).from_kind || ' NULL'), (l).project_slug,
                  CASE WHEN (l).is_hidden THEN ' hidden' END, CASE WHEN (l).is_deleted THEN ' deleted' END)
$$;

\echo == upstream
SELECT depth, kind, told(name) AS name, relation, from_kind, told(from_name) AS from_name, is_hidden, is_deleted, project_slug, shown(id), shown(from_id) AS "from" FROM upstream('fraud@2.0.0') ORDER BY depth, kind, id;
\echo == of several relations the one that tells most
INSERT INTO run_datasets (run_id, dataset_id, dataset_role) VALUES (id(11), id(1), 'holdout');
SELECT told(name) AS name, relation FROM upstream('run:00000000-0000-4000-8000-000000000011', max_depth => 1) ORDER BY name;
INSERT INTO run_datasets (run_id, dataset_id, dataset_role) VALUES (id(11), id(1), 'test');
SELECT relation FROM upstream('run:00000000-0000-4000-8000-000000000011', max_depth => 1) WHERE name = 'dataset:raw';
INSERT INTO run_datasets (run_id, dataset_id, dataset_role) VALUES (id(11), id(1), 'validation');
SELECT relation FROM upstream('run:00000000-0000-4000-8000-000000000011', max_depth => 1) WHERE name = 'dataset:raw';
INSERT INTO run_datasets (run_id, dataset_id, dataset_role) VALUES (id(11), id(1), 'train');
SELECT relation FROM upstream('run:00000000-0000-4000-8000-000000000011', max_depth => 1) WHERE name = 'dataset:raw';
DELETE FROM run_datasets WHERE run_id = id(11) AND dataset_id = id(1);
BEGIN;
INSERT INTO version_parents (version_id, parent_version_id, relation) VALUES (id(22), id(21), 'derived-from');
SELECT relation FROM upstream('fraud@1.1.0', max_depth => 1) WHERE name = 'fraud@1.0.0';
ROLLBACK;
\echo == downstream
SELECT line(l) FROM downstream('dataset:raw') AS l ORDER BY l.depth, l.kind, l.id::text LIKE '00000000-0000-4000-8000-%', l.id;
\echo == both
SELECT line(l) FROM lineage('fraud@1.1.0') AS l ORDER BY l.depth, l.kind, l.id;
\echo == an ancestor of one start is a descendant of another one
SELECT depth, kind, shown(id), relation, from_kind, shown(from_id) AS "from" FROM lineage_walk('{version,dataset}', ARRAY[id(21), id(2)], 'both') ORDER BY depth, kind, id::text LIKE '00000000-0000-4000-8000-%', id;

\echo == restricted
SELECT line(l) FROM upstream('fraud@2.0.0', max_depth => 2) AS l ORDER BY l.depth, l.kind, l.id;
SELECT line(l) FROM upstream('fraud@2.0.0', kinds => '{dataset}') AS l ORDER BY l.depth, l.kind, l.id;
SELECT line(l) FROM upstream('fraud@2.0.0', relations => '{merged-from,produced-by}') AS l ORDER BY l.depth, l.kind, l.id;
SELECT count(*) FROM upstream('fraud@2.0.0', max_depth => 0);
SELECT count(*) FROM upstream('fraud@2.0.0', relations => '{}');
SELECT count(*) FROM upstream('fraud@2.0.0', kinds => '{}');
SELECT count(*), count(DISTINCT id) FROM lineage_walk('{version,version,version}', ARRAY[id(23), id(23), id(22)]);
SELECT count(*) FROM lineage_walk('{}', '{}');
SELECT count(*) FROM lineage_walk('{run}', ARRAY[id(999)]);

\echo == where one starts
SELECT s.kind, shown(s.id) FROM unnest('{fraud@1.0.0,fraud,default/fraud@~1.1,lab/spy@1.0.0,dataset:raw,dataset:lab/secret,dataset:00000000-0000-4000-8000-000000000003,run:00000000-0000-4000-8000-000000000011,version:00000000-0000-4000-8000-000000000022,deployment:prod-us/fraud-api,experiment:tuning}'::text[]) WITH ORDINALITY AS r (reference, n), lineage_start(r.reference) AS s ORDER BY r.n, s.id;
SELECT count(*) FROM lineage_start('deployment:' || :'api');
SELECT lineage_start(NULL);
SELECT lineage_start('');
SELECT lineage_start('nobody@1.0.0');
SELECT lineage_start('fraud@9.9.9');
SELECT lineage_start('dataset:nothing');
SELECT lineage_start('dataset:00000000-0000-4000-8000-000000000999');
SELECT lineage_start('run:00000000-0000-4000-8000-000000000999');
SELECT lineage_start('run:x');
SELECT lineage_start('version:1.0.0');
SELECT lineage_start('deployment:prod-us/nothing');
SELECT lineage_start('experiment:nothing');

\echo == refused
SELECT * FROM lineage('fraud@2.0.0', 'sideways');
SELECT * FROM lineage('fraud@2.0.0', NULL);
SELECT * FROM upstream(NULL);
SELECT * FROM upstream('fraud', -1);
SELECT * FROM upstream('fraud', kinds => '{model}');
SELECT * FROM upstream('fraud', kinds => '{NULL}');
SELECT * FROM upstream('fraud', relations => '{made-by}');
SELECT * FROM upstream('fraud', relations => '{serves,NULL}');
SELECT * FROM upstream('fraud', as_of => 'infinity');
SELECT * FROM upstream('fraud', max_nodes => -1);
SELECT * FROM lineage_walk('{run}', '{}');
SELECT * FROM lineage_walk('{model}', ARRAY[id(1)]);
SELECT * FROM lineage_walk(NULL, ARRAY[id(1)]);
SELECT * FROM lineage_walk('{run}', NULL);
SELECT * FROM lineage_walk('{run}', '{NULL}');
SELECT * FROM lineage_walk('{{run,run}}', ARRAY[ARRAY[id(11), id(12)]]) LIMIT 0;
\set VERBOSITY default
SELECT * FROM lineage('fraud@2.0.0', 'sideways');
SELECT lineage_start('raw');
SELECT lineage_start('lab/secret');
SELECT lineage_start('nobody');
SELECT lineage_start('model:fraud@1.0.0');
SELECT * FROM upstream('fraud@2.0.0', max_nodes => 5);
\set VERBOSITY terse
SELECT count(*) FROM upstream('fraud@2.0.0', max_nodes => 10);
SELECT count(*) FROM upstream('fraud@2.0.0', max_nodes => 9);
SELECT count(*) FROM upstream('fraud@2.0.0', max_nodes => NULL);
SELECT count(*) FROM lineage_walk('{dataset}', ARRAY[id(1)], max_nodes => 0);
BEGIN;
SET LOCAL mlregistry.organization = 'nobody';
SELECT * FROM lineage_walk('{run}', ARRAY[id(11)]);
ROLLBACK;

\echo == as another user: the lab is hidden, what lies behind it is not
GRANT USAGE ON SCHEMA public TO l9_vera, l9_stranger;
SET SESSION AUTHORIZATION l9_vera;
SELECT line(l), l.id IS NULL AS no_id, l.from_id IS NULL AS no_from FROM upstream('fraud@2.0.0') AS l ORDER BY l.depth, l.kind, l.id;
SELECT line(l) FROM upstream('dataset:features') AS l ORDER BY l.depth, l.kind, l.id;
SELECT line(l) FROM downstream('dataset:raw', max_depth => 2) AS l ORDER BY l.depth, l.kind, l.id;
-- Only through what is hidden.
SELECT line(l) FROM downstream('dataset:raw', relations => '{derived-from,trained-on}', kinds => '{run,dataset}') AS l ORDER BY l.depth, l.kind, l.id;
-- To know an identifier is not to see what it names; as one of several it is what it is without.
SELECT count(*) FROM lineage_walk('{dataset}', ARRAY[id(4)], 'both');
SELECT depth, kind, shown(id), relation, from_kind, shown(from_id) AS "from", is_hidden FROM lineage_walk('{dataset,dataset}', ARRAY[id(4), id(3)], 'upstream') ORDER BY depth, kind, id;
SELECT lineage_start('dataset:00000000-0000-4000-8000-000000000004');
SELECT lineage_start('version:00000000-0000-4000-8000-000000000024');
SELECT lineage_start('lab/spy@1.0.0');
RESET SESSION AUTHORIZATION;
SET SESSION AUTHORIZATION l9_stranger;
SELECT * FROM mlregistry.lineage_walk('{dataset}', '{00000000-0000-4000-8000-000000000001}');
RESET SESSION AUTHORIZATION;
GRANT USAGE ON SCHEMA mlregistry TO l9_stranger;
SET SESSION AUTHORIZATION l9_stranger;
SELECT * FROM lineage_walk('{dataset}', '{00000000-0000-4000-8000-000000000001}');
RESET SESSION AUTHORIZATION;

\echo == by a key with scopes: kinds that it does not read are hidden
SELECT api_key AS key FROM create_api_key('ci', '{"scopes": ["versions:read", "datasets:read"]}', email => 'vera@example.com') \gset
SET SESSION AUTHORIZATION l9_vera;
BEGIN;
SELECT count(*) FROM authenticate(:'key');
SELECT depth, kind, shown(id), relation, from_kind, shown(from_id) AS "from", is_hidden FROM lineage_walk('{version}', ARRAY[id(22)]) ORDER BY depth, kind, id;
SELECT count(*) FROM lineage_walk('{run}', ARRAY[id(11)]);
COMMIT;
RESET SESSION AUTHORIZATION;
SELECT set_config('row_security', 'off', false);
SET SESSION AUTHORIZATION l9_vera;
SELECT * FROM lineage_walk('{version}', ARRAY[id(22)]);
RESET SESSION AUTHORIZATION;
RESET row_security;

\echo == where the rules of access leave rows to their owner, they are hidden, too
BEGIN;
UPDATE access_rules SET read_role = 'owner' WHERE table_name = 'datasets';
SELECT apply_access_rules();
SET SESSION AUTHORIZATION l9_vera;
SELECT line(l) FROM upstream('fraud@1.1.0') AS l ORDER BY l.depth, l.kind, l.id;
RESET SESSION AUTHORIZATION;
UPDATE access_rules SET read_role = 'owner' WHERE table_name = 'lineage_edges';
SELECT apply_access_rules();
SET SESSION AUTHORIZATION l9_vera;
SELECT count(*) FROM upstream('fraud@1.1.0');
ROLLBACK;
RESET SESSION AUTHORIZATION;

\echo == what is not there any more
SELECT clock_timestamp() AS before \gset
UPDATE datasets SET deleted_at = now() WHERE dataset_name IN ('clean', 'secret');
SELECT line(l) FROM upstream('dataset:features') AS l ORDER BY l.depth, l.kind, l.id;
SELECT s.kind, shown(s.id) FROM lineage_start('dataset:clean') AS s;
INSERT INTO datasets (dataset_id, dataset_name, display_name, storage_location, storage_format) VALUES (id(5), 'clean', 'clean', 's3://data/clean2', 'parquet');
SELECT s.kind, shown(s.id) FROM lineage_start('dataset:clean') AS s;
UPDATE training_runs SET version_id = NULL WHERE run_id = id(12);
DELETE FROM training_runs WHERE run_id = id(12);
SELECT line(l) FROM upstream('fraud@1.1.0') AS l ORDER BY l.depth, l.kind, l.id;
SELECT line(l) FROM upstream('fraud@1.1.0', as_of => :'before') AS l ORDER BY l.depth, l.kind, l.id;
SELECT line(l) FROM downstream('run:00000000-0000-4000-8000-000000000012', as_of => :'before') AS l WHERE l.kind <> 'deployment' ORDER BY l.depth, l.kind, l.id;
SELECT count(*) FROM upstream('fraud@1.1.0', as_of => '2020-01-01');
SET SESSION AUTHORIZATION l9_vera;
SELECT line(l) FROM upstream('fraud@1.1.0', as_of => :'before') AS l ORDER BY l.depth, l.kind, l.id;
RESET SESSION AUTHORIZATION;
DELETE FROM version_parents WHERE version_id = id(23);
UPDATE model_versions SET deleted_at = now() WHERE version_id = id(22);
SELECT s.kind, shown(s.id) FROM lineage_start('fraud@1.1.0') AS s;

\echo == beside a search in SQL: random graphs, starts, directions, limits, times and sights
-- Four kinds in three projects, of which one may be seen; edges lead from higher numbers to lower ones, some are closed.
SELECT project_id AS default_project FROM projects WHERE slug = 'default' \gset
TRUNCATE lineage_edges;
SELECT setseed(0.42);
CREATE TABLE nodes AS
SELECT n, (ARRAY['dataset', 'run', 'version', 'deployment'])[CASE WHEN n > 110 THEN 4 ELSE 1 + floor(random() * 3)::int END] AS kind, md5('node' || n)::uuid AS id,
       CASE WHEN random() < 0.75 THEN :'default_project'::uuid WHEN random() < 0.9 THEN lab() END AS project
  FROM generate_series(1, 120) AS n;
SET session_replication_role = replica;
INSERT INTO lineage_edges (organization_id, child_kind, child_id, parent_kind, parent_id, relation, child_project_id, parent_project_id, valid_from, valid_to)
SELECT DISTINCT ON (c.n, p.n, e.relation) current_organization_id(), c.kind, c.id, p.kind, p.id, e.relation, c.project, p.project, e.at, CASE WHEN e.open THEN 'infinity' ELSE e.at + '10 days' END
  FROM (SELECT c, greatest(1, c - 1 - floor(random() * random() * 60)::int) AS p, (ARRAY['derived-from', 'trained-on', 'serves', 'produced-by'])[1 + floor(random() * 4)::int] AS relation,
               '2026-01-01'::timestamptz + floor(random() * 20) * interval '1 day' AS at, random() < 0.8 AS open
          FROM generate_series(2, 120) AS c, generate_series(1, 3)) AS e
  JOIN nodes c ON c.n = e.c JOIN nodes p ON p.n = e.p AND p.kind <> 'deployment';
RESET session_replication_role;

CREATE FUNCTION sought(start_kinds text[], start_ids uuid[], direction text, max_depth integer, relations text[], as_of timestamptz, projects uuid[], kinds text[])
    RETURNS TABLE (depth integer, kind text, id uuid, relation text, from_kind text, from_id uuid, is_hidden boolean)
LANGUAGE sql STABLE AS $$
    WITH RECURSIVE seen AS (
        SELECT n.kind, n.id, projects IS NULL OR coalesce(n.project = ANY (projects) AND n.kind = ANY (kinds), false) AS visible FROM nodes n),
    all_edges AS (
        SELECT e.*, c.visible AS child_visible, p.visible AS parent_visible
          FROM lineage_edges e
          JOIN seen c ON c.kind = e.child_kind AND c.id = e.child_id
          JOIN seen p ON p.kind = e.parent_kind AND p.id = e.parent_id
         WHERE (CASE WHEN as_of IS NULL THEN e.valid_to = 'infinity' ELSE e.valid_from <= as_of AND as_of < e.valid_to END)),
    steps AS (
        SELECT 'up' AS way, e.child_kind AS from_kind, e.child_id AS from_id, e.parent_kind AS kind, e.parent_id AS id, e.relation FROM all_edges e
         WHERE (e.child_visible OR e.parent_visible) AND (relations IS NULL OR e.relation = ANY (relations)) AND direction <> 'downstream'
        UNION ALL
        SELECT 'down', e.parent_kind, e.parent_id, e.child_kind, e.child_id, e.relation FROM all_edges e
         WHERE (e.child_visible OR e.parent_visible) AND (relations IS NULL OR e.relation = ANY (relations)) AND direction <> 'upstream'),
    starts AS (
        SELECT DISTINCT s.kind, s.id FROM unnest(start_kinds, start_ids) AS s (kind, id) JOIN seen n ON n.kind = s.kind AND n.id = s.id AND n.visible),
    reached AS (
        SELECT w.way, s.kind, s.id, 0 AS depth FROM starts s, (VALUES ('up'), ('down')) AS w (way)
        UNION
        SELECT r.way, t.kind, t.id, r.depth + 1 FROM reached r JOIN steps t ON t.way = r.way AND t.from_kind = r.kind AND t.from_id = r.id
         WHERE max_depth IS NULL OR r.depth < max_depth),
    far AS (SELECT way, r.kind, r.id, min(r.depth) AS depth FROM reached r GROUP BY 1, 2, 3),
    least AS (SELECT f.kind, f.id, min(f.depth) AS depth FROM far f GROUP BY 1, 2)
    SELECT DISTINCT ON (l.depth, l.kind, l.id) l.depth, l.kind, CASE WHEN n.visible THEN l.id END, t.relation, t.from_kind, CASE WHEN m.visible THEN t.from_id END, NOT n.visible
      FROM least l
      JOIN seen n ON n.kind = l.kind AND n.id = l.id
      JOIN steps t ON t.kind = l.kind AND t.id = l.id
      JOIN far f ON f.way = t.way AND f.kind = t.from_kind AND f.id = t.from_id AND f.depth = l.depth - 1
      JOIN least o ON o.kind = t.from_kind AND o.id = t.from_id
      JOIN seen m ON m.kind = t.from_kind AND m.id = t.from_id
     WHERE l.depth > 0
     ORDER BY l.depth, l.kind, l.id, o.depth, m.visible DESC, t.from_kind, t.from_id, t.relation = 'derived-from', t.relation
$$;
CREATE TABLE questions AS
SELECT q, array_agg(n.kind) AS kinds, array_agg(n.id) AS ids, (ARRAY['upstream', 'downstream', 'both'])[1 + q % 3] AS direction,
       CASE WHEN q % 5 = 0 THEN q / 5 % 7 END AS max_depth,
       CASE WHEN q % 4 = 0 THEN '{derived-from,trained-on}'::text[] WHEN q % 7 = 0 THEN '{serves}' END AS relations,
       CASE WHEN q % 2 = 0 THEN '2026-01-05'::timestamptz + q % 25 * interval '1 day' END AS as_of
  FROM generate_series(1, 120) AS q
  JOIN LATERAL (SELECT m.kind, m.id FROM nodes m ORDER BY md5(q || '-' || m.n) LIMIT 1 + q % 4) AS n ON true
 GROUP BY q;
CREATE TABLE walked (who text, q integer, depth integer, kind text, id uuid, relation text, from_kind text, from_id uuid, is_hidden boolean);
GRANT SELECT ON questions TO l9_vera; GRANT INSERT ON walked TO l9_vera;
CREATE VIEW answers AS SELECT q.q, w.* FROM questions q, lineage_walk(q.kinds, q.ids, q.direction, q.max_depth, q.relations, q.as_of) AS w;
ALTER VIEW answers SET (security_invoker = true); GRANT SELECT ON answers TO l9_vera;
INSERT INTO walked SELECT 'all', a.* FROM answers a;
SET SESSION AUTHORIZATION l9_vera;
INSERT INTO walked SELECT 'vera', a.* FROM answers a;
BEGIN;
SELECT count(*) FROM authenticate(:'key');
INSERT INTO walked SELECT 'key', a.* FROM answers a;
COMMIT;
RESET SESSION AUTHORIZATION;
ANALYZE nodes, lineage_edges;
SET jit = off; SET enable_nestloop = off; -- a search by hand knows little of how much it finds
CREATE TABLE found AS SELECT s.who, q.q, f.*
  FROM (VALUES ('all', NULL, NULL), ('vera', ARRAY[:'default_project'::uuid], '{dataset,run,version,deployment}'::text[]), ('key', ARRAY[:'default_project'::uuid], '{dataset,version}')) AS s (who, projects, kinds),
       questions q, sought(q.kinds, q.ids, q.direction, q.max_depth, q.relations, q.as_of, s.projects, s.kinds) AS f;
RESET jit; RESET enable_nestloop;
CREATE VIEW differences AS
SELECT who, count(*) FILTER (WHERE side = 'walked') AS nodes, count(*) FILTER (WHERE side = 'walked' AND is_hidden) AS hidden, count(*) FILTER (WHERE side = 'too many') AS too_many, count(*) FILTER (WHERE side = 'missing') AS missing
  FROM (SELECT 'walked' AS side, * FROM walked
        UNION ALL SELECT 'too many', x.* FROM (TABLE walked EXCEPT ALL TABLE found) AS x
        UNION ALL SELECT 'missing', x.* FROM (TABLE found EXCEPT ALL TABLE walked) AS x) AS both_sides
 GROUP BY who;
SELECT who, nodes > 1000 AS many, hidden > CASE who WHEN 'all' THEN -1 ELSE 200 END AS some_hidden, too_many, missing FROM differences ORDER BY who;
-- One that is wrong would be seen.
UPDATE walked SET from_id = NULL WHERE ctid IN (SELECT ctid FROM walked WHERE who = 'all' LIMIT 1);
SELECT who, too_many, missing FROM differences WHERE too_many + missing > 0;

\echo == long, broad, and given up
SET session_replication_role = replica;
INSERT INTO lineage_edges (organization_id, child_kind, child_id, parent_kind, parent_id, relation, child_project_id, parent_project_id, valid_from)
SELECT current_organization_id(), 'version', id(1000000 + n), 'version', id(1000000 + n - 1), 'derived-from', :'default_project'::uuid, :'default_project'::uuid, '2026-01-01'::timestamptz FROM generate_series(1, 20000) AS n
UNION ALL
SELECT current_organization_id(), 'run', id(2000000 + n), 'dataset', id(2000000), 'trained-on', CASE WHEN n % 10 = 0 THEN :'default_project'::uuid ELSE id(3000000 + n % 700) END, :'default_project', '2026-01-01' FROM generate_series(1, 5000) AS n;
RESET session_replication_role;
SELECT count(*), max(depth) FROM lineage_walk('{version}', ARRAY[id(1020000)]);
SELECT count(*), max(depth) FROM lineage_walk('{dataset}', ARRAY[id(2000000)], 'downstream');
SELECT count(*) FROM lineage_walk('{dataset}', ARRAY[id(2000000)], 'downstream', max_nodes => 4999);
SELECT count(*), max(depth) FROM lineage_nodes('{dataset}', ARRAY[id(2000000)], 'downstream') WHERE is_deleted AND name = 'run:' || id;
SET SESSION AUTHORIZATION l9_vera;
SELECT is_hidden, count(*), count(id) FROM lineage_walk('{dataset}', ARRAY[id(2000000)], 'downstream') GROUP BY 1 ORDER BY 1;
RESET SESSION AUTHORIZATION;
SET statement_timeout = '20ms';
SELECT count(*) FROM generate_series(1, 1000) AS n, LATERAL lineage_walk('{version}', ARRAY[id(1020000)], max_depth => 20000 + n);
RESET statement_timeout;

\echo == what is not asked for is not read, in a session that began when the table was empty
SELECT pg_stat_force_next_flush();
BEGIN;
SELECT count(*) FROM lineage_walk('{run}', ARRAY[id(2000001)]);
SELECT count(*) FROM lineage_walk('{dataset}', ARRAY[id(2000000)], 'downstream', max_depth => 1);
SELECT count(*) FROM lineage_walk('{run}', ARRAY[id(2000001)], as_of => '2026-02-01');
SELECT i.name, pg_stat_get_xact_tuples_returned(i.name::regclass) AS read
  FROM unnest('{idx_lineage_up,idx_lineage_down,lineage_edges_pkey}'::text[]) AS i (name);
ROLLBACK;

\echo == what the planner expects
CREATE FUNCTION expected(statement text) RETURNS numeric LANGUAGE plpgsql AS $$
DECLARE
    plan json;
BEGIN
    EXECUTE 'EXPLAIN (FORMAT json) SELECT * FROM ' || statement INTO plan;
    RETURN plan #>> '{0,Plan,Plan Rows}';
END $$;
SELECT call, expected(call) FROM unnest(ARRAY['upstream(''fraud'')', 'downstream(''fraud'', 2)', 'upstream(''fraud'', max_nodes => 7)', 'lineage(''fraud'', max_depth => 1)', 'lineage(''fraud'', max_depth => 0)',
    'lineage_nodes(''{run}'', ARRAY[id(1)], max_depth => 3)', 'lineage_walk(''{run}'', ARRAY[id(1)], max_depth => 100)', 'lineage_walk(''{run}'', ARRAY[id(1)], max_nodes => NULL)',
    'generate_series(1, 3) AS n, LATERAL upstream(''fraud'', n)']) WITH ORDINALITY AS c (call, n) ORDER BY n;
DROP FUNCTION expected;

\echo == by another index there is no lineage
BEGIN;
DROP INDEX mlregistry.idx_lineage_up;
SELECT count(*) FROM lineage_walk('{version}', ARRAY[id(1020000)]);
ROLLBACK;
BEGIN;
DROP INDEX mlregistry.idx_lineage_up;
CREATE INDEX idx_lineage_up ON mlregistry.lineage_edges (organization_id, child_kind, child_id, parent_kind, parent_id, relation, child_project_id, parent_project_id);
SELECT count(*) FROM lineage_walk('{version}', ARRAY[id(1020000)]);
ROLLBACK;
SELECT count(*) FROM lineage_walk('{version}', ARRAY[id(1020000)]);

SET client_min_messages = warning;
DROP VIEW answers, differences;
DROP TABLE nodes, questions, walked, found;
DROP FUNCTION id, lab, shown, told, line(lineage_info), sought;
SELECT uninstall(confirm => 'mlregistry') IS NOT NULL AS uninstalled;
SELECT install() IS NOT NULL AS installed;
DROP OWNED BY l9_vera, l9_stranger;
DROP ROLE l9_vera, l9_stranger;
