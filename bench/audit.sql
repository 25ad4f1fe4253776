-- The logs that one would write by hand, beside the registry's; rows to register; which log is written is chosen with
-- bench.log_into(side). :rows models or versions in a statement.
CREATE EXTENSION mlregistry;
CREATE EXTENSION "uuid-ossp" SCHEMA public;
ALTER DATABASE postgres SET search_path = pg_catalog, mlregistry;
SET search_path = pg_catalog, mlregistry;

-- lean: what one writes in a quarter of an hour, and knows to write fast. A function for each table takes the key from the
-- record, which is faster than to look for it in the jsonb; every name is qualified, so that no SET search_path is needed,
-- which PL/pgSQL would pay for at every row. Two records of a model are large enough to be compressed; lz4 takes a third off
-- the time of an UPDATE.
CREATE TABLE bench.lean (
    log_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    logged_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    actor text NOT NULL,
    table_name text NOT NULL,
    operation text NOT NULL,
    row_key uuid NOT NULL,
    old_row jsonb COMPRESSION lz4,
    new_row jsonb COMPRESSION lz4
);
CREATE INDEX ON bench.lean (row_key, logged_at);

-- lean+: the same with what is needed to answer by organization and by actor too.
CREATE TABLE bench.lean_more (LIKE bench.lean INCLUDING DEFAULTS INCLUDING IDENTITY INCLUDING INDEXES INCLUDING COMPRESSION, organization_id uuid NOT NULL);
CREATE INDEX ON bench.lean_more (organization_id, logged_at);
CREATE INDEX ON bench.lean_more (actor, logged_at);

CREATE FUNCTION bench.log_model() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    INSERT INTO bench.lean (actor, table_name, operation, row_key, old_row, new_row)
    VALUES (mlregistry.current_actor(), TG_TABLE_NAME, TG_OP, coalesce(NEW.model_id, OLD.model_id), pg_catalog.to_jsonb(OLD), pg_catalog.to_jsonb(NEW));
    RETURN NULL;
END
$$;
CREATE FUNCTION bench.log_version() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    INSERT INTO bench.lean (actor, table_name, operation, row_key, old_row, new_row)
    VALUES (mlregistry.current_actor(), TG_TABLE_NAME, TG_OP, coalesce(NEW.version_id, OLD.version_id), pg_catalog.to_jsonb(OLD), pg_catalog.to_jsonb(NEW));
    RETURN NULL;
END
$$;
CREATE FUNCTION bench.log_model_more() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    INSERT INTO bench.lean_more (actor, table_name, operation, row_key, old_row, new_row, organization_id)
    VALUES (mlregistry.current_actor(), TG_TABLE_NAME, TG_OP, coalesce(NEW.model_id, OLD.model_id), pg_catalog.to_jsonb(OLD), pg_catalog.to_jsonb(NEW),
            coalesce(NEW.organization_id, OLD.organization_id));
    RETURN NULL;
END
$$;
CREATE FUNCTION bench.log_version_more() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    INSERT INTO bench.lean_more (actor, table_name, operation, row_key, old_row, new_row, organization_id)
    VALUES (mlregistry.current_actor(), TG_TABLE_NAME, TG_OP, coalesce(NEW.version_id, OLD.version_id), pg_catalog.to_jsonb(OLD), pg_catalog.to_jsonb(NEW),
            coalesce(NEW.organization_id, OLD.organization_id));
    RETURN NULL;
END
$$;

-- supa-like: one trigger for any table, as supa_audit has it. What identifies a row is a UUID over the table and the values
-- of its primary key, whose columns the catalog tells at every row.
CREATE TYPE bench.kind_of_change AS ENUM ('INSERT', 'UPDATE', 'DELETE', 'TRUNCATE');
CREATE TABLE bench.any_row (
    change_id bigserial PRIMARY KEY,
    record_id uuid,
    old_record_id uuid,
    op bench.kind_of_change NOT NULL,
    ts timestamptz DEFAULT now() NOT NULL,
    table_oid oid NOT NULL,
    table_schema name NOT NULL,
    table_name name NOT NULL,
    record jsonb,
    old_record jsonb,
    CHECK ((op IN ('INSERT', 'UPDATE')) = (record_id IS NOT NULL)),
    CHECK ((op IN ('INSERT', 'UPDATE')) = (record IS NOT NULL)),
    CHECK ((op IN ('UPDATE', 'DELETE')) = (old_record_id IS NOT NULL)),
    CHECK ((op IN ('UPDATE', 'DELETE')) = (old_record IS NOT NULL))
);
CREATE INDEX ON bench.any_row (record_id) WHERE record_id IS NOT NULL;
CREATE INDEX ON bench.any_row (old_record_id) WHERE old_record_id IS NOT NULL;
CREATE INDEX ON bench.any_row USING brin (ts);
CREATE INDEX ON bench.any_row (table_oid);
CREATE FUNCTION bench.key_columns(of_table oid) RETURNS text[] LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    SELECT coalesce(array_agg(a.attname::text ORDER BY a.attnum), '{}')
      FROM pg_catalog.pg_index i
      JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
     WHERE i.indrelid = of_table AND i.indisprimary
$$;
CREATE FUNCTION bench.identify(of_table oid, key text[], row_of_it jsonb) RETURNS uuid LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN row_of_it IS NULL THEN NULL
                ELSE (SELECT public.uuid_generate_v5('7f1c3bfe-0f0e-4a39-9a3e-6b6d3f6f2c55',
                                                     (jsonb_build_array(of_table::bigint) || jsonb_agg(row_of_it ->> k.column_name))::text)
                        FROM unnest(key) AS k (column_name)) END
$$;
CREATE FUNCTION bench.log_any() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    key text[] := bench.key_columns(TG_RELID);
    new_row jsonb := to_jsonb(NEW);
    old_row jsonb := to_jsonb(OLD);
    -- Called in the INSERT below these would cost twice as much: here PL/pgSQL keeps their plans.
    new_id uuid := bench.identify(TG_RELID, key, new_row);
    old_id uuid := bench.identify(TG_RELID, key, old_row);
BEGIN
    INSERT INTO bench.any_row (record_id, old_record_id, op, table_oid, table_schema, table_name, record, old_record)
    VALUES (new_id, old_id, TG_OP::bench.kind_of_change, TG_RELID, TG_TABLE_SCHEMA, TG_TABLE_NAME, new_row, old_row);
    RETURN NULL;
END
$$;

CREATE TRIGGER "bench_lean" AFTER INSERT OR UPDATE OR DELETE ON models FOR EACH ROW EXECUTE FUNCTION bench.log_model();
CREATE TRIGGER "bench_lean" AFTER INSERT OR UPDATE OR DELETE ON model_versions FOR EACH ROW EXECUTE FUNCTION bench.log_version();
CREATE TRIGGER "bench_lean+" AFTER INSERT OR UPDATE OR DELETE ON models FOR EACH ROW EXECUTE FUNCTION bench.log_model_more();
CREATE TRIGGER "bench_lean+" AFTER INSERT OR UPDATE OR DELETE ON model_versions FOR EACH ROW EXECUTE FUNCTION bench.log_version_more();
CREATE TRIGGER "bench_supa-like" AFTER INSERT OR UPDATE OR DELETE ON models FOR EACH ROW EXECUTE FUNCTION bench.log_any();
CREATE TRIGGER "bench_supa-like" AFTER INSERT OR UPDATE OR DELETE ON model_versions FOR EACH ROW EXECUTE FUNCTION bench.log_any();

-- Enables the triggers of these sides on models and versions, and disables those of all others; none: all of them.
CREATE FUNCTION bench.log_into(VARIADIC sides text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    one record;
BEGIN
    FOR one IN
        SELECT t.tgrelid::regclass AS of_table, t.tgname AS name, s.side = ANY (sides) AS wanted
          FROM pg_trigger t,
               LATERAL (SELECT CASE WHEN t.tgname LIKE 'mlr\_90\_audit\_%' THEN 'ours' ELSE substr(t.tgname, 7) END AS side) AS s
         WHERE t.tgrelid IN ('mlregistry.models'::regclass, 'mlregistry.model_versions'::regclass)
           AND (t.tgname LIKE 'mlr\_90\_audit\_%' OR t.tgname LIKE 'bench\_%')
    LOOP
        EXECUTE format('ALTER TABLE %s %s TRIGGER %I', one.of_table, CASE WHEN one.wanted THEN 'ENABLE' ELSE 'DISABLE' END, one.name);
    END LOOP;
END
$$;
CREATE FUNCTION bench.empty_logs() RETURNS void LANGUAGE sql AS $$
    TRUNCATE mlregistry.audit_logs, bench.lean, bench.lean_more, bench.any_row
$$;

-- Events in the log of a side and what they take: heap, TOAST and indexes, of all partitions.
CREATE TABLE bench.sizes (measure text, side text, round int, events bigint, bytes bigint);
CREATE FUNCTION bench.weigh(measure text, side text, round int, wanted bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    log regclass := CASE side WHEN 'ours' THEN 'mlregistry.audit_logs' WHEN 'lean' THEN 'bench.lean' WHEN 'lean+' THEN 'bench.lean_more' ELSE 'bench.any_row' END;
    events bigint;
BEGIN
    EXECUTE format('SELECT count(*) FROM %s', log) INTO events;
    IF events <> wanted THEN
        RAISE EXCEPTION '% wrote % events, not %', side, events, wanted;
    END IF;
    INSERT INTO bench.sizes
    SELECT measure, side, round, events, coalesce((SELECT sum(pg_total_relation_size(p.relid)) FROM pg_partition_tree(log) AS p), pg_total_relation_size(log));
END
$$;

-- What a trigger adds to the time of a row, median less median, and the spread of that in one round; what an event takes.
CREATE FUNCTION bench.added(rows_each bigint) RETURNS TABLE
    (measure text, side text, "CPU ms" numeric, "added µs/row" numeric, lowest numeric, highest numeric, "bytes/event" numeric) LANGUAGE sql AS $$
    SELECT t.measure, t.side, t.median::numeric(12, 1),
           ((t.median - n.median) * 1000 / rows_each)::numeric(8, 2), (t.lowest * 1000 / rows_each)::numeric(8, 2), (t.highest * 1000 / rows_each)::numeric(8, 2),
           (SELECT avg(s.bytes::numeric / s.events)::numeric(8, 0) FROM bench.sizes s WHERE s.measure = t.measure AND s.side = t.side AND s.round > 0)
      FROM (SELECT t.measure, t.side, min(t.ctid) AS first, percentile_cont(0.5) WITHIN GROUP (ORDER BY coalesce(t.cpu, t.wall)) AS median,
                   min(coalesce(t.cpu, t.wall) - coalesce(n.cpu, n.wall)) AS lowest, max(coalesce(t.cpu, t.wall) - coalesce(n.cpu, n.wall)) AS highest
              FROM bench.times t
              JOIN bench.times n ON n.measure = t.measure AND n.round = t.round AND n.side = 'none'
             WHERE t.round > 0 AND t.measure ~ '^(models|versions), '
             GROUP BY t.measure, t.side) AS t
      JOIN LATERAL (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY coalesce(n.cpu, n.wall)) AS median
                      FROM bench.times n WHERE n.measure = t.measure AND n.side = 'none' AND n.round > 0) AS n ON true
     ORDER BY min(t.first) OVER (PARTITION BY t.measure), array_position('{none,lean,lean+,supa-like,ours}', t.side)
$$;

-- One of them as a multiple of another side's: what the targets look at.
CREATE FUNCTION bench.added_ratio(of_measure text, upper text, lower text) RETURNS float8 LANGUAGE sql AS $$
    SELECT (percentile_cont(0.5) WITHIN GROUP (ORDER BY coalesce(t.cpu, t.wall)) FILTER (WHERE t.side = upper)
            - percentile_cont(0.5) WITHIN GROUP (ORDER BY coalesce(t.cpu, t.wall)) FILTER (WHERE t.side = 'none'))
         / nullif(percentile_cont(0.5) WITHIN GROUP (ORDER BY coalesce(t.cpu, t.wall)) FILTER (WHERE t.side = lower)
                  - percentile_cont(0.5) WITHIN GROUP (ORDER BY coalesce(t.cpu, t.wall)) FILTER (WHERE t.side = 'none'), 0)
      FROM bench.times t WHERE t.measure = of_measure AND t.round > 0
$$;
CREATE FUNCTION bench.bytes_ratio(of_measure text, upper text, lower text) RETURNS float8 LANGUAGE sql AS $$
    SELECT (avg(s.bytes::float8 / s.events) FILTER (WHERE s.side = upper)) / nullif(avg(s.bytes::float8 / s.events) FILTER (WHERE s.side = lower), 0)
      FROM bench.sizes s WHERE s.measure = of_measure AND s.round > 0
$$;

-- Prepared beforehand, so that making them is no part of the time. A choice from a list, by the hash of the row's number.
CREATE FUNCTION bench.one_of(n bigint, seed bigint, words text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT w.words[1 + (hashint8extended(n, seed) & 1073741823) % cardinality(w.words)] FROM (SELECT string_to_array(words, '|')) AS w (words)
$$;
CREATE UNLOGGED TABLE bench.new_models AS
SELECT n, concat_ws('-', r.subject, r.kind, n) AS model_name, initcap(r.subject || ' ' || r.kind) || ' ' || n AS display_name,
       format('%s the %s of customers in %s from %s features of the last %s days; retrained %s.', bench.one_of(n, 3, 'Predicts|Scores|Ranks|Explains'), r.subject,
              bench.one_of(n, 4, 'northern Europe|the Iberian markets|North America|all regions'), 40 + n % 300, 7 * (1 + n % 12),
              bench.one_of(n, 5, 'every night|weekly|when drift is found|by hand')) AS description,
       bench.one_of(n, 6, 'pytorch|tensorflow|sklearn|xgboost|jax') AS framework, bench.one_of(n, 7, 'low|medium|medium|high|critical') AS risk_level,
       bench.one_of(n, 8, 'ada|grace|alan|barbara|edsger') || '@example.com' AS primary_contact,
       bench.one_of(n, 9, 'payments|retail|logistics|risk') AS business_unit,
       jsonb_build_object('owner_team', bench.one_of(n, 10, 'fraud-ml|growth-ml|core-ml'), 'retrain_days', 7 * (1 + n % 4), 'features', 40 + n % 300,
                          'online', n % 3 = 0, 'ticket', 'ML-' || (1000 + n % 9000)) AS metadata
  FROM generate_series(1, :rows) AS n,
       LATERAL (SELECT bench.one_of(n, 1, 'fraud|churn|credit|demand|basket|support|document|pricing') AS subject,
                       bench.one_of(n, 2, 'detector|forecast|ranker|classifier|scorer') AS kind) AS r;
CREATE UNLOGGED TABLE bench.new_versions AS
SELECT row_number() OVER (ORDER BY m.n, v) AS n, m.n AS of_model, format('%s.%s.%s', v / 50, v % 50 / 5, v % 5)::semver AS semver,
       format('s3://models/%s/%s/model.onnx', m.model_name, v) AS artifact_uri, 100000000 + v * 977 + m.n AS artifact_size_bytes,
       encode(sha256((m.model_name || v)::bytea), 'hex') AS checksum_sha256, left(encode(sha256((v || m.model_name)::bytea), 'hex'), 40) AS git_commit,
       'main' AS git_branch, m.framework, '2.1.' || v % 4 AS framework_version, 'onnx' AS model_format,
       'Trained on the data of week ' || v AS description,
       jsonb_build_object('auc', 0.9 + v / 10000.0, 'f1', 0.8 + m.n / 100000.0, 'rows', 1000000 + m.n) AS performance_metrics
  FROM bench.new_models m, generate_series(0, :rows / 1000 - 1) AS v
 WHERE m.n <= 1000;

CREATE UNLOGGED TABLE bench.some_models (of_model bigint, model_id uuid);

-- The GIN indexes of models cost many times what is measured here, whichever log is written: without them the difference of
-- two times tells more. The single commits have them.
CREATE TABLE bench.dropped AS
SELECT i.indexrelid::regclass::text AS name, pg_get_indexdef(i.indexrelid) AS definition
  FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am a ON a.oid = c.relam
 WHERE i.indrelid = 'models'::regclass AND a.amname = 'gin';
SELECT format('DROP INDEX %s', name) FROM bench.dropped ORDER BY name \gexec

-- Identifiers that pgbench can compute.
CREATE FUNCTION bench.id(n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$SELECT lpad(n::text, 32, '0')::uuid$$;

-- What pgbench's sessions wait for, looked at every few milliseconds; NULL: for nothing. extend and page are locks that are
-- held for a moment, to make a table longer or to merge new entries into a GIN index; all others of the type Lock are held to
-- the end of a transaction.
CREATE TABLE bench.waits (side text, kind text, what text, waits bigint);
CREATE TABLE bench.samples (side text, samples bigint);
CREATE FUNCTION bench.watch(side text, seconds float8) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    ending timestamptz := clock_timestamp() + seconds * interval '1 s';
    samples bigint := 0;
BEGIN
    WHILE clock_timestamp() < ending LOOP
        PERFORM pg_stat_clear_snapshot();
        INSERT INTO bench.waits
        SELECT watch.side, a.wait_event_type, a.wait_event, count(*) FROM pg_stat_activity a
         WHERE a.application_name = 'pgbench' AND a.state = 'active' GROUP BY a.wait_event_type, a.wait_event;
        samples := samples + 1;
        PERFORM pg_sleep(0.003);
    END LOOP;
    INSERT INTO bench.samples VALUES (side, samples);
END
$$;
CREATE FUNCTION bench.wait_report() RETURNS TABLE
    (side text, samples bigint, sessions numeric, "wait for others" numeric, "wait for extend, page" numeric, "wait for LWLock" numeric, "wait for else" numeric, "running" numeric)
    LANGUAGE sql AS $$
    SELECT s.side, s.samples, sum(w.waits), coalesce(sum(w.waits) FILTER (WHERE w.kind = 'Lock' AND w.what NOT IN ('extend', 'page')), 0),
           coalesce(sum(w.waits) FILTER (WHERE w.kind = 'Lock' AND w.what IN ('extend', 'page')), 0),
           coalesce(sum(w.waits) FILTER (WHERE w.kind = 'LWLock'), 0), coalesce(sum(w.waits) FILTER (WHERE w.kind NOT IN ('Lock', 'LWLock')), 0),
           coalesce(sum(w.waits) FILTER (WHERE w.kind IS NULL), 0)
      FROM bench.samples s JOIN bench.waits w USING (side)
     GROUP BY s.side, s.samples ORDER BY s.side
$$;
VACUUM ANALYZE;
