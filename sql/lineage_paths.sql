-- Ways between two things, what two have in common, and whom something concerns.
SET search_path = public, mlregistry;
\set SHOW_CONTEXT never

-- Names of runs are identifiers: shown as what they are called.
CREATE FUNCTION pg_temp.called(name text) RETURNS text LANGUAGE sql AS $$
    SELECT coalesce((SELECT 'run:' || r.run_name FROM mlregistry.training_runs r WHERE name LIKE '%run:' || r.run_id),
                    regexp_replace(name, '[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$', '<uuid>'))
$$;
CREATE FUNCTION pg_temp.called(names text[]) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(pg_temp.called(n.name), ' > ' ORDER BY n.place) FROM unnest(names) WITH ORDINALITY AS n (name, place)
$$;
-- One row a way.
CREATE FUNCTION pg_temp.ways(a text, b text, most integer DEFAULT NULL, at timestamptz DEFAULT NULL) RETURNS TABLE (path integer, way text) LANGUAGE sql AS $$
    SELECT p.path, string_agg(concat(' -' || p.relation || '- ', pg_temp.called(coalesce(p.name, '(' || p.kind || ')'))), '' ORDER BY p.step)
      FROM mlregistry.lineage_path(a, b, most, at) AS p GROUP BY p.path ORDER BY p.path
$$;
CREATE FUNCTION pg_temp.run_of(name text) RETURNS text LANGUAGE sql AS $$
    SELECT 'run:' || r.run_id FROM mlregistry.training_runs r WHERE r.run_name = name
$$;

-- raw -> clean -> features; raw -> features; clean trains base, features trains tuned, tuned is made of base; raw is what base was tested with
SELECT dataset_name FROM register_dataset('raw', 's3://d/raw', 'csv', contains_pii => true);
SELECT dataset_name FROM derive_dataset('clean', 'raw', 'washed', 's3://d/clean', 'csv');
SELECT dataset_name FROM derive_dataset('features', '{clean,raw}', 'counted', 's3://d/features', 'csv');
SELECT dataset_name FROM register_dataset('holdout', 's3://d/holdout', 'csv');
SELECT dataset_name FROM register_dataset('alone', 's3://d/alone', 'csv');
SELECT team_name FROM create_team('risk');
SELECT model_name FROM register_model('base', framework => 'pytorch', team => 'risk');
SELECT model_name FROM register_model('tuned', framework => 'pytorch');
SELECT environment_name FROM create_environment('prod', 'production', priority => 2);
SELECT environment_name FROM create_environment('stage', 'staging', priority => 1);
SELECT experiment_name FROM create_experiment('first', model => 'base');
SELECT experiment_name FROM create_experiment('second', model => 'tuned');
INSERT INTO training_runs (experiment_id, run_name, status, started_at, completed_at)
SELECT find_experiment(e.name), e.run, 'succeeded', now(), now()
  FROM (VALUES ('first', 'base-run'), ('second', 'tuned-run'), ('second', 'test-run')) AS e (name, run);
INSERT INTO run_datasets (run_id, dataset_id, dataset_role)
SELECT r.run_id, find_dataset(u.dataset), u.role
  FROM (VALUES ('base-run', 'clean', 'train'), ('base-run', 'holdout', 'test'), ('base-run', 'clean', 'validation'),
               ('tuned-run', 'features', 'train'), ('tuned-run', 'holdout', 'test'), ('test-run', 'alone', 'test')) AS u (run, dataset, role)
  JOIN training_runs r ON r.run_name = u.run;
SELECT semver FROM register_version('base', '1.0.0', 's3://m/base');
SELECT semver FROM register_version('tuned', '1.0.0', 's3://m/tuned');
SELECT semver FROM register_version('tuned', '1.1.0', 's3://m/tuned');
UPDATE training_runs r SET version_id = find_version(u.version)
  FROM (VALUES ('base-run', 'base@1.0.0'), ('tuned-run', 'tuned@1.0.0')) AS u (run, version) WHERE r.run_name = u.run;
SELECT relation FROM add_parent('tuned@1.0.0', 'base@1.0.0', 'fine-tuned-from');
SELECT relation FROM add_parent('tuned@1.0.0', 'base@1.0.0', 'distilled-from');
SELECT relation FROM add_parent('tuned@1.1.0', 'tuned@1.0.0', 'quantized-from');
SELECT count(*) FROM unnest('{base,tuned}'::text[]) AS m, validate_version(m || '@1.0.0');
SELECT deployment_name FROM deploy('base@1.0.0', 'prod', deployment_name => 'base-api', endpoint_url => 'https://base.example.com/');
SELECT deployment_name FROM deploy('tuned@1.0.0', 'stage', deployment_name => 'tuned-try');

-- ---- ways
SELECT p.path, p.step, p.kind, pg_temp.called(p.name) AS name, p.relation, p.direction, p.is_hidden, p.is_deleted, p.project_slug, p.id IS NOT NULL AS has_id
  FROM lineage_path('tuned@1.0.0', 'dataset:raw') AS p;
SELECT * FROM pg_temp.ways('tuned@1.0.0', 'dataset:raw');
SELECT * FROM pg_temp.ways('tuned@1.0.0', 'dataset:raw', 2);
SELECT * FROM pg_temp.ways('dataset:raw', 'deployment:stage/tuned-try');
SELECT step, direction, relation FROM lineage_path('dataset:clean', 'base@1.0.0') ORDER BY step;
-- of an experiment: its runs
SELECT * FROM pg_temp.ways('experiment:second', 'dataset:holdout');
SELECT * FROM pg_temp.ways('dataset:raw', 'experiment:second');
SELECT * FROM pg_temp.ways('dataset:raw', 'dataset:raw');
SELECT count(*) FROM lineage_path('dataset:alone', 'dataset:raw');
SELECT count(*) FROM lineage_path('dataset:clean', 'dataset:holdout');
SELECT * FROM lineage_path('tuned@1.1.0', 'dataset:holdout', relations => '{quantized-from,produced-by,trained-on}');
SELECT count(*) FROM lineage_path('tuned@1.1.0', 'dataset:holdout', relations => '{quantized-from,produced-by,tested-on}');

SELECT * FROM lineage_path('tuned@1.0.0', 'dataset:rau');
SELECT * FROM lineage_path('tuned@1.0.0', NULL);
SELECT * FROM lineage_path(NULL, 'tuned@1.0.0');
SELECT * FROM lineage_path('tuned@1.0.0', 'dataset:raw', 0);
SELECT * FROM lineage_path('tuned@1.0.0', 'dataset:raw', max_nodes => -1);
SELECT * FROM lineage_path('tuned@1.0.0', 'dataset:raw', max_nodes => 2);
SELECT count(*) FROM lineage_path('tuned@1.0.0', 'dataset:raw', max_nodes => NULL);
SELECT * FROM lineage_path('tuned@1.0.0', 'dataset:raw', relations => '{eaten-by}');
SELECT * FROM lineage_path('tuned@1.0.0', 'dataset:raw', as_of => 'infinity');

-- ---- what two came from
SELECT c.kind, pg_temp.called(c.name) AS name, c.depth_a, c.depth_b, c.is_nearest, c.is_hidden, c.is_deleted, c.project_slug, c.id IS NOT NULL AS has_id
  FROM common_ancestors('tuned@1.0.0', 'base@1.0.0') AS c;
SELECT c.kind, c.name, c.depth_a, c.depth_b, c.is_nearest FROM common_ancestors(pg_temp.run_of('tuned-run'), pg_temp.run_of('base-run')) AS c;
SELECT c.name, c.depth_a, c.depth_b, c.is_nearest FROM common_ancestors('deployment:prod/base-api', 'deployment:stage/tuned-try', kinds => '{dataset,version}') AS c;
SELECT c.name, c.is_nearest FROM common_ancestors('deployment:prod/base-api', 'deployment:stage/tuned-try', relations => '{serves,produced-by,tested-on}') AS c;
SELECT c.name, c.depth_a, c.depth_b, c.is_nearest FROM common_ancestors('dataset:clean', 'dataset:clean') AS c;
SELECT count(*) FROM common_ancestors('dataset:alone', 'dataset:raw');
SELECT * FROM common_ancestors('dataset:raw', 'dataset:rau');
SELECT * FROM common_ancestors('dataset:raw', NULL);
SELECT * FROM common_ancestors('tuned@1.0.0', 'base@1.0.0', max_nodes => 2);
SELECT * FROM common_ancestors('tuned@1.0.0', 'base@1.0.0', kinds => '{model}');

-- ---- impact
CREATE FUNCTION pg_temp.impact(reference text, environment_type text DEFAULT NULL, live_only boolean DEFAULT true, at timestamptz DEFAULT NULL, trained_only boolean DEFAULT false)
    RETURNS TABLE (kind text, environment text, deployment text, model text, semver text, status text, depth integer, path text, is_trained boolean, is_hidden boolean, is_deleted boolean) LANGUAGE sql AS $$
    SELECT i.kind, i.environment_name, i.deployment_name, i.model_name, i.semver, i.status, i.depth, pg_temp.called(i.path), i.is_trained, i.is_hidden, i.is_deleted
      FROM mlregistry.impact(reference, environment_type, live_only, at, trained_only) AS i
$$;
\x
SELECT kind, environment_name, environment_type, deployment_name, model_name, semver, status, traffic_percentage, endpoint_url, depth, pg_temp.called(path) AS path, relations, is_trained,
       is_hidden, is_deleted, team_name, project_slug, deployment_id = find_deployment('prod/base-api') AS d, version_id = find_version('base@1.0.0') AS v, model_id = find_model('base') AS m,
       environment_id = find_environment('prod') AS e
  FROM impact('dataset:clean', 'production');
\x
SELECT * FROM pg_temp.impact('dataset:raw');
SELECT * FROM pg_temp.impact('dataset:holdout');
SELECT * FROM pg_temp.impact('dataset:holdout', trained_only => true);
SELECT * FROM pg_temp.impact('dataset:alone');
SELECT * FROM pg_temp.impact(pg_temp.run_of('tuned-run'));
SELECT * FROM pg_temp.impact('base@1.0.0', 'staging');
SELECT * FROM pg_temp.impact('experiment:first');
SELECT * FROM pg_temp.impact('deployment:prod/base-api');
SELECT * FROM pg_temp.impact('dataset:raw', live_only => false);
-- not live, but open; ended
SELECT deployment_name, status FROM deploy('tuned@1.0.0', 'prod', deployment_name => 'tuned-soon', status => 'pending');
SELECT kind, deployment, status FROM pg_temp.impact('dataset:raw');
SELECT kind, deployment, status FROM pg_temp.impact('dataset:raw', live_only => false);
SELECT kind, deployment, status FROM pg_temp.impact('dataset:raw', 'production', false);
SELECT now() AS before_end \gset
SELECT deployment_name, status FROM terminate_deployment('stage/tuned-try');
SELECT kind, deployment, semver, status FROM pg_temp.impact('dataset:raw', live_only => false);
-- what was live then, whatever has been deleted since
SELECT * FROM pg_temp.impact('dataset:raw', at => :'before_end');
DELETE FROM deployments WHERE deployment_name = 'tuned-try';
SELECT * FROM pg_temp.impact('dataset:raw', at => :'before_end');
SELECT count(*) FROM impact('dataset:raw', as_of => '2000-01-01');
SELECT way FROM pg_temp.ways('dataset:features', 'tuned@1.0.0', 1, :'before_end');
-- an edge that is gone
SELECT dataset_name FROM drop_dataset_parent('clean', 'raw');
SELECT way FROM pg_temp.ways('dataset:raw', 'base@1.0.0');
SELECT way FROM pg_temp.ways('dataset:raw', 'base@1.0.0', at => :'before_end');
SELECT kind, deployment FROM pg_temp.impact('dataset:raw');
SELECT dataset_name FROM add_dataset_parent('clean', 'raw');

SELECT * FROM impact('dataset:rau');
SELECT * FROM impact(NULL);
SELECT * FROM impact('dataset:raw', 'prod');
SELECT * FROM impact('dataset:raw', max_nodes => 1);
SELECT * FROM impact('dataset:raw', as_of => '-infinity');
SELECT * FROM impact('dataset:raw', live_only => NULL);

-- ---- sight: what one may not see is a node without a name, and where sight ends impact says so
SET client_min_messages = warning;
DROP ROLE IF EXISTS f8_rita, f8_app;
CREATE ROLE f8_rita; CREATE ROLE f8_app;
RESET client_min_messages;
SELECT count(*) FROM create_user('rita@example.com', db_role => 'f8_rita'), add_member('rita@example.com', 'viewer');
SELECT count(*) FROM unnest('{f8_rita,f8_app}'::name[]) AS r, grant_access(r, 'reader', sql_only => true);
INSERT INTO projects (name, slug, visibility) VALUES ('Vault', 'vault', 'private');
SELECT model_name FROM register_model('spy', framework => 'pytorch', project => 'vault');
SELECT semver FROM register_version('vault/spy', '1.0.0', 's3://m/spy');
SELECT experiment_name FROM create_experiment('secret', model => 'vault/spy', project => 'vault');
INSERT INTO training_runs (experiment_id, run_name, status, started_at, completed_at, version_id)
VALUES (find_experiment('vault/secret'), 'spy-run', 'succeeded', now(), now(), find_version('vault/spy@1.0.0'));
INSERT INTO run_datasets (run_id, dataset_id) SELECT run_id, find_dataset('raw') FROM training_runs WHERE run_name = 'spy-run';
SELECT deployment_name FROM deploy('vault/spy@1.0.0', 'prod', deployment_name => 'spy-api');
-- base@2.0.0 was made of what nobody but vault may see, and serves for all to see
SELECT semver FROM register_version('base', '2.0.0', 's3://m/base');
SELECT relation FROM add_parent('base@2.0.0', 'vault/spy@1.0.0');
SELECT deployment_name FROM deploy('base@2.0.0', 'stage', deployment_name => 'base-try');
SELECT relation FROM add_parent('tuned@1.1.0', 'vault/spy@1.0.0', 'merged-from');
SELECT email FROM create_user('vic@example.com');
SELECT email FROM add_member('vic@example.com', 'viewer');
SELECT * FROM pg_temp.impact('dataset:raw');
CREATE FUNCTION public.f8_impact(reference text, live_only boolean DEFAULT true) RETURNS TABLE (kind text, environment text, deployment text, model text, semver text, depth integer, path text, is_trained boolean, is_hidden boolean, ids boolean) LANGUAGE sql AS $$
    SELECT i.kind, i.environment_name, i.deployment_name, i.model_name, i.semver, i.depth, regexp_replace(i.path::text, '[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}', '<uuid>', 'g'), i.is_trained, i.is_hidden,
           coalesce(i.deployment_id, i.version_id, i.model_id, i.environment_id) IS NOT NULL
      FROM mlregistry.impact(reference, live_only => live_only) AS i
$$;
SET SESSION AUTHORIZATION f8_rita;
SELECT * FROM f8_impact('dataset:raw');
SELECT * FROM f8_impact('dataset:raw', false);
SELECT path, step, kind, name, relation, is_hidden, id IS NULL AS no_id FROM lineage_path('base@2.0.0', 'tuned@1.1.0', NULL);
SELECT kind, name, depth_a, depth_b, is_nearest, is_hidden, id IS NULL AS no_id FROM common_ancestors('base@2.0.0', 'tuned@1.1.0', kinds => '{version}');
RESET SESSION AUTHORIZATION;
SELECT 'version:' || find_version('vault/spy@1.0.0') AS spy \gset
\set VERBOSITY sqlstate
SET SESSION AUTHORIZATION f8_rita;
SELECT * FROM lineage_path('base@2.0.0', 'vault/spy@1.0.0');
-- Of a node that is not to be seen an edge may be, which ends in what is: the identifier is known to who gives it, and tells no more.
SELECT kind, name, id IS NULL AS no_id, is_hidden FROM lineage_path('base@2.0.0', :'spy');
SELECT count(*) FROM impact(:'spy');
RESET SESSION AUTHORIZATION;
\set VERBOSITY default
-- a key that reads no deployments: they are there all the same
SELECT api_key AS key FROM create_api_key('f8', '{"scopes": ["datasets:read", "runs:read", "versions:read", "models:read"]}', email => 'rita@example.com') \gset
SET SESSION AUTHORIZATION f8_app;
BEGIN;
SELECT count(*) FROM authenticate(:'key');
SELECT * FROM f8_impact('dataset:clean');
SELECT * FROM f8_impact('dataset:clean', false);
COMMIT;
RESET SESSION AUTHORIZATION;
REVOKE SELECT ON lineage_edges FROM f8_app;
SET SESSION AUTHORIZATION f8_app;
SELECT * FROM lineage_path('dataset:clean', 'dataset:raw');
SELECT * FROM common_ancestors('dataset:clean', 'dataset:raw');
SELECT * FROM impact('dataset:raw');
RESET SESSION AUTHORIZATION;
GRANT SELECT ON lineage_edges TO f8_app;
REVOKE SELECT ON deployments FROM f8_app;
SET SESSION AUTHORIZATION f8_app;
SELECT * FROM impact_nodes('dataset:raw', true, false, NULL, NULL);
RESET SESSION AUTHORIZATION;

-- ---- ways that nobody can count: the first ones cost little, all of them have a limit
INSERT INTO datasets (dataset_name, storage_location, storage_format)
SELECT format('layer%s-%s', lpad(l::text, 2, '0'), i), '/d', 'csv' FROM generate_series(0, 20) AS l, generate_series(1, 4) AS i;
INSERT INTO dataset_parents (dataset_id, parent_dataset_id)
SELECT c.dataset_id, p.dataset_id
  FROM datasets c JOIN datasets p ON right(p.dataset_name, 4) ~ '-.$' AND p.dataset_name LIKE format('layer%s-_', lpad((substr(c.dataset_name, 6, 2)::integer - 1)::text, 2, '0'))
 WHERE c.dataset_name LIKE 'layer__-_';
SELECT count(DISTINCT path) AS ways, count(*) AS steps, count(DISTINCT step) AS length FROM lineage_path('dataset:layer20-1', 'dataset:layer00-3', 1000);
SELECT count(DISTINCT path) AS ways FROM lineage_path('dataset:layer04-1', 'dataset:layer00-3', NULL);
\set VERBOSITY sqlstate
SELECT count(*) FROM lineage_path('dataset:layer20-1', 'dataset:layer00-3', NULL);
\set VERBOSITY default

-- ---- any graph: as recursive SQL, which follows every way, has it
INSERT INTO datasets (dataset_name, storage_location, storage_format) SELECT 'any-' || i, '/d', 'csv' FROM generate_series(10, 34) AS i;
INSERT INTO dataset_parents (dataset_id, parent_dataset_id)
SELECT c.dataset_id, p.dataset_id
  FROM datasets c JOIN datasets p ON p.dataset_name LIKE 'any-__' AND p.dataset_name < c.dataset_name
 WHERE c.dataset_name LIKE 'any-__' AND get_byte(decode(md5(c.dataset_name || p.dataset_name), 'hex'), 0) % 4 = 0;
CREATE TEMP TABLE every_way AS
WITH RECURSIVE way (child, ancestor, nodes) AS (
    SELECT d.dataset_id, d.dataset_id, ARRAY[d.dataset_name] FROM datasets d WHERE d.dataset_name LIKE 'any-__'
    UNION ALL
    SELECT w.child, x.parent_dataset_id, w.nodes || p.dataset_name
      FROM way w JOIN dataset_parents x ON x.dataset_id = w.ancestor JOIN datasets p ON p.dataset_id = x.parent_dataset_id)
SELECT w.nodes[1] AS child, w.nodes[cardinality(w.nodes)] AS ancestor, w.nodes FROM way w;
CREATE TEMP TABLE found_ways AS
SELECT a.name AS child, b.name AS ancestor, f.path, f.nodes
  FROM (SELECT DISTINCT child FROM every_way) AS a (name), (SELECT DISTINCT child FROM every_way) AS b (name),
       LATERAL (SELECT p.path, array_agg(split_part(p.name, ':', 2) ORDER BY p.step) AS nodes
                  FROM lineage_path('dataset:' || a.name, 'dataset:' || b.name, NULL) AS p WHERE p.direction IS DISTINCT FROM 'downstream' OR p.step = 0 GROUP BY p.path) AS f
 WHERE f.nodes[cardinality(f.nodes)] = b.name;
SELECT count(*) > 300 AS are_many, count(DISTINCT cardinality(nodes)) > 5 AS are_of_many_lengths FROM every_way;
SELECT count(*) AS differ FROM (SELECT child, ancestor, nodes FROM found_ways) AS f FULL JOIN every_way w USING (child, ancestor, nodes) WHERE f IS NULL OR w IS NULL;
SELECT count(*) AS not_shortest_first FROM found_ways a JOIN found_ways b USING (child, ancestor) WHERE a.path < b.path AND cardinality(a.nodes) > cardinality(b.nodes);
CREATE TEMP TABLE by_definition AS
WITH up AS (SELECT child, ancestor, min(cardinality(nodes)) - 1 AS depth FROM every_way GROUP BY 1, 2),
     common AS (SELECT a.child AS a, b.child AS b, a.ancestor, a.depth AS depth_a, b.depth AS depth_b FROM up a JOIN up b USING (ancestor))
SELECT c.*, NOT EXISTS (SELECT FROM common o JOIN up u ON u.child = o.ancestor AND u.ancestor = c.ancestor AND u.depth > 0 WHERE o.a = c.a AND o.b = c.b) AS is_nearest
  FROM common c;
SELECT count(*) AS differ
  FROM (SELECT a.name AS a, b.name AS b, split_part(c.name, ':', 2) AS ancestor, c.depth_a, c.depth_b, c.is_nearest
          FROM (SELECT DISTINCT child FROM every_way) AS a (name), (SELECT DISTINCT child FROM every_way) AS b (name),
               common_ancestors('dataset:' || a.name, 'dataset:' || b.name) AS c) AS f
  FULL JOIN by_definition d USING (a, b, ancestor, depth_a, depth_b, is_nearest) WHERE f IS NULL OR d IS NULL;

-- ---- a circle, which only those make who switch triggers off, is gone round once
SET session_replication_role = replica;
INSERT INTO lineage_edges (organization_id, child_kind, child_id, parent_kind, parent_id, relation, child_project_id, parent_project_id, valid_from)
SELECT d.organization_id, 'dataset', d.dataset_id, 'dataset', find_dataset('clean'), 'derived-from', d.project_id, d.project_id, now() FROM datasets d WHERE d.dataset_name = 'raw';
RESET session_replication_role;
SELECT * FROM pg_temp.ways('dataset:raw', 'dataset:clean');
SELECT * FROM pg_temp.ways('tuned@1.0.0', 'dataset:raw');
SELECT c.name, c.depth_a, c.depth_b, c.is_nearest FROM common_ancestors('dataset:raw', 'dataset:clean') AS c;
SELECT deployment, depth FROM pg_temp.impact('dataset:clean');
SET client_min_messages = warning;
DROP FUNCTION public.f8_impact(text, boolean);
SELECT count(*) FROM unnest('{f8_rita,f8_app}'::name[]) AS r, revoke_access(r, sql_only => true);
SELECT uninstall(confirm => 'mlregistry') IS NOT NULL AS uninstalled;
SELECT install() IS NOT NULL AS installed;
DROP ROLE f8_rita, f8_app;
