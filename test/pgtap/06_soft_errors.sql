-- From 16 on, input errors can be had without an exception: pg_input_is_valid(), pg_input_error_info(), COPY … ON_ERROR.
\set ON_ERROR_STOP on
\set QUIET on
\pset format unaligned
\pset tuples_only on
\pset pager off
SET search_path = public, mlregistry;
SELECT current_setting('server_version_num')::int >= 160000 AS soft \gset
\if :soft
SELECT plan(8);
SELECT is_empty($$SELECT v FROM unnest(ARRAY['1.2.3', '1.2.3-rc.1+b', '1.2', 'v1', '', '1.2.3-01', repeat('1', 300)]) AS v WHERE pg_input_is_valid(v, 'mlregistry.semver') <> is_semver(v)$$, 'what is valid is what is_semver() says');
SELECT results_eq($$SELECT (pg_input_error_info('1.2', 'mlregistry.semver')).*$$,
    $$VALUES ('invalid input syntax for type semver: "1.2"'::text, 'At position 4: a dot is expected, a version has three numbers.'::text, 'semver_coerce() reads it as 1.2.0.'::text, '22P02'::text)$$, 'the error is the same');
SELECT is((pg_input_error_info(repeat('1', 300), 'mlregistry.semver')).sql_error_code, '54000', 'so is the one for length');
SELECT ok(pg_input_is_valid('1.2.3', 'mlregistry.semver[]') IS FALSE AND pg_input_is_valid('{1.2.3}', 'mlregistry.semver[]'), 'arrays pass it on');
SELECT is_empty($$SELECT v FROM unnest(ARRAY['^1.4', '>=1 <2 || 3.x', '', ' ', '||', 'v1', '1,2', '^^1', '01', '1 |', 'latest', repeat('1 ', 64), repeat('1 ', 65), repeat(' ', 5000), repeat('1', 1000000)]) AS v
    WHERE pg_input_is_valid(v, 'mlregistry.semver_range') <> is_semver_range(v)$$, 'what is a valid range is what is_semver_range() says');
SELECT results_eq($$SELECT (pg_input_error_info('^1.4, <2', 'mlregistry.semver_range')).*$$,
    $$VALUES ('invalid input syntax for type semver_range: "^1.4, <2"'::text, 'At position 5: comparators are separated by blanks, not by commas.'::text, NULL::text, '22P02'::text)$$, 'the error is the same');
SELECT is((pg_input_error_info(repeat('1 ', 65), 'mlregistry.semver_range')).sql_error_code, '54000', 'so is the one for a limit');
SELECT ok(pg_input_is_valid('{^1,^^1}', 'mlregistry.semver_range[]') IS FALSE AND pg_input_is_valid('{^1,"1 || 2"}', 'mlregistry.semver_range[]'), 'arrays pass it on');
SELECT * FROM finish();
\else
SELECT '1..0 # SKIP soft errors came with PostgreSQL 16';
\endif
