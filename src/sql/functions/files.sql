-- Files of versions.

CREATE OR REPLACE FUNCTION add_version_file(
        version_id uuid,
        path text,
        uri text DEFAULT NULL,
        size_bytes bigint DEFAULT NULL,
        sha256 text DEFAULT NULL,
        media_type text DEFAULT NULL,
        variant text DEFAULT NULL) RETURNS SETOF file_info
    LANGUAGE sql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        WITH added AS (
            INSERT INTO version_files (organization_id, project_id, version_id, path, uri, size_bytes, sha256, media_type, variant)
            SELECT v.organization_id, v.project_id, v.version_id, add_version_file.path, add_version_file.uri,
                   add_version_file.size_bytes, add_version_file.sha256, add_version_file.media_type, add_version_file.variant
              FROM model_versions v
             WHERE v.version_id = add_version_file.version_id AND v.deleted_at IS NULL
            RETURNING *)
        SELECT p.slug, m.model_name, v.semver, f.path, f.uri, f.size_bytes, f.sha256, f.media_type, f.variant, f.file_id, f.version_id
          FROM added f
          JOIN model_versions v ON v.version_id = f.version_id
          JOIN models m ON m.model_id = v.model_id
          JOIN projects p ON p.project_id = f.project_id
    $function$;
COMMENT ON FUNCTION add_version_file(uuid, text, text, bigint, text, text, text) IS 'adds a file to a version; no row when there is no such version';

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
