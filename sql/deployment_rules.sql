-- What deployments ask of versions, environments and of each other, and what they do to versions.
SET search_path = public, mlregistry;
SET datestyle = 'ISO';
SET timezone = 'UTC';
\set SHOW_CONTEXT never
\getenv abs_srcdir PG_ABS_SRCDIR
\set refusals :abs_srcdir '/sql/include/refusals.psql'
\set ECHO none
\i :refusals
-- a refusal at the end of a transaction
CREATE FUNCTION pg_temp.error_at_commit(statement text, OUT state text, OUT rule text, OUT message text, OUT detail text, OUT hint text) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE statement;
    SET CONSTRAINTS ALL IMMEDIATE;
    RAISE EXCEPTION 'accepted';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, rule = CONSTRAINT_NAME, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
END $$;
CREATE FUNCTION pg_temp.v(semver text) RETURNS uuid LANGUAGE sql AS $$ SELECT version_id FROM model_versions v WHERE v.semver = v.semver AND artifact_uri = '/m/' || $1 $$;
CREATE FUNCTION pg_temp.e(name text) RETURNS uuid LANGUAGE sql AS $$ SELECT environment_id FROM environments WHERE environment_name = $1 $$;
CREATE VIEW pg_temp.versions AS SELECT semver, status, stage, frozen_at IS NOT NULL AS frozen FROM model_versions ORDER BY model_id, semver;
\set ECHO all

INSERT INTO environments (environment_name, environment_type, requires_approval, required_approval_types, is_active) VALUES
    ('staging', 'staging', false, '{}', true), ('prod', 'production', true, '{}', true),
    ('vault', 'production', true, '{security,legal}', true), ('old', 'sandbox', false, '{}', false);
INSERT INTO models (model_id, model_name, framework) VALUES ('00000000-0000-4000-8000-000000000001', 'm', 'onnx');
INSERT INTO models (model_name, framework, compliance_required) VALUES ('careful', 'onnx', true);
INSERT INTO model_versions (model_id, semver, artifact_uri, status)
SELECT m.model_id, v.semver::semver, '/m/' || v.semver, v.status
  FROM models m, (VALUES ('m', '1.0.0', 'registered'), ('m', '1.1.0', 'validated'), ('m', '1.2.0', 'deprecated'), ('m', '1.3.0', 'archived'),
                         ('m', '1.4.0', 'registered'), ('m', '1.5.0', 'deployed'), ('careful', '2.0.0', 'validated'), ('careful', '2.1.0', 'validated')) AS v (model, semver, status)
 WHERE m.model_name = v.model;
UPDATE model_versions SET deleted_at = now() WHERE artifact_uri = '/m/1.4.0';

-- A deployment freezes its version; a live one makes it deployed, and the last that ends takes that back.
BEGIN;
INSERT INTO deployments (version_id, environment_id, deployment_name) VALUES (pg_temp.v('1.0.0'), pg_temp.e('staging'), 'a');
SELECT * FROM pg_temp.versions WHERE semver IN ('1.0.0', '1.1.0');
UPDATE deployments SET status = 'active';
SELECT * FROM pg_temp.versions WHERE semver IN ('1.0.0', '1.1.0');
-- another version in its place
UPDATE deployments SET version_id = pg_temp.v('1.1.0');
SELECT * FROM pg_temp.versions WHERE semver IN ('1.0.0', '1.1.0');
-- the second one keeps it deployed when the first ends
INSERT INTO deployments (version_id, environment_id, deployment_name, status, traffic_percentage) VALUES (pg_temp.v('1.1.0'), pg_temp.e('staging'), 'b', 'active', 0);
UPDATE deployments SET status = 'failed' WHERE deployment_name = 'a';
SELECT * FROM pg_temp.versions WHERE semver = '1.1.0';
-- degraded is live; deprecated stays deprecated, until it is that no more
UPDATE deployments SET status = 'degraded' WHERE deployment_name = 'b';
UPDATE model_versions SET status = 'deprecated' WHERE version_id = pg_temp.v('1.1.0');
UPDATE deployments SET status = 'active' WHERE deployment_name = 'b';
SELECT * FROM pg_temp.versions WHERE semver = '1.1.0';
UPDATE model_versions SET status = 'validated' WHERE version_id = pg_temp.v('1.1.0');
SELECT * FROM pg_temp.versions WHERE semver = '1.1.0';
UPDATE deployments SET status = 'terminated' WHERE deployment_name = 'b';
SELECT * FROM pg_temp.versions WHERE semver = '1.1.0';
ROLLBACK;
-- what was imported as deployed stays so while nothing of it ends
BEGIN;
INSERT INTO deployments (version_id, environment_id, deployment_name) VALUES (pg_temp.v('1.5.0'), pg_temp.e('staging'), 'a');
SELECT * FROM pg_temp.versions WHERE semver = '1.5.0';
UPDATE deployments SET status = 'failed';
SELECT * FROM pg_temp.versions WHERE semver = '1.5.0';
UPDATE deployments SET status = 'active';
UPDATE deployments SET status = 'deactivated';
SELECT * FROM pg_temp.versions WHERE semver = '1.5.0';
ROLLBACK;
-- history of what has been may be of anything
BEGIN;
INSERT INTO deployments (version_id, environment_id, deployment_name, status)
SELECT pg_temp.v(v), pg_temp.e('old'), 'a', s FROM unnest('{1.2.0,1.3.0,1.4.0}'::text[]) AS v, unnest('{failed,deactivated,terminated}'::text[]) AS s;
SELECT * FROM pg_temp.versions WHERE semver IN ('1.2.0', '1.3.0', '1.4.0');
ROLLBACK;

-- Deployable.
INSERT INTO deployments (version_id, environment_id, deployment_name, status) VALUES
    (pg_temp.v('1.0.0'), pg_temp.e('staging'), 'open', 'active'), (pg_temp.v('1.0.0'), pg_temp.e('old'), 'ended', 'failed'),
    (pg_temp.v('1.2.0'), pg_temp.e('staging'), 'outdated', 'failed');
INSERT INTO broken VALUES
    ('deployable', $$INSERT INTO deployments (version_id, environment_id, deployment_name) VALUES (pg_temp.v('1.4.0'), pg_temp.e('staging'), 'x')$$),
    ('deployable', $$INSERT INTO deployments (version_id, environment_id, deployment_name) VALUES (pg_temp.v('1.3.0'), pg_temp.e('staging'), 'x')$$),
    ('deployable', $$INSERT INTO deployments (version_id, environment_id, deployment_name) VALUES (pg_temp.v('1.2.0'), pg_temp.e('staging'), 'x')$$),
    ('deployable', $$INSERT INTO deployments (version_id, environment_id, deployment_name) VALUES (pg_temp.v('1.0.0'), pg_temp.e('old'), 'x')$$),
    ('deployable', $$UPDATE models SET deleted_at = now() WHERE model_name = 'careful'; INSERT INTO deployments (version_id, environment_id, deployment_name) VALUES (pg_temp.v('2.0.0'), pg_temp.e('staging'), 'x')$$),
    ('deployable', $$UPDATE deployments SET version_id = pg_temp.v('1.2.0') WHERE deployment_name = 'open'$$),
    ('deployable', $$UPDATE deployments SET status = 'deploying' WHERE deployment_name = 'ended'$$),
    ('deployable', $$UPDATE deployments SET status = 'active' WHERE deployment_name = 'outdated'$$),
    ('deployment_is_live', $$DELETE FROM deployments WHERE deployment_name = 'open'$$),
    ('project_in_use', $$DELETE FROM projects$$),
    ('project_in_use', $$DELETE FROM organizations$$);
SELECT pg_temp.judge();
SELECT expected, state, rule, message, detail, hint FROM outcome;
BEGIN;
SET LOCAL mlregistry.force = on;
INSERT INTO deployments (version_id, environment_id, deployment_name) VALUES (pg_temp.v('1.2.0'), pg_temp.e('old'), 'x') RETURNING status;
INSERT INTO deployments (version_id, environment_id, deployment_name) VALUES (pg_temp.v('1.3.0'), pg_temp.e('old'), 'y') RETURNING status;
ROLLBACK;
-- a rollback is nothing new
BEGIN;
SET LOCAL mlregistry.deployment_action = 'rollback';
UPDATE deployments SET version_id = pg_temp.v('1.2.0') WHERE deployment_name = 'open' RETURNING status;
ROLLBACK;
-- what is open goes on in an inactive environment, with a deprecated version; what is not live may be deleted, and a project with it
BEGIN;
UPDATE environments SET is_active = false;
UPDATE model_versions SET status = 'deprecated' WHERE version_id = pg_temp.v('1.0.0');
UPDATE deployments SET status = 'degraded', replicas = 3, traffic_percentage = 50 WHERE deployment_name = 'open' RETURNING status;
UPDATE deployments SET status = 'deploying' WHERE deployment_name = 'open' RETURNING status;
DELETE FROM deployments WHERE deployment_name = 'open' RETURNING status;
DELETE FROM projects RETURNING slug;
SELECT count(*) FROM deployments;
ROLLBACK;
DELETE FROM deployments WHERE deployment_name <> 'open';

-- Traffic: of one model in one environment 100 at most, shadows apart, when the transaction ends.
BEGIN;
INSERT INTO deployments (version_id, environment_id, deployment_name, status, traffic_percentage) VALUES (pg_temp.v('1.1.0'), pg_temp.e('staging'), 'canary', 'active', 10);
SELECT * FROM pg_temp.error_at_commit('SELECT');
UPDATE deployments SET traffic_percentage = 90 WHERE deployment_name = 'open';
SET CONSTRAINTS ALL IMMEDIATE;
SET CONSTRAINTS ALL DEFERRED;
SELECT * FROM pg_temp.error_at_commit($$UPDATE deployments SET traffic_percentage = 10.01 WHERE deployment_name = 'canary'$$);
-- in either order, and back in the same transaction
UPDATE deployments SET traffic_percentage = 100 - traffic_percentage;
UPDATE deployments SET traffic_percentage = 100;
UPDATE deployments SET traffic_percentage = 50;
INSERT INTO deployments (version_id, environment_id, deployment_name, status, deployment_type) VALUES (pg_temp.v('1.1.0'), pg_temp.e('staging'), 'shadow', 'active', 'shadow');
INSERT INTO deployments (version_id, environment_id, deployment_name, status) VALUES (pg_temp.v('2.0.0'), pg_temp.e('staging'), 'other', 'active');
INSERT INTO deployments (version_id, environment_id, deployment_name) VALUES (pg_temp.v('1.1.0'), pg_temp.e('staging'), 'pending');
SET CONSTRAINTS ALL IMMEDIATE;
SET CONSTRAINTS ALL DEFERRED;
SELECT rule, detail FROM pg_temp.error_at_commit($$UPDATE deployments SET deployment_type = 'rolling' WHERE deployment_name = 'shadow'$$);
SELECT rule, detail FROM pg_temp.error_at_commit($$UPDATE deployments SET status = 'active' WHERE deployment_name = 'pending'$$);
-- at once
UPDATE deployments SET status = 'active' WHERE deployment_name = 'pending';
SELECT check_deployment(deployment_id) FROM deployments WHERE deployment_name = 'other';
SELECT check_deployment(deployment_id) FROM deployments WHERE deployment_name = 'pending';
ROLLBACK;
BEGIN;
INSERT INTO deployments (version_id, environment_id, deployment_name, status, traffic_percentage) VALUES (pg_temp.v('1.1.0'), pg_temp.e('staging'), 'canary', 'active', 0.01);
COMMIT;
SELECT deployment_name, traffic_percentage FROM deployments ORDER BY 1;

-- Approvals: where the model requires compliance and the environment approval.
SELECT * FROM deployment_gate('m@1.0.0', 'prod');
SELECT * FROM deployment_gate('careful@2.0.0', 'staging');
SELECT kind, requirement, satisfied, met_by, detail, hint FROM deployment_gate('careful@2.0.0', 'prod');
SELECT kind, requirement, satisfied FROM deployment_gate('careful@2.0.0', 'vault');
SELECT kind, satisfied, detail, hint FROM deployment_gate((SELECT version_id FROM model_versions WHERE artifact_uri = '/m/1.2.0'), pg_temp.e('old'));
SELECT * FROM deployment_gate('m@1.0.0', 'nowhere');
-- pending needs none yet, deploying does; the approval may come after
BEGIN;
INSERT INTO deployments (version_id, environment_id, deployment_name) VALUES (pg_temp.v('2.0.0'), pg_temp.e('prod'), 'p');
SET CONSTRAINTS ALL IMMEDIATE;
SET CONSTRAINTS ALL DEFERRED;
SELECT * FROM pg_temp.error_at_commit($$UPDATE deployments SET status = 'deploying' WHERE deployment_name = 'p'$$);
UPDATE deployments SET status = 'active' WHERE deployment_name = 'p';
INSERT INTO approvals (version_id, approval_type, requested_by, requested_at) VALUES (pg_temp.v('2.0.0'), 'technical', 'ana@example.com', '2020-01-01');
SELECT requirement, satisfied, detail, hint FROM deployment_gate('careful@2.0.0', 'prod') WHERE kind = 'approval';
SELECT rule, detail FROM pg_temp.error_at_commit('SELECT');
UPDATE approvals SET approval_status = 'rejected', reviewed_by = 'bo@example.com';
SELECT requirement, satisfied, detail FROM deployment_gate('careful@2.0.0', 'prod') WHERE kind = 'approval';
INSERT INTO approvals (version_id, approval_type, approval_status, requested_by, reviewed_by, expires_at)
VALUES (pg_temp.v('2.0.0'), 'technical', 'approved', 'ana@example.com', 'bo@example.com', '2199-01-01');
SELECT requirement, satisfied, met_by, valid_until, detail FROM deployment_gate('careful@2.0.0', 'prod') WHERE kind = 'approval';
SET CONSTRAINTS ALL IMMEDIATE;
SET CONSTRAINTS ALL DEFERRED;
-- what serves goes on without it; what is deployed anew does not
UPDATE approvals SET approval_status = 'cancelled' WHERE approval_status = 'approved';
UPDATE deployments SET status = 'degraded' WHERE deployment_name = 'p';
UPDATE deployments SET status = 'active', replicas = 5 WHERE deployment_name = 'p';
SET CONSTRAINTS ALL IMMEDIATE;
SET CONSTRAINTS ALL DEFERRED;
SELECT rule, detail FROM pg_temp.error_at_commit($$UPDATE deployments SET status = 'deploying' WHERE deployment_name = 'p'$$);
SELECT rule, detail FROM pg_temp.error_at_commit($$UPDATE deployments SET version_id = pg_temp.v('2.1.0') WHERE deployment_name = 'p'$$);
SELECT rule, detail FROM pg_temp.error_at_commit($$UPDATE deployments SET status = 'failed' WHERE deployment_name = 'p'; UPDATE deployments SET status = 'active' WHERE deployment_name = 'p'$$);
-- at once
UPDATE deployments SET version_id = pg_temp.v('2.1.0') WHERE deployment_name = 'p';
SELECT check_deployment(deployment_id) FROM deployments WHERE deployment_name = 'p';
ROLLBACK;
-- of each type one, for that environment or any, for that deployment or any, while it is valid; an emergency stands in
BEGIN;
INSERT INTO deployments (version_id, environment_id, deployment_name) VALUES (pg_temp.v('2.0.0'), pg_temp.e('vault'), 'p');
INSERT INTO approvals (version_id, approval_type, environment_id, deployment_id, approval_status, requested_by, reviewed_by, requested_at, reviewed_at, expires_at)
SELECT pg_temp.v(a.version), a.type, pg_temp.e(a.environment), (SELECT deployment_id FROM deployments WHERE deployment_name = a.deployment), 'approved', 'ana@example.com', a.reviewer, '2020-01-01', '2020-01-02', a.expires::timestamptz
  FROM (VALUES ('2.0.0', 'legal', NULL, NULL, 'expired@example.com', '2020-02-02'), ('2.1.0', 'legal', NULL, NULL, 'version@example.com', NULL), ('2.0.0', 'legal', 'prod', NULL, 'environment@example.com', NULL),
               ('2.0.0', 'legal', NULL, 'open', 'deployment@example.com', NULL), ('2.0.0', 'security', 'vault', 'p', 'right@example.com', NULL)) AS a (version, type, environment, deployment, reviewer, expires);
SELECT requirement, satisfied, met_by, valid_until, detail FROM deployment_gate('careful@2.0.0', 'vault') WHERE kind = 'approval';
SELECT requirement, satisfied, met_by, valid_until, detail FROM deployment_gate('careful@2.0.0', 'vault', 'p') WHERE kind = 'approval';
SELECT rule, detail FROM pg_temp.error_at_commit($$UPDATE deployments SET status = 'active' WHERE deployment_name = 'p'$$);
INSERT INTO approvals (version_id, approval_type, approval_status, requested_by, reviewed_by, expires_at) VALUES (pg_temp.v('2.0.0'), 'emergency', 'approved', 'ana@example.com', 'ana@example.com', '2199-01-01');
SELECT requirement, satisfied, met_by, valid_until, detail FROM deployment_gate('careful@2.0.0', 'vault', 'p') WHERE kind = 'approval';
SELECT state, message FROM pg_temp.error_at_commit($$UPDATE deployments SET status = 'active' WHERE deployment_name = 'p'$$);
ROLLBACK;
-- an emergency stands in for one of any type as well, and is named as such
BEGIN;
INSERT INTO approvals (version_id, approval_type, approval_status, requested_by, reviewed_by) VALUES (pg_temp.v('2.0.0'), 'emergency', 'approved', 'ana@example.com', 'bo@example.com');
SELECT requirement, satisfied, met_by, valid_until - now() AS lasts, detail FROM deployment_gate('careful@2.0.0', 'prod') WHERE kind = 'approval';
ROLLBACK;

-- A new approval takes the place of what was decided before on the same: version, type, environment and deployment. What was
-- decided later stays.
BEGIN;
INSERT INTO approvals (version_id, approval_type, environment_id, approval_status, requested_by, reviewed_by, requested_at, reviewed_at, review_notes)
SELECT pg_temp.v(a.version), a.type, pg_temp.e(a.environment), a.status, 'ana@example.com', 'bo@example.com', a.at::timestamptz, CASE WHEN a.status <> 'cancelled' THEN a.at::timestamptz END, a.notes
  FROM (VALUES ('2.0.0', 'legal', 'prod', 'rejected', '2020-01-01', 'rejected'), ('2.0.0', 'legal', 'prod', 'approved', '2020-01-02', 'first'), ('2.0.0', 'legal', 'prod', 'approved', '2020-01-03', 'second'),
               ('2.0.0', 'legal', 'prod', 'approved', '2019-01-01', 'import of the past'), ('2.0.0', 'legal', 'prod', 'cancelled', '2020-01-01', 'cancelled'),
               ('2.0.0', 'legal', NULL, 'approved', '2020-01-01', 'any environment'), ('2.0.0', 'legal', 'vault', 'approved', '2020-01-01', 'other environment'),
               ('2.0.0', 'security', 'prod', 'approved', '2020-01-01', 'other type'), ('2.1.0', 'legal', 'prod', 'approved', '2020-01-01', 'other version')) AS a (version, type, environment, status, at, notes);
INSERT INTO approvals (version_id, approval_type, environment_id, requested_by, requested_at, review_notes) VALUES (pg_temp.v('2.0.0'), 'legal', pg_temp.e('prod'), 'ana@example.com', '2020-01-04', 'third');
SELECT a.review_notes, a.approval_status, n.review_notes AS superseded_by FROM approvals a LEFT JOIN approvals n ON n.approval_id = a.superseded_by ORDER BY a.requested_at, 1;
UPDATE approvals SET approval_status = 'approved', reviewed_by = 'bo@example.com' WHERE review_notes = 'third';
SELECT a.review_notes, a.approval_status, n.review_notes AS superseded_by FROM approvals a LEFT JOIN approvals n ON n.approval_id = a.superseded_by ORDER BY a.requested_at, 1;
SELECT a.review_notes, h.status, h.previous_status, h.valid_to = 'infinity' AS open FROM approvals a JOIN status_history h ON h.entity_id = a.approval_id
 WHERE a.approval_status = 'superseded' ORDER BY a.requested_at, a.review_notes, h.valid_from;
-- one that leaves makes deployments of the version wait
SELECT n FROM guards WHERE rule = 'approval' AND subject_id = pg_temp.v('2.1.0');
UPDATE approvals SET approval_status = 'expired' WHERE review_notes = 'other version';
INSERT INTO approvals (version_id, approval_type, approval_status, requested_by, reviewed_by) VALUES (pg_temp.v('2.1.0'), 'technical', 'approved', 'ana@example.com', 'bo@example.com');
DELETE FROM approvals WHERE version_id = pg_temp.v('2.1.0');
SELECT n FROM guards WHERE rule = 'approval' AND subject_id = pg_temp.v('2.1.0');
ROLLBACK;

-- Metric gates before an environment of that type. NaN measures up to nothing, the version's own number comes first.
BEGIN;
INSERT INTO metric_gates (model_id, metric_name, comparison, threshold, target_stage) SELECT model_id, 'benchmark_accuracy', '>=', 0.9, 'staging' FROM models WHERE model_name = 'm';
INSERT INTO metric_gates (metric_name, dataset_split, comparison, threshold, target_stage) VALUES ('loss', 'validation', '<=', 0.5, 'staging'), ('f1', 'test', '>=', 0.5, 'production');
INSERT INTO metric_gates (metric_name, comparison, threshold, target_stage, is_active) VALUES ('recall', '>=', 0.5, 'staging', false);
INSERT INTO model_metrics (version_id, metric_name, dataset_split, metric_value, recorded_by, recorded_at) VALUES
    (pg_temp.v('1.1.0'), 'loss', 'validation', 0.4, 'old', '2020-01-01'), (pg_temp.v('1.1.0'), 'loss', 'validation', 'NaN', 'ana', '2020-01-02'), (pg_temp.v('1.1.0'), 'loss', 'test', 0.1, 'ana', '2020-01-03');
SELECT requirement, satisfied, met_by, detail, hint FROM deployment_gate('m@1.1.0', 'staging') WHERE kind = 'metric';
SELECT requirement, satisfied FROM deployment_gate('careful@2.0.0', 'staging') WHERE kind = 'metric';
SELECT * FROM pg_temp.error_at_commit($$UPDATE deployments SET version_id = pg_temp.v('1.1.0') WHERE deployment_name = 'open'$$);
INSERT INTO model_metrics (version_id, metric_name, dataset_split, metric_value, recorded_by) VALUES (pg_temp.v('1.1.0'), 'loss', 'validation', 0.5, 'ana'), (pg_temp.v('1.1.0'), 'benchmark_accuracy', 'test', 0.91, 'ana');
SELECT requirement, satisfied, met_by, detail, hint FROM deployment_gate('m@1.1.0', 'staging') WHERE kind = 'metric';
UPDATE model_versions SET benchmark_accuracy = 0.9 WHERE artifact_uri = '/m/1.1.0';
SELECT requirement, satisfied, met_by, detail, hint FROM deployment_gate('m@1.1.0', 'staging') WHERE kind = 'metric';
UPDATE deployments SET version_id = pg_temp.v('1.1.0') WHERE deployment_name = 'open';
SET CONSTRAINTS ALL IMMEDIATE;
ROLLBACK;

DROP VIEW pg_temp.versions;
-- leave a clean registry behind
SELECT uninstall(confirm => 'mlregistry') IS NOT NULL AS uninstalled;
SELECT install() IS NOT NULL AS installed;
