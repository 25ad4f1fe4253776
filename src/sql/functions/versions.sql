-- Versions: registering, resolving, listing.

CREATE OR REPLACE FUNCTION version_info(version_id uuid) RETURNS version_info
    LANGUAGE C STABLE STRICT PARALLEL RESTRICTED COST 100 AS 'MODULE_PATHNAME', 'mlregistry_version_info';
COMMENT ON FUNCTION version_info(uuid) IS 'complete row of one version, NULL when there is none';

CREATE OR REPLACE FUNCTION resolve(reference text) RETURNS SETOF version_info
    LANGUAGE C STABLE PARALLEL RESTRICTED COST 200 ROWS 1 AS 'MODULE_PATHNAME', 'mlregistry_resolve';
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
        range semver_range DEFAULT NULL,
        stage text DEFAULT NULL,
        include_prerelease boolean DEFAULT false,
        latest_by text DEFAULT 'precedence',
        include_deprecated boolean DEFAULT false) RETURNS SETOF version_info
    LANGUAGE sql STABLE PARALLEL RESTRICTED ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        SELECT i.*
          FROM latest_version_id(live_model(model_id), stage, include_prerelease, latest_by, include_deprecated, range) AS latest (id),
               version_info(latest.id) AS i
         WHERE latest.id IS NOT NULL
    $function$;
COMMENT ON FUNCTION latest_version(uuid, semver_range, text, boolean, text, boolean) IS 'latest version of a model, no row when there is none: see latest_version(text, ...)';

CREATE OR REPLACE FUNCTION latest_version(
        model text,
        range semver_range DEFAULT NULL,
        stage text DEFAULT NULL,
        include_prerelease boolean DEFAULT false,
        latest_by text DEFAULT 'precedence',
        include_deprecated boolean DEFAULT false) RETURNS SETOF version_info
    LANGUAGE sql STABLE PARALLEL RESTRICTED ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        SELECT * FROM latest_version(find_model(model), range, stage, include_prerelease, latest_by, include_deprecated)
    $function$;
COMMENT ON FUNCTION latest_version(text, semver_range, text, boolean, text, boolean) IS 'latest version of a model, no row when there is none: the highest release that is neither deprecated nor archived, else the highest such prerelease; of those in a range the highest; latest_by => ''registered'' takes the newest instead';

-- One look-up a model, whatever number of versions it has; where nothing but a range or nothing at all is asked, in one query.
CREATE OR REPLACE FUNCTION latest_versions(
        range semver_range DEFAULT NULL,
        stage text DEFAULT NULL,
        include_prerelease boolean DEFAULT false,
        project text DEFAULT NULL,
        latest_by text DEFAULT 'precedence',
        include_deprecated boolean DEFAULT false) RETURNS SETOF version_info
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_variable
    DECLARE
        organization constant uuid := current_organization_id();
        only_project constant uuid := project_filter(project);
        one_pick text;
        pick text;
    BEGIN
        IF latest_by IS NULL OR latest_by NOT IN ('precedence', 'registered') THEN
            RAISE EXCEPTION 'unknown meaning of latest: "%"', shortened(latest_by)
                USING ERRCODE = 'invalid_parameter_value', HINT = 'latest_by is precedence or registered.';
        END IF;
        PERFORM require_stage(stage);
        IF range IS NULL AND stage IS NULL AND only_project IS NULL AND latest_by = 'precedence'
                AND NOT coalesce(include_prerelease, false) AND NOT coalesce(include_deprecated, false) THEN
            -- What is asked most, and again and again: the statement below for these arguments, with a plan that the session keeps.
            RETURN QUERY
                SELECT m.slug, m.model_name, v.semver, v.stage, v.status,
                       ARRAY(SELECT a.alias FROM model_aliases a WHERE a.model_id = v.model_id AND a.version_id = v.version_id ORDER BY a.alias),
                       v.artifact_uri, v.artifact_size_bytes, v.checksum_sha256,
                       v.framework, v.framework_version, v.model_format, v.description,
                       v.registered_by, v.registered_at, v.version_id, v.model_id, v.project_id
                  FROM (SELECT m.model_id, m.model_name, p.slug
                          FROM models m
                          JOIN projects p USING (project_id)
                         WHERE m.organization_id = organization AND m.is_active AND m.deleted_at IS NULL AND p.deleted_at IS NULL
                         ORDER BY p.slug, m.model_name) AS m
                 CROSS JOIN LATERAL ((SELECT v.* FROM model_versions v
                                       WHERE v.model_id = m.model_id AND v.deleted_at IS NULL AND v.status <> 'archived' AND v.status <> 'deprecated'
                                         AND NOT is_prerelease(v.semver)
                                       ORDER BY v.semver DESC LIMIT 1)
                                     UNION ALL
                                     (SELECT v.* FROM model_versions v
                                       WHERE v.model_id = m.model_id AND v.deleted_at IS NULL AND v.status <> 'archived' AND v.status <> 'deprecated'
                                       ORDER BY v.semver DESC LIMIT 1)
                                     LIMIT 1) AS v
                 ORDER BY m.slug, m.model_name;
            RETURN;
        END IF;
        IF latest_by = 'precedence' AND stage IS NULL THEN
            one_pick := concat('SELECT v.* FROM model_versions v WHERE v.model_id = m.model_id AND v.deleted_at IS NULL AND v.status <> ''archived''',
                               CASE WHEN NOT coalesce(include_deprecated, false) THEN ' AND v.status <> ''deprecated''' END,
                               CASE WHEN range IS NOT NULL AND include_prerelease THEN format(' AND satisfies(v.semver, (SELECT %L::semver_range), true)', range)
                                    WHEN range IS NOT NULL THEN format(' AND v.semver <@ (SELECT %L::semver_range)', range) END, -- as in latest_version_id(), which see
                               '%s ORDER BY v.semver DESC LIMIT 1');
            pick := CASE WHEN range IS NOT NULL OR include_prerelease THEN format(one_pick, '')
                         -- Parts that are appended run one after the other: prereleases are looked at only where there is no release.
                         ELSE format('(%s) UNION ALL (%s) LIMIT 1', format(one_pick, ' AND NOT is_prerelease(v.semver)'), format(one_pick, '')) END;
        ELSE
            -- LIMIT: a probe for each model, never a join with all versions.
            pick := format('SELECT v.* FROM model_versions v WHERE v.version_id = latest_version_id(m.model_id, %L, %L, %L, %L, %L) LIMIT 1',
                           stage, include_prerelease, latest_by, include_deprecated, range);
        END IF;
        -- Models are sorted before their versions are fetched: narrow rows.
        RETURN QUERY EXECUTE format(
            'SELECT m.slug, m.model_name, v.semver, v.stage, v.status,
                    ARRAY(SELECT a.alias FROM model_aliases a WHERE a.model_id = v.model_id AND a.version_id = v.version_id ORDER BY a.alias),
                    v.artifact_uri, v.artifact_size_bytes, v.checksum_sha256,
                    v.framework, v.framework_version, v.model_format, v.description,
                    v.registered_by, v.registered_at, v.version_id, v.model_id, v.project_id
               FROM (SELECT m.model_id, m.model_name, p.slug
                       FROM models m
                       JOIN projects p USING (project_id)
                      WHERE m.organization_id = %L AND m.is_active AND m.deleted_at IS NULL AND p.deleted_at IS NULL%s
                      ORDER BY p.slug, m.model_name) AS m
              CROSS JOIN LATERAL (%s) AS v
              ORDER BY m.slug, m.model_name',
            organization, CASE WHEN only_project IS NOT NULL THEN format(' AND p.project_id = %L', only_project) END, pick);
    END
    $function$;
COMMENT ON FUNCTION latest_versions(semver_range, text, boolean, text, text, boolean) IS 'latest version of every active model, of a range or a stage or at all, one row per model that has one';

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
COMMENT ON FUNCTION list_versions(uuid, text, text, bigint, semver) IS 'versions of a model, highest first: see list_versions(text, ...)';

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
COMMENT ON FUNCTION next_version(uuid, text, text) IS 'version that register_version(bump => part) would register: see next_version(text, ...)';

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
        info version_info;
    BEGIN
        SELECT m.* INTO of_model FROM models m WHERE m.model_id = live_id;
        IF NOT FOUND THEN
            PERFORM live_model(live_id); -- it went this very moment: P0002
        END IF;
        IF (new_semver IS NULL) = (bump IS NULL) THEN
            RAISE EXCEPTION 'give either a version or the part to bump'
                USING ERRCODE = 'invalid_parameter_value',
                      HINT = format('register_version(%L, ''1.0.0'', ...) or register_version(%L, bump => ''minor'', ...).',
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
        PERFORM require_if_exists(if_exists);
        IF if_exists = 'return' AND new_semver IS NOT NULL THEN
            SELECT v.version_id INTO new_id
              FROM model_versions v
             WHERE v.model_id = of_model.model_id AND v.semver = new_semver AND v.deleted_at IS NULL;
            IF FOUND THEN
                info := version_info(new_id);
                IF info.version_id IS NOT NULL THEN
                    RETURN NEXT info;
                    RETURN;
                END IF;
            END IF;
        END IF;
        IF framework IS NULL AND of_model.framework IS NULL THEN
            RAISE EXCEPTION 'a version needs a framework, and model "%" has none to take over', of_model.model_name
                USING ERRCODE = 'null_value_not_allowed',
                      HINT = 'Give framework => ..., or set the model''s: the table frameworks lists them.';
        END IF;

        PERFORM require_access('write', 'versions', of_model.project_id);
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
            IF new_id IS NOT NULL THEN
                info := version_info(new_id);
                EXIT;
            END IF;

            SELECT v.* INTO taken FROM model_versions v WHERE v.model_id = of_model.model_id AND v.semver = new_semver;
            -- Gone again meanwhile: try anew. Or somebody registered just this version by name: count on.
            -- In REPEATABLE READ neither is visible, and the INSERT itself ends in 40001.
            CONTINUE WHEN NOT FOUND OR (bump IS NOT NULL AND next_version(model_id, bump, preid) > new_semver);
            IF if_exists = 'return' AND bump IS NULL AND taken.deleted_at IS NULL THEN
                info := version_info(taken.version_id);
                CONTINUE WHEN info.version_id IS NULL; -- it went this very moment
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
        RETURN NEXT info;
    END
    $function$;
COMMENT ON FUNCTION register_version(uuid, semver, text, text, text, text, bigint, text, text, text, text, text, text, text, text, jsonb, jsonb, text) IS 'registers a version of a model: see register_version(text, ...)';

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
