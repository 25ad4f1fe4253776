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

-- FUNCTIONS
-- No new function has rights of its own.
