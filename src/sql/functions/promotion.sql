-- What becomes of versions: stages and states, by functions that say what was, what is and why.

CREATE OR REPLACE FUNCTION lock_versions(model_id uuid) RETURNS void
    LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'mlregistry_lock_versions';
COMMENT ON FUNCTION lock_versions(uuid) IS 'makes other sessions that promote or deploy versions of this model wait until this transaction ends; needs the right to update versions';

CREATE OR REPLACE FUNCTION version_state_info(version_id uuid, previous_stage text, previous_status text) RETURNS version_state_info
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        info version_state_info;
    BEGIN
        SELECT p.slug, m.model_name, v.semver, v.stage, version_state_info.previous_stage, v.status, version_state_info.previous_status,
               ARRAY(SELECT a.alias FROM model_aliases a WHERE a.version_id = v.version_id ORDER BY a.alias),
               (SELECT count(*) FROM deployments d WHERE d.version_id = v.version_id AND d.status IN ('active', 'degraded') AND d.deleted_at IS NULL),
               v.validated_by, v.validated_at, v.promoted_to_production_at, v.deprecated_at, v.deprecation_reason, v.archived_at,
               v.version_id, v.model_id, v.project_id
          INTO info
          FROM model_versions v
          JOIN models m USING (model_id)
          JOIN projects p ON p.project_id = m.project_id
         WHERE v.version_id = version_state_info.version_id;
        RETURN info;
    END
    $function$;
COMMENT ON FUNCTION version_state_info(uuid, text, text) IS 'stage and status of a version, and what they were before, as functions return them';

-- What a function changes: the row is locked, so that what is asked of it is still so when it is written.
CREATE OR REPLACE FUNCTION lock_version(version uuid, OUT stage text, OUT status text, OUT was_validated boolean)
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        live_id constant uuid := live_version(version);
    BEGIN
        PERFORM require_access('write', 'versions', (SELECT v.project_id FROM model_versions v WHERE v.version_id = live_id));
        SELECT v.stage, v.status, v.validated_at IS NOT NULL INTO lock_version.stage, lock_version.status, lock_version.was_validated
          FROM model_versions v
         WHERE v.version_id = live_id AND v.deleted_at IS NULL
           FOR NO KEY UPDATE;
        IF NOT FOUND THEN
            PERFORM live_version(live_id); -- it went this very moment: P0002
        END IF;
    END
    $function$;
COMMENT ON FUNCTION lock_version(uuid) IS 'stage and status of a version, which nobody else changes until this transaction ends; P0002 when there is none, 42501 for who may not change it';

-- ---- stages

-- Locks: what promotions of the model take, the alias, the version that is in production, the one that is promoted. A deployment takes the model before its versions, an alias
-- is taken before its version.
CREATE OR REPLACE FUNCTION promote(
        version_id uuid,
        stage text,
        alias text DEFAULT NULL,
        previous text DEFAULT 'staging',
        reason text DEFAULT NULL,
        force boolean DEFAULT false) RETURNS SETOF version_state_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 2 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        live_id constant uuid := live_version(promote.version_id);
        of_version record;
        was record;
        said_before text;
        displaced uuid;
        displaced_was record;
    BEGIN
        IF promote.stage IS NULL THEN
            RAISE EXCEPTION 'the stage must not be NULL' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        PERFORM require_stage(promote.stage);
        IF promote.stage = 'archived' THEN
            RAISE EXCEPTION 'nothing is promoted into the archive'
                USING ERRCODE = 'invalid_parameter_value', HINT = 'archive_version() moves a version there.';
        END IF;
        IF promote.previous IS NULL OR promote.previous NOT IN ('development', 'staging', 'archived') THEN
            RAISE EXCEPTION 'unknown value of previous: %', coalesce('"' || shortened(promote.previous) || '"', 'NULL')
                USING ERRCODE = 'invalid_parameter_value',
                      HINT = 'What is in production goes to staging, or to development or archived.';
        END IF;
        SELECT v.model_id, v.project_id, v.semver, m.model_name INTO of_version
          FROM model_versions v JOIN models m USING (model_id) WHERE v.version_id = live_id;
        PERFORM require_access('write', 'versions', of_version.project_id);
        PERFORM lock_versions(of_version.model_id);
        said_before := say_reason(promote.reason);
        IF promote.stage = 'production' THEN
            PERFORM FROM model_aliases a WHERE a.model_id = of_version.model_id AND a.alias = lower(btrim(promote.alias))
              FOR NO KEY UPDATE;
            -- What is there before what comes, as plain SQL does it. That takes no lock of the model: while this waits for the one that
            -- it sees in production, another one may come in its place.
            LOOP
                SELECT v.version_id, v.stage, v.status INTO displaced_was
                  FROM model_versions v
                 WHERE v.model_id = of_version.model_id AND v.stage = 'production' AND v.deleted_at IS NULL AND v.version_id <> live_id
                   FOR NO KEY UPDATE;
                EXIT WHEN FOUND OR NOT EXISTS (SELECT FROM model_versions v
                                                WHERE v.model_id = of_version.model_id AND v.stage = 'production' AND v.deleted_at IS NULL
                                                  AND v.version_id <> live_id);
            END LOOP;
        END IF;
        IF promote.alias IS NOT NULL THEN
            PERFORM FROM set_alias(of_version.model_id, promote.alias, of_version.semver::text);
        END IF;
        was := lock_version(live_id);
        IF was.status = 'archived' THEN
            RAISE EXCEPTION 'version %@% is archived', of_version.model_name, of_version.semver
                USING ERRCODE = 'check_violation',
                      CONSTRAINT = 'model_versions_transition', SCHEMA = 'mlregistry', TABLE = 'model_versions', COLUMN = 'stage',
                      DETAIL = format('From archived to %s.', promote.stage), HINT = 'unarchive_version() takes it out of the archive first.';
        END IF;
        -- Asked of the row that is locked: who deprecates it at this moment comes before or after.
        IF was.status = 'deprecated' AND promote.stage IN ('staging', 'production') AND was.stage NOT IN (promote.stage, 'production') AND promote.force IS NOT TRUE THEN
            RAISE EXCEPTION 'version %@% is deprecated', of_version.model_name, of_version.semver
                USING ERRCODE = 'object_not_in_prerequisite_state',
                      DETAIL = coalesce((SELECT 'The reason is: ' || v.deprecation_reason FROM model_versions v WHERE v.version_id = live_id), 'No reason was given.'),
                      HINT = 'undeprecate_version() takes it back into use; force => true promotes it as it is.';
        END IF;
        IF promote.stage = 'production' AND was.stage <> 'production' THEN
            displaced := displaced_was.version_id;
            UPDATE model_versions v SET stage = promote.previous WHERE v.version_id = displaced;
        END IF;
        UPDATE model_versions v SET stage = promote.stage WHERE v.version_id = live_id AND v.stage <> promote.stage;
        PERFORM set_config('mlregistry.reason', said_before, true);
        RETURN NEXT version_state_info(live_id, was.stage, was.status);
        IF displaced IS NOT NULL THEN
            RETURN NEXT version_state_info(displaced, displaced_was.stage, displaced_was.status);
        END IF;
    END
    $function$;
COMMENT ON FUNCTION promote(uuid, text, text, text, text, boolean) IS 'moves a version into a stage: see promote(text, text, ...)';

CREATE OR REPLACE FUNCTION promote(
        version text,
        stage text,
        alias text DEFAULT NULL,
        previous text DEFAULT 'staging',
        reason text DEFAULT NULL,
        force boolean DEFAULT false) RETURNS SETOF version_state_info
    LANGUAGE sql VOLATILE PARALLEL UNSAFE ROWS 2 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        SELECT * FROM promote(find_version(version), stage, alias, previous, reason, force)
    $function$;
COMMENT ON FUNCTION promote(text, text, text, text, text, boolean) IS 'moves a version into a stage (development, staging, production), and an alias to it, in one step: the version that is in production so far goes to staging, or where previous says (development, archived), and is returned after the promoted one; readers see the one or the other there, never none or two; force: also a deprecated version nearer to production';

-- ---- states

CREATE OR REPLACE FUNCTION move_version(version uuid, to_status text, reason text) RETURNS SETOF version_state_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        was record := lock_version(version);
        said_before text := say_reason(move_version.reason);
    BEGIN
        UPDATE model_versions v
           SET status = to_status,
               deprecation_reason = CASE WHEN to_status = 'deprecated' THEN coalesce(move_version.reason, v.deprecation_reason) ELSE v.deprecation_reason END
         WHERE v.version_id = version
           AND (v.status <> to_status OR to_status = 'deprecated' AND v.deprecation_reason IS DISTINCT FROM coalesce(move_version.reason, v.deprecation_reason));
        PERFORM set_config('mlregistry.reason', said_before, true);
        RETURN NEXT version_state_info(version, was.stage, was.status);
    END
    $function$;
COMMENT ON FUNCTION move_version(uuid, text, text) IS 'gives a version a status: what validate_version(), deprecate_version() and archive_version() have in common';

CREATE OR REPLACE FUNCTION validate_version(version_id uuid, reason text DEFAULT NULL) RETURNS SETOF version_state_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        live_id constant uuid := live_version(validate_version.version_id);
        was record := lock_version(live_id);
        said_before text;
    BEGIN
        IF was.status = 'deployed' AND NOT was.was_validated THEN
            -- It serves already: who has looked at it is written down, its status stays.
            said_before := say_reason(validate_version.reason);
            UPDATE model_versions v SET validated_at = now(), validated_by = current_actor() WHERE v.version_id = live_id;
            PERFORM set_config('mlregistry.reason', said_before, true);
            RETURN NEXT version_state_info(live_id, was.stage, was.status);
        ELSIF was.status IN ('deprecated', 'archived') THEN
            -- Somebody has validated it perhaps, and the move is one that there is: but not one that is meant here.
            RAISE EXCEPTION 'a version that is % is not validated', was.status
                USING ERRCODE = 'check_violation',
                      CONSTRAINT = 'model_versions_transition', SCHEMA = 'mlregistry', TABLE = 'model_versions', COLUMN = 'status',
                      DETAIL = format('From %s to validated.', was.status),
                      HINT = CASE was.status WHEN 'archived' THEN 'unarchive_version() takes it out of the archive first.'
                                             ELSE 'undeprecate_version() takes it back into use first.' END;
        ELSIF was.status = 'deployed' THEN
            RETURN NEXT version_state_info(live_id, was.stage, was.status);
        ELSE
            RETURN QUERY SELECT * FROM move_version(live_id, 'validated', validate_version.reason);
        END IF;
    END
    $function$;
COMMENT ON FUNCTION validate_version(uuid, text) IS 'says that a version has been validated: see validate_version(text, text)';

CREATE OR REPLACE FUNCTION validate_version(version text, reason text DEFAULT NULL) RETURNS SETOF version_state_info
    LANGUAGE sql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        SELECT * FROM validate_version(find_version(version), reason)
    $function$;
COMMENT ON FUNCTION validate_version(text, text) IS 'says that the acting one has validated a version; one that serves already stays deployed, with who has validated it and when';

CREATE OR REPLACE FUNCTION deprecate_version(version_id uuid, reason text DEFAULT NULL) RETURNS SETOF version_state_info
    LANGUAGE sql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        SELECT * FROM move_version(live_version(version_id), 'deprecated', reason)
    $function$;
COMMENT ON FUNCTION deprecate_version(uuid, text) IS 'says that a version is not to be used any more: see deprecate_version(text, text)';

CREATE OR REPLACE FUNCTION deprecate_version(version text, reason text DEFAULT NULL) RETURNS SETOF version_state_info
    LANGUAGE sql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        SELECT * FROM move_version(find_version(version), 'deprecated', reason)
    $function$;
COMMENT ON FUNCTION deprecate_version(text, text) IS 'says that a version is not to be used any more: it does not count as latest, nor in ranges, and is deployed by force only; what serves it goes on (live_deployments)';

CREATE OR REPLACE FUNCTION archive_version(version_id uuid, reason text DEFAULT NULL) RETURNS SETOF version_state_info
    LANGUAGE sql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        SELECT * FROM move_version(live_version(version_id), 'archived', reason)
    $function$;
COMMENT ON FUNCTION archive_version(uuid, text) IS 'moves a version into the archive: see archive_version(text, text)';

CREATE OR REPLACE FUNCTION archive_version(version text, reason text DEFAULT NULL) RETURNS SETOF version_state_info
    LANGUAGE sql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        SELECT * FROM move_version(find_version(version), 'archived', reason)
    $function$;
COMMENT ON FUNCTION archive_version(text, text) IS 'moves a version that is deployed nowhere into the archive, stage and status';

-- Where a version comes back to is what it was worth before: registered, or validated if somebody has validated it.
CREATE OR REPLACE FUNCTION return_version(version uuid, from_status text, back text, reason text) RETURNS SETOF version_state_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        was record := lock_version(version);
        said_before text;
    BEGIN
        IF was.status <> from_status THEN
            RAISE EXCEPTION 'a version that is % is not %', was.status, back
                USING ERRCODE = 'check_violation',
                      CONSTRAINT = 'model_versions_transition', SCHEMA = 'mlregistry', TABLE = 'model_versions', COLUMN = 'status',
                      DETAIL = (SELECT format('Version %s@%s is %s.', m.model_name, v.semver, v.status)
                                  FROM model_versions v JOIN models m USING (model_id) WHERE v.version_id = version),
                      HINT = format('That is for one that is %s.', from_status);
        END IF;
        said_before := say_reason(return_version.reason);
        UPDATE model_versions v SET status = CASE WHEN was.was_validated THEN 'validated' ELSE 'registered' END WHERE v.version_id = version;
        PERFORM set_config('mlregistry.reason', said_before, true);
        RETURN NEXT version_state_info(version, was.stage, was.status);
    END
    $function$;
COMMENT ON FUNCTION return_version(uuid, text, text, text) IS 'takes a version back to registered or validated: what undeprecate_version() and unarchive_version() have in common';

CREATE OR REPLACE FUNCTION undeprecate_version(version_id uuid, reason text DEFAULT NULL) RETURNS SETOF version_state_info
    LANGUAGE sql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        SELECT * FROM return_version(live_version(version_id), 'deprecated', 'taken back into use', reason)
    $function$;
COMMENT ON FUNCTION undeprecate_version(uuid, text) IS 'takes the deprecation of a version back: see undeprecate_version(text, text)';

CREATE OR REPLACE FUNCTION undeprecate_version(version text, reason text DEFAULT NULL) RETURNS SETOF version_state_info
    LANGUAGE sql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        SELECT * FROM return_version(find_version(version), 'deprecated', 'taken back into use', reason)
    $function$;
COMMENT ON FUNCTION undeprecate_version(text, text) IS 'takes the deprecation of a version back: it is registered again, validated if somebody has validated it, deployed if it serves';

CREATE OR REPLACE FUNCTION unarchive_version(version_id uuid, reason text DEFAULT NULL) RETURNS SETOF version_state_info
    LANGUAGE sql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        SELECT * FROM return_version(live_version(version_id), 'archived', 'taken out of the archive', reason)
    $function$;
COMMENT ON FUNCTION unarchive_version(uuid, text) IS 'takes a version out of the archive: see unarchive_version(text, text)';

CREATE OR REPLACE FUNCTION unarchive_version(version text, reason text DEFAULT NULL) RETURNS SETOF version_state_info
    LANGUAGE sql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        SELECT * FROM return_version(find_version(version), 'archived', 'taken out of the archive', reason)
    $function$;
COMMENT ON FUNCTION unarchive_version(text, text) IS 'takes a version out of the archive, into stage development: it is registered again, validated if somebody has validated it';

-- ---- the machines as a drawing

CREATE OR REPLACE FUNCTION lifecycle_dot(entity text) RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    BEGIN
        -- Words of the machines are quoted all the same: quotes and backslashes would end them.
        RETURN (
            WITH move AS (SELECT m.*, row_number() OVER () AS n FROM lifecycle(lifecycle_dot.entity) AS m), -- which knows what entities there are
            word AS (SELECT w.state, min(w.n) AS n, bool_or(w.is_final) AS is_final
                       FROM (SELECT m.from_state AS state, m.n, false AS is_final FROM move m WHERE m.from_state IS NOT NULL
                             UNION ALL
                             SELECT m.to_state, m.n, m.is_final FROM move m) AS w
                      GROUP BY w.state)
            SELECT concat_ws(E'\n',
                             format('digraph %s {', dot_id(lifecycle_dot.entity)),
                             '    rankdir = LR;',
                             '    node [shape = box, style = rounded];',
                             '    "" [shape = point];',
                             (SELECT string_agg(format('    %s%s;', dot_id(w.state), CASE WHEN w.is_final THEN ' [peripheries = 2]' ELSE '' END), E'\n' ORDER BY w.n, w.state)
                                FROM word w),
                             (SELECT string_agg(format('    %s -> %s%s;', dot_id(coalesce(m.from_state, '')), dot_id(m.to_state),
                                                       CASE WHEN m.only_if IS NOT NULL THEN format(' [label = %s]', dot_id('if ' || m.only_if)) ELSE '' END),
                                                E'\n' ORDER BY m.n)
                                FROM move m),
                             '}') || E'\n');
    END
    $function$;
COMMENT ON FUNCTION lifecycle_dot(text) IS 'the states of an entity and the moves between them as a Graphviz graph: psql -Atc "SELECT lifecycle_dot(''deployment'')" | dot -Tsvg; double frames: nothing leads out of that';

CREATE OR REPLACE FUNCTION dot_id(name text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $function$SELECT '"' || replace(replace(name, '\', '\\'), '"', '\"') || '"'$function$;
COMMENT ON FUNCTION dot_id(text) IS 'a text as a quoted identifier of Graphviz''s language';
