-- Environments and deployments. An environment is named in the organization; a deployment is [project/]environment/name, with or
-- without deployment: before it.

CREATE OR REPLACE FUNCTION find_environment(environment text) RETURNS uuid
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    DECLARE
        here constant uuid := find_organization(NULL);
        found_id uuid;
        near text;
    BEGIN
        IF environment IS NULL THEN
            RAISE EXCEPTION 'the name of an environment must not be NULL' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        SELECT e.environment_id INTO found_id FROM environments e WHERE e.organization_id = here AND e.environment_name = environment;
        IF found_id IS NULL THEN
            near := near_names(environment, ARRAY(SELECT e.environment_name FROM environments e WHERE e.organization_id = here LIMIT 1000));
            RAISE EXCEPTION 'environment "%" does not exist', shortened(environment)
                USING ERRCODE = 'no_data_found',
                      HINT = coalesce('Did you mean ' || near || '?',
                                      (SELECT format('There are %s.', string_agg(e.environment_name, ', ' ORDER BY e.priority, e.environment_name))
                                         FROM (SELECT e.* FROM environments e WHERE e.organization_id = here ORDER BY e.priority, e.environment_name LIMIT 20) AS e
                                       HAVING count(*) > 0),
                                      'create_environment() creates it.');
        END IF;
        RETURN found_id;
    END
    $function$;
COMMENT ON FUNCTION find_environment(text) IS 'identifier of an environment of the current organization by its name; P0002 when there is none';

CREATE OR REPLACE FUNCTION environment_infos(environment_ids uuid[]) RETURNS SETOF environment_info
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 20 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    BEGIN
        RETURN QUERY
            SELECT e.environment_name, e.environment_type, e.description, e.cluster_name, e.region, e.kubernetes_namespace, e.priority,
                   e.requires_approval, e.required_approval_types, e.config, e.is_active, d.open, d.live, e.created_by, e.created_at,
                   e.updated_at, e.environment_id
              FROM unnest(environment_ids) WITH ORDINALITY AS wanted (environment_id, n)
              JOIN environments e ON e.environment_id = wanted.environment_id
             CROSS JOIN LATERAL (SELECT count(*) AS open, count(*) FILTER (WHERE d.status IN ('active', 'degraded')) AS live
                                   FROM deployments d
                                   JOIN projects p ON p.project_id = d.project_id AND p.deleted_at IS NULL
                                  WHERE d.environment_id = e.environment_id AND d.deleted_at IS NULL
                                    AND d.status IN ('pending', 'deploying', 'active', 'degraded', 'terminating')) AS d
             ORDER BY wanted.n;
    END
    $function$;
COMMENT ON FUNCTION environment_infos(uuid[]) IS 'complete rows of environments in the order of their identifiers, none where there is no such environment';

CREATE OR REPLACE FUNCTION require_approval_types(rule text, relation text, types text[]) RETURNS void
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    DECLARE
        known constant text[] := '{security,compliance,legal,technical,business,emergency}';
        wrong text;
    BEGIN
        SELECT coalesce('"' || shortened(t) || '"', 'NULL') INTO wrong FROM unnest(types) AS t WHERE t IS NULL OR t <> ALL (known) LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION '% is no type of approval', wrong
                USING ERRCODE = 'check_violation', CONSTRAINT = rule, SCHEMA = 'mlregistry', TABLE = relation,
                      HINT = format('The types are %s.', array_to_string(known, ', '));
        END IF;
    END
    $function$;
COMMENT ON FUNCTION require_approval_types(text, text, text[]) IS 'raises 23514 by the name of the rule for a text that is not a type of approvals; NULL passes';

CREATE OR REPLACE FUNCTION require_environment_type(environment_type text) RETURNS void
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    BEGIN
        IF environment_type NOT IN ('development', 'staging', 'production', 'canary', 'shadow', 'sandbox') THEN
            RAISE EXCEPTION 'unknown type of environments: "%"', shortened(environment_type)
                USING ERRCODE = 'check_violation', CONSTRAINT = 'valid_env_type', SCHEMA = 'mlregistry', TABLE = 'environments',
                      HINT = 'The types are development, staging, production, canary, shadow and sandbox.';
        END IF;
    END
    $function$;
COMMENT ON FUNCTION require_environment_type(text) IS 'raises 23514 (valid_env_type) for a text that is not a type of environments; NULL passes';

CREATE OR REPLACE FUNCTION create_environment(
        environment_name text,
        environment_type text,
        description text DEFAULT NULL,
        cluster_name text DEFAULT NULL,
        region text DEFAULT NULL,
        kubernetes_namespace text DEFAULT NULL,
        priority integer DEFAULT 0,
        requires_approval boolean DEFAULT NULL,
        required_approval_types text[] DEFAULT NULL,
        config jsonb DEFAULT NULL,
        if_exists text DEFAULT 'error') RETURNS SETOF environment_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        here constant uuid := find_organization(NULL);
        new_id uuid;
        taken record;
    BEGIN
        IF create_environment.environment_name IS NULL OR create_environment.environment_type IS NULL THEN
            RAISE EXCEPTION 'an environment needs a name and a type' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        PERFORM require_if_exists(if_exists), require_environment_type(create_environment.environment_type),
                require_approval_types('valid_required_types', 'environments', create_environment.required_approval_types);
        IF NOT is_valid_name(create_environment.environment_name) THEN
            RAISE EXCEPTION 'invalid environment name: "%"', shortened(create_environment.environment_name)
                USING ERRCODE = 'check_violation',
                      CONSTRAINT = 'valid_environment_name', SCHEMA = 'mlregistry', TABLE = 'environments',
                      DETAIL = why_invalid('is_valid_name', create_environment.environment_name);
        END IF;
        IF create_environment.requires_approval IS FALSE AND cardinality(create_environment.required_approval_types) > 0 THEN
            RAISE EXCEPTION 'an environment that requires no approval has no types of it'
                USING ERRCODE = 'invalid_parameter_value', HINT = 'Leave requires_approval out: with types it is true.';
        END IF;
        PERFORM require_organization('admin', 'admin', here);
        LOOP
            INSERT INTO environments (organization_id, environment_name, environment_type, description, cluster_name, region,
                                      kubernetes_namespace, priority, requires_approval, required_approval_types, config)
            VALUES (here, create_environment.environment_name, create_environment.environment_type, create_environment.description,
                    create_environment.cluster_name, create_environment.region, create_environment.kubernetes_namespace,
                    coalesce(create_environment.priority, 0),
                    coalesce(create_environment.requires_approval, cardinality(create_environment.required_approval_types) > 0, false),
                    coalesce(create_environment.required_approval_types, '{}'), coalesce(create_environment.config, '{}'))
            ON CONFLICT (organization_id, environment_name) DO NOTHING
            RETURNING environment_id INTO new_id;
            EXIT WHEN new_id IS NOT NULL;
            SELECT e.* INTO taken FROM environments e WHERE e.organization_id = here AND e.environment_name = create_environment.environment_name;
            CONTINUE WHEN NOT FOUND; -- deleted meanwhile
            IF if_exists = 'error' THEN
                RAISE EXCEPTION 'environment "%" already exists', taken.environment_name
                    USING ERRCODE = 'unique_violation',
                          CONSTRAINT = 'unique_environment_name', SCHEMA = 'mlregistry', TABLE = 'environments',
                          DETAIL = format('It was created by %s at %s.', taken.created_by, taken.created_at),
                          HINT = 'Take what is there with if_exists => ''return''.';
            END IF;
            new_id := taken.environment_id;
            EXIT;
        END LOOP;
        RETURN QUERY SELECT * FROM environment_infos(ARRAY[new_id]);
    END
    $function$;
COMMENT ON FUNCTION create_environment(text, text, text, text, text, text, integer, boolean, text[], jsonb, text) IS 'creates an environment of the current organization; priority: the higher, the nearer to customers; requires_approval: versions of models with compliance_required need approval here, of each of required_approval_types one, without types one of any type but emergency; if_exists => ''return'' gives the one that is there, unchanged';

CREATE OR REPLACE FUNCTION list_environments(
        environment_type text DEFAULT NULL,
        active boolean DEFAULT NULL,
        max_rows bigint DEFAULT NULL,
        after text DEFAULT NULL) RETURNS SETOF environment_info
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 20 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        here constant uuid := find_organization(NULL);
        after_id constant uuid := CASE WHEN after IS NOT NULL THEN find_environment(after) END;
    BEGIN
        PERFORM require_environment_type(list_environments.environment_type), require_max_rows(max_rows);
        RETURN QUERY
            SELECT i.*
              FROM environment_infos(ARRAY(
                       SELECT e.environment_id
                         FROM environments e
                        WHERE e.organization_id = here
                          AND (list_environments.environment_type IS NULL OR e.environment_type = list_environments.environment_type)
                          AND (list_environments.active IS NULL OR e.is_active = list_environments.active)
                          AND (after_id IS NULL
                               OR (e.priority, e.environment_name) > (SELECT l.priority, l.environment_name FROM environments l WHERE l.environment_id = after_id))
                        ORDER BY e.priority, e.environment_name
                        LIMIT max_rows)) AS i;
    END
    $function$;
COMMENT ON FUNCTION list_environments(text, boolean, bigint, text) IS 'environments of the current organization by priority and name; for the next page give the last name seen as after';

-- ---- which deployment

CREATE OR REPLACE FUNCTION deployment_infos(deployment_ids uuid[]) RETURNS SETOF deployment_info
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 50 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    BEGIN
        RETURN QUERY
            SELECT p.slug, e.environment_name, e.environment_type, d.deployment_name, m.model_name, v.semver,
                   (SELECT h.semver FROM deployment_history h
                     WHERE h.deployment_id = d.deployment_id AND h.version_id <> d.version_id
                     ORDER BY h.valid_from DESC LIMIT 1),
                   v.stage, ARRAY(SELECT a.alias FROM model_aliases a WHERE a.version_id = d.version_id ORDER BY a.alias),
                   d.deployment_type, d.status, d.health_status, d.traffic_percentage::numeric, d.replicas, d.autoscaling_enabled, d.min_replicas,
                   d.max_replicas, d.endpoint_url, d.health_check_path, d.compute_platform, d.serving_framework, d.instance_type,
                   d.cpu_request, d.memory_request, d.gpu_count, d.avg_latency_ms::numeric, d.p99_latency_ms::numeric, d.requests_per_second::numeric,
                   d.error_rate_percentage::numeric, d.last_health_check_at, d.deployment_config,
                   ARRAY(SELECT t.tag_name FROM deployment_tags dt JOIN tags t USING (tag_id) WHERE dt.deployment_id = d.deployment_id ORDER BY t.tag_name),
                   d.deployed_by, d.deployed_at, d.deactivated_at, d.deactivation_reason, d.terminated_at, d.created_at, d.updated_at,
                   d.deployment_id, d.environment_id, d.model_id, d.version_id, d.project_id
              FROM unnest(deployment_ids) WITH ORDINALITY AS wanted (deployment_id, n)
              JOIN deployments d ON d.deployment_id = wanted.deployment_id
              JOIN environments e ON e.environment_id = d.environment_id
              JOIN projects p ON p.project_id = d.project_id
              JOIN models m ON m.model_id = d.model_id
              JOIN model_versions v ON v.version_id = d.version_id
             ORDER BY wanted.n;
    END
    $function$;
COMMENT ON FUNCTION deployment_infos(uuid[]) IS 'complete rows of deployments in the order of their identifiers, none where there is no such deployment';

CREATE OR REPLACE FUNCTION parse_deployment(reference text, OUT in_project uuid, OUT project text, OUT environment text, OUT deployment_name text)
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    DECLARE
        parts text[] := string_to_array(regexp_replace(reference, '^deployment:', ''), '/');
    BEGIN
        IF reference IS NULL THEN
            RAISE EXCEPTION 'a deployment reference must not be NULL' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        IF cardinality(parts) NOT BETWEEN 2 AND 3 OR '' = ANY (parts) THEN
            RAISE EXCEPTION 'invalid reference: "%"', shortened(reference)
                USING ERRCODE = 'invalid_text_representation',
                      HINT = CASE WHEN reference ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
                                  THEN 'An identifier is given as uuid: CAST(... AS uuid). Text is a name.'
                                  ELSE 'A deployment is written environment/name or project/environment/name; active_deployments() shows what is there.' END;
        END IF;
        IF cardinality(parts) = 3 THEN
            project := parts[1];
            parts := parts[2:];
        END IF;
        in_project := find_project(project);
        environment := parts[1];
        deployment_name := parts[2];
    END
    $function$;
COMMENT ON FUNCTION parse_deployment(text) IS 'parts of [project/]environment/name, with or without deployment: before it; without a project it is of the current one';

-- Names come again after their deployments have ended: the open one is meant, else the last.
CREATE OR REPLACE FUNCTION find_deployment(reference text) RETURNS uuid
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    DECLARE
        sought record := parse_deployment(reference);
        in_environment constant uuid := find_environment(sought.environment);
        found_id uuid;
        elsewhere text;
        near text;
    BEGIN
        SELECT d.deployment_id INTO found_id
          FROM deployments d
          JOIN projects p ON p.project_id = d.project_id AND p.deleted_at IS NULL
         WHERE d.project_id = sought.in_project AND d.environment_id = in_environment AND d.deployment_name = sought.deployment_name
           AND d.deleted_at IS NULL
         ORDER BY d.status IN ('pending', 'deploying', 'active', 'degraded', 'terminating') DESC, d.created_at DESC, d.deployment_id DESC
         LIMIT 1;
        IF found_id IS NOT NULL THEN
            RETURN found_id;
        END IF;
        SELECT string_agg(DISTINCT format('%s/%s/%s', p.slug, sought.environment, d.deployment_name), ', ') INTO elsewhere
          FROM deployments d
          JOIN projects p ON p.project_id = d.project_id AND p.deleted_at IS NULL
         WHERE d.environment_id = in_environment AND d.deployment_name = sought.deployment_name AND d.deleted_at IS NULL;
        near := near_names(sought.deployment_name, ARRAY(SELECT DISTINCT d.deployment_name FROM deployments d
                                                          WHERE d.project_id = sought.in_project AND d.environment_id = in_environment
                                                            AND d.deleted_at IS NULL LIMIT 1000));
        IF elsewhere IS NULL AND near IS NULL THEN
            SELECT string_agg(DISTINCT e.environment_name || '/' || d.deployment_name, ', ') INTO elsewhere
              FROM deployments d
              JOIN environments e ON e.environment_id = d.environment_id
             WHERE d.project_id = sought.in_project AND d.deployment_name = sought.deployment_name AND d.deleted_at IS NULL;
        END IF;
        RAISE EXCEPTION 'deployment "%/%" does not exist', sought.environment, shortened(sought.deployment_name)
            USING ERRCODE = 'no_data_found',
                  HINT = CASE
                             WHEN elsewhere IS NOT NULL THEN format('There is %s.', shortened(elsewhere))
                             WHEN near IS NOT NULL THEN format('Did you mean %s?', near)
                             ELSE 'deploy() makes it, list_deployments() shows what is there.'
                         END;
    END
    $function$;
COMMENT ON FUNCTION find_deployment(text) IS 'identifier of the deployment that a reference [project/]environment/name, with or without deployment: before it, names: the open one of that name, else the last; P0002 when there is none';

CREATE OR REPLACE FUNCTION live_deployment(deployment_id uuid) RETURNS uuid
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    BEGIN
        IF live_deployment.deployment_id IS NULL THEN
            RAISE EXCEPTION 'a deployment identifier must not be NULL' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        PERFORM FROM deployments d
                JOIN projects p ON p.project_id = d.project_id
                JOIN organizations o ON o.organization_id = d.organization_id
          WHERE d.deployment_id = live_deployment.deployment_id
            AND d.deleted_at IS NULL AND p.deleted_at IS NULL AND o.deleted_at IS NULL;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'deployment % does not exist', live_deployment.deployment_id
                USING ERRCODE = 'no_data_found', HINT = 'list_deployments() shows what is there.';
        END IF;
        RETURN live_deployment.deployment_id;
    END
    $function$;
COMMENT ON FUNCTION live_deployment(uuid) IS 'the identifier itself if it is that of a deployment that is not deleted, nor its project or organization; P0002 otherwise';

-- What a function changes: the rows are locked, in one order for everybody, so that what is asked of them is still so when they are written.
CREATE OR REPLACE FUNCTION lock_deployments(deployment_ids uuid[]) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    DECLARE
        gone uuid;
    BEGIN
        -- Row security would hide them from the lock.
        PERFORM require_access('write', 'deployments', p.project_id)
           FROM (SELECT DISTINCT d.project_id FROM deployments d WHERE d.deployment_id = ANY (deployment_ids)) AS p;
        PERFORM FROM deployments d WHERE d.deployment_id = ANY (deployment_ids) ORDER BY d.deployment_id FOR NO KEY UPDATE;
        SELECT w.id INTO gone
          FROM unnest(deployment_ids) AS w (id)
         WHERE NOT EXISTS (SELECT FROM deployments d WHERE d.deployment_id = w.id AND d.deleted_at IS NULL)
         LIMIT 1;
        IF FOUND THEN
            PERFORM live_deployment(gone); -- it went this very moment: P0002
        END IF;
    END
    $function$;
COMMENT ON FUNCTION lock_deployments(uuid[]) IS 'locks deployments, so that nobody else changes them until this transaction ends; P0002 for one that is not there, 42501 for who may not change it';

-- ---- what is refused, in the words of the rule that the table would refuse it by

CREATE OR REPLACE FUNCTION require_deployment_values(
        deployment_name text DEFAULT NULL,
        deployment_type text DEFAULT NULL,
        status text DEFAULT NULL,
        health_status text DEFAULT NULL,
        traffic numeric DEFAULT NULL,
        replicas integer DEFAULT NULL,
        min_replicas integer DEFAULT NULL,
        max_replicas integer DEFAULT NULL,
        gpu_count integer DEFAULT NULL,
        endpoint_url text DEFAULT NULL,
        deployment_config jsonb DEFAULT NULL) RETURNS void
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    DECLARE
        rule text;
        message text;
        detail text;
        hint text;
    BEGIN
        IF NOT is_valid_name(deployment_name) THEN
            rule := 'valid_deployment_name';
            message := format('invalid deployment name: "%s"', shortened(deployment_name));
            detail := why_invalid('is_valid_name', deployment_name);
        ELSIF deployment_type NOT IN ('rolling', 'blue-green', 'canary', 'shadow', 'a-b-test') THEN
            rule := 'valid_deployment_type';
            message := format('unknown type of deployments: "%s"', shortened(deployment_type));
            hint := 'The types are rolling, blue-green, canary, shadow and a-b-test.';
        ELSIF status NOT IN ('pending', 'deploying', 'active', 'degraded', 'failed', 'deactivated', 'terminating', 'terminated') THEN
            rule := 'valid_deployment_status';
            message := format('unknown status of deployments: "%s"', shortened(status));
            hint := 'The statuses are pending, deploying, active, degraded, failed, deactivated, terminating and terminated.';
        ELSIF health_status NOT IN ('healthy', 'degraded', 'unhealthy', 'unknown') THEN
            rule := 'valid_health_status';
            message := format('unknown health: "%s"', shortened(health_status));
            hint := 'Health is healthy, degraded, unhealthy or unknown.';
        ELSIF traffic < 0 OR traffic > 100 THEN -- NaN is above all numbers
            rule := 'valid_traffic';
            message := 'traffic must be from 0 to 100';
            detail := format('It is %s.', shortened(traffic::text));
        ELSIF replicas < 0 OR min_replicas < 0 OR max_replicas < 1 OR max_replicas < min_replicas THEN
            rule := 'valid_replicas';
            message := CASE WHEN max_replicas < 1 THEN 'max_replicas must be 1 or more'
                            WHEN max_replicas < min_replicas THEN 'max_replicas must not be less than min_replicas'
                            ELSE 'the number of replicas must not be negative' END;
            detail := concat_ws(' ', CASE WHEN replicas < 0 THEN format('replicas is %s.', replicas) END,
                                CASE WHEN min_replicas < 0 OR max_replicas < min_replicas THEN format('min_replicas is %s.', min_replicas) END,
                                CASE WHEN max_replicas < 1 OR max_replicas < min_replicas THEN format('max_replicas is %s.', max_replicas) END);
        ELSIF gpu_count < 0 THEN
            rule := 'valid_gpu_count';
            message := 'gpu_count must not be negative';
            detail := format('It is %s.', gpu_count);
        ELSIF NOT is_artifact_uri(btrim(endpoint_url)) THEN
            rule := 'valid_endpoint_url';
            message := format('invalid endpoint_url: "%s"', shortened(endpoint_url));
            detail := why_invalid('is_artifact_uri', btrim(endpoint_url));
        ELSIF jsonb_typeof(deployment_config) <> 'object' THEN
            rule := 'deployment_config_is_object';
            message := 'deployment_config must be an object';
            hint := 'Write deployment_config => ''{"name": value, ...}''.';
        ELSE
            RETURN;
        END IF;
        IF hint IS NOT NULL THEN
            RAISE EXCEPTION '%', message
                USING ERRCODE = 'check_violation', CONSTRAINT = rule, SCHEMA = 'mlregistry', TABLE = 'deployments', HINT = hint;
        END IF;
        RAISE EXCEPTION '%', message
            USING ERRCODE = 'check_violation', CONSTRAINT = rule, SCHEMA = 'mlregistry', TABLE = 'deployments', DETAIL = detail;
    END
    $function$;
COMMENT ON FUNCTION require_deployment_values(text, text, text, text, numeric, integer, integer, integer, integer, text, jsonb) IS 'raises 23514 by the name of the rule that the table deployments would refuse a value by; NULL passes';

-- The reason goes into the histories and the audit trail by a setting, which functions give back as they found it.
CREATE OR REPLACE FUNCTION say_reason(reason text) RETURNS text
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    DECLARE
        said_before constant text := coalesce(current_setting('mlregistry.reason', true), '');
    BEGIN
        IF reason IS NOT NULL THEN
            PERFORM set_config('mlregistry.reason', reason, true);
        END IF;
        RETURN said_before;
    END
    $function$;
COMMENT ON FUNCTION say_reason(text) IS 'sets mlregistry.reason in this transaction, unless NULL, and returns what it was: functions that have said a reason put that back';

-- Rules that look at several rows wait for the end of the transaction, so that plain SQL may come by a state that breaks them;
-- functions are told at once.
CREATE OR REPLACE FUNCTION check_deployments(deployment_ids uuid[]) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    BEGIN
        PERFORM check_deployment(c.id) FROM (SELECT DISTINCT d.id FROM unnest(deployment_ids) AS d (id) ORDER BY d.id) AS c;
    END
    $function$;
COMMENT ON FUNCTION check_deployments(uuid[]) IS 'raises what the deferred rules (traffic_sum, approval_gate, metric_gate) have against deployments as they are now';

-- Only what waits is looked at: what an approval that has expired meanwhile says of a deployment that serves is not asked here.
CREATE OR REPLACE FUNCTION check_traffic_now() RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    BEGIN
        SET CONSTRAINTS mlregistry.mlr_70_traffic_sum_insert, mlregistry.mlr_70_traffic_sum_update IMMEDIATE;
        SET CONSTRAINTS mlregistry.mlr_70_traffic_sum_insert, mlregistry.mlr_70_traffic_sum_update DEFERRED;
    END
    $function$;
COMMENT ON FUNCTION check_traffic_now() IS 'raises what the deferred rule traffic_sum has against what this transaction has done so far';

-- ---- deploying

CREATE OR REPLACE FUNCTION deploy(
        version_id uuid,
        environment text,
        deployment_name text DEFAULT NULL,
        traffic numeric DEFAULT NULL,
        replicas integer DEFAULT NULL,
        deployment_type text DEFAULT NULL,
        traffic_from text DEFAULT NULL,
        reason text DEFAULT NULL,
        force boolean DEFAULT false,
        status text DEFAULT NULL,
        health_status text DEFAULT NULL,
        endpoint_url text DEFAULT NULL,
        health_check_path text DEFAULT NULL,
        compute_platform text DEFAULT NULL,
        serving_framework text DEFAULT NULL,
        instance_type text DEFAULT NULL,
        cpu_request text DEFAULT NULL,
        memory_request text DEFAULT NULL,
        gpu_count integer DEFAULT NULL,
        autoscaling_enabled boolean DEFAULT NULL,
        min_replicas integer DEFAULT NULL,
        max_replicas integer DEFAULT NULL,
        deployment_config jsonb DEFAULT NULL) RETURNS SETOF deployment_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        -- Not inside a query: the planner would call it for an estimate, with the snapshot of the statement around us, which
        -- does not see a version that was registered in the same statement.
        live_id constant uuid := live_version(deploy.version_id);
        in_environment constant uuid := find_environment(deploy.environment);
        wanted_status constant text := coalesce(deploy.status, 'active');
        said_before text;
        forced_before text;
        of_version record;
        wanted_name text;
        donor_id uuid;
        donor record;
        slot_id uuid;
        slot record;
        share numeric;
        new_id uuid;
    BEGIN
        SELECT v.organization_id, v.project_id, v.model_id, v.semver, m.model_name INTO of_version
          FROM model_versions v
          JOIN models m USING (model_id)
         WHERE v.version_id = live_id;
        IF NOT FOUND THEN
            PERFORM live_version(live_id); -- it went this very moment: P0002
        END IF;
        -- One that takes a share of the traffic, or none, stands beside what serves: its name says what it is. Any other takes the
        -- place of what serves, whatever that is called.
        wanted_name := coalesce(deploy.deployment_name,
                                CASE WHEN coalesce(deploy.deployment_type, '') NOT IN ('canary', 'shadow', 'a-b-test')
                                     THEN (SELECT min(d.deployment_name)
                                             FROM deployments d
                                            WHERE d.model_id = of_version.model_id AND d.environment_id = in_environment AND d.deleted_at IS NULL
                                              AND d.status IN ('pending', 'deploying', 'active', 'degraded', 'terminating')
                                              AND d.deployment_type NOT IN ('canary', 'shadow', 'a-b-test')
                                           HAVING count(*) = 1) END,
                                concat_ws('-', of_version.model_name, deploy.environment,
                                          CASE WHEN deploy.deployment_type IN ('canary', 'shadow', 'a-b-test') THEN deploy.deployment_type END));
        PERFORM require_deployment_values(wanted_name, deploy.deployment_type, wanted_status, deploy.health_status, deploy.traffic,
                                          deploy.replicas, deploy.min_replicas, deploy.max_replicas, deploy.gpu_count,
                                          deploy.endpoint_url, deploy.deployment_config);
        IF wanted_status NOT IN ('pending', 'deploying', 'active') THEN
            RAISE EXCEPTION 'what is deployed does not begin as %', wanted_status
                USING ERRCODE = 'invalid_parameter_value', HINT = 'status is pending, deploying or active; set_deployment_status() says later what became of it.';
        END IF;
        PERFORM require_access('write', 'deployments', of_version.project_id);
        IF deploy.traffic_from IS NOT NULL THEN
            IF deploy.traffic IS NULL THEN
                RAISE EXCEPTION 'traffic_from needs to know how much'
                    USING ERRCODE = 'null_value_not_allowed', HINT = 'Give traffic => ..., the share of the new deployment.';
            END IF;
            donor_id := find_deployment(CASE WHEN position('/' IN deploy.traffic_from) > 0 THEN deploy.traffic_from
                                             ELSE format('%s/%s/%s', (SELECT p.slug FROM projects p WHERE p.project_id = of_version.project_id),
                                                         deploy.environment, deploy.traffic_from) END);
        END IF;
        said_before := say_reason(deploy.reason);
        IF deploy.force THEN
            forced_before := coalesce(current_setting('mlregistry.force', true), '');
            PERFORM set_config('mlregistry.force', 'on', true);
        END IF;
        -- Until the slot is ours: either new, or locked while it is open.
        LOOP
            slot_id := (SELECT d.deployment_id
                          FROM deployments d
                         WHERE d.project_id = of_version.project_id AND d.environment_id = in_environment AND d.deployment_name = wanted_name
                           AND d.status IN ('pending', 'deploying', 'active', 'degraded', 'terminating') AND d.deleted_at IS NULL);
            PERFORM lock_deployments(array_remove(ARRAY[slot_id, donor_id], NULL));
            SELECT d.* INTO slot
              FROM deployments d
             WHERE d.deployment_id = slot_id AND d.status IN ('pending', 'deploying', 'active', 'degraded', 'terminating') AND d.deleted_at IS NULL;
            CONTINUE WHEN slot_id IS NOT NULL AND NOT FOUND; -- it has ended this very moment
            IF slot_id IS NOT NULL AND slot.model_id <> of_version.model_id THEN
                RAISE EXCEPTION 'deployment "%/%" serves another model', deploy.environment, wanted_name
                    USING ERRCODE = 'unique_violation',
                          CONSTRAINT = 'unique_active_deployment', SCHEMA = 'mlregistry', TABLE = 'deployments',
                          DETAIL = format('It serves %s.', (SELECT m.model_name FROM models m WHERE m.model_id = slot.model_id)),
                          HINT = 'Give another deployment_name, or terminate_deployment() first.';
            END IF;
            IF slot.status = 'terminating' THEN
                RAISE EXCEPTION 'deployment "%/%" is terminating', deploy.environment, wanted_name
                    USING ERRCODE = 'object_in_use',
                          HINT = 'Its name is free when it is terminated; until then give another deployment_name.';
            END IF;
            IF donor_id IS NOT NULL THEN
                SELECT d.*, e.environment_name INTO donor
                  FROM deployments d
                  JOIN environments e ON e.environment_id = d.environment_id
                 WHERE d.deployment_id = donor_id;
                -- What the slot has already is not taken again.
                share := round(deploy.traffic, 2) - CASE WHEN slot.status IN ('active', 'degraded') AND slot.deployment_type <> 'shadow'
                                                         THEN slot.traffic_percentage ELSE 0 END;
                IF donor.model_id <> of_version.model_id OR donor.environment_id <> in_environment OR donor_id = slot_id THEN
                    RAISE EXCEPTION 'traffic comes from another deployment of the same model in the same environment, not from "%/%"',
                            donor.environment_name, donor.deployment_name
                        USING ERRCODE = 'invalid_parameter_value';
                END IF;
                IF donor.status NOT IN ('active', 'degraded') OR donor.deployment_type = 'shadow' OR donor.traffic_percentage < share THEN
                    RAISE EXCEPTION 'deployment "%/%" has no % percent of the traffic to give', donor.environment_name, donor.deployment_name, share
                        USING ERRCODE = 'check_violation',
                              CONSTRAINT = 'valid_traffic', SCHEMA = 'mlregistry', TABLE = 'deployments',
                              DETAIL = CASE WHEN donor.status NOT IN ('active', 'degraded') THEN format('It is %s.', donor.status)
                                            WHEN donor.deployment_type = 'shadow' THEN 'It is a shadow, whose traffic counts nowhere.'
                                            ELSE format('It has %s.', donor.traffic_percentage) END;
                END IF;
                UPDATE deployments d SET traffic_percentage = d.traffic_percentage - share WHERE d.deployment_id = donor_id AND share <> 0;
            END IF;
            IF slot_id IS NOT NULL THEN
                UPDATE deployments d
                   SET version_id = live_id,
                       status = CASE WHEN deploy.status IS NULL AND d.version_id = live_id AND d.status = 'degraded' THEN d.status ELSE wanted_status END,
                       health_status = coalesce(deploy.health_status, CASE WHEN d.version_id = live_id THEN d.health_status ELSE 'unknown' END),
                       -- What was measured was measured of the version that was there.
                       avg_latency_ms = CASE WHEN d.version_id = live_id THEN d.avg_latency_ms END,
                       p99_latency_ms = CASE WHEN d.version_id = live_id THEN d.p99_latency_ms END,
                       requests_per_second = CASE WHEN d.version_id = live_id THEN d.requests_per_second END,
                       error_rate_percentage = CASE WHEN d.version_id = live_id THEN d.error_rate_percentage END,
                       last_health_check_at = CASE WHEN d.version_id = live_id THEN d.last_health_check_at END,
                       traffic_percentage = coalesce(deploy.traffic, d.traffic_percentage),
                       replicas = coalesce(deploy.replicas, d.replicas),
                       deployment_type = coalesce(deploy.deployment_type, d.deployment_type),
                       endpoint_url = coalesce(deploy.endpoint_url, d.endpoint_url),
                       health_check_path = coalesce(deploy.health_check_path, d.health_check_path),
                       compute_platform = coalesce(deploy.compute_platform, d.compute_platform),
                       serving_framework = coalesce(deploy.serving_framework, d.serving_framework),
                       instance_type = coalesce(deploy.instance_type, d.instance_type),
                       cpu_request = coalesce(deploy.cpu_request, d.cpu_request),
                       memory_request = coalesce(deploy.memory_request, d.memory_request),
                       gpu_count = coalesce(deploy.gpu_count, d.gpu_count),
                       autoscaling_enabled = coalesce(deploy.autoscaling_enabled, d.autoscaling_enabled),
                       min_replicas = coalesce(deploy.min_replicas, d.min_replicas),
                       max_replicas = coalesce(deploy.max_replicas, d.max_replicas),
                       deployment_config = d.deployment_config || coalesce(deploy.deployment_config, '{}')
                 WHERE d.deployment_id = slot_id;
                EXIT;
            END IF;
            INSERT INTO deployments (organization_id, project_id, version_id, model_id, environment_id, deployment_name, deployment_type, status,
                                     health_status, traffic_percentage, replicas, endpoint_url, health_check_path, compute_platform,
                                     serving_framework, instance_type, cpu_request, memory_request, gpu_count, autoscaling_enabled,
                                     min_replicas, max_replicas, deployment_config)
            VALUES (of_version.organization_id, of_version.project_id, live_id, of_version.model_id, in_environment, wanted_name,
                    coalesce(deploy.deployment_type, 'rolling'), wanted_status, coalesce(deploy.health_status, 'unknown'),
                    coalesce(deploy.traffic, 100), coalesce(deploy.replicas, 1), deploy.endpoint_url,
                    coalesce(deploy.health_check_path, '/health'), deploy.compute_platform, deploy.serving_framework, deploy.instance_type,
                    deploy.cpu_request, deploy.memory_request, coalesce(deploy.gpu_count, 0), coalesce(deploy.autoscaling_enabled, false),
                    coalesce(deploy.min_replicas, least(1, deploy.max_replicas), 1),
                    coalesce(deploy.max_replicas, greatest(10, deploy.min_replicas)), coalesce(deploy.deployment_config, '{}'))
            ON CONFLICT (project_id, environment_id, deployment_name)
                WHERE status IN ('pending', 'deploying', 'active', 'degraded', 'terminating') AND deleted_at IS NULL
                DO NOTHING
            RETURNING deployment_id INTO new_id;
            EXIT WHEN new_id IS NOT NULL;
            IF donor_id IS NOT NULL THEN -- somebody made the slot this very moment: it gets what it is short of
                UPDATE deployments d SET traffic_percentage = d.traffic_percentage + share WHERE d.deployment_id = donor_id AND share <> 0;
            END IF;
        END LOOP;
        IF slot_id IS NULL OR slot.version_id <> live_id OR slot.status NOT IN ('active', 'degraded') OR deploy.status = 'deploying' THEN
            PERFORM check_deployments(ARRAY[coalesce(slot_id, new_id)]);
        ELSE
            PERFORM check_traffic_now();
        END IF;
        PERFORM set_config('mlregistry.reason', said_before, true);
        IF forced_before IS NOT NULL THEN
            PERFORM set_config('mlregistry.force', forced_before, true);
        END IF;
        RETURN QUERY SELECT * FROM deployment_infos(ARRAY[coalesce(slot_id, new_id)]);
    END
    $function$;
COMMENT ON FUNCTION deploy(uuid, text, text, numeric, integer, text, text, text, boolean, text, text, text, text, text, text, text, text, text, integer, boolean, integer, integer, jsonb) IS 'deploys a version: see deploy(text, ...)';

CREATE OR REPLACE FUNCTION deploy(
        version text,
        environment text,
        deployment_name text DEFAULT NULL,
        traffic numeric DEFAULT NULL,
        replicas integer DEFAULT NULL,
        deployment_type text DEFAULT NULL,
        traffic_from text DEFAULT NULL,
        reason text DEFAULT NULL,
        force boolean DEFAULT false,
        status text DEFAULT NULL,
        health_status text DEFAULT NULL,
        endpoint_url text DEFAULT NULL,
        health_check_path text DEFAULT NULL,
        compute_platform text DEFAULT NULL,
        serving_framework text DEFAULT NULL,
        instance_type text DEFAULT NULL,
        cpu_request text DEFAULT NULL,
        memory_request text DEFAULT NULL,
        gpu_count integer DEFAULT NULL,
        autoscaling_enabled boolean DEFAULT NULL,
        min_replicas integer DEFAULT NULL,
        max_replicas integer DEFAULT NULL,
        deployment_config jsonb DEFAULT NULL) RETURNS SETOF deployment_info
    LANGUAGE sql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        SELECT * FROM deploy(find_version(version), environment, deployment_name, traffic, replicas, deployment_type, traffic_from, reason,
                             force, status, health_status, endpoint_url, health_check_path, compute_platform, serving_framework,
                             instance_type, cpu_request, memory_request, gpu_count, autoscaling_enabled, min_replicas, max_replicas,
                             deployment_config)
    $function$;
COMMENT ON FUNCTION deploy(text, text, text, numeric, integer, text, text, text, boolean, text, text, text, text, text, text, text, text, text, integer, boolean, integer, integer, jsonb) IS 'deploys a version into an environment: the open deployment of that name changes its version and what else is given, or a new one begins, with all of the traffic and one replica if nothing else is said; without deployment_name it is the only one of the model that is open there, else model-environment, with -canary, -shadow or -a-b-test after it for those types; traffic_from: the deployment that gives the share; it is live at once unless status is pending or deploying (one that is degraded stays so while its version is the same and no status is given); force: also a deprecated version, or into an inactive environment';

-- ---- changing what is deployed

CREATE OR REPLACE FUNCTION scale_deployment(
        deployment_id uuid,
        replicas integer DEFAULT NULL,
        min_replicas integer DEFAULT NULL,
        max_replicas integer DEFAULT NULL,
        autoscaling_enabled boolean DEFAULT NULL,
        reason text DEFAULT NULL) RETURNS SETOF deployment_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        live_id constant uuid := live_deployment(scale_deployment.deployment_id);
        slot record;
        said_before text;
    BEGIN
        IF num_nonnulls(scale_deployment.replicas, scale_deployment.min_replicas, scale_deployment.max_replicas, scale_deployment.autoscaling_enabled) = 0 THEN
            RAISE EXCEPTION 'say how many replicas'
                USING ERRCODE = 'null_value_not_allowed', HINT = 'Give replicas, min_replicas, max_replicas or autoscaling_enabled.';
        END IF;
        PERFORM lock_deployments(ARRAY[live_id]);
        SELECT d.* INTO slot FROM deployments d WHERE d.deployment_id = live_id;
        PERFORM require_deployment_values(replicas => scale_deployment.replicas,
                                          min_replicas => coalesce(scale_deployment.min_replicas, slot.min_replicas),
                                          max_replicas => coalesce(scale_deployment.max_replicas, slot.max_replicas)),
                require_open_deployment(live_id, slot.deployment_name, slot.status, 'is scaled');
        said_before := say_reason(scale_deployment.reason);
        UPDATE deployments d
           SET replicas = coalesce(scale_deployment.replicas, d.replicas),
               min_replicas = coalesce(scale_deployment.min_replicas, d.min_replicas),
               max_replicas = coalesce(scale_deployment.max_replicas, d.max_replicas),
               autoscaling_enabled = coalesce(scale_deployment.autoscaling_enabled, d.autoscaling_enabled)
         WHERE d.deployment_id = live_id;
        PERFORM set_config('mlregistry.reason', said_before, true);
        RETURN QUERY SELECT * FROM deployment_infos(ARRAY[live_id]);
    END
    $function$;
COMMENT ON FUNCTION scale_deployment(uuid, integer, integer, integer, boolean, text) IS 'changes the number of replicas of a deployment: see scale_deployment(text, ...)';

CREATE OR REPLACE FUNCTION scale_deployment(
        deployment text,
        replicas integer DEFAULT NULL,
        min_replicas integer DEFAULT NULL,
        max_replicas integer DEFAULT NULL,
        autoscaling_enabled boolean DEFAULT NULL,
        reason text DEFAULT NULL) RETURNS SETOF deployment_info
    LANGUAGE sql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        SELECT * FROM scale_deployment(find_deployment(deployment), replicas, min_replicas, max_replicas, autoscaling_enabled, reason)
    $function$;
COMMENT ON FUNCTION scale_deployment(text, integer, integer, integer, boolean, text) IS 'changes the number of replicas of an open deployment, written environment/name, 0 too, and how far autoscaling may go';

CREATE OR REPLACE FUNCTION require_open_deployment(deployment uuid, deployment_name text, status text, done text) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    BEGIN
        IF status IN ('failed', 'deactivated', 'terminated') THEN
            RAISE EXCEPTION 'deployment "%" is %: only one that is open %', deployment_name, status, done
                USING ERRCODE = 'object_not_in_prerequisite_state',
                      DETAIL = format('Its identifier is %s.', deployment),
                      HINT = CASE WHEN status = 'terminated' THEN 'deploy() makes a new one.'
                                  ELSE 'set_deployment_status() makes it active again, deploy() makes a new one.' END;
        END IF;
    END
    $function$;
COMMENT ON FUNCTION require_open_deployment(uuid, text, text, text) IS 'raises 55000 for a deployment that has ended, in the words of what was to be done';

-- Several shares of a model in one statement: no moment, and no reader, sees a sum that nobody wanted.
CREATE OR REPLACE FUNCTION set_deployment_traffic(deployment_ids uuid[], shares numeric[], reason text DEFAULT NULL) RETURNS SETOF deployment_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 3 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        of_model uuid;
        said_before text;
    BEGIN
        IF cardinality(deployment_ids) IS DISTINCT FROM cardinality(shares) OR deployment_ids IS NULL THEN
            RAISE EXCEPTION 'each deployment needs a share, and each share a deployment'
                USING ERRCODE = 'array_subscript_error',
                      DETAIL = format('There are %s deployments and %s shares.', coalesce(cardinality(deployment_ids), 0), coalesce(cardinality(shares), 0));
        END IF;
        IF array_position(shares, NULL) IS NOT NULL THEN
            RAISE EXCEPTION 'a share must not be NULL' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        PERFORM live_deployment(s.id), require_deployment_values(traffic => s.share) FROM unnest(deployment_ids, shares) AS s (id, share);
        IF (SELECT count(DISTINCT s.id) FROM unnest(deployment_ids) AS s (id)) < cardinality(deployment_ids) THEN
            RAISE EXCEPTION 'a deployment is named twice' USING ERRCODE = 'invalid_parameter_value';
        END IF;
        PERFORM lock_deployments(deployment_ids);
        PERFORM require_open_deployment(d.deployment_id, d.deployment_name, d.status, 'has traffic')
           FROM deployments d WHERE d.deployment_id = ANY (deployment_ids);
        said_before := say_reason(set_deployment_traffic.reason);
        -- One model after the other, in one order for everybody: the sum of each is guarded until this transaction ends.
        FOR of_model IN SELECT DISTINCT d.model_id FROM deployments d WHERE d.deployment_id = ANY (deployment_ids) ORDER BY d.model_id LOOP
            UPDATE deployments d
               SET traffic_percentage = s.share
              FROM unnest(deployment_ids, shares) AS s (id, share)
             WHERE d.deployment_id = s.id AND d.model_id = of_model AND d.traffic_percentage <> round(s.share, 2);
            PERFORM check_traffic_now();
        END LOOP;
        PERFORM set_config('mlregistry.reason', said_before, true);
        RETURN QUERY SELECT * FROM deployment_infos(deployment_ids);
    END
    $function$;
COMMENT ON FUNCTION set_deployment_traffic(uuid[], numeric[], text) IS 'gives several deployments their shares of the traffic in one statement: see set_traffic(text, jsonb, text)';

CREATE OR REPLACE FUNCTION set_traffic(environment text, shares jsonb, reason text DEFAULT NULL, project text DEFAULT NULL) RETURNS SETOF deployment_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 3 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        wrong record;
        ids uuid[];
        wanted numeric[];
    BEGIN
        PERFORM find_environment(environment), find_project(project);
        IF shares IS NULL THEN
            RAISE EXCEPTION 'the shares must not be NULL' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        IF jsonb_typeof(shares) <> 'object' OR shares = '{}' THEN
            RAISE EXCEPTION 'shares of traffic are an object'
                USING ERRCODE = 'invalid_parameter_value',
                      DETAIL = format('They are %s.', shortened(shares::text)), HINT = 'Write ''{"name": 90, "name-canary": 10}''.';
        END IF;
        SELECT s.key, s.value INTO wrong FROM jsonb_each(shares) AS s WHERE jsonb_typeof(s.value) <> 'number' LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION 'the share of "%" must be a number', shortened(wrong.key)
                USING ERRCODE = 'invalid_parameter_value', DETAIL = format('It is %s.', shortened(wrong.value::text));
        END IF;
        SELECT array_agg(find_deployment(concat_ws('/', set_traffic.project, environment, s.key)) ORDER BY s.value::numeric DESC, s.key),
               array_agg(s.value::numeric ORDER BY s.value::numeric DESC, s.key)
          INTO ids, wanted
          FROM jsonb_each(shares) AS s;
        RETURN QUERY SELECT * FROM set_deployment_traffic(ids, wanted, set_traffic.reason);
    END
    $function$;
COMMENT ON FUNCTION set_traffic(text, jsonb, text, text) IS 'gives several deployments of an environment their shares of the traffic in one statement, {"name": 90, "name-canary": 10}: those that are named only, and all live ones of a model together have 100 percent at most';

CREATE OR REPLACE FUNCTION set_deployment_status(
        deployment_id uuid,
        status text DEFAULT NULL,
        health_status text DEFAULT NULL,
        reason text DEFAULT NULL,
        avg_latency_ms numeric DEFAULT NULL,
        p99_latency_ms numeric DEFAULT NULL,
        requests_per_second numeric DEFAULT NULL,
        error_rate_percentage numeric DEFAULT NULL) RETURNS SETOF deployment_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        live_id constant uuid := live_deployment(set_deployment_status.deployment_id);
        probed constant boolean := num_nonnulls(set_deployment_status.health_status, set_deployment_status.avg_latency_ms, set_deployment_status.p99_latency_ms,
                                                set_deployment_status.requests_per_second, set_deployment_status.error_rate_percentage) > 0;
        was text;
        said_before text;
    BEGIN
        IF set_deployment_status.status IS NULL AND NOT probed THEN
            RAISE EXCEPTION 'say the status or the health'
                USING ERRCODE = 'null_value_not_allowed', HINT = 'Give status, health_status or what was measured.';
        END IF;
        PERFORM require_deployment_values(status => set_deployment_status.status, health_status => set_deployment_status.health_status),
                require_measurement('valid_measurements', 'avg_latency_ms', set_deployment_status.avg_latency_ms, 1e8),
                require_measurement('valid_measurements', 'p99_latency_ms', set_deployment_status.p99_latency_ms, 1e8),
                require_measurement('valid_measurements', 'requests_per_second', set_deployment_status.requests_per_second, 1e10);
        IF set_deployment_status.error_rate_percentage NOT BETWEEN 0 AND 100 THEN
            RAISE EXCEPTION 'error_rate_percentage must be from 0 to 100'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'valid_error_rate', SCHEMA = 'mlregistry', TABLE = 'deployments',
                      DETAIL = format('It is %s.', shortened(set_deployment_status.error_rate_percentage::text));
        END IF;
        PERFORM lock_deployments(ARRAY[live_id]);
        said_before := say_reason(set_deployment_status.reason);
        IF set_deployment_status.status IS NOT NULL THEN
            was := (SELECT d.status FROM deployments d WHERE d.deployment_id = live_id);
            UPDATE deployments d
               SET status = set_deployment_status.status,
                   -- What has failed is well no more, whatever the last probe said; only a probe says how it is.
                   health_status = CASE WHEN set_deployment_status.status = 'failed' AND d.health_status = 'healthy' THEN 'unknown' ELSE d.health_status END,
                   deactivation_reason = CASE WHEN set_deployment_status.status = 'deactivated' THEN coalesce(set_deployment_status.reason, d.deactivation_reason)
                                              ELSE d.deactivation_reason END
             WHERE d.deployment_id = live_id AND d.status <> set_deployment_status.status;
            IF was NOT IN ('active', 'degraded') OR set_deployment_status.status = 'deploying' THEN -- what serves goes on, whatever has expired since
                PERFORM check_deployments(ARRAY[live_id]);
            END IF;
        END IF;
        IF probed THEN
            -- By itself: what a probe says every few seconds is no change of the deployment unless its health is.
            UPDATE deployments d
               SET avg_latency_ms = coalesce(set_deployment_status.avg_latency_ms, d.avg_latency_ms),
                   p99_latency_ms = coalesce(set_deployment_status.p99_latency_ms, d.p99_latency_ms),
                   requests_per_second = coalesce(set_deployment_status.requests_per_second, d.requests_per_second),
                   error_rate_percentage = coalesce(set_deployment_status.error_rate_percentage, d.error_rate_percentage),
                   last_health_check_at = now()
             WHERE d.deployment_id = live_id;
            UPDATE deployments d
               SET health_status = set_deployment_status.health_status
             WHERE d.deployment_id = live_id AND d.health_status <> set_deployment_status.health_status;
        END IF;
        PERFORM set_config('mlregistry.reason', said_before, true);
        RETURN QUERY SELECT * FROM deployment_infos(ARRAY[live_id]);
    END
    $function$;
COMMENT ON FUNCTION set_deployment_status(uuid, text, text, text, numeric, numeric, numeric, numeric) IS 'says what became of a deployment: see set_deployment_status(text, ...)';

CREATE OR REPLACE FUNCTION require_measurement(rule text, name text, value numeric, below numeric) RETURNS void
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    BEGIN
        IF value < 0 OR value >= below THEN -- NaN is above all numbers
            RAISE EXCEPTION '% must be a number from 0 on, and below %', name, below
                USING ERRCODE = 'check_violation', CONSTRAINT = rule, SCHEMA = 'mlregistry', TABLE = 'deployments',
                      DETAIL = format('It is %s.', shortened(value::text));
        END IF;
    END
    $function$;
COMMENT ON FUNCTION require_measurement(text, text, numeric, numeric) IS 'raises 23514 by the name of the rule for what no probe can have measured; NULL passes';

CREATE OR REPLACE FUNCTION set_deployment_status(
        deployment text,
        status text DEFAULT NULL,
        health_status text DEFAULT NULL,
        reason text DEFAULT NULL,
        avg_latency_ms numeric DEFAULT NULL,
        p99_latency_ms numeric DEFAULT NULL,
        requests_per_second numeric DEFAULT NULL,
        error_rate_percentage numeric DEFAULT NULL) RETURNS SETOF deployment_info
    LANGUAGE sql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        SELECT * FROM set_deployment_status(find_deployment(deployment), status, health_status, reason, avg_latency_ms, p99_latency_ms,
                                            requests_per_second, error_rate_percentage)
    $function$;
COMMENT ON FUNCTION set_deployment_status(text, text, text, text, numeric, numeric, numeric, numeric) IS 'says what became of a deployment, written environment/name: its status (see lifecycle(''deployment'')), its health, and what a probe has measured; the status it has already is no change';

CREATE OR REPLACE FUNCTION terminate_deployment(deployment_id uuid, reason text DEFAULT NULL) RETURNS SETOF deployment_info
    LANGUAGE sql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        SELECT * FROM set_deployment_status(deployment_id, 'terminated', reason => reason)
    $function$;
COMMENT ON FUNCTION terminate_deployment(uuid, text) IS 'ends a deployment for good: see terminate_deployment(text, text)';

CREATE OR REPLACE FUNCTION terminate_deployment(deployment text, reason text DEFAULT NULL) RETURNS SETOF deployment_info
    LANGUAGE sql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        SELECT * FROM set_deployment_status(find_deployment(deployment), 'terminated', reason => reason)
    $function$;
COMMENT ON FUNCTION terminate_deployment(text, text) IS 'ends a deployment, written environment/name, for good: its name is free, its history stays; one that is terminated already stays as it is';

-- ---- back to what was well

-- What a deployment served from one change of its version to the next.
CREATE OR REPLACE FUNCTION deployment_stints(deployment_id uuid)
    RETURNS TABLE (n bigint, version_id uuid, semver text, began_at timestamptz, ended_at timestamptz, was_live boolean, last_status text, entered_by text)
    LANGUAGE sql STABLE PARALLEL RESTRICTED ROWS 10 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
        WITH change AS (
            SELECT h.*, h.version_id IS DISTINCT FROM lag(h.version_id) OVER w AS is_new
              FROM deployment_history h
             WHERE h.deployment_id = deployment_stints.deployment_id
            WINDOW w AS (ORDER BY h.valid_from)),
        numbered AS (
            SELECT c.*, count(*) FILTER (WHERE c.is_new) OVER (ORDER BY c.valid_from) AS n FROM change c),
        stint AS (
            SELECT k.n, k.version_id, min(k.semver) AS semver, min(k.valid_from) AS began_at, max(k.valid_to) AS ended_at,
                   bool_or(k.deployment_status IN ('active', 'degraded')) AS was_live,
                   (array_agg(k.deployment_status ORDER BY k.valid_from DESC))[1] AS last_status,
                   (array_agg(k.action ORDER BY k.valid_from))[1] AS entered_by
              FROM numbered k
             GROUP BY k.n, k.version_id)
        SELECT s.n, s.version_id, s.semver, s.began_at, s.ended_at, s.was_live, s.last_status, s.entered_by
          FROM stint s
         ORDER BY s.n
    $function$;
COMMENT ON FUNCTION deployment_stints(uuid) IS 'versions that a deployment has served, one row from a change of the version to the next: whether it was live in that time, its status at the end of it, and what it began with (deploy, update, rollback); the last one is there still';

-- Versions lie on a pile: what is deployed is put on it, a rollback takes off what lies on the version that it goes back to. So
-- several rollbacks go back one by one, and none to what somebody has rolled back from.
CREATE OR REPLACE FUNCTION rollback_targets(deployment_id uuid) RETURNS TABLE (n bigint, version_id uuid, semver text)
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 5 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        stint record;
        pile uuid[] := '{}';
        place integer;
    BEGIN
        FOR stint IN SELECT s.* FROM deployment_stints(rollback_targets.deployment_id) AS s ORDER BY s.n LOOP
            place := CASE WHEN stint.entered_by = 'rollback' THEN (SELECT max(p) FROM unnest(array_positions(pile, stint.version_id)) AS p) END;
            pile := CASE WHEN place IS NULL THEN pile || stint.version_id ELSE pile[:place] END;
        END LOOP;
        RETURN QUERY
            SELECT row_number() OVER (ORDER BY p.place DESC), p.version_id, l.semver
              FROM (SELECT u.version_id, max(u.place) AS place
                      FROM unnest(pile) WITH ORDINALITY AS u (version_id, place)
                     WHERE u.version_id <> pile[cardinality(pile)]
                     GROUP BY u.version_id) AS p
             CROSS JOIN LATERAL (SELECT s.semver, s.last_status
                                   FROM deployment_stints(rollback_targets.deployment_id) AS s
                                  WHERE s.version_id = p.version_id
                                  ORDER BY s.n DESC
                                  LIMIT 1) AS l
             WHERE l.last_status = 'active'
             ORDER BY 1;
    END
    $function$;
COMMENT ON FUNCTION rollback_targets(uuid) IS 'versions that a deployment may go back to, the last one first: those that were active, not degraded or failed, when another one took their place, and that nobody has rolled back from since';

CREATE OR REPLACE FUNCTION rollback_deployment(
        deployment_id uuid,
        to_version text DEFAULT NULL,
        reason text DEFAULT NULL) RETURNS SETOF deployment_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        live_id constant uuid := live_deployment(rollback_deployment.deployment_id);
        seen record;
        slot record;
        target uuid;
        target_semver text;
        said_before text;
        others text;
    BEGIN
        SELECT d.version_id, d.deployment_name, e.environment_name, m.model_name INTO seen
          FROM deployments d
          JOIN environments e ON e.environment_id = d.environment_id
          JOIN models m ON m.model_id = d.model_id
         WHERE d.deployment_id = live_id;
        PERFORM lock_deployments(ARRAY[live_id]);
        SELECT d.* INTO slot FROM deployments d WHERE d.deployment_id = live_id;
        IF slot.status <> 'failed' THEN -- what has failed is what one goes back from
            PERFORM require_open_deployment(live_id, slot.deployment_name, slot.status, 'is rolled back');
        END IF;
        IF slot.version_id <> seen.version_id THEN
            -- Two people press the button at once: the second one must not go back one more.
            RAISE EXCEPTION 'could not serialize: deployment "%/%" has changed its version meanwhile', seen.environment_name, seen.deployment_name
                USING ERRCODE = 'serialization_failure',
                      DETAIL = (SELECT format('It is %s now, by %s.', h.semver, h.performed_by) FROM deployment_history h
                                 WHERE h.deployment_id = live_id ORDER BY h.valid_from DESC LIMIT 1),
                      HINT = 'Look at active_deployments(): it may be what you wanted.';
        END IF;
        SELECT string_agg(t.semver, ', ' ORDER BY t.n) INTO others FROM (SELECT * FROM rollback_targets(live_id) AS r ORDER BY r.n LIMIT 5) AS t;
        IF to_version IS NOT NULL THEN
            SELECT s.version_id, s.semver INTO target, target_semver
              FROM deployment_stints(live_id) AS s
             WHERE s.version_id = find_version(slot.model_id, to_version) AND s.was_live
             ORDER BY s.n DESC LIMIT 1;
            IF NOT FOUND THEN
                RAISE EXCEPTION 'deployment "%/%" has never served version %', seen.environment_name, seen.deployment_name, shortened(to_version)
                    USING ERRCODE = 'no_data_found',
                          HINT = coalesce('It may go back to ' || others || '.', 'There is nothing that it may go back to.')
                                 || ' What was not there before is deployed: deploy().';
            END IF;
            IF target = slot.version_id THEN
                RAISE EXCEPTION 'deployment "%/%" serves version % already', seen.environment_name, seen.deployment_name, target_semver
                    USING ERRCODE = 'object_not_in_prerequisite_state', HINT = coalesce('It may go back to ' || others || '.', 'There is nothing else that it may go back to.');
            END IF;
        ELSE
            SELECT r.version_id, r.semver INTO target, target_semver FROM rollback_targets(live_id) AS r ORDER BY r.n LIMIT 1;
            IF NOT FOUND THEN
                RAISE EXCEPTION 'deployment "%/%" has nothing to go back to', seen.environment_name, seen.deployment_name
                    USING ERRCODE = 'no_data_found',
                          DETAIL = 'No other version was active in it when a newer one took its place.',
                          HINT = 'deployment_timeline() shows what it served: to_version => ... takes any of these, deploy() another one.';
            END IF;
            IF NOT EXISTS (SELECT FROM model_versions v WHERE v.version_id = target) THEN
                RAISE EXCEPTION 'version % of model "%", which deployment "%/%" would go back to, is not there any more',
                        target_semver, seen.model_name, seen.environment_name, seen.deployment_name
                    USING ERRCODE = 'no_data_found', HINT = format('It may go back to %s: to_version => ... says so.', others);
            END IF;
        END IF;
        said_before := say_reason(rollback_deployment.reason);
        PERFORM set_config('mlregistry.deployment_action', 'rollback', true);
        UPDATE deployments d
           SET version_id = target, health_status = 'unknown', status = CASE WHEN d.status IN ('degraded', 'failed') THEN 'active' ELSE d.status END,
               avg_latency_ms = NULL, p99_latency_ms = NULL, requests_per_second = NULL, error_rate_percentage = NULL, last_health_check_at = NULL
         WHERE d.deployment_id = live_id;
        PERFORM set_config('mlregistry.deployment_action', '', true);
        PERFORM check_deployments(ARRAY[live_id]);
        PERFORM set_config('mlregistry.reason', said_before, true);
        RETURN QUERY SELECT * FROM deployment_infos(ARRAY[live_id]);
    END
    $function$;
COMMENT ON FUNCTION rollback_deployment(uuid, text, text) IS 'takes a deployment back to a version that it served before: see rollback_deployment(text, text, ...)';

CREATE OR REPLACE FUNCTION rollback_deployment(
        model text,
        environment text,
        deployment_name text DEFAULT NULL,
        to_version text DEFAULT NULL,
        reason text DEFAULT NULL) RETURNS SETOF deployment_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        of_model constant uuid := find_model(rollback_deployment.model);
        in_environment constant uuid := find_environment(rollback_deployment.environment);
        ids uuid[];
        names text;
    BEGIN
        -- Those that are open, where none is, the last of a name that has failed; a shadow only where nothing else is.
        SELECT array_agg(d.deployment_id), string_agg(d.deployment_name, ', ' ORDER BY d.deployment_name) INTO ids, names
          FROM (SELECT d.*, rank() OVER (ORDER BY d.status <> 'failed' DESC, d.deployment_type <> 'shadow' DESC) AS choice
                  FROM (SELECT DISTINCT ON (d.deployment_name) d.*
                          FROM deployments d
                         WHERE d.model_id = of_model AND d.environment_id = in_environment AND d.deleted_at IS NULL
                           AND d.status IN ('pending', 'deploying', 'active', 'degraded', 'terminating', 'failed')
                           AND (rollback_deployment.deployment_name IS NULL OR d.deployment_name = rollback_deployment.deployment_name)
                         ORDER BY d.deployment_name, d.status <> 'failed' DESC, d.created_at DESC) AS d) AS d
         WHERE d.choice = 1;
        IF ids IS NULL AND rollback_deployment.deployment_name IS NOT NULL THEN
            SELECT string_agg(d.deployment_name, ', ' ORDER BY d.deployment_name) INTO names
              FROM deployments d
             WHERE d.model_id = of_model AND d.environment_id = in_environment AND d.deleted_at IS NULL
               AND d.status IN ('pending', 'deploying', 'active', 'degraded', 'terminating');
        END IF;
        IF ids IS NULL THEN
            RAISE EXCEPTION 'model "%" has no open deployment % "%"', rollback_deployment.model,
                    CASE WHEN rollback_deployment.deployment_name IS NULL THEN 'in' ELSE format('"%s" in', shortened(rollback_deployment.deployment_name)) END,
                    rollback_deployment.environment
                USING ERRCODE = 'no_data_found',
                      HINT = coalesce('There is ' || names || '.',
                                      (SELECT 'It is open in ' || string_agg(DISTINCT e.environment_name, ', ') || '.'
                                         FROM deployments d
                                         JOIN environments e ON e.environment_id = d.environment_id
                                        WHERE d.model_id = of_model AND d.deleted_at IS NULL
                                          AND d.status IN ('pending', 'deploying', 'active', 'degraded', 'terminating')),
                                      'deploy() makes one.');
        ELSIF cardinality(ids) > 1 THEN
            RAISE EXCEPTION 'model "%" has % open deployments in "%"', rollback_deployment.model, cardinality(ids), rollback_deployment.environment
                USING ERRCODE = 'cardinality_violation',
                      DETAIL = format('They are %s.', names), HINT = 'Say which: deployment_name => ''...''.';
        END IF;
        RETURN QUERY SELECT * FROM rollback_deployment(ids[1], rollback_deployment.to_version, rollback_deployment.reason);
    END
    $function$;
COMMENT ON FUNCTION rollback_deployment(text, text, text, text, text) IS 'takes the deployment of a model in an environment back to the last other version that was well in it: active, not degraded or failed, when a newer one took its place, and not rolled back from since; to_version: to another one that it has served; one that is deprecated, too: back is nothing new; traffic and replicas stay';

-- ---- lists

CREATE OR REPLACE FUNCTION list_deployments(
        model text DEFAULT NULL,
        environment text DEFAULT NULL,
        status text[] DEFAULT NULL,
        health_status text DEFAULT NULL,
        environment_type text DEFAULT NULL,
        version text DEFAULT NULL,
        tag text DEFAULT NULL,
        project text DEFAULT NULL,
        max_rows bigint DEFAULT 100,
        after uuid DEFAULT NULL) RETURNS SETOF deployment_info
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 50 SET search_path = pg_catalog, mlregistry, pg_temp
    SET plan_cache_mode = force_custom_plan -- of a model, an environment or all: each has its index
    AS $function$
    #variable_conflict use_column
    DECLARE
        here constant uuid := find_organization(NULL);
        only_project constant uuid := project_filter(project);
        of_model constant uuid := CASE WHEN model IS NOT NULL THEN find_model(CASE WHEN position('/' IN model) > 0 THEN model ELSE concat_ws('/', project, model) END) END;
        of_version constant uuid := CASE WHEN version IS NOT NULL THEN find_version(version) END;
        in_environment constant uuid := CASE WHEN environment IS NOT NULL THEN find_environment(environment) END;
        with_tag constant uuid := CASE WHEN tag IS NOT NULL THEN find_tag(tag) END;
        last_created_at timestamptz;
    BEGIN
        PERFORM require_max_rows(max_rows), require_environment_type(list_deployments.environment_type),
                require_deployment_values(health_status => list_deployments.health_status);
        PERFORM require_deployment_values(status => coalesce(s, '')) FROM unnest(list_deployments.status) AS s;
        IF after IS NOT NULL THEN
            SELECT d.created_at INTO last_created_at FROM deployments d WHERE d.deployment_id = after;
            IF NOT FOUND THEN
                RAISE EXCEPTION 'after names no deployment: %', after
                    USING ERRCODE = 'invalid_parameter_value', HINT = 'Give the deployment_id of the last row of the page before.';
            END IF;
        END IF;
        RETURN QUERY
            SELECT i.*
              FROM deployment_infos(ARRAY(
                       SELECT d.deployment_id
                         FROM deployments d
                         JOIN projects p ON p.project_id = d.project_id AND p.deleted_at IS NULL
                         JOIN models m ON m.model_id = d.model_id AND m.deleted_at IS NULL
                         JOIN environments e ON e.environment_id = d.environment_id
                        WHERE d.organization_id = here AND d.deleted_at IS NULL
                          AND (only_project IS NULL OR d.project_id = only_project)
                          AND (of_model IS NULL OR d.model_id = of_model)
                          AND (of_version IS NULL OR d.version_id = of_version)
                          AND (in_environment IS NULL OR d.environment_id = in_environment)
                          AND (list_deployments.environment_type IS NULL OR e.environment_type = list_deployments.environment_type)
                          AND (list_deployments.status IS NULL OR d.status = ANY (list_deployments.status))
                          AND (list_deployments.health_status IS NULL OR d.health_status = list_deployments.health_status)
                          AND (with_tag IS NULL OR EXISTS (SELECT FROM deployment_tags t WHERE t.deployment_id = d.deployment_id AND t.tag_id = with_tag))
                          AND (after IS NULL OR (d.created_at, d.deployment_id) < (last_created_at, after))
                        ORDER BY d.created_at DESC, d.deployment_id DESC
                        LIMIT max_rows)) AS i;
    END
    $function$;
COMMENT ON FUNCTION list_deployments(text, text, text[], text, text, text, text, text, bigint, uuid) IS 'deployments of the organization, newest first, those that have ended too; for the next page give the deployment_id of the last one seen as after';

CREATE OR REPLACE FUNCTION active_deployments(
        environment text DEFAULT NULL,
        model text DEFAULT NULL,
        environment_type text DEFAULT NULL,
        health_status text DEFAULT NULL,
        project text DEFAULT NULL,
        max_rows bigint DEFAULT NULL,
        after uuid DEFAULT NULL) RETURNS SETOF deployment_info
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 50 SET search_path = pg_catalog, mlregistry, pg_temp
    SET plan_cache_mode = force_custom_plan
    AS $function$
    #variable_conflict use_column
    DECLARE
        here constant uuid := find_organization(NULL);
        only_project constant uuid := project_filter(project);
        of_model constant uuid := CASE WHEN model IS NOT NULL THEN find_model(CASE WHEN position('/' IN model) > 0 THEN model ELSE concat_ws('/', project, model) END) END;
        in_environment constant uuid := CASE WHEN environment IS NOT NULL THEN find_environment(environment) END;
        last_row record;
    BEGIN
        PERFORM require_max_rows(max_rows), require_environment_type(active_deployments.environment_type),
                require_deployment_values(health_status => active_deployments.health_status);
        SELECT -e.priority::bigint AS place, e.environment_name, p.slug, m.model_name, d.deployment_name INTO last_row
          FROM deployments d
          JOIN environments e ON e.environment_id = d.environment_id
          JOIN projects p ON p.project_id = d.project_id
          JOIN models m ON m.model_id = d.model_id
         WHERE d.deployment_id = after;
        IF after IS NOT NULL AND NOT FOUND THEN
            RAISE EXCEPTION 'after names no deployment: %', after
                USING ERRCODE = 'invalid_parameter_value', HINT = 'Give the deployment_id of the last row of the page before.';
        END IF;
        RETURN QUERY
            SELECT i.*
              FROM deployment_infos(ARRAY(
                       SELECT d.deployment_id
                         FROM deployments d
                         JOIN projects p ON p.project_id = d.project_id AND p.deleted_at IS NULL
                         JOIN models m ON m.model_id = d.model_id AND m.deleted_at IS NULL
                         JOIN environments e ON e.environment_id = d.environment_id
                        WHERE d.organization_id = here AND d.deleted_at IS NULL AND d.status IN ('active', 'degraded')
                          AND (only_project IS NULL OR d.project_id = only_project)
                          AND (of_model IS NULL OR d.model_id = of_model)
                          AND (in_environment IS NULL OR d.environment_id = in_environment)
                          AND (active_deployments.environment_type IS NULL OR e.environment_type = active_deployments.environment_type)
                          AND (active_deployments.health_status IS NULL OR d.health_status = active_deployments.health_status)
                          AND (after IS NULL OR (-e.priority::bigint, e.environment_name, p.slug, m.model_name, d.deployment_name)
                                                > (last_row.place, last_row.environment_name, last_row.slug, last_row.model_name, last_row.deployment_name))
                        ORDER BY -e.priority::bigint, e.environment_name, p.slug, m.model_name, d.deployment_name
                        LIMIT max_rows)) AS i;
    END
    $function$;
COMMENT ON FUNCTION active_deployments(text, text, text, text, text, bigint, uuid) IS 'what serves now: live deployments (active or degraded), those nearest to customers first, by environment, project, model and name; for the next page give the deployment_id of the last one seen as after';
