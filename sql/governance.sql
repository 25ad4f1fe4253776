-- Approvals and metric gates: asking, deciding, withdrawing, lists; what stands between a version and those who use it.
SET search_path = public, mlregistry;
SET timezone = 'UTC';
SET datestyle = 'ISO';
SET client_min_messages = warning;
\set SHOW_CONTEXT never

-- What a statement is refused by, without identifiers and times, which are others each time.
CREATE FUNCTION refusal(statement text, OUT state text, OUT rule text, OUT message text, OUT detail text, OUT hint text) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE statement;
    RAISE EXCEPTION 'accepted';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, rule = CONSTRAINT_NAME, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
    message := regexp_replace(message, '[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}', '<id>', 'g');
    detail := regexp_replace(regexp_replace(detail, '[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}', '<id>', 'g'), '20[0-9]{2}-[0-9-]{5} [0-9:.]{8,15}\+00', '<time>', 'g');
END $$;

-- Nobody here is a superuser: Anna and Ben are developers, Olga owns the project, Vera looks on.
DROP ROLE IF EXISTS d7_anna, d7_ben, d7_olga, d7_vera, d7_stranger;
CREATE ROLE d7_anna; CREATE ROLE d7_ben; CREATE ROLE d7_olga; CREATE ROLE d7_vera; CREATE ROLE d7_stranger;
SELECT count(*) FROM (VALUES ('anna', 'developer'), ('ben', 'developer'), ('olga', 'developer'), ('vera', 'viewer')) AS u (name, role)
 CROSS JOIN LATERAL create_user(u.name || '@example.com', db_role => ('d7_' || u.name)::name) AS c
 CROSS JOIN LATERAL add_member(u.name || '@example.com', u.role) AS m;
SELECT count(*) FROM add_project_member('olga@example.com', 'owner');
SELECT count(*) FROM unnest('{d7_anna,d7_ben,d7_olga}'::name[]) AS r, grant_access(r, 'writer', sql_only => true);
SELECT count(*) FROM grant_access('d7_vera', 'reader', sql_only => true);
-- tables that only admins and owners of projects change
SELECT count(*) FROM grant_access('d7_olga', 'admin', sql_only => true);

SELECT environment_name FROM create_environment('prod-us', 'production', priority => 4, required_approval_types => '{compliance,security}');
SELECT environment_name FROM create_environment('prod-eu', 'production', priority => 4, requires_approval => true);
SELECT environment_name FROM create_environment('staging', 'staging', priority => 2);

-- What is missing is said before, and when it is missing.
SET SESSION AUTHORIZATION d7_anna;
SELECT count(*) FROM register_model('credit-risk', framework => 'xgboost'), unnest('{1.0.0,1.1.0,1.2.0}'::semver[]) AS s, register_version('credit-risk', s, 's3://models/credit/{version}/model.ubj');
UPDATE models SET compliance_required = true;
SELECT kind, requirement, satisfied, detail FROM deployment_gate('credit-risk@1.0.0', 'prod-us');
SELECT e.* FROM refusal($$SELECT deploy('credit-risk@1.0.0', 'prod-us')$$) AS e;
SELECT deployment_name FROM deploy('credit-risk@1.0.0', 'staging');

-- asking
SELECT project_slug, model_name, semver, environment_name, deployment_name, approval_type, approval_status, is_valid, requested_by, risk_assessment, compliance_framework, expires_at, waiting
  FROM request_approval('credit-risk@1.0.0', 'compliance', 'prod-us', risk_assessment => 'low', mitigation_plan => 'watch it', compliance_framework => ' SOC2 ', reason => 'CHG-2');
SELECT environment_name, approval_type FROM request_approval(find_version('credit-risk@1.0.0'), 'security');
SELECT environment_name, approval_type FROM request_approval('credit-risk@1.0.0', 'compliance', 'prod-eu');
SELECT environment_name, deployment_name, approval_type FROM request_approval('credit-risk@1.0.0', 'technical', 'staging', 'credit-risk-staging');
SELECT environment_name, approval_type, risk_assessment FROM request_approval('credit-risk@1.0.0', 'compliance', 'prod-us', if_exists => 'return');
SELECT e.* FROM unnest(ARRAY[
    $$SELECT request_approval('credit-risk@1.0.0', 'compliance', 'prod-us')$$,
    $$SELECT request_approval('credit-risk@1.0.0', 'boss')$$,
    $$SELECT request_approval('credit-risk@1.0.0', NULL)$$,
    $$SELECT request_approval('credit-risk@3.0.0', 'legal')$$,
    $$SELECT request_approval('credit-risk@1.0.0', 'legal', 'prod-ux')$$,
    $$SELECT request_approval('credit-risk@1.0.0', 'legal', deployment_name => 'credit-risk-staging')$$,
    $$SELECT request_approval('credit-risk@1.0.0', 'legal', 'staging', 'credit-risk-stagin')$$,
    $$SELECT request_approval('credit-risk@1.0.0', 'legal', expires_at => now() - interval '1 day')$$]) AS s, refusal(s) AS e;
SELECT environment_name, approval_type, waiting >= '0' AS waits FROM approvals_pending();
SELECT environment_name, approval_type FROM approvals_pending(environment => 'prod-us');
SELECT environment_name FROM approvals_pending('credit-risk', 'compliance', max_rows => 1);
SELECT environment_name FROM approvals_pending('credit-risk', 'compliance', after => (SELECT approval_id FROM approvals_pending('credit-risk', 'compliance', max_rows => 1)));
-- who asks does not decide
SELECT e.* FROM unnest(ARRAY[
    $$SELECT approve('credit-risk@1.0.0', 'compliance', 'prod-us')$$,
    $$SELECT approve('credit-risk@1.0.0', 'compliance')$$,
    $$SELECT approve('credit-risk@1.0.0', 'legal')$$,
    $$SELECT approve('credit-risk@1.1.0', 'legal')$$,
    $$SELECT approve('credit-risk@1.0.0', NULL)$$,
    $$SELECT approve(NULL::uuid)$$,
    $$SELECT approve('00000000-0000-0000-0000-000000000001')$$,
    $$SELECT approve((SELECT approval_id FROM approvals_pending(approval_type => 'security')), expires_at => now() - interval '1 hour')$$,
    $$SELECT approve((SELECT approval_id FROM approvals_pending(approval_type => 'security')), review_checklist => '[]')$$,
    $$SELECT reject('credit-risk@1.0.0', 'security', ' ')$$]) AS s, refusal(s) AS e;
-- but may reject, or take back
SELECT approval_type, approval_status, reviewed_by, review_notes FROM reject('credit-risk@1.0.0', 'technical', 'asked by mistake');
SELECT environment_name, approval_status, reviewed_by FROM cancel_approval((SELECT approval_id FROM approvals_pending() WHERE environment_name = 'prod-eu'), 'not there yet');

SET SESSION AUTHORIZATION d7_ben;
SELECT environment_name, approval_type, approval_status, is_valid, requested_by, reviewed_by, reviewed_at = now() AS now, review_notes, review_checklist, waiting
  FROM approve('credit-risk@1.0.0', 'compliance', 'prod-us', review_notes => 'as the model card says', review_checklist => '{"bias": true, "privacy": true}');
SELECT kind, requirement, satisfied, met_by, detail FROM deployment_gate('credit-risk@1.0.0', 'prod-us');
SELECT approval_type, is_valid, expires_at - reviewed_at AS lasts FROM approve((SELECT approval_id FROM approvals_pending()), expires_at => now() + interval '30 days');
SELECT deployment_name, semver, status, deployed_by FROM deploy('credit-risk@1.0.0', 'prod-us');
SELECT e.* FROM unnest(ARRAY[
    $$SELECT approve((SELECT approval_id FROM list_approvals(approval_type => 'security')))$$,
    $$SELECT reject((SELECT approval_id FROM list_approvals(approval_type => 'technical')), 'no')$$]) AS s, refusal(s) AS e;

-- One person alone: an emergency, which is marked and expires.
SELECT e.rule FROM refusal($$SELECT deploy('credit-risk@1.1.0', 'prod-us')$$) AS e;
SELECT a.approval_type, a.is_valid, a.requested_by, a.reviewed_by, a.expires_at - a.reviewed_at AS lasts
  FROM request_approval('credit-risk@1.1.0', 'emergency', 'prod-us', risk_assessment => 'INC-7') AS r, approve(r.approval_id, 'INC-7') AS a;
SELECT deployment_name, semver FROM deploy('credit-risk@1.1.0', 'prod-us', reason => 'INC-7');
SELECT kind, requirement, satisfied, detail FROM deployment_gate('credit-risk@1.1.0', 'prod-us') WHERE kind = 'approval';
-- whoever writes it
BEGIN;
INSERT INTO approvals (version_id, approval_type, approval_status) VALUES (find_version('credit-risk@1.2.0'), 'emergency', 'approved') RETURNING expires_at - reviewed_at AS lasts, requested_by, reviewed_by;
INSERT INTO approvals (version_id, approval_type) VALUES (find_version('credit-risk@1.2.0'), 'emergency') RETURNING expires_at;
UPDATE approvals SET approval_status = 'approved' WHERE version_id = find_version('credit-risk@1.2.0') AND approval_status = 'pending' RETURNING expires_at - reviewed_at AS lasts;
INSERT INTO approvals (version_id, approval_type, approval_status, expires_at) VALUES (find_version('credit-risk@1.2.0'), 'emergency', 'approved', now() + interval '2 hours') RETURNING expires_at - reviewed_at AS lasts;
ROLLBACK;
-- withdrawn: what serves goes on, scaled and with another share, and comes not again
SELECT approval_status, is_valid FROM cancel_approval((SELECT approval_id FROM list_approvals(version => 'credit-risk@1.1.0')), 'over');
SELECT approval_status FROM cancel_approval((SELECT approval_id FROM list_approvals(version => 'credit-risk@1.1.0')), 'over');
SELECT status, traffic_percentage FROM set_traffic('prod-us', '{"credit-risk-prod-us": 60}');
SELECT status, traffic_percentage FROM set_traffic('prod-us', '{"credit-risk-prod-us": 80}');
SELECT status, replicas FROM scale_deployment('prod-us/credit-risk-prod-us', 3);
SELECT status FROM set_deployment_status('prod-us/credit-risk-prod-us', 'degraded');
SELECT status FROM set_deployment_status('prod-us/credit-risk-prod-us', 'active');
SELECT status, replicas FROM deploy('credit-risk@1.1.0', 'prod-us', replicas => 4);
SELECT e.rule, e.message FROM unnest(ARRAY[
    $$SELECT set_deployment_status('prod-us/credit-risk-prod-us', 'deploying')$$,
    $$SELECT deploy('credit-risk@1.1.0', 'prod-us', 'another', traffic => 0)$$]) AS s, refusal(s) AS e;
RESET SESSION AUTHORIZATION;
SELECT check_name, object, detail FROM check_registry();
SET SESSION AUTHORIZATION d7_ben;
-- back to what was approved; where that has expired, too, one alone may say that it is an emergency
BEGIN;
RESET SESSION AUTHORIZATION;
UPDATE approvals SET approval_status = 'expired' WHERE approval_status = 'approved';
SET LOCAL SESSION AUTHORIZATION d7_ben;
SELECT e.rule, e.message, e.detail, e.hint FROM refusal($$SELECT rollback_deployment('credit-risk', 'prod-us')$$) AS e;
SELECT a.approval_status FROM request_approval('credit-risk@1.0.0', 'emergency', 'prod-us') AS r, approve(r.approval_id) AS a;
SELECT semver, previous_semver FROM rollback_deployment('credit-risk', 'prod-us');
ROLLBACK;
SET SESSION AUTHORIZATION d7_ben;
SELECT semver, previous_semver FROM rollback_deployment('credit-risk', 'prod-us');

-- A new approval supersedes what was decided before on the same.
SELECT count(*) FROM request_approval('credit-risk@1.0.0', 'technical', 'staging', 'credit-risk-staging');
SET SESSION AUTHORIZATION d7_anna;
SELECT approval_status FROM approve('credit-risk@1.0.0', 'technical');
SELECT approval_status, superseded_by IS NOT NULL AS superseded FROM list_approvals(approval_type => 'technical') ORDER BY 1;
-- what has expired by now
SELECT approval_status FROM request_approval('credit-risk@1.2.0', 'legal', expires_at => now() + interval '0.2 s');
SELECT approval_status FROM request_approval('credit-risk@1.2.0', 'business', expires_at => now() + interval '0.2 s');
SELECT pg_sleep(0.3);
SET SESSION AUTHORIZATION d7_ben;
SELECT count(*) FROM approvals_pending();
SELECT e.state, e.message, e.hint FROM refusal($$SELECT approve('credit-risk@1.2.0', 'legal')$$) AS e;
SELECT approval_status, is_valid FROM approve('credit-risk@1.2.0', 'legal', expires_at => now() + interval '0.2 s');
-- asked for once more, what nobody has decided in time is expired
SELECT approval_status FROM request_approval('credit-risk@1.2.0', 'business');
SELECT pg_sleep(0.3);
SELECT approval_type, approval_status, is_valid FROM list_approvals(version => 'credit-risk@1.2.0') ORDER BY 1, 2;
RESET SESSION AUTHORIZATION;
SELECT task, object, rows FROM run_maintenance() WHERE task = 'expire_approvals';
SELECT task FROM run_maintenance() WHERE task = 'expire_approvals';
SELECT approval_type, approval_status FROM list_approvals(version => 'credit-risk@1.2.0') ORDER BY 1, 2;
SELECT h.status, h.reason FROM status_history h JOIN approvals a ON a.approval_id = h.entity_id WHERE a.approval_type = 'legal' ORDER BY h.valid_from;

-- lists
SELECT count(*) FROM list_approvals();
SELECT environment_name, approval_type, approval_status FROM list_approvals('credit-risk', status => '{approved,rejected}', environment => 'prod-us');
WITH RECURSIVE page AS (
    SELECT 1 AS n, ARRAY(SELECT approval_id FROM list_approvals(max_rows => 3)) AS ids
    UNION ALL
    SELECT n + 1, ARRAY(SELECT approval_id FROM list_approvals(max_rows => 3, after => ids[cardinality(ids)])) FROM page WHERE ids <> '{}')
SELECT (SELECT array_agg(i ORDER BY n, o) FROM page, unnest(ids) WITH ORDINALITY AS u (i, o)) = ARRAY(SELECT approval_id FROM list_approvals()) AS paged;
SELECT e.state, e.rule, e.message, e.hint FROM unnest(ARRAY[
    $$SELECT list_approvals(status => '{open}')$$,
    $$SELECT list_approvals(approval_type => 'boss')$$,
    $$SELECT list_approvals(after => '00000000-0000-0000-0000-000000000001')$$,
    $$SELECT approvals_pending(after => '00000000-0000-0000-0000-000000000001')$$,
    $$SELECT approvals_pending(max_rows => -1)$$]) AS s, refusal(s) AS e;
-- who had agreed is told by the audit trail, too
SELECT action, actor, reason FROM audit_trail('credit-risk@1.0.0', actions => '{approval.*}') ORDER BY action, reason, actor;

-- Metric gates: owners of the project set them, who promotes and deploys obeys.
SET SESSION AUTHORIZATION d7_anna;
SELECT e.state, e.rule, e.message FROM unnest(ARRAY[$$SELECT set_metric_gate('accuracy', 0.9)$$, $$SELECT drop_metric_gate('accuracy')$$]) AS s, refusal(s) AS e;
SET SESSION AUTHORIZATION d7_olga;
SELECT project_slug, model_name, metric_name, dataset_split, comparison, threshold, target_stage, is_active FROM set_metric_gate('benchmark_accuracy', 0.9);
SELECT model_name, metric_name, comparison, threshold FROM set_metric_gate(' log_loss ', 0.3, 'credit-risk', target_stage => 'staging');
SELECT comparison, threshold FROM set_metric_gate('log_loss', 0.25, 'credit-risk', target_stage => 'staging');
SELECT comparison, threshold, is_active FROM set_metric_gate('log_loss', 0.25, 'credit-risk', '>=', target_stage => 'staging', is_active => false);
SELECT comparison, threshold, is_active FROM set_metric_gate('log_loss', 0.25, 'credit-risk', '<=', target_stage => 'staging');
SELECT e.* FROM unnest(ARRAY[
    $$SELECT set_metric_gate(NULL, 0.9)$$,
    $$SELECT set_metric_gate('accuracy', NULL)$$,
    $$SELECT set_metric_gate('accuracy', 'NaN')$$,
    $$SELECT set_metric_gate('accuracy', 0.9, comparison => '>')$$,
    $$SELECT set_metric_gate('accuracy', 0.9, dataset_split => 'all')$$,
    $$SELECT set_metric_gate('accuracy', 0.9, target_stage => 'archived')$$,
    $$SELECT set_metric_gate('a"b', 0.9)$$,
    $$SELECT set_metric_gate('accuracy', 0.9, 'credit-riks')$$,
    $$SELECT drop_metric_gate('accuracy')$$,
    $$SELECT drop_metric_gate('log_loss', 'credit-risk')$$,
    $$SELECT list_metric_gates(target_stage => 'archived')$$,
    $$SELECT list_metric_gates(after => '00000000-0000-0000-0000-000000000001')$$]) AS s, refusal(s) AS e;
SELECT model_name, metric_name, target_stage FROM list_metric_gates('credit-risk');
SELECT metric_name FROM list_metric_gates(max_rows => 1);
SELECT metric_name FROM list_metric_gates(after => (SELECT gate_id FROM list_metric_gates(max_rows => 1)));
SELECT metric_name FROM list_metric_gates(target_stage => 'production', active => true);
SET SESSION AUTHORIZATION d7_anna;
SELECT e.* FROM unnest(ARRAY[$$SELECT promote('credit-risk@1.2.0', 'staging')$$, $$SELECT promote('credit-risk@1.2.0', 'production')$$]) AS s, refusal(s) AS e;
SELECT count(*) FROM record_metric('credit-risk@1.2.0', 'log_loss', 0.2, 'test');
SELECT semver, stage FROM promote('credit-risk@1.2.0', 'staging');
UPDATE model_versions SET benchmark_accuracy = 0.95 WHERE semver = '1.2.0';
SELECT e.rule, e.message, e.hint FROM refusal($$SELECT promote('credit-risk@1.2.0', 'production')$$) AS e;
SELECT count(*) FROM validate_version('credit-risk@1.2.0');
SELECT semver, stage FROM promote('credit-risk@1.2.0', 'production');
SET SESSION AUTHORIZATION d7_olga;
SELECT model_name, metric_name, threshold FROM drop_metric_gate('log_loss', 'credit-risk', target_stage => 'staging');
SELECT metric_name FROM list_metric_gates();

-- Who reads decides nothing; who is nobody sees nothing.
SET SESSION AUTHORIZATION d7_vera;
SELECT count(*) > 0 AS sees FROM list_approvals();
SELECT e.state, e.rule, e.message FROM unnest(ARRAY[
    $$SELECT request_approval('credit-risk@1.2.0', 'legal')$$,
    $$SELECT approve('credit-risk@1.2.0', 'business')$$,
    $$SELECT reject('credit-risk@1.2.0', 'business', 'no')$$,
    $$SELECT cancel_approval((SELECT approval_id FROM list_approvals(version => 'credit-risk@1.2.0', status => '{pending}')))$$]) AS s, refusal(s) AS e;

RESET SESSION AUTHORIZATION;
SET client_min_messages = warning;
DROP FUNCTION refusal(text);
SELECT count(*) FROM unnest('{d7_anna,d7_ben,d7_olga,d7_vera}'::name[]) AS r, revoke_access(r, sql_only => true);
SELECT * FROM check_registry();
SELECT uninstall(confirm => 'mlregistry') IS NOT NULL AS uninstalled;
SELECT install() IS NOT NULL AS installed;
DROP ROLE d7_anna, d7_ben, d7_olga, d7_vera, d7_stranger;
