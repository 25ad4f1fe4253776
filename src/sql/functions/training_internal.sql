-- What the triggers and views of the area training ask.

CREATE OR REPLACE FUNCTION trg_derive_experiment() RETURNS trigger LANGUAGE C AS 'MODULE_PATHNAME', 'mlregistry_trg_derive_experiment';
COMMENT ON FUNCTION trg_derive_experiment() IS 'trigger derive of experiments: their end';

CREATE OR REPLACE FUNCTION trg_derive_run() RETURNS trigger LANGUAGE C AS 'MODULE_PATHNAME', 'mlregistry_trg_derive_run';
COMMENT ON FUNCTION trg_derive_run() IS 'trigger derive of runs: number, model, framework, times, duration, F1, one run a day';

CREATE OR REPLACE FUNCTION trg_derive_run_dataset() RETURNS trigger LANGUAGE C AS 'MODULE_PATHNAME', 'mlregistry_trg_derive_run_dataset';
COMMENT ON FUNCTION trg_derive_run_dataset() IS 'trigger derive of run_datasets: version of the data';

CREATE OR REPLACE FUNCTION trg_state() RETURNS trigger LANGUAGE C AS 'MODULE_PATHNAME', 'mlregistry_trg_state';
COMMENT ON FUNCTION trg_state() IS 'trigger state: refuses moves that the state machine does not have; arguments: entity, column, and so on for each';

CREATE OR REPLACE FUNCTION trg_guard_run() RETURNS trigger LANGUAGE C AS 'MODULE_PATHNAME', 'mlregistry_trg_guard_run';
COMMENT ON FUNCTION trg_guard_run() IS 'trigger guard of runs: quotas, no circle of parents, none goes that a version came from';

CREATE OR REPLACE FUNCTION trg_guard_run_metrics() RETURNS trigger LANGUAGE C AS 'MODULE_PATHNAME', 'mlregistry_trg_guard_run_metrics';
COMMENT ON FUNCTION trg_guard_run_metrics() IS 'trigger guard of run_metrics: the runs are there and where the rows say; for each statement';

CREATE OR REPLACE FUNCTION said_run_place(run uuid, organization uuid, project uuid) RETURNS boolean
    LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'mlregistry_said_run_place';
COMMENT ON FUNCTION said_run_place(uuid, uuid, uuid) IS 'condition of a trigger of run_metrics: false; what it was called with is looked at when the statement ends';

CREATE OR REPLACE FUNCTION trg_said_run_metrics() RETURNS trigger LANGUAGE C AS 'MODULE_PATHNAME', 'mlregistry_trg_said_run_metrics';
COMMENT ON FUNCTION trg_said_run_metrics() IS 'trigger of run_metrics that never fires: its condition is said_run_place()';

CREATE OR REPLACE FUNCTION trg_effect_run() RETURNS trigger LANGUAGE C AS 'MODULE_PATHNAME', 'mlregistry_trg_effect_run';
COMMENT ON FUNCTION trg_effect_run() IS 'trigger effect of runs: the primary dataset is one of run_datasets, metrics go with their runs';

CREATE OR REPLACE FUNCTION lifecycle_moves() RETURNS TABLE (entity text, from_state text, to_state text, fills text, only_if text)
    LANGUAGE C IMMUTABLE PARALLEL SAFE ROWS 90 AS 'MODULE_PATHNAME', 'mlregistry_lifecycle_moves';
COMMENT ON FUNCTION lifecycle_moves() IS 'state machines that triggers keep: their moves, what a move fills, what must be true for it; without from_state: where an entity begins';

CREATE OR REPLACE FUNCTION run_cost(estimated_cost_usd numeric, gpu_hours numeric, gpu_type text) RETURNS numeric
    LANGUAGE C STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_run_cost';
COMMENT ON FUNCTION run_cost(numeric, numeric, text) IS 'cost of a run in US dollars: what was estimated, else GPU hours at the price of gpu_types, 2.50 where the GPU is not in it; views and quotas use it';

-- Usage is what runs that were queued in the calendar period (UTC) of a time have taken; archived ones have taken it, too. A team's
-- are those of its models. Asked by trigger guard in the owner's name, and by quota_usage().
CREATE OR REPLACE FUNCTION usage_of_quota(quota_id uuid, at timestamptz)
    RETURNS TABLE (period_start timestamptz, period_end timestamptz, gpu_hours numeric, cost_usd numeric)
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 1 SET search_path = pg_catalog, pg_temp
    AS $function$
        SELECT b.period_start, b.period_end, coalesce(u.gpu_hours, 0), coalesce(u.cost_usd, 0)
          FROM mlregistry.resource_quotas q
         CROSS JOIN LATERAL (
               SELECT date_trunc(q.period, usage_of_quota.at, 'UTC'),
                      (date_trunc(q.period, usage_of_quota.at AT TIME ZONE 'UTC') + ('1 ' || q.period)::interval) AT TIME ZONE 'UTC') AS b (period_start, period_end)
         CROSS JOIN LATERAL (
               SELECT sum(r.gpu_hours) AS gpu_hours, sum(mlregistry.run_cost(r.estimated_cost_usd, r.gpu_hours, r.gpu_type)) AS cost_usd
                 FROM mlregistry.projects p
                 JOIN mlregistry.training_runs r ON r.project_id = p.project_id
                WHERE p.organization_id = q.organization_id AND (q.scope <> 'project' OR p.project_id = q.scope_id)
                  AND r.queued_at >= b.period_start AND r.queued_at < b.period_end
                  AND (q.scope <> 'user' OR r.started_by_user = q.scope_id)
                  AND (q.scope <> 'team' OR EXISTS (SELECT FROM mlregistry.models m WHERE m.model_id = r.model_id AND m.team_id = q.scope_id))) AS u
         WHERE q.quota_id = usage_of_quota.quota_id
    $function$;
COMMENT ON FUNCTION usage_of_quota(uuid, timestamptz) IS 'period of a quota that a time lies in, and what runs have used in it, as far as the caller may read them';

CREATE OR REPLACE FUNCTION quotas_of_run(run_id uuid) RETURNS SETOF uuid
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 2 SET search_path = pg_catalog, pg_temp
    AS $function$
        SELECT q.quota_id
          FROM mlregistry.training_runs r
          JOIN mlregistry.resource_quotas q ON q.organization_id = r.organization_id
          LEFT JOIN mlregistry.models m ON m.model_id = r.model_id
         WHERE r.run_id = quotas_of_run.run_id AND q.is_active AND q.enforcement = 'refuse'
           AND CASE q.scope WHEN 'organization' THEN true
                            WHEN 'project' THEN q.scope_id = r.project_id
                            WHEN 'team' THEN q.scope_id = m.team_id
                            WHEN 'user' THEN q.scope_id = r.started_by_user END
         ORDER BY q.quota_id
    $function$;
COMMENT ON FUNCTION quotas_of_run(uuid) IS 'quotas that a run may be refused by, in the order in which they are locked';

-- What is used up is used up, whatever the run itself says that it has taken; a limit of 0 lets runs pass that take nothing. Who says
-- that a run was queued last month takes what there is now.
CREATE OR REPLACE FUNCTION quota_refusal(run_id uuid) RETURNS TABLE (message text, detail text)
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 1 SET search_path = pg_catalog, pg_temp
    AS $function$
        SELECT format('the quota of the %s is used up', q.scope),
               format('%s of %s %s in the %s from %s are taken.', x.used, x.most, x.unit, q.period, to_char(u.period_start AT TIME ZONE 'UTC', 'YYYY-MM-DD'))
          FROM mlregistry.training_runs r
         CROSS JOIN LATERAL mlregistry.quotas_of_run(r.run_id) AS of_run (quota_id)
          JOIN mlregistry.resource_quotas q ON q.quota_id = of_run.quota_id
         CROSS JOIN LATERAL mlregistry.usage_of_quota(q.quota_id, greatest(r.queued_at, now())) AS u
         CROSS JOIN LATERAL (VALUES
               (1, 'GPU hours', u.gpu_hours, r.gpu_hours, q.gpu_hours_limit),
               (2, 'US dollars', u.cost_usd, mlregistry.run_cost(r.estimated_cost_usd, r.gpu_hours, r.gpu_type), q.cost_limit_usd))
               AS x (place, unit, used, own, most)
         WHERE r.run_id = quota_refusal.run_id
           AND (x.used > x.most OR x.used - x.own >= x.most AND x.used > x.own)
         ORDER BY q.quota_id, x.place
         LIMIT 1
    $function$;
COMMENT ON FUNCTION quota_refusal(uuid) IS 'why a run is refused: the first quota with enforcement refuse that it does not fit into; no row where it does';

-- All that counts, also in projects that the caller may not read: what is left of a quota is the same for everybody.
CREATE OR REPLACE FUNCTION usage_of_quotas(organization uuid, at timestamptz)
    RETURNS TABLE (quota_id uuid, period_start timestamptz, period_end timestamptz, gpu_hours numeric, cost_usd numeric)
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SECURITY DEFINER ROWS 20 SET search_path = pg_catalog, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        as_owner constant text := mlregistry.act_as_owner(); -- before any look at a table
    BEGIN
        PERFORM mlregistry.require_privilege('resource_quotas', 'SELECT');
        IF mlregistry.bypasses_access() OR organization = ANY (mlregistry.allowed_organizations('read', 'admin')) THEN
            RETURN QUERY
                SELECT q.quota_id, u.period_start, u.period_end, u.gpu_hours, u.cost_usd
                  FROM mlregistry.resource_quotas q
                 CROSS JOIN LATERAL mlregistry.usage_of_quota(q.quota_id, usage_of_quotas.at) AS u
                 WHERE q.organization_id = usage_of_quotas.organization AND q.is_active;
        END IF;
    END
    $function$;
COMMENT ON FUNCTION usage_of_quotas(uuid, timestamptz) IS 'what runs have used of the active quotas of an organization in the periods that a time lies in: part of quota_usage()';
