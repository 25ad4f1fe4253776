-- The table of the audit trail: its rules, its partitions, and that nobody but the owner changes or removes what is there.
-- What is written into it, and who reads it, is in other tests.
SET search_path = public, mlregistry;
SET timezone = 'Asia/Kolkata';
SET datestyle = 'ISO';
\set SHOW_CONTEXT never
\getenv abs_srcdir PG_ABS_SRCDIR
\set refusals :abs_srcdir '/sql/include/refusals.psql'
\set ECHO none
\i :refusals
\set ECHO all

-- A row of some time; hashes are looked at in other tests.
CREATE FUNCTION pg_temp.log(at timestamptz, who text DEFAULT 'somebody') RETURNS void LANGUAGE sql AS $$
    INSERT INTO mlregistry.audit_logs (created_at, system_identifier, organization_id, actor, db_role, action, entity_type, salt, leaf_hash)
    VALUES (at, 1, '00000000-0000-8000-8000-000000000001', who, 'r', 'model.update', 'model', '\x00', sha256(convert_to(who, 'UTF8')))
$$;
CREATE FUNCTION pg_temp.month(n integer) RETURNS timestamptz LANGUAGE sql AS $$
    SELECT (date_trunc('month', now() AT TIME ZONE 'UTC') + make_interval(months => n)) AT TIME ZONE 'UTC' $$;
CREATE FUNCTION pg_temp.partition_of(n integer) RETURNS text LANGUAGE sql AS $$
    SELECT 'mlregistry.audit_logs_' || to_char(pg_temp.month(n) AT TIME ZONE 'UTC', '"y"YYYY"m"MM') $$;
-- As text that is the same in every month.
CREATE FUNCTION pg_temp.timeless(t text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    FOR n IN -1..4 LOOP
        t := replace(replace(t, pg_temp.partition_of(n), format('mlregistry.audit_logs_of_month_%s', n)), replace(pg_temp.partition_of(n), 'mlregistry.', ''), format('audit_logs_of_month_%s', n));
        t := replace(t, to_char(pg_temp.month(n) AT TIME ZONE 'UTC', 'YYYY-MM'), format('month %s', n));
    END LOOP;
    RETURN t;
END $$;
CREATE VIEW pg_temp.found AS
SELECT check_name, severity, pg_temp.timeless(object) AS object, pg_temp.timeless(detail) AS detail, hint FROM check_registry() WHERE check_name NOT LIKE 'audit%' ORDER BY 1, 2, 3, 4;
CREATE VIEW pg_temp.partitions AS
SELECT pg_temp.timeless(p.partition::text) AS partition, p.is_default, p.range_start = pg_temp.month(n) AS starts, p.range_end = pg_temp.month(n + 1) AS ends,
       obj_description(p.partition, 'pg_class') = CASE WHEN p.is_default THEN 'Rows of audit_logs whose month has no partition'
                                                       ELSE format('Rows of audit_logs of %s, by UTC', to_char(p.range_start AT TIME ZONE 'UTC', 'YYYY-MM')) END AS comment
  FROM registry_partitions() p LEFT JOIN generate_series(-1, 5) AS n ON p.partition = to_regclass(pg_temp.partition_of(n)) WHERE p.table_name = 'audit_logs' ORDER BY 1;

-- What nobody says is filled in.
BEGIN;
INSERT INTO audit_logs (system_identifier, organization_id, actor, db_role, action, entity_type, salt, leaf_hash)
VALUES (1, current_organization_id(), 'a', 'r', 'model.create', 'model', '\x00', sha256('x'))
RETURNING created_at BETWEEN now() AND clock_timestamp() AS now, txid = pg_current_xact_id() AS this_transaction, log_id IS NOT NULL AS id, format, project_id, changes, erased_at;
SELECT pg_temp.timeless(tableoid::regclass::text) AS partition FROM audit_logs WHERE actor = 'a';
INSERT INTO broken VALUES ('audit_logs_pkey', $$INSERT INTO audit_logs SELECT * FROM audit_logs WHERE actor = 'a'$$);
SELECT pg_temp.judge();
SELECT expected, state, rule = replace(pg_temp.partition_of(0), 'mlregistry.', '') || '_pkey' AS by_it FROM outcome;
SELECT col, state FROM unnest('{created_at,txid,system_identifier,log_id,organization_id,format,actor,db_role,action,entity_type,leaf_hash}'::text[]) AS col,
       pg_temp.error_of(format('UPDATE audit_logs SET %I = NULL', col)) AS e;
-- the text of json stays as it is
UPDATE audit_logs SET changes = '{"b":[1.50,  2],"a":[null,"x"], "a":1}' WHERE actor = 'a' RETURNING changes;
ROLLBACK;

-- This month and three more, by UTC, and the rest.
SELECT * FROM pg_temp.partitions;
SELECT * FROM partitioned_tables();
SELECT * FROM run_maintenance();
SELECT * FROM pg_temp.found;

-- What is missing is found, and made.
BEGIN;
DO $$BEGIN EXECUTE format('DROP TABLE %s, %s, mlregistry.audit_logs_default', pg_temp.partition_of(0), pg_temp.partition_of(1)); END$$;
SELECT * FROM pg_temp.found;
SELECT task, pg_temp.timeless(object) AS object, rows FROM run_maintenance();
SELECT * FROM pg_temp.found;
SELECT * FROM pg_temp.partitions;
ROLLBACK;

-- Rows of months without partition are moved into one of theirs; those of no month stay.
BEGIN;
SELECT pg_temp.log(t, 'no ' || n) FROM unnest(ARRAY['2020-01-31 23:59:59.999999+00', '2020-02-01 00:00+00', '2020-02-29 12:00+00', '0099-12-31 12:00+00', '9999-11-30 23:59+00', 'infinity', '-infinity', pg_temp.month(4), pg_temp.month(5) - interval '1 microsecond', pg_temp.month(3)]::timestamptz[]) WITH ORDINALITY AS x (t, n);
SELECT tableoid = 'audit_logs_default'::regclass AS in_default, count(*) FROM audit_logs WHERE actor LIKE 'no %' GROUP BY 1 ORDER BY 1;
CREATE TEMP TABLE before AS SELECT * FROM audit_logs;
SELECT * FROM pg_temp.found;
SELECT task, pg_temp.timeless(object) AS object, rows FROM run_maintenance();
SELECT actor, pg_temp.timeless(tableoid::regclass::text) AS partition FROM audit_logs WHERE actor LIKE 'no %' ORDER BY length(actor), 1;
SELECT count(*) FROM (SELECT to_jsonb(b) FROM before b EXCEPT ALL SELECT to_jsonb(l) FROM audit_logs l) AS lost;
SELECT count(*) FROM (SELECT to_jsonb(l) FROM audit_logs l EXCEPT ALL SELECT to_jsonb(b) FROM before b) AS won;
SELECT * FROM pg_temp.found;
SELECT * FROM run_maintenance();
ROLLBACK;

-- Installing and upgrading do not move rows; partitions of another size are left alone.
BEGIN;
DO $$BEGIN EXECUTE format('DROP TABLE %s, %s, %s', pg_temp.partition_of(0), pg_temp.partition_of(1), pg_temp.partition_of(2)); END$$;
SELECT pg_temp.log(pg_temp.month(1));
SELECT pg_temp.timeless(partition_name) AS made, moved FROM make_partitions('audit_logs');
SELECT check_name, object FROM pg_temp.found;
SELECT pg_temp.timeless(partition_name) AS made, moved FROM make_partitions('audit_logs', move => true);
DO $$BEGIN
    EXECUTE format('DROP TABLE %s, %s, %s', pg_temp.partition_of(0), pg_temp.partition_of(1), pg_temp.partition_of(3));
    EXECUTE format('CREATE TABLE large PARTITION OF audit_logs FOR VALUES FROM (MINVALUE) TO (%L)', pg_temp.month(1) + interval '1 day');
    EXECUTE format('CREATE TABLE rest PARTITION OF audit_logs FOR VALUES FROM (%L) TO (MAXVALUE)', pg_temp.month(3));
END$$;
SELECT check_name, object, detail FROM pg_temp.found;
SELECT * FROM run_maintenance();
-- the day after is in the default partition, and has no month of its own
SELECT check_name, object, detail FROM pg_temp.found;
SELECT partition, range_start = pg_temp.month(3) AS month_3, range_end = 'infinity' AS endless FROM registry_partitions() WHERE NOT isfinite(range_start) OR NOT isfinite(range_end) ORDER BY 1;
ROLLBACK;

-- A month whose partition was detached and kept stays in the default one; the others go on.
BEGIN;
SELECT pg_temp.log('2020-01-15 12:00+00'), pg_temp.log('2020-02-15 12:00+00'), pg_temp.log('2020-03-15 12:00+00');
SELECT * FROM run_maintenance();
ALTER TABLE audit_logs DETACH PARTITION audit_logs_y2020m02;
SELECT pg_temp.log('2020-02-15 13:00+00'), pg_temp.log('2020-05-15 13:00+00');
SELECT * FROM run_maintenance();
SELECT * FROM pg_temp.found;
DELETE FROM audit_logs WHERE created_at = '2020-02-15 13:00+00';
ALTER TABLE audit_logs ATTACH PARTITION audit_logs_y2020m02 FOR VALUES FROM ('2020-02-01 00:00+00') TO ('2020-03-01 00:00+00');
SELECT * FROM run_maintenance();
SELECT * FROM pg_temp.found;
ROLLBACK;

-- A partition that somebody has opened is closed.
BEGIN;
CREATE ROLE regress_reader;
DO $$BEGIN
    EXECUTE format('GRANT SELECT, TRUNCATE ON %s TO regress_reader', pg_temp.partition_of(0));
    EXECUTE format('GRANT UPDATE (actor) ON %s TO PUBLIC', pg_temp.partition_of(1));
    EXECUTE format('ALTER TABLE %s DISABLE ROW LEVEL SECURITY', pg_temp.partition_of(2));
    EXECUTE format('DROP TRIGGER mlr_05_append_only ON %s', pg_temp.partition_of(3));
    ALTER TABLE audit_logs_default DISABLE TRIGGER mlr_05_append_only;
END$$;
SELECT * FROM pg_temp.found;
SELECT task, pg_temp.timeless(object) AS object, rows FROM run_maintenance();
SELECT * FROM pg_temp.found;
-- whatever is given to whoever comes
ALTER TABLE audit_logs_default ENABLE TRIGGER mlr_05_append_only;
ALTER DEFAULT PRIVILEGES IN SCHEMA mlregistry GRANT ALL ON TABLES TO regress_reader, PUBLIC;
DO $$BEGIN EXECUTE format('DROP TABLE %s', pg_temp.partition_of(1)); END$$;
SELECT count(*) FROM run_maintenance();
SELECT * FROM pg_temp.found;
ROLLBACK;

-- Guards go with what they are for.
BEGIN;
SELECT FROM register_model('guarded', framework => 'onnx');
SELECT semver FROM register_version('guarded', bump => 'minor', artifact_uri => '/m');
INSERT INTO guards (organization_id, rule, subject_id) VALUES (current_organization_id(), 'version', gen_random_uuid()),
    ('00000000-0000-8000-8000-00000000000a', 'max_users', '00000000-0000-8000-8000-00000000000a'), (current_organization_id(), 'max_models', current_organization_id());
SELECT * FROM run_maintenance();
SELECT rule, count(*) FROM guards GROUP BY 1 ORDER BY 1;
DELETE FROM models WHERE model_name = 'guarded';
SELECT * FROM run_maintenance();
ROLLBACK;

-- Append-only, also for who has every right; the owner may.
BEGIN;
CREATE ROLE regress_writer;
GRANT USAGE ON SCHEMA mlregistry TO regress_writer;
SELECT pg_temp.log(now()), pg_temp.log('2020-01-01');
DO $$BEGIN EXECUTE format('GRANT ALL ON audit_logs, audit_logs_default, %s TO regress_writer', pg_temp.partition_of(0)); END$$;
SET ROLE regress_writer;
SELECT pg_temp.timeless(statement) AS statement, e.state, e.rule, pg_temp.timeless(e.relation) AS relation, pg_temp.timeless(e.message) AS message, e.detail, replace(e.hint, registry_owner(), '<owner>') AS hint
  FROM unnest(ARRAY['UPDATE audit_logs SET actor = actor', 'UPDATE audit_logs SET actor = actor WHERE false', 'DELETE FROM audit_logs', 'TRUNCATE audit_logs', 'UPDATE audit_logs_default SET actor = actor',
                    'DELETE FROM audit_logs_default', 'TRUNCATE audit_logs_default', format('DELETE FROM %s', pg_temp.partition_of(0)), format('TRUNCATE %s', pg_temp.partition_of(0)),
                    'MERGE INTO audit_logs_default l USING (VALUES (1)) AS x ON true WHEN MATCHED THEN DELETE', 'DELETE FROM ONLY audit_logs',
                    'INSERT INTO audit_logs_default SELECT * FROM audit_logs ON CONFLICT (organization_id, created_at, log_id) DO UPDATE SET actor = excluded.actor']) WITH ORDINALITY AS s (statement, n),
       pg_temp.error_of(statement) AS e ORDER BY n;
RESET ROLE;
SELECT count(*) FROM audit_logs WHERE actor = 'somebody';
SELECT set_registry_owner('regress_writer');
SELECT DISTINCT c.relowner::regrole FROM registry_partitions() p JOIN pg_class c ON c.oid = p.partition;
SET ROLE regress_writer;
UPDATE audit_logs SET actor = 'nobody' WHERE actor = 'somebody';
DELETE FROM audit_logs_default WHERE actor = 'nobody';
TRUNCATE audit_logs;
SELECT count(*) FROM audit_logs;
-- the work of a superuser
SELECT state, message FROM pg_temp.error_of('SELECT mlregistry.run_maintenance()');
RESET ROLE;
ALTER TABLE audit_logs_default OWNER TO CURRENT_USER;
SELECT check_name, severity, object FROM pg_temp.found;
SELECT set_registry_owner('regress_writer');
SELECT * FROM pg_temp.found;
ROLLBACK;

-- Whatever the owner changes afterwards, its hash tells. The hash of a payload that is there is not stored; what was erased is no more.
BEGIN;
TRUNCATE audit_logs;
SET LOCAL mlregistry.reason = 'because';
SELECT FROM register_model('hashed', framework => 'onnx');
SELECT count(*) AS rows FROM audit_logs;
SELECT check_name, severity FROM check_registry();
CREATE TEMP TABLE tampered (col text, value text);
INSERT INTO tampered VALUES ('created_at', 'created_at + interval ''1 microsecond'''), ('txid', '''1'''), ('system_identifier', 'system_identifier + 1'), ('log_id', 'gen_random_uuid()'),
    ('organization_id', 'gen_random_uuid()'), ('project_id', 'NULL'), ('subject_id', 'gen_random_uuid()'), ('entity_id', 'gen_random_uuid()'), ('user_id', 'gen_random_uuid()'), ('api_key_id', 'gen_random_uuid()'),
    ('actor', '''x'''), ('db_role', '''x'''), ('action', '''model.delete'''), ('entity_type', '''x'''), ('entity_name', '''x'''), ('changes', '(changes::text || '' '')::json'), ('details', '''{}'''),
    ('reason', '''Because'''), ('ip_address', '''10.9.8.7'''), ('application_name', '''x'''), ('user_agent', '''x'''), ('salt', '''\x00'''), ('leaf_hash', 'sha256(leaf_hash)');
CREATE FUNCTION pg_temp.found_when(col text, value text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    answer text;
BEGIN
    BEGIN
        EXECUTE format('UPDATE mlregistry.audit_logs SET %I = %s', col, value);
        answer := (SELECT string_agg(c.check_name || ' ' || c.severity, ', ') FROM mlregistry.check_registry() c);
        RAISE EXCEPTION 'taken back';
    EXCEPTION WHEN raise_exception THEN
        RETURN answer;
    END;
END $$;
SELECT pg_temp.found_when(col, value) AS found, count(*), string_agg(col, ' ' ORDER BY col) AS columns FROM tampered GROUP BY 1;
-- every column but the version of the bytes and what an erasure needs
SELECT attname FROM pg_attribute WHERE attrelid = 'audit_logs'::regclass AND attnum > 0 AND attname NOT IN (SELECT col FROM tampered) ORDER BY 1;
ROLLBACK;

-- An erasure takes everything that is hashed into the payload, or is found.
BEGIN;
TRUNCATE audit_logs;
SELECT FROM register_model('erased', framework => 'onnx');
CREATE TEMP TABLE erasures (ord integer GENERATED ALWAYS AS IDENTITY, what text);
INSERT INTO erasures (what) VALUES ('erased_at = now()'), ('salt = NULL'), ('payload_hash = $$\x00$$'), ('salt = NULL, payload_hash = $$\x00$$'), ('erased_at = now(), payload_hash = $$\x00$$');
INSERT INTO erasures (what)
SELECT format('erased_at = now(), salt = NULL, payload_hash = sha256(salt || audit_payload(audit_logs)), %s', (SELECT string_agg(format('%I = %s', n, CASE WHEN n = col THEN value ELSE 'NULL' END), ', ' ORDER BY n) FROM unnest(ARRAY['entity_name', 'changes', 'details', 'reason', 'ip_address', 'application_name', 'user_agent']) AS n))
  FROM (VALUES ('entity_name', '''x'''), ('changes', '''{}'''), ('details', '''{}'''), ('reason', '''x'''), ('ip_address', '''::1'''), ('application_name', '''x'''), ('user_agent', '''x'''), (NULL, NULL)) AS c (col, value);
CREATE FUNCTION pg_temp.found_after(what text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    answer text;
BEGIN
    BEGIN
        EXECUTE 'UPDATE mlregistry.audit_logs SET ' || what;
        answer := (SELECT string_agg(c.check_name, ' ' ORDER BY c.check_name) FROM mlregistry.check_registry() c);
        RAISE EXCEPTION 'taken back';
    EXCEPTION WHEN raise_exception THEN
        RETURN answer;
    END;
END $$;
SELECT left(what, 40) AS what, pg_temp.found_after(what) AS found, count(*) FROM erasures GROUP BY 1, 2 ORDER BY min(ord);
ROLLBACK;

-- Triggers that are gone are found and made again.
BEGIN;
DROP TRIGGER mlr_90_audit_update ON models;
DROP TRIGGER mlr_90_audit_truncate ON tags;
ALTER TABLE teams DISABLE TRIGGER mlr_90_audit_insert;
SELECT * FROM pg_temp.found;
SELECT apply_audit_triggers();
ALTER TABLE mlregistry.teams ENABLE TRIGGER mlr_90_audit_insert;
SELECT * FROM pg_temp.found;
ROLLBACK;

-- The function is a trigger for statements only.
SELECT trg_append_only();
BEGIN;
CREATE TEMP TABLE t (a integer);
CREATE TRIGGER each_row BEFORE DELETE ON t FOR EACH ROW EXECUTE FUNCTION trg_append_only();
INSERT INTO t VALUES (1);
DELETE FROM t;
ROLLBACK;
BEGIN;
CREATE TEMP TABLE t (a integer);
CREATE TRIGGER afterwards AFTER DELETE ON t FOR EACH STATEMENT EXECUTE FUNCTION trg_append_only();
DELETE FROM t;
ROLLBACK;

-- Columns of the owner's own on audited tables are told and are no more than that, whatever they are called: no user of that
-- table, no record for each organization of one.
BEGIN;
ALTER TABLE frameworks ADD COLUMN user_id uuid, ADD COLUMN model_id uuid, ADD COLUMN subject_id uuid;
SELECT email, role FROM add_member('dan@acme.example', 'viewer', organization => 'default');
INSERT INTO frameworks (name) VALUES ('in-house');
UPDATE frameworks SET user_id = (SELECT user_id FROM users WHERE email = 'dan@acme.example') WHERE name = 'in-house';
SELECT action, entity_name, organization_id, subject_id, (changes ->> 'user_id') IS NOT NULL AS with_user FROM audit_logs WHERE entity_type = 'framework' ORDER BY log_id;
ROLLBACK;
-- What rows hold that are older than a column: what was tried before and taken back does not count.
INSERT INTO frameworks (name) VALUES ('in-house');
BEGIN;
ALTER TABLE frameworks ADD COLUMN dba_note text DEFAULT 'tried';
UPDATE frameworks SET dba_note = 'x' WHERE name = 'in-house';
ROLLBACK;
BEGIN;
ALTER TABLE frameworks ADD COLUMN dba_note text DEFAULT 'kept';
UPDATE frameworks SET dba_note = 'x' WHERE name = 'in-house';
SELECT changes FROM audit_logs WHERE entity_type = 'framework' ORDER BY log_id DESC LIMIT 1;
ROLLBACK;
-- A check may look at what INSERT would show it.
BEGIN;
ALTER TABLE audit_logs ADD CONSTRAINT dba_check CHECK (tableoid <> 0 AND tableoid <> 'audit_logs_default'::regclass);
UPDATE frameworks SET description = 'checked' WHERE name = 'in-house';
SELECT entity_name, leaf_hash = audit_leaf_hash(l) AS holds FROM audit_logs l WHERE entity_type = 'framework' ORDER BY log_id DESC LIMIT 1;
ROLLBACK;
-- And it may change settings: records of one statement say what was so at its beginning.
BEGIN;
SET LOCAL application_name = 'before the statement';
SET LOCAL mlregistry.reason = 'known before the statement';
CREATE FUNCTION pg_temp.other_settings() RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT set_config('application_name', md5(random()::text), true) <> '' AND set_config('mlregistry.reason', repeat('x', 26), true) <> '' $$;
ALTER TABLE audit_logs ADD CONSTRAINT dba_check CHECK (pg_temp.other_settings()) NOT VALID;
INSERT INTO frameworks (name) SELECT 'in-house-' || n FROM generate_series(1, 4) AS n;
SELECT entity_name, application_name, reason, leaf_hash = audit_leaf_hash(l) AS holds FROM audit_logs l WHERE entity_name LIKE 'in-house-_' ORDER BY log_id;
ROLLBACK;
DELETE FROM frameworks WHERE name = 'in-house';

-- bad input
SELECT * FROM make_partitions('models');
SELECT * FROM make_partitions('no_such_table');
SELECT * FROM make_partitions(NULL);

-- Nothing is left by leaving, and without rows there are partitions as well.
SELECT uninstall(confirm => 'mlregistry') IS NOT NULL AS uninstalled;
SELECT * FROM run_maintenance();
SELECT install(seed => false) IS NOT NULL AS installed;
SELECT count(*) FROM registry_partitions();
SELECT install() IS NOT NULL AS seeded;
SELECT * FROM pg_temp.found;
SELECT * FROM pg_temp.partitions;
