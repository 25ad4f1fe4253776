-- 0.2.0: files of versions. What has no OR REPLACE stands here; all functions follow, then the tables are migrated.

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
