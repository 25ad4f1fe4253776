-- Upgrade script as it was released with 0.2.0. Frozen: it is what leads from 0.1.0 to newer versions.
\echo Use "ALTER EXTENSION mlregistry UPDATE TO '0.2.0'" to load this file. \quit

-- 0.2.0: files of versions. Before the line FUNCTIONS stands what has no OR REPLACE, after it the rights of new functions;
-- at the line all functions are made anew.

CREATE TYPE file_info AS (
    project_slug text,
    model_name text,
    semver semver,
    path text,
    uri text,
    size_bytes bigint,
    sha256 text,
    media_type text,
    variant text,
    file_id uuid,
    version_id uuid
);
COMMENT ON TYPE file_info IS 'A file of a version as functions return it';


-- functions/semver.sql
-- Functions on type semver.

CREATE OR REPLACE FUNCTION is_semver(value text) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_is_semver';
COMMENT ON FUNCTION is_semver(text) IS 'true when the text is a version after SemVer 2.0.0 of at most 256 characters';

CREATE OR REPLACE FUNCTION major(version semver) RETURNS numeric
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_semver_major';
COMMENT ON FUNCTION major(semver) IS 'major number of a version';

CREATE OR REPLACE FUNCTION minor(version semver) RETURNS numeric
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_semver_minor';
COMMENT ON FUNCTION minor(semver) IS 'minor number of a version';

CREATE OR REPLACE FUNCTION patch(version semver) RETURNS numeric
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_semver_patch';
COMMENT ON FUNCTION patch(semver) IS 'patch number of a version';

CREATE OR REPLACE FUNCTION prerelease(version semver) RETURNS text
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_semver_prerelease';
COMMENT ON FUNCTION prerelease(semver) IS 'prerelease of a version, NULL for a release';

CREATE OR REPLACE FUNCTION prerelease_identifiers(version semver) RETURNS text[]
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_semver_prerelease_identifiers';
COMMENT ON FUNCTION prerelease_identifiers(semver) IS 'prerelease of a version, one element per identifier, NULL for a release';

CREATE OR REPLACE FUNCTION build(version semver) RETURNS text
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_semver_build';
COMMENT ON FUNCTION build(semver) IS 'build metadata of a version, NULL where there is none';

CREATE OR REPLACE FUNCTION semver_core(version semver) RETURNS semver
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_semver_core';
COMMENT ON FUNCTION semver_core(semver) IS 'the version without prerelease and build metadata';

CREATE OR REPLACE FUNCTION is_prerelease(version semver) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF AS 'MODULE_PATHNAME', 'mlregistry_semver_is_prerelease';
COMMENT ON FUNCTION is_prerelease(semver) IS 'true when the version has a prerelease part';

CREATE OR REPLACE FUNCTION semver(major numeric, minor numeric, patch numeric, pre text DEFAULT NULL, build text DEFAULT NULL)
    RETURNS semver
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_semver_construct';
COMMENT ON FUNCTION semver(numeric, numeric, numeric, text, text) IS 'version made of its parts; NULL when a number is NULL';

CREATE OR REPLACE FUNCTION semver_bump(version semver, part text) RETURNS semver
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_semver_bump';
COMMENT ON FUNCTION semver_bump(semver, text) IS 'next version: part is major, minor, patch, premajor, preminor, prepatch, prerelease or release';

CREATE OR REPLACE FUNCTION semver_bump(version semver, part text, preid text) RETURNS semver
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_semver_bump';
COMMENT ON FUNCTION semver_bump(semver, text, text) IS 'next version, its prerelease named preid';

CREATE OR REPLACE FUNCTION semver_diff(a semver, b semver) RETURNS text
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_semver_diff';
COMMENT ON FUNCTION semver_diff(semver, semver) IS 'greatest part in which two versions differ, NULL when they are equal in precedence';

CREATE OR REPLACE FUNCTION semver_truncate(version semver, part text) RETURNS semver
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_semver_truncate';
COMMENT ON FUNCTION semver_truncate(semver, text) IS 'the version with everything below the part set to zero or dropped';

CREATE OR REPLACE FUNCTION semver_coerce(value text) RETURNS semver
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_semver_coerce';
COMMENT ON FUNCTION semver_coerce(text) IS 'reads a loose spelling: blanks around it, a leading v, one to three numbers';

CREATE OR REPLACE FUNCTION semver_from_pep440(value text) RETURNS semver
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_semver_from_pep440';
COMMENT ON FUNCTION semver_from_pep440(text) IS 'reads a Python version: a, b, rc become alpha, beta, rc prereleases, the local part the build; post, dev, epoch and four numbers are refused';

-- functions/validation.sql
-- One function per rule for names, addresses and checksums; the CHECKs of the tables use them.
-- Frozen: a stored CHECK depends on each. A new rule is a new function.

CREATE OR REPLACE FUNCTION is_valid_name(value text) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_is_valid_name';
COMMENT ON FUNCTION is_valid_name(text) IS 'kebab-case name of 1 to 255 bytes: [a-z0-9]+(-[a-z0-9]+)*';

CREATE OR REPLACE FUNCTION is_valid_tag_name(value text) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_is_valid_tag_name';
COMMENT ON FUNCTION is_valid_tag_name(text) IS 'name of 1 to 255 bytes: [a-z0-9]+([-_][a-z0-9]+)*';

CREATE OR REPLACE FUNCTION is_valid_alias(value text) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_is_valid_alias';
COMMENT ON FUNCTION is_valid_alias(text) IS '[a-z_][a-z0-9_-]* of 1 to 255 bytes that reads neither as a version, a range, a stage nor latest';

CREATE OR REPLACE FUNCTION is_valid_label(value text) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_is_valid_label';
COMMENT ON FUNCTION is_valid_label(text) IS '1 to 500 characters, no control character, no blank at either end';

CREATE OR REPLACE FUNCTION is_email(value text) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_is_email';
COMMENT ON FUNCTION is_email(text) IS 'e-mail address of at most 254 bytes';

CREATE OR REPLACE FUNCTION is_sha256(value text) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_is_sha256';
COMMENT ON FUNCTION is_sha256(text) IS '64 lower-case hexadecimal digits';

CREATE OR REPLACE FUNCTION is_git_commit(value text) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_is_git_commit';
COMMENT ON FUNCTION is_git_commit(text) IS '7 to 64 lower-case hexadecimal digits';

CREATE OR REPLACE FUNCTION is_artifact_uri(value text) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_is_artifact_uri';
COMMENT ON FUNCTION is_artifact_uri(text) IS 'URI with a scheme or absolute path, 2 to 4096 bytes';

CREATE OR REPLACE FUNCTION is_url(value text) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_is_url';
COMMENT ON FUNCTION is_url(text) IS 'http or https URL with a host, at most 4096 bytes';

CREATE OR REPLACE FUNCTION is_file_path(value text) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_is_file_path';
COMMENT ON FUNCTION is_file_path(text) IS 'relative path of 1 to 1024 bytes without empty, . and .. segments';

CREATE OR REPLACE FUNCTION is_score(value numeric) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_is_score';
COMMENT ON FUNCTION is_score(numeric) IS 'true from 0 to 1; false for NaN';

-- functions/identity.sql
-- Who is acting, and where. Defaults of columns use these: their signatures are frozen.

CREATE OR REPLACE FUNCTION current_actor() RETURNS text
    LANGUAGE C STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'mlregistry_current_actor';
COMMENT ON FUNCTION current_actor() IS 'who is acting: the database role that logged in';

CREATE OR REPLACE FUNCTION current_organization_id() RETURNS uuid
    LANGUAGE C STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'mlregistry_current_organization_id';
COMMENT ON FUNCTION current_organization_id() IS 'organization that is worked in: the default one while it is the only one, otherwise NULL';

CREATE OR REPLACE FUNCTION current_project_id() RETURNS uuid
    LANGUAGE C STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'mlregistry_current_project_id';
COMMENT ON FUNCTION current_project_id() IS 'project that is worked in: the default one of the current organization';

-- functions/triggers.sql
-- Trigger functions. The triggers of installed tables name them: a new behaviour is a new function.

CREATE OR REPLACE FUNCTION trg_keys() RETURNS trigger LANGUAGE C AS 'MODULE_PATHNAME', 'mlregistry_trg_keys';
COMMENT ON FUNCTION trg_keys() IS 'trigger keys: keys never change, a row lies in its parent''s project; arguments: parent table, parent key';

CREATE OR REPLACE FUNCTION trg_actor() RETURNS trigger LANGUAGE C AS 'MODULE_PATHNAME', 'mlregistry_trg_actor';
COMMENT ON FUNCTION trg_actor() IS 'trigger actor: x_by_user is set by the database only; arguments: each x';

CREATE OR REPLACE FUNCTION trg_normalize() RETURNS trigger LANGUAGE C AS 'MODULE_PATHNAME', 'mlregistry_trg_normalize';
COMMENT ON FUNCTION trg_normalize() IS 'trigger normalize: trims and lower-cases; arguments: column:rule with rule trim, lower or email';

CREATE OR REPLACE FUNCTION trg_derive_model() RETURNS trigger LANGUAGE C AS 'MODULE_PATHNAME', 'mlregistry_trg_derive_model';
COMMENT ON FUNCTION trg_derive_model() IS 'trigger derive of models: display name, time of archiving';

CREATE OR REPLACE FUNCTION trg_derive_version() RETURNS trigger LANGUAGE C AS 'MODULE_PATHNAME', 'mlregistry_trg_derive_version';
COMMENT ON FUNCTION trg_derive_version() IS 'trigger derive of versions: framework, archived status and stage, times of states';

CREATE OR REPLACE FUNCTION trg_derive_alias() RETURNS trigger LANGUAGE C AS 'MODULE_PATHNAME', 'mlregistry_trg_derive_alias';
COMMENT ON FUNCTION trg_derive_alias() IS 'trigger derive of aliases: who moved it, and when';

CREATE OR REPLACE FUNCTION trg_touch() RETURNS trigger LANGUAGE C AS 'MODULE_PATHNAME', 'mlregistry_trg_touch';
COMMENT ON FUNCTION trg_touch() IS 'trigger touch: updated_at and updated_by';

CREATE OR REPLACE FUNCTION trg_guard_alias() RETURNS trigger LANGUAGE C AS 'MODULE_PATHNAME', 'mlregistry_trg_guard_alias';
COMMENT ON FUNCTION trg_guard_alias() IS 'trigger guard of aliases: none names a deleted version';

CREATE OR REPLACE FUNCTION trg_guard_version() RETURNS trigger LANGUAGE C AS 'MODULE_PATHNAME', 'mlregistry_trg_guard_version';
COMMENT ON FUNCTION trg_guard_version() IS 'trigger guard of versions: one with an alias is not deleted';

CREATE OR REPLACE FUNCTION trg_builtin() RETURNS trigger LANGUAGE C AS 'MODULE_PATHNAME', 'mlregistry_trg_builtin';
COMMENT ON FUNCTION trg_builtin() IS 'trigger of the lookup tables: built-in rows are neither deleted nor renamed';

-- functions/references.sql
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

CREATE OR REPLACE FUNCTION shortened(value text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $function$SELECT CASE WHEN length(value) > 80 THEN left(value, 77) || '...' ELSE value END$function$;
COMMENT ON FUNCTION shortened(text) IS 'a value as messages show it: at most 80 characters';

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
                      HINT = 'There is none while there is no default organization, or more than one organization.';
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
        prereleases_too boolean := coalesce(include_prerelease, false);
        deprecated_too boolean := coalesce(include_deprecated, false);
        found_id uuid;
    BEGIN
        IF latest_by IS NULL OR latest_by NOT IN ('precedence', 'registered') THEN
            RAISE EXCEPTION 'unknown meaning of latest: "%"', shortened(latest_by)
                USING ERRCODE = 'invalid_parameter_value', HINT = 'latest_by is precedence or registered.';
        END IF;
        IF stage = 'production' THEN
            -- There is at most one: a probe of unique_production_version.
            SELECT v.version_id INTO found_id
              FROM model_versions v
             WHERE v.model_id = latest_version_id.model_id AND v.stage = 'production' AND v.deleted_at IS NULL;
            RETURN found_id;
        END IF;
        PERFORM require_stage(stage);
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
                found_id := latest_version_id(model_id, stage => lower(selector COLLATE "C"));
            WHEN 'exact' THEN
                SELECT v.version_id INTO found_id
                  FROM model_versions v
                 WHERE v.model_id = find_version.model_id AND v.semver = find_version.selector::semver AND v.deleted_at IS NULL;
            WHEN 'alias' THEN
                SELECT a.version_id INTO found_id
                  FROM model_aliases a
                 WHERE a.model_id = find_version.model_id AND a.alias = lower(find_version.selector COLLATE "C");
            ELSE
                RAISE EXCEPTION 'invalid selector: "%"', shortened(selector)
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
                          WHEN 'stage' THEN format('in stage "%s"', lower(selector COLLATE "C"))
                          WHEN 'alias' THEN format('with alias "%s"', shortened(selector))
                          ELSE format('"%s"', shortened(selector)) END
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

-- functions/versions.sql
-- Versions: registering, resolving, listing.

-- PL/pgSQL keeps the plan for the session; an SQL function would plan its join anew in every statement.
CREATE OR REPLACE FUNCTION version_info(version_id uuid) RETURNS version_info
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        info version_info;
    BEGIN
        SELECT p.slug, m.model_name, v.semver, v.stage, v.status,
               ARRAY(SELECT a.alias FROM model_aliases a WHERE a.version_id = v.version_id ORDER BY a.alias),
               v.artifact_uri, v.artifact_size_bytes, v.checksum_sha256,
               v.framework, v.framework_version, v.model_format, v.description,
               v.registered_by, v.registered_at, v.version_id, v.model_id, v.project_id
          INTO info
          FROM model_versions v
          JOIN models m USING (model_id)
          JOIN projects p ON p.project_id = v.project_id
         WHERE v.version_id = version_info.version_id;
        RETURN info;
    END
    $function$;
COMMENT ON FUNCTION version_info(uuid) IS 'complete row of one version, NULL when there is none';

CREATE OR REPLACE FUNCTION resolve(reference text) RETURNS SETOF version_info
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    BEGIN
        RETURN NEXT version_info(find_version(reference));
    END
    $function$;
COMMENT ON FUNCTION resolve(text) IS 'the one version that a reference [project/]model[@selector] names; P0002 when there is none';

CREATE OR REPLACE FUNCTION resolve(model_id uuid, selector text DEFAULT 'latest') RETURNS SETOF version_info
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    BEGIN
        RETURN NEXT version_info(find_version(live_model(model_id), selector));
    END
    $function$;
COMMENT ON FUNCTION resolve(uuid, text) IS 'the one version of a model that a selector names; P0002 when there is none';

CREATE OR REPLACE FUNCTION latest_version(
        model_id uuid,
        stage text DEFAULT NULL,
        include_prerelease boolean DEFAULT false,
        latest_by text DEFAULT 'precedence',
        include_deprecated boolean DEFAULT false) RETURNS SETOF version_info
    LANGUAGE sql STABLE PARALLEL RESTRICTED ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        SELECT i.*
          FROM latest_version_id(live_model(model_id), stage, include_prerelease, latest_by, include_deprecated) AS latest (id),
               version_info(latest.id) AS i
         WHERE latest.id IS NOT NULL
    $function$;
COMMENT ON FUNCTION latest_version(uuid, text, boolean, text, boolean) IS 'latest version of a model, no row when there is none: see latest_version(text, …)';

CREATE OR REPLACE FUNCTION latest_version(
        model text,
        stage text DEFAULT NULL,
        include_prerelease boolean DEFAULT false,
        latest_by text DEFAULT 'precedence',
        include_deprecated boolean DEFAULT false) RETURNS SETOF version_info
    LANGUAGE sql STABLE PARALLEL RESTRICTED ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        SELECT * FROM latest_version(find_model(model), stage, include_prerelease, latest_by, include_deprecated)
    $function$;
COMMENT ON FUNCTION latest_version(text, text, boolean, text, boolean) IS 'latest version of a model, no row when there is none: the highest release that is neither deprecated nor archived, else the highest such prerelease; latest_by => ''registered'' takes the newest instead';

CREATE OR REPLACE FUNCTION latest_versions(
        stage text DEFAULT NULL,
        include_prerelease boolean DEFAULT false,
        project text DEFAULT NULL,
        latest_by text DEFAULT 'precedence',
        include_deprecated boolean DEFAULT false) RETURNS SETOF version_info
    LANGUAGE sql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        SELECT i.*
          FROM models m
          JOIN projects p USING (project_id),
               LATERAL latest_version_id(m.model_id, stage, include_prerelease, latest_by, include_deprecated) AS latest (id),
               LATERAL version_info(latest.id) AS i
         WHERE m.organization_id = current_organization_id()
           AND m.is_active AND m.deleted_at IS NULL AND p.deleted_at IS NULL
           AND (latest_versions.project IS NULL OR p.project_id = find_project(latest_versions.project))
           AND latest.id IS NOT NULL
         ORDER BY p.slug, m.model_name
    $function$;
COMMENT ON FUNCTION latest_versions(text, boolean, text, text, boolean) IS 'latest version of every active model, one row per model that has one';

CREATE OR REPLACE FUNCTION list_versions(
        model_id uuid,
        status text DEFAULT NULL,
        stage text DEFAULT NULL,
        max_rows bigint DEFAULT NULL,
        after semver DEFAULT NULL) RETURNS SETOF version_info
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        model uuid := live_model(model_id);
    BEGIN
        PERFORM require_stage(stage);
        IF status NOT IN ('registered', 'validated', 'deployed', 'deprecated', 'archived') THEN
            RAISE EXCEPTION 'unknown status: "%"', shortened(status)
                USING ERRCODE = 'invalid_parameter_value',
                      HINT = 'The statuses are registered, validated, deployed, deprecated and archived.';
        END IF;
        -- Two queries, because only a plain comparison with "after" lets a page start in the middle of the index.
        IF after IS NULL THEN
            RETURN QUERY
                SELECT i.*
                  FROM (SELECT v.version_id, v.semver
                          FROM model_versions v
                         WHERE v.model_id = model AND v.deleted_at IS NULL
                           AND (list_versions.status IS NULL OR v.status = list_versions.status)
                           AND (list_versions.stage IS NULL OR v.stage = list_versions.stage)
                         ORDER BY v.semver DESC
                         LIMIT list_versions.max_rows) AS page,
                       version_info(page.version_id) AS i
                 ORDER BY page.semver DESC;
        ELSE
            RETURN QUERY
                SELECT i.*
                  FROM (SELECT v.version_id, v.semver
                          FROM model_versions v
                         WHERE v.model_id = model AND v.deleted_at IS NULL AND v.semver < list_versions.after
                           AND (list_versions.status IS NULL OR v.status = list_versions.status)
                           AND (list_versions.stage IS NULL OR v.stage = list_versions.stage)
                         ORDER BY v.semver DESC
                         LIMIT list_versions.max_rows) AS page,
                       version_info(page.version_id) AS i
                 ORDER BY page.semver DESC;
        END IF;
    END
    $function$;
COMMENT ON FUNCTION list_versions(uuid, text, text, bigint, semver) IS 'versions of a model, highest first: see list_versions(text, …)';

CREATE OR REPLACE FUNCTION list_versions(
        model text,
        status text DEFAULT NULL,
        stage text DEFAULT NULL,
        max_rows bigint DEFAULT NULL,
        after semver DEFAULT NULL) RETURNS SETOF version_info
    LANGUAGE sql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        SELECT * FROM list_versions(find_model(model), status, stage, max_rows, after)
    $function$;
COMMENT ON FUNCTION list_versions(text, text, text, bigint, semver) IS 'versions of a model, highest first; for the next page give the last version seen as after';

CREATE OR REPLACE FUNCTION next_version(model_id uuid, part text DEFAULT 'patch', preid text DEFAULT NULL) RETURNS semver
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        base semver;
    BEGIN
        PERFORM live_model(model_id);
        IF part IS NULL THEN
            RAISE EXCEPTION 'the part of the version must not be NULL' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        IF preid IS NOT NULL AND part NOT LIKE 'pre%' THEN
            RAISE EXCEPTION 'a % bump has no prerelease to name "%"', shortened(part), shortened(preid)
                USING ERRCODE = 'invalid_parameter_value',
                      HINT = 'preid goes with premajor, preminor, prepatch and prerelease.';
        END IF;
        -- Deleted versions count too: a version is never used twice.
        -- A patch of 1.4.0 is 1.4.1 also while 2.0.0-rc.1 is there: releases follow releases.
        IF part IN ('major', 'minor', 'patch') THEN
            SELECT v.semver INTO base
              FROM model_versions v
             WHERE v.model_id = next_version.model_id AND NOT is_prerelease(v.semver)
             ORDER BY v.semver DESC
             LIMIT 1;
        END IF;
        IF base IS NULL THEN
            SELECT v.semver INTO base
              FROM model_versions v
             WHERE v.model_id = next_version.model_id
             ORDER BY v.semver DESC
             LIMIT 1;
        END IF;
        base := coalesce(base, '0.0.0');
        RETURN CASE WHEN preid IS NULL THEN semver_bump(base, part) ELSE semver_bump(base, part, preid) END;
    END
    $function$;
COMMENT ON FUNCTION next_version(uuid, text, text) IS 'version that register_version(bump => part) would register: see next_version(text, …)';

CREATE OR REPLACE FUNCTION next_version(model text, part text DEFAULT 'patch', preid text DEFAULT NULL) RETURNS semver
    LANGUAGE sql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        SELECT next_version(find_model(model), part, preid)
    $function$;
COMMENT ON FUNCTION next_version(text, text, text) IS 'version that register_version(bump => part) would register now: major, minor and patch count from the highest release, the other parts from the highest version';

CREATE OR REPLACE FUNCTION lock_version_numbers(model_id uuid) RETURNS void
    LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'mlregistry_lock_version_numbers';
COMMENT ON FUNCTION lock_version_numbers(uuid) IS 'makes other sessions that bump versions of this model wait until this transaction ends; needs the right to insert versions';

CREATE OR REPLACE FUNCTION register_version(
        model_id uuid,
        semver semver DEFAULT NULL,
        artifact_uri text DEFAULT NULL,
        bump text DEFAULT NULL,
        preid text DEFAULT NULL,
        checksum_sha256 text DEFAULT NULL,
        artifact_size_bytes bigint DEFAULT NULL,
        framework text DEFAULT NULL,
        framework_version text DEFAULT NULL,
        model_format text DEFAULT NULL,
        description text DEFAULT NULL,
        release_notes text DEFAULT NULL,
        git_commit text DEFAULT NULL,
        git_branch text DEFAULT NULL,
        git_tag text DEFAULT NULL,
        performance_metrics jsonb DEFAULT NULL,
        custom_metadata jsonb DEFAULT NULL,
        if_exists text DEFAULT 'error') RETURNS SETOF version_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        -- Not inside a query: the planner would call it for an estimate, with the snapshot of the statement around us,
        -- which does not see a model that was registered in the same statement.
        live_id uuid := live_model(register_version.model_id);
        of_model record;
        taken record;
        new_semver semver := register_version.semver;
        new_id uuid;
    BEGIN
        SELECT m.* INTO of_model FROM models m WHERE m.model_id = live_id;
        IF (new_semver IS NULL) = (bump IS NULL) THEN
            RAISE EXCEPTION 'give either a version or the part to bump'
                USING ERRCODE = 'invalid_parameter_value',
                      HINT = format('register_version(%L, ''1.0.0'', …) or register_version(%L, bump => ''minor'', …).',
                                    of_model.model_name, of_model.model_name);
        END IF;
        IF bump IS NULL AND preid IS NOT NULL THEN
            RAISE EXCEPTION 'preid goes with bump, not with a given version'
                USING ERRCODE = 'invalid_parameter_value';
        END IF;
        IF artifact_uri IS NULL THEN
            RAISE EXCEPTION 'a version needs an artifact_uri'
                USING ERRCODE = 'null_value_not_allowed',
                      HINT = 'Say where the artifact lies; {version} in it stands for the version.';
        END IF;
        IF if_exists IS NULL OR if_exists NOT IN ('error', 'return') THEN
            RAISE EXCEPTION 'if_exists is "error" or "return", not "%"', shortened(if_exists)
                USING ERRCODE = 'invalid_parameter_value';
        END IF;
        IF if_exists = 'return' AND new_semver IS NOT NULL THEN
            SELECT v.version_id INTO new_id
              FROM model_versions v
             WHERE v.model_id = of_model.model_id AND v.semver = new_semver AND v.deleted_at IS NULL;
            IF FOUND THEN
                RETURN NEXT version_info(new_id);
                RETURN;
            END IF;
        END IF;
        IF framework IS NULL AND of_model.framework IS NULL THEN
            RAISE EXCEPTION 'a version needs a framework, and model "%" has none to take over', of_model.model_name
                USING ERRCODE = 'null_value_not_allowed',
                      HINT = 'Give framework => …, or set the model''s: the table frameworks lists them.';
        END IF;

        IF bump IS NOT NULL THEN
            PERFORM lock_version_numbers(model_id);
        END IF;
        LOOP
            IF bump IS NOT NULL THEN
                new_semver := next_version(model_id, bump, preid);
            END IF;
            INSERT INTO model_versions (organization_id, project_id, model_id, semver, artifact_uri, checksum_sha256,
                                        artifact_size_bytes, framework, framework_version, model_format, description,
                                        release_notes, git_commit, git_branch, git_tag, performance_metrics, custom_metadata)
            VALUES (of_model.organization_id, of_model.project_id, of_model.model_id, new_semver,
                    replace(register_version.artifact_uri, '{version}', new_semver::text), register_version.checksum_sha256,
                    register_version.artifact_size_bytes, register_version.framework, register_version.framework_version,
                    register_version.model_format, register_version.description, register_version.release_notes,
                    register_version.git_commit, register_version.git_branch, register_version.git_tag,
                    coalesce(register_version.performance_metrics, '{}'), coalesce(register_version.custom_metadata, '{}'))
            ON CONFLICT (model_id, semver) DO NOTHING
            RETURNING version_id INTO new_id;
            EXIT WHEN new_id IS NOT NULL;

            SELECT v.* INTO taken FROM model_versions v WHERE v.model_id = of_model.model_id AND v.semver = new_semver;
            -- Gone again meanwhile: try anew. Or somebody registered just this version by name: count on.
            -- In REPEATABLE READ neither is visible, and the INSERT itself ends in 40001.
            CONTINUE WHEN NOT FOUND OR (bump IS NOT NULL AND next_version(model_id, bump, preid) > new_semver);
            IF if_exists = 'return' AND bump IS NULL AND taken.deleted_at IS NULL THEN
                new_id := taken.version_id;
                EXIT;
            END IF;
            RAISE EXCEPTION 'model "%" already has version %', of_model.model_name, new_semver
                USING ERRCODE = 'unique_violation',
                      CONSTRAINT = 'unique_model_version', SCHEMA = 'mlregistry', TABLE = 'model_versions',
                      DETAIL = format('It is stored as %s, registered by %s at %s%s.', taken.semver, taken.registered_by,
                                      taken.registered_at, CASE WHEN taken.deleted_at IS NOT NULL
                                                                THEN ', and deleted since' ELSE '' END),
                      HINT = CASE WHEN NOT semver_identical(taken.semver, new_semver)
                                  THEN 'Build metadata does not make another version: variants are files of one version, see add_version_file().'
                                  WHEN taken.deleted_at IS NOT NULL
                                  THEN 'A version is never used twice; register the next one with bump => ''patch''.'
                                  ELSE 'Register the next one with bump => ''patch'', or take what is there with if_exists => ''return''.' END;
        END LOOP;
        RETURN NEXT version_info(new_id);
    END
    $function$;
COMMENT ON FUNCTION register_version(uuid, semver, text, text, text, text, bigint, text, text, text, text, text, text, text, text, jsonb, jsonb, text) IS 'registers a version of a model: see register_version(text, …)';

CREATE OR REPLACE FUNCTION register_version(
        model text,
        semver semver DEFAULT NULL,
        artifact_uri text DEFAULT NULL,
        bump text DEFAULT NULL,
        preid text DEFAULT NULL,
        checksum_sha256 text DEFAULT NULL,
        artifact_size_bytes bigint DEFAULT NULL,
        framework text DEFAULT NULL,
        framework_version text DEFAULT NULL,
        model_format text DEFAULT NULL,
        description text DEFAULT NULL,
        release_notes text DEFAULT NULL,
        git_commit text DEFAULT NULL,
        git_branch text DEFAULT NULL,
        git_tag text DEFAULT NULL,
        performance_metrics jsonb DEFAULT NULL,
        custom_metadata jsonb DEFAULT NULL,
        if_exists text DEFAULT 'error') RETURNS SETOF version_info
    LANGUAGE sql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        SELECT * FROM register_version(find_model(model), semver, artifact_uri, bump, preid, checksum_sha256, artifact_size_bytes,
                                       framework, framework_version, model_format, description, release_notes,
                                       git_commit, git_branch, git_tag, performance_metrics, custom_metadata, if_exists)
    $function$;
COMMENT ON FUNCTION register_version(text, semver, text, text, text, text, bigint, text, text, text, text, text, text, text, text, jsonb, jsonb, text) IS 'registers a version of a model, a given one or the next after a bump; {version} in artifact_uri stands for it';

-- functions/models.sql
-- Models: registering and listing.

CREATE OR REPLACE FUNCTION model_info(model_id uuid) RETURNS model_info
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        info model_info;
    BEGIN
        SELECT p.slug, m.model_name, m.display_name, m.description, m.framework, m.risk_level, m.compliance_required,
               m.is_active,
               (SELECT v.semver FROM model_versions v WHERE v.version_id = latest_version_id(m.model_id)),
               (SELECT count(*) FROM model_versions v WHERE v.model_id = m.model_id AND v.deleted_at IS NULL),
               m.created_by, m.created_at, m.updated_at, m.metadata, m.model_id, m.project_id
          INTO info
          FROM models m
          JOIN projects p USING (project_id)
         WHERE m.model_id = model_info.model_id;
        RETURN info;
    END
    $function$;
COMMENT ON FUNCTION model_info(uuid) IS 'complete row of one model, NULL when there is none';

CREATE OR REPLACE FUNCTION register_model(
        model_name text,
        display_name text DEFAULT NULL,
        description text DEFAULT NULL,
        framework text DEFAULT NULL,
        project text DEFAULT NULL,
        objective text DEFAULT NULL,
        use_case text DEFAULT NULL,
        model_type text DEFAULT NULL,
        task_type text DEFAULT NULL,
        risk_level text DEFAULT 'medium',
        compliance_required boolean DEFAULT false,
        primary_contact text DEFAULT NULL,
        github_repo text DEFAULT NULL,
        documentation_url text DEFAULT NULL,
        model_card_url text DEFAULT NULL,
        metadata jsonb DEFAULT NULL,
        original_name text DEFAULT NULL,
        if_exists text DEFAULT 'error') RETURNS SETOF model_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        in_project uuid := find_project(project);
        new_id uuid;
        taken record;
    BEGIN
        IF model_name IS NULL THEN
            RAISE EXCEPTION 'a model needs a name' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        IF in_project IS NULL THEN
            RAISE EXCEPTION 'there is no current project'
                USING ERRCODE = 'object_not_in_prerequisite_state',
                      HINT = 'The default project is deleted: name another one with project => ….';
        END IF;
        IF if_exists IS NULL OR if_exists NOT IN ('error', 'return') THEN
            RAISE EXCEPTION 'if_exists is "error" or "return", not "%"', shortened(if_exists)
                USING ERRCODE = 'invalid_parameter_value';
        END IF;
        -- The name alone: a reference "project/name" here would be somebody's mistake.
        IF NOT is_valid_name(model_name) THEN
            RAISE EXCEPTION 'invalid model name: "%"', shortened(model_name)
                USING ERRCODE = 'check_violation',
                      CONSTRAINT = 'valid_model_name', SCHEMA = 'mlregistry', TABLE = 'models',
                      DETAIL = 'A name is kebab-case: 1 to 255 of a-z and 0-9, words joined by single dashes.',
                      HINT = 'Keep the foreign spelling in original_name, and what people read in display_name.';
        END IF;
        LOOP
            INSERT INTO models (organization_id, project_id, model_name, display_name, description, framework, objective, use_case,
                                model_type, task_type, risk_level, compliance_required, primary_contact, github_repo,
                                documentation_url, model_card_url, metadata, original_name)
            VALUES (current_organization_id(), in_project, register_model.model_name, register_model.display_name,
                    register_model.description, register_model.framework, register_model.objective, register_model.use_case,
                    register_model.model_type, register_model.task_type, register_model.risk_level,
                    register_model.compliance_required, register_model.primary_contact, register_model.github_repo,
                    register_model.documentation_url, register_model.model_card_url, coalesce(register_model.metadata, '{}'),
                    register_model.original_name)
            ON CONFLICT (organization_id, project_id, model_name) WHERE deleted_at IS NULL DO NOTHING
            RETURNING model_id INTO new_id;
            EXIT WHEN new_id IS NOT NULL;

            SELECT m.* INTO taken
              FROM models m
             WHERE m.organization_id = current_organization_id() AND m.project_id = in_project
               AND m.model_name = register_model.model_name AND m.deleted_at IS NULL;
            CONTINUE WHEN NOT FOUND; -- deleted meanwhile: the name is free again
            IF if_exists = 'error' THEN
                RAISE EXCEPTION 'model "%" already exists', model_name
                    USING ERRCODE = 'unique_violation',
                          CONSTRAINT = 'unique_model_name', SCHEMA = 'mlregistry', TABLE = 'models',
                          DETAIL = format('It was created by %s at %s.', taken.created_by, taken.created_at),
                          HINT = 'Take what is there with if_exists => ''return''.';
            END IF;
            new_id := taken.model_id;
            EXIT;
        END LOOP;
        RETURN NEXT model_info(new_id);
    END
    $function$;
COMMENT ON FUNCTION register_model(text, text, text, text, text, text, text, text, text, text, boolean, text, text, text, text, jsonb, text, text) IS 'registers a model in a project (NULL: the current one); if_exists => ''return'' gives the one that is there';

CREATE OR REPLACE FUNCTION list_models(
        active boolean DEFAULT NULL,
        project text DEFAULT NULL,
        risk text DEFAULT NULL,
        max_rows bigint DEFAULT NULL,
        after text DEFAULT NULL) RETURNS SETOF model_info
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        only_project uuid := CASE WHEN project IS NOT NULL THEN find_project(project) END;
        after_slug text;
        after_model text;
    BEGIN
        IF risk NOT IN ('low', 'medium', 'high', 'critical') THEN
            RAISE EXCEPTION 'unknown risk level: "%"', shortened(risk)
                USING ERRCODE = 'invalid_parameter_value', HINT = 'The risk levels are low, medium, high and critical.';
        END IF;
        IF after IS NOT NULL THEN
            SELECT coalesce(r.project, here.slug, ''), r.model INTO after_slug, after_model
              FROM parse_reference(list_models.after) AS r
              LEFT JOIN projects here ON here.project_id = current_project_id();
        END IF;
        RETURN QUERY
            SELECT i.*
              FROM (SELECT p.slug, m.model_name, m.model_id
                      FROM models m
                      JOIN projects p USING (project_id)
                     WHERE m.organization_id = current_organization_id()
                       AND m.deleted_at IS NULL AND p.deleted_at IS NULL
                       AND (list_models.active IS NULL OR m.is_active = list_models.active)
                       AND (only_project IS NULL OR p.project_id = only_project)
                       AND (list_models.risk IS NULL OR m.risk_level = list_models.risk)
                       AND (list_models.after IS NULL OR (p.slug, m.model_name) > (after_slug, after_model))
                     ORDER BY p.slug, m.model_name
                     LIMIT list_models.max_rows) AS page,
                   model_info(page.model_id) AS i
             ORDER BY page.slug, page.model_name;
    END
    $function$;
COMMENT ON FUNCTION list_models(boolean, text, text, bigint, text) IS 'models of the organization by project and name; for the next page give the last one seen as after, written project/name';

-- functions/aliases.sql
-- Aliases of versions.

CREATE OR REPLACE FUNCTION set_alias(model_id uuid, alias text, version text) RETURNS SETOF alias_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        wanted text := lower(btrim(alias, E' \t\n\v\f\r') COLLATE "C");
        target uuid;
        set_id uuid;
        old_id uuid;
    BEGIN
        IF alias IS NULL OR version IS NULL THEN
            RAISE EXCEPTION 'an alias needs a name and a version' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        IF NOT is_valid_alias(wanted) THEN
            RAISE EXCEPTION 'invalid alias: "%"', shortened(alias)
                USING ERRCODE = 'check_violation',
                      CONSTRAINT = 'valid_alias', SCHEMA = 'mlregistry', TABLE = 'model_aliases',
                      DETAIL = 'An alias is 1 to 255 of a-z, 0-9, _ and -, begins with a letter or _, and reads neither as a version, a range, a stage nor latest.',
                      HINT = 'Names such as champion, candidate or stable are free.';
        END IF;
        target := find_version(live_model(model_id), version);
        -- Until the alias is ours: either new, or locked together with the version that it names so far.
        LOOP
            INSERT INTO model_aliases (organization_id, project_id, model_id, alias, version_id)
            SELECT v.organization_id, v.project_id, v.model_id, wanted, v.version_id
              FROM model_versions v
             WHERE v.version_id = target
            ON CONFLICT (model_id, alias) DO NOTHING
            RETURNING alias_id INTO set_id;
            EXIT WHEN set_id IS NOT NULL;
            SELECT a.alias_id, a.version_id INTO set_id, old_id
              FROM model_aliases a
             WHERE a.model_id = set_alias.model_id AND a.alias = wanted
               FOR UPDATE;
            CONTINUE WHEN NOT FOUND;
            UPDATE model_aliases a SET version_id = target WHERE a.alias_id = set_id AND a.version_id <> target;
            EXIT;
        END LOOP;
        RETURN QUERY
            SELECT p.slug, m.model_name, a.alias, v.semver, o.semver, a.set_by, a.set_at, v.version_id, m.model_id
              FROM model_aliases a
              JOIN model_versions v USING (version_id)
              LEFT JOIN model_versions o ON o.version_id = old_id
              JOIN models m ON m.model_id = a.model_id
              JOIN projects p ON p.project_id = m.project_id
             WHERE a.alias_id = set_id;
    END
    $function$;
COMMENT ON FUNCTION set_alias(uuid, text, text) IS 'points an alias of a model to a version: see set_alias(text, text, text)';

CREATE OR REPLACE FUNCTION set_alias(model text, alias text, version text) RETURNS SETOF alias_info
    LANGUAGE sql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        SELECT * FROM set_alias(find_model(model), alias, version)
    $function$;
COMMENT ON FUNCTION set_alias(text, text, text) IS 'points an alias of a model, new or existing, to the version that a selector names';

CREATE OR REPLACE FUNCTION drop_alias(model_id uuid, alias text) RETURNS SETOF alias_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        wanted text := lower(btrim(alias, E' \t\n\v\f\r') COLLATE "C");
        model uuid := live_model(model_id);
        near text;
    BEGIN
        IF alias IS NULL THEN
            RAISE EXCEPTION 'the alias must not be NULL' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        RETURN QUERY
            WITH dropped AS (
                DELETE FROM model_aliases a
                 WHERE a.model_id = model AND a.alias = wanted
                RETURNING a.*)
            SELECT p.slug, m.model_name, d.alias, NULL::semver, v.semver, d.set_by, d.set_at, NULL::uuid, m.model_id
              FROM dropped d
              JOIN model_versions v ON v.version_id = d.version_id
              JOIN models m ON m.model_id = d.model_id
              JOIN projects p ON p.project_id = m.project_id;
        IF NOT FOUND THEN
            SELECT string_agg(a.alias, ', ' ORDER BY a.alias) INTO near
              FROM (SELECT a.alias FROM model_aliases a WHERE a.model_id = model ORDER BY a.alias LIMIT 20) AS a;
            RAISE EXCEPTION 'model "%" has no alias "%"',
                    (SELECT m.model_name FROM models m WHERE m.model_id = model), shortened(alias)
                USING ERRCODE = 'no_data_found',
                      HINT = coalesce('Its aliases are ' || near || '.', 'It has none.');
        END IF;
    END
    $function$;
COMMENT ON FUNCTION drop_alias(uuid, text) IS 'drops an alias of a model: see drop_alias(text, text)';

CREATE OR REPLACE FUNCTION drop_alias(model text, alias text) RETURNS SETOF alias_info
    LANGUAGE sql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        SELECT * FROM drop_alias(find_model(model), alias)
    $function$;
COMMENT ON FUNCTION drop_alias(text, text) IS 'drops an alias of a model and returns it, with the version that it named as previous_semver';

-- functions/files.sql
-- Files of versions.

CREATE OR REPLACE FUNCTION add_version_file(
        version_id uuid,
        path text,
        uri text DEFAULT NULL,
        size_bytes bigint DEFAULT NULL,
        sha256 text DEFAULT NULL,
        media_type text DEFAULT NULL,
        variant text DEFAULT NULL) RETURNS SETOF file_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        of_version record;
        added record;
    BEGIN
        SELECT v.version_id, v.organization_id, v.project_id, v.semver, m.model_name, p.slug INTO of_version
          FROM model_versions v
          JOIN models m USING (model_id)
          JOIN projects p ON p.project_id = v.project_id
         WHERE v.version_id = add_version_file.version_id
           AND v.deleted_at IS NULL AND m.deleted_at IS NULL AND p.deleted_at IS NULL;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'version % does not exist', coalesce(add_version_file.version_id::text, 'NULL')
                USING ERRCODE = 'no_data_found', HINT = 'list_versions() shows what is there.';
        END IF;
        INSERT INTO version_files (organization_id, project_id, version_id, path, uri, size_bytes, sha256, media_type, variant)
        VALUES (of_version.organization_id, of_version.project_id, of_version.version_id, add_version_file.path, add_version_file.uri,
                add_version_file.size_bytes, add_version_file.sha256, add_version_file.media_type, add_version_file.variant)
        RETURNING * INTO added;
        RETURN QUERY
            SELECT of_version.slug, of_version.model_name, of_version.semver, added.path, added.uri, added.size_bytes,
                   added.sha256, added.media_type, added.variant, added.file_id, added.version_id;
    END
    $function$;
COMMENT ON FUNCTION add_version_file(uuid, text, text, bigint, text, text, text) IS 'adds a file to a version; P0002 when there is no such version';

CREATE OR REPLACE FUNCTION add_version_file(
        version text,
        path text,
        uri text DEFAULT NULL,
        size_bytes bigint DEFAULT NULL,
        sha256 text DEFAULT NULL,
        media_type text DEFAULT NULL,
        variant text DEFAULT NULL) RETURNS SETOF file_info
    LANGUAGE sql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        SELECT * FROM add_version_file(find_version(version), path, uri, size_bytes, sha256, media_type, variant)
    $function$;
COMMENT ON FUNCTION add_version_file(text, text, text, bigint, text, text, text) IS 'adds a file to the version that a reference names';

-- functions/operations.sql
-- Installing, migrating and leaving; what is installed. Superusers run these: their search_path is pg_catalog alone, and all
-- else is written with its schema.

CREATE OR REPLACE FUNCTION library_version() RETURNS text
    LANGUAGE C STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_library_version';
COMMENT ON FUNCTION library_version() IS 'version of the shared library that this session has loaded';

CREATE OR REPLACE FUNCTION run_detached(statements text, run_as name DEFAULT NULL) RETURNS void
    LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'mlregistry_run_detached';
COMMENT ON FUNCTION run_detached(text, name) IS 'runs statements so that what they create is no member of an extension, even inside an extension''s script; as the caller, or in another role''s name as a restricted operation';

CREATE OR REPLACE FUNCTION is_older(version text, than text) RETURNS boolean
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $function$SELECT mlregistry.semver_lt(mlregistry.semver(version), mlregistry.semver(than))$function$;
COMMENT ON FUNCTION is_older(text, text) IS 'true when the first version precedes the second';

CREATE OR REPLACE FUNCTION registry_relations() RETURNS TABLE (ordinal integer, relation_name text, kind text, area text)
    LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 14 SET search_path = pg_catalog, pg_temp
    AS $function$VALUES
        (1, 'registry_meta', 'table', 'foundation'),
        (2, 'frameworks', 'table', 'foundation'),
        (3, 'model_formats', 'table', 'foundation'),
        (4, 'storage_formats', 'table', 'foundation'),
        (5, 'tag_categories', 'table', 'foundation'),
        (6, 'gpu_types', 'table', 'foundation'),
        (7, 'organizations', 'table', 'foundation'),
        (8, 'projects', 'table', 'foundation'),
        (9, 'guards', 'table', 'foundation'),
        (10, 'models', 'table', 'catalog'),
        (11, 'model_versions', 'table', 'catalog'),
        (12, 'model_aliases', 'table', 'catalog'),
        (13, 'version_files', 'table', 'catalog'),
        (14, 'v_models_latest', 'view', 'catalog')
    $function$;
COMMENT ON FUNCTION registry_relations() IS 'tables and views that install() makes, in that order';

CREATE OR REPLACE FUNCTION schema_version() RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $function$
    BEGIN
        IF to_regclass('mlregistry.registry_meta') IS NULL THEN
            RETURN NULL;
        END IF;
        RETURN (SELECT m.value #>> '{}' FROM mlregistry.registry_meta m WHERE m.key = 'schema_version');
    END
    $function$;
COMMENT ON FUNCTION schema_version() IS 'version of the tables in this database, NULL when they are not installed';

CREATE OR REPLACE FUNCTION registry_owner() RETURNS name
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $function$
        SELECT pg_get_userbyid(c.relowner) FROM pg_class c WHERE c.oid = to_regclass('mlregistry.registry_meta')
    $function$;
COMMENT ON FUNCTION registry_owner() IS 'role that owns the tables, as which integrity rules run; NULL when they are not installed';

CREATE OR REPLACE FUNCTION set_registry_owner(owner name) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $function$
    DECLARE
        owner_id oid := quote_ident(owner)::regrole; -- 42704 when there is no such role
        relation record;
    BEGIN
        IF owner IS NULL THEN
            RAISE EXCEPTION 'the owner must not be NULL' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        FOR relation IN
            SELECT r.relation_name, r.kind
              FROM mlregistry.registry_relations() r
              JOIN pg_class c ON c.relname = r.relation_name AND c.relnamespace = 'mlregistry'::regnamespace
             WHERE c.relowner <> owner_id
             ORDER BY r.ordinal
        LOOP
            PERFORM mlregistry.run_detached(format('ALTER %s mlregistry.%I OWNER TO %I', relation.kind, relation.relation_name, owner));
        END LOOP;
        -- Integrity rules run as the owner.
        IF NOT has_schema_privilege(owner, 'mlregistry', 'USAGE') THEN
            PERFORM mlregistry.run_detached(format('GRANT USAGE ON SCHEMA mlregistry TO %I', owner));
        END IF;
    END
    $function$;
COMMENT ON FUNCTION set_registry_owner(name) IS 'gives all tables and views of the registry to one role';

CREATE OR REPLACE FUNCTION migrate() RETURNS text
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET lock_timeout = '10s'
    AS $function$
    DECLARE
        start_version text;
        at_version text;
        step record;
        owner name := mlregistry.registry_owner();
    BEGIN
        IF mlregistry.schema_version() IS NULL THEN
            RETURN 'nothing to migrate: the registry is not installed';
        END IF;
        -- One migration at a time; the second finds nothing left to do.
        PERFORM FROM mlregistry.registry_meta m WHERE m.key = 'schema_version' FOR UPDATE;
        start_version := mlregistry.schema_version();
        at_version := start_version;
        IF mlregistry.is_older(mlregistry.code_version(), start_version) THEN
            RAISE EXCEPTION 'the tables are of version %, newer than the code, which is of %', start_version, mlregistry.code_version()
                USING ERRCODE = 'object_not_in_prerequisite_state',
                      HINT = 'Install the newer mlregistry, then ALTER EXTENSION mlregistry UPDATE.';
        END IF;
        WHILE mlregistry.is_older(at_version, mlregistry.code_version()) LOOP
            SELECT s.* INTO step FROM mlregistry.migration_scripts() s WHERE s.from_version = at_version;
            IF NOT FOUND THEN
                RAISE EXCEPTION 'there is no migration from version % to %', at_version, mlregistry.code_version()
                    USING ERRCODE = 'object_not_in_prerequisite_state';
            END IF;
            PERFORM mlregistry.run_detached(step.script);
            -- Rows are changed in the owner's name: whatever triggers the owner has put there run with the owner's rights.
            PERFORM mlregistry.run_detached(
                format('UPDATE mlregistry.registry_meta SET value = %L WHERE key = ''schema_version''', to_jsonb(step.to_version::text)),
                owner);
            at_version := step.to_version;
        END LOOP;
        PERFORM mlregistry.set_registry_owner(owner);
        IF start_version = at_version THEN
            RETURN format('nothing to migrate: the tables are of version %s', at_version);
        END IF;
        RETURN format('migrated from version %s to %s', start_version, at_version);
    END
    $function$;
COMMENT ON FUNCTION migrate() IS 'brings older tables up to the version of the code; ALTER EXTENSION mlregistry UPDATE calls it';

CREATE OR REPLACE FUNCTION install(owner name DEFAULT NULL, seed boolean DEFAULT true, fts_language regconfig DEFAULT 'pg_catalog.english')
    RETURNS text
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $function$
    DECLARE
        outcome text;
    BEGIN
        IF mlregistry.schema_version() IS NOT NULL THEN
            outcome := mlregistry.migrate();
        ELSE
            IF to_regclass('mlregistry.registry_meta') IS NULL THEN
                PERFORM mlregistry.run_detached(
                    replace(mlregistry.install_script(), '{{fts_language}}', quote_literal(fts_language::text) || '::regconfig'));
                outcome := format('installed version %s', mlregistry.code_version());
            ELSE
                outcome := 'the tables are there and wait for their rows';
            END IF;
            -- Without seed not a single row: all of them come by a data-only restore or by replication.
            IF seed THEN
                PERFORM mlregistry.run_detached(mlregistry.seed_script(), mlregistry.registry_owner());
                INSERT INTO mlregistry.registry_meta (key, value) VALUES
                    ('schema_version', to_jsonb(mlregistry.code_version())),
                    ('installed_at', to_jsonb(now())),
                    ('system_identifier', to_jsonb((SELECT s.system_identifier::text FROM pg_control_system() s))),
                    -- What the index says: tables without rows may have been made in another language.
                    ('fts_language', to_jsonb(replace(substring(pg_get_indexdef('mlregistry.idx_models_search'::regclass)
                                                                from '''((?:[^'']|'''')+)''::regconfig'), '''''', '''')));
                outcome := format('installed version %s', mlregistry.code_version());
            END IF;
        END IF;
        IF owner IS NOT NULL THEN
            PERFORM mlregistry.set_registry_owner(owner);
        END IF;
        -- What DROP EXTENSION … CASCADE has left, say.
        IF EXISTS (SELECT FROM mlregistry.registry_relations() r WHERE to_regclass('mlregistry.' || r.relation_name) IS NULL) THEN
            RAISE WARNING 'the registry that is there is not whole'
                USING HINT = 'SELECT * FROM mlregistry.check_registry();';
        END IF;
        RETURN outcome;
    END
    $function$;
COMMENT ON FUNCTION install(name, boolean, regconfig) IS 'makes the tables, indexes, triggers and views of the registry and their first rows, or brings them up to date; seed => false makes them without any row';

CREATE OR REPLACE FUNCTION uninstall(confirm text DEFAULT NULL) RETURNS text
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $function$
    DECLARE
        views text;
        tables text;
    BEGIN
        IF confirm IS DISTINCT FROM 'mlregistry' THEN
            RAISE EXCEPTION 'uninstall() destroys the registry with all its data'
                USING ERRCODE = 'invalid_parameter_value',
                      HINT = 'If that is what you want: SELECT mlregistry.uninstall(confirm => ''mlregistry'').';
        END IF;
        SELECT string_agg(format('mlregistry.%I', r.relation_name), ', ') FILTER (WHERE r.kind = 'view'),
               string_agg(format('mlregistry.%I', r.relation_name), ', ') FILTER (WHERE r.kind = 'table')
          INTO views, tables
          FROM mlregistry.registry_relations() r
          JOIN pg_class c ON c.relname = r.relation_name AND c.relnamespace = 'mlregistry'::regnamespace;
        IF tables IS NULL THEN
            RETURN 'nothing to uninstall';
        END IF;
        -- Without CASCADE: what others have built on the registry is named in the error and stays.
        IF views IS NOT NULL THEN
            PERFORM mlregistry.run_detached(format('DROP VIEW %s', views));
        END IF;
        PERFORM mlregistry.run_detached(format('DROP TABLE %s', tables));
        RETURN 'uninstalled; DROP EXTENSION mlregistry and DROP SCHEMA mlregistry remove the rest';
    END
    $function$;
COMMENT ON FUNCTION uninstall(text) IS 'drops the tables and views of the registry with all data; needs confirm => ''mlregistry''';

CREATE OR REPLACE FUNCTION registry_info(
        OUT extension_version text,
        OUT schema_version text,
        OUT library_version text,
        OUT server_version text,
        OUT installed_at timestamptz,
        OUT owner name,
        OUT fts_language text,
        OUT system_identifier text,
        OUT moved boolean,
        OUT current_actor text,
        OUT current_organization text,
        OUT current_project text)
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp
    AS $function$
    #variable_conflict use_column
    BEGIN
        extension_version := (SELECT e.extversion FROM pg_extension e WHERE e.extname = 'mlregistry');
        library_version := mlregistry.library_version();
        server_version := current_setting('server_version');
        schema_version := mlregistry.schema_version();
        current_actor := mlregistry.current_actor();
        IF schema_version IS NULL THEN
            RETURN;
        END IF;
        owner := mlregistry.registry_owner();
        SELECT max(m.value #>> '{}') FILTER (WHERE m.key = 'installed_at')::timestamptz,
               max(m.value #>> '{}') FILTER (WHERE m.key = 'fts_language'),
               max(m.value #>> '{}') FILTER (WHERE m.key = 'system_identifier')
          INTO installed_at, fts_language, system_identifier
          FROM mlregistry.registry_meta m;
        moved := system_identifier IS DISTINCT FROM (SELECT s.system_identifier::text FROM pg_control_system() s);
        SELECT o.slug INTO current_organization FROM mlregistry.organizations o WHERE o.organization_id = mlregistry.current_organization_id();
        SELECT p.slug INTO current_project FROM mlregistry.projects p WHERE p.project_id = mlregistry.current_project_id();
    END
    $function$;
COMMENT ON FUNCTION registry_info() IS 'versions of code, tables and library, who owns the tables, where this session works; moved: the tables came from another cluster';

-- functions/checks.sql
-- check_registry(): finds what should not be there. Reads only; an empty result is a clean bill.

CREATE OR REPLACE FUNCTION is_intact(version semver) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_semver_is_intact';
COMMENT ON FUNCTION is_intact(semver) IS 'false when the stored bytes are not a version';

-- What install() makes, from the text that makes it, so that there is one list of each.
CREATE OR REPLACE FUNCTION registry_triggers() RETURNS TABLE (table_name text, trigger_name text)
    LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 40 SET search_path = pg_catalog, pg_temp
    AS $function$
        SELECT m[2], m[1]
          FROM regexp_matches(mlregistry.install_script(), 'CREATE TRIGGER (\w+) [^;]*? ON mlregistry\.(\w+) FOR EACH', 'g') AS m
    $function$;
COMMENT ON FUNCTION registry_triggers() IS 'triggers that install() makes';

CREATE OR REPLACE FUNCTION registry_constraints() RETURNS TABLE (table_name text, constraint_name text)
    LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 100 SET search_path = pg_catalog, pg_temp
    AS $function$
        SELECT substring(made.statement from 'CREATE TABLE mlregistry\.(\w+) '), named.m[1]
          FROM regexp_split_to_table(mlregistry.install_script(), ';\s*\n') AS made (statement),
               regexp_matches(made.statement, '\n\s+CONSTRAINT (\w+) ', 'g') AS named (m)
    $function$;
COMMENT ON FUNCTION registry_constraints() IS 'constraints that install() makes';

CREATE OR REPLACE FUNCTION registry_indexes() RETURNS TABLE (table_name text, index_name text)
    LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 40 SET search_path = pg_catalog, pg_temp
    AS $function$
        SELECT m[2], m[1]
          FROM regexp_matches(mlregistry.install_script(), 'CREATE (?:UNIQUE )?INDEX (\w+) ON mlregistry\.(\w+)', 'g') AS m
    $function$;
COMMENT ON FUNCTION registry_indexes() IS 'indexes that install() makes besides those of constraints';

CREATE OR REPLACE FUNCTION check_installation() RETURNS TABLE (check_name text, severity text, object text, detail text, hint text)
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $function$
        SELECT 'schema_version', 'error', 'registry_meta',
               format('The tables are of version %s, the code is of %s.', mlregistry.schema_version(), mlregistry.code_version()),
               CASE WHEN mlregistry.is_older(mlregistry.schema_version(), mlregistry.code_version())
                    THEN 'SELECT mlregistry.migrate();' ELSE 'Install the newer mlregistry.' END
         WHERE mlregistry.schema_version() <> mlregistry.code_version()
        UNION ALL
        SELECT 'library_version', 'error', 'library',
               format('The library is of version %s, the functions are of %s.', mlregistry.library_version(), mlregistry.code_version()),
               'ALTER EXTENSION mlregistry UPDATE; sessions that loaded the old library must reconnect.'
         WHERE mlregistry.library_version() <> mlregistry.code_version()
        UNION ALL
        SELECT 'missing_relation', 'error', r.relation_name, format('%s %s does not exist.', initcap(r.kind), r.relation_name),
               'Restore it from a backup.'
          FROM mlregistry.registry_relations() r
         WHERE to_regclass(format('mlregistry.%I', r.relation_name)) IS NULL
        UNION ALL
        SELECT 'extension_member', 'error', r.relation_name, 'It is a member of an extension: its rows are not dumped.',
               format('ALTER EXTENSION mlregistry DROP %s mlregistry.%I;', upper(r.kind), r.relation_name)
          FROM mlregistry.registry_relations() r
          JOIN pg_depend d ON d.objid = to_regclass(format('mlregistry.%I', r.relation_name))
         WHERE d.classid = 'pg_class'::regclass AND d.deptype = 'e' AND d.objsubid = 0
        UNION ALL
        SELECT 'owner_without_usage', 'error', 'mlregistry', format('The owner of the tables, %I, may not use the schema, and integrity rules run as the owner.', mlregistry.registry_owner()),
               format('GRANT USAGE ON SCHEMA mlregistry TO %I;', mlregistry.registry_owner())
         WHERE NOT has_schema_privilege(mlregistry.registry_owner(), 'mlregistry', 'USAGE')
        UNION ALL
        SELECT 'schema_open_to_others', 'error', 'mlregistry',
               format('%s may create objects in the schema, which functions of the registry would find.', coalesce(quote_ident(g.rolname), 'PUBLIC')),
               format('REVOKE CREATE ON SCHEMA mlregistry FROM %s;', coalesce(quote_ident(g.rolname), 'PUBLIC'))
          FROM pg_namespace n
         CROSS JOIN LATERAL aclexplode(n.nspacl) AS a
          LEFT JOIN pg_roles g ON g.oid = a.grantee
         WHERE n.nspname = 'mlregistry' AND a.privilege_type = 'CREATE' AND a.grantee <> n.nspowner AND NOT coalesce(g.rolsuper, false)
        UNION ALL
        SELECT 'schema_owner', 'warning', 'mlregistry',
               format('The schema belongs to %I, who is no superuser: a dump of this database is restored only after that was changed.', o.rolname),
               'ALTER SCHEMA mlregistry OWNER TO …; tables may belong to any role.'
          FROM pg_namespace n JOIN pg_roles o ON o.oid = n.nspowner
         WHERE n.nspname = 'mlregistry' AND NOT o.rolsuper
        UNION ALL
        SELECT 'missing_column', 'error', wanted.relation_name || '.' || wanted.column_name, 'The column does not exist.',
               'DROP EXTENSION … CASCADE takes columns of its types with it. Restore the table from a backup.'
          FROM (VALUES ('model_versions', 'semver')) AS wanted (relation_name, column_name)
          LEFT JOIN pg_attribute a ON a.attrelid = to_regclass('mlregistry.' || wanted.relation_name)
                                  AND a.attname = wanted.column_name AND NOT a.attisdropped
         WHERE a.attname IS NULL AND to_regclass('mlregistry.' || wanted.relation_name) IS NOT NULL
        UNION ALL
        SELECT 'mixed_owners', 'error', string_agg(r.relation_name, ', ' ORDER BY r.ordinal),
               format('They belong to %I, registry_meta to %I.', pg_get_userbyid(c.relowner), pg_get_userbyid(meta.relowner)),
               'Integrity rules run as the owner of the tables: SELECT mlregistry.install(owner => …).'
          FROM mlregistry.registry_relations() r
          JOIN pg_class c ON c.oid = to_regclass(format('mlregistry.%I', r.relation_name))
          JOIN pg_class meta ON meta.oid = to_regclass('mlregistry.registry_meta')
         WHERE c.relowner <> meta.relowner
         GROUP BY c.relowner, meta.relowner
        UNION ALL
        -- Not tgisinternal: those belong to foreign keys and are looked at with their constraints.
        SELECT 'disabled_trigger', 'error', format('%s on %s', t.tgname, r.relation_name), 'The trigger does not fire, so its rules do not hold.',
               format('ALTER TABLE mlregistry.%I ENABLE TRIGGER %I;', r.relation_name, t.tgname)
          FROM mlregistry.registry_relations() r
          JOIN pg_trigger t ON t.tgrelid = to_regclass(format('mlregistry.%I', r.relation_name))
         WHERE t.tgenabled IN ('D', 'R') AND (t.tgname LIKE 'mlr\_%' OR t.tgisinternal)
        UNION ALL
        SELECT 'missing_trigger', 'error', format('%s on %s', wanted.trigger_name, wanted.table_name), 'The trigger does not exist, so its rules do not hold.',
               'Restore it from mlregistry.install_script().'
          FROM mlregistry.registry_triggers() wanted
          LEFT JOIN pg_trigger t ON t.tgrelid = to_regclass(format('mlregistry.%I', wanted.table_name)) AND t.tgname = wanted.trigger_name
         WHERE t.oid IS NULL AND to_regclass(format('mlregistry.%I', wanted.table_name)) IS NOT NULL
        UNION ALL
        SELECT 'missing_constraint', 'error', format('%s on %s', wanted.constraint_name, wanted.table_name), 'The constraint does not exist, so rows may break it.',
               'Restore it from mlregistry.install_script().'
          FROM mlregistry.registry_constraints() wanted
          LEFT JOIN pg_constraint c ON c.conrelid = to_regclass(format('mlregistry.%I', wanted.table_name)) AND c.conname = wanted.constraint_name
         WHERE c.oid IS NULL AND to_regclass(format('mlregistry.%I', wanted.table_name)) IS NOT NULL
        UNION ALL
        SELECT 'missing_index', CASE WHEN wanted.index_name LIKE 'idx%' THEN 'warning' ELSE 'error' END,
               format('%s on %s', wanted.index_name, wanted.table_name), 'The index does not exist.',
               'Restore it from mlregistry.install_script().'
          FROM mlregistry.registry_indexes() wanted
         WHERE to_regclass(format('mlregistry.%I', wanted.index_name)) IS NULL AND to_regclass(format('mlregistry.%I', wanted.table_name)) IS NOT NULL
        UNION ALL
        SELECT 'unvalidated_constraint', 'warning', format('%s on %s', c.conname, r.relation_name), 'Rows from before it may break it.',
               format('ALTER TABLE mlregistry.%I VALIDATE CONSTRAINT %I;', r.relation_name, c.conname)
          FROM mlregistry.registry_relations() r
          JOIN pg_constraint c ON c.conrelid = to_regclass(format('mlregistry.%I', r.relation_name))
         WHERE NOT c.convalidated
        UNION ALL
        SELECT 'invalid_index', 'warning', format('%s on %s', i.indexrelid::regclass, r.relation_name), 'The index is not used.',
               format('REINDEX INDEX CONCURRENTLY %s;', i.indexrelid::regclass)
          FROM mlregistry.registry_relations() r
          JOIN pg_index i ON i.indrelid = to_regclass(format('mlregistry.%I', r.relation_name))
         WHERE NOT i.indisvalid
    $function$;
COMMENT ON FUNCTION check_installation() IS 'what is wrong with the registry''s tables, triggers, constraints and indexes: part of check_registry()';

CREATE OR REPLACE FUNCTION check_rows() RETURNS TABLE (check_name text, severity text, object text, detail text, hint text)
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $function$
    DECLARE
        foreign_key record;
        orphans bigint;
    BEGIN
        -- Rows written with session_replication_role = replica, or while triggers were disabled.
        FOR foreign_key IN
            SELECT c.conname, c.conrelid::regclass AS child, c.confrelid::regclass AS parent,
                   (SELECT string_agg(format('parent.%I = child.%I', pa.attname, ca.attname), ' AND ' ORDER BY k.n)
                      FROM unnest(c.conkey, c.confkey) WITH ORDINALITY AS k (child_key, parent_key, n)
                      JOIN pg_attribute ca ON ca.attrelid = c.conrelid AND ca.attnum = k.child_key
                      JOIN pg_attribute pa ON pa.attrelid = c.confrelid AND pa.attnum = k.parent_key) AS matches,
                   (SELECT string_agg(format('child.%I IS NOT NULL', ca.attname), ' AND ')
                      FROM unnest(c.conkey) AS k (child_key)
                      JOIN pg_attribute ca ON ca.attrelid = c.conrelid AND ca.attnum = k.child_key) AS complete
              FROM pg_constraint c
              JOIN mlregistry.registry_relations() r ON c.conrelid = to_regclass(format('mlregistry.%I', r.relation_name))
             WHERE c.contype = 'f'
             ORDER BY r.ordinal, c.conname
        LOOP
            EXECUTE format('SELECT count(*) FROM %s child WHERE %s AND NOT EXISTS (SELECT FROM %s parent WHERE %s)',
                           foreign_key.child, foreign_key.complete, foreign_key.parent, foreign_key.matches) INTO orphans;
            IF orphans > 0 THEN
                RETURN QUERY SELECT 'broken_reference', 'error', format('%s on %s', foreign_key.conname, foreign_key.child),
                                    format('%s rows point to a row of %s that does not exist.', orphans, foreign_key.parent),
                                    'Written with session_replication_role = replica? Delete the rows or restore their parents.';
            END IF;
        END LOOP;

        RETURN QUERY
            SELECT 'foreign_project', 'error', format('version %s of %s', v.semver, m.model_name),
                   'It lies in another project than its model.', 'Set its project_id to that of the model, as a superuser with session_replication_role = replica.'
              FROM mlregistry.model_versions v JOIN mlregistry.models m USING (model_id)
             WHERE v.project_id <> m.project_id
            UNION ALL
            SELECT 'foreign_project', 'error', format('alias %s of %s', a.alias, m.model_name),
                   'It lies in another project than its model.', 'Drop it and set it again.'
              FROM mlregistry.model_aliases a JOIN mlregistry.models m USING (model_id)
             WHERE a.project_id <> m.project_id
            UNION ALL
            SELECT 'foreign_project', 'error', format('file %s of version %s', f.path, v.semver),
                   'It lies in another project than its version.', 'Add it again.'
              FROM mlregistry.version_files f JOIN mlregistry.model_versions v USING (version_id)
             WHERE f.project_id <> v.project_id
            UNION ALL
            SELECT 'alias_of_deleted_version', 'error', format('alias %s of %s', a.alias, m.model_name),
                   format('It names version %s, which is deleted.', v.semver), 'set_alias() or drop_alias().'
              FROM mlregistry.model_aliases a JOIN mlregistry.model_versions v USING (version_id) JOIN mlregistry.models m ON m.model_id = a.model_id
             WHERE v.deleted_at IS NOT NULL
            UNION ALL
            SELECT 'production_needs_validation', 'warning', format('version %s of %s', v.semver, m.model_name),
                   'It is in production without validation, though its model requires compliance.', 'Validate it, or move it out of production.'
              FROM mlregistry.model_versions v JOIN mlregistry.models m USING (model_id)
             WHERE v.stage = 'production' AND v.status = 'registered' AND m.compliance_required
               AND v.deleted_at IS NULL AND m.deleted_at IS NULL
            UNION ALL
            SELECT 'damaged_version', 'error', format('version_id %s', v.version_id),
                   'The stored value of semver is damaged.', 'Restore the row from a backup.'
              FROM mlregistry.model_versions v
             WHERE NOT mlregistry.is_intact(v.semver);
    END
    $function$;
COMMENT ON FUNCTION check_rows() IS 'rows that break a rule of the registry: part of check_registry()';

CREATE OR REPLACE FUNCTION check_registry() RETURNS TABLE (check_name text, severity text, object text, detail text, hint text)
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $function$
    BEGIN
        IF mlregistry.schema_version() IS NULL THEN
            RETURN QUERY SELECT 'not_installed', 'error', 'mlregistry', 'The registry has no tables.', 'SELECT mlregistry.install();';
            RETURN;
        END IF;
        RETURN QUERY SELECT * FROM mlregistry.check_installation();
        -- Rows can be judged only when the tables are those that the code knows.
        IF mlregistry.schema_version() = mlregistry.code_version()
           AND NOT EXISTS (SELECT FROM mlregistry.check_installation() i
                            WHERE i.check_name IN ('missing_relation', 'missing_column')) THEN
            RETURN QUERY SELECT * FROM mlregistry.check_rows();
        END IF;
    END
    $function$;
COMMENT ON FUNCTION check_registry() IS 'finds anything inconsistent in tables and rows; an empty result means that nothing was found';

-- functions made from src/sql/data and src/sql/migrations
CREATE OR REPLACE FUNCTION code_version() RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS 'SELECT ''0.2.0''';
COMMENT ON FUNCTION code_version() IS 'version of the functions in this database';
CREATE OR REPLACE FUNCTION install_script() RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $function$SELECT $install_script$
-- Area foundation: registry_meta, the lookup tables, organizations, projects, guards.

CREATE TABLE mlregistry.registry_meta (
    key text NOT NULL,
    value jsonb NOT NULL,
    CONSTRAINT registry_meta_pkey PRIMARY KEY (key),
    CONSTRAINT registry_meta_json_size CHECK (pg_catalog.pg_column_size(value) <= 1048576)
);
COMMENT ON TABLE mlregistry.registry_meta IS 'Facts about this registry: schema version, install time, system identifier, default full-text language';
COMMENT ON COLUMN mlregistry.registry_meta.key IS 'Name of the fact';
COMMENT ON COLUMN mlregistry.registry_meta.value IS 'The fact';

-- Lookup tables: one design. Built-in rows are kept by trigger; own rows may be added beside them.
CREATE TABLE mlregistry.frameworks (
    name text NOT NULL,
    description text,
    builtin boolean DEFAULT false NOT NULL,
    CONSTRAINT frameworks_pkey PRIMARY KEY (name),
    CONSTRAINT frameworks_name_is_valid CHECK (mlregistry.is_valid_tag_name(name)),
    CONSTRAINT frameworks_text_size CHECK (pg_catalog.octet_length(description) <= 65536)
);
COMMENT ON TABLE mlregistry.frameworks IS 'Vocabulary: machine learning frameworks';
COMMENT ON COLUMN mlregistry.frameworks.name IS 'Name that other tables refer to';
COMMENT ON COLUMN mlregistry.frameworks.description IS 'What it is';
COMMENT ON COLUMN mlregistry.frameworks.builtin IS 'Came with the registry: cannot be deleted or renamed';

CREATE TABLE mlregistry.model_formats (
    name text NOT NULL,
    description text,
    builtin boolean DEFAULT false NOT NULL,
    CONSTRAINT model_formats_pkey PRIMARY KEY (name),
    CONSTRAINT model_formats_name_is_valid CHECK (mlregistry.is_valid_tag_name(name)),
    CONSTRAINT model_formats_text_size CHECK (pg_catalog.octet_length(description) <= 65536)
);
COMMENT ON TABLE mlregistry.model_formats IS 'Vocabulary: file formats of models';
COMMENT ON COLUMN mlregistry.model_formats.name IS 'Name that other tables refer to';
COMMENT ON COLUMN mlregistry.model_formats.description IS 'What it is';
COMMENT ON COLUMN mlregistry.model_formats.builtin IS 'Came with the registry: cannot be deleted or renamed';

CREATE TABLE mlregistry.storage_formats (
    name text NOT NULL,
    description text,
    builtin boolean DEFAULT false NOT NULL,
    CONSTRAINT storage_formats_pkey PRIMARY KEY (name),
    CONSTRAINT storage_formats_name_is_valid CHECK (mlregistry.is_valid_tag_name(name)),
    CONSTRAINT storage_formats_text_size CHECK (pg_catalog.octet_length(description) <= 65536)
);
COMMENT ON TABLE mlregistry.storage_formats IS 'Vocabulary: storage formats of datasets';
COMMENT ON COLUMN mlregistry.storage_formats.name IS 'Name that other tables refer to';
COMMENT ON COLUMN mlregistry.storage_formats.description IS 'What it is';
COMMENT ON COLUMN mlregistry.storage_formats.builtin IS 'Came with the registry: cannot be deleted or renamed';

CREATE TABLE mlregistry.tag_categories (
    name text NOT NULL,
    description text,
    builtin boolean DEFAULT false NOT NULL,
    CONSTRAINT tag_categories_pkey PRIMARY KEY (name),
    CONSTRAINT tag_categories_name_is_valid CHECK (mlregistry.is_valid_tag_name(name)),
    CONSTRAINT tag_categories_text_size CHECK (pg_catalog.octet_length(description) <= 65536)
);
COMMENT ON TABLE mlregistry.tag_categories IS 'Vocabulary: categories of tags';
COMMENT ON COLUMN mlregistry.tag_categories.name IS 'Name that other tables refer to';
COMMENT ON COLUMN mlregistry.tag_categories.description IS 'What it is';
COMMENT ON COLUMN mlregistry.tag_categories.builtin IS 'Came with the registry: cannot be deleted or renamed';

CREATE TABLE mlregistry.gpu_types (
    name text NOT NULL,
    price_per_hour_usd numeric(10,4) DEFAULT 2.50 NOT NULL,
    memory_gb integer,
    description text,
    builtin boolean DEFAULT false NOT NULL,
    CONSTRAINT gpu_types_pkey PRIMARY KEY (name),
    CONSTRAINT gpu_types_name_is_valid CHECK (mlregistry.is_valid_tag_name(name)),
    CONSTRAINT valid_gpu_price CHECK (price_per_hour_usd >= 0 AND price_per_hour_usd < 'NaN'),
    CONSTRAINT valid_gpu_memory CHECK (memory_gb > 0),
    CONSTRAINT gpu_types_text_size CHECK (pg_catalog.octet_length(description) <= 65536)
);
COMMENT ON TABLE mlregistry.gpu_types IS 'GPU types with their prices, the basis of cost functions; edit the prices to yours';
COMMENT ON COLUMN mlregistry.gpu_types.name IS 'Name as training runs write it';
COMMENT ON COLUMN mlregistry.gpu_types.price_per_hour_usd IS 'Price of one GPU for one hour in US dollars';
COMMENT ON COLUMN mlregistry.gpu_types.memory_gb IS 'Memory of one GPU in gigabytes';
COMMENT ON COLUMN mlregistry.gpu_types.description IS 'What it is';
COMMENT ON COLUMN mlregistry.gpu_types.builtin IS 'Came with the registry: cannot be deleted or renamed';

CREATE TABLE mlregistry.organizations (
    organization_id uuid DEFAULT pg_catalog.gen_random_uuid() NOT NULL,
    name text NOT NULL,
    slug text NOT NULL,
    billing_email text,
    subscription_plan text DEFAULT 'starter' NOT NULL,
    subscription_status text DEFAULT 'active' NOT NULL,
    max_users integer,
    max_models integer,
    settings jsonb DEFAULT '{}' NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    created_by text DEFAULT mlregistry.current_actor() NOT NULL,
    created_by_user uuid,
    updated_at timestamptz DEFAULT now() NOT NULL,
    updated_by text DEFAULT mlregistry.current_actor() NOT NULL,
    deleted_at timestamptz,
    CONSTRAINT organizations_pkey PRIMARY KEY (organization_id),
    CONSTRAINT valid_organization_name CHECK (mlregistry.is_valid_label(name)),
    CONSTRAINT valid_slug CHECK (mlregistry.is_valid_name(slug)),
    CONSTRAINT valid_billing_email CHECK (mlregistry.is_email(billing_email)),
    CONSTRAINT valid_subscription_plan CHECK (subscription_plan IN ('starter', 'professional', 'enterprise')),
    CONSTRAINT valid_subscription_status CHECK (subscription_status IN ('active', 'inactive', 'suspended')),
    CONSTRAINT valid_limits CHECK (max_users >= 0 AND max_models >= 0),
    CONSTRAINT settings_is_object CHECK (pg_catalog.jsonb_typeof(settings) = 'object'),
    CONSTRAINT organizations_json_size CHECK (pg_catalog.pg_column_size(settings) <= 1048576),
    CONSTRAINT organizations_text_size CHECK (pg_catalog.octet_length(created_by) <= 65536 AND pg_catalog.octet_length(updated_by) <= 65536)
);
CREATE UNIQUE INDEX organizations_slug_key ON mlregistry.organizations (slug) WHERE deleted_at IS NULL;
COMMENT ON TABLE mlregistry.organizations IS 'Tenants: every row of the registry belongs to one';
COMMENT ON COLUMN mlregistry.organizations.organization_id IS 'Identifier';
COMMENT ON COLUMN mlregistry.organizations.name IS 'Name for people';
COMMENT ON COLUMN mlregistry.organizations.slug IS 'Name for references, unique among those not deleted';
COMMENT ON COLUMN mlregistry.organizations.billing_email IS 'Where bills go';
COMMENT ON COLUMN mlregistry.organizations.subscription_plan IS 'starter, professional or enterprise: a preset of limits';
COMMENT ON COLUMN mlregistry.organizations.subscription_status IS 'active, inactive or suspended';
COMMENT ON COLUMN mlregistry.organizations.max_users IS 'Most members; NULL: no limit';
COMMENT ON COLUMN mlregistry.organizations.max_models IS 'Most models; NULL: no limit';
COMMENT ON COLUMN mlregistry.organizations.settings IS 'Settings of an application, a JSON object';
COMMENT ON COLUMN mlregistry.organizations.created_at IS 'When the row was created';
COMMENT ON COLUMN mlregistry.organizations.created_by IS 'Who created it';
COMMENT ON COLUMN mlregistry.organizations.created_by_user IS 'The user who created it, as the database knows';
COMMENT ON COLUMN mlregistry.organizations.updated_at IS 'When the row last changed';
COMMENT ON COLUMN mlregistry.organizations.updated_by IS 'Who changed it last';
COMMENT ON COLUMN mlregistry.organizations.deleted_at IS 'When it was deleted; NULL: it is not';

CREATE TABLE mlregistry.projects (
    project_id uuid DEFAULT pg_catalog.gen_random_uuid() NOT NULL,
    organization_id uuid DEFAULT mlregistry.current_organization_id() NOT NULL,
    name text NOT NULL,
    slug text NOT NULL,
    description text,
    visibility text DEFAULT 'private' NOT NULL,
    protected_stages text[] DEFAULT '{}' NOT NULL,
    settings jsonb DEFAULT '{}' NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    created_by text DEFAULT mlregistry.current_actor() NOT NULL,
    created_by_user uuid,
    updated_at timestamptz DEFAULT now() NOT NULL,
    updated_by text DEFAULT mlregistry.current_actor() NOT NULL,
    deleted_at timestamptz,
    CONSTRAINT projects_pkey PRIMARY KEY (project_id),
    CONSTRAINT projects_tenant_key UNIQUE (organization_id, project_id),
    CONSTRAINT projects_organization_fkey FOREIGN KEY (organization_id)
        REFERENCES mlregistry.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT valid_project_name CHECK (mlregistry.is_valid_label(name)),
    CONSTRAINT valid_project_slug CHECK (mlregistry.is_valid_name(slug)),
    CONSTRAINT valid_visibility CHECK (visibility IN ('private', 'organization', 'public')),
    CONSTRAINT valid_protected_stages CHECK (protected_stages <@ '{development,staging,production,archived}'::text[]),
    CONSTRAINT settings_is_object CHECK (pg_catalog.jsonb_typeof(settings) = 'object'),
    CONSTRAINT projects_json_size CHECK (pg_catalog.pg_column_size(settings) <= 1048576),
    CONSTRAINT projects_text_size CHECK (pg_catalog.octet_length(description) <= 65536 AND pg_catalog.octet_length(created_by) <= 65536
        AND pg_catalog.octet_length(updated_by) <= 65536)
);
CREATE UNIQUE INDEX unique_project_slug ON mlregistry.projects (organization_id, slug) WHERE deleted_at IS NULL;
COMMENT ON TABLE mlregistry.projects IS 'Projects of an organization: what belongs together and who may see it';
COMMENT ON COLUMN mlregistry.projects.project_id IS 'Identifier';
COMMENT ON COLUMN mlregistry.projects.organization_id IS 'Organization that it belongs to';
COMMENT ON COLUMN mlregistry.projects.name IS 'Name for people';
COMMENT ON COLUMN mlregistry.projects.slug IS 'Name for references, unique in its organization among those not deleted';
COMMENT ON COLUMN mlregistry.projects.description IS 'What it is for';
COMMENT ON COLUMN mlregistry.projects.visibility IS 'private, organization or public';
COMMENT ON COLUMN mlregistry.projects.protected_stages IS 'Stages into which only admins and project owners promote';
COMMENT ON COLUMN mlregistry.projects.settings IS 'Settings of an application, a JSON object';
COMMENT ON COLUMN mlregistry.projects.created_at IS 'When the row was created';
COMMENT ON COLUMN mlregistry.projects.created_by IS 'Who created it';
COMMENT ON COLUMN mlregistry.projects.created_by_user IS 'The user who created it, as the database knows';
COMMENT ON COLUMN mlregistry.projects.updated_at IS 'When the row last changed';
COMMENT ON COLUMN mlregistry.projects.updated_by IS 'Who changed it last';
COMMENT ON COLUMN mlregistry.projects.deleted_at IS 'When it was deleted; NULL: it is not';

-- No foreign key: rules also run while an organization is being deleted.
CREATE TABLE mlregistry.guards (
    organization_id uuid NOT NULL,
    rule text NOT NULL,
    subject_id uuid NOT NULL,
    n bigint DEFAULT 1 NOT NULL,
    CONSTRAINT guards_pkey PRIMARY KEY (organization_id, rule, subject_id)
);
COMMENT ON TABLE mlregistry.guards IS 'Rows that rules over several rows lock and change, so that they are exact at every isolation level';
COMMENT ON COLUMN mlregistry.guards.organization_id IS 'Organization of the subject';
COMMENT ON COLUMN mlregistry.guards.rule IS 'Rule that locks';
COMMENT ON COLUMN mlregistry.guards.subject_id IS 'What the rule is about';
COMMENT ON COLUMN mlregistry.guards.n IS 'How often it was locked';

COMMENT ON SCHEMA mlregistry IS 'ML model registry: tables of the database, functions and types of extension mlregistry; grant CREATE on it to nobody';

-- Vocabulary and facts are for all who may use the schema.
GRANT SELECT ON mlregistry.registry_meta, mlregistry.frameworks, mlregistry.model_formats, mlregistry.storage_formats,
    mlregistry.tag_categories, mlregistry.gpu_types TO PUBLIC;

-- Triggers: names sort in the order in which they fire.
CREATE TRIGGER mlr_50_freeze BEFORE UPDATE ON mlregistry.frameworks FOR EACH ROW EXECUTE FUNCTION mlregistry.trg_builtin();
CREATE TRIGGER mlr_70_guard AFTER DELETE ON mlregistry.frameworks FOR EACH ROW EXECUTE FUNCTION mlregistry.trg_builtin();
CREATE TRIGGER mlr_50_freeze BEFORE UPDATE ON mlregistry.model_formats FOR EACH ROW EXECUTE FUNCTION mlregistry.trg_builtin();
CREATE TRIGGER mlr_70_guard AFTER DELETE ON mlregistry.model_formats FOR EACH ROW EXECUTE FUNCTION mlregistry.trg_builtin();
CREATE TRIGGER mlr_50_freeze BEFORE UPDATE ON mlregistry.storage_formats FOR EACH ROW EXECUTE FUNCTION mlregistry.trg_builtin();
CREATE TRIGGER mlr_70_guard AFTER DELETE ON mlregistry.storage_formats FOR EACH ROW EXECUTE FUNCTION mlregistry.trg_builtin();
CREATE TRIGGER mlr_50_freeze BEFORE UPDATE ON mlregistry.tag_categories FOR EACH ROW EXECUTE FUNCTION mlregistry.trg_builtin();
CREATE TRIGGER mlr_70_guard AFTER DELETE ON mlregistry.tag_categories FOR EACH ROW EXECUTE FUNCTION mlregistry.trg_builtin();
CREATE TRIGGER mlr_50_freeze BEFORE UPDATE ON mlregistry.gpu_types FOR EACH ROW EXECUTE FUNCTION mlregistry.trg_builtin();
CREATE TRIGGER mlr_70_guard AFTER DELETE ON mlregistry.gpu_types FOR EACH ROW EXECUTE FUNCTION mlregistry.trg_builtin();

CREATE TRIGGER mlr_10_keys BEFORE UPDATE ON mlregistry.organizations FOR EACH ROW EXECUTE FUNCTION mlregistry.trg_keys();
CREATE TRIGGER mlr_20_actor BEFORE INSERT OR UPDATE ON mlregistry.organizations FOR EACH ROW EXECUTE FUNCTION mlregistry.trg_actor('created');
CREATE TRIGGER mlr_30_normalize BEFORE INSERT OR UPDATE ON mlregistry.organizations FOR EACH ROW EXECUTE FUNCTION mlregistry.trg_normalize('name:trim', 'billing_email:email');
CREATE TRIGGER mlr_60_touch BEFORE UPDATE ON mlregistry.organizations FOR EACH ROW EXECUTE FUNCTION mlregistry.trg_touch();

CREATE TRIGGER mlr_10_keys BEFORE UPDATE ON mlregistry.projects FOR EACH ROW EXECUTE FUNCTION mlregistry.trg_keys();
CREATE TRIGGER mlr_20_actor BEFORE INSERT OR UPDATE ON mlregistry.projects FOR EACH ROW EXECUTE FUNCTION mlregistry.trg_actor('created');
CREATE TRIGGER mlr_30_normalize BEFORE INSERT OR UPDATE ON mlregistry.projects FOR EACH ROW EXECUTE FUNCTION mlregistry.trg_normalize('name:trim');
CREATE TRIGGER mlr_60_touch BEFORE UPDATE ON mlregistry.projects FOR EACH ROW EXECUTE FUNCTION mlregistry.trg_touch();
-- Area catalog: models, their versions and the aliases of versions.

CREATE TABLE mlregistry.models (
    model_id uuid DEFAULT pg_catalog.gen_random_uuid() NOT NULL,
    organization_id uuid DEFAULT mlregistry.current_organization_id() NOT NULL,
    project_id uuid DEFAULT mlregistry.current_project_id() NOT NULL,
    model_name text NOT NULL,
    display_name text NOT NULL,
    description text,
    objective text,
    use_case text,
    model_type text,
    task_type text,
    framework text,
    primary_contact text,
    secondary_contact text,
    business_unit text,
    risk_level text DEFAULT 'medium' NOT NULL,
    compliance_required boolean DEFAULT false NOT NULL,
    risk_class text,
    intended_purpose text,
    github_repo text,
    documentation_url text,
    model_card_url text,
    metadata jsonb DEFAULT '{}' NOT NULL,
    original_name text,
    legal_hold boolean DEFAULT false NOT NULL,
    legal_hold_reason text,
    is_active boolean DEFAULT true NOT NULL,
    archived_at timestamptz,
    archived_reason text,
    created_at timestamptz DEFAULT now() NOT NULL,
    created_by text DEFAULT mlregistry.current_actor() NOT NULL,
    created_by_user uuid,
    updated_at timestamptz DEFAULT now() NOT NULL,
    updated_by text DEFAULT mlregistry.current_actor() NOT NULL,
    deleted_at timestamptz,
    CONSTRAINT models_pkey PRIMARY KEY (model_id),
    CONSTRAINT models_tenant_key UNIQUE (organization_id, model_id),
    CONSTRAINT models_organization_fkey FOREIGN KEY (organization_id)
        REFERENCES mlregistry.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT models_project_fkey FOREIGN KEY (organization_id, project_id)
        REFERENCES mlregistry.projects (organization_id, project_id) ON DELETE CASCADE,
    CONSTRAINT valid_framework FOREIGN KEY (framework)
        REFERENCES mlregistry.frameworks (name) ON UPDATE CASCADE ON DELETE NO ACTION,
    CONSTRAINT valid_model_name CHECK (mlregistry.is_valid_name(model_name)),
    CONSTRAINT valid_display_name CHECK (mlregistry.is_valid_label(display_name)),
    CONSTRAINT valid_risk_level CHECK (risk_level IN ('low', 'medium', 'high', 'critical')),
    CONSTRAINT valid_risk_class CHECK (risk_class IN ('minimal', 'limited', 'high', 'prohibited')),
    CONSTRAINT valid_documentation_url CHECK (mlregistry.is_url(documentation_url)),
    CONSTRAINT valid_model_card_url CHECK (mlregistry.is_url(model_card_url)),
    CONSTRAINT model_archive_consistency CHECK (is_active = (archived_at IS NULL)),
    CONSTRAINT metadata_is_object CHECK (pg_catalog.jsonb_typeof(metadata) = 'object'),
    CONSTRAINT models_json_size CHECK (pg_catalog.pg_column_size(metadata) <= 1048576),
    CONSTRAINT models_text_size CHECK (pg_catalog.octet_length(description) <= 65536 AND pg_catalog.octet_length(objective) <= 65536
        AND pg_catalog.octet_length(use_case) <= 65536 AND pg_catalog.octet_length(model_type) <= 65536
        AND pg_catalog.octet_length(task_type) <= 65536
        AND pg_catalog.octet_length(primary_contact) <= 65536
        AND pg_catalog.octet_length(secondary_contact) <= 65536
        AND pg_catalog.octet_length(business_unit) <= 65536
        AND pg_catalog.octet_length(intended_purpose) <= 65536
        AND pg_catalog.octet_length(github_repo) <= 65536
        AND pg_catalog.octet_length(original_name) <= 65536
        AND pg_catalog.octet_length(legal_hold_reason) <= 65536
        AND pg_catalog.octet_length(archived_reason) <= 65536
        AND pg_catalog.octet_length(created_by) <= 65536 AND pg_catalog.octet_length(updated_by) <= 65536)
);
CREATE UNIQUE INDEX unique_model_name ON mlregistry.models (organization_id, project_id, model_name) WHERE deleted_at IS NULL;
CREATE INDEX idx_models_project ON mlregistry.models (project_id);
CREATE INDEX idx_models_risk ON mlregistry.models (risk_level);
CREATE INDEX idx_models_name ON mlregistry.models (model_name);
CREATE INDEX idx_models_created ON mlregistry.models (created_at DESC);
CREATE INDEX idx_models_active ON mlregistry.models (is_active) WHERE is_active;
CREATE INDEX idx_models_framework ON mlregistry.models (framework);
CREATE INDEX idx_models_org_project ON mlregistry.models (organization_id, project_id) WHERE deleted_at IS NULL;
CREATE INDEX idx_models_search ON mlregistry.models
    USING gin (to_tsvector({{fts_language}}, model_name || ' ' || display_name || ' ' || coalesce(description, '')));
CREATE INDEX idx_models_metadata ON mlregistry.models USING gin (metadata jsonb_path_ops);
COMMENT ON TABLE mlregistry.models IS 'Models: one row for what is trained, versioned and deployed under one name';
COMMENT ON COLUMN mlregistry.models.model_id IS 'Identifier';
COMMENT ON COLUMN mlregistry.models.organization_id IS 'Organization that it belongs to';
COMMENT ON COLUMN mlregistry.models.project_id IS 'Project that it belongs to';
COMMENT ON COLUMN mlregistry.models.model_name IS 'Name for references, unique in its project among those not deleted';
COMMENT ON COLUMN mlregistry.models.display_name IS 'Name for people; the model name where none was given';
COMMENT ON COLUMN mlregistry.models.description IS 'What it is';
COMMENT ON COLUMN mlregistry.models.objective IS 'What it is to achieve';
COMMENT ON COLUMN mlregistry.models.use_case IS 'Where it is used';
COMMENT ON COLUMN mlregistry.models.model_type IS 'Kind of model';
COMMENT ON COLUMN mlregistry.models.task_type IS 'Kind of task';
COMMENT ON COLUMN mlregistry.models.framework IS 'Framework that its versions use unless they say otherwise';
COMMENT ON COLUMN mlregistry.models.primary_contact IS 'Whom to ask';
COMMENT ON COLUMN mlregistry.models.secondary_contact IS 'Whom to ask next';
COMMENT ON COLUMN mlregistry.models.business_unit IS 'Part of the business that owns it';
COMMENT ON COLUMN mlregistry.models.risk_level IS 'low, medium, high or critical';
COMMENT ON COLUMN mlregistry.models.compliance_required IS 'Versions need validation and approval before production';
COMMENT ON COLUMN mlregistry.models.risk_class IS 'minimal, limited, high or prohibited; NULL: not assessed';
COMMENT ON COLUMN mlregistry.models.intended_purpose IS 'What it may be used for';
COMMENT ON COLUMN mlregistry.models.github_repo IS 'Source repository';
COMMENT ON COLUMN mlregistry.models.documentation_url IS 'Documentation';
COMMENT ON COLUMN mlregistry.models.model_card_url IS 'Model card';
COMMENT ON COLUMN mlregistry.models.metadata IS 'Anything else, a JSON object';
COMMENT ON COLUMN mlregistry.models.original_name IS 'Name in the system that it was imported from';
COMMENT ON COLUMN mlregistry.models.legal_hold IS 'Must be kept: no deletion, no change of artifacts';
COMMENT ON COLUMN mlregistry.models.legal_hold_reason IS 'Why it must be kept';
COMMENT ON COLUMN mlregistry.models.is_active IS 'In use; false: archived';
COMMENT ON COLUMN mlregistry.models.archived_at IS 'When it was archived; NULL exactly while it is active';
COMMENT ON COLUMN mlregistry.models.archived_reason IS 'Why it was archived';
COMMENT ON COLUMN mlregistry.models.created_at IS 'When the row was created';
COMMENT ON COLUMN mlregistry.models.created_by IS 'Who created it';
COMMENT ON COLUMN mlregistry.models.created_by_user IS 'The user who created it, as the database knows';
COMMENT ON COLUMN mlregistry.models.updated_at IS 'When the row last changed';
COMMENT ON COLUMN mlregistry.models.updated_by IS 'Who changed it last';
COMMENT ON COLUMN mlregistry.models.deleted_at IS 'When it was deleted; NULL: it is not';
CREATE TRIGGER mlr_10_keys BEFORE UPDATE ON mlregistry.models FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_keys();
CREATE TRIGGER mlr_20_actor BEFORE INSERT OR UPDATE ON mlregistry.models FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_actor('created');
CREATE TRIGGER mlr_30_normalize BEFORE INSERT OR UPDATE ON mlregistry.models FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_normalize('display_name:trim', 'primary_contact:trim', 'secondary_contact:trim', 'business_unit:trim',
        'github_repo:trim', 'documentation_url:trim', 'model_card_url:trim');
CREATE TRIGGER mlr_35_derive BEFORE INSERT OR UPDATE ON mlregistry.models FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_derive_model();
CREATE TRIGGER mlr_60_touch BEFORE UPDATE ON mlregistry.models FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_touch();

CREATE TABLE mlregistry.model_versions (
    version_id uuid DEFAULT pg_catalog.gen_random_uuid() NOT NULL,
    organization_id uuid DEFAULT mlregistry.current_organization_id() NOT NULL,
    project_id uuid DEFAULT mlregistry.current_project_id() NOT NULL,
    model_id uuid NOT NULL,
    semver mlregistry.semver NOT NULL,
    description text,
    release_notes text,
    stage text DEFAULT 'development' NOT NULL,
    status text DEFAULT 'registered' NOT NULL,
    git_commit text,
    git_branch text,
    git_tag text,
    artifact_uri text NOT NULL,
    artifact_size_bytes bigint,
    checksum_sha256 text,
    framework text NOT NULL,
    framework_version text,
    python_version text,
    cuda_version text,
    dependencies jsonb DEFAULT '{}' NOT NULL,
    requirements text,
    model_format text,
    input_schema jsonb,
    output_schema jsonb,
    signature jsonb,
    performance_metrics jsonb DEFAULT '{}' NOT NULL,
    training_metrics jsonb DEFAULT '{}' NOT NULL,
    benchmark_accuracy numeric(5,4),
    benchmark_latency_p50_ms numeric(10,2),
    benchmark_latency_p99_ms numeric(10,2),
    benchmark_throughput_qps numeric(12,2),
    benchmark_memory_mb numeric(12,2),
    custom_metadata jsonb DEFAULT '{}' NOT NULL,
    legal_hold boolean DEFAULT false NOT NULL,
    legal_hold_reason text,
    registered_by text DEFAULT mlregistry.current_actor() NOT NULL,
    registered_by_user uuid,
    registered_at timestamptz DEFAULT now() NOT NULL,
    validated_at timestamptz,
    validated_by text,
    validated_by_user uuid,
    promoted_to_production_at timestamptz,
    deprecated_at timestamptz,
    deprecation_reason text,
    archived_at timestamptz,
    frozen_at timestamptz,
    created_at timestamptz DEFAULT now() NOT NULL,
    created_by text DEFAULT mlregistry.current_actor() NOT NULL,
    created_by_user uuid,
    updated_at timestamptz DEFAULT now() NOT NULL,
    updated_by text DEFAULT mlregistry.current_actor() NOT NULL,
    deleted_at timestamptz,
    CONSTRAINT model_versions_pkey PRIMARY KEY (version_id),
    CONSTRAINT model_versions_tenant_key UNIQUE (organization_id, version_id),
    CONSTRAINT model_versions_organization_fkey FOREIGN KEY (organization_id)
        REFERENCES mlregistry.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT model_versions_project_fkey FOREIGN KEY (organization_id, project_id)
        REFERENCES mlregistry.projects (organization_id, project_id) ON DELETE CASCADE,
    CONSTRAINT unique_model_version UNIQUE (model_id, semver),
    CONSTRAINT model_versions_model_key UNIQUE (organization_id, model_id, version_id),
    CONSTRAINT model_versions_model_fkey FOREIGN KEY (organization_id, model_id)
        REFERENCES mlregistry.models (organization_id, model_id) ON DELETE CASCADE,
    CONSTRAINT valid_framework FOREIGN KEY (framework)
        REFERENCES mlregistry.frameworks (name) ON UPDATE CASCADE ON DELETE NO ACTION,
    CONSTRAINT valid_model_format FOREIGN KEY (model_format)
        REFERENCES mlregistry.model_formats (name) ON UPDATE CASCADE ON DELETE NO ACTION,
    CONSTRAINT valid_status CHECK (status IN ('registered', 'validated', 'deployed', 'deprecated', 'archived')),
    CONSTRAINT valid_stage CHECK (stage IN ('development', 'staging', 'production', 'archived')),
    CONSTRAINT valid_stage_status CHECK ((status = 'archived') = (stage = 'archived')),
    CONSTRAINT valid_artifact_uri CHECK (mlregistry.is_artifact_uri(artifact_uri)),
    CONSTRAINT valid_artifact_size CHECK (artifact_size_bytes >= 0),
    CONSTRAINT valid_checksum CHECK (mlregistry.is_sha256(checksum_sha256)),
    CONSTRAINT valid_git_commit CHECK (mlregistry.is_git_commit(git_commit)),
    CONSTRAINT valid_benchmark_accuracy CHECK (mlregistry.is_score(benchmark_accuracy)),
    CONSTRAINT valid_benchmarks CHECK (benchmark_latency_p50_ms >= 0 AND benchmark_latency_p50_ms < 'NaN'
        AND benchmark_latency_p99_ms >= 0 AND benchmark_latency_p99_ms < 'NaN'
        AND benchmark_throughput_qps >= 0 AND benchmark_throughput_qps < 'NaN'
        AND benchmark_memory_mb >= 0 AND benchmark_memory_mb < 'NaN'
        AND benchmark_latency_p50_ms <= benchmark_latency_p99_ms),
    CONSTRAINT deprecation_consistency CHECK (status <> 'deprecated' OR deprecated_at IS NOT NULL),
    CONSTRAINT dependencies_is_object CHECK (pg_catalog.jsonb_typeof(dependencies) = 'object'),
    CONSTRAINT performance_metrics_is_object CHECK (pg_catalog.jsonb_typeof(performance_metrics) = 'object'),
    CONSTRAINT training_metrics_is_object CHECK (pg_catalog.jsonb_typeof(training_metrics) = 'object'),
    CONSTRAINT custom_metadata_is_object CHECK (pg_catalog.jsonb_typeof(custom_metadata) = 'object'),
    CONSTRAINT model_versions_json_size CHECK (pg_catalog.pg_column_size(dependencies) <= 1048576
        AND pg_catalog.pg_column_size(input_schema) <= 1048576
        AND pg_catalog.pg_column_size(output_schema) <= 1048576
        AND pg_catalog.pg_column_size(signature) <= 1048576
        AND pg_catalog.pg_column_size(performance_metrics) <= 1048576
        AND pg_catalog.pg_column_size(training_metrics) <= 1048576
        AND pg_catalog.pg_column_size(custom_metadata) <= 1048576),
    CONSTRAINT model_versions_text_size CHECK (pg_catalog.octet_length(description) <= 65536 AND pg_catalog.octet_length(release_notes) <= 65536
        AND pg_catalog.octet_length(git_branch) <= 65536 AND pg_catalog.octet_length(git_tag) <= 65536
        AND pg_catalog.octet_length(framework_version) <= 65536
        AND pg_catalog.octet_length(python_version) <= 65536
        AND pg_catalog.octet_length(cuda_version) <= 65536
        AND pg_catalog.octet_length(requirements) <= 65536
        AND pg_catalog.octet_length(legal_hold_reason) <= 65536
        AND pg_catalog.octet_length(registered_by) <= 65536
        AND pg_catalog.octet_length(validated_by) <= 65536
        AND pg_catalog.octet_length(deprecation_reason) <= 65536
        AND pg_catalog.octet_length(created_by) <= 65536 AND pg_catalog.octet_length(updated_by) <= 65536)
);
CREATE UNIQUE INDEX unique_production_version ON mlregistry.model_versions (model_id) WHERE stage = 'production' AND deleted_at IS NULL;
CREATE INDEX idx_model_versions_project ON mlregistry.model_versions (project_id);
CREATE INDEX idx_versions_status ON mlregistry.model_versions (status);
CREATE INDEX idx_versions_semver ON mlregistry.model_versions (model_id, semver DESC)
    INCLUDE (version_id, status, stage) WHERE deleted_at IS NULL;
CREATE INDEX idx_versions_registered ON mlregistry.model_versions (registered_at DESC);
CREATE INDEX idx_versions_latest_registered ON mlregistry.model_versions (model_id, registered_at DESC);
CREATE INDEX idx_versions_framework ON mlregistry.model_versions (framework);
CREATE INDEX idx_versions_format ON mlregistry.model_versions (model_format);
CREATE INDEX idx_model_versions_stage ON mlregistry.model_versions (model_id, stage) WHERE deleted_at IS NULL;
CREATE INDEX idx_versions_checksum ON mlregistry.model_versions (checksum_sha256);
COMMENT ON TABLE mlregistry.model_versions IS 'Versions of models: one row per registered artifact; a version is never used twice in a model';
COMMENT ON COLUMN mlregistry.model_versions.version_id IS 'Identifier';
COMMENT ON COLUMN mlregistry.model_versions.organization_id IS 'Organization that it belongs to';
COMMENT ON COLUMN mlregistry.model_versions.project_id IS 'Project of its model';
COMMENT ON COLUMN mlregistry.model_versions.model_id IS 'Model that it is a version of';
COMMENT ON COLUMN mlregistry.model_versions.semver IS 'Version after SemVer 2.0.0, unique in its model by precedence';
COMMENT ON COLUMN mlregistry.model_versions.description IS 'What it is';
COMMENT ON COLUMN mlregistry.model_versions.release_notes IS 'What is new';
COMMENT ON COLUMN mlregistry.model_versions.stage IS 'development, staging, production or archived; at most one version of a model is in production';
COMMENT ON COLUMN mlregistry.model_versions.status IS 'registered, validated, deployed, deprecated or archived';
COMMENT ON COLUMN mlregistry.model_versions.git_commit IS 'Commit that it was built from';
COMMENT ON COLUMN mlregistry.model_versions.git_branch IS 'Branch that it was built from';
COMMENT ON COLUMN mlregistry.model_versions.git_tag IS 'Tag that it was built from';
COMMENT ON COLUMN mlregistry.model_versions.artifact_uri IS 'Where the artifact lies';
COMMENT ON COLUMN mlregistry.model_versions.artifact_size_bytes IS 'Size of the artifact in bytes';
COMMENT ON COLUMN mlregistry.model_versions.checksum_sha256 IS 'SHA-256 of the artifact, 64 hexadecimal digits';
COMMENT ON COLUMN mlregistry.model_versions.framework IS 'Framework; the one of the model where none was given';
COMMENT ON COLUMN mlregistry.model_versions.framework_version IS 'Version of the framework';
COMMENT ON COLUMN mlregistry.model_versions.python_version IS 'Python version that it needs';
COMMENT ON COLUMN mlregistry.model_versions.cuda_version IS 'CUDA version that it needs';
COMMENT ON COLUMN mlregistry.model_versions.dependencies IS 'What it depends on, a JSON object';
COMMENT ON COLUMN mlregistry.model_versions.requirements IS 'Requirements file';
COMMENT ON COLUMN mlregistry.model_versions.model_format IS 'File format';
COMMENT ON COLUMN mlregistry.model_versions.input_schema IS 'Schema of its input';
COMMENT ON COLUMN mlregistry.model_versions.output_schema IS 'Schema of its output';
COMMENT ON COLUMN mlregistry.model_versions.signature IS 'Signature of its inference';
COMMENT ON COLUMN mlregistry.model_versions.performance_metrics IS 'Metrics of its quality, a JSON object';
COMMENT ON COLUMN mlregistry.model_versions.training_metrics IS 'Metrics of its training, a JSON object';
COMMENT ON COLUMN mlregistry.model_versions.benchmark_accuracy IS 'Accuracy in its benchmark, 0 to 1';
COMMENT ON COLUMN mlregistry.model_versions.benchmark_latency_p50_ms IS 'Median latency in its benchmark, milliseconds';
COMMENT ON COLUMN mlregistry.model_versions.benchmark_latency_p99_ms IS '99th percentile of latency in its benchmark, milliseconds';
COMMENT ON COLUMN mlregistry.model_versions.benchmark_throughput_qps IS 'Throughput in its benchmark, queries per second';
COMMENT ON COLUMN mlregistry.model_versions.benchmark_memory_mb IS 'Memory in its benchmark, megabytes';
COMMENT ON COLUMN mlregistry.model_versions.custom_metadata IS 'Anything else, a JSON object';
COMMENT ON COLUMN mlregistry.model_versions.legal_hold IS 'Must be kept: no deletion, no change of artifacts';
COMMENT ON COLUMN mlregistry.model_versions.legal_hold_reason IS 'Why it must be kept';
COMMENT ON COLUMN mlregistry.model_versions.registered_by IS 'Who registered it';
COMMENT ON COLUMN mlregistry.model_versions.registered_by_user IS 'The user who registered it, as the database knows';
COMMENT ON COLUMN mlregistry.model_versions.registered_at IS 'When it was registered';
COMMENT ON COLUMN mlregistry.model_versions.validated_at IS 'When it was validated';
COMMENT ON COLUMN mlregistry.model_versions.validated_by IS 'Who validated it';
COMMENT ON COLUMN mlregistry.model_versions.validated_by_user IS 'The user who validated it, as the database knows';
COMMENT ON COLUMN mlregistry.model_versions.promoted_to_production_at IS 'When it last entered stage production';
COMMENT ON COLUMN mlregistry.model_versions.deprecated_at IS 'When it was deprecated';
COMMENT ON COLUMN mlregistry.model_versions.deprecation_reason IS 'Why it was deprecated';
COMMENT ON COLUMN mlregistry.model_versions.archived_at IS 'When it was archived';
COMMENT ON COLUMN mlregistry.model_versions.frozen_at IS 'From when on its artifact does not change';
COMMENT ON COLUMN mlregistry.model_versions.created_at IS 'When the row was created';
COMMENT ON COLUMN mlregistry.model_versions.created_by IS 'Who created it';
COMMENT ON COLUMN mlregistry.model_versions.created_by_user IS 'The user who created it, as the database knows';
COMMENT ON COLUMN mlregistry.model_versions.updated_at IS 'When the row last changed';
COMMENT ON COLUMN mlregistry.model_versions.updated_by IS 'Who changed it last';
COMMENT ON COLUMN mlregistry.model_versions.deleted_at IS 'When it was deleted; NULL: it is not';
CREATE TRIGGER mlr_10_keys BEFORE INSERT OR UPDATE ON mlregistry.model_versions FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_keys('models', 'model_id');
CREATE TRIGGER mlr_20_actor BEFORE INSERT OR UPDATE ON mlregistry.model_versions FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_actor('created', 'registered', 'validated');
CREATE TRIGGER mlr_30_normalize BEFORE INSERT OR UPDATE ON mlregistry.model_versions FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_normalize('artifact_uri:trim', 'checksum_sha256:lower', 'git_commit:lower', 'git_branch:trim',
        'git_tag:trim', 'framework_version:trim', 'python_version:trim', 'cuda_version:trim');
CREATE TRIGGER mlr_35_derive BEFORE INSERT OR UPDATE ON mlregistry.model_versions FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_derive_version();
CREATE TRIGGER mlr_60_touch BEFORE UPDATE ON mlregistry.model_versions FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_touch();
CREATE TRIGGER mlr_70_guard AFTER UPDATE OF deleted_at ON mlregistry.model_versions FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_guard_version();

CREATE TABLE mlregistry.model_aliases (
    alias_id uuid DEFAULT pg_catalog.gen_random_uuid() NOT NULL,
    organization_id uuid DEFAULT mlregistry.current_organization_id() NOT NULL,
    project_id uuid DEFAULT mlregistry.current_project_id() NOT NULL,
    model_id uuid NOT NULL,
    alias text NOT NULL,
    version_id uuid NOT NULL,
    set_by text DEFAULT mlregistry.current_actor() NOT NULL,
    set_by_user uuid,
    set_at timestamptz DEFAULT now() NOT NULL,
    protected boolean DEFAULT false NOT NULL,
    CONSTRAINT model_aliases_pkey PRIMARY KEY (alias_id),
    CONSTRAINT model_aliases_tenant_key UNIQUE (organization_id, alias_id),
    CONSTRAINT model_aliases_organization_fkey FOREIGN KEY (organization_id)
        REFERENCES mlregistry.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT model_aliases_project_fkey FOREIGN KEY (organization_id, project_id)
        REFERENCES mlregistry.projects (organization_id, project_id) ON DELETE CASCADE,
    CONSTRAINT unique_model_alias UNIQUE (model_id, alias),
    CONSTRAINT model_aliases_model_fkey FOREIGN KEY (organization_id, model_id)
        REFERENCES mlregistry.models (organization_id, model_id) ON DELETE CASCADE,
    CONSTRAINT model_aliases_version_fkey FOREIGN KEY (organization_id, model_id, version_id)
        REFERENCES mlregistry.model_versions (organization_id, model_id, version_id) ON DELETE NO ACTION,
    CONSTRAINT valid_alias CHECK (mlregistry.is_valid_alias(alias)),
    CONSTRAINT model_aliases_text_size CHECK (pg_catalog.octet_length(set_by) <= 65536)
);
CREATE INDEX idx_model_aliases_project ON mlregistry.model_aliases (project_id);
CREATE INDEX idx_model_aliases_version ON mlregistry.model_aliases (version_id);
COMMENT ON TABLE mlregistry.model_aliases IS 'Aliases: names that point to one version of a model and move, such as champion';
COMMENT ON COLUMN mlregistry.model_aliases.alias_id IS 'Identifier';
COMMENT ON COLUMN mlregistry.model_aliases.organization_id IS 'Organization that it belongs to';
COMMENT ON COLUMN mlregistry.model_aliases.project_id IS 'Project of its model';
COMMENT ON COLUMN mlregistry.model_aliases.model_id IS 'Model that it belongs to';
COMMENT ON COLUMN mlregistry.model_aliases.alias IS 'Name, unique in its model';
COMMENT ON COLUMN mlregistry.model_aliases.version_id IS 'Version of the same model that it points to';
COMMENT ON COLUMN mlregistry.model_aliases.set_by IS 'Who set it last';
COMMENT ON COLUMN mlregistry.model_aliases.set_by_user IS 'The user who set it last, as the database knows';
COMMENT ON COLUMN mlregistry.model_aliases.set_at IS 'When it was set last';
COMMENT ON COLUMN mlregistry.model_aliases.protected IS 'Moved only by admins and project owners';
CREATE TRIGGER mlr_10_keys BEFORE INSERT OR UPDATE ON mlregistry.model_aliases FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_keys('models', 'model_id');
CREATE TRIGGER mlr_20_actor BEFORE INSERT OR UPDATE ON mlregistry.model_aliases FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_actor('set');
CREATE TRIGGER mlr_30_normalize BEFORE INSERT OR UPDATE ON mlregistry.model_aliases FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_normalize('alias:lower');
CREATE TRIGGER mlr_35_derive BEFORE INSERT OR UPDATE ON mlregistry.model_aliases FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_derive_alias();
CREATE TRIGGER mlr_70_guard AFTER INSERT OR UPDATE ON mlregistry.model_aliases FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_guard_alias();
-- Area catalog: the files of a version.

CREATE TABLE mlregistry.version_files (
    file_id uuid DEFAULT pg_catalog.gen_random_uuid() NOT NULL,
    organization_id uuid DEFAULT mlregistry.current_organization_id() NOT NULL,
    project_id uuid DEFAULT mlregistry.current_project_id() NOT NULL,
    version_id uuid NOT NULL,
    path text NOT NULL,
    uri text,
    size_bytes bigint,
    sha256 text,
    media_type text,
    variant text,
    created_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT version_files_pkey PRIMARY KEY (file_id),
    CONSTRAINT version_files_tenant_key UNIQUE (organization_id, file_id),
    CONSTRAINT version_files_organization_fkey FOREIGN KEY (organization_id)
        REFERENCES mlregistry.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT version_files_project_fkey FOREIGN KEY (organization_id, project_id)
        REFERENCES mlregistry.projects (organization_id, project_id) ON DELETE CASCADE,
    CONSTRAINT unique_version_file UNIQUE (version_id, path),
    CONSTRAINT version_files_version_fkey FOREIGN KEY (organization_id, version_id)
        REFERENCES mlregistry.model_versions (organization_id, version_id) ON DELETE CASCADE,
    CONSTRAINT valid_file_path CHECK (mlregistry.is_file_path(path)),
    CONSTRAINT valid_sha256 CHECK (mlregistry.is_sha256(sha256)),
    CONSTRAINT valid_file_size CHECK (size_bytes >= 0),
    CONSTRAINT version_files_text_size CHECK (pg_catalog.octet_length(uri) <= 65536 AND pg_catalog.octet_length(media_type) <= 65536
        AND pg_catalog.octet_length(variant) <= 65536)
);
CREATE INDEX idx_version_files_project ON mlregistry.version_files (project_id);
COMMENT ON TABLE mlregistry.version_files IS 'Files of a version, such as its variants for several devices';
COMMENT ON COLUMN mlregistry.version_files.file_id IS 'Identifier';
COMMENT ON COLUMN mlregistry.version_files.organization_id IS 'Organization that it belongs to';
COMMENT ON COLUMN mlregistry.version_files.project_id IS 'Project of its version';
COMMENT ON COLUMN mlregistry.version_files.version_id IS 'Version that it is part of';
COMMENT ON COLUMN mlregistry.version_files.path IS 'Relative path, unique in its version';
COMMENT ON COLUMN mlregistry.version_files.uri IS 'Where the file lies, unless below the artifact of its version';
COMMENT ON COLUMN mlregistry.version_files.size_bytes IS 'Size in bytes';
COMMENT ON COLUMN mlregistry.version_files.sha256 IS 'SHA-256 of the file, 64 hexadecimal digits';
COMMENT ON COLUMN mlregistry.version_files.media_type IS 'Media type';
COMMENT ON COLUMN mlregistry.version_files.variant IS 'Variant that it belongs to, such as cpu or cu121';
COMMENT ON COLUMN mlregistry.version_files.created_at IS 'When the row was created';
CREATE TRIGGER mlr_10_keys BEFORE INSERT OR UPDATE ON mlregistry.version_files FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_keys('model_versions', 'version_id');
CREATE TRIGGER mlr_30_normalize BEFORE INSERT OR UPDATE ON mlregistry.version_files FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_normalize('uri:trim', 'sha256:lower', 'media_type:trim', 'variant:trim');
-- Views. Columns may be added at the end only.

-- COALESCE asks for a prerelease only where there is no release, and each question is one probe of idx_versions_semver.
CREATE VIEW mlregistry.v_models_latest WITH (security_invoker = true) AS
SELECT m.model_id,
       m.model_name,
       m.display_name,
       m.description,
       NULL::uuid AS team_id,
       NULL::text AS team_name,
       m.risk_level,
       m.compliance_required,
       v.version_id AS latest_version_id,
       v.semver AS latest_version,
       v.status AS latest_version_status,
       coalesce(v.framework, m.framework) AS framework,
       v.registered_at AS latest_version_registered_at,
       m.created_at,
       m.is_active,
       v.stage AS latest_version_stage,
       ARRAY(SELECT a.alias FROM mlregistry.model_aliases a WHERE a.version_id = v.version_id ORDER BY a.alias) AS aliases,
       (SELECT count(*) FROM mlregistry.model_versions c WHERE c.model_id = m.model_id AND c.deleted_at IS NULL) AS version_count,
       0::bigint AS live_deployments,
       m.project_id,
       p.slug AS project_slug,
       m.organization_id
  FROM mlregistry.models m
  JOIN mlregistry.projects p USING (project_id)
  JOIN mlregistry.organizations o ON o.organization_id = m.organization_id
  LEFT JOIN mlregistry.model_versions v ON v.version_id = coalesce(
           (SELECT r.version_id
              FROM mlregistry.model_versions r
             WHERE r.model_id = m.model_id AND r.deleted_at IS NULL
               AND r.status NOT IN ('deprecated', 'archived') AND NOT mlregistry.is_prerelease(r.semver)
             ORDER BY r.semver DESC
             LIMIT 1),
           (SELECT r.version_id
              FROM mlregistry.model_versions r
             WHERE r.model_id = m.model_id AND r.deleted_at IS NULL
               AND r.status NOT IN ('deprecated', 'archived')
             ORDER BY r.semver DESC
             LIMIT 1))
 WHERE m.is_active AND m.deleted_at IS NULL AND p.deleted_at IS NULL AND o.deleted_at IS NULL;
COMMENT ON VIEW mlregistry.v_models_latest IS 'Active models, each with its latest version: the highest release that is neither deprecated nor archived, else the highest such prerelease';
COMMENT ON COLUMN mlregistry.v_models_latest.model_id IS 'Identifier';
COMMENT ON COLUMN mlregistry.v_models_latest.model_name IS 'Name for references';
COMMENT ON COLUMN mlregistry.v_models_latest.display_name IS 'Name for people';
COMMENT ON COLUMN mlregistry.v_models_latest.description IS 'What it is';
COMMENT ON COLUMN mlregistry.v_models_latest.team_id IS 'Team that owns the model; NULL as long as the registry has no teams';
COMMENT ON COLUMN mlregistry.v_models_latest.team_name IS 'Name of that team';
COMMENT ON COLUMN mlregistry.v_models_latest.risk_level IS 'low, medium, high or critical';
COMMENT ON COLUMN mlregistry.v_models_latest.compliance_required IS 'Versions need validation and approval before production';
COMMENT ON COLUMN mlregistry.v_models_latest.latest_version_id IS 'Identifier of the latest version';
COMMENT ON COLUMN mlregistry.v_models_latest.latest_version IS 'Latest version';
COMMENT ON COLUMN mlregistry.v_models_latest.latest_version_status IS 'Status of the latest version';
COMMENT ON COLUMN mlregistry.v_models_latest.framework IS 'Framework of the latest version, else of the model';
COMMENT ON COLUMN mlregistry.v_models_latest.latest_version_registered_at IS 'When the latest version was registered';
COMMENT ON COLUMN mlregistry.v_models_latest.created_at IS 'When the model was created';
COMMENT ON COLUMN mlregistry.v_models_latest.is_active IS 'True: archived models are not shown';
COMMENT ON COLUMN mlregistry.v_models_latest.latest_version_stage IS 'Stage of the latest version';
COMMENT ON COLUMN mlregistry.v_models_latest.aliases IS 'Aliases of the latest version, sorted';
COMMENT ON COLUMN mlregistry.v_models_latest.version_count IS 'Number of versions that are not deleted';
COMMENT ON COLUMN mlregistry.v_models_latest.live_deployments IS 'Number of live deployments; 0 as long as the registry has no deployments';
COMMENT ON COLUMN mlregistry.v_models_latest.project_id IS 'Project that it belongs to';
COMMENT ON COLUMN mlregistry.v_models_latest.project_slug IS 'Name of that project';
COMMENT ON COLUMN mlregistry.v_models_latest.organization_id IS 'Organization that it belongs to';
$install_script$$function$;
COMMENT ON FUNCTION install_script() IS 'statements that install() runs to make tables, indexes, triggers and views';
CREATE OR REPLACE FUNCTION seed_script() RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $function$SELECT $seed_script$
-- Built-in vocabulary.

INSERT INTO mlregistry.frameworks (name, description, builtin) VALUES
    ('pytorch', 'PyTorch', true),
    ('tensorflow', 'TensorFlow and Keras', true),
    ('sklearn', 'scikit-learn', true),
    ('xgboost', 'XGBoost', true),
    ('jax', 'JAX', true),
    ('lightgbm', 'LightGBM', true),
    ('catboost', 'CatBoost', true),
    ('onnx', 'ONNX', true),
    ('huggingface', 'Hugging Face Transformers', true),
    ('mxnet', 'Apache MXNet', true),
    ('custom', 'Anything else', true);

INSERT INTO mlregistry.model_formats (name, description, builtin) VALUES
    ('onnx', 'Open Neural Network Exchange', true),
    ('torchscript', 'TorchScript', true),
    ('savedmodel', 'TensorFlow SavedModel', true),
    ('pickle', 'Python pickle', true),
    ('joblib', 'joblib dump', true),
    ('mlflow', 'MLflow model folder', true),
    ('safetensors', 'safetensors', true),
    ('gguf', 'GGUF', true),
    ('custom', 'Anything else', true);

INSERT INTO mlregistry.storage_formats (name, description, builtin) VALUES
    ('parquet', 'Apache Parquet', true),
    ('csv', 'Comma-separated values', true),
    ('json', 'JSON or JSON lines', true),
    ('avro', 'Apache Avro', true),
    ('tfrecord', 'TensorFlow TFRecord', true),
    ('hdf5', 'HDF5', true),
    ('arrow', 'Apache Arrow', true),
    ('delta', 'Delta Lake', true),
    ('iceberg', 'Apache Iceberg', true);

INSERT INTO mlregistry.tag_categories (name, description, builtin) VALUES
    ('domain', 'Field of application', true),
    ('framework', 'Framework', true),
    ('use-case', 'Kind of task', true),
    ('team', 'Owning team', true),
    ('priority', 'Priority', true),
    ('status', 'State of work', true);

INSERT INTO mlregistry.gpu_types (name, memory_gb, description, builtin) VALUES
    ('nvidia-t4', 16, 'NVIDIA T4', true),
    ('nvidia-l4', 24, 'NVIDIA L4', true),
    ('nvidia-v100', 32, 'NVIDIA V100', true),
    ('nvidia-a10g', 24, 'NVIDIA A10G', true),
    ('nvidia-a100', 80, 'NVIDIA A100', true),
    ('nvidia-h100', 80, 'NVIDIA H100', true),
    ('nvidia-h200', 141, 'NVIDIA H200', true);
-- The default organization and project: the same identifiers everywhere, so that two databases agree on them.

INSERT INTO mlregistry.organizations (organization_id, name, slug)
VALUES ('00000000-0000-8000-8000-000000000001', 'Default', 'default');

INSERT INTO mlregistry.projects (project_id, organization_id, name, slug, visibility)
VALUES ('00000000-0000-8000-8000-000000000002', '00000000-0000-8000-8000-000000000001', 'Default', 'default', 'organization');
$seed_script$$function$;
COMMENT ON FUNCTION seed_script() IS 'statements that install() runs to make the first rows';
CREATE OR REPLACE FUNCTION migration_scripts() RETURNS TABLE (from_version text, to_version text, script text)
    LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 10 SET search_path = pg_catalog, pg_temp
    AS $function$VALUES
('0.1.0', '0.2.0', $migration_script$
-- 0.2.0: files of versions.
CREATE TABLE mlregistry.version_files (
    file_id uuid DEFAULT pg_catalog.gen_random_uuid() NOT NULL,
    organization_id uuid DEFAULT mlregistry.current_organization_id() NOT NULL,
    project_id uuid DEFAULT mlregistry.current_project_id() NOT NULL,
    version_id uuid NOT NULL,
    path text NOT NULL,
    uri text,
    size_bytes bigint,
    sha256 text,
    media_type text,
    variant text,
    created_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT version_files_pkey PRIMARY KEY (file_id),
    CONSTRAINT version_files_tenant_key UNIQUE (organization_id, file_id),
    CONSTRAINT version_files_organization_fkey FOREIGN KEY (organization_id)
        REFERENCES mlregistry.organizations (organization_id) ON DELETE CASCADE,
    CONSTRAINT version_files_project_fkey FOREIGN KEY (organization_id, project_id)
        REFERENCES mlregistry.projects (organization_id, project_id) ON DELETE CASCADE,
    CONSTRAINT unique_version_file UNIQUE (version_id, path),
    CONSTRAINT version_files_version_fkey FOREIGN KEY (organization_id, version_id)
        REFERENCES mlregistry.model_versions (organization_id, version_id) ON DELETE CASCADE,
    CONSTRAINT valid_file_path CHECK (mlregistry.is_file_path(path)),
    CONSTRAINT valid_sha256 CHECK (mlregistry.is_sha256(sha256)),
    CONSTRAINT valid_file_size CHECK (size_bytes >= 0),
    CONSTRAINT version_files_text_size CHECK (pg_catalog.octet_length(uri) <= 65536 AND pg_catalog.octet_length(media_type) <= 65536
        AND pg_catalog.octet_length(variant) <= 65536)
);
CREATE INDEX idx_version_files_project ON mlregistry.version_files (project_id);
COMMENT ON TABLE mlregistry.version_files IS 'Files of a version, such as its variants for several devices';
COMMENT ON COLUMN mlregistry.version_files.file_id IS 'Identifier';
COMMENT ON COLUMN mlregistry.version_files.organization_id IS 'Organization that it belongs to';
COMMENT ON COLUMN mlregistry.version_files.project_id IS 'Project of its version';
COMMENT ON COLUMN mlregistry.version_files.version_id IS 'Version that it is part of';
COMMENT ON COLUMN mlregistry.version_files.path IS 'Relative path, unique in its version';
COMMENT ON COLUMN mlregistry.version_files.uri IS 'Where the file lies, unless below the artifact of its version';
COMMENT ON COLUMN mlregistry.version_files.size_bytes IS 'Size in bytes';
COMMENT ON COLUMN mlregistry.version_files.sha256 IS 'SHA-256 of the file, 64 hexadecimal digits';
COMMENT ON COLUMN mlregistry.version_files.media_type IS 'Media type';
COMMENT ON COLUMN mlregistry.version_files.variant IS 'Variant that it belongs to, such as cpu or cu121';
COMMENT ON COLUMN mlregistry.version_files.created_at IS 'When the row was created';
CREATE TRIGGER mlr_10_keys BEFORE INSERT OR UPDATE ON mlregistry.version_files FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_keys('model_versions', 'version_id');
CREATE TRIGGER mlr_30_normalize BEFORE INSERT OR UPDATE ON mlregistry.version_files FOR EACH ROW
    EXECUTE FUNCTION mlregistry.trg_normalize('uri:trim', 'sha256:lower', 'media_type:trim', 'variant:trim');
$migration_script$)
$function$;
COMMENT ON FUNCTION migration_scripts() IS 'statements that migrate() runs to bring older tables up to the version of the code';

-- No new function has rights of its own.

SELECT mlregistry.migrate();
