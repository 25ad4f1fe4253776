-- Versions beside each other: timelines, differences, what is in production.

CREATE OR REPLACE FUNCTION version_history(model_id uuid, order_by text DEFAULT 'registered', max_rows bigint DEFAULT NULL)
    RETURNS TABLE (n bigint, semver semver, previous semver, next semver, step text, is_lower boolean, stage text, status text,
                   aliases text[], former_aliases text[], registered_at timestamptz, since_previous interval, registered_by text,
                   description text, version_id uuid)
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 50 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        model uuid := live_model(model_id);
    BEGIN
        IF order_by IS NULL OR order_by NOT IN ('registered', 'precedence') THEN
            RAISE EXCEPTION 'unknown order: "%"', shortened(order_by)
                USING ERRCODE = 'invalid_parameter_value', HINT = 'order_by is registered or precedence.';
        END IF;
        RETURN QUERY
            SELECT h.n, h.semver, h.previous, h.next,
                   CASE WHEN h.previous IS NULL THEN 'first' ELSE semver_diff(h.previous, h.semver) END,
                   coalesce(h.semver < h.previous, false), h.stage, h.status,
                   ARRAY(SELECT a.alias FROM model_aliases a WHERE a.version_id = h.version_id ORDER BY a.alias),
                   ARRAY(SELECT DISTINCT f.alias FROM alias_history f
                          WHERE f.version_id = h.version_id
                            AND NOT EXISTS (SELECT FROM model_aliases a WHERE a.version_id = h.version_id AND a.alias = f.alias)
                          ORDER BY f.alias),
                   h.registered_at, h.registered_at - h.previous_registered_at, h.registered_by, h.description, h.version_id
              FROM (SELECT v.*, row_number() OVER w AS n, lag(v.semver) OVER w AS previous, lead(v.semver) OVER w AS next,
                           lag(v.registered_at) OVER w AS previous_registered_at
                      FROM (SELECT v.*,
                                   CASE WHEN version_history.order_by = 'registered' THEN v.registered_at END AS registered
                              FROM model_versions v
                             WHERE v.model_id = model AND v.deleted_at IS NULL) AS v
                    WINDOW w AS (ORDER BY v.registered, v.semver)) AS h
             ORDER BY h.n
             LIMIT version_history.max_rows;
    END
    $function$;
COMMENT ON FUNCTION version_history(uuid, text, bigint) IS 'timeline of a model: see version_history(text, text, bigint)';

CREATE OR REPLACE FUNCTION version_history(model text, order_by text DEFAULT 'registered', max_rows bigint DEFAULT NULL)
    RETURNS TABLE (n bigint, semver semver, previous semver, next semver, step text, is_lower boolean, stage text, status text,
                   aliases text[], former_aliases text[], registered_at timestamptz, since_previous interval, registered_by text,
                   description text, version_id uuid)
    LANGUAGE sql STABLE PARALLEL RESTRICTED ROWS 50 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        SELECT * FROM version_history(find_model(model), order_by, max_rows)
    $function$;
COMMENT ON FUNCTION version_history(text, text, bigint) IS 'timeline of a model by registration or by precedence: each version with the one before and after it, the greatest part that differs from the one before (step), whether it is lower than that (a backport), its aliases now and in the past';

-- Identifiers, who did what when, and the times of states say nothing about what is in a version.
CREATE OR REPLACE FUNCTION version_fields(version_id uuid) RETURNS TABLE (name text, value text)
    LANGUAGE sql STABLE PARALLEL RESTRICTED ROWS 40 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        WITH columns AS (
            SELECT c.key, c.value
              FROM model_versions v,
                   jsonb_each(to_jsonb(v) - '{version_id,organization_id,project_id,model_id,created_at,created_by,created_by_user,updated_at,updated_by,deleted_at,registered_at,registered_by,registered_by_user,validated_at,validated_by,validated_by_user,promoted_to_production_at,deprecated_at,archived_at,frozen_at}'::text[]) AS c
             WHERE v.version_id = version_fields.version_id)
        SELECT c.key, c.value #>> '{}'
          FROM columns c
         WHERE jsonb_typeof(c.value) <> 'object'
        UNION ALL
        SELECT c.key || '.' || part.key, part.value #>> '{}'
          FROM columns c, jsonb_each(CASE WHEN jsonb_typeof(c.value) = 'object' THEN c.value ELSE '{}' END) AS part
    $function$;
COMMENT ON FUNCTION version_fields(uuid) IS 'what a version says of itself, one row a field; objects one row a key, named column.key';

CREATE OR REPLACE FUNCTION compare_versions(a uuid, b uuid)
    RETURNS TABLE (kind text, name text, a_value text, b_value text, difference double precision)
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 20 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        version_a uuid := live_version(a);
        version_b uuid := live_version(b);
        a_number constant text := '^[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]{1,2})?$';
    BEGIN
        RETURN QUERY
            WITH fields AS (
                SELECT name, fa.value AS a_value, fb.value AS b_value
                  FROM version_fields(version_a) AS fa FULL JOIN version_fields(version_b) AS fb USING (name)),
            metrics AS (
                SELECT concat_ws(' ', coalesce(ka.metric_name, kb.metric_name), '(' || coalesce(ka.dataset_split, kb.dataset_split) || ')') AS name,
                       ka.metric_value AS a_value, kb.metric_value AS b_value
                  FROM latest_metrics(version_a) AS ka
                  FULL JOIN latest_metrics(version_b) AS kb ON kb.metric_name = ka.metric_name AND kb.dataset_split = ka.dataset_split),
            files AS (
                SELECT path AS name, coalesce(fa.sha256, fa.uri, fa.path) AS a_value, coalesce(fb.sha256, fb.uri, fb.path) AS b_value
                  FROM (SELECT f.* FROM version_files f WHERE f.version_id = version_a) AS fa
                  FULL JOIN (SELECT f.* FROM version_files f WHERE f.version_id = version_b) AS fb USING (path)),
            tagged AS (
                SELECT tag_name AS name, ta.tag_name IS NOT NULL AS in_a, tb.tag_name IS NOT NULL AS in_b
                  FROM tags_of('version', version_a) AS ta FULL JOIN tags_of('version', version_b) AS tb USING (tag_name))
            SELECT 'field', f.name, f.a_value, f.b_value,
                   CASE WHEN f.a_value ~ a_number AND f.b_value ~ a_number AND length(f.a_value) <= 40 AND length(f.b_value) <= 40
                        THEN (f.b_value::numeric - f.a_value::numeric)::double precision END
              FROM fields f
             WHERE f.a_value IS DISTINCT FROM f.b_value
            UNION ALL
            SELECT 'metric', k.name, k.a_value::text, k.b_value::text, metric_difference(k.b_value, k.a_value)
              FROM metrics k
             WHERE k.a_value IS DISTINCT FROM k.b_value
            UNION ALL
            SELECT 'file', x.name, x.a_value, x.b_value, NULL
              FROM files x
             WHERE x.a_value IS DISTINCT FROM x.b_value
            UNION ALL
            SELECT 'tag', g.name, CASE WHEN g.in_a THEN 'yes' END, CASE WHEN g.in_b THEN 'yes' END, NULL
              FROM tagged g
             WHERE g.in_a <> g.in_b
             ORDER BY 1, 2;
    END
    $function$;
COMMENT ON FUNCTION compare_versions(uuid, uuid) IS 'what differs between two versions: see compare_versions(text, text)';

CREATE OR REPLACE FUNCTION compare_versions(a text, b text)
    RETURNS TABLE (kind text, name text, a_value text, b_value text, difference double precision)
    LANGUAGE sql STABLE PARALLEL RESTRICTED ROWS 20 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        SELECT * FROM compare_versions(find_version(a), find_version(b))
    $function$;
COMMENT ON FUNCTION compare_versions(text, text) IS 'what differs between the versions that two references name: fields, current metrics, files and tags; difference is b less a where both are numbers';

CREATE OR REPLACE FUNCTION production_versions(project text DEFAULT NULL, team text DEFAULT NULL) RETURNS SETOF version_info
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 100 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        only_project uuid := project_filter(project);
        only_team uuid := CASE WHEN team IS NOT NULL THEN find_team(team) END;
    BEGIN
        RETURN QUERY
            SELECT i.*
              FROM (SELECT v.version_id, p.slug, m.model_name
                      FROM model_versions v
                      JOIN models m USING (model_id)
                      JOIN projects p ON p.project_id = m.project_id
                     WHERE v.stage = 'production' AND v.deleted_at IS NULL
                       AND m.organization_id = current_organization_id() AND m.deleted_at IS NULL AND p.deleted_at IS NULL
                       AND (only_project IS NULL OR p.project_id = only_project)
                       AND (only_team IS NULL OR m.team_id = only_team)) AS live,
                   version_info(live.version_id) AS i
             ORDER BY live.slug, live.model_name;
    END
    $function$;
COMMENT ON FUNCTION production_versions(text, text) IS 'versions in stage production, those of archived models too, at most one a model, by project and model; of one project, of the models of one team, or all';
