-- Datasets. A reference is [project/]dataset; where other things are meant as well, dataset:[project/]dataset.

CREATE OR REPLACE FUNCTION find_dataset(reference text) RETURNS uuid
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    DECLARE
        bare text := regexp_replace(reference, '^dataset:', '');
        project text := CASE WHEN position('/' IN bare) > 0 THEN split_part(bare, '/', 1) END;
        sought text := substring(bare FROM position('/' IN bare) + 1);
        in_project uuid;
        found_id uuid;
        elsewhere text;
        near text;
    BEGIN
        IF reference IS NULL THEN
            RAISE EXCEPTION 'a dataset reference must not be NULL' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        IF NOT is_valid_tag_name(sought) OR NOT coalesce(is_valid_name(project), true) THEN
            RAISE EXCEPTION 'invalid reference: "%"', shortened(reference)
                USING ERRCODE = 'invalid_text_representation', HINT = 'A dataset is written [project/]name or dataset:[project/]name.';
        END IF;
        in_project := find_project(project);
        SELECT d.dataset_id INTO found_id
          FROM datasets d
          JOIN projects p USING (project_id)
         WHERE d.organization_id = current_organization_id() AND d.project_id = in_project AND d.dataset_name = sought
           AND d.deleted_at IS NULL AND p.deleted_at IS NULL;
        IF found_id IS NOT NULL THEN
            RETURN found_id;
        END IF;
        SELECT string_agg(format('%s/%s', p.slug, d.dataset_name), ', ' ORDER BY p.slug) INTO elsewhere
          FROM datasets d
          JOIN projects p USING (project_id)
         WHERE d.organization_id = current_organization_id() AND d.dataset_name = sought
           AND d.deleted_at IS NULL AND p.deleted_at IS NULL;
        near := near_names(sought, ARRAY(SELECT d.dataset_name FROM datasets d
                                        WHERE d.organization_id = current_organization_id() AND d.project_id = in_project
                                          AND d.deleted_at IS NULL AND abs(octet_length(d.dataset_name) - octet_length(sought)) <= 3
                                        LIMIT 1000));
        RAISE EXCEPTION 'dataset "%" does not exist', shortened(bare)
            USING ERRCODE = 'no_data_found',
                  HINT = CASE
                             WHEN elsewhere IS NOT NULL THEN format('It exists in another project: %s.', elsewhere)
                             WHEN near IS NOT NULL THEN format('Did you mean %s?', near)
                             ELSE 'register_dataset() creates it, list_datasets() shows what is there.'
                         END;
    END
    $function$;
COMMENT ON FUNCTION find_dataset(text) IS 'identifier of the dataset that a reference [project/]name, with or without dataset: before it, names; P0002 when there is none';

-- Seconds, not times: whatever may be stored is compared, infinite times and demands of 200,000 years too.
CREATE OR REPLACE FUNCTION is_stale(freshness_sla_hours integer, last_updated_at timestamptz, created_at timestamptz, at timestamptz DEFAULT now()) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $function$
        SELECT coalesce(extract(epoch FROM coalesce(last_updated_at, created_at)) + freshness_sla_hours * 3600::numeric < extract(epoch FROM at), false)
    $function$;
COMMENT ON FUNCTION is_stale(integer, timestamptz, timestamptz, timestamptz) IS 'true when data was last updated (or, if it never was, registered) longer ago than its freshness allows; false where nothing is demanded';

CREATE OR REPLACE FUNCTION dataset_info(dataset_id uuid) RETURNS dataset_info
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        info dataset_info;
    BEGIN
        SELECT p.slug, d.dataset_name, d.display_name, d.description, t.team_name, d.storage_location, d.storage_format,
               d.storage_size_gb, d.row_count, d.column_count, d.data_version, d.data_classification, d.contains_pii,
               d.retention_days, d.freshness_sla_hours, d.last_updated_at,
               is_stale(d.freshness_sla_hours, d.last_updated_at, d.created_at),
               ARRAY(SELECT g.tag_name FROM dataset_tags dt JOIN tags g USING (tag_id) WHERE dt.dataset_id = d.dataset_id ORDER BY g.tag_name),
               d.created_by, d.created_at, d.updated_at, d.metadata, d.dataset_id, d.project_id
          INTO info
          FROM datasets d
          JOIN projects p USING (project_id)
          LEFT JOIN teams t ON t.team_id = d.team_id
         WHERE d.dataset_id = dataset_info.dataset_id;
        RETURN info;
    END
    $function$;
COMMENT ON FUNCTION dataset_info(uuid) IS 'complete row of one dataset, NULL when there is none';

CREATE OR REPLACE FUNCTION register_dataset(
        dataset_name text,
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
        contains_pii boolean DEFAULT false,
        data_classification text DEFAULT 'internal',
        retention_days integer DEFAULT NULL,
        source_system text DEFAULT NULL,
        metadata jsonb DEFAULT NULL,
        tags text[] DEFAULT NULL,
        if_exists text DEFAULT 'error') RETURNS SETOF dataset_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        in_project uuid := find_project(project);
        of_team uuid := CASE WHEN team IS NOT NULL THEN find_team(team) END;
        new_id uuid;
        taken record;
        info dataset_info;
    BEGIN
        IF dataset_name IS NULL OR storage_location IS NULL OR storage_format IS NULL THEN
            RAISE EXCEPTION 'a dataset needs a name, a storage_location and a storage_format'
                USING ERRCODE = 'null_value_not_allowed',
                      HINT = 'register_dataset(''transactions-2025q4'', ''s3://data/transactions/2025q4/'', ''parquet'').';
        END IF;
        IF in_project IS NULL THEN
            RAISE EXCEPTION 'there is no current project'
                USING ERRCODE = 'object_not_in_prerequisite_state',
                      HINT = 'Name one with project => ..., or choose one with use_project().';
        END IF;
        PERFORM require_if_exists(if_exists);
        IF NOT is_valid_tag_name(dataset_name) THEN
            RAISE EXCEPTION 'invalid dataset name: "%"', shortened(dataset_name)
                USING ERRCODE = 'check_violation',
                      CONSTRAINT = 'valid_dataset_name', SCHEMA = 'mlregistry', TABLE = 'datasets',
                      DETAIL = why_invalid('is_valid_tag_name', dataset_name),
                      HINT = 'Keep what people read in display_name.';
        END IF;
        PERFORM require_access('write', 'datasets', in_project);
        LOOP
            INSERT INTO datasets (organization_id, project_id, dataset_name, display_name, description, purpose, storage_location,
                                  storage_format, storage_size_gb, partition_keys, schema_url, schema_version, data_version, team_id,
                                  data_steward, freshness_sla_hours, last_updated_at, row_count, column_count, contains_pii,
                                  data_classification, retention_days, source_system, metadata)
            VALUES (current_organization_id(), in_project, register_dataset.dataset_name, register_dataset.display_name,
                    register_dataset.description, register_dataset.purpose, register_dataset.storage_location,
                    register_dataset.storage_format, register_dataset.storage_size_gb,
                    coalesce(register_dataset.partition_keys, '{}'), register_dataset.schema_url, register_dataset.schema_version,
                    register_dataset.data_version, of_team, register_dataset.data_steward, register_dataset.freshness_sla_hours,
                    register_dataset.last_updated_at, register_dataset.row_count, register_dataset.column_count,
                    register_dataset.contains_pii, register_dataset.data_classification, register_dataset.retention_days,
                    register_dataset.source_system, coalesce(register_dataset.metadata, '{}'))
            ON CONFLICT (organization_id, project_id, dataset_name) WHERE deleted_at IS NULL DO NOTHING
            RETURNING dataset_id INTO new_id;
            IF new_id IS NOT NULL THEN
                -- In one order everywhere, so that two registrations that create the same tags do not wait for each other.
                PERFORM tag_object('dataset', new_id, wanted.tag_name, create_missing => true)
                   FROM (SELECT DISTINCT t.tag_name FROM unnest(register_dataset.tags) AS t (tag_name) ORDER BY t.tag_name) AS wanted;
                info := dataset_info(new_id);
                EXIT;
            END IF;

            SELECT d.* INTO taken
              FROM datasets d
             WHERE d.organization_id = current_organization_id() AND d.project_id = in_project
               AND d.dataset_name = register_dataset.dataset_name AND d.deleted_at IS NULL;
            CONTINUE WHEN NOT FOUND; -- deleted meanwhile: the name is free again
            IF if_exists = 'error' THEN
                RAISE EXCEPTION 'dataset "%" already exists', dataset_name
                    USING ERRCODE = 'unique_violation',
                          CONSTRAINT = 'unique_dataset_name', SCHEMA = 'mlregistry', TABLE = 'datasets',
                          DETAIL = format('It was created by %s at %s.', taken.created_by, taken.created_at),
                          HINT = 'Take what is there with if_exists => ''return''.';
            END IF;
            info := dataset_info(taken.dataset_id);
            EXIT WHEN info.dataset_id IS NOT NULL; -- NULL: it went this very moment
        END LOOP;
        RETURN NEXT info;
    END
    $function$;
COMMENT ON FUNCTION register_dataset(text, text, text, text, text, text, text, text, numeric, bigint, integer, text[], text, text, text, text, integer, timestamptz, boolean, text, integer, text, jsonb, text[], text) IS 'registers a dataset in a project (NULL: the current one), with tags, which are created where they are missing; if_exists => ''return'' gives the one that is there, unchanged';

-- Asks for itself, as ranked_models(), which see.
CREATE OR REPLACE FUNCTION page_of_datasets(
        search text,
        organization uuid,
        team uuid,
        tag uuid,
        classification text,
        pii boolean,
        storage_format text,
        project uuid,
        max_rows bigint,
        after_slug text,
        after_name text) RETURNS uuid[]
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    SET client_min_messages = warning -- no notices about stop words
    AS $function$
    DECLARE
        as_owner constant text := mlregistry.act_as_owner(); -- before any look at a table
        conditions text;
        page_ids uuid[];
    BEGIN
        PERFORM mlregistry.require_privilege('datasets', 'SELECT');
        conditions := concat(
            mlregistry.readable_condition('d.project_id', 'datasets'),
            CASE WHEN search IS NOT NULL THEN format(' AND (%s)', mlregistry.search_condition(search, 'd.dataset_name', 'd.display_name', 'd.description')) END,
            CASE WHEN team IS NOT NULL THEN format(' AND d.team_id = %L', team) END,
            CASE WHEN tag IS NOT NULL THEN format(' AND EXISTS (SELECT FROM mlregistry.dataset_tags t WHERE t.dataset_id = d.dataset_id AND t.tag_id = %L)', tag) END,
            CASE WHEN classification IS NOT NULL THEN format(' AND d.data_classification = %L', classification) END,
            CASE WHEN pii THEN ' AND d.contains_pii' WHEN NOT pii THEN ' AND NOT d.contains_pii' END,
            CASE WHEN storage_format IS NOT NULL THEN format(' AND d.storage_format = %L', storage_format) END);
        -- As models_page(), which see.
        EXECUTE format(
            'SELECT array_agg(page.dataset_id ORDER BY page.slug, page.dataset_name)
               FROM (SELECT p.slug, listed.dataset_name, listed.dataset_id
                       FROM mlregistry.projects p,
                            LATERAL (SELECT d.dataset_name, d.dataset_id
                                       FROM mlregistry.datasets d
                                      WHERE d.organization_id = %1$L AND d.project_id = p.project_id AND d.deleted_at IS NULL
                                        AND d.dataset_name > CASE WHEN p.slug = %2$L THEN %3$L ELSE '''' END%4$s
                                      ORDER BY d.dataset_name
                                      LIMIT %5$s) AS listed
                      WHERE p.organization_id = %1$L AND p.deleted_at IS NULL%6$s
                      ORDER BY p.slug, listed.dataset_name
                      LIMIT %5$s) AS page',
            organization, after_slug, after_name, conditions, coalesce(max_rows::text, 'ALL'),
            concat(mlregistry.readable_condition('p.project_id', 'datasets'),
                   CASE WHEN project IS NOT NULL THEN format(' AND p.project_id = %L', project) END,
                   CASE WHEN after_slug IS NOT NULL THEN format(' AND p.slug >= %L', after_slug) END))
           INTO page_ids;
        RETURN page_ids;
    END
    $function$;
COMMENT ON FUNCTION page_of_datasets(text, uuid, uuid, uuid, text, boolean, text, uuid, bigint, text, text) IS 'one page of what list_datasets() finds among what the acting one may read';

CREATE OR REPLACE FUNCTION list_datasets(
        search text DEFAULT NULL,
        team text DEFAULT NULL,
        tag text DEFAULT NULL,
        classification text DEFAULT NULL,
        pii boolean DEFAULT NULL,
        storage_format text DEFAULT NULL,
        project text DEFAULT NULL,
        max_rows bigint DEFAULT NULL,
        after text DEFAULT NULL) RETURNS SETOF dataset_info
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_variable
    DECLARE
        only_project uuid := project_filter(project);
        after_slug text;
        after_name text := '';
        page_ids uuid[];
    BEGIN
        IF classification NOT IN ('public', 'internal', 'confidential', 'restricted') THEN
            RAISE EXCEPTION 'unknown classification: "%"', shortened(classification)
                USING ERRCODE = 'invalid_parameter_value',
                      HINT = 'The classifications are public, internal, confidential and restricted.';
        END IF;
        IF after IS NOT NULL THEN
            after := regexp_replace(after, '^dataset:', '');
            after_slug := coalesce(CASE WHEN position('/' IN after) > 0 THEN split_part(after, '/', 1) END,
                                   (SELECT p.slug FROM projects p WHERE p.project_id = coalesce(only_project, current_project_id())));
            IF after_slug IS NULL THEN
                RAISE EXCEPTION 'after names no project: "%"', shortened(after)
                    USING ERRCODE = 'invalid_parameter_value', HINT = 'There is no current project: write it project/name.';
            END IF;
            after_name := substring(after FROM position('/' IN after) + 1);
        END IF;
        page_ids := page_of_datasets(CASE WHEN search IS NOT NULL THEN search_text(search) END, current_organization_id(),
                                     CASE WHEN team IS NOT NULL THEN find_team(team) END, CASE WHEN tag IS NOT NULL THEN find_tag(tag) END,
                                     classification, pii, storage_format, only_project, max_rows, after_slug, after_name);
        RETURN QUERY
            SELECT i.*
              FROM unnest(page_ids) WITH ORDINALITY AS page (dataset_id, n), dataset_info(page.dataset_id) AS i
             ORDER BY page.n;
    END
    $function$;
COMMENT ON FUNCTION list_datasets(text, text, text, text, boolean, text, text, bigint, text) IS 'datasets of the organization by project and name; search finds words of names and description and parts of names; for the next page give the last one seen as after, written project/name';

CREATE OR REPLACE FUNCTION stale_datasets(project text DEFAULT NULL, at timestamptz DEFAULT now())
    RETURNS TABLE (project_slug text, dataset_name text, team_name text, data_steward text, freshness_sla_hours integer,
                   last_updated_at timestamptz, overdue interval, dataset_id uuid)
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 100 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        only_project uuid := project_filter(project);
    BEGIN
        RETURN QUERY
            SELECT p.slug, d.dataset_name, t.team_name, d.data_steward, d.freshness_sla_hours, d.last_updated_at,
                   CASE WHEN isfinite(stale_datasets.at) AND isfinite(coalesce(d.last_updated_at, d.created_at))
                        THEN stale_datasets.at - coalesce(d.last_updated_at, d.created_at) - make_interval(hours => d.freshness_sla_hours) END,
                   d.dataset_id
              FROM datasets d
              JOIN projects p USING (project_id)
              LEFT JOIN teams t ON t.team_id = d.team_id
             WHERE d.organization_id = current_organization_id() AND d.deleted_at IS NULL AND p.deleted_at IS NULL
               AND (only_project IS NULL OR d.project_id = only_project)
               AND is_stale(d.freshness_sla_hours, d.last_updated_at, d.created_at, stale_datasets.at)
             ORDER BY 7 DESC, 1, 2;
    END
    $function$;
COMMENT ON FUNCTION stale_datasets(text, timestamptz) IS 'datasets that are older than their freshness_sla_hours allow, most overdue first (NULL: infinitely); one that was never updated counts from its registration';
