-- Environments and deployments: deploying, scaling, shares of the traffic, what became of it, going back, lists.
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

-- An admin makes the environments.
SELECT environment_name, environment_type, priority, requires_approval, required_approval_types, is_active, open_deployments, live_deployments
  FROM create_environment('prod-us', 'production', 'customers of America', cluster_name => ' prod-us-cluster ', region => 'us-east-1', priority => 4);
SELECT environment_name, requires_approval, required_approval_types, config
  FROM create_environment('prod-eu', 'production', priority => 4, required_approval_types => '{compliance,security}', config => '{"quota": 12}');
SELECT environment_name FROM create_environment('staging', 'staging', priority => 2);
SELECT environment_name, description FROM create_environment('prod-us', 'staging', 'another', if_exists => 'return');
SELECT environment_name FROM list_environments();
SELECT environment_name FROM list_environments('production', max_rows => 1);
SELECT environment_name FROM list_environments('production', after => 'prod-eu');
SELECT e.* FROM unnest(ARRAY[
    $$SELECT create_environment('prod-us', 'production')$$,
    $$SELECT create_environment('Prod', 'production')$$,
    $$SELECT create_environment('x', 'prod')$$,
    $$SELECT create_environment('x', NULL)$$,
    $$SELECT create_environment('x', 'canary', required_approval_types => '{compliance,boss}')$$,
    $$SELECT create_environment('x', 'canary', requires_approval => false, required_approval_types => '{legal}')$$,
    $$SELECT find_environment('prod-uz')$$,
    $$SELECT find_environment('mars')$$,
    $$SELECT find_environment(NULL)$$,
    $$SELECT list_environments(max_rows => -1)$$]) AS s, refusal(s) AS e;

-- The session that a release engineer has.
SET SESSION AUTHORIZATION d7_anna;
SELECT e.state, e.rule, e.message FROM refusal($$SELECT create_environment('mine', 'sandbox')$$) AS e;
SELECT count(*) FROM register_model('fraud-detector', framework => 'xgboost'), unnest('{1.0.0,1.1.0,1.2.0,1.3.0}'::semver[]) AS s, register_version('fraud-detector', s, 's3://models/fraud/{version}/model.ubj');
SELECT count(*) FROM register_model('churn', framework => 'sklearn'), register_version('churn', '0.1.0', 's3://models/churn');
SELECT project_slug, environment_name, environment_type, deployment_name, model_name, semver, previous_semver, deployment_type, status, health_status, traffic_percentage,
       replicas, min_replicas, max_replicas, health_check_path, deployed_by, deployed_at = now() AS now
  FROM deploy('fraud-detector@1.0.0', 'prod-us', reason => 'CHG-1');
SELECT semver, status, live_deployments FROM validate_version('fraud-detector@1.0.0');
-- the next one in its place
SELECT requests_per_second FROM set_deployment_status('prod-us/fraud-detector-prod-us', 'active', 'healthy', requests_per_second => 12);
SELECT deployment_name, semver, previous_semver, traffic_percentage, replicas, health_status, requests_per_second FROM deploy('fraud-detector@1.1.0', 'prod-us', replicas => 3, endpoint_url => 'https://fraud.example.com', deployment_config => '{"a": 1}');
SELECT deployment_name, semver, previous_semver, replicas, endpoint_url, deployment_config FROM deploy(find_version('fraud-detector@1.1.0'), 'prod-us', deployment_config => '{"b": 2}');
-- a canary stands beside it, and takes its share from it in the same moment
SELECT e.* FROM refusal($$SELECT deploy('fraud-detector@1.2.0', 'prod-us', traffic => 10, deployment_type => 'canary')$$) AS e;
SELECT deployment_name, semver, deployment_type, traffic_percentage FROM deploy('fraud-detector@1.2.0', 'prod-us', traffic => 10, deployment_type => 'canary', traffic_from => 'fraud-detector-prod-us');
SELECT deployment_name, semver, traffic_percentage FROM active_deployments('prod-us');
SELECT deployment_name, traffic_percentage FROM deploy('fraud-detector@1.2.0', 'prod-us', traffic => 25, deployment_type => 'canary', traffic_from => 'prod-us/fraud-detector-prod-us');
SELECT deployment_name, semver, traffic_percentage FROM active_deployments('prod-us');
SELECT deployment_name, traffic_percentage FROM deploy('fraud-detector@1.3.0', 'prod-us', deployment_type => 'shadow');
-- several shares in one statement
SELECT deployment_name, semver, traffic_percentage FROM set_traffic('prod-us', '{"fraud-detector-prod-us": 50, "fraud-detector-prod-us-canary": 50}', reason => 'half and half');
SELECT deployment_name, traffic_percentage FROM set_traffic('prod-us', '{"fraud-detector-prod-us": 33.333, "fraud-detector-prod-us-canary": 66.667}');
SELECT deployment_name, action, traffic_percentage, reason FROM deployment_history WHERE action = 'traffic' ORDER BY deployment_name, valid_from;
SELECT e.* FROM unnest(ARRAY[
    $$SELECT set_traffic('prod-us', '{"fraud-detector-prod-us": 60, "fraud-detector-prod-us-canary": 50}')$$,
    $$SELECT set_traffic('prod-us', '{"fraud-detector-prod-us": 101}')$$,
    $$SELECT set_traffic('prod-us', '{"fraud-detector-prod-us": "all"}')$$,
    $$SELECT set_traffic('prod-us', '[]')$$,
    $$SELECT set_traffic('prod-us', '{}')$$,
    $$SELECT set_traffic('prod-us', NULL)$$,
    $$SELECT set_traffic('prod-us', '{"fraud-detector-prod-uz": 60}')$$,
    $$SELECT set_traffic('prod-u', '{"fraud-detector-prod-us": 60}')$$,
    $$SELECT set_deployment_traffic(ARRAY[find_deployment('prod-us/fraud-detector-prod-us')], '{1,2}')$$,
    $$SELECT set_deployment_traffic(ARRAY[find_deployment('prod-us/fraud-detector-prod-us'), find_deployment('prod-us/fraud-detector-prod-us')], '{1,2}')$$,
    $$SELECT set_deployment_traffic(ARRAY[find_deployment('prod-us/fraud-detector-prod-us')], '{NULL}')$$]) AS s, refusal(s) AS e;
-- in a transaction that goes by a state that breaks the rule, the function is told at once
BEGIN;
UPDATE deployments SET traffic_percentage = 90 WHERE deployment_name = 'fraud-detector-prod-us';
SELECT e.rule FROM refusal($$SELECT set_traffic('prod-us', '{"fraud-detector-prod-us-canary": 20}')$$) AS e;
SELECT deployment_name, traffic_percentage FROM set_traffic('prod-us', '{"fraud-detector-prod-us-canary": 10}');
COMMIT;
-- replicas
SELECT replicas, min_replicas, max_replicas, autoscaling_enabled FROM scale_deployment('prod-us/fraud-detector-prod-us', 0, reason => 'at night');
SELECT replicas, min_replicas, max_replicas, autoscaling_enabled FROM scale_deployment('deployment:default/prod-us/fraud-detector-prod-us', 4, 2, 20, true);
SELECT max_replicas FROM scale_deployment(find_deployment('prod-us/fraud-detector-prod-us'), max_replicas => 30);
SELECT action, replicas, reason, performed_by FROM deployment_history WHERE action = 'scale' ORDER BY valid_from;
SELECT e.* FROM unnest(ARRAY[
    $$SELECT scale_deployment('prod-us/fraud-detector-prod-us', -1)$$,
    $$SELECT scale_deployment('prod-us/fraud-detector-prod-us', min_replicas => 40)$$,
    $$SELECT scale_deployment('prod-us/fraud-detector-prod-us', max_replicas => 0, min_replicas => 0)$$,
    $$SELECT scale_deployment('prod-us/fraud-detector-prod-us')$$,
    $$SELECT scale_deployment('fraud-detector-prod-us', 1)$$,
    $$SELECT scale_deployment('staging/fraud-detector-prod-us', 1)$$,
    $$SELECT scale_deployment(NULL::text, 1)$$,
    $$SELECT scale_deployment(NULL::uuid, 1)$$,
    $$SELECT scale_deployment('00000000-0000-0000-0000-000000000001', 1)$$,
    $$SELECT scale_deployment('00000000-0000-0000-0000-000000000001'::uuid, 1)$$]) AS s, refusal(s) AS e;
-- without a name the one that serves is meant, whatever it is called; of several, none but by its name
BEGIN;
SELECT count(*) FROM terminate_deployment('prod-us/fraud-detector-prod-us');
SELECT deployment_name, semver FROM deploy('fraud-detector@1.0.0', 'prod-us', 'api', traffic => 50);
SELECT deployment_name, semver, traffic_percentage FROM deploy('fraud-detector@1.1.0', 'prod-us');
SELECT deployment_name, semver FROM deploy('fraud-detector@1.1.0', 'prod-us', 'api-2', traffic => 10);
SELECT deployment_name, semver FROM deploy('fraud-detector@1.2.0', 'prod-us', traffic => 5);
ROLLBACK;
-- what became of it, and what a probe says
SELECT status, health_status FROM set_deployment_status('prod-us/fraud-detector-prod-us', health_status => 'healthy');
SELECT health_status, avg_latency_ms, p99_latency_ms, requests_per_second, error_rate_percentage, last_health_check_at = now() AS now
  FROM set_deployment_status('prod-us/fraud-detector-prod-us', avg_latency_ms => 12.345, p99_latency_ms => 80, requests_per_second => 420, error_rate_percentage => 0.1);
SELECT status, health_status FROM set_deployment_status('prod-us/fraud-detector-prod-us', 'degraded', 'unhealthy', 'INC-3');
SELECT status FROM set_deployment_status('prod-us/fraud-detector-prod-us', 'degraded');
SELECT status, health_status, compute_platform FROM deploy('fraud-detector@1.1.0', 'prod-us', compute_platform => 'kubernetes');
SELECT status FROM set_deployment_status('prod-us/fraud-detector-prod-us', 'active', 'healthy');
SELECT e.* FROM unnest(ARRAY[
    $$SELECT set_deployment_status('prod-us/fraud-detector-prod-us')$$,
    $$SELECT set_deployment_status('prod-us/fraud-detector-prod-us', 'live')$$,
    $$SELECT set_deployment_status('prod-us/fraud-detector-prod-us', 'pending')$$,
    $$SELECT set_deployment_status('prod-us/fraud-detector-prod-us', health_status => 'fine')$$,
    $$SELECT set_deployment_status('prod-us/fraud-detector-prod-us', avg_latency_ms => -1)$$,
    $$SELECT set_deployment_status('prod-us/fraud-detector-prod-us', p99_latency_ms => 'NaN')$$,
    $$SELECT set_deployment_status('prod-us/fraud-detector-prod-us', error_rate_percentage => 101)$$]) AS s, refusal(s) AS e;

-- Refused deployments
SELECT e.* FROM unnest(ARRAY[
    $$SELECT deploy('fraud-detector@9.9.9', 'prod-us')$$,
    $$SELECT deploy('fraud-detector@1.0.0', 'prod')$$,
    $$SELECT deploy(NULL::uuid, 'prod-us')$$,
    $$SELECT deploy('fraud-detector@1.0.0', 'prod-us', 'Fraud API')$$,
    $$SELECT deploy('fraud-detector@1.0.0', 'prod-us', traffic => -1)$$,
    $$SELECT deploy('fraud-detector@1.0.0', 'prod-us', deployment_type => 'big-bang')$$,
    $$SELECT deploy('fraud-detector@1.0.0', 'prod-us', status => 'degraded')$$,
    $$SELECT deploy('fraud-detector@1.0.0', 'prod-us', replicas => -2)$$,
    $$SELECT deploy('fraud-detector@1.0.0', 'prod-us', gpu_count => -2)$$,
    $$SELECT deploy('fraud-detector@1.0.0', 'prod-us', endpoint_url => 'somewhere')$$,
    $$SELECT deploy('fraud-detector@1.0.0', 'prod-us', deployment_config => '[]')$$,
    $$SELECT deploy('churn@0.1.0', 'prod-us', 'fraud-detector-prod-us')$$,
    $$SELECT deploy('fraud-detector@1.0.0', 'prod-us', 'b', traffic_from => 'fraud-detector-prod-us')$$,
    $$SELECT deploy('fraud-detector@1.0.0', 'prod-us', 'b', traffic => 95, traffic_from => 'fraud-detector-prod-us')$$,
    $$SELECT deploy('fraud-detector@1.0.0', 'prod-us', 'b', traffic => 5, traffic_from => 'fraud-detector-prod-us-shadow')$$,
    $$SELECT deploy('churn@0.1.0', 'prod-us', traffic => 5, traffic_from => 'fraud-detector-prod-us')$$,
    $$SELECT deploy('fraud-detector@1.0.0', 'prod-us', 'b', traffic => 5, traffic_from => 'nobody')$$]) AS s, refusal(s) AS e;
-- what is deprecated, and where nothing is to be deployed: only if one means it
SELECT count(*) FROM deprecate_version('fraud-detector@1.3.0', 'leaks memory');
SELECT e.* FROM refusal($$SELECT deploy('fraud-detector@1.3.0', 'staging')$$) AS e;
SELECT deployment_name, semver FROM deploy('fraud-detector@1.3.0', 'staging', force => true);
SHOW mlregistry.force;
RESET SESSION AUTHORIZATION;
UPDATE environments SET is_active = false WHERE environment_name = 'staging';
SET SESSION AUTHORIZATION d7_anna;
SELECT e.rule, e.message FROM refusal($$SELECT deploy('fraud-detector@1.2.0', 'staging')$$) AS e;
SELECT deployment_name, semver FROM deploy('fraud-detector@1.2.0', 'staging', force => true);

-- An end: the name is free, the history stays.
SELECT deployment_name, status, terminated_at = now() AS now FROM terminate_deployment('prod-us/fraud-detector-prod-us-canary', 'CHG-9: it is well');
SELECT deployment_name, status FROM terminate_deployment('prod-us/fraud-detector-prod-us-canary');
SELECT e.* FROM unnest(ARRAY[
    $$SELECT scale_deployment('prod-us/fraud-detector-prod-us-canary', 1)$$,
    $$SELECT set_traffic('prod-us', '{"fraud-detector-prod-us-canary": 1}')$$,
    $$SELECT rollback_deployment(find_deployment('prod-us/fraud-detector-prod-us-canary'))$$,
    $$SELECT set_deployment_status('prod-us/fraud-detector-prod-us-canary', 'active')$$]) AS s, refusal(s) AS e;
-- a shadow does not make it unclear which one goes back
BEGIN;
SELECT deployment_name, semver FROM rollback_deployment('fraud-detector', 'prod-us');
ROLLBACK;
SELECT status, deactivated_at IS NOT NULL AS timed, deactivation_reason FROM set_deployment_status('prod-us/fraud-detector-prod-us-shadow', 'deactivated', reason => 'seen enough');
SELECT e.rule, e.message FROM refusal($$SELECT set_deployment_status('prod-us/fraud-detector-prod-us-shadow', 'active')$$) AS e;
SELECT deployment_name, semver, status FROM list_deployments('fraud-detector', 'prod-us') ORDER BY 1;

-- Going back: one by one, never to what one has come back from.
SELECT semver, previous_semver FROM deploy('fraud-detector@1.2.0', 'prod-us', traffic => 100);
-- what was measured was measured of the version that serves no more
SELECT p99_latency_ms, error_rate_percentage FROM set_deployment_status('prod-us/fraud-detector-prod-us', p99_latency_ms => 950, error_rate_percentage => 7.4);
SELECT d.semver, d.previous_semver, d.health_status, d.p99_latency_ms, d.error_rate_percentage, d.last_health_check_at FROM rollback_deployment('fraud-detector', 'prod-us', 'fraud-detector-prod-us', reason => 'INC-4') AS d;
SELECT semver, previous_semver FROM rollback_deployment('fraud-detector', 'prod-us', 'fraud-detector-prod-us');
SELECT e.* FROM unnest(ARRAY[
    $$SELECT rollback_deployment('fraud-detector', 'prod-us', 'fraud-detector-prod-us')$$,
    $$SELECT rollback_deployment('fraud-detector', 'prod-us', 'fraud-detector-prod-us', '1.3.0')$$,
    $$SELECT rollback_deployment('fraud-detector', 'prod-us', 'fraud-detector-prod-us', '1.0.0')$$,
    $$SELECT rollback_deployment('fraud-detector', 'prod-us', 'fraud-detector-prod-us', '7.0.0')$$,
    $$SELECT rollback_deployment('fraud-detector', 'prod-us')$$,
    $$SELECT rollback_deployment('fraud-detector', 'prod-us', 'main')$$,
    $$SELECT rollback_deployment('fraud-detector', 'prod-eu')$$,
    $$SELECT rollback_deployment('churn', 'prod-us')$$]) AS s, refusal(s) AS e;
-- forward to one that it had, and back once more
SELECT semver, previous_semver FROM rollback_deployment('fraud-detector', 'prod-us', 'fraud-detector-prod-us', '1.2.0');
SELECT semver, previous_semver FROM rollback_deployment('fraud-detector', 'prod-us', 'fraud-detector-prod-us');
-- a version that was not well is passed over, and one that has failed is what one goes back from
SELECT count(*) FROM deploy('fraud-detector@1.1.0', 'prod-us'), set_deployment_status('prod-us/fraud-detector-prod-us', 'degraded');
-- what has failed is not healthy any more, unless a probe says so at the same time
SELECT status, health_status FROM deploy('fraud-detector@1.2.0', 'prod-us', health_status => 'healthy');
BEGIN;
SELECT status, health_status FROM set_deployment_status('prod-us/fraud-detector-prod-us', 'failed', 'unhealthy');
ROLLBACK;
SELECT status, health_status FROM set_deployment_status('prod-us/fraud-detector-prod-us', 'failed', reason => 'out of memory');
SELECT n, semver, was_live, last_status, entered_by, ended_at = 'infinity' AS still FROM deployment_stints(find_deployment('prod-us/fraud-detector-prod-us'));
SELECT semver FROM rollback_targets(find_deployment('prod-us/fraud-detector-prod-us'));
SELECT semver, previous_semver, status FROM rollback_deployment('fraud-detector', 'prod-us', 'fraud-detector-prod-us', reason => 'INC-5');
SELECT action, semver, deployment_status, status, reason, error_message FROM deployment_history h
 WHERE h.deployment_id = find_deployment('prod-us/fraud-detector-prod-us') ORDER BY valid_from DESC LIMIT 3;
-- to what may be deployed no more: said, not passed over
SELECT count(*) FROM deploy('fraud-detector@1.1.0', 'prod-us'), archive_version('fraud-detector@1.0.0', 'recalled');
SELECT e.rule, e.message, e.detail FROM refusal($$SELECT rollback_deployment('fraud-detector', 'prod-us', 'fraud-detector-prod-us')$$) AS e;
-- what is deprecated is nothing new there
SELECT count(*) FROM unarchive_version('fraud-detector@1.0.0'), deprecate_version('fraud-detector@1.0.0', 'superseded');
SELECT semver, previous_semver FROM rollback_deployment('fraud-detector', 'prod-us', 'fraud-detector-prod-us');
SHOW mlregistry.deployment_action;

-- Tags
SELECT kind, reference, tag_name, added_by FROM tag('deployment:prod-us/fraud-detector-prod-us', 'tier-1', create_missing => true);
SELECT kind, reference, tag_name FROM tag('deployment:default/staging/fraud-detector-staging', 'tier-1');
SELECT reference, tag_name FROM tags_of('deployment:prod-us/fraud-detector-prod-us');
SELECT deployment_name, tags FROM list_deployments(tag => 'tier-1');
SELECT reference, tag_name FROM untag('deployment:staging/fraud-detector-staging', 'tier-1');
SELECT tag_name, models, deployments, total FROM tag_usage();
SELECT e.state, e.message, e.hint FROM unnest(ARRAY[
    $$SELECT tag('deployment:prod-us/fraud', 'tier-1')$$,
    $$SELECT tag_object('deployment', '00000000-0000-0000-0000-000000000001', 'tier-1')$$,
    $$SELECT tag_object('environment', '00000000-0000-0000-0000-000000000001', 'tier-1')$$,
    $$SELECT untag('deployment:staging/fraud-detector-staging', 'tier-1')$$]) AS s, refusal(s) AS e;

-- Lists
SELECT environment_name, deployment_name, semver, previous_semver FROM active_deployments();
SELECT deployment_name FROM active_deployments(max_rows => 1);
SELECT deployment_name FROM active_deployments(after => (SELECT deployment_id FROM active_deployments(max_rows => 1)));
SELECT deployment_name FROM active_deployments(model => 'churn');
SELECT deployment_name FROM active_deployments(environment_type => 'staging', health_status => 'unknown', project => 'default');
SELECT count(*) AS all_of_them, count(*) FILTER (WHERE status = 'terminated') AS ended FROM list_deployments();
SELECT deployment_name, status FROM list_deployments(status => '{terminated,failed}');
SELECT deployment_name FROM list_deployments(version => 'fraud-detector@1.3.0');
WITH RECURSIVE page AS (
    SELECT 1 AS n, ARRAY(SELECT deployment_id FROM list_deployments(max_rows => 2)) AS ids
    UNION ALL
    SELECT n + 1, ARRAY(SELECT deployment_id FROM list_deployments(max_rows => 2, after => ids[cardinality(ids)])) FROM page WHERE ids <> '{}')
SELECT (SELECT array_agg(i ORDER BY n, o) FROM page, unnest(ids) WITH ORDINALITY AS u (i, o)) = ARRAY(SELECT deployment_id FROM list_deployments()) AS paged;
SELECT e.* FROM unnest(ARRAY[
    $$SELECT list_deployments(status => '{live}')$$,
    $$SELECT list_deployments(health_status => 'ill')$$,
    $$SELECT list_deployments(environment_type => 'prod')$$,
    $$SELECT list_deployments(max_rows => -1)$$,
    $$SELECT list_deployments(after => '00000000-0000-0000-0000-000000000001')$$,
    $$SELECT active_deployments(after => '00000000-0000-0000-0000-000000000001')$$,
    $$SELECT active_deployments('prod-uk')$$]) AS s, refusal(s) AS e;
SELECT avg_latency_ms FROM set_deployment_status('prod-us/fraud-detector-prod-us', avg_latency_ms => 12.345, p99_latency_ms => 80);
SELECT environment_name, status, deployments, healthy, unknown, replicas, avg_latency_ms, max_p99_latency_ms FROM deployment_status_summary();
SELECT environment_name, status, deployments FROM deployment_status_summary('prod-us');
SELECT environment_name, is_active, live, models, versions, replicas, changes > 0 AS changed, rollbacks, failures FROM environment_summary();
SELECT environment_name, changes FROM environment_summary('staging', within => '0');
SELECT model_name, version_count, latest_version FROM never_deployed_models();
SELECT model_name FROM never_deployed_models('canary');
SELECT e.state, e.message FROM unnest(ARRAY[
    $$SELECT environment_summary(within => '-1 day')$$,
    $$SELECT environment_summary('prod')$$,
    $$SELECT deployment_status_summary('prod')$$,
    $$SELECT never_deployed_models('prod')$$]) AS s, refusal(s) AS e;

-- its trail, of all that had the name there
SELECT action, count(*) > 0 AS some, bool_and(entity_name = 'prod-us/fraud-detector-prod-us-canary') AS its_own
  FROM audit_trail('deployment:prod-us/fraud-detector-prod-us-canary') GROUP BY action ORDER BY action;
-- what happens to it elsewhere is noted in the same place
SELECT audit_note('deployment:prod-us/fraud-detector-prod-us-canary', 'restarted', '{"pod": 3}', 'INC-7') IS NOT NULL AS noted;
SELECT audit_note('deployment', find_deployment('prod-us/fraud-detector-prod-us-canary'), 'deployment.probed', NULL, NULL) IS NOT NULL AS noted;
SELECT action, entity_name, details, reason FROM audit_trail('deployment:prod-us/fraud-detector-prod-us-canary', max_rows => 2);
SELECT e.* FROM unnest(ARRAY[$$SELECT audit_note('deployment:prod-us/fraud-detector-prod-us-canary', 'deployment.terminate')$$, $$SELECT audit_note('deployment:prod-us/nobody', 'probed')$$]) AS s, refusal(s) AS e;
SELECT e.state, e.message, e.hint FROM unnest(ARRAY[
    $$SELECT audit_trail('deployment:prod-us/nobody')$$,
    $$SELECT audit_trail('deployment:nowhere')$$]) AS s, refusal(s) AS e;

-- Who may: those who read see, and change nothing; strangers see nothing.
SET SESSION AUTHORIZATION d7_vera;
SELECT count(*) FROM active_deployments();
SELECT e.state, e.rule, e.message FROM unnest(ARRAY[
    $$SELECT deploy('fraud-detector@1.1.0', 'prod-us')$$,
    $$SELECT scale_deployment('prod-us/fraud-detector-prod-us', 1)$$,
    $$SELECT set_traffic('prod-us', '{"fraud-detector-prod-us": 1}')$$,
    $$SELECT set_deployment_status('prod-us/fraud-detector-prod-us', 'degraded')$$,
    $$SELECT rollback_deployment('fraud-detector', 'prod-us', 'fraud-detector-prod-us')$$,
    $$SELECT terminate_deployment('prod-us/fraud-detector-prod-us')$$,
    $$SELECT tag('deployment:prod-us/fraud-detector-prod-us', 'tier-1')$$,
    $$SELECT untag('deployment:prod-us/fraud-detector-prod-us', 'tier-1')$$]) AS s, refusal(s) AS e;

RESET SESSION AUTHORIZATION;
SET client_min_messages = warning;
DROP FUNCTION refusal(text);
SELECT count(*) FROM unnest('{d7_anna,d7_ben,d7_olga,d7_vera}'::name[]) AS r, revoke_access(r, sql_only => true);
SELECT * FROM check_registry();
SELECT uninstall(confirm => 'mlregistry') IS NOT NULL AS uninstalled;
SELECT install() IS NOT NULL AS installed;
DROP ROLE d7_anna, d7_ben, d7_olga, d7_vera, d7_stranger;
