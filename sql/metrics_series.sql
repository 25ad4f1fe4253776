-- Metrics of runs: logging one and many, reading curves, summaries, lines of text; Welch's test.
SET search_path = public, mlregistry;
SET timezone = 'UTC';
\set SHOW_CONTEXT never
SET client_min_messages = warning;
DROP ROLE IF EXISTS metrics_viewer, metrics_writer, metrics_stranger;
CREATE ROLE metrics_viewer;
CREATE ROLE metrics_writer;
CREATE ROLE metrics_stranger;
RESET client_min_messages;
-- Messages of CHECKs name a partition, and with it the month.
INSERT INTO experiments (experiment_name) VALUES ('curves');
INSERT INTO training_runs (run_id, experiment_id, run_name)
SELECT lpad(to_hex(n), 32, '0')::uuid, experiment_id, 'run ' || n FROM experiments, generate_series(1, 4) AS n;
\set run '00000000-0000-0000-0000-000000000001'
\set other '00000000-0000-0000-0000-000000000002'

-- one value: of several of a step the last counts, also within a transaction
SELECT log_metric(:'run', 'loss', 1.5);
SELECT log_metric(:'run', 'loss', 0.9, 1), log_metric(run => :'run', metric_name => 'loss', metric_value => 0.5, step => 2);
BEGIN;
SELECT log_metric(:'run', 'loss', 0.8, 1);
SELECT log_metric(:'run', 'loss', 0.7, 1);
COMMIT;
SELECT log_metric(:'run', 'loss', 7, 1, '2020-01-01');
SELECT step, value FROM metric_series(:'run', 'loss');
SELECT count(*), count(DISTINCT recorded_at), min(recorded_at) FROM run_metrics WHERE step = 1;
SELECT organization_id = current_organization_id() AS organization, project_id = current_project_id() AS project, count(*) FROM run_metrics GROUP BY 1, 2;

-- many values: the last of a batch wins, the others are not written
SELECT log_metrics(:'run', '{loss,acc,loss,acc}', '{0.4,0.1,0.3,0.2}', '{3,3,4,4}');
SELECT log_metrics(:'run', ARRAY['acc', 'loss', 'acc', 'acc'], ARRAY[0.3, 0.25, 0.35, 'NaN'], ARRAY[5, 5, 5, 6]);
SELECT step, value FROM metric_series(:'run', 'acc');
SELECT count(*) FROM run_metrics WHERE metric_name = 'acc';
SELECT log_metrics(:'run', '{}', '{}', '{}');
SELECT log_metrics(:'run', '[5:6]={a,b}'::text[], '{1,2}', '[0:1]={-9223372036854775808,9223372036854775807}'::bigint[], '2021-02-03 04:05:06+00');
SELECT * FROM metric_series(:'run', 'a') UNION ALL SELECT * FROM metric_series(:'run', 'b');
SELECT log_metrics(:'run', '{p/q r.s-t:u_v,p/q r.s-t:u_v}', '{Infinity,-Infinity}', '{2,1}');
SELECT step, value FROM metric_series(:'run', 'p/q r.s-t:u_v');
-- from variables, whose arrays are not flat
DO $$
DECLARE
    names text[] := '{}';
    numbers float8[] := '{}';
    steps bigint[] := '{}';
BEGIN
    FOR i IN 1..1000 LOOP
        names := names || ('m' || i % 3);
        numbers := numbers || i::float8;
        steps := steps || (i % 100)::bigint;
    END LOOP;
    RAISE NOTICE '%', log_metrics('00000000-0000-0000-0000-000000000002', names, numbers, steps);
END
$$;
SELECT metric_name, count(*), min(value), max(value) FROM run_metrics WHERE run_id = :'other' GROUP BY 1 ORDER BY 1;

-- an object of values at one step
SELECT log_metrics(:'run', '{"loss": 0.21, "acc": "NaN", "worst": "-Infinity"}', 7);
SELECT log_metrics(:'run', '{"epochs": 1}'), log_metrics(:'run', '{}'::jsonb, 8);
SELECT metric_name, step, value FROM run_metrics WHERE step = 7 OR metric_name = 'epochs' ORDER BY 1, 2;

-- bad input: nothing is written
SELECT count(*) AS before FROM run_metrics \gset
SELECT log_metrics(:'run', '{loss,acc}', '{1}', '{9,9,9}');
SELECT log_metrics(:'run', '{loss,NULL}', '{1,2}', '{9,9}');
SELECT log_metrics(:'run', '{loss,acc,f1}', '{1,2,NULL}', '{9,9,9}');
SELECT log_metrics(:'run', '{loss}', '{1}', '{NULL}');
SELECT log_metrics(:'run', NULL, '{1}', '{9}');
SELECT log_metrics(:'run', '{loss}', NULL, '{9}');
SELECT log_metrics(:'run', '{loss}', '{1}', NULL);
SELECT log_metrics(NULL, '{loss}', '{1}', '{9}');
SELECT log_metrics(:'run', '{{loss,acc}}', '{{1,2}}', '{{9,9}}');
SELECT log_metrics(:'run', '{loss,loss!}', '{1,2}', '{9,9}');
SELECT log_metrics(:'run', '{loss,""}', '{1,2}', '{9,9}');
SELECT log_metrics(gen_random_uuid(), '{}', '{1}', '{}');
SELECT log_metrics('00000000-0000-0000-0000-0000000000ff', '{loss}', '{1}', '{9}');
SELECT log_metric('00000000-0000-0000-0000-0000000000ff', 'loss', 1);
SELECT log_metric(NULL, 'loss', 1);
SELECT log_metric(:'run', NULL, 1);
SELECT log_metric(:'run', 'loss', NULL);
SELECT log_metric(:'run', 'loss', 1, NULL);
SELECT log_metric(:'run', ' loss', 1);
SELECT log_metric(:'run', repeat('x', 251), 1);
DO $$
DECLARE
    rule text;
    of_table text;
BEGIN
    PERFORM log_metric('00000000-0000-0000-0000-000000000001', 'a!', 1);
EXCEPTION WHEN check_violation THEN
    GET STACKED DIAGNOSTICS rule = CONSTRAINT_NAME, of_table = TABLE_NAME;
    RAISE NOTICE '% of %', rule, of_table;
END
$$;
SELECT log_metrics(:'run', '[1]'::jsonb);
SELECT log_metrics(:'run', '{"loss": "low"}');
SELECT log_metrics(:'run', '{"loss": 1e400}');
SELECT log_metrics(:'run', NULL::jsonb);
SELECT log_metrics(:'run', '{"loss": 1}', NULL);
SELECT log_metrics(NULL, '{"loss": 1}'::jsonb);
SELECT log_metric(:'run', 'loss', 7, 1, '2020-01-01') IS NULL AS never;
SELECT count(*) - :before AS written FROM run_metrics;

-- rows of runs that are not there, whoever writes them: looked at when a statement ends, and only what is still there then
\set VERBOSITY terse
INSERT INTO run_metrics (run_id, metric_name, step, value) SELECT lpad(to_hex(n), 32, '0')::uuid, 'direct', n, n FROM generate_series(1, 4) AS n;
INSERT INTO run_metrics (run_id, metric_name, step, value) SELECT lpad(to_hex(n), 32, '0')::uuid, 'direct', n, n FROM generate_series(3, 5) AS n;
INSERT INTO run_metrics (run_id, metric_name, value, organization_id) VALUES (:'run', 'direct', 1, gen_random_uuid());
INSERT INTO run_metrics (run_id, metric_name, value, project_id) VALUES (:'run', 'direct', 1, gen_random_uuid());
COPY run_metrics (run_id, metric_name, step, value) FROM STDIN;
00000000-0000-0000-0000-000000000001	direct	10	1
00000000-0000-0000-0000-000000000002	direct	10	1
00000000-0000-0000-0000-000000000001	direct	11	1
\.
COPY run_metrics (run_id, metric_name, step, value) FROM STDIN;
00000000-0000-0000-0000-000000000001	direct	12	1
00000000-0000-0000-0000-0000000000ff	direct	12	1
\.
INSERT INTO run_metrics (run_id, metric_name, step, value) SELECT :'run', 'direct', 13, 1 WHERE said_run_place(:'run', :'run', :'run');
BEGIN;
SAVEPOINT before;
INSERT INTO run_metrics (run_id, metric_name, step, value) VALUES ('00000000-0000-0000-0000-0000000000ff', 'direct', 14, 1);
ROLLBACK TO before;
INSERT INTO run_metrics (run_id, metric_name, step, value) VALUES (:'run', 'direct', 15, 1);
COMMIT;
-- a statement within a statement: neither hides the rows of the other
CREATE FUNCTION public.log_another(run uuid, step bigint) RETURNS double precision LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO mlregistry.run_metrics (run_id, metric_name, step, value) VALUES (run, 'inner', step, 1);
    RETURN 1;
EXCEPTION WHEN foreign_key_violation THEN
    RETURN 0;
END
$$;
INSERT INTO run_metrics (run_id, metric_name, step, value)
SELECT :'run', 'outer', n, log_another(lpad(to_hex(n), 32, '0')::uuid, 100 + n) FROM generate_series(3, 6) AS n RETURNING step, value;
INSERT INTO run_metrics (run_id, metric_name, step, value)
SELECT lpad(to_hex(n), 32, '0')::uuid, 'outer', 10 + n, log_another(:'run', 200 + n) FROM generate_series(3, 6) AS n;
INSERT INTO run_metrics (run_id, metric_name, step, value)
SELECT lpad(to_hex(n), 32, '0')::uuid, 'outer', 20 + n, log_another('00000000-0000-0000-0000-0000000000ff', 300 + n) FROM generate_series(5, 2, -1) AS n;
DROP FUNCTION public.log_another(uuid, bigint);
\set VERBOSITY default
SELECT metric_name, run_id, step, value FROM run_metrics WHERE metric_name IN ('direct', 'inner', 'outer') ORDER BY 1, 2, 3;
DELETE FROM run_metrics WHERE metric_name IN ('direct', 'inner', 'outer');

-- curves: largest triangles, with the extremes
SELECT log_metrics(:'other', array_fill('curve'::text, ARRAY[1000]), array_agg(CASE i WHEN 501 THEN 3 WHEN 502 THEN -3 WHEN 503 THEN 'NaN' ELSE sin(i / 50.0) END), array_agg(i::bigint))
  FROM generate_series(1, 1000) AS i;
SELECT count(*), min(step), max(step), min(value), max(value) FILTER (WHERE value < 'NaN') FROM metric_series(:'other', 'curve', 20);
SELECT step, round(value::numeric, 3) AS value FROM metric_series(:'other', 'curve', 8);
SELECT step, value FROM metric_series(:'other', 'curve', 4);
SELECT step FROM metric_series(:'other', 'curve', 2);
SELECT count(*), min(step), max(step) FROM metric_series(:'other', 'curve', 1000);
SELECT count(*) FROM metric_series(:'other', 'curve', 2147483647);
-- parts of a curve, and its end
SELECT array_agg(step) FROM metric_series(:'other', 'curve', from_step => 498, to_step => 503);
SELECT array_agg(step) FROM metric_series(:'other', 'curve', 5, from_step => 400, to_step => 600);
SELECT array_agg(step) FROM metric_series(:'other', 'curve', last_steps => 3);
SELECT array_agg(step) FROM metric_series(:'other', 'curve', 3, last_steps => 100);
SELECT array_agg(step) FROM metric_series(:'other', 'curve', to_step => 10, last_steps => 3);
SELECT array_agg(step) FROM metric_series(:'other', 'curve', from_step => 999, last_steps => 30);
SELECT count(*) FROM metric_series(:'other', 'curve', from_step => 2, to_step => 1);
-- steps that were logged often: the end is of steps, not of rows
SELECT sum(log_metrics(:'other', '{often,often,often}', ARRAY[n, n, n + 0.5], '{1,2,3}')) FROM generate_series(1, 50) AS n;
SELECT count(*) FROM run_metrics WHERE metric_name = 'often';
SELECT step, value FROM metric_series(:'other', 'often', last_steps => 2);
SELECT step, value FROM metric_series(:'other', 'often', 2);
SELECT step, value FROM metric_series(:'other', 'often');
-- values of one step in several partitions
INSERT INTO run_metrics (run_id, metric_name, step, value, recorded_at)
SELECT :'other', 'months', n % 4, n, timestamptz '2019-01-01 00:00+00' + n * interval '20 days' FROM generate_series(1, 11) AS n;
SELECT log_metric(:'other', 'months', 99, 2);
SELECT step, value FROM metric_series(:'other', 'months');
SELECT step, value FROM metric_series(:'other', 'months', 3);
SELECT step, value FROM metric_series(:'other', 'months', last_steps => 2);
SELECT n, first, last, min, max FROM metric_summary(:'other') WHERE metric_name = 'months';
-- nothing there, and bad input
SELECT count(*) FROM metric_series(:'run', 'nothing');
SELECT count(*) FROM metric_series(:'run', 'nothing', 10);
SELECT count(*) FROM metric_series(:'run', 'nothing', last_steps => 10);
SELECT * FROM metric_series('00000000-0000-0000-0000-0000000000ff', 'loss');
SELECT * FROM metric_series(NULL, 'loss');
SELECT * FROM metric_series(:'run', NULL);
SELECT * FROM metric_series(:'run', 'loss', 1);
SELECT * FROM metric_series(:'run', 'loss', -5);
SELECT * FROM metric_series(:'run', 'loss', last_steps => 0);
SELECT * FROM metric_series(:'run', 'loss', last_steps => 2000000000);

-- summaries: NaN is left out of the extremes, infinities are values
SELECT metric_name, n, first, last, min, max, best, goal_used, nan_count FROM metric_summary(:'run');
SELECT metric_name, first_step, last_step, min_step, max_step, best_step FROM metric_summary(:'run');
SELECT metric_name, best, best_step, goal_used FROM metric_summary(:'run', 'Max') WHERE metric_name IN ('acc', 'loss');
SELECT metric_name, best, best_step, goal_used FROM metric_summary(:'run', goal => 'minimize') WHERE metric_name IN ('acc', 'loss');
SELECT count(*) FROM metric_summary('00000000-0000-0000-0000-000000000003');
SELECT log_metric('00000000-0000-0000-0000-000000000003', 'gone', 'NaN', 4);
SELECT metric_name, n, first, last, min, best, first_step, min_step, best_step, nan_count FROM metric_summary('00000000-0000-0000-0000-000000000003');
-- the same by hand
SELECT s.metric_name FROM metric_summary(:'other') AS s
  FULL JOIN (SELECT metric_name, count(*) FILTER (WHERE value <> 'NaN') AS n, count(*) FILTER (WHERE value = 'NaN') AS nan_count,
                    (array_agg(value ORDER BY step))[1] AS first, (array_agg(value ORDER BY step DESC))[1] AS last,
                    (array_agg(value ORDER BY value, step) FILTER (WHERE value <> 'NaN'))[1] AS min, (array_agg(value ORDER BY value DESC, step) FILTER (WHERE value <> 'NaN'))[1] AS max,
                    (array_agg(step ORDER BY value, step) FILTER (WHERE value <> 'NaN'))[1] AS min_step, (array_agg(step ORDER BY value DESC, step) FILTER (WHERE value <> 'NaN'))[1] AS max_step
               FROM (SELECT DISTINCT ON (metric_name, step) * FROM run_metrics WHERE run_id = :'other' ORDER BY metric_name, step, recorded_at DESC) AS k
              GROUP BY metric_name) AS h USING (metric_name, n, nan_count, first, last, min, max, min_step, max_step)
 WHERE s.best IS NULL OR h.metric_name IS NULL;
SELECT metric_summary(NULL);
SELECT metric_summary(:'run', 'best');
SELECT metric_summary('00000000-0000-0000-0000-0000000000ff');

-- goals
SELECT name, metric_goal(name) FROM unnest('{loss,val_loss,valLoss,accuracy,F1,RMSE,neg_mean_squared_error,"p99 latency ms",lossless}'::text[]) AS name;
SELECT metric_goal(NULL);

-- lines of text
SELECT metric_sparkline(:'other', 'curve');
SELECT metric_sparkline(:'other', 'curve', 80), length(metric_sparkline(:'other', 'curve', 80)), length(metric_sparkline(:'other', 'curve', 1));
SELECT metric_sparkline(:'run', 'loss'), metric_sparkline(:'run', 'acc'), metric_sparkline(:'run', 'p/q r.s-t:u_v'), metric_sparkline(:'run', 'epochs', NULL);
SELECT metric_sparkline(:'run', 'nothing') IS NULL AS nothing;
SELECT metric_sparkline(:'run', 'loss', 0);
SELECT metric_sparkline(:'run', 'loss', 1001);
SELECT metric_sparkline(:'run', NULL);
SELECT metric_sparkline(NULL, 'loss');
SELECT metric_sparkline('00000000-0000-0000-0000-0000000000ff', 'loss');

-- Welch's test, as R has it: t.test(extra ~ group, data = sleep), t.test(mpg ~ am, data = mtcars)
SELECT round(t::numeric, 4) AS t, round(degrees::numeric, 3) AS degrees, round(p::numeric, 5) AS p
  FROM (SELECT count(x) AS n1, avg(x)::float8 AS m1, var_samp(x)::float8 AS v1 FROM unnest('{0.7,-1.6,-0.2,-1.2,-0.1,3.4,3.7,0.8,0.0,2.0}'::numeric[]) AS x) AS a,
       (SELECT count(x) AS n2, avg(x)::float8 AS m2, var_samp(x)::float8 AS v2 FROM unnest('{1.9,0.8,1.1,0.1,-0.1,4.4,5.5,1.6,4.6,3.4}'::numeric[]) AS x) AS b,
       welch_t_test(n1, m1, v1, n2, m2, v2);
SELECT round(t::numeric, 4) AS t, round(degrees::numeric, 3) AS degrees, round(p::numeric, 6) AS p
  FROM welch_t_test(19, 17.147368421052632, 14.699298245614035, 13, 24.392307692307692, 38.025769230769231);
SELECT * FROM welch_t_test(1, 1, 0, 5, 2, 1);
SELECT * FROM welch_t_test(5, 1, 0, 5, 2, 0);
SELECT * FROM welch_t_test(5, 'NaN', 1, 5, 2, 1);
SELECT * FROM welch_t_test(5, NULL, 1, 5, 2, 1);
SELECT * FROM welch_t_test(5, 1, -1, 5, 2, 1);
SELECT * FROM welch_t_test(-5, 1, 1, 5, 2, 1);

-- who may: a reader reads, a writer writes, others do not know of it
SELECT grant_access('metrics_viewer', 'reader') IS NOT NULL AS granted, grant_access('metrics_writer', 'writer') IS NOT NULL AS granted;
SET SESSION AUTHORIZATION metrics_viewer;
SELECT count(*) FROM metric_series(:'run', 'loss');
SELECT metric_name FROM metric_summary(:'run') LIMIT 1;
SELECT log_metric(:'run', 'loss', 1, 100);
SELECT log_metrics(:'run', '{loss}', '{1}', '{100}');
SET SESSION AUTHORIZATION metrics_writer;
SELECT log_metric(:'run', 'loss', 1, 100), log_metrics(:'run', '{loss}', '{1}', '{101}'), log_metrics(:'run', '{"loss": 1}', 102);
RESET SESSION AUTHORIZATION;
-- another project than the session's: the run says where
SELECT project_slug FROM create_project('elsewhere');
WITH e AS (INSERT INTO experiments (experiment_name, project_id) SELECT 'there', project_id FROM projects WHERE slug = 'elsewhere' RETURNING experiment_id, project_id)
INSERT INTO training_runs (run_id, experiment_id, project_id) SELECT '00000000-0000-0000-0000-000000000009', experiment_id, project_id FROM e;
SELECT log_metrics('00000000-0000-0000-0000-000000000009', '{loss}', '{1}', '{1}'), log_metric('00000000-0000-0000-0000-000000000009', 'loss', 2, 2);
SELECT p.slug, count(*) FROM run_metrics k JOIN projects p USING (project_id) WHERE k.run_id = '00000000-0000-0000-0000-000000000009' GROUP BY 1;
-- infinities that are said are values
SELECT log_metrics(:'run', '{"loss": "Infinity"}', 200);
SELECT value FROM metric_series(:'run', 'loss', last_steps => 1);
-- what is deleted is not there
UPDATE training_runs SET deleted_at = now() WHERE run_id = '00000000-0000-0000-0000-000000000009';
SELECT log_metric('00000000-0000-0000-0000-000000000009', 'loss', 1, 3);
SELECT * FROM metric_series('00000000-0000-0000-0000-000000000009', 'loss');
UPDATE experiments SET deleted_at = now() WHERE experiment_name = 'curves';
SELECT metric_sparkline(:'run', 'loss');
SELECT log_metric(:'run', 'loss', 1, 3);
UPDATE experiments SET deleted_at = NULL WHERE experiment_name = 'curves';
-- another organization
SELECT organization_slug FROM create_organization('others');
SELECT grant_access('metrics_stranger', 'writer', organization => 'others') IS NOT NULL AS granted;
SET SESSION AUTHORIZATION metrics_stranger;
SELECT log_metric(:'run', 'loss', 1, 100);
SELECT log_metrics(:'run', '{loss}', '{1}', '{100}');
SELECT * FROM metric_series(:'run', 'loss');
SELECT metric_summary(:'run');
SELECT metric_sparkline(:'run', 'loss');
RESET SESSION AUTHORIZATION;
SELECT max(step) FROM metric_series(:'run', 'loss');

SELECT revoke_access('metrics_viewer', 'default') IS NOT NULL AS revoked, revoke_access('metrics_writer', 'default') IS NOT NULL AS revoked,
       revoke_access('metrics_stranger', 'others') IS NOT NULL AS revoked;
DROP ROLE metrics_viewer, metrics_writer, metrics_stranger;
SELECT uninstall(confirm => 'mlregistry');
SELECT install();
