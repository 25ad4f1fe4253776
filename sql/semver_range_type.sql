-- Type semver_range: what it reads, what it writes, what it means, what it refuses and how.
SET search_path = public, mlregistry;
\set SHOW_CONTEXT never

-- Reads and writes: what was written comes back, but for blanks.
SELECT t AS written, t::semver_range::text AS printed, semver_range_canonical(t) AS canonical, semver_range_canonical(t, true) AS with_prereleases
  FROM unnest(ARRAY['1.2.3', '=1.2.3', '1.2', '1', '*', 'x', 'X', '', '||', '1.x', '1.2.*', '1.X.x', '^1.4', '^0.2.3', '^0.0.3', '^0.0', '^0', '~1.2',
                    '~1.2.3', '~>1.2', '~1', '>=1.2', '>1.2', '<=1.2', '<1.2', '>1', '<1', '>*', '<*', '1.0 - 1.5', '1.2.3 - 2', '1.2.3 - 2.0.0',
                    '>=2 <3 || 4.x', '^1.2.3-rc.1', '>=1.0.0-alpha <1.0.0', '1.2.3+build.7', '^1.2.3-rc.1+b', '* || 1.2.3', '1.0.0 || 1.0.0',
                    '>2 <1', '>1.2.3-rc.1 <1.2.3-rc.1', '=1', '<0.0.0-0', '<0.0.0']) AS t;
SELECT replace(replace(t, E'\t', '\t'), E'\n', '\n') AS written, t::semver_range::text AS printed
  FROM unnest(ARRAY['  ^1.4  ', E'^\t1.4', E'>=  1.0.0\n <2', '>= 2   <3||4.x', '1.0.0   -   2.0.0', ' || ', '   ', '^ 1', '~ > 1'::text]) AS t
 WHERE is_semver_range(t);
SELECT '99999999999999999999.99999999999999999999.99999999999999999999'::semver_range, semver_range_canonical('^99999999999999999999') AS carried;
-- Printing it again changes nothing, nor does the canonical form of a canonical form.
SELECT bool_and(t::semver_range::text::semver_range::text = t::semver_range::text) AS printed_again,
       bool_and(semver_range_canonical(semver_range_canonical(t)) = semver_range_canonical(t)) AS canonical_again,
       bool_and(semver_range_canonical(t)::semver_range = t::semver_range) AS canonical_equal
  FROM unnest(ARRAY['1.2.3', '1', '', '||', '^0.0', '~> 1', '>2 <1', '1.2.3 - 2', '>=2  <3||4.x', '^1.2.3-rc.1+b']) AS t;

-- Refused, with the place. What looks like a range is none.
CREATE FUNCTION pg_temp.refusal(value text, OUT state text, OUT detail text) LANGUAGE plpgsql AS $$
BEGIN
    state := 'accepted as ' || value::semver_range;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, detail = PG_EXCEPTION_DETAIL;
END $$;
SELECT v, r.* FROM unnest(ARRAY['latest', 'blerg', '^', '~', '>=', '=', '||1', '1||', '1 || || 2', '1 | 2', '|', '1 |', '1,2', '>=1, <2', '1.2.3.4',
        '01', '1.02', '1.2.03', '1.2.3-01', '1.2.3-', '1.2.3+', '1.2.3-a..b', 'v1.2.3', '>=v1', '^V1', '1.x.2', '*.1', 'x.1.2', '1.x.3-rc', '1.2-rc',
        '1-rc.1', '^^1', '~^1', '>>1', '=>1', '==1', '~=1', '!=1', '!1', '1 -2', '1- 2', '1 -', '- 2', '1 - ^2', '>1 - 2', '1 - 2 3', '1 - 2 - 3',
        '1 2 - 3', '[1,2)', '(1,2]', '1..2', '.1', '1.', '-1', '+1', '1e3', '１.２', '≥1', '1.2.3-é', E'1\u00a02', E'1\u20032', '1;2', '1 and 2', 'é',
        'git+https://example.org/x', 'file:../x', '1.2.3/4', '1.2.3@4']) AS v,
    pg_temp.refusal(v) AS r;
SELECT '^1.4 <>2'::semver_range;
SELECT '^1.02'::text::semver_range;
SELECT semver_range('>=1, <2');
-- limits
SELECT v, r.* FROM (VALUES ('longest', repeat(' ', 4093) || '1.x'), ('too long', repeat(' ', 4094) || '1.x'), ('64', repeat('1 ', 64)), ('65', repeat('1 ', 65)),
        ('64 of ||', repeat('1||', 63) || '1'), ('65 of ||', repeat('1||', 64) || '1'), ('a version of 256', '1.0.0-' || repeat('a', 250)),
        ('of 257', '1.0.0-' || repeat('a', 251)), ('a bound of 256', '^' || repeat('9', 249)), ('a bound of 257', '^' || repeat('9', 250)), ('1 MB', repeat('1', 1000000)),
        ('1 MB of blanks', repeat(' ', 1000000)), ('1 MB of bars', repeat('|', 1000000)), ('1 MB of junk', repeat('é^', 400000))) AS t (v, text),
    LATERAL (SELECT left(state, 40) AS state, detail FROM pg_temp.refusal(t.text)) AS r;
SELECT repeat('^1 ', 400000)::semver_range;
SELECT is_semver_range(''), is_semver_range('^1.4'), is_semver_range('latest'), is_semver_range(repeat('1', 1000000)), is_semver_range(NULL) IS NULL AS "null";

-- Cargo: a bare version is a caret, commas are and.
SELECT t AS requirement, semver_range_from_cargo(t)::text AS range, semver_range_canonical(semver_range_from_cargo(t)) AS canonical
  FROM unnest(ARRAY['1.2.3', '1.2', '1', '0.2.3', '=1.2.3', '=1.2', '^1.2', '~1.2', '1.*', '*', '>=1.2, <1.5', '>1, <=2', ' >= 1.2.3 , < 2 ']) AS t;
SELECT semver_range_from_cargo('1.2 || 2');
SELECT semver_range_from_cargo('');
SELECT semver_range_from_cargo('1.2,');
SELECT semver_range_from_cargo('>=1.2 <1.5');
SELECT semver_range_from_cargo(repeat('1, ', 33) || '1');
SELECT semver_range_from_cargo(repeat('1', 1000000));

-- NULL
SELECT NULL::semver_range IS NULL AS "cast", semver_range(NULL) IS NULL AS text, semver_range_canonical(NULL) IS NULL AS canonical,
       satisfies(NULL, '*') IS NULL AS version, satisfies('1.0.0', NULL) IS NULL AS range, satisfies('1.0.0', '*', NULL) IS NULL AS mode,
       outside(NULL, '*') IS NULL AS outside, range_intersects(NULL, '*'::semver_range) IS NULL AS overlaps, range_subset(NULL, '*'::semver_range) IS NULL AS contains,
       range_is_empty(NULL) IS NULL AS empty, range_lower(NULL) IS NULL AS lower, semver_range_from_cargo(NULL) IS NULL AS cargo,
       max_satisfying(NULL::semver[], '*') IS NULL AS highest, (NULL::semver <@ '*'::semver_range) IS NULL AS operator;

-- Casts: drivers send typed text, ranges are read from it wherever one is wanted.
CREATE TEMP TABLE want (id int, range semver_range, loose text, short varchar(40));
INSERT INTO want VALUES (1, '^1.4', '^1.4', '^1.4'), (2, '>=1.4.0 <2.0.0-0', '1.x', '~2'), (3, '2 || 3', '2 || 3', '=1.4.2'), (4, NULL, NULL, NULL);
SELECT id, '1.4.2'::semver <@ range AS range, '1.4.2'::semver <@ loose AS loose, '1.4.2'::semver <@ short AS short FROM want ORDER BY id;
SELECT id FROM want WHERE range = '^1.4'::text ORDER BY id;
SELECT id FROM want WHERE range = '^1.4'::varchar ORDER BY id;
SELECT id FROM want WHERE range = loose ORDER BY id;
SELECT id FROM want WHERE range = ANY (ARRAY['^1.4', '2||3']::text[]::semver_range[]) ORDER BY id;
PREPARE as_text (text) AS SELECT id FROM want WHERE range @> '1.9.0'::semver AND range && $1 ORDER BY id;
EXECUTE as_text ('1.x');
PREPARE as_varchar (varchar) AS SELECT '1.4.2'::semver <@ $1 AS inside;
EXECUTE as_varchar ('^1.4');
PREPARE as_range (semver_range) AS SELECT '1.4.2'::semver <@ $1 AS inside;
EXECUTE as_range ('^1.5');
EXECUTE as_text ('latest');
PREPARE both_text (text, text) AS SELECT satisfies($1, $2), satisfies($1, $2, true);
EXECUTE both_text ('1.4.0-rc.1', '1.x');
UPDATE want SET loose = range WHERE id = 2 RETURNING loose;         -- assignment cast
SELECT 'range ' || range || '!' AS concatenated FROM want WHERE id = 3;
SELECT range::text, range::varchar(4) FROM want WHERE id = 2;
SELECT length(range) FROM want;                                     -- no implicit cast to text
DROP TABLE want;

-- Operators and their function forms.
SELECT v, r, v <@ r AS "<@", r @> v AS "@>", satisfies(v, r) AS satisfies, semver_in_range(v, r) AS in_range, semver_range_has(r, v) AS has,
       satisfies(v, r, true) AS with_prereleases, outside(v, r) AS outside, outside(v, r, true) AS outside_prereleases
  FROM (VALUES ('1.4.0', '^1.4'), ('1.3.9', '^1.4'), ('2.0.0', '^1.4'), ('2.0.0-rc.1', '^1.4'), ('1.4.0-rc.1', '^1.4'), ('1.5.0-rc.1', '^1.4'),
               ('1.5.0-rc.1', '^1.5.0-alpha'), ('1.5.1-rc.1', '^1.5.0-alpha'), ('1.5.0+build', '1.5.0'), ('1.5.0', '1.5.0+build'), ('0.0.0-0', '*'),
               ('0.0.0', '*'), ('1.0.0-0', '>=1.0.0-0'), ('3.0.0', '1 || 5'), ('3.0.0', '>4 <2'), ('1.0.0-b', '>1.0.0-a <1.0.0-c'),
               ('99999999999999999999.0.0', '>1'), ('2.0.0-0', '1.x')) AS t (vt, rt), LATERAL (SELECT vt::semver AS v, rt::semver_range AS r) AS c;
SELECT a::text, b::text, a && b AS "&&", range_intersects(a, b) AS overlaps, range_intersects(a, b, true) AS overlaps_p, a @> b AS "@>", range_subset(b, a) AS contains,
       range_subset(b, a, true) AS contains_p, a <@ b AS "<@", semver_range_overlaps(a, b) AND semver_range_overlaps(b, a) AS f_overlaps,
       semver_range_contains(a, b) AS f_contains, semver_range_contained(a, b) AS f_contained
  FROM (VALUES ('^1', '^1.4'), ('^1.4', '^1'), ('^1', '^2'), ('*', ''), ('<2', '>=2'), ('<=2.0.0', '>=2.0.0'), ('1 || 3', '2'), ('1 || 2', '1 - 2'),
               ('1 - 2', '1 || 2'), ('>2 <1', '*'), ('*', '>2 <1'), ('>1.2.3 <1.2.4', '>1.2.3 <=1.2.3'), ('>=1.0.0-a', '1.x'), ('1.x', '>=1.0.0-a <1.0.0'),
               ('>1.0.0-a <1.0.0-a.0', '*'), ('*', '1.0.0-rc.1'), ('^1.0.0-rc.1', '1.0.0-rc.2'), ('>=1.0.0', '>=1.0.0 || <1.0.0')) AS t (at, bt),
       LATERAL (SELECT at::semver_range AS a, bt::semver_range AS b) AS c;
-- Of two literals it is clear what is meant: PostgreSQL's own functions on ranges have other names.
SELECT range_intersects('^1', '1.4');
SELECT range_subset('1.4', '^1');
SELECT range_intersects('^1'::semver_range, '1.4'), range_subset('1.4', '^1', false), mlregistry.range_subset('1.4', '^1');
SELECT r, range_is_empty(r) AS empty, range_is_empty(r, true) AS empty_p, range_lower(r) AS lower, range_lower_inclusive(r) AS li, range_upper(r) AS upper,
       range_upper_inclusive(r) AS ui, range_lower(r, true) AS lower_p, range_lower_inclusive(r, true) AS li_p, range_upper(r, true) AS upper_p, range_upper_inclusive(r, true) AS ui_p
  FROM unnest(ARRAY['*', '^1.4', '1.2.3', '>1.2.3', '<=1.2.3', '>=1 <3 || 5', '>4 <2', '<0.0.0-0', '>1.2.3 <1.2.4', '<2 || >=5', '1.0.0 - 2', '2 || 1.5']::semver_range[]) AS r;

-- The order is that of canonical forms, which tells ranges apart and means nothing else; = sees through the spelling.
SELECT a, b, a = b AS "=", a <> b AS "<>", (a < b) OR (a > b) AS "< or >", (a <= b) AND (a >= b) AS "<= and >=", sign(semver_range_cmp(a, b)) = - sign(semver_range_cmp(b, a)) AS antisymmetric,
       semver_range_eq(a, b) AND NOT semver_range_ne(a, b) AS f_eq, semver_range_lt(a, b) = semver_range_gt(b, a) AND semver_range_le(a, b) = semver_range_ge(b, a) AS f_order,
       semver_range_hash(a) = semver_range_hash(b) AS hash, semver_range_hash_extended(a, 42) = semver_range_hash_extended(b, 42) AS hash64
  FROM (VALUES ('^1.4', '>=1.4 <2'), ('^1.4', '>=1.4.0 <2.0.0-0'), ('1', '1.x.x'), ('', '*'), ('1.2.3+a', '1.2.3+b'), ('1 || 2', '2 || 1'), ('>2 <1', '<0.0.0-0'), ('*', '>=0.0.0')) AS t (at, bt),
       LATERAL (SELECT at::semver_range AS a, bt::semver_range AS b) AS c;
SELECT (semver_range_hash_extended('^1.4', 0) & 4294967295) = (semver_range_hash('^1.4')::bigint & 4294967295) AS low_half;

CREATE TEMP TABLE r (n int, range semver_range);
INSERT INTO r SELECT n, range::semver_range FROM unnest(ARRAY['^1.4', '>=1.4.0  <2.0.0-0', '1', '1.x', '1.*', '*', '', '||', '2 || 3', '2||3', '>4 <2', NULL]) WITH ORDINALITY AS t (range, n);
SELECT count(DISTINCT range) AS different, count(range) AS ranges FROM r;
SELECT array_agg(n ORDER BY n) AS equal FROM r GROUP BY range ORDER BY 1;
SELECT array_agg(n ORDER BY n) AS equal, min(range::text) FROM (SELECT *, dense_rank() OVER (ORDER BY range) AS place FROM r) AS t GROUP BY place ORDER BY 1;
SELECT bool_and(before IS NULL OR before <= range) AS sorted FROM (SELECT range, lag(range) OVER (ORDER BY range) AS before FROM r) AS t;
SELECT bool_and(before IS NULL OR before >= range) AS sorted_down FROM (SELECT range, lag(range) OVER (ORDER BY range DESC NULLS LAST) AS before FROM r) AS t;
-- the same by every kind of join and of grouping
CREATE FUNCTION pg_temp.answers(VARIADIC off text[]) RETURNS TABLE (pairs bigint, groups bigint, plans text) LANGUAGE plpgsql AS $$
DECLARE name text; line text; BEGIN
    FOREACH name IN ARRAY off LOOP PERFORM set_config('enable_' || name, 'off', true); END LOOP;
    SELECT count(*) INTO pairs FROM r a JOIN r b USING (range);
    SELECT count(*) INTO groups FROM (SELECT range FROM r GROUP BY range) AS g;
    FOR line IN EXPLAIN (COSTS OFF) SELECT count(*) FROM r a JOIN r b USING (range) LOOP
        plans := coalesce(plans, substring(line from '(Hash Join|Merge Join|Nested Loop)'));
    END LOOP;
    FOREACH name IN ARRAY off LOOP PERFORM set_config('enable_' || name, 'on', true); END LOOP;
    RETURN NEXT;
END $$;
SELECT * FROM pg_temp.answers('mergejoin', 'nestloop', 'sort');
SELECT * FROM pg_temp.answers('hashjoin', 'nestloop', 'hashagg');
SELECT * FROM pg_temp.answers('hashjoin', 'mergejoin');
-- indexes: equal is equal, however written
CREATE UNIQUE INDEX unique_range ON r (range);
CREATE INDEX range_btree ON r (range);
CREATE INDEX range_hash ON r USING hash (range);
SET enable_seqscan = off;
SET enable_bitmapscan = off;
SELECT n FROM r WHERE range = '1.X.X' ORDER BY n;
SELECT count(*) FROM r WHERE range < '*' OR range > '*';
EXPLAIN (COSTS OFF) SELECT n FROM r WHERE range < '1';
DROP INDEX range_btree;
EXPLAIN (COSTS OFF) SELECT n FROM r WHERE range = '1';
SELECT n FROM r WHERE range = '1.X.X' ORDER BY n;
RESET enable_seqscan;
RESET enable_bitmapscan;
DELETE FROM r a USING r b WHERE a.range = b.range AND a.n > b.n;
CREATE UNIQUE INDEX unique_range ON r (range);
INSERT INTO r VALUES (20, '>=1.4.0 <2.0.0-0');
INSERT INTO r VALUES (20, '>=1.4.0 <2.0.0-0') ON CONFLICT (range) DO UPDATE SET n = excluded.n RETURNING n, range;
CREATE TEMP TABLE by_hash (range semver_range) PARTITION BY HASH (range);
CREATE TEMP TABLE by_hash_0 PARTITION OF by_hash FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TEMP TABLE by_hash_1 PARTITION OF by_hash FOR VALUES WITH (MODULUS 2, REMAINDER 1);
INSERT INTO by_hash VALUES ('^1.4'), ('>=1.4.0 <2.0.0-0');
SELECT count(DISTINCT tableoid) AS partitions FROM by_hash;

-- Aggregates and their forms over arrays.
CREATE TEMP TABLE v (n int, version semver);
INSERT INTO v SELECT n, version::semver FROM unnest(ARRAY['1.3.0', '1.4.0', '1.10.0', '1.9.0', '1.11.0-rc.1', '2.0.0-rc.1', '2.0.0', '1.4.0-rc.1', '1.10.0+b', '1.4.0+b', NULL]) WITH ORDINALITY AS t (version, n);
SELECT r, max_satisfying(version, r ORDER BY n) AS max, min_satisfying(version, r ORDER BY n) AS min,
       max_satisfying(version, r, true ORDER BY n) AS max_p, min_satisfying(version, r, true ORDER BY n) AS min_p,
       max_satisfying(array_agg(version ORDER BY n), r) AS max_array, min_satisfying(array_agg(version ORDER BY n), r) AS min_array,
       max_satisfying(array_agg(version ORDER BY n), r, true) AS max_array_p, min_satisfying(array_agg(version ORDER BY n), r, true) AS min_array_p
  FROM v, unnest(ARRAY['^1.4', '*', '^2', '>=1.11.0-0', '5', '>2 <1', NULL]::semver_range[]) AS r GROUP BY r ORDER BY max NULLS LAST, r::text;
SELECT max_satisfying(version, '^1.4', NULL) AS no_mode, max_satisfying(version, '^1.4') FILTER (WHERE n < 3) AS filtered FROM v;
SELECT max_satisfying(version, '*') IS NULL AS of_nothing FROM v WHERE false;
SELECT max_satisfying('{}'::semver[], '*') IS NULL AS empty_array, max_satisfying(ARRAY[NULL]::semver[], '*') IS NULL AS null_element,
       min_satisfying(ARRAY[NULL, '1.0.0']::semver[], '*') AS beside_null, max_satisfying('{{1.0.0,3.0.0},{2.0.0,4.0.0}}'::semver[], '<4') AS of_two_dimensions;
-- a range per row
SELECT n % 2 AS half, max_satisfying(version, CASE WHEN n % 2 = 0 THEN '^1.4' ELSE '2.x' END) FROM v GROUP BY 1 ORDER BY 1;
-- in parallel
CREATE TABLE many_versions AS SELECT semver(1 + n % 3, n / 100, n % 100, CASE WHEN n % 5 = 0 THEN 'rc.' || n END) AS version FROM generate_series(0, 9999) AS n;
ALTER TABLE many_versions SET (parallel_workers = 2);
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;
EXPLAIN (COSTS OFF) SELECT max_satisfying(version, '^1'), min_satisfying(version, '^2', true) FROM many_versions;
SELECT max_satisfying(version, '^1') AS max, min_satisfying(version, '^2', true) AS min_p, min_satisfying(version, '>3.5') AS min, max_satisfying(version, '>3.5', true) AS max_p FROM many_versions;
SET max_parallel_workers_per_gather = 0;
SELECT max_satisfying(version, '^1') AS max, min_satisfying(version, '^2', true) AS min_p, min_satisfying(version, '>3.5') AS min, max_satisfying(version, '>3.5', true) AS max_p FROM many_versions;
RESET max_parallel_workers_per_gather; RESET parallel_setup_cost; RESET parallel_tuple_cost; RESET min_parallel_table_scan_size;
DROP TABLE many_versions;

-- Arrays, composites, domains, CHECKs, COPY, generated columns.
SELECT ARRAY['^1.4', '2 || 3']::semver_range[], array_agg(range ORDER BY n) FROM r WHERE n < 4;
SELECT '{"1 || 2",^1}'::semver_range[], '{"1 |"}'::text[]::semver_range[];
SELECT (ARRAY['^1', '^2']::semver_range[])[2] AS second, '1.x' = ANY (ARRAY['2', '1']::semver_range[]) AS member, row('1 || 2'::semver_range) AS composite;
COPY (SELECT * FROM r WHERE range IS NOT NULL ORDER BY n) TO STDOUT;
COPY (SELECT * FROM r WHERE range IS NOT NULL ORDER BY n) TO STDOUT (FORMAT csv);
COPY r FROM STDIN;
30	 ^ 7.1
31	7 ||8
\.
COPY r FROM STDIN;
32	^9
33	^9,1
\.
SELECT * FROM r WHERE n >= 30 ORDER BY n;
SELECT encode(semver_range_send('1 ||  2'), 'escape');
CREATE TEMP TABLE pinned (range semver_range CHECK (NOT range_is_empty(range)), version semver, ok boolean GENERATED ALWAYS AS (version <@ range) STORED);
INSERT INTO pinned VALUES ('^1.4', '1.5.0'), ('^1.4', '2.0.0') RETURNING *;
INSERT INTO pinned VALUES ('>2 <1', '1.0.0');
SELECT to_jsonb(p) FROM pinned p LIMIT 1;
-- storage: the text and six bytes at most, and a long one goes out of line and comes back
SELECT pg_column_size('^1.4'::semver_range) AS bytes;
CREATE TEMP TABLE long_range AS SELECT string_agg(format('%s.%s.0-%s', n, n * n, md5(n::text)), ' || ')::semver_range AS range FROM generate_series(1, 60) AS n;
ALTER TABLE long_range ALTER range SET STORAGE EXTERNAL;
UPDATE long_range SET range = range::text;
SELECT length(range::text), range = range::text::semver_range AS same, format('7.49.0-%s', md5('7'))::semver <@ range AS inside, semver_range_canonical(range) = replace(range::text, ' ', '') AS canonical FROM long_range;

-- Damaged bytes, which only a superuser's cast can bring in, are refused, not read.
CREATE CAST (bytea AS semver_range) WITHOUT FUNCTION;
CREATE FUNCTION pg_temp.damaged(bytes bytea) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    RETURN satisfies('1.0.0', bytes::semver_range);
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE || ': ' || SQLERRM;
END $$;
SELECT n, pg_temp.damaged(bytes) FROM unnest(ARRAY['', '\x00', '\x01', '\x02', '\xff', substring(semver_range_send('1.x') from 1), '\x01ff', '\x0131 7c7c', '\x01312e',
    decode(repeat('31', 4095), 'hex'), decode('01' || repeat('20', 4096) || '31', 'hex'), decode('01' || repeat('31', 100000), 'hex')]::bytea[]) WITH ORDINALITY AS t (bytes, n);
SELECT ''::bytea::semver_range;
SELECT semver_range_canonical('\x01ff'::bytea::semver_range);
DROP CAST (bytea AS semver_range);

-- Function forms work without the search_path.
SET search_path = pg_catalog;
SELECT mlregistry.satisfies('1.4.0', '^1.4'), mlregistry.range_intersects('1', '2'), mlregistry.range_subset('1.2', '1'), mlregistry.outside('3.0.0', '1'),
       '1.4.0'::mlregistry.semver OPERATOR(mlregistry.<@) '^1.4'::mlregistry.semver_range AS qualified, mlregistry.max_satisfying('{1.0.0,2.0.0}'::mlregistry.semver[], '1');
RESET search_path;
