-- What check_registry() says of deployments, versions, approvals and histories: of what was written without triggers, and of what
-- later decisions have made of what serves.
SET search_path = public, mlregistry;
SET timezone = 'UTC';
\set SHOW_CONTEXT never

INSERT INTO environments (environment_name, environment_type) VALUES ('e', 'production');
INSERT INTO models (model_id, model_name, framework) VALUES ('00000000-0000-4000-8000-000000000001', 'm', 'onnx'), ('00000000-0000-4000-8000-000000000002', 'n', 'onnx');
INSERT INTO model_versions (version_id, model_id, semver, artifact_uri, status, stage)
SELECT ('00000000-0000-4000-8000-00000000001' || n)::uuid, ('00000000-0000-4000-8000-00000000000' || model)::uuid, ('1.' || n || '.0')::semver, '/' || n, status, stage
  FROM (VALUES (1, 1, 'validated', 'production'), (2, 1, 'registered', 'development'), (3, 2, 'deployed', 'development'), (4, 2, 'registered', 'staging')) AS v (n, model, status, stage);
INSERT INTO deployments (deployment_id, version_id, environment_id, deployment_name, status, traffic_percentage)
SELECT ('00000000-0000-4000-8000-00000000002' || v.n)::uuid, ('00000000-0000-4000-8000-00000000001' || v.n)::uuid, e.environment_id, v.name, v.status, v.traffic
  FROM environments e, (VALUES (1, 'main', 'active', 60), (2, 'canary', 'degraded', 40), (4, 'next', 'pending', 100)) AS v (n, name, status, traffic);
-- what was imported as deployed
SELECT * FROM check_registry();

-- Later decisions: compliance, approval, gates, an emergency. What expires.
UPDATE environments SET requires_approval = true;
UPDATE models SET compliance_required = true WHERE model_name = 'm';
INSERT INTO metric_gates (metric_name, comparison, threshold, target_stage) VALUES ('f1', '>=', 0.5, 'production'), ('auc', '>=', 0.5, 'staging');
INSERT INTO model_metrics (version_id, metric_name, metric_value) SELECT version_id, 'f1', 0.25 FROM model_versions WHERE semver = '1.1.0';
INSERT INTO approvals (version_id, approval_type, approval_status, requested_by, requested_at, reviewed_by, reviewed_at, expires_at)
SELECT version_id, 'legal', 'approved', 'ana', '2020-01-01', 'bo', '2020-01-02', '2020-02-02' FROM model_versions WHERE semver = '1.1.0';
INSERT INTO approvals (version_id, approval_type, approval_status, requested_by, reviewed_by) SELECT version_id, 'emergency', 'approved', 'ana', 'bo' FROM model_versions WHERE semver = '1.2.0';
SELECT * FROM check_registry() ORDER BY 1, 2, 3, 4;
UPDATE metric_gates SET is_active = false;
UPDATE models SET compliance_required = false;
UPDATE model_versions SET status = 'registered' WHERE semver = '1.3.0';
SELECT * FROM check_registry() ORDER BY 1, 2, 3, 4;

-- Written without triggers, each taken back.
CREATE FUNCTION pg_temp.seen_after(statement text) RETURNS TABLE (check_name text, severity text, object text, detail text) LANGUAGE plpgsql AS $$
BEGIN
    SET LOCAL session_replication_role = replica;
    EXECUTE statement;
    SET LOCAL session_replication_role = origin;
    RETURN QUERY SELECT c.check_name, c.severity, c.object, c.detail FROM mlregistry.check_registry() c ORDER BY 1, 2, 3, 4;
END $$;
BEGIN; SELECT * FROM pg_temp.seen_after($$UPDATE deployments SET traffic_percentage = 60.01 WHERE deployment_name = 'main'$$); ROLLBACK;
BEGIN; SELECT * FROM pg_temp.seen_after($$UPDATE model_versions SET deleted_at = now() WHERE semver = '1.4.0'$$); ROLLBACK;
BEGIN; SELECT * FROM pg_temp.seen_after($$UPDATE model_versions SET status = 'archived', stage = 'archived' WHERE semver = '1.4.0'$$); ROLLBACK;
BEGIN; SELECT * FROM pg_temp.seen_after($$UPDATE models SET deleted_at = now() WHERE model_name = 'n'$$); ROLLBACK;
BEGIN; SELECT * FROM pg_temp.seen_after($$UPDATE model_versions SET status = 'validated' WHERE semver = '1.1.0'$$); ROLLBACK;
BEGIN; SELECT * FROM pg_temp.seen_after($$UPDATE model_versions SET frozen_at = NULL WHERE semver = '1.2.0'$$); ROLLBACK;
BEGIN; SELECT * FROM pg_temp.seen_after($$UPDATE model_versions SET legal_hold = true, deleted_at = now() WHERE semver = '1.3.0'$$); ROLLBACK;
BEGIN; SELECT * FROM pg_temp.seen_after($$UPDATE models SET legal_hold = true WHERE model_name = 'n'; UPDATE model_versions SET deleted_at = now() WHERE semver = '1.3.0'$$); ROLLBACK;
BEGIN; SELECT * FROM pg_temp.seen_after($$UPDATE model_versions SET stage = 'staging' WHERE semver = '1.3.0'$$); ROLLBACK;
BEGIN; SELECT * FROM pg_temp.seen_after($$DELETE FROM stage_history WHERE version_id = '00000000-0000-4000-8000-000000000013'; INSERT INTO stage_history (version_id, model_id, semver, stage, valid_from, organization_id, project_id)
    SELECT '00000000-0000-4000-8000-000000000019', model_id, '9.9.9', 'staging', now(), organization_id, project_id FROM models WHERE model_name = 'n'$$); ROLLBACK;
BEGIN; SELECT * FROM pg_temp.seen_after($$UPDATE deployments SET replicas = 7, status = 'deploying' WHERE deployment_name = 'next'$$); ROLLBACK;
BEGIN; SELECT check_name, severity, object, detail ~ 'overlap' AS overlaps FROM pg_temp.seen_after($$INSERT INTO status_history (entity_kind, entity_id, status, valid_from, valid_to, organization_id, project_id)
    SELECT entity_kind, entity_id, 'pending', valid_from - interval '1 hour', valid_from + interval '1 hour', organization_id, project_id FROM status_history WHERE entity_id = '00000000-0000-4000-8000-000000000024'$$); ROLLBACK;

-- leave a clean registry behind
SELECT uninstall(confirm => 'mlregistry') IS NOT NULL AS uninstalled;
SELECT install() IS NOT NULL AS installed;
