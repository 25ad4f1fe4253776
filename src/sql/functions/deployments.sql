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
        PERFORM require_environment_type(list_environments.environment_type), require_not_negative('max_rows', max_rows);
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
        parts constant text[] := string_to_array(regexp_replace(reference, '^deployment:', ''), '/');
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
