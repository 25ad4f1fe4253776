-- References: from the names that people write to the rows that they mean.

CREATE OR REPLACE FUNCTION parse_reference(reference text, OUT project text, OUT model text, OUT selector text, OUT selector_kind text)
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_parse_reference';
COMMENT ON FUNCTION parse_reference(text) IS 'parts of [project/]model[@selector]; selector_kind is latest, exact, stage, alias or invalid';

CREATE OR REPLACE FUNCTION selector_kind(selector text) RETURNS text
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_selector_kind';
COMMENT ON FUNCTION selector_kind(text) IS 'what a selector is: latest, exact, stage, alias or invalid';

CREATE OR REPLACE FUNCTION name_distance(a text, b text) RETURNS integer
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50 AS 'MODULE_PATHNAME', 'mlregistry_name_distance';
COMMENT ON FUNCTION name_distance(text, text) IS 'number of edits (insert, delete, replace, swap neighbours) between two names';

CREATE OR REPLACE FUNCTION near_names(wanted text, candidates text[]) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        SELECT string_agg(name, ', ' ORDER BY distance, name)
          FROM (SELECT c.name, name_distance(wanted, c.name) AS distance
                  FROM unnest(candidates) AS c (name)
                 WHERE abs(octet_length(c.name) - octet_length(wanted)) <= 3
                 ORDER BY 2, 1
                 LIMIT 3) AS nearest
         WHERE distance <= greatest(2, octet_length(wanted) / 3)
    $function$;
COMMENT ON FUNCTION near_names(text, text[]) IS 'the up to three candidates that are spelled most like the wanted name, for hints';

CREATE OR REPLACE FUNCTION find_project(project text) RETURNS uuid
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    DECLARE
        found_id uuid;
        near text;
    BEGIN
        IF project IS NULL THEN
            RETURN current_project_id();
        END IF;
        SELECT p.project_id INTO found_id
          FROM projects p
         WHERE p.organization_id = current_organization_id() AND p.slug = find_project.project AND p.deleted_at IS NULL;
        IF found_id IS NULL THEN
            near := near_names(project, ARRAY(SELECT p.slug FROM projects p
                                               WHERE p.organization_id = current_organization_id() AND p.deleted_at IS NULL
                                               ORDER BY p.slug LIMIT 10000));
            RAISE EXCEPTION 'project "%" does not exist', project
                USING ERRCODE = 'no_data_found',
                      HINT = coalesce('Did you mean ' || near || '?', 'list_models() shows the projects that have models.');
        END IF;
        RETURN found_id;
    END
    $function$;
COMMENT ON FUNCTION find_project(text) IS 'identifier of a project by its slug, of the current one for NULL; P0002 when there is none';

-- The model part alone: what a version is sought in.
CREATE OR REPLACE FUNCTION find_model(project text, model_name text) RETURNS uuid
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    DECLARE
        sought_project uuid := find_project(project);
        found_id uuid;
        elsewhere text;
        near text;
    BEGIN
        SELECT m.model_id INTO found_id
          FROM models m
          JOIN projects p USING (project_id)
         WHERE m.organization_id = current_organization_id()
           AND m.project_id = sought_project
           AND m.model_name = find_model.model_name
           AND m.deleted_at IS NULL
           AND p.deleted_at IS NULL;
        IF found_id IS NOT NULL THEN
            RETURN found_id;
        END IF;

        SELECT string_agg(format('%s/%s', p.slug, m.model_name), ', ' ORDER BY p.slug) INTO elsewhere
          FROM models m
          JOIN projects p USING (project_id)
         WHERE m.organization_id = current_organization_id()
           AND m.model_name = find_model.model_name
           AND m.deleted_at IS NULL
           AND p.deleted_at IS NULL;
        near := near_names(model_name, ARRAY(SELECT m.model_name FROM models m
                                              WHERE m.organization_id = current_organization_id()
                                                AND m.project_id = sought_project AND m.deleted_at IS NULL
                                              ORDER BY m.model_name LIMIT 10000));
        RAISE EXCEPTION 'model "%" does not exist', concat_ws('/', project, model_name)
            USING ERRCODE = 'no_data_found',
                  HINT = CASE
                             WHEN elsewhere IS NOT NULL THEN format('It exists in another project: %s.', elsewhere)
                             WHEN near IS NOT NULL THEN format('Did you mean %s?', near)
                             WHEN current_organization_id() IS NULL
                                 THEN 'There is more than one organization, and this session is in none of them.'
                             ELSE 'register_model() creates it, list_models() shows what is there.'
                         END;
    END
    $function$;
COMMENT ON FUNCTION find_model(text, text) IS 'identifier of a model by project (NULL: the current one) and name; P0002 when there is none';

CREATE OR REPLACE FUNCTION find_model(reference text) RETURNS uuid
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    DECLARE
        ref record := parse_reference(reference);
    BEGIN
        IF reference IS NULL THEN
            RAISE EXCEPTION 'a model reference must not be NULL' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        IF ref.selector IS NOT NULL THEN
            RAISE EXCEPTION 'a model is expected, not one of its versions: "%"', reference
                USING ERRCODE = 'invalid_parameter_value', HINT = format('Write %s.', split_part(reference, '@', 1));
        END IF;
        RETURN find_model(ref.project, ref.model);
    END
    $function$;
COMMENT ON FUNCTION find_model(text) IS 'identifier of the model that a reference [project/]model names; P0002 when there is none';

CREATE OR REPLACE FUNCTION latest_version_id(
        model_id uuid,
        stage text DEFAULT NULL,
        include_prerelease boolean DEFAULT false,
        latest_by text DEFAULT 'precedence',
        include_deprecated boolean DEFAULT false) RETURNS uuid
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        found_id uuid;
    BEGIN
        IF latest_by IS NULL OR latest_by NOT IN ('precedence', 'registered') THEN
            RAISE EXCEPTION 'unknown meaning of latest: "%"', latest_by
                USING ERRCODE = 'invalid_parameter_value', HINT = 'latest_by is precedence or registered.';
        END IF;
        IF stage IS NOT NULL THEN
            IF stage NOT IN ('development', 'staging', 'production', 'archived') THEN
                RAISE EXCEPTION 'unknown stage: "%"', stage
                    USING ERRCODE = 'invalid_parameter_value',
                          HINT = 'The stages are development, staging, production and archived.';
            END IF;
            -- Whoever asks for a stage asks for what is in it: deprecated versions only come after the others.
            SELECT v.version_id INTO found_id
              FROM model_versions v
             WHERE v.model_id = latest_version_id.model_id AND v.stage = latest_version_id.stage AND v.deleted_at IS NULL
             ORDER BY v.status = 'deprecated',
                      NOT latest_version_id.include_prerelease AND is_prerelease(v.semver),
                      CASE WHEN latest_version_id.latest_by = 'registered' THEN v.registered_at END DESC NULLS LAST,
                      v.semver DESC
             LIMIT 1;
            RETURN found_id;
        END IF;
        IF latest_by = 'registered' THEN
            SELECT v.version_id INTO found_id
              FROM model_versions v
             WHERE v.model_id = latest_version_id.model_id AND v.deleted_at IS NULL AND v.status <> 'archived'
               AND (latest_version_id.include_deprecated OR v.status <> 'deprecated')
               AND (latest_version_id.include_prerelease OR NOT is_prerelease(v.semver))
             ORDER BY v.registered_at DESC, v.semver DESC
             LIMIT 1;
        ELSE
            SELECT v.version_id INTO found_id
              FROM model_versions v
             WHERE v.model_id = latest_version_id.model_id AND v.deleted_at IS NULL AND v.status <> 'archived'
               AND (latest_version_id.include_deprecated OR v.status <> 'deprecated')
               AND (latest_version_id.include_prerelease OR NOT is_prerelease(v.semver))
             ORDER BY v.semver DESC
             LIMIT 1;
        END IF;
        IF found_id IS NULL AND NOT include_prerelease THEN
            RETURN latest_version_id(model_id, NULL, true, latest_by, include_deprecated);
        END IF;
        RETURN found_id;
    END
    $function$;
COMMENT ON FUNCTION latest_version_id(uuid, text, boolean, text, boolean) IS 'identifier of a model''s latest version: the highest release that is neither deprecated nor archived, else the highest such prerelease; NULL when there is none';

CREATE OR REPLACE FUNCTION find_version(model_id uuid, selector text) RETURNS uuid
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        kind text := selector_kind(coalesce(selector, 'latest'));
        found_id uuid;
        candidates text;
    BEGIN
        CASE kind
            WHEN 'latest' THEN
                found_id := latest_version_id(model_id);
            WHEN 'stage' THEN
                found_id := latest_version_id(model_id, stage => selector);
            WHEN 'exact' THEN
                SELECT v.version_id INTO found_id
                  FROM model_versions v
                 WHERE v.model_id = find_version.model_id AND v.semver = find_version.selector::semver AND v.deleted_at IS NULL;
            WHEN 'alias' THEN
                SELECT a.version_id INTO found_id
                  FROM model_aliases a
                 WHERE a.model_id = find_version.model_id AND a.alias = lower(find_version.selector COLLATE "C");
            ELSE
                RAISE EXCEPTION 'invalid selector: "%"', selector
                    USING ERRCODE = 'invalid_parameter_value',
                          DETAIL = 'It is neither a version, an alias, a stage nor latest.',
                          HINT = 'Write model@1.2.3, model@champion, model@production or model@latest.';
        END CASE;
        IF found_id IS NOT NULL THEN
            RETURN found_id;
        END IF;

        IF kind = 'exact' THEN
            SELECT 'Nearest: ' || string_agg(near.semver::text, ' and ' ORDER BY near.semver) || '.' INTO candidates
              FROM ((SELECT v.semver FROM model_versions v
                      WHERE v.model_id = find_version.model_id AND v.semver < find_version.selector::semver AND v.deleted_at IS NULL
                      ORDER BY v.semver DESC LIMIT 1)
                    UNION ALL
                    (SELECT v.semver FROM model_versions v
                      WHERE v.model_id = find_version.model_id AND v.semver > find_version.selector::semver AND v.deleted_at IS NULL
                      ORDER BY v.semver LIMIT 1)) AS near;
        ELSIF kind = 'alias' THEN
            SELECT 'Its aliases are ' || string_agg(a.alias, ', ' ORDER BY a.alias) || '.' INTO candidates
              FROM (SELECT a.alias FROM model_aliases a WHERE a.model_id = find_version.model_id ORDER BY a.alias LIMIT 20) AS a;
        ELSIF kind = 'stage' THEN
            SELECT 'There are versions in ' || string_agg(DISTINCT v.stage, ', ') || '.' INTO candidates
              FROM model_versions v
             WHERE v.model_id = find_version.model_id AND v.deleted_at IS NULL;
        END IF;
        RAISE EXCEPTION 'model "%" has no version %',
                (SELECT m.model_name FROM models m WHERE m.model_id = find_version.model_id),
                CASE kind WHEN 'latest' THEN 'that counts as latest'
                          WHEN 'stage' THEN format('in stage "%s"', selector)
                          WHEN 'alias' THEN format('with alias "%s"', selector)
                          ELSE format('"%s"', selector) END
            USING ERRCODE = 'no_data_found',
                  HINT = coalesce(candidates, 'list_versions() shows what is there.');
    END
    $function$;
COMMENT ON FUNCTION find_version(uuid, text) IS 'identifier of the version of a model that a selector names: a version, an alias, a stage or latest; P0002 when there is none';

CREATE OR REPLACE FUNCTION find_version(reference text) RETURNS uuid
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    DECLARE
        ref record := parse_reference(reference);
    BEGIN
        IF reference IS NULL THEN
            RAISE EXCEPTION 'a version reference must not be NULL' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        RETURN find_version(find_model(ref.project, ref.model), ref.selector);
    END
    $function$;
COMMENT ON FUNCTION find_version(text) IS 'identifier of the version that a reference [project/]model[@selector] names; P0002 when there is none';
