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
    project_id uuid,
    team_name text,
    tags text[]
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

CREATE TYPE team_info AS (
    team_name text,
    department text,
    cost_center text,
    manager_name text,
    team_email text,
    slack_channel text,
    active boolean,
    models bigint,
    datasets bigint,
    created_by text,
    created_at timestamptz,
    team_id uuid
);
COMMENT ON TYPE team_info IS 'A team as functions return it, with how much it owns';

CREATE TYPE tag_info AS (
    tag_name text,
    tag_category text,
    description text,
    created_by text,
    created_at timestamptz,
    tag_id uuid
);
COMMENT ON TYPE tag_info IS 'A tag as functions return it';

CREATE TYPE tagging_info AS (
    kind text,
    reference text,
    tag_name text,
    tag_category text,
    added_by text,
    added_at timestamptz,
    object_id uuid,
    tag_id uuid
);
COMMENT ON TYPE tagging_info IS 'A tag on a model, a version or a dataset as functions return it';

CREATE TYPE dataset_info AS (
    project_slug text,
    dataset_name text,
    display_name text,
    description text,
    team_name text,
    storage_location text,
    storage_format text,
    storage_size_gb numeric,
    row_count bigint,
    column_count integer,
    data_version text,
    data_classification text,
    contains_pii boolean,
    retention_days integer,
    freshness_sla_hours integer,
    last_updated_at timestamptz,
    is_stale boolean,
    tags text[],
    created_by text,
    created_at timestamptz,
    updated_at timestamptz,
    metadata jsonb,
    dataset_id uuid,
    project_id uuid
);
COMMENT ON TYPE dataset_info IS 'A dataset as functions return it, names beside identifiers; is_stale: older than its freshness_sla_hours';

CREATE TYPE metric_info AS (
    project_slug text,
    model_name text,
    semver semver,
    metric_name text,
    metric_value double precision,
    dataset_split text,
    dataset_name text,
    recorded_by text,
    recorded_at timestamptz,
    metric_id uuid,
    version_id uuid
);
COMMENT ON TYPE metric_info IS 'A metric of a version as functions return it';
