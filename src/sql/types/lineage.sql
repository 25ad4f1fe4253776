-- Rows that functions of the area lineage return.

CREATE TYPE lineage_info AS (
    depth integer,
    kind text,
    id uuid,
    name text,
    relation text,
    from_kind text,
    from_id uuid,
    from_name text,
    is_hidden boolean,
    is_deleted boolean,
    project_slug text
);
COMMENT ON TYPE lineage_info IS 'A node of lineage as functions return it: how far from the start, and by which relation it was reached from which node';

CREATE TYPE version_parent_info AS (
    project_slug text,
    model_name text,
    semver semver,
    relation text,
    parent_project_slug text,
    parent_model_name text,
    parent_semver semver,
    notes text,
    created_by text,
    created_at timestamptz,
    version_id uuid,
    parent_version_id uuid
);
COMMENT ON TYPE version_parent_info IS 'What a version is to one that it was made from, as functions return it';

CREATE TYPE dataset_parent_info AS (
    project_slug text,
    dataset_name text,
    parent_project_slug text,
    parent_dataset_name text,
    transformation text,
    created_by text,
    created_at timestamptz,
    dataset_id uuid,
    parent_dataset_id uuid
);
COMMENT ON TYPE dataset_parent_info IS 'A dataset and one that it was derived from, as functions return it';
