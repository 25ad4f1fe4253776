-- Stages and aliases that are protected, what a version needs to enter a stage, what is not deleted, what admins may do all the same.
SET search_path = public, mlregistry;
SET datestyle = 'ISO';
SET timezone = 'UTC';
\set SHOW_CONTEXT never
\getenv abs_srcdir PG_ABS_SRCDIR
\set refusals :abs_srcdir '/sql/include/refusals.psql'
\set ECHO none
\i :refusals
CREATE FUNCTION pg_temp.error_at_commit(statement text, OUT state text, OUT rule text, OUT message text, OUT detail text) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE statement;
    SET CONSTRAINTS ALL IMMEDIATE;
    RAISE EXCEPTION 'accepted';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, rule = CONSTRAINT_NAME, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL;
END $$;
CREATE FUNCTION pg_temp.v(semver text) RETURNS uuid LANGUAGE sql AS $$ SELECT version_id FROM model_versions WHERE artifact_uri = '/m/' || $1 $$;
CREATE FUNCTION pg_temp.m(name text) RETURNS uuid LANGUAGE sql AS $$ SELECT model_id FROM models WHERE model_name = $1 $$;
\set ECHO all

INSERT INTO models (model_name, framework, compliance_required) VALUES ('m', 'onnx', false), ('careful', 'onnx', true), ('spare', 'onnx', false);
INSERT INTO model_versions (model_id, semver, artifact_uri, status, stage)
SELECT pg_temp.m(v.model), v.semver::semver, '/m/' || v.semver, v.status, v.stage
  FROM (VALUES ('m', '1.0.0', 'registered', 'production'), ('m', '1.1.0', 'validated', 'staging'), ('m', '1.2.0', 'registered', 'development'),
               ('careful', '2.0.0', 'registered', 'staging'), ('careful', '2.1.0', 'validated', 'staging'), ('careful', '2.2.0', 'deprecated', 'staging'),
               ('spare', '3.0.0', 'registered', 'development')) AS v (model, semver, status, stage);

-- Production needs validation where compliance is required: on every way in, and of what is there and deprecated no more.
INSERT INTO broken VALUES
    ('production_needs_validation', $$UPDATE model_versions SET stage = 'production' WHERE version_id = pg_temp.v('2.0.0')$$),
    ('production_needs_validation', $$UPDATE model_versions SET stage = 'production' WHERE version_id = pg_temp.v('2.2.0')$$),
    ('production_needs_validation', $$INSERT INTO model_versions (model_id, semver, artifact_uri, stage) VALUES (pg_temp.m('careful'), '2.3.0', '/m/2.3.0', 'production')$$),
    ('production_needs_validation', $$UPDATE model_versions SET deleted_at = now() WHERE version_id = pg_temp.v('1.0.0'); UPDATE models SET compliance_required = true; UPDATE model_versions SET deleted_at = NULL$$),
    ('production_needs_validation', $$UPDATE model_versions SET status = 'deprecated' WHERE version_id = pg_temp.v('1.0.0'); UPDATE models SET compliance_required = true; UPDATE model_versions SET status = 'registered' WHERE version_id = pg_temp.v('1.0.0')$$);
BEGIN;
UPDATE model_versions SET stage = 'production', status = 'validated' WHERE version_id = pg_temp.v('2.0.0') RETURNING stage, status;
-- what is in production when compliance comes to be required stays there, and may be changed otherwise
UPDATE models SET compliance_required = true WHERE model_name = 'm';
UPDATE model_versions SET description = 'x', status = 'deprecated' WHERE version_id = pg_temp.v('1.0.0') RETURNING stage, status;
ROLLBACK;

-- Metric gates of a stage: of the model, of the project, for what goes up.
INSERT INTO metric_gates (model_id, metric_name, comparison, threshold) VALUES (pg_temp.m('m'), 'benchmark_accuracy', '>=', 0.9), (NULL, 'auc', '>=', 0.8);
INSERT INTO metric_gates (metric_name, comparison, threshold, target_stage) VALUES ('benchmark_latency_p99_ms', '<=', 50, 'staging');
INSERT INTO broken VALUES
    ('metric_gate', $$UPDATE model_versions SET stage = 'development' WHERE version_id = pg_temp.v('1.0.0'); UPDATE model_versions SET stage = 'production' WHERE version_id = pg_temp.v('1.1.0')$$),
    ('metric_gate', $$UPDATE model_versions SET stage = 'staging' WHERE version_id = pg_temp.v('1.2.0')$$),
    ('metric_gate', $$UPDATE model_versions SET stage = 'staging', benchmark_latency_p99_ms = 50.01 WHERE version_id = pg_temp.v('1.2.0')$$),
    ('metric_gate', $$UPDATE model_versions SET deleted_at = now() WHERE version_id = pg_temp.v('1.1.0'); UPDATE model_versions SET deleted_at = NULL WHERE version_id = pg_temp.v('1.1.0')$$);
BEGIN;
UPDATE model_versions SET stage = 'staging', benchmark_latency_p99_ms = 50 WHERE version_id = pg_temp.v('1.2.0') RETURNING stage;
-- down goes everything: it makes room
UPDATE model_versions SET stage = 'staging' WHERE version_id = pg_temp.v('1.0.0') RETURNING stage;
INSERT INTO model_metrics (version_id, metric_name, metric_value) VALUES (pg_temp.v('1.1.0'), 'auc', 0.8), (pg_temp.v('1.1.0'), 'benchmark_accuracy', 0.5);
SELECT requirement, satisfied, metric_value, recorded_by = session_user AS by_me FROM gate_metrics(pg_temp.v('1.1.0'), 'production');
UPDATE model_versions SET benchmark_accuracy = 0.95 WHERE version_id = pg_temp.v('1.1.0');
UPDATE model_versions SET stage = 'production' WHERE version_id = pg_temp.v('1.1.0') RETURNING stage;
ROLLBACK;
-- what is inserted is measured when its transaction ends
BEGIN;
INSERT INTO model_versions (model_id, semver, artifact_uri, stage) VALUES (pg_temp.m('spare'), '3.1.0', '/m/3.1.0', 'production');
SELECT * FROM pg_temp.error_at_commit('SELECT');
INSERT INTO model_metrics (version_id, metric_name, metric_value) VALUES (pg_temp.v('3.1.0'), 'auc', 0.9);
SET CONSTRAINTS ALL IMMEDIATE;
ROLLBACK;
SELECT pg_temp.judge();
SELECT expected, state, rule, message, detail, hint FROM outcome;
TRUNCATE broken, outcome;
UPDATE metric_gates SET is_active = false;

-- Deletion: what is deployed, what it lies in, signatures.
INSERT INTO environments (environment_name, environment_type) VALUES ('e', 'sandbox');
INSERT INTO deployments (version_id, environment_id, deployment_name) SELECT pg_temp.v('1.2.0'), environment_id, 'd' FROM environments;
INSERT INTO version_signatures (version_id, kind, signer, bundle) VALUES (pg_temp.v('1.1.0'), 'pgp', 'ana', '{"a": 1.0}');
INSERT INTO broken VALUES
    ('version_in_use', $$UPDATE model_versions SET deleted_at = now() WHERE version_id = pg_temp.v('1.2.0')$$),
    ('deployments_version_fkey', $$DELETE FROM model_versions WHERE version_id = pg_temp.v('1.2.0')$$),
    ('deployments_model_fkey', $$DELETE FROM models WHERE model_name = 'm'$$),
    ('model_in_use', $$UPDATE models SET deleted_at = now() WHERE model_name = 'm'$$),
    ('project_in_use', $$UPDATE projects SET deleted_at = now()$$),
    ('organization_in_use', $$UPDATE organizations SET deleted_at = now()$$),
    ('signature_immutable', $$UPDATE version_signatures SET signer = 'bo'$$),
    ('signature_immutable', $$UPDATE version_signatures SET bundle = '{"a": 2}', verification = 'verified', verified_at = now()$$),
    ('signature_immutable', $$UPDATE version_signatures SET created_by = 'bo'$$),
    ('signature_immutable', $$DELETE FROM version_signatures$$);
BEGIN;
UPDATE version_signatures SET verification = 'verified', verifier = 'cosign', verified_at = now(), bundle = '{"a": 1.00}' RETURNING verification;
DELETE FROM model_versions WHERE version_id = pg_temp.v('1.1.0') RETURNING semver;
SELECT count(*) FROM version_signatures;
UPDATE deployments SET status = 'terminated';
UPDATE model_versions SET deleted_at = now() WHERE version_id = pg_temp.v('1.2.0') RETURNING semver;
UPDATE models SET deleted_at = now() WHERE model_name = 'm' RETURNING model_name;
UPDATE projects SET deleted_at = now() RETURNING slug;
ROLLBACK;
SELECT pg_temp.judge();
SELECT expected, state, rule, message, detail, hint FROM outcome;
TRUNCATE broken, outcome;
UPDATE deployments SET status = 'failed';

-- Legal hold of a version: no deletion of any kind, no change of its artifact, frozen or not; what has ended goes its way.
SELECT kind, name, legal_hold, legal_hold_reason FROM hold('spare@3.0.0', 'case 7');
INSERT INTO model_versions (model_id, semver, artifact_uri) VALUES (pg_temp.m('m'), '1.5.0', '/m/1.5.0');
INSERT INTO version_files (version_id, path) VALUES (pg_temp.v('1.5.0'), 'a');
INSERT INTO broken VALUES
    ('legal_hold', $$DELETE FROM model_versions WHERE version_id = pg_temp.v('3.0.0')$$),
    ('legal_hold', $$UPDATE model_versions SET deleted_at = now() WHERE version_id = pg_temp.v('3.0.0')$$),
    ('legal_hold', $$UPDATE model_versions SET artifact_uri = '/other' WHERE version_id = pg_temp.v('3.0.0')$$),
    ('legal_hold', $$INSERT INTO version_files (version_id, path) VALUES (pg_temp.v('3.0.0'), 'b')$$),
    ('legal_hold', $$SELECT correct_version('spare@3.0.0', 'wrong', '{"artifact_uri": "/other"}')$$),
    ('legal_hold', $$DELETE FROM models WHERE model_name = 'spare'$$),
    ('legal_hold', $$UPDATE models SET deleted_at = now() WHERE model_name = 'spare'$$),
    ('legal_hold', $$DELETE FROM deployments; DELETE FROM projects$$),
    ('legal_hold', $$UPDATE projects SET deleted_at = now()$$),
    ('legal_hold', $$DELETE FROM deployments; DELETE FROM organizations$$),
    ('legal_hold', $$UPDATE organizations SET deleted_at = now()$$),
    ('legal_hold', $$SET LOCAL client_min_messages = warning; TRUNCATE models CASCADE$$),
    ('legal_hold', $$TRUNCATE version_files$$);
SELECT pg_temp.judge();
SELECT expected, state, rule, message, detail, hint FROM outcome;
TRUNCATE broken, outcome;
UPDATE model_versions SET description = 'still', checksum_sha256 = repeat('a', 64), stage = 'staging' WHERE version_id = pg_temp.v('3.0.0') RETURNING semver;
SELECT kind, name, legal_hold, legal_hold_reason FROM release('spare@3.0.0', 'case 7 is closed');
SELECT kind, name, legal_hold, legal_hold_reason FROM release('spare@3.0.0', 'again');
-- of a model: with all its versions
SELECT kind, name, legal_hold, legal_hold_reason FROM hold('m', 'case 8');
INSERT INTO broken VALUES
    ('legal_hold', $$DELETE FROM deployments; DELETE FROM models WHERE model_name = 'm'$$),
    ('legal_hold', $$UPDATE models SET deleted_at = now() WHERE model_name = 'm'$$),
    ('legal_hold', $$DELETE FROM model_versions WHERE version_id = pg_temp.v('1.1.0')$$),
    ('legal_hold', $$UPDATE model_versions SET deleted_at = now() WHERE version_id = pg_temp.v('1.1.0')$$),
    ('legal_hold', $$UPDATE model_versions SET artifact_uri = '/other' WHERE semver = '1.5.0'$$),
    ('legal_hold', $$DELETE FROM version_files$$),
    ('legal_hold', $$UPDATE version_files SET path = 'c'$$);
SELECT pg_temp.judge();
SELECT expected, state, rule, message, detail, hint FROM outcome;
TRUNCATE broken, outcome;
SELECT hold('m', ' ');
SELECT hold('nobody', 'x');
SELECT kind, name, legal_hold FROM release('m', 'done');
SELECT action, entity_name, reason FROM audit_logs WHERE action LIKE '%.hold' OR action LIKE '%.release' ORDER BY log_id;
SELECT current_setting('mlregistry.reason') AS nothing_left;

-- Corrections of what is frozen, with a reason; held to the rules of the table otherwise.
SELECT semver, artifact_uri FROM correct_version('m@1.0.0', 'the build moved', '{"artifact_uri": "/moved", "framework_version": "1.17", "signature": {"inputs": []}, "artifact_size_bytes": 7, "files": {"model.onnx": {"size_bytes": 7, "sha256": null}}}');
SELECT artifact_uri, framework_version, signature, artifact_size_bytes, frozen_at IS NOT NULL AS frozen FROM model_versions WHERE semver = '1.0.0';
SELECT semver FROM correct_version('m@1.0.0', 'no size', '{"artifact_size_bytes": null, "signature": null, "semver": "1.0.0+build", "files": {"model.onnx": {"sha256": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}}}');
SELECT v.semver, v.signature, v.artifact_size_bytes, f.path, f.size_bytes, left(f.sha256, 3) AS sha256 FROM model_versions v JOIN version_files f USING (version_id) WHERE v.artifact_uri = '/moved';
SELECT semver FROM correct_version('m@1.0.0', 'no file', '{"files": {"model.onnx": null}}');
SELECT count(*) FROM version_files WHERE path = 'model.onnx';
SELECT action, entity_name, changes -> 'artifact_uri' AS artifact_uri, reason FROM audit_logs WHERE reason IN ('the build moved', 'no size', 'no file') ORDER BY log_id;
INSERT INTO broken VALUES
    ('version_frozen', $$UPDATE model_versions SET artifact_uri = '/again' WHERE semver = '1.0.0'$$),
    ('version_frozen', $$SELECT apply_correction(version_id, '{"artifact_uri": "/again"}') FROM model_versions WHERE semver = '1.0.0'$$),
    ('valid_artifact_uri', $$SELECT correct_version('m@1.0.0', 'x', '{"artifact_uri": "nowhere"}')$$),
    ('none: a reason', $$SELECT correct_version('m@1.0.0', NULL, '{"artifact_uri": "/again"}')$$),
    ('none: changes', $$SELECT correct_version('m@1.0.0', 'x', '[]')$$),
    ('none: changes', $$SELECT correct_version('m@1.0.0', 'x', NULL)$$),
    ('none: a name', $$SELECT correct_version('m@1.0.0', 'x', '{"status": "validated"}')$$),
    ('none: a name', $$SELECT correct_version('m@1.0.0', 'x', '{"files": {"a": {"owner": 1}}}')$$),
    ('none: files', $$SELECT correct_version('m@1.0.0', 'x', '{"files": {"a": 1}}')$$),
    ('none: no file', $$SELECT correct_version('m@1.0.0', 'x', '{"files": {"a": null}}')$$),
    ('none: no version', $$SELECT correct_version('00000000-0000-4000-8000-000000000000'::uuid, 'x', '{"semver": "1.0.0"}')$$);
SELECT pg_temp.judge();
SELECT expected, state, rule, message, detail, hint FROM outcome;
TRUNCATE broken, outcome;
-- a correction that fails leaves the freeze as it was
SELECT correct_version('m@1.0.0', 'x', '{"framework": "abacus"}');
UPDATE model_versions SET artifact_uri = '/again' WHERE semver = '1.0.0';

-- Protected stages and aliases: who may is who answers for the project. A role of level write does not, an owner of the project does.
CREATE ROLE regress_rules_writer LOGIN;
CREATE ROLE regress_rules_owner LOGIN;
CREATE ROLE regress_rules_admin LOGIN;
\o /dev/null
SELECT grant_access('regress_rules_writer', 'writer'), grant_access('regress_rules_admin', 'admin'), grant_access('regress_rules_owner', 'writer', sql_only => true);
SELECT create_user('olga@example.com', db_role => 'regress_rules_owner'), add_member('olga@example.com', 'developer'), add_project_member('olga@example.com', 'owner', 'default');
\o
UPDATE projects SET protected_stages = '{production}';
INSERT INTO model_aliases (model_id, alias, version_id, protected) SELECT pg_temp.m('m'), a, pg_temp.v('1.1.0'), a = 'champion' FROM unnest('{champion,candidate}'::text[]) AS a;
GRANT SELECT, INSERT ON broken, outcome TO PUBLIC;
SET SESSION AUTHORIZATION regress_rules_writer;
INSERT INTO broken VALUES
    ('protected_stage', $$UPDATE model_versions SET stage = 'staging' WHERE semver = '1.0.0'$$),
    ('protected_stage', $$UPDATE model_versions SET deleted_at = now() WHERE semver = '1.0.0'$$),
    ('protected_stage', $$DELETE FROM model_versions WHERE semver = '1.0.0'$$),
    ('protected_stage', $$UPDATE model_versions SET stage = 'production' WHERE semver = '3.0.0'$$),
    ('protected_stage', $$INSERT INTO model_versions (model_id, semver, artifact_uri, stage) SELECT model_id, '3.2.0', '/m/3.2.0', 'production' FROM models WHERE model_name = 'spare'$$),
    ('protected_alias', $$UPDATE model_aliases SET version_id = (SELECT version_id FROM model_versions WHERE semver = '1.0.0') WHERE alias = 'champion'$$),
    ('protected_alias', $$UPDATE model_aliases SET alias = 'other' WHERE alias = 'champion'$$),
    ('protected_alias', $$UPDATE model_aliases SET protected = false WHERE alias = 'champion'$$),
    ('protected_alias', $$UPDATE model_aliases SET protected = true WHERE alias = 'candidate'$$),
    ('protected_alias', $$SELECT set_alias('m', 'champion', '1.0.0')$$),
    ('protected_alias', $$SELECT drop_alias('m', 'champion')$$),
    ('protected_alias', $$INSERT INTO model_aliases (model_id, alias, version_id, protected) SELECT model_id, 'mine', version_id, true FROM model_versions WHERE semver = '1.1.0'$$),
    ('legal_hold', $$UPDATE models SET legal_hold = true WHERE model_name = 'm'$$),
    ('access_denied', $$SELECT hold('m', 'x')$$),
    ('access_denied', $$SELECT correct_version('m@1.0.0', 'x', '{"artifact_uri": "/again"}')$$),
    ('access_denied', $$SELECT run_correction(version_id, '{"artifact_uri": "/again"}') FROM model_versions WHERE semver = '1.0.0'$$);
SELECT pg_temp.judge();
SELECT expected, state, rule, message, detail, hint FROM outcome;
BEGIN;
SELECT alias, semver FROM set_alias('m', 'candidate', '1.0.0');
UPDATE model_versions SET stage = 'development' WHERE semver = '1.1.0' RETURNING stage;
UPDATE model_versions SET description = 'x' WHERE semver = '1.0.0' RETURNING stage;
ROLLBACK;
SET SESSION AUTHORIZATION regress_rules_owner;
BEGIN;
UPDATE model_versions SET stage = 'staging' WHERE semver = '1.0.0' RETURNING stage;
UPDATE model_versions SET stage = 'production' WHERE semver = '1.1.0' RETURNING stage;
SELECT alias, semver FROM set_alias('m', 'champion', '1.0.0');
UPDATE model_aliases SET protected = NOT protected RETURNING alias, protected;
ROLLBACK;
-- but no admin
SELECT pg_temp.error_of($$UPDATE models SET legal_hold = true WHERE model_name = 'm'$$);
SET SESSION AUTHORIZATION regress_rules_admin;
SELECT kind, legal_hold FROM hold('m', 'case 9');
SELECT kind, legal_hold FROM release('m', 'done');
SELECT artifact_uri FROM correct_version('m@1.0.0', 'moved again', '{"artifact_uri": "/again"}');
UPDATE model_versions SET stage = 'staging' WHERE semver = '1.0.0' RETURNING stage;
RESET SESSION AUTHORIZATION;
-- a project goes with what is protected in it
BEGIN;
DELETE FROM deployments;
DELETE FROM projects;
SELECT count(*) FROM model_versions;
ROLLBACK;

DROP OWNED BY regress_rules_writer, regress_rules_owner, regress_rules_admin;
DROP ROLE regress_rules_writer, regress_rules_owner, regress_rules_admin;

-- leave a clean registry behind
SELECT uninstall(confirm => 'mlregistry') IS NOT NULL AS uninstalled;
SELECT install() IS NOT NULL AS installed;
