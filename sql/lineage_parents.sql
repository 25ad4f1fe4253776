-- What versions and datasets were made from: said, taken back, refused.
SET search_path = public, mlregistry;
\set SHOW_CONTEXT never

CREATE FUNCTION pg_temp.edges() RETURNS TABLE (child text, relation text, parent text, is_open boolean) LANGUAGE sql AS $$
    SELECT e.child_name, e.relation, e.parent_name, e.is_open FROM mlregistry.v_lineage_edges e ORDER BY 1, 2, 3, 4 DESC
$$;

INSERT INTO projects (name, slug) VALUES ('Lab', 'lab');
SELECT model_name FROM register_model('bert', framework => 'pytorch');
SELECT model_name FROM register_model('tiny', framework => 'pytorch');
SELECT model_name FROM register_model('corpus-bert', framework => 'pytorch', project => 'lab');
SELECT r.semver FROM (VALUES ('bert', '1.0.0'), ('bert', '1.1.0'), ('bert', '2.0.0'), ('tiny', '1.0.0'), ('lab/corpus-bert', '0.9.0')) AS v (model, version)
 CROSS JOIN LATERAL register_version(v.model, v.version::semver, 's3://m/{version}') AS r;

-- ---- versions
SELECT project_slug, model_name, semver, relation, parent_project_slug, parent_model_name, parent_semver, notes, created_by = current_user AS by_me,
       version_id = find_version('bert@1.1.0') AS is_child, parent_version_id = find_version('bert@1.0.0') AS is_parent
  FROM add_parent('bert@1.1.0', 'bert@1.0.0', 'fine-tuned-from', 'on our own reviews');
SELECT model_name, relation, parent_project_slug, parent_model_name, notes FROM add_parent('bert@1.0.0', 'lab/corpus-bert');
SELECT model_name, relation, parent_model_name FROM add_parent('tiny@1.0.0', 'bert@latest', 'distilled-from');
SELECT model_name, relation, parent_semver FROM add_parent(find_version('tiny@1.0.0'), find_version('bert@2.0.0'), 'quantized-from');
SELECT relation, parent_semver, notes FROM add_parent('bert@1.1.0', 'bert@1.0.0', 'fine-tuned-from', 'something else', if_exists => 'return');
SELECT * FROM pg_temp.edges();
SELECT frozen_at IS NOT NULL AS frozen FROM model_versions WHERE version_id = find_version('lab/corpus-bert@0.9.0');

\set VERBOSITY terse
SELECT add_parent('bert@1.1.0', 'bert@1.0.0', 'fine-tuned-from');
\set VERBOSITY default
SELECT add_parent('bert@1.1.0', 'bert@1.0.0', 'child-of');
SELECT add_parent('bert@1.1.0', 'bert@1.0.0', NULL);
SELECT add_parent('bert@1.1.0', 'bert@1.0.0', if_exists => 'skip');
SELECT add_parent('bert@1.1.0', 'bert@1.1.0');
SELECT add_parent('bert@1.1.0', NULL);
SELECT add_parent(NULL, 'bert@1.1.0');
SELECT add_parent(NULL::uuid, find_version('bert@1.0.0'));
SELECT add_parent(find_version('bert@1.0.0'), NULL::uuid);
SELECT add_parent(find_version('bert@1.0.0'), '00000000-0000-0000-0000-000000000000'::uuid);
SELECT add_parent('bert@1.1.0', 'brt@1.0.0');
SELECT add_parent('bert@1.1.0', 'bert@7');
SELECT add_parent('bert@1.1.0', 'corpus-bert@0.9.0');
-- circles: of two, of three
SELECT add_parent('bert@1.0.0', 'bert@1.1.0');
SELECT add_parent('lab/corpus-bert@0.9.0', 'bert@1.1.0', 'merged-from');

SELECT relation, parent_model_name, parent_semver FROM drop_parent('tiny@1.0.0', 'bert@2.0.0', 'quantized-from');
SELECT drop_parent('tiny@1.0.0', 'bert@2.0.0', 'quantized-from');
SELECT drop_parent('tiny@1.0.0', 'bert@1.0.0');
SELECT drop_parent('bert@2.0.0', 'bert@1.0.0');
SELECT drop_parent('bert@2.0.0', 'bert@1.0.0', 'son-of');
SELECT drop_parent('bert@2.0.0', NULL);
SELECT drop_parent(find_version('bert@2.0.0'), NULL::uuid);
SELECT relation FROM add_parent('tiny@1.0.0', 'bert@2.0.0', 'adapter-of');
SELECT relation, parent_semver FROM drop_parent('tiny@1.0.0', 'bert@2.0.0');
-- of a parent that has been deleted since
SELECT relation FROM add_parent('tiny@1.0.0', 'bert@2.0.0', 'adapter-of');
UPDATE model_versions SET deleted_at = now() WHERE version_id = find_version('bert@2.0.0');
SELECT drop_parent('tiny@1.0.0', 'bert@2.0.0');
SELECT relation, parent_semver FROM drop_parent(find_version('tiny@1.0.0'), (SELECT version_id FROM model_versions WHERE deleted_at IS NOT NULL));
SELECT * FROM pg_temp.edges();

-- ---- datasets
SELECT dataset_name FROM register_dataset('raw', 's3://d/raw', 'csv', contains_pii => true, data_classification => 'confidential');
SELECT dataset_name FROM register_dataset('weather', 's3://d/weather', 'csv', data_classification => 'public');
SELECT dataset_name FROM register_dataset('web', 's3://d/web', 'csv', project => 'lab');

SELECT dataset_name, storage_location, storage_format, contains_pii, data_classification, tags, row_count
  FROM derive_dataset('clean', 'raw', 'duplicates removed', 's3://d/clean', 'parquet', row_count => 900, tags => '{washed}');
SELECT dataset_name, contains_pii, data_classification FROM derive_dataset('joined', '{clean,weather}', 'joined by day', 's3://d/joined', 'parquet');
SELECT dataset_name, contains_pii, data_classification FROM derive_dataset('anonymous', ARRAY['clean', 'lab/web', 'dataset:clean'], 'names removed', 's3://d/anonymous', 'parquet',
                                                                           contains_pii => false, data_classification => 'internal');
SELECT project_slug, dataset_name, data_classification FROM derive_dataset('words', 'web', 'split', 's3://d/words', 'parquet', project => 'lab');
SELECT dataset_name, contains_pii FROM derive_dataset('words', parents => '{dataset:lab/words}', transformation => NULL, storage_location => 's3://d/w2', storage_format => 'csv');
-- once more, of more: the dataset stays as it is
SELECT dataset_name, storage_location, contains_pii FROM derive_dataset('joined', '{clean,weather,raw}', 'joined by hour', 's3://d/elsewhere', 'csv', if_exists => 'return');
SELECT d.dataset_name, p.dataset_name, x.transformation
  FROM dataset_parents x JOIN datasets d USING (dataset_id) JOIN datasets p ON p.dataset_id = x.parent_dataset_id ORDER BY 1, 2;

\set VERBOSITY terse
SELECT derive_dataset('joined', '{clean,weather}', NULL, '/x', 'csv');
\set VERBOSITY default
SELECT derive_dataset('x', '{}', NULL, '/x', 'csv');
SELECT derive_dataset('x', NULL::text[], NULL, '/x', 'csv');
SELECT derive_dataset('x', '{clean,NULL}', NULL, '/x', 'csv');
SELECT derive_dataset('x', NULL, NULL, '/x', 'csv');
SELECT derive_dataset('x', 'cleen', NULL, '/x', 'csv');
SELECT derive_dataset('x', '{clean', NULL, '/x', 'csv');
SELECT derive_dataset('x', 'clean', NULL, NULL, 'csv');
SELECT derive_dataset('x', 'clean', NULL, '/x', 'xlsx');
SELECT derive_dataset('x', 'clean', NULL, '/x', 'csv', if_exists => 'maybe');
SELECT derive_dataset('clean', 'clean', NULL, '/x', 'csv', if_exists => 'return');
SELECT count(*) FROM datasets WHERE dataset_name = 'x';

SELECT project_slug, dataset_name, parent_project_slug, parent_dataset_name, transformation, created_by = current_user AS by_me
  FROM add_dataset_parent('words', 'raw', 'vocabulary');
SELECT parent_dataset_name, transformation FROM add_dataset_parent('dataset:words', 'dataset:raw', 'something else', if_exists => 'return');
\set VERBOSITY terse
SELECT add_dataset_parent('words', 'raw');
\set VERBOSITY default
SELECT add_dataset_parent('raw', 'joined');
SELECT add_dataset_parent('words', 'words');
SELECT add_dataset_parent('words', 'rew');
SELECT add_dataset_parent('words', NULL);
SELECT add_dataset_parent(find_dataset('words'), NULL::uuid);
SELECT add_dataset_parent('00000000-0000-0000-0000-000000000000'::uuid, find_dataset('words'));
SELECT parent_dataset_name, transformation FROM drop_dataset_parent('words', 'raw');
SELECT drop_dataset_parent('words', 'raw');
SELECT drop_dataset_parent('raw', 'words');
SELECT drop_dataset_parent(find_dataset('words'), NULL::uuid);
SELECT * FROM pg_temp.edges() WHERE child LIKE 'dataset:%';

-- ---- rights: who may not write what was made may not say what from, and nothing is made from what one may not read
SET client_min_messages = warning;
DROP ROLE IF EXISTS f8_rita, f8_wanda;
RESET client_min_messages;
CREATE ROLE f8_rita; CREATE ROLE f8_wanda;
SELECT count(*) FROM (VALUES ('rita', 'viewer'), ('wanda', 'developer')) AS u (name, role)
 CROSS JOIN LATERAL create_user(u.name || '@example.com', db_role => ('f8_' || u.name)::name) AS c
 CROSS JOIN LATERAL add_member(u.name || '@example.com', u.role) AS m;
SELECT count(*) FROM unnest('{f8_rita,f8_wanda}'::name[]) AS r, grant_access(r, 'writer', sql_only => true);
INSERT INTO projects (name, slug, visibility) VALUES ('Vault', 'vault', 'private');
SELECT dataset_name FROM register_dataset('secret', 's3://d/secret', 'csv', project => 'vault');
SELECT model_name FROM register_model('spy', framework => 'pytorch', project => 'vault');
SELECT semver FROM register_version('vault/spy', '1.0.0', 's3://m/spy');
SELECT find_version('vault/spy@1.0.0') AS spy, find_dataset('vault/secret') AS secret \gset
SET SESSION AUTHORIZATION f8_rita;
SELECT add_parent('bert@1.1.0', 'tiny@1.0.0');
SELECT drop_parent('bert@1.1.0', 'bert@1.0.0');
SELECT add_dataset_parent('words', 'raw');
SELECT drop_dataset_parent('clean', 'raw');
SELECT derive_dataset('x', 'raw', NULL, '/x', 'csv');
SET SESSION AUTHORIZATION f8_wanda;
SELECT relation, created_by FROM add_parent('bert@1.1.0', 'tiny@1.0.0', 'merged-from');
SELECT add_parent('bert@1.1.0', 'vault/spy@1.0.0');
\set VERBOSITY sqlstate
SELECT add_parent(find_version('bert@1.1.0'), :'spy'::uuid);
\set VERBOSITY default
SELECT derive_dataset('x', '{raw,vault/secret}', NULL, '/x', 'csv');
\set VERBOSITY sqlstate
SELECT add_dataset_parent(find_dataset('raw'), :'secret'::uuid);
\set VERBOSITY default
RESET SESSION AUTHORIZATION;
-- what one could not see any more is taken back by its identifier
SELECT parent_project_slug, parent_dataset_name FROM add_dataset_parent('words', 'vault/secret');
SET SESSION AUTHORIZATION f8_wanda;
SELECT dataset_name, parent_project_slug, parent_dataset_name, transformation, parent_dataset_id = :'secret'::uuid AS it FROM drop_dataset_parent(find_dataset('words'), :'secret'::uuid);
RESET SESSION AUTHORIZATION;
-- a key that opens versions, but not models, does not tell what these are called
SELECT api_key AS key FROM create_api_key('ci', '{"scopes": ["versions:read", "versions:write"]}', email => 'wanda@example.com') \gset
SELECT find_version('bert@1.1.0') AS bert, find_version('tiny@1.0.0') AS tiny \gset
SET SESSION AUTHORIZATION f8_wanda;
BEGIN;
SELECT authenticate(:'key');
INSERT INTO version_parents (version_id, parent_version_id, relation) VALUES (:'tiny', :'bert', 'derived-from');
ROLLBACK;
RESET SESSION AUTHORIZATION;
SELECT count(*) FROM unnest('{f8_rita,f8_wanda}'::name[]) AS r, revoke_access(r, sql_only => true);
DROP ROLE f8_rita, f8_wanda;
SET client_min_messages = warning;
SELECT uninstall(confirm => 'mlregistry') IS NOT NULL AS uninstalled;
SELECT install() IS NOT NULL AS installed;
