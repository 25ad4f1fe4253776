-- Experiments. A reference is [project/]experiment; where other things are meant as well, experiment:[project/]experiment.

-- Names of experiments may have anything in them, a slash too: what stands before the first one is a project only where there
-- is a project of that name.
CREATE OR REPLACE FUNCTION parse_experiment(reference text, project text DEFAULT NULL, OUT in_project uuid, OUT experiment_name text)
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    DECLARE
        bare text := regexp_replace(reference, '^experiment:', '');
    BEGIN
        IF reference IS NULL THEN
            RAISE EXCEPTION 'an experiment reference must not be NULL' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        in_project := find_project(parse_experiment.project);
        experiment_name := btrim(bare);
        IF position('/' IN bare) > 1 THEN
            SELECT p.project_id, btrim(substr(bare, position('/' IN bare) + 1)) INTO in_project, experiment_name
              FROM projects p
             WHERE p.organization_id = current_organization_id() AND p.slug = split_part(bare, '/', 1) AND p.deleted_at IS NULL;
            IF NOT FOUND THEN
                in_project := find_project(parse_experiment.project);
                experiment_name := btrim(bare);
            END IF;
        END IF;
    END
    $function$;
COMMENT ON FUNCTION parse_experiment(text, text) IS 'parts of [project/]experiment, with or without experiment: before it; without a project in it, it is of the one that is given (NULL: the current one)';

CREATE OR REPLACE FUNCTION experiment_named(in_project uuid, experiment_name text) RETURNS uuid
    LANGUAGE sql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        SELECT e.experiment_id
          FROM experiments e
          JOIN projects p ON p.project_id = e.project_id AND p.deleted_at IS NULL
         WHERE e.organization_id = current_organization_id() AND e.project_id = experiment_named.in_project
           AND e.experiment_name = experiment_named.experiment_name AND e.deleted_at IS NULL
    $function$;
COMMENT ON FUNCTION experiment_named(uuid, text) IS 'identifier of the experiment of a project that has a name, NULL when there is none';

CREATE OR REPLACE FUNCTION find_experiment(reference text, project text DEFAULT NULL) RETURNS uuid
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    DECLARE
        sought record := parse_experiment(reference, project);
        found_id uuid := experiment_named(sought.in_project, sought.experiment_name);
        elsewhere text;
        near text;
    BEGIN
        IF found_id IS NOT NULL THEN
            RETURN found_id;
        END IF;
        SELECT string_agg(format('%s/%s', p.slug, e.experiment_name), ', ' ORDER BY p.slug) INTO elsewhere
          FROM experiments e
          JOIN projects p USING (project_id)
         WHERE e.organization_id = current_organization_id() AND e.experiment_name = sought.experiment_name
           AND e.deleted_at IS NULL AND p.deleted_at IS NULL;
        near := near_names(sought.experiment_name, ARRAY(SELECT e.experiment_name FROM experiments e
                                                          WHERE e.organization_id = current_organization_id()
                                                            AND e.project_id = sought.in_project AND e.deleted_at IS NULL
                                                            AND abs(octet_length(e.experiment_name) - octet_length(sought.experiment_name)) <= 3
                                                          LIMIT 1000));
        RAISE EXCEPTION 'experiment "%" does not exist', shortened(sought.experiment_name)
            USING ERRCODE = 'no_data_found',
                  HINT = CASE
                             WHEN elsewhere IS NOT NULL THEN format('It exists in another project: %s.', shortened(elsewhere))
                             WHEN near IS NOT NULL THEN format('Did you mean %s?', near)
                             ELSE 'create_experiment() creates it, search_experiments() shows what is there.'
                         END;
    END
    $function$;
COMMENT ON FUNCTION find_experiment(text, text) IS 'identifier of the experiment that a reference [project/]name, with or without experiment: before it, names; P0002 when there is none';

CREATE OR REPLACE FUNCTION live_experiment(experiment_id uuid) RETURNS uuid
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    BEGIN
        IF live_experiment.experiment_id IS NULL THEN
            RAISE EXCEPTION 'an experiment identifier must not be NULL' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        PERFORM FROM experiments e
                JOIN projects p USING (project_id)
                JOIN organizations o ON o.organization_id = e.organization_id
          WHERE e.experiment_id = live_experiment.experiment_id
            AND e.deleted_at IS NULL AND p.deleted_at IS NULL AND o.deleted_at IS NULL;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'experiment % does not exist', live_experiment.experiment_id
                USING ERRCODE = 'no_data_found', HINT = 'search_experiments() shows what is there.';
        END IF;
        RETURN live_experiment.experiment_id;
    END
    $function$;
COMMENT ON FUNCTION live_experiment(uuid) IS 'the identifier itself if it is that of an experiment that is not deleted, nor its project or organization; P0002 otherwise';

CREATE OR REPLACE FUNCTION experiment_infos(experiment_ids uuid[]) RETURNS SETOF experiment_info
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 50 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    BEGIN
        RETURN QUERY
            SELECT p.slug, e.experiment_name, e.description, e.status, m.model_name, e.config, e.allow_repeat_runs,
                   r.n, r.succeeded, r.failed, r.active, r.last_run_at,
                   e.started_at, e.completed_at, e.created_by, e.created_at, e.updated_at, e.experiment_id, e.model_id, e.project_id
              FROM unnest(experiment_ids) WITH ORDINALITY AS wanted (experiment_id, n)
              JOIN experiments e ON e.experiment_id = wanted.experiment_id
              JOIN projects p ON p.project_id = e.project_id
              LEFT JOIN models m ON m.model_id = e.model_id
             CROSS JOIN LATERAL (SELECT count(*) AS n, count(*) FILTER (WHERE r.status = 'succeeded') AS succeeded,
                                        count(*) FILTER (WHERE r.status IN ('failed', 'timeout')) AS failed,
                                        count(*) FILTER (WHERE r.status IN ('queued', 'running')) AS active, max(r.queued_at) AS last_run_at
                                   FROM training_runs r
                                  WHERE r.experiment_id = e.experiment_id AND r.deleted_at IS NULL) AS r
             ORDER BY wanted.n;
    END
    $function$;
COMMENT ON FUNCTION experiment_infos(uuid[]) IS 'complete rows of experiments in the order of their identifiers, none where there is no such experiment';

CREATE OR REPLACE FUNCTION create_experiment(
        experiment_name text,
        model text DEFAULT NULL,
        description text DEFAULT NULL,
        config jsonb DEFAULT NULL,
        allow_repeat_runs boolean DEFAULT true,
        project text DEFAULT NULL,
        if_exists text DEFAULT 'error') RETURNS SETOF experiment_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        in_project uuid;
        wanted_name text;
        of_model uuid := CASE WHEN model IS NOT NULL THEN find_model(CASE WHEN position('/' IN model) > 0 THEN model ELSE concat_ws('/', project, model) END) END;
        new_id uuid;
        taken record;
    BEGIN
        IF create_experiment.experiment_name IS NULL THEN
            RAISE EXCEPTION 'an experiment needs a name' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        IF project IS NULL THEN
            -- As all that take an experiment read it: a name that they would look for in another project cannot be found again.
            SELECT r.in_project, r.experiment_name INTO in_project, wanted_name FROM parse_experiment(create_experiment.experiment_name) AS r;
        ELSE
            in_project := find_project(project);
            wanted_name := btrim(create_experiment.experiment_name);
        END IF;
        IF in_project IS NULL THEN
            RAISE EXCEPTION 'there is no current project'
                USING ERRCODE = 'object_not_in_prerequisite_state',
                      HINT = 'Name one with project => ..., or choose one with use_project().';
        END IF;
        PERFORM require_if_exists(if_exists);
        IF NOT is_valid_label(wanted_name) THEN
            RAISE EXCEPTION 'invalid experiment name: "%"', shortened(create_experiment.experiment_name)
                USING ERRCODE = 'check_violation',
                      CONSTRAINT = 'valid_experiment_name', SCHEMA = 'mlregistry', TABLE = 'experiments',
                      DETAIL = why_invalid('is_valid_label', wanted_name);
        END IF;
        PERFORM require_access('write', 'runs', in_project);
        LOOP
            INSERT INTO experiments (organization_id, project_id, model_id, experiment_name, description, config, allow_repeat_runs)
            VALUES (current_organization_id(), in_project, of_model, wanted_name, create_experiment.description,
                    coalesce(create_experiment.config, '{}'), coalesce(create_experiment.allow_repeat_runs, true))
            ON CONFLICT (organization_id, project_id, experiment_name) WHERE deleted_at IS NULL DO NOTHING
            RETURNING experiment_id INTO new_id;
            EXIT WHEN new_id IS NOT NULL;
            SELECT e.* INTO taken
              FROM experiments e
             WHERE e.organization_id = current_organization_id() AND e.project_id = in_project
               AND e.experiment_name = wanted_name AND e.deleted_at IS NULL;
            CONTINUE WHEN NOT FOUND; -- deleted meanwhile: the name is free again
            IF if_exists = 'error' THEN
                RAISE EXCEPTION 'experiment "%" already exists', shortened(wanted_name)
                    USING ERRCODE = 'unique_violation',
                          CONSTRAINT = 'unique_experiment_name', SCHEMA = 'mlregistry', TABLE = 'experiments',
                          DETAIL = format('It was created by %s at %s.', taken.created_by, taken.created_at),
                          HINT = 'Take what is there with if_exists => ''return''.';
            END IF;
            new_id := taken.experiment_id;
            EXIT;
        END LOOP;
        RETURN QUERY SELECT * FROM experiment_infos(ARRAY[new_id]);
    END
    $function$;
COMMENT ON FUNCTION create_experiment(text, text, text, jsonb, boolean, text, text) IS 'creates an experiment in a project (NULL: the one that is written before the name, [project/]name, else the current one); allow_repeat_runs => false: its runs are one a day for each model and dataset; if_exists => ''return'' gives the one that is there, unchanged';

CREATE OR REPLACE FUNCTION set_experiment_status(experiment_id uuid, status text) RETURNS SETOF experiment_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        wanted uuid := live_experiment(set_experiment_status.experiment_id);
        states text[] := ARRAY(SELECT DISTINCT l.to_state FROM lifecycle_moves() AS l WHERE l.entity = 'experiment' ORDER BY 1);
    BEGIN
        IF set_experiment_status.status IS NULL THEN
            RAISE EXCEPTION 'the status must not be NULL' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        IF set_experiment_status.status <> ALL (states) THEN
            RAISE EXCEPTION 'unknown status: "%"', shortened(set_experiment_status.status)
                USING ERRCODE = 'invalid_parameter_value', HINT = format('The statuses are %s.', array_to_string(states, ', '));
        END IF;
        PERFORM require_access('write', 'runs', (SELECT e.project_id FROM experiments e WHERE e.experiment_id = wanted));
        UPDATE experiments e
           SET status = set_experiment_status.status
         WHERE e.experiment_id = wanted AND e.status <> set_experiment_status.status;
        RETURN QUERY SELECT * FROM experiment_infos(ARRAY[wanted]);
    END
    $function$;
COMMENT ON FUNCTION set_experiment_status(uuid, text) IS 'completes, fails, cancels or reopens an experiment: see set_experiment_status(text, text)';

CREATE OR REPLACE FUNCTION set_experiment_status(experiment text, status text) RETURNS SETOF experiment_info
    LANGUAGE sql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        SELECT * FROM set_experiment_status(find_experiment(experiment), status)
    $function$;
COMMENT ON FUNCTION set_experiment_status(text, text) IS 'completes, fails or cancels an experiment, or reopens it (running), whatever its runs do; see lifecycle(''experiment'')';

-- As ranked_models(): row security does not trust the index on words.
CREATE OR REPLACE FUNCTION experiments_with_words(search text, organization uuid) RETURNS uuid[]
    LANGUAGE plpgsql STABLE STRICT PARALLEL RESTRICTED SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    SET client_min_messages = warning -- no notices about stop words
    AS $function$
    DECLARE
        as_owner constant text := mlregistry.act_as_owner(); -- before any look at a table
        found uuid[];
    BEGIN
        PERFORM mlregistry.require_privilege('experiments', 'SELECT');
        EXECUTE format(
            'SELECT array_agg(e.experiment_id)
               FROM mlregistry.experiments e
              WHERE e.organization_id = %L AND e.deleted_at IS NULL%s
                AND to_tsvector(%3$L::regconfig, e.experiment_name || '' '' || coalesce(e.description, '''')) @@ websearch_to_tsquery(%3$L::regconfig, %4$L)',
            organization, mlregistry.readable_condition('e.project_id', 'runs'), mlregistry.search_language()::text, search)
           INTO found;
        RETURN found;
    END
    $function$;
COMMENT ON FUNCTION experiments_with_words(text, uuid) IS 'experiments of an organization, among what the acting one may read, in whose name or description the words are';

CREATE OR REPLACE FUNCTION search_experiments(
        search text DEFAULT NULL,
        status text DEFAULT NULL,
        model text DEFAULT NULL,
        project text DEFAULT NULL,
        max_rows bigint DEFAULT 50,
        after text DEFAULT NULL) RETURNS SETOF experiment_info
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 50 SET search_path = pg_catalog, mlregistry, pg_temp
    SET client_min_messages = warning -- no notices about stop words
    AS $function$
    #variable_conflict use_column
    DECLARE
        only_project uuid := project_filter(search_experiments.project);
        only_model uuid := CASE WHEN model IS NOT NULL THEN find_model(model) END;
        after_id uuid := CASE WHEN after IS NOT NULL THEN find_experiment(after, search_experiments.project) END;
        sought text := CASE WHEN search IS NOT NULL THEN search_text(search) END;
        spelled constant text := lower(sought COLLATE "C");
        with_words constant uuid[] := experiments_with_words(sought, current_organization_id());
        states text[] := ARRAY(SELECT DISTINCT l.to_state FROM lifecycle_moves() AS l WHERE l.entity = 'experiment' ORDER BY 1);
        page_ids uuid[];
    BEGIN
        PERFORM require_max_rows(max_rows);
        IF search_experiments.status <> ALL (states) THEN
            RAISE EXCEPTION 'unknown status: "%"', shortened(search_experiments.status)
                USING ERRCODE = 'invalid_parameter_value', HINT = format('The statuses are %s.', array_to_string(states, ', '));
        END IF;
        -- The name itself 4, its beginning 3, a part of it 2; to each the weight of the words is added, which is below 1.
        WITH found AS (
            SELECT e.experiment_id, p.slug, e.experiment_name,
                   CASE WHEN sought IS NULL THEN 0
                        ELSE (CASE WHEN lower(e.experiment_name COLLATE "C") = spelled THEN 4
                                   WHEN starts_with(lower(e.experiment_name COLLATE "C"), spelled) THEN 3
                                   WHEN position(spelled IN lower(e.experiment_name COLLATE "C")) > 0 THEN 2
                                   ELSE 0 END
                              + ts_rank(to_tsvector(search_language(), e.experiment_name || ' ' || coalesce(e.description, '')),
                                        websearch_to_tsquery(search_language(), sought), 32))::real END AS rank
              FROM experiments e
              JOIN projects p ON p.project_id = e.project_id AND p.deleted_at IS NULL
             WHERE e.organization_id = current_organization_id() AND e.deleted_at IS NULL
               AND (only_project IS NULL OR e.project_id = only_project)
               AND (only_model IS NULL OR e.model_id = only_model)
               AND (search_experiments.status IS NULL OR e.status = search_experiments.status)
               AND (sought IS NULL OR position(spelled IN lower(e.experiment_name COLLATE "C")) > 0
                    OR e.experiment_id = ANY (with_words))),
        page AS (
            SELECT f.*
              FROM found f
             WHERE after_id IS NULL
                OR (-f.rank, f.slug, f.experiment_name) > (SELECT -l.rank, l.slug, l.experiment_name FROM found l WHERE l.experiment_id = after_id)
             ORDER BY f.rank DESC, f.slug, f.experiment_name
             LIMIT search_experiments.max_rows)
        SELECT array_agg(page.experiment_id ORDER BY page.rank DESC, page.slug, page.experiment_name) INTO page_ids FROM page;
        RETURN QUERY SELECT * FROM experiment_infos(page_ids);
    END
    $function$;
COMMENT ON FUNCTION search_experiments(text, text, text, text, bigint, text) IS 'experiments by words in name and description (as web searches are written) and by parts of names, best first; without anything to search for all of them by project and name; for the next page give the last one seen as after, written project/name';
