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
