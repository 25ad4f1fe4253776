-- What versions and datasets were made from: facts that people state. What follows from runs and deployments is recorded there.

CREATE OR REPLACE FUNCTION live_dataset(dataset_id uuid) RETURNS uuid
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    BEGIN
        IF live_dataset.dataset_id IS NULL THEN
            RAISE EXCEPTION 'a dataset identifier must not be NULL' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        PERFORM FROM datasets d
                JOIN projects p USING (project_id)
                JOIN organizations o ON o.organization_id = d.organization_id
          WHERE d.dataset_id = live_dataset.dataset_id
            AND d.deleted_at IS NULL AND p.deleted_at IS NULL AND o.deleted_at IS NULL;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'dataset % does not exist', live_dataset.dataset_id
                USING ERRCODE = 'no_data_found', HINT = 'list_datasets() shows what is there.';
        END IF;
        RETURN live_dataset.dataset_id;
    END
    $function$;
COMMENT ON FUNCTION live_dataset(uuid) IS 'the identifier itself if it is that of a dataset that is not deleted, nor its project or organization; P0002 otherwise';

-- As references are written where one works: with the project only where it is another one.
CREATE OR REPLACE FUNCTION version_reference(version_id uuid) RETURNS text
    LANGUAGE sql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        SELECT concat(CASE WHEN p.project_id IS DISTINCT FROM current_project_id() THEN p.slug || '/' END, m.model_name, '@', v.semver)
          FROM model_versions v
          JOIN models m USING (model_id)
          JOIN projects p ON p.project_id = v.project_id
         WHERE v.version_id = version_reference.version_id
    $function$;
COMMENT ON FUNCTION version_reference(uuid) IS 'a version as references name it: [project/]model@version, with the project where it is not the current one; NULL when the caller sees none';

CREATE OR REPLACE FUNCTION dataset_reference(dataset_id uuid) RETURNS text
    LANGUAGE sql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        SELECT concat(CASE WHEN p.project_id IS DISTINCT FROM current_project_id() THEN p.slug || '/' END, d.dataset_name)
          FROM datasets d
          JOIN projects p USING (project_id)
         WHERE d.dataset_id = dataset_reference.dataset_id
    $function$;
COMMENT ON FUNCTION dataset_reference(uuid) IS 'a dataset as references name it: [project/]name, with the project where it is not the current one; NULL when the caller sees none';

CREATE OR REPLACE FUNCTION require_version_relation(relation text) RETURNS void
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    BEGIN
        IF relation IS NULL OR relation NOT IN ('fine-tuned-from', 'distilled-from', 'merged-from', 'quantized-from', 'adapter-of', 'ensemble-of',
                                                'retrained-from', 'derived-from') THEN
            RAISE EXCEPTION 'unknown relation of a version: %', coalesce('"' || shortened(relation) || '"', 'NULL')
                USING ERRCODE = 'invalid_parameter_value',
                      HINT = 'The relations are fine-tuned-from, distilled-from, merged-from, quantized-from, adapter-of, ensemble-of, retrained-from and derived-from.';
        END IF;
    END
    $function$;
COMMENT ON FUNCTION require_version_relation(text) IS 'raises 22023 for a text that does not say what a version can be to another one';

-- ---- versions

CREATE OR REPLACE FUNCTION version_parent_infos(version_id uuid, parent_version_id uuid, relation text) RETURNS SETOF version_parent_info
    LANGUAGE sql STABLE PARALLEL RESTRICTED ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        SELECT p.slug, m.model_name, v.semver, x.relation, pp.slug, pm.model_name, pv.semver, x.notes, x.created_by, x.created_at,
               x.version_id, x.parent_version_id
          FROM version_parents x
          JOIN model_versions v ON v.version_id = x.version_id
          JOIN models m ON m.model_id = v.model_id
          JOIN projects p ON p.project_id = v.project_id
          LEFT JOIN model_versions pv ON pv.version_id = x.parent_version_id
          LEFT JOIN models pm ON pm.model_id = pv.model_id
          LEFT JOIN projects pp ON pp.project_id = pv.project_id
         WHERE x.version_id = version_parent_infos.version_id AND x.parent_version_id = version_parent_infos.parent_version_id
           AND (version_parent_infos.relation IS NULL OR x.relation = version_parent_infos.relation)
         ORDER BY x.relation
    $function$;
COMMENT ON FUNCTION version_parent_infos(uuid, uuid, text) IS 'what a version is to a parent, in one relation or (NULL) all; without names of a parent that the caller may not see any more';

CREATE OR REPLACE FUNCTION add_parent(
        version_id uuid,
        parent_version_id uuid,
        relation text DEFAULT 'derived-from',
        notes text DEFAULT NULL,
        if_exists text DEFAULT 'error') RETURNS SETOF version_parent_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_variable
    DECLARE
        child constant uuid := live_version(version_id);
        parent constant uuid := live_version(parent_version_id);
        of_child record;
        taken record;
    BEGIN
        PERFORM require_version_relation(relation), require_if_exists(if_exists);
        IF child = parent THEN
            RAISE EXCEPTION 'a version is no parent of itself: %', version_reference(child)
                USING ERRCODE = 'check_violation', CONSTRAINT = 'no_self_parent', SCHEMA = 'mlregistry', TABLE = 'version_parents';
        END IF;
        SELECT v.organization_id, v.project_id INTO of_child FROM model_versions v WHERE v.version_id = child;
        PERFORM require_access('write', 'versions', of_child.project_id);
        LOOP
            INSERT INTO version_parents AS x (organization_id, project_id, version_id, parent_version_id, relation, notes)
            VALUES (of_child.organization_id, of_child.project_id, child, parent, relation, notes)
            ON CONFLICT ON CONSTRAINT version_parents_pkey DO NOTHING;
            EXIT WHEN FOUND;
            SELECT x.* INTO taken FROM version_parents x WHERE x.version_id = child AND x.parent_version_id = parent AND x.relation = add_parent.relation;
            CONTINUE WHEN NOT FOUND; -- dropped meanwhile
            IF if_exists = 'error' THEN
                RAISE EXCEPTION '% is % % already', version_reference(child), relation, version_reference(parent)
                    USING ERRCODE = 'unique_violation',
                          CONSTRAINT = 'version_parents_pkey', SCHEMA = 'mlregistry', TABLE = 'version_parents',
                          DETAIL = format('It was added by %s at %s.', taken.created_by, taken.created_at),
                          HINT = 'Take what is there with if_exists => ''return''.';
            END IF;
            EXIT;
        END LOOP;
        RETURN QUERY SELECT i.* FROM version_parent_infos(child, parent, relation) AS i;
    END
    $function$;
COMMENT ON FUNCTION add_parent(uuid, uuid, text, text, text) IS 'says which version a version was made from: see add_parent(text, ...)';

CREATE OR REPLACE FUNCTION add_parent(
        version text,
        parent text,
        relation text DEFAULT 'derived-from',
        notes text DEFAULT NULL,
        if_exists text DEFAULT 'error') RETURNS SETOF version_parent_info
    LANGUAGE sql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        SELECT i.* FROM add_parent(find_version(version), find_version(parent), relation, notes, if_exists) AS i
    $function$;
COMMENT ON FUNCTION add_parent(text, text, text, text, text) IS 'says which version, of any model that the caller may read, a version was made from, and how: fine-tuned-from, distilled-from, merged-from, quantized-from, adapter-of, ensemble-of, retrained-from or derived-from; 23514 (no_cycle) where the parent came from it; if_exists => ''return'' gives what is there, unchanged';

CREATE OR REPLACE FUNCTION drop_parent(version_id uuid, parent_version_id uuid, relation text DEFAULT NULL) RETURNS SETOF version_parent_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_variable
    DECLARE
        child constant uuid := live_version(version_id);
        before version_parent_info[];
        gone text[];
    BEGIN
        IF parent_version_id IS NULL THEN
            RAISE EXCEPTION 'the parent must not be NULL' USING ERRCODE = 'null_value_not_allowed';
        ELSIF relation IS NOT NULL THEN
            PERFORM require_version_relation(relation);
        END IF;
        PERFORM require_access('write', 'versions', (SELECT v.project_id FROM model_versions v WHERE v.version_id = child));
        before := ARRAY(SELECT i FROM version_parent_infos(child, parent_version_id, relation) AS i);
        WITH dropped AS (
            DELETE FROM version_parents x
             WHERE x.version_id = child AND x.parent_version_id = drop_parent.parent_version_id
               AND (drop_parent.relation IS NULL OR x.relation = drop_parent.relation)
            RETURNING x.relation)
        SELECT array_agg(d.relation) INTO gone FROM dropped d;
        RETURN QUERY SELECT i.* FROM unnest(before) AS i WHERE i.relation = ANY (gone);
        IF NOT FOUND THEN
            RAISE EXCEPTION '% is not % %', version_reference(child), coalesce(relation, 'made from'),
                    coalesce(version_reference(parent_version_id), parent_version_id::text)
                USING ERRCODE = 'no_data_found',
                      HINT = coalesce((SELECT format('It is %s.', string_agg(format('%s %s', x.relation, x.name), ', ' ORDER BY x.name, x.relation))
                                         FROM (SELECT x.relation, coalesce(version_reference(x.parent_version_id), x.parent_version_id::text) AS name
                                                 FROM version_parents x
                                                WHERE x.version_id = child
                                                LIMIT 20) AS x
                                       HAVING count(*) > 0),
                                      'It has no parents.');
        END IF;
    END
    $function$;
COMMENT ON FUNCTION drop_parent(uuid, uuid, text) IS 'takes back what a version was made from, also where the parent has been deleted since: see drop_parent(text, text, text)';

CREATE OR REPLACE FUNCTION drop_parent(version text, parent text, relation text DEFAULT NULL) RETURNS SETOF version_parent_info
    LANGUAGE sql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        SELECT i.* FROM drop_parent(find_version(version), find_version(parent), relation) AS i
    $function$;
COMMENT ON FUNCTION drop_parent(text, text, text) IS 'takes back what a version was made from, in one relation or (NULL) all, and returns what was there; lineage as of a time before still shows it';

-- ---- datasets

CREATE OR REPLACE FUNCTION dataset_parent_infos(dataset_id uuid, parent_dataset_id uuid) RETURNS SETOF dataset_parent_info
    LANGUAGE sql STABLE PARALLEL RESTRICTED ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        SELECT p.slug, d.dataset_name, pp.slug, pd.dataset_name, x.transformation, x.created_by, x.created_at, x.dataset_id, x.parent_dataset_id
          FROM dataset_parents x
          JOIN datasets d ON d.dataset_id = x.dataset_id
          JOIN projects p ON p.project_id = d.project_id
          LEFT JOIN datasets pd ON pd.dataset_id = x.parent_dataset_id
          LEFT JOIN projects pp ON pp.project_id = pd.project_id
         WHERE x.dataset_id = dataset_parent_infos.dataset_id AND x.parent_dataset_id = dataset_parent_infos.parent_dataset_id
    $function$;
COMMENT ON FUNCTION dataset_parent_infos(uuid, uuid) IS 'how a dataset came from a parent; without names of a parent that the caller may not see any more';

CREATE OR REPLACE FUNCTION add_dataset_parent(
        dataset_id uuid,
        parent_dataset_id uuid,
        transformation text DEFAULT NULL,
        if_exists text DEFAULT 'error') RETURNS SETOF dataset_parent_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_variable
    DECLARE
        child constant uuid := live_dataset(dataset_id);
        parent constant uuid := live_dataset(parent_dataset_id);
        of_child record;
        taken record;
    BEGIN
        PERFORM require_if_exists(if_exists);
        IF child = parent THEN
            RAISE EXCEPTION 'a dataset is no parent of itself: "%"', dataset_reference(child)
                USING ERRCODE = 'check_violation', CONSTRAINT = 'no_self_parent', SCHEMA = 'mlregistry', TABLE = 'dataset_parents';
        END IF;
        SELECT d.organization_id, d.project_id INTO of_child FROM datasets d WHERE d.dataset_id = child;
        PERFORM require_access('write', 'datasets', of_child.project_id);
        LOOP
            INSERT INTO dataset_parents AS x (organization_id, project_id, dataset_id, parent_dataset_id, transformation)
            VALUES (of_child.organization_id, of_child.project_id, child, parent, transformation)
            ON CONFLICT ON CONSTRAINT dataset_parents_pkey DO NOTHING;
            EXIT WHEN FOUND;
            SELECT x.* INTO taken FROM dataset_parents x WHERE x.dataset_id = child AND x.parent_dataset_id = parent;
            CONTINUE WHEN NOT FOUND; -- dropped meanwhile
            IF if_exists = 'error' THEN
                RAISE EXCEPTION 'dataset "%" is derived from "%" already', dataset_reference(child), dataset_reference(parent)
                    USING ERRCODE = 'unique_violation',
                          CONSTRAINT = 'dataset_parents_pkey', SCHEMA = 'mlregistry', TABLE = 'dataset_parents',
                          DETAIL = format('It was added by %s at %s.', taken.created_by, taken.created_at),
                          HINT = 'Take what is there with if_exists => ''return''.';
            END IF;
            EXIT;
        END LOOP;
        RETURN QUERY SELECT i.* FROM dataset_parent_infos(child, parent) AS i;
    END
    $function$;
COMMENT ON FUNCTION add_dataset_parent(uuid, uuid, text, text) IS 'says which dataset a dataset was derived from: see add_dataset_parent(text, ...)';

CREATE OR REPLACE FUNCTION add_dataset_parent(
        dataset text,
        parent text,
        transformation text DEFAULT NULL,
        if_exists text DEFAULT 'error') RETURNS SETOF dataset_parent_info
    LANGUAGE sql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        SELECT i.* FROM add_dataset_parent(find_dataset(dataset), find_dataset(parent), transformation, if_exists) AS i
    $function$;
COMMENT ON FUNCTION add_dataset_parent(text, text, text, text) IS 'says which dataset, of any project that the caller may read, a dataset was derived from, and by which transformation; 23514 (no_cycle) where the parent came from it; if_exists => ''return'' gives what is there, unchanged';

CREATE OR REPLACE FUNCTION drop_dataset_parent(dataset_id uuid, parent_dataset_id uuid) RETURNS SETOF dataset_parent_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_variable
    DECLARE
        child constant uuid := live_dataset(dataset_id);
        before dataset_parent_info;
    BEGIN
        IF parent_dataset_id IS NULL THEN
            RAISE EXCEPTION 'the parent must not be NULL' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        PERFORM require_access('write', 'datasets', (SELECT d.project_id FROM datasets d WHERE d.dataset_id = child));
        SELECT i.* INTO before FROM dataset_parent_infos(child, parent_dataset_id) AS i;
        DELETE FROM dataset_parents x WHERE x.dataset_id = child AND x.parent_dataset_id = drop_dataset_parent.parent_dataset_id;
        IF before.dataset_id IS NULL OR NOT FOUND THEN
            RAISE EXCEPTION 'dataset "%" is not derived from "%"', dataset_reference(child), coalesce(dataset_reference(parent_dataset_id), parent_dataset_id::text)
                USING ERRCODE = 'no_data_found',
                      HINT = coalesce((SELECT format('It is derived from %s.', string_agg(x.name, ', ' ORDER BY x.name))
                                         FROM (SELECT coalesce(dataset_reference(x.parent_dataset_id), x.parent_dataset_id::text) AS name
                                                 FROM dataset_parents x
                                                WHERE x.dataset_id = child
                                                LIMIT 20) AS x
                                       HAVING count(*) > 0),
                                      'It has no parents.');
        END IF;
        RETURN NEXT before;
    END
    $function$;
COMMENT ON FUNCTION drop_dataset_parent(uuid, uuid) IS 'takes back what a dataset was derived from, also where the parent has been deleted since: see drop_dataset_parent(text, text)';

CREATE OR REPLACE FUNCTION drop_dataset_parent(dataset text, parent text) RETURNS SETOF dataset_parent_info
    LANGUAGE sql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        SELECT i.* FROM drop_dataset_parent(find_dataset(dataset), find_dataset(parent)) AS i
    $function$;
COMMENT ON FUNCTION drop_dataset_parent(text, text) IS 'takes back what a dataset was derived from and returns what was there; lineage as of a time before still shows it';

CREATE OR REPLACE FUNCTION derive_dataset(
        dataset_name text,
        parents text[],
        transformation text,
        storage_location text,
        storage_format text,
        display_name text DEFAULT NULL,
        description text DEFAULT NULL,
        project text DEFAULT NULL,
        team text DEFAULT NULL,
        purpose text DEFAULT NULL,
        storage_size_gb numeric DEFAULT NULL,
        row_count bigint DEFAULT NULL,
        column_count integer DEFAULT NULL,
        partition_keys text[] DEFAULT NULL,
        schema_url text DEFAULT NULL,
        schema_version text DEFAULT NULL,
        data_version text DEFAULT NULL,
        data_steward text DEFAULT NULL,
        freshness_sla_hours integer DEFAULT NULL,
        last_updated_at timestamptz DEFAULT NULL,
        contains_pii boolean DEFAULT NULL,
        data_classification text DEFAULT NULL,
        retention_days integer DEFAULT NULL,
        source_system text DEFAULT NULL,
        metadata jsonb DEFAULT NULL,
        tags text[] DEFAULT NULL,
        if_exists text DEFAULT 'error') RETURNS SETOF dataset_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_variable
    DECLARE
        parent_ids uuid[];
        info dataset_info;
    BEGIN
        IF array_position(parents, NULL) IS NOT NULL OR coalesce(cardinality(parents), 0) = 0 THEN
            RAISE EXCEPTION 'a derived dataset needs the datasets that it came from'
                USING ERRCODE = 'null_value_not_allowed',
                      HINT = 'derive_dataset(''transactions-clean'', ''{transactions-2025q4}'', ''duplicates removed'', ''s3://data/transactions-clean/'', ''parquet'').';
        END IF;
        -- A name without a project is of the one that the dataset goes to.
        SELECT array_agg(DISTINCT found.id) INTO parent_ids
          FROM unnest(parents) AS wanted (reference),
               regexp_replace(wanted.reference, '^dataset:', '') AS bare,
               find_dataset(CASE WHEN position('/' IN bare) > 0 THEN bare ELSE concat_ws('/', project, bare) END) AS found (id);
        -- What holds of what it was made of holds of it, until somebody says that it does not.
        IF contains_pii IS NULL THEN
            contains_pii := (SELECT bool_or(d.contains_pii) FROM datasets d WHERE d.dataset_id = ANY (parent_ids));
        END IF;
        IF data_classification IS NULL THEN
            data_classification := (SELECT c.name
                                      FROM unnest('{public,internal,confidential,restricted}'::text[]) WITH ORDINALITY AS c (name, rank)
                                      JOIN datasets d ON d.data_classification = c.name
                                     WHERE d.dataset_id = ANY (parent_ids)
                                     ORDER BY c.rank DESC
                                     LIMIT 1);
        END IF;
        SELECT i.* INTO info
          FROM register_dataset(dataset_name, storage_location, storage_format, display_name, description, project, team, purpose, storage_size_gb,
                                row_count, column_count, partition_keys, schema_url, schema_version, data_version, data_steward,
                                freshness_sla_hours, last_updated_at, coalesce(contains_pii, false), coalesce(data_classification, 'internal'),
                                retention_days, source_system, metadata, tags, if_exists) AS i;
        -- In one order everywhere, so that two derivations do not wait for each other's parents.
        PERFORM add_dataset_parent(info.dataset_id, wanted.id, transformation, if_exists => 'return')
           FROM (SELECT p.id FROM unnest(parent_ids) AS p (id) ORDER BY p.id) AS wanted;
        RETURN NEXT info;
    END
    $function$;
COMMENT ON FUNCTION derive_dataset(text, text[], text, text, text, text, text, text, text, text, numeric, bigint, integer, text[], text, text, text, text, integer, timestamptz, boolean, text, integer, text, jsonb, text[], text) IS 'registers a dataset that was made from others by a transformation: as register_dataset(), but where contains_pii and data_classification are not given, they are those of the parents (true if one has personal data, and the strictest class); if_exists => ''return'' adds parents that are missing to the dataset that is there, which stays as it is';

CREATE OR REPLACE FUNCTION derive_dataset(
        dataset_name text,
        parent text,
        transformation text,
        storage_location text,
        storage_format text,
        display_name text DEFAULT NULL,
        description text DEFAULT NULL,
        project text DEFAULT NULL,
        team text DEFAULT NULL,
        purpose text DEFAULT NULL,
        storage_size_gb numeric DEFAULT NULL,
        row_count bigint DEFAULT NULL,
        column_count integer DEFAULT NULL,
        partition_keys text[] DEFAULT NULL,
        schema_url text DEFAULT NULL,
        schema_version text DEFAULT NULL,
        data_version text DEFAULT NULL,
        data_steward text DEFAULT NULL,
        freshness_sla_hours integer DEFAULT NULL,
        last_updated_at timestamptz DEFAULT NULL,
        contains_pii boolean DEFAULT NULL,
        data_classification text DEFAULT NULL,
        retention_days integer DEFAULT NULL,
        source_system text DEFAULT NULL,
        metadata jsonb DEFAULT NULL,
        tags text[] DEFAULT NULL,
        if_exists text DEFAULT 'error') RETURNS SETOF dataset_info
    LANGUAGE sql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        -- A literal without a type comes here, that of an array too: no name begins with a brace.
        SELECT i.*
          FROM derive_dataset(dataset_name, CASE WHEN parent LIKE '{%' THEN parent::text[] ELSE ARRAY[parent] END, transformation,
                              storage_location, storage_format, display_name, description, project, team, purpose, storage_size_gb, row_count,
                              column_count, partition_keys, schema_url, schema_version, data_version, data_steward, freshness_sla_hours,
                              last_updated_at, contains_pii, data_classification, retention_days, source_system, metadata, tags, if_exists) AS i
    $function$;
COMMENT ON FUNCTION derive_dataset(text, text, text, text, text, text, text, text, text, text, numeric, bigint, integer, text[], text, text, text, text, integer, timestamptz, boolean, text, integer, text, jsonb, text[], text) IS 'registers a dataset that was made from another one, or, written {a,b}, several: see derive_dataset(text, text[], ...)';
