-- Organizations, people and keys. Where nobody may write a table, a function does it with the rights of the tables' owner
-- (SECURITY DEFINER, then act_as_owner()): such a function asks first whether the caller has the SQL right and the role for it. All others work
-- with the caller's own rights.

CREATE OR REPLACE FUNCTION require_owner(what text) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    BEGIN
        IF NOT bypasses_access() THEN
            RAISE EXCEPTION 'only the owner of the registry may %', what
                USING ERRCODE = 'insufficient_privilege', CONSTRAINT = 'access_denied',
                      HINT = format('Ask a superuser or a member of role "%s".', registry_owner());
        END IF;
    END
    $function$;
COMMENT ON FUNCTION require_owner(text) IS 'raises 42501 (access_denied) unless the calling role is not subject to row security';

CREATE OR REPLACE FUNCTION require_email(email text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    DECLARE
        trimmed text := btrim(email, E' \t\n\x0B\f\r');
    BEGIN
        IF email IS NULL THEN
            RAISE EXCEPTION 'the e-mail address must not be NULL' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        IF NOT is_email(trimmed) THEN
            RAISE EXCEPTION 'invalid e-mail address: "%"', shortened(email)
                USING ERRCODE = 'check_violation',
                      CONSTRAINT = 'valid_email', SCHEMA = 'mlregistry', TABLE = 'users',
                      DETAIL = why_invalid('is_email', trimmed);
        END IF;
        RETURN split_part(trimmed, '@', 1) || '@' || lower(split_part(trimmed, '@', 2) COLLATE "C");
    END
    $function$;
COMMENT ON FUNCTION require_email(text) IS 'an e-mail address as it is stored: without blanks at its ends, the domain in lower case; raises 23514 for what is none';

-- Organizations and users: the owner's.

CREATE OR REPLACE FUNCTION organization_info(organization_id uuid) RETURNS organization_info
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        info organization_info;
    BEGIN
        SELECT o.slug, o.name, o.subscription_plan, o.subscription_status, o.max_users, o.max_models, o.created_by, o.created_at,
               o.organization_id
          INTO info
          FROM organizations o
         WHERE o.organization_id = organization_info.organization_id;
        RETURN info;
    END
    $function$;
COMMENT ON FUNCTION organization_info(uuid) IS 'complete row of one organization, NULL when there is none';

CREATE OR REPLACE FUNCTION create_organization(
        slug text,
        name text DEFAULT NULL,
        plan text DEFAULT 'enterprise',
        if_exists text DEFAULT 'error') RETURNS SETOF organization_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        new_id uuid;
        taken record;
        info organization_info;
    BEGIN
        PERFORM require_owner('create organizations');
        IF slug IS NULL OR plan IS NULL THEN
            RAISE EXCEPTION 'an organization needs a slug and a plan' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        PERFORM require_if_exists(if_exists);
        IF NOT is_valid_name(slug) THEN
            RAISE EXCEPTION 'invalid slug of an organization: "%"', shortened(slug)
                USING ERRCODE = 'check_violation',
                      CONSTRAINT = 'valid_slug', SCHEMA = 'mlregistry', TABLE = 'organizations',
                      DETAIL = why_invalid('is_valid_name', slug),
                      HINT = 'Keep what people read in name.';
        END IF;
        IF plan NOT IN ('starter', 'professional', 'enterprise') THEN
            RAISE EXCEPTION 'unknown plan: "%"', shortened(plan)
                USING ERRCODE = 'check_violation',
                      CONSTRAINT = 'valid_subscription_plan', SCHEMA = 'mlregistry', TABLE = 'organizations',
                      HINT = 'The plans are starter (1 user, 2 models), professional (25 users, 200 models) and enterprise (no limit).';
        END IF;
        LOOP
            INSERT INTO organizations (name, slug, subscription_plan, max_users, max_models)
            VALUES (coalesce(create_organization.name, create_organization.slug), create_organization.slug, plan,
                    CASE plan WHEN 'starter' THEN 1 WHEN 'professional' THEN 25 END,
                    CASE plan WHEN 'starter' THEN 2 WHEN 'professional' THEN 200 END)
            ON CONFLICT (slug) WHERE deleted_at IS NULL DO NOTHING
            RETURNING organization_id INTO new_id;
            IF new_id IS NOT NULL THEN
                info := organization_info(new_id);
                EXIT;
            END IF;
            SELECT o.* INTO taken FROM organizations o WHERE o.slug = create_organization.slug AND o.deleted_at IS NULL;
            CONTINUE WHEN NOT FOUND; -- deleted meanwhile: the slug is free again
            IF if_exists = 'error' THEN
                RAISE EXCEPTION 'organization "%" already exists', slug
                    USING ERRCODE = 'unique_violation',
                          CONSTRAINT = 'organizations_slug_key', SCHEMA = 'mlregistry', TABLE = 'organizations',
                          DETAIL = format('It was created by %s at %s.', taken.created_by, taken.created_at),
                          HINT = 'Take what is there with if_exists => ''return''.';
            END IF;
            info := organization_info(taken.organization_id);
            EXIT WHEN info.organization_id IS NOT NULL; -- NULL: it went this very moment
        END LOOP;
        RETURN NEXT info;
    END
    $function$;
COMMENT ON FUNCTION create_organization(text, text, text, text) IS 'creates an organization with the limits of a plan: starter (1 user, 2 models), professional (25, 200) or enterprise (none). From the second one on a database role needs a user, a key or grant_access() to see anything. For the owner of the registry';

CREATE OR REPLACE FUNCTION user_info(user_id uuid) RETURNS user_info
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        info user_info;
    BEGIN
        SELECT u.email, u.first_name, u.last_name, u.db_role, u.is_active, u.created_at, u.user_id
          INTO info
          FROM users u
         WHERE u.user_id = user_info.user_id;
        RETURN info;
    END
    $function$;
COMMENT ON FUNCTION user_info(uuid) IS 'complete row of one user, NULL when there is none';

CREATE OR REPLACE FUNCTION create_user(
        email text,
        first_name text DEFAULT '',
        last_name text DEFAULT '',
        db_role name DEFAULT NULL,
        if_exists text DEFAULT 'error') RETURNS SETOF user_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        address text;
        new_id uuid;
        taken record;
        info user_info;
    BEGIN
        PERFORM require_owner('create users'), require_if_exists(if_exists);
        address := require_email(email);
        IF db_role IS NOT NULL AND NOT EXISTS (SELECT FROM pg_roles r WHERE r.rolname = create_user.db_role) THEN
            RAISE EXCEPTION 'role "%" does not exist', db_role
                USING ERRCODE = 'undefined_object', HINT = 'CREATE ROLE creates it; without db_role the user acts by keys.';
        END IF;
        LOOP
            INSERT INTO users (email, first_name, last_name, db_role)
            VALUES (address, coalesce(create_user.first_name, ''), coalesce(create_user.last_name, ''), create_user.db_role)
            ON CONFLICT DO NOTHING -- the address is there, or another user has the role
            RETURNING user_id INTO new_id;
            IF new_id IS NOT NULL THEN
                info := user_info(new_id);
                EXIT;
            END IF;
            SELECT u.* INTO taken FROM users u WHERE lower(u.email) = lower(address) AND u.deleted_at IS NULL;
            IF FOUND AND if_exists = 'return' THEN
                info := user_info(taken.user_id);
                EXIT WHEN info.user_id IS NOT NULL; -- NULL: it went this very moment
            ELSIF FOUND THEN
                RAISE EXCEPTION 'user "%" already exists', taken.email
                    USING ERRCODE = 'unique_violation',
                          CONSTRAINT = 'users_email_key', SCHEMA = 'mlregistry', TABLE = 'users',
                          DETAIL = format('It was created at %s.', taken.created_at),
                          HINT = 'Take what is there with if_exists => ''return''.';
            END IF;
            SELECT u.* INTO taken FROM users u WHERE u.db_role = create_user.db_role AND u.deleted_at IS NULL;
            IF FOUND THEN
                RAISE EXCEPTION 'role "%" is that of user "%"', db_role, taken.email
                    USING ERRCODE = 'unique_violation',
                          CONSTRAINT = 'users_db_role_key', SCHEMA = 'mlregistry', TABLE = 'users',
                          HINT = 'A role acts as one user; further people act by keys: create_api_key().';
            END IF;
        END LOOP;
        RETURN NEXT info;
    END
    $function$;
COMMENT ON FUNCTION create_user(text, text, text, name, text) IS 'creates a user, as whom a database role acts if one is given; if_exists => ''return'' gives the one that is there, unchanged. For the owner of the registry: admins of organizations have add_member()';

-- Projects.

CREATE OR REPLACE FUNCTION project_info(project_id uuid) RETURNS project_info
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        info project_info;
    BEGIN
        SELECT o.slug, p.slug, p.name, p.description, p.visibility, p.created_by, p.created_at, p.project_id
          INTO info
          FROM projects p
          LEFT JOIN organizations o USING (organization_id)
         WHERE p.project_id = project_info.project_id;
        RETURN info;
    END
    $function$;
COMMENT ON FUNCTION project_info(uuid) IS 'complete row of one project, NULL when there is none';

CREATE OR REPLACE FUNCTION create_project(
        slug text,
        name text DEFAULT NULL,
        visibility text DEFAULT 'private',
        description text DEFAULT NULL,
        organization text DEFAULT NULL,
        if_exists text DEFAULT 'error') RETURNS SETOF project_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        in_organization uuid := find_organization(organization);
        new_id uuid;
        taken record;
        info project_info;
    BEGIN
        PERFORM require_organization('admin', 'admin', in_organization), require_if_exists(if_exists);
        IF slug IS NULL OR visibility IS NULL THEN
            RAISE EXCEPTION 'a project needs a slug and a visibility' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        IF NOT is_valid_name(slug) THEN
            RAISE EXCEPTION 'invalid slug of a project: "%"', shortened(slug)
                USING ERRCODE = 'check_violation',
                      CONSTRAINT = 'valid_project_slug', SCHEMA = 'mlregistry', TABLE = 'projects',
                      DETAIL = why_invalid('is_valid_name', slug),
                      HINT = 'Keep what people read in name.';
        END IF;
        IF visibility NOT IN ('private', 'organization', 'public') THEN
            RAISE EXCEPTION 'unknown visibility: "%"', shortened(visibility)
                USING ERRCODE = 'check_violation',
                      CONSTRAINT = 'valid_visibility', SCHEMA = 'mlregistry', TABLE = 'projects',
                      HINT = 'It is private (its members), organization (all members of the organization) or public (every user reads).';
        END IF;
        LOOP
            -- Nothing that asks for the right to read it: it is in nobody's list of projects yet. Hence neither RETURNING nor
            -- columns after ON CONFLICT.
            new_id := gen_random_uuid();
            INSERT INTO projects (project_id, organization_id, name, slug, description, visibility)
            VALUES (new_id, in_organization, coalesce(create_project.name, create_project.slug), create_project.slug,
                    create_project.description, create_project.visibility)
            ON CONFLICT DO NOTHING;
            IF FOUND THEN
                INSERT INTO project_members (organization_id, project_id, user_id, role)
                SELECT m.organization_id, new_id, m.user_id, 'owner'
                  FROM organization_memberships m
                 WHERE m.organization_id = in_organization AND m.user_id = current_user_id()
                ON CONFLICT DO NOTHING;
                info := project_info(new_id);
                EXIT;
            END IF;
            SELECT p.* INTO taken
              FROM projects p
             WHERE p.organization_id = in_organization AND p.slug = create_project.slug AND p.deleted_at IS NULL;
            CONTINUE WHEN NOT FOUND; -- deleted meanwhile: the slug is free again
            IF if_exists = 'error' THEN
                RAISE EXCEPTION 'project "%" already exists', slug
                    USING ERRCODE = 'unique_violation',
                          CONSTRAINT = 'unique_project_slug', SCHEMA = 'mlregistry', TABLE = 'projects',
                          DETAIL = format('It was created by %s at %s.', taken.created_by, taken.created_at),
                          HINT = 'Take what is there with if_exists => ''return''.';
            END IF;
            info := project_info(taken.project_id);
            EXIT WHEN info.project_id IS NOT NULL; -- NULL: it went this very moment
        END LOOP;
        RETURN NEXT info;
    END
    $function$;
COMMENT ON FUNCTION create_project(text, text, text, text, text, text) IS 'creates a project of an organization (NULL: the current one), owned by the acting user; if_exists => ''return'' gives the one that is there, unchanged. For admins of the organization';

-- Members.

CREATE OR REPLACE FUNCTION find_member(email text, organization_id uuid) RETURNS uuid
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    DECLARE
        address text := require_email(email);
        found_id uuid;
        near text;
    BEGIN
        SELECT m.user_id INTO found_id
          FROM organization_memberships m
          JOIN users u ON u.user_id = m.user_id
         WHERE m.organization_id = find_member.organization_id AND lower(u.email) = lower(address) AND u.deleted_at IS NULL;
        IF found_id IS NULL THEN
            near := near_names(lower(address), ARRAY(SELECT lower(u.email)
                                                       FROM organization_memberships m
                                                       JOIN users u ON u.user_id = m.user_id
                                                      WHERE m.organization_id = find_member.organization_id AND u.deleted_at IS NULL
                                                      LIMIT 1000));
            RAISE EXCEPTION '% is not a member of the organization', address
                USING ERRCODE = 'no_data_found',
                      HINT = coalesce('Did you mean ' || near || '?', 'add_member() adds people, the table organization_memberships has who is there.');
        END IF;
        RETURN found_id;
    END
    $function$;
COMMENT ON FUNCTION find_member(text, uuid) IS 'identifier of the user with an e-mail address who is a member of an organization; P0002 when there is none';

CREATE OR REPLACE FUNCTION member_info(membership_id uuid) RETURNS member_info
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        info member_info;
    BEGIN
        SELECT o.slug, u.email, m.role, m.invited_by, m.joined_at, m.user_id, m.membership_id
          INTO info
          FROM organization_memberships m
          LEFT JOIN organizations o USING (organization_id)
          LEFT JOIN users u ON u.user_id = m.user_id
         WHERE m.membership_id = member_info.membership_id;
        RETURN info;
    END
    $function$;
COMMENT ON FUNCTION member_info(uuid) IS 'complete row of one membership, NULL when there is none';

CREATE OR REPLACE FUNCTION add_member(email text, role text DEFAULT 'viewer', organization text DEFAULT NULL) RETURNS SETOF member_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1 SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $function$
    #variable_conflict use_variable
    DECLARE
        as_owner constant text := mlregistry.act_as_owner(); -- before any look at a table
        in_organization uuid := mlregistry.find_organization(organization);
        address text;
        of_user uuid;
        member uuid;
        info mlregistry.member_info;
    BEGIN
        PERFORM mlregistry.require_privilege('organization_memberships', 'INSERT'),
                mlregistry.require_privilege('organization_memberships', 'UPDATE'),
                mlregistry.require_organization('admin', 'admin', in_organization);
        address := mlregistry.require_email(email);
        IF role IS NULL THEN
            RAISE EXCEPTION 'a member needs a role' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        IF role NOT IN ('admin', 'developer', 'viewer') THEN
            RAISE EXCEPTION 'unknown role: "%"', mlregistry.shortened(role)
                USING ERRCODE = 'check_violation',
                      CONSTRAINT = 'valid_membership_role', SCHEMA = 'mlregistry', TABLE = 'organization_memberships',
                      HINT = 'The roles are admin, developer and viewer.';
        END IF;
        -- Users are known to all organizations, and an admin of one must not learn here who is a user already: what comes
        -- back is the same in both cases, the address as it was given.
        LOOP
            SELECT u.user_id INTO of_user FROM mlregistry.users u WHERE lower(u.email) = lower(address) AND u.deleted_at IS NULL;
            EXIT WHEN FOUND;
            INSERT INTO mlregistry.users (email) VALUES (address) ON CONFLICT DO NOTHING;
        END LOOP;
        LOOP
            INSERT INTO mlregistry.organization_memberships (organization_id, user_id, role)
            VALUES (in_organization, of_user, role)
            ON CONFLICT (organization_id, user_id) DO NOTHING
            RETURNING membership_id INTO member;
            EXIT WHEN FOUND;
            SELECT m.membership_id INTO member
              FROM mlregistry.organization_memberships m
             WHERE m.organization_id = in_organization AND m.user_id = of_user
               FOR NO KEY UPDATE;
            CONTINUE WHEN NOT FOUND; -- removed this very moment
            UPDATE mlregistry.organization_memberships m SET role = role WHERE m.membership_id = member AND m.role <> role;
            EXIT;
        END LOOP;
        info := mlregistry.member_info(member);
        info.email := address;
        RETURN NEXT info;
    END
    $function$;
COMMENT ON FUNCTION add_member(text, text, text) IS 'makes the user with an e-mail address, who is created where there is none, a member of an organization (NULL: the current one) with role admin, developer or viewer, or gives a member another role. For admins of the organization';

CREATE OR REPLACE FUNCTION remove_member(email text, organization text DEFAULT NULL) RETURNS SETOF member_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    DECLARE
        in_organization uuid := find_organization(organization);
        of_user uuid;
        info member_info;
    BEGIN
        PERFORM require_organization('admin', 'admin', in_organization);
        of_user := find_member(email, in_organization);
        info := (SELECT member_info(m.membership_id)
                   FROM organization_memberships m
                  WHERE m.organization_id = in_organization AND m.user_id = of_user);
        DELETE FROM organization_memberships m WHERE m.organization_id = in_organization AND m.user_id = of_user;
        IF NOT FOUND THEN
            PERFORM find_member(email, in_organization); -- removed this very moment: P0002
        END IF;
        RETURN NEXT info;
    END
    $function$;
COMMENT ON FUNCTION remove_member(text, text) IS 'removes a member from an organization (NULL: the current one), with keys for it and memberships in its projects, and returns what was removed; P0002 when there is none. For admins of the organization';

CREATE OR REPLACE FUNCTION project_member_info(member_id uuid) RETURNS project_member_info
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        info project_member_info;
    BEGIN
        SELECT p.slug, u.email, m.role, m.added_by, m.created_at, m.user_id, m.member_id
          INTO info
          FROM project_members m
          LEFT JOIN projects p USING (project_id)
          LEFT JOIN users u ON u.user_id = m.user_id
         WHERE m.member_id = project_member_info.member_id;
        RETURN info;
    END
    $function$;
COMMENT ON FUNCTION project_member_info(uuid) IS 'complete row of one member of a project, NULL when there is none';

-- What both functions for members of projects begin with.
CREATE OR REPLACE FUNCTION owned_project(project text) RETURNS uuid
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    DECLARE
        found_id uuid := find_project(project);
    BEGIN
        IF found_id IS NULL THEN
            RAISE EXCEPTION 'there is no current project'
                USING ERRCODE = 'object_not_in_prerequisite_state',
                      HINT = 'Name one with project => ..., or choose one with use_project().';
        END IF;
        PERFORM require_access('own', 'admin', found_id);
        RETURN found_id;
    END
    $function$;
COMMENT ON FUNCTION owned_project(text) IS 'identifier of a project (NULL: the current one) that the acting one owns or administers; 42501 otherwise';

CREATE OR REPLACE FUNCTION add_project_member(email text, role text DEFAULT 'contributor', project text DEFAULT NULL) RETURNS SETOF project_member_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_variable
    DECLARE
        in_project uuid := owned_project(project);
        in_organization uuid := current_organization_id();
        of_user uuid := find_member(email, in_organization);
        member uuid;
    BEGIN
        IF role IS NULL THEN
            RAISE EXCEPTION 'a member needs a role' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        IF role NOT IN ('owner', 'contributor', 'viewer') THEN
            RAISE EXCEPTION 'unknown role: "%"', shortened(role)
                USING ERRCODE = 'check_violation',
                      CONSTRAINT = 'valid_project_role', SCHEMA = 'mlregistry', TABLE = 'project_members',
                      HINT = 'The roles are owner, contributor and viewer.';
        END IF;
        LOOP
            INSERT INTO project_members (organization_id, project_id, user_id, role)
            VALUES (in_organization, in_project, of_user, role)
            ON CONFLICT (project_id, user_id) DO NOTHING
            RETURNING member_id INTO member;
            EXIT WHEN FOUND;
            SELECT m.member_id INTO member
              FROM project_members m
             WHERE m.project_id = in_project AND m.user_id = of_user
               FOR NO KEY UPDATE;
            CONTINUE WHEN NOT FOUND; -- removed this very moment
            UPDATE project_members m SET role = role WHERE m.member_id = member AND m.role <> role;
            EXIT;
        END LOOP;
        RETURN NEXT project_member_info(member);
    END
    $function$;
COMMENT ON FUNCTION add_project_member(text, text, text) IS 'makes a member of the current organization a member of a project (NULL: the current one) with role owner, contributor or viewer, or gives another role. For owners of the project and admins of the organization';

CREATE OR REPLACE FUNCTION remove_project_member(email text, project text DEFAULT NULL) RETURNS SETOF project_member_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    DECLARE
        in_project uuid := owned_project(project);
        of_user uuid := find_member(email, current_organization_id());
        info project_member_info;
    BEGIN
        info := (SELECT project_member_info(m.member_id) FROM project_members m WHERE m.project_id = in_project AND m.user_id = of_user);
        DELETE FROM project_members m WHERE m.project_id = in_project AND m.user_id = of_user;
        IF info.member_id IS NULL OR NOT FOUND THEN
            RAISE EXCEPTION '% is not a member of the project', require_email(email)
                USING ERRCODE = 'no_data_found',
                      HINT = coalesce((SELECT 'Its members are ' || string_agg(s.email, ', ' ORDER BY s.email) || '.'
                                         FROM (SELECT u.email FROM project_members m JOIN users u ON u.user_id = m.user_id
                                                WHERE m.project_id = in_project ORDER BY u.email LIMIT 20) AS s),
                                      'It has none: members of the organization work there by their roles.');
        END IF;
        RETURN NEXT info;
    END
    $function$;
COMMENT ON FUNCTION remove_project_member(text, text) IS 'removes a member from a project (NULL: the current one) and returns what was removed; P0002 when there is none. For owners of the project and admins of the organization';

-- Keys. Their tables are written here and by authenticate() only.

-- {} is all; writing includes reading.
CREATE OR REPLACE FUNCTION permissions_within(wanted jsonb, held jsonb) RETURNS boolean
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $function$
        SELECT NOT held ? 'scopes'
               OR (wanted ? 'scopes'
                   AND NOT EXISTS (SELECT FROM jsonb_array_elements_text(wanted -> 'scopes') AS w (scope)
                                    WHERE NOT (held -> 'scopes') ? w.scope
                                      AND NOT (right(w.scope, 5) = ':read' AND (held -> 'scopes') ? (left(w.scope, -5) || ':write')))
                   AND (NOT held ? 'projects' OR (wanted ? 'projects' AND (wanted -> 'projects') <@ (held -> 'projects'))))
    $function$;
COMMENT ON FUNCTION permissions_within(jsonb, jsonb) IS 'true when permissions of a key open nothing that those of another do not';

CREATE OR REPLACE FUNCTION api_key_info(api_key_id uuid) RETURNS api_key_info
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        info api_key_info;
    BEGIN
        SELECT k.name, k.key_prefix, u.email, o.slug, k.permissions, k.is_active, k.expires_at, k.last_used_at, k.created_by, k.created_at,
               k.api_key_id
          INTO info
          FROM api_keys k
          LEFT JOIN organizations o USING (organization_id)
          LEFT JOIN users u ON u.user_id = k.user_id
         WHERE k.api_key_id = api_key_info.api_key_id;
        RETURN info;
    END
    $function$;
COMMENT ON FUNCTION api_key_info(uuid) IS 'complete row of one API key, NULL when there is none';

CREATE OR REPLACE FUNCTION create_api_key(
        name text,
        permissions jsonb DEFAULT '{}',
        expires_at timestamptz DEFAULT NULL,
        email text DEFAULT NULL,
        organization text DEFAULT NULL) RETURNS SETOF new_api_key_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1 SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $function$
    #variable_conflict use_variable
    DECLARE
        key text := mlregistry.new_api_key();
        as_owner constant text := mlregistry.act_as_owner(); -- before any look at a table
        in_organization uuid := mlregistry.find_organization(organization);
        acting record;
        held record; -- the key that this session acts by
        of_user uuid;
        address text;
        unknown text;
        hash text;
        info mlregistry.new_api_key_info;
    BEGIN
        -- The registry's owner needs no role in the organization, but more than the right to read: keys act for people.
        PERFORM mlregistry.require_privilege('api_keys', CASE WHEN mlregistry.bypasses_access() THEN 'INSERT' ELSE 'SELECT' END),
                mlregistry.require_organization('read', 'names', in_organization);
        SELECT i.user_id, i.api_key_id INTO acting FROM mlregistry.acting_identity() AS i;
        SELECT u.user_id, u.email INTO of_user, address
          FROM mlregistry.users u
         WHERE u.user_id = acting.user_id AND (email IS NULL OR lower(u.email) = lower(btrim(email, E' \t\n\x0B\f\r')));
        IF of_user IS NULL THEN
            IF email IS NULL THEN
                RAISE EXCEPTION 'no user is acting whose key it could be'
                    USING ERRCODE = 'object_not_in_prerequisite_state',
                          HINT = 'Name a member of the organization with email => ....';
            END IF;
            PERFORM mlregistry.require_organization('admin', 'admin', in_organization);
            of_user := mlregistry.find_member(email, in_organization);
            address := (SELECT u.email FROM mlregistry.users u WHERE u.user_id = of_user);
        ELSE
            PERFORM mlregistry.find_member(address, in_organization);
        END IF;

        IF name IS NULL OR permissions IS NULL THEN
            RAISE EXCEPTION 'a key needs a name and permissions'
                USING ERRCODE = 'null_value_not_allowed', HINT = 'permissions => ''{}'' opens all that the user may do.';
        END IF;
        name := btrim(name, E' \t\n\x0B\f\r');
        IF NOT mlregistry.is_valid_label(name) THEN
            RAISE EXCEPTION 'invalid name of a key: "%"', mlregistry.shortened(name)
                USING ERRCODE = 'check_violation',
                      CONSTRAINT = 'valid_key_name', SCHEMA = 'mlregistry', TABLE = 'api_keys',
                      DETAIL = mlregistry.why_invalid('is_valid_label', name);
        END IF;
        IF NOT mlregistry.is_scopes(permissions) THEN
            RAISE EXCEPTION 'invalid permissions: %', mlregistry.shortened(permissions::text)
                USING ERRCODE = 'check_violation',
                      CONSTRAINT = 'valid_permissions', SCHEMA = 'mlregistry', TABLE = 'api_keys',
                      DETAIL = mlregistry.why_invalid('is_scopes', permissions::text),
                      HINT = 'Such as {"scopes": ["models:read", "versions:write"], "projects": ["fraud-detection"]}, or {} for all that the user may do.';
        END IF;
        IF expires_at <= clock_timestamp() THEN
            RAISE EXCEPTION 'the key would have expired at %', expires_at
                USING ERRCODE = 'invalid_parameter_value', HINT = 'Give a time to come, such as now() + interval ''90 days'', or NULL for no end.';
        END IF;
        -- A slug that is written wrong would open nothing; of what the caller may not see not even that it exists is told.
        SELECT p.slug INTO unknown
          FROM jsonb_array_elements_text(CASE WHEN permissions ? 'projects' THEN permissions -> 'projects' ELSE '[]' END) AS p (slug)
         WHERE NOT EXISTS (SELECT FROM mlregistry.projects here
                            WHERE here.organization_id = in_organization AND here.slug = p.slug AND here.deleted_at IS NULL
                              AND (mlregistry.bypasses_access() OR here.project_id = ANY (mlregistry.allowed_projects('read', 'names'))))
         LIMIT 1;
        IF unknown IS NOT NULL THEN
            RAISE EXCEPTION 'project "%" does not exist', mlregistry.shortened(unknown)
                USING ERRCODE = 'no_data_found', HINT = 'projects lists slugs of projects of the key''s organization.';
        END IF;
        SELECT k.permissions, k.expires_at, k.organization_id INTO held FROM mlregistry.api_keys k WHERE k.api_key_id = acting.api_key_id;
        IF FOUND AND (held.organization_id <> in_organization OR NOT mlregistry.permissions_within(permissions, held.permissions)) THEN
            RAISE EXCEPTION 'a key opens no more than the key that it is made with'
                USING ERRCODE = 'insufficient_privilege', CONSTRAINT = 'access_denied',
                      DETAIL = format('This session acts by a key with %s.', held.permissions),
                      HINT = 'Give permissions within these, or sign in by a key without scopes.';
        END IF;
        IF FOUND AND held.expires_at < coalesce(expires_at, 'infinity') THEN
            RAISE EXCEPTION 'a key lasts no longer than the key that it is made with'
                USING ERRCODE = 'insufficient_privilege', CONSTRAINT = 'access_denied',
                      DETAIL = format('This session acts by a key that expires at %s.', held.expires_at),
                      HINT = 'Give expires_at up to then.';
        END IF;

        hash := encode(sha256(convert_to(key, 'UTF8')), 'hex'); -- here, and not in a statement: what is logged has the hash at most
        info.api_key := key;
        info.name := name;
        info.email := address;
        info.organization_slug := (SELECT o.slug FROM mlregistry.organizations o WHERE o.organization_id = in_organization);
        info.permissions := permissions;
        info.expires_at := expires_at;
        info.key_prefix := left(key, 12);
        INSERT INTO mlregistry.api_keys (organization_id, user_id, name, key_prefix, permissions, expires_at)
        VALUES (in_organization, of_user, name, info.key_prefix, permissions, expires_at)
        RETURNING api_key_id INTO info.api_key_id;
        INSERT INTO mlregistry.api_key_secrets (api_key_id, key_hash) VALUES (info.api_key_id, hash);
        RETURN NEXT info;
    END
    $function$;
COMMENT ON FUNCTION create_api_key(text, jsonb, timestamptz, text, text) IS 'makes a key by which a user (NULL: the acting one) acts in an organization (NULL: the current one) and returns it, this once: only its SHA-256 is kept. Keys for oneself; for other members, as an admin of the organization. Made by a session that acts by a key, it opens no more than that one, and lasts no longer';

CREATE OR REPLACE FUNCTION revoke_api_key(api_key_id uuid) RETURNS SETOF api_key_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1 SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        as_owner constant text := mlregistry.act_as_owner(); -- before any look at a table
        acting record;
        held jsonb;
        key record;
        is_admin boolean;
    BEGIN
        PERFORM mlregistry.require_privilege('api_keys', CASE WHEN mlregistry.bypasses_access() THEN 'UPDATE' ELSE 'SELECT' END);
        IF api_key_id IS NULL THEN
            RAISE EXCEPTION 'the identifier of a key must not be NULL' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        SELECT i.user_id, i.api_key_id INTO acting FROM mlregistry.acting_identity() AS i;
        held := (SELECT k.permissions FROM mlregistry.api_keys k WHERE k.api_key_id = acting.api_key_id);
        SELECT k.* INTO key FROM mlregistry.api_keys k WHERE k.api_key_id = revoke_api_key.api_key_id;
        is_admin := mlregistry.bypasses_access() OR key.organization_id = ANY (mlregistry.allowed_organizations('admin', 'admin'));
        -- One's own keys of the same or lesser permissions, so that a key that leaked cannot lock its owner out.
        IF key.api_key_id IS NULL
           OR NOT (is_admin
                   OR coalesce(key.user_id = acting.user_id, false)
                      AND key.organization_id = ANY (mlregistry.allowed_organizations('read', 'names'))
                      AND coalesce(mlregistry.permissions_within(key.permissions, held), true)) THEN
            RAISE EXCEPTION 'API key % does not exist', revoke_api_key.api_key_id
                USING ERRCODE = 'no_data_found', HINT = 'list_api_keys() shows what is there.';
        END IF;
        UPDATE mlregistry.api_keys k
           SET is_active = false, deleted_at = coalesce(k.deleted_at, now())
         WHERE k.api_key_id = key.api_key_id AND (k.is_active OR k.deleted_at IS NULL);
        RETURN NEXT mlregistry.api_key_info(key.api_key_id);
    END
    $function$;
COMMENT ON FUNCTION revoke_api_key(uuid) IS 'revokes an API key for good: see revoke_api_key(text)';

CREATE OR REPLACE FUNCTION revoke_api_key(key_prefix text) RETURNS SETOF api_key_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    DECLARE
        found_ids uuid[];
    BEGIN
        IF key_prefix IS NULL THEN
            RAISE EXCEPTION 'the prefix of a key must not be NULL' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        found_ids := ARRAY(SELECT k.api_key_id FROM api_keys k
                            WHERE k.key_prefix = revoke_api_key.key_prefix
                            ORDER BY k.deleted_at DESC, k.created_at DESC);
        IF cardinality(found_ids) = 0 THEN
            -- No more than the prefix: it may be a key.
            RAISE EXCEPTION 'API key "%" does not exist', CASE WHEN length(key_prefix) > 12 THEN left(key_prefix, 12) || '...' ELSE key_prefix END
                USING ERRCODE = 'no_data_found',
                      HINT = CASE WHEN key_prefix ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN 'An identifier is given as uuid: CAST(... AS uuid).'
                                  WHEN length(key_prefix) > 12 THEN 'A prefix is the first 12 characters of a key.'
                                  ELSE 'list_api_keys() shows what is there.' END;
        END IF;
        IF cardinality(found_ids) > 1 THEN
            RAISE EXCEPTION '% keys begin with "%"', cardinality(found_ids), key_prefix
                USING ERRCODE = 'invalid_parameter_value', HINT = 'Name one by its identifier: list_api_keys() shows it.';
        END IF;
        RETURN QUERY SELECT i.* FROM revoke_api_key(found_ids[1]) AS i;
    END
    $function$;
COMMENT ON FUNCTION revoke_api_key(text) IS 'revokes an API key, one''s own or, as an admin, one of the organization, by its prefix: nobody can act by it any more; one that is revoked is returned as it is. By a key with scopes one''s own keys of at most these';

CREATE OR REPLACE FUNCTION list_api_keys(
        organization text DEFAULT NULL,
        email text DEFAULT NULL,
        with_revoked boolean DEFAULT false,
        max_rows bigint DEFAULT NULL,
        after uuid DEFAULT NULL) RETURNS SETOF api_key_info
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 20 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_variable
    DECLARE
        in_organization uuid := find_organization(organization);
        of_user uuid := CASE WHEN email IS NOT NULL THEN find_member(email, in_organization) END;
    BEGIN
        RETURN QUERY
            SELECT i.*
              FROM (SELECT k.api_key_id, u.email, k.name
                      FROM api_keys k
                      LEFT JOIN users u ON u.user_id = k.user_id
                     WHERE k.organization_id = in_organization AND (k.deleted_at IS NULL OR with_revoked)
                       AND (of_user IS NULL OR k.user_id = of_user)
                       AND (after IS NULL
                            OR (coalesce(u.email, ''), k.name, k.api_key_id)
                               > (SELECT coalesce(lu.email, ''), l.name, l.api_key_id
                                    FROM api_keys l LEFT JOIN users lu ON lu.user_id = l.user_id WHERE l.api_key_id = after))
                     ORDER BY coalesce(u.email, ''), k.name, k.api_key_id
                     LIMIT max_rows) AS page,
                   api_key_info(page.api_key_id) AS i
             ORDER BY coalesce(page.email, ''), page.name, page.api_key_id;
    END
    $function$;
COMMENT ON FUNCTION list_api_keys(text, text, boolean, bigint, uuid) IS 'keys for an organization (NULL: the current one) by user and name: one''s own, for admins all; for the next page give the api_key_id of the last one seen as after';

-- Who one is.

CREATE OR REPLACE FUNCTION whoami(
        OUT actor text,
        OUT user_id uuid,
        OUT api_key_id uuid,
        OUT db_role name,
        OUT how text,
        OUT organization text,
        OUT organization_level text,
        OUT project text,
        OUT project_level text,
        OUT organizations text[],
        OUT scopes jsonb)
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        bypasses boolean := mlregistry.bypasses_access();
        here uuid := mlregistry.current_organization_id();
        in_project uuid := mlregistry.current_project_id();
    BEGIN
        SELECT i.user_id, i.api_key_id, i.how, i.scopes INTO user_id, api_key_id, how, scopes FROM mlregistry.acting_identity() AS i;
        actor := mlregistry.current_actor();
        db_role := current_user;
        organization_level := CASE
            WHEN here IS NULL THEN NULL
            WHEN bypasses OR here = ANY (mlregistry.allowed_organizations('admin', 'names')) THEN 'admin'
            WHEN here = ANY (mlregistry.allowed_organizations('write', 'names')) THEN 'write'
            ELSE 'read' END;
        project_level := CASE
            WHEN in_project IS NULL THEN NULL
            WHEN bypasses OR in_project = ANY (mlregistry.allowed_projects('own', 'names')) THEN 'own'
            WHEN in_project = ANY (mlregistry.allowed_projects('write', 'names')) THEN 'write'
            WHEN in_project = ANY (mlregistry.allowed_projects('read', 'names')) THEN 'read' END;
        -- A role that may read nothing may still ask who it is.
        IF has_table_privilege('mlregistry.organizations', 'SELECT') THEN
            organization := (SELECT o.slug FROM mlregistry.organizations o WHERE o.organization_id = here);
            organizations := ARRAY(SELECT o.slug FROM mlregistry.organizations o
                                    WHERE o.deleted_at IS NULL
                                      AND (bypasses OR o.organization_id = ANY (mlregistry.allowed_organizations('read', 'names')))
                                    ORDER BY o.slug);
        END IF;
        IF has_table_privilege('mlregistry.projects', 'SELECT') THEN
            project := (SELECT p.slug FROM mlregistry.projects p WHERE p.project_id = in_project);
        END IF;
    END
    $function$;
COMMENT ON FUNCTION whoami() IS 'who is acting, how that came (api_key, user, role, default, bypass or none), the current organization and project with what one may do there (read, write; admin, own), all organizations that are open, and permissions of the key';

-- Database roles.

-- What grant_access() gives on a relation; levels as role_access has them.
CREATE OR REPLACE FUNCTION level_rights(level text) RETURNS TABLE (relation_name text, rights text[])
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 30 SET search_path = pg_catalog, pg_temp
    AS $function$
        WITH ranks (role, rank) AS (VALUES ('viewer', 1), ('developer', 2), ('contributor', 2), ('admin', 3)), -- owner: nobody's
        given (rank) AS (SELECT CASE level_rights.level WHEN 'read' THEN 1 WHEN 'worker' THEN 1 WHEN 'write' THEN 2 WHEN 'admin' THEN 3 WHEN 'owner' THEN 3 END)
        SELECT r.relation_name, array_remove(ARRAY['SELECT', CASE WHEN w.rank <= g.rank THEN 'INSERT, UPDATE, DELETE' END], NULL)
          FROM given g
         CROSS JOIN mlregistry.registry_relations() r
          LEFT JOIN mlregistry.access_rules a ON a.table_name = r.relation_name
          LEFT JOIN ranks s ON s.role = a.read_role
          LEFT JOIN ranks w ON w.role = a.write_role
         WHERE CASE r.kind WHEN 'view' THEN g.rank IS NOT NULL ELSE a.scope <> 'owner' AND s.rank <= g.rank END
    $function$;
COMMENT ON FUNCTION level_rights(text) IS 'SQL rights on tables and views that a level of role_access comes with, from access_rules';

CREATE OR REPLACE FUNCTION set_role_rights(db_role name, level text, take boolean DEFAULT false) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $function$
    DECLARE
        of record;
    BEGIN
        -- What the owner has of itself is not given, nor taken.
        IF db_role = mlregistry.registry_owner() OR NOT EXISTS (SELECT FROM pg_roles r WHERE r.rolname = db_role) THEN
            RETURN;
        END IF;
        IF level IS NOT NULL THEN
            EXECUTE format('GRANT USAGE ON SCHEMA mlregistry TO %I', db_role);
        ELSIF take THEN
            EXECUTE format('REVOKE USAGE ON SCHEMA mlregistry FROM %I', db_role);
        END IF;
        FOR of IN
            SELECT r.relation_name, coalesce(l.rights, '{}') AS rights
              FROM mlregistry.registry_relations() r
              LEFT JOIN mlregistry.level_rights(level) l USING (relation_name)
             WHERE to_regclass(format('mlregistry.%I', r.relation_name)) IS NOT NULL
             ORDER BY r.ordinal
        LOOP
            IF take AND cardinality(of.rights) < 2 THEN
                EXECUTE format('REVOKE %s ON mlregistry.%I FROM %I',
                               CASE cardinality(of.rights) WHEN 0 THEN 'SELECT, INSERT, UPDATE, DELETE' ELSE 'INSERT, UPDATE, DELETE' END,
                               of.relation_name, db_role);
            END IF;
            IF cardinality(of.rights) > 0 THEN
                EXECUTE format('GRANT %s ON mlregistry.%I TO %I', array_to_string(of.rights, ', '), of.relation_name, db_role);
            END IF;
        END LOOP;
    END
    $function$;
COMMENT ON FUNCTION set_role_rights(name, text, boolean) IS 'gives a role the SQL rights of a level (NULL: none) of role_access; take => true takes away those that the level does not have';

CREATE OR REPLACE FUNCTION highest_level(db_role name) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $function$
        SELECT a.level FROM mlregistry.role_access a
         WHERE a.db_role = highest_level.db_role
         ORDER BY array_position('{owner,admin,write,worker,read}'::text[], a.level)
         LIMIT 1
    $function$;
COMMENT ON FUNCTION highest_level(name) IS 'highest level that a role has in any organization, by role_access; NULL when it has none';

-- Not for admins of the organization: what is given here are rights in the database.
CREATE OR REPLACE FUNCTION grant_access(
        db_role name,
        level text,
        organization text DEFAULT NULL,
        sql_only boolean DEFAULT false) RETURNS SETOF access_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1 SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $function$
    #variable_conflict use_variable
    DECLARE
        stored text := CASE level WHEN 'reader' THEN 'read' WHEN 'writer' THEN 'write' WHEN 'admin' THEN 'admin' END;
        in_organization uuid;
        highest text;
        info mlregistry.access_info;
    BEGIN
        PERFORM mlregistry.require_owner('grant access to roles'), mlregistry.require_privilege('role_access', 'INSERT');
        IF db_role IS NULL OR level IS NULL THEN
            RAISE EXCEPTION 'a grant needs a role and a level' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        IF stored IS NULL THEN
            RAISE EXCEPTION 'unknown level: "%"', mlregistry.shortened(level)
                USING ERRCODE = 'invalid_parameter_value', HINT = 'The levels are reader, writer and admin.';
        END IF;
        IF NOT EXISTS (SELECT FROM pg_roles r WHERE r.rolname = db_role) THEN
            RAISE EXCEPTION 'role "%" does not exist', db_role
                USING ERRCODE = 'undefined_object', HINT = 'CREATE ROLE creates it; a role for many people may be NOLOGIN.';
        END IF;
        -- One at a time: rights on tables follow from all rows of a role.
        LOCK TABLE mlregistry.role_access IN SHARE ROW EXCLUSIVE MODE;
        info.db_role := db_role;
        info.level := level;
        IF sql_only THEN
            PERFORM mlregistry.set_role_rights(db_role, stored);
            RETURN NEXT info;
            RETURN;
        END IF;
        in_organization := mlregistry.find_organization(organization);
        highest := mlregistry.highest_level(db_role);
        INSERT INTO mlregistry.role_access AS a (db_role, organization_id, level)
        VALUES (db_role, in_organization, stored)
        ON CONFLICT ON CONSTRAINT role_access_pkey DO UPDATE SET level = excluded.level WHERE a.level <> excluded.level;
        PERFORM mlregistry.set_role_rights(db_role, mlregistry.highest_level(db_role), highest <> mlregistry.highest_level(db_role));
        info.organization_slug := (SELECT o.slug FROM mlregistry.organizations o WHERE o.organization_id = in_organization);
        RETURN NEXT info;
    END
    $function$;
COMMENT ON FUNCTION grant_access(name, text, text, boolean) IS 'lets a database role read (reader), write (writer) or administer (admin) an organization (NULL: the current one) without user or key, and gives it the SQL rights for that; sql_only => true gives the SQL rights alone: for the role of an application whose users authenticate(). For the owner of the registry';

CREATE OR REPLACE FUNCTION revoke_access(db_role name, organization text DEFAULT NULL, sql_only boolean DEFAULT false) RETURNS SETOF access_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1 SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $function$
    #variable_conflict use_variable
    DECLARE
        in_organization uuid;
        stored text;
        others text;
        info mlregistry.access_info;
    BEGIN
        PERFORM mlregistry.require_owner('revoke access of roles'), mlregistry.require_privilege('role_access', 'DELETE');
        IF db_role IS NULL THEN
            RAISE EXCEPTION 'the role must not be NULL' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        -- As grant_access().
        LOCK TABLE mlregistry.role_access IN SHARE ROW EXCLUSIVE MODE;
        info.db_role := db_role;
        IF NOT coalesce(sql_only, false) THEN
            in_organization := mlregistry.find_organization(organization);
            DELETE FROM mlregistry.role_access a WHERE a.db_role = db_role AND a.organization_id = in_organization
            RETURNING a.level INTO stored;
            IF NOT FOUND THEN
                others := (SELECT string_agg(o.slug, ', ' ORDER BY o.slug)
                             FROM mlregistry.role_access a JOIN mlregistry.organizations o USING (organization_id)
                            WHERE a.db_role = db_role);
                RAISE EXCEPTION 'role "%" has no access to that organization', db_role
                    USING ERRCODE = 'no_data_found',
                          HINT = coalesce('It has access to ' || others || '.', 'It has no grant at all; SQL rights alone are taken with sql_only => true.');
            END IF;
            info.organization_slug := (SELECT o.slug FROM mlregistry.organizations o WHERE o.organization_id = in_organization);
            info.level := CASE stored WHEN 'read' THEN 'reader' WHEN 'write' THEN 'writer' ELSE stored END;
        ELSIF NOT EXISTS (SELECT FROM pg_roles r WHERE r.rolname = db_role) THEN
            RAISE EXCEPTION 'role "%" does not exist', db_role USING ERRCODE = 'undefined_object';
        END IF;
        PERFORM mlregistry.set_role_rights(db_role, mlregistry.highest_level(db_role), true);
        RETURN NEXT info;
    END
    $function$;
COMMENT ON FUNCTION revoke_access(name, text, boolean) IS 'takes a role''s access to an organization (NULL: the current one) away and returns what it was, and with it the SQL rights that no other grant needs; sql_only => true takes these alone. P0002 when it has none. For the owner of the registry';

-- Quotas.

CREATE OR REPLACE FUNCTION set_quota(
        scope text DEFAULT 'organization',
        subject text DEFAULT NULL,
        gpu_hours numeric DEFAULT NULL,
        cost_usd numeric DEFAULT NULL,
        period text DEFAULT 'month',
        enforcement text DEFAULT 'warn',
        active boolean DEFAULT true) RETURNS SETOF quota_info
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_variable
    DECLARE
        in_organization uuid := find_organization(NULL);
        of_subject uuid;
        set_id uuid;
    BEGIN
        PERFORM require_organization('admin', 'admin', in_organization);
        IF scope IS NULL OR period IS NULL OR enforcement IS NULL OR active IS NULL THEN
            RAISE EXCEPTION 'a quota needs a scope, a period, an enforcement and to be active or not' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        IF scope NOT IN ('organization', 'project', 'team', 'user') OR (scope = 'organization') <> (subject IS NULL) THEN
            RAISE EXCEPTION '%', CASE WHEN scope = 'organization' THEN 'the quota of the organization has no subject'
                                      WHEN scope IN ('project', 'team', 'user') THEN format('a quota of a %s needs its name as subject', scope)
                                      ELSE format('unknown scope of a quota: "%s"', shortened(scope)) END
                USING ERRCODE = 'check_violation',
                      CONSTRAINT = 'valid_quota_scope', SCHEMA = 'mlregistry', TABLE = 'resource_quotas',
                      HINT = 'scope is organization, or project, team or user with slug, name or e-mail address as subject.';
        END IF;
        IF period NOT IN ('day', 'week', 'month') THEN
            RAISE EXCEPTION 'unknown period: "%"', shortened(period)
                USING ERRCODE = 'check_violation',
                      CONSTRAINT = 'valid_quota_period', SCHEMA = 'mlregistry', TABLE = 'resource_quotas',
                      HINT = 'The periods are day, week and month.';
        END IF;
        IF enforcement NOT IN ('warn', 'refuse') THEN
            RAISE EXCEPTION 'unknown enforcement: "%"', shortened(enforcement)
                USING ERRCODE = 'check_violation',
                      CONSTRAINT = 'valid_enforcement', SCHEMA = 'mlregistry', TABLE = 'resource_quotas',
                      HINT = 'It is warn or refuse.';
        END IF;
        IF (gpu_hours IS NULL AND cost_usd IS NULL) OR NOT coalesce(gpu_hours >= 0 AND gpu_hours < 'NaN', true)
           OR NOT coalesce(cost_usd >= 0 AND cost_usd < 'NaN', true) THEN
            RAISE EXCEPTION 'a quota needs a limit of gpu_hours, of cost_usd or of both, 0 or more'
                USING ERRCODE = 'check_violation',
                      CONSTRAINT = 'valid_quota_limit', SCHEMA = 'mlregistry', TABLE = 'resource_quotas',
                      HINT = 'active => false switches a quota off.';
        END IF;
        of_subject := CASE scope WHEN 'project' THEN find_project(subject)
                                 WHEN 'team' THEN find_team(subject)
                                 WHEN 'user' THEN find_member(subject, in_organization) END;
        LOOP
            INSERT INTO resource_quotas (organization_id, scope, scope_id, period, gpu_hours_limit, cost_limit_usd, enforcement, is_active)
            VALUES (in_organization, scope, of_subject, period, gpu_hours, cost_usd, enforcement, active)
            ON CONFLICT DO NOTHING
            RETURNING quota_id INTO set_id;
            EXIT WHEN FOUND;
            UPDATE resource_quotas q
               SET gpu_hours_limit = gpu_hours, cost_limit_usd = cost_usd, enforcement = set_quota.enforcement, is_active = active
             WHERE q.organization_id = in_organization AND q.scope = set_quota.scope AND q.scope_id IS NOT DISTINCT FROM of_subject
               AND q.period = set_quota.period
            RETURNING q.quota_id INTO set_id;
            EXIT WHEN FOUND; -- otherwise deleted this very moment
        END LOOP;
        RETURN QUERY
            SELECT q.scope, set_quota.subject, q.period, q.gpu_hours_limit, q.cost_limit_usd, q.enforcement, q.is_active, q.quota_id
              FROM resource_quotas q
             WHERE q.quota_id = set_id;
    END
    $function$;
COMMENT ON FUNCTION set_quota(text, text, numeric, numeric, text, text, boolean) IS 'limits GPU hours and cost of the current organization, or of a project, team or user in it, in a day, week or month of the UTC calendar; a quota that is there is replaced. With enforcement refuse, a training run is neither queued nor started when it is used up. For admins of the organization';

CREATE OR REPLACE FUNCTION quota_usage(at timestamptz DEFAULT now())
    RETURNS TABLE (scope text, subject text, period text, period_start timestamptz, period_end timestamptz,
                   gpu_hours_used numeric, gpu_hours_limit numeric, cost_used_usd numeric, cost_limit_usd numeric,
                   enforcement text, is_exceeded boolean, quota_id uuid)
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 20 SET search_path = pg_catalog, mlregistry, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        in_organization uuid := find_organization(NULL);
    BEGIN
        IF at IS NULL OR NOT isfinite(at) THEN
            RAISE EXCEPTION 'the time must be given and finite' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        RETURN QUERY
            SELECT q.scope,
                   CASE q.scope WHEN 'project' THEN (SELECT p.slug FROM projects p WHERE p.project_id = q.scope_id)
                                WHEN 'team' THEN (SELECT t.team_name FROM teams t WHERE t.team_id = q.scope_id)
                                WHEN 'user' THEN (SELECT u.email FROM users u WHERE u.user_id = q.scope_id) END,
                   q.period, b.period_start, b.period_end, b.gpu_hours, q.gpu_hours_limit, b.cost_usd, q.cost_limit_usd, q.enforcement,
                   coalesce(b.gpu_hours > q.gpu_hours_limit, false) OR coalesce(b.cost_usd > q.cost_limit_usd, false), q.quota_id
              FROM resource_quotas q
              JOIN usage_of_quotas(in_organization, quota_usage.at) AS b USING (quota_id)
             WHERE q.organization_id = in_organization AND q.is_active
             ORDER BY array_position('{organization,project,team,user}'::text[], q.scope), 2, q.period;
    END
    $function$;
COMMENT ON FUNCTION quota_usage(timestamptz) IS 'active quotas of the current organization, and what training runs have used of them in the day, week or month of the UTC calendar that a time lies in: a run counts in the period in which it was queued, also when it is archived';
