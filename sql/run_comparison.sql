-- Runs beside each other: side by side, by groups, ranked, in their order.
SET search_path = public, mlregistry;
\set SHOW_CONTEXT never
\pset null '-'

SELECT experiment_name FROM create_experiment('optimizers', description => 'adam or sgd?');
-- Scores that can be checked by hand: adam 0.90, 0.92, 0.94; sgd 0.80, 0.84, 0.88; one without; one that failed; one that diverged.
INSERT INTO training_runs (experiment_id, run_name, status, accuracy, loss, hyperparameters, custom_metrics, environment, gpu_hours, duration_seconds, error_message,
                           queued_at, started_at, completed_at)
SELECT find_experiment('optimizers'), v.run_name, v.status, v.accuracy, v.loss, v.parameters::jsonb, v.metrics::jsonb, '{"torch": "2.1"}', v.hours, v.hours * 3600, v.error,
       '2026-01-01 00:00+00'::timestamptz + make_interval(hours => v.n), '2026-01-01 00:00+00'::timestamptz + make_interval(hours => v.n), '2026-01-03 00:00+00'
  FROM (VALUES
    (1, 'adam-1', 'succeeded', 0.90, 0.30, '{"optimizer": "adam", "lr": 0.1, "layers": 2}', '{"map": 0.5}', 1.0, NULL),
    (2, 'adam-2', 'succeeded', 0.92, 0.25, '{"optimizer": "adam", "lr": 0.10, "layers": 3}', '{"map": 0.6}', 2.0, NULL),
    (3, 'sgd-1', 'succeeded', 0.80, 0.50, '{"optimizer": "sgd", "lr": 0.1, "layers": 2}', '{"map": "Infinity"}', 1.0, NULL),
    (4, 'sgd-2', 'succeeded', 0.84, 0.45, '{"optimizer": "sgd", "lr": 0.2, "layers": 2}', '{"map": "NaN"}', 1.5, NULL),
    (5, 'adam-3', 'succeeded', 0.94, 0.20, '{"optimizer": "adam", "lr": 0.2, "layers": 3}', '{"map": 0.6, "note": "text"}', 3.0, NULL),
    (6, 'sgd-3', 'succeeded', 0.88, 0.40, '{"optimizer": "sgd", "lr": 0.2, "layers": 3}', '{}', 0.5, NULL),
    (7, 'plain', 'succeeded', NULL, NULL, '{}', '{}', 0.1, NULL),
    (8, 'broken', 'failed', 0.99, NULL, '{"optimizer": "adam"}', '{}', 0.2, 'NaN in layer 3'),
    (9, 'tied', 'succeeded', 0.94, 'NaN', '{"optimizer": "lion", "lr": 0.1}', '{}', 4.0, NULL))
    AS v (n, run_name, status, accuracy, loss, parameters, metrics, hours, error)
 ORDER BY v.n;
-- curves: the last recorded of a step counts; the best is not the last
SELECT log_metrics(run_id, '{val_loss,val_loss,val_loss,val_acc}', '{0.9,0.4,0.6,0.7}', '{1,2,3,3}') FROM training_runs WHERE run_name = 'adam-1';
SELECT log_metric(run_id, 'val_loss', 0.5, 2), log_metric(run_id, 'val_loss', 'NaN', 1) FROM training_runs WHERE run_name = 'adam-1';
SELECT log_metrics(run_id, '{val_loss,val_loss}', '{0.55,0.52}', '{1,2}') FROM training_runs WHERE run_name = 'adam-2';
SELECT log_metrics(run_id, '{val_loss,val_loss}', '{0.3,NaN}', '{1,2}') FROM training_runs WHERE run_name = 'sgd-1';

-- one value of a run
SELECT r.run_name, m.metric, (run_metric(r.run_id, m.metric)).*
  FROM training_runs r, (VALUES (1, 'accuracy'), (2, 'map'), (3, 'val_loss'), (4, 'duration_seconds'), (5, 'cost_usd'), (6, 'note'), (7, 'none')) AS m (n, metric)
 WHERE r.run_name IN ('adam-1', 'sgd-1', 'adam-3') ORDER BY r.run_name, m.n;

-- ranked: equals share a place, the older stands before the younger
SELECT rank, run_name, metric_value, behind, status FROM leaderboard('optimizers');
SELECT rank, run_name, metric_value, behind FROM leaderboard('optimizers', 'loss');
SELECT rank, run_name, metric_value, behind FROM leaderboard('optimizers', 'loss', 'maximize', max_rows => 2);
SELECT rank, run_name, metric_value, behind FROM leaderboard('optimizers', 'map');
SELECT rank, run_name, metric_value, behind, best_step FROM leaderboard('optimizers', 'val_loss');
SELECT rank, run_name, metric_value, behind, best_step FROM leaderboard('optimizers', 'val_loss', best_of_curve => true);
SELECT rank, run_name, metric_value FROM leaderboard('optimizers', 'gpu_hours', 'minimize', max_rows => 3);
SELECT rank, run_name, status FROM leaderboard('optimizers', status => NULL, max_rows => 3);
SELECT rank, run_name, status FROM leaderboard('optimizers', status => '{failed}');
SELECT rank, run_name FROM leaderboard('optimizers', max_rows => 2, after => (SELECT run_id FROM training_runs WHERE run_name = 'adam-3'));
SELECT rank, run_name FROM leaderboard('optimizers', after => (SELECT run_id FROM training_runs WHERE run_name = 'sgd-2'));
SELECT run_name, metric_value, parameters, cost_usd FROM best_run('optimizers');
SELECT run_name, metric_value FROM best_run('optimizers', 'loss');
SELECT run_name, metric_value FROM best_run('optimizers', 'val_loss', best_of_curve => true);
SELECT run_name FROM best_run(find_experiment('optimizers'), 'accuracy', 'minimize');
SELECT count(*) FROM best_run('optimizers', 'auc_roc');
SELECT best_run('optimizers', 'acuracy');
SELECT best_run('optimizers', 'val_los');
SELECT best_run('optimizers', 'something else');
SELECT best_run('optimizers', NULL);
SELECT best_run('optimiser');
SELECT best_run('00000000-0000-0000-0000-000000000000'::uuid);
SELECT leaderboard('optimizers', goal => 'best');
SELECT leaderboard('optimizers', status => '{good}');
SELECT leaderboard('optimizers', max_rows => -1);
SELECT leaderboard('optimizers', after => '00000000-0000-0000-0000-000000000000');
-- the same in another way
SELECT bool_and(l.run_id = o.run_id AND l.rank = o.rank) AS same
  FROM (SELECT row_number() OVER () AS n, run_id, rank FROM leaderboard('optimizers')) AS l
  FULL JOIN (SELECT row_number() OVER (ORDER BY accuracy DESC, queued_at) AS n, run_id, rank() OVER (ORDER BY accuracy DESC) AS rank
               FROM training_runs WHERE status = 'succeeded' AND accuracy IS NOT NULL) AS o USING (n);

-- side by side, in the order that was asked for
SELECT array_agg(run_id ORDER BY array_position('{adam-1,adam-2,sgd-1}', run_name)) AS three FROM training_runs WHERE run_name IN ('adam-1', 'adam-2', 'sgd-1') \gset
SELECT kind, name, differs, run_values, spread, (SELECT r.run_name FROM training_runs r WHERE r.run_id = best_run) AS best FROM compare_runs(:'three');
SELECT bool_and(NOT differs) AS nothing FROM compare_runs((SELECT array_agg(run_id ORDER BY run_id) FROM training_runs WHERE run_name IN ('adam-1', 'adam-2'))) WHERE kind IN ('environment') OR name = 'lr';
SELECT compare_runs(NULL);
SELECT compare_runs('{}');
SELECT compare_runs(ARRAY[(:'three'::uuid[])[1], (:'three'::uuid[])[1]]);
SELECT compare_runs(ARRAY[(:'three'::uuid[])[1], NULL]);
SELECT compare_runs(ARRAY[(:'three'::uuid[])[1], '00000000-0000-0000-0000-000000000000']);
SELECT compare_runs(ARRAY(SELECT gen_random_uuid() FROM generate_series(1, 1001)));

-- by groups of a parameter: mean, deviation and Welch's test against the best
SELECT array_agg(run_id ORDER BY run_number) AS everything FROM training_runs \gset
SELECT metric_name, parameter_value, n, round(mean::numeric, 6) AS mean, round(deviation::numeric, 6) AS deviation, minimum, maximum, compared_with,
       round(difference::numeric, 6) AS difference, round(t::numeric, 6) AS t, round(degrees::numeric, 6) AS degrees, round(p::numeric, 6) AS p
  FROM compare_runs(:'everything', group_by => 'optimizer', metrics => '{accuracy,loss,map}');
SELECT parameter_value, n, compared_with, round(difference::numeric, 6) AS difference, round(p::numeric, 6) AS p
  FROM compare_runs(:'everything', group_by => 'optimizer', metrics => '{accuracy}', baseline => 'sgd');
-- 0.1 and 0.10 are one value
SELECT parameter_value, n, round(mean::numeric, 6) AS mean, cardinality(run_ids) AS runs FROM compare_runs(:'everything', 'lr', '{accuracy}');
SELECT DISTINCT metric_name FROM compare_runs(:'everything', 'lr') ORDER BY 1;
-- the same in another way: t, degrees and deviation from PostgreSQL's aggregates
SELECT round(g.t::numeric, 9) = round(((b.mean - a.mean) / sqrt(a.v / a.n + b.v / b.n))::numeric, 9) AS t,
       round(g.degrees::numeric, 9) = round((power(a.v / a.n + b.v / b.n, 2) / (power(a.v / a.n, 2) / (a.n - 1) + power(b.v / b.n, 2) / (b.n - 1)))::numeric, 9) AS degrees,
       round(g.deviation::numeric, 9) = round(sqrt(b.v)::numeric, 9) AS deviation
  FROM (SELECT count(*) AS n, avg(accuracy::float8) AS mean, var_samp(accuracy::float8) AS v FROM training_runs WHERE hyperparameters ->> 'optimizer' = 'adam') AS a,
       (SELECT count(*) AS n, avg(accuracy::float8) AS mean, var_samp(accuracy::float8) AS v FROM training_runs WHERE hyperparameters ->> 'optimizer' = 'sgd') AS b,
       compare_runs(:'everything', 'optimizer', '{accuracy}', baseline => 'adam') AS g
 WHERE g.parameter_value = 'sgd';
SELECT compare_runs(:'everything', group_by => 'optimiser');
SELECT compare_runs(:'everything', group_by => 'batch');
SELECT compare_runs(:'everything', group_by => NULL::text);
SELECT compare_runs(:'everything', group_by => 'optimizer', baseline => 'rmsprop');

-- how it has gone
SELECT run_number, run_name, status, metric_value, change, best_so_far, is_best, changed_parameters, total_cost_usd FROM experiment_history('optimizers');
SELECT run_number, metric_value, change, best_so_far, is_best FROM experiment_history('optimizers', 'loss');
SELECT run_number, metric_value, best_so_far FROM experiment_history('optimizers', 'val_loss') WHERE metric_value IS NOT NULL;
SELECT experiment_history('optimizers', 'acuracy');
SELECT experiment_history('optimizers', goal => 'up');
SELECT experiment_name FROM create_experiment('empty');
SELECT count(*) FROM experiment_history('empty');
SELECT count(*) FROM leaderboard('empty');
SELECT count(*) FROM leaderboard('empty', 'whatever');

-- numbers that no double precision holds, and such whose difference it does not: they compare, and spoil nothing
SELECT experiment_name FROM create_experiment('enormous');
INSERT INTO training_runs (experiment_id, run_name, status, custom_metrics, hyperparameters, queued_at)
SELECT find_experiment('enormous'), v.run_name, 'succeeded', v.metrics::jsonb, v.parameters::jsonb, now() - make_interval(hours => 5 - v.n)
  FROM (VALUES (1, 'huge', '{"big": 1e400, "far": 1.7e308, "small": 1e-400, "ok": 1}', '{"size": 1}'),
               (2, 'most', '{"big": 5, "far": -1.7e308, "small": 1, "ok": 2}', '{"size": 1}'),
               (3, 'least', '{"big": -1e400, "far": 1.7e308, "ok": 3}', '{"size": 2}'),
               (4, 'last', '{"big": 7, "far": "-Infinity", "ok": 5}', '{"size": 2}')) AS v (n, run_name, metrics, parameters)
 ORDER BY v.n;
SELECT rank, run_name, metric_value, behind FROM leaderboard('enormous', 'big');
SELECT rank, run_name, metric_value, behind FROM leaderboard('enormous', 'far');
SELECT rank, run_name, metric_value, behind FROM leaderboard('enormous', 'small');
SELECT run_number, metric_value, change, best_so_far FROM experiment_history('enormous', 'far');
SELECT array_agg(run_id ORDER BY run_number) AS enormous FROM training_runs WHERE experiment_id = find_experiment('enormous') \gset
SELECT name, spread, (SELECT r.run_name FROM training_runs r WHERE r.run_id = best_run) AS best FROM compare_runs(:'enormous') WHERE kind = 'metric';
SELECT metric_name, parameter_value, n, mean, round(deviation::numeric, 6) AS deviation, compared_with, difference, round(p::numeric, 6) AS p
  FROM compare_runs(:'enormous', 'size');
SELECT best_run('enormous', 'bigg');
SELECT * FROM compare_runs(:'enormous', 'size', metrics => '{big,bigg}');
SELECT * FROM compare_runs(:'enormous', 'size', metrics => '{NULL}');

DELETE FROM experiments;
SELECT * FROM check_registry();
