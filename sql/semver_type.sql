-- Type semver: what it reads, what it writes, what it refuses and how.
SET search_path = public, mlregistry;

-- reads and writes
SELECT v::semver::text AS version
  FROM (VALUES ('0.0.0'), ('1.2.3'), ('10.20.30'), ('1.0.0-alpha'), ('1.0.0-alpha.1'), ('1.0.0-0A.is.legal'),
               ('1.0.0--'), ('1.0.0+-'), ('1.0.0+001'), ('1.2.3----RC-SNAPSHOT.12.9.1--.12+788'),
               ('99999999999999999999999.999999999999999999.99999999999999999'), ('1.0.0-18446744073709551616')) AS t (v);

-- the longest version, and one character more
SELECT length(('1.0.0-' || repeat('a', 250))::semver::text);
SELECT ('1.0.0-' || repeat('a', 251))::semver;
SELECT ('1.0.0-' || repeat('9', 250))::semver::text = '1.0.0-' || repeat('9', 250) AS unbounded;

-- refused, with the place
CREATE FUNCTION pg_temp.refusal(value text, OUT state text, OUT detail text, OUT hint text) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM value::semver;
    state := 'accepted';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
END $$;
SELECT v, r.* FROM unnest(ARRAY['', ' ', '1', '1.2', '1.2.3.4', 'v1.2.3', 'V1.2.3', '=1.2.3', ' 1.2.3', '1.2.3 ', '01.2.3', '1.02.3',
        '1.2.03', '1.2.3-', '1.2.3+', '1.2.3-+b', '1.2.3-a..b', '1.2.3-a.', '1.2.3-01', '1.2.3-a.01', '1.2.3+a+b',
        '1.2.3-a_b', '1.2.3-é', '１.2.3', '-1.2.3', '1.2.3~rc1', '1.2.3rc1', '1e3.0.0', '^1.2.3', 'latest', '1.x.0']) AS v,
    pg_temp.refusal(v) AS r;
SELECT state, detail, hint FROM pg_temp.refusal(repeat('1', 1000000));
SELECT state, left(detail, 60) AS detail FROM pg_temp.refusal(repeat('é', 200));
SELECT 'v1.2.3'::semver;
SELECT E'1.2.3\n'::semver;

-- NULL
SELECT NULL::semver IS NULL AS cast_null, semver(NULL::text) IS NULL AS text_null, is_semver(NULL) IS NULL AS predicate_null;

-- drivers send typed text: versions are read from it wherever one is wanted
CREATE TEMP TABLE v (id int, version semver, loose text, short varchar(20));
INSERT INTO v SELECT n, format('1.%s.0', n), format('1.%s.0', n), format('1.%s.0', n) FROM generate_series(1, 5) AS n;
SELECT id FROM v WHERE version = '1.3.0'::text;
SELECT id FROM v WHERE version = '1.3.0'::varchar;
SELECT id FROM v WHERE version BETWEEN '1.2.0'::text AND '1.4.0'::varchar ORDER BY id;
SELECT id FROM v WHERE version = ANY (ARRAY['1.1.0', '1.5.0']::text[]) ORDER BY id;
SELECT id FROM v WHERE version = loose AND version = short ORDER BY id;
SELECT id FROM v WHERE version IN ('1.1.0', '1.2.0+build') ORDER BY id;
PREPARE typed (text) AS SELECT id FROM v WHERE version = $1;
EXECUTE typed ('1.4.0');
UPDATE v SET loose = version WHERE id = 1;      -- assignment cast
SELECT 'is ' || version || '!' AS concatenated FROM v WHERE id = 1;
CREATE INDEX ON v (version);
SET enable_seqscan = off;
EXPLAIN (COSTS OFF) SELECT id FROM v WHERE version = '1.3.0'::text;
RESET enable_seqscan;

-- arrays, composites, COPY in both formats
SELECT ARRAY['2.0.0', '1.0.0-rc.1+b']::semver[];
SELECT array_agg(version ORDER BY version DESC) FROM v;
SELECT (ARRAY['1.0.0', '2.0.0']::semver[])[2], '1.0.0'::semver = ANY (ARRAY['1.0.0+x']::semver[]) AS member;
COPY (SELECT version FROM v ORDER BY version LIMIT 2) TO STDOUT;
SELECT encode(semver_send('1.2.3-rc.1+b'), 'escape');

-- storage: no byte more than documented
SELECT t, pg_column_size(t::semver) AS bytes
  FROM unnest(ARRAY['1.2.3', '191.191.191', '192.0.0', '12479.0.0', '12480.0.0', '1.0.0-rc.1', '1.0.0-alpha', '1.0.0+build', '18446744073709551615.0.0', '18446744073709551616.0.0']) AS t;
