-- check_registry(): finds what should not be there. Reads only; an empty result is a clean bill.

CREATE OR REPLACE FUNCTION is_intact(version semver) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mlregistry_semver_is_intact';
COMMENT ON FUNCTION is_intact(semver) IS 'false when the stored bytes are not a version';

-- What install() makes, from the text that makes it, so that there is one list of each. Without backslashes, here and in other
-- functions, but in E'': standard_conforming_strings may be off.
CREATE OR REPLACE FUNCTION registry_triggers() RETURNS TABLE (table_name text, trigger_name text)
    LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 200 SET search_path = pg_catalog, pg_temp
    AS $function$
        SELECT m[2], m[1]
          FROM regexp_matches(mlregistry.install_script(), 'CREATE (?:CONSTRAINT )?TRIGGER ([a-z0-9_]+) [^;]*? ON mlregistry[.]([a-z0-9_]+)[[:space:]][^;]*?FOR EACH', 'g') AS m
        UNION ALL
        SELECT a.table_name, a.trigger_name FROM mlregistry.audit_triggers() a
    $function$;
COMMENT ON FUNCTION registry_triggers() IS 'triggers that install() makes';

CREATE OR REPLACE FUNCTION registry_constraints() RETURNS TABLE (table_name text, constraint_name text)
    LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 100 SET search_path = pg_catalog, pg_temp
    AS $function$
        SELECT substring(made.statement from 'CREATE TABLE mlregistry[.]([a-z0-9_]+) '), named.m[1]
          FROM regexp_split_to_table(mlregistry.install_script(), E';[[:space:]]*\n') AS made (statement),
               regexp_matches(made.statement, E'\n[[:space:]]+CONSTRAINT ([a-z0-9_]+) ', 'g') AS named (m)
    $function$;
COMMENT ON FUNCTION registry_constraints() IS 'constraints that install() makes';

CREATE OR REPLACE FUNCTION registry_indexes() RETURNS TABLE (table_name text, index_name text)
    LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 40 SET search_path = pg_catalog, pg_temp
    AS $function$
        SELECT m[2], m[1]
          FROM regexp_matches(mlregistry.install_script(), 'CREATE (?:UNIQUE )?INDEX ([a-z0-9_]+) ON mlregistry[.]([a-z0-9_]+)', 'g') AS m
    $function$;
COMMENT ON FUNCTION registry_indexes() IS 'indexes that install() makes besides those of constraints';

CREATE OR REPLACE FUNCTION check_installation() RETURNS TABLE (check_name text, severity text, object text, detail text, hint text)
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $function$
        SELECT 'schema_version', 'error', 'registry_meta',
               format('The tables are of version %s, the code is of %s.', mlregistry.schema_version(), mlregistry.code_version()),
               CASE WHEN mlregistry.is_older(mlregistry.schema_version(), mlregistry.code_version())
                    THEN 'SELECT mlregistry.migrate();' ELSE 'Install the newer mlregistry.' END
         WHERE mlregistry.schema_version() <> mlregistry.code_version()
        UNION ALL
        SELECT 'library_version', 'error', 'library',
               format('The library is of version %s, the functions are of %s.', mlregistry.library_version(), mlregistry.code_version()),
               'ALTER EXTENSION mlregistry UPDATE; sessions that loaded the old library must reconnect.'
         WHERE mlregistry.library_version() <> mlregistry.code_version()
        UNION ALL
        SELECT 'missing_relation', 'error', r.relation_name, format('%s %s does not exist.', initcap(r.kind), r.relation_name),
               'Restore it from a backup.'
          FROM mlregistry.registry_relations() r
         WHERE to_regclass(format('mlregistry.%I', r.relation_name)) IS NULL
        UNION ALL
        SELECT 'extension_member', 'error', r.relation_name, 'It is a member of an extension: its rows are not dumped.',
               format('ALTER EXTENSION mlregistry DROP %s mlregistry.%I;', upper(r.kind), r.relation_name)
          FROM mlregistry.registry_relations() r
          JOIN pg_depend d ON d.objid = to_regclass(format('mlregistry.%I', r.relation_name))
         WHERE d.classid = 'pg_class'::regclass AND d.deptype = 'e' AND d.objsubid = 0
        UNION ALL
        SELECT 'owner_without_usage', 'error', 'mlregistry', format('The owner of the tables, %I, may not use the schema, and integrity rules run as the owner.', mlregistry.registry_owner()),
               format('GRANT USAGE ON SCHEMA mlregistry TO %I;', mlregistry.registry_owner())
         WHERE NOT has_schema_privilege(mlregistry.registry_owner(), 'mlregistry', 'USAGE')
        UNION ALL
        SELECT 'schema_open_to_others', 'error', 'mlregistry',
               format('%s may create objects in the schema, which functions of the registry would find.', coalesce(quote_ident(g.rolname), 'PUBLIC')),
               format('REVOKE CREATE ON SCHEMA mlregistry FROM %s;', coalesce(quote_ident(g.rolname), 'PUBLIC'))
          FROM pg_namespace n
         CROSS JOIN LATERAL aclexplode(n.nspacl) AS a
          LEFT JOIN pg_roles g ON g.oid = a.grantee
         WHERE n.nspname = 'mlregistry' AND a.privilege_type = 'CREATE' AND a.grantee <> n.nspowner AND NOT coalesce(g.rolsuper, false)
        UNION ALL
        SELECT 'schema_owner', 'warning', 'mlregistry',
               format('The schema belongs to %I, who is no superuser: a dump of this database is restored only after that was changed.', o.rolname),
               'ALTER SCHEMA mlregistry OWNER TO ...; tables may belong to any role.'
          FROM pg_namespace n JOIN pg_roles o ON o.oid = n.nspowner
         WHERE n.nspname = 'mlregistry' AND NOT o.rolsuper
        UNION ALL
        SELECT 'missing_column', 'error', wanted.relation_name || '.' || wanted.column_name, 'The column does not exist.',
               'DROP EXTENSION ... CASCADE takes columns of its types with it. Restore the table from a backup.'
          FROM (VALUES ('model_versions', 'semver')) AS wanted (relation_name, column_name)
          LEFT JOIN pg_attribute a ON a.attrelid = to_regclass('mlregistry.' || wanted.relation_name)
                                  AND a.attname = wanted.column_name AND NOT a.attisdropped
         WHERE a.attname IS NULL AND to_regclass('mlregistry.' || wanted.relation_name) IS NOT NULL
        UNION ALL
        SELECT 'mixed_owners', 'error', string_agg(c.relname, ', ' ORDER BY r.ordinal, c.relname),
               format('They belong to %I, registry_meta to %I.', pg_get_userbyid(c.relowner), pg_get_userbyid(meta.relowner)),
               'Integrity rules run as the owner of the tables: SELECT mlregistry.install(owner => ...).'
          FROM (SELECT a.ordinal, to_regclass(format('mlregistry.%I', a.relation_name))::oid FROM mlregistry.registry_relations() a
                UNION ALL
                SELECT a.ordinal, p.partition::oid FROM mlregistry.registry_partitions() p JOIN mlregistry.registry_relations() a ON a.relation_name = p.table_name) AS r (ordinal, relation)
          JOIN pg_class c ON c.oid = r.relation
          JOIN pg_class meta ON meta.oid = to_regclass('mlregistry.registry_meta')
         WHERE c.relowner <> meta.relowner
         GROUP BY c.relowner, meta.relowner
        UNION ALL
        -- Not tgisinternal: those belong to foreign keys and are looked at with their constraints.
        SELECT 'disabled_trigger', 'error', format('%s on %s', t.tgname, r.relation_name), 'The trigger does not fire, so its rules do not hold.',
               format('ALTER TABLE mlregistry.%I ENABLE %sTRIGGER %I;', r.relation_name, CASE t.tgname WHEN 'mlr_95_access' THEN 'ALWAYS ' END, t.tgname)
          FROM mlregistry.registry_relations() r
          JOIN pg_trigger t ON t.tgrelid = to_regclass(format('mlregistry.%I', r.relation_name))
         WHERE t.tgenabled IN ('D', 'R') AND (starts_with(t.tgname::text, 'mlr_') OR t.tgisinternal)
        UNION ALL
        -- pg_restore --disable-triggers leaves it so, which enables all of them again, but not always.
        SELECT 'access_not_always', 'warning', format('%s on %s', t.tgname, r.relation_name),
               'The trigger does not fire where session_replication_role is replica: sessions notice such a change of rights after a minute.',
               format('ALTER TABLE mlregistry.%I ENABLE ALWAYS TRIGGER %I;', r.relation_name, t.tgname)
          FROM mlregistry.registry_relations() r
          JOIN pg_trigger t ON t.tgrelid = to_regclass(format('mlregistry.%I', r.relation_name))
         WHERE t.tgname = 'mlr_95_access' AND t.tgenabled = 'O'
        UNION ALL
        SELECT 'missing_trigger', 'error', format('%s on %s', wanted.trigger_name, wanted.table_name), 'The trigger does not exist, so its rules do not hold.',
               CASE WHEN starts_with(wanted.trigger_name, 'mlr_90_audit_') THEN 'SELECT mlregistry.apply_audit_triggers();'
                    ELSE 'Restore it from mlregistry.install_script().' END
          FROM mlregistry.registry_triggers() wanted
          LEFT JOIN pg_trigger t ON t.tgrelid = to_regclass(format('mlregistry.%I', wanted.table_name)) AND t.tgname = wanted.trigger_name
         WHERE t.oid IS NULL AND to_regclass(format('mlregistry.%I', wanted.table_name)) IS NOT NULL
        UNION ALL
        SELECT 'missing_constraint', 'error', format('%s on %s', wanted.constraint_name, wanted.table_name), 'The constraint does not exist, so rows may break it.',
               'Restore it from mlregistry.install_script().'
          FROM mlregistry.registry_constraints() wanted
          LEFT JOIN pg_constraint c ON c.conrelid = to_regclass(format('mlregistry.%I', wanted.table_name)) AND c.conname = wanted.constraint_name
         WHERE c.oid IS NULL AND to_regclass(format('mlregistry.%I', wanted.table_name)) IS NOT NULL
        UNION ALL
        SELECT 'missing_index', CASE WHEN wanted.index_name LIKE 'idx%' THEN 'warning' ELSE 'error' END,
               format('%s on %s', wanted.index_name, wanted.table_name), 'The index does not exist.',
               'Restore it from mlregistry.install_script().'
          FROM mlregistry.registry_indexes() wanted
         WHERE to_regclass(format('mlregistry.%I', wanted.index_name)) IS NULL AND to_regclass(format('mlregistry.%I', wanted.table_name)) IS NOT NULL
        UNION ALL
        SELECT 'unvalidated_constraint', 'warning', format('%s on %s', c.conname, r.relation_name), 'Rows from before it may break it.',
               format('ALTER TABLE mlregistry.%I VALIDATE CONSTRAINT %I;', r.relation_name, c.conname)
          FROM mlregistry.registry_relations() r
          JOIN pg_constraint c ON c.conrelid = to_regclass(format('mlregistry.%I', r.relation_name))
         WHERE NOT c.convalidated
        UNION ALL
        SELECT 'invalid_index', 'warning', format('%s on %s', i.indexrelid::regclass, r.relation_name), 'The index is not used.',
               format('REINDEX INDEX CONCURRENTLY %s;', i.indexrelid::regclass)
          FROM mlregistry.registry_relations() r
          JOIN pg_index i ON i.indrelid = to_regclass(format('mlregistry.%I', r.relation_name))
         WHERE NOT i.indisvalid
    $function$;
COMMENT ON FUNCTION check_installation() IS 'what is wrong with the registry''s tables, triggers, constraints and indexes: part of check_registry()';

CREATE OR REPLACE FUNCTION check_partitions() RETURNS TABLE (check_name text, severity text, object text, detail text, hint text)
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp SET timezone = 'UTC'
    AS $function$
    DECLARE
        maintenance CONSTANT text := 'SELECT * FROM mlregistry.run_maintenance();';
        rest record;
        n bigint;
    BEGIN
        RETURN QUERY
            SELECT 'missing_partition', 'warning', t.parent,
                   format('It has no partition of %s: new rows will come into the default one.', to_char(m.month, 'YYYY-MM')), maintenance
              FROM mlregistry.partitioned_tables() AS t (parent),
                   (VALUES (date_trunc('month', now())), (date_trunc('month', now()) + interval '1 month')) AS m (month)
             WHERE NOT EXISTS (SELECT FROM mlregistry.registry_partitions() p
                                WHERE p.table_name = t.parent AND p.range_start <= m.month AND p.range_end >= m.month + interval '1 month')
            UNION ALL
            SELECT 'missing_partition', 'error', t.parent, 'It has no default partition: rows of months without one are refused.', maintenance
              FROM mlregistry.partitioned_tables() AS t (parent)
             WHERE NOT EXISTS (SELECT FROM mlregistry.registry_partitions() p WHERE p.table_name = t.parent AND p.is_default)
            UNION ALL
            SELECT 'open_partition', 'warning', p.partition::text,
                   format('%s has rights on it: rules of %s do not hold for what is done to its partitions.',
                          coalesce(quote_ident(g.rolname), 'PUBLIC'), p.table_name), maintenance
              FROM mlregistry.registry_partitions() p
              JOIN pg_class c ON c.oid = p.partition
             CROSS JOIN LATERAL (SELECT a.grantee FROM aclexplode(c.relacl) AS a
                                 UNION
                                 SELECT a.grantee FROM pg_attribute k, aclexplode(k.attacl) AS a WHERE k.attrelid = c.oid AND NOT k.attisdropped) AS a
              LEFT JOIN pg_roles g ON g.oid = a.grantee
             WHERE a.grantee <> c.relowner
            UNION ALL
            SELECT 'no_row_security', 'error', p.partition::text, 'Row security is off: who has SQL rights on the partition sees every organization.', maintenance
              FROM mlregistry.registry_partitions() p
              JOIN pg_class c ON c.oid = p.partition
             WHERE NOT c.relrowsecurity
            UNION ALL
            SELECT CASE WHEN t.oid IS NULL THEN 'missing_trigger' ELSE 'disabled_trigger' END, 'error',
                   format('mlr_05_append_only on %s', p.partition), 'The trigger does not fire, so its rules do not hold.',
                   CASE WHEN t.oid IS NULL THEN maintenance ELSE format('ALTER TABLE %s ENABLE TRIGGER mlr_05_append_only;', p.partition) END
              FROM mlregistry.registry_partitions() p
              JOIN mlregistry.registry_triggers() wanted ON wanted.table_name = p.table_name AND wanted.trigger_name = 'mlr_05_append_only'
              LEFT JOIN pg_trigger t ON t.tgrelid = p.partition AND t.tgname = wanted.trigger_name
             WHERE t.oid IS NULL OR t.tgenabled IN ('D', 'R')
            UNION ALL
            SELECT 'extension_member', 'error', p.partition::text, 'It is a member of an extension: its rows are not dumped.',
                   format('ALTER EXTENSION mlregistry DROP TABLE %s;', p.partition)
              FROM mlregistry.registry_partitions() p
              JOIN pg_depend d ON d.objid = p.partition
             WHERE d.classid = 'pg_class'::regclass AND d.deptype = 'e' AND d.objsubid = 0;
        FOR rest IN
            SELECT p.partition, p.table_name, a.attname AS key
              FROM mlregistry.registry_partitions() p
              JOIN pg_partitioned_table t ON t.partrelid = to_regclass(format('mlregistry.%I', p.table_name))
              JOIN pg_attribute a ON a.attrelid = t.partrelid AND a.attnum = t.partattrs[0]
             WHERE p.is_default
        LOOP
            -- For those that make_partitions() can find a month for.
            EXECUTE format('SELECT count(*) FROM %1$s WHERE %2$I >= ''0001-01-01'' AND %2$I < ''9999-12-01''', rest.partition, rest.key) INTO n;
            IF n > 0 THEN
                RETURN QUERY SELECT 'rows_in_default', 'warning', rest.partition::text,
                                    format('%s rows of %s are of months that have no partition.', n, rest.table_name), maintenance;
            END IF;
        END LOOP;
    END
    $function$;
COMMENT ON FUNCTION check_partitions() IS 'partitions that are missing or open, rows that have none of their own: part of check_registry()';

CREATE OR REPLACE FUNCTION check_rows() RETURNS TABLE (check_name text, severity text, object text, detail text, hint text)
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $function$
    DECLARE
        foreign_key record;
        parent record;
        orphans bigint;
    BEGIN
        -- Rows written with session_replication_role = replica, or while triggers were disabled.
        FOR foreign_key IN
            SELECT c.conname, c.conrelid::regclass AS child, c.confrelid::regclass AS parent,
                   (SELECT string_agg(format('parent.%I = child.%I', pa.attname, ca.attname), ' AND ' ORDER BY k.n)
                      FROM unnest(c.conkey, c.confkey) WITH ORDINALITY AS k (child_key, parent_key, n)
                      JOIN pg_attribute ca ON ca.attrelid = c.conrelid AND ca.attnum = k.child_key
                      JOIN pg_attribute pa ON pa.attrelid = c.confrelid AND pa.attnum = k.parent_key) AS matches,
                   (SELECT string_agg(format('child.%I IS NOT NULL', ca.attname), ' AND ')
                      FROM unnest(c.conkey) AS k (child_key)
                      JOIN pg_attribute ca ON ca.attrelid = c.conrelid AND ca.attnum = k.child_key) AS complete
              FROM pg_constraint c
              JOIN mlregistry.registry_relations() r ON c.conrelid = to_regclass(format('mlregistry.%I', r.relation_name))
             WHERE c.contype = 'f'
             ORDER BY r.ordinal, c.conname
        LOOP
            EXECUTE format('SELECT count(*) FROM %s child WHERE %s AND NOT EXISTS (SELECT FROM %s parent WHERE %s)',
                           foreign_key.child, foreign_key.complete, foreign_key.parent, foreign_key.matches) INTO orphans;
            IF orphans > 0 THEN
                RETURN QUERY SELECT 'broken_reference', 'error', format('%s on %s', foreign_key.conname, foreign_key.child),
                                    format('%s rows point to a row of %s that does not exist.', orphans, foreign_key.parent),
                                    'Written with session_replication_role = replica? Delete the rows or restore their parents.';
            END IF;
        END LOOP;

        -- Whatever trigger keys puts beside its parent: the triggers say what that is.
        FOR parent IN
            SELECT c.relname AS child, split_part(encode(t.tgargs, 'escape'), E'\\000', 1) AS parent, split_part(encode(t.tgargs, 'escape'), E'\\000', 2) AS key
              FROM mlregistry.registry_relations() r
              JOIN pg_class c ON c.oid = to_regclass(format('mlregistry.%I', r.relation_name))
              JOIN pg_trigger t ON t.tgrelid = c.oid
             WHERE t.tgname = 'mlr_10_keys' AND t.tgnargs = 2 AND t.tgtype::int & 4 <> 0 -- on INSERT: others only keep the key
             ORDER BY r.ordinal
        LOOP
            EXECUTE format('SELECT count(*) FROM mlregistry.%I child JOIN mlregistry.%I parent USING (%I) WHERE child.project_id <> parent.project_id',
                           parent.child, parent.parent, parent.key) INTO orphans;
            IF orphans > 0 THEN
                RETURN QUERY SELECT 'foreign_project', 'error', parent.child::text,
                                    format('%s rows lie in another project than what they belong to in %s.', orphans, parent.parent),
                                    'Written with session_replication_role = replica? Delete them and insert them again.';
            END IF;
        END LOOP;

        RETURN QUERY
            SELECT CASE WHEN r.run_id IS NULL THEN 'broken_reference' ELSE 'foreign_project' END, 'error', 'run_metrics_run on mlregistry.run_metrics',
                   CASE WHEN r.run_id IS NULL THEN format('%s rows point to a row of mlregistry.training_runs that does not exist.', sum(k.n))
                        ELSE format('%s rows lie in another organization or project than their run.', sum(k.n)) END,
                   'Written with session_replication_role = replica? Delete the rows or restore their runs.'
              FROM (SELECT m.run_id, m.organization_id, m.project_id, count(*) AS n FROM mlregistry.run_metrics m GROUP BY 1, 2, 3) AS k
              LEFT JOIN mlregistry.training_runs r ON r.run_id = k.run_id
             WHERE (k.organization_id, k.project_id) IS DISTINCT FROM (r.organization_id, r.project_id)
             GROUP BY r.run_id IS NULL
            UNION ALL
            SELECT 'run_numbers', 'error', format('experiment %s', e.experiment_name),
                   format('It has counted %s runs, but has one with the number %s.', e.last_run_number, r.run_number), 'Set its last_run_number to that.'
              FROM mlregistry.experiments e
              JOIN (SELECT t.experiment_id, max(t.run_number) AS run_number FROM mlregistry.training_runs t GROUP BY 1) AS r USING (experiment_id)
             WHERE e.last_run_number < r.run_number
            UNION ALL
            SELECT 'broken_reference', 'error', format('quota_id %s', q.quota_id), format('Its %s does not exist in the organization.', q.scope),
                   'Written with session_replication_role = replica? Delete it.'
              FROM mlregistry.resource_quotas q
             WHERE q.scope = 'project' AND NOT EXISTS (SELECT FROM mlregistry.projects p WHERE p.organization_id = q.organization_id AND p.project_id = q.scope_id)
                OR q.scope = 'team' AND NOT EXISTS (SELECT FROM mlregistry.teams t WHERE t.organization_id = q.organization_id AND t.team_id = q.scope_id)
                OR q.scope = 'user' AND NOT EXISTS (SELECT FROM mlregistry.organization_memberships m WHERE m.organization_id = q.organization_id AND m.user_id = q.scope_id)
            UNION ALL
            SELECT used.rule, 'warning', format('organization %s', used.slug), format('It has %s, its limit is %s.', used.n, used.most),
                   'The limit was lowered: nothing is added any more. Raise it, or delete what is not needed.'
              FROM (SELECT 'max_users', o.slug, o.max_users,
                           (SELECT count(*) FROM mlregistry.organization_memberships m WHERE m.organization_id = o.organization_id)
                      FROM mlregistry.organizations o WHERE o.max_users IS NOT NULL
                    UNION ALL
                    SELECT 'max_models', o.slug, o.max_models,
                           (SELECT count(*) FROM mlregistry.models m WHERE m.organization_id = o.organization_id AND m.deleted_at IS NULL)
                      FROM mlregistry.organizations o WHERE o.max_models IS NOT NULL) AS used (rule, slug, most, n)
             WHERE used.n > used.most
            UNION ALL
            SELECT 'alias_of_deleted_version', 'error', format('alias %s of %s', a.alias, m.model_name),
                   format('It names version %s, which is deleted.', v.semver), 'set_alias() or drop_alias().'
              FROM mlregistry.model_aliases a JOIN mlregistry.model_versions v USING (version_id) JOIN mlregistry.models m ON m.model_id = a.model_id
             WHERE v.deleted_at IS NOT NULL
            UNION ALL
            SELECT 'alias_history', 'error', format('alias %s of %s', coalesce(a.alias, h.alias), coalesce(m.model_name, h.model_id::text)),
                   CASE WHEN a.alias_id IS NULL THEN 'It has an open period in alias_history, but does not exist.'
                        WHEN h.history_id IS NULL THEN 'It has no open period in alias_history.'
                        ELSE format('alias_history says that it names %s.', h.semver) END,
                   'Written without triggers? Drop the alias and set it again; close the period of one that does not exist as a superuser.'
              FROM mlregistry.model_aliases a
              FULL JOIN (SELECT h.* FROM mlregistry.alias_history h WHERE h.valid_to = 'infinity') AS h
                     ON h.model_id = a.model_id AND h.alias = a.alias
              LEFT JOIN mlregistry.models m ON m.model_id = coalesce(a.model_id, h.model_id)
             WHERE a.version_id IS DISTINCT FROM h.version_id
            UNION ALL
            SELECT 'alias_history', 'error', format('alias %s of model_id %s', h.alias, h.model_id),
                   format('Its periods overlap: one from %s ends after the next begins.', h.valid_from), 'Mend the rows of alias_history as a superuser.'
              FROM (SELECT h.*, lead(h.valid_from) OVER (PARTITION BY h.model_id, h.alias ORDER BY h.valid_from, h.valid_to) AS next_from
                      FROM mlregistry.alias_history h) AS h
             WHERE h.next_from < h.valid_to
            UNION ALL
            SELECT 'not_frozen', 'error', format('version %s of %s', v.semver, m.model_name),
                   'Its status, its stage, an alias or a deployment says that somebody may rely on it, but its artifact can be changed.',
                   'Set its frozen_at.'
              FROM mlregistry.model_versions v JOIN mlregistry.models m USING (model_id)
             WHERE v.frozen_at IS NULL
               AND (v.status <> 'registered' OR v.stage <> 'development'
                    OR EXISTS (SELECT FROM mlregistry.model_aliases a WHERE a.version_id = v.version_id)
                    OR EXISTS (SELECT FROM mlregistry.deployments d WHERE d.version_id = v.version_id))
            UNION ALL
            SELECT 'production_needs_validation', 'warning', format('version %s of %s', v.semver, m.model_name),
                   'It is in production without validation, though its model requires compliance.', 'Validate it, or move it out of production.'
              FROM mlregistry.model_versions v JOIN mlregistry.models m USING (model_id)
             WHERE v.stage = 'production' AND v.status = 'registered' AND m.compliance_required
               AND v.deleted_at IS NULL AND m.deleted_at IS NULL
            UNION ALL
            SELECT 'damaged_version', 'error', format('version_id %s', v.version_id),
                   'The stored value of semver is damaged.', 'Restore the row from a backup.'
              FROM mlregistry.model_versions v
             WHERE NOT mlregistry.is_intact(v.semver)
            UNION ALL
            -- No CHECK says so: it would be paid for on every change. What is not whole has no hash.
            SELECT CASE WHEN l.is_whole THEN 'audit_hash' ELSE 'audit_erasure' END, 'error', format('log_id %s of %s', l.log_id, l.created_at),
                   CASE WHEN l.is_whole THEN 'What it says is not what its leaf_hash was made of: somebody has changed it.'
                        ELSE 'Erased it has a payload_hash and nothing that is hashed into it, otherwise a salt and no payload_hash.' END,
                   'Compare it with a backup.'
              FROM (SELECT l.log_id, l.created_at, w.is_whole
                      FROM mlregistry.audit_logs l
                     CROSS JOIN LATERAL (SELECT (l.erased_at IS NULL) = (l.salt IS NOT NULL) AND (l.erased_at IS NULL) = (l.payload_hash IS NULL)
                                                AND (l.erased_at IS NULL OR l.entity_name IS NULL AND l.changes IS NULL AND l.details IS NULL AND l.reason IS NULL
                                                                   AND l.ip_address IS NULL AND l.application_name IS NULL AND l.user_agent IS NULL)) AS w (is_whole)
                     WHERE CASE WHEN w.is_whole THEN l.leaf_hash IS DISTINCT FROM mlregistry.audit_leaf_hash(l) ELSE true END) AS l;
    END
    $function$;
COMMENT ON FUNCTION check_rows() IS 'rows that break a rule of the registry: part of check_registry()';

-- What later decisions have made of what serves: nothing of that stops it, but somebody should know.
CREATE OR REPLACE FUNCTION check_lifecycle() RETURNS TABLE (check_name text, severity text, object text, detail text, hint text)
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $function$
        WITH served AS MATERIALIZED (
            SELECT d.deployment_id, d.model_id, d.version_id, d.environment_id, d.status, d.traffic_percentage, d.deployment_type,
                   format('deployment %s in %s', d.deployment_name, e.environment_name) AS name, format('%s@%s', m.model_name, v.semver) AS version,
                   e.environment_name, m.model_name, v.status AS version_status,
                   v.deleted_at IS NOT NULL AS is_deleted,
                   m.deleted_at IS NOT NULL OR p.deleted_at IS NOT NULL OR o.deleted_at IS NOT NULL AS is_hidden
              FROM mlregistry.deployments d
              JOIN mlregistry.environments e ON e.environment_id = d.environment_id
              JOIN mlregistry.model_versions v ON v.version_id = d.version_id
              JOIN mlregistry.models m ON m.model_id = d.model_id
              JOIN mlregistry.projects p ON p.project_id = d.project_id
              JOIN mlregistry.organizations o ON o.organization_id = d.organization_id
             WHERE d.status IN ('pending', 'deploying', 'active', 'degraded', 'terminating') AND d.deleted_at IS NULL),
        live AS (
            SELECT * FROM served WHERE status IN ('active', 'degraded'))
        SELECT 'deployable' AS check_name, 'error' AS severity, s.name AS object,
               CASE WHEN s.is_hidden THEN format('The model of %s, its project or its organization is deleted.', s.version)
                    ELSE format('Its version %s is %s.', s.version, CASE WHEN s.is_deleted THEN 'deleted' ELSE s.version_status END) END AS detail,
               'Written without triggers? End the deployment, or restore what it serves.' AS hint
          FROM served s WHERE s.is_deleted OR s.is_hidden OR s.version_status = 'archived'
        UNION ALL
        SELECT 'version_not_deployed', 'error', s.name, format('It is live, but its version %s is %s.', s.version, s.version_status),
               'Written without triggers? Set the status of the version to deployed.'
          FROM live s WHERE s.version_status IN ('registered', 'validated')
        UNION ALL
        SELECT 'deployed_without_deployment', 'warning', format('version %s of %s', v.semver, m.model_name), 'Its status is deployed, but no deployment of it is live.',
               'Imported? Deploy it, or set its status to validated, or registered if nobody has validated it.'
          FROM mlregistry.model_versions v
          JOIN mlregistry.models m USING (model_id)
         WHERE v.status = 'deployed' AND v.deleted_at IS NULL
           AND NOT EXISTS (SELECT FROM mlregistry.deployments d
                            WHERE d.version_id = v.version_id AND d.status IN ('active', 'degraded') AND d.deleted_at IS NULL)
        UNION ALL
        SELECT 'traffic_sum', 'error', format('%s in %s', min(s.model_name), min(s.environment_name)),
               format('Its live deployments have %s %% of the traffic.', sum(s.traffic_percentage)), 'Written without triggers? set_traffic().'
          FROM live s WHERE s.deployment_type <> 'shadow'
         GROUP BY s.model_id, s.environment_id
        HAVING sum(s.traffic_percentage) > 100
        UNION ALL
        SELECT r.rule, 'warning', s.name, format('It serves %s. %s: %s', s.version, r.requirement, r.detail), r.hint
          FROM live s
         CROSS JOIN LATERAL mlregistry.gate_requirements(s.version_id, s.environment_id, s.deployment_id) AS r
         WHERE NOT r.satisfied AND r.kind IN ('approval', 'metric')
        UNION ALL
        SELECT 'emergency_approval', 'warning', s.name, format('It serves %s. %s: %s', s.version, r.requirement, r.detail),
               'Have it approved as it should be: request_approval(); somebody else decides: approve().'
          FROM live s
         CROSS JOIN LATERAL mlregistry.gate_requirements(s.version_id, s.environment_id, s.deployment_id) AS r
         WHERE r.satisfied AND r.kind = 'approval' AND r.detail LIKE 'Emergency approval % stands in%'
        UNION ALL
        SELECT 'metric_gate', 'warning', format('version %s of %s', v.semver, m.model_name), format('It is in stage %s. %s: it %s.', v.stage, k.requirement,
                      CASE WHEN k.metric_value IS NULL THEN 'has not been measured' ELSE format('is %s', k.metric_value) END),
               'The gate came later, or was made stricter. Measure it and record_metric(), or move it out of the stage.'
          FROM mlregistry.model_versions v
          JOIN mlregistry.models m USING (model_id)
         CROSS JOIN LATERAL mlregistry.gate_metrics(v.version_id, v.stage) AS k
         WHERE v.stage IN ('staging', 'production') AND v.deleted_at IS NULL AND m.deleted_at IS NULL AND NOT k.satisfied
           AND EXISTS (SELECT FROM mlregistry.metric_gates)
        UNION ALL
        SELECT 'legal_hold', 'error', h.object, 'It is deleted, though it is under legal hold.', 'Written without triggers? Clear deleted_at.'
          FROM (SELECT format('model %s', m.model_name) FROM mlregistry.models m WHERE m.legal_hold AND m.deleted_at IS NOT NULL
                UNION ALL
                SELECT format('version %s of %s', v.semver, m.model_name) FROM mlregistry.model_versions v JOIN mlregistry.models m USING (model_id)
                 WHERE v.deleted_at IS NOT NULL AND (v.legal_hold OR m.legal_hold)) AS h (object)
    $function$;
COMMENT ON FUNCTION check_lifecycle() IS 'deployments, versions and approvals that do not agree, and what has expired or been decided since under what serves: part of check_registry()';

CREATE OR REPLACE FUNCTION check_histories() RETURNS TABLE (check_name text, severity text, object text, detail text, hint text)
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $function$
        WITH entities AS (
            SELECT 'stage' AS history, 'version' AS kind, v.version_id AS id, v.stage AS state FROM mlregistry.model_versions v
            UNION ALL
            SELECT 'status', 'version', v.version_id, v.status FROM mlregistry.model_versions v
            UNION ALL
            SELECT 'status', 'run', r.run_id, r.status FROM mlregistry.training_runs r
            UNION ALL
            SELECT 'status', 'experiment', e.experiment_id, e.status FROM mlregistry.experiments e
            UNION ALL
            SELECT 'status', 'deployment', d.deployment_id, d.status FROM mlregistry.deployments d
            UNION ALL
            SELECT 'status', 'approval', a.approval_id, a.approval_status FROM mlregistry.approvals a
            UNION ALL
            SELECT 'deployment', 'deployment', d.deployment_id, concat_ws(', ', d.version_id, d.status, d.traffic_percentage || ' %', d.replicas || ' replicas')
              FROM mlregistry.deployments d),
        periods AS (
            SELECT 'stage' AS history, 'version' AS kind, h.version_id AS id, h.stage AS state, h.valid_from, h.valid_to FROM mlregistry.stage_history h
            UNION ALL
            SELECT 'status', h.entity_kind, h.entity_id, h.status, h.valid_from, h.valid_to FROM mlregistry.status_history h
             WHERE h.entity_kind IN ('version', 'run', 'experiment', 'deployment', 'approval')
            UNION ALL
            SELECT 'deployment', 'deployment', h.deployment_id, concat_ws(', ', h.version_id, h.deployment_status, h.traffic_percentage || ' %', h.replicas || ' replicas'),
                   h.valid_from, h.valid_to
              FROM mlregistry.deployment_history h)
        SELECT coalesce(e.history, p.history) || '_history', 'error', format('%s_id %s', coalesce(e.kind, p.kind), coalesce(e.id, p.id)),
               CASE WHEN e.id IS NULL THEN format('It has an open period in %s_history, but does not exist.', p.history)
                    WHEN p.id IS NULL THEN format('It has no open period in %s_history.', e.history)
                    ELSE format('%s_history says %s, the row itself %s.', e.history, p.state, e.state) END,
               'Written without triggers? Change it to something else and back; close the period of what does not exist as a superuser.'
          FROM entities e
          FULL JOIN (SELECT * FROM periods WHERE valid_to = 'infinity') AS p ON p.history = e.history AND p.kind = e.kind AND p.id = e.id
         WHERE e.state IS DISTINCT FROM p.state
        UNION ALL
        SELECT h.history || '_history', 'error', format('%s_id %s', h.kind, h.id),
               format('Its periods overlap: one from %s ends after the next begins.', h.valid_from), format('Mend the rows of %s_history as a superuser.', h.history)
          FROM (SELECT p.*, lead(p.valid_from) OVER (PARTITION BY p.history, p.kind, p.id ORDER BY p.valid_from, p.valid_to) AS next_from FROM periods p) AS h
         WHERE h.next_from < h.valid_to
    $function$;
COMMENT ON FUNCTION check_histories() IS 'histories of stages, statuses and deployments that do not agree with the rows, or overlap: part of check_registry()';

CREATE OR REPLACE FUNCTION check_lineage() RETURNS TABLE (check_name text, severity text, object text, detail text, hint text)
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $function$
        WITH facts (organization_id, child_kind, child_id, parent_kind, parent_id, relation, source) AS (
            SELECT d.organization_id, 'run', d.run_id, 'dataset', d.dataset_id,
                   CASE d.dataset_role WHEN 'train' THEN 'trained-on' WHEN 'validation' THEN 'validated-on' WHEN 'test' THEN 'tested-on'
                                       ELSE 'held-out-on' END, 'run_datasets'
              FROM mlregistry.run_datasets d
            UNION ALL
            SELECT r.organization_id, 'version', r.version_id, 'run', r.run_id, 'produced-by', 'training_runs'
              FROM mlregistry.training_runs r WHERE r.version_id IS NOT NULL
            UNION ALL
            SELECT r.organization_id, 'run', r.run_id, 'run', r.parent_run_id, 'child-run-of', 'training_runs'
              FROM mlregistry.training_runs r WHERE r.parent_run_id IS NOT NULL
            UNION ALL
            SELECT p.organization_id, 'version', p.version_id, 'version', p.parent_version_id, p.relation, 'version_parents'
              FROM mlregistry.version_parents p
            UNION ALL
            SELECT p.organization_id, 'dataset', p.dataset_id, 'dataset', p.parent_dataset_id, 'derived-from', 'dataset_parents'
              FROM mlregistry.dataset_parents p
            UNION ALL
            SELECT d.organization_id, 'deployment', d.deployment_id, 'version', d.version_id, 'serves', 'deployments'
              FROM mlregistry.deployments d WHERE d.status IN ('pending', 'deploying', 'active', 'degraded', 'terminating')),
        nodes (kind, id, project_id) AS (
            SELECT 'dataset', d.dataset_id, d.project_id FROM mlregistry.datasets d
            UNION ALL
            SELECT 'run', r.run_id, r.project_id FROM mlregistry.training_runs r
            UNION ALL
            SELECT 'version', v.version_id, v.project_id FROM mlregistry.model_versions v
            UNION ALL
            SELECT 'deployment', d.deployment_id, d.project_id FROM mlregistry.deployments d),
        circles (table_name, members) AS (
            SELECT 'version_parents', mlregistry.find_circle(array_agg(p.version_id), array_agg(p.parent_version_id)) FROM mlregistry.version_parents p
            UNION ALL
            SELECT 'dataset_parents', mlregistry.find_circle(array_agg(p.dataset_id), array_agg(p.parent_dataset_id)) FROM mlregistry.dataset_parents p
            UNION ALL
            SELECT 'training_runs', mlregistry.find_circle(array_agg(r.run_id), array_agg(r.parent_run_id))
              FROM mlregistry.training_runs r WHERE r.parent_run_id IS NOT NULL)
        SELECT 'lineage_edges', 'error',
               format('%s %s %s %s %s', coalesce(f.child_kind, l.child_kind), coalesce(f.child_id, l.child_id), coalesce(f.relation, l.relation),
                      coalesce(f.parent_kind, l.parent_kind), coalesce(f.parent_id, l.parent_id)),
               CASE WHEN f.source IS NULL THEN 'The edge is open, but nothing records it.'
                    ELSE format('%s records it, but it has no open edge.', f.source) END,
               CASE WHEN f.source IS NULL THEN 'Written without triggers? Close the edge as a superuser: valid_to.'
                    ELSE 'Written without triggers? Take the fact back and record it again.' END
          FROM facts f
          FULL JOIN (SELECT * FROM mlregistry.lineage_edges e WHERE e.valid_to = 'infinity') AS l
            ON l.organization_id = f.organization_id AND l.child_kind = f.child_kind AND l.child_id = f.child_id
               AND l.parent_kind = f.parent_kind AND l.parent_id = f.parent_id AND l.relation = f.relation
         WHERE f.source IS NULL OR l.child_id IS NULL
        UNION ALL
        SELECT 'lineage_edges', 'error', format('%s %s %s %s %s', l.child_kind, l.child_id, l.relation, l.parent_kind, l.parent_id),
               format('It is said to lie in project_id %s, its %s lies in %s.', e.project_id, e.side, n.project_id),
               'Who may see it depends on that: put it right as a superuser.'
          FROM mlregistry.lineage_edges l
         CROSS JOIN LATERAL (VALUES ('child', l.child_kind, l.child_id, l.child_project_id),
                                    ('parent', l.parent_kind, l.parent_id, l.parent_project_id)) AS e (side, kind, id, project_id)
          JOIN nodes n ON n.kind = e.kind AND n.id = e.id
         WHERE n.project_id IS DISTINCT FROM e.project_id
        UNION ALL
        SELECT 'lineage_edges', 'error', format('%s %s %s %s %s', l.child_kind, l.child_id, l.relation, l.parent_kind, l.parent_id),
               format('Its periods overlap: one from %s ends after the next begins.', l.valid_from), 'Mend the rows of lineage_edges as a superuser.'
          FROM (SELECT e.*, lead(e.valid_from) OVER (PARTITION BY e.organization_id, e.child_kind, e.child_id, e.parent_kind, e.parent_id, e.relation
                                                     ORDER BY e.valid_from, e.valid_to) AS next_from
                  FROM mlregistry.lineage_edges e) AS l
         WHERE l.next_from < l.valid_to
        UNION ALL
        SELECT 'no_cycle', 'error', c.table_name,
               format('%s are ancestors of themselves: each comes from the next one, the last one from the first: %s', cardinality(c.members),
                      array_to_string(c.members[:8], ', ') || CASE WHEN cardinality(c.members) > 8 THEN ', ...' ELSE '' END),
               CASE c.table_name WHEN 'training_runs' THEN 'Set parent_run_id of one of them to NULL.' ELSE 'Delete the row of one of them.' END
          FROM circles c
         WHERE c.members IS NOT NULL
    $function$;
COMMENT ON FUNCTION check_lineage() IS 'edges of lineage that do not agree with the facts, or overlap, and circles: part of check_registry()';

-- constraint_exclusion: planning a query, of partitions above all, is no occasion to run what their owner has put into a CHECK.
CREATE OR REPLACE FUNCTION check_registry() RETURNS TABLE (check_name text, severity text, object text, detail text, hint text)
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp SET constraint_exclusion = off
    AS $function$
    BEGIN
        IF mlregistry.schema_version() IS NULL THEN
            RETURN QUERY SELECT 'not_installed', 'error', 'mlregistry', 'The registry has no tables.', 'SELECT mlregistry.install();';
            RETURN;
        END IF;
        RETURN QUERY SELECT * FROM mlregistry.check_installation();
        -- Rows can be judged only when the tables are those that the code knows.
        IF mlregistry.schema_version() = mlregistry.code_version()
           AND NOT EXISTS (SELECT FROM mlregistry.check_installation() i
                            WHERE i.check_name IN ('missing_relation', 'missing_column')) THEN
            RETURN QUERY SELECT * FROM mlregistry.check_access();
            RETURN QUERY SELECT * FROM mlregistry.check_partitions();
            RETURN QUERY SELECT * FROM mlregistry.check_rows();
            RETURN QUERY SELECT * FROM mlregistry.check_lifecycle();
            RETURN QUERY SELECT * FROM mlregistry.check_histories();
            RETURN QUERY SELECT * FROM mlregistry.check_lineage();
        END IF;
    END
    $function$;
COMMENT ON FUNCTION check_registry() IS 'finds anything inconsistent in tables and rows; an empty result means that nothing was found';
