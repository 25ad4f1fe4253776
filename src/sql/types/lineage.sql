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
