-- References: from the names that people write to the rows that they mean.

CREATE OR REPLACE FUNCTION parse_reference(reference text, OUT project text, OUT model text, OUT selector text, OUT selector_kind text)
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_parse_reference';
COMMENT ON FUNCTION parse_reference(text) IS 'parts of [project/]model[@selector]; selector_kind is latest, exact, stage, alias, range or invalid';

CREATE OR REPLACE FUNCTION selector_kind(selector text) RETURNS text
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_selector_kind';
COMMENT ON FUNCTION selector_kind(text) IS 'what a selector is: latest, exact, stage, alias, range or invalid';

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

CREATE OR REPLACE FUNCTION shortened(value text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $function$SELECT CASE WHEN length(value) > 80 THEN left(value, 77) || '...' ELSE value END$function$;
COMMENT ON FUNCTION shortened(text) IS 'a value as messages show it: at most 80 characters';

CREATE OR REPLACE FUNCTION why_invalid(rule text, value text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        SELECT upper(left(why, 1)) || substr(why, 2) || '.' FROM explain_invalid(rule, value) AS why
    $function$;
COMMENT ON FUNCTION why_invalid(text, text) IS 'explain_invalid() as a sentence, for the details of errors';

CREATE OR REPLACE FUNCTION find_project(project text) RETURNS uuid
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    DECLARE
        found_id uuid;
        near text;
    BEGIN
        IF current_organization_id() IS NULL THEN
            RAISE EXCEPTION 'there is no current organization'
                USING ERRCODE = 'object_not_in_prerequisite_state',
                      HINT = 'There is no default organization, or there are several: SELECT use_organization(''...'') chooses one. The table organizations lists them.';
        END IF;
        IF project IS NULL THEN
            RETURN current_project_id();
        END IF;
        SELECT p.project_id INTO found_id
          FROM projects p
         WHERE p.organization_id = current_organization_id() AND p.slug = find_project.project AND p.deleted_at IS NULL;
        IF found_id IS NULL THEN
            near := near_names(project, ARRAY(SELECT p.slug FROM projects p
                                               WHERE p.organization_id = current_organization_id() AND p.deleted_at IS NULL
                                                 AND abs(octet_length(p.slug) - octet_length(project)) <= 3
                                               LIMIT 1000));
            RAISE EXCEPTION 'project "%" does not exist', shortened(project)
                USING ERRCODE = 'no_data_found',
                      HINT = coalesce('Did you mean ' || near || '?', 'list_models() shows the projects that have models.');
        END IF;
        RETURN found_id;
    END
    $function$;
COMMENT ON FUNCTION find_project(text) IS 'identifier of a project by its slug, of the current one for NULL; P0002 when there is none';

CREATE OR REPLACE FUNCTION project_filter(project text) RETURNS uuid
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    DECLARE
        found_id uuid := find_project(project);
    BEGIN
        RETURN CASE WHEN project IS NOT NULL THEN found_id END;
    END
    $function$;
COMMENT ON FUNCTION project_filter(text) IS 'identifier of the project that a list is restricted to, NULL for all projects; P0002 when there is none of that name';

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
                                                AND abs(octet_length(m.model_name) - octet_length(find_model.model_name)) <= 3
                                              LIMIT 1000));
        RAISE EXCEPTION 'model "%" does not exist', concat_ws('/', project, model_name)
            USING ERRCODE = 'no_data_found',
                  HINT = CASE
                             WHEN model_name ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
                             THEN 'An identifier is given as uuid: CAST(... AS uuid). Text is a name.'
                             WHEN elsewhere IS NOT NULL THEN format('It exists in another project: %s.', elsewhere)
                             WHEN near IS NOT NULL THEN format('Did you mean %s?', near)
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
            RAISE EXCEPTION 'a model is expected, not one of its versions: "%"', shortened(reference)
                USING ERRCODE = 'invalid_parameter_value', HINT = format('Write %s.', split_part(reference, '@', 1));
        END IF;
        RETURN find_model(ref.project, ref.model);
    END
    $function$;
COMMENT ON FUNCTION find_model(text) IS 'identifier of the model that a reference [project/]model names; P0002 when there is none';

-- What the forms that take a uuid begin with: a name is not found when its model or project is deleted, nor is a uuid.
CREATE OR REPLACE FUNCTION live_model(model_id uuid) RETURNS uuid
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    BEGIN
        IF live_model.model_id IS NULL THEN
            RAISE EXCEPTION 'a model identifier must not be NULL' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        PERFORM FROM models m
                JOIN projects p USING (project_id)
                JOIN organizations o ON o.organization_id = m.organization_id
          WHERE m.model_id = live_model.model_id
            AND m.deleted_at IS NULL AND p.deleted_at IS NULL AND o.deleted_at IS NULL;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'model % does not exist', live_model.model_id
                USING ERRCODE = 'no_data_found', HINT = 'list_models() shows what is there.';
        END IF;
        RETURN live_model.model_id;
    END
    $function$;
COMMENT ON FUNCTION live_model(uuid) IS 'the identifier itself if it is that of a model that is not deleted, nor its project or organization; P0002 otherwise';

CREATE OR REPLACE FUNCTION require_stage(stage text) RETURNS void
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    BEGIN
        IF stage NOT IN ('development', 'staging', 'production', 'archived') THEN
            RAISE EXCEPTION 'unknown stage: "%"', shortened(stage)
                USING ERRCODE = 'invalid_parameter_value',
                      HINT = 'The stages are development, staging, production and archived.';
        END IF;
    END
    $function$;
COMMENT ON FUNCTION require_stage(text) IS 'raises 22023 for a text that is not a stage; NULL passes';

CREATE OR REPLACE FUNCTION require_max_rows(max_rows bigint) RETURNS void
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    BEGIN
        IF max_rows < 0 THEN
            RAISE EXCEPTION 'max_rows must not be negative: %', max_rows
                USING ERRCODE = 'invalid_parameter_value', HINT = 'NULL is no limit.';
        END IF;
    END
    $function$;
COMMENT ON FUNCTION require_max_rows(bigint) IS 'raises 22023 for a number of rows below zero; NULL passes';

CREATE OR REPLACE FUNCTION require_if_exists(if_exists text) RETURNS void
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    BEGIN
        IF if_exists IS NULL OR if_exists NOT IN ('error', 'return') THEN
            RAISE EXCEPTION 'if_exists is "error" or "return", not "%"', shortened(if_exists)
                USING ERRCODE = 'invalid_parameter_value';
        END IF;
    END
    $function$;
COMMENT ON FUNCTION require_if_exists(text) IS 'raises 22023 unless the argument if_exists of a registering function is error or return';

CREATE OR REPLACE FUNCTION latest_version_id(
        model_id uuid,
        stage text DEFAULT NULL,
        include_prerelease boolean DEFAULT false,
        latest_by text DEFAULT 'precedence',
        include_deprecated boolean DEFAULT false,
        range semver_range DEFAULT NULL) RETURNS uuid
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        -- A range says itself which prereleases it takes.
        prereleases_too boolean := coalesce(include_prerelease, false) OR range IS NOT NULL;
        deprecated_too boolean := coalesce(include_deprecated, false);
        found_id uuid;
    BEGIN
        IF latest_by IS NULL OR latest_by NOT IN ('precedence', 'registered') THEN
            RAISE EXCEPTION 'unknown meaning of latest: "%"', shortened(latest_by)
                USING ERRCODE = 'invalid_parameter_value', HINT = 'latest_by is precedence or registered.';
        END IF;
        IF stage = 'production' AND range IS NULL THEN
            -- There is at most one: a probe of unique_production_version.
            SELECT v.version_id INTO found_id
              FROM model_versions v
             WHERE v.model_id = latest_version_id.model_id AND v.stage = 'production' AND v.deleted_at IS NULL;
            RETURN found_id;
        END IF;
        PERFORM require_stage(stage);
        WHILE range IS NOT NULL LOOP
            IF latest_by = 'precedence' AND coalesce(include_prerelease, false) THEN
                SELECT v.version_id INTO found_id
                  FROM model_versions v
                 WHERE v.model_id = latest_version_id.model_id AND v.deleted_at IS NULL
                   AND (latest_version_id.stage IS NULL OR v.stage = latest_version_id.stage)
                   AND (latest_version_id.stage IS NOT NULL OR v.status <> 'archived') AND (deprecated_too OR v.status <> 'deprecated')
                   AND satisfies(v.semver, (SELECT latest_version_id.range), true)
                 ORDER BY v.semver DESC
                 LIMIT 1;
            ELSIF latest_by = 'precedence' THEN
                SELECT v.version_id INTO found_id
                  FROM model_versions v
                 WHERE v.model_id = latest_version_id.model_id AND v.deleted_at IS NULL
                   AND (latest_version_id.stage IS NULL OR v.stage = latest_version_id.stage)
                   AND (latest_version_id.stage IS NOT NULL OR v.status <> 'archived') AND (deprecated_too OR v.status <> 'deprecated')
                   AND v.semver <@ (SELECT latest_version_id.range)
                 ORDER BY v.semver DESC
                 LIMIT 1;
            ELSE
                SELECT v.version_id INTO found_id
                  FROM model_versions v
                 WHERE v.model_id = latest_version_id.model_id AND v.deleted_at IS NULL
                   AND (latest_version_id.stage IS NULL OR v.stage = latest_version_id.stage)
                   AND (latest_version_id.stage IS NOT NULL OR v.status <> 'archived') AND (deprecated_too OR v.status <> 'deprecated')
                   AND satisfies(v.semver, latest_version_id.range, coalesce(include_prerelease, false))
                 ORDER BY v.registered_at DESC, v.semver DESC
                 LIMIT 1;
            END IF;
            IF found_id IS NOT NULL OR stage IS NULL OR deprecated_too THEN
                RETURN found_id;
            END IF;
            deprecated_too := true; -- in a stage deprecated versions count, after all others
        END LOOP;
        -- Each query is a walk down one index that ends at its first row; releases are asked for before prereleases,
        -- and in a stage, whose name asks for whatever is in it, deprecated versions after all others.
        LOOP
            IF stage IS NULL AND latest_by = 'precedence' THEN
                SELECT v.version_id INTO found_id
                  FROM model_versions v
                 WHERE v.model_id = latest_version_id.model_id AND v.deleted_at IS NULL AND v.status <> 'archived'
                   AND (deprecated_too OR v.status <> 'deprecated')
                   AND (prereleases_too OR NOT is_prerelease(v.semver))
                 ORDER BY v.semver DESC
                 LIMIT 1;
            ELSIF stage IS NULL THEN
                SELECT v.version_id INTO found_id
                  FROM model_versions v
                 WHERE v.model_id = latest_version_id.model_id AND v.deleted_at IS NULL AND v.status <> 'archived'
                   AND (deprecated_too OR v.status <> 'deprecated')
                   AND (prereleases_too OR NOT is_prerelease(v.semver))
                 ORDER BY v.registered_at DESC, v.semver DESC
                 LIMIT 1;
            ELSIF latest_by = 'precedence' THEN
                SELECT v.version_id INTO found_id
                  FROM model_versions v
                 WHERE v.model_id = latest_version_id.model_id AND v.deleted_at IS NULL AND v.stage = latest_version_id.stage
                   AND (deprecated_too OR v.status <> 'deprecated')
                   AND (prereleases_too OR NOT is_prerelease(v.semver))
                 ORDER BY v.semver DESC
                 LIMIT 1;
            ELSE
                SELECT v.version_id INTO found_id
                  FROM model_versions v
                 WHERE v.model_id = latest_version_id.model_id AND v.deleted_at IS NULL AND v.stage = latest_version_id.stage
                   AND (deprecated_too OR v.status <> 'deprecated')
                   AND (prereleases_too OR NOT is_prerelease(v.semver))
                 ORDER BY v.registered_at DESC, v.semver DESC
                 LIMIT 1;
            END IF;
            EXIT WHEN found_id IS NOT NULL;
            IF NOT prereleases_too THEN
                prereleases_too := true;
            ELSIF stage IS NOT NULL AND NOT deprecated_too THEN
                deprecated_too := true;
                prereleases_too := coalesce(include_prerelease, false);
            ELSE
                EXIT;
            END IF;
        END LOOP;
        RETURN found_id;
    END
    $function$;
COMMENT ON FUNCTION latest_version_id(uuid, text, boolean, text, boolean, semver_range) IS 'identifier of a model''s latest version: the highest release that is neither deprecated nor archived, else the highest such prerelease; NULL when there is none';

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
                found_id := latest_version_id(model_id, stage => lower(selector COLLATE "C"));
            WHEN 'exact' THEN
                SELECT v.version_id INTO found_id
                  FROM model_versions v
                 WHERE v.model_id = find_version.model_id AND v.semver = find_version.selector::semver AND v.deleted_at IS NULL;
            WHEN 'range' THEN
                found_id := latest_version_id(model_id, range => selector::semver_range);
            WHEN 'alias' THEN
                SELECT a.version_id INTO found_id
                  FROM model_aliases a
                 WHERE a.model_id = find_version.model_id AND a.alias = lower(find_version.selector COLLATE "C");
            ELSE
                -- What looks like a range is refused as one, with the position.
                IF selector ~ '^[0-9vVxX*<>=~^|]' THEN
                    PERFORM selector::semver_range;
                END IF;
                RAISE EXCEPTION 'invalid selector: "%"', shortened(selector)
                    USING ERRCODE = 'invalid_parameter_value',
                          DETAIL = 'It is neither a version, a range, an alias, a stage nor latest.',
                          HINT = 'Write model@1.2.3, model@^1.2, model@champion, model@production or model@latest.';
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
        ELSIF kind = 'range' THEN
            -- The nearest version on either side; where some lie between, what keeps them out.
            SELECT 'Nearest: ' || string_agg(near.semver::text, ' and ' ORDER BY near.semver) || '.' INTO candidates
              FROM ((SELECT v.semver FROM model_versions v
                      WHERE v.model_id = find_version.model_id AND v.deleted_at IS NULL
                        AND v.semver <= range_lower(find_version.selector::semver_range)
                        AND (v.semver < range_lower(find_version.selector::semver_range) OR NOT range_lower_inclusive(find_version.selector::semver_range))
                      ORDER BY v.semver DESC LIMIT 1)
                    UNION ALL
                    (SELECT v.semver FROM model_versions v
                      WHERE v.model_id = find_version.model_id AND v.deleted_at IS NULL
                        AND v.semver >= range_upper(find_version.selector::semver_range)
                        AND (v.semver > range_upper(find_version.selector::semver_range) OR NOT range_upper_inclusive(find_version.selector::semver_range))
                      ORDER BY v.semver LIMIT 1)) AS near;
            IF candidates IS NULL THEN
                -- All of them lie in a gap between alternatives.
                SELECT 'Nearest: ' || concat_ws(' and ', min(v.semver), nullif(max(v.semver), min(v.semver))) || '.' INTO candidates
                  FROM model_versions v
                 WHERE v.model_id = find_version.model_id AND v.deleted_at IS NULL
                   AND NOT satisfies(v.semver, find_version.selector::semver_range, true)
                HAVING count(*) > 0;
            END IF;
            SELECT concat_ws(' ', candidates,
                             CASE WHEN bool_or(v.semver <@ find_version.selector::semver_range)
                                  THEN format('Deprecated or archived, and not counted: %s.', max_satisfying(v.semver, find_version.selector::semver_range))
                                  WHEN count(*) > 0
                                  THEN format('%s is a prerelease, and the range names none of the same version.', max(v.semver)) END)
              INTO candidates
              FROM model_versions v
             WHERE v.model_id = find_version.model_id AND v.deleted_at IS NULL
               AND satisfies(v.semver, find_version.selector::semver_range, true);
            candidates := nullif(candidates, '');
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
                          WHEN 'stage' THEN format('in stage "%s"', lower(selector COLLATE "C"))
                          WHEN 'alias' THEN format('with alias "%s"', shortened(selector))
                          WHEN 'range' THEN format('in range "%s"', shortened(selector))
                          ELSE format('"%s"', shortened(selector)) END
            USING ERRCODE = 'no_data_found',
                  HINT = coalesce(candidates, 'list_versions() shows what is there.');
    END
    $function$;
COMMENT ON FUNCTION find_version(uuid, text) IS 'identifier of the version of a model that a selector names: a version, a range, an alias, a stage or latest; P0002 when there is none';

CREATE OR REPLACE FUNCTION quick_version_id(reference text) RETURNS uuid
    LANGUAGE C STABLE STRICT PARALLEL RESTRICTED COST 100 AS 'MODULE_PATHNAME', 'mlregistry_quick_version_id';
COMMENT ON FUNCTION quick_version_id(text) IS 'the short way of find_version(text), NULL when nothing is found on it';

CREATE OR REPLACE FUNCTION find_version(reference text) RETURNS uuid
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    DECLARE
        ref record;
        quick_id uuid := quick_version_id(reference);
    BEGIN
        IF quick_id IS NOT NULL THEN
            RETURN quick_id;
        END IF;
        ref := parse_reference(reference);
        IF reference IS NULL THEN
            RAISE EXCEPTION 'a version reference must not be NULL' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        RETURN find_version(find_model(ref.project, ref.model), ref.selector);
    END
    $function$;
COMMENT ON FUNCTION find_version(text) IS 'identifier of the version that a reference [project/]model[@selector] names; P0002 when there is none';
