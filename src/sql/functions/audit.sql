-- The audit trail as people read it: of a thing, of a person, of the organization. Row security says which rows there are;
-- nothing here repeats it.

CREATE OR REPLACE FUNCTION names_version(entity_name text, version semver) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        -- model@1.4.0 and model@1.4.0/path, whatever the model was called then; an alias is no version
        SELECT coalesce(CASE WHEN is_semver(split_part(split_part(entity_name, '@', 2), '/', 1))
                             THEN split_part(split_part(entity_name, '@', 2), '/', 1)::semver = version END, false)
    $function$;
COMMENT ON FUNCTION names_version(text, semver) IS 'true for the name of an event (model@version or model@version/path) that is about that version';

-- Everything that ever had the name: what is there, what is soft-deleted, and of what is gone what its deletion left in the
-- trail. find_model(), find_version() and find_dataset() say what is wrong when there is nothing.
CREATE OR REPLACE FUNCTION find_audited(reference text, OUT subjects uuid[], OUT version semver, OUT version_ids uuid[])
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    DECLARE
        bare text;
        ref record;
        in_project uuid;
        alive uuid;
    BEGIN
        IF reference IS NULL THEN
            RAISE EXCEPTION 'a reference must not be NULL' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        IF starts_with(reference, 'run:') THEN
            -- A run's events are found under its experiment.
            version_ids := ARRAY[find_run(reference)];
            subjects := ARRAY(SELECT r.experiment_id FROM training_runs r WHERE r.run_id = version_ids[1]);
            RETURN;
        END IF;
        IF starts_with(reference, 'deployment:') THEN
            -- A deployment's events are found under the model that it serves.
            SELECT d.in_project, d.environment, d.deployment_name AS name INTO ref FROM parse_deployment(reference) AS d;
            SELECT array_agg(DISTINCT h.deployment_id), array_agg(DISTINCT h.model_id) INTO version_ids, subjects
              FROM deployment_history h
             WHERE h.project_id = ref.in_project AND h.deployment_name = ref.name
               AND (h.environment_name = ref.environment
                    OR h.environment_id = (SELECT e.environment_id FROM environments e
                                            WHERE e.organization_id = current_organization_id() AND e.environment_name = ref.environment));
            IF version_ids IS NULL THEN
                version_ids := ARRAY[find_deployment(reference)];
                subjects := ARRAY(SELECT d.model_id FROM deployments d WHERE d.deployment_id = version_ids[1]);
            END IF;
            RETURN;
        END IF;
        IF starts_with(reference, 'experiment:') THEN
            SELECT e.in_project, e.experiment_name AS name INTO ref FROM parse_experiment(reference) AS e;
            subjects := ARRAY(SELECT e.experiment_id FROM experiments e
                               WHERE e.organization_id = current_organization_id() AND e.project_id = ref.in_project AND e.experiment_name = ref.name
                              UNION
                              SELECT l.subject_id FROM audit_logs l
                               WHERE l.organization_id = current_organization_id() AND l.project_id = ref.in_project
                                 AND l.entity_name = ref.name AND l.action = 'experiment.delete');
            IF subjects = '{}' THEN
                PERFORM find_experiment(reference);
            END IF;
            RETURN;
        END IF;
        IF starts_with(reference, 'dataset:') THEN
            bare := substr(reference, length('dataset:') + 1);
            SELECT CASE WHEN position('/' IN bare) > 0 THEN split_part(bare, '/', 1) END AS project,
                   substr(bare, position('/' IN bare) + 1) AS dataset
              INTO ref;
            IF NOT is_valid_tag_name(ref.dataset) OR NOT coalesce(is_valid_name(ref.project), true) THEN
                PERFORM find_dataset(reference);
            END IF;
            in_project := find_project(ref.project);
            subjects := ARRAY(SELECT d.dataset_id FROM datasets d
                               WHERE d.organization_id = current_organization_id() AND d.project_id = in_project AND d.dataset_name = ref.dataset
                              UNION
                              SELECT l.subject_id FROM audit_logs l
                               WHERE l.organization_id = current_organization_id() AND l.project_id = in_project
                                 AND l.entity_name = ref.dataset AND l.action = 'dataset.delete');
            IF subjects = '{}' THEN
                PERFORM find_dataset(reference);
            END IF;
            RETURN;
        END IF;

        ref := parse_reference(reference);
        in_project := find_project(ref.project);
        subjects := ARRAY(SELECT m.model_id FROM models m
                           WHERE m.organization_id = current_organization_id() AND m.project_id = in_project AND m.model_name = ref.model
                          UNION
                          SELECT l.subject_id FROM audit_logs l
                           WHERE l.organization_id = current_organization_id() AND l.project_id = in_project
                             AND l.entity_name = ref.model AND l.action = 'model.delete');
        IF subjects = '{}' THEN
            PERFORM find_model(ref.project, ref.model);
        END IF;
        IF ref.selector IS NULL THEN
            RETURN;
        END IF;
        IF ref.selector_kind <> 'exact' THEN
            -- An alias, a range, a stage: the version that it means now.
            SELECT v.semver, ARRAY[v.model_id], ARRAY[v.version_id] INTO version, subjects, version_ids
              FROM model_versions v
             WHERE v.version_id = find_version(reference);
            RETURN;
        END IF;
        version := ref.selector::semver;
        version_ids := ARRAY(SELECT v.version_id FROM model_versions v WHERE v.model_id = ANY (subjects) AND v.semver = find_audited.version);
        IF version_ids = '{}'
           AND NOT EXISTS (SELECT FROM audit_logs l WHERE l.subject_id = ANY (subjects) AND names_version(l.entity_name, find_audited.version)) THEN
            SELECT m.model_id INTO alive FROM models m WHERE m.model_id = ANY (subjects) AND m.deleted_at IS NULL;
            IF alive IS NOT NULL THEN
                PERFORM find_version(alive, ref.selector);
            END IF;
            RAISE EXCEPTION 'model "%" had no version "%"', concat_ws('/', ref.project, ref.model), shortened(ref.selector)
                USING ERRCODE = 'no_data_found', HINT = 'The model is deleted. Its trail names the versions that it had.';
        END IF;
    END
    $function$;
COMMENT ON FUNCTION find_audited(text) IS 'identifiers of all models, datasets or experiments that a reference [project/]model[@selector], dataset:[project/]name or experiment:[project/]name names or ever named, deleted ones too, with the version, the run (run:uuid) or the deployments (deployment:environment/name) that are meant; P0002 when there was none';

CREATE OR REPLACE FUNCTION audit_action_patterns(actions text[]) RETURNS text[]
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    DECLARE
        action text;
    BEGIN
        IF actions IS NULL THEN
            RETURN NULL;
        END IF;
        FOREACH action IN ARRAY actions LOOP
            IF action IS NULL OR action COLLATE "C" !~ '^([a-z][a-z0-9_]*|[*])[.]([a-z][a-z0-9_]*|[*])$' THEN
                RAISE EXCEPTION 'invalid action: %', coalesce('"' || shortened(action) || '"', 'NULL')
                    USING ERRCODE = 'invalid_parameter_value',
                          HINT = 'An action is written entity.verb: version.promote, version.* or *.delete.';
            END IF;
        END LOOP;
        RETURN ARRAY(SELECT replace(replace(a, '_', E'\\_'), '*', '%') FROM unnest(actions) AS a);
    END
    $function$;
COMMENT ON FUNCTION audit_action_patterns(text[]) IS 'patterns for LIKE of actions as filters name them: version.promote, version.* or *.delete; 22023 for anything else';

-- One page of events, newest first, of the rows that have one of the keys in that column. Each index of the table has such a
-- column and created_at, so that a page costs a page, however much there is of the thing. The statement is made for each
-- call, so that it is planned for these times and reads their partitions alone.
CREATE OR REPLACE FUNCTION audit_page(
        key_column text,
        keys text[],
        version semver,
        version_ids uuid[],
        since timestamptz,
        until timestamptz,
        actions text[],
        entity_types text[],
        max_rows bigint,
        after uuid) RETURNS SETOF audit_event
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 100 SET search_path = pg_catalog, mlregistry, pg_temp
    SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off -- along the index, to the end of the page
    SET jit = off -- what the last sort costs by that setting would be worth compiling
    AS $function$
    #variable_conflict use_variable
    DECLARE
        patterns constant text[] := audit_action_patterns(actions);
        unknown text;
        -- A key is compared by the index; text, for the actor, alone is no uuid.
        key_type constant text := CASE key_column WHEN 'actor' THEN 'text' ELSE 'uuid' END;
        after_millisecond timestamptz;
        after_time timestamptz;
    BEGIN
        PERFORM require_max_rows(max_rows);
        IF entity_types IS NOT NULL THEN
            SELECT coalesce('"' || shortened(t) || '"', 'NULL') INTO unknown
              FROM unnest(entity_types) AS t
             WHERE NOT EXISTS (SELECT FROM audit_rules() AS r WHERE r.entity_type = t)
             LIMIT 1;
            IF FOUND THEN
                RAISE EXCEPTION 'unknown entity type: %', unknown
                    USING ERRCODE = 'invalid_parameter_value',
                          HINT = (SELECT format('There are %s.', string_agg(DISTINCT r.entity_type, ', ' ORDER BY r.entity_type)) FROM audit_rules() AS r);
            END IF;
        END IF;
        IF after IS NOT NULL THEN
            after_millisecond := date_trunc('milliseconds', audit_log_time(after));
            IF after_millisecond IS NULL THEN
                RAISE EXCEPTION 'after is no identifier of an event: %', after
                    USING ERRCODE = 'invalid_parameter_value',
                          DETAIL = 'An event''s identifier is a UUID of version 7, which has the time in it.',
                          HINT = 'Give the log_id of the last row of the page before.';
            END IF;
            EXECUTE format('SELECT l.created_at FROM audit_logs l
                             WHERE l.%I = ANY ($1::%s[]) AND l.log_id = $2 AND l.created_at >= $3 AND l.created_at < $4',
                           key_column, key_type)
               INTO after_time
              USING keys, after, after_millisecond, after_millisecond + interval '1 millisecond';
            IF after_time IS NULL THEN
                RAISE EXCEPTION 'after names no event of this trail: %', after
                    USING ERRCODE = 'invalid_parameter_value', HINT = 'Give the log_id of the last row of the page before.';
            END IF;
        END IF;
        RETURN QUERY EXECUTE format(
            'SELECT page.log_id, page.created_at, page.actor, page.action, page.entity_type, page.entity_id, page.entity_name,
                    page.changes::jsonb, page.details::jsonb, page.reason, o.slug, p.slug, page.txid, page.user_id, page.api_key_id,
                    page.db_role::text, page.ip_address, page.application_name, page.user_agent
               FROM (SELECT found.*
                       FROM unnest($1::%2$s[]) AS k (key),
                            LATERAL (SELECT l.* FROM audit_logs l
                                      WHERE l.%1$I = k.key%3$s
                                      ORDER BY l.created_at DESC, l.log_id DESC
                                      LIMIT $2) AS found
                      ORDER BY found.created_at DESC, found.log_id DESC
                      LIMIT $2) AS page
               LEFT JOIN organizations o ON o.organization_id = page.organization_id
               LEFT JOIN projects p ON p.project_id = page.project_id
              ORDER BY page.created_at DESC, page.log_id DESC',
            key_column, key_type,
            concat(CASE WHEN since IS NOT NULL THEN ' AND l.created_at >= $3' END,
                   CASE WHEN until IS NOT NULL THEN ' AND l.created_at < $4' END,
                   -- The first is what partitions are left out by.
                   CASE WHEN after IS NOT NULL THEN ' AND l.created_at <= $5 AND (l.created_at, l.log_id) < ($5, $6)' END,
                   CASE WHEN patterns IS NOT NULL THEN ' AND l.action LIKE ANY ($7)' END,
                   CASE WHEN entity_types IS NOT NULL THEN ' AND l.entity_type = ANY ($8)' END,
                   CASE WHEN version IS NULL AND version_ids IS NOT NULL THEN ' AND l.entity_id = ANY ($9)' END, -- a run
                   CASE WHEN version IS NOT NULL THEN
                       ' AND (l.entity_id = ANY ($9) OR names_version(l.entity_name, $10)
                              OR l.entity_type = ''alias''
                                 AND EXISTS (SELECT FROM generate_series(0, 1) AS n
                                              WHERE l.changes -> ''version_id'' ->> n = ANY ($9::text[])
                                                 OR names_version(''@'' || (l.changes -> ''version'' ->> n), $10)))' END))
            USING keys, max_rows, since, until, after_time, after, patterns, entity_types, version_ids, version;
    END
    $function$;
COMMENT ON FUNCTION audit_page(text, text[], semver, uuid[], timestamptz, timestamptz, text[], text[], bigint, uuid) IS 'one page of events, newest first: what audit_trail(), audit_by_actor() and recent_activity() have in common';

CREATE OR REPLACE FUNCTION audit_trail(
        reference text,
        since timestamptz DEFAULT NULL,
        until timestamptz DEFAULT NULL,
        actions text[] DEFAULT NULL,
        entity_types text[] DEFAULT NULL,
        max_rows bigint DEFAULT 100,
        after uuid DEFAULT NULL) RETURNS SETOF audit_event
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 100 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    DECLARE
        target record := find_audited(reference);
    BEGIN
        RETURN QUERY
            SELECT * FROM audit_page('subject_id', target.subjects::text[], target.version, target.version_ids,
                                     since, until, actions, entity_types, max_rows, after);
    END
    $function$;
COMMENT ON FUNCTION audit_trail(text, timestamptz, timestamptz, text[], text[], bigint, uuid) IS 'what happened to a model with all that belongs to it, to one of its versions, to a dataset (dataset:name), to an experiment with its runs (experiment:name), to one run (run:uuid) or to a deployment (deployment:environment/name: all that ever had the name there), newest first, also when it is deleted; since is the first moment, until the first one after; actions as version.promote, version.* or *.delete; after: log_id of the last row of the page before';

CREATE OR REPLACE FUNCTION audit_trail(
        subject uuid,
        since timestamptz DEFAULT NULL,
        until timestamptz DEFAULT NULL,
        actions text[] DEFAULT NULL,
        entity_types text[] DEFAULT NULL,
        max_rows bigint DEFAULT 100,
        after uuid DEFAULT NULL) RETURNS SETOF audit_event
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 100 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    DECLARE
        of_version record;
        of_run uuid;
    BEGIN
        IF subject IS NULL THEN
            RAISE EXCEPTION 'the identifier of a subject must not be NULL' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        -- A version's events are found under its model, a run's under its experiment.
        SELECT v.model_id, v.semver INTO of_version FROM model_versions v WHERE v.version_id = subject;
        IF of_version.model_id IS NULL THEN
            SELECT r.experiment_id INTO of_run FROM training_runs r WHERE r.run_id = subject;
        END IF;
        RETURN QUERY
            SELECT * FROM audit_page('subject_id', ARRAY[coalesce(of_version.model_id, of_run, subject)]::text[], of_version.semver,
                                     CASE WHEN coalesce(of_version.model_id, of_run) IS NOT NULL THEN ARRAY[subject] END,
                                     since, until, actions, entity_types, max_rows, after);
    END
    $function$;
COMMENT ON FUNCTION audit_trail(uuid, timestamptz, timestamptz, text[], text[], bigint, uuid) IS 'what happened to a model, a version or a run that is there, a dataset, an experiment, a user, or whatever else events are found under, by its identifier: see audit_trail(text, ...); no rows for what there is none of';

CREATE OR REPLACE FUNCTION audit_by_actor(
        actor text,
        since timestamptz DEFAULT NULL,
        until timestamptz DEFAULT NULL,
        actions text[] DEFAULT NULL,
        entity_types text[] DEFAULT NULL,
        max_rows bigint DEFAULT 100,
        after uuid DEFAULT NULL) RETURNS SETOF audit_event
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 100 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    BEGIN
        IF actor IS NULL THEN
            RAISE EXCEPTION 'the name of an actor must not be NULL' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        RETURN QUERY
            SELECT * FROM audit_page('actor', ARRAY[actor], NULL, NULL, since, until, actions, entity_types, max_rows, after);
    END
    $function$;
COMMENT ON FUNCTION audit_by_actor(text, timestamptz, timestamptz, text[], text[], bigint, uuid) IS 'what a user, by the e-mail of that time, or a database role did, newest first, in all organizations that the caller may look into: filters as of audit_trail(text, ...)';

CREATE OR REPLACE FUNCTION audit_by_actor(
        user_id uuid,
        since timestamptz DEFAULT NULL,
        until timestamptz DEFAULT NULL,
        actions text[] DEFAULT NULL,
        entity_types text[] DEFAULT NULL,
        max_rows bigint DEFAULT 100,
        after uuid DEFAULT NULL) RETURNS SETOF audit_event
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 100 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    BEGIN
        IF user_id IS NULL THEN
            RAISE EXCEPTION 'the identifier of a user must not be NULL' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        RETURN QUERY
            SELECT * FROM audit_page('user_id', ARRAY[user_id]::text[], NULL, NULL, since, until, actions, entity_types, max_rows, after);
    END
    $function$;
COMMENT ON FUNCTION audit_by_actor(uuid, timestamptz, timestamptz, text[], text[], bigint, uuid) IS 'what a user did under whatever e-mail: see audit_by_actor(text, ...)';

CREATE OR REPLACE FUNCTION recent_activity(
        since timestamptz DEFAULT NULL,
        until timestamptz DEFAULT NULL,
        actions text[] DEFAULT NULL,
        entity_types text[] DEFAULT NULL,
        max_rows bigint DEFAULT 100,
        after uuid DEFAULT NULL) RETURNS SETOF audit_event
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 100 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    BEGIN
        RETURN QUERY
            SELECT * FROM audit_page('organization_id', ARRAY[find_organization(NULL)]::text[], NULL, NULL,
                                     since, until, actions, entity_types, max_rows, after);
    END
    $function$;
COMMENT ON FUNCTION recent_activity(timestamptz, timestamptz, text[], text[], bigint, uuid) IS 'what happened in the current organization, as far as the caller may see it, newest first: filters as of audit_trail(text, ...)';

CREATE OR REPLACE FUNCTION audit_note(reference text, action text, details jsonb DEFAULT '{}', reason text DEFAULT NULL) RETURNS uuid
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    DECLARE
        target record;
    BEGIN
        IF starts_with(reference, 'deployment:') THEN
            RETURN audit_note('deployment', find_deployment(reference), action, details, reason);
        END IF;
        target := find_tagged(reference);
        RETURN audit_note(target.kind, target.object_id, action, details, reason);
    END
    $function$;
COMMENT ON FUNCTION audit_note(text, text, jsonb, text) IS 'writes into the trail of a model, a version (model@selector), a dataset (dataset:name), a run (run:uuid) or a deployment (deployment:environment/name) what happened outside the registry: a download, a deployment elsewhere; returns the log_id';
