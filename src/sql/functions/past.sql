-- The past: what was live, aliased and staged at a moment, which version served, what became of a deployment. Periods are half-open:
-- what began at a moment was so at it, what ended at it was so no more. Read from histories, whatever has been deleted since.

CREATE OR REPLACE FUNCTION require_moment(at timestamptz) RETURNS timestamptz
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    BEGIN
        IF at IS NULL THEN
            RAISE EXCEPTION 'the time must not be NULL'
                USING ERRCODE = 'null_value_not_allowed', HINT = 'now() is the present.';
        ELSIF NOT isfinite(at) THEN
            RAISE EXCEPTION 'the time must be a moment, not %', at
                USING ERRCODE = 'datetime_field_overflow', HINT = 'now() is the present.';
        END IF;
        RETURN at;
    END
    $function$;
COMMENT ON FUNCTION require_moment(timestamptz) IS 'the time itself; raises 22004 for NULL, 22008 for one that never comes';

CREATE OR REPLACE FUNCTION models_ever(reference text) RETURNS uuid[]
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    DECLARE
        ref record;
        in_project uuid;
        ids uuid[];
    BEGIN
        IF reference IS NULL THEN
            RAISE EXCEPTION 'a model reference must not be NULL' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        ref := parse_reference(reference);
        in_project := find_project(ref.project);
        ids := ARRAY(SELECT m.model_id FROM models m
                      WHERE m.organization_id = current_organization_id() AND m.project_id = in_project AND m.model_name = ref.model
                     UNION
                     SELECT l.subject_id FROM audit_logs l
                      WHERE l.organization_id = current_organization_id() AND l.project_id = in_project
                        AND l.entity_name = ref.model AND l.action = 'model.delete');
        IF ids = '{}' OR ref.selector IS NOT NULL THEN
            PERFORM find_model(reference); -- which says what is wrong
        END IF;
        RETURN ids;
    END
    $function$;
COMMENT ON FUNCTION models_ever(text) IS 'identifiers of all models that a reference [project/]model names or ever named, deleted ones too; P0002 when there was none';

CREATE OR REPLACE FUNCTION model_name_ever(model_id uuid) RETURNS text
    LANGUAGE sql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        SELECT l.entity_name
          FROM audit_logs l
         WHERE l.subject_id = model_name_ever.model_id AND l.action = 'model.delete'
         ORDER BY l.created_at DESC
         LIMIT 1
    $function$;
COMMENT ON FUNCTION model_name_ever(uuid) IS 'last name of a model that is gone, from the audit trail, as far as the caller may read it';

CREATE OR REPLACE FUNCTION approvals_at(version_id uuid, environment_id uuid, deployment_id uuid, at timestamptz) RETURNS text[]
    LANGUAGE sql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        SELECT coalesce(array_agg(format('%s: %s', a.approval_type, a.reviewed_by) ORDER BY a.approval_type, a.reviewed_at), '{}')
          FROM approvals a
         WHERE a.version_id = approvals_at.version_id AND a.reviewed_by IS NOT NULL
           AND (a.environment_id IS NULL OR a.environment_id = approvals_at.environment_id)
           AND (a.deployment_id IS NULL OR a.deployment_id = approvals_at.deployment_id)
           AND EXISTS (SELECT FROM status_history s
                        WHERE s.entity_kind = 'approval' AND s.entity_id = a.approval_id AND s.status IN ('approved', 'expired')
                          AND s.valid_from <= approvals_at.at AND s.valid_to > approvals_at.at)
    $function$;
COMMENT ON FUNCTION approvals_at(uuid, uuid, uuid, timestamptz) IS 'who had agreed by then to a version being served there, type: name; approvals that had expired since they were given count, those withdrawn or superseded do not';

CREATE OR REPLACE FUNCTION registry_at(
        at timestamptz,
        model text DEFAULT NULL,
        project text DEFAULT NULL,
        kinds text[] DEFAULT '{deployment,alias,stage}',
        stages text[] DEFAULT '{staging,production}',
        max_rows bigint DEFAULT NULL,
        after uuid DEFAULT NULL)
    RETURNS TABLE (kind text, project_slug text, model_name text, semver text, name text, environment_name text, status text,
                   traffic_percentage numeric, replicas integer, since timestamptz, until timestamptz, done_by text, reason text,
                   approved_by text[], is_deleted boolean, history_id uuid, model_id uuid, version_id uuid, deployment_id uuid,
                   environment_id uuid)
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 1000 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        here constant uuid := find_organization(NULL);
        only_project constant uuid := project_filter(project);
        only_models constant uuid[] := CASE WHEN model IS NOT NULL THEN models_ever(CASE WHEN position('/' IN model) > 0 THEN model ELSE concat_ws('/', project, model) END) END;
        moment constant timestamptz := require_moment(registry_at.at);
        after_row record;
    BEGIN
        PERFORM require_not_negative('max_rows', max_rows), require_choice('kinds', k, '{deployment,alias,stage}')
           FROM unnest(coalesce(registry_at.kinds, '{deployment}')) AS k;
        PERFORM require_stage(coalesce(s, '')) FROM unnest(registry_at.stages) AS s;
        -- Put together for each call: with the time as a value the planner sees whether it is near the one or the other end of the histories.
        RETURN QUERY EXECUTE format($query$
            WITH found AS (%s),
            named AS (
                SELECT f.*, p.slug, coalesce(m.model_name, model_name_ever(f.model_id)) AS model_name, m.model_id IS NULL OR m.deleted_at IS NOT NULL AS model_deleted
                  FROM found f
                  JOIN projects p ON p.project_id = f.project_id
                  LEFT JOIN models m ON m.model_id = f.model_id
                 WHERE p.organization_id = $1 AND coalesce(m.deleted_at > $2, true) AND coalesce(p.deleted_at > $2, true))
            SELECT n.kind, n.slug, n.model_name, n.semver, n.name, n.environment_name, n.status, n.traffic_percentage, n.replicas, n.valid_from,
                   nullif(n.valid_to, 'infinity'), n.done_by, n.reason,
                   CASE WHEN n.kind = 'deployment' THEN approvals_at(n.version_id, n.environment_id, n.deployment_id, $2) END,
                   n.model_deleted OR NOT EXISTS (SELECT FROM model_versions v WHERE v.version_id = n.version_id AND v.deleted_at IS NULL),
                   n.history_id, n.model_id, n.version_id, n.deployment_id, n.environment_id
              FROM named n
             %s
             ORDER BY n.slug, n.model_name, n.kind, coalesce(n.environment_name, ''), n.name, n.history_id
             LIMIT $5$query$,
            concat_ws(' UNION ALL ',
                CASE WHEN registry_at.kinds IS NULL OR 'deployment' = ANY (registry_at.kinds) THEN
                    'SELECT ''deployment'' AS kind, h.project_id, h.model_id, h.version_id, h.semver, h.deployment_name AS name, h.environment_name,'
                    ' h.deployment_status AS status, h.traffic_percentage::numeric, h.replicas, h.valid_from, h.valid_to, h.performed_by AS done_by,'
                    ' h.reason, h.history_id, h.deployment_id, h.environment_id'
                    ' FROM deployment_history h'
                    ' WHERE h.valid_from <= $2 AND h.valid_to > $2 AND h.deployment_status IN (''active'', ''degraded'')' END,
                CASE WHEN registry_at.kinds IS NULL OR 'alias' = ANY (registry_at.kinds) THEN
                    'SELECT ''alias'' AS kind, h.project_id, h.model_id, h.version_id, h.semver, h.alias AS name, NULL AS environment_name,'
                    ' NULL AS status, NULL::numeric AS traffic_percentage, NULL::integer AS replicas, h.valid_from, h.valid_to, h.set_by AS done_by, NULL AS reason,'
                    ' h.history_id, NULL::uuid AS deployment_id, NULL::uuid AS environment_id'
                    ' FROM alias_history h WHERE h.valid_from <= $2 AND h.valid_to > $2' END,
                CASE WHEN registry_at.kinds IS NULL OR 'stage' = ANY (registry_at.kinds) THEN
                    'SELECT ''stage'' AS kind, h.project_id, h.model_id, h.version_id, h.semver, h.stage AS name, NULL AS environment_name,'
                    ' NULL AS status, NULL::numeric AS traffic_percentage, NULL::integer AS replicas, h.valid_from, h.valid_to, h.changed_by AS done_by, h.reason,'
                    ' h.history_id, NULL::uuid AS deployment_id, NULL::uuid AS environment_id'
                    ' FROM stage_history h WHERE h.valid_from <= $2 AND h.valid_to > $2 AND ($3 IS NULL OR h.stage = ANY ($3))'
                    '  AND NOT EXISTS (SELECT FROM model_versions v WHERE v.version_id = h.version_id AND v.deleted_at <= $2)' END),
            concat_ws(' AND ', 'WHERE true',
                CASE WHEN only_project IS NOT NULL THEN format('n.project_id = %L', only_project) END,
                CASE WHEN only_models IS NOT NULL THEN format('n.model_id = ANY (%L)', only_models) END,
                CASE WHEN after IS NOT NULL THEN
                    '(n.slug, n.model_name, n.kind, coalesce(n.environment_name, ''''), n.name, n.history_id)'
                    ' > (SELECT l.slug, l.model_name, l.kind, coalesce(l.environment_name, ''''), l.name, l.history_id FROM named l WHERE l.history_id = $4)' END))
            USING here, moment, registry_at.stages, after, max_rows;
    END
    $function$;
