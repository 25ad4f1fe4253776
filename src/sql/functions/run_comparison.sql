-- Runs beside each other: what differs, which is best, how an experiment has gone.

-- A metric in jsonb or with all its digits may be beyond what double precision holds, and so may the difference of two that are not.
CREATE OR REPLACE FUNCTION nearest_double(value numeric) RETURNS double precision
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $function$
        SELECT CASE WHEN value = 'NaN' THEN 'NaN'
                    WHEN abs(value) > 1.7976931348623157e308 THEN (sign(value) * 'Infinity')::double precision
                    WHEN abs(value) < 5e-324 THEN 0
                    ELSE value::double precision END
    $function$;
COMMENT ON FUNCTION nearest_double(numeric) IS 'a number as double precision, infinite where it is too large and 0 where it is too small';

-- Through numeric where that can be: 0.95 less 0.91 is 0.04 then.
CREATE OR REPLACE FUNCTION metric_difference(a double precision, b double precision) RETURNS double precision
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $function$
        SELECT CASE WHEN a = b THEN 0
                    WHEN abs(a) < 1e15 AND abs(b) < 1e15 THEN (a::numeric - b::numeric)::double precision
                    WHEN abs(a / 2 - b / 2) > 1.7976931348623157e308 / 2 THEN sign(a / 2 - b / 2) * 'Infinity'
                    ELSE a - b END
    $function$;
COMMENT ON FUNCTION metric_difference(double precision, double precision) IS 'the first value of a metric less the second; equal values differ by 0, also infinite ones';

-- By the name that people give it: a column, one of custom_metrics, or the curve that was logged. NaN is no value: a run that
-- diverged has no place.
CREATE OR REPLACE FUNCTION run_metric(run uuid, metric text, OUT metric_value double precision, OUT metric_step bigint)
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        r record;
    BEGIN
        SELECT t.* INTO r FROM training_runs t WHERE t.run_id = run;
        metric_value := CASE metric
                            WHEN 'accuracy' THEN r.accuracy WHEN 'loss' THEN r.loss
                            WHEN 'precision' THEN r.precision_score WHEN 'precision_score' THEN r.precision_score
                            WHEN 'recall' THEN r.recall_score WHEN 'recall_score' THEN r.recall_score
                            WHEN 'f1' THEN r.f1_score WHEN 'f1_score' THEN r.f1_score
                            WHEN 'auc' THEN r.auc_roc WHEN 'auc_roc' THEN r.auc_roc
                            WHEN 'duration_seconds' THEN r.duration_seconds WHEN 'gpu_hours' THEN r.gpu_hours WHEN 'cpu_hours' THEN r.cpu_hours
                            WHEN 'cost_usd' THEN run_cost(r.estimated_cost_usd, r.gpu_hours, r.gpu_type) END;
        IF metric_value IS NULL AND is_metrics(jsonb_build_object(metric, r.custom_metrics -> metric)) THEN
            metric_value := nearest_double((r.custom_metrics ->> metric)::numeric);
        END IF;
        IF metric_value IS NULL THEN
            SELECT k.value, k.step INTO metric_value, metric_step
              FROM run_metrics k
             WHERE k.run_id = run AND k.metric_name = metric
             ORDER BY k.step DESC, k.recorded_at DESC
             LIMIT 1;
        END IF;
        IF metric_value = 'NaN' THEN
            metric_value := NULL;
            metric_step := NULL;
        END IF;
    END
    $function$;
COMMENT ON FUNCTION run_metric(uuid, text) IS 'what a run came to by a metric: its score, one of its custom_metrics, or the last value of the curve that was logged, with the step; NULL where there is none, or NaN';

CREATE OR REPLACE FUNCTION require_goal(goal text) RETURNS void
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    BEGIN
        IF goal NOT IN ('minimize', 'maximize') THEN
            RAISE EXCEPTION 'unknown goal: "%"', shortened(goal)
                USING ERRCODE = 'invalid_parameter_value', HINT = 'The goals are minimize and maximize; without one the name of the metric says it.';
        END IF;
    END
    $function$;
COMMENT ON FUNCTION require_goal(text) IS 'raises 22023 for a text that is neither minimize nor maximize; NULL passes';

CREATE OR REPLACE FUNCTION require_metric(experiment uuid, metric text) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    DECLARE
        known text[];
    BEGIN
        IF metric IS NULL THEN
            RAISE EXCEPTION 'the name of a metric must not be NULL' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        IF metric = ANY ('{accuracy,loss,precision_score,precision,recall_score,recall,f1_score,f1,auc_roc,auc,duration_seconds,gpu_hours,cpu_hours,cost_usd}') THEN
            RETURN;
        END IF;
        -- Names of curves from one to the next in the index: there are a few for millions of points.
        known := ARRAY(SELECT DISTINCT n.name
                         FROM training_runs r,
                              LATERAL (SELECT s.name
                                         FROM (VALUES ('accuracy', r.accuracy), ('loss', r.loss), ('precision_score', r.precision_score),
                                                      ('recall_score', r.recall_score), ('f1_score', r.f1_score), ('auc_roc', r.auc_roc)) AS s (name, value)
                                        WHERE s.value IS NOT NULL
                                       UNION
                                       SELECT c.key FROM jsonb_each(r.custom_metrics) AS c WHERE is_metrics(jsonb_build_object(c.key, c.value))
                                       UNION
                                       SELECT l.name
                                         FROM (WITH RECURSIVE logged (name) AS (
                                                   (SELECT k.metric_name FROM run_metrics k WHERE k.run_id = r.run_id ORDER BY k.metric_name LIMIT 1)
                                                   UNION ALL
                                                   SELECT (SELECT k.metric_name FROM run_metrics k
                                                            WHERE k.run_id = r.run_id AND k.metric_name > l.name ORDER BY k.metric_name LIMIT 1)
                                                     FROM logged l
                                                    WHERE l.name IS NOT NULL)
                                               SELECT g.name FROM logged g WHERE g.name IS NOT NULL) AS l) AS n
                        WHERE r.experiment_id = experiment AND r.deleted_at IS NULL
                        ORDER BY 1);
        IF known <> '{}' AND metric <> ALL (known) THEN
            RAISE EXCEPTION 'no run of the experiment has metric "%"', shortened(metric)
                USING ERRCODE = 'no_data_found',
                      HINT = coalesce('Did you mean ' || near_names(metric, known) || '?',
                                      format('They have %s.', shortened(array_to_string(known, ', '))));
        END IF;
    END
    $function$;
COMMENT ON FUNCTION require_metric(uuid, text) IS 'raises P0002 for a metric that no run of an experiment has, with what is spelled like it; what all runs may have passes, and so does an experiment without any metric';

CREATE OR REPLACE FUNCTION leaderboard(
        experiment_id uuid,
        metric text DEFAULT 'accuracy',
        goal text DEFAULT NULL,
        status text[] DEFAULT '{succeeded}',
        best_of_curve boolean DEFAULT false,
        max_rows bigint DEFAULT 50,
        after uuid DEFAULT NULL) RETURNS SETOF ranked_run_info
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 50 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        of_experiment constant uuid := live_experiment(leaderboard.experiment_id);
        -- The sign that makes the best the least.
        sign double precision;
    BEGIN
        PERFORM require_goal(goal), require_run_statuses(leaderboard.status);
        IF metric IS NULL THEN
            RAISE EXCEPTION 'the name of a metric must not be NULL' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        PERFORM require_max_rows(max_rows);
        IF after IS NOT NULL AND NOT EXISTS (SELECT FROM training_runs r WHERE r.run_id = after AND r.experiment_id = of_experiment) THEN
            RAISE EXCEPTION 'after names no run of the experiment: %', after
                USING ERRCODE = 'invalid_parameter_value', HINT = 'Give the run_id of the last row of the page before.';
        END IF;
        sign := CASE coalesce(goal, metric_goal(metric)) WHEN 'minimize' THEN 1 ELSE -1 END;
        RETURN QUERY
            WITH measured AS MATERIALIZED (
                SELECT r.run_id, coalesce(best.value, last.metric_value) AS value, coalesce(best.step, last.metric_step) AS step
                  FROM training_runs r
                  LEFT JOIN LATERAL (
                       SELECT k.value, k.step
                         FROM (SELECT DISTINCT ON (k.step) k.step, k.value
                                 FROM run_metrics k
                                WHERE k.run_id = r.run_id AND k.metric_name = metric
                                ORDER BY k.step, k.recorded_at DESC) AS k
                        WHERE k.value <> 'NaN'
                        ORDER BY sign * k.value, k.step
                        LIMIT 1) AS best ON best_of_curve
                 CROSS JOIN LATERAL run_metric(r.run_id, metric) AS last
                 WHERE r.experiment_id = of_experiment AND r.deleted_at IS NULL
                   AND (leaderboard.status IS NULL OR r.status = ANY (leaderboard.status))),
            ranked AS (
                SELECT m.*, rank() OVER (ORDER BY sign * m.value) AS place, first_value(m.value) OVER (ORDER BY sign * m.value) AS best,
                       row_number() OVER (ORDER BY sign * m.value, r.queued_at, r.run_id) AS n
                  FROM measured m
                  JOIN training_runs r USING (run_id)
                 WHERE m.value IS NOT NULL)
            SELECT k.place, k.value, abs(metric_difference(k.value, k.best)),
                   k.step, i.project_slug, i.experiment_name, i.run_number, i.run_name, i.status, i.model_name, i.semver, i.framework,
                   i.dataset_name, i.parameters, i.duration_seconds, i.gpu_hours, i.cost_usd, i.queued_at, i.completed_at, i.run_id,
                   i.experiment_id, i.model_id, i.version_id, i.dataset_id
              FROM (SELECT k.*
                      FROM ranked k
                     WHERE after IS NULL OR k.n > (SELECT l.n FROM ranked l WHERE l.run_id = after)
                     ORDER BY k.n
                     LIMIT leaderboard.max_rows) AS k,
                   run_infos(ARRAY[k.run_id]) AS i
             ORDER BY k.n;
        IF NOT FOUND THEN
            PERFORM require_metric(of_experiment, metric);
        END IF;
    END
    $function$;
COMMENT ON FUNCTION leaderboard(uuid, text, text, text[], boolean, bigint, uuid) IS 'runs of an experiment by a metric, best first: see leaderboard(text, ...)';

CREATE OR REPLACE FUNCTION leaderboard(
        experiment text,
        metric text DEFAULT 'accuracy',
        goal text DEFAULT NULL,
        status text[] DEFAULT '{succeeded}',
        best_of_curve boolean DEFAULT false,
        max_rows bigint DEFAULT 50,
        after uuid DEFAULT NULL) RETURNS SETOF ranked_run_info
    LANGUAGE sql STABLE PARALLEL RESTRICTED ROWS 50 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        SELECT * FROM leaderboard(find_experiment(experiment), metric, goal, status, best_of_curve, max_rows, after)
    $function$;
COMMENT ON FUNCTION leaderboard(text, text, text, text[], boolean, bigint, uuid) IS 'runs of an experiment by a metric, best first, equals by age: a score, one of custom_metrics, the end of a logged curve (with best_of_curve => true its best point), duration_seconds, gpu_hours, cpu_hours or cost_usd; goal is minimize or maximize, metric_goal() of the name if none is given; those that have succeeded, or of status => ..., NULL: all; for the next page give the run_id of the last one seen as after';

CREATE OR REPLACE FUNCTION best_run(experiment_id uuid, metric text DEFAULT 'accuracy', goal text DEFAULT NULL, best_of_curve boolean DEFAULT false)
    RETURNS SETOF ranked_run_info
    LANGUAGE sql STABLE PARALLEL RESTRICTED ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        SELECT * FROM leaderboard(experiment_id, metric, goal, best_of_curve => best_of_curve, max_rows => 1)
    $function$;
COMMENT ON FUNCTION best_run(uuid, text, text, boolean) IS 'best run of an experiment by a metric: see best_run(text, ...)';

CREATE OR REPLACE FUNCTION best_run(experiment text, metric text DEFAULT 'accuracy', goal text DEFAULT NULL, best_of_curve boolean DEFAULT false)
    RETURNS SETOF ranked_run_info
    LANGUAGE sql STABLE PARALLEL RESTRICTED ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        SELECT * FROM best_run(find_experiment(experiment), metric, goal, best_of_curve)
    $function$;
COMMENT ON FUNCTION best_run(text, text, text, boolean) IS 'first of leaderboard(): the run of an experiment that has succeeded with the best value of a metric, of equals the oldest; no row where none has it';

-- ---- side by side

CREATE OR REPLACE FUNCTION compared_runs(runs uuid[]) RETURNS uuid[]
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    DECLARE
        most constant integer := 1000;
    BEGIN
        IF runs IS NULL THEN
            RAISE EXCEPTION 'the runs must not be NULL' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        IF cardinality(runs) > most THEN
            RAISE EXCEPTION 'too many runs: % of at most %', cardinality(runs), most USING ERRCODE = 'program_limit_exceeded';
        END IF;
        IF (SELECT count(DISTINCT w) FROM unnest(runs) AS w) < 2 THEN
            RAISE EXCEPTION 'a comparison needs two runs at least'
                USING ERRCODE = 'invalid_parameter_value', HINT = 'compare_runs(ARRAY(SELECT run_id FROM list_runs(experiment => ''...''))) takes all of an experiment.';
        END IF;
        RETURN ARRAY(SELECT live_run(w.run_id)
                       FROM (SELECT u.run_id, min(u.n) AS n FROM unnest(runs) WITH ORDINALITY AS u (run_id, n) GROUP BY u.run_id) AS w
                      ORDER BY w.n);
    END
    $function$;
COMMENT ON FUNCTION compared_runs(uuid[]) IS 'the runs that are compared, each once, in their order; raises P0002 for one that is not there';

-- 0.1 and 0.10 are one number.
CREATE OR REPLACE FUNCTION parameter_text(value jsonb) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $function$
        SELECT CASE jsonb_typeof(value) WHEN 'number' THEN trim_scale((value #>> '{}')::numeric)::text
                                        WHEN 'null' THEN 'null' ELSE value #>> '{}' END
    $function$;
COMMENT ON FUNCTION parameter_text(jsonb) IS 'value of a parameter as comparisons show it';

CREATE OR REPLACE FUNCTION run_fields(run uuid) RETURNS TABLE (kind text, name text, value text, number double precision)
    LANGUAGE sql STABLE PARALLEL RESTRICTED ROWS 40 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        WITH r AS (SELECT t.* FROM training_runs t WHERE t.run_id = run_fields.run),
        scores (name, value) AS (
            SELECT s.name, s.value::double precision
              FROM r, LATERAL (VALUES ('accuracy', r.accuracy), ('loss', r.loss), ('precision_score', r.precision_score), ('recall_score', r.recall_score),
                                      ('f1_score', r.f1_score), ('auc_roc', r.auc_roc)) AS s (name, value)
             WHERE s.value IS NOT NULL),
        custom (name, value) AS (
            SELECT c.key, nearest_double((c.value #>> '{}')::numeric)
              FROM r, jsonb_each(r.custom_metrics) AS c
             WHERE is_metrics(jsonb_build_object(c.key, c.value)) AND c.key NOT IN (SELECT s.name FROM scores s)),
        -- The end of each curve, as metric_summary() has it.
        logged (name, value) AS (
            SELECT m.metric_name, m.last
              FROM metric_summary(run_fields.run) AS m
             WHERE m.metric_name NOT IN (SELECT s.name FROM scores s UNION ALL SELECT c.name FROM custom c))
        SELECT 'metric', k.name, k.value::text, nullif(k.value, 'NaN')
          FROM (SELECT * FROM scores UNION ALL SELECT * FROM custom UNION ALL SELECT * FROM logged) AS k
        UNION ALL
        SELECT 'parameter', h.key, parameter_text(h.value), NULL FROM r, jsonb_each(r.hyperparameters) AS h
        UNION ALL
        SELECT 'environment', h.key, parameter_text(h.value), NULL FROM r, jsonb_each(r.environment) AS h
        UNION ALL
        SELECT 'run', f.name, f.value, NULL
          FROM r,
               run_infos(ARRAY[run_fields.run]) AS i,
               LATERAL (VALUES ('run_name', i.run_name), ('experiment', i.experiment_name), ('run_number', i.run_number::text), ('status', i.status),
                               ('model', i.model_name), ('version', i.semver::text), ('framework', i.framework), ('dataset', i.dataset_name),
                               ('compute_target', i.compute_target), ('instance_type', i.instance_type), ('gpu_type', i.gpu_type),
                               ('gpu_count', i.gpu_count::text), ('gpu_hours', i.gpu_hours::text), ('cpu_hours', i.cpu_hours::text),
                               ('cost_usd', i.cost_usd::text), ('duration_seconds', i.duration_seconds::text), ('error_message', i.error_message)) AS f (name, value)
         WHERE f.value IS NOT NULL
    $function$;
COMMENT ON FUNCTION run_fields(uuid) IS 'what a run says of itself, one row a parameter, metric (of a logged curve its end), piece of its environment, and field';

CREATE OR REPLACE FUNCTION compare_runs(runs uuid[])
    RETURNS TABLE (kind text, name text, differs boolean, run_values text[], spread double precision, best_run uuid)
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 40 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        compared constant uuid[] := compared_runs(runs);
    BEGIN
        RETURN QUERY
            WITH fields AS MATERIALIZED (
                SELECT f.kind, f.name, w.n, w.run_id, f.value, f.number
                  FROM unnest(compared) WITH ORDINALITY AS w (run_id, n), run_fields(w.run_id) AS f),
            names AS (
                SELECT f.kind, f.name, count(*) < cardinality(compared) OR count(DISTINCT f.value) > 1 AS differs,
                       jsonb_object_agg(f.n, f.value) AS by_run, -- to look up in: a join would be one of all runs with all
                       min(f.number) AS least, max(f.number) AS greatest, count(f.number) AS numbers,
                       (array_agg(f.run_id ORDER BY f.number, f.n))[1] AS least_run,
                       (array_agg(f.run_id ORDER BY f.number DESC NULLS LAST, f.n))[1] AS greatest_run
                  FROM fields f
                 GROUP BY f.kind, f.name)
            SELECT k.kind, k.name, k.differs,
                   ARRAY(SELECT k.by_run ->> w.n::text FROM generate_series(1, cardinality(compared)) AS w (n) ORDER BY w.n),
                   CASE WHEN k.numbers > 1 THEN metric_difference(k.greatest, k.least) END,
                   CASE WHEN k.least < k.greatest
                        THEN CASE metric_goal(k.name) WHEN 'minimize' THEN k.least_run ELSE k.greatest_run END END
              FROM names k
             ORDER BY NOT k.differs, array_position('{parameter,metric,run,environment}'::text[], k.kind), k.name;
    END
    $function$;
COMMENT ON FUNCTION compare_runs(uuid[]) IS 'runs side by side: parameters, metrics (of a logged curve its end), fields and environment, what differs first; run_values are in the order of the runs, NULL where one has none; spread: greatest less least, best_run: by metric_goal()';

CREATE OR REPLACE FUNCTION compare_runs(runs uuid[], group_by text, metrics text[] DEFAULT NULL, baseline text DEFAULT NULL)
    RETURNS TABLE (metric_name text, parameter_value text, n bigint, mean double precision, deviation double precision, minimum double precision,
                   maximum double precision, compared_with text, difference double precision, t double precision, degrees double precision,
                   p double precision, run_ids uuid[])
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 20 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        compared constant uuid[] := compared_runs(compare_runs.runs);
        known text[];
        measured text[];
        missing text;
        wanted_baseline constant text := compare_runs.baseline;
    BEGIN
        IF group_by IS NULL THEN
            RAISE EXCEPTION 'the name of a parameter must not be NULL' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        known := ARRAY(SELECT DISTINCT jsonb_object_keys(r.hyperparameters) FROM training_runs r WHERE r.run_id = ANY (compared) ORDER BY 1);
        IF group_by <> ALL (known) THEN
            RAISE EXCEPTION 'none of the runs has parameter "%"', shortened(group_by)
                USING ERRCODE = 'no_data_found',
                      HINT = coalesce('Did you mean ' || near_names(group_by, known) || '?',
                                      CASE WHEN known = '{}' THEN 'They have no parameters.'
                                           ELSE format('They have %s.', shortened(array_to_string(known, ', '))) END);
        END IF;
        IF EXISTS (SELECT FROM unnest(metrics) AS wanted (name) WHERE wanted.name IS NULL) THEN
            RAISE EXCEPTION 'the name of a metric must not be NULL' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        IF metrics IS NOT NULL THEN
            measured := ARRAY(SELECT DISTINCT f.name FROM unnest(compared) AS w (run_id), run_fields(w.run_id) AS f
                               WHERE f.kind = 'metric' AND f.number IS NOT NULL ORDER BY 1);
            SELECT wanted.name INTO missing FROM unnest(metrics) WITH ORDINALITY AS wanted (name, n) WHERE wanted.name <> ALL (measured) ORDER BY wanted.n LIMIT 1;
            IF FOUND THEN
                RAISE EXCEPTION 'none of the runs has metric "%"', shortened(missing)
                    USING ERRCODE = 'no_data_found',
                          HINT = coalesce('Did you mean ' || near_names(missing, measured) || '?',
                                          CASE WHEN measured = '{}' THEN 'They have no metrics.'
                                               ELSE format('They have %s.', shortened(array_to_string(measured, ', '))) END);
            END IF;
        END IF;
        IF wanted_baseline IS NOT NULL
           AND NOT EXISTS (SELECT FROM training_runs r WHERE r.run_id = ANY (compared) AND parameter_text(r.hyperparameters -> group_by) = wanted_baseline) THEN
            RAISE EXCEPTION 'none of the runs has % "%"', shortened(group_by), shortened(wanted_baseline)
                USING ERRCODE = 'no_data_found',
                      HINT = (SELECT format('They have %s.', shortened(string_agg(DISTINCT parameter_text(r.hyperparameters -> group_by), ', '
                                                                                  ORDER BY parameter_text(r.hyperparameters -> group_by))))
                                FROM training_runs r WHERE r.run_id = ANY (compared));
        END IF;
        RETURN QUERY
            WITH measured AS MATERIALIZED (
                -- jsonb: 0.1 and 0.10 are one value.
                SELECT f.name, r.hyperparameters -> group_by AS value, f.number, r.run_id
                  FROM unnest(compared) AS w (run_id)
                  JOIN training_runs r ON r.run_id = w.run_id
                 CROSS JOIN LATERAL run_fields(w.run_id) AS f
                 WHERE f.kind = 'metric' AND f.number IS NOT NULL AND (metrics IS NULL OR f.name = ANY (metrics))),
            -- avg() and var_samp() over numeric where that can be: the mean of equal numbers is that number then. Beyond 15 digits
            -- numeric has fewer than the number; where squares would overflow, there is nothing but numeric.
            groups AS (
                SELECT m.name, m.value, count(*) AS n,
                       CASE WHEN max(abs(m.number)) = 'Infinity' THEN avg(m.number) FILTER (WHERE abs(m.number) = 'Infinity')
                            WHEN max(abs(m.number)) BETWEEN 1e15 AND 1e150 THEN avg(m.number) FILTER (WHERE abs(m.number) <= 1e150)
                            ELSE nearest_double(avg(m.number::numeric) FILTER (WHERE abs(m.number) < 'Infinity')) END AS mean,
                       CASE WHEN max(abs(m.number)) = 'Infinity' THEN NULL
                            WHEN max(abs(m.number)) BETWEEN 1e15 AND 1e150 THEN var_samp(m.number) FILTER (WHERE abs(m.number) <= 1e150)
                            ELSE nullif(nearest_double(var_samp(m.number::numeric) FILTER (WHERE abs(m.number) < 'Infinity')), 'Infinity') END AS variance,
                       min(m.number) AS least, max(m.number) AS greatest, array_agg(m.run_id ORDER BY array_position(compared, m.run_id)) AS runs
                  FROM measured m
                 GROUP BY m.name, m.value),
            ordered AS (
                SELECT g.*, row_number() OVER (PARTITION BY g.name
                                               ORDER BY CASE metric_goal(g.name) WHEN 'minimize' THEN g.mean ELSE -g.mean END, g.value::text) AS place
                  FROM groups g),
            -- The best mean that can be tested at all, and only without one of those the best.
            baselines AS (
                SELECT DISTINCT ON (o.name) o.*
                  FROM ordered o
                 WHERE wanted_baseline IS NULL OR parameter_text(o.value) = wanted_baseline
                 ORDER BY o.name, o.variance IS NULL, o.place)
            SELECT o.name, parameter_text(o.value), o.n, o.mean, sqrt(o.variance), o.least, o.greatest, parameter_text(b.value),
                   CASE WHEN b.place <> o.place THEN metric_difference(o.mean, b.mean) END,
                   w.t, w.degrees, w.p, o.runs
              FROM ordered o
              LEFT JOIN baselines b ON b.name = o.name
              LEFT JOIN LATERAL welch_t_test(o.n, o.mean, o.variance, b.n, b.mean, b.variance) AS w ON b.place <> o.place
             ORDER BY o.name, o.place;
    END
    $function$;
COMMENT ON FUNCTION compare_runs(uuid[], text, text[], text) IS 'runs grouped by the value of a parameter: for each metric and value mean, standard deviation and, against the baseline (the best mean of two runs or more if none is named), the difference of means with Welch''s t-test: t, degrees of freedom, two-sided p; NULL where a group has too few runs for it; n: runs that have the metric';

-- ---- how it has gone

CREATE OR REPLACE FUNCTION experiment_history(experiment_id uuid, metric text DEFAULT NULL, goal text DEFAULT NULL)
    RETURNS TABLE (run_number integer, run_name text, status text, metric_value double precision, change double precision, best_so_far double precision,
                   is_best boolean, changed_parameters jsonb, duration_seconds numeric, gpu_hours numeric, cost_usd numeric,
                   total_cost_usd numeric, started_by text, queued_at timestamptz, completed_at timestamptz, error_message text, run_id uuid)
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 50 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        of_experiment constant uuid := live_experiment(experiment_history.experiment_id);
        by_metric constant text := coalesce(metric, (SELECT CASE WHEN count(r.accuracy) = 0 AND count(r.loss) > 0 THEN 'loss' ELSE 'accuracy' END
                                                       FROM training_runs r
                                                      WHERE r.experiment_id = of_experiment AND r.deleted_at IS NULL));
        sign double precision;
    BEGIN
        PERFORM require_goal(goal);
        IF NOT EXISTS (SELECT FROM training_runs r, run_metric(r.run_id, by_metric) AS m
                        WHERE r.experiment_id = of_experiment AND r.deleted_at IS NULL AND m.metric_value IS NOT NULL) THEN
            PERFORM require_metric(of_experiment, by_metric);
        END IF;
        sign := CASE coalesce(goal, metric_goal(by_metric)) WHEN 'minimize' THEN 1 ELSE -1 END;
        RETURN QUERY
            WITH attempts AS MATERIALIZED (
                SELECT r.*, m.metric_value AS value, run_cost(r.estimated_cost_usd, r.gpu_hours, r.gpu_type) AS cost,
                       lag(r.hyperparameters) OVER w AS before
                  FROM training_runs r, run_metric(r.run_id, by_metric) AS m
                 WHERE r.experiment_id = of_experiment AND r.deleted_at IS NULL
                WINDOW w AS (ORDER BY r.run_number)),
            -- The value before: of the last attempt that had one.
            valued AS (
                SELECT a.run_id, lag(a.value) OVER (ORDER BY a.run_number) AS previous FROM attempts a WHERE a.value IS NOT NULL)
            SELECT a.run_number, a.run_name, a.status, a.value,
                   metric_difference(a.value, v.previous),
                   sign * min(sign * a.value) FILTER (WHERE a.status = 'succeeded') OVER (ORDER BY a.run_number),
                   coalesce(a.status = 'succeeded' AND sign * a.value = min(sign * a.value) FILTER (WHERE a.status = 'succeeded') OVER (), false),
                   CASE WHEN a.before IS NOT NULL
                        THEN (SELECT coalesce(jsonb_object_agg(name, jsonb_build_array(was.value, is_now.value)), '{}')
                                FROM jsonb_each(a.before) AS was (name, value)
                                FULL JOIN jsonb_each(a.hyperparameters) AS is_now (name, value) USING (name)
                               WHERE was.value IS DISTINCT FROM is_now.value) END,
                   a.duration_seconds, a.gpu_hours, a.cost, sum(a.cost) OVER (ORDER BY a.run_number), a.started_by, a.queued_at,
                   a.completed_at, a.error_message, a.run_id
              FROM attempts a
              LEFT JOIN valued v USING (run_id)
             ORDER BY a.run_number;
    END
    $function$;
COMMENT ON FUNCTION experiment_history(uuid, text, text) IS 'runs of an experiment in their order: see experiment_history(text, text, text)';

CREATE OR REPLACE FUNCTION experiment_history(experiment text, metric text DEFAULT NULL, goal text DEFAULT NULL)
    RETURNS TABLE (run_number integer, run_name text, status text, metric_value double precision, change double precision, best_so_far double precision,
                   is_best boolean, changed_parameters jsonb, duration_seconds numeric, gpu_hours numeric, cost_usd numeric,
                   total_cost_usd numeric, started_by text, queued_at timestamptz, completed_at timestamptz, error_message text, run_id uuid)
    LANGUAGE sql STABLE PARALLEL RESTRICTED ROWS 50 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        SELECT * FROM experiment_history(find_experiment(experiment), metric, goal)
    $function$;
COMMENT ON FUNCTION experiment_history(text, text, text) IS 'runs of an experiment in their order: what each came to by a metric (accuracy if none is named, or loss where there is no accuracy), the change since the one before that has a value, the best so far of those that succeeded, the parameters that were changed ({"name": [before, now]}), and what all cost so far';
