-- Random ranges, grown from the grammar, over a dense table of versions: whichever way a range reaches the planner, the same
-- rows; sets, canonical forms and text agree with membership. The seed is printed, and psql variable seed repeats a run.
\set ON_ERROR_STOP on
\set QUIET on
\pset format unaligned
\pset tuples_only on
\pset pager off
SET search_path = public, mlregistry;
SET client_min_messages = warning;
\if :{?seed}
\else
SELECT round(random()::numeric, 6) AS seed \gset
\endif
SELECT '# seed ' || :seed;

-- Every version of a small world, and some beyond it.
CREATE TEMP TABLE world (v semver);
INSERT INTO world SELECT format('%s.%s.%s%s', a, b, c, p)::semver
  FROM generate_series(0, 3) AS a, generate_series(0, 3) AS b, generate_series(0, 3) AS c, unnest(ARRAY['', '-0', '-a', '-a.0', '-a.1', '-b', '-rc.10', '-z']) AS p;
INSERT INTO world VALUES ('9.9.9'), ('99999999999999999999.0.0'), ('1.0.0+build'), ('1.1.1-a+build'), (NULL);
CREATE INDEX ON world (v);
ANALYZE world;

CREATE FUNCTION pg_temp.pick(VARIADIC choices text[]) RETURNS text LANGUAGE sql VOLATILE AS
    'SELECT choices[1 + floor(random() * cardinality(choices))::int]';
CREATE FUNCTION pg_temp.partial() RETURNS text LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    parts int := 1 + floor(random() * 4)::int;                      -- 4: three parts too, so that they are half of all
    result text := pg_temp.pick('0', '1', '2', '3');
BEGIN
    IF random() < 0.08 THEN
        RETURN pg_temp.pick('*', 'x', 'X', 'x.x', '1.*', '2.x.x', '1.2.X', '0.x');
    END IF;
    FOR i IN 2 .. least(parts, 3) LOOP
        result := result || '.' || pg_temp.pick('0', '1', '2', '3');
    END LOOP;
    IF parts >= 3 AND random() < 0.4 THEN
        result := result || '-' || pg_temp.pick('0', 'a', 'a.0', 'a.1', 'b', 'rc.2', 'rc.10');
    END IF;
    RETURN result || CASE WHEN parts >= 3 AND random() < 0.05 THEN '+b.1' ELSE '' END;
END $$;
CREATE FUNCTION pg_temp.blank(fewest int) RETURNS text LANGUAGE sql VOLATILE AS
    $$SELECT repeat(pg_temp.pick(' ', ' ', ' ', E'\t', E'\n'), fewest + CASE WHEN random() < 0.1 THEN 1 ELSE 0 END)$$;
CREATE FUNCTION pg_temp.random_range() RETURNS text LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    result text := '';
    alternatives int := CASE WHEN random() < 0.6 THEN 1 WHEN random() < 0.95 THEN 2 + floor(random() * 3)::int ELSE 18 END;
BEGIN
    IF random() < 0.02 THEN
        RETURN pg_temp.pick('', '||', ' ', ' || ');
    END IF;
    FOR a IN 1 .. alternatives LOOP
        result := result || CASE WHEN a > 1 THEN pg_temp.blank(0) || '||' || pg_temp.blank(0) ELSE '' END;
        IF random() < 0.12 THEN
            result := result || pg_temp.partial() || pg_temp.blank(1) || '-' || pg_temp.blank(1) || pg_temp.partial();
        ELSE
            FOR c IN 1 .. (CASE WHEN random() < 0.6 THEN 1 WHEN random() < 0.9 THEN 2 ELSE 3 END) LOOP
                result := result || CASE WHEN c > 1 THEN pg_temp.blank(1) ELSE '' END
                          || pg_temp.pick('', '', '=', '<', '<=', '>', '>=', '>=', '^', '^', '~', '~>') || pg_temp.blank(0) || pg_temp.partial();
            END LOOP;
        END IF;
    END LOOP;
    RETURN result;
END $$;

SELECT setseed(:seed) \g /dev/null
CREATE TEMP TABLE r AS SELECT n, pg_temp.random_range() AS t, NULL::semver_range AS range FROM generate_series(1, 180) AS n;
UPDATE r SET range = t;

-- What satisfies a range, as one text in the order of versions. The slow way knows no plan: a range in a
-- subquery is no constant, and the function is called for every row.
CREATE FUNCTION pg_temp.slowly(wanted semver_range, mode boolean) RETURNS text LANGUAGE sql AS
    $$SELECT string_agg(v::text, ' ' ORDER BY v, v::text) FROM (SELECT v FROM world OFFSET 0) AS w WHERE satisfies(v, wanted, mode)$$;
CREATE FUNCTION pg_temp.planned(wanted semver_range, condition text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE result text; BEGIN
    EXECUTE format('SELECT string_agg(v::text, '' '' ORDER BY v, v::text) FROM world WHERE ' || condition, wanted) INTO result;
    RETURN result;
END $$;
CREATE TEMP TABLE answer AS SELECT n, range, t, pg_temp.slowly(range, false) AS releases, pg_temp.slowly(range, true) AS everything FROM r;
CREATE FUNCTION pg_temp.generic(wanted text, mode boolean) RETURNS text LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    IF mode THEN
        RETURN (SELECT string_agg(v::text, ' ' ORDER BY v, v::text) FROM world WHERE satisfies(v, wanted, true));
    END IF;
    RETURN (SELECT string_agg(v::text, ' ' ORDER BY v, v::text) FROM world WHERE v <@ wanted);
END $$;

SELECT plan(25);
SELECT cmp_ok((SELECT count(DISTINCT range) FROM r), '>', 100::bigint, 'the ranges are varied');
SELECT cmp_ok((SELECT count(*) FROM answer WHERE releases IS NOT NULL), '>', 60::bigint, 'many are satisfied');
SELECT cmp_ok((SELECT count(*) FROM answer WHERE everything IS DISTINCT FROM releases), '>', 40::bigint, 'for many the prerelease rule matters');

-- plans
SET enable_seqscan = off;
SET enable_bitmapscan = off;
SELECT is_empty($$SELECT t FROM answer WHERE releases IS DISTINCT FROM pg_temp.planned(range, 'v <@ %L')$$, 'constants by index scans');
SELECT is_empty($$SELECT t FROM answer WHERE releases IS DISTINCT FROM pg_temp.planned(range, '%L::semver_range @> v')$$, 'the other way round');
SELECT is_empty($$SELECT t FROM answer WHERE everything IS DISTINCT FROM pg_temp.planned(range, 'satisfies(v, %L, true)')$$, 'with prereleases');
SELECT is_empty($$SELECT t FROM answer WHERE releases IS DISTINCT FROM pg_temp.generic(t, false)$$, 'parameters of generic plans by index scans');
SELECT is_empty($$SELECT t FROM answer WHERE everything IS DISTINCT FROM pg_temp.generic(t, true)$$, 'with prereleases');
SET enable_hashjoin = off;
SET enable_mergejoin = off;
SET enable_material = off;
SELECT is_empty($$SELECT t FROM answer LEFT JOIN (SELECT n, string_agg(v::text, ' ' ORDER BY v, v::text) AS joined FROM r JOIN world ON v <@ r.range GROUP BY n) AS j USING (n) WHERE joined IS DISTINCT FROM releases$$, 'the column of another table');
SELECT is_empty($$SELECT t FROM answer LEFT JOIN (SELECT n, string_agg(v::text, ' ' ORDER BY v, v::text) AS joined FROM r JOIN world ON satisfies(v, r.range, true) GROUP BY n) AS j USING (n) WHERE joined IS DISTINCT FROM everything$$, 'with prereleases');
RESET enable_hashjoin;
RESET enable_mergejoin;
RESET enable_material;
SELECT is_empty($$SELECT t FROM answer, LATERAL (SELECT (SELECT v FROM world WHERE v <@ answer.range ORDER BY v DESC LIMIT 1) AS highest, (SELECT v FROM world WHERE v <@ answer.range ORDER BY v LIMIT 1) AS lowest) AS ends
    WHERE highest IS DISTINCT FROM (SELECT max(v::semver) FROM unnest(string_to_array(releases, ' ')) AS v) OR lowest IS DISTINCT FROM (SELECT min(v::semver) FROM unnest(string_to_array(releases, ' ')) AS v)$$, 'the ends of an index scan');
SET enable_bitmapscan = on;
SET enable_indexscan = off;
SET enable_indexonlyscan = off;
SELECT is_empty($$SELECT t FROM answer WHERE releases IS DISTINCT FROM pg_temp.planned(range, 'v <@ %L')$$, 'constants by bitmaps');
SELECT is_empty($$SELECT t FROM answer WHERE everything IS DISTINCT FROM pg_temp.planned(range, 'satisfies(v, %L, true)')$$, 'with prereleases');
SET enable_seqscan = on;
SET enable_bitmapscan = off;
SELECT is_empty($$SELECT t FROM answer WHERE releases IS DISTINCT FROM pg_temp.planned(range, 'v <@ %L') OR everything IS DISTINCT FROM pg_temp.planned(range, 'satisfies(v, %L, true)')$$, 'sequential scans');
SELECT is_empty($$SELECT t FROM answer WHERE pg_temp.planned(range, 'NOT v <@ %L') IS DISTINCT FROM
    (SELECT string_agg(v::text, ' ' ORDER BY v, v::text) FROM world WHERE NOT satisfies(v, range, false))$$, 'what does not satisfy it');
RESET enable_indexscan;
RESET enable_indexonlyscan;
RESET enable_bitmapscan;

-- text and canonical form
SELECT is_empty($$SELECT t, range FROM r WHERE range::text::semver_range::text <> range::text OR regexp_replace(t, '\s', '', 'g') <> regexp_replace(range::text, '\s', '', 'g') OR NOT is_semver_range(t)$$, 'printing and reading is the identity');
SELECT is_empty($$SELECT t FROM r WHERE semver_range_canonical(semver_range_canonical(range)) <> semver_range_canonical(range) OR semver_range_canonical(range)::semver_range <> range
    OR semver_range_hash(semver_range_canonical(range)) <> semver_range_hash(range)$$, 'canonical forms are fixed points, equal to the range');
SELECT is_empty($$SELECT t FROM answer WHERE pg_temp.slowly(semver_range_canonical(range), false) IS DISTINCT FROM releases OR pg_temp.slowly(semver_range_canonical(range, true), true) IS DISTINCT FROM everything$$, 'with the same members');
SELECT is_empty($$SELECT a.t, b.t FROM answer a, answer b WHERE a.range = b.range AND a.releases IS DISTINCT FROM b.releases OR (a.range = b.range) <> (semver_range_canonical(a.range) = semver_range_canonical(b.range))
    OR (a.range < b.range) <> (b.range > a.range) OR (a.range = b.range AND semver_range_hash_extended(a.range, 5) <> semver_range_hash_extended(b.range, 5))$$, 'equal is of one canonical form');

-- bounds and sides
SELECT is_empty($$SELECT t, v FROM answer, world WHERE satisfies(v, range) AND (v < range_lower(range) OR v > range_upper(range) OR (v = range_lower(range) AND NOT range_lower_inclusive(range)) OR (v = range_upper(range) AND NOT range_upper_inclusive(range)) OR outside(v, range) <> 0)
    OR satisfies(v, range, true) AND (v < range_lower(range, true) OR v > range_upper(range, true) OR outside(v, range, true) <> 0)$$, 'members are inside the bounds');
SELECT is_empty($$SELECT t FROM answer, LATERAL (SELECT max(x::semver) AS highest, min(x::semver) AS lowest FROM unnest(string_to_array(releases, ' ')) AS x) AS m
    WHERE max_satisfying((SELECT array_agg(v) FROM world), range) IS DISTINCT FROM highest OR min_satisfying((SELECT array_agg(v) FROM world), range) IS DISTINCT FROM lowest$$, 'the highest and the lowest');

-- sets, as far as a finite world can show: what is there must be so; of emptiness and containment it proves the opposite only
CREATE TEMP TABLE pair AS
SELECT a.t AS at, b.t AS bt, a.range AS a, b.range AS b, string_to_array(a.releases, ' ') AS am, string_to_array(b.releases, ' ') AS bm, string_to_array(a.everything, ' ') AS ae, string_to_array(b.everything, ' ') AS be
  FROM answer a, answer b WHERE a.n <= 100 AND b.n <= 100;
SELECT is_empty($$SELECT at, bt FROM pair WHERE (coalesce(am && bm, false) AND NOT a && b) OR (coalesce(ae && be, false) AND NOT range_intersects(a, b, true)) OR (a && b) <> (b && a) OR (a && b) <> range_intersects(a, b)$$, 'what have a member in common overlap');
SELECT is_empty($$SELECT at, bt FROM pair WHERE (a <@ b AND NOT coalesce(am, '{}') <@ coalesce(bm, '{}')) OR (range_subset(a, b, true) AND NOT coalesce(ae, '{}') <@ coalesce(be, '{}')) OR (a <@ b) <> (b @> a) OR (a <@ b) <> range_subset(a, b)
    OR (a = b AND NOT (a <@ b AND b <@ a)) OR (a <@ b AND NOT range_is_empty(a) AND NOT a && b)$$, 'what is contained has no member outside');
SELECT is_empty($$SELECT t FROM answer WHERE (range_is_empty(range) AND releases IS NOT NULL) OR (range_is_empty(range, true) AND everything IS NOT NULL) OR (range && range) = range_is_empty(range) OR NOT range <@ range OR NOT range <@ semver_range(range::text || CASE WHEN range::text IN ('', '||') THEN '' ELSE ' || 3.x' END)$$, 'what is empty has none');
SELECT cmp_ok((SELECT count(*) FROM pair WHERE a && b <> coalesce(am && bm, false) OR (a <@ b) <> (coalesce(am, '{}') <@ coalesce(bm, '{}'))), '<', (SELECT count(*) / 10 FROM pair), 'and a dense world shows nearly all of it');
SELECT * FROM finish();
