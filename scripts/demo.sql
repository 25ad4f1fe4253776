-- The main job, each step with the SQL that does it. Run by scripts/demo; psql variable histories names the data file.
\set ECHO queries
\pset footer off
\pset linestyle unicode
\pset border 1

\echo
\echo '── 1. An empty database becomes a registry'
CREATE EXTENSION mlregistry;
SET search_path = public, mlregistry;
SELECT extension_version, schema_version, current_organization, current_project FROM registry_info();

\echo
\echo '── 2. Real input: every version that five packages published, in the order of publication'
CREATE TABLE history (model_name text, published int, semver text, precedence_rank int);
\set ECHO none
\set load '\\copy history FROM ' :'histories' ' WITH (FORMAT text, HEADER MATCH)'
:load
\set ECHO queries
SELECT model_name, count(*) AS versions, min(semver) FILTER (WHERE published = 1) AS first FROM history GROUP BY 1 ORDER BY 1;

\echo
\echo '── 3. Models and versions are registered'
SELECT m.model_name, m.framework
  FROM (SELECT DISTINCT model_name FROM history) AS h,
       register_model(h.model_name, framework => CASE WHEN h.model_name LIKE 'onnx%' THEN 'onnx' ELSE 'custom' END) AS m
 ORDER BY 1;
SELECT count(v.version_id) AS registered
  FROM (SELECT * FROM history ORDER BY model_name, published) AS h,
       register_version(h.model_name, h.semver, artifact_uri => 's3://mirror/' || h.model_name || '/{version}.tgz') AS v;

\echo
\echo '── 4. Right version, always: the latest release of each, and the latest of all with prereleases'
SELECT r.model_name, r.semver AS latest_release, p.semver AS latest_with_prereleases
  FROM latest_versions() AS r JOIN latest_versions(include_prerelease => true) AS p USING (model_id);

\echo
\echo '── 5. Text would have it wrong'
SELECT max(semver) AS highest_as_text, max(semver::semver) AS highest_as_version FROM history WHERE model_name = 'electron';

\echo
\echo '── 6. A reference resolves to one version'
SELECT r AS reference, v.semver, v.artifact_uri
  FROM unnest('{electron,electron@10.1.0,electron@8.0.0-beta.3,transformers-js@latest}'::text[]) AS r, resolve(r) AS v;

\echo
\echo '── 7. Aliases move, and say what they named before'
SELECT alias, semver, previous_semver, set_by FROM set_alias('electron', 'champion', '9.4.4');
SELECT alias, semver, previous_semver, set_by FROM set_alias('electron', 'champion', 'latest');
SELECT semver, aliases FROM resolve('electron@champion');

\echo
\echo '── 8. The next version, whoever else does the same at this moment'
SELECT part, next_version('tfjs', part) FROM unnest('{patch,minor,major,prerelease}'::text[]) AS part;
SELECT semver, artifact_uri FROM register_version('tfjs', bump => 'minor', artifact_uri => 's3://mirror/tfjs/{version}.tgz');

\echo
\echo '── 9. Teams, tags and datasets; models and data found again by a word or a part of a name'
SELECT team_name, department FROM create_team('web-ml', department => 'Research');
UPDATE models SET team_id = find_team('web-ml'), description = 'Runs models in web browsers' WHERE model_name IN ('tfjs', 'transformers-js');
SELECT reference, tag_name FROM unnest('{tfjs,transformers-js,onnxruntime-web}'::text[]) AS r, tag(r, 'browser', create_missing => true);
SELECT reference, tag_name FROM tag('tfjs', 'in-use', create_missing => true);
SELECT dataset_name, tags FROM register_dataset('web-images-2025', 's3://data/web-images/2025/', 'tfrecord', description => 'Pictures from the web', tags => '{browser}');
SELECT model_name, tags FROM models_with_tags(all_of => '{browser,in-use}');
SELECT model_name, team_name, latest_version FROM search_models('browsers');
SELECT model_name FROM search_models('ormers');
SELECT dataset_name FROM list_datasets('picture');

\echo
\echo '── 10. What somebody may rely on is frozen, and what an alias named is remembered'
\set ON_ERROR_STOP off
\set SHOW_CONTEXT never
UPDATE model_versions SET artifact_uri = 's3://elsewhere' WHERE version_id = find_version('electron@champion');
\set ON_ERROR_STOP on
SELECT alias, h.semver, valid_to = 'infinity' AS now FROM alias_history AS h JOIN models USING (model_id) WHERE model_name = 'electron' ORDER BY valid_from;

\echo
\echo '── 11. Nothing wrong gets in: each of these is refused, and says why'
\set ON_ERROR_STOP off
\set SHOW_CONTEXT never
SELECT register_version('tfjs', 'v4.22', 's3://mirror/tfjs/x.tgz');
SELECT register_version('electron', '9.4.4+rebuilt', 's3://mirror/electron/x.tgz');
SELECT resolve('electrom@1.0.0');
SELECT resolve('electron@9.4.99');
UPDATE model_versions SET artifact_uri = 'somewhere';
\set ON_ERROR_STOP on

\echo
\echo '── 12. All models at a glance'
SELECT model_name, latest_version, latest_version_stage AS stage, version_count AS versions, aliases FROM v_models_latest ORDER BY model_name;

\echo
\echo '── 13. The order of all versions is that of the reference implementation'
SELECT count(*) AS versions, count(*) FILTER (WHERE h.precedence_rank <> v.rank) AS in_another_place
  FROM history AS h
  JOIN (SELECT model_name, semver, rank() OVER (PARTITION BY model_name ORDER BY semver)
          FROM (SELECT model_name, semver::semver FROM history) AS s) AS v
    ON v.model_name = h.model_name AND semver_identical(v.semver, h.semver);
SELECT count(*) AS inconsistencies FROM check_registry();

\echo
\echo '── 14. A registry to look around in: docs/cookbook.md asks it some hundred and thirty questions'
SELECT table_name, loaded FROM load_sample_data() WHERE loaded > 0;
SELECT count(*) AS inconsistencies FROM check_registry();

\echo
\echo '── 15. One login for many users: each transaction says for whom it acts, and sees what is theirs'
SELECT organization_slug, email, role FROM add_member('gina@example.com', 'developer', organization => 'default');
SELECT organization_slug, email, role FROM add_member('dan@acme.example', 'viewer', organization => 'acme');
CREATE ROLE demo_service LOGIN;
SELECT db_role, level FROM grant_access('demo_service', 'writer', sql_only => true);
\set ECHO none
SELECT api_key AS gina FROM create_api_key('demo', email => 'gina@example.com', organization => 'default') \gset
SELECT api_key AS dan FROM create_api_key('demo', email => 'dan@acme.example', organization => 'acme') \gset
\set dba :USER
\connect - demo_service
SET search_path = public, mlregistry;
\set ECHO queries
SELECT count(*) AS models_without_a_key FROM models;
BEGIN;
\set ECHO none
\echo 'SELECT authenticate(…) AS acting;'
SELECT authenticate(:'gina') AS acting;
\set ECHO queries
SELECT project_slug, count(*) AS models FROM list_models() GROUP BY project_slug ORDER BY project_slug;
COMMIT;
BEGIN;
\set ECHO none
\echo 'SELECT authenticate(…) AS acting;'
SELECT authenticate(:'dan') AS acting;
\set ECHO queries
SELECT project_slug, model_name, latest_version FROM list_models();
\set ON_ERROR_STOP off
SELECT resolve('electron@latest');
\set ON_ERROR_STOP on
ROLLBACK;
\set ECHO none
\connect - :dba
SET search_path = public, mlregistry;
SET mlregistry.organization = 'default';
\set ECHO queries

\echo
\echo '── 16. Who did what, when and why: in the transaction of the change, and there when the model is gone'
BEGIN;
SET LOCAL mlregistry.reason = 'INC-42: crashes at start';
SELECT alias, semver FROM set_alias('electron', 'champion', '9.4.3');
COMMIT;
SELECT audit_note('electron@champion', 'download', '{"host": "edge-7"}') IS NOT NULL AS noted;
SELECT action, entity_name, changes -> 'version' AS version, details, reason FROM audit_trail('electron', max_rows => 4);
DELETE FROM models WHERE model_name = 'onnxruntime-web';
SELECT action, count(*) FROM audit_trail('onnxruntime-web', max_rows => NULL) GROUP BY action ORDER BY count DESC, action;

\echo
\echo '── 17. From the first epoch to the bill: a run is queued, logs ten thousand values, ends, and becomes a version'
SELECT use_project('default');
\set ECHO none
\echo 'SELECT run_id AS run FROM start_run(''electron'', experiment => ''smaller'', …, create_missing => true);'
SELECT run_id AS run FROM start_run('electron', experiment => 'smaller', compute_target => 'k8s-gpu', gpu_count => 2, gpu_type => 'nvidia-a100',
                                    parameters => '{"learning_rate": 0.001}', create_missing => true, queued => true) \gset
\set ECHO queries
SELECT compute_target, queued, running, gpus_wanted FROM queue_depth() WHERE compute_target = 'k8s-gpu';
SELECT status, run_number FROM begin_run(:'run');
SELECT log_metrics(:'run', array_fill('loss'::text, ARRAY[10000]), array_agg(0.2 + exp(-0.001 * step) + 0.02 * sin(step)), array_agg(step)) AS logged
  FROM generate_series(1, 10000) AS step;
SELECT metric_name, n, round(first::numeric, 3) AS first, round(last::numeric, 3) AS last, best_step, metric_sparkline(:'run', metric_name, 40) AS curve
  FROM metric_summary(:'run');
SELECT status, f1_score, gpu_hours, cost_usd FROM finish_run(:'run', accuracy => 0.93, precision_score => 0.91, recall_score => 0.95, gpu_hours => 7.5);
SELECT semver FROM register_version_from_run(:'run', bump => 'minor', artifact_uri => 's3://mirror/electron/{version}.tgz');
\echo '   and of all runs of the registry:'
SELECT name AS framework, runs, succeeded, failed, gpu_hours, cost_usd, percent FROM cost_summary('framework');
SELECT run_name, status, error_message FROM recent_failures('7 days');
SELECT run_name, reasons FROM runs_needing_review(max_rows => 3);

\echo
\echo '── 18. What serves: a tenth of the traffic first, then all of it, and back to what was well'
SELECT environment_name, environment_type FROM create_environment('web', 'production', priority => 9);
SELECT deployment_name, semver, traffic_percentage AS traffic FROM deploy('electron@champion', 'web', replicas => 4, reason => 'CHG-1');
SELECT deployment_name, semver, traffic_percentage AS traffic
  FROM deploy('electron@latest', 'web', traffic => 10, deployment_type => 'canary', traffic_from => 'electron-web', reason => 'CHG-2');
\set ON_ERROR_STOP off
SELECT set_traffic('web', '{"electron-web-canary": 50}');
\set ON_ERROR_STOP on
SELECT deployment_name, status FROM terminate_deployment('web/electron-web-canary', reason => 'CHG-2: it was well');
SELECT clock_timestamp() AS before_the_night \gset
SELECT deployment_name, semver, previous_semver FROM deploy('electron@latest', 'web', traffic => 100, reason => 'CHG-2');
SELECT status, health_status FROM set_deployment_status('web/electron-web', 'degraded', 'unhealthy', reason => 'INC-43: white pages');
SELECT deployment_name, semver, previous_semver, status FROM rollback_deployment('electron', 'web', reason => 'INC-43');

\echo
\echo '── 19. Nothing reaches production by accident: what is missing is said beforehand, and who asks does not approve'
UPDATE environments SET requires_approval = true WHERE environment_id = find_environment('web');
UPDATE models SET compliance_required = true WHERE model_id = find_model('electron');
SELECT requirement, satisfied, detail FROM deployment_gate('electron@latest', 'web');
\set ON_ERROR_STOP off
SELECT deploy('electron@latest', 'web');
SELECT approval_type, approval_status FROM request_approval('electron@latest', 'technical', environment => 'web');
SELECT approve('electron@latest', 'technical');
\set ON_ERROR_STOP on

\echo
\echo '── 20. And what was it like before that night, and since?'
SELECT kind, name, semver, environment_name, traffic_percentage AS traffic FROM registry_at(:'before_the_night', model => 'electron');
SELECT action, semver, deployment_status AS status, traffic_percentage AS traffic, reason FROM deployment_timeline('web/electron-web');
SELECT check_name, severity, object, detail FROM check_registry();
\set ECHO none
