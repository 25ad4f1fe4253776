-- What stands between a version and those who use it: approvals, metric gates, traffic. The triggers that keep these rules, and
-- deployment_gate(), which says beforehand what is missing.

CREATE OR REPLACE FUNCTION trg_guard_deployment() RETURNS trigger LANGUAGE C AS 'MODULE_PATHNAME', 'mlregistry_trg_guard_deployment';
COMMENT ON FUNCTION trg_guard_deployment() IS 'trigger guard of deployments: what is deployed is there and not on its way out; one that serves is not deleted';

CREATE OR REPLACE FUNCTION trg_traffic_sum() RETURNS trigger LANGUAGE C AS 'MODULE_PATHNAME', 'mlregistry_trg_traffic_sum';
COMMENT ON FUNCTION trg_traffic_sum() IS 'constraint trigger of deployments: the live ones of a model in an environment have 100 percent of the traffic at most';

CREATE OR REPLACE FUNCTION trg_approval_gate() RETURNS trigger LANGUAGE C AS 'MODULE_PATHNAME', 'mlregistry_trg_approval_gate';
COMMENT ON FUNCTION trg_approval_gate() IS 'constraint trigger of deployments: approvals and metrics that serving needs';

CREATE OR REPLACE FUNCTION trg_effect_deployment() RETURNS trigger LANGUAGE C AS 'MODULE_PATHNAME', 'mlregistry_trg_effect_deployment';
COMMENT ON FUNCTION trg_effect_deployment() IS 'trigger effect of deployments: freezes the version, which is deployed as long as a deployment of it is live';

CREATE OR REPLACE FUNCTION trg_effect_version() RETURNS trigger LANGUAGE C AS 'MODULE_PATHNAME', 'mlregistry_trg_effect_version';
COMMENT ON FUNCTION trg_effect_version() IS 'trigger effect of versions: one that is deprecated no more while it serves is deployed';

CREATE OR REPLACE FUNCTION trg_guard_approval() RETURNS trigger LANGUAGE C AS 'MODULE_PATHNAME', 'mlregistry_trg_guard_approval';
COMMENT ON FUNCTION trg_guard_approval() IS 'trigger guard of approvals: one that holds no more, and deployments that ask for it, wait for each other';

CREATE OR REPLACE FUNCTION trg_effect_approval() RETURNS trigger LANGUAGE C AS 'MODULE_PATHNAME', 'mlregistry_trg_effect_approval';
COMMENT ON FUNCTION trg_effect_approval() IS 'trigger effect of approvals: what was decided on the same before is superseded';

CREATE OR REPLACE FUNCTION trg_guard_stage() RETURNS trigger LANGUAGE C AS 'MODULE_PATHNAME', 'mlregistry_trg_guard_stage';
COMMENT ON FUNCTION trg_guard_stage() IS 'trigger guard of versions: protected stages, validation before production, metrics of those that go up';

CREATE OR REPLACE FUNCTION trg_metric_gate() RETURNS trigger LANGUAGE C AS 'MODULE_PATHNAME', 'mlregistry_trg_metric_gate';
COMMENT ON FUNCTION trg_metric_gate() IS 'constraint trigger of versions: what is inserted into a stage measures up to its gates';

CREATE OR REPLACE FUNCTION trg_guard_protected_alias() RETURNS trigger LANGUAGE C AS 'MODULE_PATHNAME', 'mlregistry_trg_guard_protected_alias';
COMMENT ON FUNCTION trg_guard_protected_alias() IS 'trigger guard of aliases: protected ones move by admins and owners of the project only';

CREATE OR REPLACE FUNCTION trg_guard_hold() RETURNS trigger LANGUAGE C AS 'MODULE_PATHNAME', 'mlregistry_trg_guard_hold';
COMMENT ON FUNCTION trg_guard_hold() IS 'triggers guard and hold of models and versions: what is under legal hold is not deleted';

CREATE OR REPLACE FUNCTION trg_guard_hold_change() RETURNS trigger LANGUAGE C AS 'MODULE_PATHNAME', 'mlregistry_trg_guard_hold_change';
COMMENT ON FUNCTION trg_guard_hold_change() IS 'trigger guard of models and versions: only admins set and clear a legal hold';

CREATE OR REPLACE FUNCTION trg_guard_in_use() RETURNS trigger LANGUAGE C AS 'MODULE_PATHNAME', 'mlregistry_trg_guard_in_use';
COMMENT ON FUNCTION trg_guard_in_use() IS 'trigger guard of what is soft-deleted: it holds neither open deployments nor what is under legal hold; argument: version, model, project or organization';

CREATE OR REPLACE FUNCTION trg_guard_signature() RETURNS trigger LANGUAGE C AS 'MODULE_PATHNAME', 'mlregistry_trg_guard_signature';
COMMENT ON FUNCTION trg_guard_signature() IS 'trigger guard of signatures: they do not change, and go with their version only';

CREATE OR REPLACE FUNCTION check_deployment(deployment_id uuid) RETURNS void
    LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'mlregistry_check_deployment';
COMMENT ON FUNCTION check_deployment(uuid) IS 'raises at once what the constraint triggers of deployments raise when the transaction commits: approval_gate, metric_gate, traffic_sum';

-- The number of a version itself wins, the split then says nothing; NaN measures up to nothing.
CREATE OR REPLACE FUNCTION gate_metrics(version_id uuid, stage text)
    RETURNS TABLE (requirement text, satisfied boolean, metric_value float8, recorded_at timestamptz, recorded_by text)
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 2 SET search_path = pg_catalog, pg_temp
    AS $function$
        SELECT format('%s %s %s%s', g.metric_name, g.comparison, g.threshold, CASE WHEN own.metric_value IS NULL THEN format(' (%s)', g.dataset_split) END),
               coalesce(CASE g.comparison WHEN '>=' THEN found.metric_value >= g.threshold ELSE found.metric_value <= g.threshold END
                        AND found.metric_value <> 'NaN', false),
               found.metric_value, found.recorded_at, found.recorded_by
          FROM mlregistry.model_versions v
          JOIN mlregistry.metric_gates g ON g.project_id = v.project_id
                                        AND (g.model_id = v.model_id OR g.model_id IS NULL)
                                        AND g.target_stage = gate_metrics.stage AND g.is_active
         CROSS JOIN LATERAL (SELECT CASE g.metric_name WHEN 'benchmark_accuracy' THEN v.benchmark_accuracy
                                                       WHEN 'benchmark_latency_p50_ms' THEN v.benchmark_latency_p50_ms
                                                       WHEN 'benchmark_latency_p99_ms' THEN v.benchmark_latency_p99_ms
                                                       WHEN 'benchmark_throughput_qps' THEN v.benchmark_throughput_qps
                                                       WHEN 'benchmark_memory_mb' THEN v.benchmark_memory_mb END::float8) AS own (metric_value)
          LEFT JOIN LATERAL (SELECT own.metric_value, NULL::timestamptz AS recorded_at, NULL::text AS recorded_by WHERE own.metric_value IS NOT NULL
                             UNION ALL
                             (SELECT k.metric_value, k.recorded_at, k.recorded_by
                                FROM mlregistry.model_metrics k
                               WHERE own.metric_value IS NULL AND k.version_id = v.version_id
                                 AND k.metric_name = g.metric_name AND k.dataset_split = g.dataset_split
                               ORDER BY k.recorded_at DESC, k.metric_id
                               LIMIT 1)) AS found ON true
         WHERE v.version_id = gate_metrics.version_id
         ORDER BY g.metric_name, g.dataset_split, g.model_id NULLS FIRST
    $function$;
COMMENT ON FUNCTION gate_metrics(uuid, text) IS 'metric gates before a stage, or an environment of that type, and what a version measures up to, as far as the caller may read it';

-- statement_timestamp(): a long transaction does not deploy with an approval that has expired since it began.
CREATE OR REPLACE FUNCTION gate_requirements(version_id uuid, environment_id uuid, deployment_id uuid)
    RETURNS TABLE (n bigint, rule text, kind text, requirement text, satisfied boolean, met_by text, valid_until timestamptz,
                   detail text, hint text, version text, environment text)
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 5 SET search_path = pg_catalog, pg_temp
    AS $function$
        WITH asked AS (
            SELECT v.version_id, v.status, v.deprecation_reason, m.compliance_required, e.requires_approval, e.required_approval_types,
                   e.environment_type, e.is_active,
                   v.deleted_at IS NOT NULL OR m.deleted_at IS NOT NULL AS is_deleted,
                   format('%s@%s', m.model_name, v.semver) AS version, e.environment_name AS environment
              FROM mlregistry.model_versions v
              JOIN mlregistry.models m USING (model_id)
              JOIN mlregistry.environments e ON e.environment_id = gate_requirements.environment_id
             WHERE v.version_id = gate_requirements.version_id),
        for_it AS (
            SELECT a.*, a.approval_status = 'approved' AND coalesce(a.expires_at > statement_timestamp(), true) AS is_valid
              FROM mlregistry.approvals a
             WHERE a.version_id = gate_requirements.version_id
               AND (a.environment_id = gate_requirements.environment_id OR a.environment_id IS NULL)
               AND (a.deployment_id = gate_requirements.deployment_id OR a.deployment_id IS NULL)),
        wanted AS (
            SELECT w.approval_type, w.n FROM asked
             CROSS JOIN LATERAL unnest(CASE required_approval_types WHEN '{}' THEN '{any}' ELSE required_approval_types END)
                                WITH ORDINALITY AS w (approval_type, n)
             WHERE asked.compliance_required AND asked.requires_approval),
        found AS (
            SELECT w.approval_type, w.n, a.*, pending.requested_by AS asked_by, last.approval_status AS last_status, last.expires_at AS last_expires_at
              FROM wanted w
              -- One of the type before an emergency, which stands in, and the one that holds longest.
              LEFT JOIN LATERAL (SELECT f.approval_type AS met_type, f.reviewed_by, f.expires_at, f.requested_by = f.reviewed_by AS alone
                                   FROM for_it f
                                  WHERE f.is_valid AND (f.approval_type IN (w.approval_type, 'emergency') OR w.approval_type = 'any')
                                  ORDER BY f.approval_type = 'emergency' AND w.approval_type <> 'emergency', f.expires_at DESC NULLS FIRST, f.reviewed_at, f.approval_id
                                  LIMIT 1) AS a ON true
              LEFT JOIN LATERAL (SELECT f.requested_by FROM for_it f
                                  WHERE f.approval_status = 'pending' AND f.approval_type IN (w.approval_type, CASE w.approval_type WHEN 'any' THEN f.approval_type END)
                                  ORDER BY f.requested_at DESC, f.approval_id LIMIT 1) AS pending ON true
              LEFT JOIN LATERAL (SELECT f.approval_status, f.expires_at FROM for_it f
                                  WHERE f.approval_status NOT IN ('pending', 'superseded')
                                    AND f.approval_type IN (w.approval_type, CASE w.approval_type WHEN 'any' THEN f.approval_type END)
                                  ORDER BY f.requested_at DESC, f.reviewed_at DESC NULLS LAST, f.approval_id LIMIT 1) AS last ON true),
        rows AS (
            SELECT 1 AS part, 1::bigint AS n, 'deployable' AS rule, 'version' AS kind, 'version can be deployed' AS requirement,
                   NOT is_deleted AND status NOT IN ('archived', 'deprecated') AS satisfied, NULL::text AS met_by, NULL::timestamptz AS valid_until,
                   CASE WHEN is_deleted THEN 'It, or its model, is deleted.'
                        WHEN status = 'deprecated' THEN concat_ws(' ', 'It is deprecated.', deprecation_reason)
                        ELSE format('It is %s.', status) END AS detail,
                   CASE WHEN is_deleted OR status = 'archived' THEN 'Deploy another version.'
                        WHEN status = 'deprecated' THEN 'Deploy another version, or say that you mean it: deploy(..., force => true).' END AS hint
              FROM asked
            UNION ALL
            SELECT 2, 1, 'deployable', 'environment', 'environment is active', is_active, NULL, NULL,
                   CASE WHEN is_active THEN 'It is active.' ELSE 'It is inactive.' END,
                   CASE WHEN NOT is_active THEN 'Deploy into another one, set its is_active, or say that you mean it: deploy(..., force => true).' END
              FROM asked
            UNION ALL
            SELECT 3, 1, 'approval_gate', 'approval', 'no approval', true, NULL, NULL,
                   CASE WHEN compliance_required THEN 'The environment does not require approval.'
                        ELSE 'The model does not require compliance.' END, NULL
              FROM asked WHERE NOT (compliance_required AND requires_approval)
            UNION ALL
            SELECT 3, f.n, 'approval_gate', 'approval',
                   CASE f.approval_type WHEN 'any' THEN 'approval of any type but emergency' ELSE f.approval_type || ' approval' END,
                   f.met_type IS NOT NULL, f.reviewed_by, CASE WHEN f.met_type IS NOT NULL THEN coalesce(f.expires_at, 'infinity') END,
                   CASE WHEN f.met_type = 'emergency' AND f.approval_type <> 'emergency'
                        THEN format('Emergency approval by %s stands in%s.', f.reviewed_by, CASE WHEN f.alone THEN ', who asked for it, too' END)
                        WHEN f.met_type IS NOT NULL THEN format('%s approval by %s.', initcap(f.met_type), f.reviewed_by)
                        WHEN f.asked_by IS NOT NULL THEN format('Asked for by %s, not decided yet.', f.asked_by)
                        WHEN f.last_status = 'approved' OR f.last_status = 'expired'
                        THEN concat('The last one has expired', CASE WHEN f.last_expires_at <= statement_timestamp() THEN format(' on %s', to_char(f.last_expires_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI "UTC"')) END, '.')
                        WHEN f.last_status IS NOT NULL THEN format('The last one was %s.', f.last_status)
                        ELSE 'Nobody has asked for one.' END,
                   CASE WHEN f.met_type IS NOT NULL THEN NULL
                        WHEN f.asked_by IS NOT NULL THEN 'Somebody else than who asked decides: approve(). deployment_gate() says what is missing.'
                        -- What served by it may be what one wants back at once.
                        WHEN f.last_status = 'approved' OR f.last_status = 'expired'
                        THEN 'Ask for approval: request_approval(); somebody else decides: approve(). At once and alone: ask for an emergency, and approve it. deployment_gate() says what is missing.'
                        ELSE 'Ask for approval: request_approval(); somebody else decides: approve(). deployment_gate() says what is missing.' END
              FROM found f
            UNION ALL
            SELECT 4, row_number() OVER (), 'metric_gate', 'metric', k.requirement, k.satisfied, CASE WHEN k.satisfied THEN k.recorded_by END, NULL,
                   CASE WHEN k.metric_value IS NULL THEN 'It has not been measured.' ELSE format('It is %s.', k.metric_value) END,
                   CASE WHEN NOT k.satisfied THEN 'Measure it and record_metric(), or deploy a version that measures up to it. list_metric_gates() shows the gates.' END
              FROM asked, mlregistry.gate_metrics(asked.version_id, asked.environment_type) AS k)
        SELECT row_number() OVER (ORDER BY r.part, r.n), r.rule, r.kind, r.requirement, r.satisfied, r.met_by, r.valid_until, r.detail, r.hint, a.version, a.environment
          FROM rows r, asked a
         ORDER BY 1
    $function$;
COMMENT ON FUNCTION gate_requirements(uuid, uuid, uuid) IS 'what serving a version in an environment needs, by a deployment or a new one (NULL), as far as the caller may read it; the triggers ask this, too';

CREATE OR REPLACE FUNCTION deployment_gate(version_id uuid, environment_id uuid, deployment_id uuid DEFAULT NULL)
    RETURNS TABLE (kind text, requirement text, satisfied boolean, met_by text, valid_until timestamptz, detail text, hint text)
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 5 SET search_path = pg_catalog, pg_temp
    AS $function$
        SELECT r.kind, r.requirement, r.satisfied, r.met_by, r.valid_until, r.detail, r.hint
          FROM mlregistry.gate_requirements(deployment_gate.version_id, deployment_gate.environment_id, deployment_gate.deployment_id) AS r
         ORDER BY r.n
    $function$;
COMMENT ON FUNCTION deployment_gate(uuid, uuid, uuid) IS 'what serving a version in an environment needs: see deployment_gate(text, text, text)';

CREATE OR REPLACE FUNCTION deployment_gate(version text, environment text, deployment_name text DEFAULT NULL)
    RETURNS TABLE (kind text, requirement text, satisfied boolean, met_by text, valid_until timestamptz, detail text, hint text)
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 5 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        asked uuid := find_version(version);
        place uuid := find_environment(environment);
    BEGIN
        RETURN QUERY
            SELECT g.kind, g.requirement, g.satisfied, g.met_by, g.valid_until, g.detail, g.hint
              FROM deployment_gate(asked, place,
                                   (SELECT d.deployment_id
                                      FROM deployments d JOIN model_versions v ON v.version_id = asked
                                     WHERE d.model_id = v.model_id AND d.environment_id = place AND d.deployment_name = deployment_gate.deployment_name
                                       AND d.status IN ('pending', 'deploying', 'active', 'degraded', 'terminating') AND d.deleted_at IS NULL)) AS g;
    END
    $function$;
COMMENT ON FUNCTION deployment_gate(text, text, text) IS 'what serving a version (a reference) in an environment needs, and what is missing: that both can be deployed to, approvals, metrics; with the name of a deployment also by what was agreed on for that one. Nothing is missing where every row is satisfied; valid_until: until when that holds';
