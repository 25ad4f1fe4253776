-- Installing, migrating and leaving; what is installed. Superusers run these: their search_path is pg_catalog alone, and all
-- else is written with its schema.

CREATE OR REPLACE FUNCTION library_version() RETURNS text
    LANGUAGE C STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_library_version';
COMMENT ON FUNCTION library_version() IS 'version of the shared library that this session has loaded';

CREATE OR REPLACE FUNCTION run_detached(statements text, run_as name DEFAULT NULL) RETURNS void
    LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'mlregistry_run_detached';
COMMENT ON FUNCTION run_detached(text, name) IS 'runs statements so that what they create is no member of an extension, even inside an extension''s script; as the caller, or in another role''s name as a restricted operation';

CREATE OR REPLACE FUNCTION act_as_owner() RETURNS void
    LANGUAGE C VOLATILE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'mlregistry_act_as_owner';
COMMENT ON FUNCTION act_as_owner() IS 'the rest of the SECURITY DEFINER function that calls this runs as the owner of the tables';

CREATE OR REPLACE FUNCTION is_older(version text, than text) RETURNS boolean
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $function$SELECT mlregistry.semver_lt(mlregistry.semver(version), mlregistry.semver(than))$function$;
COMMENT ON FUNCTION is_older(text, text) IS 'true when the first version precedes the second';

CREATE OR REPLACE FUNCTION registry_relations() RETURNS TABLE (ordinal integer, relation_name text, kind text, area text)
    LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 50 SET search_path = pg_catalog, pg_temp
    AS $function$VALUES
        (1, 'users', 'table', 'access'),
        (2, 'user_credentials', 'table', 'access'),
        (3, 'registry_meta', 'table', 'foundation'),
        (4, 'frameworks', 'table', 'foundation'),
        (5, 'model_formats', 'table', 'foundation'),
        (6, 'storage_formats', 'table', 'foundation'),
        (7, 'tag_categories', 'table', 'foundation'),
        (8, 'gpu_types', 'table', 'foundation'),
        (9, 'organizations', 'table', 'foundation'),
        (10, 'projects', 'table', 'foundation'),
        (11, 'guards', 'table', 'foundation'),
        (12, 'organization_memberships', 'table', 'access'),
        (13, 'project_members', 'table', 'access'),
        (14, 'api_keys', 'table', 'access'),
        (15, 'api_key_secrets', 'table', 'access'),
        (16, 'role_access', 'table', 'access'),
        (17, 'access_rules', 'table', 'access'),
        (18, 'resource_quotas', 'table', 'access'),
        (19, 'teams', 'table', 'catalog'),
        (20, 'tags', 'table', 'catalog'),
        (21, 'models', 'table', 'catalog'),
        (22, 'model_versions', 'table', 'catalog'),
        (23, 'model_aliases', 'table', 'catalog'),
        (24, 'version_files', 'table', 'catalog'),
        (25, 'version_signatures', 'table', 'catalog'),
        (26, 'datasets', 'table', 'catalog'),
        (27, 'model_tags', 'table', 'catalog'),
        (28, 'version_tags', 'table', 'catalog'),
        (29, 'dataset_tags', 'table', 'catalog'),
        (30, 'model_metrics', 'table', 'catalog'),
        (31, 'alias_history', 'table', 'catalog'),
        (32, 'audit_logs', 'table', 'audit'),
        (33, 'experiments', 'table', 'training'),
        (34, 'training_runs', 'table', 'training'),
        (35, 'run_metrics', 'table', 'training'),
        (36, 'run_datasets', 'table', 'training'),
        (37, 'run_tags', 'table', 'training'),
        (38, 'environments', 'table', 'lifecycle'),
        (39, 'deployments', 'table', 'lifecycle'),
        (40, 'deployment_tags', 'table', 'lifecycle'),
        (41, 'deployment_history', 'table', 'lifecycle'),
        (42, 'stage_history', 'table', 'lifecycle'),
        (43, 'status_history', 'table', 'lifecycle'),
        (44, 'approvals', 'table', 'governance'),
        (45, 'metric_gates', 'table', 'governance'),
        (46, 'version_parents', 'table', 'lineage'),
        (47, 'dataset_parents', 'table', 'lineage'),
        (48, 'lineage_edges', 'table', 'lineage'),
        (49, 'v_models_latest', 'view', 'catalog'),
        (50, 'v_model_tags', 'view', 'catalog'),
        (51, 'v_training_runs', 'view', 'training'),
        (52, 'v_active_deployments', 'view', 'lifecycle'),
        (53, 'v_production_versions', 'view', 'lifecycle'),
        (54, 'v_lineage_edges', 'view', 'lineage')
    $function$;
COMMENT ON FUNCTION registry_relations() IS 'tables and views that install() makes, in that order';

CREATE OR REPLACE FUNCTION schema_version() RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $function$
    BEGIN
        IF to_regclass('mlregistry.registry_meta') IS NULL THEN
            RETURN NULL;
        END IF;
        RETURN (SELECT m.value #>> '{}' FROM mlregistry.registry_meta m WHERE m.key = 'schema_version');
    END
    $function$;
COMMENT ON FUNCTION schema_version() IS 'version of the tables in this database, NULL when they are not installed';

CREATE OR REPLACE FUNCTION registry_owner() RETURNS name
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $function$
        SELECT pg_get_userbyid(c.relowner) FROM pg_class c WHERE c.oid = to_regclass('mlregistry.registry_meta')
    $function$;
COMMENT ON FUNCTION registry_owner() IS 'role that owns the tables, as which integrity rules run; NULL when they are not installed';

CREATE OR REPLACE FUNCTION set_registry_owner(owner name) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $function$
    DECLARE
        owner_id oid := quote_ident(owner)::regrole; -- 42704 when there is no such role
        relation record;
    BEGIN
        IF owner IS NULL THEN
            RAISE EXCEPTION 'the owner must not be NULL' USING ERRCODE = 'null_value_not_allowed';
        END IF;
        FOR relation IN
            SELECT r.relation_name, r.kind
              FROM mlregistry.registry_relations() r
              JOIN pg_class c ON c.relname = r.relation_name AND c.relnamespace = 'mlregistry'::regnamespace
             WHERE c.relowner <> owner_id
             ORDER BY r.ordinal
        LOOP
            PERFORM mlregistry.run_detached(format('ALTER %s mlregistry.%I OWNER TO %I', relation.kind, relation.relation_name, owner));
        END LOOP;
        FOR relation IN
            SELECT p.partition FROM mlregistry.registry_partitions() p JOIN pg_class c ON c.oid = p.partition WHERE c.relowner <> owner_id
        LOOP
            PERFORM mlregistry.run_detached(format('ALTER TABLE %s OWNER TO %I', relation.partition, owner));
        END LOOP;
        -- Integrity rules run as the owner.
        IF NOT has_schema_privilege(owner, 'mlregistry', 'USAGE') THEN
            PERFORM mlregistry.run_detached(format('GRANT USAGE ON SCHEMA mlregistry TO %I', owner));
        END IF;
    END
    $function$;
COMMENT ON FUNCTION set_registry_owner(name) IS 'gives all tables and views of the registry to one role';

-- As the owner: whatever triggers the owner has put on the table run with the owner's rights. With values, because the owner
-- may not call the function that knows them. Rules that are there stay as somebody has made them.
CREATE OR REPLACE FUNCTION fill_access_rules() RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $function$
    BEGIN
        PERFORM mlregistry.run_detached(
                    format('INSERT INTO mlregistry.access_rules (table_name, scope, read_role, write_role, key_scope) VALUES %s ON CONFLICT (table_name) DO NOTHING',
                           string_agg(format('(%L, %L, %L, %L, %L)', b.table_name, b.scope, b.read_role, b.write_role, b.key_scope), ', ')),
                    mlregistry.registry_owner())
           FROM mlregistry.builtin_access_rules() b;
    END
    $function$;
COMMENT ON FUNCTION fill_access_rules() IS 'adds the built-in rules of tables that have none to access_rules';

CREATE OR REPLACE FUNCTION migrate() RETURNS text
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET lock_timeout = '10s'
    AS $function$
    DECLARE
        start_version text;
        at_version text;
        step record;
        owner name := mlregistry.registry_owner();
        there_before text[];
        given record;
    BEGIN
        IF mlregistry.schema_version() IS NULL THEN
            RETURN 'nothing to migrate: the registry is not installed';
        END IF;
        -- One migration at a time; the second finds nothing left to do.
        PERFORM FROM mlregistry.registry_meta m WHERE m.key = 'schema_version' FOR UPDATE;
        start_version := mlregistry.schema_version();
        at_version := start_version;
        IF mlregistry.is_older(mlregistry.code_version(), start_version) THEN
            RAISE EXCEPTION 'the tables are of version %, newer than the code, which is of %', start_version, mlregistry.code_version()
                USING ERRCODE = 'object_not_in_prerequisite_state',
                      HINT = 'Install the newer mlregistry, then ALTER EXTENSION mlregistry UPDATE.';
        END IF;
        there_before := ARRAY(SELECT r.relation_name FROM mlregistry.registry_relations() r
                               WHERE to_regclass(format('mlregistry.%I', r.relation_name)) IS NOT NULL);
        WHILE mlregistry.is_older(at_version, mlregistry.code_version()) LOOP
            SELECT s.* INTO step FROM mlregistry.migration_scripts() s WHERE s.from_version = at_version;
            IF NOT FOUND THEN
                RAISE EXCEPTION 'there is no migration from version % to %', at_version, mlregistry.code_version()
                    USING ERRCODE = 'object_not_in_prerequisite_state';
            END IF;
            PERFORM mlregistry.run_detached(replace(step.script, '{{fts_language}}',
                                                    quote_literal(mlregistry.search_language()::text) || '::regconfig'));
            -- Rows are changed in the owner's name: whatever triggers the owner has put there run with the owner's rights.
            PERFORM mlregistry.run_detached(
                format('UPDATE mlregistry.registry_meta SET value = %L WHERE key = ''schema_version''', to_jsonb(step.to_version::text)),
                owner);
            at_version := step.to_version;
        END LOOP;
        PERFORM mlregistry.set_registry_owner(owner);
        IF start_version = at_version THEN
            RETURN format('nothing to migrate: the tables are of version %s', at_version);
        END IF;
        -- Here and not in a migration, which would give the rules of later versions to tables that are not there yet.
        PERFORM mlregistry.fill_access_rules();
        PERFORM mlregistry.apply_access_rules();
        PERFORM mlregistry.make_partitions(p.parent) FROM mlregistry.partitioned_tables() AS p (parent);
        PERFORM mlregistry.apply_audit_triggers();
        -- What grant_access() would have given if the new tables had been there. Rights on the others stay as somebody has made
        -- them; a role that may not use the schema was given none.
        FOR given IN
            SELECT g.db_role, l.relation_name, array_to_string(l.rights, ', ') AS rights
              FROM (SELECT DISTINCT a.db_role FROM mlregistry.role_access a) AS g
              JOIN pg_roles r ON r.rolname = g.db_role
             CROSS JOIN LATERAL mlregistry.level_rights(mlregistry.highest_level(g.db_role)) l
             WHERE l.relation_name <> ALL (there_before) AND to_regclass(format('mlregistry.%I', l.relation_name)) IS NOT NULL
               AND g.db_role <> owner AND has_schema_privilege(r.oid, 'mlregistry', 'USAGE')
        LOOP
            PERFORM mlregistry.run_detached(format('GRANT %s ON mlregistry.%I TO %I', given.rights, given.relation_name, given.db_role));
        END LOOP;
        RETURN format('migrated from version %s to %s', start_version, at_version);
    END
    $function$;
COMMENT ON FUNCTION migrate() IS 'brings older tables up to the version of the code; ALTER EXTENSION mlregistry UPDATE calls it';

CREATE OR REPLACE FUNCTION install(owner name DEFAULT NULL, seed boolean DEFAULT true, fts_language regconfig DEFAULT 'pg_catalog.english')
    RETURNS text
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $function$
    DECLARE
        outcome text;
    BEGIN
        IF mlregistry.schema_version() IS NOT NULL THEN
            outcome := mlregistry.migrate();
        ELSE
            IF to_regclass('mlregistry.registry_meta') IS NULL THEN
                PERFORM mlregistry.run_detached(
                    replace(mlregistry.install_script(), '{{fts_language}}', quote_literal(fts_language::text) || '::regconfig'));
                outcome := format('installed version %s', mlregistry.code_version());
            ELSE
                outcome := 'the tables are there and wait for their rows';
            END IF;
            -- Without seed not a single row: all of them come by a data-only restore or by replication.
            IF seed THEN
                PERFORM mlregistry.run_detached(mlregistry.seed_script(), mlregistry.registry_owner());
                PERFORM mlregistry.fill_access_rules();
                -- From now on the registry is installed, and what is done goes into the audit trail.
                INSERT INTO mlregistry.registry_meta (key, value) VALUES
                    ('schema_version', to_jsonb(mlregistry.code_version())),
                    ('installed_at', to_jsonb(now())),
                    ('system_identifier', to_jsonb((SELECT s.system_identifier::text FROM pg_control_system() s))),
                    -- What the index says: tables without rows may have been made in another language.
                    ('fts_language', to_jsonb(replace(substring(pg_get_indexdef('mlregistry.idx_models_search'::regclass)
                                                                from '''((?:[^'']|'''')+)''::regconfig'), '''''', '''')));
                outcome := format('installed version %s', mlregistry.code_version());
            END IF;
            -- Also without rows: those of a data-only restore must not lie open.
            PERFORM mlregistry.apply_access_rules();
            PERFORM mlregistry.make_partitions(p.parent) FROM mlregistry.partitioned_tables() AS p (parent);
            PERFORM mlregistry.apply_audit_triggers();
        END IF;
        IF owner IS NOT NULL THEN
            PERFORM mlregistry.set_registry_owner(owner);
        END IF;
        -- What DROP EXTENSION ... CASCADE has left, say.
        IF EXISTS (SELECT FROM mlregistry.registry_relations() r WHERE to_regclass('mlregistry.' || r.relation_name) IS NULL) THEN
            RAISE WARNING 'the registry that is there is not whole'
                USING HINT = 'SELECT * FROM mlregistry.check_registry();';
        END IF;
        RETURN outcome;
    END
    $function$;
COMMENT ON FUNCTION install(name, boolean, regconfig) IS 'makes the tables, indexes, triggers and views of the registry and their first rows, or brings them up to date; seed => false makes them without any row';

CREATE OR REPLACE FUNCTION uninstall(confirm text DEFAULT NULL) RETURNS text
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $function$
    DECLARE
        views text;
        tables text;
    BEGIN
        IF confirm IS DISTINCT FROM 'mlregistry' THEN
            RAISE EXCEPTION 'uninstall() destroys the registry with all its data'
                USING ERRCODE = 'invalid_parameter_value',
                      HINT = 'If that is what you want: SELECT mlregistry.uninstall(confirm => ''mlregistry'').';
        END IF;
        SELECT string_agg(format('mlregistry.%I', r.relation_name), ', ') FILTER (WHERE r.kind = 'view'),
               string_agg(format('mlregistry.%I', r.relation_name), ', ') FILTER (WHERE r.kind = 'table')
          INTO views, tables
          FROM mlregistry.registry_relations() r
          JOIN pg_class c ON c.relname = r.relation_name AND c.relnamespace = 'mlregistry'::regnamespace;
        IF tables IS NULL THEN
            RETURN 'nothing to uninstall';
        END IF;
        -- Without CASCADE: what others have built on the registry is named in the error and stays.
        IF views IS NOT NULL THEN
            PERFORM mlregistry.run_detached(format('DROP VIEW %s', views));
        END IF;
        PERFORM mlregistry.run_detached(format('DROP TABLE %s', tables));
        RETURN 'uninstalled; DROP EXTENSION mlregistry and DROP SCHEMA mlregistry remove the rest';
    END
    $function$;
COMMENT ON FUNCTION uninstall(text) IS 'drops the tables and views of the registry with all data; needs confirm => ''mlregistry''';

CREATE OR REPLACE FUNCTION registry_info(
        OUT extension_version text,
        OUT schema_version text,
        OUT library_version text,
        OUT server_version text,
        OUT installed_at timestamptz,
        OUT owner name,
        OUT fts_language text,
        OUT system_identifier text,
        OUT moved boolean,
        OUT current_actor text,
        OUT current_organization text,
        OUT current_project text)
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp
    AS $function$
    #variable_conflict use_column
    BEGIN
        extension_version := (SELECT e.extversion FROM pg_extension e WHERE e.extname = 'mlregistry');
        library_version := mlregistry.library_version();
        server_version := current_setting('server_version');
        schema_version := mlregistry.schema_version();
        current_actor := mlregistry.current_actor();
        IF schema_version IS NULL THEN
            RETURN;
        END IF;
        owner := mlregistry.registry_owner();
        SELECT max(m.value #>> '{}') FILTER (WHERE m.key = 'installed_at')::timestamptz,
               max(m.value #>> '{}') FILTER (WHERE m.key = 'fts_language'),
               max(m.value #>> '{}') FILTER (WHERE m.key = 'system_identifier')
          INTO installed_at, fts_language, system_identifier
          FROM mlregistry.registry_meta m;
        moved := system_identifier IS DISTINCT FROM (SELECT s.system_identifier::text FROM pg_control_system() s);
        SELECT o.slug INTO current_organization FROM mlregistry.organizations o WHERE o.organization_id = mlregistry.current_organization_id();
        SELECT p.slug INTO current_project FROM mlregistry.projects p WHERE p.project_id = mlregistry.current_project_id();
    END
    $function$;
COMMENT ON FUNCTION registry_info() IS 'versions of code, tables and library, who owns the tables, where this session works; moved: the tables came from another cluster';
