-- Row security, made from one table of rules.

-- What row security must not look at row by row: none of these says anything of a version but its result, so that conditions
-- with them may come before a policy, and use an index.
ALTER FUNCTION semver_in_range(semver, semver_range) LEAKPROOF;
ALTER FUNCTION semver_range_has(semver_range, semver) LEAKPROOF;
ALTER FUNCTION semver_range_filter(semver, semver_range, boolean) LEAKPROOF;
ALTER FUNCTION semver_range_lower_key(semver_range, boolean) LEAKPROOF;
ALTER FUNCTION semver_range_upper_key(semver_range, boolean) LEAKPROOF;
ALTER FUNCTION satisfies(semver, semver_range, boolean) LEAKPROOF;
ALTER FUNCTION is_prerelease(semver) LEAKPROOF;

-- scope project: rows of a project, read and changed by those who may in that project (admin: project owners and admins)
--       organization: rows of an organization, likewise (viewer, developer, admin)
--       self: users and keys: one's own, and what the tables' policies below say
--       owner: nobody but the tables' owner; global: no row security, vocabulary
-- A write_role of owner: nobody writes but triggers and functions that ask for themselves.
CREATE OR REPLACE FUNCTION builtin_access_rules()
    RETURNS TABLE (table_name text, scope text, read_role text, write_role text, key_scope text)
    LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 50 SET search_path = pg_catalog, pg_temp
    AS $function$VALUES
        ('registry_meta',            'global',       'viewer', 'owner',       NULL),
        ('frameworks',               'global',       'viewer', 'owner',       NULL),
        ('model_formats',            'global',       'viewer', 'owner',       NULL),
        ('storage_formats',          'global',       'viewer', 'owner',       NULL),
        ('tag_categories',           'global',       'viewer', 'owner',       NULL),
        ('gpu_types',                'global',       'viewer', 'owner',       NULL),
        ('organizations',            'organization', 'viewer', 'owner',       'admin'),
        ('projects',                 'project',      'viewer', 'admin',       'admin'),
        ('users',                    'self',         'viewer', 'owner',       NULL),
        ('user_credentials',         'owner',        'owner',  'owner',       NULL),
        ('organization_memberships', 'organization', 'viewer', 'admin',       'admin'),
        ('project_members',          'project',      'viewer', 'admin',       'admin'),
        ('api_keys',                 'self',         'viewer', 'owner',       NULL),
        ('api_key_secrets',          'owner',        'owner',  'owner',       NULL),
        ('role_access',              'owner',        'owner',  'owner',       NULL),
        ('access_rules',             'owner',        'owner',  'owner',       NULL),
        ('resource_quotas',          'organization', 'viewer', 'admin',       'admin'),
        ('guards',                   'owner',        'owner',  'owner',       NULL),
        ('teams',                    'organization', 'viewer', 'developer',   'names'),
        ('tags',                     'organization', 'viewer', 'developer',   'names'),
        ('models',                   'project',      'viewer', 'contributor', 'models'),
        ('model_tags',               'project',      'viewer', 'contributor', 'models'),
        ('model_versions',           'project',      'viewer', 'contributor', 'versions'),
        ('version_files',            'project',      'viewer', 'contributor', 'versions'),
        ('version_signatures',       'project',      'viewer', 'contributor', 'versions'),
        ('version_tags',             'project',      'viewer', 'contributor', 'versions'),
        ('model_aliases',            'project',      'viewer', 'contributor', 'versions'),
        ('model_metrics',            'project',      'viewer', 'contributor', 'versions'),
        ('alias_history',            'project',      'viewer', 'owner',       'versions'),
        ('datasets',                 'project',      'viewer', 'contributor', 'datasets'),
        ('dataset_tags',             'project',      'viewer', 'contributor', 'datasets'),
        ('experiments',              'project',      'viewer', 'contributor', 'runs'),
        ('training_runs',            'project',      'viewer', 'contributor', 'runs'),
        ('run_metrics',              'project',      'viewer', 'contributor', 'runs'),
        ('run_datasets',             'project',      'viewer', 'contributor', 'runs'),
        ('run_tags',                 'project',      'viewer', 'contributor', 'runs'),
        ('environments',             'organization', 'viewer', 'admin',       'admin'),
        ('deployments',              'project',      'viewer', 'contributor', 'deployments'),
        ('deployment_tags',          'project',      'viewer', 'contributor', 'deployments'),
        ('deployment_history',       'project',      'viewer', 'owner',       'deployments'),
        ('stage_history',            'project',      'viewer', 'owner',       'versions'),
        ('status_history',           'project',      'viewer', 'owner',       'names'),
        ('approvals',                'project',      'viewer', 'contributor', 'approvals'),
        ('metric_gates',             'project',      'viewer', 'admin',       'approvals'),
        ('version_parents',          'project',      'viewer', 'contributor', 'versions'),
        ('dataset_parents',          'project',      'viewer', 'contributor', 'datasets'),
        ('lineage_edges',            'project',      'viewer', 'owner',       'names'),
        ('audit_logs',               'project',      'viewer', 'owner',       'names')
    $function$;
COMMENT ON FUNCTION builtin_access_rules() IS 'who may read and write each table: what install() and migrate() put into access_rules';

-- The condition of a policy. Arrays come from a subquery, which runs once a query. Names of what is there (projects, teams,
-- tags, organizations) every key may read: others are found by them.
CREATE OR REPLACE FUNCTION policy_condition(table_name text, scope text, verb text, role text, key_scope text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $function$
        SELECT CASE
            WHEN scope = 'self' AND verb = 'SELECT' AND table_name = 'users' THEN
                'user_id = (SELECT mlregistry.current_user_id()) OR EXISTS (SELECT FROM mlregistry.organization_memberships m'
                || ' WHERE m.user_id = users.user_id AND m.organization_id = ANY ((SELECT mlregistry.allowed_organizations(''read'', ''names''))::uuid[]))'
            WHEN scope = 'self' AND verb = 'SELECT' AND table_name = 'api_keys' THEN
                -- One's own in what is open: an admin elsewhere may have made the key that acts.
                '(user_id = (SELECT mlregistry.current_user_id()) AND organization_id = ANY ((SELECT mlregistry.allowed_organizations(''read'', ''names''))::uuid[]))'
                || ' OR organization_id = ANY ((SELECT mlregistry.allowed_organizations(''oversee'', ''admin''))::uuid[])'
            WHEN role = 'owner' THEN NULL
            -- Admins read all of their organization; others what is told of rows that they may read, as far as the trail knows:
            -- projects go by their visibility now. Of people and keys one reads what is told of oneself. Public projects are open to
            -- other organizations, what happened in them is not: it says who came from where.
            WHEN scope = 'project' AND verb = 'SELECT' AND table_name = 'audit_logs' THEN
                'organization_id = ANY ((SELECT mlregistry.allowed_organizations(''oversee'', ''admin''))::uuid[])'
                || CASE WHEN role = 'admin' THEN '' ELSE
                   format(' OR (organization_id = ANY ((SELECT mlregistry.allowed_organizations(''read'', %1$L))::uuid[])'
                          ' AND (entity_type = ANY ((SELECT mlregistry.readable_entities())::text[])'
                          ' AND (project_id IS NULL OR project_id = ANY ((SELECT mlregistry.allowed_projects(''read'', %1$L))::uuid[]))'
                          ' OR entity_type IN (''api_key'', ''user'') AND subject_id = (SELECT mlregistry.current_user_id())))', key_scope) END
            -- What a key may read of the states of others is what it may read of these.
            WHEN scope = 'project' AND verb = 'SELECT' AND table_name = 'status_history' AND role <> 'admin' THEN
                format('project_id = ANY ((SELECT mlregistry.allowed_projects(''read'', %L))::uuid[])'
                       ' AND entity_kind = ANY ((SELECT mlregistry.readable_entities())::text[])', key_scope)
            -- An edge lies in two projects and is about two kinds: it is read where both ends are. Only triggers write edges.
            WHEN scope = 'project' AND table_name = 'lineage_edges' THEN
                CASE WHEN verb = 'SELECT' THEN
                    format('child_project_id = ANY ((SELECT mlregistry.allowed_projects(''read'', %1$L))::uuid[])'
                           ' AND parent_project_id = ANY ((SELECT mlregistry.allowed_projects(''read'', %1$L))::uuid[])'
                           ' AND child_kind = ANY ((SELECT mlregistry.readable_entities())::text[])'
                           ' AND parent_kind = ANY ((SELECT mlregistry.readable_entities())::text[])', key_scope) END
            -- A project that is not there yet has nobody who owns it.
            WHEN table_name = 'projects' AND verb = 'INSERT' THEN
                format('organization_id = ANY ((SELECT mlregistry.allowed_organizations(''admin'', %L))::uuid[])', key_scope)
            WHEN scope = 'project' THEN
                format('project_id = ANY ((SELECT mlregistry.allowed_projects(%L, %L))::uuid[])',
                       CASE WHEN verb = 'SELECT' THEN 'read' WHEN role = 'admin' THEN 'own' ELSE 'write' END,
                       CASE WHEN verb = 'SELECT' AND table_name IN ('organizations', 'projects', 'environments') THEN 'names' ELSE key_scope END)
            WHEN scope = 'organization' THEN
                format('organization_id = ANY ((SELECT mlregistry.allowed_organizations(%L, %L))::uuid[])',
                       CASE WHEN verb = 'SELECT' THEN 'read' WHEN role = 'admin' THEN 'admin' ELSE 'write' END,
                       CASE WHEN verb = 'SELECT' AND table_name IN ('organizations', 'projects', 'environments') THEN 'names' ELSE key_scope END)
            END
    $function$;
COMMENT ON FUNCTION policy_condition(text, text, text, text, text) IS 'condition of the policy of a rule for SELECT, INSERT, UPDATE or DELETE; NULL where nobody may';

CREATE OR REPLACE FUNCTION access_policies() RETURNS TABLE (table_name text, verb text, policy text, condition text)
    LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 100 SET search_path = pg_catalog, pg_temp
    AS $function$
    BEGIN
        -- Without rows of its own (seed => false: they come with a dump) the table is as good as built in.
        RETURN QUERY
            SELECT r.table_name, v.verb, v.policy,
                   mlregistry.policy_condition(r.table_name, r.scope, v.verb, CASE WHEN v.verb = 'SELECT' THEN r.read_role ELSE r.write_role END, r.key_scope)
              FROM (SELECT a.table_name, a.scope, a.read_role, a.write_role, a.key_scope FROM mlregistry.access_rules a
                    UNION ALL
                    SELECT b.* FROM mlregistry.builtin_access_rules() b
                     WHERE NOT EXISTS (SELECT FROM mlregistry.access_rules a WHERE a.table_name = b.table_name)) AS r,
                   (VALUES ('SELECT', 'mlr_read'), ('INSERT', 'mlr_insert'), ('UPDATE', 'mlr_update'), ('DELETE', 'mlr_delete')) AS v (verb, policy)
             WHERE r.scope <> 'global';
    END
    $function$;
COMMENT ON FUNCTION access_policies() IS 'policies by the rules: four for each table that has row security; one without condition does not exist, as nobody may';

CREATE OR REPLACE FUNCTION apply_access_rules() RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    SET client_min_messages = warning -- no notices of policies that are not there
    AS $function$
    DECLARE
        statements text;
    BEGIN
        WITH policies AS (SELECT * FROM mlregistry.access_policies())
        SELECT string_agg(statement, E';\n' ORDER BY table_name, step)
          INTO statements
          FROM (SELECT DISTINCT table_name, 1 AS step, format('ALTER TABLE mlregistry.%I ENABLE ROW LEVEL SECURITY', table_name) AS statement
                  FROM policies
                UNION ALL
                SELECT table_name, 2, format('DROP POLICY IF EXISTS %I ON mlregistry.%I', policy, table_name) FROM policies
                UNION ALL
                SELECT table_name, 3,
                       format('CREATE POLICY %I ON mlregistry.%I FOR %s%s%s', policy, table_name, verb,
                              CASE WHEN verb <> 'INSERT' THEN format(' USING (%s)', condition) END,
                              CASE WHEN verb IN ('INSERT', 'UPDATE') THEN format(' WITH CHECK (%s)', condition) END)
                  FROM policies WHERE condition IS NOT NULL
                UNION ALL
                SELECT table_name, 4,
                       format('COMMENT ON POLICY %I ON mlregistry.%I IS %L', policy, table_name, 'Made by apply_access_rules() from access_rules')
                  FROM policies WHERE condition IS NOT NULL) AS s
         WHERE to_regclass(format('mlregistry.%I', s.table_name)) IS NOT NULL;
        PERFORM mlregistry.run_detached(statements);
    END
    $function$;
COMMENT ON FUNCTION apply_access_rules() IS 'makes row security and its policies from access_rules';

CREATE OR REPLACE FUNCTION check_access() RETURNS TABLE (check_name text, severity text, object text, detail text, hint text)
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $function$
    BEGIN
        RETURN QUERY
            SELECT 'no_access_rule', 'error', r.relation_name, 'access_rules does not say who may read and write it.',
                   'SELECT mlregistry.fill_access_rules(); SELECT mlregistry.apply_access_rules();'
              FROM mlregistry.registry_relations() r
             WHERE r.kind = 'table' AND NOT EXISTS (SELECT FROM mlregistry.access_rules a WHERE a.table_name = r.relation_name)
            UNION ALL
            SELECT DISTINCT 'no_row_security', 'error', a.table_name, 'Row security is off: who has SQL rights on the table sees every organization.',
                   'SELECT mlregistry.apply_access_rules();'
              FROM mlregistry.access_policies() a
              JOIN pg_class c ON c.oid = to_regclass(format('mlregistry.%I', a.table_name))
             WHERE NOT c.relrowsecurity
            UNION ALL
            SELECT 'missing_policy', 'error', format('%s on %s', a.policy, a.table_name), format('Nobody can %s.', lower(a.verb)),
                   'SELECT mlregistry.apply_access_rules();'
              FROM mlregistry.access_policies() a
             WHERE a.condition IS NOT NULL
               AND NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = to_regclass(format('mlregistry.%I', a.table_name)) AND p.polname = a.policy)
            UNION ALL
            SELECT 'other_policy', 'warning', format('%s on %s', p.polname, r.relation_name),
                   'It is permissive and none of the registry''s: rows that it lets through are open whatever access_rules says.',
                   format('DROP POLICY %I ON mlregistry.%I;', p.polname, r.relation_name)
              FROM mlregistry.registry_relations() r
              JOIN pg_policy p ON p.polrelid = to_regclass(format('mlregistry.%I', r.relation_name))
             WHERE p.polpermissive AND p.polname NOT IN (SELECT a.policy FROM mlregistry.access_policies() a)
            UNION ALL
            -- What a trigger does runs as the owner of the tables where the registry writes itself, and could leave records out.
            SELECT DISTINCT 'open_to_triggers', 'warning', format('%s on %s', coalesce(quote_ident(g.rolname), 'PUBLIC'), c.relname),
                   'Who may put a trigger on a table of the registry has its code run by others, and by the owner of the tables.',
                   format('REVOKE TRIGGER ON mlregistry.%I FROM %s;', c.relname, coalesce(quote_ident(g.rolname), 'PUBLIC'))
              FROM (SELECT to_regclass(format('mlregistry.%I', r.relation_name))::oid FROM mlregistry.registry_relations() r
                    UNION ALL
                    SELECT p.partition::oid FROM mlregistry.registry_partitions() p) AS r (relation)
              JOIN pg_class c ON c.oid = r.relation
             CROSS JOIN LATERAL aclexplode(c.relacl) AS a
              LEFT JOIN pg_roles g ON g.oid = a.grantee
             WHERE a.privilege_type = 'TRIGGER' AND a.grantee <> c.relowner AND NOT coalesce(g.rolsuper, false)
            UNION ALL
            -- Roles are known by their names: a later one of the same name would have the rights of this one.
            SELECT 'unknown_role', 'warning', format('role %I in %s', n.role, n.place), 'The role does not exist; one that is created with this name acts by it.',
                   CASE n.place WHEN 'users' THEN format('UPDATE mlregistry.users SET db_role = NULL WHERE db_role = %L;', n.role)
                                ELSE format('DELETE FROM mlregistry.role_access WHERE db_role = %L;', n.role) END
              FROM (SELECT u.db_role, 'users' FROM mlregistry.users u WHERE u.db_role IS NOT NULL AND u.deleted_at IS NULL
                    UNION
                    SELECT a.db_role, 'role_access' FROM mlregistry.role_access a) AS n (role, place)
             WHERE NOT EXISTS (SELECT FROM pg_roles r WHERE r.rolname = n.role);
    END
    $function$;
COMMENT ON FUNCTION check_access() IS 'tables without rule, row security or policy, policies of others, roles that do not exist: part of check_registry()';
