-- Histories of stages, statuses and deployments: what every statement leaves in them.
SET search_path = public, mlregistry;
\set SHOW_CONTEXT never
SET timezone = 'UTC';
SET datestyle = 'ISO';

INSERT INTO models (model_name, framework, created_by) VALUES ('m', 'pytorch', 'anna'), ('n', 'onnx', 'anna');
INSERT INTO environments (environment_name, environment_type) VALUES ('prod', 'production'), ('lab', 'sandbox');
INSERT INTO experiments (experiment_name) VALUES ('e');
-- Periods as words: what was told, from before what to what; the open one last. A gap or an overlap shows.
CREATE VIEW stages AS SELECT semver, string_agg(concat_ws('<', stage, previous_stage) || CASE WHEN valid_to = 'infinity' THEN '' WHEN valid_to = next THEN ' ' WHEN next IS NULL THEN ' end' ELSE ' GAP ' END, '' ORDER BY valid_from) AS periods
  FROM (SELECT h.*, lead(valid_from) OVER (PARTITION BY version_id ORDER BY valid_from) AS next FROM stage_history h) AS h GROUP BY semver, version_id;
CREATE VIEW statuses AS SELECT entity_kind, entity_id, string_agg(concat_ws('<', status, previous_status) || CASE WHEN valid_to = 'infinity' THEN '' WHEN valid_to = next THEN ' ' WHEN next IS NULL THEN ' end' ELSE ' GAP ' END, '' ORDER BY valid_from) AS periods
  FROM (SELECT h.*, lead(valid_from) OVER (PARTITION BY entity_kind, entity_id ORDER BY valid_from) AS next FROM status_history h) AS h GROUP BY entity_kind, entity_id;
CREATE VIEW served AS SELECT deployment_name, action, status, deployment_status, semver, (SELECT v.semver FROM model_versions v WHERE v.version_id = h.previous_version_id) AS previous, traffic_percentage AS traffic, replicas, error_message, reason, performed_by, started_at = valid_from AS at_once,
    completed_at = valid_from AS known, CASE WHEN valid_to = 'infinity' THEN 'open' WHEN valid_to = lead(valid_from) OVER (PARTITION BY deployment_id ORDER BY valid_from) THEN 'next' WHEN lead(valid_from) OVER (PARTITION BY deployment_id ORDER BY valid_from) IS NULL THEN 'end' ELSE 'GAP' END AS ends
  FROM deployment_history h ORDER BY deployment_name, valid_from;

-- The first period begins when the state began, as far as the row says; never in the future.
INSERT INTO model_versions (model_id, semver, artifact_uri, status, stage, registered_at, validated_at, promoted_to_production_at, deprecated_at, registered_by)
SELECT m.model_id, v.semver::semver, '/' || v.semver, v.status, v.stage, v.registered, v.validated, v.promoted, v.deprecated, 'anna'
  FROM models m, (VALUES ('1.0.0', 'registered', 'development', '2024-01-01Z'::timestamptz, NULL::timestamptz, NULL::timestamptz, NULL::timestamptz), ('1.1.0', 'validated', 'production', '2024-01-01Z', '2024-02-01Z', '2024-03-01Z', NULL),
                         ('1.2.0', 'deprecated', 'staging', '2024-01-01Z', NULL, NULL, '2024-04-01Z'), ('1.3.0', 'registered', 'development', 'infinity', NULL, NULL, NULL)) AS v (semver, status, stage, registered, validated, promoted, deprecated) WHERE m.model_name = 'm';
SELECT h.semver, h.stage, h.changed_by, CASE WHEN h.valid_from > '2025-01-01Z' THEN 'now' ELSE h.valid_from::date::text END AS since, s.status, CASE WHEN s.valid_from > '2025-01-01Z' THEN 'now' ELSE s.valid_from::date::text END AS status_since
  FROM stage_history h JOIN status_history s ON s.entity_id = h.version_id ORDER BY 1;
INSERT INTO training_runs (experiment_id, status, queued_at, started_at, completed_at) SELECT experiment_id, v.status, v.q, v.s, v.c
  FROM experiments, (VALUES ('queued', '2024-01-01Z'::timestamptz, NULL::timestamptz, NULL::timestamptz), ('running', '2024-01-01Z', '2024-01-02Z', NULL), ('failed', '2024-01-01Z', '2024-01-02Z', '2024-01-03Z')) AS v (status, q, s, c);
SELECT status, valid_from::date FROM status_history WHERE entity_kind = 'run' ORDER BY 2;

-- Several rows, several columns, and what ends as it began.
SET mlregistry.reason = 'quarterly cleaning';
UPDATE model_versions SET stage = CASE semver WHEN '1.0.0' THEN 'staging' ELSE stage END, status = CASE semver WHEN '1.0.0' THEN 'validated' ELSE status END, description = 'all are touched';
RESET mlregistry.reason;
UPDATE model_versions SET status = status, stage = stage;
UPDATE model_versions SET status = 'deprecated', deprecation_reason = 'slow' WHERE semver = '1.0.0';
SELECT * FROM stages ORDER BY 1;
SELECT semver, periods FROM statuses JOIN model_versions ON version_id = entity_id ORDER BY 1;
SELECT status, reason, changed_by = session_user AS me FROM status_history WHERE entity_id = (SELECT version_id FROM model_versions WHERE semver = '1.0.0') ORDER BY valid_from;
-- what is taken back leaves nothing
BEGIN;
UPDATE model_versions SET stage = 'development' WHERE semver = '1.0.0';
SAVEPOINT s;
UPDATE model_versions SET stage = 'archived' WHERE semver = '1.0.0';
SELECT periods FROM stages WHERE semver = '1.0.0';
ROLLBACK TO s;
SELECT periods FROM stages WHERE semver = '1.0.0';
ROLLBACK;
SELECT periods FROM stages WHERE semver = '1.0.0';
-- what another trigger does to a row meanwhile is one move
CREATE FUNCTION pg_temp.further() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN UPDATE mlregistry.model_versions SET stage = 'production' WHERE version_id = NEW.version_id AND stage = 'staging'; RETURN NULL; END$$;
BEGIN;
CREATE TRIGGER further AFTER UPDATE OF stage ON model_versions FOR EACH ROW EXECUTE FUNCTION pg_temp.further();
UPDATE model_versions SET stage = 'development' WHERE semver IN ('1.0.0', '1.1.0');
UPDATE model_versions SET stage = 'staging' WHERE semver = '1.0.0';
SELECT * FROM stages ORDER BY 1;
ROLLBACK;
-- a swap of the production version in one transaction
BEGIN;
UPDATE model_versions SET stage = 'staging' WHERE semver = '1.1.0';
UPDATE model_versions SET stage = 'production' WHERE semver = '1.0.0';
SELECT * FROM stages ORDER BY 1;
ROLLBACK;
-- INSERT … ON CONFLICT, MERGE, data-modifying WITH: each row once
INSERT INTO experiments (experiment_name, status) VALUES ('e', 'running'), ('f', 'running') ON CONFLICT (organization_id, project_id, experiment_name) WHERE deleted_at IS NULL DO UPDATE SET status = 'failed';
INSERT INTO experiments (experiment_name) VALUES ('e') ON CONFLICT DO NOTHING;
MERGE INTO experiments e USING (VALUES ('e', 'running'), ('g', 'completed')) AS v (name, status) ON e.experiment_name = v.name WHEN MATCHED THEN UPDATE SET status = v.status WHEN NOT MATCHED THEN INSERT (experiment_name, status) VALUES (v.name, v.status);
WITH gone AS (DELETE FROM experiments WHERE experiment_name = 'f' RETURNING experiment_name), failed AS (UPDATE experiments SET status = 'cancelled' WHERE experiment_name = 'e')
INSERT INTO experiments (experiment_name) SELECT experiment_name FROM gone;
SELECT experiment_name, periods FROM statuses LEFT JOIN experiments ON experiment_id = entity_id WHERE entity_kind = 'experiment' ORDER BY 1;

-- Deployments: one row per change of version, status, traffic, replicas; the first of these says what was done.
SET mlregistry.force = on; -- 1.0.0 is deprecated
INSERT INTO deployments (version_id, environment_id, deployment_name, status, deployed_by, deployed_at) SELECT version_id, environment_id, 'a', 'active', 'anna', '2024-06-01Z' FROM model_versions, environments WHERE semver = '1.0.0' AND environment_name = 'prod';
UPDATE deployments SET replicas = 3;
UPDATE deployments SET traffic_percentage = 50, replicas = 4;
UPDATE deployments SET status = 'degraded', traffic_percentage = 40, health_status = 'degraded';
UPDATE deployments SET health_status = 'unhealthy', endpoint_url = 'https://a.example.com', traffic_percentage = 40.00;
UPDATE deployments SET version_id = (SELECT version_id FROM model_versions WHERE semver = '1.1.0'), status = 'deploying';
SET mlregistry.reason = 'does not start';
UPDATE deployments SET status = 'failed';
SET mlregistry.deployment_action = 'rollback';
UPDATE deployments SET version_id = (SELECT version_id FROM model_versions WHERE semver = '1.0.0'), status = 'active';
RESET mlregistry.deployment_action;
RESET mlregistry.reason;
UPDATE deployments SET status = 'deactivated', deactivation_reason = 'winter';
UPDATE environments SET environment_name = 'production' WHERE environment_name = 'prod';
UPDATE deployments SET status = 'deploying';
UPDATE deployments SET status = 'terminating';
UPDATE deployments SET status = 'terminated';
SELECT * FROM served;
SELECT environment_name, count(*) FROM deployment_history GROUP BY 1 ORDER BY 2 DESC;
SELECT periods FROM statuses WHERE entity_kind = 'deployment';
SET mlregistry.deployment_action = 'undo';

-- Deletion closes; the same identifier begins anew, not before the end of what it was.
INSERT INTO approvals (version_id, approval_type) SELECT version_id, 'legal' FROM model_versions WHERE semver = '1.0.0';
CREATE TEMP TABLE kept AS SELECT * FROM deployments;
DELETE FROM deployments;
INSERT INTO deployments SELECT * FROM kept;
SELECT action, deployment_status, ends FROM served WHERE ends <> 'next';
SELECT count(*) AS overlaps FROM deployment_history a JOIN deployment_history b ON a.deployment_id = b.deployment_id AND a.history_id < b.history_id AND a.valid_from < b.valid_to AND b.valid_from < a.valid_to;
DELETE FROM deployments;
DELETE FROM models WHERE model_name = 'm';
SELECT * FROM stages ORDER BY 1;
SELECT entity_kind, count(*) AS entities, count(*) FILTER (WHERE periods LIKE '% end') AS ended FROM statuses GROUP BY 1 ORDER BY 1;
TRUNCATE training_runs, run_metrics, run_datasets, run_tags;
SELECT periods FROM statuses WHERE entity_kind = 'run' ORDER BY 1;

-- Many rows, more than are looked at together.
INSERT INTO experiments (experiment_name) SELECT 'many-' || n FROM generate_series(1, 10000) n;
UPDATE experiments SET status = 'completed' WHERE experiment_name LIKE 'many-%' AND right(experiment_name, 1) <> '7';
SELECT periods, count(*) FROM statuses JOIN experiments ON experiment_id = entity_id WHERE experiment_name LIKE 'many-%' GROUP BY 1 ORDER BY 1;
DELETE FROM experiments WHERE experiment_name LIKE 'many-%';
SELECT periods, count(*) FROM statuses LEFT JOIN experiments ON experiment_id = entity_id WHERE entity_kind = 'experiment' AND experiment_name IS NULL GROUP BY 1 ORDER BY 1;

-- A clock that steps back does not turn a period round.
INSERT INTO experiments (experiment_name) VALUES ('later');
UPDATE status_history SET valid_from = now() + interval '1 day' WHERE entity_id = (SELECT experiment_id FROM experiments WHERE experiment_name = 'later');
UPDATE experiments SET status = 'failed' WHERE experiment_name = 'later';
SELECT status, valid_to - valid_from AS lasted FROM status_history WHERE entity_id = (SELECT experiment_id FROM experiments WHERE experiment_name = 'later') AND valid_to < 'infinity';
SELECT periods FROM statuses JOIN experiments ON experiment_id = entity_id WHERE experiment_name = 'later';
-- What was changed without triggers is told when it next changes, or when anybody looks at it again.
SET session_replication_role = replica;
UPDATE experiments SET status = 'running', completed_at = NULL WHERE experiment_name = 'later';
RESET session_replication_role;
UPDATE experiments SET status = 'cancelled' WHERE experiment_name = 'later';
SELECT periods FROM statuses JOIN experiments ON experiment_id = entity_id WHERE experiment_name = 'later';

-- leave a clean registry behind
DROP VIEW stages, statuses, served;
SELECT uninstall(confirm => 'mlregistry') IS NOT NULL AS uninstalled;
SELECT install() IS NOT NULL AS installed;
