-- Parents of versions and datasets, and the edges of lineage, for every client: direct INSERT, UPDATE and DELETE, cascades, imports, bulk.
SET search_path = public, mlregistry;
SET timezone = 'UTC';
SET datestyle = 'ISO';
\set SHOW_CONTEXT never
\getenv abs_srcdir PG_ABS_SRCDIR
\set refusals :abs_srcdir '/sql/include/refusals.psql'
\set ECHO none
\i :refusals
\set ECHO all

-- What an importer brings has its own times.
INSERT INTO datasets (dataset_name, storage_location, storage_format, created_at) SELECT n, 's3://' || n, 'csv', '2020-01-01' FROM unnest('{raw,clean,train,test,spare}'::text[]) AS n;
INSERT INTO models (model_name, framework) VALUES ('m', 'onnx'), ('n', 'onnx');
INSERT INTO model_versions (model_id, semver, artifact_uri) SELECT model_id, v::semver, '/' || model_name || '/' || v FROM models, unnest('{1.0.0,1.1.0,2.0.0}'::text[]) AS v;
INSERT INTO environments (environment_name, environment_type) VALUES ('prod', 'production');
INSERT INTO experiments (experiment_name) VALUES ('e');
CREATE FUNCTION pg_temp.v(name text) RETURNS uuid LANGUAGE sql AS 'SELECT version_id FROM mlregistry.model_versions WHERE artifact_uri = ''/'' || replace($1, ''@'', ''/'')';
CREATE FUNCTION pg_temp.d(name text) RETURNS uuid LANGUAGE sql AS 'SELECT dataset_id FROM mlregistry.datasets WHERE dataset_name = $1';
CREATE FUNCTION pg_temp.r(name text) RETURNS uuid LANGUAGE sql AS 'SELECT run_id FROM mlregistry.training_runs WHERE run_name = $1';
INSERT INTO training_runs (experiment_id, run_name, status, queued_at, started_at, completed_at, version_id, dataset_id)
SELECT experiment_id, 'first', 'succeeded', '2021-02-01', '2021-02-02', '2021-02-03', pg_temp.v('m@1.0.0'), pg_temp.d('train') FROM experiments;
INSERT INTO training_runs (experiment_id, run_name, queued_at, parent_run_id) SELECT experiment_id, 'second', '2021-03-01', pg_temp.r('first') FROM experiments;
INSERT INTO run_datasets (run_id, dataset_id, dataset_role, added_at) SELECT pg_temp.r('first'), pg_temp.d('test'), role, '2021-02-02' FROM unnest('{validation,test,holdout}'::text[]) AS role;
INSERT INTO dataset_parents (dataset_id, parent_dataset_id, transformation, created_at) VALUES (pg_temp.d('clean'), pg_temp.d('raw'), 'without names', '2020-01-02'), (pg_temp.d('train'), pg_temp.d('clean'), NULL, '2020-01-03');
INSERT INTO version_parents (version_id, parent_version_id, relation, notes, created_at) VALUES (pg_temp.v('m@1.1.0'), pg_temp.v('m@1.0.0'), 'fine-tuned-from', 'two epochs', '2021-04-01')
RETURNING organization_id = current_organization_id() AS here, project_id = current_project_id() AS too, created_by = session_user AS me;
INSERT INTO deployments (version_id, environment_id, deployment_name, status, deployed_at) SELECT pg_temp.v('m@1.0.0'), environment_id, 'api', 'active', '2021-05-01' FROM environments;
INSERT INTO deployments (version_id, environment_id, deployment_name, status) SELECT pg_temp.v('m@1.1.0'), environment_id, 'ended', 'failed' FROM environments;
-- Names stand for identifiers; now: since this test began.
CREATE FUNCTION pg_temp.name(text) RETURNS text LANGUAGE sql AS $$ SELECT coalesce((SELECT 'run:' || run_name FROM mlregistry.training_runs WHERE 'run:' || run_id = $1), regexp_replace($1, ':[0-9a-f-]{36}', ':<uuid>')) $$;
CREATE FUNCTION pg_temp.moment(timestamptz) RETURNS text LANGUAGE sql AS $$ SELECT CASE WHEN $1 > now() - interval '1 day' AND isfinite($1) THEN 'now' ELSE to_char($1, 'YYYY-MM-DD') END $$;
CREATE TEMP VIEW edges AS SELECT pg_temp.name(child_name) AS child, relation, pg_temp.name(parent_name) AS parent, pg_temp.moment(valid_from) AS since, CASE WHEN NOT is_open THEN pg_temp.moment(valid_to) END AS till,
    CASE WHEN child_deleted THEN 'child' END AS child_gone, CASE WHEN parent_deleted THEN 'parent' END AS parent_gone FROM v_lineage_edges ORDER BY 1, 2, 3, valid_from;
CREATE TEMP TABLE said AS SELECT * FROM edges;
-- What has become otherwise since the last look.
CREATE FUNCTION pg_temp.changes() RETURNS TABLE (what text, child text, relation text, parent text, since text, till text, child_gone text, parent_gone text) LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY SELECT 'was' AS what, w.* FROM (SELECT * FROM said EXCEPT ALL SELECT * FROM edges) AS w UNION ALL SELECT 'is', n.* FROM (SELECT * FROM edges EXCEPT ALL SELECT * FROM said) AS n ORDER BY 2, 3, 4, 5, 1 DESC;
    DELETE FROM said;
    INSERT INTO said SELECT * FROM edges;
END $$;
SELECT * FROM edges;
SELECT DISTINCT child_project_id = current_project_id() AS child, parent_project_id = current_project_id() AS parent, changed_in <= pg_current_xact_id() AS changed FROM lineage_edges;
-- A version that others were made from is frozen.
SELECT artifact_uri FROM model_versions WHERE frozen_at IS NOT NULL ORDER BY 1;
SELECT * FROM check_registry();

-- Updates. What changes nothing of lineage leaves edges as they are, changed_in too.
SELECT md5(string_agg(l::text, ' ' ORDER BY l::text)) AS edges_now FROM lineage_edges l \gset
UPDATE training_runs SET notes = 'x', version_id = version_id; UPDATE deployments SET replicas = 7, status = 'degraded' WHERE status = 'active'; UPDATE run_datasets SET row_count = 1; UPDATE version_parents SET notes = notes; UPDATE model_versions SET description = 'x';
UPDATE training_runs SET status = 'running', started_at = now() WHERE run_name = 'second';
SELECT md5(string_agg(l::text, ' ' ORDER BY l::text)) = :'edges_now' AS as_before FROM lineage_edges l;
UPDATE training_runs SET version_id = pg_temp.v('m@2.0.0') WHERE run_name = 'first';
SELECT * FROM pg_temp.changes();
UPDATE training_runs SET version_id = NULL WHERE run_name = 'first';
SELECT * FROM pg_temp.changes();
-- what was so before is a new period, that does not begin before the first one ended
UPDATE training_runs SET version_id = pg_temp.v('m@1.0.0'), parent_run_id = NULL;
SELECT * FROM pg_temp.changes();
UPDATE training_runs SET version_id = NULL WHERE run_name = 'second';
SELECT * FROM pg_temp.changes();
-- both at once, and one to itself
UPDATE training_runs SET parent_run_id = CASE run_name WHEN 'second' THEN pg_temp.r('first') END, version_id = CASE run_name WHEN 'first' THEN version_id END;
SELECT * FROM pg_temp.changes();
-- a deployment moves, ends, and comes again
UPDATE deployments SET version_id = pg_temp.v('m@1.1.0') WHERE deployment_name = 'api';
SELECT * FROM pg_temp.changes();
UPDATE deployments SET status = 'terminating' WHERE deployment_name = 'api';
SELECT * FROM pg_temp.changes();
UPDATE deployments SET status = 'terminated' WHERE deployment_name = 'api';
UPDATE deployments SET status = 'active' WHERE deployment_name = 'ended';
SELECT * FROM pg_temp.changes();
UPDATE deployments SET status = 'failed' WHERE deployment_name = 'ended';
UPDATE deployments SET deleted_at = now() WHERE deployment_name = 'ended';
SELECT * FROM pg_temp.changes();
SELECT count(*) FILTER (WHERE next < valid_to) AS overlaps, count(*) > 15 AS many FROM (SELECT valid_to, lead(valid_from) OVER (PARTITION BY child_id, parent_id, relation ORDER BY valid_from) AS next FROM lineage_edges) AS l;

-- Rollback, of the whole and of a part; what the same transaction has opened is closed by it.
BEGIN;
INSERT INTO version_parents (version_id, parent_version_id, relation) VALUES (pg_temp.v('m@2.0.0'), pg_temp.v('n@1.0.0'), 'distilled-from');
SAVEPOINT s;
DELETE FROM version_parents;
SELECT count(*) FROM pg_temp.changes();
ROLLBACK TO s;
INSERT INTO version_parents (version_id, parent_version_id, relation) VALUES (pg_temp.v('m@2.0.0'), pg_temp.v('n@1.0.0'), 'merged-from');
DELETE FROM version_parents WHERE relation = 'merged-from';
SELECT child, relation, parent, since, till FROM edges WHERE relation IN ('distilled-from', 'merged-from');
ROLLBACK;
SELECT * FROM pg_temp.changes();
-- several at once, by WITH and by MERGE
WITH gone AS (DELETE FROM version_parents RETURNING *) INSERT INTO version_parents (version_id, parent_version_id, relation) SELECT version_id, parent_version_id, 'retrained-from' FROM gone;
SELECT * FROM pg_temp.changes();
MERGE INTO run_datasets d USING (VALUES (pg_temp.r('first'), pg_temp.d('test'), 'test'), (pg_temp.r('first'), pg_temp.d('spare'), 'train')) AS n (run_id, dataset_id, dataset_role) ON d.run_id = n.run_id AND d.dataset_id = n.dataset_id AND d.dataset_role = n.dataset_role
 WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT (run_id, dataset_id, dataset_role) VALUES (n.run_id, n.dataset_id, n.dataset_role);
SELECT * FROM pg_temp.changes();
INSERT INTO run_datasets (run_id, dataset_id, dataset_role) VALUES (pg_temp.r('first'), pg_temp.d('spare'), 'train') ON CONFLICT DO NOTHING;
INSERT INTO run_datasets (run_id, dataset_id, dataset_role, added_at) VALUES (pg_temp.r('first'), pg_temp.d('test'), 'test', '2019-01-01');
SELECT * FROM pg_temp.changes();
-- what a trigger of one's own makes of it is one move
CREATE FUNCTION pg_temp.undo() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE mlregistry.training_runs SET version_id = NULL WHERE run_id = NEW.run_id; RETURN NULL; END $$;
CREATE TRIGGER undo AFTER INSERT ON training_runs FOR EACH ROW EXECUTE FUNCTION pg_temp.undo();
INSERT INTO training_runs (experiment_id, run_name, version_id) SELECT experiment_id, 'third', pg_temp.v('m@2.0.0') FROM experiments;
DROP TRIGGER undo ON training_runs;
SELECT * FROM pg_temp.changes();

-- Soft deletion leaves edges, hard deletion closes them.
UPDATE training_runs SET version_id = pg_temp.v('n@2.0.0') WHERE run_name = 'third';
INSERT INTO version_parents (version_id, parent_version_id, relation) VALUES (pg_temp.v('n@2.0.0'), pg_temp.v('n@1.1.0'), 'quantized-from'), (pg_temp.v('n@1.1.0'), pg_temp.v('n@1.0.0'), 'derived-from');
UPDATE datasets SET deleted_at = now() WHERE dataset_name = 'spare';
UPDATE models SET deleted_at = now() WHERE model_name = 'n';
UPDATE training_runs SET deleted_at = now() WHERE run_name = 'third';
SELECT * FROM pg_temp.changes();
BEGIN;
-- its runs stay, and forget it
DELETE FROM model_versions WHERE artifact_uri = '/n/2.0.0';
SELECT * FROM pg_temp.changes();
ROLLBACK;
BEGIN;
-- a model with versions that came from each other
DELETE FROM models WHERE model_name = 'n';
SELECT * FROM pg_temp.changes();
SELECT * FROM check_registry();
ROLLBACK;
BEGIN;
-- likewise datasets, and a run with children
DELETE FROM run_datasets;
UPDATE training_runs SET dataset_id = NULL, version_id = NULL;
DELETE FROM datasets;
DELETE FROM training_runs WHERE run_name = 'first';
SELECT what, child ~ '<uuid>' AS child, relation, parent ~ '<uuid>' AS parent, till FROM pg_temp.changes() WHERE what = 'is' ORDER BY relation, child;
SELECT * FROM check_registry();
ROLLBACK;
BEGIN;
TRUNCATE version_parents, dataset_parents, run_datasets;
SELECT relation, count(*) FILTER (WHERE till IS NULL) AS open FROM edges GROUP BY 1 ORDER BY 1;
TRUNCATE training_runs, deployments CASCADE;
SELECT count(*) FROM lineage_edges WHERE valid_to = 'infinity';
SELECT count(*) FROM check_lineage();
ROLLBACK;
SELECT count(*) FROM pg_temp.changes() WHERE what = 'was';

-- Bulk: more than are looked at together, in one statement and by COPY, with a dataset that all have.
INSERT INTO training_runs (experiment_id, run_name) SELECT experiment_id, 'bulk ' || n FROM experiments, generate_series(1, 1500) AS n;
INSERT INTO run_datasets (run_id, dataset_id, dataset_role) SELECT run_id, pg_temp.d('raw'), role FROM training_runs, unnest('{train,test}'::text[]) AS role WHERE run_name LIKE 'bulk %';
SELECT count(*), count(*) FILTER (WHERE is_open) AS open, count(DISTINCT child_id) AS runs FROM v_lineage_edges WHERE parent_name = 'dataset:raw' AND relation IN ('trained-on', 'tested-on');
UPDATE training_runs r SET parent_run_id = p.run_id, version_id = pg_temp.v('m@2.0.0') FROM training_runs p WHERE r.run_name LIKE 'bulk %' AND p.run_name = 'second';
SELECT relation, count(*) FROM v_lineage_edges WHERE is_open AND (child_id IN (SELECT run_id FROM training_runs WHERE run_name LIKE 'bulk %') OR parent_id IN (SELECT run_id FROM training_runs WHERE run_name LIKE 'bulk %')) GROUP BY 1 ORDER BY 1;
UPDATE training_runs SET version_id = NULL, parent_run_id = NULL WHERE run_name LIKE 'bulk %';
DELETE FROM training_runs WHERE run_name LIKE 'bulk %';
SELECT relation, count(*), count(*) FILTER (WHERE valid_to = 'infinity') AS open FROM lineage_edges WHERE parent_id = pg_temp.d('raw') OR parent_id = pg_temp.r('second') OR child_id = pg_temp.v('m@2.0.0') GROUP BY 1 ORDER BY 1;
SELECT * FROM check_registry();

-- A second organization and project: from now on the session works in none.
INSERT INTO organizations (name, slug) VALUES ('Acme', 'acme');
INSERT INTO projects (organization_id, name, slug) SELECT organization_id, 'Lab', 'lab' FROM organizations;
INSERT INTO datasets (organization_id, project_id, dataset_name, storage_location, storage_format) SELECT p.organization_id, project_id, 'of_' || o.slug, '/x', 'csv' FROM projects p JOIN organizations o USING (organization_id) WHERE p.slug = 'lab';
INSERT INTO dataset_parents (dataset_id, parent_dataset_id) VALUES (pg_temp.d('of_default'), pg_temp.d('raw')) RETURNING project_id = (SELECT project_id FROM datasets WHERE dataset_name = 'of_default') AS of_the_child;
SELECT child_project_id = (SELECT project_id FROM datasets WHERE dataset_id = child_id) AS child, parent_project_id = (SELECT project_id FROM datasets WHERE dataset_id = parent_id) AS parent, child_project_id <> parent_project_id AS two FROM lineage_edges WHERE child_id = pg_temp.d('of_default');
CREATE TEMP VIEW vp AS SELECT * FROM version_parents WHERE version_id = pg_temp.v('m@1.1.0');
CREATE TEMP VIEW dp AS SELECT * FROM dataset_parents WHERE dataset_id = pg_temp.d('clean');

INSERT INTO broken VALUES
    ('version_parents_pkey', $$INSERT INTO version_parents (version_id, parent_version_id, relation) SELECT version_id, parent_version_id, relation FROM vp$$),
    ('version_parents_project_fkey', $$ALTER TABLE version_parents DISABLE TRIGGER mlr_10_keys; UPDATE version_parents SET project_id = gen_random_uuid()$$),
    ('version_parents_version_fkey', $$ALTER TABLE version_parents DISABLE TRIGGER mlr_10_keys; UPDATE version_parents SET version_id = gen_random_uuid()$$),
    ('version_parents_parent_fkey', $$INSERT INTO version_parents (version_id, parent_version_id, relation) SELECT version_id, gen_random_uuid(), relation FROM vp$$),
    ('version_parents_parent_fkey', $$DELETE FROM model_versions WHERE artifact_uri = '/n/1.0.0'$$),
    ('valid_relation', $$INSERT INTO version_parents (version_id, parent_version_id, relation) SELECT version_id, parent_version_id, 'copied-from' FROM vp$$),
    ('no_self_parent', $$INSERT INTO version_parents (version_id, parent_version_id, relation) SELECT version_id, version_id, relation FROM vp$$),
    ('version_parents_text_size', $$INSERT INTO version_parents (version_id, parent_version_id, relation, notes) SELECT version_id, parent_version_id, 'adapter-of', repeat('x', 65537) FROM vp$$),
    ('', $$INSERT INTO version_parents (version_id, parent_version_id, relation) SELECT version_id, parent_version_id, NULL FROM vp$$),
    ('', $$INSERT INTO version_parents (version_id, parent_version_id, relation) SELECT NULL, parent_version_id, relation FROM vp$$),
    ('', $$INSERT INTO version_parents (version_id, parent_version_id, relation) SELECT version_id, NULL, relation FROM vp$$),
    ('immutable_key', $$UPDATE version_parents SET relation = 'adapter-of'$$),
    ('immutable_key', $$UPDATE version_parents SET parent_version_id = version_id$$),
    ('immutable_key', $$UPDATE version_parents SET notes = repeat('y', 1000)$$),
    ('immutable_key', $$UPDATE dataset_parents SET created_by = 'x'$$),
    ('immutable_key', $$UPDATE dataset_parents SET created_at = '2020-02-02' WHERE dataset_id = pg_temp.d('clean')$$),
    ('dataset_parents_pkey', $$INSERT INTO dataset_parents (dataset_id, parent_dataset_id) SELECT dataset_id, parent_dataset_id FROM dp$$),
    ('dataset_parents_project_fkey', $$ALTER TABLE dataset_parents DISABLE TRIGGER mlr_10_keys; UPDATE dataset_parents SET project_id = gen_random_uuid()$$),
    ('dataset_parents_dataset_fkey', $$ALTER TABLE dataset_parents DISABLE TRIGGER mlr_10_keys; UPDATE dataset_parents SET dataset_id = gen_random_uuid() WHERE dataset_id = pg_temp.d('clean')$$),
    ('dataset_parents_parent_fkey', $$INSERT INTO dataset_parents (dataset_id, parent_dataset_id) SELECT dataset_id, gen_random_uuid() FROM dp$$),
    ('dataset_parents_parent_fkey', $$INSERT INTO dataset_parents (dataset_id, parent_dataset_id) VALUES (pg_temp.d('raw'), pg_temp.d('of_acme'))$$),
    ('dataset_parents_parent_fkey', $$DELETE FROM datasets WHERE dataset_name = 'raw'$$),
    ('no_self_parent', $$INSERT INTO dataset_parents (dataset_id, parent_dataset_id) SELECT dataset_id, dataset_id FROM dp$$),
    ('dataset_parents_text_size', $$INSERT INTO dataset_parents (dataset_id, parent_dataset_id, transformation) VALUES (pg_temp.d('spare'), pg_temp.d('raw'), repeat('x', 65537))$$),
    ('immutable_key', $$UPDATE run_datasets SET dataset_role = 'holdout' WHERE dataset_role = 'validation'$$),
    ('lineage_edges_pkey', $$DELETE FROM lineage_edges WHERE valid_to < 'infinity'; UPDATE lineage_edges SET valid_to = '9999-01-01'; INSERT INTO lineage_edges SELECT * FROM lineage_edges$$),
    ('idx_lineage_up', $$INSERT INTO lineage_edges SELECT organization_id, child_kind, child_id, parent_kind, parent_id, relation, child_project_id, parent_project_id, valid_from + interval '1 s' FROM lineage_edges$$),
    ('lineage_edges_organization_fkey', $$INSERT INTO lineage_edges (organization_id, child_kind, child_id, parent_kind, parent_id, relation, valid_from) SELECT gen_random_uuid(), child_kind, child_id, parent_kind, parent_id, relation, valid_from FROM lineage_edges$$),
    ('immutable_key', $$UPDATE lineage_edges SET child_kind = 'run'$$),
    ('valid_kinds', $$INSERT INTO lineage_edges (organization_id, child_kind, child_id, parent_kind, parent_id, relation, valid_from) SELECT organization_id, child_kind, child_id, 'team', parent_id, relation, valid_from FROM lineage_edges$$),
    ('valid_relation', $$INSERT INTO lineage_edges (organization_id, child_kind, child_id, parent_kind, parent_id, relation, valid_from) SELECT organization_id, child_kind, child_id, parent_kind, parent_id, 'copied-from', valid_from FROM lineage_edges$$),
    ('valid_edge_period', $$UPDATE lineage_edges SET valid_to = valid_from$$),
    ('immutable_key', $$UPDATE lineage_edges SET parent_id = gen_random_uuid()$$),
    -- circles: of two, of three, by one statement, by several, of what is there and what comes
    ('no_cycle', $$INSERT INTO version_parents (version_id, parent_version_id, relation) SELECT parent_version_id, version_id, 'derived-from' FROM vp$$),
    ('no_cycle', $$INSERT INTO dataset_parents (dataset_id, parent_dataset_id) VALUES (pg_temp.d('raw'), pg_temp.d('train'))$$),
    ('no_cycle', $$INSERT INTO dataset_parents (dataset_id, parent_dataset_id) VALUES (pg_temp.d('spare'), pg_temp.d('test')), (pg_temp.d('test'), pg_temp.d('spare'))$$),
    ('no_cycle', $$INSERT INTO dataset_parents (dataset_id, parent_dataset_id) VALUES (pg_temp.d('spare'), pg_temp.d('train')); INSERT INTO dataset_parents (dataset_id, parent_dataset_id) VALUES (pg_temp.d('raw'), pg_temp.d('of_default'))$$),
    ('no_cycle', $$INSERT INTO dataset_parents (dataset_id, parent_dataset_id) VALUES (pg_temp.d('spare'), pg_temp.d('train')), (pg_temp.d('raw'), pg_temp.d('spare')), (pg_temp.d('test'), pg_temp.d('raw'))$$),
    ('no_cycle', $$INSERT INTO model_versions (organization_id, project_id, model_id, semver, artifact_uri) SELECT organization_id, project_id, model_id, ('7.0.' || n)::semver, '/m/7.0.' || n FROM models, generate_series(0, 11) n WHERE model_name = 'm';
        INSERT INTO version_parents (version_id, parent_version_id, relation) SELECT pg_temp.v('m@7.0.' || n), pg_temp.v('m@7.0.' || (n + 1) % 12), 'derived-from' FROM generate_series(0, 11) n$$),
    ('accepted', $$INSERT INTO dataset_parents (dataset_id, parent_dataset_id) VALUES (pg_temp.d('train'), pg_temp.d('raw')), (pg_temp.d('test'), pg_temp.d('clean')), (pg_temp.d('test'), pg_temp.d('raw'))$$);
SELECT pg_temp.judge();
SELECT o.expected, o.state, o.relation, o.message, CASE WHEN o.rule IN ('no_cycle', 'immutable_key') THEN o.detail END AS detail, o.hint FROM outcome o ORDER BY o.expected COLLATE "C", o.relation, o.message COLLATE "C", o.detail COLLATE "C";
SELECT * FROM outcome WHERE rule IS DISTINCT FROM expected AND message <> expected;
SELECT * FROM pg_temp.unmet('{version_parents,dataset_parents,lineage_edges}');
-- One lock of an organization for each kind, however many statements a transaction has.
SELECT rule, n FROM guards WHERE rule = 'no_cycle_dataset' AND organization_id = (SELECT organization_id FROM organizations WHERE slug = 'default') \gset before_
BEGIN;
INSERT INTO dataset_parents (dataset_id, parent_dataset_id) VALUES (pg_temp.d('test'), pg_temp.d('clean'));
SAVEPOINT s;
INSERT INTO dataset_parents (dataset_id, parent_dataset_id) VALUES (pg_temp.d('test'), pg_temp.d('raw'));
RELEASE s;
INSERT INTO dataset_parents (dataset_id, parent_dataset_id) VALUES (pg_temp.d('train'), pg_temp.d('raw'));
SELECT rule, n - :before_n AS taken FROM guards WHERE rule = :'before_rule';
ROLLBACK;
BEGIN;
SAVEPOINT s;
INSERT INTO dataset_parents (dataset_id, parent_dataset_id) VALUES (pg_temp.d('test'), pg_temp.d('clean'));
ROLLBACK TO s;
-- what was taken back is not held any more
INSERT INTO dataset_parents (dataset_id, parent_dataset_id) VALUES (pg_temp.d('test'), pg_temp.d('raw'));
SELECT rule, n - :before_n AS taken FROM guards WHERE rule = :'before_rule';
ROLLBACK;
-- A long chain, row by row and at once.
BEGIN;
INSERT INTO datasets (organization_id, project_id, dataset_name, storage_location, storage_format) SELECT organization_id, project_id, 'c' || n, '/c', 'csv' FROM datasets, generate_series(1, 3000) n WHERE dataset_name = 'raw';
CREATE TEMP TABLE chain AS SELECT d.dataset_id, p.dataset_id AS parent, substr(d.dataset_name, 2)::int AS n FROM datasets d JOIN datasets p ON p.dataset_name = 'c' || substr(d.dataset_name, 2)::int - 1 WHERE d.dataset_name ~ '^c\d+$';
INSERT INTO dataset_parents (dataset_id, parent_dataset_id) SELECT dataset_id, parent FROM chain WHERE n % 2 = 0;
INSERT INTO dataset_parents (dataset_id, parent_dataset_id) SELECT dataset_id, parent FROM chain WHERE n % 2 = 1;
SELECT count(*) FROM lineage_edges WHERE child_id IN (SELECT dataset_id FROM chain) AND valid_to = 'infinity';
SELECT state, rule, detail FROM pg_temp.error_of($$INSERT INTO dataset_parents (dataset_id, parent_dataset_id) VALUES (pg_temp.d('c1'), pg_temp.d('c3000'))$$);
ROLLBACK;

-- Everything goes with its project and its organization.
UPDATE deployments SET status = 'terminated' WHERE status NOT IN ('terminated', 'failed', 'deactivated');
UPDATE training_runs SET version_id = NULL;
BEGIN;
DELETE FROM projects WHERE slug = 'lab';
DELETE FROM projects WHERE slug = 'default';
SELECT (SELECT count(*) FROM version_parents) AS versions, (SELECT count(*) FROM dataset_parents) AS datasets, (SELECT count(*) FROM lineage_edges WHERE valid_to = 'infinity') AS open, (SELECT count(*) > 20 FROM lineage_edges) AS remembered;
SELECT * FROM check_registry();
ROLLBACK;
BEGIN;
DELETE FROM organizations;
SELECT (SELECT count(*) FROM version_parents) AS versions, (SELECT count(*) FROM dataset_parents) AS datasets, (SELECT count(*) FROM lineage_edges) AS edges;
ROLLBACK;

-- What check_registry() says of what was written without triggers, each taken back.
CREATE FUNCTION pg_temp.seen_after(statement text) RETURNS TABLE (check_name text, severity text, object text, detail text, hint text) LANGUAGE plpgsql AS $$
BEGIN
    SET LOCAL session_replication_role = replica;
    EXECUTE statement;
    SET LOCAL session_replication_role = origin;
    RETURN QUERY SELECT c.check_name, c.severity, u.texts[1], u.texts[2], c.hint
      FROM mlregistry.check_registry() c, LATERAL (SELECT array_agg(regexp_replace(regexp_replace(t, '[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}', '<uuid>', 'g'), '\d{4}-\d\d-\d\d[^ ]* [^ ]+', '<time>') ORDER BY n) AS texts FROM unnest(ARRAY[c.object, c.detail]) WITH ORDINALITY AS x (t, n)) AS u ORDER BY 1, 2, 3, 4;
END $$;
SELECT * FROM check_registry();
BEGIN; SELECT * FROM pg_temp.seen_after($$DELETE FROM run_datasets WHERE dataset_role = 'validation'$$); ROLLBACK;
BEGIN; SELECT * FROM pg_temp.seen_after($$UPDATE training_runs SET version_id = pg_temp.v('m@2.0.0'), parent_run_id = NULL WHERE run_name = 'second'$$); ROLLBACK;
BEGIN; SELECT * FROM pg_temp.seen_after($$DELETE FROM lineage_edges WHERE relation = 'derived-from' AND child_id = pg_temp.d('clean')$$); ROLLBACK;
BEGIN; SELECT * FROM pg_temp.seen_after($$UPDATE lineage_edges SET valid_to = '9999-01-01' WHERE relation = 'retrained-from'$$); ROLLBACK;
BEGIN; SELECT * FROM pg_temp.seen_after($$UPDATE lineage_edges SET parent_project_id = gen_random_uuid(), child_project_id = NULL WHERE relation = 'child-run-of' AND valid_to = 'infinity'$$); ROLLBACK;
BEGIN; SELECT * FROM pg_temp.seen_after($$UPDATE lineage_edges SET valid_from = '2000-01-01' WHERE relation = 'child-run-of' AND valid_to = 'infinity'$$); ROLLBACK;
BEGIN; SELECT * FROM pg_temp.seen_after($$INSERT INTO dataset_parents (organization_id, project_id, dataset_id, parent_dataset_id) SELECT organization_id, project_id, dataset_id, pg_temp.d('train') FROM datasets WHERE dataset_name = 'raw'$$); ROLLBACK;
BEGIN; SELECT * FROM pg_temp.seen_after($$UPDATE training_runs SET parent_run_id = pg_temp.r('second') WHERE run_name = 'first'$$); ROLLBACK;
-- The circle itself.
SELECT find_circle('{00000000-0000-0000-0000-000000000001,00000000-0000-0000-0000-000000000002,00000000-0000-0000-0000-000000000004}', '{00000000-0000-0000-0000-000000000002,00000000-0000-0000-0000-000000000001,00000000-0000-0000-0000-000000000001}'),
    find_circle('{}', '{}') IS NULL AS nothing, find_circle(NULL, '{}') IS NULL AS unknown, find_circle('{00000000-0000-0000-0000-000000000001}', '{00000000-0000-0000-0000-000000000002}') IS NULL AS none;
SELECT find_circle('{00000000-0000-0000-0000-000000000001}', '{}');
SELECT find_circle('{00000000-0000-0000-0000-000000000001}', '{NULL}');
-- Triggers that are made otherwise say so.
CREATE TRIGGER wrong AFTER INSERT ON models FOR EACH STATEMENT EXECUTE FUNCTION trg_lineage('models');
INSERT INTO models (organization_id, project_id, model_name, framework) SELECT organization_id, project_id, 'x', 'onnx' FROM models LIMIT 1;
DROP TRIGGER wrong ON models;
CREATE TRIGGER wrong AFTER INSERT ON models FOR EACH ROW EXECUTE FUNCTION trg_no_cycle('version');
INSERT INTO models (organization_id, project_id, model_name, framework) SELECT organization_id, project_id, 'x', 'onnx' FROM models LIMIT 1;
DROP TRIGGER wrong ON models;
CREATE TRIGGER wrong AFTER INSERT ON models FOR EACH STATEMENT EXECUTE FUNCTION trg_no_cycle('run');
INSERT INTO models (organization_id, project_id, model_name, framework) SELECT organization_id, project_id, 'x', 'onnx' FROM models LIMIT 1;
DROP TRIGGER wrong ON models;

-- leave a clean registry behind
DROP VIEW edges, vp, dp;
SELECT uninstall(confirm => 'mlregistry') IS NOT NULL AS uninstalled;
SELECT install() IS NOT NULL AS installed;
