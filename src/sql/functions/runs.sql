-- Runs: starting, ending, listing, tidying up. A reference is run:<uuid>; functions take the uuid.

CREATE OR REPLACE FUNCTION find_run(reference text) RETURNS uuid
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    DECLARE
        bare text := regexp_replace(reference, '^run:', '');
    BEGIN
        IF reference IS NULL THEN
            RAISE EXCEPTION 'a run reference must not be NULL' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        IF bare !~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN
            RAISE EXCEPTION 'invalid reference: "%"', shortened(reference)
                USING ERRCODE = 'invalid_text_representation',
                      HINT = 'A run is written run:<uuid>; list_runs() shows the identifiers of the runs of an experiment.';
        END IF;
        RETURN live_run(bare::uuid);
    END
    $function$;
COMMENT ON FUNCTION find_run(text) IS 'identifier of the run that a reference run:<uuid> names, with or without run: before it; P0002 when there is none';

CREATE OR REPLACE FUNCTION live_run(run uuid) RETURNS uuid
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    BEGIN
        IF run IS NULL THEN
            RAISE EXCEPTION 'the run must not be NULL' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        PERFORM FROM training_runs r
                JOIN experiments e USING (experiment_id)
                JOIN projects p ON p.project_id = r.project_id
                JOIN organizations o ON o.organization_id = r.organization_id
          WHERE r.run_id = run
            AND r.deleted_at IS NULL AND e.deleted_at IS NULL AND p.deleted_at IS NULL AND o.deleted_at IS NULL;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'run % does not exist', run
                USING ERRCODE = 'no_data_found', HINT = 'list_runs() shows what is there.';
        END IF;
        RETURN run;
    END
    $function$;
COMMENT ON FUNCTION live_run(uuid) IS 'the identifier itself if it is that of a run that is not deleted, nor what it lies in; P0002 otherwise';

-- What a function changes: the row is locked, so that what is asked of it is still so when it is written.
CREATE OR REPLACE FUNCTION locked_run_status(run uuid) RETURNS text
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    DECLARE
        -- Not inside a query: the planner would call it for an estimate, with the snapshot of the statement around us, which
        -- does not see a run that was started in the same statement.
        live_id constant uuid := live_run(run);
        found_status text;
    BEGIN
        PERFORM require_access('write', 'runs', (SELECT r.project_id FROM training_runs r WHERE r.run_id = live_id));
        SELECT r.status INTO found_status FROM training_runs r WHERE r.run_id = live_id AND r.deleted_at IS NULL FOR NO KEY UPDATE;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'run % does not exist', run -- it went this very moment
                USING ERRCODE = 'no_data_found', HINT = 'list_runs() shows what is there.';
        END IF;
        RETURN found_status;
    END
    $function$;
COMMENT ON FUNCTION locked_run_status(uuid) IS 'status of a run, which nobody else changes until this transaction ends; P0002 when there is none, 42501 for who may not change it';

CREATE OR REPLACE FUNCTION run_infos(run_ids uuid[]) RETURNS SETOF run_info
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 100 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    BEGIN
        RETURN QUERY
            SELECT p.slug, e.experiment_name, r.run_number, r.run_name, r.status, m.model_name, v.semver, r.framework, d.dataset_name,
                   r.compute_target, r.accuracy, r.loss, r.precision_score, r.recall_score, r.f1_score, r.auc_roc, r.custom_metrics,
                   r.hyperparameters, r.instance_type, r.gpu_count, r.gpu_type, r.gpu_hours, r.cpu_hours,
                   run_cost(r.estimated_cost_usd, r.gpu_hours, r.gpu_type), r.queued_at, r.started_at, r.completed_at,
                   r.duration_seconds, r.exit_code, r.error_message, r.notes,
                   ARRAY(SELECT t.tag_name FROM run_tags rt JOIN tags t USING (tag_id) WHERE rt.run_id = r.run_id ORDER BY t.tag_name),
                   r.started_by, r.created_at, r.updated_at, r.deleted_at, r.run_id, r.parent_run_id, r.experiment_id, r.model_id,
                   r.version_id, r.dataset_id, r.project_id
              FROM unnest(run_ids) WITH ORDINALITY AS wanted (run_id, n)
              JOIN training_runs r ON r.run_id = wanted.run_id
              JOIN experiments e ON e.experiment_id = r.experiment_id
              JOIN projects p ON p.project_id = r.project_id
              LEFT JOIN models m ON m.model_id = r.model_id
              LEFT JOIN model_versions v ON v.version_id = r.version_id
              LEFT JOIN datasets d ON d.dataset_id = r.dataset_id
             ORDER BY wanted.n;
    END
    $function$;
COMMENT ON FUNCTION run_infos(uuid[]) IS 'complete rows of runs in the order of their identifiers, archived ones too, none where there is no such run';

-- ---- what is refused, in the words of the rule that the table would refuse it by

CREATE OR REPLACE FUNCTION require_amount(rule text, name text, amount numeric, below numeric) RETURNS void
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    BEGIN
        IF amount < 0 OR amount = 'NaN' THEN
            RAISE EXCEPTION '% must be a number from 0 on', name
                USING ERRCODE = 'check_violation', CONSTRAINT = rule, SCHEMA = 'mlregistry', TABLE = 'training_runs',
                      DETAIL = format('It is %s.', shortened(amount::text));
        END IF;
        IF round(amount, 2) >= below THEN -- as the column has it
            RAISE EXCEPTION '% is too large', name
                USING ERRCODE = 'numeric_value_out_of_range', COLUMN = name, SCHEMA = 'mlregistry', TABLE = 'training_runs',
                      DETAIL = format('It is %s, and must be below %s.', shortened(amount::text), below);
        END IF;
    END
    $function$;
COMMENT ON FUNCTION require_amount(text, text, numeric, numeric) IS 'raises 23514 by the name of the rule for a negative number, 22003 for one that is too large; NULL passes';

CREATE OR REPLACE FUNCTION require_object(rule text, name text, value jsonb) RETURNS void
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    BEGIN
        IF jsonb_typeof(value) <> 'object' THEN
            RAISE EXCEPTION '% must be an object', name
                USING ERRCODE = 'check_violation', CONSTRAINT = rule, SCHEMA = 'mlregistry', TABLE = 'training_runs',
                      DETAIL = format('It is %s.', shortened(value::text)),
                      HINT = format('Write %s => ''{"name": value, ...}''.', name);
        END IF;
    END
    $function$;
COMMENT ON FUNCTION require_object(text, text, jsonb) IS 'raises 23514 by the name of the rule for what is no JSON object; NULL passes';

CREATE OR REPLACE FUNCTION require_framework(framework text) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    BEGIN
        IF framework IS NOT NULL AND NOT EXISTS (SELECT FROM frameworks f WHERE f.name = framework) THEN
            RAISE EXCEPTION 'framework "%" does not exist', shortened(framework)
                USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'valid_framework', SCHEMA = 'mlregistry', TABLE = 'training_runs',
                      HINT = coalesce('Did you mean ' || near_names(framework, ARRAY(SELECT f.name FROM frameworks f)) || '?',
                                      format('There are %s.', (SELECT string_agg(f.name, ', ' ORDER BY f.name) FROM frameworks f)));
        END IF;
    END
    $function$;
COMMENT ON FUNCTION require_framework(text) IS 'raises 23503 for a framework that is not in the table frameworks, with what is spelled like it; NULL passes';

CREATE OR REPLACE FUNCTION require_run_statuses(statuses text[], only_finished boolean DEFAULT false) RETURNS void
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    DECLARE
        known constant text[] := '{queued,running,succeeded,failed,cancelled,timeout}';
        wrong text;
    BEGIN
        SELECT coalesce('"' || shortened(s) || '"', 'NULL') INTO wrong
          FROM unnest(statuses) AS s
         WHERE s IS NULL OR s <> ALL (known) OR only_finished AND s IN ('queued', 'running')
         LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION '% is no status of a % run', wrong, CASE WHEN only_finished THEN 'finished' ELSE 'training' END
                USING ERRCODE = 'invalid_parameter_value',
                      HINT = format('The statuses are %s.', array_to_string(CASE WHEN only_finished THEN known[3:] ELSE known END, ', '));
        END IF;
    END
    $function$;
COMMENT ON FUNCTION require_run_statuses(text[], boolean) IS 'raises 22023 for a text that is not a status of runs, or of finished ones; NULL passes';

-- The scores that the table has columns for, out of metrics by whatever name people give them, and the rest.
CREATE OR REPLACE FUNCTION run_scores(
        metrics jsonb,
        OUT accuracy numeric,
        OUT loss numeric,
        OUT precision_score numeric,
        OUT recall_score numeric,
        OUT f1_score numeric,
        OUT auc_roc numeric,
        OUT custom_metrics jsonb)
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    DECLARE
        wrong record;
    BEGIN
        IF metrics IS NULL THEN
            RETURN;
        END IF;
        IF NOT is_metrics(metrics) THEN
            RAISE EXCEPTION 'invalid metrics: %', shortened(metrics::text)
                USING ERRCODE = 'invalid_parameter_value',
                      DETAIL = why_invalid('is_metrics', metrics::text),
                      HINT = 'Give an object of names and numbers: {"accuracy": 0.93, "loss": 0.21}.';
        END IF;
        accuracy := metrics ->> 'accuracy';
        loss := metrics ->> 'loss';
        precision_score := coalesce(metrics ->> 'precision_score', metrics ->> 'precision');
        recall_score := coalesce(metrics ->> 'recall_score', metrics ->> 'recall');
        f1_score := coalesce(metrics ->> 'f1_score', metrics ->> 'f1');
        auc_roc := coalesce(metrics ->> 'auc_roc', metrics ->> 'auc');
        custom_metrics := metrics - '{accuracy,loss,precision_score,precision,recall_score,recall,f1_score,f1,auc_roc,auc}'::text[];
        -- As given: rounded to the four places of the column, 1.00004 would be a share.
        SELECT s.* INTO wrong
          FROM (VALUES (1, 'valid_accuracy', 'accuracy', accuracy), (2, 'valid_precision', 'precision_score', precision_score),
                       (3, 'valid_recall', 'recall_score', recall_score), (4, 'valid_f1', 'f1_score', f1_score),
                       (5, 'valid_auc_roc', 'auc_roc', auc_roc)) AS s (place, rule, name, score)
         WHERE NOT s.score BETWEEN 0 AND 1 -- NaN is above all numbers
         ORDER BY s.place
         LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION '% must be from 0 to 1', wrong.name
                USING ERRCODE = 'check_violation', CONSTRAINT = wrong.rule, SCHEMA = 'mlregistry', TABLE = 'training_runs',
                      DETAIL = format('It is %s.', shortened(wrong.score::text));
        END IF;
        IF abs(round(loss, 6)) >= 1000000 AND loss <> 'NaN' THEN
            RAISE EXCEPTION 'loss is too large'
                USING ERRCODE = 'numeric_value_out_of_range', COLUMN = 'loss', SCHEMA = 'mlregistry', TABLE = 'training_runs',
                      DETAIL = format('It is %s, and must be below 1000000.', shortened(loss::text)),
                      HINT = 'log_metric() keeps any value; or give the metric another name.';
        END IF;
    END
    $function$;
COMMENT ON FUNCTION run_scores(jsonb) IS 'metrics as the columns of runs have them: accuracy, loss, precision(_score), recall(_score), f1(_score) and auc(_roc), with the others in custom_metrics; 23514 for a score that is not from 0 to 1';

-- ---- starting

CREATE OR REPLACE FUNCTION run_of_source(source_run_id text, if_exists text) RETURNS uuid
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        taken record;
    BEGIN
        SELECT r.run_id, r.deleted_at, r.created_by, r.created_at INTO taken
          FROM training_runs r
         WHERE r.organization_id = current_organization_id() AND r.source_run_id = btrim(run_of_source.source_run_id);
        IF NOT FOUND THEN
            RETURN NULL;
        END IF;
        IF if_exists = 'return' AND taken.deleted_at IS NULL THEN
            RETURN live_run(taken.run_id);
        END IF;
        RAISE EXCEPTION 'run "%" is there already', shortened(run_of_source.source_run_id)
            USING ERRCODE = 'unique_violation',
                  CONSTRAINT = 'unique_source_run', SCHEMA = 'mlregistry', TABLE = 'training_runs',
                  DETAIL = format('It is run %s, created by %s at %s%s.', taken.run_id, taken.created_by, taken.created_at,
                                  CASE WHEN taken.deleted_at IS NOT NULL THEN ', and archived since' ELSE '' END),
                  HINT = CASE WHEN taken.deleted_at IS NOT NULL THEN format('restore_runs(ARRAY[%L::uuid]) takes that back.', taken.run_id)
                              ELSE 'Take what is there with if_exists => ''return''.' END;
    END
    $function$;
COMMENT ON FUNCTION run_of_source(text, text) IS 'identifier of the run that has a source_run_id already, with if_exists ''return''; NULL when there is none; raises 23505 otherwise';

CREATE OR REPLACE FUNCTION start_run(
        model text DEFAULT NULL,
        framework text DEFAULT NULL,
        experiment text DEFAULT NULL,
        dataset text DEFAULT NULL,
        compute_target text DEFAULT NULL,
        parameters jsonb DEFAULT NULL,
        run_name text DEFAULT NULL,
        project text DEFAULT NULL,
        instance_type text DEFAULT NULL,
        gpu_count integer DEFAULT NULL,
        gpu_type text DEFAULT NULL,
        memory_gb numeric DEFAULT NULL,
        environment jsonb DEFAULT NULL,
        datasets jsonb DEFAULT NULL,
        version text DEFAULT NULL,
        parent_run uuid DEFAULT NULL,
        tags text[] DEFAULT NULL,
        notes text DEFAULT NULL,
        estimated_cost_usd numeric DEFAULT NULL,
        logs_uri text DEFAULT NULL,
        tensorboard_uri text DEFAULT NULL,
        checkpoint_uri text DEFAULT NULL,
        queued boolean DEFAULT false,
        queued_at timestamptz DEFAULT NULL,
        started_at timestamptz DEFAULT NULL,
        source_run_id text DEFAULT NULL,
        create_missing boolean DEFAULT false,
        dataset_location text DEFAULT NULL,
        dataset_format text DEFAULT NULL,
        if_exists text DEFAULT 'error') RETURNS SETOF run_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        may_create constant boolean := coalesce(start_run.create_missing, false);
        default_project constant uuid := find_project(start_run.project);
        ref record;
        model_project uuid;
        of_experiment record;
        of_model uuid;
        of_version uuid;
        model_of_version uuid;
        on_dataset uuid;
        roles jsonb;
        taken record;
        asked_at timestamptz;
        new_id uuid;
    BEGIN
        IF start_run.experiment IS NULL THEN
            RAISE EXCEPTION 'a run needs an experiment'
                USING ERRCODE = 'null_value_not_allowed',
                      HINT = 'start_run(''model'', experiment => ''name'', create_missing => true) makes one where there is none.';
        END IF;
        PERFORM require_if_exists(if_exists), require_framework(start_run.framework),
                require_object('hyperparameters_is_object', 'parameters', start_run.parameters),
                require_object('environment_is_object', 'environment', start_run.environment),
                require_object('datasets_is_object', 'datasets', start_run.datasets),
                require_amount('valid_gpu_count', 'gpu_count', start_run.gpu_count, 2147483648),
                require_amount('valid_memory', 'memory_gb', start_run.memory_gb, 1e8),
                require_amount('valid_cost', 'estimated_cost_usd', start_run.estimated_cost_usd, 1e10);
        IF coalesce(start_run.queued, false) AND start_run.started_at IS NOT NULL THEN
            RAISE EXCEPTION 'a queued run has not started'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'started_timestamp', SCHEMA = 'mlregistry', TABLE = 'training_runs',
                      DETAIL = format('started_at is %s.', start_run.started_at);
        END IF;
        IF start_run.queued_at > start_run.started_at THEN
            RAISE EXCEPTION 'a run cannot start before it is queued'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'time_order', SCHEMA = 'mlregistry', TABLE = 'training_runs',
                      DETAIL = format('queued_at is %s, started_at is %s.', start_run.queued_at, start_run.started_at);
        END IF;

        -- A job that is started anew, or an importer that comes again.
        new_id := run_of_source(start_run.source_run_id, if_exists);
        IF new_id IS NOT NULL THEN
            RETURN QUERY SELECT * FROM run_infos(ARRAY[new_id]);
            RETURN;
        END IF;

        -- What is missing is made in one order everywhere: model, experiment, dataset, run, tags.
        IF start_run.model IS NOT NULL THEN
            ref := parse_reference(start_run.model);
            IF may_create AND ref.selector IS NULL THEN
                model_project := find_project(coalesce(ref.project, start_run.project));
                SELECT m.model_id INTO of_model
                  FROM models m
                 WHERE m.organization_id = current_organization_id() AND m.model_name = ref.model AND m.deleted_at IS NULL
                   AND m.project_id = model_project;
                IF of_model IS NULL THEN
                    SELECT i.model_id INTO of_model
                      FROM register_model(ref.model, framework => start_run.framework, project => coalesce(ref.project, start_run.project),
                                          if_exists => 'return') AS i;
                END IF;
            ELSIF ref.selector IS NULL THEN
                of_model := find_model(coalesce(ref.project, start_run.project), ref.model);
            ELSE
                of_model := find_model(start_run.model); -- which says what is wrong
            END IF;
        END IF;
        IF start_run.version IS NOT NULL THEN
            of_version := find_version(start_run.version);
            model_of_version := (SELECT v.model_id FROM model_versions v WHERE v.version_id = of_version);
            IF of_model <> model_of_version THEN
                RAISE EXCEPTION 'version % is not one of model "%"', shortened(start_run.version), shortened(start_run.model)
                    USING ERRCODE = 'invalid_parameter_value',
                          DETAIL = format('It is one of "%s".', (SELECT m.model_name FROM models m WHERE m.model_id = model_of_version)),
                          HINT = 'Leave the model out: it is that of the version.';
            END IF;
            of_model := model_of_version;
        END IF;
        IF start_run.parent_run IS NOT NULL THEN
            PERFORM live_run(start_run.parent_run);
        END IF;

        ref := parse_experiment(start_run.experiment, start_run.project);
        LOOP
            SELECT e.* INTO of_experiment FROM experiments e WHERE e.experiment_id = experiment_named(ref.in_project, ref.experiment_name);
            EXIT WHEN FOUND;
            IF NOT may_create THEN
                PERFORM find_experiment(start_run.experiment, start_run.project); -- which says what is missing
            END IF;
            PERFORM create_experiment(ref.experiment_name, project => (SELECT p.slug FROM projects p WHERE p.project_id = ref.in_project),
                                      model => (SELECT p.slug || '/' || m.model_name FROM models m JOIN projects p USING (project_id) WHERE m.model_id = of_model),
                                      if_exists => 'return');
        END LOOP;
        PERFORM require_access('write', 'runs', of_experiment.project_id);
        of_model := coalesce(of_model, of_experiment.model_id);

        IF start_run.dataset IS NOT NULL THEN
            on_dataset := run_dataset(start_run.dataset, start_run.project, may_create, dataset_location, dataset_format);
        END IF;
        -- {"validation": "name", "test": ["name", ...]}
        SELECT jsonb_agg(jsonb_build_object('role', d.role, 'id', run_dataset(d.name, start_run.project, false, NULL, NULL))) INTO roles
          FROM (SELECT given.role, named.name
                  FROM jsonb_each(start_run.datasets) AS given (role, value),
                       jsonb_array_elements_text(CASE jsonb_typeof(given.value) WHEN 'array' THEN given.value ELSE jsonb_build_array(given.value) END) AS named (name)
                 ORDER BY given.role, named.name) AS d
         WHERE require_dataset_role(d.role);
        IF on_dataset IS NULL THEN
            SELECT (d.value ->> 'id')::uuid INTO on_dataset
              FROM jsonb_array_elements(roles) WITH ORDINALITY AS d (value, n)
             WHERE d.value ->> 'role' = 'train'
             ORDER BY d.n
             LIMIT 1;
        END IF;

        IF start_run.source_run_id IS NOT NULL OR NOT of_experiment.allow_repeat_runs THEN
            -- Runs of an experiment are numbered one after the other: who starts the same job, or another run of the day, at this
            -- moment has done it, or waits.
            PERFORM FROM experiments e WHERE e.experiment_id = of_experiment.experiment_id FOR NO KEY UPDATE;
        END IF;
        IF start_run.source_run_id IS NOT NULL THEN
            new_id := run_of_source(start_run.source_run_id, if_exists);
            IF new_id IS NOT NULL THEN
                RETURN QUERY SELECT * FROM run_infos(ARRAY[new_id]);
                RETURN;
            END IF;
        END IF;
        IF NOT of_experiment.allow_repeat_runs THEN
            asked_at := coalesce(start_run.queued_at, least(now(), start_run.started_at));
            SELECT r.run_id, r.run_number, r.status INTO taken
              FROM training_runs r
             WHERE r.experiment_id = of_experiment.experiment_id AND r.model_id IS NOT DISTINCT FROM of_model
               AND r.dataset_id IS NOT DISTINCT FROM on_dataset AND r.run_day = (asked_at AT TIME ZONE 'UTC')::date
               AND r.once_per_day AND r.deleted_at IS NULL;
            IF FOUND THEN
                RAISE EXCEPTION 'experiment "%" has one run a day for each model and dataset', shortened(of_experiment.experiment_name)
                    USING ERRCODE = 'unique_violation',
                          CONSTRAINT = 'unique_daily_run', SCHEMA = 'mlregistry', TABLE = 'training_runs',
                          DETAIL = format('That of %s is run %s, which is %s.', to_char(asked_at AT TIME ZONE 'UTC', 'YYYY-MM-DD'), taken.run_number, taken.status),
                          HINT = 'Archive that run, or let the experiment have more: set its allow_repeat_runs to true.';
            END IF;
        END IF;

        INSERT INTO training_runs (organization_id, project_id, experiment_id, model_id, dataset_id, version_id, parent_run_id, run_name, status,
                                   framework, hyperparameters, environment, compute_target, instance_type, gpu_count, gpu_type, memory_gb,
                                   estimated_cost_usd, queued_at, started_at, logs_uri, tensorboard_uri, checkpoint_uri, notes, source_run_id)
        VALUES (of_experiment.organization_id, of_experiment.project_id, of_experiment.experiment_id, of_model, on_dataset, of_version,
                start_run.parent_run, start_run.run_name, CASE WHEN start_run.queued THEN 'queued' ELSE 'running' END,
                start_run.framework, coalesce(start_run.parameters, '{}'), coalesce(start_run.environment, '{}'), start_run.compute_target,
                start_run.instance_type, coalesce(start_run.gpu_count, 0), start_run.gpu_type, start_run.memory_gb,
                start_run.estimated_cost_usd, start_run.queued_at, start_run.started_at, start_run.logs_uri, start_run.tensorboard_uri,
                start_run.checkpoint_uri, start_run.notes, start_run.source_run_id)
        RETURNING run_id INTO new_id;
        INSERT INTO run_datasets (organization_id, project_id, run_id, dataset_id, dataset_role)
        SELECT of_experiment.organization_id, of_experiment.project_id, new_id, (d.value ->> 'id')::uuid, d.value ->> 'role'
          FROM jsonb_array_elements(roles) AS d (value)
        ON CONFLICT ON CONSTRAINT run_datasets_pkey DO NOTHING; -- the primary one, which is there already
        PERFORM tag_object('run', new_id, wanted.tag_name, create_missing => may_create)
           FROM (SELECT DISTINCT t.tag_name FROM unnest(start_run.tags) AS t (tag_name) ORDER BY t.tag_name) AS wanted;
        RETURN QUERY SELECT * FROM run_infos(ARRAY[new_id]);
    END
    $function$;
COMMENT ON FUNCTION start_run(text, text, text, text, text, jsonb, text, text, text, integer, text, numeric, jsonb, jsonb, text, uuid, text[], text, numeric, text, text, text, boolean, timestamptz, timestamptz, text, boolean, text, text, text) IS 'starts a run of an experiment, or queues it (queued => true, then begin_run()); model, experiment, dataset (with dataset_location and dataset_format) and tags are found by name, and made where they are missing with create_missing => true; datasets: {"validation": "name", "test": ["name", ...]} beside the one that it trains on, or with that as train; if_exists => ''return'' gives the run that has the source_run_id already';

CREATE OR REPLACE FUNCTION require_dataset_role(role text) RETURNS boolean
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    BEGIN
        IF role NOT IN ('train', 'validation', 'test', 'holdout') THEN
            RAISE EXCEPTION 'unknown role of a dataset: "%"', shortened(role)
                USING ERRCODE = 'invalid_parameter_value', HINT = 'The roles are train, validation, test and holdout.';
        END IF;
        RETURN true;
    END
    $function$;
COMMENT ON FUNCTION require_dataset_role(text) IS 'true for a role that a dataset may have in a run; raises 22023 otherwise';

CREATE OR REPLACE FUNCTION run_dataset(reference text, project text, create_missing boolean, location text, format text) RETURNS uuid
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    DECLARE
        bare constant text := regexp_replace(reference, '^dataset:', '');
        in_project constant text := CASE WHEN position('/' IN bare) > 0 THEN split_part(bare, '/', 1) ELSE project END;
        sought constant text := substr(bare, position('/' IN bare) + 1);
        run_dataset_project uuid;
        found_id uuid;
    BEGIN
        IF create_missing THEN
            run_dataset_project := find_project(in_project);
            SELECT d.dataset_id INTO found_id
              FROM datasets d
             WHERE d.organization_id = current_organization_id() AND d.project_id = run_dataset_project AND d.dataset_name = sought
               AND d.deleted_at IS NULL;
            IF found_id IS NULL AND location IS NULL THEN
                RAISE EXCEPTION 'dataset "%" does not exist', shortened(bare)
                    USING ERRCODE = 'no_data_found',
                          DETAIL = 'A dataset is made only with the place where it lies.',
                          HINT = 'Give dataset_location => ''s3://...'' and dataset_format => ''parquet'', or register_dataset() before.';
            ELSIF found_id IS NULL THEN
                SELECT i.dataset_id INTO found_id FROM register_dataset(sought, location, format, project => in_project, if_exists => 'return') AS i;
            END IF;
            RETURN found_id;
        END IF;
        RETURN find_dataset(concat_ws('/', in_project, sought));
    END
    $function$;
COMMENT ON FUNCTION run_dataset(text, text, boolean, text, text) IS 'identifier of the dataset that a run is to read, which is registered where it is missing and that is wanted: part of start_run()';

CREATE OR REPLACE FUNCTION require_run_move(run uuid, from_status text, to_status text) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    DECLARE
        possible text := (SELECT string_agg(l.to_state, ', ' ORDER BY l.n)
                            FROM lifecycle_moves() WITH ORDINALITY AS l (entity, from_state, to_state, fills, only_if, n)
                           WHERE l.entity = 'run' AND l.from_state = from_status);
    BEGIN
        IF from_status = to_status
           OR NOT EXISTS (SELECT FROM lifecycle_moves() AS l WHERE l.entity = 'run' AND l.from_state = from_status AND l.to_state = to_status) THEN
            RAISE EXCEPTION 'run % is % and cannot become %', run, from_status, to_status
                USING ERRCODE = 'check_violation',
                      CONSTRAINT = 'training_runs_transition', SCHEMA = 'mlregistry', TABLE = 'training_runs', COLUMN = 'status',
                      DETAIL = format('From %s to %s.', from_status, to_status),
                      HINT = coalesce('From ' || from_status || ' it may become: ' || possible || '.',
                                      'A finished run stays what it is: a retry is a new run with parent_run. update_run() changes its metrics, notes and parameters.');
        END IF;
    END
    $function$;
COMMENT ON FUNCTION require_run_move(uuid, text, text) IS 'raises 23514 (training_runs_transition) for a move that runs do not have, with those that they have';

CREATE OR REPLACE FUNCTION begin_run(run uuid, compute_target text DEFAULT NULL, started_at timestamptz DEFAULT NULL) RETURNS SETOF run_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        asked_at timestamptz;
    BEGIN
        PERFORM require_run_move(run, locked_run_status(run), 'running');
        SELECT r.queued_at INTO asked_at FROM training_runs r WHERE r.run_id = run;
        IF begin_run.started_at < asked_at THEN
            RAISE EXCEPTION 'a run cannot start before it is queued'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'time_order', SCHEMA = 'mlregistry', TABLE = 'training_runs',
                      DETAIL = format('queued_at is %s, started_at is %s.', asked_at, begin_run.started_at);
        END IF;
        UPDATE training_runs r
           SET status = 'running', started_at = begin_run.started_at, compute_target = coalesce(begin_run.compute_target, r.compute_target)
         WHERE r.run_id = run;
        RETURN QUERY SELECT * FROM run_infos(ARRAY[run]);
    END
    $function$;
COMMENT ON FUNCTION begin_run(uuid, text, timestamptz) IS 'a queued run begins, now if nothing else is said';

-- ---- ending

CREATE OR REPLACE FUNCTION end_run(
        run uuid,
        to_status text,
        metrics jsonb,
        gpu_hours numeric,
        cpu_hours numeric,
        estimated_cost_usd numeric,
        exit_code integer,
        error_message text,
        notes text,
        artifacts_uri text,
        checkpoint_uri text,
        logs_uri text,
        completed_at timestamptz) RETURNS SETOF run_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        scores record;
        began timestamptz;
    BEGIN
        PERFORM require_run_move(run, locked_run_status(run), to_status);
        PERFORM require_amount('valid_gpu_hours', 'gpu_hours', end_run.gpu_hours, 1e8),
                require_amount('valid_cpu_hours', 'cpu_hours', end_run.cpu_hours, 1e8),
                require_amount('valid_cost', 'estimated_cost_usd', end_run.estimated_cost_usd, 1e10);
        scores := run_scores(metrics);
        SELECT coalesce(r.started_at, r.queued_at) INTO began FROM training_runs r WHERE r.run_id = run;
        IF end_run.completed_at < began THEN
            RAISE EXCEPTION 'a run cannot end before it begins'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'time_order', SCHEMA = 'mlregistry', TABLE = 'training_runs',
                      DETAIL = format('started_at is %s, completed_at is %s.', began, end_run.completed_at);
        END IF;
        UPDATE training_runs r
           SET status = to_status,
               accuracy = coalesce(scores.accuracy, r.accuracy),
               loss = coalesce(scores.loss, r.loss),
               precision_score = coalesce(scores.precision_score, r.precision_score),
               recall_score = coalesce(scores.recall_score, r.recall_score),
               f1_score = coalesce(scores.f1_score, r.f1_score),
               auc_roc = coalesce(scores.auc_roc, r.auc_roc),
               custom_metrics = r.custom_metrics || coalesce(scores.custom_metrics, '{}'),
               gpu_hours = coalesce(end_run.gpu_hours, r.gpu_hours),
               cpu_hours = coalesce(end_run.cpu_hours, r.cpu_hours),
               estimated_cost_usd = coalesce(end_run.estimated_cost_usd, r.estimated_cost_usd),
               exit_code = coalesce(end_run.exit_code, r.exit_code),
               error_message = coalesce(end_run.error_message, r.error_message),
               notes = coalesce(end_run.notes, r.notes),
               artifacts_uri = coalesce(end_run.artifacts_uri, r.artifacts_uri),
               checkpoint_uri = coalesce(end_run.checkpoint_uri, r.checkpoint_uri),
               logs_uri = coalesce(end_run.logs_uri, r.logs_uri),
               completed_at = end_run.completed_at
         WHERE r.run_id = run;
        RETURN QUERY SELECT * FROM run_infos(ARRAY[run]);
    END
    $function$;
COMMENT ON FUNCTION end_run(uuid, text, jsonb, numeric, numeric, numeric, integer, text, text, text, text, text, timestamptz) IS 'ends a run: what finish_run(), fail_run() and cancel_run() have in common';

CREATE OR REPLACE FUNCTION finish_run(
        run uuid,
        metrics jsonb DEFAULT NULL,
        accuracy numeric DEFAULT NULL,
        loss numeric DEFAULT NULL,
        precision_score numeric DEFAULT NULL,
        recall_score numeric DEFAULT NULL,
        f1_score numeric DEFAULT NULL,
        auc_roc numeric DEFAULT NULL,
        gpu_hours numeric DEFAULT NULL,
        cpu_hours numeric DEFAULT NULL,
        estimated_cost_usd numeric DEFAULT NULL,
        artifacts_uri text DEFAULT NULL,
        checkpoint_uri text DEFAULT NULL,
        logs_uri text DEFAULT NULL,
        notes text DEFAULT NULL,
        exit_code integer DEFAULT 0,
        completed_at timestamptz DEFAULT NULL) RETURNS SETOF run_info
    LANGUAGE sql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        SELECT * FROM end_run(run, 'succeeded',
                              CASE WHEN metrics IS NULL OR jsonb_typeof(metrics) = 'object'
                                   THEN coalesce(metrics, '{}')
                                        || jsonb_strip_nulls(jsonb_build_object('accuracy', accuracy, 'loss', loss, 'precision_score', precision_score,
                                                                                'recall_score', recall_score, 'f1_score', f1_score, 'auc_roc', auc_roc))
                                   ELSE metrics END,
                              gpu_hours, cpu_hours, estimated_cost_usd, exit_code, NULL, notes, artifacts_uri, checkpoint_uri, logs_uri, completed_at)
    $function$;
COMMENT ON FUNCTION finish_run(uuid, jsonb, numeric, numeric, numeric, numeric, numeric, numeric, numeric, numeric, numeric, text, text, text, text, integer, timestamptz) IS 'a run has succeeded, with these scores; metrics: {"accuracy": 0.93, "map50": 0.71}, of which what has no column of its own becomes one of custom_metrics; hours and cost are those of the whole run, add_usage() adds';

CREATE OR REPLACE FUNCTION fail_run(
        run uuid,
        error_message text DEFAULT NULL,
        exit_code integer DEFAULT NULL,
        timed_out boolean DEFAULT false,
        metrics jsonb DEFAULT NULL,
        gpu_hours numeric DEFAULT NULL,
        cpu_hours numeric DEFAULT NULL,
        estimated_cost_usd numeric DEFAULT NULL,
        checkpoint_uri text DEFAULT NULL,
        logs_uri text DEFAULT NULL,
        notes text DEFAULT NULL,
        completed_at timestamptz DEFAULT NULL) RETURNS SETOF run_info
    LANGUAGE sql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        SELECT * FROM end_run(run, CASE WHEN timed_out THEN 'timeout' ELSE 'failed' END, metrics, gpu_hours, cpu_hours, estimated_cost_usd,
                              exit_code, error_message, notes, NULL, checkpoint_uri, logs_uri, completed_at)
    $function$;
COMMENT ON FUNCTION fail_run(uuid, text, integer, boolean, jsonb, numeric, numeric, numeric, text, text, text, timestamptz) IS 'a run has failed, or with timed_out => true was stopped because it took too long; what it measured until then may be given as to finish_run()';

CREATE OR REPLACE FUNCTION cancel_run(run uuid, reason text DEFAULT NULL, completed_at timestamptz DEFAULT NULL) RETURNS SETOF run_info
    LANGUAGE sql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        SELECT * FROM end_run(run, 'cancelled', NULL, NULL, NULL, NULL, NULL, reason, NULL, NULL, NULL, NULL, completed_at)
    $function$;
COMMENT ON FUNCTION cancel_run(uuid, text, timestamptz) IS 'somebody does not want a queued or running run any more; the reason becomes its error_message';

CREATE OR REPLACE FUNCTION add_usage(
        run uuid,
        gpu_hours numeric DEFAULT 0,
        cpu_hours numeric DEFAULT 0,
        cost_usd numeric DEFAULT NULL) RETURNS SETOF run_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        -- Not a record: its fields take over the scale of columns where the planner sees through to them, and keep it when
        -- the next call has another value.
        total_gpu_hours numeric;
        total_cpu_hours numeric;
        total_cost numeric;
    BEGIN
        PERFORM require_amount('valid_gpu_hours', 'gpu_hours', add_usage.gpu_hours, 1e8),
                require_amount('valid_cpu_hours', 'cpu_hours', add_usage.cpu_hours, 1e8),
                require_amount('valid_cost', 'cost_usd', add_usage.cost_usd, 1e10);
        PERFORM locked_run_status(run);
        SELECT r.gpu_hours + coalesce(add_usage.gpu_hours, 0), r.cpu_hours + coalesce(add_usage.cpu_hours, 0),
               CASE WHEN add_usage.cost_usd IS NULL THEN r.estimated_cost_usd ELSE coalesce(r.estimated_cost_usd, 0) + add_usage.cost_usd END
          INTO total_gpu_hours, total_cpu_hours, total_cost
          FROM training_runs r
         WHERE r.run_id = run;
        PERFORM require_amount('valid_gpu_hours', 'gpu_hours', total_gpu_hours, 1e8),
                require_amount('valid_cpu_hours', 'cpu_hours', total_cpu_hours, 1e8),
                require_amount('valid_cost', 'cost_usd', total_cost, 1e10);
        UPDATE training_runs r
           SET gpu_hours = total_gpu_hours, cpu_hours = total_cpu_hours, estimated_cost_usd = total_cost
         WHERE r.run_id = run;
        RETURN QUERY SELECT * FROM run_infos(ARRAY[run]);
    END
    $function$;
COMMENT ON FUNCTION add_usage(uuid, numeric, numeric, numeric) IS 'adds hours and, where it is known, cost to what a run has used, also when it has ended; a quota never refuses it; hours are kept to two places, so add what has come together; once a cost is given, the cost of the run is what was given';

CREATE OR REPLACE FUNCTION update_run(
        run uuid,
        metrics jsonb DEFAULT NULL,
        parameters jsonb DEFAULT NULL,
        notes text DEFAULT NULL,
        run_name text DEFAULT NULL,
        artifacts_uri text DEFAULT NULL,
        checkpoint_uri text DEFAULT NULL,
        logs_uri text DEFAULT NULL,
        tensorboard_uri text DEFAULT NULL) RETURNS SETOF run_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        scores record;
    BEGIN
        PERFORM require_object('hyperparameters_is_object', 'parameters', update_run.parameters);
        scores := run_scores(metrics);
        PERFORM locked_run_status(run);
        UPDATE training_runs r
           SET accuracy = coalesce(scores.accuracy, r.accuracy),
               loss = coalesce(scores.loss, r.loss),
               precision_score = coalesce(scores.precision_score, r.precision_score),
               recall_score = coalesce(scores.recall_score, r.recall_score),
               f1_score = coalesce(scores.f1_score, r.f1_score),
               auc_roc = coalesce(scores.auc_roc, r.auc_roc),
               custom_metrics = r.custom_metrics || coalesce(scores.custom_metrics, '{}'),
               hyperparameters = r.hyperparameters || coalesce(update_run.parameters, '{}'),
               notes = coalesce(update_run.notes, r.notes),
               run_name = coalesce(update_run.run_name, r.run_name),
               artifacts_uri = coalesce(update_run.artifacts_uri, r.artifacts_uri),
               checkpoint_uri = coalesce(update_run.checkpoint_uri, r.checkpoint_uri),
               logs_uri = coalesce(update_run.logs_uri, r.logs_uri),
               tensorboard_uri = coalesce(update_run.tensorboard_uri, r.tensorboard_uri)
         WHERE r.run_id = run;
        RETURN QUERY SELECT * FROM run_infos(ARRAY[run]);
    END
    $function$;
COMMENT ON FUNCTION update_run(uuid, jsonb, jsonb, text, text, text, text, text, text) IS 'changes what is given, of a finished run too; metrics and parameters are added to what is there, or replace what has the same name';

-- ---- lists

CREATE OR REPLACE FUNCTION list_runs(
        model text DEFAULT NULL,
        experiment text DEFAULT NULL,
        status text[] DEFAULT NULL,
        framework text DEFAULT NULL,
        compute_target text DEFAULT NULL,
        dataset text DEFAULT NULL,
        tag text DEFAULT NULL,
        parameters jsonb DEFAULT NULL,
        started_by text DEFAULT NULL,
        since timestamptz DEFAULT NULL,
        until timestamptz DEFAULT NULL,
        archived boolean DEFAULT false,
        project text DEFAULT NULL,
        max_rows bigint DEFAULT 100,
        after uuid DEFAULT NULL) RETURNS SETOF run_info
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 100 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        only_project constant uuid := project_filter(project);
        of_experiment constant uuid := CASE WHEN experiment IS NOT NULL THEN find_experiment(experiment, project) END;
        of_model constant uuid := CASE WHEN model IS NOT NULL THEN find_model(CASE WHEN position('/' IN model) > 0 THEN model ELSE concat_ws('/', project, model) END) END;
        of_dataset constant uuid := CASE WHEN dataset IS NOT NULL THEN run_dataset_filter(dataset, project) END;
        with_tag constant uuid := CASE WHEN tag IS NOT NULL THEN find_tag(tag) END;
        last_queued_at timestamptz;
        page_ids uuid[];
    BEGIN
        PERFORM require_max_rows(max_rows);
        PERFORM require_run_statuses(list_runs.status), require_framework(list_runs.framework),
                require_object('hyperparameters_is_object', 'parameters', list_runs.parameters);
        IF after IS NOT NULL THEN
            SELECT r.queued_at INTO last_queued_at FROM training_runs r WHERE r.run_id = after;
            IF NOT FOUND THEN
                RAISE EXCEPTION 'after names no run: %', after
                    USING ERRCODE = 'invalid_parameter_value', HINT = 'Give the run_id of the last row of the page before.';
            END IF;
        END IF;
        -- Put together for each call: only a plain comparison lets a page begin in the middle of an index, and there is one
        -- by project, by experiment and by model, each with the time.
        EXECUTE format(
            'SELECT array_agg(page.run_id ORDER BY page.queued_at DESC, page.run_id DESC)
               FROM (SELECT listed.run_id, listed.queued_at
                       FROM projects p,
                            LATERAL (SELECT r.run_id, r.queued_at
                                       FROM training_runs r
                                      WHERE r.project_id = p.project_id AND r.organization_id = p.organization_id%1$s
                                        AND EXISTS (SELECT FROM experiments e WHERE e.experiment_id = r.experiment_id AND e.deleted_at IS NULL)
                                      ORDER BY r.queued_at DESC, r.run_id DESC
                                      LIMIT %2$s) AS listed
                      WHERE p.organization_id = %3$L AND p.deleted_at IS NULL%4$s
                      ORDER BY listed.queued_at DESC, listed.run_id DESC
                      LIMIT %2$s) AS page',
            concat(CASE WHEN archived THEN ' AND r.deleted_at IS NOT NULL' WHEN NOT archived THEN ' AND r.deleted_at IS NULL' END,
                   CASE WHEN of_experiment IS NOT NULL THEN format(' AND r.experiment_id = %L', of_experiment) END,
                   CASE WHEN of_model IS NOT NULL THEN format(' AND r.model_id = %L', of_model) END,
                   CASE WHEN list_runs.status IS NOT NULL THEN format(' AND r.status = ANY (%L)', list_runs.status) END,
                   CASE WHEN list_runs.framework IS NOT NULL THEN format(' AND r.framework = %L', list_runs.framework) END,
                   CASE WHEN list_runs.compute_target IS NOT NULL THEN format(' AND r.compute_target = %L', list_runs.compute_target) END,
                   CASE WHEN list_runs.started_by IS NOT NULL THEN format(' AND r.started_by = %L', list_runs.started_by) END,
                   CASE WHEN of_dataset IS NOT NULL THEN format(' AND EXISTS (SELECT FROM run_datasets d WHERE d.run_id = r.run_id AND d.dataset_id = %L)', of_dataset) END,
                   CASE WHEN with_tag IS NOT NULL THEN format(' AND EXISTS (SELECT FROM run_tags t WHERE t.run_id = r.run_id AND t.tag_id = %L)', with_tag) END,
                   CASE WHEN list_runs.parameters IS NOT NULL THEN format(' AND r.hyperparameters @> %L::jsonb', list_runs.parameters) END,
                   -- Times as they are: as text they would be read by the names of time zones, which are not unique.
                   CASE WHEN since IS NOT NULL THEN ' AND r.queued_at >= $1' END,
                   CASE WHEN until IS NOT NULL THEN ' AND r.queued_at < $2' END,
                   CASE WHEN after IS NOT NULL THEN ' AND r.queued_at <= $3 AND (r.queued_at, r.run_id) < ($3, $4)' END),
            coalesce(max_rows::text, 'ALL'), current_organization_id(),
            CASE WHEN only_project IS NOT NULL THEN format(' AND p.project_id = %L', only_project) END)
           INTO page_ids
          USING since, until, last_queued_at, after;
        RETURN QUERY SELECT * FROM run_infos(page_ids);
    END
    $function$;
COMMENT ON FUNCTION list_runs(text, text, text[], text, text, text, text, jsonb, text, timestamptz, timestamptz, boolean, text, bigint, uuid) IS 'runs of the organization, newest first by the time at which they were asked for; parameters: those that they have among others ({"optimizer": "adam"}); since is the first moment, until the first one after; archived => true those that are archived, NULL both; for the next page give the run_id of the last one seen as after';

CREATE OR REPLACE FUNCTION run_dataset_filter(reference text, project text) RETURNS uuid
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    DECLARE
        bare constant text := regexp_replace(reference, '^dataset:', '');
    BEGIN
        RETURN find_dataset(CASE WHEN position('/' IN bare) > 0 THEN bare ELSE concat_ws('/', project, bare) END);
    END
    $function$;
COMMENT ON FUNCTION run_dataset_filter(text, text) IS 'identifier of the dataset that a list of runs is restricted to; without a project in the reference it is of the one of the list';

-- ---- tidying up

-- A run hangs when nothing has come from it: no metric and no change of its row. Metrics are asked for only of runs that have
-- been silent otherwise, and first whether any has come lately, which is one look into the newest partitions.
CREATE OR REPLACE FUNCTION stale_run_ids(older_than interval, project uuid, only_writable boolean) RETURNS uuid[]
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        latest timestamptz;
    BEGIN
        IF older_than IS NULL THEN
            RAISE EXCEPTION 'older_than must not be NULL' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        IF older_than < '0' THEN
            RAISE EXCEPTION 'older_than must not be negative: %', older_than USING ERRCODE = 'invalid_parameter_value';
        END IF;
        latest := now() - older_than;
        RETURN ARRAY(
            SELECT r.run_id
              FROM training_runs r
              JOIN experiments e ON e.experiment_id = r.experiment_id AND e.deleted_at IS NULL
              JOIN projects p ON p.project_id = r.project_id AND p.deleted_at IS NULL
             WHERE r.status IN ('queued', 'running') AND r.deleted_at IS NULL AND r.organization_id = current_organization_id()
               AND (stale_run_ids.project IS NULL OR r.project_id = stale_run_ids.project)
               AND greatest(r.queued_at, r.started_at, r.updated_at) < latest
               AND (NOT only_writable OR bypasses_access() OR r.project_id = ANY ((SELECT allowed_projects('write', 'runs'))::uuid[]))
               AND CASE WHEN r.status = 'running'
                        THEN NOT EXISTS (SELECT FROM run_metrics k WHERE k.run_id = r.run_id AND k.recorded_at >= latest) ELSE true END
             ORDER BY greatest(r.queued_at, r.started_at, r.updated_at), r.run_id);
    END
    $function$;
COMMENT ON FUNCTION stale_run_ids(interval, uuid, boolean) IS 'identifiers of queued and running runs of which nothing was heard for so long, in one project or all, all or those that the acting one may change';

CREATE OR REPLACE FUNCTION stale_run_infos(run_ids uuid[]) RETURNS SETOF stale_run_info
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 20 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    BEGIN
        RETURN QUERY
            SELECT p.slug, e.experiment_name, r.run_number, r.run_name, r.status, m.model_name, r.compute_target, r.gpu_count, r.gpu_type,
                   r.gpu_hours, run_cost(r.estimated_cost_usd, r.gpu_hours, r.gpu_type), r.started_by, r.queued_at, r.started_at,
                   s.last_sign_at, now() - s.last_sign_at, r.run_id, r.experiment_id, r.project_id
              FROM unnest(run_ids) AS wanted (run_id)
              JOIN training_runs r ON r.run_id = wanted.run_id
              JOIN experiments e ON e.experiment_id = r.experiment_id
              JOIN projects p ON p.project_id = r.project_id
              LEFT JOIN models m ON m.model_id = r.model_id
             CROSS JOIN LATERAL (SELECT greatest(r.queued_at, r.started_at, r.updated_at,
                                                 (SELECT max(k.recorded_at) FROM run_metrics k WHERE k.run_id = r.run_id)) AS last_sign_at) AS s
             ORDER BY s.last_sign_at, r.run_id;
    END
    $function$;
COMMENT ON FUNCTION stale_run_infos(uuid[]) IS 'complete rows of runs with the time of their last sign of life, longest silent first';

CREATE OR REPLACE FUNCTION stale_runs(older_than interval DEFAULT '24 hours', project text DEFAULT NULL) RETURNS SETOF stale_run_info
    LANGUAGE sql STABLE PARALLEL RESTRICTED ROWS 20 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        SELECT * FROM stale_run_infos(stale_run_ids(older_than, project_filter(project), false))
    $function$;
COMMENT ON FUNCTION stale_runs(interval, text) IS 'queued and running runs that seem to hang: for so long no metric came and nothing of them was changed (add_usage() is a change); longest silent first';

CREATE OR REPLACE FUNCTION cancel_stale_runs(
        older_than interval DEFAULT '24 hours',
        dry_run boolean DEFAULT true,
        project text DEFAULT NULL,
        as_timeout boolean DEFAULT false,
        reason text DEFAULT NULL) RETURNS SETOF stale_run_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 20 SET search_path = pg_catalog, mlregistry, pg_temp
    SET intervalstyle = postgres -- of the message that it leaves
    AS $function$
    #variable_conflict use_column
    DECLARE
        only_project constant uuid := project_filter(project);
        found_ids uuid[] := stale_run_ids(older_than, only_project, true);
        infos stale_run_info[];
    BEGIN
        PERFORM require_privilege('training_runs', 'UPDATE'); -- for a rehearsal, too
        IF only_project IS NOT NULL THEN
            PERFORM require_access('write', 'runs', only_project);
        END IF;
        IF dry_run IS NOT FALSE THEN -- NULL too: what is not said is not done
            RETURN QUERY SELECT * FROM stale_run_infos(found_ids);
            RETURN;
        END IF;
        -- In one order, so that two of us do not wait for each other; a run that somebody holds is not silent.
        found_ids := ARRAY(SELECT r.run_id
                             FROM training_runs r
                            WHERE r.run_id = ANY (found_ids) AND r.status IN ('queued', 'running') AND r.deleted_at IS NULL
                              AND greatest(r.queued_at, r.started_at, r.updated_at) < now() - older_than
                            ORDER BY r.run_id
                              FOR NO KEY UPDATE SKIP LOCKED);
        -- What has come to life until its row was ours.
        found_ids := ARRAY(SELECT unnest(found_ids) INTERSECT SELECT unnest(stale_run_ids(older_than, only_project, true)));
        infos := ARRAY(SELECT i FROM stale_run_infos(found_ids) AS i);
        UPDATE training_runs r
           SET status = CASE WHEN as_timeout THEN 'timeout' ELSE 'cancelled' END,
               error_message = coalesce(cancel_stale_runs.reason, r.error_message, format('no sign of life for %s', date_trunc('second', i.silent_for)))
          FROM unnest(infos) AS i
         WHERE r.run_id = i.run_id;
        RETURN QUERY
            SELECT i.project_slug, i.experiment_name, i.run_number, i.run_name, r.status, i.model_name, i.compute_target, i.gpu_count, i.gpu_type,
                   i.gpu_hours, i.cost_usd, i.started_by, i.queued_at, i.started_at, i.last_sign_at, i.silent_for, i.run_id, i.experiment_id,
                   i.project_id
              FROM unnest(infos) AS i
              JOIN training_runs r ON r.run_id = i.run_id
             ORDER BY i.last_sign_at, i.run_id;
    END
    $function$;
COMMENT ON FUNCTION cancel_stale_runs(interval, boolean, text, boolean, text) IS 'cancels what stale_runs() shows, as far as one may, or ends it as timeout; only with dry_run => false: otherwise it returns the rows that it would touch';

-- What the bulk functions take: finished runs, named or found by age, status and experiment.
CREATE OR REPLACE FUNCTION tidied_run_ids(
        older_than interval,
        status text[],
        experiment text,
        project text,
        runs uuid[],
        archived boolean,
        max_rows bigint) RETURNS uuid[]
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        only_project constant uuid := project_filter(project);
        of_experiment constant uuid := CASE WHEN experiment IS NOT NULL THEN find_experiment(experiment, project) END;
        wrong record;
    BEGIN
        IF older_than IS NULL AND runs IS NULL THEN
            RAISE EXCEPTION 'say which runs: by their age or by their identifiers'
                USING ERRCODE = 'null_value_not_allowed', HINT = 'Give older_than => ''90 days'' or runs => ARRAY[...].';
        END IF;
        IF older_than < '0' THEN
            RAISE EXCEPTION 'older_than must not be negative: %', older_than USING ERRCODE = 'invalid_parameter_value';
        END IF;
        PERFORM require_max_rows(max_rows);
        PERFORM require_run_statuses(tidied_run_ids.status, only_finished => true);
        IF runs IS NOT NULL THEN
            SELECT w.run_id, r.run_id IS NULL AS is_missing, r.status INTO wrong
              FROM unnest(runs) WITH ORDINALITY AS w (run_id, n)
              LEFT JOIN training_runs r ON r.run_id = w.run_id AND r.organization_id = current_organization_id()
             WHERE r.run_id IS NULL OR r.status IN ('queued', 'running')
             ORDER BY w.n
             LIMIT 1;
            IF FOUND AND wrong.is_missing THEN
                RAISE EXCEPTION 'run % does not exist', coalesce(wrong.run_id::text, 'NULL')
                    USING ERRCODE = 'no_data_found', HINT = 'list_runs() shows what is there.';
            ELSIF FOUND THEN
                RAISE EXCEPTION 'run % is %', wrong.run_id, wrong.status
                    USING ERRCODE = 'object_in_use', HINT = 'cancel_run() ends it.';
            END IF;
            PERFORM require_access('write', 'runs', p.project_id)
               FROM (SELECT DISTINCT r.project_id FROM training_runs r WHERE r.run_id = ANY (runs)) AS p;
        END IF;
        IF only_project IS NOT NULL THEN
            PERFORM require_access('write', 'runs', only_project);
        END IF;
        RETURN ARRAY(
            SELECT r.run_id
              FROM training_runs r
             WHERE r.organization_id = current_organization_id() AND r.status NOT IN ('queued', 'running')
               AND (archived IS NULL OR archived = (r.deleted_at IS NOT NULL))
               AND (runs IS NULL OR r.run_id = ANY (runs))
               AND (older_than IS NULL OR coalesce(r.deleted_at, r.completed_at) < now() - older_than)
               AND (tidied_run_ids.status IS NULL OR r.status = ANY (tidied_run_ids.status))
               AND (only_project IS NULL OR r.project_id = only_project)
               AND (of_experiment IS NULL OR r.experiment_id = of_experiment)
               AND (bypasses_access() OR r.project_id = ANY ((SELECT allowed_projects('write', 'runs'))::uuid[]))
             ORDER BY coalesce(r.deleted_at, r.completed_at), r.completed_at, r.run_id
             LIMIT max_rows);
    END
    $function$;
COMMENT ON FUNCTION tidied_run_ids(interval, text[], text, text, uuid[], boolean, bigint) IS 'finished runs that archive_runs() and delete_runs() are about, oldest first; P0002 and 55006 for one that is named and not there, or not finished';

CREATE OR REPLACE FUNCTION archive_runs(
        older_than interval DEFAULT NULL,
        dry_run boolean DEFAULT true,
        status text[] DEFAULT NULL,
        experiment text DEFAULT NULL,
        project text DEFAULT NULL,
        runs uuid[] DEFAULT NULL,
        max_rows bigint DEFAULT NULL) RETURNS SETOF run_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 100 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        found_ids uuid[] := tidied_run_ids(older_than, archive_runs.status, experiment, project, runs, false, max_rows);
        done_ids uuid[];
    BEGIN
        PERFORM require_privilege('training_runs', 'UPDATE');
        IF dry_run IS NOT FALSE THEN
            RETURN QUERY SELECT * FROM run_infos(found_ids);
            RETURN;
        END IF;
        done_ids := ARRAY(SELECT r.run_id FROM training_runs r
                           WHERE r.run_id = ANY (found_ids) AND r.deleted_at IS NULL ORDER BY r.run_id FOR NO KEY UPDATE);
        UPDATE training_runs r SET deleted_at = now() WHERE r.run_id = ANY (done_ids);
        RETURN QUERY SELECT * FROM run_infos(ARRAY(SELECT f.id FROM unnest(found_ids) WITH ORDINALITY AS f (id, n) WHERE f.id = ANY (done_ids) ORDER BY f.n));
    END
    $function$;
COMMENT ON FUNCTION archive_runs(interval, boolean, text[], text, text, uuid[], bigint) IS 'archives finished runs that ended so long ago, or those that are named: they are in no list any more, and restore_runs() takes it back; only with dry_run => false: otherwise it returns the rows that it would touch';

CREATE OR REPLACE FUNCTION restore_runs(runs uuid[]) RETURNS SETOF run_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 100 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        missing uuid;
    BEGIN
        IF runs IS NULL OR array_position(runs, NULL) IS NOT NULL THEN
            RAISE EXCEPTION 'the runs must not be NULL' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        SELECT w.run_id INTO missing
          FROM unnest(runs) WITH ORDINALITY AS w (run_id, n)
         WHERE NOT EXISTS (SELECT FROM training_runs r WHERE r.run_id = w.run_id)
         ORDER BY w.n
         LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION 'run % does not exist', missing
                USING ERRCODE = 'no_data_found', HINT = 'list_runs(archived => true) shows what is archived.';
        END IF;
        PERFORM require_access('write', 'runs', p.project_id)
           FROM (SELECT DISTINCT r.project_id FROM training_runs r WHERE r.run_id = ANY (runs)) AS p;
        PERFORM FROM training_runs r WHERE r.run_id = ANY (runs) AND r.deleted_at IS NOT NULL ORDER BY r.run_id FOR NO KEY UPDATE;
        UPDATE training_runs r SET deleted_at = NULL WHERE r.run_id = ANY (runs) AND r.deleted_at IS NOT NULL;
        RETURN QUERY SELECT * FROM run_infos(ARRAY(SELECT w.run_id FROM unnest(runs) WITH ORDINALITY AS w (run_id, n) GROUP BY w.run_id ORDER BY min(w.n)));
    END
    $function$;
COMMENT ON FUNCTION restore_runs(uuid[]) IS 'takes back the archiving of runs; 23505 when the experiment has one run a day and there is another one now';

-- What a version came from stays.
CREATE OR REPLACE FUNCTION deletable_run_ids(run_ids uuid[], archived boolean, max_rows bigint) RETURNS uuid[]
    LANGUAGE sql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        SELECT ARRAY(SELECT f.id
                       FROM unnest(run_ids) WITH ORDINALITY AS f (id, n)
                       JOIN training_runs r ON r.run_id = f.id
                      WHERE (archived IS NULL OR archived = (r.deleted_at IS NOT NULL))
                        AND NOT EXISTS (SELECT FROM model_versions v WHERE v.version_id = r.version_id AND v.deleted_at IS NULL)
                      ORDER BY f.n
                      LIMIT max_rows)
    $function$;
COMMENT ON FUNCTION deletable_run_ids(uuid[], boolean, bigint) IS 'those of some runs, in their order, that are archived or not, as it is asked for, and have no version';

CREATE OR REPLACE FUNCTION delete_runs(
        older_than interval DEFAULT NULL,
        dry_run boolean DEFAULT true,
        status text[] DEFAULT NULL,
        experiment text DEFAULT NULL,
        project text DEFAULT NULL,
        runs uuid[] DEFAULT NULL,
        archived boolean DEFAULT true,
        max_rows bigint DEFAULT NULL) RETURNS SETOF run_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 100 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        found_ids uuid[] := tidied_run_ids(older_than, delete_runs.status, experiment, project, runs, archived, NULL);
        kept record;
        infos run_info[];
    BEGIN
        PERFORM require_privilege('training_runs', 'DELETE');
        IF runs IS NOT NULL AND archived THEN
            SELECT r.run_id INTO kept FROM training_runs r WHERE r.run_id = ANY (runs) AND r.deleted_at IS NULL LIMIT 1;
            IF FOUND THEN
                RAISE EXCEPTION 'run % is not archived', kept.run_id
                    USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'archive_runs() does that; archived => NULL deletes what is not archived, too.';
            END IF;
        END IF;
        IF runs IS NOT NULL THEN
            SELECT r.run_id, m.model_name, v.semver INTO kept
              FROM training_runs r
              JOIN model_versions v ON v.version_id = r.version_id AND v.deleted_at IS NULL
              JOIN models m ON m.model_id = v.model_id
             WHERE r.run_id = ANY (found_ids)
             LIMIT 1;
            IF FOUND THEN
                RAISE EXCEPTION 'run % produced a version', kept.run_id
                    USING ERRCODE = 'check_violation',
                          CONSTRAINT = 'run_produced_version', SCHEMA = 'mlregistry', TABLE = 'training_runs',
                          DETAIL = format('It is %s@%s.', kept.model_name, kept.semver),
                          HINT = 'Leave it archived: archive_runs().';
            END IF;
        END IF;
        found_ids := deletable_run_ids(found_ids, archived, max_rows);
        IF dry_run IS NOT FALSE THEN
            RETURN QUERY SELECT * FROM run_infos(found_ids);
            RETURN;
        END IF;
        PERFORM FROM training_runs r WHERE r.run_id = ANY (found_ids) ORDER BY r.run_id FOR UPDATE;
        -- Somebody may have restored one, or made a version of it, until its row was ours.
        found_ids := deletable_run_ids(found_ids, archived, NULL);
        infos := ARRAY(SELECT i FROM run_infos(found_ids) AS i);
        WITH gone AS (DELETE FROM training_runs r WHERE r.run_id = ANY (found_ids) RETURNING r.run_id)
        SELECT array_agg(g.run_id) INTO found_ids FROM gone g;
        RETURN QUERY SELECT i.* FROM unnest(infos) AS i WHERE i.run_id = ANY (found_ids);
    END
    $function$;
COMMENT ON FUNCTION delete_runs(interval, boolean, text[], text, text, uuid[], boolean, bigint) IS 'deletes for good, with their metrics, finished runs that were archived so long ago, or those that are named; archived => false: those that are not archived, by their end, NULL: both; what a version came from stays; only with dry_run => false: otherwise it returns the rows that it would touch';

-- ---- from a run to a version

CREATE OR REPLACE FUNCTION register_version_from_run(
        run uuid,
        semver semver DEFAULT NULL,
        artifact_uri text DEFAULT NULL,
        bump text DEFAULT NULL,
        preid text DEFAULT NULL,
        checksum_sha256 text DEFAULT NULL,
        artifact_size_bytes bigint DEFAULT NULL,
        framework_version text DEFAULT NULL,
        model_format text DEFAULT NULL,
        description text DEFAULT NULL,
        release_notes text DEFAULT NULL,
        git_commit text DEFAULT NULL,
        git_branch text DEFAULT NULL,
        git_tag text DEFAULT NULL) RETURNS SETOF version_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        found_status constant text := locked_run_status(run);
        r record;
        measured jsonb;
        info version_info;
    BEGIN
        SELECT t.*, e.experiment_name INTO r
          FROM training_runs t
          JOIN experiments e USING (experiment_id)
         WHERE t.run_id = run;
        IF found_status <> 'succeeded' THEN
            RAISE EXCEPTION 'a version comes from a run that has succeeded; run % is %', run, found_status
                USING ERRCODE = 'object_not_in_prerequisite_state',
                      HINT = CASE WHEN found_status = 'running' THEN 'finish_run() says that it has succeeded.'
                                  ELSE 'register_version() registers a version without a run.' END;
        END IF;
        IF r.version_id IS NOT NULL THEN
            RAISE EXCEPTION 'run % has a version already', run
                USING ERRCODE = 'unique_violation',
                      DETAIL = (SELECT format('It is %s@%s.', m.model_name, v.semver) FROM model_versions v JOIN models m USING (model_id) WHERE v.version_id = r.version_id),
                      HINT = 'A run has one version; what else came out of it is a file of that: add_version_file().';
        END IF;
        IF r.model_id IS NULL THEN
            RAISE EXCEPTION 'run % is of no model', run
                USING ERRCODE = 'object_not_in_prerequisite_state',
                      HINT = 'Say which: UPDATE training_runs SET model_id = find_model(''...'') WHERE run_id = ''' || run || '''.';
        END IF;
        IF coalesce(register_version_from_run.artifact_uri, r.artifacts_uri) IS NULL THEN
            RAISE EXCEPTION 'a version needs an artifact_uri, and run % has no artifacts_uri to take over', run
                USING ERRCODE = 'null_value_not_allowed',
                      HINT = 'Say where the artifact lies; {version} in it stands for the version.';
        END IF;
        -- The scores of the run, and of its other metrics those that are numbers.
        measured := (SELECT coalesce(jsonb_object_agg(k.key, k.value), '{}')
                       FROM (SELECT s.key, s.value
                               FROM jsonb_each(r.custom_metrics) AS s
                              WHERE is_metrics(jsonb_build_object(s.key, s.value))
                              LIMIT 900) AS k)
                    || jsonb_strip_nulls(jsonb_build_object('accuracy', r.accuracy, 'loss', r.loss, 'precision', r.precision_score,
                                                            'recall', r.recall_score, 'f1_score', r.f1_score, 'auc_roc', r.auc_roc));
        SELECT i.* INTO info
          FROM register_version(r.model_id, register_version_from_run.semver,
                                coalesce(register_version_from_run.artifact_uri, r.artifacts_uri), register_version_from_run.bump,
                                register_version_from_run.preid, register_version_from_run.checksum_sha256,
                                register_version_from_run.artifact_size_bytes, r.framework, register_version_from_run.framework_version,
                                register_version_from_run.model_format,
                                coalesce(register_version_from_run.description, r.notes), register_version_from_run.release_notes,
                                register_version_from_run.git_commit, register_version_from_run.git_branch, register_version_from_run.git_tag,
                                measured,
                                jsonb_build_object('run_id', run, 'experiment', r.experiment_name, 'run_number', r.run_number,
                                                   'parameters', r.hyperparameters)) AS i;
        UPDATE training_runs t SET version_id = info.version_id WHERE t.run_id = run;
        RETURN NEXT info;
    END
    $function$;
COMMENT ON FUNCTION register_version_from_run(uuid, semver, text, text, text, text, bigint, text, text, text, text, text, text, text) IS 'registers what a run that has succeeded made as a version of its model, a given one or the next after a bump, with the scores of the run as performance_metrics, and says so in the run; artifact_uri is the run''s artifacts_uri if none is given';
