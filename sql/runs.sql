-- Experiments and runs: starting, ending, listing, tidying up.
SET search_path = public, mlregistry;
SET timezone = 'UTC';
SET datestyle = 'ISO';
\set SHOW_CONTEXT never

-- What a statement is refused by, without identifiers and times, which are others each time.
CREATE FUNCTION refusal(statement text, OUT state text, OUT rule text, OUT message text, OUT detail text, OUT hint text) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE statement;
    state := '00000';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, rule = CONSTRAINT_NAME, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
    message := regexp_replace(message, '[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}', '<run>', 'g');
    hint := regexp_replace(hint, '[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}', '<run>', 'g');
    detail := regexp_replace(detail, '\m20(2[6-9]|[3-8][0-9])-[0-9-]{5} [0-9:.]{8,15}\+00', '<now>', 'g');
END $$;

-- The session that a training job has. Nothing is there yet: what is missing is said, and made when asked for.
SELECT start_run('fraud-detector', experiment => 'q4-retraining', dataset => 'transactions-2025q4');
SELECT start_run('fraud-detector', experiment => 'q4-retraining', dataset => 'transactions-2025q4', create_missing => true);
SELECT (SELECT count(*) FROM models) AS models, (SELECT count(*) FROM experiments) AS experiments, (SELECT count(*) FROM datasets) AS datasets;
SELECT project_slug, experiment_name, run_number, status, model_name, framework, dataset_name, compute_target, parameters, gpu_count, gpu_type, tags,
       started_at = queued_at AS at_once, completed_at
  FROM start_run('fraud-detector', 'xgboost', 'q4-retraining', 'transactions-2025q4', 'k8s-gpu', '{"max_depth": 8, "eta": 0.05}',
                 gpu_count => 2, gpu_type => 'nvidia-a100', tags => '{nightly,fraud}', create_missing => true,
                 dataset_location => 's3://data/transactions/2025q4', dataset_format => 'parquet');
SELECT run_id AS run FROM list_runs(experiment => 'q4-retraining') \gset
SELECT model_name, framework FROM list_models();
SELECT dataset_name, storage_location, storage_format FROM list_datasets();
SELECT experiment_name, status, model_name, runs, succeeded, failed, active FROM search_experiments();
SELECT log_metrics(:'run', '{"loss": 0.31}', 1), log_metrics(:'run', '{"loss": 0.22}', 2);
SELECT gpu_hours, cpu_hours, cost_usd FROM add_usage(:'run', gpu_hours => 1.5, cpu_hours => 0.25);
SELECT gpu_hours, cpu_hours, cost_usd FROM add_usage(:'run', gpu_hours => 0.5);
SELECT gpu_hours, cost_usd FROM add_usage(:'run', cost_usd => 4.2);
SELECT status, accuracy, loss, precision_score, recall_score, f1_score, auc_roc, custom_metrics, exit_code, notes, completed_at >= started_at AS ended
  FROM finish_run(:'run', '{"precision": 0.9, "recall": 0.8, "auc": 0.97, "ks": 0.61}', accuracy => 0.9512, loss => 0.22, notes => 'good enough');
SELECT project_slug, model_name, semver, stage, artifact_uri, framework, description
  FROM register_version_from_run(:'run', bump => 'minor', artifact_uri => 's3://models/fraud/{version}/model.ubj');
SELECT semver, performance_metrics::jsonb AS performance_metrics, custom_metadata - 'run_id' AS custom_metadata, custom_metadata ->> 'run_id' = :'run' AS of_run
  FROM model_versions;
SELECT semver FROM list_runs() WHERE run_id = :'run';

-- by names that are there already, of another project too; the framework is the model's
INSERT INTO projects (name, slug) VALUES ('Lab', 'lab');
SELECT run_number, framework, status FROM start_run('fraud-detector', experiment => 'q4-retraining', dataset => 'dataset:transactions-2025q4', queued => true, run_name => 'waiting');
SELECT project_slug, experiment_name, model_name, dataset_name FROM start_run('default/fraud-detector', experiment => 'experiment:lab/trials/a', dataset => 'default/transactions-2025q4', create_missing => true, run_name => 'in the lab');
SELECT project_slug, experiment_name, model_name FROM start_run(experiment => 'trials/a', project => 'lab', run_name => 'model of its experiment');
SELECT project_slug, experiment_name, model_name FROM start_run('new-model', experiment => 'trials/b', project => 'lab', create_missing => true, run_name => 'new in the lab');
-- a slash belongs to the name where what stands before it is no project
SELECT project_slug, experiment_name FROM create_experiment('resnet/50');
SELECT find_experiment('resnet/50') = find_experiment('experiment:default/resnet/50') AS same;
-- what creates one reads its name as what finds it does
SELECT project_slug, experiment_name FROM create_experiment('default/resnet/101');
SELECT project_slug, experiment_name FROM create_experiment('default/x', project => 'default');
SELECT find_experiment('default/resnet/101') = find_experiment('resnet/101') AS same, find_experiment('default/default/x') IS NOT NULL AS found;
DELETE FROM experiments WHERE experiment_name IN ('resnet/101', 'default/x');
SELECT run_id AS reads FROM start_run(experiment => 'q4-retraining', dataset => 'transactions-2025q4', run_name => 'many datasets',
                                      datasets => '{"test": ["transactions-2025q4"], "train": "transactions-2025q4"}') \gset
SELECT d.dataset_name, rd.dataset_role FROM run_datasets rd JOIN datasets d USING (dataset_id) WHERE rd.run_id = :'reads' ORDER BY 2;
SELECT dataset_name FROM start_run(experiment => 'q4-retraining', run_name => 'trains on', datasets => '{"train": "transactions-2025q4", "validation": "transactions-2025q4"}');
SELECT run_number, semver, parent_run_id = :'run' AS retried FROM start_run(version => 'fraud-detector@0.1.0', experiment => 'q4-retraining', parent_run => :'run', run_name => 'again');
-- in one statement
SELECT f.status, f.accuracy FROM start_run(experiment => 'resnet/50', run_name => 'short') AS s, finish_run(s.run_id, accuracy => 0.5) AS f;

-- what is refused, and nothing is left of it
SELECT count(*) AS runs FROM training_runs \gset
SELECT start_run('fraud-detector');
SELECT start_run(experiment => 'q4-retrainin');
SELECT start_run(experiment => 'trials/a');
SELECT start_run('fraud-detectr', experiment => 'q4-retraining');
SELECT start_run('fraud-detector@0.1.0', experiment => 'q4-retraining');
SELECT start_run('fraud-detector', 'xgbost', 'q4-retraining');
SELECT start_run('fraud-detector', 'x', 'q4-retraining');
SELECT start_run(experiment => 'q4-retraining', dataset => 'transactions-2025q5');
SELECT start_run(experiment => 'q4-retraining', dataset => 'transactions-2025q5', create_missing => true, dataset_location => 's3://x');
SELECT start_run(experiment => 'q4-retraining', version => 'fraud-detector@0.2.0');
SELECT start_run(experiment => 'q4-retraining', parent_run => '00000000-0000-0000-0000-000000000000');
SELECT start_run(experiment => 'q4-retraining', tags => '{nightli}');
SELECT start_run(experiment => 'q4-retraining', parameters => '[1]');
SELECT start_run(experiment => 'q4-retraining', environment => '"x"');
SELECT start_run(experiment => 'q4-retraining', datasets => '{"dev": "transactions-2025q4"}');
SELECT start_run(experiment => 'q4-retraining', datasets => '{"test": "x"}');
SELECT start_run(experiment => 'q4-retraining', gpu_count => -1);
SELECT start_run(experiment => 'q4-retraining', memory_gb => 'NaN');
SELECT start_run(experiment => 'q4-retraining', estimated_cost_usd => 1e10);
SELECT start_run(experiment => 'q4-retraining', queued => true, started_at => '2026-01-01');
SELECT start_run(experiment => 'q4-retraining', queued_at => '2026-01-02', started_at => '2026-01-01');
SELECT start_run(experiment => 'q4-retraining', if_exists => 'x');
SELECT start_run(experiment => 'q4-retraining', project => 'lob');
\set VERBOSITY sqlstate
SELECT start_run(experiment => 'q4-retraining', run_name => ' ');
SELECT start_run(experiment => 'q4-retraining', logs_uri => 'no uri');
SELECT start_run(experiment => E'a\tb', create_missing => true);
\set VERBOSITY default
SELECT count(*) - :runs AS left_over, (SELECT count(*) FROM experiments WHERE experiment_name ~ 'retrainin$' OR experiment_name ~ '\t') AS experiments,
       (SELECT count(*) FROM datasets WHERE storage_location = 's3://x') AS datasets, (SELECT count(*) FROM tags WHERE tag_name = 'nightli') AS tags FROM training_runs;

-- importing: the identifier of the other system, times of long ago and to come
SELECT run_id AS imported FROM start_run(experiment => 'resnet/50', source_run_id => 'mlflow-1', queued_at => '2026-01-01 10:00', started_at => '2026-01-01 10:05', run_name => 'imported') \gset
SELECT run_id = :'imported' AS same FROM start_run(experiment => 'resnet/50', source_run_id => 'mlflow-1', if_exists => 'return');
\set VERBOSITY terse
SELECT start_run(experiment => 'resnet/50', source_run_id => 'mlflow-1');
\set VERBOSITY default
SELECT status, started_at, completed_at, duration_seconds FROM finish_run(:'imported', completed_at => '2026-01-01 11:05');
SELECT started_at FROM start_run(experiment => 'resnet/50', started_at => '2099-01-01', run_name => 'to come');

-- one a day
SELECT experiment_name, allow_repeat_runs FROM create_experiment('daily', 'fraud-detector', 'Every night', '{"seed": 1}', allow_repeat_runs => false);
SELECT run_number FROM start_run(experiment => 'daily', started_at => '2026-03-01 05:00');
SELECT start_run(experiment => 'daily', started_at => '2026-03-01 23:59');
SELECT run_number FROM start_run(experiment => 'daily', started_at => '2026-03-02');
SELECT run_number FROM start_run(experiment => 'daily', started_at => '2026-03-02', dataset => 'transactions-2025q4');

-- what becomes of runs
SELECT run_id AS queued FROM list_runs(status => '{queued}') \gset
SELECT find_run('run:00000000-0000-0000-0000-000000000001');
SELECT find_run('q4-retraining');
SELECT find_run(NULL);
\x on
SELECT e.* FROM refusal(format('SELECT finish_run(%L)', :'queued')) AS e;
SELECT e.* FROM refusal(format('SELECT begin_run(%L, started_at => %L)', :'queued', '2020-01-01')) AS e;
SELECT e.* FROM refusal(format('SELECT fail_run(%L, completed_at => %L)', :'queued', '2020-01-01')) AS e;
\x off
SELECT status, started_at >= queued_at AS began, compute_target FROM begin_run(:'queued', 'on-premise');
\x on
SELECT e.* FROM refusal(format('SELECT begin_run(%L)', :'queued')) AS e;
SELECT e.rule, e.message, e.detail
  FROM unnest(ARRAY[$$accuracy => 1.00004$$, $$accuracy => -0.1$$, $$precision_score => 2$$, $$recall_score => 2$$, $$f1_score => 'NaN'$$, $$auc_roc => 1.5$$,
                    $$loss => 1e6$$, $$gpu_hours => -1$$, $$cpu_hours => 'NaN'$$, $$gpu_hours => 1e8$$, $$estimated_cost_usd => -0.01$$, $$metrics => '[]'$$,
                    $$metrics => '{"a": "b"}'$$, $$metrics => '{"accuracy": 1.1}'$$]) AS a (argument),
       refusal(format('SELECT finish_run(%L, %s)', :'queued', a.argument)) AS e;
\x off
SELECT status, error_message, exit_code, accuracy, custom_metrics, gpu_hours FROM fail_run(:'queued', 'CUDA out of memory', 137, metrics => '{"epoch": 3, "diverged": "NaN"}', gpu_hours => 2);
\x on
SELECT e.* FROM refusal(format('SELECT finish_run(%L)', :'queued')) AS e;
SELECT e.* FROM refusal(format('SELECT cancel_run(%L)', :'queued')) AS e;
SELECT e.* FROM refusal(format('SELECT register_version_from_run(%L, %L)', :'queued', '1.0.0')) AS e;
SELECT e.* FROM refusal(format('SELECT register_version_from_run(%L, %L)', :'run', '1.0.0')) AS e;
SELECT e.* FROM refusal(format('SELECT register_version_from_run(%L, %L)', :'imported', '1.0.0')) AS e;
UPDATE training_runs SET model_id = find_model('fraud-detector') WHERE run_id = :'imported';
SELECT e.* FROM refusal(format('SELECT register_version_from_run(%L, %L)', :'imported', '1.0.0')) AS e;
SELECT e.state, e.rule, e.message, e.hint FROM refusal(format('SELECT register_version_from_run(%L, %L, %L)', :'imported', '0.1.0', '/m')) AS e;
\x off
SELECT semver, version_id IS NULL AS none FROM list_runs() WHERE run_id = :'imported';
SELECT s.run_name, c.status, c.error_message, c.exit_code FROM start_run(experiment => 'resnet/50', run_name => 'unwanted', queued => true) AS s, cancel_run(s.run_id, 'the wrong data') AS c;
SELECT s.run_name, f.status FROM start_run(experiment => 'resnet/50', run_name => 'slow', framework => 'pytorch') AS s, fail_run(s.run_id, 'budget used up', timed_out => true) AS f;

-- finished runs stay editable, but for their status
SELECT notes, parameters, custom_metrics, accuracy, run_name, tags, gpu_hours
  FROM update_run(:'run', '{"accuracy": 0.96, "brier": 0.1}', '{"eta": 0.06, "seed": 7}', 'better than it looked', 'the one');
SELECT update_run(:'run', '{"accuracy": 96}');
SELECT update_run(:'run', parameters => '3');
SELECT gpu_hours FROM add_usage(:'run', 0.25);
SELECT add_usage(:'run', gpu_hours => -1);
SELECT add_usage(:'run', cpu_hours => 99999999.9);
SELECT add_usage(NULL);
SELECT kind, replace(reference, :'run', '<run>') AS reference, tag_name FROM tag('run:' || :'run', 'gold', create_missing => true);
SELECT tag_name FROM tags_of('run:' || :'run');
SELECT tag_name FROM untag('run:' || :'run', 'nightly');
SELECT tag_name, runs, total FROM tag_usage();
SELECT tag('run:x', 'gold');
SELECT action, entity_name, reason FROM audit_trail(find_experiment('q4-retraining'), entity_types => '{run}', actions => '{run.tag,run.untag,run.inspect}', max_rows => 3);
SELECT audit_note('run:' || :'run', 'inspect', reason => 'drift') IS NOT NULL AS noted;
SELECT action, entity_name, reason FROM audit_trail(find_experiment('q4-retraining'), max_rows => 1);

SELECT action, entity_name FROM audit_trail('run:' || :'run');
SELECT bool_and(a.log_id IS NOT NULL AND b.log_id IS NOT NULL) AS same FROM audit_trail('run:' || :'run') AS a FULL JOIN audit_trail(:'run'::uuid) AS b USING (log_id);
SELECT action, entity_name FROM audit_trail('experiment:lab/trials/a');
SELECT count(*) = count(*) FILTER (WHERE entity_type IN ('run', 'experiment')) AS of_runs, count(*) > 10 AS many FROM audit_trail('experiment:q4-retraining');
SELECT audit_trail('experiment:q4-retrainin');
SELECT audit_trail('run:00000000-0000-0000-0000-000000000000');

-- lists
SELECT run_name, run_number, status FROM list_runs(experiment => 'q4-retraining') ORDER BY run_number;
SELECT project_slug, experiment_name, run_name FROM list_runs(project => 'lab') ORDER BY run_name;
SELECT run_name FROM list_runs(model => 'fraud-detector', status => '{running}') WHERE run_name IS NOT NULL ORDER BY 1;
SELECT run_name FROM list_runs(framework => 'pytorch');
SELECT run_name FROM list_runs(compute_target => 'k8s-gpu');
SELECT run_name FROM list_runs(dataset => 'default/transactions-2025q4', project => 'lab');
SELECT run_name FROM list_runs(tag => 'gold');
SELECT run_name FROM list_runs(parameters => '{"max_depth": 8}');
SELECT run_name FROM list_runs(since => '2026-01-01', until => '2026-01-02');
SELECT count(*) FROM list_runs(started_by => 'nobody');
SELECT count(*) FROM list_runs(max_rows => 0);
SELECT count(*) = (SELECT count(*) FROM training_runs) AS as_pages
  FROM (WITH RECURSIVE pages AS (
            (SELECT 1 AS page, array_agg(l.run_id ORDER BY l.n) AS ids FROM (SELECT run_id, row_number() OVER () AS n FROM list_runs(max_rows => 4)) AS l)
            UNION ALL
            SELECT p.page + 1, n.ids
              FROM pages p, LATERAL (SELECT array_agg(l.run_id ORDER BY l.n) AS ids
                                       FROM (SELECT run_id, row_number() OVER () AS n FROM list_runs(max_rows => 4, after => p.ids[cardinality(p.ids)])) AS l) AS n
             WHERE n.ids IS NOT NULL)
        SELECT DISTINCT unnest(ids) FROM pages) AS seen;
SELECT array_agg(queued_at) = array_agg(queued_at ORDER BY queued_at DESC) AS newest_first FROM list_runs();
SELECT list_runs(status => '{done}');
SELECT list_runs(status => '{NULL}');
SELECT list_runs(framework => 'torch');
SELECT list_runs(experiment => 'x');
SELECT list_runs(tag => 'x');
SELECT list_runs(parameters => '[]');
SELECT list_runs(max_rows => -1);
SELECT list_runs(after => '00000000-0000-0000-0000-000000000000');

-- experiments
SELECT e.state, e.rule, e.message, e.hint FROM refusal($$SELECT create_experiment('daily')$$) AS e;
SELECT experiment_name, description FROM create_experiment(' daily ', description => 'another', if_exists => 'return');
SELECT create_experiment(NULL);
SELECT create_experiment('x', 'no-such-model');
SELECT create_experiment('x', if_exists => 'maybe');
SELECT status, completed_at IS NOT NULL AS ended FROM set_experiment_status('daily', 'completed');
SELECT e.state, e.rule, e.message, e.hint FROM refusal($$SELECT set_experiment_status('daily', 'failed')$$) AS e;
SELECT status, completed_at FROM set_experiment_status('daily', 'running');
SELECT set_experiment_status('daily', 'done');
SELECT set_experiment_status('dayly', 'completed');
SELECT project_slug, experiment_name FROM search_experiments('trials');
SELECT experiment_name FROM search_experiments('night');
SELECT experiment_name FROM search_experiments('DAIL');
SELECT experiment_name FROM search_experiments('daily -night');
SELECT experiment_name FROM search_experiments(model => 'fraud-detector');
SELECT experiment_name FROM search_experiments(status => 'completed');
SELECT project_slug, experiment_name FROM search_experiments(max_rows => 2);
SELECT project_slug, experiment_name FROM search_experiments(max_rows => 2, after => 'default/q4-retraining');
SELECT project_slug, experiment_name FROM search_experiments(project => 'lab', after => 'trials/a');
SELECT search_experiments(status => 'done');
SELECT search_experiments('');
SELECT search_experiments(max_rows => -1);
SELECT * FROM lifecycle('run');
SELECT * FROM lifecycle('experiment');
SELECT lifecycle('model');
SELECT lifecycle(NULL);

-- what hangs: no metric and no change for so long
UPDATE training_runs SET version_id = NULL;
DELETE FROM training_runs;
INSERT INTO training_runs (experiment_id, run_name, status, queued_at, started_at, completed_at, created_at, updated_at)
SELECT find_experiment(v.experiment), v.run_name, v.status, now() - v.age, CASE WHEN v.status <> 'queued' THEN now() - v.age END,
       CASE WHEN v.status NOT IN ('queued', 'running') THEN now() - v.age END, now() - v.age, now() - v.age
  FROM (VALUES ('resnet/50', 'hangs', 'running', '3 days'::interval), ('lab/trials/a', 'logs', 'running', '3 days'), ('resnet/50', 'logged', 'running', '3 days'),
               ('lab/trials/a', 'waits', 'queued', '2 days'), ('resnet/50', 'young', 'running', '1 hour'),
               ('resnet/50', 'old failure', 'failed', '100 days'), ('lab/trials/a', 'old failure of the lab', 'timeout', '99 days'),
               ('resnet/50', 'old success', 'succeeded', '200 days'), ('resnet/50', 'released', 'succeeded', '201 days'), ('resnet/50', 'new failure', 'failed', '1 day'))
       AS v (experiment, run_name, status, age);
UPDATE training_runs SET version_id = find_version('fraud-detector@0.1.0'), updated_at = updated_at WHERE run_name = 'released';
INSERT INTO run_metrics (run_id, metric_name, step, value, recorded_at, organization_id, project_id)
SELECT run_id, 'loss', 1, 0.5, now() - CASE run_name WHEN 'logs' THEN interval '1 hour' ELSE interval '30 hours' END, organization_id, project_id
  FROM training_runs WHERE run_name IN ('logs', 'logged');
SELECT project_slug, experiment_name, run_name, status, date_trunc('hour', silent_for) AS silent_for FROM stale_runs();
SELECT run_name FROM stale_runs('2 days 1 hour');
SELECT run_name FROM stale_runs('30 minutes', project => 'lab');
SELECT count(*) FROM stale_runs('1000 years');
SELECT stale_runs(NULL);
SELECT stale_runs('-1 day');
SELECT stale_runs(project => 'lob');
-- somebody says that it is alive
SELECT run_name FROM list_runs(status => '{queued}');
BEGIN;
SELECT count(*) FROM add_usage((SELECT run_id FROM training_runs WHERE run_name = 'hangs'), gpu_hours => 1);
SELECT run_name FROM stale_runs();
ROLLBACK;
-- a rehearsal returns what the deed touches, and does nothing
SELECT run_name, status FROM cancel_stale_runs();
SELECT run_name, status FROM cancel_stale_runs(dry_run => NULL);
SELECT run_name, status FROM list_runs(status => '{queued,running}') ORDER BY 1;
BEGIN;
SELECT array_agg(run_id ORDER BY run_id) AS rehearsed FROM cancel_stale_runs() \gset
SELECT array_agg(run_id ORDER BY run_id) = :'rehearsed' AS as_rehearsed FROM cancel_stale_runs(dry_run => false);
SELECT array_agg(run_id ORDER BY run_id) = :'rehearsed' AS touched FROM training_runs WHERE updated_at = now();
SELECT run_name, status, error_message FROM list_runs() WHERE run_id = ANY (:'rehearsed') ORDER BY 1;
SELECT count(*) FROM cancel_stale_runs(dry_run => false);
ROLLBACK;
SELECT run_name, status FROM cancel_stale_runs('2 days 1 hour', dry_run => false, project => 'default', as_timeout => true, reason => 'the node is gone');
SELECT run_name, status, error_message FROM list_runs(status => '{timeout}') ORDER BY 1;

-- archived, restored, deleted
SELECT archive_runs();
SELECT archive_runs('-1 day');
SELECT archive_runs('1 day', status => '{running}');
SELECT archive_runs('1 day', max_rows => -1);
SELECT archive_runs('1 day', experiment => 'x');
SELECT archive_runs(runs => '{00000000-0000-0000-0000-000000000000}');
SELECT archive_runs(runs => '{NULL}');
SELECT e.* FROM refusal(format('SELECT archive_runs(runs => %L)', ARRAY(SELECT run_id FROM training_runs WHERE run_name = 'young'))) AS e;
SELECT run_name, status, deleted_at FROM archive_runs('90 days');
SELECT run_name FROM archive_runs('90 days', status => '{failed,timeout}');
SELECT run_name FROM archive_runs('90 days', project => 'lab');
SELECT run_name FROM archive_runs('90 days', experiment => 'resnet/50', max_rows => 1);
SELECT run_name, deleted_at IS NOT NULL AS archived FROM archive_runs('90 days', dry_run => false);
SELECT run_name FROM archive_runs('90 days', dry_run => false);
SELECT run_name FROM list_runs() ORDER BY 1;
SELECT run_name FROM list_runs(archived => true) ORDER BY 1;
SELECT count(*) FROM list_runs(archived => NULL);
SELECT e.* FROM refusal(format('SELECT finish_run(%L)', (SELECT run_id FROM training_runs WHERE run_name = 'old success'))) AS e;
SELECT run_name, deleted_at FROM restore_runs(ARRAY(SELECT run_id FROM training_runs WHERE run_name = 'old success'));
SELECT restore_runs('{00000000-0000-0000-0000-000000000000}');
SELECT restore_runs(NULL);
SELECT run_name FROM archive_runs(runs => ARRAY(SELECT run_id FROM training_runs WHERE run_name = 'new failure'), dry_run => false);
-- only what is archived, and nothing that a version came from
UPDATE training_runs SET deleted_at = deleted_at - interval '1 day' WHERE deleted_at IS NOT NULL;
SELECT run_name FROM delete_runs('1 hour');
SELECT run_name FROM delete_runs('1 hour', archived => NULL);
SELECT run_name FROM delete_runs('150 days', archived => false);
SELECT e.* FROM refusal(format('SELECT delete_runs(runs => %L)', ARRAY(SELECT run_id FROM training_runs WHERE run_name = 'released'))) AS e;
SELECT e.* FROM refusal(format('SELECT delete_runs(runs => %L)', ARRAY(SELECT run_id FROM training_runs WHERE run_name = 'old success'))) AS e;
SELECT run_name FROM delete_runs(runs => ARRAY(SELECT run_id FROM training_runs WHERE run_name = 'old success'), archived => NULL);
SELECT delete_runs();
BEGIN;
SELECT array_agg(run_id ORDER BY run_id) AS rehearsed FROM delete_runs('1 hour') \gset
SELECT array_agg(run_id ORDER BY run_id) = :'rehearsed' AS as_rehearsed FROM delete_runs('1 hour', dry_run => false);
SELECT run_name FROM training_runs ORDER BY 1;
SELECT count(*) FROM run_metrics WHERE run_id = ANY (:'rehearsed');
ROLLBACK;
SELECT run_name FROM delete_runs('1 hour', dry_run => false, max_rows => 1);
SELECT count(*) FROM training_runs;
SELECT * FROM check_registry();

-- the rights are those of the caller: who may read may rehearse nothing, and changes nothing
CREATE ROLE runs_reader;
SELECT db_role, level FROM grant_access('runs_reader', 'reader');
SET SESSION AUTHORIZATION runs_reader;
SELECT count(*) > 0 AS reads FROM list_runs();
SELECT run_name FROM stale_runs();
SELECT e.* FROM refusal($$SELECT cancel_stale_runs()$$) AS e;
SELECT e.* FROM refusal($$SELECT archive_runs('1 day')$$) AS e;
SELECT e.* FROM refusal($$SELECT delete_runs('1 day')$$) AS e;
RESET SESSION AUTHORIZATION;
-- with the rights of SQL, but not on the project
GRANT UPDATE, INSERT, DELETE ON training_runs, experiments TO runs_reader;
SET SESSION AUTHORIZATION runs_reader;
SELECT count(*) FROM cancel_stale_runs();
SELECT count(*) FROM archive_runs('1 day');
SELECT e.state, e.rule, e.message FROM refusal($$SELECT cancel_stale_runs(project => 'default')$$) AS e;
SELECT e.state, e.rule, e.message FROM refusal($$SELECT cancel_run((SELECT run_id FROM training_runs WHERE run_name = 'young'))$$) AS e;
SELECT e.state, e.rule, e.message FROM refusal($$SELECT start_run(experiment => 'daily')$$) AS e;
SELECT e.state, e.rule, e.message FROM refusal($$SELECT start_run(experiment => 'new', create_missing => true)$$) AS e;
SELECT e.state, e.rule, e.message FROM refusal($$SELECT archive_runs(runs => ARRAY(SELECT run_id FROM training_runs WHERE run_name = 'old success'))$$) AS e;
SELECT e.state, e.rule, e.message FROM refusal($$SELECT tag('run:' || (SELECT run_id FROM training_runs WHERE run_name = 'young'), 'gold')$$) AS e;
RESET SESSION AUTHORIZATION;
REVOKE UPDATE, INSERT, DELETE ON training_runs, experiments FROM runs_reader;
SELECT count(*) FROM revoke_access('runs_reader');
DROP ROLE runs_reader;

-- the version says of which model the run is
SELECT count(*) FROM register_model('other-model', framework => 'onnx');
SELECT count(*) FROM register_version('other-model', '3.0.0', '/m/3');
SELECT e.* FROM refusal($$SELECT start_run('fraud-detector', experiment => 'daily', version => 'other-model@3.0.0')$$) AS e;
SELECT model_name, semver FROM start_run(experiment => 'of version', version => 'other-model@3.0.0', create_missing => true);
-- limits are those of what the column would have, and a run that is named twice is one
SELECT e.* FROM refusal(format('SELECT update_run(%L, %L)', (SELECT run_id FROM training_runs WHERE run_name = 'young'), '{"loss": 999999.9999999}')) AS e;
SELECT e.* FROM refusal(format('SELECT add_usage(%L, 99999999.999)', (SELECT run_id FROM training_runs WHERE run_name = 'young'))) AS e;
SELECT count(*) FROM archive_runs(runs => ARRAY(SELECT run_id FROM training_runs WHERE run_name = 'old success'), dry_run => false);
SELECT count(*) FROM restore_runs((SELECT ARRAY[run_id, run_id] FROM training_runs WHERE run_name = 'old success'));

DROP FUNCTION refusal(text);
DELETE FROM model_versions;
DELETE FROM experiments;
DELETE FROM models;
DELETE FROM datasets;
DELETE FROM tags;
DELETE FROM projects WHERE slug = 'lab';
SELECT * FROM check_registry();
