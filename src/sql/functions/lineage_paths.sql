-- Lineage: ways between two things, what two have in common, and whom something concerns.

CREATE OR REPLACE FUNCTION lineage_path(
        from_reference text,
        to_reference text,
        max_paths integer DEFAULT 1,
        as_of timestamptz DEFAULT NULL,
        max_nodes integer DEFAULT 1000000,
        relations text[] DEFAULT NULL) RETURNS SETOF lineage_path_info
    LANGUAGE C STABLE PARALLEL RESTRICTED COST 3000 ROWS 10 AS 'MODULE_PATHNAME', 'mlregistry_lineage_path';
COMMENT ON FUNCTION lineage_path(text, text, integer, timestamptz, integer, text[]) IS 'ways from one thing to another, up to what it came from, else down to what came from it: the shortest one, or the first max_paths (NULL: all), shortest first; several relations between two are one step; no rows where there is no way; of an experiment: from or to any of its runs';

CREATE OR REPLACE FUNCTION common_ancestors(
        a text,
        b text,
        as_of timestamptz DEFAULT NULL,
        max_nodes integer DEFAULT 1000000,
        relations text[] DEFAULT NULL,
        kinds text[] DEFAULT NULL) RETURNS SETOF common_ancestor_info
    LANGUAGE C STABLE PARALLEL RESTRICTED COST 4000 ROWS 20 AS 'MODULE_PATHNAME', 'mlregistry_common_ancestors';
COMMENT ON FUNCTION common_ancestors(text, text, timestamptz, integer, text[], text[]) IS 'what two things both came from, one of them itself where the other one came from it (depth 0): the nearest first, which nothing else came from that both came from; kinds restrict what is shown';

CREATE OR REPLACE FUNCTION impact_nodes(
        reference text,
        live_only boolean,
        trained_only boolean,
        as_of timestamptz,
        max_nodes integer)
    RETURNS TABLE (kind text, id uuid, depth integer, path text[], relations text[], is_trained boolean, is_hidden boolean, is_deleted boolean)
    LANGUAGE C STABLE PARALLEL RESTRICTED COST 5000 ROWS 20 AS 'MODULE_PATHNAME', 'mlregistry_impact_nodes';
COMMENT ON FUNCTION impact_nodes(text, boolean, boolean, timestamptz, integer) IS 'what impact() tells of, without what deployments say of themselves';

-- Ids of what may not be seen are NULL there, so nothing of it is found here.
CREATE OR REPLACE FUNCTION impact(
        reference text,
        environment_type text DEFAULT NULL,
        live_only boolean DEFAULT true,
        as_of timestamptz DEFAULT NULL,
        trained_only boolean DEFAULT false,
        max_nodes integer DEFAULT 1000000) RETURNS SETOF impact_info
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED COST 10000 ROWS 20 SET search_path = pg_catalog, mlregistry, pg_temp
    SET plan_cache_mode = force_custom_plan -- of three or of three thousand
    AS $function$
    #variable_conflict use_column
    BEGIN
        -- A wrong name is told here, without the whole query below in its context.
        PERFORM require_environment_type(impact.environment_type), lineage_start(impact.reference);
        RETURN QUERY
            SELECT i.kind, coalesce(d.environment_name, e.environment_name), e.environment_type, d.deployment_name, coalesce(m.model_name, model_name_ever(d.model_id)),
                   coalesce(d.semver, v.semver::text), coalesce(d.status, v.status), d.traffic_percentage, d.endpoint_url, i.depth, i.path, i.relations,
                   i.is_trained, i.is_hidden, i.is_deleted, t.team_name, p.slug, d.deployment_id, coalesce(v.version_id, d.version_id), coalesce(m.model_id, d.model_id), d.environment_id
              FROM impact_nodes(impact.reference, impact.live_only, impact.trained_only, impact.as_of, impact.max_nodes) AS i
              LEFT JOIN LATERAL (
                       SELECT d.deployment_id, d.deployment_name, d.environment_id, NULL::text AS environment_name, d.model_id, d.version_id, NULL::text AS semver,
                              d.status, d.traffic_percentage::numeric, d.endpoint_url, d.project_id
                         FROM deployments d
                        WHERE i.kind = 'deployment' AND d.deployment_id = i.id AND impact.as_of IS NULL
                       UNION ALL
                       SELECT h.deployment_id, h.deployment_name, h.environment_id, h.environment_name, h.model_id, h.version_id, h.semver,
                              h.deployment_status, h.traffic_percentage::numeric, d.endpoint_url, h.project_id
                         FROM deployment_history h
                         LEFT JOIN deployments d ON d.deployment_id = h.deployment_id
                        WHERE i.kind = 'deployment' AND h.deployment_id = i.id AND h.valid_from <= impact.as_of AND h.valid_to > impact.as_of
                       OFFSET 0) AS d ON true
              LEFT JOIN model_versions v ON v.version_id = coalesce(d.version_id, CASE WHEN i.kind = 'version' THEN i.id END)
              LEFT JOIN models m ON m.model_id = coalesce(v.model_id, d.model_id)
              LEFT JOIN teams t ON t.team_id = m.team_id
              LEFT JOIN projects p ON p.project_id = coalesce(d.project_id, v.project_id)
              LEFT JOIN environments e ON e.environment_id = d.environment_id
             WHERE impact.environment_type IS NULL OR i.is_hidden OR e.environment_type = impact.environment_type
             -- Those nearest to customers first, as active_deployments() has them; then what may be served, then what nobody tells.
             ORDER BY i.is_hidden, i.kind = 'version', -e.priority::bigint, e.environment_name, p.slug, m.model_name, d.deployment_name, v.semver, i.depth, i.kind, i.path;
    END
    $function$;
COMMENT ON FUNCTION impact(text, text, boolean, timestamptz, boolean, integer) IS 'every live deployment that something (a dataset, a run, a version, an experiment) has reached through any number of steps, once, with the shortest way that leads there; is_trained: a way leads there over data that was trained on, not only evaluated with (trained_only: no others); what may not be seen is a row too (is_hidden), and where it is no deployment something may come behind it that only others can tell; live_only => false: whatever is open, and versions that nothing serves; as_of: what was live then, of what it had come from then';
