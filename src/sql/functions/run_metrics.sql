-- Metrics of runs: logging, reading, comparing. All read and write with the rights of the caller.

CREATE OR REPLACE FUNCTION log_metric(
        run uuid,
        metric_name text,
        metric_value double precision,
        step bigint DEFAULT 0,
        recorded_at timestamptz DEFAULT NULL) RETURNS bigint
    LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'mlregistry_log_metric';
COMMENT ON FUNCTION log_metric(uuid, text, double precision, bigint, timestamptz) IS 'logs a value of a metric of a run at a step, as of now if nothing else is said; of several values of a step the last counts; returns 1';

CREATE OR REPLACE FUNCTION log_metrics(
        run uuid,
        metric_names text[],
        metric_values double precision[],
        steps bigint[],
        recorded_at timestamptz DEFAULT NULL) RETURNS bigint
    LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'mlregistry_log_metrics';
COMMENT ON FUNCTION log_metrics(uuid, text[], double precision[], bigint[], timestamptz) IS 'logs many values of metrics of a run at once, the fast way: element i of each array is of one measurement; of several of one metric and step the last counts; returns how many were written';

CREATE OR REPLACE FUNCTION log_metrics(run uuid, metrics jsonb, step bigint DEFAULT 0) RETURNS bigint
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    DECLARE
        names text[];
        numbers double precision[];
        wrong record;
    BEGIN
        IF metrics IS NULL THEN
            RAISE EXCEPTION 'the metrics must not be NULL' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        IF step IS NULL THEN
            RAISE EXCEPTION 'the step must not be NULL' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        IF NOT is_metrics(metrics) THEN
            RAISE EXCEPTION 'invalid metrics: %', shortened(metrics::text)
                USING ERRCODE = 'invalid_parameter_value',
                      DETAIL = why_invalid('is_metrics', metrics::text),
                      HINT = 'Give an object of names and numbers: {"accuracy": 0.93, "loss": 0.21}.';
        END IF;
        SELECT one.name, one.value INTO wrong
          FROM jsonb_each_text(metrics) AS one (name, value)
         WHERE abs(one.value::numeric) < 'Infinity' AND abs(nearest_double(one.value::numeric)) = 'Infinity'
         LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION 'the value of metric "%" is too large', wrong.name
                USING ERRCODE = 'numeric_value_out_of_range', DETAIL = format('It is %s.', shortened(wrong.value)),
                      HINT = 'A value is a double precision number.';
        END IF;
        SELECT coalesce(array_agg(one.name), '{}'), coalesce(array_agg(one.value::double precision), '{}')
          INTO names, numbers
          FROM jsonb_each_text(metrics) AS one (name, value);
        RETURN log_metrics(run, names, numbers, array_fill(step, ARRAY[cardinality(names)]));
    END
    $function$;
COMMENT ON FUNCTION log_metrics(uuid, jsonb, bigint) IS 'logs several metrics of a run at one step, given as an object: {"loss": 0.21, "accuracy": 0.93}; returns how many';

CREATE OR REPLACE FUNCTION metric_series(
        run uuid,
        metric text,
        points integer DEFAULT NULL,
        from_step bigint DEFAULT NULL,
        to_step bigint DEFAULT NULL,
        last_steps integer DEFAULT NULL) RETURNS TABLE (step bigint, value double precision, recorded_at timestamptz)
    LANGUAGE C STABLE PARALLEL RESTRICTED ROWS 1000 AS 'MODULE_PATHNAME', 'mlregistry_metric_series';
COMMENT ON FUNCTION metric_series(uuid, text, integer, bigint, bigint, integer) IS 'curve of a metric of a run, one row for each step, of several values the one recorded last; with points at most so many rows, chosen by largest triangles, from 4 on with the extremes among them; with last_steps the end of the curve';

CREATE OR REPLACE FUNCTION metric_goal(metric_name text) RETURNS text
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_metric_goal';
COMMENT ON FUNCTION metric_goal(text) IS 'minimize for what by its name is a loss, an error, a cost or a duration, else maximize';

CREATE OR REPLACE FUNCTION metric_summary(run uuid, goal text DEFAULT NULL) RETURNS TABLE
        (metric_name text, n bigint, first double precision, last double precision, min double precision, max double precision, best double precision,
         first_step bigint, last_step bigint, min_step bigint, max_step bigint, best_step bigint, goal_used text, nan_count bigint)
    LANGUAGE C STABLE PARALLEL RESTRICTED ROWS 20 AS 'MODULE_PATHNAME', 'mlregistry_metric_summary';
COMMENT ON FUNCTION metric_summary(uuid, text) IS 'metrics of a run, each in a row: first and last value, least, greatest and best with the step that first had it; n numbers, nan_count values that are none; the goal is minimize or maximize, metric_goal() of the name if none is given';

CREATE OR REPLACE FUNCTION metric_sparkline(run uuid, metric text, width integer DEFAULT 40) RETURNS text
    LANGUAGE C STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'mlregistry_metric_sparkline';
COMMENT ON FUNCTION metric_sparkline(uuid, text, integer) IS 'curve of a metric of a run as a line of text, as many characters wide; NULL where nothing was logged';

CREATE OR REPLACE FUNCTION welch_t_test(
        n1 bigint, mean1 double precision, variance1 double precision,
        n2 bigint, mean2 double precision, variance2 double precision,
        OUT t double precision, OUT degrees double precision, OUT p double precision)
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_welch_t_test';
COMMENT ON FUNCTION welch_t_test(bigint, double precision, double precision, bigint, double precision, double precision) IS 'Welch''s t-test of two samples, each given by its size, its mean and its variance (var_samp): t, degrees of freedom, two-sided p; NULL where there is nothing to compare';
