-- What becomes of versions: promote(), validate_version(), deprecate_version(), archive_version() and back, lifecycle_dot().
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

-- The session that a release engineer has.
SET SESSION AUTHORIZATION d7_anna;
SELECT model_name FROM register_model('fraud-detector', framework => 'xgboost');
SELECT v.semver FROM unnest('{1.0.0,1.1.0,1.2.0,2.0.0-rc.1}'::semver[]) AS s, register_version('fraud-detector', s, 's3://models/fraud/{version}/model.ubj') AS v;
SELECT semver, previous_stage, stage, previous_status, status, aliases, promoted_to_production_at = now() AS now FROM promote('fraud-detector@1.0.0', 'production', alias => 'champion', reason => 'first release');
-- stage, alias and the version that was there in one step
SELECT semver, previous_stage, stage, status, aliases FROM promote('fraud-detector@1.1.0', 'production', alias => 'champion', reason => 'CHG-7: better recall');
SELECT semver, stage FROM list_versions('fraud-detector');
SELECT semver, stage FROM resolve('fraud-detector@production');
SELECT s.semver, s.previous_stage, s.stage, s.changed_by, s.reason FROM stage_history s WHERE s.reason IS NOT NULL ORDER BY s.valid_from, s.semver;
SELECT a.alias, a.semver, a.valid_to = 'infinity' AS still FROM alias_history a ORDER BY a.valid_from;
SELECT action, entity_name, actor, reason FROM audit_trail('fraud-detector', actions => '{version.promote,version.demote,alias.*}');
-- again: nothing is done, and nothing is written
SELECT semver, previous_stage, stage FROM promote('fraud-detector@1.1.0', 'production', alias => 'champion', reason => 'again');
SELECT count(*) FROM stage_history WHERE reason = 'again';
-- by uuid, by the selector of what is in staging, an alias alone
SELECT semver, previous_stage, stage FROM promote(find_version('fraud-detector@1.2.0'), 'staging');
SELECT semver, previous_stage, stage FROM promote('fraud-detector@1.2.0', 'production', previous => 'development');
SELECT semver, previous_stage, stage, aliases FROM promote('fraud-detector@1.2.0', 'production', alias => 'shiny');
SELECT semver, previous_stage, stage, previous_status, status FROM promote('fraud-detector@1.0.0', 'production', previous => 'archived');
SELECT semver, previous_stage, stage FROM promote('fraud-detector@production', 'development');
SELECT count(*) AS in_production FROM production_versions();
-- the reason of the session is what it was
SET mlregistry.reason = 'of the session';
SELECT count(*) FROM promote('fraud-detector@1.0.0', 'staging', reason => 'of the call');
SHOW mlregistry.reason;
SELECT count(*) FROM promote('fraud-detector@1.0.0', 'development');
SELECT stage, reason FROM stage_history s WHERE s.semver = '1.0.0' ORDER BY s.valid_from DESC LIMIT 2;
RESET mlregistry.reason;

-- refused
SELECT e.* FROM unnest(ARRAY[
    $$SELECT promote('fraud-detector@1.0.0', NULL)$$,
    $$SELECT promote('fraud-detector@1.0.0', 'prod')$$,
    $$SELECT promote('fraud-detector@1.0.0', 'archived')$$,
    $$SELECT promote('fraud-detector@1.0.0', 'production', previous => 'gone')$$,
    $$SELECT promote('fraud-detector@1.0.0', 'production', previous => NULL)$$,
    $$SELECT promote('fraud-detector@1.2.0', 'production')$$,
    $$SELECT promote('fraud-detector@1.0.1', 'production')$$,
    $$SELECT promote('fraud-detectr@1.0.0', 'production')$$,
    $$SELECT promote('fraud-detector@1.0.0', 'production', alias => 'production')$$,
    $$SELECT promote('00000000-0000-0000-0000-000000000001'::uuid, 'production')$$]) AS s, refusal(s) AS e;
-- nothing of what is refused stays, not even the alias that came first
SELECT e.rule, e.message FROM refusal($$SELECT promote('fraud-detector@1.2.0', 'production', alias => 'champion')$$) AS e;
SELECT semver FROM resolve('fraud-detector@champion');

-- states, and back
SELECT semver, previous_status, status, validated_by, validated_at = now() AS now FROM validate_version('fraud-detector@1.0.0', 'A/B test passed');
SELECT semver, previous_status, status, validated_by FROM validate_version('fraud-detector@1.0.0');
SELECT semver, previous_status, status, deprecation_reason, deprecated_at = now() AS now FROM deprecate_version('fraud-detector@1.0.0', 'drift on new merchants');
SELECT previous_status, status, deprecation_reason FROM deprecate_version('fraud-detector@1.0.0', 'drift on all merchants');
SELECT previous_status, status, deprecation_reason FROM deprecate_version('fraud-detector@1.0.0');
SELECT semver FROM latest_version('fraud-detector', range => '1.0.x');
SELECT e.* FROM unnest(ARRAY[
    $$SELECT promote('fraud-detector@1.0.0', 'production')$$,
    $$SELECT validate_version('fraud-detector@1.0.0')$$,
    $$SELECT unarchive_version('fraud-detector@1.0.0')$$,
    $$SELECT undeprecate_version('fraud-detector@1.1.0')$$]) AS s, refusal(s) AS e;
SELECT semver, stage, status FROM promote('fraud-detector@1.0.0', 'production', force => true);
-- down goes what is deprecated without force
SELECT semver, stage, status FROM promote('fraud-detector@1.0.0', 'development');
SELECT previous_status, status, deprecation_reason, deprecated_at FROM undeprecate_version('fraud-detector@1.0.0', 'it was the data');
SELECT previous_status, status, stage, previous_stage FROM archive_version('fraud-detector@1.0.0', 'old');
SELECT previous_status, status FROM archive_version('fraud-detector@1.0.0');
SELECT e.* FROM unnest(ARRAY[
    $$SELECT promote('fraud-detector@1.0.0', 'staging')$$,
    $$SELECT validate_version('fraud-detector@1.0.0')$$,
    $$SELECT deprecate_version('fraud-detector@1.0.0')$$]) AS s, refusal(s) AS e;
SELECT previous_status, status, stage, validated_by FROM unarchive_version('fraud-detector@1.0.0', 'asked for by audit');
SELECT previous_status, status FROM archive_version('fraud-detector@2.0.0-rc.1');
SELECT previous_status, status FROM unarchive_version('fraud-detector@2.0.0-rc.1');
SELECT status, reason, changed_by FROM status_history h WHERE h.entity_id = find_version('fraud-detector@1.0.0') ORDER BY valid_from;

-- who may
SET SESSION AUTHORIZATION d7_vera;
SELECT e.* FROM unnest(ARRAY[
    $$SELECT promote('fraud-detector@1.0.0', 'staging')$$,
    $$SELECT validate_version('fraud-detector@2.0.0-rc.1')$$,
    $$SELECT deprecate_version('fraud-detector@1.0.0')$$,
    $$SELECT archive_version('fraud-detector@1.0.0')$$]) AS s, refusal(s) AS e;
RESET SESSION AUTHORIZATION;
UPDATE projects SET protected_stages = '{production}' WHERE slug = 'default';
SET SESSION AUTHORIZATION d7_anna;
SELECT count(*) FROM unarchive_version('fraud-detector@1.2.0');
SELECT e.* FROM refusal($$SELECT promote('fraud-detector@1.2.0', 'production')$$) AS e;
SET SESSION AUTHORIZATION d7_olga;
SELECT semver, stage FROM promote('fraud-detector@1.2.0', 'production');
RESET SESSION AUTHORIZATION;
UPDATE projects SET protected_stages = '{}' WHERE slug = 'default';

-- A version that serves is validated where it is; what is archived serves nowhere.
SELECT environment_name FROM create_environment('prod', 'production');
SET SESSION AUTHORIZATION d7_anna;
SELECT count(*) FROM deploy('fraud-detector@1.2.0', 'prod');
SELECT previous_status, status, validated_by, live_deployments FROM validate_version('fraud-detector@1.2.0');
SELECT previous_status, status, live_deployments FROM deprecate_version('fraud-detector@1.2.0', 'too slow');
SELECT e.* FROM refusal($$SELECT archive_version('fraud-detector@1.2.0')$$) AS e;
SELECT previous_status, status, live_deployments FROM undeprecate_version('fraud-detector@1.2.0');

-- Every machine as a graph: each line is one of the kinds that Graphviz's grammar has here, all states and moves are in it.
SELECT lifecycle_dot('stage');
WITH line AS (SELECT e.entity, l.text, l.n FROM (SELECT DISTINCT entity FROM lifecycle_moves()) AS e,
                     regexp_split_to_table(rtrim(lifecycle_dot(e.entity), E'\n'), E'\n') WITH ORDINALITY AS l (text, n))
SELECT l.entity, bool_and(l.text ~ '^(digraph "[^"]+" [{]|[}]|    rankdir = LR;|    node \[[a-z =,]+\];|    "[^"]*"( -> "[^"]+")?( \[(shape|peripheries|label) = ("[^"]*"|[a-z0-9]+)\])?;)$') AS is_dot,
       count(*) FILTER (WHERE l.text ~ ' -> ') = (SELECT count(*) FROM lifecycle(l.entity)) AS all_moves,
       count(*) FILTER (WHERE l.text ~ '^    "[^"]+"( \[.*\])?;$' ) = (SELECT count(DISTINCT m.to_state) FROM lifecycle(l.entity) AS m) AS all_states
  FROM line l GROUP BY 1 ORDER BY 1;
SELECT dot_id('say "no" \ never');
SELECT e.* FROM unnest(ARRAY[$$SELECT lifecycle_dot('model')$$, $$SELECT lifecycle_dot(NULL)$$]) AS s, refusal(s) AS e;

RESET SESSION AUTHORIZATION;
SET client_min_messages = warning;
DROP FUNCTION refusal(text);
SELECT count(*) FROM unnest('{d7_anna,d7_ben,d7_olga,d7_vera}'::name[]) AS r, revoke_access(r, sql_only => true);
SELECT * FROM check_registry();
SELECT uninstall(confirm => 'mlregistry') IS NOT NULL AS uninstalled;
SELECT install() IS NOT NULL AS installed;
DROP ROLE d7_anna, d7_ben, d7_olga, d7_vera, d7_stranger;
