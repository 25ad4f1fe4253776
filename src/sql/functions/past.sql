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
        -- Approvals go with their version: then it is not known who had agreed, which is not nobody.
        SELECT coalesce(array_agg(format('%s: %s', a.approval_type, a.reviewed_by) ORDER BY a.approval_type, a.reviewed_at)
                            FILTER (WHERE a.approval_id IS NOT NULL), '{}')
          FROM model_versions v
          LEFT JOIN approvals a
            ON a.version_id = v.version_id AND a.reviewed_by IS NOT NULL
           AND (a.environment_id IS NULL OR a.environment_id = approvals_at.environment_id)
           AND (a.deployment_id IS NULL OR a.deployment_id = approvals_at.deployment_id)
           AND EXISTS (SELECT FROM status_history s
                        WHERE s.entity_kind = 'approval' AND s.entity_id = a.approval_id AND s.status IN ('approved', 'expired')
                          AND s.valid_from <= approvals_at.at AND s.valid_to > approvals_at.at)
         WHERE v.version_id = approvals_at.version_id
         GROUP BY v.version_id
    $function$;
COMMENT ON FUNCTION approvals_at(uuid, uuid, uuid, timestamptz) IS 'who had agreed by then to a version being served there, type: name; approvals that had expired since they were given count, those withdrawn or superseded do not; NULL when the version is not there any more: approvals go with it';

-- What was so at a moment, of all models or some. The planner thinks that the two ends of a period know nothing of each other, and
-- that a quarter of everything were so in the middle of it: it is not to read all of it for that.
CREATE OR REPLACE FUNCTION history_at(at timestamptz, kinds text[], model_ids uuid[] DEFAULT NULL, stages text[] DEFAULT NULL)
    RETURNS TABLE (kind text, project_id uuid, model_id uuid, version_id uuid, semver text, name text, environment_name text, status text,
                   traffic_percentage numeric, replicas integer, valid_from timestamptz, valid_to timestamptz, done_by text, reason text,
                   history_id uuid, deployment_id uuid, environment_id uuid)
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 1000 SET search_path = pg_catalog, mlregistry, pg_temp SET enable_seqscan = off
    AS $function$
    #variable_conflict use_column
    BEGIN
        -- One statement where models are asked for and one where not: a plan for both would look at all.
        IF 'deployment' = ANY (kinds) AND model_ids IS NULL THEN
            RETURN QUERY
                SELECT 'deployment', h.project_id, h.model_id, h.version_id, h.semver, h.deployment_name, h.environment_name, h.deployment_status,
                       h.traffic_percentage::numeric, h.replicas, h.valid_from, h.valid_to, h.performed_by, h.reason, h.history_id, h.deployment_id, h.environment_id
                  FROM deployment_history h
                 WHERE h.valid_to > at AND h.valid_from <= at AND h.deployment_status IN ('active', 'degraded');
        ELSIF 'deployment' = ANY (kinds) THEN
            RETURN QUERY
                SELECT 'deployment', h.project_id, h.model_id, h.version_id, h.semver, h.deployment_name, h.environment_name, h.deployment_status,
                       h.traffic_percentage::numeric, h.replicas, h.valid_from, h.valid_to, h.performed_by, h.reason, h.history_id, h.deployment_id, h.environment_id
                  FROM deployment_history h
                 WHERE h.model_id = ANY (model_ids) AND h.valid_to > at AND h.valid_from <= at AND h.deployment_status IN ('active', 'degraded');
        END IF;
        IF 'alias' = ANY (kinds) AND model_ids IS NULL THEN
            RETURN QUERY
                SELECT 'alias', h.project_id, h.model_id, h.version_id, h.semver, h.alias, NULL::text, NULL::text, NULL::numeric, NULL::integer,
                       h.valid_from, h.valid_to, h.set_by, NULL::text, h.history_id, NULL::uuid, NULL::uuid
                  FROM alias_history h
                 WHERE h.valid_to > at AND h.valid_from <= at;
        ELSIF 'alias' = ANY (kinds) THEN
            RETURN QUERY
                SELECT 'alias', h.project_id, h.model_id, h.version_id, h.semver, h.alias, NULL::text, NULL::text, NULL::numeric, NULL::integer,
                       h.valid_from, h.valid_to, h.set_by, NULL::text, h.history_id, NULL::uuid, NULL::uuid
                  FROM alias_history h
                 WHERE h.model_id = ANY (model_ids) AND h.valid_to > at AND h.valid_from <= at;
        END IF;
        IF 'stage' = ANY (kinds) AND model_ids IS NULL THEN
            RETURN QUERY
                SELECT 'stage', h.project_id, h.model_id, h.version_id, h.semver, h.stage, NULL::text, NULL::text, NULL::numeric, NULL::integer,
                       h.valid_from, h.valid_to, h.changed_by, h.reason, h.history_id, NULL::uuid, NULL::uuid
                  FROM stage_history h
                 WHERE h.valid_to > at AND h.valid_from <= at AND (stages IS NULL OR h.stage = ANY (stages));
        ELSIF 'stage' = ANY (kinds) THEN
            RETURN QUERY
                SELECT 'stage', h.project_id, h.model_id, h.version_id, h.semver, h.stage, NULL::text, NULL::text, NULL::numeric, NULL::integer,
                       h.valid_from, h.valid_to, h.changed_by, h.reason, h.history_id, NULL::uuid, NULL::uuid
                  FROM stage_history h
                 WHERE h.model_id = ANY (model_ids) AND h.valid_to > at AND h.valid_from <= at AND (stages IS NULL OR h.stage = ANY (stages));
        END IF;
    END
    $function$;
COMMENT ON FUNCTION history_at(timestamptz, text[], uuid[], text[]) IS 'rows of the histories of what was live (deployment), named (alias) or staged (stage, of all stages or some) at a moment, of all models or some: what registry_at() and version_at() read';

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
        wanted constant text[] := coalesce(registry_at.kinds, '{deployment,alias,stage}');
    BEGIN
        PERFORM require_max_rows(max_rows);
        PERFORM require_choice('kinds', k, '{deployment,alias,stage}') FROM unnest(wanted) AS k;
        PERFORM require_stage(coalesce(s, '')) FROM unnest(registry_at.stages) AS s;
        RETURN QUERY
            WITH named AS (
                SELECT f.*, p.slug, coalesce(m.model_name, model_name_ever(f.model_id)) AS model_name, v.version_id IS NOT NULL AS is_there,
                       coalesce(f.environment_name, '') AS place
                  FROM history_at(moment, wanted, only_models, registry_at.stages) AS f
                  JOIN projects p ON p.project_id = f.project_id
                  LEFT JOIN models m ON m.model_id = f.model_id
                  LEFT JOIN model_versions v ON v.version_id = f.version_id
                 WHERE p.organization_id = here AND (only_project IS NULL OR p.project_id = only_project)
                   -- What was deleted by then was not there any more, whatever its histories say.
                   AND coalesce(p.deleted_at > moment, true) AND coalesce(m.deleted_at > moment, true) AND coalesce(v.deleted_at > moment, true))
            SELECT n.kind, n.slug, n.model_name, n.semver, n.name, n.environment_name, n.status, n.traffic_percentage, n.replicas, n.valid_from,
                   nullif(n.valid_to, 'infinity'), n.done_by, n.reason,
                   CASE WHEN n.kind <> 'deployment' OR NOT n.is_there THEN NULL
                        -- Most versions have none, and a look is less than a call.
                        WHEN EXISTS (SELECT FROM approvals a WHERE a.version_id = n.version_id) THEN approvals_at(n.version_id, n.environment_id, n.deployment_id, moment)
                        ELSE '{}' END,
                   NOT n.is_there, n.history_id, n.model_id, n.version_id, n.deployment_id, n.environment_id
              FROM named n
             WHERE after IS NULL
                OR (n.slug, n.model_name, n.kind, n.place, n.name, n.history_id)
                   > (SELECT l.slug, l.model_name, l.kind, l.place, l.name, l.history_id FROM named l WHERE l.history_id = after)
             ORDER BY n.slug, n.model_name, n.kind, n.place, n.name, n.history_id
             LIMIT max_rows;
    END
    $function$;
COMMENT ON FUNCTION registry_at(timestamptz, text, text, text[], text[], bigint, uuid) IS 'what there was at a moment, by project and model: live deployments with their share of the traffic and who had approved by then, aliases and what they named, versions in stages; of deleted models and versions, too; until: when that ended, NULL if it still is so; a moment that lies ahead is shown as the present; stages: which of these (NULL: all); for the next page give the history_id of the last row seen as after';

-- ---- which version served

CREATE OR REPLACE FUNCTION version_at(model_ids uuid[], at timestamptz, environment text)
    RETURNS TABLE (environment_name text, deployment_name text, model_name text, semver text, status text, traffic_percentage numeric, replicas integer,
                   since timestamptz, until timestamptz, performed_by text, reason text, approved_by text[], is_deleted boolean,
                   history_id uuid, deployment_id uuid, environment_id uuid, model_id uuid, version_id uuid)
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 3 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        here constant uuid := find_organization(NULL);
        moment constant timestamptz := require_moment(version_at.at);
        -- By the name that it has now, and by those that it had.
        in_environments uuid[];
    BEGIN
        IF version_at.environment IS NOT NULL THEN
            in_environments := ARRAY(SELECT e.environment_id FROM environments e WHERE e.organization_id = here AND e.environment_name = version_at.environment
                                     UNION
                                     SELECT h.environment_id FROM deployment_history h
                                      WHERE h.model_id = ANY (model_ids) AND h.environment_name = version_at.environment);
            IF in_environments = '{}' THEN
                PERFORM find_environment(version_at.environment);
            END IF;
        END IF;
        RETURN QUERY
            SELECT h.environment_name, h.name, coalesce(m.model_name, model_name_ever(h.model_id)), h.semver, h.status,
                   h.traffic_percentage, h.replicas, h.valid_from, nullif(h.valid_to, 'infinity'), h.done_by, h.reason,
                   approvals_at(h.version_id, h.environment_id, h.deployment_id, moment), v.version_id IS NULL,
                   h.history_id, h.deployment_id, h.environment_id, h.model_id, h.version_id
              FROM history_at(moment, '{deployment}', model_ids) AS h
              LEFT JOIN models m ON m.model_id = h.model_id
              LEFT JOIN model_versions v ON v.version_id = h.version_id AND v.deleted_at IS NULL
             WHERE version_at.environment IS NULL OR h.environment_id = ANY (in_environments)
             ORDER BY h.environment_name, h.traffic_percentage DESC, h.name, h.history_id;
    END
    $function$;
COMMENT ON FUNCTION version_at(uuid[], timestamptz, text) IS 'which versions of models served at a moment: part of version_at(text, ...)';

CREATE OR REPLACE FUNCTION version_at(model_id uuid, at timestamptz, environment text DEFAULT NULL)
    RETURNS TABLE (environment_name text, deployment_name text, model_name text, semver text, status text, traffic_percentage numeric, replicas integer,
                   since timestamptz, until timestamptz, performed_by text, reason text, approved_by text[], is_deleted boolean,
                   history_id uuid, deployment_id uuid, environment_id uuid, model_id uuid, version_id uuid)
    LANGUAGE sql STABLE PARALLEL RESTRICTED ROWS 3 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        SELECT * FROM version_at(ARRAY[version_at.model_id], at, environment)
    $function$;
COMMENT ON FUNCTION version_at(uuid, timestamptz, text) IS 'which versions of a model served at a moment: see version_at(text, ...)';

CREATE OR REPLACE FUNCTION version_at(model text, at timestamptz, environment text DEFAULT NULL)
    RETURNS TABLE (environment_name text, deployment_name text, model_name text, semver text, status text, traffic_percentage numeric, replicas integer,
                   since timestamptz, until timestamptz, performed_by text, reason text, approved_by text[], is_deleted boolean,
                   history_id uuid, deployment_id uuid, environment_id uuid, model_id uuid, version_id uuid)
    LANGUAGE sql STABLE PARALLEL RESTRICTED ROWS 3 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        SELECT * FROM version_at(models_ever(model), at, environment)
    $function$;
COMMENT ON FUNCTION version_at(text, timestamptz, text) IS 'which versions of a model served at a moment, in all environments or one, the greatest share of the traffic first, since when and until when, who had put them there and who had approved by then; also of models and versions that are deleted now';

-- ---- what became of deployments

CREATE OR REPLACE FUNCTION deployment_events(
        model_ids uuid[],
        deployment_ids uuid[],
        since timestamptz,
        until timestamptz,
        max_rows bigint,
        after uuid) RETURNS SETOF deployment_event_info
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 100 SET search_path = pg_catalog, mlregistry, pg_temp
    SET plan_cache_mode = force_custom_plan
    AS $function$
    #variable_conflict use_column
    DECLARE
        last_from timestamptz;
    BEGIN
        PERFORM require_max_rows(max_rows);
        IF after IS NOT NULL THEN
            SELECT h.valid_from INTO last_from
              FROM deployment_history h
             WHERE h.history_id = after AND (h.model_id = ANY (model_ids) OR h.deployment_id = ANY (deployment_ids));
            IF NOT FOUND THEN
                RAISE EXCEPTION 'after names no event of this timeline: %', after
                    USING ERRCODE = 'invalid_parameter_value', HINT = 'Give the history_id of the last row of the page before.';
            END IF;
        END IF;
        RETURN QUERY
            SELECT h.valid_from, nullif(h.valid_to, 'infinity'),
                   CASE WHEN h.valid_to = 'infinity' THEN greatest(clock_timestamp(), h.valid_from) ELSE h.valid_to END - h.valid_from,
                   h.environment_name, h.deployment_name, h.action, h.semver,
                   CASE WHEN h.previous_version_id IS NOT NULL THEN
                        (SELECT b.semver FROM deployment_history b
                          WHERE b.deployment_id = h.deployment_id AND b.valid_from < h.valid_from
                          ORDER BY b.valid_from DESC LIMIT 1) END,
                   h.deployment_status, h.traffic_percentage::numeric, h.replicas, h.status, h.error_message, h.reason, h.performed_by,
                   h.valid_to = 'infinity', NOT EXISTS (SELECT FROM deployments d WHERE d.deployment_id = h.deployment_id AND d.deleted_at IS NULL),
                   h.history_id, h.deployment_id, h.environment_id, h.model_id, h.version_id
              FROM deployment_history h
             WHERE CASE WHEN model_ids IS NOT NULL THEN h.model_id = ANY (model_ids) ELSE h.deployment_id = ANY (deployment_ids) END
               AND (since IS NULL OR h.valid_to > since) AND (until IS NULL OR h.valid_from < until)
               AND (after IS NULL OR (h.valid_from, h.history_id) < (last_from, after))
             ORDER BY h.valid_from DESC, h.history_id DESC
             LIMIT max_rows;
    END
    $function$;
COMMENT ON FUNCTION deployment_events(uuid[], uuid[], timestamptz, timestamptz, bigint, uuid) IS 'history of the deployments of models, or of deployments: part of deployment_timeline()';

CREATE OR REPLACE FUNCTION deployment_timeline(
        id uuid,
        since timestamptz DEFAULT NULL,
        until timestamptz DEFAULT NULL,
        max_rows bigint DEFAULT 100,
        after uuid DEFAULT NULL) RETURNS SETOF deployment_event_info
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 100 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    BEGIN
        IF id IS NULL THEN
            RAISE EXCEPTION 'the identifier of a deployment or a model must not be NULL' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        IF EXISTS (SELECT FROM deployment_history h WHERE h.deployment_id = id) THEN
            RETURN QUERY SELECT * FROM deployment_events(NULL, ARRAY[id], since, until, max_rows, after);
        ELSE
            RETURN QUERY SELECT * FROM deployment_events(ARRAY[id], NULL, since, until, max_rows, after);
        END IF;
    END
    $function$;
COMMENT ON FUNCTION deployment_timeline(uuid, timestamptz, timestamptz, bigint, uuid) IS 'what became of a deployment, or of those of a model: see deployment_timeline(text, ...)';

CREATE OR REPLACE FUNCTION deployment_timeline(
        reference text,
        since timestamptz DEFAULT NULL,
        until timestamptz DEFAULT NULL,
        max_rows bigint DEFAULT 100,
        after uuid DEFAULT NULL) RETURNS SETOF deployment_event_info
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 100 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        here constant uuid := find_organization(NULL);
        ref record;
        ids uuid[];
    BEGIN
        -- prod-us/fraud-api is a deployment where there is no project prod-us: people write it so.
        IF starts_with(reference, 'deployment:') OR reference LIKE '%/%/%'
           OR reference LIKE '%/%' AND NOT EXISTS (SELECT FROM projects p WHERE p.organization_id = here AND p.slug = split_part(reference, '/', 1))
              AND EXISTS (SELECT FROM environments e WHERE e.organization_id = here AND e.environment_name = split_part(reference, '/', 1)) THEN
            ref := parse_deployment(reference);
            ids := ARRAY(SELECT d.deployment_id
                           FROM deployments d JOIN environments e USING (environment_id)
                          WHERE d.project_id = ref.in_project AND e.organization_id = here AND e.environment_name = ref.environment
                            AND d.deployment_name = ref.deployment_name
                         UNION
                         SELECT h.deployment_id FROM deployment_history h
                          WHERE h.project_id = ref.in_project AND h.environment_name = ref.environment AND h.deployment_name = ref.deployment_name);
            IF ids = '{}' THEN
                PERFORM find_deployment(reference);
            END IF;
            RETURN QUERY SELECT * FROM deployment_events(NULL, ids, since, until, max_rows, after);
        ELSE
            RETURN QUERY SELECT * FROM deployment_events(models_ever(reference), NULL, since, until, max_rows, after);
        END IF;
    END
    $function$;
COMMENT ON FUNCTION deployment_timeline(text, timestamptz, timestamptz, bigint, uuid) IS 'what became of the deployments of a model, or of a deployment (deployment:environment/name: all that ever had the name there), newest first, deleted ones too: each change with who did it and why, and how long it stayed so; since and until: what was so in that time; for the next page give the history_id of the last one seen as after';
