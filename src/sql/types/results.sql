-- Rows that functions return. Types of our own, not of tables: a member of the extension must not depend on a table.

CREATE TYPE model_info AS (
    project_slug text,
    model_name text,
    display_name text,
    description text,
    framework text,
    risk_level text,
    compliance_required boolean,
    is_active boolean,
    latest_version semver,
    version_count bigint,
    created_by text,
    created_at timestamptz,
    updated_at timestamptz,
    metadata jsonb,
    model_id uuid,
    project_id uuid
);
COMMENT ON TYPE model_info IS 'A model as functions return it, names beside identifiers';

CREATE TYPE version_info AS (
    project_slug text,
    model_name text,
    semver semver,
    stage text,
    status text,
    aliases text[],
    artifact_uri text,
    artifact_size_bytes bigint,
    checksum_sha256 text,
    framework text,
    framework_version text,
    model_format text,
    description text,
    registered_by text,
    registered_at timestamptz,
    version_id uuid,
    model_id uuid,
    project_id uuid
);
COMMENT ON TYPE version_info IS 'A version of a model as functions return it, names beside identifiers';

CREATE TYPE alias_info AS (
    project_slug text,
    model_name text,
    alias text,
    semver semver,
    previous_semver semver,
    set_by text,
    set_at timestamptz,
    version_id uuid,
    model_id uuid
);
COMMENT ON TYPE alias_info IS 'An alias as functions return it: the version it names, and the one that it named before';

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
