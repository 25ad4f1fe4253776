-- Models: registering and listing.

CREATE OR REPLACE FUNCTION model_info(model_id uuid) RETURNS model_info
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        info model_info;
    BEGIN
        SELECT p.slug, m.model_name, m.display_name, m.description, m.framework, m.risk_level, m.compliance_required,
               m.is_active,
               (SELECT v.semver FROM model_versions v WHERE v.version_id = latest_version_id(m.model_id)),
               (SELECT count(*) FROM model_versions v WHERE v.model_id = m.model_id AND v.deleted_at IS NULL),
               m.created_by, m.created_at, m.updated_at, m.metadata, m.model_id, m.project_id
          INTO info
          FROM models m
          JOIN projects p USING (project_id)
         WHERE m.model_id = model_info.model_id;
        RETURN info;
    END
    $function$;
COMMENT ON FUNCTION model_info(uuid) IS 'complete row of one model, NULL when there is none';

CREATE OR REPLACE FUNCTION register_model(
        model_name text,
        display_name text DEFAULT NULL,
        description text DEFAULT NULL,
        framework text DEFAULT NULL,
        project text DEFAULT NULL,
        objective text DEFAULT NULL,
        use_case text DEFAULT NULL,
        model_type text DEFAULT NULL,
        task_type text DEFAULT NULL,
        risk_level text DEFAULT 'medium',
        compliance_required boolean DEFAULT false,
        primary_contact text DEFAULT NULL,
        github_repo text DEFAULT NULL,
        documentation_url text DEFAULT NULL,
        model_card_url text DEFAULT NULL,
        metadata jsonb DEFAULT NULL,
        original_name text DEFAULT NULL,
        if_exists text DEFAULT 'error') RETURNS SETOF model_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        in_project uuid := find_project(project);
        new_id uuid;
        taken record;
    BEGIN
        IF model_name IS NULL THEN
            RAISE EXCEPTION 'a model needs a name' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        IF in_project IS NULL THEN
            RAISE EXCEPTION 'there is no current project'
                USING ERRCODE = 'object_not_in_prerequisite_state',
                      HINT = 'The default project is deleted: name another one with project => ….';
        END IF;
        IF if_exists IS NULL OR if_exists NOT IN ('error', 'return') THEN
            RAISE EXCEPTION 'if_exists is "error" or "return", not "%"', shortened(if_exists)
                USING ERRCODE = 'invalid_parameter_value';
        END IF;
        -- The name alone: a reference "project/name" here would be somebody's mistake.
        IF NOT is_valid_name(model_name) THEN
            RAISE EXCEPTION 'invalid model name: "%"', shortened(model_name)
                USING ERRCODE = 'check_violation',
                      CONSTRAINT = 'valid_model_name', SCHEMA = 'mlregistry', TABLE = 'models',
                      DETAIL = 'A name is kebab-case: 1 to 255 of a-z and 0-9, words joined by single dashes.',
                      HINT = 'Keep the foreign spelling in original_name, and what people read in display_name.';
        END IF;
        LOOP
            INSERT INTO models (organization_id, project_id, model_name, display_name, description, framework, objective, use_case,
                                model_type, task_type, risk_level, compliance_required, primary_contact, github_repo,
                                documentation_url, model_card_url, metadata, original_name)
            VALUES (current_organization_id(), in_project, register_model.model_name, register_model.display_name,
                    register_model.description, register_model.framework, register_model.objective, register_model.use_case,
                    register_model.model_type, register_model.task_type, register_model.risk_level,
                    register_model.compliance_required, register_model.primary_contact, register_model.github_repo,
                    register_model.documentation_url, register_model.model_card_url, coalesce(register_model.metadata, '{}'),
                    register_model.original_name)
            ON CONFLICT (organization_id, project_id, model_name) WHERE deleted_at IS NULL DO NOTHING
            RETURNING model_id INTO new_id;
            EXIT WHEN new_id IS NOT NULL;

            SELECT m.* INTO taken
              FROM models m
             WHERE m.organization_id = current_organization_id() AND m.project_id = in_project
               AND m.model_name = register_model.model_name AND m.deleted_at IS NULL;
            CONTINUE WHEN NOT FOUND; -- deleted meanwhile: the name is free again
            IF if_exists = 'error' THEN
                RAISE EXCEPTION 'model "%" already exists', model_name
                    USING ERRCODE = 'unique_violation',
                          CONSTRAINT = 'unique_model_name', SCHEMA = 'mlregistry', TABLE = 'models',
                          DETAIL = format('It was created by %s at %s.', taken.created_by, taken.created_at),
                          HINT = 'Take what is there with if_exists => ''return''.';
            END IF;
            new_id := taken.model_id;
            EXIT;
        END LOOP;
        RETURN NEXT model_info(new_id);
    END
    $function$;
COMMENT ON FUNCTION register_model(text, text, text, text, text, text, text, text, text, text, boolean, text, text, text, text, jsonb, text, text) IS 'registers a model in a project (NULL: the current one); if_exists => ''return'' gives the one that is there';

CREATE OR REPLACE FUNCTION list_models(
        active boolean DEFAULT NULL,
        project text DEFAULT NULL,
        risk text DEFAULT NULL,
        max_rows bigint DEFAULT NULL,
        after text DEFAULT NULL) RETURNS SETOF model_info
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        only_project uuid := CASE WHEN project IS NOT NULL THEN find_project(project) END;
        after_slug text;
        after_model text;
    BEGIN
        IF risk NOT IN ('low', 'medium', 'high', 'critical') THEN
            RAISE EXCEPTION 'unknown risk level: "%"', shortened(risk)
                USING ERRCODE = 'invalid_parameter_value', HINT = 'The risk levels are low, medium, high and critical.';
        END IF;
        IF after IS NOT NULL THEN
            SELECT coalesce(r.project, here.slug, ''), r.model INTO after_slug, after_model
              FROM parse_reference(list_models.after) AS r
              LEFT JOIN projects here ON here.project_id = current_project_id();
        END IF;
        RETURN QUERY
            SELECT i.*
              FROM (SELECT p.slug, m.model_name, m.model_id
                      FROM models m
                      JOIN projects p USING (project_id)
                     WHERE m.organization_id = current_organization_id()
                       AND m.deleted_at IS NULL AND p.deleted_at IS NULL
                       AND (list_models.active IS NULL OR m.is_active = list_models.active)
                       AND (only_project IS NULL OR p.project_id = only_project)
                       AND (list_models.risk IS NULL OR m.risk_level = list_models.risk)
                       AND (list_models.after IS NULL OR (p.slug, m.model_name) > (after_slug, after_model))
                     ORDER BY p.slug, m.model_name
                     LIMIT list_models.max_rows) AS page,
                   model_info(page.model_id) AS i
             ORDER BY page.slug, page.model_name;
    END
    $function$;
COMMENT ON FUNCTION list_models(boolean, text, text, bigint, text) IS 'models of the organization by project and name; for the next page give the last one seen as after, written project/name';
