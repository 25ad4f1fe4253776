-- The functions of the test module, in schema boundary_test. psql -v module=/path/to/mlregistry_boundary_test.so loads
-- it from elsewhere than $libdir.
\if :{?module}
\else
\set module '$libdir/mlregistry_boundary_test'
\endif

CREATE SCHEMA boundary_test;
SET search_path = boundary_test, pg_catalog;

CREATE FUNCTION bt_ballast_alive() RETURNS integer LANGUAGE c AS :'module';
CREATE FUNCTION bt_ballast_made() RETURNS integer LANGUAGE c AS :'module';

CREATE FUNCTION bt_throw(kind text) RETURNS text LANGUAGE c STRICT AS :'module';
CREATE FUNCTION bt_throw_long_work(kind text) RETURNS text LANGUAGE c STRICT AS :'module';
CREATE FUNCTION bt_guard_nothing() RETURNS boolean LANGUAGE c AS :'module';

CREATE FUNCTION bt_allocate(bytes bigint, "limit" bigint, alignment integer) RETURNS boolean
    LANGUAGE c STRICT AS :'module';
CREATE FUNCTION bt_blocks(n integer, alignment integer) RETURNS boolean LANGUAGE c STRICT AS :'module';
CREATE FUNCTION bt_kept(bytes integer, alignment integer) RETURNS bigint LANGUAGE c STRICT AS :'module';
CREATE FUNCTION bt_arena(n integer) RETURNS integer LANGUAGE c STRICT AS :'module';
CREATE FUNCTION bt_exhaust(place text, megabytes integer) RETURNS text LANGUAGE c STRICT AS :'module';

CREATE FUNCTION bt_postgres(sql text, way text) RETURNS bigint LANGUAGE c AS :'module';
CREATE FUNCTION bt_answer() RETURNS integer LANGUAGE c AS :'module';
CREATE FUNCTION bt_context_kept() RETURNS boolean LANGUAGE c AS :'module';

CREATE FUNCTION bt_loop(milliseconds integer) RETURNS text LANGUAGE c STRICT AS :'module';
CREATE FUNCTION bt_signalled_loop(milliseconds integer, signal integer) RETURNS text LANGUAGE c STRICT AS :'module';
CREATE FUNCTION bt_held_loop(milliseconds integer) RETURNS text LANGUAGE c STRICT AS :'module';
CREATE FUNCTION bt_held_runs() RETURNS integer LANGUAGE c AS :'module';
CREATE FUNCTION bt_false_alarm(times integer) RETURNS integer LANGUAGE c STRICT AS :'module';
CREATE FUNCTION bt_false_alarm_once() RETURNS boolean LANGUAGE c AS :'module';

CREATE FUNCTION bt_series(last integer, fails_at integer DEFAULT 0) RETURNS SETOF integer
    LANGUAGE c STRICT AS :'module';
CREATE FUNCTION bt_series_constructed() RETURNS integer LANGUAGE c AS :'module';
CREATE FUNCTION bt_series_destroyed() RETURNS integer LANGUAGE c AS :'module';

CREATE FUNCTION bt_leak_over_object() RETURNS void LANGUAGE c AS :'module';
CREATE FUNCTION bt_leak_in_catch() RETURNS void LANGUAGE c AS :'module';

-- Resident memory of this backend in kB.
CREATE FUNCTION rss() RETURNS integer LANGUAGE sql
    AS $$ SELECT (pg_catalog.regexp_match(pg_catalog.pg_read_file('/proc/self/status'), 'VmRSS:\s+(\d+) kB'))[1]::integer $$;

-- Runs a statement `times` times, each in a subtransaction that catches its error. Returns the SQLSTATEs that came,
-- and by how many kB the backend grew after the first tenth.
CREATE FUNCTION caught(statement text, times integer, OUT states text, OUT grown integer) LANGUAGE plpgsql AS $$
DECLARE
    seen text[] = '{}';
    settled integer;
BEGIN
    FOR i IN 1 .. times LOOP
        BEGIN
            EXECUTE statement;
            seen = seen || 'none'::text;
        EXCEPTION WHEN OTHERS OR query_canceled THEN
            seen = seen || SQLSTATE::text;
        END;
        IF i = times / 10 THEN
            settled = boundary_test.rss();
        END IF;
    END LOOP;
    grown = boundary_test.rss() - settled;
    SELECT string_agg(s || '×' || n, ' ' ORDER BY s) INTO states
      FROM (SELECT s, count(*) AS n FROM unnest(seen) AS s GROUP BY s) AS counted;
END $$;

-- An error that crosses n + 1 boundaries, one on top of the other.
CREATE FUNCTION deep(n integer) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
    RETURN boundary_test.bt_postgres(CASE n WHEN 0 THEN 'SELECT 1/0' ELSE format('SELECT boundary_test.deep(%s)', n - 1) END, 'through');
END $$;

-- Everything that a client can learn about the error of bt_postgres.
CREATE FUNCTION diagnostics(sql text, way text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    state text; message text; detail text; hint text; context text;
    a_schema text; a_table text; a_column text; a_type text; a_constraint text;
BEGIN
    EXECUTE 'SELECT boundary_test.bt_postgres($1, $2)' USING sql, way;
    RETURN 'no error';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS
        state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT,
        context = PG_EXCEPTION_CONTEXT, a_schema = SCHEMA_NAME, a_table = TABLE_NAME, a_column = COLUMN_NAME,
        a_type = PG_DATATYPE_NAME, a_constraint = CONSTRAINT_NAME;
    RETURN jsonb_build_array(state, message, detail, hint, context, a_schema, a_table, a_column, a_type, a_constraint);
END $$;
