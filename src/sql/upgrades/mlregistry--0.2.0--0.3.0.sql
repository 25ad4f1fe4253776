-- 0.3.0: the catalog. Before the line FUNCTIONS stands what has no OR REPLACE, after it the rights of new functions;
-- at the line all functions are made anew.

ALTER TYPE model_info ADD ATTRIBUTE team_name text, ADD ATTRIBUTE tags text[];

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

-- They have more arguments now.
DROP FUNCTION register_model(text, text, text, text, text, text, text, text, text, text, boolean, text, text, text, text, jsonb, text, text);
DROP FUNCTION list_models(boolean, text, text, bigint, text);

-- FUNCTIONS
REVOKE EXECUTE ON FUNCTION trg_derive_copy() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION trg_freeze_version() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION trg_freeze_file() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION trg_history_alias() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION trg_effect_alias() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION load_sample_data() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION drop_sample_data() FROM PUBLIC;
