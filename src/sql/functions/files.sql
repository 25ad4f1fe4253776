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
        PERFORM require_access('write', 'versions', of_version.project_id);
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
