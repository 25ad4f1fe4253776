-- What tests of exports put into an empty registry: all that may be said of datasets, runs and versions is said of some and not of
-- others, with texts that end strings, comments, tags and scripts elsewhere. Needs a search_path with mlregistry, and UTF-8.
-- Identifiers end in a1 (projects), d1 … (datasets), b1 … (models), c1 … (versions), e1 … (experiments), f1 … (runs), 91 … (deployments).

CREATE FUNCTION pg_temp.id(name text) RETURNS uuid LANGUAGE sql AS $$SELECT overlay('00000000-0000-4000-8000-000000000000' placing name from 37 - length(name))::uuid$$;

INSERT INTO projects (project_id, name, slug, visibility) VALUES (pg_temp.id('a1'), 'Secret', 'secret', 'private');
UPDATE projects SET visibility = 'organization' WHERE slug = 'default';
INSERT INTO teams (team_id, team_name) VALUES (pg_temp.id('71'), 'risk');
INSERT INTO tags (tag_id, tag_name) VALUES (pg_temp.id('81'), 'pii'), (pg_temp.id('82'), 'tabular_data');

INSERT INTO datasets (dataset_id, project_id, dataset_name, display_name, storage_location, storage_format, description, row_count, data_version, contains_pii,
                      data_classification, gdpr_compliant, retention_days, source_system, team_id, data_steward, created_at)
SELECT pg_temp.id(v.id), coalesce(pg_temp.id(v.project), current_project_id()), v.name, v.display, v.location, v.format, v.description, v.rows, v.version, v.pii,
       CASE WHEN v.pii THEN 'restricted' ELSE 'internal' END, v.pii, CASE WHEN v.pii THEN 30 END, v.source, pg_temp.id(v.team), v.steward, '2026-03-01 08:00+00'
  FROM (VALUES
    ('d1', NULL, 'raw', 'Raw "data" \ <b> %% end', 's3a://bucket/Träume "Schäume"/100%/a#b?c=[1]', 'parquet', E'Tab\there, bell\x07, quote " and \\',
     100, E'v1 "x" \\', true, E'CRM\n"2"', '71', 'Bob "B" <bob@example.com>'),
    ('d2', NULL, 'clean', 'Clean', '/data/clean files/', 'delta', NULL, NULL, NULL, false, NULL, NULL, NULL),
    ('d3', NULL, 'graph', '--> ]] "', 'dbfs:/mnt/x', 'iceberg', '</script>', 0, '3', false, NULL, NULL, NULL),
    ('d4', NULL, 'empty-bucket', 'x', 'gs://bucket', 'csv', NULL, NULL, NULL, false, NULL, NULL, NULL),
    ('d5', NULL, 'end', 'end', 'hdfs://node:8020/a//b/', 'avro', NULL, NULL, NULL, false, NULL, NULL, NULL),
    ('d6', 'a1', 'hidden', 'Nobody sees this', 's3://secret/hidden', 'csv', 'secret', 5, 'secret', true, 'secret', NULL, 'secret'))
    AS v (id, project, name, display, location, format, description, rows, version, pii, source, team, steward);
INSERT INTO dataset_tags (dataset_id, tag_id) VALUES (pg_temp.id('d1'), pg_temp.id('81')), (pg_temp.id('d1'), pg_temp.id('82'));
INSERT INTO dataset_parents (dataset_id, parent_dataset_id, transformation, created_at) VALUES
    (pg_temp.id('d2'), pg_temp.id('d1'), E'drop "nulls" \\ & <x>\n--', '2026-03-01 08:30+00'),
    (pg_temp.id('d2'), pg_temp.id('d6'), 'secret', '2026-03-01 08:30+00'),
    (pg_temp.id('d3'), pg_temp.id('d2'), NULL, '2026-03-01 08:30+00');

INSERT INTO models (model_id, model_name, display_name, description, framework, team_id, github_repo, primary_contact) VALUES
    (pg_temp.id('b1'), 'fraud-detector', 'Fraud <detector> "2" &', E'Line 1\nLine 2 \\ "quoted" </script> --> %% & 🚀', 'xgboost', pg_temp.id('71'),
     'https://git.example.com/a"b/{x}#y', 'Ann "A" <ann@example.com>'),
    (pg_temp.id('b2'), 'end', 'end', NULL, 'pytorch', NULL, 'org/repo', NULL);
INSERT INTO model_versions (version_id, model_id, semver, artifact_uri, registered_at, description, git_commit, git_branch, git_tag, artifact_size_bytes, checksum_sha256,
                            framework_version, python_version, model_format) VALUES
    (pg_temp.id('c1'), pg_temp.id('b1'), '1.0.0', 's3://models/fraud 1/', '2026-03-01 09:00+00', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    (pg_temp.id('c2'), pg_temp.id('b1'), '2.0.0-rc.1+build.7', 'runs:/1/modèl', '2026-03-02 12:00+00', E'"2" \\ \x01', 'abcdef0123', 'main "x"', 'v2 \', 12345678901,
     repeat('0f', 32), '2.0 "beta"', '3.11', 'onnx'),
    (pg_temp.id('c3'), pg_temp.id('b2'), '1.0.0', '/models/end', '2026-03-01 09:00+00', NULL, 'abcdef0', NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO version_tags (version_id, tag_id) VALUES (pg_temp.id('c2'), pg_temp.id('82'));
INSERT INTO version_parents (version_id, parent_version_id, relation, created_at) VALUES
    (pg_temp.id('c2'), pg_temp.id('c1'), 'fine-tuned-from', '2026-03-02 12:00+00'), (pg_temp.id('c2'), pg_temp.id('c3'), 'distilled-from', '2026-03-02 12:00+00');

INSERT INTO experiments (experiment_id, project_id, model_id, experiment_name, description, started_at) VALUES
    (pg_temp.id('e1'), current_project_id(), pg_temp.id('b1'), 'Ünïcode "quoted" \ </script> 🚀 %% --> end', E'Why?\n"Because" \\', '2026-03-01 08:00+00'),
    (pg_temp.id('e2'), current_project_id(), NULL, 'end', NULL, '2026-03-01 08:00+00'),
    (pg_temp.id('e3'), pg_temp.id('a1'), NULL, 'secret', 'secret', '2026-03-01 08:00+00');
INSERT INTO training_runs (run_id, experiment_id, version_id, parent_run_id, run_name, status, accuracy, precision_score, loss, custom_metrics, hyperparameters, environment,
                           compute_target, gpu_count, gpu_type, memory_gb, gpu_hours, cpu_hours, estimated_cost_usd, queued_at, started_at, completed_at, exit_code, logs_uri,
                           error_message, source_run_id)
SELECT pg_temp.id(v.id), pg_temp.id(v.experiment), pg_temp.id(v.version), pg_temp.id(v.parent), v.name, v.status, v.accuracy, v.accuracy, v.accuracy,
       v.metrics::jsonb, v.parameters::jsonb, v.environment::jsonb, v.target, 0, v.target, 1.5, 0.25, 0, v.accuracy, '2026-03-02 09:00+00', v.started::timestamptz,
       v.completed::timestamptz, v.exit_code, 's3://logs/ü', v.error, v.source
  FROM (VALUES
    ('f9', 'e3', NULL, NULL, 'secret', 'succeeded', 0.5, '{}', '{"secret": 1}', '{}', NULL, '2026-03-02 09:30+00', '2026-03-02 09:45+00', 0, NULL, NULL),
    ('f1', 'e1', 'c2', 'f9', 'First "run" \', 'succeeded', 0.9876, '{"val/auc (best)": 0.5, "nan": "NaN", "up": "Infinity", "down": "-Infinity", "text": "no metric", "huge": 1e400,
      "accuracy": 0, "nested": {"x": 1}, "\"": -0.0}', '{"lr": 1e-5, "layers": [1, 2], "none": null, "te\"xt": "\\ \u0001 </script>", "": true}', '{"python": "3.11", "x": null}',
     'k8s "a" \', '2026-03-02 10:00:00.123456+00', '2026-03-02 12:00+00', 0, NULL, 'mlflow:"1"'),
    ('f2', 'e1', NULL, 'f1', NULL, 'failed', NULL, '{"text": "no metric"}', '{}', '{"python": "3.11"}', NULL, '2026-03-02 10:00:00.123456+00', '2026-03-02 10:00:00.123456+00',
     137, E'Traceback:\n  "out of memory" \\ \x1b[0m', NULL),
    ('f3', 'e2', NULL, NULL, NULL, 'timeout', NULL, '{}', '{}', '{}', NULL, '2026-03-02 10:00+00', '2026-03-02 12:00+00', NULL, NULL, NULL),
    ('f4', 'e2', NULL, NULL, NULL, 'cancelled', NULL, '{}', '{}', '{}', NULL, NULL, '2026-03-02 09:10+00', NULL, 'not needed', NULL),
    ('f5', 'e2', 'c2', 'f3', NULL, 'running', NULL, '{}', '{}', '{}', NULL, '2026-03-03 00:00+00', NULL, NULL, NULL, NULL),
    ('f6', 'e2', NULL, NULL, NULL, 'queued', NULL, '{}', '{}', '{}', NULL, NULL, NULL, NULL, NULL, NULL),
    ('f7', 'e2', NULL, NULL, NULL, 'cancelled', NULL, '{}', '{}', '{}', NULL, '2026-03-02 10:00+00', '2026-03-02 10:00+00', NULL, NULL, NULL))
    AS v (id, experiment, version, parent, name, status, accuracy, metrics, parameters, environment, target, started, completed, exit_code, error, source);
INSERT INTO run_tags (run_id, tag_id) VALUES (pg_temp.id('f1'), pg_temp.id('82')), (pg_temp.id('f1'), pg_temp.id('81'));
INSERT INTO run_datasets (run_id, dataset_id, dataset_role, dataset_version, split_name, row_count, added_at) VALUES
    (pg_temp.id('f1'), pg_temp.id('d1'), 'train', NULL, 'split "a" \', 80, '2026-03-02 10:00+00'),
    (pg_temp.id('f1'), pg_temp.id('d1'), 'validation', NULL, 'b', 10, '2026-03-02 10:00+00'),
    (pg_temp.id('f1'), pg_temp.id('d1'), 'test', 'v2', NULL, 10, '2026-03-02 10:00+00'),
    (pg_temp.id('f1'), pg_temp.id('d2'), 'train', NULL, NULL, NULL, '2026-03-02 10:00+00'),
    (pg_temp.id('f1'), pg_temp.id('d6'), 'holdout', NULL, 'secret', 5, '2026-03-02 10:00+00'),
    (pg_temp.id('f2'), pg_temp.id('d4'), 'train', NULL, NULL, 0, '2026-03-02 10:00+00'),
    (pg_temp.id('f2'), pg_temp.id('d5'), 'train', NULL, NULL, NULL, '2026-03-02 10:00+00'),
    (pg_temp.id('f3'), pg_temp.id('d3'), 'test', NULL, NULL, NULL, '2026-03-02 10:00+00');

INSERT INTO environments (environment_id, environment_name, environment_type) VALUES (pg_temp.id('92'), 'end', 'production');
INSERT INTO deployments (deployment_id, version_id, environment_id, deployment_name, status, deployed_at) VALUES
    (pg_temp.id('91'), pg_temp.id('c2'), pg_temp.id('92'), 'subgraph', 'active', '2026-03-03 00:00+00');
