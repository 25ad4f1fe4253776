-- Analytics over the sample data (docs/design/data-model.md, section 6). Times are those of loading: ages and days are not printed.
SET search_path = public, mlregistry;
SET TimeZone = 'UTC';
\set SHOW_CONTEXT never
SELECT count(*) > 20 AS loaded FROM load_sample_data();

-- models: training-lab has 12 succeeded, 3 failed, 2 running, 1 queued, 1 cancelled, 1 timeout; default 3 succeeded
SELECT model_name, team_name, framework, risk_level, is_active, version_count AS v, latest_version, production_version, experiments AS e, runs,
       succeeded, success_rate, best_accuracy, right(best_run_id::text, 3) AS best, gpu_hours, cpu_hours, cost_usd
  FROM model_summary(project => 'default');
SELECT count(*) AS models, sum(runs) AS runs, sum(active_runs) AS active, sum(succeeded) AS succeeded, sum(failed) AS failed,
       sum(timed_out) AS timed_out, sum(cancelled) AS cancelled, sum(gpu_hours) AS gpu_hours, sum(cost_usd) AS cost
  FROM model_summary() GROUP BY project_slug ORDER BY project_slug;
SELECT model_name, runs, success_rate, last_success_at IS NULL AS never FROM model_summary('training-lab/graph-neural-network');
SELECT model_name, failed, success_rate FROM model_summary('gan-image-generation', project => 'training-lab');
SELECT project_slug, model_name FROM model_summary(max_rows => 2, after => 'default/revenue-forecaster');
SELECT count(*) FROM model_summary(active => false);
SELECT s.last_run_at = r.queued_at AS queued, s.last_success_at = r.completed_at AS done, v.registered_at = s.last_version_at AS version
  FROM model_summary('sentiment-classifier-v2') s, v_training_runs r, resolve('sentiment-classifier-v2@2.1.0') v WHERE r.run_name = 'sentiment-finetuned-002';
SELECT model_summary('nothing');
SELECT model_summary(project => 'nowhere');

-- teams: 24.5 + 12.3 GPU hours at 2.50 are 92.00; what belongs to no team are the 20 of training-lab
SELECT team_name, department, models AS m, active_models AS a, versions AS v, in_production AS p, datasets AS d, runs, active_runs, succeeded, failed,
       timed_out, cancelled, success_rate, gpu_hours, cpu_hours, cost_usd FROM team_metrics();
SELECT team_name, runs, cost_usd, models FROM team_metrics(since => now() - interval '4 days', until => now() - interval '1 hour', max_rows => 2);

-- cost: GPU hours at the price of gpu_types, 2.50 for nvidia-k80, which is not in it
SELECT project_slug, name, runs, succeeded, gpu_hours, cpu_hours, cost_usd, percent, cost_per_success_usd FROM cost_summary(max_rows => 5);
SELECT name, runs, succeeded, failed, timed_out, cancelled, gpu_hours, cpu_hours, cost_usd, percent, cost_per_success_usd FROM cost_summary('team');
SELECT name, runs, succeeded, failed, timed_out, cancelled, gpu_hours, cpu_hours, cost_usd, percent, cost_per_success_usd FROM cost_summary('framework');
SELECT name, runs, gpu_hours, cpu_hours, cost_usd FROM cost_summary('compute_target');
SELECT name, runs, gpu_hours, cost_usd FROM cost_summary('gpu_type');
SELECT project_slug, name, runs, gpu_hours, cost_usd, percent FROM cost_summary('project');
SELECT project_slug, name, runs, cost_usd FROM cost_summary('experiment', project => 'default');
-- however it is grouped, it is the same money: 968.00 + 252.50
SELECT b, sum(runs) AS runs, sum(cost_usd) AS cost, round(sum(percent)) AS percent
  FROM unnest('{model,team,experiment,framework,compute_target,gpu_type,project}'::text[]) AS b, cost_summary(b) GROUP BY b ORDER BY b;
SELECT p, sum(runs) AS runs, sum(cost_usd) AS cost, bool_and(period_start = date_trunc(p, period_start, 'UTC')) AS at_start
  FROM unnest('{day,week,month,quarter,year}'::text[]) AS p, cost_summary('framework', p) GROUP BY p ORDER BY p;
-- a week: not the runs of 7, 8, 9, 10, 11, 12 and 15 days ago
SELECT sum(runs) AS runs, sum(cost_usd) AS cost FROM cost_summary(since => now() - interval '6 days 12 hours');
SELECT sum(runs) AS runs, sum(cost_usd) AS cost FROM cost_summary(until => now() - interval '6 days 12 hours');
SELECT cost_summary('colour');
SELECT cost_summary(NULL);
SELECT cost_summary(period => 'hour');
SELECT cost_summary(project => 'training-lap');
SELECT cost_summary(max_rows => -1);

-- what was estimated, another price, and what is deleted
BEGIN;
UPDATE training_runs SET estimated_cost_usd = 1000 WHERE run_name = 'yolo-coco-pretrain-001';
UPDATE gpu_types SET price_per_hour_usd = 4 WHERE name = 'nvidia-a100';
SELECT name, cost_usd FROM cost_summary(project => 'default');
SELECT run_name, cost_usd, is_estimate FROM expensive_runs(project => 'default');
UPDATE training_runs SET deleted_at = now() WHERE run_name = 'yolo-coco-pretrain-001';
UPDATE experiments SET deleted_at = now() WHERE experiment_name = 'bert-sentiment-q1-2025';
SELECT count(*) FROM cost_summary(project => 'default');
SELECT runs, cost_usd, version_count FROM model_summary('sentiment-classifier-v2');
SELECT sum(runs) FROM team_metrics();
ROLLBACK;

-- frameworks: of pytorch 8 succeeded and 1 failed: 0.8889; accuracy of (.9234 .9312 .8523 .9234 .7845 .8834 .9456) is .8920 in the mean
SELECT framework, models AS m, runs, active_runs AS act, succeeded AS s, failed AS f, timed_out AS t, cancelled AS c, success_rate, mean_accuracy, best_accuracy,
       gpu_hours, cost_usd, cost_per_success_usd FROM framework_comparison();
-- durations: the two of sklearn took 3 h 58 min and 2 h 14 min; they waited 2 and 1 minute
SELECT framework, mean_duration, median_duration, mean_wait FROM framework_comparison();
SELECT framework, runs FROM framework_comparison(min_runs => 3, project => 'training-lab');
SELECT framework, runs FROM framework_comparison(max_rows => 1);
SELECT framework_comparison(min_runs => -1);

-- where they ran: of 2 GPUs for 22 h 50 min 24.5 GPU hours are 0.5365, of 4 for 6 h and 4 for 4 h 36.8 are 0.92
SELECT compute_target, runs, queued AS q, running AS r, succeeded AS s, failed AS f, timed_out AS t, cancelled AS c, success_rate, gpu_hours, cpu_hours, cost_usd
  FROM compute_utilization();
SELECT compute_target, mean_wait, mean_duration, gpu_hours_reserved, gpu_utilization FROM compute_utilization() WHERE running = 0;
SELECT compute_target, gpu_hours_reserved, gpu_utilization FROM compute_utilization(project => 'default');
SELECT compute_target, round(gpu_hours_reserved) AS reserved, round(gpu_utilization, 2) AS utilization FROM compute_utilization(project => 'training-lab') WHERE running = 1;
SELECT compute_target FROM compute_utilization(max_rows => 1);

-- days
SELECT count(*) AS days, max(day) = (now() AT TIME ZONE 'UTC')::date AS today, sum(queued) AS queued, sum(started) AS started, sum(finished) AS finished,
       sum(succeeded) AS succeeded, sum(failed) AS failed, sum(timed_out) AS timed_out, sum(cancelled) AS cancelled, sum(gpu_hours) AS gpu_hours,
       sum(cpu_hours) AS cpu_hours, sum(cost_usd) AS cost, sum(models) AS models, sum(versions) AS versions FROM daily_activity(400);
SELECT count(*) FROM daily_activity();
-- with times that are given: a run that is queued on one day and ends on the next, and the edges of a day
BEGIN;
SELECT use_project('default');
INSERT INTO experiments (experiment_name, started_at) VALUES ('edges', '2024-01-01');
INSERT INTO models (model_name, created_at) VALUES ('of-old', '2024-02-28 12:00+00');
INSERT INTO model_versions (model_id, semver, framework, artifact_uri, registered_at) SELECT model_id, '1.0.0', 'sklearn', 's3://m/1', '2024-03-01 00:00+00' FROM models WHERE model_name = 'of-old';
INSERT INTO training_runs (experiment_id, status, queued_at, started_at, completed_at, gpu_hours, gpu_type)
SELECT experiment_id, v.* FROM experiments, (VALUES
    ('succeeded', timestamptz '2024-02-28 23:59:59.999999+00', timestamptz '2024-02-29 00:00+00', timestamptz '2024-03-01 01:00+00', 10, 'nvidia-t4'),
    ('failed', '2024-02-29 00:00+00', '2024-02-29 00:00+00', '2024-02-29 23:59:59.999999+00', 2, NULL),
    ('cancelled', '2024-02-29 05:00+02', NULL, '2024-02-29 06:00+00', 0, NULL),
    ('timeout', '2024-03-01 00:00+00', '2024-03-01 00:00+00', '2024-03-02 00:00+00', 1, NULL)) AS v WHERE experiment_name = 'edges';
SELECT * FROM daily_activity(5, until => '2024-03-02 23:59+00');
SET LOCAL TimeZone = 'Pacific/Auckland';
SELECT day, queued, gpu_hours FROM daily_activity(2, until => '2024-02-29 23:00+00', project => 'default');
SELECT period_start AT TIME ZONE 'UTC' AS month, name, runs, gpu_hours, cost_usd, percent FROM cost_summary('experiment', 'month', until => '2024-04-01 00:00+00');
SELECT sum(queued) FROM daily_activity(5, until => '2024-03-02 23:59+00', project => 'training-lab');
ROLLBACK;
SELECT daily_activity(0);
SELECT daily_activity(NULL);
SELECT daily_activity(until => 'infinity');

-- failures: 3 failed and 1 timeout, the latter 10 days ago
SELECT project_slug, experiment_name, run_number AS n, framework, status, error_message, exit_code, compute_target, duration, cost_usd, started_by, retries FROM recent_failures();
SELECT run_name, status FROM recent_failures(NULL);
SELECT run_name FROM recent_failures('12 days', max_rows => 1);
SELECT count(*) FROM recent_failures('1 hour');
SELECT count(*) FROM recent_failures(project => 'default');
SELECT recent_failures('-1 day');

-- what somebody should look at
SELECT experiment_name, status, reasons, accuracy, loss, cost_usd FROM runs_needing_review();
SELECT experiment_name, reasons FROM runs_needing_review(min_accuracy => 0.9, max_loss => 1, max_cost_usd => 100, within => '5 days 12 hours');
SELECT count(*) FROM runs_needing_review(NULL, NULL, NULL, NULL);
SELECT count(*) FROM runs_needing_review(project => 'default');
BEGIN;
SELECT use_project('training-lab');
-- a retry, a tag, a number that one has put among the custom metrics, a point of a curve: it is no longer on the list
INSERT INTO training_runs (experiment_id, parent_run_id) SELECT experiment_id, run_id FROM training_runs WHERE run_name = 'stylegan3-highres-run-1';
INSERT INTO tags (tag_name) VALUES ('reviewed');
INSERT INTO run_tags (run_id, tag_id) SELECT run_id, tag_id FROM training_runs, tags WHERE run_name = 't5-en-fr-run-1' AND tag_name = 'reviewed';
UPDATE training_runs SET custom_metrics = '{"psnr": 29.1}' WHERE run_name = 'esrgan-4x-upscale-run-1';
UPDATE training_runs SET loss = 'NaN' WHERE run_name = 'vae-network-intrusion-run-1';
SELECT run_name, reasons FROM runs_needing_review();
SELECT run_name, retries FROM recent_failures(max_rows => 1);
SELECT run_name FROM runs_needing_review(reviewed_tag => NULL) WHERE run_name LIKE 't5%';
UPDATE training_runs SET custom_metrics = '{}' WHERE run_name = 'esrgan-4x-upscale-run-1';
SELECT count(*) FROM runs_needing_review() WHERE run_name = 'esrgan-4x-upscale-run-1';
INSERT INTO run_metrics (run_id, metric_name, value) SELECT run_id, 'psnr', 29.1 FROM training_runs WHERE run_name = 'esrgan-4x-upscale-run-1';
SELECT count(*) FROM runs_needing_review() WHERE run_name = 'esrgan-4x-upscale-run-1';
ROLLBACK;
SELECT runs_needing_review(min_accuracy => -0.1);
SELECT runs_needing_review(min_accuracy => 80);
SELECT runs_needing_review(min_accuracy => 'NaN');
SELECT runs_needing_review(max_cost_usd => 'NaN');

-- what costs: 390.50 of 1220.50 are 32.0 %
SELECT run_name, status, compute_target, gpu_type, gpu_hours, cost_usd, is_estimate, percent FROM expensive_runs();
SELECT run_name, percent FROM expensive_runs(80, since => now() - interval '11 days', until => now() - interval '3 days', max_rows => 2);
SELECT count(*) FROM expensive_runs(NULL);
SELECT expensive_runs(-1);

-- what runs for long, and what waits
SELECT run_name, running_for BETWEEN '2 days 3:50' AND '2 days 4:00' AS for_two_days, usual, times_usual, gpu_count, gpu_hours, cost_usd, started_by FROM long_running();
SELECT run_name FROM long_running('1 hour');
SELECT run_name FROM long_running(NULL, max_rows => 1);
SELECT count(*) FROM long_running('3 days');
SELECT long_running('-1 s');
BEGIN;
-- runs of the model took 6 h and 4 h: usually 5 h; now one has run for 15
SELECT use_project('default');
INSERT INTO training_runs (experiment_id, run_name, status, queued_at, started_at)
SELECT experiment_id, 'again', 'running', now() - interval '15 hours', now() - interval '15 hours' FROM experiments WHERE experiment_name = 'bert-sentiment-q1-2025';
SELECT run_name, running_for, usual, times_usual FROM long_running('10 hours', project => 'default');
ROLLBACK;
SELECT compute_target, queued, running, gpus_wanted, gpus_in_use, longest_wait BETWEEN '15 minutes' AND '25 minutes' AS waits, longest_wait = mean_wait AS alone,
       right(oldest_run_id::text, 3) AS oldest FROM queue_depth();
SELECT count(*) FROM queue_depth('default');
SELECT count(*) FROM queue_depth(max_rows => 2);

-- what should be trained again
SELECT project_slug, model_name, team_name, reason, latest_version, failed_since AS failed, active_runs AS active, date_trunc('day', age) AS age FROM models_needing_retraining(9);
SELECT model_name, reason FROM models_needing_retraining(new_data => true) WHERE reason <> 'never trained';
SELECT count(*), min(reason) FROM models_needing_retraining(NULL);
SELECT model_name FROM models_needing_retraining(0, project => 'default', max_rows => 2);
SELECT models_needing_retraining(-1);
BEGIN;
UPDATE models SET is_active = false WHERE model_name = 'gan-image-generation';
UPDATE models SET deleted_at = now() WHERE model_name = 'graph-neural-network';
SELECT count(*) FROM models_needing_retraining();
ROLLBACK;

-- versions: 420.5 and 425.8 MB, a week apart
SELECT model_name, versions AS n, releases, prereleases AS pre, highest, development AS dev, staging, production AS prod, archived AS arch, validated, deprecated AS depr,
       mean_interval, registered_last_30_days AS recent, artifact_bytes, runs FROM version_statistics();
SELECT count(*) FROM version_statistics('training-lab');
SELECT model_name FROM version_statistics(max_rows => 1);
BEGIN;
SELECT count(*) FROM unnest('{2.2.0-rc.1,2.2.0-rc.2}'::semver[]) AS s, register_version('sentiment-classifier-v2', s, 's3://x/{version}');
UPDATE model_versions SET status = 'deprecated' WHERE semver = '2.2.0-rc.1';
UPDATE model_versions SET deleted_at = now() WHERE semver = '2.2.0-rc.2';
SELECT versions, releases, prereleases, highest, development, deprecated FROM version_statistics(max_rows => 1);
ROLLBACK;

-- each organization has its own, and whoever may read little counts little
CREATE ROLE regress_analyst LOGIN;
SELECT level FROM grant_access('regress_analyst', 'reader', organization => 'acme');
SELECT use_organization('acme'), use_project('customer-analytics');
INSERT INTO experiments (experiment_name) VALUES ('exp-churn');
INSERT INTO training_runs (experiment_id, model_id, status, gpu_hours)
SELECT experiment_id, find_model('churn-predictor'), 'failed', 3 FROM experiments WHERE experiment_name = 'exp-churn';
SELECT use_organization(NULL);
SET SESSION AUTHORIZATION regress_analyst;
SELECT model_name, version_count, runs FROM model_summary();
SELECT name, runs, cost_usd, percent FROM cost_summary();
SELECT count(*) FROM recent_failures(NULL);
SELECT team_name, models, runs FROM team_metrics();
SELECT use_organization('default');
RESET SESSION AUTHORIZATION;
DELETE FROM experiments WHERE experiment_name = 'exp-churn';
-- an empty organization: no row, or rows of nothing
SELECT use_organization('acme');
SELECT count(*) FROM framework_comparison();
SELECT count(*), sum(queued), sum(cost_usd), sum(gpu_hours) FROM daily_activity(7);
SELECT count(*) FROM queue_depth();
SELECT model_name, reason, latest_version FROM models_needing_retraining(0);
SELECT model_name, versions, production FROM version_statistics();
SELECT use_organization('default');
SELECT use_organization(NULL);
SELECT cost_summary();
DROP OWNED BY regress_analyst;
DROP ROLE regress_analyst;

-- leave a clean registry behind
SELECT uninstall(confirm => 'mlregistry') IS NOT NULL AS uninstalled;
SELECT install() IS NOT NULL AS installed;
