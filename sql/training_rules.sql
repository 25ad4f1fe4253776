-- The rules of experiments, runs, their metrics, datasets and tags, for every client: direct INSERT, UPDATE and DELETE.
SET search_path = public, mlregistry;
\set SHOW_CONTEXT never
\getenv abs_srcdir PG_ABS_SRCDIR
\set refusals :abs_srcdir '/sql/include/refusals.psql'
\set ECHO none
\i :refusals
\set ECHO all

INSERT INTO tags (tag_name) VALUES ('nlp'), ('misc');
INSERT INTO models (model_name, framework) VALUES ('m', 'pytorch'), ('bare', NULL);
INSERT INTO model_versions (model_id, semver, artifact_uri) SELECT model_id, '1.0.0', '/m/1' FROM models WHERE model_name = 'm';
INSERT INTO datasets (dataset_name, storage_location, storage_format, data_version) VALUES ('reviews', '/d/reviews', 'csv', '2025.10'), ('prices', '/d/prices', 'csv', NULL);
INSERT INTO experiments (experiment_name, model_id) SELECT 'base', model_id FROM models WHERE model_name = 'm';
INSERT INTO experiments (experiment_name, allow_repeat_runs) VALUES ('daily', false);
-- What a run of its own is: queued, numbered, with the model of its experiment and the framework of that.
INSERT INTO training_runs (experiment_id, run_name, dataset_id, source_run_id) SELECT e.experiment_id, 'first', d.dataset_id, 'mlflow-1' FROM experiments e, datasets d WHERE e.experiment_name = 'base' AND d.dataset_name = 'reviews'
RETURNING status, run_number, framework, model_id = (SELECT model_id FROM models WHERE model_name = 'm') AS model, queued_at = now() AS queued_now, started_at, completed_at, duration_seconds, gpu_count, gpu_hours, once_per_day, run_day = (now() AT TIME ZONE 'UTC')::date AS today, started_by = session_user AS me;
INSERT INTO training_runs (experiment_id, run_name, status) SELECT experiment_id, 'second', 'running' FROM experiments WHERE experiment_name = 'base' RETURNING run_number, queued_at = started_at AND started_at = now() AS started_now, completed_at;
INSERT INTO training_runs (experiment_id, run_name, status) SELECT experiment_id, 'third', 'succeeded' FROM experiments WHERE experiment_name = 'base' RETURNING run_number, queued_at = now() AND started_at = now() AND completed_at = now() AS all_now, duration_seconds;
INSERT INTO training_runs (experiment_id, run_name) SELECT experiment_id, 'daily' FROM experiments WHERE experiment_name = 'daily' RETURNING run_number, model_id, framework, once_per_day;
INSERT INTO run_metrics (run_id, metric_name, step, value, recorded_at) SELECT run_id, 'loss', 1, 0.5, '2026-01-01' FROM training_runs WHERE run_name = 'first';
INSERT INTO run_tags (run_id, tag_id) SELECT run_id, tag_id FROM training_runs, tags WHERE run_name = 'first' AND tag_name = 'nlp';
SELECT d.dataset_name, r.dataset_role, r.dataset_version, r.row_count, r.added_by = session_user AS me FROM run_datasets r JOIN datasets d USING (dataset_id);
-- A second organization: from now on the session works in none, and says where.
INSERT INTO organizations (name, slug) VALUES ('Acme', 'acme');
INSERT INTO projects (organization_id, name, slug) SELECT organization_id, 'Secret', 'secret' FROM organizations WHERE slug = 'acme';
INSERT INTO projects (organization_id, name, slug) SELECT organization_id, 'Lab', 'lab' FROM organizations WHERE slug = 'default';
INSERT INTO tags (organization_id, tag_name) SELECT organization_id, 'theirs' FROM organizations WHERE slug = 'acme';
INSERT INTO models (organization_id, project_id, model_name, framework) SELECT organization_id, project_id, 'foreign', 'onnx' FROM projects WHERE slug = 'secret';
INSERT INTO model_versions (model_id, semver, artifact_uri) SELECT model_id, '1.0.0', '/f/1' FROM models WHERE model_name = 'foreign';
INSERT INTO datasets (organization_id, project_id, dataset_name, storage_location, storage_format) SELECT organization_id, project_id, 'foreign', '/f', 'csv' FROM projects WHERE slug = 'secret';
INSERT INTO experiments (organization_id, project_id, experiment_name) SELECT organization_id, project_id, 'foreign' FROM projects WHERE slug = 'secret';
INSERT INTO training_runs (experiment_id, run_name) SELECT experiment_id, 'foreign' FROM experiments WHERE experiment_name = 'foreign';
SELECT current_organization_id(), current_project_id();

-- One statement per named constraint, and what a client gets.
INSERT INTO broken VALUES
    ('experiments_pkey', $$INSERT INTO experiments (organization_id, project_id, experiment_id, experiment_name) SELECT organization_id, project_id, experiment_id, 'x' FROM experiments WHERE experiment_name = 'base'$$),
    ('unique_experiment_name', $$UPDATE experiments SET experiment_name = 'base' WHERE experiment_name = 'daily'$$),
    ('unique_experiment_name', $$UPDATE experiments SET deleted_at = now() WHERE experiment_name = 'base'; UPDATE experiments SET experiment_name = 'base' WHERE experiment_name = 'daily'; UPDATE experiments SET deleted_at = NULL$$),
    ('experiments_organization_fkey', $$INSERT INTO experiments (organization_id, project_id, experiment_name) SELECT gen_random_uuid(), project_id, 'x' FROM projects WHERE slug = 'lab'; SET CONSTRAINTS ALL IMMEDIATE$$),
    ('experiments_project_fkey', $$INSERT INTO experiments (organization_id, project_id, experiment_name) SELECT o.organization_id, p.project_id, 'x' FROM organizations o, projects p WHERE o.slug = 'acme' AND p.slug = 'lab'$$),
    ('experiments_model_fkey', $$UPDATE experiments SET model_id = gen_random_uuid() WHERE experiment_name = 'base'$$),
    ('experiments_model_fkey', $$UPDATE experiments SET model_id = (SELECT model_id FROM models WHERE model_name = 'foreign') WHERE experiment_name = 'base'$$),
    ('valid_experiment_name', $$UPDATE experiments SET experiment_name = ' ' WHERE experiment_name = 'base'$$),
    ('valid_experiment_name', $$UPDATE experiments SET experiment_name = E'a\nb' WHERE experiment_name = 'base'$$),
    ('valid_experiment_status', $$UPDATE experiments SET status = 'done', completed_at = now() WHERE experiment_name = 'base'$$),
    ('valid_last_run_number', $$INSERT INTO experiments (organization_id, project_id, experiment_name, last_run_number) SELECT organization_id, project_id, 'counted', -1 FROM experiments WHERE experiment_name = 'base'$$),
    ('experiment_time_order', $$UPDATE experiments SET status = 'completed', completed_at = started_at - interval '1 second'$$),
    ('experiment_completion', $$UPDATE experiments SET completed_at = now()$$),
    ('experiment_completion', $$UPDATE experiments SET status = 'failed'; UPDATE experiments SET status = 'running', completed_at = started_at + interval '1 day'$$),
    ('finite_times', $$UPDATE experiments SET started_at = '-infinity' WHERE experiment_name = 'base'$$),
    ('finite_times', $$UPDATE experiments SET status = 'failed', completed_at = 'infinity' WHERE experiment_name = 'base'$$),
    ('config_is_object', $$UPDATE experiments SET config = '[]' WHERE experiment_name = 'base'$$),
    ('experiments_json_size', $$UPDATE experiments SET config = (SELECT jsonb_object_agg(n, md5(n::text)) FROM generate_series(1, 40000) n) WHERE experiment_name = 'base'$$),
    ('experiments_text_size', $$UPDATE experiments SET description = repeat('x', 65537)$$),
    ('experiments_text_size', $$UPDATE experiments SET created_by = repeat('x', 65537)$$),
    ('training_runs_pkey', $$INSERT INTO training_runs (run_id, experiment_id) SELECT run_id, experiment_id FROM training_runs WHERE run_name = 'first'$$),
    ('unique_run_number', $$INSERT INTO training_runs (experiment_id, run_number) SELECT experiment_id, 1 FROM experiments WHERE experiment_name = 'base'$$),
    ('unique_run_number', $$UPDATE training_runs SET run_number = 2 WHERE run_name = 'first'$$),
    ('unique_daily_run', $$INSERT INTO training_runs (experiment_id) SELECT experiment_id FROM experiments WHERE experiment_name = 'daily'$$),
    ('unique_daily_run', $$INSERT INTO training_runs (experiment_id, dataset_id, once_per_day) SELECT e.experiment_id, d.dataset_id, true FROM experiments e, datasets d, generate_series(1, 2) WHERE e.experiment_name = 'base' AND d.dataset_name = 'prices'$$),
    ('unique_source_run', $$UPDATE training_runs SET source_run_id = ' mlflow-1' WHERE run_name = 'second'$$),
    ('training_runs_organization_fkey', $$ALTER TABLE training_runs DISABLE TRIGGER mlr_10_keys; UPDATE training_runs SET organization_id = gen_random_uuid() WHERE run_name = 'third'$$),
    ('training_runs_project_fkey', $$ALTER TABLE training_runs DISABLE TRIGGER mlr_10_keys; UPDATE training_runs SET project_id = (SELECT project_id FROM projects WHERE slug = 'secret') WHERE run_name = 'third'$$),
    ('training_runs_experiment_fkey', $$INSERT INTO training_runs (organization_id, project_id, experiment_id) SELECT organization_id, project_id, gen_random_uuid() FROM projects WHERE slug = 'lab'$$),
    ('training_runs_experiment_fkey', $$INSERT INTO training_runs (organization_id, project_id, experiment_id) SELECT p.organization_id, p.project_id, e.experiment_id FROM projects p, experiments e WHERE p.slug = 'lab' AND e.experiment_name = 'foreign'$$),
    ('training_runs_model_fkey', $$UPDATE training_runs SET model_id = (SELECT model_id FROM models WHERE model_name = 'foreign') WHERE run_name = 'first'$$),
    ('training_runs_dataset_fkey', $$UPDATE training_runs SET dataset_id = gen_random_uuid() WHERE run_name = 'first'; SET CONSTRAINTS ALL IMMEDIATE$$),
    ('training_runs_dataset_fkey', $$DELETE FROM run_datasets; DELETE FROM datasets WHERE dataset_name = 'reviews'$$),
    ('training_runs_version_fkey', $$UPDATE training_runs SET version_id = (SELECT version_id FROM model_versions WHERE artifact_uri = '/f/1') WHERE run_name = 'first'$$),
    ('training_runs_parent_fkey', $$UPDATE training_runs SET parent_run_id = (SELECT run_id FROM training_runs WHERE run_name = 'foreign') WHERE run_name = 'first'$$),
    ('valid_framework', $$UPDATE training_runs SET framework = 'cobol' WHERE run_name = 'first'$$),
    ('valid_run_name', $$UPDATE training_runs SET run_name = ' ' WHERE run_name = 'first'$$),
    ('valid_run_name', $$UPDATE training_runs SET run_name = repeat('x', 501) WHERE run_name = 'first'$$),
    ('valid_run_status', $$UPDATE training_runs SET status = 'completed' WHERE run_name = 'first'$$),
    ('valid_run_status', $$UPDATE training_runs SET status = 'Running' WHERE run_name = 'third'$$),
    ('valid_run_status', $$INSERT INTO training_runs (experiment_id, status) SELECT experiment_id, '' FROM experiments WHERE experiment_name = 'base'$$),
    ('valid_run_number', $$INSERT INTO training_runs (experiment_id, run_number) SELECT experiment_id, 0 FROM experiments WHERE experiment_name = 'base'$$),
    ('valid_run_number', $$UPDATE training_runs SET run_number = -5 WHERE run_name = 'first'$$),
    ('valid_accuracy', $$UPDATE training_runs SET accuracy = 1.0001 WHERE run_name = 'first'$$),
    ('valid_accuracy', $$UPDATE training_runs SET accuracy = -0.0001 WHERE run_name = 'first'$$),
    ('valid_accuracy', $$UPDATE training_runs SET accuracy = 'NaN' WHERE run_name = 'first'$$),
    ('valid_precision', $$UPDATE training_runs SET precision_score = 1.5, recall_score = 0.5 WHERE run_name = 'first'$$),
    ('valid_precision', $$UPDATE training_runs SET precision_score = 'NaN', recall_score = 0.5 WHERE run_name = 'first'$$),
    ('valid_recall', $$UPDATE training_runs SET precision_score = 0.5, recall_score = -0.5 WHERE run_name = 'first'$$),
    ('valid_f1', $$UPDATE training_runs SET f1_score = 1.0001 WHERE run_name = 'first'$$),
    ('valid_auc_roc', $$UPDATE training_runs SET auc_roc = 1.0001 WHERE run_name = 'first'$$),
    ('valid_gpu_count', $$UPDATE training_runs SET gpu_count = -1 WHERE run_name = 'first'$$),
    ('valid_gpu_hours', $$UPDATE training_runs SET gpu_hours = -0.01 WHERE run_name = 'first'$$),
    ('valid_gpu_hours', $$UPDATE training_runs SET gpu_hours = 'NaN' WHERE run_name = 'first'$$),
    ('valid_cpu_hours', $$UPDATE training_runs SET cpu_hours = -0.01 WHERE run_name = 'first'$$),
    ('valid_cpu_hours', $$UPDATE training_runs SET cpu_hours = 'NaN' WHERE run_name = 'first'$$),
    ('valid_memory', $$UPDATE training_runs SET memory_gb = -0.01 WHERE run_name = 'first'$$),
    ('valid_memory', $$UPDATE training_runs SET memory_gb = 'NaN' WHERE run_name = 'first'$$),
    ('valid_cost', $$UPDATE training_runs SET estimated_cost_usd = -0.01 WHERE run_name = 'first'$$),
    ('valid_cost', $$UPDATE training_runs SET estimated_cost_usd = 'NaN' WHERE run_name = 'first'$$),
    ('valid_duration', $$UPDATE training_runs SET duration_seconds = -0.001 WHERE run_name = 'first'$$),
    ('valid_duration', $$INSERT INTO training_runs (experiment_id, status, duration_seconds) SELECT experiment_id, 'failed', 'NaN' FROM experiments WHERE experiment_name = 'base'$$),
    ('valid_duration', $$INSERT INTO training_runs (experiment_id, status, duration_seconds) SELECT experiment_id, 'failed', -60 FROM experiments WHERE experiment_name = 'base'$$),
    ('completed_timestamp', $$UPDATE training_runs SET completed_at = now() WHERE run_name = 'first'$$),
    ('completed_timestamp', $$UPDATE training_runs SET completed_at = started_at + interval '1 day' WHERE run_name = 'second'$$),
    ('started_timestamp', $$UPDATE training_runs SET started_at = now() + interval '1 day' WHERE run_name = 'first'$$),
    ('started_timestamp', $$UPDATE training_runs SET started_at = NULL WHERE run_name = 'third'$$),
    ('time_order', $$UPDATE training_runs SET completed_at = started_at - interval '1 second' WHERE run_name = 'third'$$),
    ('time_order', $$UPDATE training_runs SET queued_at = started_at + interval '1 second' WHERE run_name = 'second'$$),
    ('time_order', $$UPDATE training_runs SET status = 'cancelled', completed_at = queued_at - interval '1 second' WHERE run_name = 'first'$$),
    ('time_order', $$INSERT INTO training_runs (experiment_id, status, queued_at, started_at, completed_at) SELECT experiment_id, 'succeeded', '2026-01-01', '2026-01-03', '2026-01-02' FROM experiments WHERE experiment_name = 'base'$$),
    ('finite_times', $$UPDATE training_runs SET queued_at = '-infinity' WHERE run_name = 'first'$$),
    ('finite_times', $$UPDATE training_runs SET completed_at = 'infinity' WHERE run_name = 'third'$$),
    ('finite_times', $$UPDATE training_runs SET started_at = 'infinity' WHERE run_name = 'second'$$),
    ('no_self_parent', $$UPDATE training_runs SET parent_run_id = run_id WHERE run_name = 'first'$$),
    ('valid_logs_uri', $$UPDATE training_runs SET logs_uri = 'logs' WHERE run_name = 'first'$$),
    ('valid_tensorboard_uri', $$UPDATE training_runs SET tensorboard_uri = 'board' WHERE run_name = 'first'$$),
    ('valid_checkpoint_uri', $$UPDATE training_runs SET checkpoint_uri = 'last' WHERE run_name = 'first'$$),
    ('valid_artifacts_uri', $$UPDATE training_runs SET artifacts_uri = 'out' WHERE run_name = 'first'$$),
    ('custom_metrics_is_object', $$UPDATE training_runs SET custom_metrics = '[]' WHERE run_name = 'first'$$),
    ('hyperparameters_is_object', $$UPDATE training_runs SET hyperparameters = '"x"' WHERE run_name = 'first'$$),
    ('environment_is_object', $$UPDATE training_runs SET environment = '1' WHERE run_name = 'first'$$),
    ('artifacts_is_object', $$UPDATE training_runs SET artifacts = 'null' WHERE run_name = 'first'$$),
    ('training_runs_json_size', $$UPDATE training_runs SET custom_metrics = (SELECT jsonb_object_agg(n, md5(n::text)) FROM generate_series(1, 40000) n) WHERE run_name = 'first'$$),
    ('training_runs_json_size', $$UPDATE training_runs SET hyperparameters = (SELECT jsonb_object_agg(n, md5(n::text)) FROM generate_series(1, 40000) n) WHERE run_name = 'first'$$),
    ('training_runs_json_size', $$UPDATE training_runs SET environment = (SELECT jsonb_object_agg(n, md5(n::text)) FROM generate_series(1, 40000) n) WHERE run_name = 'first'$$),
    ('training_runs_json_size', $$UPDATE training_runs SET artifacts = (SELECT jsonb_object_agg(n, md5(n::text)) FROM generate_series(1, 40000) n) WHERE run_name = 'first'$$),
    ('training_runs_text_size', $$UPDATE training_runs SET compute_target = repeat('x', 65537) WHERE run_name = 'first'$$),
    ('training_runs_text_size', $$UPDATE training_runs SET instance_type = repeat('x', 65537) WHERE run_name = 'first'$$),
    ('training_runs_text_size', $$UPDATE training_runs SET gpu_type = repeat('x', 65537) WHERE run_name = 'first'$$),
    ('training_runs_text_size', $$UPDATE training_runs SET notes = repeat('x', 65537) WHERE run_name = 'first'$$),
    ('training_runs_text_size', $$UPDATE training_runs SET error_message = repeat('x', 65537) WHERE run_name = 'first'$$),
    ('training_runs_text_size', $$UPDATE training_runs SET source_run_id = repeat('x', 65537) WHERE run_name = 'first'$$),
    ('training_runs_text_size', $$UPDATE training_runs SET started_by = repeat('x', 65537) WHERE run_name = 'first'$$),
    ('training_runs_text_size', $$UPDATE training_runs SET created_by = repeat('x', 65537) WHERE run_name = 'first'$$),
    ('run_metrics_pkey', $$INSERT INTO run_metrics SELECT * FROM run_metrics$$),
    ('finite_times', $$INSERT INTO run_metrics SELECT organization_id, project_id, run_id, 'loss', 1, 1, 'infinity' FROM run_metrics$$),
    ('valid_metric_name', $$INSERT INTO run_metrics SELECT organization_id, project_id, run_id, 'loss%', 1, 1 FROM run_metrics$$),
    ('valid_metric_name', $$INSERT INTO run_metrics SELECT organization_id, project_id, run_id, '', 1, 1 FROM run_metrics$$),
    ('run_datasets_pkey', $$INSERT INTO run_datasets (run_id, dataset_id) SELECT run_id, dataset_id FROM run_datasets$$),
    ('run_datasets_project_fkey', $$ALTER TABLE run_datasets DISABLE TRIGGER mlr_10_keys; UPDATE run_datasets SET project_id = gen_random_uuid()$$),
    ('run_datasets_run_fkey', $$INSERT INTO run_datasets (run_id, dataset_id, organization_id, project_id) SELECT gen_random_uuid(), dataset_id, organization_id, project_id FROM run_datasets$$),
    ('run_datasets_dataset_fkey', $$INSERT INTO run_datasets (run_id, dataset_id) SELECT r.run_id, d.dataset_id FROM training_runs r, datasets d WHERE r.run_name = 'first' AND d.dataset_name = 'foreign'$$),
    ('run_datasets_dataset_fkey', $$UPDATE training_runs SET dataset_id = NULL; DELETE FROM datasets WHERE dataset_name = 'reviews'$$),
    ('valid_dataset_role', $$INSERT INTO run_datasets (run_id, dataset_id, dataset_role) SELECT run_id, dataset_id, 'training' FROM run_datasets$$),
    ('valid_row_count', $$UPDATE run_datasets SET row_count = -1$$),
    ('run_datasets_text_size', $$UPDATE run_datasets SET dataset_version = repeat('x', 65537)$$),
    ('run_datasets_text_size', $$UPDATE run_datasets SET split_name = repeat('x', 65537)$$),
    ('run_datasets_text_size', $$UPDATE run_datasets SET added_by = repeat('x', 65537)$$),
    ('run_tags_pkey', $$INSERT INTO run_tags (run_id, tag_id) SELECT run_id, tag_id FROM run_tags$$),
    ('run_tags_project_fkey', $$ALTER TABLE run_tags DISABLE TRIGGER mlr_10_keys; UPDATE run_tags SET project_id = gen_random_uuid()$$),
    ('run_tags_run_fkey', $$INSERT INTO run_tags (run_id, tag_id, organization_id, project_id) SELECT gen_random_uuid(), tag_id, organization_id, project_id FROM run_tags$$),
    ('run_tags_tag_fkey', $$INSERT INTO run_tags (run_id, tag_id) SELECT r.run_id, t.tag_id FROM training_runs r, tags t WHERE r.run_name = 'first' AND t.tag_name = 'theirs'$$),
    ('run_tags_text_size', $$UPDATE run_tags SET added_by = repeat('x', 65537)$$),
    -- rules of triggers
    ('immutable_key', $$UPDATE experiments SET experiment_id = gen_random_uuid()$$),
    ('immutable_key', $$UPDATE experiments SET project_id = (SELECT project_id FROM projects WHERE slug = 'lab') WHERE experiment_name = 'base'$$),
    ('immutable_key', $$UPDATE training_runs SET run_id = gen_random_uuid()$$),
    ('immutable_key', $$UPDATE training_runs SET experiment_id = (SELECT experiment_id FROM experiments WHERE experiment_name = 'daily') WHERE run_name = 'first'$$),
    ('immutable_key', $$UPDATE training_runs SET project_id = NULL WHERE run_name = 'first'$$),
    ('immutable_key', $$UPDATE run_datasets SET dataset_role = 'test'$$),
    ('immutable_key', $$UPDATE run_tags SET tag_id = (SELECT tag_id FROM tags WHERE tag_name = 'misc')$$),
    ('training_runs_transition', $$UPDATE training_runs SET status = 'succeeded' WHERE run_name = 'first'$$),
    ('training_runs_transition', $$UPDATE training_runs SET status = 'queued' WHERE run_name = 'second'$$),
    ('training_runs_transition', $$UPDATE training_runs SET status = 'running', completed_at = NULL WHERE run_name = 'third'$$),
    ('training_runs_transition', $$UPDATE training_runs SET status = 'failed' WHERE run_name = 'third'$$),
    ('experiments_transition', $$UPDATE experiments SET status = 'failed' WHERE experiment_name = 'base'; UPDATE experiments SET status = 'completed' WHERE experiment_name = 'base'$$),
    ('no_cycle', $$UPDATE training_runs SET parent_run_id = (SELECT run_id FROM training_runs WHERE run_name = 'first') WHERE run_name = 'second'; UPDATE training_runs SET parent_run_id = (SELECT run_id FROM training_runs WHERE run_name = 'second') WHERE run_name = 'first'$$),
    ('no_cycle', $$INSERT INTO training_runs (experiment_id, run_id, parent_run_id) SELECT experiment_id, ('00000000-0000-8000-8000-00000000000' || n)::uuid, ('00000000-0000-8000-8000-00000000000' || 3 - n)::uuid FROM experiments, generate_series(1, 2) n WHERE experiment_name = 'base'$$),
    ('run_produced_version', $$UPDATE training_runs SET version_id = (SELECT version_id FROM model_versions WHERE artifact_uri = '/m/1') WHERE run_name = 'third'; DELETE FROM training_runs WHERE run_name = 'third'$$),
    ('run_produced_version', $$UPDATE training_runs SET version_id = (SELECT version_id FROM model_versions WHERE artifact_uri = '/m/1') WHERE run_name = 'third'; DELETE FROM experiments WHERE experiment_name = 'base'$$),
    ('run_metrics_run', $$INSERT INTO run_metrics (organization_id, project_id, run_id, metric_name, value) SELECT organization_id, project_id, gen_random_uuid(), 'loss', 1 FROM projects WHERE slug = 'lab'$$),
    ('run_metrics_run', $$INSERT INTO run_metrics (organization_id, project_id, run_id, metric_name, value) SELECT p.organization_id, p.project_id, r.run_id, 'loss', 1 FROM projects p, training_runs r WHERE p.slug = 'lab' AND r.run_name = 'first'$$),
    ('run_metrics_run', $$INSERT INTO run_metrics (organization_id, project_id, run_id, metric_name, value) SELECT o.organization_id, r.project_id, r.run_id, 'loss', 1 FROM organizations o, training_runs r WHERE o.slug = 'acme' AND r.run_name = 'first'$$),
    ('run_metrics_run', $$UPDATE training_runs SET deleted_at = now() WHERE run_name = 'first'; INSERT INTO run_metrics (organization_id, project_id, run_id, metric_name, value) SELECT organization_id, project_id, run_id, 'loss', 1 FROM training_runs$$);
SELECT pg_temp.judge();
-- A partition is refused by its own copy of a constraint.
SELECT count(*) AS of_partitions FROM outcome WHERE relation = 'run_metrics_y' || to_char(now() AT TIME ZONE 'UTC', 'YYYY"m"MM') OR relation = 'run_metrics_default';
UPDATE outcome SET rule = replace(rule, relation, 'run_metrics'), relation = 'run_metrics' WHERE relation LIKE 'run\_metrics\_%';
-- every one is refused by its own rule, with the SQLSTATE of its kind
SELECT expected, relation, state, count(*) FROM outcome WHERE rule IS NOT DISTINCT FROM expected GROUP BY 1, 2, 3 ORDER BY 1, 2;
SELECT * FROM outcome WHERE rule IS DISTINCT FROM expected ORDER BY expected, statement;
SELECT DISTINCT expected, message, detail, hint FROM outcome
 WHERE expected IN ('training_runs_transition', 'experiments_transition', 'no_cycle', 'run_produced_version', 'run_metrics_run', 'training_runs_experiment_fkey', 'immutable_key') ORDER BY 1, 2, 3;
-- no constraint is left out. Not to be broken without breaking another first: the keys that repeat a primary key
SELECT * FROM pg_temp.unmet(ARRAY(SELECT relation_name FROM registry_relations() WHERE area = 'training'));

-- append-only
CREATE ROLE training_writer;
SELECT grant_access('training_writer', 'writer', 'default');
SET SESSION AUTHORIZATION training_writer;
SELECT use_project('default');
UPDATE run_metrics SET value = 0;
DELETE FROM run_metrics;
-- what one may write, one may measure; metrics of others are those of runs that are not there
INSERT INTO run_metrics (run_id, metric_name, step, value) SELECT run_id, 'loss', 2, 0.25 FROM training_runs WHERE run_name = 'first';
\set VERBOSITY terse
INSERT INTO run_metrics (run_id, metric_name, step, value) SELECT run_id, 'loss', 3, 0.2 FROM unnest(ARRAY['00000000-0000-8000-8000-00000000000a'::uuid]) AS r (run_id);
\set VERBOSITY default
INSERT INTO training_runs (experiment_id, run_name) SELECT experiment_id, 'by writer' FROM experiments WHERE experiment_name = 'base' RETURNING run_number, created_by;
DELETE FROM training_runs WHERE run_name = 'by writer';
RESET SESSION AUTHORIZATION;
SELECT step, value FROM run_metrics ORDER BY 1;
SELECT revoke_access('training_writer', 'default');
DROP OWNED BY training_writer;
DROP ROLE training_writer;
SELECT use_organization('default');

-- keys: a run lies where its experiment lies, its datasets and tags where it lies
INSERT INTO experiments (project_id, experiment_name, model_id) SELECT p.project_id, 'in lab', m.model_id FROM projects p, models m WHERE p.slug = 'lab' AND m.model_name = 'm';
INSERT INTO training_runs (experiment_id, run_name) SELECT experiment_id, 'in lab' FROM experiments WHERE experiment_name = 'in lab';
INSERT INTO run_datasets (run_id, dataset_id, dataset_role, row_count) SELECT r.run_id, d.dataset_id, 'test', 0 FROM training_runs r, datasets d WHERE r.run_name = 'in lab' AND d.dataset_name = 'prices' RETURNING dataset_version;
INSERT INTO run_tags (run_id, tag_id) SELECT r.run_id, t.tag_id FROM training_runs r, tags t WHERE r.run_name = 'in lab' AND t.tag_name = 'misc';
SELECT p.slug, x.what FROM (SELECT project_id, 'run' FROM training_runs UNION SELECT project_id, 'dataset' FROM run_datasets UNION SELECT project_id, 'tag' FROM run_tags) AS x (project_id, what) JOIN projects p USING (project_id) ORDER BY 1, 2;

-- actor: x_by may be given, x_by_user never
INSERT INTO training_runs (experiment_id, started_by, started_by_user, created_by) SELECT experiment_id, 'importer@example.com', gen_random_uuid(), 'importer@example.com' FROM experiments WHERE experiment_name = 'base' RETURNING started_by, started_by_user, created_by, created_by_user;

-- normalize
UPDATE experiments SET experiment_name = ' base ' WHERE experiment_name = 'base' RETURNING experiment_name;
UPDATE training_runs SET run_name = ' first ', compute_target = ' k8s ', gpu_type = ' nvidia-a100', logs_uri = ' /logs ', source_run_id = ' mlflow-1 ' WHERE run_name = 'first' RETURNING run_name, compute_target, gpu_type, logs_uri, source_run_id;

-- derive, experiments: the end comes with the status, and goes; an import may say the end alone
INSERT INTO experiments (experiment_name, status) VALUES ('ended', 'completed') RETURNING completed_at = now() AS now;
INSERT INTO experiments (experiment_name, status, completed_at) VALUES ('imported', 'failed', '2025-01-01') RETURNING started_at = completed_at AS same;
INSERT INTO experiments (experiment_name, status, started_at, completed_at) VALUES ('given', 'cancelled', '2025-01-01', '2025-01-02') RETURNING completed_at - started_at AS took;
UPDATE experiments SET status = 'completed' WHERE experiment_name = 'base' RETURNING completed_at = now() AS now;
UPDATE experiments SET status = 'completed', description = 'again' WHERE experiment_name = 'base' RETURNING status;
UPDATE experiments SET status = 'running' WHERE experiment_name = 'base' RETURNING completed_at;
UPDATE experiments SET status = 'failed', completed_at = started_at WHERE experiment_name = 'given' RETURNING status; -- refused
UPDATE experiments SET status = 'running' WHERE experiment_name = 'given';
UPDATE experiments SET status = 'failed', completed_at = '2025-03-01' WHERE experiment_name = 'given' RETURNING completed_at;

-- derive, runs: numbers. Given ones lift the counter; each experiment counts for itself, whatever the order of the rows
CREATE VIEW numbers AS SELECT e.experiment_name, r.run_name, r.run_number FROM training_runs r JOIN experiments e USING (experiment_id) WHERE e.experiment_name IN ('n1', 'n2');
INSERT INTO experiments (experiment_name) VALUES ('n1'), ('n2');
INSERT INTO training_runs (experiment_id, run_name, run_number) SELECT e.experiment_id, v.name, v.number
  FROM (VALUES (1, 'n1', 'a', NULL::integer), (2, 'n2', 'b', 10), (3, 'n1', 'c', 5), (4, 'n1', 'd', NULL), (5, 'n2', 'e', NULL), (6, 'n2', 'f', 3), (7, 'n2', 'g', NULL), (8, 'n1', 'h', NULL)) AS v (place, experiment, name, number)
  JOIN experiments e ON e.experiment_name = v.experiment ORDER BY v.place;
SELECT * FROM numbers ORDER BY 1, 3;
SELECT experiment_name, last_run_number FROM experiments WHERE experiment_name IN ('n1', 'n2') ORDER BY 1;
-- what is not inserted takes no number of those that come
INSERT INTO training_runs (experiment_id, run_name, run_number) SELECT e.experiment_id, v.name, v.number
  FROM (VALUES (1, 'kept', NULL::integer), (2, 'left out', 1), (3, 'kept too', NULL)) AS v (place, name, number), experiments e WHERE e.experiment_name = 'n1' ORDER BY v.place
    ON CONFLICT (experiment_id, run_number) DO NOTHING RETURNING run_name, run_number;
DELETE FROM training_runs WHERE run_name = 'kept too';
INSERT INTO training_runs (experiment_id, run_name) SELECT experiment_id, 'next' FROM experiments WHERE experiment_name = 'n1' RETURNING run_number; -- none comes twice
COPY training_runs (experiment_id, run_name) FROM PROGRAM 'true'; -- no row, no harm
INSERT INTO training_runs (experiment_id, run_number) SELECT experiment_id, 2147483647 FROM experiments WHERE experiment_name = 'n2';
INSERT INTO training_runs (experiment_id) SELECT experiment_id FROM experiments WHERE experiment_name = 'n2';
INSERT INTO training_runs (experiment_id, run_number) SELECT experiment_id, v FROM experiments, unnest('{2147483646,NULL}'::integer[]) WITH ORDINALITY u (v, n) WHERE experiment_name = 'n1' ORDER BY n;
-- the counter never falls, whoever writes an older row back
UPDATE experiments SET last_run_number = 1 WHERE experiment_name = 'n1' RETURNING last_run_number > 1 AS stays;
INSERT INTO training_runs (experiment_id) VALUES ('11111111-1111-4111-8111-111111111111'), ('11111111-1111-4111-8111-111111111111');
-- counting is no change of the experiment, to touch and to the trail
SELECT experiment_name, updated_at = created_at AS untouched FROM experiments WHERE experiment_name IN ('n1', 'n2') ORDER BY 1;
SELECT count(*) FROM audit_logs a JOIN experiments e ON e.experiment_id = a.entity_id WHERE e.experiment_name IN ('n1', 'n2') AND a.action <> 'experiment.create';

-- derive, runs: times. What is given stays, also in the future
CREATE FUNCTION pg_temp.run_of(status text, queued timestamptz, started timestamptz, completed timestamptz, duration numeric, created timestamptz DEFAULT now()) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    r training_runs;
BEGIN
    INSERT INTO training_runs (experiment_id, status, queued_at, started_at, completed_at, duration_seconds, created_at)
    SELECT experiment_id, run_of.status, queued, started, completed, duration, created FROM experiments WHERE experiment_name = 'n1' RETURNING * INTO r;
    RETURN format('%s, started %s, completed %s, took %s', CASE WHEN r.queued_at = now() THEN 'now' ELSE r.queued_at::text END, CASE WHEN r.started_at = now() THEN 'now' ELSE r.started_at::text END,
                  CASE WHEN r.completed_at = now() THEN 'now' ELSE r.completed_at::text END, r.duration_seconds);
END $$;
SET timezone = 'UTC';
SELECT v.status, v.says, pg_temp.run_of(v.status, v.q::timestamptz, v.s::timestamptz, v.c::timestamptz, v.d) FROM (VALUES
    (1, 'queued', 'nothing', NULL, NULL, NULL, NULL::numeric), (2, 'queued', 'a time to come', '2126-01-01', NULL, NULL, NULL), (3, 'running', 'a time to come', '2126-01-01', NULL, NULL, NULL),
    (4, 'running', 'start', NULL, '2025-01-01', NULL, NULL), (5, 'succeeded', 'end', NULL, NULL, '2025-01-02', NULL), (6, 'succeeded', 'end and duration', NULL, NULL, '2025-01-02', 3600),
    (7, 'succeeded', 'queue, end, long duration', '2025-01-02', NULL, '2025-01-02 00:00:10', 3600), (8, 'failed', 'start and duration', NULL, '2025-01-01', NULL, 90.5),
    (9, 'cancelled', 'queue and end', '2025-01-01', NULL, '2025-01-02', NULL), (10, 'timeout', 'all, and its own duration', '2025-01-01', '2025-01-02', '2025-01-03', 5),
    (11, 'failed', 'all the same', '2025-01-01', '2025-01-01', '2025-01-01', NULL)) AS v (place, status, says, q, s, c, d) ORDER BY v.place;
SELECT pg_temp.run_of('queued', NULL, NULL, NULL, NULL, '2025-05-05') AS created_before;
-- moves fill what they imply
BEGIN;
UPDATE training_runs SET status = 'running', queued_at = now() - interval '1 minute' WHERE run_name = 'first' RETURNING started_at = now() AS now, duration_seconds;
UPDATE training_runs SET status = 'succeeded', completed_at = started_at + interval '90 minutes', precision_score = 0.9156, recall_score = 0.9312 WHERE run_name = 'first' RETURNING duration_seconds, f1_score;
-- finished runs stay editable; what followed from times and scores follows them, what was given stays
UPDATE training_runs SET completed_at = started_at + interval '2 hours', notes = 'longer', recall_score = 0.9 WHERE run_name = 'first' RETURNING duration_seconds, f1_score, notes;
UPDATE training_runs SET duration_seconds = 1, f1_score = 0.5 WHERE run_name = 'first';
UPDATE training_runs SET completed_at = started_at + interval '3 hours', precision_score = 0.1, hyperparameters = '{"lr": 0.1}', gpu_hours = 3 WHERE run_name = 'first' RETURNING duration_seconds, f1_score, hyperparameters, gpu_hours;
UPDATE training_runs SET duration_seconds = NULL, f1_score = NULL, precision_score = 0, recall_score = 0 WHERE run_name = 'first' RETURNING duration_seconds, f1_score;
UPDATE training_runs SET f1_score = NULL, precision_score = NULL WHERE run_name = 'first' RETURNING f1_score;
UPDATE training_runs SET status = 'cancelled' WHERE run_name = 'second' RETURNING completed_at = now() AS now, duration_seconds >= 0 AS took;
ROLLBACK;
-- queued ones may end before they begin
BEGIN;
UPDATE training_runs SET status = 'cancelled' WHERE run_name = 'first' RETURNING started_at, completed_at = now() AS now, duration_seconds;
ROLLBACK;

-- model and framework: what is given stays
INSERT INTO training_runs (experiment_id, model_id, framework) SELECT e.experiment_id, m.model_id, v.framework FROM experiments e, models m, (VALUES (1, NULL), (2, 'jax')) AS v (place, framework)
 WHERE e.experiment_name = 'base' AND m.model_name IN ('m', 'bare') ORDER BY m.model_name, v.place RETURNING (SELECT model_name FROM models m WHERE m.model_id = training_runs.model_id), framework;

-- one run a day: where the experiment asked for it when the run came; deleted ones do not count
BEGIN;
INSERT INTO training_runs (experiment_id, queued_at) SELECT experiment_id, now() - interval '1 day' FROM experiments WHERE experiment_name = 'daily' RETURNING once_per_day;
UPDATE training_runs SET deleted_at = now() WHERE run_name = 'daily';
INSERT INTO training_runs (experiment_id, run_name) SELECT experiment_id, 'daily again' FROM experiments WHERE experiment_name = 'daily' RETURNING run_number, once_per_day;
SAVEPOINT s;
\set VERBOSITY terse
UPDATE training_runs SET deleted_at = NULL WHERE run_name = 'daily';
\set VERBOSITY default
ROLLBACK TO s;
UPDATE experiments SET allow_repeat_runs = true WHERE experiment_name = 'daily';
INSERT INTO training_runs (experiment_id) SELECT experiment_id FROM experiments WHERE experiment_name = 'daily' RETURNING run_number, once_per_day;
ROLLBACK;

-- effect: the primary dataset is one of the run's datasets, once
SELECT count(*) FROM run_datasets;
UPDATE training_runs SET dataset_id = (SELECT dataset_id FROM datasets WHERE dataset_name = 'prices') WHERE run_name IN ('first', 'in lab', 'second');
SELECT r.run_name, d.dataset_name, rd.dataset_role, rd.dataset_version FROM run_datasets rd JOIN training_runs r USING (run_id) JOIN datasets d ON d.dataset_id = rd.dataset_id ORDER BY 1, 2;
WITH new AS (INSERT INTO training_runs (experiment_id, run_name, dataset_id) SELECT e.experiment_id, 'both', d.dataset_id FROM experiments e, datasets d WHERE e.experiment_name = 'base' AND d.dataset_name = 'prices' RETURNING run_id, dataset_id)
INSERT INTO run_datasets (run_id, dataset_id, dataset_role, split_name) SELECT run_id, dataset_id, 'holdout', ' last week ' FROM new RETURNING dataset_role, split_name;
SELECT count(*) FROM run_datasets rd JOIN training_runs r USING (run_id) WHERE r.run_name = 'both';

-- guard: parents. A row of guards is taken where a circle could close, and by nobody else
SELECT count(*) FROM guards WHERE rule = 'no_cycle_run';
INSERT INTO training_runs (experiment_id, run_name, parent_run_id) SELECT experiment_id, 'retry', run_id FROM training_runs WHERE run_name = 'third';
SELECT count(*) FROM guards WHERE rule = 'no_cycle_run';
UPDATE training_runs SET parent_run_id = (SELECT run_id FROM training_runs WHERE run_name = 'retry') WHERE run_name = 'first';
SELECT rule, n FROM guards WHERE rule = 'no_cycle_run';
-- once a transaction, however many runs get one; taken again when a savepoint has taken it back
BEGIN;
SAVEPOINT s;
UPDATE training_runs r SET parent_run_id = p.run_id FROM training_runs p WHERE p.run_name = 'retry' AND r.run_name IN ('second', 'in lab');
SELECT rule, n FROM guards WHERE rule = 'no_cycle_run';
ROLLBACK TO s;
SELECT rule, n FROM guards WHERE rule = 'no_cycle_run';
UPDATE training_runs r SET parent_run_id = p.run_id FROM training_runs p WHERE p.run_name = 'retry' AND r.run_name IN ('second', 'in lab');
UPDATE training_runs SET parent_run_id = (SELECT run_id FROM training_runs WHERE run_name = 'in lab') WHERE run_name = 'second';
SELECT rule, n FROM guards WHERE rule = 'no_cycle_run';
ROLLBACK;
DELETE FROM training_runs WHERE run_name = 'retry';
SELECT run_name, parent_run_id FROM training_runs WHERE run_name = 'first';

-- guard: quotas. What is asked for is refused when it is used up, what is told never
SET datestyle = 'ISO';
CREATE VIEW left_over AS SELECT scope, period, gpu_hours_used, gpu_hours_limit, cost_used_usd, cost_limit_usd, enforcement, is_exceeded FROM quota_usage();
INSERT INTO users (email) VALUES ('dev@example.com');
INSERT INTO organization_memberships (user_id) SELECT user_id FROM users;
INSERT INTO teams (team_name) VALUES ('research');
UPDATE models SET team_id = (SELECT team_id FROM teams) WHERE model_name = 'bare';
DELETE FROM training_runs WHERE project_id = (SELECT project_id FROM projects WHERE slug = 'default' AND organization_id = current_organization_id()) AND run_name IS DISTINCT FROM 'first';
SELECT count(*) FROM set_quota(gpu_hours => 100, enforcement => 'warn');
UPDATE training_runs SET gpu_hours = 60, gpu_type = 'nvidia-h100' WHERE run_name = 'first';
SELECT * FROM left_over;
INSERT INTO training_runs (experiment_id, run_name, gpu_hours, estimated_cost_usd) SELECT experiment_id, 'warned', 60, 10 FROM experiments WHERE experiment_name = 'base';
SELECT * FROM left_over;
SELECT count(*) FROM set_quota(gpu_hours => 120, enforcement => 'refuse');
SELECT state, relation, rule, message, regexp_replace(detail, '[0-9]{4}-[0-9]{2}-01', '<month>') AS detail, hint
  FROM pg_temp.error_of($$INSERT INTO training_runs (experiment_id, run_name) SELECT experiment_id, 'refused' FROM experiments WHERE experiment_name = 'base'$$);
\set VERBOSITY terse
INSERT INTO training_runs (experiment_id, run_name, status, gpu_hours) SELECT experiment_id, 'imported', 'succeeded', 1 FROM experiments WHERE experiment_name = 'base';
UPDATE training_runs SET status = 'running' WHERE run_name = 'warned';
SELECT count(*) FROM set_quota(gpu_hours => 121, enforcement => 'refuse');
UPDATE training_runs SET status = 'running' WHERE run_name = 'warned' RETURNING status;
UPDATE training_runs SET gpu_hours = 500 WHERE run_name = 'warned';
SELECT * FROM left_over;
-- another period to come has its own limit, one that is over has not, and archived runs have used what they have used
BEGIN;
INSERT INTO training_runs (experiment_id, run_name, queued_at) SELECT experiment_id, 'next year', now() + interval '1 year' FROM experiments WHERE experiment_name = 'base' RETURNING status;
SAVEPOINT s;
INSERT INTO training_runs (experiment_id, run_name, queued_at) SELECT experiment_id, 'another month', '2025-01-31 23:00:00+00' FROM experiments WHERE experiment_name = 'base' RETURNING status;
ROLLBACK TO s;
UPDATE training_runs SET deleted_at = now() WHERE run_name IN ('warned', 'imported');
SELECT * FROM left_over;
INSERT INTO training_runs (experiment_id, run_name) SELECT experiment_id, 'refused' FROM experiments WHERE experiment_name = 'base' RETURNING status;
ROLLBACK TO s;
UPDATE training_runs SET deleted_at = now() WHERE run_name IN ('warned', 'imported');
UPDATE training_runs SET deleted_at = NULL WHERE run_name = 'imported' RETURNING status;
UPDATE training_runs SET deleted_at = NULL WHERE run_name = 'warned';
ROLLBACK;
-- a statement with many rows is looked at once for each who pays, and as strictly: one of the rows has used something itself
BEGIN;
SELECT count(*) FROM set_quota(gpu_hours => 600, enforcement => 'refuse');
INSERT INTO training_runs (experiment_id, run_name, gpu_hours) SELECT experiment_id, 'many-' || n, CASE n WHEN 7 THEN 20 ELSE 0 END FROM experiments, generate_series(1, 20) n WHERE experiment_name = 'base';
SELECT gpu_hours_used, gpu_hours_limit FROM left_over;
SAVEPOINT s;
INSERT INTO training_runs (experiment_id, run_name, gpu_hours) SELECT experiment_id, 'too many-' || n, CASE n WHEN 7 THEN 20 ELSE 0 END FROM experiments, generate_series(1, 20) n WHERE experiment_name = 'base';
ROLLBACK;
-- cost, by project, team and user; a limit of 0 lets what costs nothing pass
DELETE FROM resource_quotas;
BEGIN;
SELECT count(*) FROM set_quota('project', 'default', cost_usd => 1000, period => 'week', enforcement => 'refuse');
SELECT count(*) FROM set_quota('team', 'research', gpu_hours => 0, enforcement => 'refuse');
INSERT INTO training_runs (experiment_id, model_id, run_name) SELECT e.experiment_id, m.model_id, 'of team' FROM experiments e, models m WHERE e.experiment_name = 'base' AND m.model_name = 'bare' RETURNING status;
SELECT * FROM left_over;
UPDATE training_runs SET gpu_hours = 0.01 WHERE run_name = 'of team';
SAVEPOINT s;
INSERT INTO training_runs (experiment_id, model_id, run_name) SELECT e.experiment_id, m.model_id, 'of team too' FROM experiments e, models m WHERE e.experiment_name = 'base' AND m.model_name = 'bare';
ROLLBACK TO s;
INSERT INTO training_runs (experiment_id, run_name) SELECT experiment_id, 'of no team' FROM experiments WHERE experiment_name = 'base' RETURNING status;
UPDATE training_runs SET estimated_cost_usd = 1000 WHERE run_name = 'of no team';
INSERT INTO training_runs (experiment_id, run_name) SELECT experiment_id, 'in lab too' FROM experiments WHERE experiment_name = 'in lab' RETURNING status;
INSERT INTO training_runs (experiment_id, run_name) SELECT experiment_id, 'of project' FROM experiments WHERE experiment_name = 'base';
ROLLBACK;
\set VERBOSITY default
-- a user's are those that the user has started; what is left of a quota is the same for everybody, whatever one may read
CREATE ROLE training_user;
SELECT grant_access('training_user', 'writer', 'default', sql_only => true);
UPDATE users SET db_role = 'training_user' WHERE email = 'dev@example.com';
UPDATE organization_memberships SET role = 'developer' WHERE user_id = (SELECT user_id FROM users WHERE email = 'dev@example.com');
UPDATE projects SET visibility = 'private' WHERE slug = 'lab';
UPDATE training_runs SET gpu_hours = 7 WHERE run_name = 'in lab';
SELECT count(*) FROM set_quota('user', 'dev@example.com', gpu_hours => 1, enforcement => 'refuse');
SELECT count(*) FROM set_quota('project', 'lab', gpu_hours => 8);
SELECT count(*) FROM set_quota('organization', gpu_hours => 1000);
SET SESSION AUTHORIZATION training_user;
SELECT use_project('default');
INSERT INTO training_runs (experiment_id, run_name, gpu_hours) SELECT experiment_id, 'by user', 1 FROM experiments WHERE experiment_name = 'base' RETURNING started_by, started_by_user IS NOT NULL AS known;
\set VERBOSITY terse
INSERT INTO training_runs (experiment_id, run_name) SELECT experiment_id, 'by user too' FROM experiments WHERE experiment_name = 'base';
\set VERBOSITY default
SELECT count(*) FROM training_runs WHERE run_name = 'in lab';
SELECT scope, subject, gpu_hours_used, gpu_hours_limit, is_exceeded FROM quota_usage();
-- but nothing of other organizations, nor without the right to read quotas
SELECT count(*) FROM usage_of_quotas(gen_random_uuid(), now());
RESET SESSION AUTHORIZATION;
REVOKE SELECT ON resource_quotas FROM training_user;
SET SESSION AUTHORIZATION training_user;
SELECT * FROM usage_of_quotas('00000000-0000-8000-8000-000000000001', now());
RESET SESSION AUTHORIZATION;
DELETE FROM training_runs WHERE run_name = 'by user';
DELETE FROM resource_quotas;
SELECT revoke_access('training_user', 'default', sql_only => true);
DROP OWNED BY training_user;
DROP ROLE training_user;
UPDATE users SET db_role = NULL;
SELECT rule, count(*) > 0 AS locked FROM guards WHERE rule = 'quota' GROUP BY 1;
SELECT task, object, rows > 0 AS some FROM run_maintenance() WHERE task = 'remove_guards';

-- run_cost
UPDATE gpu_types SET price_per_hour_usd = 4.005 WHERE name = 'nvidia-h100';
SELECT run_cost(5, 100, 'nvidia-h100') AS estimated, run_cost(NULL, 2, 'nvidia-h100') AS known, run_cost(NULL, 2, 'abacus') AS unknown, run_cost(NULL, 2, NULL) AS none, run_cost(NULL, NULL, 'abacus') AS nothing;
SELECT run_cost(NULL, n, g) FROM (VALUES (1, 'nvidia-h100'), (1, 'nvidia-t4'), (10, 'nvidia-h100'), (1, 'abacus'), (1, 'nvidia-h100')) AS v (n, g);
-- a new price counts at once
DO $$
DECLARE
    before numeric := run_cost(NULL, 1, 'nvidia-h100');
    costs numeric[];
BEGIN
    FOR n IN 1 .. 2 LOOP
        costs := costs || run_cost(NULL, 1, 'nvidia-h100');
        UPDATE gpu_types SET price_per_hour_usd = 7 WHERE name = 'nvidia-h100';
    END LOOP;
    RAISE NOTICE '%, %', before, costs;
END $$;
UPDATE gpu_types SET price_per_hour_usd = 2.50 WHERE name = 'nvidia-h100';

-- the trail: verbs, names, and what is told beside the columns
INSERT INTO run_tags (run_id, tag_id) SELECT r.run_id, t.tag_id FROM training_runs r, tags t WHERE r.run_name = 'warned' AND t.tag_name = 'misc';
INSERT INTO run_datasets (run_id, dataset_id, dataset_role) SELECT r.run_id, d.dataset_id, 'test' FROM training_runs r, datasets d WHERE r.run_name = 'warned' AND d.dataset_name = 'reviews';
UPDATE run_datasets SET row_count = 10 WHERE dataset_role = 'test' AND run_id = (SELECT run_id FROM training_runs WHERE run_name = 'warned');
UPDATE training_runs SET status = 'timeout' WHERE run_name = 'warned';
UPDATE training_runs SET deleted_at = now() WHERE run_name = 'warned';
DELETE FROM training_runs WHERE run_name = 'warned';
SELECT a.action, a.entity_name, a.subject_id = e.experiment_id AS by_experiment, a.changes -> 'tag' AS tag, a.changes -> 'dataset' AS dataset, a.changes -> 'status' AS status
  FROM audit_logs a JOIN experiments e ON e.experiment_name = 'base'
 WHERE a.entity_name = (SELECT entity_name FROM audit_logs WHERE action = 'run.queue' AND changes ->> 'run_name' LIKE '%"warned"%') ORDER BY a.log_id;
SELECT DISTINCT action FROM audit_logs WHERE entity_type = 'experiment' ORDER BY 1;

-- v_training_runs: names, datasets, tags; what is deleted or under something deleted is left out
INSERT INTO run_tags (run_id, tag_id) SELECT r.run_id, t.tag_id FROM training_runs r, tags t WHERE r.run_name = 'first' AND t.tag_name = 'misc';
UPDATE training_runs SET version_id = (SELECT version_id FROM model_versions WHERE artifact_uri = '/m/1'), queued_at = now() - interval '90 seconds', estimated_cost_usd = NULL WHERE run_name = 'first';
SELECT run_name, model_name, framework, experiment_name, status, dataset, datasets, tags, semver, wait_seconds >= 90 AS waits, cost_usd FROM v_training_runs WHERE run_name = 'first';
SELECT run_name, wait_seconds, duration_seconds, dataset, datasets, tags, semver, cost_usd FROM v_training_runs WHERE run_name = 'imported';
CREATE VIEW shown AS SELECT count(*) FILTER (WHERE v.run_name = 'first') AS first, count(*) FILTER (WHERE v.run_name = 'in lab') AS in_lab FROM v_training_runs v;
BEGIN;
UPDATE training_runs SET deleted_at = now() WHERE run_name = 'first';
SELECT * FROM shown;
ROLLBACK;
BEGIN;
UPDATE experiments SET deleted_at = now() WHERE experiment_name = 'in lab';
SELECT * FROM shown;
ROLLBACK;
BEGIN;
UPDATE projects SET deleted_at = now() WHERE slug = 'lab';
SELECT * FROM shown;
UPDATE organizations SET deleted_at = now() WHERE slug = 'default';
SELECT * FROM shown;
ROLLBACK;

-- deletion: metrics, datasets and tags go with their run; a model or a version only as far as they are mentioned
INSERT INTO run_metrics (project_id, run_id, metric_name, step, value) SELECT project_id, run_id, 'loss', n, 'NaN' FROM training_runs, generate_series(1, 3) n WHERE run_name IN ('first', 'in lab', 'imported');
CREATE VIEW left_behind AS SELECT (SELECT count(*) FROM run_metrics m WHERE NOT EXISTS (SELECT FROM training_runs r WHERE r.run_id = m.run_id)) AS orphans, (SELECT count(*) FROM run_metrics) AS metrics, (SELECT count(*) FROM run_datasets) AS datasets,
    (SELECT count(*) FROM run_tags) AS tags, (SELECT count(*) FROM training_runs WHERE run_name IN ('first', 'in lab', 'imported')) AS runs;
SELECT * FROM left_behind;
DELETE FROM training_runs WHERE run_name = 'imported';
SELECT * FROM left_behind;
BEGIN;
DELETE FROM models WHERE model_name = 'm';
SELECT run_name, model_id, version_id, framework FROM training_runs WHERE run_name = 'first';
ROLLBACK;
-- a version that is deleted softly lets its run go
BEGIN;
UPDATE model_versions SET deleted_at = now() WHERE artifact_uri = '/m/1';
DELETE FROM training_runs WHERE run_name = 'first';
SELECT * FROM left_behind;
ROLLBACK;
BEGIN;
DELETE FROM experiments WHERE experiment_name = 'in lab';
SELECT * FROM left_behind;
ROLLBACK;
-- with what it produced a run goes as part of its project
BEGIN;
\set VERBOSITY terse
SAVEPOINT s;
DELETE FROM projects WHERE slug = 'default' AND organization_id = current_organization_id(); -- a run elsewhere reads its dataset
ROLLBACK TO s;
\set VERBOSITY default
UPDATE training_runs SET dataset_id = NULL WHERE run_name = 'in lab';
DELETE FROM run_datasets WHERE run_id = (SELECT run_id FROM training_runs WHERE run_name = 'in lab');
DELETE FROM projects WHERE slug = 'default' AND organization_id = current_organization_id();
SELECT * FROM left_behind;
ROLLBACK;
BEGIN;
TRUNCATE training_runs, run_datasets, run_tags;
SELECT * FROM left_behind;
ROLLBACK;
BEGIN;
TRUNCATE experiments, training_runs, run_metrics, run_datasets, run_tags;
SELECT * FROM left_behind;
ROLLBACK;
BEGIN;
DELETE FROM organizations WHERE slug = 'default';
SELECT * FROM left_behind;
ROLLBACK;
SELECT * FROM check_registry();

-- what triggers would have refused is found
BEGIN;
SET LOCAL session_replication_role = replica;
INSERT INTO run_metrics (organization_id, project_id, run_id, metric_name, value) SELECT current_organization_id(), current_project_id(), gen_random_uuid(), 'loss', i FROM generate_series(1, 2) i;
INSERT INTO run_metrics (organization_id, project_id, run_id, metric_name, value) SELECT organization_id, gen_random_uuid(), run_id, 'loss', 1 FROM training_runs WHERE run_name = 'first';
UPDATE training_runs SET run_number = 1000 WHERE run_name = 'first';
SELECT * FROM check_registry() ORDER BY 1;
ROLLBACK;

-- lifecycle_moves() has the moves that triggers keep, all of them and no other
CREATE TEMP TABLE tried AS
SELECT f.status AS from_state, t.status AS to_state, (pg_temp.error_of(format($$INSERT INTO training_runs (experiment_id, run_name, status) SELECT experiment_id, 'tried', %L FROM experiments WHERE experiment_name = 'n1';
           UPDATE training_runs SET status = %L WHERE run_name = 'tried'$$, f.status, t.status))).rule AS rule
  FROM unnest('{queued,running,succeeded,failed,cancelled,timeout}'::text[]) AS f (status), unnest('{queued,running,succeeded,failed,cancelled,timeout}'::text[]) AS t (status);
SELECT count(*) AS tried, count(*) FILTER (WHERE (t.rule = 'training_runs_transition') = (m.entity IS NULL AND t.from_state <> t.to_state)) AS agree
  FROM tried t LEFT JOIN lifecycle_moves() m ON m.entity = 'run' AND m.from_state = t.from_state AND m.to_state = t.to_state;
SELECT * FROM lifecycle_moves();

-- leave a clean registry behind
DROP VIEW numbers, left_over, shown, left_behind;
SELECT uninstall(confirm => 'mlregistry') IS NOT NULL AS uninstalled;
SELECT install() IS NOT NULL AS installed;
