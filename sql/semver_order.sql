-- Order, equality, hashing and indexes of type semver.
SET search_path = public, mlregistry;
SET max_parallel_workers_per_gather = 0;

-- plans, without what differs between releases of PostgreSQL
CREATE FUNCTION pg_temp.plan(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE line text;
BEGIN
    FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP
        RETURN NEXT regexp_replace(line, 'InitPlan 1.*', 'InitPlan 1');
    END LOOP;
END $$;

CREATE TEMP TABLE spec (n serial, version semver);
INSERT INTO spec (version) VALUES ('1.0.0-alpha'), ('1.0.0-alpha.1'), ('1.0.0-alpha.beta'), ('1.0.0-beta'), ('1.0.0-beta.2'),
    ('1.0.0-beta.11'), ('1.0.0-rc.1'), ('1.0.0'), ('1.0.1-0'), ('1.0.1'), ('1.9.0'), ('1.10.0'), ('1.11.0'), ('2.0.0-0'),
    ('2.0.0--'), ('2.0.0-A'), ('2.0.0-a'), ('2.0.0'), ('191.0.0'), ('192.0.0'), ('12479.0.0'), ('12480.0.0'), ('65536.0.0'),
    ('18446744073709551615.0.0'), ('18446744073709551616.0.0'), ('100000000000000000000000.0.0');
SELECT array_agg(n ORDER BY version) = array_agg(n ORDER BY n) AS sorts_as_the_specification_says FROM spec;

-- all operators agree with each other, for every pair
SELECT count(*) AS pairs,
       bool_and((a.version < b.version) = (a.n < b.n) AND (a.version <= b.version) = (a.n <= b.n)
            AND (a.version = b.version) = (a.n = b.n) AND (a.version <> b.version) = (a.n <> b.n)
            AND (a.version >= b.version) = (a.n >= b.n) AND (a.version > b.version) = (a.n > b.n)
            AND sign(semver_cmp(a.version, b.version)) = sign(a.n - b.n)) AS agree
  FROM spec a, spec b;

-- build metadata is not compared, but kept
SELECT '1.0.0+a'::semver = '1.0.0+b'::semver AS equal, '1.0.0+a'::semver < '1.0.0+b'::semver AS less,
       semver_hash('1.0.0+a') = semver_hash('1.0.0') AS same_hash,
       semver_hash_extended('1.0.0+a', 42) = semver_hash_extended('1.0.0', 42) AS same_extended_hash,
       semver_identical('1.0.0+a', '1.0.0+b') AS identical;
SELECT count(DISTINCT v) FROM unnest('{1.0.0+a,1.0.0+b,1.0.0,1.0.0-a}'::semver[]) AS v;
SELECT min(v), max(v) FROM unnest('{1.0.0+first,1.0.0+second,2.0.0+first,2.0.0+second}'::semver[]) AS v;
SELECT min(v) IS NULL AS no_rows FROM unnest('{}'::semver[]) AS v;
SELECT max(v) FROM unnest('{1.0.0,NULL,2.0.0-rc.1}'::semver[]) AS v;

-- total order: precedence, then build
SELECT array_agg(v ORDER BY v USING *<) FROM unnest('{1.0.0+b,1.0.0+10,1.0.0,1.0.0+2,1.0.0+a.1,1.0.0+a,1.0.0-x+z,1.0.0+02}'::semver[]) AS v;
SELECT a *< b, a *<= b, a *= b, a *<> b, a *>= b, a *> b FROM (VALUES ('1.0.0+1'::semver, '1.0.0+2'::semver)) AS t (a, b);

-- operator classes
SELECT opc.opcname, am.amname, opc.opcdefault, amvalidate(opc.oid)
  FROM pg_opclass opc JOIN pg_am am ON am.oid = opc.opcmethod
 WHERE opc.opcintype = 'semver'::regtype ORDER BY 1, 2;
SELECT count(*) AS equalimage_functions FROM pg_amproc WHERE amproclefttype = 'semver'::regtype AND amprocnum = 4
   AND amprocfamily IN (SELECT opfamily.oid FROM pg_opfamily opfamily JOIN pg_am am ON am.oid = opfmethod WHERE amname = 'btree');

-- every operator has commutator, negator and estimators of its own kind
SELECT o.oprname, c.oprname AS commutator, n.oprname AS negator, o.oprrest, o.oprjoin, o.oprcanmerge, o.oprcanhash, p.proleakproof
  FROM pg_operator o JOIN pg_proc p ON p.oid = o.oprcode LEFT JOIN pg_operator c ON c.oid = o.oprcom LEFT JOIN pg_operator n ON n.oid = o.oprnegate
 WHERE o.oprleft = 'semver'::regtype AND o.oprright = 'semver'::regtype ORDER BY o.oprname COLLATE "C";

-- indexes over hostile values, checked by amcheck
CREATE EXTENSION amcheck;
CREATE TABLE hostile (n int, version semver);
INSERT INTO hostile
SELECT n, CASE n % 7
              WHEN 0 THEN format('%s.0.0', repeat('9', n % 240 + 1))
              WHEN 1 THEN format('0.0.0-%s', repeat('a', n % 240 + 1))
              WHEN 2 THEN format('0.0.0-%s', rtrim(repeat('0.', n % 120 + 1), '.'))
              WHEN 3 THEN format('%s.%s.%s', n % 3, n % 500, n % 13000)
              WHEN 4 THEN format('1.0.0-rc.%s+build.%s', n % 30, n)
              WHEN 5 THEN format('1.0.0+%s', repeat('x', n % 240 + 1))
              ELSE format('1.0.0-%s.-.%s', n % 30, repeat('1', n % 100 + 1)) END::semver
  FROM generate_series(1, 20000) AS n;
CREATE INDEX hostile_btree ON hostile (version);
CREATE INDEX hostile_total ON hostile (version semver_build_ops);
CREATE INDEX hostile_hash ON hostile USING hash (version);
ANALYZE hostile;
SELECT bt_index_parent_check('hostile_btree', true, true);
SELECT bt_index_parent_check('hostile_total', true, true);

-- a sequential scan and each index give the same rows
SET enable_seqscan = on; SET enable_indexscan = off; SET enable_indexonlyscan = off; SET enable_bitmapscan = off;
CREATE TEMP TABLE seq AS SELECT p.version, (SELECT array_agg(h.n ORDER BY h.n) FROM hostile h WHERE h.version = p.version) AS equal,
       (SELECT count(*) FROM hostile h WHERE h.version < p.version) AS less FROM (SELECT DISTINCT version FROM hostile WHERE n % 500 < 5) AS p;
SET enable_seqscan = off; SET enable_indexscan = on; SET enable_indexonlyscan = on; SET enable_bitmapscan = on;
SELECT count(*) > 100 AS probes, bool_and(s.equal = (SELECT array_agg(h.n ORDER BY h.n) FROM hostile h WHERE h.version = s.version)
       AND s.less = (SELECT count(*) FROM hostile h WHERE h.version < s.version)) AS same FROM seq s;
DROP INDEX hostile_btree, hostile_total;
SELECT pg_temp.plan($$SELECT n FROM hostile WHERE version = '1.2.3'$$);
SELECT bool_and(s.equal = (SELECT array_agg(h.n ORDER BY h.n) FROM hostile h WHERE h.version = s.version)) AS same_by_hash FROM seq s;
RESET enable_seqscan;

-- plans: order, extremes, merge and hash joins
CREATE INDEX hostile_btree ON hostile (version);
VACUUM ANALYZE hostile;
SELECT pg_temp.plan($$SELECT max(version) FROM hostile$$);
SELECT pg_temp.plan($$SELECT version FROM hostile WHERE version >= '1.0.0' AND version < '2.0.0' ORDER BY version LIMIT 10$$);
SET enable_mergejoin = off; SET enable_nestloop = off;
SELECT pg_temp.plan($$SELECT count(*) FROM hostile a JOIN hostile b USING (version)$$);
SELECT count(*) FROM hostile a JOIN hostile b USING (version) WHERE a.n < 700;
RESET enable_mergejoin; SET enable_hashjoin = off;
SELECT count(*) FROM hostile a JOIN hostile b USING (version) WHERE a.n < 700;
RESET enable_hashjoin; RESET enable_nestloop;

-- hash aggregation and sorting find the same groups
SET enable_hashagg = off;
SELECT count(*) FROM (SELECT version FROM hostile GROUP BY version) AS g;
RESET enable_hashagg; SET enable_sort = off; SET enable_indexonlyscan = off; SET enable_indexscan = off;
SELECT count(*) FROM (SELECT version FROM hostile GROUP BY version) AS g;
RESET enable_sort; RESET enable_indexonlyscan; RESET enable_indexscan;

-- estimates use the statistics
CREATE FUNCTION pg_temp.estimate(query text) RETURNS float LANGUAGE plpgsql AS $$
DECLARE plan json;
BEGIN
    EXECUTE 'EXPLAIN (FORMAT json) ' || query INTO plan;
    RETURN (plan -> 0 -> 'Plan' ->> 'Plan Rows')::float;
END $$;
SELECT pg_temp.estimate($$SELECT FROM hostile WHERE version < '1.0.0'$$) / (SELECT count(*) FROM hostile WHERE version < '1.0.0') BETWEEN 0.5 AND 2 AS less,
       pg_temp.estimate($$SELECT FROM hostile WHERE version >= '1.0.0'$$) / (SELECT count(*) FROM hostile WHERE version >= '1.0.0') BETWEEN 0.5 AND 2 AS more,
       pg_temp.estimate($$SELECT FROM hostile WHERE version = '1.0.0'$$) / (SELECT count(*) FROM hostile WHERE version = '1.0.0') BETWEEN 0.5 AND 2 AS equal;

-- PostgreSQL's own ranges work on the type
CREATE TYPE semver_span AS RANGE (SUBTYPE = semver);
SELECT '[1.0.0,2.0.0)'::semver_span @> '2.0.0-rc.1'::semver AS below_2, '[1.0.0,]'::semver_span @> '1000.0.0'::semver AS open,
       '(1.0.0,1.2.3)'::semver_span @> '1.0.0'::semver AS excluded;
DROP TYPE semver_span;

-- uniqueness is by precedence
CREATE TABLE only_once (version semver PRIMARY KEY);
INSERT INTO only_once VALUES ('1.0.0+cpu');
INSERT INTO only_once VALUES ('1.0.0+cu121');
DROP TABLE only_once, hostile;
DROP EXTENSION amcheck;
