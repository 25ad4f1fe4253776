-- Sample data: runs of the default project and of training-lab, with their datasets, tags and curves. A run and its datasets are
-- written in one statement: trigger effect would otherwise add the primary dataset itself.

WITH runs AS (
    INSERT INTO mlregistry.training_runs (run_id, organization_id, project_id, experiment_id, dataset_id, version_id, run_name, status, accuracy,
                                          precision_score, recall_score, f1_score, loss, hyperparameters, environment, compute_target,
                                          instance_type, gpu_count, gpu_type, gpu_hours, cpu_hours, queued_at, started_at, completed_at, exit_code,
                                          started_by, logs_uri, artifacts_uri, notes, created_at, created_by, updated_at, updated_by)
    SELECT mlregistry.sample_id(18, v.n), e.organization_id, e.project_id, e.experiment_id, mlregistry.sample_id(5, v.dataset),
           mlregistry.sample_id(7, v.version), v.run_name, 'succeeded', v.accuracy, v.precision_score, v.recall_score, v.f1_score, v.loss,
           v.hyperparameters::jsonb, v.environment::jsonb, v.compute_target, v.instance_type, v.gpu_count, v.gpu_type, v.gpu_hours, v.cpu_hours,
           now() - v.begun - '5 minutes'::interval, now() - v.begun, now() - v.begun + v.took, 0, e.created_by,
           's3://example-training/' || v.run_name || '/logs', 's3://example-training/' || v.run_name || '/artifacts', v.notes,
           now() - v.begun - '5 minutes'::interval, e.created_by, now() - v.begun + v.took, e.created_by
      FROM (VALUES
        (1, 1, 1, 1, 'sentiment-baseline-001', 0.9234, 0.9156, 0.9312, 0.9233, 0.2876,
         '{"learning_rate": 2e-5, "batch_size": 32, "epochs": 3, "optimizer": "adamw", "warmup_ratio": 0.1}',
         '{"python": "3.11", "torch": "2.1.0", "cuda": "12.1"}', 'k8s-gpu-a100', 'a2-highgpu-4g', 4, 'nvidia-a100', 24.5, 48.0,
         '10 days'::interval, '6 hours'::interval, 'Six languages at once; neutral reviews are the hard ones.'),
        (2, 1, NULL, 2, 'sentiment-finetuned-002', 0.9312, 0.9245, 0.9389, 0.9316, 0.2543,
         '{"learning_rate": 1e-5, "batch_size": 32, "epochs": 2, "optimizer": "adamw", "warmup_ratio": 0.1}',
         '{"python": "3.11", "torch": "2.1.0", "cuda": "12.1"}', 'k8s-gpu-a100', 'a2-highgpu-4g', 4, 'nvidia-a100', 12.3, 24.0,
         '3 days', '4 hours', 'Reviews of the last quarter only.'),
        (3, 2, 2, 3, 'yolo-coco-pretrain-001', 0.8523, 0.8345, 0.8712, 0.8525, 1.2345,
         '{"learning_rate": 0.01, "batch_size": 64, "epochs": 100, "optimizer": "sgd", "momentum": 0.937}',
         '{"python": "3.11", "torch": "2.0.1", "cuda": "11.8"}', 'k8s-gpu-v100', 'n1-standard-96', 8, 'nvidia-v100', 64.2, 128.0,
         '15 days', '40 hours', 'Small backbone, so that it fits the devices at the gates.'))
        AS v (n, experiment, dataset, version, run_name, accuracy, precision_score, recall_score, f1_score, loss, hyperparameters, environment,
              compute_target, instance_type, gpu_count, gpu_type, gpu_hours, cpu_hours, begun, took, notes)
      JOIN mlregistry.experiments e ON e.experiment_id = mlregistry.sample_id(17, v.experiment)
     ORDER BY v.n
    RETURNING run_id, organization_id, project_id, dataset_id, queued_at, created_by
)
INSERT INTO mlregistry.run_datasets (run_id, dataset_id, dataset_role, organization_id, project_id, split_name, row_count, added_at, added_by)
SELECT r.run_id, r.dataset_id, v.dataset_role, r.organization_id, r.project_id, v.dataset_role, v.row_count, r.queued_at, r.created_by
  FROM runs r
  JOIN (VALUES
    (1, 'train', 1000000), (1, 'validation', 125000), (1, 'test', 125000),
    (3, 'train', 450000), (3, 'validation', 50000))
    AS v (run, dataset_role, row_count) ON r.run_id = mlregistry.sample_id(18, v.run);

-- Each at 1 percent of the time that the run took: falling to what it ended with, by noise that is the same every time.
INSERT INTO mlregistry.run_metrics (organization_id, project_id, run_id, metric_name, step, value, recorded_at)
SELECT r.organization_id, r.project_id, r.run_id, 'loss', s.step,
       round((r.loss * (1 + 4 * exp(-0.06 * s.step)
                        + CASE WHEN s.step < 100 THEN 0.04 * (mod(s.step * 37, 19) - 9) / 9 ELSE -4 * exp(-6.0) END))::numeric, 6),
       r.started_at + (r.completed_at - r.started_at) * s.step / 100
  FROM mlregistry.training_runs r
 CROSS JOIN generate_series(1, 100) AS s (step)
 WHERE r.run_id BETWEEN mlregistry.sample_id(18, 1) AND mlregistry.sample_id(18, 3);

WITH runs AS (
    INSERT INTO mlregistry.training_runs (run_id, organization_id, project_id, experiment_id, dataset_id, run_name, status, accuracy, loss,
                                          precision_score, recall_score, f1_score, hyperparameters, compute_target, gpu_count, gpu_type, gpu_hours,
                                          cpu_hours, queued_at, started_at, completed_at, exit_code, started_by, error_message, created_at,
                                          created_by, updated_at, updated_by)
    SELECT mlregistry.sample_id(18, v.n), e.organization_id, e.project_id, e.experiment_id, mlregistry.sample_id(5, v.n),
           replace(e.experiment_name, 'exp-', '') || '-run-1', v.status, v.accuracy, v.loss, v.precision_score, v.recall_score, v.f1_score,
           v.hyperparameters::jsonb, v.compute_target, v.gpu_count, v.gpu_type, v.gpu_hours, v.cpu_hours, now() - v.age, now() - v.age + v.waited,
           now() - v.ended, v.exit_code, e.created_by, v.error_message, now() - v.age, e.created_by,
           now() - coalesce(v.ended, v.age - coalesce(v.waited, '0')), e.created_by
      FROM (VALUES
        (101, 'succeeded', 0.9234, 0.2876, 0.9156, 0.9312, 0.9233, '{"learning_rate": 0.1, "batch_size": 256, "epochs": 90, "optimizer": "sgd"}',
         'k8s-gpu-a100', 2, 'nvidia-a100', 24.5, 2.1, '5 days'::interval, '10 minutes'::interval, '4 days 1 hour'::interval, 0, NULL),
        (102, 'succeeded', 0.8923, 0.3245, 0.8856, 0.8991, 0.8923, '{"learning_rate": 3e-5, "batch_size": 16, "epochs": 4, "optimizer": "adamw"}',
         'aws-sagemaker-p3', 2, 'nvidia-v100', 16.2, 1.5, '7 days', '5 minutes', '6 days 8 hours', 0, NULL),
        (103, 'succeeded', NULL, 0.1234, NULL, NULL, NULL, '{"factors": 100, "regularization": 0.02, "epochs": 20}',
         'on-premise-cpu', 0, NULL, 0, 45.6, '3 days', '2 minutes', '2 days 20 hours', 0, NULL),
        (104, 'succeeded', 0.7845, 1.2345, 0.7623, 0.8012, 0.7812, '{"learning_rate": 0.01, "batch_size": 64, "epochs": 300, "optimizer": "sgd"}',
         'gcp-vertex-ai-v100', 1, 'nvidia-v100', 32.4, 3.2, '10 days', '15 minutes', '8 days 12 hours', 0, NULL),
        (105, 'succeeded', NULL, 0.0456, NULL, NULL, NULL, '{"learning_rate": 0.001, "batch_size": 128, "epochs": 60, "optimizer": "adam", "units": 256}',
         'aws-batch-gpu', 1, 'nvidia-t4', 8.7, 0.9, '2 days', '3 minutes', '1 day 14 hours', 0, NULL),
        (106, 'succeeded', 0.9567, 0.1234, 0.9423, 0.9689, 0.9554, '{"learning_rate": 0.05, "max_depth": 8, "n_estimators": 1200, "scale_pos_weight": 577}',
         'aws-batch-cpu', 0, NULL, 0, 8.9, '1 day', '2 minutes', '15 hours 15 minutes', 0, NULL),
        (107, 'succeeded', 0.8834, 0.2145, 0.8756, 0.8912, 0.8833, '{"learning_rate": 0.0003, "batch_size": 8, "epochs": 120, "optimizer": "adam", "loss": "dice"}',
         'k8s-gpu-v100', 2, 'nvidia-v100', 18.9, 1.8, '9 days', '12 minutes', '8 days 6 hours', 0, NULL),
        (108, 'succeeded', NULL, 0.0892, NULL, NULL, NULL, '{"changepoint_prior_scale": 0.05, "seasonality": "multiplicative"}',
         'on-premise-cpu', 0, NULL, 0, 2.3, '5 days', '1 minute', '4 days 21 hours 45 minutes', 0, NULL),
        (109, 'succeeded', 0.8145, 1.0234, 0.8012, 0.8289, 0.8145, '{"learning_rate": 3e-5, "batch_size": 12, "epochs": 3, "optimizer": "adamw"}',
         'gcp-vertex-ai-t4', 2, 'nvidia-t4', 12.4, 1.2, '11 days', '8 minutes', '10 days 14 hours', 0, NULL),
        (110, 'succeeded', NULL, NULL, NULL, NULL, NULL, '{"learning_rate": 0.0001, "batch_size": 16, "iterations": 400000, "optimizer": "adam"}',
         'k8s-gpu-a100', 2, 'nvidia-a100', 28.6, 2.4, '6 days', '18 minutes', '5 days 4 hours', 0, NULL),
        (111, 'succeeded', 0.9123, 0.2567, 0.9045, 0.9201, 0.9122, '{"learning_rate": 0.001, "batch_size": 64, "epochs": 80, "optimizer": "adam"}',
         'aws-sagemaker-ml-p2', 2, 'nvidia-k80', 6.8, 0.7, '3 days', '4 minutes', '2 days 18 hours', 0, NULL),
        (112, 'succeeded', 0.9456, 0.1892, 0.9423, 0.9489, 0.9456, '{"learning_rate": 1e-5, "batch_size": 1280, "epochs": 1, "optimizer": "adamw"}',
         'gcp-vertex-ai-a100', 80, 'nvidia-a100', 18.5, 1.7, '30 minutes', '5 minutes', '10 minutes', 0, NULL),
        (113, 'failed', NULL, NULL, NULL, NULL, NULL, '{"learning_rate": 0.002, "batch_size": 64, "gamma": 6.6, "optimizer": "adam"}',
         'k8s-gpu-a100', 2, 'nvidia-a100', 12.3, 1.1, '1 day', '8 minutes', '11 hours 40 minutes', 137,
         'CUDA out of memory: tried to allocate 2.50 GiB, 1.12 GiB free of 39.59 GiB'),
        (114, 'failed', NULL, NULL, NULL, NULL, NULL, '{"learning_rate": 0.001, "batch_size": 512, "steps": 260000, "optimizer": "adafactor"}',
         'gcp-tpu-v3', 0, NULL, 0, 156.3, '4 days', '20 minutes', '3 days 18 hours', 1,
         'TPU memory exhausted: 17.2 GiB of 16.0 GiB of HBM needed for the step'),
        (115, 'failed', NULL, NULL, NULL, NULL, NULL, '{"learning_rate": 0.01, "batch_size": 1024, "latent": 8, "optimizer": "adam"}',
         'on-premise-gpu', 2, 'nvidia-v100', 3.2, 0.4, '6 days', '5 minutes', '5 days 20 hours 48 minutes', 1,
         'loss is NaN at step 48210; the learning rate is too high'),
        (116, 'running', NULL, NULL, NULL, NULL, NULL, '{"learning_rate": 0.0002, "batch_size": 128, "epochs": 3, "lora_rank": 16, "optimizer": "adamw"}',
         'aws-p4d-24xlarge', 16, 'nvidia-a100', 48.5, 4.2, '6 hours', '5 minutes', NULL, NULL, NULL),
        (117, 'running', NULL, NULL, NULL, NULL, NULL, '{"learning_rate": 0.0005, "batch_size": 32768, "epochs": 32, "optimizer": "adamw"}',
         'k8s-gpu-a100-cluster', 4, 'nvidia-a100', 156.2, 12.3, '2 days 4 hours', '10 minutes', NULL, NULL, NULL),
        (118, 'queued', NULL, NULL, NULL, NULL, NULL, '{"learning_rate": 0.00025, "batch_size": 256, "clip": 0.1, "optimizer": "adam"}',
         'on-premise-gpu', 1, 'nvidia-v100', 0, 0, '15 minutes', NULL, NULL, NULL, NULL),
        (119, 'cancelled', NULL, NULL, NULL, NULL, NULL, '{"learning_rate": 0.001, "batch_size": 128, "layers": 5, "optimizer": "adam"}',
         'aws-batch-cpu', 0, NULL, 0, 12.3, '8 days', '10 minutes', '7 days 21 hours 55 minutes', NULL, NULL),
        (120, 'timeout', NULL, NULL, NULL, NULL, NULL, '{"trials": 1000, "epochs_per_trial": 12, "controller": "evolution"}',
         'gcp-tpu-v4', 0, NULL, 0, 456.7, '12 days', '30 minutes', '10 days', 124, 'stopped: the budget of 48 hours was used up after 731 of 1000 trials'))
        AS v (n, status, accuracy, loss, precision_score, recall_score, f1_score, hyperparameters, compute_target, gpu_count, gpu_type, gpu_hours,
              cpu_hours, age, waited, ended, exit_code, error_message)
      JOIN mlregistry.experiments e ON e.experiment_id = mlregistry.sample_id(17, v.n)
     ORDER BY v.n
    RETURNING run_id, organization_id, project_id, dataset_id, queued_at, created_by
)
INSERT INTO mlregistry.run_datasets (run_id, dataset_id, organization_id, project_id, row_count, added_at, added_by)
SELECT r.run_id, r.dataset_id, r.organization_id, r.project_id, d.row_count, r.queued_at, r.created_by
  FROM runs r
  JOIN mlregistry.datasets d USING (dataset_id);

INSERT INTO mlregistry.run_tags (run_id, tag_id, organization_id, project_id, added_at, added_by)
SELECT r.run_id, t.tag_id, r.organization_id, r.project_id, r.queued_at, r.created_by
  FROM (VALUES (1, 'nlp'), (1, 'classification'), (2, 'nlp'), (2, 'classification'), (3, 'computer-vision'), (3, 'detection')) AS v (run, tag_name)
  JOIN mlregistry.training_runs r ON r.run_id = mlregistry.sample_id(18, v.run)
  JOIN mlregistry.tags t ON t.organization_id = r.organization_id AND t.tag_name = v.tag_name;
