-- Metrics, timelines, comparisons, archiving.
SET search_path = public, mlregistry;
\set SHOW_CONTEXT never

SELECT model_name FROM register_model('churn', framework => 'sklearn');
SELECT semver FROM register_version('churn', '1.0.0', '/churn/1.0.0', custom_metadata => '{"seed": 1, "note": "first"}', description => 'First');
SELECT semver FROM register_version('churn', '1.1.0', '/churn/1.1.0', custom_metadata => '{"seed": 2}', artifact_size_bytes => 2000);
SELECT semver FROM register_version('churn', '2.0.0-rc.1', '/churn/2');
SELECT semver FROM register_version('churn', '1.0.1', '/churn/1.0.1', description => 'Backport', artifact_size_bytes => 1500);
SELECT dataset_name FROM register_dataset('holdout_2025', '/h', 'csv');

-- metrics: the last recorded of a name and split is current
SELECT model_name, semver, metric_name, metric_value, dataset_split, dataset_name FROM record_metric('churn@1.0.0', 'accuracy', 0.9);
SELECT metric_value FROM record_metric('churn@1.0.0', 'accuracy', 0.91);
SELECT metric_value FROM record_metric('churn@1.0.0', 'accuracy', 0.5, recorded_at => now() - interval '1 day');
SELECT metric_value, dataset_split, dataset_name FROM record_metric('churn@1.0.0', 'accuracy', 0.89, 'holdout', dataset => 'holdout_2025');
SELECT metric_name, metric_value FROM record_metrics('churn@1.1.0', '{"accuracy": 0.95, "loss": "NaN", "worst": "-Infinity", "p99 latency/ms": 12.5}') ORDER BY 1;
SELECT metric_name, metric_value FROM record_metric((SELECT version_id FROM model_versions WHERE semver = '1.0.1'), 'accuracy', 0.93);
SELECT metric_name, metric_value, dataset_split, dataset_name FROM latest_metrics('churn@1.0.0');
SELECT metric_name, metric_value FROM latest_metrics('churn@1.0.0', 'holdout');
SELECT metric_name, metric_value FROM latest_metrics('churn@1.1.0');
SELECT count(*) FROM latest_metrics('churn@2.0.0-rc.1');
BEGIN;
SELECT metric_value FROM record_metric('churn@1.0.0', 'f1', 0.1);
SELECT metric_value FROM record_metric('churn@1.0.0', 'f1', 0.2);
SELECT metric_value FROM latest_metrics('churn@1.0.0') WHERE metric_name = 'f1';
ROLLBACK;
SELECT (metric_info(gen_random_uuid())).metric_name, (metric_info(NULL)).metric_name;
SELECT record_metric('churn@9.9.9', 'accuracy', 1);
SELECT record_metric('churn@1.0.0', NULL, 1);
SELECT record_metric('churn@1.0.0', 'accuracy', NULL);
SELECT record_metric('churn@1.0.0', 'accuracy', 1, NULL);
SELECT record_metric(NULL::text, 'accuracy', 1);
SELECT record_metric(NULL::uuid, 'accuracy', 1);
SELECT record_metric('00000000-0000-0000-0000-000000000000'::uuid, 'accuracy', 1);
SELECT record_metric('churn@1.0.0', 'accuracy', 1, dataset => 'nothing');
\set VERBOSITY terse
SELECT record_metric('churn@1.0.0', 'accuracy!', 1);
SELECT record_metric('churn@1.0.0', 'accuracy', 1, 'tset');
\set VERBOSITY default
SELECT record_metrics('churn@1.0.0', '[1]');
SELECT record_metrics('churn@1.0.0', '{"accuracy": "high"}');
SELECT record_metrics('churn@1.0.0', NULL);
SELECT record_metrics(NULL, '{}');
SELECT count(*) FROM record_metrics('churn@1.0.0', '{}');
SELECT latest_metrics('churn@1.0.0', 'tset');
SELECT latest_metrics(NULL::text);
SELECT latest_metrics(NULL::uuid);
SELECT live_version(gen_random_uuid()) IS NULL AS never WHERE false;

-- timelines
SELECT alias, semver FROM set_alias('churn', 'champion', '1.0.0');
SELECT alias, semver FROM set_alias('churn', 'champion', '1.1.0');
SELECT n, semver, previous, next, step, is_lower, aliases, former_aliases, stage, status, description, since_previous >= interval '0' AS later FROM version_history('churn');
SELECT n, semver, previous, next, step, is_lower FROM version_history('churn', 'precedence');
SELECT n, semver, next FROM version_history('churn', max_rows => 2);
SELECT count(*) FROM version_history((SELECT model_id FROM models));
SELECT version_history('churn', 'size');
SELECT version_history('churn', NULL);
SELECT version_history('chrun');
SELECT version_history(NULL::text);
SELECT version_history(NULL::uuid);

-- comparisons
SELECT kind, reference FROM tag('churn@1.1.0', 'gold', true);
SELECT path FROM add_version_file('churn@1.0.1', 'model.bin', sha256 => repeat('a', 64));
SELECT * FROM compare_versions('churn@1.0.0', 'churn@1.1.0') WHERE name <> 'registered_at';
SELECT * FROM compare_versions('churn@1.1.0', 'churn@1.0.1') WHERE kind <> 'field' OR name = 'artifact_size_bytes';
SELECT * FROM compare_versions('churn@1.0.0', 'churn@1.0.0');
SELECT count(*) > 0 AS differ FROM compare_versions((SELECT version_id FROM model_versions WHERE semver = '1.0.0'), (SELECT version_id FROM model_versions WHERE semver = '1.1.0'));
SELECT name, value FROM version_fields((SELECT version_id FROM model_versions WHERE semver = '1.0.0')) WHERE name LIKE 'custom%' OR name = 'semver' ORDER BY 1;
SELECT count(*) FROM version_fields(NULL);
SELECT compare_versions('churn@1.0.0', 'churn@7');
SELECT compare_versions('churn@1.0.0', NULL);
SELECT compare_versions(NULL::uuid, NULL::uuid);

-- what is in production
SELECT model_name FROM production_versions();
UPDATE model_versions SET stage = 'production' WHERE semver = '1.1.0';
SELECT model_name, semver, aliases FROM production_versions();
SELECT team_name FROM create_team('growth');
SELECT count(*) FROM production_versions(team => 'growth');
UPDATE models SET team_id = find_team('growth');
SELECT semver FROM production_versions('default', 'growth');
SELECT production_versions('nowhere');
SELECT production_versions(team => 'grwth');

-- archive and restore
SELECT model_name, is_active FROM archive_model('churn', 'replaced');
SELECT archived_at IS NOT NULL AS archived, archived_reason FROM models;
SELECT model_name, is_active FROM archive_model('churn', 'again');
SELECT archived_reason FROM models;
SELECT model_name FROM latest_versions();
SELECT model_name, is_active FROM restore_model('churn');
SELECT archived_at, archived_reason FROM models;
SELECT model_name, is_active FROM restore_model('churn');
UPDATE models SET deleted_at = now();
SELECT model_name, is_active FROM restore_model('churn');
SELECT semver FROM resolve('churn@champion');
UPDATE models SET deleted_at = now();
SELECT model_name FROM register_model('churn', 'Second', framework => 'onnx');
SELECT model_name, display_name FROM restore_model('churn');
SELECT restore_model(model_id) FROM models WHERE deleted_at IS NOT NULL;
UPDATE models SET deleted_at = now();
DO $$ BEGIN PERFORM restore_model('churn'); EXCEPTION WHEN invalid_parameter_value THEN RAISE NOTICE '%', SQLERRM; END $$;
SELECT display_name FROM restore_model((SELECT model_id FROM models WHERE display_name = 'churn'));
SELECT archive_model('nobody');
SELECT archive_model(NULL::text);
SELECT archive_model(NULL::uuid);
SELECT restore_model('nobody');
SELECT restore_model(NULL::text);
SELECT restore_model(NULL::uuid);
SELECT restore_model('00000000-0000-0000-0000-000000000000'::uuid);
SELECT * FROM check_registry();

SELECT uninstall(confirm => 'mlregistry');
SELECT install();
