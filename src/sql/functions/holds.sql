-- What admins do past the rules for everybody else, each time with a reason: corrections of frozen versions, legal holds.

-- What is not named in changes stays; null empties. Histories keep the version as it was written when they were.
CREATE OR REPLACE FUNCTION apply_correction(version_id uuid, changes jsonb) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_variable
    DECLARE
        file record;
    BEGIN
        PERFORM require_access('write', 'versions', (SELECT v.project_id FROM model_versions v WHERE v.version_id = apply_correction.version_id));
        UPDATE model_versions v
           SET semver = CASE WHEN changes ? 'semver' THEN (changes ->> 'semver')::semver ELSE v.semver END,
               artifact_uri = CASE WHEN changes ? 'artifact_uri' THEN changes ->> 'artifact_uri' ELSE v.artifact_uri END,
               artifact_size_bytes = CASE WHEN changes ? 'artifact_size_bytes' THEN (changes ->> 'artifact_size_bytes')::bigint ELSE v.artifact_size_bytes END,
               checksum_sha256 = CASE WHEN changes ? 'checksum_sha256' THEN changes ->> 'checksum_sha256' ELSE v.checksum_sha256 END,
               model_format = CASE WHEN changes ? 'model_format' THEN changes ->> 'model_format' ELSE v.model_format END,
               framework = CASE WHEN changes ? 'framework' THEN changes ->> 'framework' ELSE v.framework END,
               framework_version = CASE WHEN changes ? 'framework_version' THEN changes ->> 'framework_version' ELSE v.framework_version END,
               git_commit = CASE WHEN changes ? 'git_commit' THEN changes ->> 'git_commit' ELSE v.git_commit END,
               input_schema = CASE WHEN changes ? 'input_schema' THEN nullif(changes -> 'input_schema', 'null') ELSE v.input_schema END,
               output_schema = CASE WHEN changes ? 'output_schema' THEN nullif(changes -> 'output_schema', 'null') ELSE v.output_schema END,
               signature = CASE WHEN changes ? 'signature' THEN nullif(changes -> 'signature', 'null') ELSE v.signature END
         WHERE v.version_id = apply_correction.version_id AND changes - 'files' <> '{}';
        FOR file IN SELECT f.key AS path, f.value AS said FROM jsonb_each(coalesce(nullif(changes -> 'files', 'null'), '{}')) AS f ORDER BY f.key LOOP
            IF file.said = 'null' THEN
                DELETE FROM version_files f WHERE f.version_id = apply_correction.version_id AND f.path = file.path;
                IF NOT FOUND THEN
                    RAISE EXCEPTION 'the version has no file "%"', shortened(file.path)
                        USING ERRCODE = 'no_data_found', HINT = 'null deletes the file of that path.';
                END IF;
                CONTINUE;
            END IF;
            UPDATE version_files f
               SET uri = CASE WHEN file.said ? 'uri' THEN file.said ->> 'uri' ELSE f.uri END,
                   size_bytes = CASE WHEN file.said ? 'size_bytes' THEN (file.said ->> 'size_bytes')::bigint ELSE f.size_bytes END,
                   sha256 = CASE WHEN file.said ? 'sha256' THEN file.said ->> 'sha256' ELSE f.sha256 END,
                   media_type = CASE WHEN file.said ? 'media_type' THEN file.said ->> 'media_type' ELSE f.media_type END,
                   variant = CASE WHEN file.said ? 'variant' THEN file.said ->> 'variant' ELSE f.variant END
             WHERE f.version_id = apply_correction.version_id AND f.path = file.path;
            IF NOT FOUND THEN
                INSERT INTO version_files (organization_id, project_id, version_id, path, uri, size_bytes, sha256, media_type, variant)
                SELECT v.organization_id, v.project_id, v.version_id, file.path, file.said ->> 'uri', (file.said ->> 'size_bytes')::bigint,
                       file.said ->> 'sha256', file.said ->> 'media_type', file.said ->> 'variant'
                  FROM model_versions v
                 WHERE v.version_id = apply_correction.version_id;
            END IF;
        END LOOP;
    END
    $function$;
COMMENT ON FUNCTION apply_correction(uuid, jsonb) IS 'changes of correct_version(); called otherwise it changes what anybody may: nothing of a frozen version';

CREATE OR REPLACE FUNCTION run_correction(version_id uuid, changes jsonb) RETURNS void
    LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'mlregistry_run_correction';
COMMENT ON FUNCTION run_correction(uuid, jsonb) IS 'apply_correction() past trigger freeze, for admins: part of correct_version()';

-- mlregistry.reason: what is set in here ends with the function.
CREATE OR REPLACE FUNCTION correct_version(version_id uuid, reason text, changes jsonb) RETURNS SETOF version_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp SET mlregistry.reason = ''
    AS $function$
    #variable_conflict use_variable
    DECLARE
        known CONSTANT text[] := '{semver,artifact_uri,artifact_size_bytes,checksum_sha256,model_format,framework,framework_version,git_commit,input_schema,output_schema,signature,files}';
        known_of_files CONSTANT text[] := '{uri,size_bytes,sha256,media_type,variant}';
        files jsonb;
        unknown text;
    BEGIN
        IF btrim(coalesce(reason, '')) = '' THEN
            RAISE EXCEPTION 'a correction needs a reason' USING ERRCODE = 'null_value_not_allowed', HINT = 'It goes into the audit trail.';
        END IF;
        IF jsonb_typeof(changes) IS DISTINCT FROM 'object' OR changes = '{}' THEN
            RAISE EXCEPTION 'a correction says what changes' USING ERRCODE = 'invalid_parameter_value',
                HINT = 'changes is an object: jsonb_build_object(''artifact_uri'', ...).';
        END IF;
        files := CASE jsonb_typeof(changes -> 'files') WHEN 'null' THEN '{}' ELSE coalesce(changes -> 'files', '{}') END;
        IF jsonb_typeof(files) <> 'object' OR files @? '$.* ? (@.type() <> "object" && @.type() <> "null")' THEN
            RAISE EXCEPTION 'files of a correction are an object of paths' USING ERRCODE = 'invalid_parameter_value',
                HINT = 'Each path has an object, such as {"sha256": "..."}, or null, which deletes the file.';
        END IF;
        unknown := (SELECT min(k) FROM (SELECT k FROM jsonb_object_keys(changes) AS k WHERE k <> ALL (known)
                                        UNION ALL
                                        SELECT k FROM jsonb_path_query(files, '$.* ? (@.type() == "object")') AS f, jsonb_object_keys(f) AS k
                                         WHERE k <> ALL (known_of_files)) AS said (k));
        IF unknown IS NOT NULL THEN
            RAISE EXCEPTION 'nothing to correct is named "%"', shortened(unknown)
                USING ERRCODE = 'invalid_parameter_value',
                      HINT = format('Of a version: %s. Of each file: %s. Everything else is changed by UPDATE.', array_to_string(known, ', '), array_to_string(known_of_files, ', '));
        END IF;
        PERFORM FROM model_versions v WHERE v.version_id = correct_version.version_id;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'version % does not exist', version_id USING ERRCODE = 'no_data_found', HINT = 'list_versions() shows what is there.';
        END IF;
        PERFORM set_config('mlregistry.reason', reason, true);
        PERFORM run_correction(version_id, changes);
        RETURN NEXT version_info(version_id);
    END
    $function$;
COMMENT ON FUNCTION correct_version(uuid, text, jsonb) IS 'puts right what a frozen version says: see correct_version(text, text, jsonb)';

CREATE OR REPLACE FUNCTION correct_version(version text, reason text, changes jsonb) RETURNS SETOF version_info
    LANGUAGE sql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        SELECT * FROM correct_version(find_version(version), reason, changes)
    $function$;
COMMENT ON FUNCTION correct_version(text, text, jsonb) IS 'puts right what a frozen version (a reference) says of its artifact, for admins; the reason goes into the audit trail. changes: an object of columns, such as {"artifact_uri": "..."}, null empties one; files: an object of paths, each with an object of columns or null, which deletes the file. Under legal hold nothing is corrected';

CREATE OR REPLACE FUNCTION set_hold(reference text, held boolean, reason text)
    RETURNS TABLE (kind text, name text, legal_hold boolean, legal_hold_reason text, model_id uuid, version_id uuid)
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp SET mlregistry.reason = ''
    AS $function$
    #variable_conflict use_column
    DECLARE
        said CONSTANT text := reason;
        asked_model uuid;
        asked_version uuid;
        of_model uuid;
    BEGIN
        IF btrim(coalesce(reason, '')) = '' THEN
            RAISE EXCEPTION 'a legal hold needs a reason, and so does its end' USING ERRCODE = 'null_value_not_allowed', HINT = 'It goes into the audit trail.';
        END IF;
        IF (parse_reference(set_hold.reference)).selector IS NULL THEN
            asked_model := find_model(set_hold.reference);
        ELSE
            asked_version := find_version(set_hold.reference);
        END IF;
        PERFORM require_organization('admin', CASE WHEN asked_version IS NULL THEN 'models' ELSE 'versions' END,
                                     CASE WHEN asked_version IS NULL THEN (SELECT m.organization_id FROM models m WHERE m.model_id = asked_model)
                                          ELSE (SELECT v.organization_id FROM model_versions v WHERE v.version_id = asked_version) END);
        -- The model, then its versions, as deployments take them: what is being deleted at this moment is gone before the hold is there,
        -- or stays; no model is hidden beside the hold of one of its versions.
        of_model := coalesce(asked_model, (SELECT v.model_id FROM model_versions v WHERE v.version_id = asked_version));
        PERFORM FROM models m WHERE m.model_id = of_model FOR NO KEY UPDATE;
        PERFORM FROM model_versions v WHERE v.model_id = asked_model OR v.version_id = asked_version ORDER BY v.version_id FOR NO KEY UPDATE;
        IF asked_version IS NULL THEN -- it may have gone this very moment: P0002
            PERFORM live_model(asked_model);
        ELSE
            PERFORM live_version(asked_version);
        END IF;
        PERFORM set_config('mlregistry.reason', said, true);
        UPDATE models m SET legal_hold = held, legal_hold_reason = CASE WHEN held THEN said END
         WHERE m.model_id = asked_model AND (held OR m.legal_hold);
        UPDATE model_versions v SET legal_hold = held, legal_hold_reason = CASE WHEN held THEN said END
         WHERE v.version_id = asked_version AND (held OR v.legal_hold);
        RETURN QUERY
            SELECT 'model', format('%s/%s', p.slug, m.model_name), m.legal_hold, m.legal_hold_reason, m.model_id, NULL::uuid
              FROM models m JOIN projects p USING (project_id) WHERE m.model_id = asked_model
            UNION ALL
            SELECT 'version', format('%s/%s@%s', p.slug, m.model_name, v.semver), v.legal_hold, v.legal_hold_reason, m.model_id, v.version_id
              FROM model_versions v JOIN models m USING (model_id) JOIN projects p ON p.project_id = m.project_id WHERE v.version_id = asked_version;
    END
    $function$;
COMMENT ON FUNCTION set_hold(text, boolean, text) IS 'sets or clears the legal hold of a model or a version: hold() and release()';

CREATE OR REPLACE FUNCTION hold(reference text, reason text)
    RETURNS TABLE (kind text, name text, legal_hold boolean, legal_hold_reason text, model_id uuid, version_id uuid)
    LANGUAGE sql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        SELECT * FROM set_hold(hold.reference, true, hold.reason)
    $function$;
COMMENT ON FUNCTION hold(text, text) IS 'puts a model, with all its versions, or one version (references) under legal hold, for admins: nothing of it is deleted and no artifact changes until release(); a second call gives another reason';

CREATE OR REPLACE FUNCTION release(reference text, reason text)
    RETURNS TABLE (kind text, name text, legal_hold boolean, legal_hold_reason text, model_id uuid, version_id uuid)
    LANGUAGE sql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        SELECT * FROM set_hold(release.reference, false, release.reason)
    $function$;
COMMENT ON FUNCTION release(text, text) IS 'ends the legal hold of a model or a version (a reference), for admins; that of a model is not that of its versions';
