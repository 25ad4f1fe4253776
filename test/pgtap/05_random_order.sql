-- Order, equality and hash of random versions against a slow, obvious evaluator: text, split and compared as SemVer 2.0.0
-- says in words. The seed is printed, and psql variable seed repeats a run.
\set ON_ERROR_STOP on
\set QUIET on
\pset format unaligned
\pset tuples_only on
\pset pager off
SET search_path = public, mlregistry;
\if :{?seed}
\else
SELECT round(random()::numeric, 6) AS seed \gset
\endif
SELECT '# seed ' || :seed;

-- Section 11 of the specification, word by word.
CREATE FUNCTION pg_temp.slow_identifier_cmp(a text, b text) RETURNS int LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN a ~ '^[0-9]+$' AND b ~ '^[0-9]+$' THEN sign(a::numeric - b::numeric)::int
                WHEN a ~ '^[0-9]+$' THEN -1
                WHEN b ~ '^[0-9]+$' THEN 1
                WHEN a COLLATE "C" < b COLLATE "C" THEN -1
                WHEN a COLLATE "C" > b COLLATE "C" THEN 1
                ELSE 0 END
$$;
CREATE FUNCTION pg_temp.slow_cmp(a text, b text) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    core_a text[] := string_to_array(substring(a from '^[0-9.]+'), '.');
    core_b text[] := string_to_array(substring(b from '^[0-9.]+'), '.');
    pre_a text[] := string_to_array(substring(split_part(a, '+', 1) from '^[0-9.]+-(.*)$'), '.');
    pre_b text[] := string_to_array(substring(split_part(b, '+', 1) from '^[0-9.]+-(.*)$'), '.');
    c int;
BEGIN
    FOR i IN 1..3 LOOP
        c := sign(core_a[i]::numeric - core_b[i]::numeric);
        IF c <> 0 THEN RETURN c; END IF;
    END LOOP;
    IF pre_a IS NULL OR pre_b IS NULL THEN
        RETURN (pre_a IS NULL)::int - (pre_b IS NULL)::int;
    END IF;
    FOR i IN 1..least(cardinality(pre_a), cardinality(pre_b)) LOOP
        c := pg_temp.slow_identifier_cmp(pre_a[i], pre_b[i]);
        IF c <> 0 THEN RETURN c; END IF;
    END LOOP;
    RETURN sign(cardinality(pre_a) - cardinality(pre_b));
END $$;

-- Hostile on purpose: few different parts, so that many versions share long beginnings; edges of every number code.
CREATE FUNCTION pg_temp.pick(VARIADIC choices text[]) RETURNS text LANGUAGE sql VOLATILE AS
    'SELECT choices[1 + floor(random() * cardinality(choices))::int]';
CREATE FUNCTION pg_temp.random_number() RETURNS text LANGUAGE sql VOLATILE AS $$
    SELECT pg_temp.pick('0', '1', '2', '9', '10', '23', '24', '191', '192', '255', '256', '2839', '2840', '12479', '12480', '65535', '65536',
                        '16777216', '4294967295', '4294967296', '9223372036854775807', '18446744073709551615', '18446744073709551616',
                        '99999999999999999999', '100000000000000000000', '123456789012345678901234567890')
$$;
CREATE FUNCTION pg_temp.random_version() RETURNS text LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    version text := CASE WHEN random() < 0.6 THEN pg_temp.pick('0.0.0', '1.0.0', '1.0.1', '1.10.0')
                         ELSE pg_temp.random_number() || '.' || pg_temp.random_number() || '.' || pg_temp.random_number() END;
    separator text := '-';
BEGIN
    WHILE random() < CASE separator WHEN '-' THEN 0.7 ELSE 0.5 END LOOP
        version := version || separator || CASE WHEN random() < 0.4 THEN pg_temp.random_number()
            ELSE pg_temp.pick('a', 'A', 'alpha', 'alphab', 'alpha-', 'a1', '1a', '0a', '-', '--', '-1', 'rc', 'z', 'Z', '00-', '9z') END;
        separator := '.';
    END LOOP;
    RETURN version || CASE WHEN random() < 0.2 THEN '+' || pg_temp.pick('1', '01', 'a', 'a.b', '-', 'build.7') ELSE '' END;
END $$;

SELECT setseed(:seed) \g /dev/null
CREATE TEMP TABLE sample AS SELECT n, pg_temp.random_version() AS t FROM generate_series(1, 260) AS n;
ALTER TABLE sample ADD v semver;
UPDATE sample SET v = t;
CREATE TEMP TABLE pair AS
SELECT a.t AS at, b.t AS bt, a.v AS a, b.v AS b, pg_temp.slow_cmp(a.t, b.t) AS truth FROM sample a, sample b WHERE a.n <= b.n;

SELECT plan(9);
SELECT cmp_ok((SELECT count(DISTINCT t) FROM sample), '>', 150::bigint, 'the sample is varied');
SELECT cmp_ok((SELECT count(*) FROM pair WHERE truth = 0 AND at <> bt), '>', 0::bigint, 'it has versions that differ in build only');
SELECT is_empty('SELECT t, v FROM sample WHERE t <> v::text', 'versions print as they were written');
SELECT is_empty('SELECT at, bt, truth FROM pair WHERE sign(semver_cmp(a, b)) <> truth OR sign(semver_cmp(b, a)) <> -truth', 'comparison');
SELECT is_empty('SELECT at, bt, truth FROM pair WHERE (a < b) <> (truth < 0) OR (a <= b) <> (truth <= 0) OR (a = b) <> (truth = 0) OR (a <> b) <> (truth <> 0) OR (a >= b) <> (truth >= 0) OR (a > b) <> (truth > 0)', 'operators');
SELECT is_empty('SELECT at, bt FROM pair WHERE truth = 0 AND (semver_hash(a) <> semver_hash(b) OR semver_hash_extended(a, 99) <> semver_hash_extended(b, 99))', 'equal versions have equal hashes');
SELECT cmp_ok((SELECT count(DISTINCT semver_hash(v)) FROM sample), '>=', (SELECT count(DISTINCT v) - 2 FROM sample), 'different ones hardly ever do');
SELECT is_empty('SELECT at, bt FROM pair WHERE semver_identical(a, b) <> (at = bt) OR (truth <> 0 AND sign(semver_build_cmp(a, b)) <> truth) OR sign(semver_build_cmp(a, b)) <> -sign(semver_build_cmp(b, a))', 'the total order refines precedence');
SELECT is_empty($$
    SELECT t FROM (SELECT t, lag(t) OVER (ORDER BY v) AS before FROM sample) AS s WHERE before IS NOT NULL AND pg_temp.slow_cmp(before, t) > 0
$$, 'sorting with abbreviated keys');
SELECT * FROM finish();
