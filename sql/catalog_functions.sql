-- The main job, as interface.md tells it, and what happens when it is done wrong.
SET search_path = public, mlregistry;
\set SHOW_CONTEXT never
SET datestyle = ISO;

-- a model
SELECT project_slug, model_name, display_name, framework, risk_level, is_active, latest_version, version_count
  FROM register_model('fraud-detector', display_name => 'Fraud detector', framework => 'xgboost');
SELECT model_name, display_name, latest_version FROM register_model('churn');
SELECT model_name FROM register_model('fraud-detector', if_exists => 'return');

-- versions: given, bumped, with the version in the address
SELECT semver, stage, status, aliases, artifact_uri, checksum_sha256, framework
  FROM register_version('fraud-detector', '1.4.0', artifact_uri => 's3://models/fraud/1.4.0/model.ubj', checksum_sha256 => repeat('AB', 32));
SELECT semver, artifact_uri FROM register_version('fraud-detector', bump => 'minor', artifact_uri => 's3://models/fraud/{version}/model.ubj');
SELECT semver FROM register_version('fraud-detector', bump => 'premajor', preid => 'rc', artifact_uri => 's3://models/fraud/{version}/model.ubj');
SELECT semver FROM register_version('fraud-detector', bump => 'prerelease', artifact_uri => 's3://models/fraud/{version}/model.ubj');
SELECT semver FROM register_version('fraud-detector', bump => 'patch', artifact_uri => 's3://models/fraud/{version}/model.ubj');
SELECT semver FROM register_version('fraud-detector', bump => 'release', artifact_uri => 's3://models/fraud/{version}/model.ubj');
SELECT semver, framework, framework_version, model_format, description
  FROM register_version('churn', '0.1.0+cpu', '/srv/models/churn', framework => 'sklearn', framework_version => '1.3.2', model_format => 'joblib', description => 'First try');
SELECT semver FROM register_version('churn', '0.1.0', '/srv/models/other', if_exists => 'return');

-- what comes next
SELECT p, next_version('fraud-detector', p) FROM unnest('{major,minor,patch,premajor,preminor,prepatch,prerelease}'::text[]) AS p;
SELECT next_version('fraud-detector'), next_version('fraud-detector', 'prerelease', 'beta');
SELECT model_name FROM register_model('empty', framework => 'onnx');
SELECT next_version('empty', 'minor'), next_version('empty', 'major'), next_version('empty', 'prerelease');
SELECT next_version('fraud-detector', 'release');
SELECT next_version('fraud-detector', NULL);
SELECT next_version('fraud-detector', 'sideways');

-- resolution
SELECT r, v.semver, v.artifact_uri FROM unnest('{fraud-detector,fraud-detector@latest,fraud-detector@1.4.0,default/fraud-detector@1.5.1,churn@0.1.0+anything}'::text[]) AS r, resolve(r) AS v;
SELECT v.semver FROM find_model('fraud-detector') AS id, resolve(id, '1.4.0') AS v;

-- aliases: set, moved, dropped
SELECT alias, semver, previous_semver FROM set_alias('fraud-detector', 'champion', '1.4.0');
SELECT alias, semver, previous_semver FROM set_alias('fraud-detector', ' Champion ', 'latest');
SELECT alias, semver, previous_semver FROM set_alias('fraud-detector', 'champion', '2.0.0');
SELECT alias, semver, previous_semver FROM set_alias('fraud-detector', 'challenger', '2.0.0-rc.1');
SELECT semver, aliases FROM resolve('fraud-detector@CHAMPION');
SELECT alias, semver, previous_semver FROM drop_alias('fraud-detector', 'Challenger');
SELECT alias FROM model_aliases ORDER BY alias;

-- latest: releases before prereleases, neither deprecated nor archived ones
UPDATE model_versions SET status = 'deprecated', deprecation_reason = 'bug' WHERE semver = '2.0.0';
SELECT semver FROM latest_version('fraud-detector');
SELECT semver FROM latest_version('fraud-detector', include_prerelease => true);
SELECT semver FROM latest_version('fraud-detector', include_deprecated => true);
SELECT semver FROM latest_version('fraud-detector', latest_by => 'registered');
UPDATE model_versions SET stage = 'production' WHERE semver = '1.4.0';
SELECT semver FROM latest_version('fraud-detector', stage => 'production');
SELECT semver, stage FROM resolve('fraud-detector@production');
SELECT semver FROM latest_version('fraud-detector', stage => 'staging');
SELECT semver FROM latest_version('empty');
SELECT semver FROM latest_version('fraud-detector', stage => 'live');
SELECT semver FROM latest_version('fraud-detector', latest_by => 'luck');
UPDATE model_versions SET registered_at = now() + interval '1 hour' WHERE semver = '1.4.0';
SELECT semver FROM latest_version('fraud-detector', latest_by => 'registered');
SELECT model_name, semver FROM latest_versions();
SELECT model_name, semver FROM latest_versions(stage => 'production');
SELECT model_name, semver FROM latest_versions(include_prerelease => true);
SELECT model_name, semver FROM latest_versions(project => 'default');

-- only prereleases: the highest of them
SELECT semver FROM register_version('empty', '0.1.0-alpha', '/srv/empty');
SELECT semver FROM latest_version('empty');
UPDATE model_versions SET status = 'archived' WHERE semver = '0.1.0-alpha' RETURNING stage;
SELECT semver FROM latest_version('empty');
SELECT semver FROM resolve('empty');
SELECT semver FROM resolve('empty@archived');

-- lists and pages
SELECT model_name, latest_version, version_count FROM list_models();
SELECT model_name FROM list_models(max_rows => 2);
SELECT model_name FROM list_models(max_rows => 2, after => 'default/empty');
SELECT model_name FROM list_models(after => 'churn');
-- a bare name is one of the project that the list is of
BEGIN;
INSERT INTO projects (name, slug) VALUES ('Alpha', 'alpha'), ('Omega', 'omega');
INSERT INTO models (project_id, model_name) SELECT project_id, n FROM projects, unnest('{one,two}'::text[]) AS n WHERE slug IN ('alpha', 'omega');
SELECT project_slug, model_name FROM list_models(project => 'alpha', max_rows => 1, after => 'one');
SELECT project_slug, model_name FROM list_models(project => 'omega', max_rows => 1, after => 'one');
SELECT count(*) FROM list_models(project => 'omega', after => 'two');
UPDATE projects SET deleted_at = now() WHERE slug = 'default';
SELECT project_slug, model_name FROM list_models(after => 'alpha/one');
SAVEPOINT without_project;
SELECT list_models(after => 'one');
ROLLBACK TO without_project;
SELECT list_datasets(after => 'one');
ROLLBACK;
SELECT model_name FROM list_models(active => true, risk => 'high');
SELECT semver, stage, status, aliases FROM list_versions('fraud-detector');
SELECT semver FROM list_versions('fraud-detector', max_rows => 2, after => '2.0.0-rc.1');
SELECT semver FROM list_versions('fraud-detector', status => 'deprecated');
SELECT semver FROM list_versions('fraud-detector', stage => 'production');
SELECT model_name, latest_version, latest_version_status, latest_version_stage, framework, aliases, version_count, live_deployments FROM v_models_latest ORDER BY 1;

-- files
SELECT semver, path, sha256, variant FROM add_version_file('churn@0.1.0', 'gpu/model.joblib', size_bytes => 10, sha256 => repeat('0F', 32), variant => 'cu121');
SELECT path FROM version_files;

-- archived models: not in latest_versions, but still there
UPDATE models SET is_active = false, archived_reason = 'replaced' WHERE model_name = 'churn' RETURNING archived_at IS NOT NULL AS archived;
SELECT model_name FROM latest_versions();
SELECT semver FROM resolve('churn');
UPDATE models SET is_active = true WHERE model_name = 'churn' RETURNING archived_at, archived_reason;

-- deleted versions keep their number
UPDATE model_versions SET deleted_at = now() WHERE semver = '1.5.1';
SELECT semver FROM resolve('fraud-detector@1.5.1');
SELECT next_version('fraud-detector', 'patch');
SELECT semver FROM latest_version('fraud-detector');
DO $$ BEGIN PERFORM register_version('fraud-detector', '1.5.1', '/x');
EXCEPTION WHEN unique_violation THEN RAISE NOTICE '%', SQLERRM; END $$;

-- done wrong: named rule, value, SQLSTATE, way out; and nothing is left behind
CREATE FUNCTION pg_temp.error_of(statement text, OUT state text, OUT rule text, OUT message text, OUT detail text, OUT hint text) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE statement;
    message := 'no error';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, rule = CONSTRAINT_NAME, message = MESSAGE_TEXT,
        detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
    detail := regexp_replace(regexp_replace(detail, '[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}', '<uuid>', 'g'),
                             '\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?[+-]\d\d', '<time>', 'g');
    detail := replace(detail, session_user, '<me>');
END $$;
CREATE TEMP TABLE counts AS SELECT (SELECT count(*) FROM models) AS models, (SELECT count(*) FROM model_versions) AS versions,
    (SELECT count(*) FROM model_aliases) AS aliases, (SELECT count(*) FROM version_files) AS files;
\x on
\pset format unaligned
SELECT s AS statement, e.* FROM unnest(ARRAY[
    $$SELECT register_model('Fraud detector')$$,
    $$SELECT register_model('')$$,
    $$SELECT register_model(NULL)$$,
    $$SELECT register_model(repeat('x', 1000))$$,
    $$SELECT register_model('fraud-detector')$$,
    $$SELECT register_model('m', if_exists => 'ignore')$$,
    $$SELECT register_model('m', project => 'defautl')$$,
    $$SELECT register_model('m', framework => 'caffe')$$,
    $$SELECT register_model('m', risk_level => 'huge')$$,
    $$SELECT register_model('m', documentation_url => 'ftp://x')$$,
    $$SELECT register_model('m', metadata => '[]')$$,
    $$SELECT register_version('fraud-detector', '1.4', '/x')$$,
    $$SELECT register_version('fraud-detector', 'v1.4.1', '/x')$$,
    $$SELECT register_version('fraud-detector', '1.4.0+other', '/x')$$,
    $$SELECT register_version('fraud-detector', '1.4.0', '/x')$$,
    $$SELECT register_version('fraud-detector', '1.5.1', '/x', if_exists => 'return')$$,
    $$SELECT register_version('fraud-detector', artifact_uri => '/x')$$,
    $$SELECT register_version('fraud-detector', '1.9.0', '/x', bump => 'minor')$$,
    $$SELECT register_version('fraud-detector', '1.9.0')$$,
    $$SELECT register_version('churn', '1.9.0', '/x')$$,
    $$SELECT register_version('fraud-detector', '1.9.0', 'not a uri')$$,
    $$SELECT register_version('fraud-detector', '1.9.0', '/x', checksum_sha256 => 'abc')$$,
    $$SELECT register_version('fraud-detector', '1.9.0', '/x', artifact_size_bytes => -1)$$,
    $$SELECT register_version('fraud-detector', '1.9.0', '/x', git_commit => 'main')$$,
    $$SELECT register_version('fraud-detector', '1.9.0', '/x', framework => 'caffe')$$,
    $$SELECT register_version('fraud-detector', '1.9.0', '/x', model_format => 'zip')$$,
    $$SELECT register_version('fraud-detector', '1.9.0', '/x', custom_metadata => '1')$$,
    $$SELECT register_version('fraud-detector', bump => 'sideways', artifact_uri => '/x')$$,
    $$SELECT register_version('fraud-detektor', '1.9.0', '/x')$$,
    $$SELECT register_version('fraud-detector@1.4.0', '1.9.0', '/x')$$,
    $$SELECT register_version(NULL::text, '1.9.0', '/x')$$,
    $$SELECT register_version(NULL::uuid, '1.9.0', '/x')$$,
    $$SELECT register_version('00000000-0000-0000-0000-000000000000'::uuid, '1.9.0', '/x')$$,
    $$SELECT resolve('nothing-like-it')$$,
    $$SELECT resolve('other/fraud-detector')$$,
    $$SELECT resolve('fraud-detector@9.9.9')$$,
    $$SELECT resolve('fraud-detector@1.4.7')$$,
    $$SELECT resolve('fraud-detector@winner')$$,
    $$SELECT resolve('fraud-detector@Staging')$$,
    $$SELECT resolve('m@' || repeat('é', 100000))$$,
    $$SELECT resolve(NULL::uuid)$$,
    $$SELECT resolve('00000000-0000-0000-0000-000000000000'::uuid)$$,
    $$SELECT list_versions('fraud-detector', stage => 'live')$$,
    $$SELECT list_versions('fraud-detector', status => 'ready')$$,
    $$SELECT list_models(risk => 'huge')$$,
    $$SELECT register_version('fraud-detector', '1.9.0', '/x', preid => 'rc')$$,
    $$SELECT next_version('fraud-detector', 'minor', 'rc')$$,
    $$SELECT drop_alias('fraud-detector', NULL)$$,
    $$SELECT add_version_file(NULL::uuid, 'a')$$,
    $$SELECT resolve('fraud-detector@^1.4')$$,
    $$SELECT resolve('fraud-detector@')$$,
    $$SELECT resolve(NULL)$$,
    $$SELECT set_alias('fraud-detector', 'v2', '1.4.0')$$,
    $$SELECT set_alias('fraud-detector', 'production', '1.4.0')$$,
    $$SELECT set_alias('fraud-detector', NULL, '1.4.0')$$,
    $$SELECT set_alias('fraud-detector', 'a', NULL)$$,
    $$SELECT set_alias('fraud-detector', 'a', '7.0.0')$$,
    $$SELECT drop_alias('fraud-detector', 'winner')$$,
    $$SELECT drop_alias('empty', 'winner')$$,
    $$SELECT add_version_file('churn@0.1.0', '../etc/passwd')$$,
    $$SELECT add_version_file('churn@0.1.0', 'gpu/model.joblib')$$,
    $$SELECT add_version_file('churn@0.1.0', 'a', sha256 => 'x')$$,
    $$SELECT add_version_file('churn@0.1.0', 'a', size_bytes => -1)$$,
    $$SELECT add_version_file('churn@0.1.0', NULL)$$,
    $$SELECT uninstall()$$
    ]) AS s, pg_temp.error_of(s) AS e;
\x off
\pset format aligned
SELECT c.models = (SELECT count(*) FROM models) AS models, c.versions = (SELECT count(*) FROM model_versions) AS versions,
       c.aliases = (SELECT count(*) FROM model_aliases) AS aliases, c.files = (SELECT count(*) FROM version_files) AS files FROM counts c;

-- model and version in one statement
SELECT semver FROM register_version((SELECT model_id FROM register_model('nested', framework => 'onnx')), '1.0.0', '/x');
SELECT alias FROM set_alias((SELECT model_id FROM register_version('nested', '1.1.0', '/x')), 'champion', '1.1.0');
DELETE FROM models WHERE model_name = 'nested';

-- NULL arguments of reading functions
SELECT list_versions(NULL::uuid);
SELECT latest_version(NULL::uuid);
SELECT semver FROM latest_version('fraud-detector', include_prerelease => NULL, include_deprecated => NULL);
SELECT latest_version_id(NULL) IS NULL AS latest_version_id;
SELECT require_stage(NULL) IS NOT NULL AS null_stage_passes;
SELECT version_info(NULL) IS NULL AS version_info, model_info(NULL) IS NULL AS model_info;

-- another project, named and not
INSERT INTO projects (name, slug) VALUES ('Labor', 'lab');
SELECT project_slug, model_name FROM register_model('vision', project => 'lab', framework => 'pytorch');
SELECT project_slug, semver FROM register_version('lab/vision', '1.0.0', '/srv/vision');
SELECT resolve('vision');
SELECT semver FROM resolve('lab/vision@1.0.0');
SELECT model_id AS vision FROM models WHERE model_name = 'vision' \gset
SELECT version_id AS vision_version FROM model_versions WHERE model_id = :'vision' \gset
SELECT semver FROM resolve(:'vision'::uuid);
SELECT project_slug, model_name FROM list_models(project => 'lab');
SELECT project_slug, model_name FROM latest_versions();
UPDATE projects SET deleted_at = now() WHERE slug = 'lab';
SELECT resolve('lab/vision');
-- nor by identifier: what is deleted hides what is in it
\set VERBOSITY sqlstate
SELECT resolve(:'vision'::uuid);
SELECT latest_version(:'vision'::uuid);
SELECT list_versions(:'vision'::uuid);
SELECT next_version(:'vision'::uuid);
SELECT register_version(:'vision'::uuid, '2.0.0', '/x');
SELECT set_alias(:'vision'::uuid, 'a', '1.0.0');
SELECT drop_alias(:'vision'::uuid, 'a');
SELECT add_version_file(:'vision_version'::uuid, 'a');
\set VERBOSITY default
SELECT count(*) FROM latest_versions(project => 'lab');
SELECT model_name FROM v_models_latest ORDER BY 1;

-- with a second organization nobody is in the default one by accident
INSERT INTO organizations (name, slug) VALUES ('Acme', 'acme');
SELECT current_organization_id(), current_project_id();
SELECT register_model('stray');
SELECT resolve('fraud-detector');
SELECT count(*) FROM list_models();
DELETE FROM organizations WHERE slug = 'acme';
SELECT semver FROM resolve('fraud-detector');

-- nothing inconsistent came of it
SELECT * FROM check_registry();
DELETE FROM models;
DELETE FROM projects WHERE slug = 'lab';
