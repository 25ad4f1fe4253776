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

CREATE TYPE lineage_path_info AS (
    path integer,
    step integer,
    kind text,
    id uuid,
    name text,
    relation text,
    direction text,
    is_hidden boolean,
    is_deleted boolean,
    project_slug text
);
COMMENT ON TYPE lineage_path_info IS 'A step of a way between two nodes of lineage; relation: what the child of this step and the one before is to the parent';

CREATE TYPE common_ancestor_info AS (
    kind text,
    id uuid,
    name text,
    depth_a integer,
    depth_b integer,
    is_nearest boolean,
    is_hidden boolean,
    is_deleted boolean,
    project_slug text
);
COMMENT ON TYPE common_ancestor_info IS 'What two nodes of lineage both came from, and how far it is from each; is_nearest: nothing that both came from came from it';

CREATE TYPE impact_info AS (
    kind text,
    environment_name text,
    environment_type text,
    deployment_name text,
    model_name text,
    semver text,
    status text,
    traffic_percentage numeric,
    endpoint_url text,
    depth integer,
    path text[],
    relations text[],
    is_trained boolean,
    is_hidden boolean,
    is_deleted boolean,
    team_name text,
    project_slug text,
    deployment_id uuid,
    version_id uuid,
    model_id uuid,
    environment_id uuid
);
COMMENT ON TYPE impact_info IS 'A deployment that something has an effect on, with the shortest way that leads there; or a version that nothing serves, or where the way ends because the caller may not see on (kind, is_hidden)';

CREATE TYPE openlineage_event AS (
    event_time timestamptz,
    event_type text,
    run_id uuid,
    version_id uuid,
    project_slug text,
    event jsonb,
    page_key text
);
COMMENT ON TYPE openlineage_event IS 'An event of OpenLineage as openlineage_events() returns it: START, COMPLETE, ABORT or FAIL of a run, or, without a type, a version that was registered; page_key: where the next page goes on';
