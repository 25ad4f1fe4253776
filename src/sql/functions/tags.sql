-- Tags: the vocabulary, and what has which. What can be tagged is named by a reference: project/model for a model,
-- project/model@selector for a version, dataset:project/name for a dataset, run:uuid for a run.

CREATE OR REPLACE FUNCTION find_tag(tag text) RETURNS uuid
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    DECLARE
        found_id uuid;
        near text;
    BEGIN
        IF tag IS NULL THEN
            RAISE EXCEPTION 'the name of a tag must not be NULL' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        SELECT t.tag_id INTO found_id
          FROM tags t
         WHERE t.organization_id = current_organization_id() AND t.tag_name = tag;
        IF found_id IS NULL THEN
            near := near_names(tag, ARRAY(SELECT t.tag_name FROM tags t
                                           WHERE t.organization_id = current_organization_id()
                                             AND abs(octet_length(t.tag_name) - octet_length(tag)) <= 3
                                           LIMIT 1000));
            RAISE EXCEPTION 'tag "%" does not exist', shortened(tag)
                USING ERRCODE = 'no_data_found',
                      HINT = coalesce('Did you mean ' || near || '?',
                                      'create_tag() creates it, tag(..., create_missing => true) does so on its way; tag_usage() shows what is there.');
        END IF;
        RETURN found_id;
    END
    $function$;
COMMENT ON FUNCTION find_tag(text) IS 'identifier of a tag of the current organization by its name; P0002 when there is none';

CREATE OR REPLACE FUNCTION create_tag(
        tag_name text,
        tag_category text DEFAULT NULL,
        description text DEFAULT NULL,
        if_exists text DEFAULT 'error') RETURNS SETOF tag_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        made record;
    BEGIN
        IF tag_name IS NULL THEN
            RAISE EXCEPTION 'a tag needs a name' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        PERFORM require_if_exists(if_exists), find_project(NULL);
        IF NOT is_valid_tag_name(tag_name) THEN
            RAISE EXCEPTION 'invalid tag name: "%"', shortened(tag_name)
                USING ERRCODE = 'check_violation',
                      CONSTRAINT = 'valid_tag_name', SCHEMA = 'mlregistry', TABLE = 'tags',
                      DETAIL = why_invalid('is_valid_tag_name', tag_name);
        END IF;
        PERFORM require_organization('write', 'names', current_organization_id());
        LOOP
            INSERT INTO tags (organization_id, tag_name, tag_category, description)
            VALUES (current_organization_id(), create_tag.tag_name, create_tag.tag_category, create_tag.description)
            ON CONFLICT (organization_id, tag_name) DO NOTHING
            RETURNING * INTO made;
            EXIT WHEN FOUND;
            SELECT t.* INTO made FROM tags t WHERE t.organization_id = current_organization_id() AND t.tag_name = create_tag.tag_name;
            CONTINUE WHEN NOT FOUND; -- deleted meanwhile
            EXIT WHEN if_exists = 'return';
            RAISE EXCEPTION 'tag "%" already exists', tag_name
                USING ERRCODE = 'unique_violation',
                      CONSTRAINT = 'unique_tag_name', SCHEMA = 'mlregistry', TABLE = 'tags',
                      DETAIL = format('It was created by %s at %s.', made.created_by, made.created_at),
                      HINT = 'Take what is there with if_exists => ''return''.';
        END LOOP;
        RETURN QUERY SELECT made.tag_name, made.tag_category, made.description, made.created_by, made.created_at, made.tag_id;
    END
    $function$;
COMMENT ON FUNCTION create_tag(text, text, text, text) IS 'creates a tag of the current organization; if_exists => ''return'' gives the one that is there, unchanged';

CREATE OR REPLACE FUNCTION find_tagged(reference text, OUT kind text, OUT object_id uuid)
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    BEGIN
        IF reference IS NULL THEN
            RAISE EXCEPTION 'a reference must not be NULL' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        IF starts_with(reference, 'dataset:') THEN
            kind := 'dataset';
            object_id := find_dataset(reference);
        ELSIF starts_with(reference, 'run:') THEN
            kind := 'run';
            object_id := find_run(reference);
        ELSIF starts_with(reference, 'deployment:') THEN
            kind := 'deployment';
            object_id := find_deployment(reference);
        ELSIF position('@' IN reference) > 0 THEN
            kind := 'version';
            object_id := find_version(reference);
        ELSE
            kind := 'model';
            object_id := find_model(reference);
        END IF;
    END
    $function$;
COMMENT ON FUNCTION find_tagged(text) IS 'kind (model, version, dataset, run or deployment) and identifier of what a reference names; P0002 when there is none';

CREATE OR REPLACE FUNCTION tags_of(kind text, object_id uuid) RETURNS SETOF tagging_info
    LANGUAGE sql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        SELECT tags_of.kind, of.reference, t.tag_name, t.tag_category, of.added_by, of.added_at, tags_of.object_id, of.tag_id
          FROM (SELECT p.slug || '/' || m.model_name AS reference, mt.tag_id, mt.added_by, mt.added_at
                  FROM model_tags mt JOIN models m USING (model_id) JOIN projects p ON p.project_id = m.project_id
                 WHERE tags_of.kind = 'model' AND mt.model_id = tags_of.object_id
                UNION ALL
                SELECT p.slug || '/' || m.model_name || '@' || v.semver::text, vt.tag_id, vt.added_by, vt.added_at
                  FROM version_tags vt JOIN model_versions v USING (version_id) JOIN models m USING (model_id)
                  JOIN projects p ON p.project_id = v.project_id
                 WHERE tags_of.kind = 'version' AND vt.version_id = tags_of.object_id
                UNION ALL
                SELECT 'dataset:' || p.slug || '/' || d.dataset_name, dt.tag_id, dt.added_by, dt.added_at
                  FROM dataset_tags dt JOIN datasets d USING (dataset_id) JOIN projects p ON p.project_id = d.project_id
                 WHERE tags_of.kind = 'dataset' AND dt.dataset_id = tags_of.object_id
                UNION ALL
                SELECT 'run:' || rt.run_id, rt.tag_id, rt.added_by, rt.added_at
                  FROM run_tags rt JOIN training_runs r USING (run_id) JOIN projects p ON p.project_id = r.project_id
                 WHERE tags_of.kind = 'run' AND rt.run_id = tags_of.object_id
                UNION ALL
                SELECT concat_ws('/', 'deployment:' || p.slug, e.environment_name, d.deployment_name), dt.tag_id, dt.added_by, dt.added_at
                  FROM deployment_tags dt JOIN deployments d USING (deployment_id) JOIN environments e USING (environment_id)
                  JOIN projects p ON p.project_id = d.project_id
                 WHERE tags_of.kind = 'deployment' AND dt.deployment_id = tags_of.object_id) AS of
          JOIN tags t USING (tag_id)
         ORDER BY t.tag_name
    $function$;
COMMENT ON FUNCTION tags_of(text, uuid) IS 'tags of a model, a version, a dataset, a run or a deployment: see tags_of(text)';

CREATE OR REPLACE FUNCTION tags_of(reference text) RETURNS SETOF tagging_info
    LANGUAGE sql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        SELECT i.* FROM find_tagged(reference) AS f, tags_of(f.kind, f.object_id) AS i
    $function$;
COMMENT ON FUNCTION tags_of(text) IS 'tags of what a reference names, by name: project/model, project/model@selector, dataset:project/name, run:uuid or deployment:project/environment/name';

CREATE OR REPLACE FUNCTION require_tagged_kind(kind text) RETURNS void
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    BEGIN
        IF kind IS NULL OR kind NOT IN ('model', 'version', 'dataset', 'run', 'deployment') THEN
            RAISE EXCEPTION 'tags are on models, versions, datasets, runs and deployments, not on "%"', shortened(kind)
                USING ERRCODE = 'invalid_parameter_value', HINT = 'kind is model, version, dataset, run or deployment.';
        END IF;
    END
    $function$;
COMMENT ON FUNCTION require_tagged_kind(text) IS 'raises 22023 for a text that does not say what can be tagged';

-- The foreign key locks the tag just so; but who may not change tags cannot do it by hand under row security.
CREATE OR REPLACE FUNCTION lock_tag(kind text, tag_id uuid) RETURNS boolean
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        as_owner constant text := mlregistry.act_as_owner(); -- before any look at a table
        in_organization uuid := mlregistry.current_organization_id();
    BEGIN
        PERFORM mlregistry.require_tagged_kind(kind);
        PERFORM mlregistry.require_privilege(kind || '_tags', 'INSERT'),
                mlregistry.require_organization('read', 'names', in_organization);
        PERFORM FROM mlregistry.tags t
          WHERE t.tag_id = lock_tag.tag_id AND t.organization_id = in_organization
            FOR KEY SHARE;
        RETURN FOUND;
    END
    $function$;
COMMENT ON FUNCTION lock_tag(text, uuid) IS 'keeps a tag of the current organization from being deleted until this transaction ends, for who may tag; false when there is no such tag';

CREATE OR REPLACE FUNCTION tag_object(kind text, object_id uuid, tag text, create_missing boolean DEFAULT false) RETURNS SETOF tagging_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_variable
    DECLARE
        wanted uuid;
        in_project uuid;
        is_there boolean;
    BEGIN
        PERFORM require_tagged_kind(kind);
        IF object_id IS NULL THEN
            RAISE EXCEPTION 'the identifier of what is tagged must not be NULL' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        in_project := CASE kind WHEN 'model' THEN (SELECT m.project_id FROM models m WHERE m.model_id = object_id)
                                WHEN 'version' THEN (SELECT v.project_id FROM model_versions v WHERE v.version_id = object_id)
                                WHEN 'dataset' THEN (SELECT d.project_id FROM datasets d WHERE d.dataset_id = object_id)
                                WHEN 'run' THEN (SELECT r.project_id FROM training_runs r WHERE r.run_id = object_id)
                                WHEN 'deployment' THEN (SELECT d.project_id FROM deployments d WHERE d.deployment_id = object_id) END;
        IF in_project IS NOT NULL THEN -- what is not to be seen does not exist, see below
            PERFORM require_access('write', kind || 's', in_project);
        END IF;
        LOOP
            IF create_missing AND tag IS NOT NULL THEN
                -- Creating asks for the right to create, also where there is nothing left to do.
                wanted := (SELECT t.tag_id FROM tags t WHERE t.organization_id = current_organization_id() AND t.tag_name = tag);
                IF wanted IS NULL THEN
                    wanted := (SELECT c.tag_id FROM create_tag(tag, if_exists => 'return') AS c);
                END IF;
                -- Locked as the foreign key will do below; one that was deleted this very moment is made anew.
                CONTINUE WHEN NOT lock_tag(kind, wanted);
            ELSE
                wanted := find_tag(tag);
            END IF;
            CASE kind
                WHEN 'model' THEN
                    INSERT INTO model_tags AS t (organization_id, project_id, model_id, tag_id)
                    SELECT m.organization_id, m.project_id, m.model_id, wanted FROM models m WHERE m.model_id = object_id AND m.deleted_at IS NULL
                    ON CONFLICT ON CONSTRAINT model_tags_pkey DO NOTHING;
                    is_there := EXISTS (SELECT FROM models m JOIN projects p USING (project_id) WHERE m.model_id = object_id AND m.deleted_at IS NULL);
                WHEN 'version' THEN
                    INSERT INTO version_tags AS t (organization_id, project_id, version_id, tag_id)
                    SELECT v.organization_id, v.project_id, v.version_id, wanted FROM model_versions v WHERE v.version_id = object_id AND v.deleted_at IS NULL
                    ON CONFLICT ON CONSTRAINT version_tags_pkey DO NOTHING;
                    is_there := EXISTS (SELECT FROM model_versions v JOIN models m USING (model_id) JOIN projects p ON p.project_id = v.project_id WHERE v.version_id = object_id AND v.deleted_at IS NULL);
                WHEN 'dataset' THEN
                    INSERT INTO dataset_tags AS t (organization_id, project_id, dataset_id, tag_id)
                    SELECT d.organization_id, d.project_id, d.dataset_id, wanted FROM datasets d WHERE d.dataset_id = object_id AND d.deleted_at IS NULL
                    ON CONFLICT ON CONSTRAINT dataset_tags_pkey DO NOTHING;
                    is_there := EXISTS (SELECT FROM datasets d JOIN projects p USING (project_id) WHERE d.dataset_id = object_id AND d.deleted_at IS NULL);
                WHEN 'run' THEN
                    INSERT INTO run_tags AS t (organization_id, project_id, run_id, tag_id)
                    SELECT r.organization_id, r.project_id, r.run_id, wanted FROM training_runs r WHERE r.run_id = object_id AND r.deleted_at IS NULL
                    ON CONFLICT ON CONSTRAINT run_tags_pkey DO NOTHING;
                    is_there := EXISTS (SELECT FROM training_runs r JOIN projects p USING (project_id) WHERE r.run_id = object_id AND r.deleted_at IS NULL);
                WHEN 'deployment' THEN
                    INSERT INTO deployment_tags AS t (organization_id, project_id, deployment_id, tag_id)
                    SELECT d.organization_id, d.project_id, d.deployment_id, wanted FROM deployments d WHERE d.deployment_id = object_id AND d.deleted_at IS NULL
                    ON CONFLICT ON CONSTRAINT deployment_tags_pkey DO NOTHING;
                    is_there := EXISTS (SELECT FROM deployments d JOIN environments e USING (environment_id) JOIN projects p ON p.project_id = d.project_id
                                         WHERE d.deployment_id = object_id AND d.deleted_at IS NULL);
            END CASE;
            -- Together with what tags_of() names it by: what the caller cannot see must not keep this from its end.
            IF NOT is_there THEN
                RAISE EXCEPTION '% % does not exist', kind, object_id USING ERRCODE = 'no_data_found';
            END IF;
            RETURN QUERY SELECT i.* FROM tags_of(kind, object_id) AS i WHERE i.tag_id = wanted;
            EXIT WHEN FOUND; -- otherwise somebody took it off again this very moment
        END LOOP;
    END
    $function$;
COMMENT ON FUNCTION tag_object(text, uuid, text, boolean) IS 'puts a tag on a model, a version, a dataset, a run or a deployment: see tag(text, text, boolean)';

CREATE OR REPLACE FUNCTION tag(reference text, tag text, create_missing boolean DEFAULT false) RETURNS SETOF tagging_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_variable
    DECLARE
        target record := find_tagged(reference);
    BEGIN
        RETURN QUERY SELECT i.* FROM tag_object(target.kind, target.object_id, tag, create_missing) AS i;
    END
    $function$;
COMMENT ON FUNCTION tag(text, text, boolean) IS 'puts a tag on what a reference names: project/model, project/model@selector, dataset:project/name, run:uuid or deployment:project/environment/name; one that is there already stays as it is';

CREATE OR REPLACE FUNCTION untag_object(kind text, object_id uuid, tag text) RETURNS SETOF tagging_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_variable
    DECLARE
        wanted uuid := find_tag(tag);
        in_project uuid;
        before tagging_info;
        others text;
    BEGIN
        PERFORM require_tagged_kind(kind);
        IF object_id IS NULL THEN
            RAISE EXCEPTION 'the identifier of what is tagged must not be NULL' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        CASE kind
            WHEN 'model' THEN SELECT m.project_id INTO in_project FROM models m WHERE m.model_id = object_id;
            WHEN 'version' THEN SELECT v.project_id INTO in_project FROM model_versions v WHERE v.version_id = object_id;
            WHEN 'dataset' THEN SELECT d.project_id INTO in_project FROM datasets d WHERE d.dataset_id = object_id;
            WHEN 'run' THEN SELECT r.project_id INTO in_project FROM training_runs r WHERE r.run_id = object_id;
            WHEN 'deployment' THEN SELECT d.project_id INTO in_project FROM deployments d WHERE d.deployment_id = object_id;
        END CASE;
        IF in_project IS NOT NULL THEN
            PERFORM require_access('write', kind || 's', in_project);
        END IF;
        SELECT i.* INTO before FROM tags_of(kind, object_id) AS i WHERE i.tag_id = wanted;
        CASE kind
            WHEN 'model' THEN DELETE FROM model_tags t WHERE t.model_id = object_id AND t.tag_id = wanted;
            WHEN 'version' THEN DELETE FROM version_tags t WHERE t.version_id = object_id AND t.tag_id = wanted;
            WHEN 'dataset' THEN DELETE FROM dataset_tags t WHERE t.dataset_id = object_id AND t.tag_id = wanted;
            WHEN 'run' THEN DELETE FROM run_tags t WHERE t.run_id = object_id AND t.tag_id = wanted;
            WHEN 'deployment' THEN DELETE FROM deployment_tags t WHERE t.deployment_id = object_id AND t.tag_id = wanted;
        END CASE;
        IF before.tag_id IS NULL OR NOT FOUND THEN
            others := (SELECT string_agg(i.tag_name, ', ' ORDER BY i.tag_name)
                         FROM (SELECT i.tag_name FROM tags_of(kind, object_id) AS i LIMIT 20) AS i);
            RAISE EXCEPTION 'the % does not have tag "%"', kind, shortened(tag)
                USING ERRCODE = 'no_data_found', HINT = coalesce('Its tags are ' || others || '.', 'It has none.');
        END IF;
        RETURN NEXT before;
    END
    $function$;
COMMENT ON FUNCTION untag_object(text, uuid, text) IS 'takes a tag off a model, a version, a dataset, a run or a deployment: see untag(text, text)';

CREATE OR REPLACE FUNCTION untag(reference text, tag text) RETURNS SETOF tagging_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_variable
    DECLARE
        target record := find_tagged(reference);
    BEGIN
        RETURN QUERY SELECT i.* FROM untag_object(target.kind, target.object_id, tag) AS i;
    END
    $function$;
COMMENT ON FUNCTION untag(text, text) IS 'takes a tag off what a reference names and returns what was taken off; P0002 when it does not have it';

CREATE OR REPLACE FUNCTION models_with_tags(
        all_of text[] DEFAULT NULL,
        any_of text[] DEFAULT NULL,
        active boolean DEFAULT NULL,
        project text DEFAULT NULL,
        max_rows bigint DEFAULT NULL,
        after text DEFAULT NULL) RETURNS SETOF model_info
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    DECLARE
        only_project uuid := project_filter(project);
        all_tags uuid[];
        any_tags uuid[];
    BEGIN
        IF coalesce(cardinality(all_of), 0) + coalesce(cardinality(any_of), 0) = 0 THEN
            RAISE EXCEPTION 'name the tags that are sought'
                USING ERRCODE = 'invalid_parameter_value',
                      HINT = 'models_with_tags(all_of => ''{nlp,production}'') or models_with_tags(any_of => ''{nlp,computer-vision}'').';
        END IF;
        IF cardinality(all_of) > 32 OR cardinality(any_of) > 1000 THEN
            RAISE EXCEPTION 'too many tags: at most 32 in all_of and 1000 in any_of' USING ERRCODE = 'program_limit_exceeded';
        END IF;
        all_tags := (SELECT array_agg(DISTINCT find_tag(wanted.tag_name)) FROM unnest(all_of) AS wanted (tag_name));
        any_tags := (SELECT array_agg(DISTINCT find_tag(wanted.tag_name)) FROM unnest(any_of) AS wanted (tag_name));
        RETURN QUERY SELECT * FROM models_page(active, NULL, NULL, all_tags, any_tags, only_project, max_rows, after);
    END
    $function$;
COMMENT ON FUNCTION models_with_tags(text[], text[], boolean, text, bigint, text) IS 'models that have all the tags of all_of and, where any_of is given, at least one of its tags, by project and name; for the next page give the last one seen as after, written project/name';

CREATE OR REPLACE FUNCTION tag_usage(tag_category text DEFAULT NULL)
    RETURNS TABLE (tag_name text, category text, models bigint, versions bigint, datasets bigint, runs bigint, deployments bigint, total bigint, last_added_at timestamptz, tag_id uuid)
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 100 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    BEGIN
        PERFORM find_project(NULL);
        IF tag_usage.tag_category IS NOT NULL AND NOT EXISTS (SELECT FROM tag_categories c WHERE c.name = tag_usage.tag_category) THEN
            RAISE EXCEPTION 'unknown category of tags: "%"', shortened(tag_usage.tag_category)
                USING ERRCODE = 'invalid_parameter_value',
                      HINT = (SELECT format('The categories are %s.', string_agg(c.name, ', ' ORDER BY c.name)) FROM tag_categories c);
        END IF;
        -- Counted by tag first: one pass over each table, however many tags there are.
        RETURN QUERY
            WITH used (tag_id, kind, added_at) AS (
                SELECT mt.tag_id, 'model', mt.added_at
                  FROM model_tags mt
                  JOIN models m USING (model_id)
                  JOIN projects p ON p.project_id = m.project_id
                 WHERE m.organization_id = current_organization_id() AND m.deleted_at IS NULL AND p.deleted_at IS NULL
                UNION ALL
                SELECT vt.tag_id, 'version', vt.added_at
                  FROM version_tags vt
                  JOIN model_versions v USING (version_id)
                  JOIN models m ON m.model_id = v.model_id
                  JOIN projects p ON p.project_id = v.project_id
                 WHERE v.organization_id = current_organization_id() AND v.deleted_at IS NULL AND m.deleted_at IS NULL AND p.deleted_at IS NULL
                UNION ALL
                SELECT dt.tag_id, 'dataset', dt.added_at
                  FROM dataset_tags dt
                  JOIN datasets d USING (dataset_id)
                  JOIN projects p ON p.project_id = d.project_id
                 WHERE d.organization_id = current_organization_id() AND d.deleted_at IS NULL AND p.deleted_at IS NULL
                UNION ALL
                SELECT rt.tag_id, 'run', rt.added_at
                  FROM run_tags rt
                  JOIN training_runs r USING (run_id)
                  JOIN experiments e ON e.experiment_id = r.experiment_id
                  JOIN projects p ON p.project_id = r.project_id
                 WHERE r.organization_id = current_organization_id() AND r.deleted_at IS NULL AND e.deleted_at IS NULL AND p.deleted_at IS NULL
                UNION ALL
                SELECT dt.tag_id, 'deployment', dt.added_at
                  FROM deployment_tags dt
                  JOIN deployments d USING (deployment_id)
                  JOIN projects p ON p.project_id = d.project_id
                 WHERE d.organization_id = current_organization_id() AND d.deleted_at IS NULL AND p.deleted_at IS NULL),
            counted AS (
                SELECT u.tag_id, count(*) FILTER (WHERE u.kind = 'model') AS models, count(*) FILTER (WHERE u.kind = 'version') AS versions,
                       count(*) FILTER (WHERE u.kind = 'dataset') AS datasets, count(*) FILTER (WHERE u.kind = 'run') AS runs,
                       count(*) FILTER (WHERE u.kind = 'deployment') AS deployments,
                       count(*) AS total, max(u.added_at) AS last_added_at
                  FROM used u
                 GROUP BY u.tag_id)
            SELECT t.tag_name, t.tag_category, coalesce(c.models, 0), coalesce(c.versions, 0), coalesce(c.datasets, 0),
                   coalesce(c.runs, 0), coalesce(c.deployments, 0), coalesce(c.total, 0), c.last_added_at, t.tag_id
              FROM tags t
              LEFT JOIN counted c USING (tag_id)
             WHERE t.organization_id = current_organization_id()
               AND (tag_usage.tag_category IS NULL OR t.tag_category = tag_usage.tag_category)
             ORDER BY 8 DESC, 1;
    END
    $function$;
COMMENT ON FUNCTION tag_usage(text) IS 'tags of the current organization, of one category or all, with how many models, versions, datasets, runs and deployments have each; most used first, unused ones too';
