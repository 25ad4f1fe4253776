-- The past: registry_at(), version_at(), deployment_timeline(), right across rollbacks, deletions and clock steps.
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

-- What is so now, from the tables themselves, which registry_at() must tell of this moment for ever.
CREATE VIEW present AS
SELECT 'deployment' AS kind, m.model_name, v.semver::text AS semver, d.deployment_name AS name, e.environment_name, d.status, d.traffic_percentage::numeric AS traffic, d.replicas
  FROM deployments d JOIN environments e USING (environment_id) JOIN models m USING (model_id) JOIN model_versions v ON v.version_id = d.version_id
 WHERE d.status IN ('active', 'degraded') AND d.deleted_at IS NULL AND m.deleted_at IS NULL
UNION ALL
SELECT 'alias', m.model_name, v.semver::text, a.alias, NULL, NULL, NULL, NULL FROM model_aliases a JOIN models m USING (model_id) JOIN model_versions v ON v.version_id = a.version_id WHERE m.deleted_at IS NULL
UNION ALL
SELECT 'stage', m.model_name, v.semver::text, v.stage, NULL, NULL, NULL, NULL FROM model_versions v JOIN models m USING (model_id) WHERE v.stage IN ('staging', 'production') AND v.deleted_at IS NULL AND m.deleted_at IS NULL;
CREATE TABLE snapshots (n integer GENERATED ALWAYS AS IDENTITY, at timestamptz NOT NULL, state jsonb NOT NULL);
CREATE FUNCTION snap() RETURNS void LANGUAGE sql AS $$
    INSERT INTO snapshots (at, state) SELECT clock_timestamp(), coalesce((SELECT jsonb_agg(to_jsonb(p) ORDER BY p) FROM present p), '[]')
$$;
CREATE FUNCTION told(at timestamptz) RETURNS jsonb LANGUAGE sql AS $$
    SELECT coalesce(jsonb_agg(to_jsonb(p) ORDER BY p), '[]')
      FROM (SELECT r.kind, r.model_name, r.semver, r.name, r.environment_name, r.status, r.traffic_percentage AS traffic, r.replicas FROM registry_at(told.at) AS r) AS p
$$;
GRANT SELECT ON present TO PUBLIC;

SELECT environment_name FROM create_environment('prod-us', 'production', priority => 4);
SELECT environment_name FROM create_environment('prod-eu', 'production', priority => 4, requires_approval => true);
SET SESSION AUTHORIZATION d7_anna;
SELECT count(*) FROM register_model('fraud-detector', framework => 'xgboost'), unnest('{1.0.0,1.1.0,1.2.0}'::semver[]) AS s, register_version('fraud-detector', s, 's3://models/fraud/{version}/model.ubj');
SELECT count(*) FROM promote('fraud-detector@1.0.0', 'production', alias => 'champion', reason => 'first'), deploy('fraud-detector@1.0.0', 'prod-us', 'fraud-api', reason => 'CHG-1');
UPDATE models SET compliance_required = true;
SELECT count(*) FROM request_approval('fraud-detector@1.1.0', 'compliance', 'prod-eu');
SET SESSION AUTHORIZATION d7_ben;
SELECT count(*) FROM approve('fraud-detector@1.1.0', 'compliance', review_notes => 'fine'), deploy('fraud-detector@1.1.0', 'prod-eu', 'fraud-api', traffic => 40);
SET SESSION AUTHORIZATION d7_anna;
SELECT clock_timestamp() AS before \gset
SELECT count(*) FROM deploy('fraud-detector@1.1.0', 'prod-us', 'fraud-api', reason => 'CHG-2');
SELECT clock_timestamp() AS during \gset
SELECT count(*) FROM rollback_deployment('fraud-detector', 'prod-us', reason => 'INC-1');
SELECT clock_timestamp() AS after \gset

-- The questions of an auditor
SELECT kind, project_slug, model_name, semver, name, environment_name, status, traffic_percentage, replicas, done_by, reason, approved_by, until IS NULL AS still, is_deleted FROM registry_at(:'before');
SELECT kind, semver, name, environment_name FROM registry_at(:'during', kinds => '{deployment}');
SELECT environment_name, deployment_name, model_name, semver, status, traffic_percentage, performed_by, reason, approved_by, until IS NULL AS still FROM version_at('fraud-detector', :'before');
SELECT environment_name, semver, reason FROM version_at('fraud-detector', :'during', 'prod-us');
SELECT environment_name, semver, reason FROM version_at('default/fraud-detector', :'after', 'prod-us');
SELECT semver FROM version_at(find_model('fraud-detector'), now(), 'prod-eu');
SELECT environment_name, deployment_name, action, semver, previous_semver, deployment_status, traffic_percentage, outcome, reason, performed_by, is_current, lasted > '0' AS lasted FROM deployment_timeline('fraud-detector');
SELECT action, semver FROM deployment_timeline('deployment:prod-us/fraud-api');
SELECT action, semver FROM deployment_timeline('prod-eu/fraud-api');
SELECT action, semver FROM deployment_timeline(find_deployment('prod-us/fraud-api'), max_rows => 2);
SELECT action, semver FROM deployment_timeline('default/prod-us/fraud-api', after => (SELECT history_id FROM deployment_timeline('prod-us/fraud-api', max_rows => 1)));
-- what was so in a time, not only what began in it
SELECT action, semver FROM deployment_timeline('prod-us/fraud-api', since => :'before', until => :'during');
SELECT action, semver FROM deployment_timeline('prod-us/fraud-api', until => :'before');
-- of some kinds, stages, projects, page by page
SELECT kind, name FROM registry_at(now(), kinds => '{alias,stage}', stages => '{development}') ORDER BY 1, 2;
SELECT count(*) FROM registry_at(now(), stages => NULL);
SELECT (SELECT count(*) FROM registry_at(now(), project => 'default')) AS of_project, (SELECT count(*) FROM registry_at(now(), model => 'fraud-detector', kinds => '{deployment}')) AS of_model;
WITH RECURSIVE page AS (
    SELECT 1 AS n, ARRAY(SELECT history_id FROM registry_at(:'after', max_rows => 2)) AS ids
    UNION ALL
    SELECT n + 1, ARRAY(SELECT history_id FROM registry_at(:'after', max_rows => 2, after => ids[cardinality(ids)])) FROM page WHERE ids <> '{}')
SELECT (SELECT array_agg(i ORDER BY n, o) FROM page, unnest(ids) WITH ORDINALITY AS u (i, o)) = ARRAY(SELECT history_id FROM registry_at(:'after')) AS paged;
-- half-open: what began at a moment was so at it, what ended at it was so no more
SELECT h.semver, (SELECT v.semver FROM version_at('fraud-detector', h.valid_from, 'prod-us') AS v) AS at_its_beginning,
       (SELECT v.semver FROM version_at('fraud-detector', h.valid_from - interval '1 microsecond', 'prod-us') AS v) AS before_it,
       CASE WHEN h.valid_to < 'infinity' THEN (SELECT v.semver FROM version_at('fraud-detector', h.valid_to, 'prod-us') AS v) END AS at_its_end
  FROM deployment_history h WHERE h.deployment_id = find_deployment('prod-us/fraud-api') ORDER BY h.valid_from;
-- before all, and what lies ahead
SELECT count(*) FROM registry_at('1999-01-01');
SELECT count(*) = (SELECT count(*) FROM registry_at(now())) AS as_now FROM registry_at(now() + interval '1 year');
SELECT e.* FROM unnest(ARRAY[
    $$SELECT registry_at(NULL)$$,
    $$SELECT registry_at('infinity')$$,
    $$SELECT registry_at(now(), kinds => '{deployments}')$$,
    $$SELECT registry_at(now(), stages => '{live}')$$,
    $$SELECT registry_at(now(), 'fraud-detectr')$$,
    $$SELECT registry_at(now(), 'fraud-detector@1.0.0')$$,
    $$SELECT registry_at(now(), project => 'defolt')$$,
    $$SELECT registry_at(now(), max_rows => -1)$$,
    $$SELECT version_at('fraud-detector', '-infinity')$$,
    $$SELECT version_at('fraud-detector', now(), 'prod-uk')$$,
    $$SELECT version_at(NULL::text, now())$$,
    $$SELECT deployment_timeline('prod-us/fraud-apy')$$,
    $$SELECT deployment_timeline('fraud')$$,
    $$SELECT deployment_timeline(NULL::text)$$,
    $$SELECT deployment_timeline(NULL::uuid)$$,
    $$SELECT deployment_timeline('fraud-detector', after => '00000000-0000-0000-0000-000000000001')$$]) AS s, refusal(s) AS e;

-- Whatever happens: each moment is told as it was. Hundreds of things at random, by functions and by plain SQL.
RESET SESSION AUTHORIZATION;
UPDATE models SET compliance_required = false;
SELECT count(*) FROM register_model('churn', framework => 'sklearn'), unnest('{0.1.0,0.2.0,0.3.0}'::semver[]) AS s, register_version('churn', s, 's3://models/churn');
SELECT setseed(0.7);
DO $$
DECLARE
    v record;
    d record;
    done text;
BEGIN
    FOR i IN 1..250 LOOP
        SELECT version_id, model_id INTO v FROM model_versions WHERE deleted_at IS NULL ORDER BY random() LIMIT 1;
        SELECT deployment_id, model_id INTO d FROM deployments WHERE status IN ('active', 'degraded') ORDER BY random() LIMIT 1;
        BEGIN
            CASE (random() * 11)::integer
                WHEN 0 THEN PERFORM promote(v.version_id, 'production', alias => 'champion', previous => (ARRAY['staging', 'development', 'archived'])[1 + (random() * 2)::integer]);
                WHEN 1 THEN PERFORM promote(v.version_id, 'staging');
                WHEN 2 THEN PERFORM promote(v.version_id, 'development');
                WHEN 3 THEN PERFORM deploy(v.version_id, (ARRAY['prod-us', 'prod-eu'])[1 + (random())::integer]);
                WHEN 4 THEN PERFORM rollback_deployment(d.deployment_id);
                WHEN 5 THEN PERFORM set_deployment_status(d.deployment_id, (ARRAY['active', 'degraded', 'deploying'])[1 + (random() * 2)::integer]);
                WHEN 6 THEN PERFORM scale_deployment(d.deployment_id, (random() * 5)::integer);
                WHEN 7 THEN PERFORM set_deployment_traffic(ARRAY[d.deployment_id], ARRAY[(random() * 100)::numeric]);
                WHEN 8 THEN PERFORM set_alias(v.model_id, (ARRAY['candidate', 'champion'])[1 + (random())::integer], (SELECT semver::text FROM model_versions WHERE version_id = v.version_id));
                WHEN 9 THEN DELETE FROM model_aliases WHERE alias = 'candidate' AND model_id = v.model_id;
                WHEN 10 THEN PERFORM terminate_deployment(d.deployment_id);
                ELSE UPDATE deployments SET version_id = v.version_id WHERE deployment_id = d.deployment_id AND model_id = v.model_id;
            END CASE;
            done := 'done';
        EXCEPTION WHEN check_violation OR no_data_found OR object_not_in_prerequisite_state OR null_value_not_allowed OR unique_violation THEN
            done := 'refused';
        END;
        PERFORM snap();
        COMMIT; -- what is made begins with its transaction
    END LOOP;
END $$;
SELECT count(*) AS moments, count(*) FILTER (WHERE told(s.at) = s.state) AS told_as_they_were, count(DISTINCT s.state) > 60 AS many FROM snapshots s;
-- no two periods of one thing overlap
SELECT count(*) FROM deployment_history a JOIN deployment_history b ON b.deployment_id = a.deployment_id AND b.history_id > a.history_id AND a.valid_from < b.valid_to AND b.valid_from < a.valid_to;
SELECT count(*) FROM stage_history a JOIN stage_history b ON b.version_id = a.version_id AND b.history_id > a.history_id AND a.valid_from < b.valid_to AND b.valid_from < a.valid_to;

-- Deleted since: the past stays, with the names that things had.
SELECT count(*) >= 0 AS ended FROM active_deployments() AS d, terminate_deployment(d.deployment_id);
UPDATE deployments SET deleted_at = now() WHERE status = 'terminated' AND environment_id = find_environment('prod-eu');
DELETE FROM deployments WHERE environment_id = find_environment('prod-us');
UPDATE environments SET environment_name = 'prod-america' WHERE environment_name = 'prod-us';
UPDATE models SET deleted_at = now() WHERE model_name = 'churn';
SELECT count(*) AS moments, count(*) FILTER (WHERE told(s.at) = s.state) AS told_as_they_were FROM snapshots s;
SELECT count(*) FROM registry_at(now(), 'churn');
DELETE FROM model_aliases;
DELETE FROM deployments;
DELETE FROM approvals;
DELETE FROM model_versions WHERE model_id = (SELECT model_id FROM models WHERE model_name = 'fraud-detector');
DELETE FROM models WHERE model_name = 'fraud-detector';
SELECT count(*) AS moments, count(*) FILTER (WHERE told(s.at) = s.state) AS told_as_they_were FROM snapshots s;
-- nothing of it is left in the way
SELECT count(*) > 0 AS some FROM guards WHERE rule IN ('traffic', 'version', 'approval') AND subject_id NOT IN (SELECT model_id FROM models);
SELECT task FROM run_maintenance() WHERE task = 'remove_guards';
SELECT rule FROM guards g WHERE subject_id NOT IN (SELECT model_id FROM models UNION ALL SELECT version_id FROM model_versions);
-- who had agreed went with the version: not known is not nobody
SELECT environment_name, model_name, semver, is_deleted, approved_by FROM version_at('fraud-detector', :'during');
SELECT environment_name, semver FROM version_at('fraud-detector', :'during', 'prod-us');
SELECT DISTINCT environment_name, is_deleted FROM deployment_timeline('fraud-detector') ORDER BY 1;
SELECT count(*) FROM registry_at(now());
SELECT e.message, e.hint FROM refusal($$SELECT find_model('fraud-detector')$$) AS e;

-- The clock is set back: what began "later" ends later still, and nothing overlaps.
SELECT count(*) FROM register_model('clock', framework => 'sklearn'), unnest('{1.0.0,2.0.0}'::semver[]) AS s, register_version('clock', s, '/m');
SELECT count(*) FROM deploy('clock@1.0.0', 'prod-eu'), promote('clock@1.0.0', 'production', alias => 'champion');
UPDATE deployment_history SET valid_from = now() + interval '1 hour' WHERE valid_to = 'infinity' AND model_id = find_model('clock');
UPDATE stage_history SET valid_from = now() + interval '1 hour' WHERE valid_to = 'infinity' AND model_id = find_model('clock');
UPDATE alias_history SET valid_from = now() + interval '1 hour' WHERE valid_to = 'infinity' AND model_id = find_model('clock');
SELECT count(*) FROM deploy('clock@2.0.0', 'prod-eu'), promote('clock@2.0.0', 'production', alias => 'champion');
SELECT h.semver, h.valid_from > now() AS ahead, h.valid_to = 'infinity' AS still, h.valid_from = lag(h.valid_to) OVER (ORDER BY h.valid_from) AS follows FROM deployment_history h WHERE h.model_id = find_model('clock') ORDER BY h.valid_from;
SELECT kind, semver, name FROM registry_at(now() + interval '2 hours', 'clock');
SELECT semver FROM rollback_deployment('clock', 'prod-eu');
SELECT semver FROM version_at('clock', now() + interval '2 hours');

-- What one statement of the client does is one moment, in however many steps: there is always one version in production, and all of the traffic.
SELECT count(*) FROM register_model('swapped', framework => 'onnx'), unnest('{1.0.0,2.0.0,3.0.0}'::semver[]) AS s, register_version('swapped', s, '/m');
SELECT count(*) FROM promote('swapped@1.0.0', 'production', alias => 'champion');
SELECT count(*) FROM deploy('swapped@1.0.0', 'prod-eu', 'swap', traffic => 100) AS d, deploy('swapped@2.0.0', 'prod-eu', 'swap-canary', traffic => 0) AS c;
CREATE VIEW moments AS
SELECT m.at, (SELECT count(*) FROM registry_at(m.at, 'swapped', kinds => '{stage}', stages => '{production}')) AS production,
       (SELECT count(*) FROM registry_at(m.at, 'swapped', kinds => '{alias}') AS a JOIN registry_at(m.at, 'swapped', kinds => '{stage}', stages => '{production}') AS s ON s.semver = a.semver) AS champions,
       (SELECT sum(traffic_percentage) FROM registry_at(m.at, 'swapped', kinds => '{deployment}')) AS traffic
  FROM (SELECT valid_from AS at FROM stage_history WHERE model_id = find_model('swapped') UNION SELECT valid_from FROM alias_history WHERE model_id = find_model('swapped')
        UNION SELECT valid_from FROM deployment_history WHERE model_id = find_model('swapped')) AS m
 WHERE m.at >= (SELECT max(d.created_at) FROM deployments d WHERE d.model_id = find_model('swapped'));
SELECT count(*) FROM promote('swapped@2.0.0', 'production', alias => 'champion');
SELECT deployment_name, traffic_percentage FROM set_traffic('prod-eu', '{"swap": 30, "swap-canary": 70}');
UPDATE deployments SET traffic_percentage = 100 - traffic_percentage WHERE deployment_name LIKE 'swap%';
DO $$
BEGIN
    FOR i IN 2..20 LOOP
        PERFORM promote(format('swapped@%s.0.0', i % 3 + 1), 'production', alias => 'champion');
        PERFORM set_traffic('prod-eu', jsonb_build_object('swap', 100 - i, 'swap-canary', i));
    END LOOP;
END $$;
SELECT production, champions, traffic, count(*) >= 20 AS many FROM moments GROUP BY 1, 2, 3;
-- the next statement is a moment of its own, also in the same transaction
BEGIN;
SELECT count(*) FROM promote('swapped@1.0.0', 'production', alias => 'champion');
SELECT clock_timestamp() AS between \gset
SELECT count(*) FROM promote('swapped@2.0.0', 'production', alias => 'champion');
COMMIT;
SELECT kind, semver, name FROM registry_at(:'between', 'swapped', kinds => '{alias,stage}', stages => '{production}');
-- nor does what one waits for, or a clock that was set back, put anything between them
UPDATE stage_history SET valid_from = now() + interval '1 hour' WHERE valid_to = 'infinity' AND stage = 'production' AND model_id = find_model('swapped');
UPDATE deployment_history SET valid_from = now() + interval '2 hours' WHERE valid_to = 'infinity' AND deployment_name = 'swap-canary';
SELECT count(*) FROM promote('swapped@3.0.0', 'production', alias => 'champion'), set_traffic('prod-eu', '{"swap": 1, "swap-canary": 99}');
SELECT production, traffic, count(*) FROM moments WHERE at > now() + interval '90 minutes' GROUP BY 1, 2;
SELECT h.semver, h.valid_from - lag(h.valid_to) OVER (ORDER BY h.valid_from) AS gap FROM stage_history h WHERE h.model_id = find_model('swapped') AND h.valid_from > now() AND h.stage = 'production' ORDER BY h.valid_from;
DROP VIEW moments;

-- Read by an index that knows both ends of a period, whatever row security adds.
SELECT p.proconfig FROM pg_proc p WHERE p.proname = 'history_at';
CREATE FUNCTION index_conditions(statement text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    line text;
BEGIN
    FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || statement LOOP
        line := trim(regexp_replace(line, '\$\d+|\(InitPlan \d+\)\.col\d+', '$'));
        IF line ~ '^(->)? *Index |^Filter' THEN
            RETURN NEXT line;
        END IF;
    END LOOP;
END $$;
BEGIN;
SET LOCAL session_replication_role = replica; SET LOCAL enable_bitmapscan = off;
INSERT INTO alias_history (organization_id, project_id, model_id, alias, version_id, semver, set_by, valid_from, valid_to)
SELECT h.organization_id, h.project_id, h.model_id, h.alias, h.version_id, h.semver, h.set_by, t.at, t.at + interval '1 minute'
  FROM (SELECT * FROM alias_history LIMIT 1) AS h, generate_series(timestamptz '2025-01-01', '2025-01-03', '1 minute') AS t (at);
ANALYZE alias_history;
SET LOCAL SESSION AUTHORIZATION d7_vera;
SELECT index_conditions($$SELECT h.semver FROM alias_history h WHERE h.valid_to > '2026-05-04' AND h.valid_from <= '2026-05-04'$$);
ROLLBACK;
SET SESSION AUTHORIZATION d7_vera;
-- who reads sees, who is nobody does not
SELECT count(*) > 0 AS sees FROM registry_at(now() + interval '2 hours');
SET SESSION AUTHORIZATION d7_stranger;
SELECT e.state FROM refusal($$SELECT registry_at(now())$$) AS e;
RESET SESSION AUTHORIZATION;
DROP FUNCTION snap(), told(timestamptz);
DROP TABLE snapshots;
DROP VIEW present;

RESET SESSION AUTHORIZATION;
SET client_min_messages = warning;
DROP FUNCTION refusal(text);
SELECT count(*) FROM unnest('{d7_anna,d7_ben,d7_olga,d7_vera}'::name[]) AS r, revoke_access(r, sql_only => true);
SELECT * FROM check_registry();
SELECT uninstall(confirm => 'mlregistry') IS NOT NULL AS uninstalled;
SELECT install() IS NOT NULL AS installed;
DROP ROLE d7_anna, d7_ben, d7_olga, d7_vera, d7_stranger;
