-- The database against the data model: test/model/*.tsv (written from docs/design/data-model.md, not from
-- the DDL) is compared with the catalogs, in both directions; then the rules that hold for every relation.
--
--   psql -X -v model_dir=/absolute/path/of/test/model -f test/pgtap/02_model.sql <database>
--
-- The database needs the extensions mlregistry and pgtap. Everything is rolled back.
\set ON_ERROR_STOP 1
\set QUIET 1
\pset format unaligned
\pset tuples_only true
\pset pager off
\if :{?model_dir}
\else
  \echo 'Bail out! usage: psql -X -v model_dir=/absolute/path/of/test/model -f 02_model.sql'
  \quit
\endif

BEGIN;
SET LOCAL client_min_messages = warning;
-- The catalogs are read with this path, so that every name prints qualified; pgTAP's own path comes later.
SET LOCAL search_path = pg_catalog;

SELECT count(*) = 1 AS has_pgtap, min(quote_ident(n.nspname)) AS pgtap_schema
  FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'pgtap' \gset
\if :has_pgtap
\else
  \echo 'Bail out! extension pgtap is missing in this database'
  \quit
\endif
SELECT to_regnamespace('mlregistry') IS NOT NULL AS has_schema \gset
\if :has_schema
\else
  \echo 'Bail out! schema mlregistry is missing in this database'
  \quit
\endif

-- ---------------------------------------------------------------------------------------------------------
-- What the page says. \copy does not expand variables; a variable that holds the whole command does.
CREATE TEMP TABLE want_tables (
  ord int GENERATED ALWAYS AS IDENTITY, table_name text PRIMARY KEY, kind text NOT NULL, area text NOT NULL,
  tenancy text NOT NULL CHECK (tenancy IN ('global', 'tenant', 'project', 'organization', 'owner')),
  has_updated_at boolean NOT NULL, comment_needed boolean NOT NULL);
CREATE TEMP TABLE want_columns (
  table_name text, ordinal int NOT NULL, column_name text, data_type text NOT NULL, not_null boolean NOT NULL,
  default_expression text, PRIMARY KEY (table_name, column_name));
CREATE TEMP TABLE want_constraints (
  table_name text, constraint_name text, kind text NOT NULL, columns text, target text, target_columns text,
  on_delete text, on_delete_columns text, on_update text, PRIMARY KEY (table_name, constraint_name));
CREATE TEMP TABLE want_indexes (
  table_name text, index_name text, is_unique boolean NOT NULL, definition text NOT NULL,
  PRIMARY KEY (table_name, index_name));
CREATE TEMP TABLE want_triggers (
  table_name text, trigger_name text, timing text NOT NULL, level text NOT NULL, events text NOT NULL,
  PRIMARY KEY (table_name, trigger_name));
CREATE TEMP TABLE want_checks (
  table_name text, constraint_name text, what text NOT NULL, sqlstate text NOT NULL CHECK (sqlstate ~ '^[0-9A-Z]{5}$'),
  PRIMARY KEY (table_name, constraint_name));

\set file :model_dir '/tables.tsv'
\set cmd '\\copy want_tables (table_name, kind, area, tenancy, has_updated_at, comment_needed) from ' :'file' ' with (format text, header match)'
:cmd
\set file :model_dir '/columns.tsv'
\set cmd '\\copy want_columns from ' :'file' ' with (format text, header match)'
:cmd
\set file :model_dir '/constraints.tsv'
\set cmd '\\copy want_constraints from ' :'file' ' with (format text, header match)'
:cmd
\set file :model_dir '/indexes.tsv'
\set cmd '\\copy want_indexes from ' :'file' ' with (format text, header match)'
:cmd
\set file :model_dir '/triggers.tsv'
\set cmd '\\copy want_triggers from ' :'file' ' with (format text, header match)'
:cmd
\set file :model_dir '/checks.tsv'
\set cmd '\\copy want_checks from ' :'file' ' with (format text, header match)'
:cmd

-- ---------------------------------------------------------------------------------------------------------
-- What the database says. A relation of ours: in schema mlregistry, no member of an extension. Partitions are
-- made by the month and are looked at through their parent.
CREATE TEMP TABLE have_relations AS
SELECT c.oid, c.relname::text AS table_name, c.relkind,
       CASE c.relkind WHEN 'r' THEN 'table' WHEN 'p' THEN 'table' WHEN 'v' THEN 'view'
            WHEN 'm' THEN 'materialized view' WHEN 'S' THEN 'sequence' WHEN 'f' THEN 'foreign table' END AS kind,
       c.relkind <> 'v' AND EXISTS (SELECT FROM pg_attribute a
                 WHERE a.attrelid = c.oid AND a.attname = 'updated_at' AND NOT a.attisdropped) AS has_updated_at,
       pg_get_userbyid(c.relowner)::text AS owner, obj_description(c.oid, 'pg_class') AS comment, c.reloptions
  FROM pg_class c
 WHERE c.relnamespace = 'mlregistry'::regnamespace
   AND c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
   AND NOT c.relispartition
   AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e');

CREATE TEMP TABLE have_columns AS
SELECT r.table_name, a.attname::text AS column_name, a.attnum,
       row_number() OVER (PARTITION BY r.oid ORDER BY a.attnum)::int AS ordinal,
       format_type(a.atttypid, a.atttypmod) AS data_type, a.attnotnull AS not_null,
       CASE WHEN a.attgenerated = 's' THEN format('GENERATED ALWAYS AS (%s) STORED', pg_get_expr(d.adbin, d.adrelid))
            WHEN a.attidentity <> '' THEN format('GENERATED %s AS IDENTITY', CASE a.attidentity WHEN 'a' THEN 'ALWAYS' ELSE 'BY DEFAULT' END)
            ELSE pg_get_expr(d.adbin, d.adrelid) END AS default_expression,
       col_description(r.oid, a.attnum) AS comment, r.oid AS relid
  FROM have_relations r
  JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
  LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
 WHERE r.kind <> 'sequence';

-- Column names of a table for an array of column numbers, comma separated in its order (NULL for none).
CREATE FUNCTION pg_temp.names(relid oid, numbers int2[]) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT string_agg(a.attname::text, ',' ORDER BY k.n)
    FROM unnest($2) WITH ORDINALITY k(num, n) JOIN pg_attribute a ON a.attrelid = $1 AND a.attnum = k.num $$;

-- Not null (a kind of its own from PostgreSQL 18 on) is compared with the columns, constraint triggers with the triggers.
CREATE TEMP TABLE have_constraints AS
SELECT r.table_name, c.conname::text AS constraint_name, c.contype::text AS kind,
       CASE WHEN c.contype <> 'c' THEN pg_temp.names(c.conrelid, c.conkey) END AS columns,
       CASE WHEN c.contype = 'f' THEN CASE WHEN t.relnamespace = 'mlregistry'::regnamespace THEN t.relname::text
                                           ELSE c.confrelid::regclass::text END END AS target,
       CASE WHEN c.contype = 'f' THEN pg_temp.names(c.confrelid, c.confkey) END AS target_columns,
       CASE WHEN c.contype = 'f' THEN c.confdeltype::text END AS on_delete,
       CASE WHEN c.contype = 'f' THEN pg_temp.names(c.conrelid, c.confdelsetcols) END AS on_delete_columns,
       CASE WHEN c.contype = 'f' THEN c.confupdtype::text END AS on_update,
       c.oid, c.conrelid, c.conkey, c.confrelid, c.confkey, c.condeferrable, c.convalidated
  FROM have_relations r
  JOIN pg_constraint c ON c.conrelid = r.oid AND c.conparentid = 0 AND c.contype NOT IN ('n', 't')
  LEFT JOIN pg_class t ON t.oid = c.confrelid;

CREATE TEMP TABLE have_indexes AS
SELECT r.table_name, c.relname::text AS index_name, i.indisunique AS is_unique,
       regexp_replace(pg_get_indexdef(i.indexrelid), '^.*? USING ', '') AS definition,
       i.indisprimary, i.indisvalid AND i.indisready AND i.indislive AS usable, i.indrelid,
       ARRAY(SELECT a.attname::text FROM unnest(i.indkey::int2[]) WITH ORDINALITY k(num, n)
               LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.num
              WHERE k.n <= i.indnkeyatts ORDER BY k.n) AS keys,       -- NULL where it is an expression
       pg_get_expr(i.indpred, i.indrelid) AS predicate
  FROM have_relations r JOIN pg_index i ON i.indrelid = r.oid JOIN pg_class c ON c.oid = i.indexrelid;

CREATE TEMP TABLE have_triggers AS
SELECT r.table_name, t.tgname::text AS trigger_name,
       CASE WHEN t.tgtype::int & 64 <> 0 THEN 'INSTEAD OF' WHEN t.tgtype::int & 2 <> 0 THEN 'BEFORE' ELSE 'AFTER' END AS timing,
       CASE WHEN t.tgtype::int & 1 <> 0 THEN 'ROW' ELSE 'STATEMENT' END AS level,
       concat_ws(',', CASE WHEN t.tgtype::int & 4 <> 0 THEN 'INSERT' END, CASE WHEN t.tgtype::int & 16 <> 0 THEN 'UPDATE' END,
                      CASE WHEN t.tgtype::int & 8 <> 0 THEN 'DELETE' END, CASE WHEN t.tgtype::int & 32 <> 0 THEN 'TRUNCATE' END) AS events,
       t.tgattr::int2[] AS update_of,
       ARRAY(SELECT a.value FROM regexp_split_to_table(encode(t.tgargs, 'escape'), '\\000') WITH ORDINALITY a (value, n)
              WHERE a.n <= t.tgnargs ORDER BY a.n) AS arguments
  FROM have_relations r JOIN pg_trigger t ON t.tgrelid = r.oid WHERE NOT t.tgisinternal;

-- ---------------------------------------------------------------------------------------------------------
-- Both sides as (kind, table, name, properties), and what differs, one line each.
-- A column's place counts among the columns that both sides have: a missing one does not shift all that follow.
CREATE TEMP VIEW want AS
SELECT 'relation' AS kind, table_name, table_name AS name,
       jsonb_build_object('kind', kind, 'has_updated_at', has_updated_at) AS props FROM want_tables
UNION ALL
SELECT 'columns', w.table_name, column_name, jsonb_build_object('type', w.data_type, 'not_null', w.not_null, 'default', w.default_expression,
       'place', CASE WHEN h.column_name IS NULL THEN w.ordinal ELSE count(h.column_name) OVER (PARTITION BY table_name ORDER BY w.ordinal) END)
  FROM want_columns w LEFT JOIN have_columns h USING (table_name, column_name)
UNION ALL
SELECT 'constraints', table_name, constraint_name, to_jsonb(w) - '{table_name,constraint_name}'::text[] FROM want_constraints w
UNION ALL
SELECT 'indexes', table_name, index_name, to_jsonb(w) - '{table_name,index_name}'::text[] FROM want_indexes w
UNION ALL
SELECT 'triggers', table_name, trigger_name, to_jsonb(w) - '{table_name,trigger_name}'::text[] FROM want_triggers w;

CREATE TEMP VIEW have AS
SELECT 'relation' AS kind, table_name, table_name AS name,
       jsonb_build_object('kind', kind, 'has_updated_at', has_updated_at) AS props FROM have_relations
UNION ALL
SELECT 'columns', table_name, column_name, jsonb_build_object('type', h.data_type, 'not_null', h.not_null, 'default', h.default_expression,
       'place', CASE WHEN w.column_name IS NULL THEN h.ordinal ELSE count(w.column_name) OVER (PARTITION BY table_name ORDER BY h.ordinal) END)
  FROM have_columns h LEFT JOIN want_columns w USING (table_name, column_name)
UNION ALL
SELECT 'constraints', table_name, constraint_name, jsonb_build_object('kind', kind, 'columns', columns, 'target', target,
       'target_columns', target_columns, 'on_delete', on_delete, 'on_delete_columns', on_delete_columns, 'on_update', on_update)
  FROM have_constraints
UNION ALL
SELECT 'indexes', table_name, index_name, jsonb_build_object('is_unique', is_unique, 'definition', definition) FROM have_indexes
UNION ALL
SELECT 'triggers', table_name, trigger_name, jsonb_build_object('timing', timing, 'level', level, 'events', events) FROM have_triggers;

CREATE TEMP TABLE difference AS
SELECT kind, table_name, name,
       CASE WHEN h.props IS NULL THEN 'missing: ' || name || ': ' || (SELECT string_agg(key || ' ' || value, ', ') FROM jsonb_each_text(w.props) WHERE value IS NOT NULL)
            WHEN w.props IS NULL THEN 'unexpected: ' || name || ': ' || (SELECT string_agg(key || ' ' || value, ', ') FROM jsonb_each_text(h.props) WHERE value IS NOT NULL)
            ELSE 'different: ' || name || ': ' || (
              SELECT string_agg(format('%s is %s, not %s', key, coalesce(h.props ->> key, 'NULL'), coalesce(w.props ->> key, 'NULL')), '; ')
                FROM jsonb_object_keys(w.props || h.props) key WHERE w.props -> key IS DISTINCT FROM h.props -> key)
       END AS line
  FROM want w FULL JOIN have h USING (kind, table_name, name)
 WHERE w.props IS DISTINCT FROM h.props;

-- ---------------------------------------------------------------------------------------------------------
-- The rules: every violation is one row (rule, line). A rule without a row here passes.
CREATE TEMP TABLE rules (ord int GENERATED ALWAYS AS IDENTITY, rule text PRIMARY KEY, says text NOT NULL);
INSERT INTO rules (rule, says) VALUES
  ('files',        'the files of test/model agree with each other'),
  ('checks',       'every CHECK, unique constraint and unique index has its bad value in checks.tsv, and the other way round'),
  ('primary_key',  'every table has a primary key'),
  ('tenant',       'every tenant or project table with a uuid key has its tenant key, organization and project; a history its project, and nothing refers to it'),
  ('deletion',     'the deletion of a project or organization reaches every table of its rows directly'),
  ('keys',         'every table of tenants has trigger keys; it fills in the place of a row with a parent, and no parent changes'),
  ('actor',        'every x_by_user is kept by trigger actor and goes with x_by text; a given x_by has a default'),
  ('limited',      'every text, text[] and jsonb column is limited by a CHECK or a foreign key'),
  ('composite',    'foreign keys between tables of tenants carry organization_id'),
  ('unique_leads', 'unique keys lead with organization_id or with a uuid'),
  ('fk_index',     'every foreign key has an index that leads with its columns'),
  ('fk_action',    'no foreign key is ON DELETE or ON UPDATE RESTRICT'),
  ('valid',        'every constraint is validated and not deferrable, every index usable'),
  ('named',        'no constraint has the name that PostgreSQL makes up for a CHECK'),
  ('comment',      'every table and view has a COMMENT'),
  ('comment_col',  'every column has a COMMENT'),
  ('touch',        'every table with updated_at has the trigger mlr_60_touch, for every column but those whose change is none'),
  ('touched',      'an UPDATE of any table with updated_at sets updated_at and updated_by, whatever it says itself'),
  ('enabled',      'no trigger is disabled or bound to a replication role; changes of rights are announced in every one'),
  ('invoker',      'every view is security_invoker'),
  ('member',       'no relation of the schema, nor what hangs on one, nor the schema is a member of an extension'),
  ('owner',        'one role owns everything'),
  ('audit',        'every table has the triggers of the audit trail, but those with a reason not to'),
  ('partition',    'every partition has a COMMENT, the owner and the refusing trigger of its parent, row security without a policy, and no rights for others');

CREATE TEMP TABLE violations (rule text NOT NULL REFERENCES rules, line text NOT NULL);

INSERT INTO violations
SELECT 'files', format('%s.tsv: %s has no row in tables.tsv', f, table_name)
  FROM (SELECT 'columns' AS f, table_name FROM want_columns UNION SELECT 'constraints', table_name FROM want_constraints
        UNION SELECT 'indexes', table_name FROM want_indexes UNION SELECT 'triggers', table_name FROM want_triggers
        UNION SELECT 'checks', table_name FROM want_checks) x
 WHERE table_name NOT IN (SELECT table_name FROM want_tables)
UNION ALL
SELECT 'files', format('columns.tsv: ordinals of %s are not 1 to %s', table_name, count(*))
  FROM want_columns GROUP BY table_name HAVING min(ordinal) <> 1 OR max(ordinal) <> count(*) OR count(DISTINCT ordinal) <> count(*)
UNION ALL
SELECT 'files', format('%s: tables.tsv and columns.tsv do not agree about updated_at', table_name)
  FROM want_tables t WHERE kind = 'table'
   AND has_updated_at <> EXISTS (SELECT FROM want_columns c WHERE c.table_name = t.table_name AND column_name = 'updated_at')
UNION ALL
SELECT 'files', format('constraints.tsv: %s.%s has no index of its name and columns in indexes.tsv', c.table_name, c.constraint_name)
  FROM want_constraints c WHERE c.kind IN ('p', 'u')
   AND NOT EXISTS (SELECT FROM want_indexes i WHERE i.table_name = c.table_name AND i.index_name = c.constraint_name AND i.is_unique
                    AND i.definition LIKE format('btree (%s)%%', replace(c.columns, ',', ', ')))
UNION ALL
SELECT 'files', format('constraints.tsv: %s.%s names a column that is not in columns.tsv: %s', c.table_name, c.constraint_name, x)
  FROM want_constraints c,
       LATERAL (SELECT c.table_name AS t, unnest(string_to_array(c.columns, ',')) AS x
                UNION SELECT c.target, unnest(string_to_array(c.target_columns, ','))
                UNION SELECT c.table_name, unnest(string_to_array(c.on_delete_columns, ','))) k
 WHERE NOT EXISTS (SELECT FROM want_columns w WHERE w.table_name = k.t AND w.column_name = k.x);

INSERT INTO violations
SELECT 'checks', format('%s.%s: %s', table_name, constraint_name, CASE WHEN w.what IS NULL THEN 'not in checks.tsv' ELSE 'only in checks.tsv' END)
  FROM want_checks w FULL JOIN (SELECT table_name, constraint_name FROM have_constraints WHERE kind IN ('c', 'u', 'p', 'x')
                                UNION SELECT table_name, index_name FROM have_indexes WHERE is_unique) h USING (table_name, constraint_name)
 WHERE w.what IS NULL OR h.table_name IS NULL;

INSERT INTO violations
SELECT 'primary_key', table_name FROM have_relations r WHERE relkind IN ('r', 'p')
   AND NOT EXISTS (SELECT FROM have_constraints c WHERE c.conrelid = r.oid AND c.kind = 'p');

-- Groups [T] and [P]. Tables of these classes without a single uuid key (junctions, edges, partitioned tables) have none of this.
-- Histories need neither a tenant key, as nothing refers to them, nor an organization, which their project has: every move writes to them.
CREATE TEMP TABLE entity AS
SELECT r.oid, r.table_name, w.tenancy, c.columns AS key_column
  FROM have_relations r JOIN want_tables w USING (table_name)
  JOIN have_constraints c ON c.conrelid = r.oid AND c.kind = 'p'
  JOIN have_columns a ON a.relid = r.oid AND a.column_name = c.columns AND a.data_type = 'uuid'
 WHERE w.tenancy IN ('tenant', 'project') AND r.relkind = 'r';
INSERT INTO violations
SELECT 'tenant', format('%s: no %s_tenant_key UNIQUE (organization_id, %s)', table_name, table_name, key_column) FROM entity e
 WHERE table_name NOT LIKE '%\_history'
   AND NOT EXISTS (SELECT FROM have_constraints c WHERE c.conrelid = e.oid AND c.kind = 'u'
                    AND c.constraint_name = e.table_name || '_tenant_key' AND c.columns = 'organization_id,' || e.key_column)
UNION ALL
SELECT 'tenant', format('%s: no organization_id uuid NOT NULL', table_name) FROM entity e
 WHERE NOT EXISTS (SELECT FROM have_columns a WHERE a.relid = e.oid AND a.column_name = 'organization_id' AND a.data_type = 'uuid' AND a.not_null)
UNION ALL
SELECT 'tenant', format('%s: no foreign key to organizations with CASCADE', table_name) FROM entity e
 WHERE (tenancy <> 'project' OR table_name NOT LIKE '%\_history')
   AND NOT EXISTS (SELECT FROM have_constraints c WHERE c.conrelid = e.oid AND c.kind = 'f' AND c.columns = 'organization_id' AND c.target = 'organizations' AND c.on_delete = 'c')
UNION ALL
SELECT 'tenant', format('%s.%s refers to the history %s', table_name, constraint_name, target) FROM have_constraints
 WHERE kind = 'f' AND target LIKE '%\_history'
UNION ALL
SELECT 'tenant', format('%s.%s: a history refers to its project and to users only, and holds up no deletion', table_name, constraint_name) FROM have_constraints
 WHERE kind = 'f' AND table_name LIKE '%\_history' AND (target NOT IN ('organizations', 'projects', 'users') OR on_delete NOT IN ('c', 'n'))
UNION ALL
SELECT 'tenant', format('%s: no foreign key (organization_id, project_id) to projects with CASCADE', table_name) FROM entity e
 WHERE tenancy = 'project'
   AND NOT EXISTS (SELECT FROM have_constraints c WHERE c.conrelid = e.oid AND c.kind = 'f' AND c.columns = 'organization_id,project_id'
                    AND c.target = 'projects' AND c.target_columns = 'organization_id,project_id' AND c.on_delete = 'c')
UNION ALL
SELECT 'tenant', format('%s: no index idx_%s_project on (project_id)', table_name, table_name) FROM entity e
 WHERE tenancy = 'project' AND table_name NOT LIKE '%\_history'
   AND NOT EXISTS (SELECT FROM have_indexes i WHERE i.indrelid = e.oid AND i.index_name = format('idx_%s_project', e.table_name) AND i.keys[1] = 'project_id');

-- Junctions too: whatever is reached only through a second table could hold up a deletion by a NO ACTION key.
INSERT INTO violations
SELECT 'deletion', format('%s: no foreign key (%s) to %s with CASCADE', w.table_name, k.columns, k.target)
  FROM want_tables w
  JOIN have_relations r USING (table_name)
  JOIN (VALUES ('tenant', 'organization_id', 'organizations'), ('project', 'organization_id,project_id', 'projects')) k (tenancy, columns, target)
    ON k.tenancy = w.tenancy
 WHERE r.relkind IN ('r', 'p')
   AND NOT EXISTS (SELECT FROM have_constraints c WHERE c.conrelid = r.oid AND c.kind = 'f' AND c.columns = k.columns
                    AND c.target = k.target AND c.target_columns = k.columns AND c.on_delete = 'c');

-- A parent: what a row is deleted with, besides organization and project. Trigger keys is told of one; the columns of
-- the primary key it knows itself. A user is kept as a parent is, but lies in no project and in many organizations. A
-- deployment lies where its model does, which cannot be deleted before it.
CREATE TEMP TABLE parent_keys AS
SELECT c.table_name, c.constraint_name, a.attname::text AS column_name, k.a = ANY (p.conkey) AS is_primary,
       c.target NOT IN ('users', 'organization_memberships') AS gives_place
  FROM have_constraints c
  JOIN want_tables w ON w.table_name = c.target AND (w.tenancy IN ('tenant', 'project') AND c.target <> 'projects' OR c.target = 'users')
  JOIN have_constraints p ON p.conrelid = c.conrelid AND p.kind = 'p'
 CROSS JOIN unnest(c.conkey) k (a)
  JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.a AND a.attname <> 'organization_id'
 WHERE c.kind = 'f' AND (c.on_delete = 'c' OR c.constraint_name = 'deployments_model_fkey');
INSERT INTO violations
SELECT 'keys', format('%s: no mlr_10_keys BEFORE %s FOR EACH ROW of every column', r.table_name, e.events)
  FROM have_relations r JOIN want_tables w USING (table_name)
 CROSS JOIN LATERAL (SELECT CASE WHEN r.table_name IN (SELECT p.table_name FROM parent_keys p WHERE p.gives_place)
                                 -- No parent, but references that may lie in other projects.
                                 OR r.table_name IN (SELECT a.table_name FROM have_triggers a WHERE a.trigger_name = 'mlr_10_keys' AND a.arguments[1] = '')
                            THEN 'INSERT,UPDATE' ELSE 'UPDATE' END) e (events)
 WHERE r.relkind IN ('r', 'p') AND w.tenancy IN ('organization', 'tenant', 'project')
   AND NOT EXISTS (SELECT FROM have_triggers t WHERE t.table_name = r.table_name AND t.trigger_name = 'mlr_10_keys' AND t.timing = 'BEFORE'
                    AND t.level = 'ROW' AND t.events = e.events AND cardinality(t.update_of) = 0)
UNION ALL
SELECT 'keys', format('%s: mlr_10_keys does not keep the parent %s of %s', p.table_name, p.column_name, p.constraint_name)
  FROM parent_keys p
 WHERE NOT p.is_primary
   AND NOT EXISTS (SELECT FROM have_triggers t WHERE t.table_name = p.table_name AND t.trigger_name = 'mlr_10_keys' AND t.arguments[2] = p.column_name
                    AND (p.gives_place OR t.events = 'UPDATE'))
UNION ALL
SELECT 'keys', format('%s: mlr_10_keys fills in from %s, which is no parent of it', t.table_name, t.arguments[2])
  FROM have_triggers t
 WHERE t.trigger_name = 'mlr_10_keys' AND cardinality(t.arguments) > 0
   AND t.arguments[1] <> ''
   AND NOT EXISTS (SELECT FROM parent_keys p WHERE p.table_name = t.table_name AND p.column_name = t.arguments[2]);

-- History is written by triggers alone, which copy both columns from the row that they tell of. Who asked for an approval
-- and who gave it is kept by trigger derive, with their roles.
INSERT INTO violations
SELECT 'actor', format('%s.%s: %s', u.table_name, u.column_name,
                       CASE WHEN b.column_name IS NULL THEN 'no text beside it'
                            WHEN b.not_null AND b.default_expression IS DISTINCT FROM 'mlregistry.current_actor()' THEN 'no default current_actor() beside it'
                            ELSE 'not kept by mlr_20_actor' END)
  FROM have_columns u
  LEFT JOIN have_columns b ON b.relid = u.relid AND b.column_name = substring(u.column_name from '^(.*)_user$') AND b.data_type = 'text'
 WHERE u.column_name LIKE '%\_by\_user'
   AND (b.column_name IS NULL
        OR b.not_null AND b.default_expression IS DISTINCT FROM 'mlregistry.current_actor()'
        OR u.table_name NOT LIKE '%\_history' AND (u.table_name <> 'approvals' OR u.column_name = 'created_by_user')
           AND NOT EXISTS (SELECT FROM have_triggers t
                            WHERE t.table_name = u.table_name AND t.trigger_name = 'mlr_20_actor' AND t.timing = 'BEFORE' AND t.level = 'ROW'
                              AND t.events = 'INSERT,UPDATE' AND cardinality(t.update_of) = 0
                              AND substring(u.column_name from '^(.*)_by_user$') = ANY (t.arguments)));

-- Who writes into tables of the owner and of registry_meta is trusted.
INSERT INTO violations
SELECT 'limited', format('%s.%s %s', c.table_name, c.column_name, c.data_type)
  FROM have_columns c JOIN have_relations r ON r.oid = c.relid JOIN want_tables w ON w.table_name = c.table_name
 WHERE r.relkind IN ('r', 'p') AND w.tenancy <> 'owner' AND c.table_name || '.' || c.column_name <> 'registry_meta.key'
   AND c.data_type IN ('text', 'text[]', 'jsonb')
   AND NOT EXISTS (SELECT FROM have_constraints k WHERE k.conrelid = c.relid AND c.attnum = ANY (k.conkey)
                    AND (k.kind = 'f' OR k.kind = 'c' AND (c.data_type = 'text' OR pg_get_constraintdef(k.oid) !~ 'jsonb_typeof')));

INSERT INTO violations
SELECT 'composite', format('%s.%s (%s) -> %s (%s)', c.table_name, c.constraint_name, c.columns, c.target, c.target_columns)
  FROM have_constraints c
  JOIN have_columns o ON o.relid = c.conrelid AND o.column_name = 'organization_id'
  JOIN have_columns p ON p.relid = c.confrelid AND p.column_name = 'organization_id'
 WHERE c.kind = 'f'
   AND NOT EXISTS (SELECT FROM unnest(c.conkey, c.confkey) k(a, b) WHERE k.a = o.attnum AND k.b = p.attnum);

INSERT INTO violations
SELECT 'unique_leads', format('%s.%s %s', i.table_name, i.index_name, i.definition)
  FROM have_indexes i JOIN want_tables w USING (table_name)
 WHERE i.is_unique AND i.table_name <> 'role_access' -- whose rows are looked up by role, of all organizations
   AND w.tenancy IN ('tenant', 'project', 'owner')
   AND EXISTS (SELECT FROM have_columns a WHERE a.relid = i.indrelid AND a.column_name = 'organization_id')
   AND NOT EXISTS (SELECT FROM have_columns a WHERE a.relid = i.indrelid AND a.column_name = i.keys[1] AND a.data_type = 'uuid');

-- "Every foreign key has an index that leads with its columns without organization_id (the uuid implies the tenant)":
-- where a key covers the target's primary key, that part of it implies the rest (an alias' version implies the model).
-- Partial indexes do not count, except over columns that are given: the look-up of a foreign key implies no other predicate.
-- Not indexed by the page: *_by_user; project_id of junction, history and edge tables.
CREATE TEMP VIEW fk_needs AS
SELECT c.table_name, c.constraint_name, c.conrelid, c.columns, c.target,
       ARRAY(SELECT a.attname::text FROM unnest(c.conkey, c.confkey) k(a, b)
               JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.a
              WHERE a.attname <> 'organization_id' AND (NOT p.conkey <@ c.confkey OR k.b = ANY (p.conkey))
              ORDER BY 1) AS needs
  FROM have_constraints c
  LEFT JOIN pg_constraint p ON p.conrelid = c.confrelid AND p.contype = 'p'
 WHERE c.kind = 'f';
INSERT INTO violations
SELECT 'fk_index', format('%s.%s (%s) -> %s: no index leads with (%s)', f.table_name, f.constraint_name, f.columns, f.target, array_to_string(f.needs, ', '))
  FROM fk_needs f
 WHERE f.needs <> '{}'
   AND NOT (cardinality(f.needs) = 1 AND f.needs[1] LIKE '%\_by\_user')
   AND NOT (f.needs = '{project_id}'
            AND (f.table_name LIKE '%\_history' OR NOT EXISTS (SELECT FROM entity e WHERE e.oid = f.conrelid)))
   AND NOT EXISTS (
         SELECT FROM have_indexes i
          WHERE i.indrelid = f.conrelid AND i.usable
            AND i.definition LIKE 'btree %'
            AND ARRAY(SELECT k FROM unnest(i.keys[1:cardinality(f.needs)]) k ORDER BY k) = f.needs
            AND (i.predicate IS NULL OR i.predicate ~ '^\(?[a-z_]+ IS NOT NULL\)?$' AND btrim(replace(i.predicate, ' IS NOT NULL', ''), '()') = ANY (f.needs)));

INSERT INTO violations
SELECT 'fk_action', format('%s.%s', table_name, constraint_name) FROM have_constraints WHERE kind = 'f' AND 'r' IN (on_delete, on_update);

INSERT INTO violations
SELECT 'valid', format('constraint %s.%s: %s', table_name, constraint_name, CASE WHEN condeferrable THEN 'deferrable' ELSE 'not validated' END)
  FROM have_constraints WHERE condeferrable OR NOT convalidated
UNION ALL
SELECT 'valid', format('index %s.%s', table_name, index_name) FROM have_indexes WHERE NOT usable;

INSERT INTO violations
SELECT 'named', format('%s.%s %s', table_name, constraint_name, pg_get_constraintdef(oid)) FROM have_constraints WHERE constraint_name ~ '_check[0-9]*$';

INSERT INTO violations
SELECT 'comment', format('%s %s', r.kind, r.table_name) FROM have_relations r LEFT JOIN want_tables w USING (table_name)
 WHERE coalesce(w.comment_needed, true) AND coalesce(btrim(r.comment), '') = '';

INSERT INTO violations
SELECT 'comment_col', format('%s.%s', c.table_name, c.column_name) FROM have_columns c LEFT JOIN want_tables w USING (table_name)
 WHERE coalesce(w.comment_needed, true) AND coalesce(btrim(c.comment), '') = '';

INSERT INTO violations
SELECT 'touch', format('%s: %s', r.table_name, coalesce(t.trigger_name || ' is not BEFORE UPDATE FOR EACH ROW of every column', 'no mlr_60_touch'))
  FROM have_relations r LEFT JOIN have_triggers t ON t.table_name = r.table_name AND t.trigger_name = 'mlr_60_touch'
 WHERE r.has_updated_at AND r.relkind IN ('r', 'p')
   AND (t.trigger_name IS NULL OR t.timing <> 'BEFORE' OR t.level <> 'ROW' OR t.events !~ 'UPDATE'
        OR cardinality(t.update_of) > 0
           AND EXISTS (SELECT FROM have_columns c WHERE c.relid = r.oid AND c.attnum <> ALL (t.update_of)
                        -- Using a key is no change of it, nor is counting its runs one of an experiment, nor what a probe measures
                        -- one of a deployment.
                        AND c.table_name || '.' || c.column_name NOT IN ('api_keys.last_used_at', 'experiments.last_run_number', 'deployments.avg_latency_ms', 'deployments.p99_latency_ms',
                                'deployments.requests_per_second', 'deployments.error_rate_percentage', 'deployments.last_health_check_at')));

-- The same by doing. Rows of tables that install() leaves empty are made here; rolled back as everything.
CREATE TEMP TABLE touchable (ord int GENERATED ALWAYS AS IDENTITY, table_name text PRIMARY KEY, make text);
INSERT INTO touchable (table_name, make) VALUES
  ('organizations', NULL), ('projects', NULL),
  ('teams',          $$INSERT INTO mlregistry.teams (team_name) VALUES ('touched')$$),
  ('models',         $$INSERT INTO mlregistry.models (model_name, framework) VALUES ('touched', 'onnx')$$),
  ('model_versions', $$INSERT INTO mlregistry.model_versions (model_id, semver, artifact_uri) SELECT model_id, '1.0.0', '/m' FROM mlregistry.models WHERE model_name = 'touched'$$),
  ('datasets',       $$INSERT INTO mlregistry.datasets (dataset_name, storage_location, storage_format) VALUES ('touched', '/d', 'csv')$$),
  ('users',          $$INSERT INTO mlregistry.users (email) VALUES ('touched@example.com')$$),
  ('user_credentials', $$INSERT INTO mlregistry.user_credentials (user_id) SELECT user_id FROM mlregistry.users$$),
  ('organization_memberships', $$INSERT INTO mlregistry.organization_memberships (user_id) SELECT user_id FROM mlregistry.users$$),
  ('api_keys',       $$INSERT INTO mlregistry.api_keys (user_id, name, key_prefix) SELECT user_id, 'touched', 'mlr_' FROM mlregistry.users$$),
  ('resource_quotas', $$INSERT INTO mlregistry.resource_quotas (scope, gpu_hours_limit) VALUES ('organization', 1)$$),
  ('experiments',    $$INSERT INTO mlregistry.experiments (experiment_name) VALUES ('touched')$$),
  ('training_runs',  $$INSERT INTO mlregistry.training_runs (experiment_id) SELECT experiment_id FROM mlregistry.experiments$$),
  ('environments',   $$INSERT INTO mlregistry.environments (environment_name, environment_type) VALUES ('touched', 'sandbox')$$),
  ('deployments',    $$INSERT INTO mlregistry.deployments (version_id, environment_id, deployment_name) SELECT version_id, environment_id, 'touched' FROM mlregistry.model_versions, mlregistry.environments LIMIT 1$$),
  ('approvals',      $$INSERT INTO mlregistry.approvals (version_id, approval_type) SELECT version_id, 'legal' FROM mlregistry.model_versions LIMIT 1$$),
  ('metric_gates',   $$INSERT INTO mlregistry.metric_gates (metric_name, comparison, threshold) VALUES ('accuracy', '>=', 0.5)$$);
CREATE FUNCTION pg_temp.touch_of(table_name text, make text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE untouched bigint; changed bigint;
BEGIN
  IF make IS NOT NULL THEN
    EXECUTE make;
  END IF;
  EXECUTE format('UPDATE mlregistry.%I SET updated_at = ''2001-01-01'', updated_by = ''nobody''', table_name);
  GET DIAGNOSTICS changed = ROW_COUNT;
  EXECUTE format('SELECT count(*) FROM mlregistry.%I WHERE updated_at IS DISTINCT FROM now() OR updated_by IS DISTINCT FROM mlregistry.current_actor()',
                 table_name) INTO untouched;
  RETURN CASE WHEN changed = 0 THEN 'no row to change' WHEN untouched > 0 THEN untouched || ' rows keep what the UPDATE said' END;
EXCEPTION WHEN OTHERS THEN
  RETURN SQLSTATE || ' ' || SQLERRM;
END $$;
INSERT INTO violations
SELECT 'touched', format('%s: %s', table_name, t.line)
  FROM (SELECT table_name, make FROM touchable WHERE table_name IN (SELECT table_name FROM have_relations) ORDER BY ord OFFSET 0) x,
       pg_temp.touch_of(x.table_name, x.make) AS t (line)
 WHERE t.line IS NOT NULL
UNION ALL
SELECT 'touched', format('%s: this test does not know how to make a row of it', table_name)
  FROM have_relations WHERE has_updated_at AND relkind IN ('r', 'p') AND table_name NOT IN (SELECT table_name FROM touchable);

INSERT INTO violations
SELECT 'enabled', format('%s.%s: tgenabled is %s', r.table_name, t.tgname, t.tgenabled)
  FROM have_relations r JOIN pg_trigger t ON t.tgrelid = r.oid
 WHERE t.tgenabled <> CASE t.tgname WHEN 'mlr_95_access' THEN 'A' ELSE 'O' END;

INSERT INTO violations
SELECT 'invoker', table_name FROM have_relations
 WHERE relkind = 'v' AND NOT EXISTS (SELECT FROM unnest(reloptions) o WHERE o ~* '^security_invoker=(true|on|yes|1)$');

INSERT INTO violations
SELECT 'member', format('%s is a member of extension %s', pg_describe_object(d.classid, d.objid, d.objsubid), e.extname)
  FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid AND d.refclassid = 'pg_extension'::regclass
 WHERE d.deptype = 'e'
   AND CASE d.classid
         WHEN 'pg_namespace'::regclass THEN d.objid = 'mlregistry'::regnamespace
         WHEN 'pg_class'::regclass THEN EXISTS (SELECT FROM pg_class c WHERE c.oid = d.objid AND c.relnamespace = 'mlregistry'::regnamespace AND c.relkind <> 'c')
         WHEN 'pg_trigger'::regclass THEN EXISTS (SELECT FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE t.oid = d.objid AND c.relnamespace = 'mlregistry'::regnamespace)
         WHEN 'pg_policy'::regclass THEN EXISTS (SELECT FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid WHERE p.oid = d.objid AND c.relnamespace = 'mlregistry'::regnamespace)
         WHEN 'pg_rewrite'::regclass THEN EXISTS (SELECT FROM pg_rewrite w JOIN pg_class c ON c.oid = w.ev_class WHERE w.oid = d.objid AND c.relnamespace = 'mlregistry'::regnamespace)
         WHEN 'pg_constraint'::regclass THEN EXISTS (SELECT FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid WHERE k.oid = d.objid AND c.relnamespace = 'mlregistry'::regnamespace)
         ELSE false END;

INSERT INTO violations
SELECT 'owner', format('%s %s is owned by %s', kind, table_name, owner) FROM have_relations
 WHERE owner <> (SELECT mode() WITHIN GROUP (ORDER BY owner) FROM have_relations);

-- What people change is audited. The reasons are the page's; audit_rules() must know them too.
CREATE TEMP TABLE not_audited (table_name text PRIMARY KEY, reason text NOT NULL);
INSERT INTO not_audited VALUES
  ('registry_meta',   'what the installation knows of itself, written by install() and migrate()'),
  ('guards',          'locks of rules'),
  ('alias_history',   'a history itself'),
  ('deployment_history', 'a history itself'),
  ('stage_history',   'a history itself'),
  ('status_history',  'a history itself'),
  ('lineage_edges',   'follows from facts, of whose tables the trail tells'),
  ('api_key_secrets', 'the hash of a key, of which the trail tells by its row in api_keys'),
  ('audit_logs',      'the trail itself'),
  ('run_metrics',     'append-only, and too much of it: its own trail');
INSERT INTO violations
SELECT 'audit', format('%s: no trigger mlr_90_audit_%s AFTER %s FOR EACH STATEMENT', r.table_name, lower(e.event), e.event)
  FROM have_relations r CROSS JOIN unnest('{INSERT,UPDATE,DELETE,TRUNCATE}'::text[]) AS e (event)
 WHERE r.relkind IN ('r', 'p') AND r.table_name NOT IN (SELECT table_name FROM not_audited)
   AND NOT EXISTS (SELECT FROM have_triggers t WHERE t.table_name = r.table_name AND t.trigger_name = 'mlr_90_audit_' || lower(e.event)
                    AND t.timing = 'AFTER' AND t.level = 'STATEMENT' AND t.events = e.event AND cardinality(t.update_of) = 0)
UNION ALL
SELECT 'audit', format('%s is not audited, but has %s', t.table_name, t.trigger_name)
  FROM have_triggers t JOIN not_audited n USING (table_name) WHERE t.trigger_name LIKE 'mlr\_90\_audit%'
UNION ALL
SELECT 'audit', format('%s: audit_rules() and this list do not agree', coalesce(n.table_name, a.table_name))
  FROM not_audited n FULL JOIN (SELECT * FROM mlregistry.audit_rules() WHERE not_audited IS NOT NULL) AS a USING (table_name)
 WHERE n.table_name IS NULL OR a.table_name IS NULL OR n.table_name NOT IN (SELECT table_name FROM have_relations);

INSERT INTO violations
SELECT 'partition', format('%s: %s', c.oid::regclass, bad.what)
  FROM have_relations r
  JOIN pg_inherits i ON i.inhparent = r.oid AND r.relkind = 'p'
  JOIN pg_class c ON c.oid = i.inhrelid
 CROSS JOIN LATERAL (VALUES
   ('no COMMENT', coalesce(btrim(obj_description(c.oid, 'pg_class')), '') = ''),
   ('another owner', pg_get_userbyid(c.relowner) <> r.owner),
   ('no row security', NOT c.relrowsecurity),
   ('a policy', EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid)),
   ('rights of others', EXISTS (SELECT FROM aclexplode(c.relacl) a WHERE a.grantee <> c.relowner)),
   ('no mlr_05_append_only', EXISTS (SELECT FROM have_triggers t WHERE t.table_name = r.table_name AND t.trigger_name = 'mlr_05_append_only')
      AND NOT EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid AND t.tgname = 'mlr_05_append_only' AND t.tgenabled = 'O'))) AS bad (what, is_so)
 WHERE bad.is_so
UNION ALL
SELECT 'partition', format('%s: %s partitions, not the default one, this month and three more', r.table_name, count(i.inhrelid))
  FROM have_relations r LEFT JOIN pg_inherits i ON i.inhparent = r.oid
 WHERE r.relkind = 'p'
 GROUP BY r.table_name HAVING count(i.inhrelid) < 5;

-- ---------------------------------------------------------------------------------------------------------
SET LOCAL search_path = :pgtap_schema;

SELECT plan((1 + (SELECT count(*) FROM want_tables) * 4 + (SELECT count(*) FROM rules))::int);

SELECT is_empty($$SELECT line FROM difference WHERE kind = 'relation' ORDER BY line$$,
                'the relations are those of tables.tsv: none is missing, none is without a row');

SELECT is_empty(format('SELECT line FROM difference WHERE table_name = %L AND kind = %L ORDER BY line', x.table_name, x.kind),
                x.table_name || ': ' || x.kind)
  FROM (SELECT t.table_name, k.kind FROM want_tables t, unnest('{columns,constraints,indexes,triggers}'::text[]) WITH ORDINALITY k(kind, n)
         ORDER BY t.ord, k.n OFFSET 0) x;

SELECT is_empty(format('SELECT line FROM violations WHERE rule = %L ORDER BY line', x.rule), x.says)
  FROM (SELECT rule, says FROM rules ORDER BY ord OFFSET 0) x;

SELECT * FROM finish();
ROLLBACK;
