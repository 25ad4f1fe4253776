-- Partitions by the month, triggers of the audit trail, and what is to be done now and then.

-- Bounds are read as pg_get_expr() writes them, hence the settings.
CREATE OR REPLACE FUNCTION registry_partitions()
    RETURNS TABLE (table_name text, partition regclass, is_default boolean, range_start timestamptz, range_end timestamptz)
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 20 SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET datestyle = 'ISO'
    AS $function$
        SELECT r.relation_name, c.oid::regclass, b.bound = 'DEFAULT',
               CASE WHEN b.bound ~ 'FROM [(]MINVALUE[)]' THEN '-infinity' ELSE substring(b.bound from 'FROM [(]''([^'']+)''[)]') END::timestamptz,
               CASE WHEN b.bound ~ 'TO [(]MAXVALUE[)]' THEN 'infinity' ELSE substring(b.bound from 'TO [(]''([^'']+)''[)]') END::timestamptz
          FROM mlregistry.registry_relations() r
          JOIN pg_inherits i ON i.inhparent = to_regclass(format('mlregistry.%I', r.relation_name))
          JOIN pg_class c ON c.oid = i.inhrelid AND c.relispartition
         CROSS JOIN LATERAL pg_get_expr(c.relpartbound, c.oid) AS b (bound)
    $function$;
COMMENT ON FUNCTION registry_partitions() IS 'partitions of the registry''s tables, each with its range of time; the default one has none';

-- Made alone and attached, which locks the parent less than PARTITION OF does: whoever writes goes on. What the owner of the
-- table has put on it (checks, index expressions) is run when the copy gets it, so that this is done in the owner's name; what
-- is bare, closed and carries its trigger already may be made by the caller, as the owner may not create in the schema.
CREATE OR REPLACE FUNCTION make_partition(
        parent text,
        name text,
        since timestamptz DEFAULT NULL,
        until timestamptz DEFAULT NULL,
        move_from regclass DEFAULT NULL) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET datestyle = 'ISO'
    AS $function$
    #variable_conflict use_variable
    DECLARE
        relation regclass := to_regclass(format('mlregistry.%I', parent));
        owner name := (SELECT pg_get_userbyid(c.relowner) FROM pg_class c WHERE c.oid = relation);
        key name;
        columns text;
        statements text;
    BEGIN
        PERFORM mlregistry.run_detached(
            format('CREATE TABLE mlregistry.%1$I (LIKE %2$s INCLUDING COMMENTS INCLUDING COMPRESSION INCLUDING DEFAULTS INCLUDING GENERATED'
                   ' INCLUDING STORAGE); ALTER TABLE mlregistry.%1$I OWNER TO %3$I; COMMENT ON TABLE mlregistry.%1$I IS %4$L',
                   name, relation, owner,
                   CASE WHEN since IS NULL THEN format('Rows of %s whose month has no partition', parent)
                        ELSE format('Rows of %s of %s, by UTC', parent, to_char(since, 'YYYY-MM')) END));
        PERFORM mlregistry.close_partition(parent, format('mlregistry.%I', name)::regclass);

        SELECT a.attname INTO key
          FROM pg_partitioned_table p JOIN pg_attribute a ON a.attrelid = p.partrelid AND a.attnum = p.partattrs[0]
         WHERE p.partrelid = relation;
        columns := (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) FROM pg_attribute a
                     WHERE a.attrelid = relation AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '');
        statements := concat_ws('; ',
            (SELECT string_agg(format('ALTER TABLE mlregistry.%I ADD CONSTRAINT %I %s', name, c.conname, pg_get_constraintdef(c.oid)), '; ')
               FROM pg_constraint c WHERE c.conrelid = relation AND c.contype = 'c' AND NOT c.connoinherit),
            CASE WHEN move_from IS NOT NULL THEN
                format('WITH moved AS (DELETE FROM %1$s WHERE %2$I >= %3$L AND %2$I < %4$L RETURNING %5$s)'
                       ' INSERT INTO mlregistry.%6$I (%5$s) SELECT %5$s FROM moved', move_from, key, since, until, columns, name) END,
            format('ALTER TABLE %s ATTACH PARTITION mlregistry.%I %s', relation, name,
                   CASE WHEN since IS NULL THEN 'DEFAULT' ELSE format('FOR VALUES FROM (%L) TO (%L)', since, until) END));
        PERFORM mlregistry.run_detached(statements, owner);
    END
    $function$;
COMMENT ON FUNCTION make_partition(text, text, timestamptz, timestamptz, regclass) IS 'makes one partition of a table, the default one without a range, and moves rows of its range into it from another one: part of make_partitions()';

-- Nobody has rights on a partition, whatever ALTER DEFAULT PRIVILEGES says, and statement triggers of the parent do not
-- fire for what is done to it.
CREATE OR REPLACE FUNCTION close_partition(parent text, partition regclass) RETURNS boolean
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $function$
    #variable_conflict use_variable
    DECLARE
        statements text;
    BEGIN
        SELECT string_agg(s.statement, '; ') INTO statements
          FROM (SELECT DISTINCT format('REVOKE ALL ON %s FROM %s', partition, CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END)
                  FROM pg_class c
                 CROSS JOIN LATERAL (SELECT a.grantee FROM aclexplode(c.relacl) AS a
                                     UNION
                                     SELECT a.grantee FROM pg_attribute k, aclexplode(k.attacl) AS a WHERE k.attrelid = c.oid AND NOT k.attisdropped) AS a
                 WHERE c.oid = partition AND a.grantee <> c.relowner
                UNION ALL
                SELECT format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', partition)
                  FROM pg_class c WHERE c.oid = partition AND NOT c.relrowsecurity
                UNION ALL
                SELECT format('CREATE TRIGGER mlr_05_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON %s FOR EACH STATEMENT'
                              ' EXECUTE FUNCTION mlregistry.trg_append_only()', partition)
                 WHERE EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = to_regclass(format('mlregistry.%I', parent)) AND t.tgname = 'mlr_05_append_only')
                   AND NOT EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = partition AND t.tgname = 'mlr_05_append_only')) AS s (statement);
        PERFORM mlregistry.run_detached(statements);
        RETURN statements IS NOT NULL;
    END
    $function$;
COMMENT ON FUNCTION close_partition(text, regclass) IS 'takes all rights on a partition away, and gives it row security and the trigger of an append-only parent; true when it did not have all of that: part of make_partitions()';

-- Months begin and end in UTC, hence the settings; constraint_exclusion as in check_registry().
CREATE OR REPLACE FUNCTION make_partitions(parent text, move boolean DEFAULT false) RETURNS TABLE (partition_name text, moved bigint)
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET datestyle = 'ISO' SET constraint_exclusion = off
    AS $function$
    #variable_conflict use_variable
    DECLARE
        relation regclass := to_regclass(format('mlregistry.%I', parent));
        key name;
        rest regclass;
        rest_is_locked boolean := false;
        there regclass;
        months timestamptz[] := ARRAY(SELECT date_trunc('month', now()) + n * interval '1 month' FROM generate_series(0, 3) AS n);
        months_of_rows timestamptz[];
        month timestamptz;
    BEGIN
        SELECT a.attname INTO key
          FROM pg_partitioned_table p JOIN pg_attribute a ON a.attrelid = p.partrelid AND a.attnum = p.partattrs[0]
         WHERE p.partrelid = relation;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'table "%" is not partitioned', parent USING ERRCODE = 'wrong_object_type';
        END IF;
        -- What ATTACH takes as well; one at a time makes partitions, and the second finds them.
        EXECUTE format('LOCK TABLE ONLY %s IN SHARE UPDATE EXCLUSIVE MODE', relation);
        FOR there IN SELECT p.partition FROM mlregistry.registry_partitions() p WHERE p.table_name = parent ORDER BY p.range_start LOOP
            IF mlregistry.close_partition(parent, there) THEN
                partition_name := (SELECT c.relname FROM pg_class c WHERE c.oid = there);
                moved := NULL;
                RETURN NEXT;
            END IF;
        END LOOP;
        SELECT p.partition INTO rest FROM mlregistry.registry_partitions() p WHERE p.table_name = parent AND p.is_default;
        IF NOT FOUND THEN
            partition_name := parent || '_default';
            moved := 0;
            PERFORM mlregistry.make_partition(parent, partition_name);
            rest := format('mlregistry.%I', partition_name)::regclass;
            RETURN NEXT;
        END IF;
        IF move THEN
            EXECUTE format('SELECT array_agg(DISTINCT date_trunc(''month'', %1$I)) FROM %2$s WHERE %1$I >= ''0001-01-01'' AND %1$I < ''9999-12-01''', key, rest)
               INTO months_of_rows;
            months := months || months_of_rows;
        END IF;
        FOR month IN SELECT DISTINCT m FROM unnest(months) AS m ORDER BY m LOOP
            -- Also where somebody has made partitions of another size.
            CONTINUE WHEN EXISTS (SELECT FROM mlregistry.registry_partitions() p
                                   WHERE p.table_name = parent AND p.range_start < month + interval '1 month' AND p.range_end > month);
            -- No row may come in between; ATTACH asks for this, too.
            IF NOT rest_is_locked THEN
                EXECUTE format('LOCK TABLE ONLY %s IN ACCESS EXCLUSIVE MODE', rest);
                rest_is_locked := true;
            END IF;
            EXECUTE format('SELECT count(*) FROM %1$s WHERE %2$I >= %3$L AND %2$I < %4$L', rest, key, month, month + interval '1 month') INTO moved;
            -- Moving takes its time, and belongs to run_maintenance().
            CONTINUE WHEN moved > 0 AND NOT move;
            partition_name := format('%s_y%sm%s', parent, to_char(month, 'YYYY'), to_char(month, 'MM'));
            -- Once a partition, perhaps, and now an archive.
            IF to_regclass(format('mlregistry.%I', partition_name)) IS NOT NULL THEN
                RAISE WARNING 'table mlregistry.% is in the way: it is no partition of %', partition_name, parent
                    USING HINT = 'Attach it, rename it or move it to another schema.';
                CONTINUE;
            END IF;
            PERFORM mlregistry.make_partition(parent, partition_name, month, month + interval '1 month', CASE WHEN moved > 0 THEN rest END);
            RETURN NEXT;
        END LOOP;
    END
    $function$;
COMMENT ON FUNCTION make_partitions(text, boolean) IS 'makes the partitions of this month and of three ahead, and the default one; with move => true also those of the months that the default one has rows of, which are moved. Returns what was made, and without a number what was there and open';

CREATE OR REPLACE FUNCTION partitioned_tables() RETURNS SETOF text
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 3 SET search_path = pg_catalog, pg_temp
    AS $function$
        SELECT r.relation_name
          FROM mlregistry.registry_relations() r
          JOIN pg_class c ON c.oid = to_regclass(format('mlregistry.%I', r.relation_name))
         WHERE c.relkind = 'p'
         ORDER BY r.ordinal
    $function$;
COMMENT ON FUNCTION partitioned_tables() IS 'tables of the registry that have partitions by the month';

-- Triggers audit, of every table but those that audit_rules() gives a reason for.
CREATE OR REPLACE FUNCTION audit_triggers() RETURNS TABLE (table_name text, trigger_name text, statement text)
    LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 100 SET search_path = pg_catalog, pg_temp
    AS $function$
        SELECT r.relation_name, 'mlr_90_audit_' || lower(e.event),
               format('CREATE TRIGGER mlr_90_audit_%s AFTER %s ON mlregistry.%I %sFOR EACH STATEMENT EXECUTE FUNCTION mlregistry.trg_audit()',
                      lower(e.event), e.event, r.relation_name, e.rows)
          FROM mlregistry.registry_relations() r
          JOIN mlregistry.audit_rules() a ON a.table_name = r.relation_name
         CROSS JOIN (VALUES ('INSERT', 'REFERENCING NEW TABLE AS new_rows '), ('UPDATE', 'REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows '),
                            ('DELETE', 'REFERENCING OLD TABLE AS old_rows '), ('TRUNCATE', '')) AS e (event, rows)
         WHERE r.kind = 'table' AND a.not_audited IS NULL
    $function$;
COMMENT ON FUNCTION audit_triggers() IS 'triggers that write the audit trail, with the statements that make them';

CREATE OR REPLACE FUNCTION apply_audit_triggers() RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $function$
    BEGIN
        PERFORM mlregistry.run_detached(
                    (SELECT string_agg(a.statement, '; ' ORDER BY a.table_name, a.trigger_name)
                       FROM mlregistry.audit_triggers() a
                      WHERE to_regclass(format('mlregistry.%I', a.table_name)) IS NOT NULL
                        AND NOT EXISTS (SELECT FROM pg_trigger t
                                         WHERE t.tgrelid = to_regclass(format('mlregistry.%I', a.table_name)) AND t.tgname = a.trigger_name)));
    END
    $function$;
COMMENT ON FUNCTION apply_audit_triggers() IS 'makes the triggers audit of the tables that have none';

CREATE OR REPLACE FUNCTION run_maintenance() RETURNS TABLE (task text, object text, rows bigint)
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 10
    SET search_path = pg_catalog, pg_temp
    SET lock_timeout = '10s'
    SET constraint_exclusion = off
    AS $function$
    #variable_conflict use_column
    DECLARE
        vanished CONSTANT text := 'NOT EXISTS (SELECT FROM mlregistry.organizations o WHERE o.organization_id = g.organization_id)'
                                  ' OR g.rule IN (''version'', ''traffic'') AND NOT EXISTS (SELECT FROM mlregistry.models m WHERE m.model_id = g.subject_id)'
                                  ' OR g.rule = ''approval'' AND NOT EXISTS (SELECT FROM mlregistry.model_versions v WHERE v.version_id = g.subject_id)'
                                  ' OR g.rule = ''quota'' AND NOT EXISTS (SELECT FROM mlregistry.resource_quotas q WHERE q.quota_id = g.subject_id)';
        overdue CONSTANT text := 'a.approval_status IN (''pending'', ''approved'') AND a.expires_at <= now()';
        said_before text;
    BEGIN
        PERFORM mlregistry.require_installed();
        RETURN QUERY
            SELECT CASE WHEN made.moved > 0 THEN 'move_rows' WHEN made.moved = 0 THEN 'make_partition' ELSE 'close_partition' END, made.partition_name, coalesce(made.moved, 0)
              FROM mlregistry.partitioned_tables() AS t (parent) CROSS JOIN LATERAL mlregistry.make_partitions(t.parent, true) AS made;
        task := 'remove_guards';
        object := 'guards';
        EXECUTE 'SELECT count(*) FROM mlregistry.guards g WHERE ' || vanished INTO rows;
        IF rows > 0 THEN
            -- In the owner's name: whatever triggers the owner has put there run with the owner's rights.
            PERFORM mlregistry.run_detached('DELETE FROM mlregistry.guards g WHERE ' || vanished, mlregistry.registry_owner());
            RETURN NEXT;
        END IF;
        -- They hold no more since their time has come; now their status says so, too.
        task := 'expire_approvals';
        object := 'approvals';
        EXECUTE 'SELECT count(*) FROM mlregistry.approvals a WHERE ' || overdue INTO rows;
        IF rows > 0 THEN
            said_before := mlregistry.say_reason('expires_at has passed');
            PERFORM mlregistry.run_detached('UPDATE mlregistry.approvals a SET approval_status = ''expired'' WHERE ' || overdue, mlregistry.registry_owner());
            PERFORM set_config('mlregistry.reason', said_before, true);
            RETURN NEXT;
        END IF;
    END
    $function$;
COMMENT ON FUNCTION run_maintenance() IS 'what is to be done once a week or so: makes partitions ahead, closes those that somebody has opened, moves rows from default partitions into those of their months, removes guards of what is gone, expires approvals whose time has come. Returns what was done, no row when there was nothing to do';
