-- Teams.

CREATE OR REPLACE FUNCTION find_team(team text) RETURNS uuid
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    DECLARE
        found_id uuid;
        near text;
    BEGIN
        IF team IS NULL THEN
            RAISE EXCEPTION 'the name of a team must not be NULL' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        SELECT t.team_id INTO found_id
          FROM teams t
         WHERE t.organization_id = current_organization_id() AND t.team_name = team;
        IF found_id IS NULL THEN
            near := near_names(team, ARRAY(SELECT t.team_name FROM teams t
                                            WHERE t.organization_id = current_organization_id()
                                              AND abs(octet_length(t.team_name) - octet_length(team)) <= 3
                                            LIMIT 1000));
            RAISE EXCEPTION 'team "%" does not exist', shortened(team)
                USING ERRCODE = 'no_data_found',
                      HINT = coalesce('Did you mean ' || near || '?', 'create_team() creates it, list_teams() shows what is there.');
        END IF;
        RETURN found_id;
    END
    $function$;
COMMENT ON FUNCTION find_team(text) IS 'identifier of a team of the current organization by its name; P0002 when there is none';

CREATE OR REPLACE FUNCTION team_info(team_id uuid) RETURNS team_info
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        info team_info;
    BEGIN
        SELECT t.team_name, t.department, t.cost_center, t.manager_name, t.team_email, t.slack_channel, t.active,
               (SELECT count(*) FROM models m JOIN projects p USING (project_id) WHERE m.team_id = t.team_id AND m.deleted_at IS NULL AND p.deleted_at IS NULL),
               (SELECT count(*) FROM datasets d JOIN projects p USING (project_id) WHERE d.team_id = t.team_id AND d.deleted_at IS NULL AND p.deleted_at IS NULL),
               t.created_by, t.created_at, t.team_id
          INTO info
          FROM teams t
         WHERE t.team_id = team_info.team_id;
        RETURN info;
    END
    $function$;
COMMENT ON FUNCTION team_info(uuid) IS 'complete row of one team, NULL when there is none';

CREATE OR REPLACE FUNCTION create_team(
        team_name text,
        team_email text DEFAULT NULL,
        department text DEFAULT NULL,
        cost_center text DEFAULT NULL,
        manager_name text DEFAULT NULL,
        slack_channel text DEFAULT NULL,
        if_exists text DEFAULT 'error') RETURNS SETOF team_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        new_id uuid;
        taken record;
        info team_info;
    BEGIN
        IF team_name IS NULL THEN
            RAISE EXCEPTION 'a team needs a name' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        PERFORM require_if_exists(if_exists), find_project(NULL);
        IF NOT is_valid_name(team_name) THEN
            RAISE EXCEPTION 'invalid team name: "%"', shortened(team_name)
                USING ERRCODE = 'check_violation',
                      CONSTRAINT = 'valid_team_name', SCHEMA = 'mlregistry', TABLE = 'teams',
                      DETAIL = why_invalid('is_valid_name', team_name);
        END IF;
        PERFORM require_organization('write', 'names', current_organization_id());
        LOOP
            INSERT INTO teams (organization_id, team_name, team_email, department, cost_center, manager_name, slack_channel)
            VALUES (current_organization_id(), create_team.team_name, create_team.team_email, create_team.department,
                    create_team.cost_center, create_team.manager_name, create_team.slack_channel)
            ON CONFLICT (organization_id, team_name) DO NOTHING
            RETURNING team_id INTO new_id;
            IF new_id IS NOT NULL THEN
                info := team_info(new_id);
                EXIT;
            END IF;
            SELECT t.* INTO taken FROM teams t WHERE t.organization_id = current_organization_id() AND t.team_name = create_team.team_name;
            CONTINUE WHEN NOT FOUND; -- deleted meanwhile
            IF if_exists = 'error' THEN
                RAISE EXCEPTION 'team "%" already exists', team_name
                    USING ERRCODE = 'unique_violation',
                          CONSTRAINT = 'unique_team_name', SCHEMA = 'mlregistry', TABLE = 'teams',
                          DETAIL = format('It was created by %s at %s.', taken.created_by, taken.created_at),
                          HINT = 'Take what is there with if_exists => ''return''.';
            END IF;
            info := team_info(taken.team_id);
            EXIT WHEN info.team_id IS NOT NULL; -- NULL: it went this very moment
        END LOOP;
        RETURN NEXT info;
    END
    $function$;
COMMENT ON FUNCTION create_team(text, text, text, text, text, text, text) IS 'creates a team of the current organization; if_exists => ''return'' gives the one that is there, unchanged';

CREATE OR REPLACE FUNCTION list_teams(
        active boolean DEFAULT NULL,
        department text DEFAULT NULL,
        max_rows bigint DEFAULT NULL,
        after text DEFAULT NULL) RETURNS SETOF team_info
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    BEGIN
        PERFORM find_project(NULL);
        RETURN QUERY
            SELECT i.*
              FROM (SELECT t.team_id, t.team_name
                      FROM teams t
                     WHERE t.organization_id = current_organization_id()
                       AND (list_teams.active IS NULL OR t.active = list_teams.active)
                       AND (list_teams.department IS NULL OR t.department = list_teams.department)
                       AND t.team_name > coalesce(list_teams.after, '')
                     ORDER BY t.team_name
                     LIMIT list_teams.max_rows) AS page,
                   team_info(page.team_id) AS i
             ORDER BY page.team_name;
    END
    $function$;
COMMENT ON FUNCTION list_teams(boolean, text, bigint, text) IS 'teams of the current organization by name, with how much each owns; for the next page give the last name seen as after';
