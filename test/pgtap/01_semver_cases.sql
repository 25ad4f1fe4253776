-- The acceptance cases of reference implementations, against the SQL type.
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

CREATE TEMP TABLE valid_case (input text, major numeric, minor numeric, patch numeric, prerelease text, build text, options text, source text);
CREATE TEMP TABLE invalid_case (input text, class text, reason text, source text);
CREATE TEMP TABLE compare_case (a text, b text, expected int, mode text, options text, source text);
CREATE TEMP TABLE sort_case (input text, expected text, mode text, source text);
CREATE TEMP TABLE hash_case (version text, equality_class int, source text);
CREATE TEMP TABLE increment_case (version text, release text, identifier text, identifier_base text, expected text, options text, source text);
CREATE TEMP TABLE diff_case (a text, b text, expected text, source text);
CREATE TEMP TABLE truncate_case (version text, release text, expected text, options text, source text);
CREATE TEMP TABLE prerelease_case (version text, expected text, source text);
CREATE TEMP TABLE pgsemver_case (op text, arg1 text, arg2 text, expected text);
\set file :cases_dir '/semver_valid.tsv'
\set cmd '\\copy valid_case FROM ' :'file' ' WITH (FORMAT text, HEADER true)'
:cmd
\set file :cases_dir '/semver_invalid.tsv'
\set cmd '\\copy invalid_case FROM ' :'file' ' WITH (FORMAT text, HEADER true)'
:cmd
\set file :cases_dir '/semver_compare.tsv'
\set cmd '\\copy compare_case FROM ' :'file' ' WITH (FORMAT text, HEADER true)'
:cmd
\set file :cases_dir '/semver_sort.tsv'
\set cmd '\\copy sort_case FROM ' :'file' ' WITH (FORMAT text, HEADER true)'
:cmd
\set file :cases_dir '/semver_hash_classes.tsv'
\set cmd '\\copy hash_case FROM ' :'file' ' WITH (FORMAT text, HEADER true)'
:cmd
\set file :cases_dir '/semver_increment.tsv'
\set cmd '\\copy increment_case FROM ' :'file' ' WITH (FORMAT text, HEADER true)'
:cmd
\set file :cases_dir '/semver_diff.tsv'
\set cmd '\\copy diff_case FROM ' :'file' ' WITH (FORMAT text, HEADER true)'
:cmd
\set file :cases_dir '/semver_truncate.tsv'
\set cmd '\\copy truncate_case FROM ' :'file' ' WITH (FORMAT text, HEADER true)'
:cmd
\set file :cases_dir '/semver_prerelease.tsv'
\set cmd '\\copy prerelease_case FROM ' :'file' ' WITH (FORMAT text, HEADER true)'
:cmd
\set file :cases_dir '/semver_pgsemver.tsv'
\set cmd '\\copy pgsemver_case FROM ' :'file' ' WITH (FORMAT text, HEADER true)'
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

SELECT plan(17);

SELECT is_empty($$
    SELECT input, source FROM valid_case
     WHERE length(input) <= 256
       AND (major, minor, patch, prerelease, build)::text IS DISTINCT FROM
           (major(input::semver), minor(input::semver), patch(input::semver), prerelease(input::semver), build(input::semver))::text
$$, 'valid versions have the parts of the reference');
SELECT is_empty('SELECT input FROM valid_case WHERE length(input) <= 256 AND (NOT is_semver(input) OR input::semver::text <> input)', 'valid versions print as they were written');
SELECT is_empty($$SELECT input, pg_temp.outcome('$1::semver', input) FROM valid_case WHERE length(input) > 256 AND pg_temp.outcome('$1::semver', input) <> 'error 54000'$$, 'longer ones are refused for their length');
SELECT is_empty($$SELECT input, class FROM invalid_case WHERE class <> 'npm_limit' AND length(input) <= 256 AND (is_semver(input) OR pg_temp.outcome('$1::semver', input) <> 'error 22P02')$$, 'invalid versions are refused with 22P02');
SELECT is_empty($$SELECT input FROM invalid_case WHERE length(input) > 256 AND pg_temp.outcome('$1::semver', input) <> 'error 54000'$$, 'invalid ones that are too long with 54000');
SELECT is_empty($$SELECT input FROM invalid_case WHERE class = 'npm_limit' AND NOT is_semver(input) AND reason = 'too big'$$, 'numbers are unbounded');
SELECT is_empty($$SELECT input FROM invalid_case WHERE class = 'npm_accepts' AND input !~ '^\s*=v' AND NOT is_semver(semver_coerce(input)::text)$$, 'what npm trims, semver_coerce() reads');
SELECT is_empty($$SELECT a, b, expected FROM compare_case WHERE mode = 'precedence' AND sign(semver_cmp(a, b)) <> expected$$, 'precedence');
SELECT is_empty($$SELECT a, b, expected FROM compare_case WHERE mode = 'precedence' AND ((a::semver < b::semver) <> (expected < 0) OR (a::semver = b::semver) <> (expected = 0) OR (a::semver >= b::semver) <> (expected >= 0) OR (expected = 0 AND semver_hash(a) <> semver_hash(b)))$$, 'operators and hash agree with it');
SELECT is_empty($$SELECT a, b, expected FROM compare_case WHERE mode = 'with_build' AND sign(semver_build_cmp(a, b)) <> expected$$, 'total order');
SELECT is_empty($$
    SELECT input, expected FROM sort_case
     WHERE expected <> CASE WHEN mode = 'with_build'
                            THEN (SELECT string_agg(v::text, ' ' ORDER BY v USING *<) FROM unnest(string_to_array(input, ' ')::semver[]) AS v)
                            ELSE (SELECT string_agg(v::text, ' ' ORDER BY v, n) FROM unnest(string_to_array(input, ' ')::semver[]) WITH ORDINALITY AS t (v, n)) END
$$, 'sorting');
SELECT is_empty($$SELECT a.version, b.version FROM hash_case a, hash_case b WHERE (a.equality_class = b.equality_class) <> (a.version::semver = b.version::semver) OR (a.equality_class = b.equality_class AND (semver_hash(a.version) <> semver_hash(b.version) OR semver_hash_extended(a.version, 7) <> semver_hash_extended(b.version, 7)))$$, 'equality classes and hashes');
-- Rows with a base of their own need an argument that semver_bump() does not have.
SELECT is_empty($$
    SELECT version, release, identifier, expected, got
      FROM (SELECT *, CASE WHEN coalesce(identifier, '') = '' THEN pg_temp.outcome('semver_bump($1::semver, $2)', version, release)
                           ELSE pg_temp.outcome('semver_bump($1::semver, $2, $3)', version, release, identifier) END AS got
              FROM increment_case WHERE identifier_base IS NULL) AS t
     WHERE CASE WHEN expected IS NULL THEN got !~ '^error (22023|22P02)' ELSE got IS DISTINCT FROM expected END
$$, 'bumps');
SELECT is_empty('SELECT a, b, expected FROM diff_case WHERE semver_diff(a, b) IS DISTINCT FROM expected', 'differences');
SELECT is_empty($$SELECT version, release, expected, pg_temp.outcome('semver_truncate($1::semver, $2)', version, release) FROM truncate_case WHERE CASE WHEN expected IS NULL THEN pg_temp.outcome('semver_truncate($1::semver, $2)', version, release) !~ '^error 22' ELSE pg_temp.outcome('semver_truncate($1::semver, $2)', version, release) IS DISTINCT FROM expected END$$, 'truncation');
SELECT is_empty('SELECT version, expected FROM prerelease_case WHERE prerelease(version) IS DISTINCT FROM expected OR array_to_string(prerelease_identifiers(version), $s$.$s$) IS DISTINCT FROM expected', 'prereleases');
SELECT is_empty($$
    SELECT op, arg1, arg2, expected FROM pgsemver_case
     -- Three rows of the file contradict others in it: they are answers of a range test that ended up under is_semver.
     WHERE NOT (op = 'is_semver' AND expected = 'f' AND arg1 IN ('1.2.3', '1.4.5', '2.0.0'))
       AND expected IS DISTINCT FROM CASE op
           WHEN 'cmp' THEN sign(semver_cmp(arg1, arg2))::text
           WHEN '=' THEN left((arg1::semver = arg2::semver)::text, 1)
           WHEN '<>' THEN left((arg1::semver <> arg2::semver)::text, 1)
           WHEN 'is_semver' THEN left(is_semver(arg1)::text, 1)
           WHEN 'out' THEN arg1::semver::text
           WHEN 'major' THEN major(arg1)::text
           WHEN 'minor' THEN minor(arg1)::text
           WHEN 'patch' THEN patch(arg1)::text
           WHEN 'prerelease' THEN coalesce(prerelease(arg1), '')
           WHEN 'max' THEN (SELECT max(v)::text FROM unnest(string_to_array(arg1, ' ')::semver[]) AS v)
           WHEN 'min' THEN (SELECT min(v)::text FROM unnest(string_to_array(arg1, ' ')::semver[]) AS v)
           WHEN 'distinct_count' THEN (SELECT count(DISTINCT v)::text FROM unnest(string_to_array(arg1, ' ')::semver[]) AS v)
           ELSE expected END
$$, 'the cases of the SQL type of that name');
SELECT * FROM finish();
