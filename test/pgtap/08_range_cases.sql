-- The acceptance cases of reference implementations for ranges, against the SQL type.
-- psql variable cases_dir names their folder; they are not part of the project, so without it there is nothing to do.
\set ON_ERROR_STOP on
\set QUIET on
\pset format unaligned
\pset tuples_only on
\pset pager off
SET search_path = public, mlregistry;

\if :{?cases_dir}
\else
SELECT '1..0 # SKIP the acceptance cases are not here (cases_dir)';
\quit
\endif

CREATE TEMP TABLE satisfies_case (range text, version text, expected boolean, include_prerelease boolean, options text, source text);
CREATE TEMP TABLE parse_case (range text, expected text, include_prerelease boolean, options text, source text);
CREATE TEMP TABLE intersects_case (range_a text, range_b text, expected boolean, include_prerelease boolean, options text, source text);
CREATE TEMP TABLE subset_case (sub text, dom text, expected boolean, include_prerelease boolean, options text, source text);
CREATE TEMP TABLE invalid_case (range text, expected text, source text);
CREATE TEMP TABLE quirk_case (range text, npm_canonical text, recommendation text, why text);
CREATE TEMP TABLE cargo_case (op text, requirement text, version text, expected text);
CREATE TEMP TABLE max_case (which text, versions text, range text, expected text, include_prerelease boolean, options text, source text);
CREATE TEMP TABLE outside_case (range text, version text, hilo text, expected boolean, include_prerelease boolean, options text, source text);
CREATE TEMP TABLE least_case (range text, expected text, include_prerelease boolean, options text, source text);
\set file :cases_dir '/semver_satisfies.tsv'
\set cmd '\\copy satisfies_case FROM ' :'file' ' WITH (FORMAT text, HEADER true)'
:cmd
\set file :cases_dir '/semver_range_parse.tsv'
\set cmd '\\copy parse_case FROM ' :'file' ' WITH (FORMAT text, HEADER true)'
:cmd
\set file :cases_dir '/semver_range_intersects.tsv'
\set cmd '\\copy intersects_case FROM ' :'file' ' WITH (FORMAT text, HEADER true)'
:cmd
\set file :cases_dir '/semver_range_subset.tsv'
\set cmd '\\copy subset_case FROM ' :'file' ' WITH (FORMAT text, HEADER true)'
:cmd
\set file :cases_dir '/semver_invalid_range.tsv'
\set cmd '\\copy invalid_case FROM ' :'file' ' WITH (FORMAT text, HEADER true)'
:cmd
\set file :cases_dir '/semver_range_npm_quirks.tsv'
\set cmd '\\copy quirk_case FROM ' :'file' ' WITH (FORMAT text, HEADER true)'
:cmd
\set file :cases_dir '/semver_cargo_req.tsv'
\set cmd '\\copy cargo_case FROM ' :'file' ' WITH (FORMAT text, HEADER true)'
:cmd
\set file :cases_dir '/semver_max_satisfying.tsv'
\set cmd '\\copy max_case FROM ' :'file' ' WITH (FORMAT text, HEADER true)'
:cmd
\set file :cases_dir '/semver_outside.tsv'
\set cmd '\\copy outside_case FROM ' :'file' ' WITH (FORMAT text, HEADER true)'
:cmd
\set file :cases_dir '/semver_min_version.tsv'
\set cmd '\\copy least_case FROM ' :'file' ' WITH (FORMAT text, HEADER true)'
:cmd

-- what a client sees: the result as text, or the SQLSTATE
CREATE FUNCTION pg_temp.outcome(expression text, VARIADIC args text[]) RETURNS text LANGUAGE plpgsql AS $$
DECLARE result text;
BEGIN
    EXECUTE format('SELECT (%s)::text', expression) INTO result USING args[1], args[2], args[3];
    RETURN result;
EXCEPTION WHEN OTHERS THEN
    RETURN 'error ' || SQLSTATE;
END $$;

-- Rows that docs/design/semantics.md decides:
--   v_prefix_in_range          "no `v` prefix": said of versions, and a range is made of them
--   version_not_strict_semver  the version is one that the type semver reads
--   npm_limit                  "Bumping is arbitrary-precision with carry"; those near 2^53 are as npm has them
CREATE TEMP TABLE policy AS
SELECT 'satisfies' AS file, range, version FROM satisfies_case WHERE options IS NOT NULL
UNION ALL SELECT 'parse', range, NULL FROM parse_case WHERE options IN ('v_prefix_in_range', 'npm_limit')
UNION ALL SELECT 'intersects', range_a, range_b FROM intersects_case WHERE options IS NOT NULL
UNION ALL SELECT 'outside', range, version FROM outside_case WHERE options IS NOT NULL;

SELECT plan(20);

SELECT is((SELECT string_agg(file || ' ' || n, ', ' ORDER BY file) FROM (SELECT file, count(*) AS n FROM policy GROUP BY file) AS t),
    'intersects 2, outside 10, parse 3, satisfies 5', 'rows that our policy decides: not one more');
SELECT is_empty($$SELECT range, version, options FROM satisfies_case WHERE options = 'v_prefix_in_range' AND pg_temp.outcome('$1::semver_range', range) <> 'error 22P02'$$, 'no v in ranges');
SELECT is_empty($$SELECT range, options FROM (SELECT range, options FROM parse_case UNION ALL SELECT range, options FROM outside_case) AS t WHERE options = 'v_prefix_in_range' AND pg_temp.outcome('$1::semver_range', range) <> 'error 22P02'$$, 'nor in any other file');
SELECT is_empty($$SELECT range_a, range_b FROM intersects_case WHERE options = 'v_prefix_in_range' AND is_semver_range(range_a) = is_semver_range(range_b)$$, 'nor in pairs');
SELECT is_empty($$SELECT version FROM (SELECT version, options FROM satisfies_case UNION ALL SELECT version, options FROM outside_case) AS t WHERE options = 'version_not_strict_semver' AND is_semver(version)$$, 'what is no version is none');
SELECT is((SELECT string_agg(semver_range_canonical(range, include_prerelease), '|') FROM parse_case WHERE options = 'npm_limit'), '>=9007199254740991.0.0 <9007199254740992.0.0-0', 'numbers are unbounded');

SELECT is_empty($$SELECT range, version, expected FROM satisfies_case WHERE options IS NULL AND satisfies(version, range, include_prerelease) IS DISTINCT FROM expected$$, 'satisfies');
SELECT is_empty($$SELECT range, version, expected FROM satisfies_case WHERE options IS NULL AND NOT include_prerelease AND ((version::semver <@ range::semver_range) IS DISTINCT FROM expected OR (range::semver_range @> version::semver) IS DISTINCT FROM expected)$$, 'and its operators');
SELECT is_empty($$SELECT range, version, expected FROM satisfies_case WHERE options IS NULL AND (max_satisfying(ARRAY[version]::semver[], range, include_prerelease) IS NOT NULL) <> expected$$, 'and the highest of one');
SELECT is_empty($$SELECT range, include_prerelease, expected, pg_temp.outcome('semver_range_canonical($1, $2::boolean)', range, include_prerelease::text) FROM parse_case
    WHERE (options IS NULL OR options = 'near_2^53') AND coalesce(expected, 'error 22P02') <> pg_temp.outcome('semver_range_canonical($1, $2::boolean)', range, include_prerelease::text)$$, 'canonical forms');
SELECT is_empty($$SELECT range FROM parse_case WHERE options IS NULL AND is_semver_range(range) <> (expected IS NOT NULL)$$, 'what is a range');
SELECT is_empty($$SELECT range, range::semver_range FROM parse_case WHERE is_semver_range(range) AND (regexp_replace(range::semver_range::text, '\s', '', 'g') <> regexp_replace(range, '\s', '', 'g') OR range::semver_range::text::semver_range::text <> range::semver_range::text)$$, 'printed but for blanks');
SELECT is_empty($$SELECT range_a, range_b, expected FROM intersects_case WHERE options IS NULL AND (range_intersects(range_a, range_b, include_prerelease) <> expected OR range_intersects(range_b, range_a, include_prerelease) <> expected OR (NOT include_prerelease AND (range_a::semver_range && range_b::semver_range) <> expected))$$, 'intersections');
SELECT is_empty($$SELECT sub, dom, expected FROM subset_case WHERE range_subset(sub, dom, include_prerelease) <> expected OR (NOT include_prerelease AND ((sub::semver_range <@ dom::semver_range) <> expected OR (dom::semver_range @> sub::semver_range) <> expected))$$, 'subsets');
SELECT is_empty($$SELECT range FROM invalid_case WHERE pg_temp.outcome('$1::semver_range', range) <> 'error 22P02' OR is_semver_range(range)$$, 'no ranges');
-- "npm's grammar" has one operator per comparator, so what the file leaves open is refused; a qualifier behind the third
-- part, also behind an x, is in that grammar and means nothing.
SELECT is_empty($$SELECT range, npm_canonical, recommendation FROM quirk_case
    WHERE coalesce(CASE WHEN recommendation = 'accept' OR range IN ('1.2.x-alpha', '1.x.x-alpha+build') THEN npm_canonical END, 'error 22P02') <> pg_temp.outcome('semver_range_canonical($1)', range)$$, 'quirks of npm');
SELECT is_empty($$SELECT op, requirement, version, expected FROM cargo_case
    WHERE CASE op WHEN 'invalid' THEN pg_temp.outcome('semver_range_from_cargo($1)', requirement) !~ '^error (22P02|54000)'
                  WHEN 'matches' THEN pg_temp.outcome('satisfies($2::semver, semver_range_from_cargo($1))', requirement, version) IS DISTINCT FROM (expected::boolean)::text
                  ELSE pg_temp.outcome('semver_range_from_cargo($1)', requirement) LIKE 'error%' END$$, 'requirements of Cargo');
SELECT is_empty($$
    SELECT which, versions, range, expected FROM max_case
     WHERE expected IS DISTINCT FROM CASE which WHEN 'max' THEN max_satisfying(string_to_array(versions, ' ')::semver[], range, include_prerelease) ELSE min_satisfying(string_to_array(versions, ' ')::semver[], range, include_prerelease) END::text
        OR expected IS DISTINCT FROM (SELECT CASE which WHEN 'max' THEN max_satisfying(v, range, include_prerelease) ELSE min_satisfying(v, range, include_prerelease) END FROM unnest(string_to_array(versions, ' ')::semver[]) AS v)::text
$$, 'the highest and the lowest');
SELECT is_empty($$SELECT range, version, hilo, expected FROM outside_case WHERE options IS NULL AND (outside(version, range, include_prerelease) = CASE hilo WHEN '>' THEN 1 ELSE -1 END) <> expected$$, 'outside');
-- No function gives the least version that may exist; the one that npm names satisfies the range and is not below its lower end.
SELECT is_empty($$
    SELECT range, expected FROM least_case
     WHERE range_is_empty(range, include_prerelease) <> (expected IS NULL)
        OR (expected IS NOT NULL AND (NOT satisfies(expected, range, include_prerelease) OR expected::semver < range_lower(range, include_prerelease)
                                      OR (range_lower_inclusive(range, include_prerelease) AND satisfies(range_lower(range, include_prerelease), range, include_prerelease) AND expected::semver <> range_lower(range, include_prerelease))))
$$, 'the least version');
SELECT * FROM finish();
