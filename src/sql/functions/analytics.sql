-- What a lead asks of a registry: sums and shares of models, versions and runs of the current organization, as far as the caller
-- may read them.
--
-- Everything here counts as v_training_runs does: what is deleted, or belongs to a deleted experiment or project, does not count. A run
-- belongs to the time at which it was queued, as it does for quotas; days, weeks and months are those of UTC. The success rate is
-- the share of runs that succeeded among those that came to an end by themselves: what somebody cancelled is no failure. A
-- threshold that is NULL is not asked for.

CREATE OR REPLACE FUNCTION require_choice(argument text, value text, choices text[]) RETURNS void
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    BEGIN
        IF value IS NULL OR value <> ALL (choices) THEN
            RAISE EXCEPTION 'unknown value of %: %', argument, coalesce('"' || shortened(value) || '"', 'NULL')
                USING ERRCODE = 'invalid_parameter_value',
                      HINT = format('Possible are %s and %s.', array_to_string(choices[:cardinality(choices) - 1], ', '), choices[cardinality(choices)]);
        END IF;
    END
    $function$;
COMMENT ON FUNCTION require_choice(text, text, text[]) IS 'raises 22023 for a value that is none of those possible';

CREATE OR REPLACE FUNCTION require_not_negative(argument text, value anyelement) RETURNS void
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    DECLARE
        zero value%TYPE := '0';
    BEGIN
        IF value < zero THEN
            RAISE EXCEPTION '% must not be negative: %', argument, value USING ERRCODE = 'invalid_parameter_value';
        ELSIF value::text = 'NaN' THEN
            RAISE EXCEPTION '% must be a number: %', argument, value USING ERRCODE = 'invalid_parameter_value';
        END IF;
    END
    $function$;
COMMENT ON FUNCTION require_not_negative(text, anyelement) IS 'raises 22023 for a threshold below zero, or NaN';

CREATE OR REPLACE FUNCTION success_rate(succeeded bigint, failed bigint) RETURNS numeric
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $function$
        SELECT round(succeeded::numeric / nullif(succeeded + failed, 0), 4)
    $function$;
COMMENT ON FUNCTION success_rate(bigint, bigint) IS 'share of the first number in both, four digits; NULL where both are 0';

CREATE OR REPLACE FUNCTION model_summary(
        model text DEFAULT NULL,
        project text DEFAULT NULL,
        active boolean DEFAULT NULL,
        max_rows bigint DEFAULT NULL,
        after text DEFAULT NULL)
    RETURNS TABLE (project_slug text, model_name text, team_name text, framework text, risk_level text, is_active boolean,
                   version_count bigint, latest_version semver, production_version semver, last_version_at timestamptz,
                   experiments bigint, runs bigint, active_runs bigint, succeeded bigint, failed bigint, timed_out bigint, cancelled bigint,
                   success_rate numeric, last_run_at timestamptz, last_success_at timestamptz, best_accuracy numeric, best_run_id uuid,
                   gpu_hours numeric, cpu_hours numeric, cost_usd numeric, model_id uuid)
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 100 SET search_path = pg_catalog, mlregistry, pg_temp
    SET plan_cache_mode = force_custom_plan -- a plan for any number of models would be one for ten
    AS $function$
    #variable_conflict use_column
    DECLARE
        one uuid := CASE WHEN model IS NOT NULL THEN
                        find_model(CASE WHEN project IS NULL OR position('/' IN model) > 0 THEN model ELSE project || '/' || model END) END;
        page model_info[];
        ids uuid[];
    BEGIN
        IF one IS NOT NULL THEN
            page := ARRAY[model_info(one)];
        ELSE
            page := ARRAY(SELECT i FROM list_models(active => model_summary.active, project => model_summary.project,
                                                    max_rows => model_summary.max_rows, after => model_summary.after) AS i);
        END IF;
        -- As a value, so that the planner sees how many: a few are looked up, for most of them the tables are read once.
        ids := ARRAY(SELECT p.model_id FROM unnest(page) AS p);
        RETURN QUERY
            WITH version AS (
                SELECT v.model_id, max(v.registered_at) AS last_version_at, max(v.semver) FILTER (WHERE v.stage = 'production') AS production_version
                  FROM model_versions v
                 WHERE v.model_id = ANY (ids) AND v.deleted_at IS NULL
                 GROUP BY v.model_id),
            run AS (
                SELECT r.model_id, count(DISTINCT r.experiment_id) AS experiments, count(*) AS runs,
                       count(*) FILTER (WHERE r.status IN ('queued', 'running')) AS active_runs,
                       count(*) FILTER (WHERE r.status = 'succeeded') AS succeeded, count(*) FILTER (WHERE r.status = 'failed') AS failed,
                       count(*) FILTER (WHERE r.status = 'timeout') AS timed_out, count(*) FILTER (WHERE r.status = 'cancelled') AS cancelled,
                       max(r.queued_at) AS last_run_at, max(r.completed_at) FILTER (WHERE r.status = 'succeeded') AS last_success_at,
                       max(r.accuracy) AS best_accuracy,
                       (array_agg(r.run_id ORDER BY r.accuracy DESC, r.queued_at, r.run_id) FILTER (WHERE r.accuracy IS NOT NULL))[1] AS best_run_id,
                       sum(r.gpu_hours) AS gpu_hours, sum(r.cpu_hours) AS cpu_hours, sum(r.cost_usd) AS cost_usd
                  FROM v_training_runs r
                 WHERE r.model_id = ANY (ids)
                 GROUP BY r.model_id)
            SELECT p.project_slug, p.model_name, p.team_name, p.framework, p.risk_level, p.is_active,
                   p.version_count, p.latest_version, v.production_version, v.last_version_at,
                   coalesce(r.experiments, 0), coalesce(r.runs, 0), coalesce(r.active_runs, 0), coalesce(r.succeeded, 0), coalesce(r.failed, 0),
                   coalesce(r.timed_out, 0), coalesce(r.cancelled, 0), success_rate(r.succeeded, r.failed + r.timed_out), r.last_run_at,
                   r.last_success_at, r.best_accuracy, r.best_run_id, coalesce(r.gpu_hours, 0), coalesce(r.cpu_hours, 0), coalesce(r.cost_usd, 0),
                   p.model_id
              FROM unnest(page) AS p
              LEFT JOIN version v USING (model_id)
              LEFT JOIN run r USING (model_id)
             ORDER BY p.project_slug, p.model_name;
    END
    $function$;
COMMENT ON FUNCTION model_summary(text, text, boolean, bigint, text) IS 'one row for each model, or for one of them, by project and name: its versions, runs, best accuracy, hours and cost; for the next page give the last one seen as after, written project/name';

CREATE OR REPLACE FUNCTION team_metrics(since timestamptz DEFAULT NULL, until timestamptz DEFAULT NULL, max_rows bigint DEFAULT NULL)
    RETURNS TABLE (team_name text, department text, models bigint, active_models bigint, versions bigint, in_production bigint, datasets bigint,
                   runs bigint, active_runs bigint, succeeded bigint, failed bigint, timed_out bigint, cancelled bigint, success_rate numeric,
                   gpu_hours numeric, cpu_hours numeric, cost_usd numeric, last_run_at timestamptz, team_id uuid)
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 100 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        here constant uuid := find_organization(NULL);
        nobody constant uuid := '00000000-0000-0000-0000-000000000000'; -- what belongs to no team
    BEGIN
        PERFORM require_max_rows(team_metrics.max_rows);
        RETURN QUERY
            WITH team AS (
                SELECT t.team_id, t.team_name, t.department FROM teams t WHERE t.organization_id = here
                UNION ALL
                SELECT nobody, NULL, NULL),
            model AS (
                SELECT coalesce(m.team_id, nobody) AS team_id, count(*) AS models, count(*) FILTER (WHERE m.is_active) AS active_models,
                       coalesce(sum(v.versions), 0)::bigint AS versions, coalesce(sum(v.in_production), 0)::bigint AS in_production
                  FROM models m
                  JOIN projects p USING (project_id)
                  LEFT JOIN (SELECT v.model_id, count(*) AS versions, count(*) FILTER (WHERE v.stage = 'production') AS in_production
                               FROM model_versions v
                              WHERE v.organization_id = here AND v.deleted_at IS NULL
                              GROUP BY v.model_id) AS v USING (model_id)
                 WHERE m.organization_id = here AND m.deleted_at IS NULL AND p.deleted_at IS NULL
                 GROUP BY 1),
            dataset AS (
                SELECT coalesce(d.team_id, nobody) AS team_id, count(*) AS datasets
                  FROM datasets d
                  JOIN projects p USING (project_id)
                 WHERE d.organization_id = here AND d.deleted_at IS NULL AND p.deleted_at IS NULL
                 GROUP BY 1),
            run AS (
                SELECT coalesce(m.team_id, nobody) AS team_id, count(*) AS runs,
                       count(*) FILTER (WHERE r.status IN ('queued', 'running')) AS active_runs,
                       count(*) FILTER (WHERE r.status = 'succeeded') AS succeeded, count(*) FILTER (WHERE r.status = 'failed') AS failed,
                       count(*) FILTER (WHERE r.status = 'timeout') AS timed_out, count(*) FILTER (WHERE r.status = 'cancelled') AS cancelled,
                       sum(r.gpu_hours) AS gpu_hours, sum(r.cpu_hours) AS cpu_hours, sum(r.cost_usd) AS cost_usd, max(r.queued_at) AS last_run_at
                  FROM v_training_runs r
                  LEFT JOIN models m USING (model_id)
                 WHERE r.organization_id = here
                   AND (team_metrics.since IS NULL OR r.queued_at >= team_metrics.since)
                   AND (team_metrics.until IS NULL OR r.queued_at < team_metrics.until)
                 GROUP BY 1)
            SELECT t.team_name, t.department, coalesce(m.models, 0), coalesce(m.active_models, 0), coalesce(m.versions, 0),
                   coalesce(m.in_production, 0), coalesce(d.datasets, 0), coalesce(r.runs, 0), coalesce(r.active_runs, 0), coalesce(r.succeeded, 0),
                   coalesce(r.failed, 0), coalesce(r.timed_out, 0), coalesce(r.cancelled, 0), success_rate(r.succeeded, r.failed + r.timed_out),
                   coalesce(r.gpu_hours, 0), coalesce(r.cpu_hours, 0), coalesce(r.cost_usd, 0), r.last_run_at, nullif(t.team_id, nobody)
              FROM team t
              LEFT JOIN model m USING (team_id)
              LEFT JOIN dataset d USING (team_id)
              LEFT JOIN run r USING (team_id)
             WHERE t.team_id <> nobody OR m.models > 0 OR d.datasets > 0 OR r.runs > 0
             ORDER BY 17 DESC, t.team_name
             LIMIT team_metrics.max_rows;
    END
    $function$;
COMMENT ON FUNCTION team_metrics(timestamptz, timestamptz, bigint) IS 'what each team has, and what the runs of its models took, most expensive first; since and until concern the runs; the row without a name is what belongs to no team';

CREATE OR REPLACE FUNCTION cost_summary(
        by text DEFAULT 'model',
        period text DEFAULT NULL,
        since timestamptz DEFAULT NULL,
        until timestamptz DEFAULT NULL,
        project text DEFAULT NULL,
        max_rows bigint DEFAULT NULL)
    RETURNS TABLE (period_start timestamptz, project_slug text, name text, runs bigint, succeeded bigint, failed bigint, timed_out bigint,
                   cancelled bigint, gpu_hours numeric, cpu_hours numeric, cost_usd numeric, percent numeric, cost_per_success_usd numeric)
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 100 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        here constant uuid := find_organization(NULL);
        only_project constant uuid := project_filter(project);
    BEGIN
        PERFORM require_max_rows(cost_summary.max_rows);
        PERFORM require_choice('by', cost_summary.by, '{model,team,experiment,framework,compute_target,gpu_type,project}');
        IF cost_summary.period IS NOT NULL THEN
            PERFORM require_choice('period', cost_summary.period, '{day,week,month,quarter,year}');
        END IF;
        RETURN QUERY
            WITH run AS (
                SELECT date_trunc(cost_summary.period, r.queued_at, 'UTC') AS period_start,
                       CASE cost_summary.by WHEN 'model' THEN m.project_id WHEN 'experiment' THEN r.project_id WHEN 'project' THEN r.project_id
                       END AS project_id,
                       CASE cost_summary.by WHEN 'model' THEN r.model_id WHEN 'team' THEN m.team_id WHEN 'experiment' THEN r.experiment_id
                       END AS id,
                       CASE cost_summary.by WHEN 'model' THEN r.model_name WHEN 'experiment' THEN r.experiment_name WHEN 'framework' THEN r.framework
                                            WHEN 'compute_target' THEN r.compute_target WHEN 'gpu_type' THEN r.gpu_type
                       END AS name,
                       r.status, r.gpu_hours, r.cpu_hours, r.cost_usd
                  FROM v_training_runs r
                  LEFT JOIN models m USING (model_id)
                 WHERE r.organization_id = here AND (only_project IS NULL OR r.project_id = only_project)
                   AND (cost_summary.since IS NULL OR r.queued_at >= cost_summary.since)
                   AND (cost_summary.until IS NULL OR r.queued_at < cost_summary.until)),
            summed AS (
                SELECT r.period_start, r.project_id, r.id, r.name, count(*) AS runs, count(*) FILTER (WHERE r.status = 'succeeded') AS succeeded,
                       count(*) FILTER (WHERE r.status = 'failed') AS failed, count(*) FILTER (WHERE r.status = 'timeout') AS timed_out,
                       count(*) FILTER (WHERE r.status = 'cancelled') AS cancelled, sum(r.gpu_hours) AS gpu_hours, sum(r.cpu_hours) AS cpu_hours,
                       sum(r.cost_usd) AS cost_usd
                  FROM run r
                 GROUP BY r.period_start, r.project_id, r.id, r.name)
            SELECT s.period_start, p.slug,
                   CASE cost_summary.by WHEN 'team' THEN t.team_name WHEN 'project' THEN p.slug ELSE s.name END, s.runs, s.succeeded, s.failed,
                   s.timed_out, s.cancelled, s.gpu_hours, s.cpu_hours, s.cost_usd,
                   round(100 * s.cost_usd / nullif(sum(s.cost_usd) OVER (PARTITION BY s.period_start), 0), 1),
                   round(s.cost_usd / nullif(s.succeeded, 0), 2)
              FROM summed s
              LEFT JOIN projects p USING (project_id)
              LEFT JOIN teams t ON cost_summary.by = 'team' AND t.team_id = s.id
             ORDER BY s.period_start, s.cost_usd DESC, s.cpu_hours DESC, 2, 3, s.id
             LIMIT cost_summary.max_rows;
    END
    $function$;
COMMENT ON FUNCTION cost_summary(text, text, timestamptz, timestamptz, text, bigint) IS 'runs, hours and cost by model, team, experiment, framework, compute_target, gpu_type or project, most expensive first, in all or for each day, week, month, quarter or year (UTC) in which they were queued; percent: of the cost of all rows of the period; the row without a name is what has none';

CREATE OR REPLACE FUNCTION framework_comparison(
        since timestamptz DEFAULT NULL,
        until timestamptz DEFAULT NULL,
        project text DEFAULT NULL,
        min_runs bigint DEFAULT 1,
        max_rows bigint DEFAULT NULL)
    RETURNS TABLE (framework text, models bigint, runs bigint, active_runs bigint, succeeded bigint, failed bigint, timed_out bigint,
                   cancelled bigint, success_rate numeric, mean_accuracy numeric, best_accuracy numeric, mean_duration interval,
                   median_duration interval, mean_wait interval, gpu_hours numeric, cpu_hours numeric, cost_usd numeric, cost_per_success_usd numeric)
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 10 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        here constant uuid := find_organization(NULL);
        only_project constant uuid := project_filter(project);
    BEGIN
        PERFORM require_max_rows(framework_comparison.max_rows);
        PERFORM require_not_negative('min_runs', framework_comparison.min_runs);
        RETURN QUERY
            SELECT s.framework, s.models, s.runs, s.active_runs, s.succeeded, s.failed, s.timed_out, s.cancelled,
                   success_rate(s.succeeded, s.failed + s.timed_out), round(s.mean_accuracy, 4), s.best_accuracy,
                   make_interval(secs => round(s.mean_duration)::float8), make_interval(secs => round(s.median_duration)),
                   make_interval(secs => round(s.mean_wait)::float8), s.gpu_hours, s.cpu_hours, s.cost_usd,
                   round(s.cost_usd / nullif(s.succeeded, 0), 2)
              FROM (SELECT r.framework, count(DISTINCT r.model_id) AS models, count(*) AS runs,
                           count(*) FILTER (WHERE r.status IN ('queued', 'running')) AS active_runs,
                           count(*) FILTER (WHERE r.status = 'succeeded') AS succeeded, count(*) FILTER (WHERE r.status = 'failed') AS failed,
                           count(*) FILTER (WHERE r.status = 'timeout') AS timed_out, count(*) FILTER (WHERE r.status = 'cancelled') AS cancelled,
                           avg(r.accuracy) AS mean_accuracy, max(r.accuracy) AS best_accuracy,
                           avg(r.duration_seconds) FILTER (WHERE r.status = 'succeeded') AS mean_duration,
                           percentile_cont(0.5) WITHIN GROUP (ORDER BY r.duration_seconds) FILTER (WHERE r.status = 'succeeded') AS median_duration,
                           avg(r.wait_seconds) FILTER (WHERE r.started_at IS NOT NULL) AS mean_wait,
                           sum(r.gpu_hours) AS gpu_hours, sum(r.cpu_hours) AS cpu_hours, sum(r.cost_usd) AS cost_usd
                      FROM v_training_runs r
                     WHERE r.organization_id = here AND (only_project IS NULL OR r.project_id = only_project)
                       AND (framework_comparison.since IS NULL OR r.queued_at >= framework_comparison.since)
                       AND (framework_comparison.until IS NULL OR r.queued_at < framework_comparison.until)
                     GROUP BY r.framework
                    HAVING count(*) >= coalesce(framework_comparison.min_runs, 1)) AS s
             ORDER BY s.runs DESC, s.framework
             LIMIT framework_comparison.max_rows;
    END
    $function$;
COMMENT ON FUNCTION framework_comparison(timestamptz, timestamptz, text, bigint, bigint) IS 'runs of each framework that at least min_runs were queued with, most used first: outcomes, accuracy, durations of those that succeeded, waiting, hours and cost';

CREATE OR REPLACE FUNCTION compute_utilization(
        since timestamptz DEFAULT NULL,
        until timestamptz DEFAULT NULL,
        project text DEFAULT NULL,
        max_rows bigint DEFAULT NULL)
    RETURNS TABLE (compute_target text, runs bigint, queued bigint, running bigint, succeeded bigint, failed bigint, timed_out bigint,
                   cancelled bigint, success_rate numeric, mean_wait interval, mean_duration interval, gpu_hours numeric,
                   gpu_hours_reserved numeric, gpu_utilization numeric, cpu_hours numeric, cost_usd numeric, last_run_at timestamptz)
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 20 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        here constant uuid := find_organization(NULL);
        only_project constant uuid := project_filter(project);
    BEGIN
        PERFORM require_max_rows(compute_utilization.max_rows);
        RETURN QUERY
            SELECT s.compute_target, s.runs, s.queued, s.running, s.succeeded, s.failed, s.timed_out, s.cancelled,
                   success_rate(s.succeeded, s.failed + s.timed_out), make_interval(secs => round(s.mean_wait)::float8),
                   make_interval(secs => round(s.mean_duration)::float8), s.gpu_hours, round(s.reserved, 2),
                   round(s.used_of_reserved / nullif(s.reserved, 0), 4), s.cpu_hours, s.cost_usd, s.last_run_at
              FROM (SELECT r.compute_target, count(*) AS runs, count(*) FILTER (WHERE r.status = 'queued') AS queued,
                           count(*) FILTER (WHERE r.status = 'running') AS running, count(*) FILTER (WHERE r.status = 'succeeded') AS succeeded,
                           count(*) FILTER (WHERE r.status = 'failed') AS failed, count(*) FILTER (WHERE r.status = 'timeout') AS timed_out,
                           count(*) FILTER (WHERE r.status = 'cancelled') AS cancelled,
                           avg(r.wait_seconds) FILTER (WHERE r.started_at IS NOT NULL) AS mean_wait, avg(r.duration_seconds) AS mean_duration,
                           sum(r.gpu_hours) AS gpu_hours, sum(r.cpu_hours) AS cpu_hours, sum(r.cost_usd) AS cost_usd, max(r.queued_at) AS last_run_at,
                           -- The GPUs of a run were its own from its start to its end; of one that is running, until now.
                           sum(r.gpu_count * g.held) AS reserved,
                           sum(r.gpu_hours) FILTER (WHERE r.gpu_count * g.held > 0) AS used_of_reserved
                      FROM v_training_runs r
                     CROSS JOIN LATERAL (SELECT extract(epoch FROM coalesce(r.completed_at, greatest(r.started_at, now())) - r.started_at) / 3600) AS g (held)
                     WHERE r.organization_id = here AND (only_project IS NULL OR r.project_id = only_project)
                       AND (compute_utilization.since IS NULL OR r.queued_at >= compute_utilization.since)
                       AND (compute_utilization.until IS NULL OR r.queued_at < compute_utilization.until)
                     GROUP BY r.compute_target) AS s
             ORDER BY s.gpu_hours DESC, s.cpu_hours DESC, s.compute_target
             LIMIT compute_utilization.max_rows;
    END
    $function$;
COMMENT ON FUNCTION compute_utilization(timestamptz, timestamptz, text, bigint) IS 'runs of each compute target, most GPU hours first; gpu_hours_reserved: number of GPUs times the hours from start to end (or now), gpu_utilization: share of them that was used';

CREATE OR REPLACE FUNCTION daily_activity(days integer DEFAULT 30, until timestamptz DEFAULT now(), project text DEFAULT NULL)
    RETURNS TABLE (day date, queued bigint, started bigint, finished bigint, succeeded bigint, failed bigint, timed_out bigint, cancelled bigint,
                   gpu_hours numeric, cpu_hours numeric, cost_usd numeric, models bigint, versions bigint)
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 30 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        here constant uuid := find_organization(NULL);
        only_project constant uuid := project_filter(project);
        last_day constant date := (daily_activity.until AT TIME ZONE 'UTC')::date;
        first_moment timestamptz;
        end_moment timestamptz;
    BEGIN
        IF daily_activity.days IS NULL OR daily_activity.days NOT BETWEEN 1 AND 36525 THEN
            RAISE EXCEPTION 'days must be between 1 and 36525: %', coalesce(daily_activity.days::text, 'NULL') USING ERRCODE = 'invalid_parameter_value';
        END IF;
        IF last_day IS NULL OR NOT isfinite(last_day) THEN
            RAISE EXCEPTION 'until must be a point in time: %', coalesce(daily_activity.until::text, 'NULL') USING ERRCODE = 'invalid_parameter_value';
        END IF;
        first_moment := (last_day - (daily_activity.days - 1))::timestamp AT TIME ZONE 'UTC';
        end_moment := (last_day + 1)::timestamp AT TIME ZONE 'UTC';
        RETURN QUERY
            WITH event AS (
                SELECT (r.queued_at AT TIME ZONE 'UTC')::date AS day, 'queued' AS what, r.gpu_hours, r.cpu_hours, r.cost_usd
                  FROM v_training_runs r
                 WHERE r.organization_id = here AND (only_project IS NULL OR r.project_id = only_project)
                   AND r.queued_at >= first_moment AND r.queued_at < end_moment
                UNION ALL
                SELECT (r.started_at AT TIME ZONE 'UTC')::date, 'started', NULL, NULL, NULL
                  FROM v_training_runs r
                 WHERE r.organization_id = here AND (only_project IS NULL OR r.project_id = only_project)
                   AND r.started_at >= first_moment AND r.started_at < end_moment
                UNION ALL
                SELECT (r.completed_at AT TIME ZONE 'UTC')::date, r.status, NULL, NULL, NULL
                  FROM v_training_runs r
                 WHERE r.organization_id = here AND (only_project IS NULL OR r.project_id = only_project)
                   AND r.completed_at >= first_moment AND r.completed_at < end_moment
                UNION ALL
                SELECT (m.created_at AT TIME ZONE 'UTC')::date, 'model', NULL, NULL, NULL
                  FROM models m
                  JOIN projects p USING (project_id)
                 WHERE m.organization_id = here AND (only_project IS NULL OR m.project_id = only_project)
                   AND m.created_at >= first_moment AND m.created_at < end_moment AND m.deleted_at IS NULL AND p.deleted_at IS NULL
                UNION ALL
                SELECT (v.registered_at AT TIME ZONE 'UTC')::date, 'version', NULL, NULL, NULL
                  FROM model_versions v
                  JOIN models m USING (model_id)
                  JOIN projects p ON p.project_id = v.project_id
                 WHERE v.organization_id = here AND (only_project IS NULL OR v.project_id = only_project)
                   AND v.registered_at >= first_moment AND v.registered_at < end_moment
                   AND v.deleted_at IS NULL AND m.deleted_at IS NULL AND p.deleted_at IS NULL)
            SELECT d.day, count(*) FILTER (WHERE e.what = 'queued'), count(*) FILTER (WHERE e.what = 'started'),
                   count(*) FILTER (WHERE e.what IN ('succeeded', 'failed', 'timeout', 'cancelled')),
                   count(*) FILTER (WHERE e.what = 'succeeded'), count(*) FILTER (WHERE e.what = 'failed'),
                   count(*) FILTER (WHERE e.what = 'timeout'), count(*) FILTER (WHERE e.what = 'cancelled'),
                   coalesce(sum(e.gpu_hours), 0), coalesce(sum(e.cpu_hours), 0), coalesce(sum(e.cost_usd), 0),
                   count(*) FILTER (WHERE e.what = 'model'), count(*) FILTER (WHERE e.what = 'version')
              FROM (SELECT last_day - n AS day FROM generate_series(0, daily_activity.days - 1) AS n) AS d
              LEFT JOIN event e USING (day)
             GROUP BY d.day
             ORDER BY d.day;
    END
    $function$;
COMMENT ON FUNCTION daily_activity(integer, timestamptz, text) IS 'what happened on each of so many days (UTC), the last of them that of until, also where nothing did: runs queued, started and finished, hours and cost of those queued, new models and versions';

CREATE OR REPLACE FUNCTION recent_failures(
        within interval DEFAULT '7 days',
        project text DEFAULT NULL,
        max_rows bigint DEFAULT 100)
    RETURNS TABLE (project_slug text, experiment_name text, run_name text, run_number integer, model_name text, framework text, status text,
                   error_message text, exit_code integer, compute_target text, completed_at timestamptz, duration interval, gpu_hours numeric,
                   cost_usd numeric, started_by text, retries bigint, run_id uuid)
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 100 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        here constant uuid := find_organization(NULL);
        only_project constant uuid := project_filter(project);
    BEGIN
        PERFORM require_max_rows(recent_failures.max_rows);
        PERFORM require_not_negative('within', recent_failures.within);
        RETURN QUERY
            SELECT p.slug, f.experiment_name, f.run_name, f.run_number, f.model_name, f.framework, f.status, f.error_message, r.exit_code,
                   f.compute_target, f.completed_at, make_interval(secs => f.duration_seconds::float8), f.gpu_hours, f.cost_usd, r.started_by,
                   (SELECT count(*) FROM training_runs c WHERE c.parent_run_id = f.run_id AND c.deleted_at IS NULL), f.run_id
              FROM (SELECT v.*
                      FROM v_training_runs v
                     WHERE v.organization_id = here AND (only_project IS NULL OR v.project_id = only_project)
                       AND v.status IN ('failed', 'timeout')
                       AND (recent_failures.within IS NULL OR v.completed_at >= now() - recent_failures.within)
                     ORDER BY v.completed_at DESC, v.run_id
                     LIMIT recent_failures.max_rows) AS f
              JOIN training_runs r USING (run_id)
              JOIN projects p ON p.project_id = f.project_id
             ORDER BY f.completed_at DESC, f.run_id;
    END
    $function$;
COMMENT ON FUNCTION recent_failures(interval, text, bigint) IS 'runs that failed or ran out of time within so long, newest first, with what they said and how many runs were started as a retry of each';

CREATE OR REPLACE FUNCTION runs_needing_review(
        min_accuracy numeric DEFAULT 0.8,
        max_loss numeric DEFAULT NULL,
        max_cost_usd numeric DEFAULT 500,
        within interval DEFAULT '30 days',
        reviewed_tag text DEFAULT 'reviewed',
        project text DEFAULT NULL,
        max_rows bigint DEFAULT 100)
    RETURNS TABLE (project_slug text, experiment_name text, run_name text, run_number integer, model_name text, status text, reasons text[],
                   accuracy numeric, loss numeric, cost_usd numeric, error_message text, queued_at timestamptz, completed_at timestamptz,
                   run_id uuid)
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 100 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        here constant uuid := find_organization(NULL);
        only_project constant uuid := project_filter(project);
    BEGIN
        PERFORM require_max_rows(runs_needing_review.max_rows);
        IF NOT runs_needing_review.min_accuracy BETWEEN 0 AND 1 THEN -- NaN is above all numbers
            RAISE EXCEPTION 'min_accuracy must be from 0 to 1: %', runs_needing_review.min_accuracy USING ERRCODE = 'invalid_parameter_value';
        END IF;
        PERFORM require_not_negative('max_cost_usd', runs_needing_review.max_cost_usd),
                require_not_negative('within', runs_needing_review.within);
        RETURN QUERY
            SELECT p.slug, f.experiment_name, f.run_name, f.run_number, f.model_name, f.status, f.reasons, f.accuracy, f.loss, f.cost_usd,
                   f.error_message, f.queued_at, f.completed_at, f.run_id
              FROM (SELECT v.*, x.reasons
                      FROM v_training_runs v
                      JOIN training_runs r USING (run_id)
                     CROSS JOIN LATERAL (
                           SELECT array_remove(ARRAY[
                               CASE WHEN v.status IN ('failed', 'timeout')
                                     AND NOT EXISTS (SELECT FROM training_runs c WHERE c.parent_run_id = v.run_id AND c.deleted_at IS NULL)
                                    THEN v.status END,
                               CASE WHEN v.accuracy < runs_needing_review.min_accuracy THEN 'low accuracy' END,
                               CASE WHEN v.loss = 'NaN' THEN 'loss is NaN' WHEN v.loss > runs_needing_review.max_loss THEN 'high loss' END,
                               CASE WHEN v.status = 'succeeded' AND v.accuracy IS NULL AND v.loss IS NULL AND v.f1_score IS NULL
                                     AND v.auc_roc IS NULL AND v.precision_score IS NULL AND v.recall_score IS NULL AND r.custom_metrics = '{}'
                                     AND NOT EXISTS (SELECT FROM run_metrics k WHERE k.run_id = v.run_id)
                                    THEN 'no metrics' END,
                               CASE WHEN v.cost_usd > runs_needing_review.max_cost_usd THEN 'high cost' END], NULL)) AS x (reasons)
                     WHERE v.organization_id = here AND (only_project IS NULL OR v.project_id = only_project)
                       AND (runs_needing_review.within IS NULL OR v.queued_at >= now() - runs_needing_review.within)
                       AND x.reasons <> '{}'
                       AND NOT EXISTS (SELECT FROM run_tags rt JOIN tags t USING (tag_id)
                                        WHERE rt.run_id = v.run_id AND t.tag_name = runs_needing_review.reviewed_tag)
                     ORDER BY v.queued_at DESC, v.run_id
                     LIMIT runs_needing_review.max_rows) AS f
              JOIN projects p ON p.project_id = f.project_id
             ORDER BY f.queued_at DESC, f.run_id;
    END
    $function$;
COMMENT ON FUNCTION runs_needing_review(numeric, numeric, numeric, interval, text, text, bigint) IS 'runs queued within so long that somebody should look at, newest first, and why: failed or out of time and not tried again, low accuracy, NaN or more than max_loss as loss (NULL: losses of different models are not one scale), no metrics at all, high cost; a run with the tag reviewed (or another) is done with';

CREATE OR REPLACE FUNCTION expensive_runs(
        min_cost_usd numeric DEFAULT 100,
        since timestamptz DEFAULT NULL,
        until timestamptz DEFAULT NULL,
        project text DEFAULT NULL,
        max_rows bigint DEFAULT 100)
    RETURNS TABLE (project_slug text, experiment_name text, run_name text, run_number integer, model_name text, status text, compute_target text,
                   gpu_type text, gpu_hours numeric, cpu_hours numeric, cost_usd numeric, is_estimate boolean, percent numeric, accuracy numeric,
                   queued_at timestamptz, started_by text, run_id uuid)
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 100 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        here constant uuid := find_organization(NULL);
        only_project constant uuid := project_filter(project);
    BEGIN
        PERFORM require_max_rows(expensive_runs.max_rows);
        PERFORM require_not_negative('min_cost_usd', expensive_runs.min_cost_usd);
        RETURN QUERY
            SELECT p.slug, f.experiment_name, f.run_name, f.run_number, f.model_name, f.status, f.compute_target, f.gpu_type, f.gpu_hours,
                   f.cpu_hours, f.cost_usd, r.estimated_cost_usd IS NOT NULL, round(100 * f.cost_usd / nullif(f.in_all, 0), 1), f.accuracy,
                   f.queued_at, r.started_by, f.run_id
              FROM (SELECT *
                      FROM (SELECT v.*, sum(v.cost_usd) OVER () AS in_all -- of the cheap ones, too
                              FROM v_training_runs v
                             WHERE v.organization_id = here AND (only_project IS NULL OR v.project_id = only_project)
                               AND (expensive_runs.since IS NULL OR v.queued_at >= expensive_runs.since)
                               AND (expensive_runs.until IS NULL OR v.queued_at < expensive_runs.until)) AS v
                     WHERE expensive_runs.min_cost_usd IS NULL OR v.cost_usd >= expensive_runs.min_cost_usd
                     ORDER BY v.cost_usd DESC, v.queued_at DESC, v.run_id
                     LIMIT expensive_runs.max_rows) AS f
              JOIN training_runs r USING (run_id)
              JOIN projects p ON p.project_id = f.project_id
             ORDER BY f.cost_usd DESC, f.queued_at DESC, f.run_id;
    END
    $function$;
COMMENT ON FUNCTION expensive_runs(numeric, timestamptz, timestamptz, text, bigint) IS 'runs that cost at least so much, most expensive first; percent: of the cost of all runs of the period; is_estimate: the cost is the one that was estimated, not computed from GPU hours';

CREATE OR REPLACE FUNCTION long_running(longer_than interval DEFAULT '24 hours', project text DEFAULT NULL, max_rows bigint DEFAULT 100)
    RETURNS TABLE (project_slug text, experiment_name text, run_name text, run_number integer, model_name text, compute_target text,
                   started_at timestamptz, running_for interval, usual interval, times_usual numeric, gpu_count integer, gpu_hours numeric,
                   cost_usd numeric, started_by text, run_id uuid)
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 20 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        here constant uuid := find_organization(NULL);
        only_project constant uuid := project_filter(project);
    BEGIN
        PERFORM require_max_rows(long_running.max_rows);
        PERFORM require_not_negative('longer_than', long_running.longer_than);
        RETURN QUERY
            WITH page AS MATERIALIZED (
                SELECT v.*, now() - v.started_at AS running_for
                  FROM v_training_runs v
                 WHERE v.organization_id = here AND (only_project IS NULL OR v.project_id = only_project) AND v.status = 'running'
                   AND (long_running.longer_than IS NULL OR v.started_at <= now() - long_running.longer_than)
                 ORDER BY v.started_at, v.run_id
                 LIMIT long_running.max_rows),
            usual AS (
                SELECT o.model_id, percentile_cont(0.5) WITHIN GROUP (ORDER BY o.duration_seconds) AS seconds
                  FROM v_training_runs o
                 WHERE o.model_id IN (SELECT g.model_id FROM page g) AND o.status = 'succeeded'
                 GROUP BY o.model_id)
            SELECT p.slug, g.experiment_name, g.run_name, g.run_number, g.model_name, g.compute_target, g.started_at, g.running_for,
                   make_interval(secs => round(u.seconds)), round(extract(epoch FROM g.running_for) / nullif(u.seconds, 0)::numeric, 1), g.gpu_count,
                   g.gpu_hours, g.cost_usd, r.started_by, g.run_id
              FROM page g
              JOIN training_runs r USING (run_id)
              JOIN projects p ON p.project_id = g.project_id
              LEFT JOIN usual u ON u.model_id = g.model_id
             ORDER BY g.started_at, g.run_id;
    END
    $function$;
COMMENT ON FUNCTION long_running(interval, text, bigint) IS 'runs that have been running for so long, longest first; usual: median duration of the runs of the same model that succeeded, times_usual: how often it fits';

CREATE OR REPLACE FUNCTION queue_depth(project text DEFAULT NULL, max_rows bigint DEFAULT NULL)
    RETURNS TABLE (compute_target text, queued bigint, running bigint, gpus_wanted bigint, gpus_in_use bigint, longest_wait interval,
                   mean_wait interval, oldest_queued_at timestamptz, oldest_run_id uuid)
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 20 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        here constant uuid := find_organization(NULL);
        only_project constant uuid := project_filter(project);
    BEGIN
        PERFORM require_max_rows(queue_depth.max_rows);
        RETURN QUERY
            SELECT r.compute_target, count(*) FILTER (WHERE r.status = 'queued') AS queued, count(*) FILTER (WHERE r.status = 'running'),
                   coalesce(sum(r.gpu_count) FILTER (WHERE r.status = 'queued'), 0), coalesce(sum(r.gpu_count) FILTER (WHERE r.status = 'running'), 0),
                   make_interval(secs => max(r.wait_seconds) FILTER (WHERE r.status = 'queued')::float8) AS longest_wait,
                   make_interval(secs => round(avg(r.wait_seconds) FILTER (WHERE r.status = 'queued'), 3)::float8),
                   min(r.queued_at) FILTER (WHERE r.status = 'queued'),
                   (array_agg(r.run_id ORDER BY r.queued_at, r.run_id) FILTER (WHERE r.status = 'queued'))[1]
              FROM v_training_runs r
             WHERE r.organization_id = here AND (only_project IS NULL OR r.project_id = only_project) AND r.status IN ('queued', 'running')
             GROUP BY r.compute_target
             ORDER BY 2 DESC, 6 DESC NULLS LAST, 3 DESC, 1
             LIMIT queue_depth.max_rows;
    END
    $function$;
COMMENT ON FUNCTION queue_depth(text, bigint) IS 'compute targets that runs wait for or run on, longest queue first: how many, for how many GPUs, and for how long the oldest has waited';

CREATE OR REPLACE FUNCTION models_needing_retraining(
        days integer DEFAULT 90,
        new_data boolean DEFAULT false,
        project text DEFAULT NULL,
        max_rows bigint DEFAULT NULL)
    RETURNS TABLE (project_slug text, model_name text, team_name text, primary_contact text, risk_level text, reason text, last_trained_at timestamptz,
                   age interval, data_updated_at timestamptz, latest_version semver, failed_since bigint, active_runs bigint, model_id uuid)
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 100 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        here constant uuid := find_organization(NULL);
        only_project constant uuid := project_filter(project);
    BEGIN
        PERFORM require_max_rows(models_needing_retraining.max_rows);
        PERFORM require_not_negative('days', models_needing_retraining.days);
        RETURN QUERY
            WITH run AS (
                SELECT r.model_id, max(r.completed_at) FILTER (WHERE r.status = 'succeeded') AS last_success_at,
                       count(*) FILTER (WHERE r.status IN ('queued', 'running')) AS active_runs
                  FROM v_training_runs r
                 WHERE r.organization_id = here
                 GROUP BY r.model_id),
            version AS ( -- what was trained elsewhere was so before it was registered
                SELECT v.model_id, max(v.registered_at) AS last_version_at
                  FROM model_versions v
                 WHERE v.organization_id = here AND v.deleted_at IS NULL
                 GROUP BY v.model_id),
            trained AS (
                SELECT m.model_id, m.project_id, m.model_name, m.team_id, m.primary_contact, m.risk_level,
                       coalesce(r.last_success_at, v.last_version_at) AS last_trained_at, coalesce(r.active_runs, 0) AS active_runs
                  FROM models m
                  LEFT JOIN run r USING (model_id)
                  LEFT JOIN version v USING (model_id)
                 WHERE m.organization_id = here AND (only_project IS NULL OR m.project_id = only_project) AND m.is_active AND m.deleted_at IS NULL),
            failure AS (
                SELECT r.model_id, count(*) AS failed_since
                  FROM v_training_runs r
                  JOIN trained t USING (model_id)
                 WHERE r.organization_id = here AND r.status IN ('failed', 'timeout')
                   AND (t.last_trained_at IS NULL OR r.completed_at > t.last_trained_at)
                 GROUP BY r.model_id),
            data AS (
                SELECT r.model_id, max(d.last_updated_at) AS data_updated_at
                  FROM v_training_runs r
                  JOIN run_datasets rd USING (run_id)
                  JOIN datasets d ON d.dataset_id = rd.dataset_id
                 WHERE r.organization_id = here AND r.status = 'succeeded' AND rd.dataset_role = 'train' AND d.deleted_at IS NULL
                 GROUP BY r.model_id)
            SELECT p.slug, t.model_name, e.team_name, t.primary_contact, t.risk_level, x.reason, t.last_trained_at,
                   CASE WHEN isfinite(t.last_trained_at) THEN now() - t.last_trained_at END, d.data_updated_at, l.latest_version,
                   coalesce(f.failed_since, 0), t.active_runs, t.model_id
              FROM trained t
              JOIN projects p ON p.project_id = t.project_id
              LEFT JOIN teams e ON e.team_id = t.team_id
              LEFT JOIN failure f ON f.model_id = t.model_id
              LEFT JOIN data d ON d.model_id = t.model_id
              LEFT JOIN v_models_latest l ON l.model_id = t.model_id
             CROSS JOIN LATERAL (SELECT CASE WHEN t.last_trained_at IS NULL THEN 'never trained'
                                             WHEN t.last_trained_at < now() - make_interval(days => models_needing_retraining.days) THEN 'too old'
                                             WHEN models_needing_retraining.new_data AND d.data_updated_at > t.last_trained_at THEN 'new data'
                                        END) AS x (reason)
             WHERE p.deleted_at IS NULL AND x.reason IS NOT NULL
             ORDER BY t.last_trained_at NULLS FIRST, p.slug, t.model_name
             LIMIT models_needing_retraining.max_rows;
    END
    $function$;
COMMENT ON FUNCTION models_needing_retraining(integer, boolean, text, bigint) IS 'active models that were never trained, or last more than so many days ago, or (new_data) before the data that they were trained on changed, longest ago first; trained: the end of the last run that succeeded, without one the registration of the newest version';

CREATE OR REPLACE FUNCTION version_statistics(project text DEFAULT NULL, max_rows bigint DEFAULT NULL)
    RETURNS TABLE (project_slug text, model_name text, versions bigint, releases bigint, prereleases bigint, highest semver,
                   development bigint, staging bigint, production bigint, archived bigint, validated bigint, deprecated bigint,
                   first_registered_at timestamptz, last_registered_at timestamptz, mean_interval interval, registered_last_30_days bigint,
                   artifact_bytes numeric, runs bigint, model_id uuid)
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 100 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        here constant uuid := find_organization(NULL);
        only_project constant uuid := project_filter(project);
    BEGIN
        PERFORM require_max_rows(version_statistics.max_rows);
        RETURN QUERY
            WITH run AS (
                SELECT v.model_id, count(*) AS runs
                  FROM v_training_runs r
                  JOIN model_versions v USING (version_id)
                 WHERE r.organization_id = here AND v.deleted_at IS NULL
                 GROUP BY v.model_id)
            SELECT p.slug, m.model_name, s.versions, s.releases, s.versions - s.releases, s.highest, s.development, s.staging, s.production,
                   s.archived, s.validated, s.deprecated, s.first_registered_at, s.last_registered_at,
                   CASE WHEN s.versions > 1 AND isfinite(s.first_registered_at) AND isfinite(s.last_registered_at)
                        THEN (s.last_registered_at - s.first_registered_at) / (s.versions - 1) END,
                   s.registered_last_30_days, s.artifact_bytes, coalesce(r.runs, 0), m.model_id
              FROM (SELECT v.model_id, count(*) AS versions, count(*) FILTER (WHERE NOT is_prerelease(v.semver)) AS releases,
                           max(v.semver) AS highest,
                           count(*) FILTER (WHERE v.stage = 'development') AS development, count(*) FILTER (WHERE v.stage = 'staging') AS staging,
                           count(*) FILTER (WHERE v.stage = 'production') AS production, count(*) FILTER (WHERE v.stage = 'archived') AS archived,
                           count(*) FILTER (WHERE v.status IN ('validated', 'deployed')) AS validated,
                           count(*) FILTER (WHERE v.status = 'deprecated') AS deprecated,
                           min(v.registered_at) AS first_registered_at, max(v.registered_at) AS last_registered_at,
                           count(*) FILTER (WHERE v.registered_at > now() - '30 days'::interval) AS registered_last_30_days,
                           coalesce(sum(v.artifact_size_bytes), 0) AS artifact_bytes
                      FROM model_versions v
                     WHERE v.organization_id = here AND (only_project IS NULL OR v.project_id = only_project) AND v.deleted_at IS NULL
                     GROUP BY v.model_id) AS s
              JOIN models m USING (model_id)
              JOIN projects p USING (project_id)
              LEFT JOIN run r ON r.model_id = m.model_id
             WHERE m.deleted_at IS NULL AND p.deleted_at IS NULL
             ORDER BY s.versions DESC, p.slug, m.model_name
             LIMIT version_statistics.max_rows;
    END
    $function$;
COMMENT ON FUNCTION version_statistics(text, bigint) IS 'versions of each model that has any, most versions first: how many, in which stages, how far apart, how big, and the runs that they came from';

-- Deployments: those that are not deleted, of models and projects that are not.

CREATE OR REPLACE FUNCTION deployment_status_summary(
        environment text DEFAULT NULL,
        environment_type text DEFAULT NULL,
        project text DEFAULT NULL)
    RETURNS TABLE (environment_name text, type text, status text, deployments bigint, models bigint, versions bigint, healthy bigint,
                   degraded bigint, unhealthy bigint, unknown bigint, replicas bigint, gpus bigint, avg_latency_ms numeric, max_p99_latency_ms numeric,
                   requests_per_second numeric, max_error_rate_percentage numeric, first_deployed_at timestamptz, last_deployed_at timestamptz,
                   environment_id uuid)
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 20 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        here constant uuid := find_organization(NULL);
        only_project constant uuid := project_filter(project);
        in_environment constant uuid := CASE WHEN environment IS NOT NULL THEN find_environment(environment) END;
    BEGIN
        PERFORM require_environment_type(deployment_status_summary.environment_type);
        RETURN QUERY
            SELECT e.environment_name, e.environment_type, d.status, count(*), count(DISTINCT d.model_id), count(DISTINCT d.version_id),
                   count(*) FILTER (WHERE d.health_status = 'healthy'), count(*) FILTER (WHERE d.health_status = 'degraded'),
                   count(*) FILTER (WHERE d.health_status = 'unhealthy'), count(*) FILTER (WHERE d.health_status = 'unknown'),
                   sum(d.replicas), sum(d.gpu_count::bigint * d.replicas)::bigint,
                   -- As those who call feel it: by how much is called, where that is known of any.
                   round(coalesce(sum(d.avg_latency_ms * d.requests_per_second) FILTER (WHERE d.avg_latency_ms IS NOT NULL)
                                  / nullif(sum(d.requests_per_second) FILTER (WHERE d.avg_latency_ms IS NOT NULL), 0), avg(d.avg_latency_ms)), 2),
                   max(d.p99_latency_ms)::numeric, sum(d.requests_per_second), max(d.error_rate_percentage)::numeric, min(d.deployed_at), max(d.deployed_at),
                   e.environment_id
              FROM deployments d
              JOIN environments e ON e.environment_id = d.environment_id
              JOIN projects p ON p.project_id = d.project_id AND p.deleted_at IS NULL
              JOIN models m ON m.model_id = d.model_id AND m.deleted_at IS NULL
             WHERE d.organization_id = here AND d.deleted_at IS NULL
               AND (only_project IS NULL OR d.project_id = only_project)
               AND (in_environment IS NULL OR d.environment_id = in_environment)
               AND (deployment_status_summary.environment_type IS NULL OR e.environment_type = deployment_status_summary.environment_type)
             GROUP BY e.environment_id, e.environment_name, e.environment_type, e.priority, d.status
             ORDER BY e.priority DESC, e.environment_name,
                      array_position('{active,degraded,deploying,pending,terminating,failed,deactivated,terminated}'::text[], d.status);
    END
    $function$;
COMMENT ON FUNCTION deployment_status_summary(text, text, text) IS 'deployments of each environment by status, those nearest to customers first, live ones before what has ended: how many, how they are, what they use; avg_latency_ms: weighted by requests_per_second where that is known';

CREATE OR REPLACE FUNCTION environment_summary(
        environment_type text DEFAULT NULL,
        project text DEFAULT NULL,
        within interval DEFAULT '30 days')
    RETURNS TABLE (environment_name text, type text, region text, is_active boolean, requires_approval boolean, live bigint, degraded bigint,
                   unhealthy bigint, on_the_way bigint, failed bigint, models bigint, versions bigint, replicas bigint, gpus bigint, approvals_pending bigint,
                   changes bigint, rollbacks bigint, failures bigint, last_change_at timestamptz, last_deployed_at timestamptz, environment_id uuid)
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 20 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        here constant uuid := find_organization(NULL);
        only_project constant uuid := project_filter(project);
        earliest timestamptz;
    BEGIN
        PERFORM require_environment_type(environment_summary.environment_type), require_not_negative('within', within);
        earliest := CASE WHEN within IS NULL THEN '-infinity' ELSE now() - within END;
        RETURN QUERY
            WITH now_there AS (
                SELECT d.environment_id, count(*) FILTER (WHERE d.status IN ('active', 'degraded')) AS live,
                       count(*) FILTER (WHERE d.status = 'degraded') AS degraded,
                       count(*) FILTER (WHERE d.status IN ('active', 'degraded') AND d.health_status = 'unhealthy') AS unhealthy,
                       count(*) FILTER (WHERE d.status IN ('pending', 'deploying', 'terminating')) AS on_the_way,
                       count(*) FILTER (WHERE d.status = 'failed') AS failed,
                       count(DISTINCT d.model_id) FILTER (WHERE d.status IN ('active', 'degraded')) AS models,
                       count(DISTINCT d.version_id) FILTER (WHERE d.status IN ('active', 'degraded')) AS versions,
                       sum(d.replicas) FILTER (WHERE d.status IN ('active', 'degraded')) AS replicas,
                       (sum(d.gpu_count::bigint * d.replicas) FILTER (WHERE d.status IN ('active', 'degraded')))::bigint AS gpus,
                       max(d.deployed_at) AS last_deployed_at
                  FROM deployments d
                  JOIN projects p ON p.project_id = d.project_id AND p.deleted_at IS NULL
                  JOIN models m ON m.model_id = d.model_id AND m.deleted_at IS NULL
                 WHERE d.organization_id = here AND d.deleted_at IS NULL AND (only_project IS NULL OR d.project_id = only_project)
                 GROUP BY d.environment_id),
            happened AS (
                SELECT h.environment_id, count(*) FILTER (WHERE h.valid_from >= earliest) AS changes,
                       count(*) FILTER (WHERE h.valid_from >= earliest AND h.action = 'rollback') AS rollbacks,
                       count(*) FILTER (WHERE h.valid_from >= earliest AND h.status = 'failed') AS failures, max(h.valid_from) AS last_change_at
                  FROM deployment_history h
                 WHERE h.organization_id = here AND (only_project IS NULL OR h.project_id = only_project)
                 GROUP BY h.environment_id),
            asked AS (
                SELECT a.environment_id, count(*) AS n
                  FROM approvals a
                 WHERE a.organization_id = here AND a.approval_status = 'pending' AND (a.expires_at IS NULL OR a.expires_at > now())
                   AND (only_project IS NULL OR a.project_id = only_project)
                 GROUP BY a.environment_id)
            SELECT e.environment_name, e.environment_type, e.region, e.is_active, e.requires_approval, coalesce(n.live, 0), coalesce(n.degraded, 0),
                   coalesce(n.unhealthy, 0), coalesce(n.on_the_way, 0), coalesce(n.failed, 0), coalesce(n.models, 0), coalesce(n.versions, 0),
                   coalesce(n.replicas, 0), coalesce(n.gpus, 0), coalesce(a.n, 0), coalesce(h.changes, 0), coalesce(h.rollbacks, 0), coalesce(h.failures, 0),
                   h.last_change_at, n.last_deployed_at, e.environment_id
              FROM environments e
              LEFT JOIN now_there n USING (environment_id)
              LEFT JOIN happened h USING (environment_id)
              LEFT JOIN asked a USING (environment_id)
             WHERE e.organization_id = here
               AND (environment_summary.environment_type IS NULL OR e.environment_type = environment_summary.environment_type)
             ORDER BY e.priority DESC, e.environment_name;
    END
    $function$;
COMMENT ON FUNCTION environment_summary(text, text, interval) IS 'one row for each environment, those nearest to customers first: what serves there and how it is, what waits for approval for it alone, and how many changes, rollbacks and failures there were within so long (NULL: ever); models, versions, replicas and gpus are those of live deployments';

CREATE OR REPLACE FUNCTION never_deployed_models(
        environment_type text DEFAULT NULL,
        project text DEFAULT NULL,
        max_rows bigint DEFAULT NULL,
        after text DEFAULT NULL)
    RETURNS TABLE (project_slug text, model_name text, team_name text, framework text, risk_level text, version_count bigint, latest_version semver,
                   created_at timestamptz, age interval, model_id uuid)
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 50 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        here constant uuid := find_organization(NULL);
        only_project constant uuid := project_filter(project);
        last_one record;
    BEGIN
        PERFORM require_environment_type(never_deployed_models.environment_type), require_max_rows(max_rows);
        IF after IS NOT NULL THEN
            SELECT p.slug, m.model_name INTO last_one
              FROM models m JOIN projects p USING (project_id)
             WHERE m.model_id = find_model(CASE WHEN position('/' IN after) > 0 THEN after ELSE concat_ws('/', project, after) END);
        ELSE
            SELECT NULL::text AS slug, NULL::text AS model_name INTO last_one;
        END IF;
        RETURN QUERY
            SELECT p.slug, m.model_name, t.team_name, m.framework, m.risk_level,
                   (SELECT count(*) FROM model_versions v WHERE v.model_id = m.model_id AND v.deleted_at IS NULL),
                   (SELECT v.semver FROM model_versions v WHERE v.version_id = latest_version_id(m.model_id)), m.created_at, now() - m.created_at, m.model_id
              FROM models m
              JOIN projects p ON p.project_id = m.project_id AND p.deleted_at IS NULL
              LEFT JOIN teams t ON t.team_id = m.team_id
             WHERE m.organization_id = here AND m.is_active AND m.deleted_at IS NULL
               AND (only_project IS NULL OR m.project_id = only_project)
               -- Deployments that are deleted now were there all the same.
               AND NOT EXISTS (SELECT FROM deployment_history h
                                 LEFT JOIN environments e ON e.environment_id = h.environment_id
                                WHERE h.model_id = m.model_id AND h.deployment_status IN ('active', 'degraded')
                                  AND (never_deployed_models.environment_type IS NULL OR e.environment_type = never_deployed_models.environment_type))
               AND (after IS NULL OR (p.slug, m.model_name) > (last_one.slug, last_one.model_name))
             ORDER BY p.slug, m.model_name
             LIMIT max_rows;
    END
    $function$;
COMMENT ON FUNCTION never_deployed_models(text, text, bigint, text) IS 'active models of which no deployment has ever been live, in any environment or in none of that type, by project and name; for the next page give the last one seen as after, written project/name';
