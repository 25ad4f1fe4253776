-- Sample data: loading it, and taking exactly it away again. A sample row is known by its identifier, and what hangs on
-- what by the foreign keys of the database, so that a table that comes later needs nothing here.

CREATE OR REPLACE FUNCTION sample_id(table_number integer, row_number bigint) RETURNS uuid
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $function$
        SELECT ('73616d70-6c65-8' || lpad(to_hex(table_number), 3, '0') || '-8000-' || lpad(row_number::text, 12, '0'))::uuid
    $function$;
COMMENT ON FUNCTION sample_id(integer, bigint) IS 'identifier of a row of the sample data: 73616d70-6c65 is "sample" in ASCII, then the table''s number and the row''s';

CREATE OR REPLACE FUNCTION is_sample(id uuid) RETURNS boolean
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $function$
        SELECT id BETWEEN '73616d70-6c65-8000-0000-000000000000' AND '73616d70-6c65-8fff-ffff-ffffffffffff'
    $function$;
COMMENT ON FUNCTION is_sample(uuid) IS 'true when an identifier is of the sample data';

-- Which rows of a table t are sample rows, as the text of a condition:
--   a table with a key of its own     its key is a sample key;
--   a junction                        both sides are sample rows;
--   a history (key history_id)        what it tells of is a sample row, whoever made it change;
--   a key made of what it is about    all of that are sample rows (guards).
-- The condition spells the range out, so that it uses indexes. The organization tells nothing, unless it is the whole key.
-- kept_with: the columns that keep such a row while what they name stays; none for junctions, whose sides do not need them. An edge
-- of lineage is the child's history: what a child that stays came from stays too, or is no more.
CREATE OR REPLACE FUNCTION sample_tables()
    RETURNS TABLE (ordinal integer, table_name text, key_column text, condition text, kept_with text[])
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $function$
        WITH tables AS (
            SELECT r.ordinal, r.relation_name, c.oid AS relation, pk.conkey AS key,
                   EXISTS (SELECT FROM pg_attribute a
                            WHERE a.attrelid = c.oid AND a.attname = 'history_id' AND pk.conkey = ARRAY[a.attnum]) AS is_history
              FROM mlregistry.registry_relations() r
              JOIN pg_class c ON c.oid = to_regclass(format('mlregistry.%I', r.relation_name))
              LEFT JOIN pg_constraint pk ON pk.conrelid = c.oid AND pk.contype = 'p'
             WHERE r.kind = 'table' AND r.area <> 'audit' -- a trail that forgets is none
        ), columns AS (
            SELECT t.ordinal, t.relation_name, t.is_history, cardinality(t.key) AS key_size, a.attname::text AS name, a.attnum,
                   EXISTS (SELECT FROM pg_constraint f
                            WHERE f.conrelid = t.relation AND f.contype = 'f' AND a.attnum = ANY (f.conkey)) AS is_reference
              FROM tables t
              JOIN pg_attribute a ON a.attrelid = t.relation AND a.atttypid = 'uuid'::regtype AND a.attnum > 0 AND NOT a.attisdropped
             WHERE CASE WHEN t.is_history THEN a.attnum <> ALL (t.key) AND right(a.attname::text, 8) <> '_by_user'
                        ELSE a.attnum = ANY (t.key) AND (a.attname <> 'organization_id' OR cardinality(t.key) = 1) END
        ), marks AS (
            SELECT c.ordinal, c.relation_name, c.is_history,
                   min(c.name) FILTER (WHERE c.key_size = 1 AND NOT c.is_history) AS key_column,
                   array_agg(format('t.%I BETWEEN ''73616d70-6c65-8000-0000-000000000000'' AND ''73616d70-6c65-8fff-ffff-ffffffffffff''', c.name)
                             ORDER BY c.attnum) AS ranges,
                   array_agg(c.name ORDER BY c.attnum) AS names,
                   count(*) > 1 AND bool_or(c.is_reference) AS is_junction
              FROM columns c
             WHERE NOT (c.is_history AND c.is_reference)
             GROUP BY c.ordinal, c.relation_name, c.is_history
        )
        SELECT t.ordinal, t.relation_name, m.key_column,
               coalesce('(' || array_to_string(m.ranges, CASE WHEN m.is_history THEN ' OR ' ELSE ' AND ' END) || ')', 'false'),
               CASE WHEN m.is_junction THEN '{}' WHEN t.relation_name = 'lineage_edges' THEN '{child_id}' ELSE m.names END
          FROM tables t
          LEFT JOIN marks m USING (ordinal)
         ORDER BY t.ordinal
    $function$;
COMMENT ON FUNCTION sample_tables() IS 'tables of the registry, each with the condition that its sample rows fulfil';

CREATE OR REPLACE FUNCTION count_sample_data() RETURNS TABLE (table_name text, n bigint)
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        place record;
        found bigint;
    BEGIN
        FOR place IN SELECT * FROM mlregistry.sample_tables() s WHERE s.condition <> 'false' ORDER BY s.ordinal LOOP
            EXECUTE format('SELECT count(*) FROM mlregistry.%I t WHERE %s', place.table_name, place.condition) INTO found;
            RETURN QUERY SELECT place.table_name, found;
        END LOOP;
    END
    $function$;
COMMENT ON FUNCTION count_sample_data() IS 'number of sample rows in each table that may have some';

-- Sample rows that rows of somebody's own refer to, by whatever foreign key or as quotas, and the sample rows that those need.
CREATE OR REPLACE FUNCTION needed_sample_data() RETURNS uuid[]
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $function$
    DECLARE
        reference record;
        needed uuid[];
        found uuid[];
        grown boolean;
        first boolean := true;
    BEGIN
        -- Quotas have no foreign key to what they are for, and go with it.
        needed := ARRAY(SELECT coalesce(m.membership_id, q.scope_id)
                          FROM mlregistry.resource_quotas q
                          LEFT JOIN mlregistry.organization_memberships m
                                 ON q.scope = 'user' AND m.organization_id = q.organization_id AND m.user_id = q.scope_id
                         WHERE NOT mlregistry.is_sample(q.quota_id) AND mlregistry.is_sample(coalesce(m.membership_id, q.scope_id)));
        LOOP
            grown := false;
            FOR reference IN
                SELECT f.conrelid::regclass AS child, coalesce(child.condition, 'false') AS child_condition, child.key_column AS child_key,
                       f.confrelid::regclass AS parent, parent.condition AS parent_condition, parent.key_column AS parent_key,
                       (SELECT string_agg(format('child.%I = parent.%I', ca.attname, pa.attname), ' AND ')
                          FROM unnest(f.conkey, f.confkey) AS k (child_key, parent_key)
                          JOIN pg_attribute ca ON ca.attrelid = f.conrelid AND ca.attnum = k.child_key
                          JOIN pg_attribute pa ON pa.attrelid = f.confrelid AND pa.attnum = k.parent_key) AS matches
                  FROM mlregistry.sample_tables() parent
                  JOIN pg_constraint f ON f.contype = 'f' AND f.conparentid = 0
                                      AND f.confrelid = to_regclass(format('mlregistry.%I', parent.table_name))
                  -- A table of an application has none.
                  LEFT JOIN mlregistry.sample_tables() child ON f.conrelid = to_regclass(format('mlregistry.%I', child.table_name))
                 WHERE parent.key_column IS NOT NULL AND (first OR child.key_column IS NOT NULL)
            LOOP
                EXECUTE format('SELECT array_agg(DISTINCT parent.%I)'
                               '  FROM (SELECT * FROM %s t WHERE %s) AS parent'
                               '  JOIN (SELECT * FROM %s t WHERE %s) AS child ON %s'
                               ' WHERE NOT parent.%1$I = ANY ($1)',
                               reference.parent_key, reference.parent, reference.parent_condition, reference.child,
                               CASE WHEN first THEN format('NOT %s', reference.child_condition)
                                    ELSE format('t.%I = ANY ($1)', reference.child_key) END,
                               reference.matches)
                   INTO found USING needed;
                needed := needed || coalesce(found, '{}');
                grown := grown OR found IS NOT NULL;
            END LOOP;
            -- A version keeps the runs that it came from (rule run_produced_version).
            found := ARRAY(SELECT r.run_id FROM mlregistry.training_runs r
                            WHERE r.version_id = ANY (needed) AND mlregistry.is_sample(r.run_id) AND r.run_id <> ALL (needed));
            needed := needed || found;
            grown := grown OR found <> '{}';
            EXIT WHEN NOT grown AND NOT (first AND needed <> '{}');
            first := false;
        END LOOP;
        -- The files of a frozen version leave with it only, and signatures of any.
        RETURN needed || ARRAY(SELECT f.file_id FROM mlregistry.version_files f
                                WHERE f.version_id = ANY (needed) AND mlregistry.is_sample(f.file_id)
                               UNION ALL
                               SELECT s.signature_id FROM mlregistry.version_signatures s
                                WHERE s.version_id = ANY (needed) AND mlregistry.is_sample(s.signature_id));
    END
    $function$;
COMMENT ON FUNCTION needed_sample_data() IS 'sample rows that drop_sample_data() leaves, because rows that are no sample rows hang on them';

CREATE OR REPLACE FUNCTION require_installed() RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $function$
    BEGIN
        IF mlregistry.schema_version() IS NULL THEN
            RAISE EXCEPTION 'the registry is not installed in this database'
                USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'SELECT mlregistry.install();';
        ELSIF mlregistry.schema_version() <> mlregistry.code_version() THEN
            RAISE EXCEPTION 'the tables are of version %, the code is of version %', mlregistry.schema_version(), mlregistry.code_version()
                USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'SELECT mlregistry.migrate();';
        END IF;
    END
    $function$;
COMMENT ON FUNCTION require_installed() IS 'raises 55000 unless the tables are there and fit the code';

CREATE OR REPLACE FUNCTION load_sample_data() RETURNS TABLE (table_name text, loaded bigint)
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $function$
    #variable_conflict use_column
    BEGIN
        PERFORM mlregistry.require_installed();
        IF EXISTS (SELECT FROM mlregistry.count_sample_data() c WHERE c.n > 0) THEN
            RAISE EXCEPTION 'there is sample data in this registry'
                USING ERRCODE = 'object_not_in_prerequisite_state',
                      DETAIL = (SELECT format('%s has %s sample rows.', c.table_name, c.n) FROM mlregistry.count_sample_data() c WHERE c.n > 0 LIMIT 1),
                      HINT = 'SELECT * FROM mlregistry.drop_sample_data(); it says what it had to keep.';
        END IF;
        IF NOT EXISTS (SELECT FROM mlregistry.projects p JOIN mlregistry.organizations o USING (organization_id)
                        WHERE p.project_id = '00000000-0000-8000-8000-000000000002' AND p.deleted_at IS NULL AND o.deleted_at IS NULL) THEN
            RAISE EXCEPTION 'the default project is gone, into which sample data is loaded'
                USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Restore it, or load into a database of its own.';
        END IF;
        -- What is run in the name of another cannot be put off to the end of the transaction.
        SET CONSTRAINTS mlregistry.mlr_70_traffic_sum_insert, mlregistry.mlr_70_traffic_sum_update, mlregistry.mlr_70_approval_gate_insert,
                        mlregistry.mlr_70_approval_gate_update, mlregistry.mlr_70_metric_gate IMMEDIATE;
        PERFORM mlregistry.run_detached(mlregistry.sample_script(), mlregistry.registry_owner());
        SET CONSTRAINTS mlregistry.mlr_70_traffic_sum_insert, mlregistry.mlr_70_traffic_sum_update, mlregistry.mlr_70_approval_gate_insert,
                        mlregistry.mlr_70_approval_gate_update, mlregistry.mlr_70_metric_gate DEFERRED;
        -- Early in a month, some of it is of the month before, which may have no partition yet. Who may not make one leaves it to
        -- run_maintenance().
        IF has_function_privilege('mlregistry.make_partitions(text, boolean)', 'EXECUTE') THEN
            PERFORM mlregistry.make_partitions('run_metrics', true);
        END IF;
        -- There is a second organization now: without a choice, this session would work in none.
        IF coalesce(current_setting('mlregistry.organization', true), '') = '' THEN
            PERFORM set_config('mlregistry.organization', 'default', false);
        END IF;
        RETURN QUERY SELECT * FROM mlregistry.count_sample_data();
    END
    $function$;
COMMENT ON FUNCTION load_sample_data() IS 'loads sample data as the owner of the tables and says how many rows of each table. It brings a second organization, acme, after which nobody is in the default one unasked: this session is put there; others call use_organization(''default''), or for all: ALTER DATABASE ... SET mlregistry.organization = ''default''';

CREATE OR REPLACE FUNCTION drop_sample_data() RETURNS TABLE (table_name text, dropped bigint, kept bigint)
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $function$
    #variable_conflict use_column
    DECLARE
        owner name := mlregistry.registry_owner();
        before bigint[];
        needed text;
        rules text[]; -- that rest meanwhile
    BEGIN
        PERFORM mlregistry.require_installed();
        -- Nobody can hang a row on a locked one: what is looked for below stays true.
        PERFORM mlregistry.run_detached(string_agg(format('SELECT FROM mlregistry.%I t WHERE %s FOR UPDATE;', s.table_name, s.condition), ' '
                                                   ORDER BY s.ordinal), owner)
           FROM mlregistry.sample_tables() s WHERE s.key_column IS NOT NULL;
        needed := quote_literal(mlregistry.needed_sample_data()) || '::uuid[]';
        before := ARRAY(SELECT c.n FROM mlregistry.count_sample_data() c);
        -- Lea goes, who came with the sample, although an organization does not let its last admin go, and deployments, though they
        -- serve: these rules rest meanwhile. What is put off to the end of the transaction would not let the tables be altered.
        rules := ARRAY(SELECT format('ALTER TABLE %s %%s TRIGGER %I', t.tgrelid::regclass, t.tgname) FROM pg_trigger t
                        WHERE (t.tgrelid = 'mlregistry.organization_memberships'::regclass AND t.tgname = 'mlr_70_guard'
                               OR t.tgrelid = 'mlregistry.deployments'::regclass AND t.tgname = 'mlr_70_guard_delete')
                          AND t.tgenabled = 'O'
                        ORDER BY t.tgname);
        SET CONSTRAINTS mlregistry.mlr_70_traffic_sum_insert, mlregistry.mlr_70_traffic_sum_update, mlregistry.mlr_70_approval_gate_insert,
                        mlregistry.mlr_70_approval_gate_update, mlregistry.mlr_70_metric_gate IMMEDIATE;
        PERFORM mlregistry.run_detached(format(r.statement, 'DISABLE'), owner) FROM unnest(rules) AS r (statement);
        -- One statement: foreign keys look at its end, whatever the order of the tables, and so do the triggers that keep the
        -- files of frozen versions, to whom a version that is gone is none.
        PERFORM mlregistry.run_detached(
                    'WITH ' || string_agg(format('of_%s AS (DELETE FROM mlregistry.%I t WHERE %s%s)', s.ordinal, s.table_name, s.condition,
                                                 (SELECT string_agg(format(' AND coalesce(t.%I <> ALL (%s), true)', k, needed), '') FROM unnest(s.kept_with) AS k)),
                                          ', ' ORDER BY s.ordinal) || ' SELECT', owner)
           FROM mlregistry.sample_tables() s WHERE s.condition <> 'false';
        PERFORM mlregistry.run_detached(format(r.statement, 'ENABLE'), owner) FROM unnest(rules) AS r (statement);
        SET CONSTRAINTS mlregistry.mlr_70_traffic_sum_insert, mlregistry.mlr_70_traffic_sum_update, mlregistry.mlr_70_approval_gate_insert,
                        mlregistry.mlr_70_approval_gate_update, mlregistry.mlr_70_metric_gate DEFERRED;
        RETURN QUERY
            SELECT c.table_name, before[c.place] - c.n, c.n
              FROM mlregistry.count_sample_data() WITH ORDINALITY AS c (table_name, n, place);
    END
    $function$;
COMMENT ON FUNCTION drop_sample_data() IS 'removes the rows of load_sample_data() as the owner of the tables; keeps, and counts, those that rows of your own hang on, with what these need. Rows of your own are not touched';
